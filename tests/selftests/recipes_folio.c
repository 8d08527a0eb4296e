// SPDX-License-Identifier: GPL-2.0
/* Targets whose pages are shared, or kept in large folios, in a way that is known. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "req.h"
#include "target.h"
#include "witness.h"

#define RW  (PROT_READ | PROT_WRITE)
#define THP "/sys/kernel/mm/transparent_hugepage/"

/* As many children that hold on to all memory there is. */
static void fork_holders(unsigned int count)
{
	while (count--) {
		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(report_fd);
		for (;;)
			pause();
	}
	/* they write to a page or two of their own before they rest */
	usleep(200000);
}

/* 64 pages in three processes; of those, 16 written anew, and 16 given back */
static int setup_forked(struct report *r)
{
	char *m = map_anon(64 * PAGE, RW, MAP_PRIVATE);
	struct area *a;

	touch(m, 64 * PAGE, PAGE, 1);
	fork_holders(2);
	touch(m, 16 * PAGE, PAGE, 2);
	madvise(m + 48 * PAGE, 16 * PAGE, MADV_DONTNEED);
	a = area_add(r, "forked", m, 64 * PAGE);
	a->exact = 0;
	r->aux[0] = 16 * PAGE; /* mapped once */
	r->aux[1] = 32 * PAGE; /* three times */
	r->aux[2] = 3;
	return 0;
}

/* 32 pages of a file, mapped twice here and in nobody else */
static int setup_twice(struct report *r)
{
	char path[] = "/tmp/twiceXXXXXX";
	int fd = mkstemp(path);
	char *a, *b;

	unlink(path);
	if (fd < 0 || ftruncate(fd, 32 * PAGE))
		return area_skip(r, "no file in /tmp");
	a = mmap(NULL, 32 * PAGE, RW, MAP_SHARED, fd, 0);
	b = mmap(NULL, 32 * PAGE, RW, MAP_SHARED, fd, 0);
	touch(a, 32 * PAGE, PAGE, 1);
	/* a read would map pages around it, too */
	touch(b, 16 * PAGE, PAGE, 1);
	area_add(r, "first", a, 32 * PAGE)->exact = 0;
	r->aux[0] = 16 * PAGE;
	r->aux[1] = 16 * PAGE;
	r->aux[2] = 2;
	return 0;
}

static bool mthp_on(void)
{
	return !write_text(THP "hugepages-64kB/enabled", "always");
}

/*
 * Folios of 64 KiB: the first four whole, the next moved to where it is not aligned, one with a
 * hole, one of which two pages are left, and one shared with a child.
 */
static int setup_mthp(struct report *r)
{
	const size_t unit = 16 * PAGE;
	char *m, *moved;
	struct area *a;

	if (!mthp_on())
		return area_skip(r, "no folios of 64 KiB on this kernel");
	write_text(THP "hugepages-2048kB/enabled", "never");
	m = map_aligned(64 * PAGE + 8 * unit, 2 * MIB);
	touch(m, 8 * unit, PAGE, 1);
	write_text(THP "hugepages-64kB/enabled", "never");
	write_text(THP "hugepages-2048kB/enabled", "inherit");
	if (!(page_flags(pagemap_self(m) & PM_FRAME) & KPF_THP))
		return area_skip(r, "the kernel gave no folios of 64 KiB");
	moved = map_aligned(MIB, MIB);
	moved = mremap(m + 4 * unit, unit, unit, MREMAP_MAYMOVE | MREMAP_FIXED,
		       moved + 3 * PAGE);
	madvise(m + 5 * unit + 4 * PAGE, PAGE, MADV_DONTNEED);
	madvise(m + 6 * unit, 14 * PAGE, MADV_DONTNEED);
	a = area_add(r, "64 KiB folios", m, 4 * unit);
	a->exact = 0;
	area_add(r, "moved", moved, unit)->exact = 0;
	fork_holders(1);
	touch(m, unit, PAGE, 2);
	return 0;
}

/* tmpfs in huge pages: one whole by a huge leaf, one in part, one by small entries */
static int setup_huge_shmem(struct report *r)
{
	char dir[] = "/tmp/hugeXXXXXX", path[64];
	char *m;
	int fd;

	if (!mkdtemp(dir) || mount("none", dir, "tmpfs", 0, "huge=always"))
		return area_skip(r, "no tmpfs with huge pages");
	snprintf(path, sizeof(path), "%s/file", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
	if (fd < 0 || ftruncate(fd, 6 * MIB))
		return area_skip(r, "no file on tmpfs");
	m = map_aligned(10 * MIB, 2 * MIB);
	m = mmap(m, 6 * MIB, RW, MAP_SHARED | MAP_FIXED, fd, 0);
	touch(m, 6 * MIB, PAGE, 1);
	/* the same once more, off by a page: small entries on large folios */
	mmap(m + 8 * MIB + PAGE, MIB, RW, MAP_SHARED | MAP_FIXED, fd, 0);
	look(m + 8 * MIB + PAGE, MIB, PAGE);
	mprotect(m + 2 * MIB, 16 * PAGE, PROT_READ);
	area_add(r, "huge tmpfs", m, 6 * MIB)->exact = 0;
	if (!(page_flags(pagemap_self(m) & PM_FRAME) & KPF_THP))
		return area_skip(r, "tmpfs gave no huge pages");
	return 0;
}

/* Huge pages, one of them also a child's, whole there and in pieces here. */
static int setup_huge_forked(struct report *r)
{
	char *m = map_aligned(8 * MIB, 2 * MIB);

	if (madvise(m, 8 * MIB, MADV_HUGEPAGE))
		return area_skip(r, "no transparent huge pages");
	touch(m, 4 * MIB, PAGE, 1);
	fork_holders(1);
	touch(m + 4 * MIB, 4 * MIB, 2 * MIB, 1);
	mprotect(m, 16 * PAGE, PROT_READ);
	madvise(m + 64 * PAGE, 8 * PAGE, MADV_DONTNEED);
	area_add(r, "huge, forked", m, 8 * MIB)->exact = 0;
	return 0;
}

/* A gigabyte of hugetlb address space, so that the child shares the table. */
static int setup_hugetlb_table(struct report *r)
{
	/* only to find the place: so much could not be had with access */
	char *m = mmap(NULL, 2 * GIB, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	munmap(m, 2 * GIB);
	m = (char *)(((uintptr_t)m + GIB - 1) & -GIB);
	m = mmap(m, GIB, RW,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED |
			 MAP_NORESERVE,
		 -1, 0);
	if (m == MAP_FAILED)
		return area_skip(r, "no hugetlb pages");
	if (madvise(m, 2 * MIB, MADV_POPULATE_WRITE))
		return area_skip(r, "no free hugetlb page");
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(report_fd);
		look(m, 2 * MIB, 2 * MIB);
		for (;;)
			pause();
	}
	usleep(200000);
	area_add(r, "hugetlb, forked", m, 2 * MIB)->exact = 0;
	return 0;
}

const struct recipe folio_recipes[] = {
	{ .name = "forked", .setup = setup_forked },
	{ .name = "mapped-twice", .setup = setup_twice },
	{ .name = "mthp", .setup = setup_mthp },
	{ .name = "huge-shmem", .setup = setup_huge_shmem },
	{ .name = "huge-forked", .setup = setup_huge_forked },
	{ .name = "hugetlb-table", .setup = setup_hugetlb_table },
};
const size_t folio_recipes_len = COUNT(folio_recipes);
