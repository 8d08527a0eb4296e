/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The architecture's page-table entry, as plain numbers: bits, shifts, and how
 * an entry that is not present carries a type and a payload. Pure, so that
 * user-space tests compile it too; compat/arch.h holds these numbers against
 * the kernel's own at build time.
 *
 * x86-64. Bits 0..8, the frame and 63 are the processor's (Intel SDM volume 3,
 * "Paging"; AMD APM volume 2, "Page Translation"); 9..11 and 57..58 are Linux's
 * (arch/x86/include/asm/pgtable_types.h).
 */
#ifndef _VMSCOPE_COMPAT_ENTRY_H
#define _VMSCOPE_COMPAT_ENTRY_H

#include <linux/const.h>
#include <linux/types.h>

#define VMSCOPE_PAGE_SHIFT    12
#define VMSCOPE_TABLE_SHIFT   9
#define VMSCOPE_TABLE_ENTRIES 512U

/* log2 of the bytes that one entry of a table at @level covers */
#define VMSCOPE_LEVEL_SHIFT(level) (3 + VMSCOPE_TABLE_SHIFT * (level))

#define VMSCOPE_BIT_PRESENT    _BITULL(0)
#define VMSCOPE_BIT_WRITABLE   _BITULL(1)
#define VMSCOPE_BIT_USER       _BITULL(2)
#define VMSCOPE_BIT_PWT	       _BITULL(3)
#define VMSCOPE_BIT_PCD	       _BITULL(4)
#define VMSCOPE_BIT_ACCESSED   _BITULL(5)
#define VMSCOPE_BIT_DIRTY      _BITULL(6)
#define VMSCOPE_BIT_HUGE       _BITULL(7) /* above the pte level */
#define VMSCOPE_BIT_PAT	       _BITULL(7) /* at the pte level */
#define VMSCOPE_BIT_GLOBAL     _BITULL(8) /* of a present entry */
#define VMSCOPE_BIT_PROTNONE   _BITULL(8) /* of one that is not */
#define VMSCOPE_BIT_SPECIAL    _BITULL(9)
#define VMSCOPE_BIT_UFFD       _BITULL(10)
#define VMSCOPE_BIT_SOFT_DIRTY _BITULL(11)
#define VMSCOPE_BIT_PAT_HUGE   _BITULL(12) /* above the pte level */
#define VMSCOPE_BIT_NX	       _BITULL(63)

#define VMSCOPE_PKEY_SHIFT 59
#define VMSCOPE_PKEY_MASK  (0xfULL << VMSCOPE_PKEY_SHIFT)

#define VMSCOPE_FRAME_MASK 0x000ffffffffff000ULL

/*
 * Not present: type in bits 59..63, payload inverted in 9+5..58, because an
 * inverted payload points at memory that does not exist if the processor
 * speculates through it (L1TF). Bits 1..3 carry soft-dirty, uffd-wp and
 * exclusive.
 */
#define VMSCOPE_SWAP_TYPE_SHIFT	  59
#define VMSCOPE_SWAP_TYPE_BITS	  5
#define VMSCOPE_SWAP_OFFSET_SHIFT 9
#define VMSCOPE_SWAP_SOFT_DIRTY	  _BITULL(1)
#define VMSCOPE_SWAP_UFFD	  _BITULL(2)
#define VMSCOPE_SWAP_EXCLUSIVE	  _BITULL(3)

/* The bits of an entry that is not present which hold its payload. */
#define VMSCOPE_SWAP_PAYLOAD_MASK                 \
	((_BITULL(VMSCOPE_SWAP_TYPE_SHIFT) - 1) & \
	 ~(_BITULL(VMSCOPE_SWAP_OFFSET_SHIFT) - 1))

static inline unsigned int vmscope_entry_swap_type(__u64 entry)
{
	return entry >> VMSCOPE_SWAP_TYPE_SHIFT;
}

static inline __u64 vmscope_entry_swap_offset(__u64 entry)
{
	return ~entry << VMSCOPE_SWAP_TYPE_BITS >>
	       (VMSCOPE_SWAP_OFFSET_SHIFT + VMSCOPE_SWAP_TYPE_BITS);
}

/*
 * Does the entry hold a page, whether or not the MMU may use it right now?
 * PROTNONE stands for mprotect(PROT_NONE) and NUMA hints; HUGE alone for a
 * leaf that is being split (pmd_present() of the kernel says the same).
 */
static inline bool vmscope_entry_has_page(__u64 entry, unsigned int level)
{
	__u64 mask = VMSCOPE_BIT_PRESENT | VMSCOPE_BIT_PROTNONE;

	if (level > 1)
		mask |= VMSCOPE_BIT_HUGE;
	return entry & mask;
}

/* Does it end the walk with memory, in contrast to a further table? */
static inline bool vmscope_entry_is_leaf(__u64 entry, unsigned int level)
{
	return vmscope_entry_has_page(entry, level) &&
	       (level == 1 || entry & VMSCOPE_BIT_HUGE);
}

/* Does it point to a table of the next level? */
static inline bool vmscope_entry_is_table(__u64 entry, unsigned int level)
{
	return level > 1 && (entry & (VMSCOPE_BIT_PRESENT |
				      VMSCOPE_BIT_HUGE)) == VMSCOPE_BIT_PRESENT;
}

/*
 * The frame's address that an entry with a page or a table carries, with the
 * bits that encrypt memory, if there are such. An entry with a page that the
 * MMU may not use has its frame inverted, as protnone_mask() does against L1TF.
 */
static inline __u64 vmscope_entry_frame(__u64 entry, unsigned int level)
{
	__u64 mask = VMSCOPE_FRAME_MASK;

	if (!(entry & VMSCOPE_BIT_PRESENT))
		entry ^= VMSCOPE_FRAME_MASK;
	/* bit 12 of a huge leaf is PAT, and the rest below its size is 0 */
	if (level > 1 && entry & VMSCOPE_BIT_HUGE)
		mask &= ~(_BITULL(VMSCOPE_LEVEL_SHIFT(level)) - 1);
	return entry & mask;
}

/* A type number that no entry has. */
#define VMSCOPE_NO_TYPE 0xff

/**
 * struct vmscope_encoding - what differs between kernels in an entry
 * @frame_mask: bits of a frame, without those that encrypt memory
 * @zero_frame: physical address of the shared zero page
 * @saved_dirty: bit that stands for dirty while the dirty bit may not be set
 * @device: bit of a huge leaf on device memory; 0 where it is a special leaf
 * @huge_protnone_resident: smaps counts huge pages under PROTNONE
 * @swap_types: types below this are swap areas
 * @type_poison: page lost to a memory error
 * @type_swapin_error: page lost while it was read from swap (6.1)
 * @type_marker: no page; the payload's bits say what is to be known
 * @type_migration: first and last type of pages being moved
 * @type_device: first and last type of pages a device holds
 * @marker_uffd_wp: bit of a marker's payload; 0 where the kernel has none
 * @marker_poison: likewise
 * @marker_guard: likewise
 */
struct vmscope_encoding {
	__u64 frame_mask;
	__u64 zero_frame;
	__u64 saved_dirty;
	__u64 device;
	bool huge_protnone_resident;
	__u8 swap_types;
	__u8 type_poison;
	__u8 type_swapin_error;
	__u8 type_marker;
	__u8 type_migration[2];
	__u8 type_device[2];
	__u64 marker_uffd_wp;
	__u64 marker_poison;
	__u64 marker_guard;
};

#endif /* _VMSCOPE_COMPAT_ENTRY_H */
