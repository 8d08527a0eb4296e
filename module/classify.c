// SPDX-License-Identifier: GPL-2.0
#ifdef __KERNEL__
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#endif

#include "classify.h"

static struct vmscope_class class_of(u8 state, bool resident)
{
	return (struct vmscope_class){ .state = state, .resident = resident };
}

static bool type_in(u8 type, const u8 range[2])
{
	return type >= range[0] && type <= range[1];
}

static struct vmscope_class classify_marker(u64 entry,
					    const struct vmscope_encoding *enc)
{
	u64 marker = vmscope_entry_swap_offset(entry);

	if (marker & enc->marker_guard)
		return class_of(VMSCOPE_STATE_GUARD, false);
	if (marker & enc->marker_poison)
		return class_of(VMSCOPE_STATE_POISONED, false);
	if (marker & enc->marker_uffd_wp)
		return class_of(VMSCOPE_STATE_UFFD_WP, false);
	return class_of(VMSCOPE_STATE_UNKNOWN, false);
}

/*
 * Pages that are moved, that a device holds or that are poisoned count as
 * resident, because smaps counts what is_pfn_swap_entry() (softleaf_has_pfn()
 * on 7.x) says of them.
 */
static struct vmscope_class classify_absent(u64 entry,
					    const struct vmscope_encoding *enc)
{
	u8 type = vmscope_entry_swap_type(entry);

	if (type < enc->swap_types)
		return class_of(VMSCOPE_STATE_SWAPPED, false);
	if (type_in(type, enc->type_migration))
		return class_of(VMSCOPE_STATE_MIGRATING, true);
	if (type == enc->type_marker)
		return classify_marker(entry, enc);
	if (type == enc->type_poison)
		return class_of(VMSCOPE_STATE_POISONED, true);
	if (type == enc->type_swapin_error)
		return class_of(VMSCOPE_STATE_POISONED, false);
	if (type_in(type, enc->type_device))
		return class_of(VMSCOPE_STATE_DEVICE_PRIVATE, true);
	return class_of(VMSCOPE_STATE_UNKNOWN, false);
}

/*
 * A special entry is the zero page or has no struct page that counts
 * (vm_normal_page()). Above the pte level the zero page has a frame that is
 * not known here, but there is nothing else special outside of a PFN map.
 */
static struct vmscope_class
classify_special(u64 entry, unsigned int level,
		 const struct vmscope_context *context)
{
	u64 frame = vmscope_entry_frame(entry, level) &
		    context->enc->frame_mask;
	bool zero = level == 1 ? frame == context->enc->zero_frame :
				 !context->pfnmap && !context->mixed &&
					 !(entry & context->enc->device);

	return class_of(zero ? VMSCOPE_STATE_ZERO : VMSCOPE_STATE_DEVICE,
			false);
}

/*
 * A page that is kept though the MMU may not use it: by mprotect(PROT_NONE), by
 * a userfaultfd, or to see who accesses it next.
 */
static struct vmscope_class
classify_protnone(u64 entry, unsigned int level,
		  const struct vmscope_context *context)
{
	bool hint = context->accessible &&
		    !(context->rwp && entry & VMSCOPE_BIT_UFFD);
	bool resident = !(entry & VMSCOPE_BIT_SPECIAL) &&
			(level == 1 || context->enc->huge_protnone_resident);

	return class_of(hint ? VMSCOPE_STATE_NUMA_HINT : VMSCOPE_STATE_PROTNONE,
			resident);
}

/**
 * vmscope_classify() - what is this entry?
 * @entry: its value
 * @level: the level of its table; above VMSCOPE_LEVEL_PTE not for an entry that
 *	points to a table
 * @context: facts about the mapping
 *
 * Huge zero pages of kernels that do not mark them special come out as
 * PRESENT; the walk knows better (vmscope_frame_is_huge_zero()).
 */
