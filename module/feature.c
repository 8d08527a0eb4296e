// SPDX-License-Identifier: GPL-2.0
#include <linux/kconfig.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "access.h"
#include "compat/arch.h"
#include "compat/mm.h"
#include "feature.h"
#include "scan.h"

static bool has_fault_tracepoint __ro_after_init;

static void __init find_fault_tracepoint(struct tracepoint *tp, void *found)
{
	if (!strcmp(tp->name, "page_fault_user"))
		*(bool *)found = true;
}

void __init vmscope_feature_init(void)
{
	for_each_kernel_tracepoint(find_fault_tracepoint,
				   &has_fault_tracepoint);
}

static u64 kernel_start(void)
{
	return ~0ULL << (vmscope_arch_address_bits() - 1);
}

/**
 * vmscope_feature_is_kernel_half() - would it take the right to see there?
 * @address: any address
 */
bool vmscope_feature_is_kernel_half(u64 address)
{
	return address >= kernel_start();
}

/**
 * vmscope_feature_machine() - the shape of the address space
 * @info: out: page_size to pti
 */
void vmscope_feature_machine(struct vmscope_info *info)
{
	info->page_size = PAGE_SIZE;
	info->levels = vmscope_arch_levels();
	info->entries_per_table = VMSCOPE_TABLE_ENTRIES;
	info->leaf_sizes[0] = PAGE_SIZE;
	info->leaf_sizes[1] = vmscope_arch_has_huge_pmd() ? PMD_SIZE : 0;
	info->leaf_sizes[2] = vmscope_arch_has_huge_pud() ? PUD_SIZE : 0;
	info->user_end = vmscope_arch_user_end();
	info->kernel_start = kernel_start();
	info->address_bits = vmscope_arch_address_bits();
	info->physical_bits = vmscope_arch_physical_bits();
	info->pti = vmscope_arch_has_pti();
}

static u32 by_kernel(bool on)
{
	return on ? VMSCOPE_FEATURE_ON : VMSCOPE_FEATURE_OFF_KERNEL;
}

static u32 by_machine(bool on)
{
	return on ? VMSCOPE_FEATURE_ON : VMSCOPE_FEATURE_OFF_MACHINE;
}

static u32 by_boot(bool on)
{
	return on ? VMSCOPE_FEATURE_ON : VMSCOPE_FEATURE_OFF_BOOT;
}

static u32 by_rights(bool on)
{
	return on ? VMSCOPE_FEATURE_ON : VMSCOPE_FEATURE_OFF_RIGHTS;
}

static u32 kernel_half_state(const struct file *opener)
{
	switch (vmscope_access_kernel_half(opener)) {
	case 0:
		return VMSCOPE_FEATURE_ON;
	case -EPERM:
		return VMSCOPE_FEATURE_OFF_RIGHTS;
	default:
		return VMSCOPE_FEATURE_OFF_LOCKDOWN;
	}
}

/**
 * vmscope_feature_states() - is each feature there, and if not, why not?
 * @opener: whose rights are asked for
 * @states: out: &enum vmscope_feature_state in the order of &enum
 *	vmscope_feature_id
 */
void vmscope_feature_states(const struct file *opener,
			    u32 states[VMSCOPE_FEATURES])
{
	const struct vmscope_encoding *enc = vmscope_scan_encoding();
	const u32 all[] = {
		by_machine(vmscope_arch_levels() == 5),
		by_boot(vmscope_arch_has_pti()),
		by_machine(vmscope_arch_has_huge_pmd()),
		by_machine(vmscope_arch_has_huge_pud()),
		by_kernel(IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)),
		by_kernel(IS_ENABLED(CONFIG_HUGETLB_PAGE)),
		by_kernel(IS_ENABLED(CONFIG_SWAP)),
		by_kernel(IS_ENABLED(CONFIG_MEM_SOFT_DIRTY)),
		by_kernel(enc->marker_uffd_wp),
		by_kernel(enc->marker_guard),
		by_machine(vmscope_arch_has_pkeys()),
		by_kernel(vmscope_mm_has_sequence()),
		by_rights(vmscope_access_frames(opener)),
		kernel_half_state(opener),
		by_kernel(has_fault_tracepoint),
		by_kernel(IS_ENABLED(CONFIG_KRETPROBES)),
		by_kernel(IS_ENABLED(CONFIG_FPROBE)),
	};

	BUILD_BUG_ON(ARRAY_SIZE(all) != VMSCOPE_FEATURES);
	memcpy(states, all, sizeof(all));
}
