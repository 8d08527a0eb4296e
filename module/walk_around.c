// SPDX-License-Identifier: GPL-2.0
/*
 * A look around: the neighbours of a mapping, the top table.
 */
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
