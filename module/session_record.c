// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of a fault that a session wants: totals of this CPU, and a
 * record.
 *
 * Callbacks of the fault engine: preemption is off, and those of one CPU do not
 * interrupt each other. So each CPU's totals have one writer; a reader may see
 * them in the middle of an update, and sees them whole once tracing is stopped.
 */
#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>

#include "classify.h"
#include "ring.h"
#include "scan.h"
#include "session_trace.h"

/**
 * vmscope_totals_create() - totals of all possible CPUs, at 0
 *
 * May sleep. Return: the totals, or NULL without memory.
 */
struct vmscope_totals *vmscope_totals_create(void)
{
	struct vmscope_totals *totals;
	int cpu;

	totals = kvzalloc(struct_size(totals, cpu, nr_cpu_ids),
			  GFP_KERNEL_ACCOUNT);
	if (!totals)
		return NULL;
	totals->cpus = nr_cpu_ids;
	for_each_possible_cpu(cpu) {
		totals->cpu[cpu] = __vmalloc(sizeof(*totals->cpu[cpu]),
					     GFP_KERNEL_ACCOUNT | __GFP_ZERO |
						     __GFP_NOWARN);
		if (!totals->cpu[cpu]) {
			vmscope_totals_free(totals);
			return NULL;
		}
	}
	return totals;
}

void vmscope_totals_free(struct vmscope_totals *totals)
{
	int cpu;

	if (!totals)
		return;
	for_each_possible_cpu(cpu)
		vfree(totals->cpu[cpu]);
	kvfree(totals);
}

static struct vmscope_cpu_totals *totals_here(struct vmscope_tracer *tracer)
{
	struct vmscope_totals *totals = rcu_dereference_sched(tracer->totals);

	return totals->cpu[smp_processor_id()];
}

static unsigned int bucket_of(u64 ns)
{
	unsigned int e;

	if (ns < 8)
		return ns;
	e = ilog2(ns);
	return min(8 * (e - 2) + (unsigned int)(ns >> (e - 3)) % 8,
		   VMSCOPE_HIST_BUCKETS - 1U);
}

static void add_latency(struct vmscope_latency_sum *sum, u64 ns, u64 end_ns)
{
	sum->count++;
	sum->total_ns += ns;
	sum->buckets[bucket_of(ns)]++;
	if (ns > sum->max_ns) {
		sum->max_ns = ns;
		sum->max_time_ns = end_ns;
	}
}

static void add_fault(struct vmscope_cpu_totals *totals,
		      const struct vmscope_fault *fault)
{
	struct vmscope_cause_sum *sum = &totals->causes[fault->cause];

	sum->count++;
	sum->origins[fault->origin]++;
	sum->accesses[fault->access]++;
	if (fault->calls > 1)
		sum->retries += fault->calls - 1;
	sum->around_pages += fault->around;
	sum->lock_wait_ns += fault->lock_wait_ns;
	if (fault->flags & VMSCOPE_FAULT_MAJOR) {
		sum->major++;
		totals->major++;
	} else if (fault->counted) {
		totals->minor++;
	} else if (fault->flags & VMSCOPE_FAULT_FAILED) {
		totals->failed++;
	}
	if (fault->flags & VMSCOPE_FAULT_HANDLER)
		add_latency(&sum->latency[VMSCOPE_LATENCY_HANDLER],
			    fault->handler_ns, fault->end_ns);
	if (fault->flags & VMSCOPE_FAULT_EXCEPTION)
		add_latency(&sum->latency[VMSCOPE_LATENCY_EXCEPTION],
			    fault->end_ns - fault->begin_ns, fault->end_ns);
}

static bool wants_fault(struct vmscope_fault_consumer *consumer, u64 address)
{
	const struct vmscope_tracer *tracer = vmscope_tracer_of(consumer);

	return address - tracer->config.start < tracer->config.end &&
	       vmscope_targets_has(&tracer->targets, current);
}

/* The rest of the filters, which only the end of a fault can answer. */
static bool passes(const struct vmscope_trace *config,
		   const struct vmscope_fault *fault)
{
	u64 ns = fault->handler_ns;

	if (fault->flags & VMSCOPE_FAULT_EXCEPTION)
		ns = fault->end_ns - fault->begin_ns;
	return config->causes >> fault->cause & 1 &&
	       config->origins >> fault->origin & 1 &&
	       config->accesses >> fault->access & 1 &&
	       ns >= config->min_latency_ns;
}

