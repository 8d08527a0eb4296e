// SPDX-License-Identifier: GPL-2.0
/*
 * The walk of the kernel half.
 *
 * No lock that a module could take keeps its tables; vmscope_walk_kernel_path()
 * in walk_path.c says who frees them. So a table is copied, as a whole, and then
 * the way to it is read again from the top: if an entry of the way leads
 * elsewhere now, the copy may be of anything and is thrown away. Only entries of
 * a copy whose way stood after it was made are reported or followed.
 *
 * What was read through a stale pointer is other memory of the direct map; the
 * frame is looked up (pfn_valid()) so that it is memory and no device, and read
 * with copy_from_kernel_nofault(), which also survives that the memory was
 * removed.
 *
 * The copy and the second look are one section with interrupts off. Up to v6.12
 * that makes it exact where huge mappings replace tables: pud_free_pmd_page() and
 * pmd_free_pte_page() clear the entry, interrupt all processors for the flush,
 * wait, and only then free. On 7.3 a flush need not interrupt, and tables are
 * freed by a worker (pagetable_free_kernel()); then a table would have to be
 * freed, used for something else, freed again and come back under the same entry
 * within one such section to go unnoticed. Removal of memory frees a table just
 * before it clears the entry (free_pte_table()); what is then told of the memory
 * that goes may be wrong. Documentation/locking.md has the long version.
 *
 * Entries of one copy are of one moment, those of two are not.
 */
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/barrier.h>

#include "compat/arch.h"
#include "compat/layout.h"
#include "walk.h"
#include "walk_kernel.h"

/* How often in a row the way to a table may turn out to have changed. */
#define ATTEMPTS 16

/* What says where an entry leads: all but what the processor sets by itself. */
#define PLACE_MASK (~(VMSCOPE_BIT_ACCESSED | VMSCOPE_BIT_DIRTY))

/* What the entries of a way decide together. */
#define WAY_ALLOWS (VMSCOPE_BIT_WRITABLE | VMSCOPE_BIT_USER)

/* Bits in which entries must agree to be told as one; PAT is HUGE or bit 12. */
#define ALIKE_MASK                                                       \
	(VMSCOPE_BIT_PRESENT | VMSCOPE_BIT_WRITABLE | VMSCOPE_BIT_USER | \
	 VMSCOPE_BIT_PWT | VMSCOPE_BIT_PCD | VMSCOPE_BIT_HUGE |          \
	 VMSCOPE_BIT_GLOBAL | VMSCOPE_BIT_NX)

static u64 alike_bits(u64 entry, unsigned int level)
{
	u64 mask = ALIKE_MASK | vmscope_arch_encrypted();

	if (level > VMSCOPE_LEVEL_PTE)
		mask |= VMSCOPE_BIT_PAT_HUGE;
	/* an empty one is like no other */
	return entry ? entry & mask : ~0ULL;
}

static u64 way_join(u64 way, u64 entry)
{
	return (way & entry & WAY_ALLOWS) | ((way | entry) & VMSCOPE_BIT_NX);
}

static unsigned int index_of(u64 address, unsigned int level)
{
	return address >> VMSCOPE_LEVEL_SHIFT(level) &
	       (VMSCOPE_TABLE_ENTRIES - 1);
}

/* Where what an entry of @level covers begins. */
static u64 align_to(u64 address, unsigned int level)
{
	return address & ~(_BITULL(VMSCOPE_LEVEL_SHIFT(level)) - 1);
}

/* The address where the entry of @level after that of @address begins. */
static u64 next_of(u64 address, unsigned int level)
{
	u64 next =
		align_to(address, level) + _BITULL(VMSCOPE_LEVEL_SHIFT(level));

	return next ? next : VMSCOPE_RANGE_END;
}

static bool read_entry(u64 *entry, u64 table, u64 address, unsigned int level)
{
	const u64 *slot = (const u64 *)__va(table) + index_of(address, level);

	return !copy_from_kernel_nofault(entry, slot, sizeof(*entry));
}

/* Do the entries above @level still lead where they led when they were read? */
static bool way_stands(const struct vmscope_kernel_walker *walker, u64 address,
		       unsigned int level)
{
	unsigned int i;
	u64 entry;

	for (i = vmscope_arch_levels(); i > level; i--) {
		const struct vmscope_kernel_table *t = &walker->tables[i - 1];

		if (!read_entry(&entry, t->physical, address, i) ||
		    (entry ^ t->entries[index_of(address, i)]) & PLACE_MASK)
			return false;
	}
	return true;
}

