// SPDX-License-Identifier: GPL-2.0
/*
 * The scan of the kernel half: sums by region, and runs of pages that are mapped
 * alike.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat/arch.h"
#include "scan.h"
#include "scan_kernel.h"
#include "target.h"
#include "walk_kernel.h"

/* What the walk does not compare, and what is not told therefore. */
#define NOT_TOLD (VMSCOPE_ENTRY_ACCESSED | VMSCOPE_ENTRY_DIRTY)

/* What the tables on the way decide, too. */
#define OF_THE_WAY \
	(VMSCOPE_ENTRY_WRITABLE | VMSCOPE_ENTRY_USER | VMSCOPE_ENTRY_EXECUTABLE)

/**
 * struct kernel_scan - a scan under way
 * @walker: the walk
 * @request: what is wanted
 * @context: facts about an entry of the kernel half
 * @layout: the regions of the kernel half
 * @layout_len: how many
 * @sums: what is in each
 * @region: index of the region that the walk is in
 * @open: the run that may grow yet, if @is_open
 * @is_open: there is one
 * @left: how many runs the caller takes yet
 * @count: how many are in @found
 * @found: runs to be copied out; leaves may add one for each region
 */
struct kernel_scan {
	struct vmscope_kernel_walker walker;
	struct vmscope_scan_kernel *request;
	struct vmscope_context context;
	struct vmscope_arch_region layout[VMSCOPE_ARCH_REGIONS];
	unsigned int layout_len;
	struct vmscope_kernel_region sums[VMSCOPE_ARCH_REGIONS];
	unsigned int region;
	struct vmscope_kernel_run open;
	bool is_open;
	u64 left;
	unsigned int count;
	struct vmscope_kernel_run
		found[VMSCOPE_SCAN_RUNS + VMSCOPE_ARCH_REGIONS];
};

static u64 bytes_of(u64 start, u64 end)
{
	return end - start + (end == VMSCOPE_RANGE_END);
}

static bool is_uncached(u64 flags)
{
	/* the PAT bit alone is write-back as well (pat_bp_init()) */
	return flags &
	       (VMSCOPE_ENTRY_WRITE_THROUGH | VMSCOPE_ENTRY_CACHE_DISABLE);
}

static void add_run(struct vmscope_kernel_region *sums,
		    const struct vmscope_kernel_run *run, unsigned int level)
{
	const u64 wx = VMSCOPE_ENTRY_WRITABLE | VMSCOPE_ENTRY_EXECUTABLE;
	u64 bytes = bytes_of(run->start, run->end);

	if (!(run->flags & VMSCOPE_ENTRY_PRESENT)) {
		sums->kept_bytes += bytes;
		return;
	}
	if (!sums->mapped_bytes)
		sums->mapped_start = run->start;
	sums->mapped_end = run->end;
	sums->mapped_bytes += bytes;
	if (level <= ARRAY_SIZE(sums->leaf_bytes))
		sums->leaf_bytes[level - 1] += bytes;
	if (run->flags & VMSCOPE_ENTRY_WRITABLE)
		sums->writable_bytes += bytes;
	if (run->flags & VMSCOPE_ENTRY_EXECUTABLE)
		sums->executable_bytes += bytes;
	if ((run->flags & wx) == wx)
		sums->wx_bytes += bytes;
	if (run->flags & VMSCOPE_ENTRY_USER)
		sums->user_bytes += bytes;
	if (run->flags & VMSCOPE_ENTRY_GLOBAL)
		sums->global_bytes += bytes;
	if (is_uncached(run->flags))
		sums->uncached_bytes += bytes;
}

static void close_run(struct kernel_scan *scan)
{
	if (scan->is_open && scan->request->runs_len)
		scan->found[scan->count++] = scan->open;
	scan->is_open = false;
}

static void join_run(struct kernel_scan *scan,
		     const struct vmscope_kernel_run *next)
{
	struct vmscope_kernel_run *open = &scan->open;

	if (scan->is_open && open->end == next->start &&
	    open->region == next->region &&
	    open->leaf_size == next->leaf_size && open->flags == next->flags &&
	    open->entry_flags == next->entry_flags) {
		open->end = next->end;
		return;
	}
	close_run(scan);
	*open = *next;
	scan->is_open = true;
	scan->sums[scan->region].runs++;
}

static bool is_full(const struct kernel_scan *scan)
{
	return scan->request->runs_len &&
	       (scan->count >= VMSCOPE_SCAN_RUNS || scan->count > scan->left);
}

/* Addresses ascend. */
static void enter_region(struct kernel_scan *scan, u64 address)
{
	while (scan->region + 1 < scan->layout_len &&
	       address >= scan->layout[scan->region].end)
		scan->region++;
}

