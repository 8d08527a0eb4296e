// SPDX-License-Identifier: GPL-2.0
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/user_namespace.h>

#include "compat/cgroup.h"
#include "target.h"
#include "target_choice.h"

/**
 * vmscope_choice_uid() - only the processes of one user
 * @choice: in and out
 * @uid: as known in the current user namespace
 *
 * Return: 0, or -EINVAL when there is no such user there.
 */
int vmscope_choice_uid(struct vmscope_choice *choice, u64 uid)
{
	if (uid > U32_MAX)
		return -EINVAL;
	choice->uid = make_kuid(current_user_ns(), uid);
	choice->by_uid = true;
	return uid_valid(choice->uid) ? 0 : -EINVAL;
}

/**
 * vmscope_choice_cgroup() - only the processes of one cgroup
 * @choice: in and out; to be given to vmscope_choice_put()
 * @fd: a descriptor of its directory
 *
 * May sleep. Return: 0, -EBADF when it is none of cgroup v2, or -EOPNOTSUPP.
 */
int vmscope_choice_cgroup(struct vmscope_choice *choice, u64 fd)
{
	struct cgroup *cgroup;

	if (fd > INT_MAX)
		return -EBADF;
	cgroup = vmscope_cgroup_from_fd(fd);
	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup) == -EOPNOTSUPP ? -EOPNOTSUPP : -EBADF;
	choice->cgroup = cgroup;
	return 0;
}

void vmscope_choice_put(struct vmscope_choice *choice)
{
	if (choice->cgroup)
		vmscope_cgroup_put(choice->cgroup);
	choice->cgroup = NULL;
}

static kuid_t effective_uid(const struct vmscope_target *target)
{
	kuid_t uid;

	rcu_read_lock();
	uid = __task_cred(target->task)->euid;
	rcu_read_unlock();
	return uid;
}

/**
 * vmscope_choice_has() - is a process meant?
 * @choice: which are
 * @target: the process
 *
 * What is said is of this moment: it may change user or cgroup at any time.
 */
bool vmscope_choice_has(const struct vmscope_choice *choice,
			const struct vmscope_target *target)
{
	bool has = true;

	if (choice->by_uid && !uid_eq(choice->uid, effective_uid(target)))
		return false;
	if (!choice->cgroup)
		return true;
	rcu_read_lock();
	has = task_under_cgroup_hierarchy(target->task, choice->cgroup);
	rcu_read_unlock();
	return has;
}

/* Its effective user, as known in the current user namespace. */
u64 vmscope_target_uid(const struct vmscope_target *target)
{
	return from_kuid_munged(current_user_ns(), effective_uid(target));
}
