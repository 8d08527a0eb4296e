// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/arch.h"
#include "compat/mm.h"
#include "map.h"
#include "scan.h"
#include "target.h"

/* Constant once the module is loaded. */
static struct vmscope_encoding encoding __ro_after_init;

void __init vmscope_scan_init(void)
{
	encoding = vmscope_encoding();
}

const struct vmscope_encoding *vmscope_scan_encoding(void)
{
	return &encoding;
}

/**
 * struct scan - the mapping that a walk is in, and what becomes of it
 * @walker: the walk
 * @context: facts about the mapping, for classify
 * @hugetlb: it is a hugetlb mapping
 * @map: the mapping with the sums so far
 * @stacks: of the process
 * @done: takes the finished mapping
 * @private: for @done
 */
struct scan {
	struct vmscope_walker walker;
	struct vmscope_context context;
	bool hugetlb;
	struct vmscope_map map;
	struct vmscope_map_stacks stacks;
	void (*done)(struct scan *scan);
	void *private;
};

static bool is_accessible(const struct vm_area_struct *vma)
{
	return vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC);
}

/**
 * vmscope_scan_context() - what classify must know of a mapping
 * @context: out
 * @vma: the mapping; the mmap_lock is held
 */
void vmscope_scan_context(struct vmscope_context *context,
			  const struct vm_area_struct *vma)
{
	*context = (struct vmscope_context){
		.enc = &encoding,
		.accessible = is_accessible(vma),
		.pfnmap = vma->vm_flags & VM_PFNMAP,
		.mixed = vma->vm_flags & VM_MIXEDMAP,
		.rwp = vmscope_vma_is_rwp(vma),
	};
}

static int scan_open(struct vmscope_walker *walker, struct vm_area_struct *vma,
		     unsigned long start)
{
	struct scan *scan = container_of(walker, struct scan, walker);

	vmscope_map_describe(&scan->map, vma, start,
			     min(vma->vm_end, walker->end), &scan->stacks);
	vmscope_scan_context(&scan->context, vma);
	scan->hugetlb = scan->map.flags & VMSCOPE_MAP_HUGETLB;
	return 0;
}

/* A walk that ends in a mapping's middle, by its limit or by a change. */
static void cut_map(struct scan *scan, unsigned long end, bool torn)
{
	if (torn)
		scan->map.flags |= VMSCOPE_MAP_TORN;
	else if (end != scan->map.end)
		scan->map.flags |= VMSCOPE_MAP_CLIPPED;
	scan->map.end = end;
}

static void scan_close(struct vmscope_walker *walker, unsigned long end,
		       bool torn)
{
	struct scan *scan = container_of(walker, struct scan, walker);

	cut_map(scan, end, torn);
	vmscope_classify_finish(&scan->map.sums,
				scan->map.end - scan->map.start, scan->hugetlb);
	scan->done(scan);
}

static void bare_close(struct vmscope_walker *walker, unsigned long end,
		       bool torn)
{
	struct scan *scan = container_of(walker, struct scan, walker);

	cut_map(scan, end, torn);
	scan->map.sums.virtual_bytes = scan->map.end - scan->map.start;
	scan->done(scan);
}

static unsigned int scan_entries(struct vmscope_walker *walker,
				 unsigned long address, const u64 *entries,
				 unsigned int count)
{
	struct scan *scan = container_of(walker, struct scan, walker);

	vmscope_classify_sum(&scan->map.sums, entries, count, &scan->context);
	return count;
}

static bool scan_leaf(struct vmscope_walker *walker, unsigned int level,
		      u64 entry, bool huge_zero, unsigned long address,
		      unsigned long end)
{
	struct scan *scan = container_of(walker, struct scan, walker);
	struct vmscope_class class;

	class = vmscope_classify(entry, level, &scan->context);
	if (huge_zero && class.state == VMSCOPE_STATE_PRESENT && !scan->hugetlb)
		class = (struct vmscope_class){ VMSCOPE_STATE_ZERO, false };
	vmscope_classify_add(&scan->map.sums, class,
			     min(level, (unsigned int)VMSCOPE_LEVEL_PUD),
			     end - address, scan->hugetlb);
	return true;
}

static const struct vmscope_walk_ops sum_ops = {
	.open = scan_open,
	.close = scan_close,
	.entries = scan_entries,
	.leaf = scan_leaf,
};

