/* SPDX-License-Identifier: GPL-2.0 */
/*
 * walk: down the page tables of a live process, under the right locks, in
 * bounded holds. Knows nothing of sums, filters or output.
 */
#ifndef _VMSCOPE_WALK_H
#define _VMSCOPE_WALK_H

#include <linux/types.h>
#include <linux/vmscope.h>

struct mm_struct;
struct vm_area_struct;
struct vmscope_walker;

/* What vmscope_walk_hold() returns when it does not fail. */
#define VMSCOPE_WALK_DONE  0
#define VMSCOPE_WALK_MORE  1
#define VMSCOPE_WALK_FULL  2
#define VMSCOPE_WALK_SPENT 3

/*
 * At most so much is looked at under one hold of the mmap_lock; the hold ends
 * earlier when somebody waits for it. A hold goes on to the end of the pte table
 * that it is in, and the way to it, and with the mapping that the last one ended
 * in: hence the larger bounds.
 */
#define VMSCOPE_WALK_ENTRIES	  16384
#define VMSCOPE_WALK_MAPPINGS	  512
#define VMSCOPE_WALK_ENTRIES_MAX  (VMSCOPE_WALK_ENTRIES + 512 + VMSCOPE_LEVELS)
#define VMSCOPE_WALK_MAPPINGS_MAX (VMSCOPE_WALK_MAPPINGS + 1)

/**
 * struct vmscope_walk_limit - when a walk is to end before its end
 * @entries: after so many entries; 0 for no limit. It ends within a pte table
 *	and the way to it
 * @ns: after so long; 0 for no limit. It ends within one hold
 */
struct vmscope_walk_limit {
	u64 entries;
	u64 ns;
};

/**
 * struct vmscope_walk_fill - how full a table is
 * @used: entries that are not empty; of the top table, those of the user half
 * @present: those of them that the MMU goes on from
 */
struct vmscope_walk_fill {
	unsigned int used;
	unsigned int present;
};

/**
 * struct vmscope_walk_ops - what a walk is for
 * @open: a mapping begins, or the part of it from @start on. Called with the
 *	mmap_lock held for read. Return: 0 to go on; 1 to end the walk before
 *	this mapping; negative errno to fail
 * @close: the mapping ends at @end; @torn when the walk had let go of the lock
 *	in its middle and it is not there any more as it was. Not torn, and @end
 *	in its middle, when the walk reached its limit. May be called without
 *	the lock
 * @entries: @count entries of a pte table, from @address on. They are live:
 *	read each once. Atomic context. Return: how many were taken; fewer than
 *	@count end the hold in front of the next
 * @leaf: one entry that ends the walk at a higher level and is not empty: a
 *	huge leaf or a non-present entry, for the bytes [@address, @end) of it
 *	that lie in the mapping. Atomic context. Return: false ends the hold in
 *	front of it
 * @table: a table that the walk meets for the first time, from address @start
 *	on, and how full all of it is. Atomic context. With this op a walk looks
 *	at tables only: @entries and @leaf are not called
 *
 * Without @entries and @table a walk looks at mappings only.
 *
 * With @lock_tables of the walker, @entries and @leaf are called with the lock
 * of their table held, so that no mapping of a page comes or goes there; but for
 * hugetlb mappings, where interrupts are off instead.
 */
struct vmscope_walk_ops {
	int (*open)(struct vmscope_walker *walker, struct vm_area_struct *vma,
		    unsigned long start);
	void (*close)(struct vmscope_walker *walker, unsigned long end,
		      bool torn);
	unsigned int (*entries)(struct vmscope_walker *walker,
				unsigned long address, const u64 *entries,
				unsigned int count);
	bool (*leaf)(struct vmscope_walker *walker, unsigned int level,
		     u64 entry, bool huge_zero, unsigned long address,
		     unsigned long end);
	void (*table)(struct vmscope_walker *walker, unsigned int level,
		      unsigned long start,
		      const struct vmscope_walk_fill *fill);
};

