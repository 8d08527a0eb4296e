// SPDX-License-Identifier: GPL-2.0
/* The kernel half as the module tells it, in lists. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runlist.h"
#include "tap.h"

struct vmscope_kernel kernel_ask(uint64_t flags)
{
	return (struct vmscope_kernel){
		.size = sizeof(struct vmscope_kernel),
		.flags = flags,
		.end = VMSCOPE_RANGE_END,
		.regions_size = sizeof(struct vmscope_kernel_region),
		.runs_size = sizeof(struct vmscope_kernel_run),
	};
}

int req_runs(int fd, uint64_t flags, uint64_t start, uint64_t end,
	     size_t at_once, struct runlist *list)
{
	struct vmscope_kernel ask;
	size_t size = 0;
	int err;

	*list = (struct runlist){ 0 };
	do {
		if (list->len + at_once > size) {
			size = 2 * size + at_once;
			list->run =
				realloc(list->run, size * sizeof(*list->run));
			if (!list->run)
				tap_bail("no memory");
		}
		ask = kernel_ask(flags);
		ask.start = start;
		ask.end = end;
		ask.runs = (uintptr_t)(list->run + list->len);
		ask.runs_len = at_once;
		err = req_call(fd, VMSCOPE_IOC_KERNEL, &ask);
		if (err) {
			runlist_free(list);
			return err;
		}
		if (ask.cursor <= start || ask.runs_len > at_once)
			tap_bail("no progress at %#llx",
				 (unsigned long long)start);
		list->len += ask.runs_len;
		list->calls++;
		start = ask.cursor;
	} while (start != end);
	return 0;
}

void runlist_free(struct runlist *list)
{
	free(list->run);
	*list = (struct runlist){ 0 };
}

bool runlist_equal(const struct runlist *a, const struct runlist *b)
{
	return a->len == b->len &&
	       !memcmp(a->run, b->run, a->len * sizeof(*a->run));
}

const struct vmscope_kernel_run *runlist_find(const struct runlist *list,
					      uint64_t address)
{
	size_t low = 0, high = list->len;

	while (low < high) {
		size_t i = (low + high) / 2;

		if (list->run[i].end <= address)
			low = i + 1;
		else if (list->run[i].start > address)
			high = i;
		else
			return &list->run[i];
	}
	return NULL;
}

int req_regions(int fd, uint64_t flags,
		struct vmscope_kernel_region region[REGIONS_MAX],
		uint64_t *reply_flags)
{
	struct vmscope_kernel ask = kernel_ask(flags);
	int err;

	ask.regions = (uintptr_t)region;
	ask.regions_len = REGIONS_MAX;
	err = req_call(fd, VMSCOPE_IOC_KERNEL, &ask);
	if (err)
		return err;
	if (ask.regions_len > REGIONS_MAX)
		tap_bail("more regions than there is room for");
	if (reply_flags)
		*reply_flags = ask.reply_flags;
	return ask.regions_len;
}

const struct vmscope_kernel_region *
region_find(const struct vmscope_kernel_region *region, int len, uint64_t id)
{
	for (int i = 0; i < len; i++)
		if (region[i].id == id)
			return &region[i];
	return NULL;
}

uint64_t range_bytes(uint64_t start, uint64_t end)
{
	return end - start + (end == VMSCOPE_RANGE_END);
}