/* The bits in which the entries of a table differ. */
static u64 differing_bits(const struct vmscope_kernel_table *t)
{
	u64 bits = 0;
	unsigned int i;

	for (i = 1; i < VMSCOPE_TABLE_ENTRIES; i++)
		bits |= t->entries[i] ^ t->entries[0];
	return bits & PLACE_MASK;
}

/*
 * Once each: not when it is read anew, nor for each of the entries that lead to
 * the same one.
 */
static void count_table(struct vmscope_kernel_walker *walker,
			unsigned int level)
{
	const struct vmscope_kernel_table *t = &walker->tables[level - 1];
	bool again = walker->counted[level - 1].first == t->first ||
		     walker->counted[level - 1].physical == t->physical ||
		     walker->same[level - 1].physical == t->physical;

	walker->counted[level - 1].first = t->first;
	walker->counted[level - 1].physical = t->physical;
	if (again)
		return;
	walker->report.tables++;
	walker->ops->table(walker, level);
}

/*
 * read_table() - copy the table of @level at @physical on the way to @address
 *
 * Return: 0, or -EAGAIN when there is no such table any more.
 */
static int read_table(struct vmscope_kernel_walker *walker, u64 physical,
		      u64 address, unsigned int level, u64 way)
{
	struct vmscope_kernel_table *t = &walker->tables[level - 1];
	unsigned long flags;
	bool stands;

	t->known = false;
	if (!pfn_valid(PHYS_PFN(physical)))
		return -EAGAIN;
	local_irq_save(flags);
	stands = !copy_from_kernel_nofault(t->entries, __va(physical),
					   sizeof(t->entries));
	/* what is in the table, before whether it still is one */
	smp_rmb();
	stands = stands && way_stands(walker, address, level);
	local_irq_restore(flags);
	if (!stands)
		return -EAGAIN;

	t->known = true;
	t->physical = physical;
	t->first = level == vmscope_arch_levels() ?
			   vmscope_arch_kernel_start() :
			   align_to(address, level + 1);
	t->way = way;
	t->differ = differing_bits(t);
	count_table(walker, level);
	return 0;
}

/* May entries on the way to this leaf differ in these bits, to no effect? */
static bool is_moot(const struct vmscope_kernel_same *below, u64 differ)
{
	u64 allowed = below->entry & below->way & WAY_ALLOWS;
	u64 forbidden = (below->entry | below->way) & VMSCOPE_BIT_NX;

	/* what is allowed below can be taken away here, what is not cannot come */
	return !(differ & ~(WAY_ALLOWS | VMSCOPE_BIT_NX)) &&
	       !(differ & allowed) && !(differ & VMSCOPE_BIT_NX & ~forbidden);
}

/*
 * A table may be entered from many entries. KASAN maps terabytes of its shadow
 * to one page that way, with one table of each level whose entries all lead to
 * the same. Of such a table it is enough to look at one entry.
 */
static bool is_same(struct vmscope_kernel_walker *walker, unsigned int level)
{
	const struct vmscope_kernel_table *t = &walker->tables[level - 1];
	u64 entry = t->entries[0];
	struct vmscope_kernel_same same = {
		.physical = t->physical,
		.level = level,
		.entry = entry,
	};

	if (!(entry & PLACE_MASK))
		return false;
	if (vmscope_entry_is_table(entry, level)) {
		const struct vmscope_kernel_same *below =
			&walker->same[level - 2];

		if (!below->physical ||
		    below->physical != (entry & PTE_PFN_MASK) ||
		    !is_moot(below, t->differ))
			return false;
		same.level = below->level;
		same.entry = below->entry;
		same.way = way_join(entry, below->way);
	} else {
		if (t->differ)
			return false;
		/* neutral: what the leaf itself allows is not of the way */
		same.way = WAY_ALLOWS;
	}
	walker->same[level - 1] = same;
	return true;
}

/*
 * descend() - read the tables on the way to the cursor
 * @same: out: the whole table maps the same page all over
 *
 * Return: the level of the last of them, or -EAGAIN.
 */
