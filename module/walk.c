// SPDX-License-Identifier: GPL-2.0
/*
 * The walk of the user half.
 *
 * None of the kernel's walkers is exported, nor is __pte_offset_map(), so this
 * is a descent of our own. What follows is why each table that it reads cannot
 * be freed under it. Documentation/locking.md has the long version.
 *
 * A table is freed by one of
 *
 * a) free_pgtables(), from munmap and exit. Exit is kept away by mm_users.
 *    munmap takes the mmap_lock for write to take the mapping out of the tree,
 *    but may then downgrade it and free the tables while we hold it for read
 *    (do_mas_align_munmap(); vms_complete_munmap_vmas() from v6.12 on). It
 *    frees only tables that lie wholly between the neighbouring mappings
 *    (the floor and ceiling of free_pgd_range()). So a table that covers any
 *    address of a mapping found in the tree under the lock stays. The walk
 *    never descends anywhere else.
 *
 * b) khugepaged and MADV_COLLAPSE of anonymous memory: mmap_lock for write
 *    (collapse_huge_page()).
 *
 * c) collapse of file and shmem mappings (retract_page_tables(),
 *    collapse_pte_mapped_thp()): in 6.1 with the mmap_lock for write; since v6.5
 *    without it (try_collapse_pte_mapped_thp() on 7.x), but the pte table is
 *    freed after an RCU grace period (pte_free_defer()).
 *
 * d) reclaim of empty pte tables on MADV_DONTNEED, v6.14 and later
 *    (zap_pte_range() with CONFIG_PT_RECLAIM): under read locks only, the table
 *    is freed after an RCU grace period (tlb_remove_table(), with
 *    CONFIG_MMU_GATHER_RCU_TABLE_FREE, without which there is no such reclaim).
 *
 *    For c) and d) a pte table is read inside rcu_read_lock(), and the entry
 *    that leads to it is read inside the same section.
 *
 * e) huge_pmd_unshare() of a pmd table that several hugetlb mappings share:
 *    takes i_mmap_rwsem and the hugetlb vma lock for write, not the mmap_lock;
 *    the table may then be freed by its last user at any time, but not before
 *    tlb_remove_table_sync_one() has interrupted every processor. So pmd
 *    tables of hugetlb mappings are read with interrupts off, together with
 *    the entry that leads to them.
 *
 * mremap moves tables under the mmap_lock for write (move_page_tables()), and a
 * stack grows under it (expand_stack()). The tables that are kept in reserve for
 * splitting huge pages are in no tree, and never read.
 *
 * All levels above the pte table are, outside of hugetlb, freed by a) only.
 */
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat/arch.h"
#include "compat/mm.h"
#include "walk.h"

/* Entries of a hugetlb table read per stretch with interrupts off. */
#define HUGETLB_BATCH 64

/*
 * What a descent returns when it stops before its end, with the cursor at what
 * comes next: the hold is used up, or the ops take no more.
 */
#define DESCENT_PAUSE VMSCOPE_WALK_MORE
#define DESCENT_FULL  VMSCOPE_WALK_FULL

static const u64 *table_of(u64 entry)
{
	return __va(entry & PTE_PFN_MASK);
}

static const u64 *top_table(const struct mm_struct *mm)
{
	return (const u64 *)mm->pgd;
}

static unsigned int index_of(unsigned long address, unsigned int level)
{
	return address >> VMSCOPE_LEVEL_SHIFT(level) &
	       (VMSCOPE_TABLE_ENTRIES - 1);
}

/* The address where the entry after that of @address begins, at most @end. */
static unsigned long next_entry(unsigned long address, unsigned long end,
				unsigned int level)
{
	unsigned long size = 1UL << VMSCOPE_LEVEL_SHIFT(level);
	unsigned long next = (address & ~(size - 1)) + size;

	return next - 1 < end - 1 ? next : end;
}

/*
 * Each table is met with ascending addresses, but again for each mapping that
 * it covers part of and after each pause. Return: true the first time.
 */
