// SPDX-License-Identifier: GPL-2.0
/*
 * A process to take snapshots of: prepares areas, prints "NAME START END" of each and "ready",
 * and with the next line on standard input does one known thing to each and prints "done".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "req.h"
#include "target.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define RW   (PROT_READ | PROT_WRITE)
#define LEN  (64 * PAGE)
#define HUGE (2 * MIB)

enum {
	FAULTED,
	DIRTIED,
	REWRITTEN,
	ZEROED,
	PAGED_OUT,
	PAGED_IN,
	DROPPED,
	UNMAPPED,
	SHRUNK,
	GROWN,
	PROTECTED,
	REPLACED,
	NEW,
	COLLAPSED,
	SPLIT,
	AREAS_LEN
};

static const char *const names[AREAS_LEN] = {
	"faulted",   "dirtied",	 "rewritten", "zeroed",	   "paged_out",
	"paged_in",  "dropped",	 "unmapped",  "shrunk",	   "grown",
	"protected", "replaced", "new",	      "collapsed", "split",
};

static char *area[AREAS_LEN];

/* Room of @len bytes, at a multiple of 2 MiB, with nothing near it. */
static char *room(size_t len)
{
	char *m = map_aligned(len, HUGE);

	munmap(m, len);
	return m;
}

static void map_at(int i, int prot, int flags, int fd)
{
	size_t len = i == COLLAPSED || i == SPLIT ? HUGE : LEN;

	area[i] = room(4 * HUGE) + HUGE;
	if (mmap(area[i], len, prot, flags | MAP_FIXED, fd, 0) != area[i])
		abort();
	madvise(area[i], len, i == SPLIT ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	printf("%s %lx %lx\n", names[i], (unsigned long)area[i],
	       (unsigned long)area[i] + len);
}

static int shared_file(void)
{
	int fd = memfd_create("changing", 0);
	char *page = calloc(1, LEN);

	if (fd < 0 || !page || write(fd, page, LEN) != (ssize_t)LEN)
		abort();
	free(page);
	return fd;
}

static void prepare(void)
{
	const int anon = MAP_PRIVATE | MAP_ANONYMOUS;

	for (int i = 0; i < AREAS_LEN; i++) {
		if (i == DIRTIED || i == REPLACED)
			map_at(i, RW, MAP_SHARED, shared_file());
		else
			map_at(i, RW, anon, -1);
		if (i == DIRTIED || i == ZEROED || i == REPLACED)
			look(area[i], LEN, PAGE);
		else if (i != FAULTED && i != NEW)
			touch(area[i], i < COLLAPSED ? LEN : HUGE, PAGE, 1);
	}
	munmap(area[NEW], LEN);
	if (page_out(area[PAGED_IN], LEN) != LEN / PAGE)
		printf("# not all of paged_in went out\n");
}

static void change(void)
{
	char *m;

	touch(area[FAULTED], 16 * PAGE, PAGE, 2);
	touch(area[DIRTIED], 8 * PAGE, PAGE, 2);
	touch(area[REWRITTEN], 8 * PAGE, PAGE, 2);
	touch(area[ZEROED], 4 * PAGE, PAGE, 2);
	if (page_out(area[PAGED_OUT], LEN) != LEN / PAGE)
		printf("# not all of paged_out went out\n");
	look(area[PAGED_IN], LEN, PAGE);
	madvise(area[DROPPED], LEN / 2, MADV_DONTNEED);
	munmap(area[UNMAPPED], LEN);
	munmap(area[SHRUNK] + LEN / 2, LEN / 2);
	m = mremap(area[GROWN], LEN, LEN + LEN / 2, 0);
	if (m != area[GROWN])
		abort();
	mprotect(area[PROTECTED], LEN, PROT_READ);
	m = mmap(area[REPLACED], LEN, RW,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	madvise(m, LEN, MADV_NOHUGEPAGE);
	touch(m, 3 * PAGE, PAGE, 2);
	m = mmap(area[NEW], LEN, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0);
	madvise(m, LEN, MADV_NOHUGEPAGE);
	touch(m, 5 * PAGE, PAGE, 2);
	/* clearing soft-dirty bits made it read-only, and such is not collapsed */
	touch(area[COLLAPSED], PAGE, PAGE, 2);
	madvise(area[COLLAPSED], HUGE, MADV_HUGEPAGE);
	if (madvise(area[COLLAPSED], HUGE, MADV_COLLAPSE))
		printf("# no collapse: %s\n", strerror(errno));
	madvise(area[SPLIT], PAGE, MADV_DONTNEED);
}

int main(void)
{
	char line[16];

	setvbuf(stdout, NULL, _IOLBF, 0);
	prepare();
	printf("ready\n");
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	change();
	printf("done\n");
	return !fgets(line, sizeof(line), stdin);
}
