// SPDX-License-Identifier: GPL-2.0
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "account.h"
#include "alarm.h"
#include "alarm_list.h"

/* see alarm_list.h */
DEFINE_MUTEX(vmscope_alarms_lock);
LIST_HEAD(vmscope_alarms);

static unsigned int alarms_len;
static u32 last_id;
static bool closed; /* the module is being unloaded */

/*
 * Alarms about rates of cgroups: a process's faults must not be forgotten when
 * it ends. Taken with preemption off in the last thread of a process.
 */
static DEFINE_RAW_SPINLOCK(rates_lock);
static LIST_HEAD(rates);

static void count_ended(struct task_struct *task,
			const struct vmscope_exit *exit)
{
	struct vmscope_alarm_entry *entry;
	unsigned long flags;

	raw_spin_lock_irqsave(&rates_lock, flags);
	list_for_each_entry(entry, &rates, rates) {
		bool inside;

		rcu_read_lock();
		inside = task_under_cgroup_hierarchy(task, entry->cgroup);
		rcu_read_unlock();
		if (!inside)
			continue;
		entry->ended += exit->account.major_faults;
		if (entry->alarm.what == VMSCOPE_ALARM_WHAT_FAULTS)
			entry->ended += exit->account.minor_faults;
	}
	raw_spin_unlock_irqrestore(&rates_lock, flags);
}

/* Faults of the processes of a cgroup that have ended. */
u64 vmscope_alarm_ended(struct vmscope_alarm_entry *entry)
{
	unsigned long flags;
	u64 ended;

	raw_spin_lock_irqsave(&rates_lock, flags);
	ended = entry->ended;
	raw_spin_unlock_irqrestore(&rates_lock, flags);
	return ended;
}

static int rates_add(struct vmscope_alarm_entry *entry)
{
	unsigned long flags;
	int err;

	err = vmscope_exit_watch(VMSCOPE_EXIT_ALARM, count_ended);
	if (err)
		return -EOPNOTSUPP;
	raw_spin_lock_irqsave(&rates_lock, flags);
	list_add(&entry->rates, &rates);
	raw_spin_unlock_irqrestore(&rates_lock, flags);
	return 0;
}

static void rates_remove(struct vmscope_alarm_entry *entry)
{
	unsigned long flags;
	bool last;

	raw_spin_lock_irqsave(&rates_lock, flags);
	list_del_init(&entry->rates);
	last = list_empty(&rates);
	raw_spin_unlock_irqrestore(&rates_lock, flags);
	if (last)
		vmscope_exit_unwatch(VMSCOPE_EXIT_ALARM);
}

/**
 * vmscope_alarm_report() - what is told of an alarm
 * @entry: the alarm; the caller holds vmscope_alarms_lock
 * @alarm: out: as the current process knows it
 */
void vmscope_alarm_report(const struct vmscope_alarm_entry *entry,
			  struct vmscope_alarm *alarm)
{
	*alarm = entry->alarm;
	alarm->pid = entry->target.pid ? pid_vnr(entry->target.pid) : 0;
}

static void free_entry(struct vmscope_alarm_entry *entry)
{
	if (entry->target.task)
		vmscope_target_put(&entry->target);
	if (entry->cgroup)
		cgroup_put(entry->cgroup);
	kfree(entry);
}

/**
 * vmscope_alarm_remove() - take an alarm off the list and free it
 * @entry: the alarm
 *
 * May sleep; the caller holds vmscope_alarms_lock.
 */
void vmscope_alarm_remove(struct vmscope_alarm_entry *entry)
{
	list_del(&entry->list);
	alarms_len--;
	if (!list_empty(&entry->rates))
		rates_remove(entry);
	free_entry(entry);
}

static int add_entry(struct vmscope_alarm_entry *entry)
{
	int err;

	if (closed || alarms_len >= VMSCOPE_ALARMS_MAX || last_id == U32_MAX)
		return -ENOSPC;
	if (entry->cgroup && vmscope_alarm_is_rate(entry->alarm.what)) {
		err = rates_add(entry);
		if (err)
			return err;
	}
	entry->alarm.id = ++last_id;
	list_add_tail(&entry->list, &vmscope_alarms);
	alarms_len++;
	return 0;
}

