/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_PROCFS_H
#define _VMSCOPE_PROCFS_H

#include <linux/proc_fs.h>

/* procfs_kernel.c */
extern const struct proc_ops vmscope_procfs_kernel_ops;

int vmscope_procfs_init(void);
void vmscope_procfs_exit(void);

#endif /* _VMSCOPE_PROCFS_H */