struct vmscope_class vmscope_classify(u64 entry, unsigned int level,
				      const struct vmscope_context *context)
{
	bool special = entry & VMSCOPE_BIT_SPECIAL ||
		       (level > 1 &&
			(context->pfnmap || entry & context->enc->device));

	if (!entry)
		return class_of(VMSCOPE_STATE_NONE, false);
	if (context->kernel)
		return class_of(entry & VMSCOPE_BIT_PRESENT ?
					VMSCOPE_STATE_PRESENT :
					VMSCOPE_STATE_PROTNONE,
				false);
	if (!vmscope_entry_has_page(entry, level))
		return classify_absent(entry, context->enc);
	if (entry & VMSCOPE_BIT_PRESENT) {
		if (special)
			return classify_special(entry, level, context);
		return class_of(VMSCOPE_STATE_PRESENT, true);
	}
	if (!(entry & VMSCOPE_BIT_PROTNONE))
		return class_of(VMSCOPE_STATE_SPLITTING, !special);
	return classify_protnone(entry, level, context);
}

/*
 * The bits that two entries must share to be of one class for certain. Entries
 * that differ in others may still be: then a run only ends earlier.
 */
static u64 run_mask(u64 entry)
{
	if (!entry)
		return ~0ULL;
	if (entry & VMSCOPE_BIT_PRESENT)
		return entry & VMSCOPE_BIT_SPECIAL ?
			       VMSCOPE_BIT_PRESENT | VMSCOPE_BIT_SPECIAL |
				       VMSCOPE_FRAME_MASK :
			       VMSCOPE_BIT_PRESENT | VMSCOPE_BIT_SPECIAL;
	if (entry & VMSCOPE_BIT_PROTNONE)
		return VMSCOPE_BIT_PRESENT | VMSCOPE_BIT_PROTNONE |
		       VMSCOPE_BIT_SPECIAL | VMSCOPE_BIT_UFFD;
	return ~0ULL;
}

/* Swap entries differ in their payload; all types of swap areas are one. */
static bool both_swapped(u64 a, u64 b, const struct vmscope_encoding *enc)
{
	u64 mask = VMSCOPE_BIT_PRESENT | VMSCOPE_BIT_PROTNONE;

	return a && b && !((a | b) & mask) &&
	       vmscope_entry_swap_type(a) < enc->swap_types &&
	       vmscope_entry_swap_type(b) < enc->swap_types;
}

/**
 * vmscope_classify_run() - how many entries from the first on are of one class?
 * @entries: entries of a pte table, which may be live: what is said of an
 *	entry rests on one read of it
 * @count: their number, at least 1
 * @context: facts about the mapping
 * @class: out: the class
 *
 * Return: number of entries, 1 to @count.
 */
unsigned int vmscope_classify_run(const u64 *entries, unsigned int count,
				  const struct vmscope_context *context,
				  struct vmscope_class *class)
{
	u64 first = READ_ONCE(entries[0]);
	u64 mask = run_mask(first);
	unsigned int i = 1;

	*class = vmscope_classify(first, VMSCOPE_LEVEL_PTE, context);
	if (class->state == VMSCOPE_STATE_SWAPPED) {
		while (i < count &&
		       both_swapped(first, READ_ONCE(entries[i]), context->enc))
			i++;
		return i;
	}

	return i + vmscope_classify_alike(entries + i, count - i, first, mask);
}

/**
 * vmscope_classify_alike() - how many entries are like another one?
 * @entries: entries of a table, which may be live
 * @count: their number
 * @first: the value to compare with
 * @mask: the bits to compare
 *
 * Return: number of entries from the first on that agree, 0 to @count.
 */
unsigned int vmscope_classify_alike(const u64 *entries, unsigned int count,
				    u64 first, u64 mask)
{
	unsigned int i = 0;

	for (; i + 8 <= count; i += 8) {
		const u64 *e = entries + i;
		u64 diff = (READ_ONCE(e[0]) ^ first) |
			   (READ_ONCE(e[1]) ^ first);

		diff |= (READ_ONCE(e[2]) ^ first) | (READ_ONCE(e[3]) ^ first);
		diff |= (READ_ONCE(e[4]) ^ first) | (READ_ONCE(e[5]) ^ first);
		diff |= (READ_ONCE(e[6]) ^ first) | (READ_ONCE(e[7]) ^ first);
		if (diff & mask)
			break;
	}
	while (i < count && !((READ_ONCE(entries[i]) ^ first) & mask))
		i++;
	return i;
}

struct bit_name {
	u64 bit;
	u64 flag;
};

