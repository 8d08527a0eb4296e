// SPDX-License-Identifier: GPL-2.0
/*
 * Take a snapshot: mappings and pages in turn, so that what is said of a mapping
 * and of its pages is of nearly the same time.
 */
#include <errno.h>
#include <sys/utsname.h>
#include <time.h>

#include "snapshot-file.h"
#include "vmscope.h"

/* Mappings between two times of reading pages. */
#define MAPS_AT_ONCE 512

/* Length of struct vmscope_snapshot_options when it was first published. */
#define OPTIONS_SIZE_V1 32

struct taking {
	struct vmscope *handle;
	struct vmscope_target target;
	struct vmscope_snapshot_options options;
	struct vmscope_snapshot *snapshot;
	uint64_t position; /* pages before it are told */
	uint64_t pid;
	struct vmscope_walk maps_walk;
	struct vmscope_walk pages_walk;
	uint64_t pages_requests;
};

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void walk_put(unsigned char *to, const struct vmscope_walk *walk)
{
	put_u64(to, walk->holds);
	put_u64(to + 8, walk->layout);
	put_u64(to + 16, walk->entries);
	put_u64(to + 24, walk->tables);
}

/* What happens between two requests cannot be told. */
static void walk_add(struct taking *taking, const struct vmscope_walk *walk)
{
	struct vmscope_walk *sum = &taking->pages_walk;

	sum->holds += walk->holds;
	sum->entries += walk->entries;
	sum->tables += walk->tables;
	if (walk->layout == VMSCOPE_LAYOUT_CHANGED)
		sum->layout = VMSCOPE_LAYOUT_CHANGED;
	else if (sum->layout == VMSCOPE_LAYOUT_SAME && taking->pages_requests++)
		sum->layout = VMSCOPE_LAYOUT_UNKNOWN;
	else if (sum->layout == VMSCOPE_LAYOUT_SAME)
		sum->layout = walk->layout;
}

static uint16_t leaf_shift(uint64_t size)
{
	uint16_t shift = 0;

	while (size > 1) {
		size >>= 1;
		shift++;
	}
	return shift;
}

static int page_put(struct taking *taking, const struct vmscope_page *page)
{
	unsigned char *item = section_grow(
		&taking->snapshot->sections[SECTION_PAGES], PAGE_BYTES);

	if (!item)
		return -ENOMEM;
	put_u64(item + PAGE_START, page->start);
	put_u64(item + PAGE_END, page->end);
	put_u64(item + PAGE_FLAGS, page->flags);
	put_u16(item + PAGE_STATE, (uint16_t)page->state);
	put_u16(item + PAGE_LEAF, leaf_shift(page->leaf_size));
	put_u16(item + PAGE_PKEY, (uint16_t)page->pkey);
	put_u16(item + PAGE_SWAP_AREA, (uint16_t)page->swap_area);
	return 0;
}

/* The pages up to @end. */
static int pages_take(struct taking *taking, uint64_t end)
{
	struct vmscope_pages_options options;
	struct vmscope_pages_iter *iter;
	const struct vmscope_page *page;
	struct vmscope_walk walk;
	int err;

	if (taking->position >= end)
		return 0;
	vmscope_pages_options_init(&options);
	options.start = taking->position;
	options.end = end;
	options.masks.none_of = VMSCOPE_PAGES_STATE(VMSCOPE_STATE_NONE);
	err = vmscope_pages_open(taking->handle, &taking->target, &options,
				 &iter);
	if (err)
		return err;
	while (!(err = vmscope_pages_next(iter, &page))) {
		err = page_put(taking, page);
		if (err)
			break;
	}
	vmscope_pages_walk(iter, NULL, NULL, &walk);
	walk_add(taking, &walk);
	vmscope_pages_close(iter);
	taking->position = end;
	return err < 0 ? err : 0;
}

static int map_put(struct taking *taking, const struct vmscope_map *map,
		   const char *name)
{
	struct snapshot_section *names =
		&taking->snapshot->sections[SECTION_NAMES];
	unsigned char *item = section_grow(
		&taking->snapshot->sections[SECTION_MAPS], MAP_BYTES);
	size_t len = strlen(name);
	uint64_t name_start = 0;
	unsigned char *to;

	if (!item)
		return -ENOMEM;
	if (len) {
		name_start = names->len;
		to = section_grow(names, len + 1);
		if (!to)
			return -ENOMEM;
		memcpy(to, name, len);
	}
	put_u64(item + MAP_START, map->start);
	put_u64(item + MAP_END, map->end);
	put_u64(item + MAP_FLAGS, map->flags);
	put_u64(item + MAP_KIND, map->kind);
	put_u64(item + MAP_PAGE_SIZE, map->page_size);
	put_u64(item + MAP_OFFSET, map->offset);
	put_u64(item + MAP_INODE, map->inode);
	put_u64(item + MAP_DEVICE, map->device);
	put_u64(item + MAP_NAME_START, name_start);
	return 0;
}