static struct scan *scan_create(const struct vmscope_target *target, u64 start,
				u64 end, const struct vmscope_walk_ops *ops,
				void (*done)(struct scan *scan), void *private)
{
	struct scan *scan = kzalloc(sizeof(*scan), GFP_KERNEL_ACCOUNT);
	int err;

	if (!scan)
		return ERR_PTR(-ENOMEM);
	err = vmscope_map_stacks_init(&scan->stacks, target);
	if (err) {
		kfree(scan);
		return ERR_PTR(err);
	}
	scan->done = done;
	scan->private = private;
	vmscope_walk_init(&scan->walker, target->mm, start,
			  min(end, vmscope_arch_user_end()), ops, scan);
	return scan;
}

static void scan_destroy(struct scan *scan)
{
	vmscope_map_stacks_free(&scan->stacks);
	kfree(scan);
}

struct summary_sink {
	struct vmscope_summary *summary;
	struct vmscope_sums *kinds;
};

static void summary_done(struct scan *scan)
{
	struct summary_sink *sink = scan->private;

	vmscope_classify_merge(&sink->summary->sums, &scan->map.sums);
	vmscope_classify_merge(&sink->kinds[scan->map.kind], &scan->map.sums);
	sink->summary->mappings++;
}

/* What the tables hold; unless only the kernel's own counters are wanted. */
static int gather_sums(const struct vmscope_target *target,
		       struct summary_sink *sink)
{
	struct vmscope_summary *summary = sink->summary;
	const struct vmscope_walk_limit limit = { summary->entries_max,
						  summary->time_max };
	struct scan *scan;
	int ret;

	if (summary->flags & VMSCOPE_SUMMARY_F_COUNTERS) {
		summary->mappings = READ_ONCE(target->mm->map_count);
		summary->sums.virtual_bytes =
			(u64)READ_ONCE(target->mm->total_vm) << PAGE_SHIFT;
		return 0;
	}
	scan = scan_create(target, 0, VMSCOPE_RANGE_END, &sum_ops, summary_done,
			   sink);
	if (IS_ERR(scan))
		return PTR_ERR(scan);
	vmscope_walk_limit(&scan->walker, &limit);
	do {
		ret = vmscope_walk_hold(&scan->walker);
	} while (ret == VMSCOPE_WALK_MORE);

	summary->cursor = ret == VMSCOPE_WALK_SPENT ? scan->walker.cursor :
						      VMSCOPE_RANGE_END;
	summary->walk = scan->walker.report;
	memcpy(summary->table_pages, scan->walker.table_pages,
	       sizeof(summary->table_pages));
	scan_destroy(scan);
	return min(ret, 0);
}

/**
 * vmscope_scan_summary() - sums over a whole process
 * @target: a target with mm
 * @summary: in: what is wanted, and 0 where the reply goes; out: the reply but
 *	for pid
 * @kinds: out: the sums by kind
 *
 * May sleep. Return: 0, -EINTR or -ENOMEM.
 */
int vmscope_scan_summary(const struct vmscope_target *target,
			 struct vmscope_summary *summary,
			 struct vmscope_sums kinds[VMSCOPE_KINDS])
{
	struct summary_sink sink = { summary, kinds };
	struct mm_struct *mm = target->mm;
	char comm[TASK_COMM_LEN];
	int err;

	memset(kinds, 0, VMSCOPE_KINDS * sizeof(*kinds));
	err = gather_sums(target, &sink);
	if (err)
		return err;

	get_task_comm(comm, target->task);
	memcpy(summary->comm, comm, sizeof(summary->comm));
	summary->threads = get_nr_threads(target->task);
	vmscope_target_faults(target, &summary->minor_faults,
			      &summary->major_faults);
	summary->page_table_bytes = mm_pgtables_bytes(mm);
	vmscope_walk_top(mm, &summary->user_top_entries,
			 &summary->kernel_top_entries);
	summary->kernel_stack_bytes = summary->threads * THREAD_SIZE;
	return 0;
}

struct maps_sink {
	struct vmscope_scan_maps *request;
	struct vmscope_scan_batch *batch;
	u64 maps_left;
	u64 names_left;
	bool full;
	char path[PATH_MAX];
};

/* Copies the name of a mapping that is about to begin, if there is room. */
static int take_name(struct maps_sink *sink, struct vm_area_struct *vma)
{
	struct vmscope_scan_batch *batch = sink->batch;
	struct vmscope_map *map = &batch->maps[batch->count];
	const char *name;
	size_t len;

	map->name_len = 0;
	map->name_start = batch->used;
	if (!sink->request->with_names)
		return 0;

	name = vmscope_map_name(vma, sink->path, sizeof(sink->path));
	len = strlen(name);
	if (len > sink->names_left) {
		if (sink->maps_left == sink->request->maps_len)
			return -ENAMETOOLONG;
		sink->full = true;
		return VMSCOPE_WALK_FULL;
	}
	if (len > sizeof(batch->names) - batch->used)
		return VMSCOPE_WALK_FULL;
	memcpy(batch->names + batch->used, name, len);
	map->name_len = len;
	return 0;
}

