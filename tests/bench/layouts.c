// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench.h"

static int write_number(const char *path, unsigned long number)
{
	char text[32];
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int len = snprintf(text, sizeof(text), "%lu", number);
	int ret = -1;

	if (fd < 0)
		return -1;
	if (write(fd, text, len) == len)
		ret = 0;
	close(fd);
	return ret;
}

static char *map_at(struct memory *memory, uint64_t len, int flags)
{
	char *start = mmap(NULL, len + 2 * BENCH_MIB, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags,
			   -1, 0);

	if (start == MAP_FAILED)
		return NULL;
	memory->start = ((uintptr_t)start + 2 * BENCH_MIB - 1) &
			~(2 * BENCH_MIB - 1);
	memory->end = memory->start + len;
	return (char *)memory->start;
}

static void touch(char *start, uint64_t len, uint64_t step)
{
	uint64_t at;

	for (at = 0; at < len; at += step)
		start[at] = 1;
}

static const char *small_pages(struct memory *memory, uint64_t len,
			       uint64_t step)
{
	char *start = map_at(memory, len, 0);

	if (!start || madvise(start, len, MADV_NOHUGEPAGE))
		return "no memory";
	touch(start, len, step);
	return NULL;
}

static const char *setup_dense(struct memory *memory)
{
	memory->count = 256 * BENCH_MIB / BENCH_PAGE;
	return small_pages(memory, 256 * BENCH_MIB, BENCH_PAGE);
}

static const char *setup_half(struct memory *memory)
{
	memory->count = 256 * BENCH_MIB / BENCH_PAGE;
	return small_pages(memory, 256 * BENCH_MIB, 2 * BENCH_PAGE);
}

static const char *setup_sparse(struct memory *memory)
{
	memory->count = 64 * 1024 / 2;
	return small_pages(memory, 64 * 1024 * BENCH_MIB, 2 * BENCH_MIB);
}

static const char *setup_thp(struct memory *memory)
{
	const uint64_t len = 256 * BENCH_MIB;
	char *start = map_at(memory, len, 0);

	if (!start || madvise(start, len, MADV_HUGEPAGE))
		return "no transparent huge pages";
	touch(start, len, 2 * BENCH_MIB);
	memory->count = len / (2 * BENCH_MIB);
	return NULL;
}

static const char *setup_hugetlb(struct memory *memory)
{
	const uint64_t len = 32 * BENCH_MIB;
	char *start;

	if (write_number("/proc/sys/vm/nr_hugepages", 16))
		return "no hugetlb";
	start = mmap(NULL, len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (start == MAP_FAILED)
		return "no hugetlb pages";
	touch(start, len, 2 * BENCH_MIB);
	memory->start = (uintptr_t)start;
	memory->end = memory->start + len;
	memory->count = len / (2 * BENCH_MIB);
	return NULL;
}

static const char *setup_swapped(struct memory *memory)
{
	const uint64_t len = 32 * BENCH_MIB;
	const char *error = small_pages(memory, len, BENCH_PAGE);

	if (error)
		return error;
	memory->count = len / BENCH_PAGE;
	if (madvise((void *)memory->start, len, MADV_PAGEOUT))
		return "no MADV_PAGEOUT";
	return NULL;
}

/* Every second page may be written to, so that each is a mapping. */
static const char *setup_mappings(struct memory *memory)
{
	const uint64_t count = 100 * 1000, len = count * BENCH_PAGE;
	char *start;
	uint64_t i;

	if (write_number("/proc/sys/vm/max_map_count", 4 * count))
		return "the number of mappings cannot be raised";
	start = map_at(memory, len, 0);
	if (!start || madvise(start, len, MADV_NOHUGEPAGE))
		return "no memory";
	touch(start, len, BENCH_PAGE);
	for (i = 0; i < count; i += 2)
		if (mprotect(start + i * BENCH_PAGE, BENCH_PAGE, PROT_READ))
			return "mprotect";
	memory->count = count;
	return NULL;
}

const struct layout layouts[] = {
	{ "dense", "entry", setup_dense },
	{ "half", "entry", setup_half },
	{ "sparse", "page", setup_sparse },
	{ "thp", "huge page", setup_thp },
	{ "hugetlb", "huge page", setup_hugetlb },
	{ "swapped", "page", setup_swapped },
	{ "mappings", "mapping", setup_mappings },
};
const size_t layouts_len = COUNT(layouts);
