// SPDX-License-Identifier: GPL-2.0
#include <linux/cgroup.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "account.h"
#include "compat/mm.h"
#include "target.h"

#define BYTES(pages) ((u64)(pages) << PAGE_SHIFT)

/*
 * Counters only: no walk, and no lock of the address space. Each is read by
 * itself, as /proc/PID/status does.
 */
static void read_mm(struct mm_struct *mm, struct vmscope_account *account)
{
	unsigned long resident = vmscope_mm_counter(mm, MM_FILEPAGES) +
				 vmscope_mm_counter(mm, MM_ANONPAGES) +
				 vmscope_mm_counter(mm, MM_SHMEMPAGES);
	unsigned long total = READ_ONCE(mm->total_vm);

	account->virtual_bytes = BYTES(total);
	account->resident_bytes = BYTES(resident);
	account->swapped_bytes = BYTES(vmscope_mm_counter(mm, MM_SWAPENTS));
	account->page_table_bytes = mm_pgtables_bytes(mm);
	account->peak_virtual_bytes =
		BYTES(max(READ_ONCE(mm->hiwater_vm), total));
	account->peak_resident_bytes =
		BYTES(max(READ_ONCE(mm->hiwater_rss), resident));
}

static void read_faults(struct task_struct *task,
			struct vmscope_account *account)
{
	const struct vmscope_target target = { .task = task };

	vmscope_target_faults(&target, &account->minor_faults,
			      &account->major_faults);
}

/**
 * vmscope_account_target() - figures of a process that is held
 * @target: a target with its mm
 * @account: out
 *
 * Does not sleep.
 */
void vmscope_account_target(const struct vmscope_target *target,
			    struct vmscope_account *account)
{
	read_mm(target->mm, account);
	read_faults(target->task, account);
}

/**
 * vmscope_account_task() - figures of a process, without holding its memory
 * @task: any of its threads; the caller holds a reference
 * @account: out
 *
 * The mm of a thread stays while its task_lock() is held: exit_mm() and exec
 * (exec_mmap()) take the lock to replace it. The first thread that still has
 * one will do, as the main thread may have ended before the others.
 *
 * Does not sleep. Return: 0, or -ENODATA if there is no user memory: it has
 * ended, or is a kernel thread.
 */
int vmscope_account_task(struct task_struct *task,
			 struct vmscope_account *account)
{
	struct task_struct *thread;
	int err = -ENODATA;

	/* a kernel thread may borrow a process's */
	if (task->flags & PF_KTHREAD)
		return err;
	rcu_read_lock();
	for_each_thread(task, thread) {
		task_lock(thread);
		if (thread->mm) {
			read_mm(thread->mm, account);
			err = 0;
		}
		task_unlock(thread);
		if (!err)
			break;
	}
	rcu_read_unlock();
	if (!err)
		read_faults(task, account);
	return err;
}

/**
 * vmscope_account_cgroup() - in which cgroup is a process?
 * @task: its task; the caller holds a reference, or it is the current one
 *
 * Return: the id in the hierarchy of version 2, which is the inode number of
 * its folder.
 */
u64 vmscope_account_cgroup(struct task_struct *task)
{
	u64 id;

	rcu_read_lock();
	id = cgroup_id(task_dfl_cgroup(task));
	rcu_read_unlock();
	return id;
}