static int maps_open(struct vmscope_walker *walker, struct vm_area_struct *vma,
		     unsigned long start)
{
	struct scan *scan = container_of(walker, struct scan, walker);
	struct maps_sink *sink = scan->private;
	int ret;

	if (!sink->maps_left) {
		sink->full = true;
		return VMSCOPE_WALK_FULL;
	}
	if (sink->batch->count == VMSCOPE_SCAN_MAPS)
		return VMSCOPE_WALK_FULL;
	ret = take_name(sink, vma);
	return ret ? ret : scan_open(walker, vma, start);
}

static void maps_done(struct scan *scan)
{
	struct maps_sink *sink = scan->private;
	struct vmscope_scan_batch *batch = sink->batch;
	struct vmscope_map *map = &batch->maps[batch->count++];

	scan->map.name_start = map->name_start;
	scan->map.name_len = map->name_len;
	batch->used += map->name_len;
	sink->names_left -= map->name_len;
	sink->maps_left--;
	*map = scan->map;
}

static const struct vmscope_walk_ops maps_ops = {
	.open = maps_open,
	.close = scan_close,
	.entries = scan_entries,
	.leaf = scan_leaf,
};

/* Mappings without a look at their tables. */
static const struct vmscope_walk_ops bare_ops = {
	.open = maps_open,
	.close = bare_close,
};

static int flush(struct maps_sink *sink)
{
	struct vmscope_scan_batch *batch = sink->batch;
	int err = 0;

	if (batch->count)
		err = sink->request->emit(batch, sink->request->private);
	batch->count = 0;
	batch->used = 0;
	return err;
}

/*
 * A mapping may stay open over several holds, and its slot in the batch is
 * taken when it opens; so a batch goes out between two mappings only.
 */
static int find_maps(struct scan *scan, struct maps_sink *sink)
{
	int ret, err;

	do {
		ret = vmscope_walk_hold(&scan->walker);
		if (ret < 0)
			return ret;
		if (ret == VMSCOPE_WALK_MORE)
			continue;
		if (ret == VMSCOPE_WALK_SPENT)
			sink->full = true;
		err = flush(sink);
		if (err)
			return err;
	} while (ret != VMSCOPE_WALK_DONE && !sink->full);
	return 0;
}

/**
 * vmscope_scan_maps() - the mappings of a process, each with its sums
 * @target: a target with mm
 * @request: what is wanted, and the reply
 *
 * May sleep. Return: 0, -EINTR, -ENOMEM, -ENAMETOOLONG or what
 * @request->emit returned.
 */
int vmscope_scan_maps(const struct vmscope_target *target,
		      struct vmscope_scan_maps *request)
{
	struct maps_sink *sink;
	struct scan *scan;
	int err = -ENOMEM;

	sink = kvzalloc(sizeof(*sink), GFP_KERNEL_ACCOUNT);
	if (!sink)
		return -ENOMEM;
	sink->request = request;
	sink->maps_left = request->maps_len;
	sink->names_left = request->names_len;
	sink->batch = kvzalloc(sizeof(*sink->batch), GFP_KERNEL_ACCOUNT);
	if (!sink->batch)
		goto free_sink;

	scan = scan_create(target, request->cursor, request->end,
			   request->no_sums ? &bare_ops : &maps_ops, maps_done,
			   sink);
	err = PTR_ERR_OR_ZERO(scan);
	if (err)
		goto free_batch;
	vmscope_walk_limit(&scan->walker, &request->limit);
	/* nothing can be mapped there, and the walk wants a start below its end */
	if (request->cursor < scan->walker.end)
		err = find_maps(scan, sink);
	request->cursor = sink->full ? scan->walker.cursor : request->end;
	request->report = scan->walker.report;
	scan_destroy(scan);
free_batch:
	kvfree(sink->batch);
free_sink:
	kvfree(sink);
	return err;
}

struct translate_sink {
	struct vmscope_translate *t;
	struct vmscope_context context;
	struct vmscope_map_stacks stacks;
	bool mapped;
};