static const struct bit_name bits_of_any[] = {
	{ VMSCOPE_BIT_PRESENT, VMSCOPE_ENTRY_PRESENT },
	{ VMSCOPE_BIT_WRITABLE, VMSCOPE_ENTRY_WRITABLE },
	{ VMSCOPE_BIT_USER, VMSCOPE_ENTRY_USER },
	{ VMSCOPE_BIT_ACCESSED, VMSCOPE_ENTRY_ACCESSED },
	{ VMSCOPE_BIT_PWT, VMSCOPE_ENTRY_WRITE_THROUGH },
	{ VMSCOPE_BIT_PCD, VMSCOPE_ENTRY_CACHE_DISABLE },
	{ 0, 0 },
};

static const struct bit_name bits_of_leaf[] = {
	{ VMSCOPE_BIT_DIRTY, VMSCOPE_ENTRY_DIRTY },
	{ 0, 0 },
};

static const struct bit_name bits_of_user_leaf[] = {
	{ VMSCOPE_BIT_SPECIAL, VMSCOPE_ENTRY_SPECIAL },
	{ VMSCOPE_BIT_UFFD, VMSCOPE_ENTRY_UFFD_WP },
	{ VMSCOPE_BIT_SOFT_DIRTY, VMSCOPE_ENTRY_SOFT_DIRTY },
	{ 0, 0 },
};

static const struct bit_name bits_of_absent[] = {
	{ VMSCOPE_SWAP_SOFT_DIRTY, VMSCOPE_ENTRY_SOFT_DIRTY },
	{ VMSCOPE_SWAP_UFFD, VMSCOPE_ENTRY_UFFD_WP },
	{ VMSCOPE_SWAP_EXCLUSIVE, VMSCOPE_ENTRY_EXCLUSIVE },
	{ 0, 0 },
};

static u64 decode(u64 entry, const struct bit_name *name)
{
	u64 flags = 0;

	for (; name->bit; name++)
		if (entry & name->bit)
			flags |= name->flag;
	return flags;
}

/**
 * vmscope_classify_flags() - an entry's bits under the names of the ABI
 * @entry: its value
 * @level: the level of its table
 * @context: facts about the mapping
 *
 * Return: VMSCOPE_ENTRY_*.
 */
u64 vmscope_classify_flags(u64 entry, unsigned int level,
			   const struct vmscope_context *context)
{
	u64 pat = level > 1 ? VMSCOPE_BIT_PAT_HUGE : VMSCOPE_BIT_PAT;
	u64 flags;

	if (!entry)
		return 0;
	if (!vmscope_entry_has_page(entry, level))
		return context->kernel ? 0 : decode(entry, bits_of_absent);

	flags = decode(entry, bits_of_any);
	if (!(entry & VMSCOPE_BIT_NX))
		flags |= VMSCOPE_ENTRY_EXECUTABLE;
	if (!vmscope_entry_is_leaf(entry, level))
		return flags;

	flags |= VMSCOPE_ENTRY_LEAF | decode(entry, bits_of_leaf);
	if (entry & context->enc->saved_dirty)
		flags |= VMSCOPE_ENTRY_DIRTY;
	if (!context->kernel)
		flags |= decode(entry, bits_of_user_leaf);
	if (entry & pat)
		flags |= VMSCOPE_ENTRY_PAT;
	if (entry & VMSCOPE_BIT_GLOBAL)
		flags |= entry & VMSCOPE_BIT_PRESENT ? VMSCOPE_ENTRY_GLOBAL :
						       VMSCOPE_ENTRY_PROTNONE;
	return flags;
}

/**
 * vmscope_classify_bits() - which bits of an entry decide about flags?
 * @flags: VMSCOPE_ENTRY_*
 *
 * Return: bits in which two entries with a page must agree, so that they agree
 * in these flags; at any level.
 */
u64 vmscope_classify_bits(u64 flags)
{
	static const struct bit_name others[] = {
		{ VMSCOPE_BIT_NX, VMSCOPE_ENTRY_EXECUTABLE },
		{ VMSCOPE_BIT_PAT, VMSCOPE_ENTRY_PAT },
		{ VMSCOPE_BIT_GLOBAL, VMSCOPE_ENTRY_GLOBAL },
		{ VMSCOPE_BIT_PROTNONE, VMSCOPE_ENTRY_PROTNONE },
		{ 0, 0 },
	};
	static const struct bit_name *const tables[] = {
		bits_of_any,
		bits_of_leaf,
		bits_of_user_leaf,
		others,
	};
	const struct bit_name *name;
	unsigned int i;
	u64 bits = 0;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (name = tables[i]; name->bit; name++)
			if (flags & name->flag)
				bits |= name->bit;
	return bits;
}

