// SPDX-License-Identifier: GPL-2.0
/*
 * The walk to one address: every entry on the way, read as one.
 */
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/uaccess.h>
#include <asm/barrier.h>

#include "compat/arch.h"
#include "compat/mm.h"
#include "walk.h"

/* How often a path of the kernel half is read anew when it changes. */
#define ATTEMPTS 16

static u64 table_physical(u64 entry)
{
	return entry & PTE_PFN_MASK;
}

static unsigned int index_of(unsigned long address, unsigned int level)
{
	return address >> VMSCOPE_LEVEL_SHIFT(level) &
	       (VMSCOPE_TABLE_ENTRIES - 1);
}

static void add_step(struct vmscope_path *path, unsigned int level, u64 table,
		     u64 entry)
{
	unsigned int i = path->levels++;

	path->step[i].level = level;
	path->step[i].table = table;
	path->step[i].entry = entry;
}

/* Is everything that the table under this entry covers inside the gap? */
static bool covers_only(unsigned long address, unsigned int level,
			unsigned long start, unsigned long end)
{
	unsigned long size = 1UL << VMSCOPE_LEVEL_SHIFT(level);
	unsigned long first = address & ~(size - 1);

	return first >= start && first + (size - 1) <= end - 1;
}

/* The frame is whose the entry says as long as the entry stands. */
static bool is_huge_zero(const u64 *slot, u64 entry, unsigned int level)
{
	return level == VMSCOPE_LEVEL_PMD &&
	       vmscope_entry_is_leaf(entry, level) &&
	       !(entry & VMSCOPE_BIT_WRITABLE) &&
	       vmscope_frame_is_huge_zero(vmscope_entry_frame(entry, level)) &&
	       !((READ_ONCE(*slot) ^ entry) &
		 (VMSCOPE_FRAME_MASK | VMSCOPE_BIT_PRESENT));
}

/*
 * With interrupts off, as gup_fast() reads: tables whose freeing waits for RCU
 * or interrupts every processor stay (c, d and e in walk.c); the others stay
 * because a mapping in the tree covers part of them (a).
 */
static void read_path(struct mm_struct *mm, unsigned long address,
		      struct vmscope_path *path, bool mapped,
		      unsigned long start, unsigned long end)
{
	unsigned int level = vmscope_arch_levels();
	u64 table = __pa(mm->pgd);
	unsigned long flags;

	local_irq_save(flags);
	for (;; level--) {
		const u64 *slot =
			(const u64 *)__va(table) + index_of(address, level);
		u64 entry = READ_ONCE(*slot);

		add_step(path, level, table, entry);
		if (!vmscope_entry_is_table(entry, level)) {
			path->huge_zero = mapped &&
					  is_huge_zero(slot, entry, level);
			break;
		}
		if (!mapped && covers_only(address, level, start, end))
			break;
		table = table_physical(entry);
	}
	local_irq_restore(flags);
}

/**
 * vmscope_walk_path() - the entries on the way to an address of the user half
 * @mm: whose; the caller holds mm_users
 * @address: any address below the kernel half
 * @path: out: the entries, down to the first that points to no further table,
 *	or, where nothing is mapped, the last that stays while it is looked at
 * @mapping: called once under the mmap_lock with the mapping and its range, or
 *	with NULL and the range of the gap
 * @private: for @mapping
 *
 * May sleep. Return: 0, or -EINTR on a fatal signal.
 */
int vmscope_walk_path(struct mm_struct *mm, unsigned long address,
		      struct vmscope_path *path,
		      void (*mapping)(void *private, struct vm_area_struct *vma,
				      unsigned long start, unsigned long end),
		      void *private)
{
	VMA_ITERATOR(after, mm, address);
	VMA_ITERATOR(before, mm, address);
	struct vm_area_struct *vma, *below;
	unsigned long start, end;
	bool mapped;
	int ret;

	*path = (struct vmscope_path){};
	ret = mmap_read_lock_killable(mm);
	if (ret)
		return ret;

	vma = vma_find(&after, ULONG_MAX);
	mapped = vma && vma->vm_start <= address;
	if (mapped) {
		start = vma->vm_start;
		end = vma->vm_end;
	} else {
		below = vma_prev(&before);
		start = below ? below->vm_end : 0;
		end = vma ? vma->vm_start :
			    1UL << (vmscope_arch_address_bits() - 1);
	}
	mapping(private, mapped ? vma : NULL, start, end);
	read_path(mm, address, path, mapped, start, end);
	mmap_read_unlock(mm);
	return 0;
}