static void translate_mapping(void *private, struct vm_area_struct *vma,
			      unsigned long start, unsigned long end)
{
	struct translate_sink *sink = private;
	struct vmscope_map map;

	sink->mapped = vma;
	sink->t->map_start = start;
	sink->t->map_end = end;
	if (!vma)
		return;
	vmscope_scan_context(&sink->context, vma);
	vmscope_map_describe(&map, vma, start, end, &sink->stacks);
	sink->t->map_flags = map.flags;
	sink->t->map_kind = map.kind;
}

static void decode_step(struct vmscope_level *step, unsigned int level,
			u64 address, u64 table, u64 entry, bool frames,
			const struct vmscope_context *context)
{
	bool leaf = vmscope_entry_is_leaf(entry, level);

	*step = (struct vmscope_level){
		.level = level,
		.index = address >> VMSCOPE_LEVEL_SHIFT(level) &
			 (VMSCOPE_TABLE_ENTRIES - 1),
		.table = frames ? table : 0,
		.entry = frames ? entry :
				  vmscope_classify_redact(entry, level,
							  &encoding),
		.flags = vmscope_classify_flags(entry, level, context),
		.pkey = leaf ? (entry & VMSCOPE_PKEY_MASK) >>
					VMSCOPE_PKEY_SHIFT :
			       0,
	};
	if (vmscope_entry_has_page(entry, level) &&
	    entry & vmscope_arch_encrypted())
		step->flags |= VMSCOPE_ENTRY_ENCRYPTED;
}

/* What the last entry of the path means for the address. */
static void decode_end(struct vmscope_translate *t,
		       const struct vmscope_path *path, bool frames,
		       bool mapped, const struct vmscope_context *context)
{
	unsigned int level = path->step[path->levels - 1].level;
	u64 entry = path->step[path->levels - 1].entry;
	u64 size = 1ULL << VMSCOPE_LEVEL_SHIFT(level);
	struct vmscope_class class;

	t->page_size = size;
	if (!mapped) {
		t->state = VMSCOPE_STATE_NO_MAPPING;
		return;
	}
	class = vmscope_classify(entry, level, context);
	t->state = class.state;
	if (path->huge_zero && class.state == VMSCOPE_STATE_PRESENT &&
	    !(t->map_flags & VMSCOPE_MAP_HUGETLB))
		t->state = VMSCOPE_STATE_ZERO;

	if (t->state == VMSCOPE_STATE_SWAPPED) {
		t->swap_area = vmscope_entry_swap_type(entry);
		if (frames)
			t->swap_offset = vmscope_entry_swap_offset(entry)
					 << PAGE_SHIFT;
	} else if (frames && vmscope_entry_is_leaf(entry, level) &&
		   t->state != VMSCOPE_STATE_SPLITTING) {
		t->physical = (vmscope_entry_frame(entry, level) &
			       encoding.frame_mask) |
			      (t->address & (size - 1));
	}
}

static bool is_canonical(u64 address)
{
	unsigned int shift = 64 - vmscope_arch_address_bits();

	return (u64)((s64)(address << shift) >> shift) == address;
}

/**
 * vmscope_scan_translate() - one address, level by level
 * @target: a target with mm
 * @frames: frame numbers may be told; must be so for the kernel half, whose
 *	right the caller has checked
 * @t: in: address, and 0 where the reply goes; out: the reply but for pid
 *
 * May sleep. Return: 0, -EINTR, -ENOMEM, or -EAGAIN when the kernel half kept
 * changing.
 */
int vmscope_scan_translate(const struct vmscope_target *target, bool frames,
			   struct vmscope_translate *t)
{
	bool kernel = t->address >> 63;
	struct translate_sink sink = {
		.t = t,
		.context = { .enc = &encoding, .kernel = kernel },
	};
	struct vmscope_path path;
	unsigned int i;
	int err;

	t->reply_flags = frames ? 0 : VMSCOPE_REPLY_FRAMES_HIDDEN;
	if (!is_canonical(t->address)) {
		t->state = VMSCOPE_STATE_NONCANONICAL;
		return 0;
	}

	if (kernel) {
		err = vmscope_walk_kernel_path(target->mm, t->address, &path);
	} else {
		err = vmscope_map_stacks_init(&sink.stacks, target);
		if (err)
			return err;
		err = vmscope_walk_path(target->mm, t->address, &path,
					translate_mapping, &sink);
		vmscope_map_stacks_free(&sink.stacks);
	}
	if (err)
		return err;

	t->levels_len = path.levels;
	for (i = 0; i < path.levels; i++)
		decode_step(&t->levels[i], path.step[i].level, t->address,
			    path.step[i].table, path.step[i].entry, frames,
			    &sink.context);
	decode_end(t, &path, frames, kernel || sink.mapped, &sink.context);
	return 0;
}