/**
 * vmscope_classify_redact() - an entry without what only root may know
 * @entry: its value
 * @level: the level of its table
 * @enc: the kernel's encoding
 *
 * Return: @entry with the bits of a frame number or a swap offset as 0. What a
 * marker says is no secret and stays.
 */
u64 vmscope_classify_redact(u64 entry, unsigned int level,
			    const struct vmscope_encoding *enc)
{
	if (vmscope_entry_has_page(entry, level))
		return entry & ~VMSCOPE_FRAME_MASK;
	if (vmscope_entry_swap_type(entry) == enc->type_marker)
		return entry;
	return entry & ~VMSCOPE_SWAP_PAYLOAD_MASK;
}

/**
 * vmscope_classify_add() - account bytes of one class
 * @sums: where to
 * @class: their class
 * @level: level of their leaf
 * @bytes: how many
 * @hugetlb: they are in a hugetlb mapping, which smaps keeps out of Rss
 */
void vmscope_classify_add(struct vmscope_sums *sums, struct vmscope_class class,
			  unsigned int level, u64 bytes, bool hugetlb)
{
	sums->state_bytes[class.state] += bytes;
	if (class.resident && !hugetlb)
		sums->resident_bytes += bytes;
	if (class.state == VMSCOPE_STATE_PRESENT ||
	    class.state == VMSCOPE_STATE_ZERO ||
	    class.state == VMSCOPE_STATE_DEVICE)
		sums->leaf_bytes[level - 1] += bytes;
}

/*
 * Reading a process's memory spends its time in what follows. Entries are
 * settled in batches without a branch for each: two operations for an empty
 * one, three for a page, six where both alternate. What is said of a batch
 * rests on the one read that settled it.
 */
#define BATCH 8

static bool are_empty(const u64 *entries)
{
	u64 any = 0;
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < BATCH; i++)
		any |= READ_ONCE(entries[i]);
	return !any;
}

static bool are_plain(const u64 *entries)
{
	u64 any = 0, all = ~0ULL;
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < BATCH; i++) {
		u64 entry = READ_ONCE(entries[i]);

		any |= entry;
		all &= entry;
	}
	return all & VMSCOPE_BIT_PRESENT && !(any & VMSCOPE_BIT_SPECIAL);
}

/*
 * How many plain pages are in a batch whose other entries are empty? It is one
 * when as many are present as there are that are not 0.
 *
 * Return: 0 to BATCH, or -1 when there is anything else among them.
 */
static int count_plain(const u64 *entries)
{
	unsigned int i, present = 0, used = 0;
	u64 any = 0;

#pragma GCC unroll 8
	for (i = 0; i < BATCH; i++) {
		u64 entry = READ_ONCE(entries[i]);

		any |= entry;
		used += entry != 0;
		present += entry & VMSCOPE_BIT_PRESENT;
	}
	if (any & VMSCOPE_BIT_SPECIAL || present != used)
		return -1;
	return present;
}

/*
 * How many entries from the first on are plain pages or empty, as far as whole
 * batches tell? Adds the pages to @pages.
 */
static unsigned int sum_plain(const u64 *entries, unsigned int count,
			      unsigned int *pages)
{
	const u64 *end = entries + count / BATCH * BATCH;
	const u64 *at = entries;

	while (at != end) {
		const u64 *from = at;
		int n;

		while (at != end && are_plain(at))
			at += BATCH;
		*pages += at - from;
		while (at != end && are_empty(at))
			at += BATCH;
		/* a mixed one is likely to be followed by another */
		for (n = 1; at != end && n % BATCH; at += BATCH) {
			n = count_plain(at);
			if (n < 0)
				return at - entries;
			*pages += n;
		}
	}
	return at - entries;
}

/**
 * vmscope_classify_sum() - account the entries of a pte table
 * @sums: where to
 * @entries: its entries, which may be live: what is said of an entry rests on
 *	one read of it
 * @count: their number
 * @context: facts about the mapping, which is not of hugetlb
 */
