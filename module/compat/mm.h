/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernels around mm_struct and vm_area_struct. Functions
 * are named and behave like the newest kernel's.
 */
#ifndef _VMSCOPE_COMPAT_MM_H
#define _VMSCOPE_COMPAT_MM_H

#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/mmap_lock.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/userfaultfd_k.h>
#include <linux/version.h>

#include "entry.h"

/*
 * Without it, nothing keeps a pmd table that hugetlb mappings share from being
 * freed while a processor that does not run the process reads it: its
 * tlb_remove_table_sync_one() is empty.
 */
#ifndef CONFIG_MMU_GATHER_RCU_TABLE_FREE
#error "vmscope needs a kernel with MMU_GATHER_RCU_TABLE_FREE"
#endif

/* Both came before v6.9: one seen and the other not is a probe gone wrong. */
#if defined(PID_FS_MAGIC) && !(defined(VMSCOPE_HAVE_USER_PATH) && \
			       defined(VMSCOPE_HAVE_INITIAL_HEAP))
#error "vmscope: the probes of compat/probes do not see what this kernel has"
#endif

/* is_vm_hugetlb_page() and hstate_vma() took no const before v6.12 and 7.x. */
static inline bool vmscope_vma_is_hugetlb(const struct vm_area_struct *vma)
{
	return is_vm_hugetlb_page((struct vm_area_struct *)vma);
}

static inline unsigned long
vmscope_vma_huge_page_size(const struct vm_area_struct *vma)
{
	return huge_page_size(hstate_vma((struct vm_area_struct *)vma));
}

/*
 * vma_is_initial_heap() and vma_is_initial_stack() came in v6.6. 6.1 tests
 * inside show_map_vma() and is_stack(), with "<=" where v6.6 has "<" for the
 * heap; as the name is compared with that kernel's /proc/PID/maps, so is this.
 */
static inline bool vmscope_vma_is_heap(const struct vm_area_struct *vma)
{
#ifdef VMSCOPE_HAVE_INITIAL_HEAP
	return vma_is_initial_heap(vma);
#else
	return vma->vm_start <= vma->vm_mm->brk &&
	       vma->vm_end >= vma->vm_mm->start_brk;
#endif
}

static inline bool vmscope_vma_is_main_stack(const struct vm_area_struct *vma)
{
	return vma->vm_start <= vma->vm_mm->start_stack &&
	       vma->vm_end >= vma->vm_mm->start_stack;
}

/*
 * The path a user knows a mapped file by. From v6.8 on an overlay's mapping
 * holds the lower file, which the user never named, and file_user_path() and
 * file_user_inode() lead back.
 */
static inline const struct path *vmscope_file_path(const struct file *file)
{
#ifdef VMSCOPE_HAVE_USER_PATH
	return file_user_path(file);
#else
	return &file->f_path;
#endif
}

static inline const struct inode *vmscope_file_inode(const struct file *file)
{
#ifdef VMSCOPE_HAVE_USER_PATH
	return file_user_inode(file);
#else
	return file_inode(file);
#endif
}

/*
 * The name that prctl(PR_SET_VMA_ANON_NAME) gave, or NULL; stable under the
 * mmap_lock. anon_vma_name() is not exported where it is more than NULL.
 */
static inline const char *
vmscope_vma_anon_name(const struct vm_area_struct *vma)
{
#ifdef CONFIG_ANON_VMA_NAME
	return vma->anon_name ? vma->anon_name->name : NULL;
#else
	return NULL;
#endif
}

/*
 * A number that a writer of the mmap_lock changes: kernels with per-VMA locks
 * count in mm_lock_seq at every write lock or unlock (vma_end_write_all(),
 * later mm_lock_seqcount_begin() and _end()). Stable while the lock is held
 * for read. It was an int first and became a seqcount_t, whose first member is
 * the number.
 */
static inline bool vmscope_mm_has_sequence(void)
{
	return IS_ENABLED(CONFIG_PER_VMA_LOCK);
}

static inline unsigned int vmscope_mm_sequence(const struct mm_struct *mm)
{
#ifdef CONFIG_PER_VMA_LOCK
	return READ_ONCE(*(const unsigned int *)&mm->mm_lock_seq);
#else
	return 0;
#endif
}

/*
 * Is the leaf of a pmd the shared huge zero page? Its frame number is not
 * exported. From v6.18 on such a leaf carries the special bit and needs no
 * look (pmd_mkspecial() in set_huge_zero_folio()). Before, the huge zero page
 * is the one huge page in a page table that belongs to nobody: neither
 * anonymous nor of a file, so its mapping is NULL.
 *
 * The frame may be taken back at any time: what this says holds if the entry,
 * read again afterwards, still leads there.
 */
