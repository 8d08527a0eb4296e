// SPDX-License-Identifier: GPL-2.0
/*
 * Ways to learn what memory a process has: ours, and those of the kernel. Each
 * looks at this process; pagemap, PAGEMAP_SCAN and mincore only at the memory
 * of the bench, the others at all of it, which is little more.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/fs.h>
#include <linux/vmscope.h>

#include "bench.h"

#define MAPS  1024
#define NAMES (64 * 1024)
#define PAGES 4096

static char buffer[1 << 20];

static int open_device(void)
{
	return open("/dev/" VMSCOPE_DEVICE_NAME, O_RDONLY | O_CLOEXEC);
}

static int run_summary(int fd, const struct memory *memory)
{
	struct vmscope_summary summary = { .size = sizeof(summary) };

	(void)memory;
	return ioctl(fd, VMSCOPE_IOC_SUMMARY, &summary);
}

static int run_maps(int fd, const struct memory *memory)
{
	static struct vmscope_map maps[MAPS];
	uint64_t cursor = 0;

	(void)memory;
	while (cursor != VMSCOPE_RANGE_END) {
		struct vmscope_maps arg = {
			.size = sizeof(arg),
			.start = cursor,
			.end = VMSCOPE_RANGE_END,
			.maps = (uintptr_t)maps,
			.maps_len = MAPS,
			.maps_size = sizeof(*maps),
			.names = (uintptr_t)buffer,
			.names_len = NAMES,
		};

		if (ioctl(fd, VMSCOPE_IOC_MAPS, &arg))
			return -1;
		cursor = arg.cursor;
	}
	return 0;
}

static int get_pages(int fd, const struct memory *memory, uint64_t flags,
		     uint64_t none_of, uint64_t returned)
{
	static struct vmscope_page pages[PAGES];
	uint64_t cursor = memory->start;

	while (cursor != memory->end) {
		struct vmscope_pages arg = {
			.size = sizeof(arg),
			.flags = flags,
			.start = cursor,
			.end = memory->end,
			.none_of = none_of,
			.returned = returned,
			.pages = (uintptr_t)pages,
			.pages_len = PAGES,
			.pages_size = sizeof(*pages),
		};

		if (ioctl(fd, VMSCOPE_IOC_PAGES, &arg))
			return -1;
		cursor = arg.cursor;
	}
	return 0;
}

static int run_pages(int fd, const struct memory *memory)
{
	return get_pages(fd, memory, 0, VMSCOPE_PAGES_STATE(VMSCOPE_STATE_NONE),
			 VMSCOPE_PAGES_ALL);
}

static int run_pages_raw(int fd, const struct memory *memory)
{
	return get_pages(fd, memory, VMSCOPE_PAGES_F_RAW,
			 VMSCOPE_PAGES_STATE(VMSCOPE_STATE_NONE),
			 VMSCOPE_PAGES_ALL);
}

static int open_pagemap(void)
{
	return open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

static int run_pagemap(int fd, const struct memory *memory)
{
	uint64_t at = memory->start / BENCH_PAGE * 8;
	const uint64_t end = memory->end / BENCH_PAGE * 8;
	unsigned long present = 0;

	while (at < end) {
		size_t want = end - at < sizeof(buffer) ? end - at :
							  sizeof(buffer);
		ssize_t got = pread(fd, buffer, want, at);
		const uint64_t *entry = (const uint64_t *)buffer;
		ssize_t i;

		if (got <= 0)
			return -1;
		for (i = 0; i < got / 8; i++)
			present += entry[i] >> 63;
		at += got;
	}
	return present == ~0UL ? -1 : 0;
}

#ifdef PAGEMAP_SCAN
static int scan(int fd, const struct memory *memory, uint64_t mask,
		uint64_t returned)
{
	static struct page_region regions[PAGES];
	uint64_t cursor = memory->start;

	while (cursor < memory->end) {
		struct pm_scan_arg arg = {
			.size = sizeof(arg),
			.start = cursor,
			.end = memory->end,
			.vec = (uintptr_t)regions,
			.vec_len = PAGES,
			.category_anyof_mask = mask,
			.return_mask = returned,
		};

		if (ioctl(fd, PAGEMAP_SCAN, &arg) < 0)
			return -1;
		cursor = arg.walk_end;
	}
	return 0;
}
#else
/* Headers older than v6.7: the same numbers, from the kernel's ABI. */
struct region {
	uint64_t start, end, categories;
};

struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t inverted, mask, anyof_mask, return_mask;
};

#define PAGE_IS_PRESENT (1 << 3)
#define PAGE_IS_SWAPPED (1 << 4)

static int scan(int fd, const struct memory *memory, uint64_t mask,
		uint64_t returned)
{
	static struct region regions[PAGES];
	uint64_t cursor = memory->start;

	while (cursor < memory->end) {
		struct scan_arg arg = {
			.size = sizeof(arg),
			.start = cursor,
			.end = memory->end,
			.vec = (uintptr_t)regions,
			.vec_len = PAGES,
			.anyof_mask = mask,
			.return_mask = returned,
		};

		if (ioctl(fd, _IOWR('f', 16, struct scan_arg), &arg) < 0)
			return -1;
		cursor = arg.walk_end;
	}
	return 0;
}
#endif

static int run_scan(int fd, const struct memory *memory)
{
	return scan(fd, memory, PAGE_IS_PRESENT, PAGE_IS_PRESENT);
}

static int run_scan_all(int fd, const struct memory *memory)
{
	return scan(fd, memory, PAGE_IS_PRESENT | PAGE_IS_SWAPPED, 0xff);
}

static int run_mincore(int fd, const struct memory *memory)
{
	uint64_t at, step = sizeof(buffer) * BENCH_PAGE;

	(void)fd;
	for (at = memory->start; at < memory->end; at += step) {
		uint64_t len = memory->end - at < step ? memory->end - at :
							 step;

		if (mincore((void *)at, len, (unsigned char *)buffer))
			return -1;
	}
	return 0;
}

static int open_nothing(void)
{
	return 0;
}

static int read_all(int fd)
{
	ssize_t got;

	if (lseek(fd, 0, SEEK_SET))
		return -1;
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		;
	return got ? -1 : 0;
}

static int run_read(int fd, const struct memory *memory)
{
	(void)memory;
	return read_all(fd);
}

static int open_rollup(void)
{
	return open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
}

static int open_smaps(void)
{
	return open("/proc/self/smaps", O_RDONLY | O_CLOEXEC);
}

static int open_numa_maps(void)
{
	return open("/proc/self/numa_maps", O_RDONLY | O_CLOEXEC);
}

const struct method methods[] = {
	{ "vmscope summary", open_device, run_summary },
	{ "vmscope maps", open_device, run_maps },
	{ "vmscope pages", open_device, run_pages },
	{ "vmscope pages raw", open_device, run_pages_raw },
	{ "smaps_rollup", open_rollup, run_read },
	{ "smaps", open_smaps, run_read },
	{ "numa_maps", open_numa_maps, run_read },
	{ "pagemap", open_pagemap, run_pagemap },
	{ "PAGEMAP_SCAN present", open_pagemap, run_scan },
	{ "PAGEMAP_SCAN all", open_pagemap, run_scan_all },
	{ "mincore", open_nothing, run_mincore },
};
const size_t methods_len = COUNT(methods);
