/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_NETLINK_H
#define _VMSCOPE_NETLINK_H

int vmscope_netlink_init(void);
void vmscope_netlink_exit(void);

#endif /* _VMSCOPE_NETLINK_H */
