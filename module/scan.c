// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/arch.h"
#include "compat/folio.h"
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
 * @folio: what struct page tells of the mapping; NULL unless it is asked
 * @done: takes the finished mapping
 * @private: for @done
 */
struct scan {
	struct vmscope_walker walker;
	struct vmscope_context context;
	bool hugetlb;
	struct vmscope_map map;
	struct vmscope_map_stacks stacks;
	struct vmscope_folio_count *folio;
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
	if (scan->folio)
		vmscope_folio_reset(scan->folio);
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
	if (scan->folio)
		vmscope_folio_finish(scan->folio);
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

/* A look at the pages under a huge leaf is no cheaper than at small pages. */
static void spend_looked(struct scan *scan)
{
	if (!scan->folio)
		return;
	vmscope_walk_spend(&scan->walker, scan->folio->looked);
	scan->folio->looked = 0;
}

static unsigned int scan_entries(struct vmscope_walker *walker,
				 unsigned long address, const u64 *entries,
				 unsigned int count)
{
	struct scan *scan = container_of(walker, struct scan, walker);

	vmscope_classify_sum(&scan->map.sums, entries, count, &scan->context);
	if (scan->folio)
		vmscope_folio_entries(scan->folio, address, entries, count,
				      &scan->context);
	spend_looked(scan);
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
	if (scan->folio)
		vmscope_folio_leaf(scan->folio, walker->slot, entry, level,
				   class, scan->hugetlb, address, end,
				   &scan->context);
	spend_looked(scan);
	return true;
}

static const struct vmscope_walk_ops sum_ops = {
	.open = scan_open,
	.close = scan_close,
	.entries = scan_entries,
	.leaf = scan_leaf,
};

static void scan_destroy(struct scan *scan)
{
	vmscope_folio_destroy(scan->folio);
	vmscope_map_stacks_free(&scan->stacks);
	kfree(scan);
}

static struct scan *scan_create(const struct vmscope_target *target, u64 start,
				u64 end, bool with_folios,
				const struct vmscope_walk_ops *ops,
				void (*done)(struct scan *scan), void *private)
{
	struct scan *scan = kzalloc(sizeof(*scan), GFP_KERNEL_ACCOUNT);
	int err;

	if (!scan)
		return ERR_PTR(-ENOMEM);
	err = vmscope_map_stacks_init(&scan->stacks, target);
	if (!err && with_folios) {
		scan->folio = vmscope_folio_create();
		if (!scan->folio)
			err = -ENOMEM;
	}
	if (err) {
		scan_destroy(scan);
		return ERR_PTR(err);
	}
	scan->done = done;
	scan->private = private;
	vmscope_walk_init(&scan->walker, target->mm, start,
			  min(end, vmscope_arch_user_end()), ops, scan);
	scan->walker.lock_tables = with_folios;
	return scan;
}

/* How many nodes there are figures for. */
unsigned int vmscope_scan_nodes(void)
{
	return vmscope_nodes();
}

struct summary_sink {
	struct vmscope_summary *summary;
	struct vmscope_sums *kinds;
	struct vmscope_scan_folios *folios;
};

static void summary_done(struct scan *scan)
{
	struct summary_sink *sink = scan->private;
	unsigned int i;

	vmscope_classify_merge(&sink->summary->sums, &scan->map.sums);
	vmscope_classify_merge(&sink->kinds[scan->map.kind], &scan->map.sums);
	sink->summary->mappings++;
	if (!scan->folio)
		return;
	vmscope_folio_merge(&sink->summary->folio, &scan->folio->sums);
	vmscope_folio_merge(&sink->folios->kinds[scan->map.kind],
			    &scan->folio->sums);
	for (i = 0; i < vmscope_nodes(); i++)
		sink->folios->nodes[i] += scan->folio->nodes[i];
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
	scan = scan_create(target, 0, VMSCOPE_RANGE_END, sink->folios, &sum_ops,
			   summary_done, sink);
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
 * @folios: in: all 0 but exact; out: what struct page tells; or NULL not to ask it
 *
 * May sleep. Return: 0, -EINTR or -ENOMEM.
 */
int vmscope_scan_summary(const struct vmscope_target *target,
			 struct vmscope_summary *summary,
			 struct vmscope_sums kinds[VMSCOPE_KINDS],
			 struct vmscope_scan_folios *folios)
{
	struct summary_sink sink = { summary, kinds, folios };
	struct mm_struct *mm = target->mm;
	char comm[TASK_COMM_LEN];
	unsigned int i;
	int err;

	memset(kinds, 0, VMSCOPE_KINDS * sizeof(*kinds));
	err = gather_sums(target, &sink);
	if (err)
		return err;
	for (i = 0; folios && !folios->exact && i < VMSCOPE_KINDS; i++)
		vmscope_folio_round(&folios->kinds[i]);
	if (folios && !folios->exact)
		vmscope_folio_round(&summary->folio);

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
	if (!scan->folio)
		return;
	batch->folios[batch->count - 1] = scan->folio->sums;
	if (!sink->request->exact)
		vmscope_folio_round(&batch->folios[batch->count - 1]);
	memcpy(batch->nodes + (batch->count - 1) * vmscope_nodes(),
	       scan->folio->nodes, vmscope_nodes() * sizeof(u64));
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

static void batch_destroy(struct vmscope_scan_batch *batch)
{
	kvfree(batch->folios);
	kvfree(batch->nodes);
	kvfree(batch);
}

static struct vmscope_scan_batch *batch_create(bool with_folios)
{
	struct vmscope_scan_batch *batch;

	batch = kvzalloc(sizeof(*batch), GFP_KERNEL_ACCOUNT);
	if (!batch || !with_folios)
		return batch;
	batch->folios = kvcalloc(VMSCOPE_SCAN_MAPS, sizeof(*batch->folios),
				 GFP_KERNEL_ACCOUNT);
	batch->nodes = kvcalloc(VMSCOPE_SCAN_MAPS * vmscope_nodes(),
				sizeof(*batch->nodes), GFP_KERNEL_ACCOUNT);
	if (batch->folios && batch->nodes)
		return batch;
	batch_destroy(batch);
	return NULL;
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
	sink->batch = batch_create(request->with_folios);
	if (!sink->batch)
		goto free_sink;

	scan = scan_create(target, request->cursor, request->end,
			   request->with_folios,
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
	batch_destroy(sink->batch);
free_sink:
	kvfree(sink);
	return err;
}
