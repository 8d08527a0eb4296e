/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the walk and the INFO request need to know of the architecture, from
 * the kernel's own headers.
 */
#ifndef _VMSCOPE_COMPAT_ARCH_H
#define _VMSCOPE_COMPAT_ARCH_H

#include <linux/build_bug.h>
#include <linux/mem_encrypt.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

#include "entry.h"

#ifndef CONFIG_X86_64
#error "vmscope knows the page tables of x86-64 only"
#endif

/* 7.x renamed the bit when it began to serve read-write protection too. */
#ifdef _PAGE_BIT_UFFD
#define VMSCOPE_KERNEL_BIT_UFFD _PAGE_BIT_UFFD
#else
#define VMSCOPE_KERNEL_BIT_UFFD _PAGE_BIT_UFFD_WP
#endif

static inline void vmscope_arch_check(void)
{
	BUILD_BUG_ON(VMSCOPE_PAGE_SHIFT != PAGE_SHIFT);
	BUILD_BUG_ON(VMSCOPE_TABLE_ENTRIES != PTRS_PER_PTE);
	BUILD_BUG_ON(VMSCOPE_TABLE_ENTRIES != PTRS_PER_PMD);
	BUILD_BUG_ON(VMSCOPE_LEVEL_SHIFT(2) != PMD_SHIFT);
	BUILD_BUG_ON(VMSCOPE_LEVEL_SHIFT(3) != PUD_SHIFT);
	BUILD_BUG_ON(VMSCOPE_BIT_PRESENT != _PAGE_PRESENT);
	BUILD_BUG_ON(VMSCOPE_BIT_HUGE != _PAGE_PSE);
	BUILD_BUG_ON(VMSCOPE_BIT_PAT_HUGE != _PAGE_PAT_LARGE);
	BUILD_BUG_ON(VMSCOPE_BIT_PROTNONE != _PAGE_PROTNONE);
	BUILD_BUG_ON(VMSCOPE_BIT_SPECIAL != _PAGE_SPECIAL);
	BUILD_BUG_ON(VMSCOPE_BIT_UFFD != 1ULL << VMSCOPE_KERNEL_BIT_UFFD);
	BUILD_BUG_ON(VMSCOPE_BIT_SOFT_DIRTY != 1ULL << _PAGE_BIT_SOFT_DIRTY);
	BUILD_BUG_ON(VMSCOPE_PKEY_SHIFT != _PAGE_BIT_PKEY_BIT0);
	BUILD_BUG_ON(VMSCOPE_SWAP_TYPE_BITS != SWP_TYPE_BITS);
	BUILD_BUG_ON(VMSCOPE_SWAP_OFFSET_SHIFT != SWP_OFFSET_FIRST_BIT);
#ifdef CONFIG_MEM_SOFT_DIRTY
	BUILD_BUG_ON(VMSCOPE_SWAP_SOFT_DIRTY != _PAGE_SWP_SOFT_DIRTY);
#endif
#ifdef _PAGE_SWP_EXCLUSIVE
	BUILD_BUG_ON(VMSCOPE_SWAP_EXCLUSIVE != _PAGE_SWP_EXCLUSIVE);
#endif
}

static inline unsigned int vmscope_arch_levels(void)
{
	return pgtable_l5_enabled() ? 5 : 4;
}

static inline u64 vmscope_arch_user_end(void)
{
	return TASK_SIZE_MAX;
}

static inline unsigned int vmscope_arch_address_bits(void)
{
	return __VIRTUAL_MASK_SHIFT + 1;
}

static inline unsigned int vmscope_arch_physical_bits(void)
{
	return boot_cpu_data.x86_phys_bits;
}

/* The bit that marks a frame as encrypted; 0 where memory is not. */
static inline u64 vmscope_arch_encrypted(void)
{
	return sme_me_mask;
}

static inline bool vmscope_arch_has_pti(void)
{
	return boot_cpu_has(X86_FEATURE_PTI);
}

static inline bool vmscope_arch_has_la57(void)
{
	return boot_cpu_has(X86_FEATURE_LA57);
}

static inline bool vmscope_arch_has_huge_pmd(void)
{
	return boot_cpu_has(X86_FEATURE_PSE);
}

static inline bool vmscope_arch_has_huge_pud(void)
{
	return boot_cpu_has(X86_FEATURE_GBPAGES);
}

static inline bool vmscope_arch_has_pkeys(void)
{
	return boot_cpu_has(X86_FEATURE_OSPKE);
}

/*
 * A Xen PV guest's entries hold machine frames, which lead nowhere in its own
 * direct map: the walk cannot follow them.
 */
static inline bool vmscope_arch_can_walk(void)
{
	return !boot_cpu_has(X86_FEATURE_XENPV);
}

/*
 * Where a thread's thread-local storage begins; C libraries put it at the top
 * of the stack they make for the thread. What is saved in the task is as of
 * its last switch away, which is all right for something set once at start.
 */
static inline unsigned long vmscope_arch_tls(const struct task_struct *task)
{
	return READ_ONCE(task->thread.fsbase);
}

#endif /* _VMSCOPE_COMPAT_ARCH_H */
