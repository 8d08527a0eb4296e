/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session, the part that traces: what one opener traces, whom, and what comes
 * of it.
 */
#ifndef _VMSCOPE_SESSION_TRACE_H
#define _VMSCOPE_SESSION_TRACE_H

#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/vmscope_trace.h>
#include <linux/workqueue.h>

#include "fault.h"
#include "session.h"

struct cgroup;
struct cred;
struct pid_namespace;
struct vmscope_rings;

#define VMSCOPE_TARGET_BITS 10
/* So many processes and threads, and so many cgroups and uids each. */
#define VMSCOPE_TARGETS_MAX 65536
#define VMSCOPE_GROUPS_MAX  64

/**
 * struct vmscope_targets - whom a session traces
 * @all: everybody
 * @uids: real uids
 * @uids_len: how many
 * @cgroups: cgroups, held
 * @cgroups_len: how many
 * @lock: taken to change @table and what is in it
 * @table: processes and threads
 * @count: how many of them have not exited
 * @entries: how many there are in @table
 * @refused: given up at exec
 * @lost: children that there was no memory for
 * @ask: asks again for the right to those that called exec
 */
struct vmscope_targets {
	bool all;
	kuid_t uids[VMSCOPE_GROUPS_MAX];
	atomic_t uids_len;
	struct cgroup *cgroups[VMSCOPE_GROUPS_MAX];
	atomic_t cgroups_len;
	raw_spinlock_t lock;
	DECLARE_HASHTABLE(table, VMSCOPE_TARGET_BITS);
	u64 count;
	u64 entries;
	u64 refused;
	u64 lost;
	struct work_struct ask;
};

/**
 * struct vmscope_cpu_totals - what one CPU has counted
 * @causes: by cause
 * @minor: as the kernel counts them
 * @major: likewise
 * @failed: neither
 * @lost: by reason, but for what the rings count themselves
 * @sampled: faults since the last that was recorded
 * @callers: of the fault that is being recorded
 */
struct vmscope_cpu_totals {
	struct vmscope_cause_sum causes[VMSCOPE_CAUSES];
	u64 minor;
	u64 major;
	u64 failed;
	u64 lost[VMSCOPE_LOSTS];
	u64 sampled;
	u64 callers[2 * VMSCOPE_STACK_MAX];
};

/**
 * struct vmscope_totals - of each CPU
 * @cpus: length of @cpu
 * @cpu: by number; NULL where no CPU is possible
 */
struct vmscope_totals {
	unsigned int cpus;
	struct vmscope_cpu_totals *cpu[];
};

/**
 * struct vmscope_tracer - what one opener traces
 * @lock: held by each request
 * @is_set_up: TRACE was called; what follows is there
 * @attached: hooked to tasks
 * @started: hooked to faults
 * @config: what was asked for
 * @cred: who asked
 * @ns: in which pid namespace
 * @everything: may trace everybody
 * @frames: is told frame numbers and kernel addresses
 * @consumer: how it is told of faults
 * @targets: whom it is about
 * @totals: read with preemption off
 * @rings: NULL without records
 * @started_ns: when
 * @time_ns: how long before that
 * @missed_at: vmscope_fault_missed() when it was started
 * @missed: missed before that
 */
struct vmscope_tracer {
	struct mutex lock; /* one request at a time */
	bool is_set_up;
	bool attached;
	bool started;
	struct vmscope_trace config;
	const struct cred *cred;
	struct pid_namespace *ns;
	bool everything;
	bool frames;
	struct vmscope_fault_consumer consumer;
	struct vmscope_targets targets;
	struct vmscope_totals __rcu *totals;
	struct vmscope_rings *rings;
	u64 started_ns;
	u64 time_ns;
	u64 missed_at;
	u64 missed;
};

static inline struct vmscope_tracer *
vmscope_tracer_of(struct vmscope_fault_consumer *consumer)
{
	return container_of(consumer, struct vmscope_tracer, consumer);
}

/* session_target.c */
void vmscope_targets_init(struct vmscope_targets *targets);
void vmscope_targets_clear(struct vmscope_targets *targets);
int vmscope_targets_add(const struct vmscope_session *session,
			const struct vmscope_trace_target *target);
bool vmscope_targets_has(const struct vmscope_targets *targets,
			 struct task_struct *task);
bool vmscope_targets_fork(struct vmscope_tracer *tracer,
			  struct task_struct *parent,
			  struct task_struct *child);
bool vmscope_targets_exec(struct vmscope_tracer *tracer,
			  const struct linux_binprm *bprm);
bool vmscope_targets_exit(struct vmscope_tracer *tracer,
			  struct task_struct *task);
void vmscope_targets_gone(struct vmscope_tracer *tracer,
			  struct task_struct *task);

/* session_record.c */
extern const struct vmscope_fault_ops vmscope_record_ops;

struct vmscope_totals *vmscope_totals_create(void);
void vmscope_totals_free(struct vmscope_totals *totals);

#endif /* _VMSCOPE_SESSION_TRACE_H */