static bool count_table(struct vmscope_walker *walker, unsigned int level,
			unsigned long address)
{
	unsigned int shift = VMSCOPE_LEVEL_SHIFT(level) + VMSCOPE_TABLE_SHIFT;
	u64 number = ((u64)address >> shift) + 1;

	if (walker->counted[level - 1] == number)
		return false;
	walker->counted[level - 1] = number;
	walker->table_pages[level - 1]++;
	walker->report.tables++;
	return true;
}

static void spend(struct vmscope_walker *walker, unsigned long entries)
{
	walker->report.entries += entries;
	walker->entries_left -= entries;
}

static void measure(struct vmscope_walk_fill *fill, const u64 *entries,
		    unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		u64 entry = READ_ONCE(entries[i]);

		fill->used += !!entry;
		fill->present += !!(entry & VMSCOPE_BIT_PRESENT);
	}
}

static void tell_table(struct vmscope_walker *walker, unsigned int level,
		       unsigned long address,
		       const struct vmscope_walk_fill *fill, unsigned int count)
{
	unsigned int shift = VMSCOPE_LEVEL_SHIFT(level) + VMSCOPE_TABLE_SHIFT;

	spend(walker, count);
	walker->ops->table(walker, level, address >> shift << shift, fill);
}

/* A table that stays as long as the caller is where it is. */
static void meet_table(struct vmscope_walker *walker, const u64 *table,
		       unsigned int level, unsigned long address)
{
	unsigned int count = level == vmscope_arch_levels() ?
				     VMSCOPE_TABLE_ENTRIES / 2 :
				     VMSCOPE_TABLE_ENTRIES;
	struct vmscope_walk_fill fill = {};

	if (!count_table(walker, level, address) || !walker->ops->table)
		return;
	measure(&fill, table, count);
	tell_table(walker, level, address, &fill, count);
}

static bool must_pause(const struct vmscope_walker *walker)
{
	return walker->entries_left <= 0 || mmap_lock_is_contended(walker->mm);
}

/*
 * A huge leaf that may only be the huge zero page if nobody may write there.
 * The frame belongs to whom the entry says as long as the entry stands: read it
 * again after the look (gup_fast_folio_allowed() and try_grab_folio_fast() have
 * the same pattern).
 */
static bool leaf_is_huge_zero(const u64 *slot, u64 entry, unsigned int level)
{
	if (level != VMSCOPE_LEVEL_PMD || entry & VMSCOPE_BIT_WRITABLE ||
	    !(entry & VMSCOPE_BIT_PRESENT))
		return false;
	return vmscope_frame_is_huge_zero(vmscope_entry_frame(entry, level)) &&
	       !((READ_ONCE(*slot) ^ entry) &
		 (VMSCOPE_FRAME_MASK | VMSCOPE_BIT_PRESENT));
}

/*
 * The lock of a pte table lives and dies with the table (pagetable_dtor(),
 * pgtable_pte_page_dtor() on 6.1), so what keeps the table keeps the lock: RCU.
 * A table that was taken out of the tree meanwhile is none to look at, as in
 * pte_offset_map_lock().
 *
 * Return: how many entries the op took, or -EAGAIN.
 */
static int locked_entries(struct vmscope_walker *walker, const u64 *slot,
			  u64 entry, unsigned long address, const u64 *ptes,
			  unsigned int count)
{
	pmd_t pmd = native_make_pmd(entry);
	spinlock_t *lock = pte_lockptr(walker->mm, &pmd); /* of the table */
	int taken = -EAGAIN;

	spin_lock(lock);
	if (likely(READ_ONCE(*slot) == entry))
		taken = walker->ops->entries(walker, address, ptes, count);
	spin_unlock(lock);
	return taken;
}

/*
 * walk_ptes() - one pte table, or the part of it in [address, end)
 * @slot: the pmd entry that leads to it, in a table that stays
 *
 * Return: 0 when done, DESCENT_FULL, or -EAGAIN when there is no table under
 * @slot any more: look again.
 */