static u32 pid_of(const struct vmscope_tracer *tracer, struct task_struct *task)
{
	return task_tgid_nr_ns(task, tracer->ns);
}

static u32 tid_of(const struct vmscope_tracer *tracer, struct task_struct *task)
{
	return task_pid_nr_ns(task, tracer->ns);
}

/* Frame numbers and swap offsets are for whom they are told to. */
static u64 shown_entry(const struct vmscope_tracer *tracer,
		       const struct vmscope_peek *peek)
{
	if (tracer->frames || !peek->level)
		return peek->entry;
	return vmscope_classify_redact(peek->entry, peek->level,
				       vmscope_scan_encoding());
}

static void fill_record(const struct vmscope_tracer *tracer,
			const struct vmscope_fault *fault,
			struct vmscope_record_fault *record)
{
	struct task_struct *task = fault->task;
	bool user = fault->origin == VMSCOPE_ORIGIN_USER;

	record->pid = pid_of(tracer, task);
	record->tid = tid_of(tracer, task);
	record->target_pid = fault->flags & VMSCOPE_FAULT_REMOTE ? 0 :
								   record->pid;
	record->flags = fault->flags;
	record->cause = fault->cause;
	record->origin = fault->origin;
	record->access = fault->access;
	record->error_code = fault->error_code;
	record->fault_flags = fault->fault_flags;
	record->fault_result = (__force u32)fault->result;
	record->address = fault->address;
	if (user || tracer->frames)
		record->ip = fault->ip;
	if (!user && current->mm && !(current->flags & PF_KTHREAD))
		record->user_ip = instruction_pointer(task_pt_regs(task));
	if (!tracer->frames)
		record->flags |= VMSCOPE_FAULT_HIDDEN;
	if (fault->flags & VMSCOPE_FAULT_EXCEPTION)
		record->exception_ns = fault->end_ns - fault->begin_ns;
	record->handler_ns = fault->handler_ns;
	record->lock_wait_ns = fault->lock_wait_ns;
	record->entry_before = shown_entry(tracer, &fault->before);
	record->entry_after = shown_entry(tracer, &fault->after);
	record->level_before = fault->before.level;
	record->level_after = fault->after.level;
	record->signal = fault->signal;
	record->calls = fault->calls;
	record->around_pages = fault->around;
	if (fault->flags & VMSCOPE_FAULT_MAPPING) {
		record->map_start = fault->map.start;
		record->map_end = fault->map.end;
		record->map_flags = fault->map.flags;
		record->map_kind = fault->map.kind;
		record->offset = fault->map.offset;
		record->inode = fault->map.inode;
		record->device = fault->map.device;
	}
	memcpy(record->comm, task->comm, sizeof(record->comm));
	record->comm[sizeof(record->comm) - 1] = 0;
}

static bool is_sampled(const struct vmscope_tracer *tracer,
		       struct vmscope_cpu_totals *totals)
{
	if (++totals->sampled < tracer->config.sample)
		return false;
	totals->sampled = 0;
	return true;
}

/* Callers go behind the record, those in user mode first. */
struct stacks {
	unsigned int user;
	unsigned int kernel;
	bool cut;
};

static struct stacks take_stacks(const struct vmscope_tracer *tracer,
				 const struct vmscope_fault *fault, u64 *to)
{
	const unsigned int max = VMSCOPE_STACK_MAX;
	u64 flags = tracer->config.flags;
	struct stacks s = {};

	if (flags & VMSCOPE_TRACE_F_USER_STACK)
		s.user = vmscope_fault_user_stack(to, max, &s.cut);
	to += s.user;
	if (flags & VMSCOPE_TRACE_F_KERNEL_STACK && tracer->frames &&
	    fault->regs)
		s.kernel = vmscope_fault_kernel_stack(fault, to, max, &s.cut);
	return s;
}

