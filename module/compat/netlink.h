/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_COMPAT_NETLINK_H
#define _VMSCOPE_COMPAT_NETLINK_H

#include <net/genetlink.h>

/*
 * "genetlink: add CAP_NET_ADMIN test for multicast bind", v6.7, and in stable
 * kernels. Without it whoever wants could listen to what is told of everybody.
 */
#ifndef GENL_MCAST_CAP_SYS_ADMIN
#error "vmscope needs a kernel that restricts generic netlink groups: 6.1.68 or later"
#endif

/*
 * Whether struct genl_family has callbacks for joining and leaving a group, set
 * by vmscope_genl_bind(). Without them a request shows that somebody may have
 * joined, and the end of a socket that somebody may have left.
 */
static inline void vmscope_genl_bind(struct genl_family *family,
				     int (*join)(int group),
				     void (*leave)(int group))
{
#ifdef VMSCOPE_HAVE_GENL_BIND
	family->bind = join;
	family->unbind = leave;
#endif
}

#endif /* _VMSCOPE_COMPAT_NETLINK_H */