static int walk_ptes(struct vmscope_walker *walker, const u64 *slot,
		     unsigned long address, unsigned long end)
{
	unsigned int count = (end - address) >> PAGE_SHIFT;
	const u64 *table;
	u64 entry;
	int taken;

	rcu_read_lock();
	entry = READ_ONCE(*slot);
	if (!vmscope_entry_is_table(entry, VMSCOPE_LEVEL_PMD)) {
		rcu_read_unlock();
		return -EAGAIN;
	}
	table = table_of(entry);
	meet_table(walker, table, VMSCOPE_LEVEL_PTE, address);
	if (walker->ops->table) {
		rcu_read_unlock();
		walker->cursor = end;
		return 0;
	}
	table += index_of(address, VMSCOPE_LEVEL_PTE);
	taken = walker->lock_tables ?
			locked_entries(walker, slot, entry, address, table,
				       count) :
			walker->ops->entries(walker, address, table, count);
	rcu_read_unlock();

	if (taken < 0)
		return taken;
	spend(walker, taken);
	walker->cursor = address + ((unsigned long)taken << PAGE_SHIFT);
	return taken == (int)count ? 0 : DESCENT_FULL;
}

/*
 * walk_huge_batch() - up to HUGETLB_BATCH entries of a hugetlb mapping's table
 * @slot: the entry that leads to the table, in a table that stays
 *
 * Goes on at the cursor. Return: how many were looked at; none if there is no table any more.
 */
static unsigned int walk_huge_batch(struct vmscope_walker *walker,
				    const u64 *slot, unsigned int level,
				    unsigned long end, bool *full)
{
	unsigned int done = 0;
	unsigned long flags;
	const u64 *table;
	u64 parent;

	local_irq_save(flags);
	parent = READ_ONCE(*slot);
	if (!vmscope_entry_is_table(parent, level + 1))
		goto out;
	table = table_of(parent);
	while (done < HUGETLB_BATCH && walker->cursor != end) {
		unsigned long address = walker->cursor;
		unsigned long next = next_entry(address, end, level);
		u64 entry = READ_ONCE(table[index_of(address, level)]);

		done++;
		walker->slot = &table[index_of(address, level)];
		*full = entry && !walker->ops->leaf(walker, level, entry, false,
						    address, next);
		if (*full)
			break;
		walker->cursor = next;
	}
out:
	local_irq_restore(flags);
	return done;
}

/*
 * meet_huge_table() - a hugetlb mapping's table, if it is met the first time
 * @slot: the entry that leads to it, in a table that stays
 *
 * In stretches, as walk_huge_batch(). If the table goes away in between, what was
 * read before holds for the moment before.
 */
static void meet_huge_table(struct vmscope_walker *walker, const u64 *slot,
			    unsigned int level, unsigned long address)
{
	struct vmscope_walk_fill fill = {};
	unsigned int done = 0;
	unsigned long flags;
	bool there = true;
	u64 parent;

	while (there && done < VMSCOPE_TABLE_ENTRIES) {
		local_irq_save(flags);
		parent = READ_ONCE(*slot);
		there = vmscope_entry_is_table(parent, level + 1);
		if (there && !done)
			there = count_table(walker, level, address);
		if (there) {
			measure(&fill, table_of(parent) + done, HUGETLB_BATCH);
			done += HUGETLB_BATCH;
		}
		local_irq_restore(flags);
	}
	if (done)
		tell_table(walker, level, address, &fill, done);
}

/*
 * walk_huge() - the table of a hugetlb mapping in which its leaves are
 * @slot: the entry that leads to it, in a table that stays
 *
 * Return: 0 when all up to @end is done, or why not.
 */
static int walk_huge(struct vmscope_walker *walker, const u64 *slot,
		     unsigned int level, unsigned long address,
		     unsigned long end)
{
	unsigned int done = 1;
	bool full = false;

	if (walker->ops->table) {
		meet_huge_table(walker, slot, level, address);
		walker->cursor = end;
		return 0;
	}
	walker->cursor = address;
	while (done && walker->cursor != end) {
		done = walk_huge_batch(walker, slot, level, end, &full);
		if (done)
			count_table(walker, level, address);
		spend(walker, done);
		if (full)
			return DESCENT_FULL;
		if (done && walker->cursor != end && must_pause(walker))
			return DESCENT_PAUSE;
	}
	walker->cursor = end;
	return 0;
}