void vmscope_classify_sum(struct vmscope_sums *sums, const u64 *entries,
			  unsigned int count,
			  const struct vmscope_context *context)
{
	const struct vmscope_class plain =
		class_of(VMSCOPE_STATE_PRESENT, true);
	unsigned int i = 0, pages = 0;
	struct vmscope_class class;

	while (i < count) {
		unsigned int run;

		i += sum_plain(entries + i, count - i, &pages);
		if (i == count)
			break;
		run = vmscope_classify_run(entries + i, count - i, context,
					   &class);
		if (class.state != VMSCOPE_STATE_NONE)
			vmscope_classify_add(sums, class, VMSCOPE_LEVEL_PTE,
					     (u64)run << VMSCOPE_PAGE_SHIFT,
					     false);
		i += run;
	}
	vmscope_classify_add(sums, plain, VMSCOPE_LEVEL_PTE,
			     (u64)pages << VMSCOPE_PAGE_SHIFT, false);
}

/**
 * vmscope_classify_finish() - the sums that follow from the others
 * @sums: sums over all entries of a mapping that are not empty
 * @virtual_bytes: the mapping's size
 * @hugetlb: it is a hugetlb mapping
 */
void vmscope_classify_finish(struct vmscope_sums *sums, u64 virtual_bytes,
			     bool hugetlb)
{
	u64 known = 0;
	unsigned int i;

	for (i = VMSCOPE_STATE_NONE + 1; i < VMSCOPE_STATES; i++)
		known += sums->state_bytes[i];

	sums->virtual_bytes = virtual_bytes;
	sums->state_bytes[VMSCOPE_STATE_NONE] = virtual_bytes - known;
	sums->present_bytes =
		sums->leaf_bytes[0] + sums->leaf_bytes[1] + sums->leaf_bytes[2];
	sums->swapped_bytes = sums->state_bytes[VMSCOPE_STATE_SWAPPED];
	sums->hugetlb_bytes = hugetlb ? sums->present_bytes : 0;
}

/* Every member of struct vmscope_sums is a __u64 that adds up. */
void vmscope_classify_merge(struct vmscope_sums *sums,
			    const struct vmscope_sums *other)
{
	const __u64 *from = (const __u64 *)other;
	__u64 *to = (__u64 *)sums;
	unsigned int i;

	for (i = 0; i < sizeof(*sums) / sizeof(*to); i++)
		to[i] += from[i];
}

/* The first row whose flags are all set, and none of those under without. */
static const struct {
	u64 with;
	u64 without;
	unsigned int kind;
} kinds[] = {
	{ VMSCOPE_MAP_SPECIAL, 0, VMSCOPE_KIND_VDSO },
	{ VMSCOPE_MAP_HUGETLB, 0, VMSCOPE_KIND_HUGETLB },
	{ VMSCOPE_MAP_PFNMAP, 0, VMSCOPE_KIND_DEVICE },
	{ VMSCOPE_MAP_IO, 0, VMSCOPE_KIND_DEVICE },
	{ VMSCOPE_MAP_HEAP, VMSCOPE_MAP_FILE, VMSCOPE_KIND_HEAP },
	{ VMSCOPE_MAP_STACK, VMSCOPE_MAP_FILE, VMSCOPE_KIND_STACK },
	{ VMSCOPE_MAP_SHARED, 0, VMSCOPE_KIND_SHARED },
	{ VMSCOPE_MAP_FILE | VMSCOPE_MAP_EXEC, 0, VMSCOPE_KIND_TEXT },
	{ VMSCOPE_MAP_FILE | VMSCOPE_MAP_WRITE, 0, VMSCOPE_KIND_DATA },
	{ VMSCOPE_MAP_FILE, 0, VMSCOPE_KIND_FILE },
	{ 0, 0, VMSCOPE_KIND_ANON },
};

/**
 * vmscope_classify_kind() - what is a mapping with these flags for?
 * @flags: VMSCOPE_MAP_*, with the internal ones
 *
 * Return: &enum vmscope_kind.
 */
unsigned int vmscope_classify_kind(u64 flags)
{
	unsigned int i = 0;

	while ((flags & kinds[i].with) != kinds[i].with ||
	       flags & kinds[i].without)
		i++;
	return kinds[i].kind;
}
