// SPDX-License-Identifier: GPL-2.0
/*
 * Around a walk: how it begins, its limits, whether the mappings changed, the
 * neighbours of a mapping, the top table.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>

#include "compat/entry.h"
#include "compat/mm.h"
#include "walk.h"

static const struct vm_area_struct *map_below(const struct vm_area_struct *vma)
{
	VMA_ITERATOR(vmi, vma->vm_mm, vma->vm_start);

	return vma_prev(&vmi);
}

/**
 * vmscope_walk_below() - where does the mapping below end?
 * @vma: a mapping; the mmap_lock is held
 *
 * Return: the first address after it; 0 if there is none.
 */
unsigned long vmscope_walk_below(const struct vm_area_struct *vma)
{
	const struct vm_area_struct *below = map_below(vma);

	return below ? below->vm_end : 0;
}

/**
 * vmscope_walk_is_guarded() - does an inaccessible mapping end where this begins?
 * @vma: a mapping; the mmap_lock is held
 */
bool vmscope_walk_is_guarded(const struct vm_area_struct *vma)
{
	const struct vm_area_struct *below = map_below(vma);

	return below && below->vm_end == vma->vm_start &&
	       !(below->vm_flags & (VM_READ | VM_WRITE | VM_EXEC));
}

/**
 * vmscope_walk_top() - entries in use in the top table
 * @mm: whose; the caller holds a reference, with which the table lives and dies
 * @user: out: in the user half
 * @kernel: out: in the kernel half
 */
void vmscope_walk_top(const struct mm_struct *mm, u64 *user, u64 *kernel)
{
	const u64 *table = (const u64 *)mm->pgd;
	unsigned int i;

	*user = 0;
	*kernel = 0;
	for (i = 0; i < VMSCOPE_TABLE_ENTRIES; i++)
		if (READ_ONCE(table[i]))
			++*(i < VMSCOPE_TABLE_ENTRIES / 2 ? user : kernel);
}

/**
 * vmscope_walk_init() - begin a walk
 * @walker: the walk
 * @mm: whose tables; the caller holds mm_users until the walk is over
 * @start: first address
 * @end: first address after the range, at most the end of the user half
 * @ops: what to do on the way
 * @private: for @ops
 */
void vmscope_walk_init(struct vmscope_walker *walker, struct mm_struct *mm,
		       unsigned long start, unsigned long end,
		       const struct vmscope_walk_ops *ops, void *private)
{
	*walker = (struct vmscope_walker){
		.mm = mm,
		.ops = ops,
		.private = private,
		.cursor = start,
		.end = end,
	};
}

/**
 * vmscope_walk_limit() - end a walk before its end
 * @walker: a walk that has not begun
 * @limit: when
 */
void vmscope_walk_limit(struct vmscope_walker *walker,
			const struct vmscope_walk_limit *limit)
{
	u64 now = ktime_get_ns();

	walker->entries_max = limit->entries;
	if (limit->ns)
		walker->deadline = now + min(limit->ns, U64_MAX - now);
}

/*
 * A measure of the mappings that nearly every change moves, for kernels that
 * do not count changes.
 */
static unsigned long totals_of(const struct mm_struct *mm)
{
	return mm->map_count * 31 + mm->total_vm * 37 + mm->data_vm * 41 +
	       mm->exec_vm * 43 + mm->stack_vm * 47 + mm->locked_vm * 53;
}

/**
 * vmscope_walk_note_layout() - did the mappings change since the last hold?
 * @walker: a walk; the mmap_lock is held. Its report tells
 */
void vmscope_walk_note_layout(struct vmscope_walker *walker)
{
	const struct mm_struct *mm = walker->mm;
	unsigned int sequence = vmscope_mm_sequence(mm);
	unsigned long totals = totals_of(mm);
	bool first = walker->report.holds++ == 0;

	if (!first &&
	    (sequence != walker->sequence || totals != walker->totals))
		walker->report.layout = VMSCOPE_LAYOUT_CHANGED;
	else if (!first && !vmscope_mm_has_sequence() &&
		 walker->report.layout == VMSCOPE_LAYOUT_SAME)
		walker->report.layout = VMSCOPE_LAYOUT_UNKNOWN;
	walker->sequence = sequence;
	walker->totals = totals;
}
