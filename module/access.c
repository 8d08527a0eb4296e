// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/binfmts.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/netlink.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/user_namespace.h>

#include "access.h"
#include "target.h"

/*
 * The question "may the caller look at this process?" has many parts: owner,
 * dumpable, capabilities in the right user namespace, Yama and other security
 * modules. The kernel answers it in mm_access(), which is not exported, and
 * answering it here once more would be wrong sooner or later. So the kernel is
 * asked: opening /proc/PID/pagemap runs mm_access(task, PTRACE_MODE_READ |
 * PTRACE_MODE_FSCREDS) with the caller's credentials (pagemap_open(),
 * proc_mem_open()), after the file's mode and owner were checked, and leaves
 * the mm_struct that the answer is about as the file's private data.
 *
 * It is opened in a procfs mount of our own, so that neither what the caller
 * has mounted at /proc, nor a chroot, nor hidepid decides: a path that the
 * caller could arrange is never followed.
 */
static struct vfsmount *proc_mount;

/* exec may replace the mm between the answer and its use; then ask again. */
#define ATTEMPTS 8

static struct file *open_pagemap(struct pid *pid)
{
	struct path root = {
		.mnt = proc_mount,
		.dentry = proc_mount->mnt_root,
	};
	int nr = pid_nr_ns(pid, proc_pid_ns(proc_mount->mnt_sb));
	char name[32];

	if (!nr)
		return ERR_PTR(-ESRCH);
	snprintf(name, sizeof(name), "%d/pagemap", nr);
	return file_open_root(&root, name, O_RDONLY | O_LARGEFILE, 0);
}

static int open_error(const struct vmscope_target *target, int err)
{
	int gone;

	switch (err) {
	case -ENOENT:
	case -ESRCH:
		gone = vmscope_target_gone(target);
		return gone ? gone : -ESRCH;
	case -ENOMEM:
	case -ENFILE:
	case -EINTR:
		return err;
	default:
		/* security modules have errors of their own for it */
		return -EACCES;
	}
}

static struct file *open_pagemap_as(struct pid *pid, const struct cred *cred)
{
	const struct cred *saved = override_creds(cred);
	struct file *file = open_pagemap(pid);

	revert_creds(saved);
	return file;
}

/*
 * mm_access() lets everybody look at itself, whatever credentials it has for
 * the moment. One that was handed somebody else's descriptor must not show
 * itself to that somebody, if it may do more.
 */
static bool shows_itself(const struct mm_struct *mm, const struct cred *cred)
{
	const struct cred *own = current_cred();

	return cred != own && mm == current->mm &&
	       !(own->user_ns == cred->user_ns &&
		 uid_eq(own->euid, cred->euid) &&
		 gid_eq(own->egid, cred->egid) &&
		 cap_issubset(own->cap_permitted, cred->cap_permitted));
}

/**
 * vmscope_access_mm() - take hold of a process's address space, if allowed
 * @target: a target without mm; gets it on success, with a reference that
 *	vmscope_target_put() drops
 * @cred: whose right counts; the caller holds them
 *
 * The right is the one that /proc/PID/pagemap would give now, and belongs to
 * just this mm: a process that execs something with other rights has another.
 *
 * May sleep. Return: 0, -EACCES, -ENXIO, -ENODATA, -ESRCH, -EAGAIN, -ENOMEM,
 * -ENFILE or -EINTR.
 */
int vmscope_access_mm(struct vmscope_target *target, const struct cred *cred)
{
	int err = -EAGAIN;
	unsigned int i;

	for (i = 0; i < ATTEMPTS && err == -EAGAIN; i++) {
		struct task_struct *task = target->task;
		struct mm_struct *mm;
		struct file *file;
		bool same;

		/* what it is, is no secret: any ps tells */
		err = vmscope_target_gone(target);
		if (!err) {
			file = open_pagemap_as(target->pid, cred);
			if (IS_ERR(file))
				err = open_error(target, PTR_ERR(file));
		}
		if (err) {
			if (err != -EACCES && vmscope_target_refresh(target))
				err = -EAGAIN;
			continue;
		}

		/* 6.1 opens a process without an mm, too */
		mm = file->private_data;
		task_lock(task);
		same = mm && task->mm == mm;
		task_unlock(task);

		/* the file keeps the struct, mmget_not_zero() the mappings */
		if (same && shows_itself(mm, cred))
			err = -EACCES;
		else if (same && mmget_not_zero(mm))
			target->mm = mm;
		else
			err = -EAGAIN;
		fput(file);
	}
	return err;
}

