// SPDX-License-Identifier: GPL-2.0
/* Targets with files, shared memory and hugetlb. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

#include "req.h"
#include "target.h"
#include "witness.h"

#define RW (PROT_READ | PROT_WRITE)
#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* @pages pages of 1 << @shift bytes each, every one but the last touched */
static int hugetlb(struct report *r, const char *what, int flags,
		   unsigned int shift, size_t pages)
{
	size_t size = 1ULL << shift;
	char *m = mmap(NULL, pages * size, RW,
		       flags | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE |
			       (shift << MAP_HUGE_SHIFT),
		       -1, 0);
	size_t used = pages > 1 ? (pages - 1) * size : size;
	struct area *a;

	if (m == MAP_FAILED)
		return area_skip(r, "no hugetlb pages of %lu MiB: %s",
				 size >> 20, strerror(errno));
	touch(m, used, size, 1);
	a = area_add(r, what, m, pages * size);
	a->state[VMSCOPE_STATE_PRESENT] = used;
	a->kind = VMSCOPE_KIND_HUGETLB;
	if (shift == 21)
		a->leaf_pmd = used;
	else
		a->leaf_pud = used;
	return 0;
}

/* A touch of a page that the pool does not have is SIGBUS, so ask first. */
static int pool_has(struct report *r, const char *size, long long pages)
{
	char path[96];
	long long free;

	snprintf(path, sizeof(path),
		 "/sys/kernel/mm/hugepages/hugepages-%s/free_hugepages", size);
	free = read_number(path);
	if (free < pages)
		return area_skip(r,
				 "%lld free hugetlb pages of %s, %lld wanted",
				 free < 0 ? 0 : free, size, pages);
	return 0;
}

int setup_hugetlb_2m(struct report *r)
{
	struct area *a;
	char *m;

	if (pool_has(r, "2048kB", 7))
		return -1;
	if (hugetlb(r, "private hugetlb 2M", MAP_PRIVATE, 21, 4) ||
	    hugetlb(r, "shared hugetlb 2M", MAP_SHARED, 21, 4))
		return -1;
	m = mmap(NULL, 2 * MIB, RW,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE |
			 (21 << MAP_HUGE_SHIFT),
		 -1, 0);
	if (m == MAP_FAILED)
		return 0;
	touch(m, 2 * MIB, PAGE, 1);
	mprotect(m, 2 * MIB, PROT_NONE);
	a = area_add(r, "forbidden hugetlb 2M", m, 2 * MIB);
	a->state[VMSCOPE_STATE_PROTNONE] = 2 * MIB;
	a->kind = VMSCOPE_KIND_HUGETLB;
	return 0;
}

int setup_hugetlb_1g(struct report *r)
{
	if (pool_has(r, "1048576kB", 1))
		return -1;
	return hugetlb(r, "hugetlb 1G", MAP_PRIVATE, 30, 1);
}

int setup_shared_anon(struct report *r)
{
	size_t len = 4 * MIB;
	char *m = map_anon(len, RW, MAP_SHARED);
	struct area *a = area_add(r, "shared anonymous", m, len);
	int id;

	touch(m, len, 4 * PAGE, 1);
	a->state[VMSCOPE_STATE_PRESENT] = len / 4;
	a->kind = VMSCOPE_KIND_SHARED;

	id = shmget(IPC_PRIVATE, MIB, 0600);
	m = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	if (m == (void *)-1)
		return 0;
	madvise(m, MIB, MADV_NOHUGEPAGE);
	touch(m, MIB, 2 * PAGE, 1);
	a = area_add(r, "SysV shared memory", m, MIB);
	a->state[VMSCOPE_STATE_PRESENT] = MIB / 2;
	a->kind = VMSCOPE_KIND_SHARED;
	return 0;
}

int setup_shmem(struct report *r)
{
	size_t len = 4 * MIB;
	int fd = memfd_create("vmscope-test", 0);
	struct area *a;
	char *m;

	if (fd < 0 || ftruncate(fd, 2 * len))
		return area_skip(r, "no memfd");
	m = mmap(NULL, len, RW, MAP_SHARED, fd, 0);
	madvise(m, len, MADV_NOHUGEPAGE);
	touch(m, len, PAGE, 1);
	a = area_add(r, "memfd shared", m, len);
	a->state[VMSCOPE_STATE_PRESENT] = len;
	a->kind = VMSCOPE_KIND_SHARED;

	/* the second half privately and at an offset: read, and a part written */
	m = mmap(NULL, len, RW, MAP_PRIVATE, fd, len);
	madvise(m, len, MADV_NOHUGEPAGE);
	touch(m, len / 2, 2 * PAGE, 1);
	a = area_add(r, "memfd private", m, len);
	a->exact = 0;
	a->kind = VMSCOPE_KIND_DATA;

	m = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 16 * PAGE);
	look(m, PAGE, PAGE);
	a = area_add(r, "memfd read-only", m, len);
	a->exact = 0;
	a->kind = VMSCOPE_KIND_SHARED;
	return 0;
}