/**
 * struct vmscope_walker - a walk that can be interrupted and taken up again
 * @mm: whose tables; the caller holds mm_users
 * @ops: what for
 * @private: for @ops
 * @cursor: what lies before is done; set to the start of the range
 * @end: first address after the range
 * @lock_tables: set by who wants to look at the pages behind the entries
 * @slot: in @ops' leaf: where the entry is
 * @report: how it was done so far
 * @table_pages: tables found, by level, each once
 */
struct vmscope_walker {
	struct mm_struct *mm;
	const struct vmscope_walk_ops *ops;
	void *private;
	unsigned long cursor;
	unsigned long end;
	bool lock_tables;
	const u64 *slot;
	struct vmscope_walk report;
	u64 table_pages[VMSCOPE_LEVELS];

	/* private: the mapping that the last hold ended in, to know it again */
	struct {
		bool open;
		unsigned long start;
		unsigned long end;
		unsigned long flags;
		unsigned long pgoff;
		const void *file;
	} map;
	/* private: from vmscope_walk_limit() */
	u64 entries_max;
	u64 deadline;
	/* private: what is left of this hold */
	long entries_left;
	/* private: number of the last table counted at each level, plus one */
	u64 counted[VMSCOPE_LEVELS];
	unsigned int sequence;
	unsigned long totals;
};

void vmscope_walk_init(struct vmscope_walker *walker, struct mm_struct *mm,
		       unsigned long start, unsigned long end,
		       const struct vmscope_walk_ops *ops, void *private);
void vmscope_walk_limit(struct vmscope_walker *walker,
			const struct vmscope_walk_limit *limit);
int vmscope_walk_hold(struct vmscope_walker *walker);
void vmscope_walk_note_layout(struct vmscope_walker *walker);

/*
 * Account for work in the ops that is no reading of entries, such as looking at
 * the pages under a huge leaf one by one: it shortens the hold.
 */
static inline void vmscope_walk_spend(struct vmscope_walker *walker,
				      unsigned int work)
{
	walker->entries_left -= work;
}

bool vmscope_walk_is_guarded(const struct vm_area_struct *vma);
unsigned long vmscope_walk_below(const struct vm_area_struct *vma);
void vmscope_walk_top(const struct mm_struct *mm, u64 *user, u64 *kernel);

/**
 * struct vmscope_path - the entries on the way to one address
 * @levels: number of steps, at least 1
 * @level: from the top down: the level, the table's physical address, the raw
 *	entry
 * @huge_zero: the last entry is a leaf on the huge zero page
 */
struct vmscope_path {
	unsigned int levels;
	struct {
		unsigned int level;
		u64 table;
		u64 entry;
	} step[VMSCOPE_LEVELS];
	bool huge_zero;
};

int vmscope_walk_path(struct mm_struct *mm, unsigned long address,
		      struct vmscope_path *path,
		      void (*mapping)(void *private, struct vm_area_struct *vma,
				      unsigned long start, unsigned long end),
		      void *private);
int vmscope_walk_kernel_path(struct mm_struct *mm, unsigned long address,
			     struct vmscope_path *path);

/* The entries around one that a fault may fill in with it: 64 KiB of pages. */
#define VMSCOPE_WALK_AROUND 16

/**
 * struct vmscope_peek - the entry that the walk to an address ends at
 * @entry: its value
 * @level: the level of its table
 * @huge_zero: it is a leaf on the huge zero page
 * @around: at the pte level, how many of the VMSCOPE_WALK_AROUND entries around
 *	it (aligned) are present; 0 above
 */
struct vmscope_peek {
	u64 entry;
	u8 level;
	bool huge_zero;
	u8 around;
};

void vmscope_walk_peek(const struct mm_struct *mm, unsigned long address,
		       bool around, struct vmscope_peek *peek);

#endif /* _VMSCOPE_WALK_H */