/**
 * vmscope_access_frames() - may frame numbers and swap offsets be told?
 * @opener: the file that the request came through
 *
 * As pagemap_open() does, the opener must have CAP_SYS_ADMIN in the initial
 * user namespace; in addition, so must the sender, because other than there the
 * target is chosen with the request. Asked without leaving a trace in the audit
 * log: a reader who gets less is no event.
 */
bool vmscope_access_frames(const struct file *opener)
{
	const struct cred *saved;
	bool allowed;

	if (!ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN))
		return false;
	saved = override_creds(opener->f_cred);
	allowed = ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
	revert_creds(saved);
	return allowed;
}

static bool may_trace_all(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN) ||
	       (ns_capable_noaudit(&init_user_ns, CAP_PERFMON) &&
		ns_capable_noaudit(&init_user_ns, CAP_SYS_PTRACE));
}

/**
 * vmscope_access_all() - may everybody's page faults be traced?
 * @opener: the file that the request came through
 *
 * Asked of both, as for frames. Who may do that is not asked about a single
 * process when it calls exec.
 */
bool vmscope_access_all(const struct file *opener)
{
	const struct cred *saved;
	bool allowed;

	if (!may_trace_all())
		return false;
	saved = override_creds(opener->f_cred);
	allowed = may_trace_all();
	revert_creds(saved);
	return allowed;
}

/**
 * vmscope_access_keeps() - does nothing speak against going on after an exec?
 * @cred: of who traces
 * @bprm: what the current task has begun to run
 *
 * For a context that cannot ask: no more than what mm_access() would grant for
 * sure. It is to be asked when that is possible.
 *
 * Return: the new program has just the tracer's ids, no capability that the
 * tracer lacks, and may be read.
 */
bool vmscope_access_keeps(const struct cred *cred,
			  const struct linux_binprm *bprm)
{
	const struct cred *now = current_cred();

	return !bprm->secureexec &&
	       !(bprm->interp_flags & BINPRM_FLAGS_ENFORCE_NONDUMP) &&
	       now->user_ns == cred->user_ns && uid_eq(now->uid, cred->fsuid) &&
	       uid_eq(now->euid, cred->fsuid) &&
	       uid_eq(now->suid, cred->fsuid) &&
	       gid_eq(now->gid, cred->fsgid) &&
	       gid_eq(now->egid, cred->fsgid) &&
	       gid_eq(now->sgid, cred->fsgid) &&
	       cap_issubset(now->cap_permitted, cred->cap_permitted);
}

/**
 * vmscope_access_kernel_half() - may kernel addresses be translated?
 * @opener: the file that the request came through
 *
 * Return: 0; -EPERM without CAP_SYS_ADMIN; -EACCES where the kernel is locked
 * down to confidentiality, as for /proc/kcore.
 */
int vmscope_access_kernel_half(const struct file *opener)
{
	if (!vmscope_access_frames(opener))
		return -EPERM;
	return security_locked_down(LOCKDOWN_KCORE) ? -EACCES : 0;
}

/**
 * vmscope_access_is_admin() - is the current process root?
 *
 * CAP_SYS_ADMIN in the initial user namespace; without a trace in the audit
 * log.
 */
bool vmscope_access_is_admin(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
}

/**
 * vmscope_access_message() - is a netlink message from root?
 * @skb: the message
 *
 * CAP_SYS_ADMIN in the initial user namespace, of who sent it and of who opened
 * the socket: a program with more rights that is made to write to a socket
 * which it did not open does not lend them.
 */
bool vmscope_access_message(const struct sk_buff *skb)
{
	return netlink_capable(skb, CAP_SYS_ADMIN);
}

/*
 * The whole answer rests on what pagemap_open() leaves in private_data. Should
 * a kernel ever change that, the module must not load.
 */
static int check_answer(void)
{
	struct file *file = open_pagemap(task_tgid(current));
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	err = current->mm && file->private_data == current->mm ? 0 :
								 -EOPNOTSUPP;
	fput(file);
	return err;
}

int vmscope_access_init(void)
{
	struct file_system_type *type = get_fs_type("proc");
	int err;

	if (!type)
		return -EOPNOTSUPP;
	/* the mount shows the processes of the namespace it is made in */
	if (task_active_pid_ns(current) != &init_pid_ns) {
		pr_err("can only be loaded from the initial pid namespace\n");
		return -EINVAL;
	}
	/* procfs cannot be a module, so type needs no put */
	proc_mount = kern_mount(type);
	if (IS_ERR(proc_mount))
		return PTR_ERR(proc_mount);

	err = check_answer();
	if (err) {
		pr_err("cannot ask this kernel for permissions: /proc/PID/pagemap gives %d\n",
		       err);
		kern_unmount(proc_mount);
	}
	return err;
}

void vmscope_access_exit(void)
{
	kern_unmount(proc_mount);
}
