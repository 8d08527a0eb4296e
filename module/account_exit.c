// SPDX-License-Identifier: GPL-2.0
/*
 * Watching processes end: hooked only while somebody watches.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/timekeeping.h>

#include "account.h"
#include "compat/exit.h"

/* Serializes hooking; protects hooked and state. */
static DEFINE_MUTEX(hook_lock);
static struct vmscope_exit_hook hook;
static bool hooked;
static enum vmscope_exits state;

/* Read by the hook, which unhooking waits for. */
static vmscope_exit_fn watchers[VMSCOPE_EXIT_WATCHERS];

static atomic_t trials = ATOMIC_INIT(0);

/*
 * As wait() would tell. The main thread's own code counts unless all were ended
 * together (wait_task_zombie()).
 */
static u32 wait_status(const struct task_struct *task)
{
	const struct signal_struct *signal = task->signal;

	return signal->flags & SIGNAL_GROUP_EXIT ?
		       signal->group_exit_code :
		       task->group_leader->exit_code;
}

static u32 parent_nr(const struct task_struct *task)
{
	u32 nr;

	rcu_read_lock();
	nr = task_tgid_nr(rcu_dereference(task->real_parent));
	rcu_read_unlock();
	return nr;
}

/*
 * The caller is the last thread of the process, so nobody else changes what is
 * read here but the threads before it, which are past counting faults. The
 * peak is what the process had in all programs that it executed, as getrusage()
 * has it: setmax_mm_hiwater_rss() has added the last one's a moment ago.
 */
static void fill(struct task_struct *task, struct vmscope_exit *exit)
{
	u64 now = ktime_get_ns();

	*exit = (struct vmscope_exit){
		.pid = task_tgid_nr(task),
		.parent = parent_nr(task),
		.uid = from_kuid(&init_user_ns, task_uid(task)),
		.status = wait_status(task),
		.cgroup = vmscope_account_cgroup(task),
		.time_ns = now,
		.lifetime_ns = now - task->group_leader->start_time,
	};
	memcpy(exit->comm, task->group_leader->comm, sizeof(exit->comm));
	vmscope_account_task(task, &exit->account);
	exit->account.peak_resident_bytes = (u64)task->signal->maxrss
					    << PAGE_SHIFT;
}

/* With preemption off, see struct vmscope_exit_hook. */
static void see_exit(struct task_struct *task)
{
	struct vmscope_exit exit;
	unsigned int i;

	if (task->flags & PF_KTHREAD) {
		atomic_inc(&trials);
		return;
	}
	/* a process that failed to execute its first program has none */
	if (!task->mm)
		return;
	fill(task, &exit);
	for (i = 0; i < VMSCOPE_EXIT_WATCHERS; i++) {
		vmscope_exit_fn fn = READ_ONCE(watchers[i]);

		if (fn)
			fn(task, &exit);
	}
}

static int trial(void *unused)
{
	return 0;
}

/*
 * Probes can be dead without an error: with kprobes/enabled or ftrace_enabled
 * at 0. A kernel thread that ends is an exit like any other.
 */
static bool is_alive(void)
{
	int before = atomic_read(&trials);
	struct task_struct *task = kthread_create(trial, NULL, "vmscope_trial");

	if (IS_ERR(task))
		return true; /* no memory to find out */
	kthread_stop(task);
	return atomic_read(&trials) != before;
}

/**
 * vmscope_exit_watch() - be told when a process ends
 * @watcher: who
 * @fn: called for each process with the task of its last thread, in that
 *	thread, with preemption off; must not sleep. Several processors may
 *	call it at a time
 *
 * May sleep. Return: 0 and exits are told from now on; -EOPNOTSUPP if the
 * kernel has nothing to hook; -EIO if its probes are dead. Watching again
 * changes nothing but tries again.
 */
int vmscope_exit_watch(enum vmscope_exit_watcher watcher, vmscope_exit_fn fn)
{
	int err = 0;

	mutex_lock(&hook_lock);
	WRITE_ONCE(watchers[watcher], fn);
	if (hooked)
		goto unlock;
	hook.fn = see_exit;
	err = vmscope_exit_hook_set(&hook);
	state = err ? VMSCOPE_EXITS_NONE : VMSCOPE_EXITS_ON;
	if (!err && !is_alive()) {
		vmscope_exit_hook_clear(&hook);
		state = VMSCOPE_EXITS_DEAD;
		err = -EIO;
	} else if (err) {
		err = -EOPNOTSUPP;
	}
	hooked = !err;
	if (err)
		WRITE_ONCE(watchers[watcher], NULL);
unlock:
	mutex_unlock(&hook_lock);
	return err;
}

/**
 * vmscope_exit_unwatch() - no more
 * @watcher: who; it may not have watched
 *
 * May sleep. When it returns, the watcher's function is not called any more,
 * and does not run.
 */
void vmscope_exit_unwatch(enum vmscope_exit_watcher watcher)
{
	unsigned int i;
	bool any = false;

	mutex_lock(&hook_lock);
	WRITE_ONCE(watchers[watcher], NULL);
	for (i = 0; i < VMSCOPE_EXIT_WATCHERS; i++)
		any |= !!watchers[i];
	if (!any) {
		if (hooked)
			vmscope_exit_hook_clear(&hook);
		hooked = false;
		state = VMSCOPE_EXITS_OFF;
	} else {
		/* the hook runs with preemption off */
		synchronize_rcu();
	}
	mutex_unlock(&hook_lock);
}

/* Are exits being told? The answer may be of a moment ago. */
enum vmscope_exits vmscope_exit_state(void)
{
	return READ_ONCE(state);
}
