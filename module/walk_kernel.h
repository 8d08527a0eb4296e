/* SPDX-License-Identifier: GPL-2.0 */
/*
 * walk_kernel: down the tables of the kernel half, without any lock.
 */
#ifndef _VMSCOPE_WALK_KERNEL_H
#define _VMSCOPE_WALK_KERNEL_H

#include <linux/types.h>
#include <linux/vmscope.h>

#include "compat/entry.h"

struct mm_struct;
struct vmscope_kernel_walker;

/**
 * struct vmscope_kernel_ops - what a walk of the kernel half is for
 * @leaves: [@start, @end) is mapped by entries of @level that agree in all bits
 *	but frame, accessed, dirty and those that are the software's; @entry is
 *	the first, and not 0, though maybe not present. @way has the bits
 *	WRITABLE and USER if all tables on the way allow it and NX if one forbids
 *	execution. Return: false ends the walk in front of them
 * @table: a table of @level was met on the way to the cursor, which the last one
 *	of its level was not
 *
 * No lock is held, and interrupts are on.
 */
struct vmscope_kernel_ops {
	bool (*leaves)(struct vmscope_kernel_walker *walker, unsigned int level,
		       u64 entry, u64 way, u64 start, u64 end);
	void (*table)(struct vmscope_kernel_walker *walker, unsigned int level);
};

/**
 * struct vmscope_kernel_table - a table as it was read
 * @known: there is one
 * @physical: where it is
 * @first: the first address that it covers
 * @way: as @way of struct vmscope_kernel_ops
 * @differ: the bits in which its entries differ, but for accessed and dirty
 * @entries: its entries
 */
struct vmscope_kernel_table {
	bool known;
	u64 physical;
	u64 first;
	u64 way;
	u64 differ;
	u64 entries[VMSCOPE_TABLE_ENTRIES];
};

/**
 * struct vmscope_kernel_same - a table that maps the same page all over
 * @physical: where it is; 0: there is none
 * @way: as @way of struct vmscope_kernel_ops, from the table on
 * @level: level of the leaves
 * @entry: the leaf
 */
struct vmscope_kernel_same {
	u64 physical;
	u64 way;
	unsigned int level;
	u64 entry;
};

/**
 * struct vmscope_kernel_walker - a walk of the kernel half
 * @ops: what for
 * @private: for @ops
 * @cursor: what lies before is done
 * @end: first address after the range, or VMSCOPE_RANGE_END
 * @report: how it was done so far
 */
struct vmscope_kernel_walker {
	const struct vmscope_kernel_ops *ops;
	void *private;
	u64 cursor;
	u64 end;
	struct vmscope_walk report;

	/* private: physical address of the top table */
	u64 root;
	/* private: tables on the way to the cursor, by level */
	struct vmscope_kernel_table tables[VMSCOPE_LEVELS];
	/* private: the last such table of each level */
	struct vmscope_kernel_same same[VMSCOPE_LEVELS];
	/* private: the last table counted at each level */
	struct {
		u64 first;
		u64 physical;
	} counted[VMSCOPE_LEVELS];
};

int vmscope_walk_kernel_init(struct vmscope_kernel_walker *walker,
			     const struct mm_struct *mm, bool user_root,
			     u64 start, u64 end,
			     const struct vmscope_kernel_ops *ops,
			     void *private);
int vmscope_walk_kernel(struct vmscope_kernel_walker *walker);

#endif /* _VMSCOPE_WALK_KERNEL_H */
