// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/userfaultfd_k.h>

/* "userfaultfd: read-write protection", 7.x */
bool vmscope_probe(struct vm_area_struct *vma);

bool vmscope_probe(struct vm_area_struct *vma)
{
	return userfaultfd_rwp(vma);
}
