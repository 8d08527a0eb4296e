// SPDX-License-Identifier: GPL-2.0
/* Ranges, and the arrays of SUMMARY and MAPS: wrong ones, and the rules by which they grow. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "req.h"
#include "tap.h"
#include "target.h"

static int fd;
static struct vmscope_map map_buffer[64];

static int summary_kinds(uint64_t kinds, uint64_t len, uint64_t size,
			 struct vmscope_summary *s)
{
	*s = (struct vmscope_summary){ .size = sizeof(*s),
				       .kinds = kinds,
				       .kinds_len = len,
				       .kinds_size = size };
	return req_call(fd, VMSCOPE_IOC_SUMMARY, s);
}

static void summary_arrays(void)
{
	size_t long_size = sizeof(struct vmscope_sums) + 64;
	char *area = malloc(VMSCOPE_KINDS * long_size + 64),
	     *edge = unmapped_after(1, PROT_READ | PROT_WRITE);
	char *fixed = unmapped_after(1, PROT_READ);
	struct vmscope_sums kinds[VMSCOPE_KINDS], sum = { 0 };
	struct vmscope_summary s;
	bool zero = true;

	tap_eq(summary_kinds(0, 99, 99, &s), 0,
	       "SUMMARY: without kinds their number and size do not count");
	tap_eq(s.kinds_len, 0, "SUMMARY: none are written");
	tap_eq(summary_kinds((uintptr_t)kinds, 2, sizeof(kinds[0]), &s), 0,
	       "SUMMARY: room for two kinds");
	tap_eq(s.kinds_len, 2, "SUMMARY: two are written");
	tap_eq(summary_kinds((uintptr_t)kinds, 0, sizeof(kinds[0]), &s), 0,
	       "SUMMARY: room for none");
	tap_eq(summary_kinds((uintptr_t)kinds, ~0ULL, sizeof(kinds[0]), &s), 0,
	       "SUMMARY: room without end");
	tap_eq(s.kinds_len, VMSCOPE_KINDS, "SUMMARY: as many as there are");
	tap_eq(summary_kinds((uintptr_t)kinds, VMSCOPE_KINDS, 0, &s), -EINVAL,
	       "SUMMARY: elements of 0 bytes");
	tap_eq(summary_kinds((uintptr_t)kinds, VMSCOPE_KINDS, 8, &s), -EINVAL,
	       "SUMMARY: elements of 8 bytes");
	tap_eq(summary_kinds((uintptr_t)kinds, VMSCOPE_KINDS, 1ULL << 40, &s),
	       -E2BIG, "SUMMARY: elements of a TiB");
	memset(area, 0xa5, VMSCOPE_KINDS * long_size + 64);
	tap_eq(summary_kinds((uintptr_t)area, VMSCOPE_KINDS, long_size, &s), 0,
	       "SUMMARY: longer elements");
	for (unsigned int i = 0; i < VMSCOPE_KINDS; i++) {
		struct vmscope_sums one;

		memcpy(&one, area + i * long_size, sizeof(one));
		sums_add(&sum, &one);
		for (size_t b = sizeof(one); b < long_size; b++)
			zero &= !area[i * long_size + b];
	}
	tap_ok(!memcmp(&sum, &s.sums, sizeof(sum)),
	       "SUMMARY: they lie at their distance and add up");
	tap_ok(zero, "SUMMARY: what the kernel does not know of them is zero");
	tap_ok(area[VMSCOPE_KINDS * long_size] == (char)0xa5,
	       "SUMMARY: nothing behind the last is written");
	tap_eq(summary_kinds((uintptr_t)edge + PAGE - 3 * sizeof(kinds[0]),
			     VMSCOPE_KINDS, sizeof(kinds[0]), &s),
	       -EFAULT, "SUMMARY: kinds that end in nowhere");
	tap_eq(summary_kinds((uintptr_t)fixed, VMSCOPE_KINDS, sizeof(kinds[0]),
			     &s),
	       -EFAULT, "SUMMARY: kinds that cannot be written");
	tap_eq(summary_kinds(~0ULL - 100, VMSCOPE_KINDS, sizeof(kinds[0]), &s),
	       -EFAULT, "SUMMARY: kinds that wrap around");
	free(area);
}

static struct vmscope_maps maps_request(void)
{
	return (struct vmscope_maps){
		.size = sizeof(struct vmscope_maps),
		.end = VMSCOPE_RANGE_END,
		.maps = (uintptr_t)map_buffer,
		.maps_len = COUNT(map_buffer),
		.maps_size = sizeof(map_buffer[0]),
	};
}

static void maps_ranges(void)
{
	static const struct {
		uint64_t start, end;
		int error;
		const char *what;
	} range[] = {
		{ 0x2000, 0x1000, -EINVAL, "reversed" },
		{ 0x1000, 0x1000, -EINVAL, "empty" },
		{ 0, 0, -EINVAL, "empty at 0" },
		{ VMSCOPE_RANGE_END, VMSCOPE_RANGE_END, -EINVAL,
		  "empty at the end" },
		{ 1, 0x1000, -EINVAL, "with a start that is not aligned" },
		{ 0x800, VMSCOPE_RANGE_END, -EINVAL,
		  "with a start within a page" },
		{ 0, 0x1001, -EINVAL, "with an end that is not aligned" },
		{ 0, VMSCOPE_RANGE_END - 1, -EINVAL,
		  "with an end just below the last" },
		{ -0x1000ULL, 0x1000, -EINVAL, "wrapped" },
		{ 0, 0x1000, 0, "of the first page" },
		{ 0, -0x1000ULL, 0, "up to the last page there is" },
		{ 1ULL << 62, 1ULL << 63, 0, "nowhere" },
		{ -0x1000ULL, VMSCOPE_RANGE_END, 0, "of the last page" },
	};

	for (size_t i = 0; i < COUNT(range); i++) {
		struct vmscope_maps m = maps_request();

		m.start = range[i].start;
		m.end = range[i].end;
		tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &m),
		       (unsigned long long)range[i].error, "MAPS: a range %s",
		       range[i].what);
	}
}

static void maps_arrays(void)
{
	char *edge = unmapped_after(1, PROT_READ | PROT_WRITE),
	     *fixed = unmapped_after(1, PROT_READ);
	size_t long_size = sizeof(struct vmscope_map) + 24;
	char *area = malloc(16 * long_size), names[8192];
	struct vmscope_maps m = maps_request(), n;
	bool good = true;

	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &m), 0, "MAPS: the right call");
	for (uint64_t size = 0; size < sizeof(struct vmscope_map); size += 34) {
		n = maps_request();
		n.maps_size = size;
		good &= req_call(fd, VMSCOPE_IOC_MAPS, &n) == -EINVAL;
	}
	tap_ok(good, "MAPS: elements that are too short");
	n = maps_request();
	n.maps_size = 1ULL << 40;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), -E2BIG,
	       "MAPS: elements of a TiB");
	n = maps_request();
	n.maps_len = 0;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), -EINVAL,
	       "MAPS: no elements");
	n = maps_request();
	n.maps = 8;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), -EFAULT,
	       "MAPS: elements nowhere");
	n.maps = (uintptr_t)fixed;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), -EFAULT,
	       "MAPS: elements that cannot be written");
	n.maps = (uintptr_t)edge + PAGE - sizeof(struct vmscope_map) - 8;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), -EFAULT,
	       "MAPS: elements that end in nowhere");
	n = maps_request();
	n.maps = ~0ULL - sizeof(struct vmscope_map) - 8;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), -EFAULT,
	       "MAPS: elements that wrap around");

	/* a number whose product with the size overflows is only a bound */
	n = maps_request();
	n.maps_len = 1ULL << 61;
	n.end = m.cursor;
	n.maps = (uintptr_t)calloc(64, sizeof(struct vmscope_map));
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), 0,
	       "MAPS: room for 2^61 elements");
	tap_eq(n.maps_len, m.maps_len, "MAPS: as many as there are");

	/* longer elements, and nothing behind the last one that is written */
	n = maps_request();
	n.maps = (uintptr_t)area;
	n.maps_size = long_size;
	n.maps_len = 4;
	memset(area, 0xa5, 16 * long_size);
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), 0, "MAPS: longer elements");
	good = n.maps_len == 4;
	for (unsigned int i = 0; i < 4; i++) {
		struct vmscope_map *map = (void *)(area + i * long_size);

		good &= map->start == map_buffer[i].start &&
			map->end == map_buffer[i].end;
		for (size_t b = sizeof(*map); b < long_size; b++)
			good &= !area[i * long_size + b];
	}
	tap_ok(good, "MAPS: they lie at their distance, with zeroes behind");
	tap_ok(area[4 * long_size] == (char)0xa5,
	       "MAPS: nothing behind the last is written");

	n = maps_request();
	n.names = 8;
	n.names_len = 4096;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), -EFAULT,
	       "MAPS: names nowhere");
	n.names = (uintptr_t)fixed;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), -EFAULT,
	       "MAPS: names that cannot be written");
	n.names = ~0ULL - 100;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), -EFAULT,
	       "MAPS: names that wrap around");
	n = maps_request();
	n.names = (uintptr_t)names;
	n.names_len = 3;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), -ENAMETOOLONG,
	       "MAPS: a name that is too long");
	n = maps_request();
	memset(names, 0xa5, sizeof(names));
	n.names = (uintptr_t)names;
	n.names_len = 200;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &n), 0,
	       "MAPS: room for a few names");
	tap_ok(n.names_len <= 200 && names[n.names_len] == (char)0xa5,
	       "MAPS: %llu bytes, and no more, are written", n.names_len);
	free(area);
}

int main(void)
{
	fd = req_open();
	summary_arrays();
	maps_ranges();
	maps_arrays();
	return tap_done();
}