static unsigned int hugetlb_level(const struct vm_area_struct *vma)
{
	return vmscope_vma_huge_page_size(vma) >= PUD_SIZE ? VMSCOPE_LEVEL_PUD :
							     VMSCOPE_LEVEL_PMD;
}

/* 1 if the op took it, 0 if not. */
static int take_leaf(struct vmscope_walker *walker, const u64 *slot, u64 entry,
		     unsigned int level, unsigned long address,
		     unsigned long end)
{
	walker->slot = slot;
	return walker->ops->leaf(walker, level, entry,
				 leaf_is_huge_zero(slot, entry, level), address,
				 end);
}

/* Tables above the pte level stay, and so do their locks. Or -EAGAIN. */
static int locked_leaf(struct vmscope_walker *walker, const u64 *slot,
		       u64 entry, unsigned int level, unsigned long address,
		       unsigned long end)
{
	/* of the table; above pmd tables it is one for all (pud_lockptr()) */
	spinlock_t *lock = level == VMSCOPE_LEVEL_PMD ?
				   pmd_lockptr(walker->mm, (pmd_t *)slot) :
				   &walker->mm->page_table_lock;
	int ret = -EAGAIN;

	spin_lock(lock);
	if (likely(READ_ONCE(*slot) == entry))
		ret = take_leaf(walker, slot, entry, level, address, end);
	spin_unlock(lock);
	return ret;
}

/*
 * An entry above the pte level that leads to no table: 0, DESCENT_FULL, or
 * -EAGAIN when it is another one by now.
 */
static int walk_leaf(struct vmscope_walker *walker, const u64 *slot, u64 entry,
		     unsigned int level, unsigned long address,
		     unsigned long end)
{
	int taken = 1;

	if (entry && !walker->ops->table)
		taken = walker->lock_tables ? locked_leaf(walker, slot, entry,
							  level, address, end) :
					      take_leaf(walker, slot, entry,
							level, address, end);
	if (taken < 0)
		return taken;
	walker->cursor = taken ? end : address;
	return taken ? 0 : DESCENT_FULL;
}

/*
 * walk_table() - the part [address, end) of a table above the pte level
 *
 * Recursive, at most to the depth of the tables. Return: 0 when done, with the
 * cursor at @end, or why not, with the cursor at what comes next.
 */
static int walk_table(struct vmscope_walker *walker, const u64 *table,
		      unsigned int level, unsigned int huge_level,
		      unsigned long address, unsigned long end)
{
	meet_table(walker, table, level, address);
	while (address != end) {
		unsigned long next = next_entry(address, end, level);
		const u64 *slot = table + index_of(address, level);
		u64 entry = READ_ONCE(*slot);
		int ret;

		spend(walker, 1);
		if (!vmscope_entry_is_table(entry, level))
			ret = walk_leaf(walker, slot, entry, level, address,
					next);
		else if (level == huge_level + 1)
			ret = walk_huge(walker, slot, huge_level, address,
					next);
		else if (level == VMSCOPE_LEVEL_PMD)
			ret = walk_ptes(walker, slot, address, next);
		else
			ret = walk_table(walker, table_of(entry), level - 1,
					 huge_level, address, next);

		/* collapsed, split or emptied meanwhile: judge it anew */
		if (ret == -EAGAIN)
			continue;
		if (ret)
			return ret;
		address = next;
		if (address != end && must_pause(walker))
			return DESCENT_PAUSE;
	}
	return 0;
}

static int walk_vma(struct vmscope_walker *walker, struct vm_area_struct *vma,
		    unsigned long end)
{
	unsigned int huge_level = 0;

	if (!walker->ops->entries && !walker->ops->table) {
		walker->cursor = end;
		return 0;
	}
	if (vmscope_vma_is_hugetlb(vma))
		huge_level = hugetlb_level(vma);
	return walk_table(walker, top_table(walker->mm), vmscope_arch_levels(),
			  huge_level, walker->cursor, end);
}

static bool same_map(const struct vmscope_walker *walker,
		     const struct vm_area_struct *vma)
{
	return walker->map.start == vma->vm_start &&
	       walker->map.end == vma->vm_end &&
	       walker->map.flags == vmscope_vma_lasting_flags(vma) &&
	       walker->map.pgoff == vma->vm_pgoff &&
	       walker->map.file == vma->vm_file;
}

