/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of room alarm share: the alarms that are set.
 */
#ifndef _VMSCOPE_ALARM_LIST_H
#define _VMSCOPE_ALARM_LIST_H

#include <linux/list.h>
#include <linux/mutex.h>

#include "alarm.h"
#include "target.h"

struct cgroup;

/**
 * struct vmscope_alarm_entry - an alarm that is set
 * @list: in vmscope_alarms, by rising id
 * @rates: in the list of those that exits count for; or empty
 * @alarm: what is told of it
 * @target: the process, held without its memory; all NULL without one
 * @cgroup: a reference; or NULL
 * @owner: the socket's port; 0 for none
 * @due_ns: when to measure
 * @last: of a rate: the count at the last measurement
 * @last_ns: when that was; 0 if there was none
 * @dipped: the count was lower than before, see rate_measure()
 * @in_pass: the pass over all processes that goes on is for this one, too
 * @sum: of the processes that the pass has met
 * @ended: of a cgroup's rate: faults of processes that have ended since it was
 *	set; protected by the lock of the list of rates
 */
struct vmscope_alarm_entry {
	struct list_head list;
	struct list_head rates;
	struct vmscope_alarm alarm;
	struct vmscope_target target;
	struct cgroup *cgroup;
	u32 owner;
	u64 due_ns;
	u64 last;
	u64 last_ns;
	bool dipped;
	bool in_pass;
	u64 sum;
	u64 ended;
};

/*
 * Protects all of it but @ended. Taken by requests and by the measuring work,
 * which lets go of it after each batch of processes.
 */
extern struct mutex vmscope_alarms_lock;
extern struct list_head vmscope_alarms;

void vmscope_alarm_report(const struct vmscope_alarm_entry *entry,
			  struct vmscope_alarm *alarm);
void vmscope_alarm_remove(struct vmscope_alarm_entry *entry);
u64 vmscope_alarm_ended(struct vmscope_alarm_entry *entry);

/* alarm_sample.c */
int vmscope_alarm_sample_init(vmscope_alarm_fn fn);
void vmscope_alarm_sample_exit(void);
void vmscope_alarm_sample_now(void);

#endif /* _VMSCOPE_ALARM_LIST_H */
