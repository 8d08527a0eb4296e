// SPDX-License-Identifier: GPL-2.0
/*
 * What looking at a process would cost.
 */
#include <errno.h>

#include "vmscope.h"

/* Length of struct vmscope_estimate when it was first published. */
#define ESTIMATE_SIZE_V1 72

/* A request for mappings goes on with a new hold after as few as this. */
#define MAPS_PER_HOLD 3

/* The iterators' requests grow up to at least this, after the first four. */
#define RANGES_PER_REQUEST 8192
#define MAPS_PER_REQUEST   256

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * Entries that are met by what there is of tables: all of theirs, once; and once
 * more at each level above the lowest, and at both ends of a mapping, those that
 * it shares with its neighbours.
 */
static uint64_t entries_by_tables(const struct vmscope_info *info,
				  uint64_t tables, uint64_t mappings)
{
	return tables * info->entries_per_table +
	       2 * (info->levels - 1) * mappings;
}

/* Entries that are met if all of it is mapped by small pages. */
static uint64_t entries_by_size(const struct vmscope_info *info, uint64_t bytes,
				uint64_t mappings)
{
	uint64_t entries = bytes / info->page_size;
	uint64_t sum = entries + 2 * mappings;
	uint64_t level;

	for (level = 1; level < info->levels; level++) {
		entries /= info->entries_per_table;
		sum += entries + 2 * mappings;
	}
	return sum;
}

static void bounds_make(const struct vmscope_info *info, unsigned long request,
			uint64_t start, uint64_t end,
			struct vmscope_estimate *ret)
{
	uint64_t mappings = ret->mappings;
	uint64_t tables = ret->page_table_bytes / info->page_size;
	uint64_t half = info->entries_per_table / 2;
	uint64_t requests;

	/* the top table, and those of the fifth level, are not in that account */
	tables += info->levels > 4 ? 1 + least(half, tables) : 1;
	ret->tables = tables;
	ret->entries = entries_by_tables(info, tables, mappings);
	if (request == VMSCOPE_IOC_TABLES)
		/* whole, and then gone through to those below */
		ret->entries *= 2;
	else
		ret->entries = least(
			ret->entries,
			entries_by_size(info,
					least(ret->virtual_bytes, end - start),
					mappings));
	/* each hold begins with the way down to where the last one ended */
	ret->entries += info->levels * (ret->entries / info->entries_per_table +
					mappings / MAPS_PER_HOLD + 2);
	/* and each request but the first with tables that were counted before */
	requests = ret->entries / RANGES_PER_REQUEST +
		   mappings / MAPS_PER_REQUEST + 4;
	if (request != VMSCOPE_IOC_SUMMARY)
		ret->tables += info->levels * requests;
	ret->hold_entries = least(ret->entries, info->hold_entries);
	ret->hold_mappings = least(mappings, info->hold_mappings);
}

int vmscope_estimate_get(struct vmscope *handle,
			 const struct vmscope_target *target,
			 unsigned long request, uint64_t start, uint64_t end,
			 struct vmscope_estimate *estimate)
{
	uint32_t size = estimate->size;
	struct vmscope_estimate all = { .size = size };
	struct vmscope_summary summary;
	struct vmscope_info info;
	int err;

	_Static_assert(sizeof(all) >= ESTIMATE_SIZE_V1,
		       "an estimate never shrinks");
	if (size < ESTIMATE_SIZE_V1 || estimate->reserved || start >= end ||
	    (request != VMSCOPE_IOC_SUMMARY && request != VMSCOPE_IOC_MAPS &&
	     request != VMSCOPE_IOC_PAGES && request != VMSCOPE_IOC_TABLES))
		return -EINVAL;
	vmscope_info_init(&info, NULL, 0);
	err = vmscope_info_get(handle, &info);
	if (err)
		return err;
	vmscope_summary_init(&summary, target, NULL, 0);
	summary.flags |= VMSCOPE_SUMMARY_F_COUNTERS;
	err = vmscope_summary_get(handle, &summary);
	if (err)
		return err;
	all.pid = summary.pid;
	all.mappings = summary.mappings;
	all.virtual_bytes = summary.sums.virtual_bytes;
	all.page_table_bytes = summary.page_table_bytes;
	bounds_make(&info, request, start, end, &all);
	memset(estimate, 0, size);
	memcpy(estimate, &all, size < sizeof(all) ? size : sizeof(all));
	return 0;
}