static int open_map(struct vmscope_walker *walker, struct vm_area_struct *vma,
		    unsigned long start)
{
	int ret = walker->ops->open(walker, vma, start);

	if (ret)
		return ret;
	walker->map.open = true;
	walker->map.start = vma->vm_start;
	walker->map.end = vma->vm_end;
	walker->map.flags = vmscope_vma_lasting_flags(vma);
	walker->map.pgoff = vma->vm_pgoff;
	walker->map.file = vma->vm_file;
	return 0;
}

static void close_map(struct vmscope_walker *walker, bool torn)
{
	walker->map.open = false;
	walker->ops->close(walker, walker->cursor, torn);
}

/* Under the lock. What it returns is what vmscope_walk_hold() does. */
static int walk_maps(struct vmscope_walker *walker)
{
	struct vm_area_struct *vma;
	unsigned int opened = 0;

	VMA_ITERATOR(vmi, walker->mm, walker->cursor);

	for_each_vma(vmi, vma) {
		unsigned long end = min(vma->vm_end, walker->end);
		int ret;

		if (walker->map.open &&
		    (walker->cursor < vma->vm_start || !same_map(walker, vma)))
			close_map(walker, true);
		if (vma->vm_start >= walker->end)
			break;

		if (!walker->map.open) {
			/* at least one in each hold, or waiters could starve us */
			if (opened && (opened == VMSCOPE_WALK_MAPPINGS ||
				       must_pause(walker)))
				return VMSCOPE_WALK_MORE;
			opened++;
			walker->cursor = max(walker->cursor, vma->vm_start);
			ret = open_map(walker, vma, walker->cursor);
			if (ret)
				return ret < 0 ? ret : VMSCOPE_WALK_FULL;
		}
		ret = walk_vma(walker, vma, end);
		if (ret)
			return ret;
		close_map(walker, false);
	}

	if (walker->map.open)
		close_map(walker, true);
	walker->cursor = walker->end;
	return VMSCOPE_WALK_DONE;
}

/* Never before something was done, or who asks again would not get on. */
static bool is_spent(const struct vmscope_walker *walker)
{
	if (walker->entries_max &&
	    walker->report.entries >= walker->entries_max)
		return true;
	return walker->deadline && walker->report.holds &&
	       ktime_get_ns() >= walker->deadline;
}

/**
 * vmscope_walk_hold() - go on with a walk, for one hold of the mmap_lock
 * @walker: the walk
 *
 * May sleep; the caller holds no lock that a fault takes, and may copy to user
 * memory between two holds but never in the ops.
 *
 * Return: VMSCOPE_WALK_DONE, VMSCOPE_WALK_MORE when there is more to do,
 * VMSCOPE_WALK_FULL when an op ended the hold, VMSCOPE_WALK_SPENT when its limit
 * is reached and the mapping that it was in closed, -EINTR on a fatal signal, or
 * an op's error. The cursor is exact in any case.
 */
int vmscope_walk_hold(struct vmscope_walker *walker)
{
	int ret;

	if (is_spent(walker)) {
		if (walker->map.open)
			close_map(walker, false);
		return VMSCOPE_WALK_SPENT;
	}
	ret = mmap_read_lock_killable(walker->mm);
	if (ret)
		return ret;
	vmscope_walk_note_layout(walker);
	walker->entries_left = VMSCOPE_WALK_ENTRIES;
	if (walker->entries_max)
		walker->entries_left =
			min_t(u64, VMSCOPE_WALK_ENTRIES,
			      walker->entries_max - walker->report.entries);
	/* a way down may lead through so many tables, each read whole */
	if (walker->ops->table)
		walker->entries_left -=
			(VMSCOPE_LEVELS - 1) * VMSCOPE_TABLE_ENTRIES;
	ret = walk_maps(walker);
	mmap_read_unlock(walker->mm);

	cond_resched();
	if (ret > 0 && fatal_signal_pending(current))
		return -EINTR;
	return ret;
}
