// SPDX-License-Identifier: GPL-2.0
/*
 * A process to be looked at by somebody who learns: prints the addresses of a
 * touched page, an untouched one, a swapped one and a huge one, and waits.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MIB (1UL << 20)

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static char *map(size_t size, int prot)
{
	char *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int main(void)
{
	const int prot = PROT_READ | PROT_WRITE;
	char *touched, *untouched, *swapped, *huge;

	/* pages without access between them keep the mappings apart */
	touched = map(8 * MIB, prot);
	map(4096, PROT_NONE);
	untouched = map(8 * MIB, prot);
	map(4096, PROT_NONE);
	swapped = map(8 * MIB, prot);
	map(4096, PROT_NONE);
	huge = map(6 * MIB, prot);
	if (!touched || !untouched || !swapped || !huge)
		return 1;
	madvise(touched, 8 * MIB, MADV_NOHUGEPAGE);
	madvise(swapped, 8 * MIB, MADV_NOHUGEPAGE);
	huge = (char *)(((unsigned long)huge + 2 * MIB - 1) & -(2 * MIB));
	madvise(huge, 4 * MIB, MADV_HUGEPAGE);

	memset(touched, 1, 8 * MIB);
	memset(swapped, 2, 8 * MIB);
	memset(huge, 3, 4 * MIB);
	madvise(swapped, 4 * MIB, MADV_PAGEOUT);

	printf("%p %p %p %p\n", (void *)(touched + 0x1234),
	       (void *)(untouched + 0x5678), (void *)(swapped + 0x9abc),
	       (void *)(huge + 0x2def0));
	fflush(stdout);
	pause();
	return 0;
}
