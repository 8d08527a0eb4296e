// SPDX-License-Identifier: GPL-2.0
#include <linux/file.h>
#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seqlock.h>
#include <linux/threads.h>

#include "compat/arch.h"
#include "compat/pidfd.h"
#include "target.h"

static struct pid *pid_from_fd(u64 fd)
{
	struct file *file;
	struct pid *pid;

	if (fd > INT_MAX)
		return ERR_PTR(-EBADF);
	file = fget(fd);
	if (!file)
		return ERR_PTR(-EBADF);
	pid = vmscope_pidfd_pid(file);
	if (!IS_ERR(pid))
		get_pid(pid);
	fput(file);
	return pid;
}

static struct pid *pid_from_nr(u64 nr)
{
	struct pid *pid;

	/* not its main thread, which may have ended before the others */
	if (!nr)
		return get_task_pid(current, PIDTYPE_PID);
	if (nr > PID_MAX_LIMIT)
		return ERR_PTR(-EINVAL);
	pid = find_get_pid(nr);
	return pid ? pid : ERR_PTR(-ESRCH);
}

/**
 * vmscope_target_get() - hold the process that a caller means
 * @target: out: without an mm; untouched on error
 * @id: pid or tid in the current pid namespace, 0 for the current process
 * @pidfd: @id is a descriptor instead
 *
 * May sleep. Return: 0, -EINVAL, -EBADF or -ESRCH.
 */
int vmscope_target_get(struct vmscope_target *target, u64 id, bool pidfd)
{
	struct pid *pid = pidfd ? pid_from_fd(id) : pid_from_nr(id);
	struct task_struct *task;

	if (IS_ERR(pid))
		return PTR_ERR(pid);
	task = get_pid_task(pid, PIDTYPE_PID);
	if (!task) {
		put_pid(pid);
		return -ESRCH;
	}
	*target = (struct vmscope_target){ .pid = pid, .task = task };
	return 0;
}

/*
 * The main thread may have ended before the others: then one of these has the
 * address space. Under RCU.
 */
static struct task_struct *living_thread(struct task_struct *leader)
{
	struct task_struct *thread;

	if (leader->flags & PF_KTHREAD || READ_ONCE(leader->mm))
		return leader;
	for_each_thread(leader, thread)
		if (READ_ONCE(thread->mm) && task_pid(thread))
			return thread;
	return leader;
}

/**
 * vmscope_target_next() - hold the next process of a pid namespace
 * @target: out: without an mm; untouched on error
 * @ns: the namespace
 * @nr: in: the lowest pid to consider; out: the pid found
 *
 * Going on with @nr + 1 meets every process that lives throughout exactly once,
 * in the way /proc itself is read (next_tgid() in fs/proc/base.c).
 *
 * Return: 0, or -ESRCH when there is none left.
 */
int vmscope_target_next(struct vmscope_target *target, struct pid_namespace *ns,
			int *nr)
{
	struct task_struct *task = NULL;
	struct pid *pid;

	rcu_read_lock();
	while ((pid = find_ge_pid(*nr, ns))) {
		*nr = pid_nr_ns(pid, ns);
		task = pid_task(pid, PIDTYPE_TGID);
		if (task)
			break;
		++*nr;
	}
	if (task) {
		struct task_struct *thread = living_thread(task);
		struct pid *own = task_pid(thread);

		/* it may have ended since, and then has no number any more */
		if (thread != task && own) {
			task = thread;
			pid = own;
		}
		get_task_struct(task);
		get_pid(pid);
	}
	rcu_read_unlock();

	if (!task)
		return -ESRCH;
	*target = (struct vmscope_target){ .pid = pid, .task = task };
	return 0;
}

/**
 * vmscope_target_generation() - have processes come or gone?
 * @ns: a pid namespace
 *
 * Return: a number, never 0, that is another one when a process or thread of
 * the namespace has come or gone since: alloc_pid() moves the cursor of the
 * numbers and counts, free_pid() counts. That a whole round of numbers was
 * given out in between is not noticed.
 */
u32 vmscope_target_generation(struct pid_namespace *ns)
{
	return (idr_get_cursor(&ns->idr) * 31 + READ_ONCE(ns->pid_allocated)) |
	       1U << 31;
}

/**
 * vmscope_target_whole() - the process in place of one of its threads
 * @target: a target
 *
 * Return: 0, with the pid of the process in @target, or -ESRCH.
 */
int vmscope_target_whole(struct vmscope_target *target)
{
	struct pid *pid = get_task_pid(target->task, PIDTYPE_TGID);

	if (!pid)
		return -ESRCH;
	put_pid(target->pid);
	target->pid = pid;
	return 0;
}

/**
 * vmscope_target_put_mm() - let go of the address space only
 * @target: a target, with an mm or without
 *
 * May sleep: when the process has exited meanwhile, this may tear its address
 * space down, as a reader of /proc/PID/smaps may have to.
 */
