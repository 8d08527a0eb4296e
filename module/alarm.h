/* SPDX-License-Identifier: GPL-2.0 */
/*
 * alarm: figures of a process, a cgroup or the machine, measured at intervals
 * and told when they rise above a threshold. While no alarm is set, nothing is
 * measured.
 */
#ifndef _VMSCOPE_ALARM_H
#define _VMSCOPE_ALARM_H

#include <linux/types.h>
#include <linux/vmscope_netlink.h>

struct vmscope_target;

/**
 * struct vmscope_alarm - an alarm as it is told
 * @id: never 0; set by vmscope_alarm_set()
 * @what: &enum vmscope_alarm_what
 * @scope: &enum vmscope_alarm_scope
 * @pid: of the process, in the pid namespace of the current one; or 0
 * @cgroup: of the cgroup; or 0
 * @threshold: above this it is raised
 * @rearm: at this or below it is clear again; at most @threshold
 * @interval_ms: from one measurement to the next
 * @keep: it outlives the socket that set it
 * @state: &enum vmscope_alarm_state
 * @value: the last measurement, if there was one
 * @time_ns: when that was, CLOCK_MONOTONIC; 0 if there was none
 * @raised: how often it was raised
 */
struct vmscope_alarm {
	u32 id;
	u32 what;
	u32 scope;
	u32 pid;
	u64 cgroup;
	u64 threshold;
	u64 rearm;
	u32 interval_ms;
	bool keep;
	u32 state;
	u64 value;
	u64 time_ns;
	u64 raised;
};

typedef void (*vmscope_alarm_fn)(const struct vmscope_alarm *alarm);

int vmscope_alarm_init(vmscope_alarm_fn tell);
void vmscope_alarm_exit(void);

int vmscope_alarm_set(struct vmscope_alarm *alarm,
		      struct vmscope_target *target, u32 owner);
int vmscope_alarm_delete(u32 id);
void vmscope_alarm_delete_owned(u32 owner);
int vmscope_alarm_next(u32 id, struct vmscope_alarm *alarm);
unsigned int vmscope_alarm_count(void);

/* alarm_rule.c */
bool vmscope_alarm_is_rate(u32 what);
u64 vmscope_alarm_rate(u64 count, u64 ns);
u32 vmscope_alarm_judge(u32 state, u64 threshold, u64 rearm, u64 value);

#endif /* _VMSCOPE_ALARM_H */
