/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the architecture lays out the kernel half, and what an mm says of its user
 * half.
 *
 * The table is that of Documentation/arch/x86/x86_64/mm.rst, for four and five
 * levels. Where KASLR put the direct map, vmalloc and vmemmap is exported; where
 * the kernel itself lies in its part is not, and is seen when that is walked.
 */
#ifndef _VMSCOPE_COMPAT_LAYOUT_H
#define _VMSCOPE_COMPAT_LAYOUT_H

#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/vmscope_layout.h>
#include <asm/fixmap.h>
#include <asm/page_types.h>
#include <asm/pgtable.h>
#include <asm/sparsemem.h>

#ifdef CONFIG_KASAN
#include <asm/kasan.h>
#endif

/* The architecture's regions, and what is between, before and behind them. */
#define VMSCOPE_ARCH_REGIONS (2 * VMSCOPE_REGIONS + 1)

/* What stands for the end of all addresses. */
#define VMSCOPE_ARCH_END VMSCOPE_RANGE_END

/**
 * struct vmscope_arch_region - a part of the kernel half
 * @id: &enum vmscope_region
 * @start: first address
 * @end: first address after it, or VMSCOPE_ARCH_END
 */
struct vmscope_arch_region {
	u64 id;
	u64 start;
	u64 end;
};

static inline u64 vmscope_arch_kernel_start(void)
{
	return ~0ULL << __VIRTUAL_MASK_SHIFT;
}

static inline void vmscope_arch_add(struct vmscope_arch_region *regions,
				    unsigned int *len, u64 id, u64 start,
				    u64 end)
{
	u64 last = *len ? regions[*len - 1].end : vmscope_arch_kernel_start();

	/* a reserved size may reach further than KASLR left room for */
	if (start < last) {
		last = start;
		if (*len)
			regions[*len - 1].end = last;
	}
	if (last < start)
		regions[(*len)++] =
			(struct vmscope_arch_region){ VMSCOPE_REGION_UNUSED,
						      last, start };
	if (start < end)
		regions[(*len)++] =
			(struct vmscope_arch_region){ id, start, end };
}

/**
 * vmscope_arch_regions() - the kernel half, all of it
 * @regions: out: in ascending order, without gaps
 *
 * Return: how many there are.
 */
static inline unsigned int
vmscope_arch_regions(struct vmscope_arch_region regions[VMSCOPE_ARCH_REGIONS])
{
	const u64 physical = 1ULL << MAX_PHYSMEM_BITS;
	const struct vmscope_arch_region table[] = {
		{ VMSCOPE_REGION_GUARD, GUARD_HOLE_BASE_ADDR,
		  GUARD_HOLE_END_ADDR },
		{ VMSCOPE_REGION_LDT, LDT_BASE_ADDR, LDT_END_ADDR },
		{ VMSCOPE_REGION_DIRECT, PAGE_OFFSET, PAGE_OFFSET + physical },
		{ VMSCOPE_REGION_VMALLOC, VMALLOC_START, VMALLOC_END + 1 },
		{ VMSCOPE_REGION_VMEMMAP, VMEMMAP_START,
		  VMEMMAP_START +
			  (physical >> PAGE_SHIFT) * sizeof(struct page) },
#ifdef CONFIG_KASAN
		{ VMSCOPE_REGION_KASAN, KASAN_SHADOW_START, KASAN_SHADOW_END },
#endif
		{ VMSCOPE_REGION_CPU_ENTRY, CPU_ENTRY_AREA_BASE,
		  CPU_ENTRY_AREA_BASE + P4D_SIZE },
#ifdef CONFIG_X86_ESPFIX64
		{ VMSCOPE_REGION_ESPFIX, ESPFIX_BASE_ADDR,
		  ESPFIX_BASE_ADDR + P4D_SIZE },
#endif
#ifdef CONFIG_EFI
		{ VMSCOPE_REGION_EFI, EFI_VA_END, EFI_VA_START },
#endif
		{ VMSCOPE_REGION_TEXT, __START_KERNEL_map, MODULES_VADDR },
		{ VMSCOPE_REGION_MODULES, MODULES_VADDR, MODULES_END },
		{ VMSCOPE_REGION_FIXMAP, FIXADDR_TOT_START, VSYSCALL_ADDR },
		{ VMSCOPE_REGION_VSYSCALL, VSYSCALL_ADDR,
		  VSYSCALL_ADDR + PAGE_SIZE },
		{ VMSCOPE_REGION_UNUSED, VSYSCALL_ADDR + PAGE_SIZE,
		  VMSCOPE_ARCH_END },
	};
	unsigned int len = 0, i;

	BUILD_BUG_ON(2 * ARRAY_SIZE(table) > VMSCOPE_ARCH_REGIONS);
	for (i = 0; i < ARRAY_SIZE(table); i++)
		vmscope_arch_add(regions, &len, table[i].id, table[i].start,
				 table[i].end);
	return len;
}

/*
 * The top table that user mode runs with, or NULL where that is the kernel's.
 * The option was renamed in v6.9.
 */
static inline pgd_t *vmscope_arch_user_root(const struct mm_struct *mm)
{
#if defined(CONFIG_MITIGATION_PAGE_TABLE_ISOLATION) || \
	defined(CONFIG_PAGE_TABLE_ISOLATION)
	if (boot_cpu_has(X86_FEATURE_PTI))
		return kernel_to_user_pgdp(mm->pgd);
#endif
	return NULL;
}

/* Where mmap looks for room; 32-bit processes have a base of their own. */
static inline void vmscope_arch_mmap_base(const struct mm_struct *mm, bool is32,
					  u64 *base, bool *bottom_up)
{
	unsigned long legacy = READ_ONCE(mm->mmap_legacy_base);

	*base = READ_ONCE(mm->mmap_base);
#ifdef CONFIG_HAVE_ARCH_COMPAT_MMAP_BASES
	if (is32) {
		*base = READ_ONCE(mm->mmap_compat_base);
		legacy = READ_ONCE(mm->mmap_compat_legacy_base);
	}
#endif
	*bottom_up = *base == legacy;
}

#endif /* _VMSCOPE_COMPAT_LAYOUT_H */
