/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_PROCFS_H
#define _VMSCOPE_PROCFS_H

int vmscope_procfs_init(void);
void vmscope_procfs_exit(void);

#endif /* _VMSCOPE_PROCFS_H */