static int descend(struct vmscope_kernel_walker *walker, bool *same)
{
	unsigned int level = vmscope_arch_levels();
	u64 address = walker->cursor;
	u64 physical = walker->root;
	u64 way = WAY_ALLOWS;
	int err;

	*same = false;
	for (;; level--) {
		const struct vmscope_kernel_table *t =
			&walker->tables[level - 1];
		u64 entry;

		if (!t->known || t->physical != physical ||
		    (level != vmscope_arch_levels() &&
		     t->first != align_to(address, level + 1))) {
			err = read_table(walker, physical, address, level, way);
			if (err)
				return err;
		}
		*same = level != vmscope_arch_levels() &&
			is_same(walker, level);
		entry = t->entries[index_of(address, level)];
		if (*same || !vmscope_entry_is_table(entry, level))
			return level;
		way = way_join(way, entry);
		physical = entry & PTE_PFN_MASK;
	}
}

/* All of a table, from the cursor on. */
static bool tell_same(struct vmscope_kernel_walker *walker, unsigned int level)
{
	const struct vmscope_kernel_same *same = &walker->same[level - 1];
	u64 end = min(next_of(walker->cursor, level + 1), walker->end);

	walker->report.entries++;
	if (!walker->ops->leaves(walker, same->level, same->entry,
				 way_join(walker->tables[level - 1].way,
					  same->way),
				 walker->cursor, end))
		return false;
	walker->cursor = end;
	return true;
}

/* Entries of a table from the cursor on that lead to no table. */
static bool tell_leaves(struct vmscope_kernel_walker *walker,
			unsigned int level)
{
	const struct vmscope_kernel_table *t = &walker->tables[level - 1];
	unsigned int i = index_of(walker->cursor, level);

	while (i < VMSCOPE_TABLE_ENTRIES && walker->cursor != walker->end) {
		u64 entry = t->entries[i], end = walker->cursor;
		u64 bits = alike_bits(entry, level);

		if (vmscope_entry_is_table(entry, level))
			break;
		while (i < VMSCOPE_TABLE_ENTRIES && end < walker->end &&
		       alike_bits(t->entries[i], level) == bits) {
			end = next_of(end, level);
			walker->report.entries++;
			i++;
		}
		end = min(end, walker->end);
		if (entry && !walker->ops->leaves(walker, level, entry, t->way,
						  walker->cursor, end))
			return false;
		walker->cursor = end;
	}
	return true;
}

static void forget(struct vmscope_kernel_walker *walker)
{
	unsigned int i;

	for (i = 0; i < VMSCOPE_LEVELS; i++)
		walker->tables[i].known = false;
}

/**
 * vmscope_walk_kernel_init() - begin a walk of the kernel half
 * @walker: the walk; large
 * @mm: through whose top table; the caller holds mm_users until the walk is over
 * @user_root: through the one that user mode runs with
 * @start: first address, in the kernel half
 * @end: first address after the range, or VMSCOPE_RANGE_END
 * @ops: what to do on the way
 * @private: for @ops
 *
 * Return: 0; -EOPNOTSUPP where user mode has no table of its own.
 */
int vmscope_walk_kernel_init(struct vmscope_kernel_walker *walker,
			     const struct mm_struct *mm, bool user_root,
			     u64 start, u64 end,
			     const struct vmscope_kernel_ops *ops,
			     void *private)
{
	pgd_t *top = user_root ? vmscope_arch_user_root(mm) : mm->pgd;

	if (!top)
		return -EOPNOTSUPP;
	memset(walker, 0, sizeof(*walker));
	walker->ops = ops;
	walker->private = private;
	walker->cursor = start;
	walker->end = end;
	walker->root = __pa(top);
	return 0;
}

/**
 * vmscope_walk_kernel() - walk the kernel half
 * @walker: the walk
 *
 * May sleep. Takes no lock. After VMSCOPE_WALK_FULL it can be called again and
 * goes on at the cursor.
 *
 * Return: VMSCOPE_WALK_DONE, VMSCOPE_WALK_FULL when an op ended it, -EINTR on a
 * fatal signal, -EAGAIN when the way to the cursor kept changing.
 */
int vmscope_walk_kernel(struct vmscope_kernel_walker *walker)
{
	unsigned int attempts = 0;
	bool same, more;
	int level;

	/* what was copied before the caller slept may be old */
	forget(walker);
	while (walker->cursor != walker->end) {
		level = descend(walker, &same);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		if (level < 0) {
			if (++attempts == ATTEMPTS)
				return level;
			forget(walker);
			continue;
		}
		attempts = 0;
		more = same ? tell_same(walker, level) :
			      tell_leaves(walker, level);
		if (!more)
			return VMSCOPE_WALK_FULL;
	}
	return VMSCOPE_WALK_DONE;
}
