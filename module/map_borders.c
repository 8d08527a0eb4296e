// SPDX-License-Identifier: GPL-2.0
/*
 * Where the kernel put the parts of a user half.
 */
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>

#include "compat/layout.h"
#include "map.h"

/**
 * vmscope_map_borders() - what an mm says of its layout
 * @mm: the mm; the caller holds a reference
 * @b: out: layout_flags to env_end
 *
 * arg_lock keeps the fields together that prctl(PR_SET_MM_MAP) sets under it
 * (prctl_set_mm_map()). The end of the heap moves under the mmap_lock only, and
 * the bases are set by exec, before anybody else can see the mm; each is read
 * once.
 */
void vmscope_map_borders(struct mm_struct *mm, struct vmscope_borders *b)
{
	bool is32, bottom_up;

	b->task_size = READ_ONCE(mm->task_size);
	is32 = b->task_size <= SZ_4G;
	vmscope_arch_mmap_base(mm, is32, &b->mmap_base, &bottom_up);
	b->layout_flags = (is32 ? VMSCOPE_BORDERS_32BIT : 0) |
			  (bottom_up ? VMSCOPE_BORDERS_BOTTOM_UP : 0);

	spin_lock(&mm->arg_lock);
	b->code_start = mm->start_code;
	b->code_end = mm->end_code;
	b->data_start = mm->start_data;
	b->data_end = mm->end_data;
	b->brk_start = mm->start_brk;
	b->brk_end = READ_ONCE(mm->brk);
	b->stack_start = mm->start_stack;
	b->args_start = mm->arg_start;
	b->args_end = mm->arg_end;
	b->env_start = mm->env_start;
	b->env_end = mm->env_end;
	spin_unlock(&mm->arg_lock);
}
