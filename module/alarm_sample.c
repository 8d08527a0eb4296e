// SPDX-License-Identifier: GPL-2.0
#include <linux/cgroup.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include "account.h"
#include "alarm.h"
#include "alarm_list.h"

/* Processes measured between two times of letting go of the lock. */
#define BATCH 128

static struct workqueue_struct *queue;
static vmscope_alarm_fn tell_alarm;

static void tell(const struct vmscope_alarm_entry *entry)
{
	struct vmscope_alarm alarm;

	vmscope_alarm_report(entry, &alarm);
	tell_alarm(&alarm);
}

static u64 figure(u32 what, const struct vmscope_account *account)
{
	switch (what) {
	case VMSCOPE_ALARM_WHAT_FAULTS:
		return account->minor_faults + account->major_faults;
	case VMSCOPE_ALARM_WHAT_MAJOR_FAULTS:
		return account->major_faults;
	case VMSCOPE_ALARM_WHAT_RESIDENT:
		return account->resident_bytes;
	case VMSCOPE_ALARM_WHAT_SWAPPED:
		return account->swapped_bytes;
	default:
		return account->page_table_bytes;
	}
}

/* Events of the machine since it started, as /proc/vmstat has them. */
static u64 machine_count(u32 what)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[what == VMSCOPE_ALARM_WHAT_FAULTS ? PGFAULT : PGMAJFAULT];
}

/* An alarm of the machine's rates takes no look at processes. */
static bool needs_pass(const struct vmscope_alarm_entry *entry)
{
	return entry->alarm.scope == VMSCOPE_ALARM_SCOPE_CGROUP ||
	       (entry->alarm.scope == VMSCOPE_ALARM_SCOPE_MACHINE &&
		!vmscope_alarm_is_rate(entry->alarm.what));
}

/*
 * Turn a count into a rate. Return: false if there is none yet.
 *
 * The count of a cgroup can be lower than before: a process has left for
 * another cgroup; or it ended just now, and is neither among the live ones any
 * more nor among the ended ones yet. Of the latter nothing must remain at the
 * next time, or the faults of its whole life would seem to have happened in one
 * interval; so the lower count is believed when it is seen twice.
 */
static bool rate_measure(struct vmscope_alarm_entry *entry, u64 count, u64 now,
			 u64 *rate)
{
	bool first = !entry->last_ns;

	if (!first && count < entry->last && !entry->dipped) {
		entry->dipped = true;
		return false;
	}
	*rate = first || count < entry->last ?
			0 :
			vmscope_alarm_rate(count - entry->last,
					   now - entry->last_ns);
	entry->last = count;
	entry->last_ns = now;
	entry->dipped = false;
	return !first;
}

static void judge(struct vmscope_alarm_entry *entry, u64 value)
{
	struct vmscope_alarm *alarm = &entry->alarm;
	u64 now = ktime_get_ns();
	u32 before = alarm->state;

	if (vmscope_alarm_is_rate(alarm->what) &&
	    !rate_measure(entry, value, now, &value))
		return;
	alarm->value = value;
	alarm->time_ns = now;
	alarm->state = vmscope_alarm_judge(before, alarm->threshold,
					   alarm->rearm, value);
	if (alarm->state == before)
		return;
	if (alarm->state == VMSCOPE_ALARM_STATE_RAISED)
		alarm->raised++;
	/* that a figure is where it should be is no news at first */
	else if (before == VMSCOPE_ALARM_STATE_UNKNOWN)
		return;
	tell(entry);
}

/* The one that it was set for has ended. */
static void end(struct vmscope_alarm_entry *entry)
{
	entry->alarm.state = VMSCOPE_ALARM_STATE_ENDED;
	tell(entry);
	vmscope_alarm_remove(entry);
}

static void measure(struct vmscope_alarm_entry *entry)
{
	struct vmscope_account account;

	if (entry->alarm.scope == VMSCOPE_ALARM_SCOPE_MACHINE) {
		judge(entry, machine_count(entry->alarm.what));
		return;
	}
	vmscope_target_refresh(&entry->target);
	if (vmscope_account_task(entry->target.task, &account))
		end(entry);
	else
		judge(entry, figure(entry->alarm.what, &account));
}

