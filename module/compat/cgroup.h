/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cgroups, which a kernel may be built without: cgroup_get_from_fd() is declared
 * only where they are.
 */
#ifndef _VMSCOPE_COMPAT_CGROUP_H
#define _VMSCOPE_COMPAT_CGROUP_H

#include <linux/cgroup.h>
#include <linux/err.h>

static inline struct cgroup *vmscope_cgroup_from_fd(int fd)
{
#ifdef CONFIG_CGROUPS
	return cgroup_get_from_fd(fd);
#else
	return ERR_PTR(-EOPNOTSUPP);
#endif
}

static inline void vmscope_cgroup_put(struct cgroup *cgroup)
{
#ifdef CONFIG_CGROUPS
	cgroup_put(cgroup);
#endif
}

#endif /* _VMSCOPE_COMPAT_CGROUP_H */