void vmscope_target_put_mm(struct vmscope_target *target)
{
	if (target->mm)
		mmput(target->mm);
	target->mm = NULL;
}

/**
 * vmscope_target_put() - let go
 * @target: what vmscope_target_get() or vmscope_target_next() gave
 *
 * May sleep, as vmscope_target_put_mm() does.
 */
void vmscope_target_put(struct vmscope_target *target)
{
	vmscope_target_put_mm(target);
	put_task_struct(target->task);
	put_pid(target->pid);
}

/**
 * vmscope_target_gone() - why has this process no address space to look at?
 * @target: the process
 *
 * Return: -ENXIO for a kernel thread, -ENODATA for one that is exiting or a
 * zombie, 0 if it has one.
 */
int vmscope_target_gone(const struct vmscope_target *target)
{
	struct task_struct *task = target->task;
	int err = 0;

	task_lock(task);
	if (task->flags & PF_KTHREAD)
		err = -ENXIO;
	else if (!task->mm)
		err = -ENODATA;
	task_unlock(task);
	return err;
}

/**
 * vmscope_target_refresh() - has the process got another task?
 * @target: the process
 *
 * When a thread that is not the main one calls exec, it takes over the
 * process's id from the main thread (de_thread()).
 *
 * Return: true if so; then @target holds the new one.
 */
bool vmscope_target_refresh(struct vmscope_target *target)
{
	struct task_struct *task = get_pid_task(target->pid, PIDTYPE_PID);

	if (!task)
		return false;
	swap(task, target->task);
	put_task_struct(task);
	return task != target->task;
}

/**
 * vmscope_target_is_alive() - is there still a task of this number?
 * @pid: its identity; the caller holds a reference
 *
 * As long as there is, no other gets the number (free_pid() comes after
 * detach_pid() of the last).
 */
bool vmscope_target_is_alive(struct pid *pid)
{
	bool alive;

	rcu_read_lock();
	alive = pid_task(pid, PIDTYPE_PID);
	rcu_read_unlock();
	return alive;
}

/**
 * vmscope_target_start() - when did the process start?
 * @target: the process
 *
 * The main thread outlives the others in the list of tasks, but not in memory:
 * while a thread is in the list, under RCU, so is its group_leader
 * (task_ppid_nr_ns() relies on the same).
 *
 * Return: ns since boot, time asleep included. It is that of its main thread,
 * also after another has called exec (de_thread()).
 */
u64 vmscope_target_start(const struct vmscope_target *target)
{
	const struct task_struct *task = target->task;
	u64 start;

	rcu_read_lock();
	if (pid_alive(task))
		task = READ_ONCE(task->group_leader);
	start = task->start_boottime;
	rcu_read_unlock();
	return start;
}

/* The process's id as the current process knows it; 0 if it does not. */
int vmscope_target_nr(const struct vmscope_target *target)
{
	return task_tgid_vnr(target->task);
}

static void sum_faults(const struct task_struct *task, u64 *minor, u64 *major)
{
	const struct task_struct *thread;

	*minor = task->signal->min_flt;
	*major = task->signal->maj_flt;
	for_each_thread(task, thread) {
		*minor += READ_ONCE(thread->min_flt);
		*major += READ_ONCE(thread->maj_flt);
	}
}

/**
 * vmscope_target_faults() - page faults of all threads, past ones included
 * @target: the process
 * @minor: out: without I/O
 * @major: out: with I/O
 *
 * A thread that exits moves its counts to the signal struct and leaves the list
 * under stats_lock (__exit_signal()). If that happens meanwhile, the sum is
 * made again with the lock held, so that each count is in it exactly once. The
 * task holds its signal struct, and with it the list, until it is put.
 */
void vmscope_target_faults(const struct vmscope_target *target, u64 *minor,
			   u64 *major)
{
	struct signal_struct *sig = target->task->signal;
	unsigned long flags;
	unsigned int seq;

	rcu_read_lock();
	seq = read_seqbegin(&sig->stats_lock);
	sum_faults(target->task, minor, major);
	if (read_seqretry(&sig->stats_lock, seq)) {
		read_seqlock_excl_irqsave(&sig->stats_lock, flags);
		sum_faults(target->task, minor, major);
		read_sequnlock_excl_irqrestore(&sig->stats_lock, flags);
	}
	rcu_read_unlock();
}

/**
 * vmscope_target_tls() - where its threads' thread-local storage begins
 * @target: the process
 * @tls: out: one address per thread, without the main thread; not sorted
 * @max: at most so many
 *
 * Return: how many are in @tls.
 */
unsigned int vmscope_target_tls(const struct vmscope_target *target,
				unsigned long *tls, unsigned int max)
{
	struct task_struct *thread;
	unsigned int count = 0;

	rcu_read_lock();
	for_each_thread(target->task, thread) {
		if (thread_group_leader(thread))
			continue;
		if (count == max)
			break;
		tls[count++] = vmscope_arch_tls(thread);
	}
	rcu_read_unlock();
	return count;
}
