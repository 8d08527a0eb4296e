// SPDX-License-Identifier: GPL-2.0
/* The witnesses for single pages: pagemap, kpageflags, PAGEMAP_SCAN. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "req.h"
#include "tap.h"
#include "witness.h"

int pagemap_open(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int pagemap_read(int fd, uint64_t address, size_t pages, uint64_t *entry)
{
	size_t want = pages * sizeof(*entry), got = 0;

	while (got < want) {
		ssize_t n = pread(fd, (char *)entry + got, want - got,
				  address / PAGE * 8 + got);

		if (n < 0)
			return -errno;
		if (!n)
			return -ENODATA;
		got += n;
	}
	return 0;
}

uint64_t pagemap_self(const void *address)
{
	int fd = pagemap_open(getpid());
	uint64_t entry = 0;

	if (fd >= 0) {
		pagemap_read(fd, (uintptr_t)address, 1, &entry);
		close(fd);
	}
	return entry;
}

static uint64_t page_word(int *fd, const char *path, uint64_t pfn)
{
	uint64_t word = 0;

	if (*fd < 0)
		*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0 || pread(*fd, &word, sizeof(word), pfn * 8) != sizeof(word))
		return 0;
	return word;
}

uint64_t page_flags(uint64_t pfn)
{
	static int fd = -1;

	return page_word(&fd, "/proc/kpageflags", pfn);
}

uint64_t page_count(uint64_t pfn)
{
	static int fd = -1;

	return page_word(&fd, "/proc/kpagecount", pfn);
}

bool zero_page(uint64_t pfn)
{
	static uint64_t zero;

	if (!zero) {
		volatile char *page = mmap(NULL, PAGE, PROT_READ,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		(void)*page;
		zero = pagemap_self((void *)page) & PM_FRAME;
		if (!(page_flags(zero) & KPF_ZERO_PAGE))
			tap_bail("cannot tell which frame is the zero page");
	}
	return pfn == zero;
}

/* The page that is touched here stays, so that the huge zero page keeps its frame. */
bool huge_zero_page(uint64_t pfn)
{
	static uint64_t first;

	if (!first) {
		char *area = mmap(NULL, 4 * MIB, PROT_READ,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *huge =
			(char *)(((uintptr_t)area + 2 * MIB - 1) & -(2 * MIB));
		uint64_t entry;

		madvise(huge, 2 * MIB, MADV_HUGEPAGE);
		(void)*(volatile char *)huge;
		entry = pagemap_self(huge) & PM_FRAME;
		first = zero_page(entry) ||
					!(page_flags(entry) & KPF_ZERO_PAGE) ?
				~0ULL :
				entry;
	}
	return first != ~0ULL && pfn >= first && pfn < first + 512;
}

unsigned int swap_areas(void)
{
	static int areas = -1;
	char line[512];
	FILE *file;

	if (areas >= 0)
		return areas;
	file = fopen("/proc/swaps", "re");
	while (file && fgets(line, sizeof(line), file))
		areas++;
	if (file)
		fclose(file);
	if (areas < 0)
		areas = 0;
	return areas;
}

unsigned int page_state(const struct mapping *map, uint64_t entry)
{
	if (entry & PM_PRESENT) {
		if (map->perms[0] == '-' && map->perms[1] == '-' &&
		    map->perms[2] == '-')
			return VMSCOPE_STATE_PROTNONE;
		if (map->vm_flags & (VF(PF) | VF(IO)))
			return VMSCOPE_STATE_DEVICE;
		if (zero_page(entry & PM_FRAME) ||
		    huge_zero_page(entry & PM_FRAME))
			return VMSCOPE_STATE_ZERO;
		return VMSCOPE_STATE_PRESENT;
	}
	if (!(entry & PM_SWAP))
		return VMSCOPE_STATE_NONE;
	if (entry & PM_GUARD)
		return VMSCOPE_STATE_GUARD;
	if (PM_SWAP_TYPE(entry) < swap_areas())
		return VMSCOPE_STATE_SWAPPED;
	if ((entry & PM_UFFD_WP) && PM_SWAP_OFFSET(entry) == 1)
		return VMSCOPE_STATE_UFFD_WP;
	/* a special entry: what pagemap cannot tell apart, the caller must */
	return VMSCOPE_STATE_UNKNOWN;
}

struct scan_region {
	uint64_t start, end, categories;
};

struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask,
		return_mask;
};

#define PAGEMAP_SCAN_NR _IOWR('f', 16, struct scan_arg)

long long scan_bytes(int fd, uint64_t start, uint64_t end, uint64_t mask)
{
	static struct scan_region region[512];
	long long bytes = 0;

	while (start < end) {
		struct scan_arg arg = {
			.size = sizeof(arg),
			.start = start,
			.end = end,
			.vec = (uintptr_t)region,
			.vec_len = COUNT(region),
			.category_mask = mask,
			.return_mask = mask,
		};
		int n = ioctl(fd, PAGEMAP_SCAN_NR, &arg);

		if (n < 0)
			return -errno;
		for (int i = 0; i < n; i++)
			bytes += region[i].end - region[i].start;
		if (arg.walk_end <= start)
			break;
		start = arg.walk_end;
	}
	return bytes;
}
