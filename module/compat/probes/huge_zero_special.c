// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/huge_mm.h>

/*
 * "mm/huge_memory: mark PMD mappings of the huge zero folio special", v6.18;
 * the series that brought it also brought is_huge_zero_pfn().
 */
bool vmscope_probe(unsigned long pfn);

bool vmscope_probe(unsigned long pfn)
{
	return is_huge_zero_pfn(pfn);
}
