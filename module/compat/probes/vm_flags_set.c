// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>

/* "mm: introduce vma->vm_flags wrapper functions", v6.3 */
void vmscope_probe(struct vm_area_struct *vma);

void vmscope_probe(struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_DONTCOPY);
}