static inline bool vmscope_frame_is_huge_zero(u64 frame)
{
#ifdef VMSCOPE_HAVE_HUGE_ZERO_SPECIAL
	return false;
#else
	unsigned long pfn = (frame & PTE_PFN_MASK) >> PAGE_SHIFT;

	return pfn_valid(pfn) && !READ_ONCE(pfn_to_page(pfn)->mapping);
#endif
}

/*
 * Does the mapping's userfaultfd ask for each access, not only for writes?
 * Then a PROTNONE entry with the uffd bit is its doing (userfaultfd_pte_rwp()).
 */
static inline bool vmscope_vma_is_rwp(const struct vm_area_struct *vma)
{
#ifdef VMSCOPE_HAVE_UFFD_RWP
	return userfaultfd_rwp((struct vm_area_struct *)vma);
#else
	return false;
#endif
}

/*
 * Flags that say what the mapping is, without those that may be set while it is
 * only read-locked (from v6.19 on, by MADV_GUARD_INSTALL).
 */
static inline unsigned long
vmscope_vma_lasting_flags(const struct vm_area_struct *vma)
{
#ifdef VM_ATOMIC_SET_ALLOWED
	return vma->vm_flags & ~VM_ATOMIC_SET_ALLOWED;
#else
	return vma->vm_flags;
#endif
}

/* vm_flags_set() came in v6.3, with it vm_flags became const. */
static inline void vmscope_vma_set_flags(struct vm_area_struct *vma,
					 unsigned long flags)
{
#ifdef VMSCOPE_HAVE_VM_FLAGS_SET
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

/*
 * One of the counters MM_*, in pages. From v6.2 on each is kept per processor
 * and get_mm_counter() is off by up to a batch for each of them; the exact sum
 * takes the counter's own spin lock. Before, threads kept up to 64 events to
 * themselves (SPLIT_RSS_COUNTING).
 */
static inline unsigned long vmscope_mm_counter(struct mm_struct *mm, int member)
{
#ifdef SPLIT_RSS_COUNTING
	return get_mm_counter(mm, member);
#else
	return percpu_counter_sum_positive(&mm->rss_stat[member]);
#endif
}

/*
 * How this kernel writes entries. The types of those that are not present shift
 * with its configuration, as include/linux/swap.h counts them down from the
 * end of the type space.
 */
static inline struct vmscope_encoding vmscope_encoding(void)
{
	struct vmscope_encoding enc = {
		.frame_mask = PTE_PFN_MASK,
		.huge_protnone_resident = LINUX_VERSION_CODE >=
					  KERNEL_VERSION(6, 6, 0),
		.zero_frame = (u64)page_to_pfn(ZERO_PAGE(0)) << PAGE_SHIFT,
		.swap_types = MAX_SWAPFILES,
		.type_poison = VMSCOPE_NO_TYPE,
		.type_swapin_error = VMSCOPE_NO_TYPE,
		.type_marker = VMSCOPE_NO_TYPE,
		.type_migration = { VMSCOPE_NO_TYPE, 0 },
		.type_device = { VMSCOPE_NO_TYPE, 0 },
	};

#ifdef _PAGE_SAVED_DIRTY
	enc.saved_dirty = _PAGE_SAVED_DIRTY;
#endif
#ifdef _PAGE_DEVMAP
	enc.device = _PAGE_DEVMAP;
#endif
#ifdef CONFIG_MEMORY_FAILURE
	enc.type_poison = SWP_HWPOISON;
#endif
#ifdef CONFIG_MIGRATION
	enc.type_migration[0] = SWP_MIGRATION_READ;
	enc.type_migration[1] = SWP_MIGRATION_WRITE;
#endif
#ifdef CONFIG_DEVICE_PRIVATE
	enc.type_device[0] = SWP_DEVICE_WRITE;
	enc.type_device[1] = SWP_DEVICE_WRITE + SWP_DEVICE_NUM - 1;
#endif
/* 6.1 has a type of its own, and markers only on request. */
#ifdef SWP_SWAPIN_ERROR
	enc.type_swapin_error = SWP_SWAPIN_ERROR;
#endif
#if !defined(SWP_SWAPIN_ERROR) || defined(CONFIG_PTE_MARKER)
	enc.type_marker = SWP_PTE_MARKER;
	enc.marker_uffd_wp = PTE_MARKER_UFFD_WP;
#endif
#ifdef PTE_MARKER_POISONED
	enc.marker_poison = PTE_MARKER_POISONED;
#endif
#ifdef PTE_MARKER_GUARD
	enc.marker_guard = PTE_MARKER_GUARD;
#endif
	return enc;
}

#endif /* _VMSCOPE_COMPAT_MM_H */