static int maps_take(struct taking *taking)
{
	const struct vmscope_snapshot_options *options = &taking->options;
	struct vmscope_target bare = taking->target;
	struct vmscope_maps_iter *iter;
	const struct vmscope_map *map;
	const char *name;
	size_t i = 0;
	int err;

	/* flags go with the target; the tables are read for pages, once */
	bare.flags |= VMSCOPE_MAPS_F_NO_SUMS;

	/* the name of what has none */
	if (!section_grow(&taking->snapshot->sections[SECTION_NAMES], 1))
		return -ENOMEM;
	err = vmscope_maps_open(taking->handle, &bare, options->start,
				options->end, &iter);
	if (err)
		return err;
	while (!(err = vmscope_maps_next(iter, &map, &name))) {
		err = map_put(taking, map, name);
		if (!err && ++i % MAPS_AT_ONCE == 0)
			err = pages_take(taking, map->end);
		if (err)
			break;
	}
	if (err > 0)
		err = pages_take(taking, options->end);
	vmscope_maps_walk(iter, &taking->pid, &taking->maps_walk);
	vmscope_maps_close(iter);
	return err;
}

/* With a budget that was used up, it is of what was read until then. */
static int range_cut(struct taking *taking)
{
	uint64_t start, end;

	if (!vmscope_budget_left(taking->handle, &start, &end))
		return 0;
	taking->options.end = start;
	return start > taking->options.start ? 0 : -EDQUOT;
}

static int process_take(struct taking *taking, uint64_t taken_at,
			uint64_t began)
{
	unsigned char *item = section_grow(
		&taking->snapshot->sections[SECTION_PROCESS], PROCESS_BYTES);
	struct vmscope_summary summary;
	int err;

	if (!item)
		return -ENOMEM;
	vmscope_summary_init(&summary, &taking->target, NULL, 0);
	summary.flags |= VMSCOPE_SUMMARY_F_COUNTERS;
	err = vmscope_summary_get(taking->handle, &summary);
	if (err)
		return err;
	put_u64(item + PROCESS_PID, taking->pid);
	memcpy(item + PROCESS_COMM, summary.comm, sizeof(summary.comm));
	item[PROCESS_COMM + sizeof(summary.comm) - 1] = '\0';
	put_u64(item + PROCESS_TAKEN_AT, taken_at);
	put_u64(item + PROCESS_TOOK, now(CLOCK_MONOTONIC) - began);
	put_u64(item + PROCESS_BEGAN, taking->options.process_start);
	put_u64(item + PROCESS_START, taking->options.start);
	put_u64(item + PROCESS_END, taking->options.end);
	walk_put(item + PROCESS_MAPS_WALK, &taking->maps_walk);
	walk_put(item + PROCESS_PAGES_WALK, &taking->pages_walk);
	put_u64(item + PROCESS_THREADS, summary.threads);
	put_u64(item + PROCESS_MINOR_FAULTS, summary.minor_faults);
	put_u64(item + PROCESS_MAJOR_FAULTS, summary.major_faults);
	put_u64(item + PROCESS_TABLE_BYTES, summary.page_table_bytes);
	return 0;
}

/* The target is zeroed already. */
static void text_put(unsigned char *to, size_t size, const char *text)
{
	size_t len = strnlen(text, size - 1);

	memcpy(to, text, len);
}

static int machine_take(struct taking *taking)
{
	unsigned char *item = section_grow(
		&taking->snapshot->sections[SECTION_MACHINE], MACHINE_BYTES);
	uint32_t features[VMSCOPE_FEATURES] = { 0 };
	struct vmscope_info info;
	struct utsname name;
	int err;

	if (!item)
		return -ENOMEM;
	vmscope_info_init(&info, features, VMSCOPE_FEATURES);
	err = vmscope_info_get(taking->handle, &info);
	if (err)
		return err;
	put_u64(item + MACHINE_PAGE_SIZE, info.page_size);
	put_u64(item + MACHINE_LEVELS, info.levels);
	put_u64(item + MACHINE_USER_END, info.user_end);
	put_u64(item + MACHINE_SOFT_DIRTY,
		features[VMSCOPE_FEATURE_SOFT_DIRTY]);
	text_put(item + MACHINE_MODULE, 32, (const char *)info.module_version);
	text_put(item + MACHINE_LIBRARY, 32, vmscope_version());
	if (!uname(&name))
		text_put(item + MACHINE_KERNEL, 64, name.release);
	return 0;
}

static int options_copy(const struct vmscope_snapshot_options *options,
			struct vmscope_snapshot_options *ret)
{
	const unsigned char *bytes = (const unsigned char *)options;
	size_t i;

	_Static_assert(sizeof(*options) >= OPTIONS_SIZE_V1,
		       "options never shrink");
	if (options->size < OPTIONS_SIZE_V1 || options->reserved)
		return -EINVAL;
	for (i = sizeof(*ret); i < options->size; i++)
		if (bytes[i])
			return -E2BIG;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, options,
	       options->size < sizeof(*ret) ? options->size : sizeof(*ret));
	return 0;
}

int vmscope_snapshot_take(struct vmscope *handle,
			  const struct vmscope_target *target,
			  const struct vmscope_snapshot_options *options,
			  struct vmscope_snapshot **ret)
{
	struct taking taking = { .handle = handle, .target = *target };
	uint64_t taken_at = now(CLOCK_REALTIME);
	uint64_t began = now(CLOCK_MONOTONIC);
	int err = options_copy(options, &taking.options);

	if (err)
		return err;
	taking.position = taking.options.start;
	taking.snapshot = snapshot_create();
	if (!taking.snapshot)
		return -ENOMEM;
	err = machine_take(&taking);
	if (!err)
		err = maps_take(&taking);
	if (!err)
		err = range_cut(&taking);
	if (!err)
		err = process_take(&taking, taken_at, began);
	if (err)
		vmscope_snapshot_close(taking.snapshot);
	else
		*ret = taking.snapshot;
	return err;
}