static u8 count_present(const u64 *slot)
{
	const u64 *first = PTR_ALIGN_DOWN(slot, VMSCOPE_WALK_AROUND * 8);
	unsigned int i;
	u8 present = 0;

	for (i = 0; i < VMSCOPE_WALK_AROUND; i++)
		present += READ_ONCE(first[i]) & VMSCOPE_BIT_PRESENT;
	return present;
}

/**
 * vmscope_walk_peek() - the entry of an address whose mapping somebody holds
 * @mm: whose
 * @address: an address of the user half
 * @around: count the entries around it, too
 * @peek: out
 *
 * Without taking a lock, in any context but NMI: for the fault hooks. One of
 * these must hold:
 *
 * - The current thread holds the mmap_lock, or the lock of the mapping around
 *   @address, as callers of handle_mm_fault() do. Then what is said in walk.c
 *   holds, of the mapping's lock likewise: whoever frees a table that covers
 *   part of a mapping (a, b) first takes that mapping's lock for write
 *   (vma_start_write()), which waits for its readers.
 *
 * - @mm is current->mm. Then this is what gup_fast() does: with interrupts off
 *   on a processor that runs @mm, no table of it is freed, because that either
 *   waits for RCU or for every such processor to answer an interrupt
 *   (tlb_remove_table(), tlb_flush_mmu_tlbonly()).
 *
 * In both, tables that wait for RCU or for all processors to be interrupted (c,
 * d and e) stay while interrupts are off.
 */
void vmscope_walk_peek(const struct mm_struct *mm, unsigned long address,
		       bool around, struct vmscope_peek *peek)
{
	unsigned int level = vmscope_arch_levels();
	const u64 *table = (const u64 *)mm->pgd;
	const u64 *slot;
	unsigned long flags;
	u64 entry;

	local_irq_save(flags);
	for (;;) {
		slot = table + index_of(address, level);
		entry = READ_ONCE(*slot);
		if (!vmscope_entry_is_table(entry, level))
			break;
		table = __va(table_physical(entry));
		level--;
	}
	peek->entry = entry;
	peek->level = level;
	peek->huge_zero = is_huge_zero(slot, entry, level);
	peek->around =
		around && level == VMSCOPE_LEVEL_PTE ? count_present(slot) : 0;
	local_irq_restore(flags);
}

static bool read_kernel_entry(u64 *entry, u64 table, unsigned long address,
			      unsigned int level)
{
	const u64 *slot = (const u64 *)__va(table) + index_of(address, level);

	return !copy_from_kernel_nofault(entry, slot, sizeof(*entry));
}

static bool path_stands(const struct vmscope_path *path, unsigned long address)
{
	unsigned int i;
	u64 entry;

	/* what was read of a table, before whether it still is one */
	smp_rmb();
	for (i = 0; i < path->levels; i++)
		if (!read_kernel_entry(&entry, path->step[i].table, address,
				       path->step[i].level) ||
		    entry != path->step[i].entry)
			return false;
	return true;
}

/**
 * vmscope_walk_kernel_path() - likewise for an address of the kernel half
 * @mm: any live mm: the upper entries of the kernel half are the same in all.
 *	The caller holds a reference
 * @address: any address of the kernel half
 * @path: out: the entries down to the first that points to no further table
 *
 * No lock that a module could take keeps the tables of the kernel half: they
 * are freed when huge ioremap or vmalloc entries replace them
 * (pmd_free_pte_page()), when split huge entries are joined again (CPA) and on
 * memory removal. So this is optimistic: after each entry the way to it is read
 * again, and only an entry whose way still stood after it was read is followed.
 * What a stale pointer leads to is memory in the direct map, or memory that was
 * removed, for which copy_from_kernel_nofault() fails and is all that happens.
 *
 * Return: 0, or -EAGAIN if the way kept changing.
 */
int vmscope_walk_kernel_path(struct mm_struct *mm, unsigned long address,
			     struct vmscope_path *path)
{
	unsigned int attempt;

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		unsigned int level = vmscope_arch_levels();
		u64 table = __pa(mm->pgd);
		u64 entry;

		*path = (struct vmscope_path){};
		while (read_kernel_entry(&entry, table, address, level)) {
			add_step(path, level, table, entry);
			if (!path_stands(path, address))
				break;
			if (!vmscope_entry_is_table(entry, level))
				return 0;
			table = table_physical(entry);
			level--;
		}
	}
	return -EAGAIN;
}
