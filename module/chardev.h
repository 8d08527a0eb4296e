/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_CHARDEV_H
#define _VMSCOPE_CHARDEV_H

int vmscope_chardev_init(void);
void vmscope_chardev_exit(void);

#endif /* _VMSCOPE_CHARDEV_H */