static bool is_inside(const struct vmscope_alarm_entry *entry,
		      struct task_struct *task)
{
	bool inside;

	if (!entry->cgroup)
		return true;
	rcu_read_lock();
	inside = task_under_cgroup_hierarchy(task, entry->cgroup);
	rcu_read_unlock();
	return inside;
}

static void add_process(struct task_struct *task)
{
	struct vmscope_alarm_entry *entry;
	struct vmscope_account account;

	/* whose last thread ends is counted among the ended ones */
	if (!atomic_read(&task->signal->live) ||
	    vmscope_account_task(task, &account))
		return;
	list_for_each_entry(entry, &vmscope_alarms, list)
		if (entry->in_pass && is_inside(entry, task))
			entry->sum += figure(entry->alarm.what, &account);
}

/*
 * Add up all processes for the alarms in this pass. The lock is let go of
 * between batches; alarms may be set and deleted then.
 */
static void pass(void)
{
	struct vmscope_target target;
	unsigned int count = 0;
	int nr = 1;

	while (!vmscope_target_next(&target, &init_pid_ns, &nr)) {
		add_process(target.task);
		vmscope_target_put(&target);
		nr++;
		if (++count % BATCH)
			continue;
		mutex_unlock(&vmscope_alarms_lock);
		cond_resched();
		mutex_lock(&vmscope_alarms_lock);
	}
}

static void finish_pass(void)
{
	struct vmscope_alarm_entry *entry;
	struct vmscope_alarm_entry *next;

	list_for_each_entry_safe(entry, next, &vmscope_alarms, list) {
		if (!entry->in_pass)
			continue;
		entry->in_pass = false;
		if (entry->cgroup &&
		    !(READ_ONCE(entry->cgroup->self.flags) & CSS_ONLINE)) {
			end(entry);
			continue;
		}
		if (!list_empty(&entry->rates))
			entry->sum += vmscope_alarm_ended(entry);
		judge(entry, entry->sum);
	}
}

static void sample(struct work_struct *work);
static DECLARE_DELAYED_WORK(sample_work, sample);

static void sample(struct work_struct *work)
{
	struct vmscope_alarm_entry *entry;
	struct vmscope_alarm_entry *next;
	u64 now = ktime_get_ns();
	u64 due = U64_MAX;
	bool any = false;

	mutex_lock(&vmscope_alarms_lock);
	list_for_each_entry_safe(entry, next, &vmscope_alarms, list) {
		if (entry->due_ns > now)
			continue;
		entry->due_ns =
			now + (u64)entry->alarm.interval_ms * NSEC_PER_MSEC;
		entry->in_pass = needs_pass(entry);
		entry->sum = 0;
		if (entry->in_pass)
			any = true;
		else
			measure(entry);
	}
	if (any) {
		pass();
		finish_pass();
	}

	/* one that was set meanwhile has queued the work again by itself */
	list_for_each_entry(entry, &vmscope_alarms, list)
		due = min(due, entry->due_ns);
	now = ktime_get_ns();
	if (due != U64_MAX)
		queue_delayed_work(queue, &sample_work,
				   due > now ? nsecs_to_jiffies(due - now) : 0);
	mutex_unlock(&vmscope_alarms_lock);
}

/* There is a new alarm: see how things stand. vmscope_alarms_lock is held. */
void vmscope_alarm_sample_now(void)
{
	mod_delayed_work(queue, &sample_work, 0);
}

int vmscope_alarm_sample_init(vmscope_alarm_fn fn)
{
	tell_alarm = fn;
	queue = alloc_workqueue("vmscope_alarm", WQ_UNBOUND, 1);
	return queue ? 0 : -ENOMEM;
}

/* May sleep; nothing is measured any more when it returns. */
void vmscope_alarm_sample_exit(void)
{
	cancel_delayed_work_sync(&sample_work);
	destroy_workqueue(queue);
}
