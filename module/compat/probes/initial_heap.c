// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>

/* "mm: factor out VMA stack and heap checks", v6.6 */
bool vmscope_probe(const struct vm_area_struct *vma);

bool vmscope_probe(const struct vm_area_struct *vma)
{
	return vma_is_initial_heap(vma);
}