/* Shared memory that went out leaves empty entries: vmscope shows what the MMU sees. */
int setup_shmem_swapped(struct report *r)
{
	size_t len = 2 * MIB;
	char *m = map_anon(len, RW, MAP_SHARED);
	struct area *a;

	if (!swap_areas())
		return area_skip(r, "no swap area");
	touch(m, len, PAGE, 1);
	for (int tries = 0; tries < 5; tries++)
		madvise(m, len, MADV_PAGEOUT);
	a = area_add(r, "shared, swapped out", m, len);
	a->exact = 0;
	return 0;
}

static int scratch_file(size_t len, const char *suffix, char *path,
			size_t path_len)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	snprintf(path, path_len, "%s/vmscope-test-%d%s", dir ? dir : "/tmp",
		 getpid(), suffix);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (size_t i = 0; fd >= 0 && i < len; i += PAGE) {
		char page[PAGE];

		memset(page, i / PAGE, sizeof(page));
		if (write(fd, page, sizeof(page)) != sizeof(page)) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

int setup_file(struct report *r)
{
	size_t len = MIB;
	char path[256], *m;
	int fd = scratch_file(len, "", path, sizeof(path));
	struct area *a;

	if (fd < 0)
		return area_skip(r, "cannot write %s: %s", path,
				 strerror(errno));
	m = mmap(NULL, len, RW, MAP_SHARED, fd, 0);
	touch(m, len / 2, PAGE, 1);
	a = area_add(r, "file, shared", m, len);
	a->exact = 0;
	a->kind = VMSCOPE_KIND_SHARED;

	m = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	look(m, len, PAGE);
	a = area_add(r, "file, private, read", m, len);
	a->state[VMSCOPE_STATE_PRESENT] = len;
	a->kind = VMSCOPE_KIND_FILE;

	m = mmap(NULL, len, RW, MAP_PRIVATE, fd, 0);
	touch(m, len, PAGE, 1);
	a = area_add(r, "file, private, written", m, len);
	a->state[VMSCOPE_STATE_PRESENT] = len;
	a->kind = VMSCOPE_KIND_DATA;

	/* pages past the end of the file never come */
	m = mmap(NULL, 2 * len, PROT_READ, MAP_PRIVATE, fd, len / 2);
	look(m, len / 2, PAGE);
	a = area_add(r, "file, past its end", m, 2 * len);
	a->state[VMSCOPE_STATE_PRESENT] = len / 2;
	a->kind = VMSCOPE_KIND_FILE;
	unlink(path);
	close(fd);

	/* this program's own text */
	a = area_add(r, "text", (void *)((uintptr_t)setup_file & -PAGE), PAGE);
	a->state[VMSCOPE_STATE_PRESENT] = PAGE;
	a->kind = VMSCOPE_KIND_TEXT;
	return 0;
}

/* Names that a careless reader trips over. */
int setup_names(struct report *r)
{
	static const char *const suffix[] = {
		" with spaces",	     "-with\nnewline", "-ending (deleted)",
		"-back\\slash\\012", "-\xff\xfe",      "-tab\there",
	};
	char path[256];

	for (size_t i = 0; i < COUNT(suffix); i++) {
		int fd = scratch_file(PAGE, suffix[i], path, sizeof(path));

		if (fd < 0)
			return area_skip(r, "cannot write %s: %s", path,
					 strerror(errno));
		look(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), PAGE,
		     PAGE);
		close(fd);
		/* every other one keeps its name while it is looked at */
		if (i & 1)
			unlink(path);
		else
			r->aux[0]++;
	}
	prctl(PR_SET_VMA, 0, map_anon(PAGE, RW, MAP_PRIVATE), PAGE,
	      "vmscope test");
	prctl(PR_SET_VMA, 0, map_anon(PAGE, RW, MAP_SHARED), PAGE,
	      "vmscope shared");
	return 0;
}

#define MAPPINGS	 100000UL
#define MAPPINGS_SECONDS 40

/*
 * A kernel with debugging checks all of the process's mappings with each new
 * one: there it stays at as many as the time allows.
 */
int setup_many(struct report *r)
{
	size_t len = MAPPINGS * PAGE, i;
	char *m = map_anon(len, PROT_READ, MAP_PRIVATE | MAP_NORESERVE);
	time_t end = time(NULL) + MAPPINGS_SECONDS;
	char what[24];
	struct area *a;

	if (write_text("/proc/sys/vm/max_map_count", "200000"))
		return area_skip(r, "cannot raise vm.max_map_count");
	for (i = 0; i < MAPPINGS && time(NULL) < end; i += 2)
		if (mprotect(m + i * PAGE, PAGE, RW))
			return area_skip(r, "only %lu mappings: %s", i,
					 strerror(errno));
	munmap(m + i * PAGE, len - i * PAGE);
	len = i * PAGE;
	for (i = 0; i < len / PAGE; i += 64)
		touch(m + i * PAGE, PAGE, PAGE, 1);
	snprintf(what, sizeof(what), "%zu mappings", len >> 12);
	a = area_add(r, what, m, len);
	a->state[VMSCOPE_STATE_PRESENT] = (len / PAGE + 63) / 64 * PAGE;
	return 0;
}