/**
 * vmscope_alarm_set() - watch a figure from now on
 * @alarm: in: what to scope, cgroup, threshold to keep; out: all of it
 * @target: the process, without mm, if that is the scope; with the pid of the
 *	process, not of a thread. Its references are the alarm's on success,
 *	and still the caller's on error
 * @owner: the port of a socket, see vmscope_alarm_delete_owned(); or 0
 *
 * May sleep. Return: 0; -ENOSPC for too many; -ENOENT for no such cgroup;
 * -EOPNOTSUPP if exits cannot be watched, which the rate of a cgroup takes;
 * -ENOMEM.
 */
int vmscope_alarm_set(struct vmscope_alarm *alarm,
		      struct vmscope_target *target, u32 owner)
{
	struct vmscope_alarm_entry *entry =
		kzalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
	int err = 0;

	if (!entry)
		return -ENOMEM;
	INIT_LIST_HEAD(&entry->rates);
	entry->alarm = *alarm;
	entry->owner = owner;
	if (alarm->scope == VMSCOPE_ALARM_SCOPE_CGROUP) {
		entry->cgroup = cgroup_get_from_id(alarm->cgroup);
		if (IS_ERR(entry->cgroup)) {
			kfree(entry);
			return -ENOENT;
		}
	}

	mutex_lock(&vmscope_alarms_lock);
	err = add_entry(entry);
	if (!err) {
		if (target)
			entry->target = *target;
		vmscope_alarm_report(entry, alarm);
		vmscope_alarm_sample_now();
	}
	mutex_unlock(&vmscope_alarms_lock);
	if (err)
		free_entry(entry);
	return err;
}

/**
 * vmscope_alarm_delete() - no longer
 * @id: of the alarm
 *
 * May sleep. When it returns, the alarm is not told any more. Return: 0 or
 * -ENOENT.
 */
int vmscope_alarm_delete(u32 id)
{
	struct vmscope_alarm_entry *entry;
	int err = -ENOENT;

	mutex_lock(&vmscope_alarms_lock);
	list_for_each_entry(entry, &vmscope_alarms, list) {
		if (entry->alarm.id != id)
			continue;
		vmscope_alarm_remove(entry);
		err = 0;
		break;
	}
	mutex_unlock(&vmscope_alarms_lock);
	return err;
}

/**
 * vmscope_alarm_delete_owned() - the socket that set them is gone
 * @owner: its port
 *
 * May sleep.
 */
void vmscope_alarm_delete_owned(u32 owner)
{
	struct vmscope_alarm_entry *entry;
	struct vmscope_alarm_entry *next;

	mutex_lock(&vmscope_alarms_lock);
	list_for_each_entry_safe(entry, next, &vmscope_alarms, list)
		if (entry->owner == owner)
			vmscope_alarm_remove(entry);
	mutex_unlock(&vmscope_alarms_lock);
}

/**
 * vmscope_alarm_next() - the alarm with the lowest id from a number on
 * @id: the number
 * @alarm: out
 *
 * May sleep. Return: 0, or -ENOENT when there is none.
 */
int vmscope_alarm_next(u32 id, struct vmscope_alarm *alarm)
{
	struct vmscope_alarm_entry *entry;
	int err = -ENOENT;

	mutex_lock(&vmscope_alarms_lock);
	list_for_each_entry(entry, &vmscope_alarms, list) {
		if (entry->alarm.id < id)
			continue;
		vmscope_alarm_report(entry, alarm);
		err = 0;
		break;
	}
	mutex_unlock(&vmscope_alarms_lock);
	return err;
}

/* How many are set. The answer may be of a moment ago. */
unsigned int vmscope_alarm_count(void)
{
	return READ_ONCE(alarms_len);
}

/**
 * vmscope_alarm_init() - get ready; nothing is measured yet
 * @tell: called when an alarm changes its state. May sleep
 */
int vmscope_alarm_init(vmscope_alarm_fn tell)
{
	return vmscope_alarm_sample_init(tell);
}

/* No alarm is set, measured or told any more when it returns. May sleep. */
void vmscope_alarm_exit(void)
{
	struct vmscope_alarm_entry *entry;
	struct vmscope_alarm_entry *next;

	/* without alarms the work does not queue itself again */
	mutex_lock(&vmscope_alarms_lock);
	closed = true;
	list_for_each_entry_safe(entry, next, &vmscope_alarms, list)
		vmscope_alarm_remove(entry);
	mutex_unlock(&vmscope_alarms_lock);
	vmscope_alarm_sample_exit();
}
