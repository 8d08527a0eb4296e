// SPDX-License-Identifier: GPL-2.0
/*
 * The scan for tables: which there are, whose they are, how full they are.
 */
#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/arch.h"
#include "map.h"
#include "scan_tables.h"
#include "target.h"
#include "walk.h"

/**
 * struct tables_scan - a scan under way
 * @walker: the walk
 * @request: what is wanted
 * @stacks: of the process
 * @batch: mappings to be copied out; the next one is under way
 * @start: first address of the mapping that the walk is in
 * @end: first address after it
 * @from: first address of its part that the walk is in
 * @below: first address after the mapping below it
 * @replaceable: a huge leaf could stand for its pages
 * @maps_left: how many mappings the caller takes yet
 * @names_left: how many bytes of names
 * @full: it takes no more
 * @path: room for a name
 */
struct tables_scan {
	struct vmscope_walker walker;
	const struct vmscope_scan_tables *request;
	struct vmscope_map_stacks stacks;
	struct vmscope_tables_batch batch;
	unsigned long start;
	unsigned long end;
	unsigned long from;
	unsigned long below;
	bool replaceable;
	u64 maps_left;
	u64 names_left;
	bool full;
	char path[PATH_MAX];
};

static struct vmscope_map_tables *map_under_way(struct tables_scan *scan)
{
	return &scan->batch.maps[scan->batch.count];
}

/* Copies the name of a mapping that is about to begin, if there is room. */
static int take_name(struct tables_scan *scan, struct vm_area_struct *vma,
		     u64 *len)
{
	const char *name;

	*len = 0;
	if (!scan->request->with_names)
		return 0;
	name = vmscope_map_name(vma, scan->path, sizeof(scan->path));
	*len = strlen(name);
	if (*len > scan->names_left) {
		if (scan->maps_left == scan->request->maps_len)
			return -ENAMETOOLONG;
		scan->full = true;
		return VMSCOPE_WALK_FULL;
	}
	if (*len > sizeof(scan->batch.names) - scan->batch.used)
		return VMSCOPE_WALK_FULL;
	memcpy(scan->batch.names + scan->batch.used, name, *len);
	return 0;
}

static int tables_open(struct vmscope_walker *walker,
		       struct vm_area_struct *vma, unsigned long start)
{
	struct tables_scan *scan =
		container_of(walker, struct tables_scan, walker);
	struct vmscope_map map;
	u64 name_len;
	int ret;

	if (!scan->maps_left) {
		scan->full = true;
		return VMSCOPE_WALK_FULL;
	}
	if (scan->batch.count == VMSCOPE_SCAN_TABLES)
		return VMSCOPE_WALK_FULL;
	ret = take_name(scan, vma, &name_len);
	if (ret)
		return ret;
	vmscope_map_describe(&map, vma, start, min(vma->vm_end, walker->end),
			     &scan->stacks);
	*map_under_way(scan) = (struct vmscope_map_tables){
		.start = map.start,
		.end = map.end,
		.flags = map.flags,
		.kind = map.kind,
		.name_start = scan->batch.used,
		.name_len = name_len,
	};
	scan->start = vma->vm_start;
	scan->end = vma->vm_end;
	scan->from = start;
	scan->below = vmscope_walk_below(vma);
	scan->replaceable =
		!(map.flags & (VMSCOPE_MAP_PFNMAP | VMSCOPE_MAP_HUGETLB));
	return 0;
}

static void tables_close(struct vmscope_walker *walker, unsigned long end,
			 bool torn)
{
	struct tables_scan *scan =
		container_of(walker, struct tables_scan, walker);
	struct vmscope_map_tables *map = map_under_way(scan);

	if (torn)
		map->flags |= VMSCOPE_MAP_TORN;
	else if (end != map->end)
		map->flags |= VMSCOPE_MAP_CLIPPED;
	map->end = end;
	scan->batch.used += map->name_len;
	scan->batch.count++;
	scan->names_left -= map->name_len;
	scan->maps_left--;
}

/*
 * Whose a table is depends on the mappings only, not on where a request begins:
 * so the elements of several requests add up, too.
 */
static bool is_own(const struct tables_scan *scan, unsigned long start)
{
	return scan->below <= start && max(start, scan->start) >= scan->from;
}

static void tables_table(struct vmscope_walker *walker, unsigned int level,
			 unsigned long start,
			 const struct vmscope_walk_fill *fill)
{
	struct tables_scan *scan =
		container_of(walker, struct tables_scan, walker);
	struct vmscope_table_sums *sums =
		&map_under_way(scan)->levels[level - 1];

	if (!is_own(scan, start))
		return;
	sums->tables++;
	sums->used_entries += fill->used;
	sums->fill[fls(fill->used)]++;
	if (level == VMSCOPE_LEVEL_PTE && scan->replaceable &&
	    fill->present == VMSCOPE_TABLE_ENTRIES && scan->start <= start &&
	    scan->end - start >= PMD_SIZE)
		sums->complete_tables++;
}

static const struct vmscope_walk_ops tables_ops = {
	.open = tables_open,
	.close = tables_close,
	.table = tables_table,
};

static int flush(struct tables_scan *scan)
{
	int err = 0;

	if (scan->batch.count)
		err = scan->request->emit(&scan->batch, scan->request->private);
	scan->batch.count = 0;
	scan->batch.used = 0;
	return err;
}

/* As with mappings, a batch goes out between two of them only. */
static int find_tables(struct tables_scan *scan)
{
	int ret, err;

	do {
		ret = vmscope_walk_hold(&scan->walker);
		if (ret < 0)
			return ret;
		if (ret == VMSCOPE_WALK_MORE)
			continue;
		if (ret == VMSCOPE_WALK_SPENT)
			scan->full = true;
		err = flush(scan);
		if (err)
			return err;
	} while (ret != VMSCOPE_WALK_DONE && !scan->full);
	return 0;
}

/**
 * vmscope_scan_tables() - the tables of a process, by mapping
 * @target: a target with mm
 * @request: what is wanted, and the reply
 *
 * May sleep. Return: 0, -EINTR, -ENOMEM, -ENAMETOOLONG or what
 * @request->emit returned.
 */
int vmscope_scan_tables(const struct vmscope_target *target,
			struct vmscope_scan_tables *request)
{
	struct tables_scan *scan;
	int err;

	BUILD_BUG_ON(VMSCOPE_TABLE_SHIFT + 2 != VMSCOPE_TABLE_FILLS);
	scan = kvzalloc(sizeof(*scan), GFP_KERNEL_ACCOUNT);
	if (!scan)
		return -ENOMEM;
	err = vmscope_map_stacks_init(&scan->stacks, target);
	if (err)
		goto out;
	scan->request = request;
	scan->maps_left = request->maps_len;
	scan->names_left = request->names_len;
	vmscope_walk_init(&scan->walker, target->mm, request->cursor,
			  min(request->end, vmscope_arch_user_end()),
			  &tables_ops, scan);
	vmscope_walk_limit(&scan->walker, &request->limit);
	/* nothing can be mapped there, and the walk wants a start below its end */
	if (request->cursor < scan->walker.end)
		err = find_tables(scan);
	request->cursor = scan->full ? scan->walker.cursor : request->end;
	request->report = scan->walker.report;
	request->page_table_bytes = mm_pgtables_bytes(target->mm);
	vmscope_map_stacks_free(&scan->stacks);
out:
	kvfree(scan);
	return err;
}