static u64 effective_flags(u64 flags, u64 way)
{
	if (!(way & VMSCOPE_BIT_WRITABLE))
		flags &= ~VMSCOPE_ENTRY_WRITABLE;
	if (!(way & VMSCOPE_BIT_USER))
		flags &= ~VMSCOPE_ENTRY_USER;
	if (way & VMSCOPE_BIT_NX)
		flags &= ~VMSCOPE_ENTRY_EXECUTABLE;
	return flags;
}

static bool kernel_leaves(struct vmscope_kernel_walker *walker,
			  unsigned int level, u64 entry, u64 way, u64 start,
			  u64 end)
{
	struct kernel_scan *scan =
		container_of(walker, struct kernel_scan, walker);
	u64 flags = vmscope_classify_flags(entry, level, &scan->context) &
		    ~NOT_TOLD;
	struct vmscope_kernel_run run = {
		.leaf_size = _BITULL(VMSCOPE_LEVEL_SHIFT(level)),
	};

	if (is_full(scan))
		return false;
	if (entry & vmscope_arch_encrypted())
		flags |= VMSCOPE_ENTRY_ENCRYPTED;
	run.entry_flags = flags;
	run.flags = effective_flags(flags, way);

	/* borders of regions need not be borders of tables */
	while (start != end) {
		enter_region(scan, start);
		run.start = start;
		run.end = min(end, scan->layout[scan->region].end);
		run.region = scan->layout[scan->region].id;
		add_run(&scan->sums[scan->region], &run, level);
		join_run(scan, &run);
		start = run.end;
	}
	return true;
}

static void kernel_table(struct vmscope_kernel_walker *walker,
			 unsigned int level)
{
	struct kernel_scan *scan =
		container_of(walker, struct kernel_scan, walker);

	enter_region(scan, walker->cursor);
	scan->sums[scan->region].table_pages[level - 1]++;
}

static const struct vmscope_kernel_ops kernel_ops = {
	.leaves = kernel_leaves,
	.table = kernel_table,
};

/* As for pages: one run more than the caller takes is found. */
static int flush(struct kernel_scan *scan, u64 *cursor)
{
	unsigned int n = min_t(u64, scan->count, scan->left);
	int err;

	if (n < scan->count)
		*cursor = scan->found[n].start;
	err = n ? scan->request->emit(scan->found, n, scan->request->private) :
		  0;
	scan->left -= n;
	scan->count = 0;
	return err;
}

static int find_runs(struct kernel_scan *scan, u64 *cursor)
{
	const u64 nowhere = *cursor;
	int ret, err;

	do {
		ret = vmscope_walk_kernel(&scan->walker);
		if (ret < 0)
			return ret;
		if (ret == VMSCOPE_WALK_DONE)
			close_run(scan);
		err = flush(scan, cursor);
		if (err)
			return err;
	} while (ret != VMSCOPE_WALK_DONE && *cursor == nowhere);
	return 0;
}

static void tell_regions(const struct kernel_scan *scan)
{
	struct vmscope_scan_kernel *request = scan->request;
	u64 start = request->cursor;
	unsigned int i;

	for (i = 0; i < scan->layout_len; i++) {
		const struct vmscope_arch_region *region = &scan->layout[i];
		struct vmscope_kernel_region *to =
			&request->regions[request->regions_len];

		if (region->end <= start || region->start >= request->end)
			continue;
		*to = scan->sums[i];
		to->id = region->id;
		to->start = region->start;
		to->end = region->end;
		if (request->hidden) {
			to->start = 0;
			to->end = 0;
			to->mapped_start = 0;
			to->mapped_end = 0;
		}
		request->regions_len++;
	}
}

/**
 * vmscope_scan_kernel() - the kernel half, as one process sees it
 * @target: a target with mm
 * @request: what is wanted, and the reply
 *
 * May sleep. Return: 0, -EINTR, -ENOMEM, -EOPNOTSUPP without a root of user
 * mode's own, -EAGAIN when tables kept changing, or what @request->emit
 * returned.
 */
int vmscope_scan_kernel(const struct vmscope_target *target,
			struct vmscope_scan_kernel *request)
{
	u64 cursor = request->end;
	struct kernel_scan *scan;
	int err;

	scan = kvzalloc(sizeof(*scan), GFP_KERNEL_ACCOUNT);
	if (!scan)
		return -ENOMEM;
	scan->request = request;
	scan->left = request->runs_len;
	scan->context.enc = vmscope_scan_encoding();
	scan->context.kernel = true;
	scan->layout_len = vmscope_arch_regions(scan->layout);
	err = vmscope_walk_kernel_init(&scan->walker, target->mm,
				       request->user_root, request->cursor,
				       request->end, &kernel_ops, NULL);
	if (!err)
		err = find_runs(scan, &cursor);
	if (!err && request->regions)
		tell_regions(scan);
	request->cursor = cursor;
	request->report = scan->walker.report;
	kvfree(scan);
	return err;
}