static void record_fault(struct vmscope_tracer *tracer,
			 struct vmscope_cpu_totals *totals,
			 const struct vmscope_fault *fault)
{
	struct vmscope_record_fault *record;
	struct stacks stacks;
	unsigned int bytes;

	if (!is_sampled(tracer, totals)) {
		vmscope_ring_lose(tracer->rings, VMSCOPE_LOST_SAMPLED);
		return;
	}
	stacks = take_stacks(tracer, fault, totals->callers);
	bytes = (stacks.user + stacks.kernel) * sizeof(*totals->callers);
	record = vmscope_ring_reserve(tracer->rings, sizeof(*record) + bytes);
	if (!record)
		return;
	memset(record, 0, sizeof(*record));
	record->header.type = VMSCOPE_RECORD_FAULT;
	record->header.bytes = sizeof(*record) + bytes;
	record->header.cpu = smp_processor_id();
	record->header.time_ns = fault->end_ns;
	fill_record(tracer, fault, record);
	record->user_stack_len = stacks.user;
	record->kernel_stack_len = stacks.kernel;
	if (stacks.cut)
		record->flags |= VMSCOPE_FAULT_STACK_CUT;
	memcpy(record + 1, totals->callers, bytes);
	vmscope_ring_commit(tracer->rings);
}

static void see_fault(struct vmscope_fault_consumer *consumer,
		      const struct vmscope_fault *fault)
{
	struct vmscope_tracer *tracer = vmscope_tracer_of(consumer);
	struct vmscope_cpu_totals *totals = totals_here(tracer);

	if (!passes(&tracer->config, fault))
		return;
	add_fault(totals, fault);
	if (tracer->rings)
		record_fault(tracer, totals, fault);
}

static void see_lost(struct vmscope_fault_consumer *consumer)
{
	totals_here(vmscope_tracer_of(consumer))->lost[VMSCOPE_LOST_SLOT]++;
}

static void record_task(struct vmscope_tracer *tracer, unsigned int type,
			struct task_struct *task, struct task_struct *parent)
{
	struct vmscope_record_task *record;

	if (!tracer->rings || !READ_ONCE(tracer->started))
		return;
	record = vmscope_ring_reserve(tracer->rings, sizeof(*record));
	if (!record)
		return;
	*record = (struct vmscope_record_task){
		.header = {
			.type = type,
			.bytes = sizeof(*record),
			.cpu = smp_processor_id(),
			.time_ns = ktime_get_mono_fast_ns(),
		},
		.pid = pid_of(tracer, task),
		.tid = tid_of(tracer, task),
	};
	if (parent) {
		record->parent_pid = pid_of(tracer, parent);
		record->parent_tid = tid_of(tracer, parent);
	}
	memcpy(record->comm, task->comm, sizeof(record->comm));
	record->comm[sizeof(record->comm) - 1] = 0;
	vmscope_ring_commit(tracer->rings);
}

static void see_fork(struct vmscope_fault_consumer *consumer,
		     struct task_struct *parent, struct task_struct *child)
{
	struct vmscope_tracer *tracer = vmscope_tracer_of(consumer);

	if (vmscope_targets_fork(tracer, parent, child))
		record_task(tracer, VMSCOPE_RECORD_FORK, child, parent);
}

static void see_exec(struct vmscope_fault_consumer *consumer,
		     struct task_struct *task, const struct linux_binprm *bprm)
{
	struct vmscope_tracer *tracer = vmscope_tracer_of(consumer);

	if (vmscope_targets_exec(tracer, bprm))
		record_task(tracer, VMSCOPE_RECORD_EXEC, task, NULL);
}

static void see_exit(struct vmscope_fault_consumer *consumer,
		     struct task_struct *task)
{
	struct vmscope_tracer *tracer = vmscope_tracer_of(consumer);

	if (vmscope_targets_exit(tracer, task))
		record_task(tracer, VMSCOPE_RECORD_EXIT, task, NULL);
}

static void see_gone(struct vmscope_fault_consumer *consumer,
		     struct task_struct *task)
{
	vmscope_targets_gone(vmscope_tracer_of(consumer), task);
}

const struct vmscope_fault_ops vmscope_record_ops = {
	.wants = wants_fault,
	.fault = see_fault,
	.lost = see_lost,
	.fork = see_fork,
	.exec = see_exec,
	.exit = see_exit,
	.gone = see_gone,
};
