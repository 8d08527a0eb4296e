// SPDX-License-Identifier: GPL-2.0
/*
 * A tracer's life: made when the device is opened, set up by TRACE, attached to
 * tasks by its first target, started and stopped, freed when the device is
 * closed. What is hooked is unhooked before anything that the hooks read is
 * freed.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "access.h"
#include "ring.h"
#include "session_trace.h"

#define TRACE_FLAGS                                            \
	(VMSCOPE_TRACE_F_RECORDS | VMSCOPE_TRACE_F_OVERWRITE | \
	 VMSCOPE_TRACE_F_USER_STACK | VMSCOPE_TRACE_F_KERNEL_STACK)

#define WAKE_NS_DEFAULT (100 * NSEC_PER_MSEC)
#define WAKE_NS_MAX	(3600ULL * NSEC_PER_SEC)

/**
 * vmscope_tracer_create() - for an opener of the device
 *
 * Return: a tracer that traces nothing, or NULL without memory.
 */
struct vmscope_tracer *vmscope_tracer_create(void)
{
	struct vmscope_tracer *tracer =
		kzalloc(sizeof(*tracer), GFP_KERNEL_ACCOUNT);

	if (!tracer)
		return NULL;
	mutex_init(&tracer->lock);
	vmscope_fault_consumer_init(&tracer->consumer, &vmscope_record_ops,
				    false);
	vmscope_targets_init(&tracer->targets);
	return tracer;
}

static void stop(struct vmscope_tracer *tracer)
{
	WRITE_ONCE(tracer->started, false);
	vmscope_fault_stop(&tracer->consumer);
	tracer->time_ns += ktime_get_mono_fast_ns() - tracer->started_ns;
	tracer->missed += vmscope_fault_missed() - tracer->missed_at;
	if (tracer->rings)
		vmscope_ring_flush(tracer->rings);
}

/* Back to what it was before TRACE. */
static void tear_down(struct vmscope_tracer *tracer)
{
	if (tracer->started)
		stop(tracer);
	if (tracer->attached)
		vmscope_fault_detach(&tracer->consumer);
	tracer->attached = false;
	vmscope_targets_clear(&tracer->targets);
	vmscope_totals_free(rcu_dereference_protected(tracer->totals, true));
	RCU_INIT_POINTER(tracer->totals, NULL);
	if (tracer->rings)
		vmscope_ring_destroy(tracer->rings);
	tracer->rings = NULL;
	if (tracer->cred)
		put_cred(tracer->cred);
	tracer->cred = NULL;
	if (tracer->ns)
		put_pid_ns(tracer->ns);
	tracer->ns = NULL;
	tracer->is_set_up = false;
	tracer->time_ns = 0;
	tracer->missed = 0;
}

/**
 * vmscope_tracer_free() - the device is closed
 * @tracer: what its opener had; no request, mapping or poll of it is left
 *
 * May sleep.
 */
void vmscope_tracer_free(struct vmscope_tracer *tracer)
{
	if (tracer->is_set_up)
		tear_down(tracer);
	kfree(tracer);
}

/* All that the mask may have; 0 stands for all. */
static bool fill_mask(u64 *mask, unsigned int count)
{
	u64 all = (1ULL << count) - 1;

	if (*mask & ~all)
		return false;
	if (!*mask)
		*mask = all;
	return true;
}

/* What was asked for, with what was left out, or -EINVAL. */
static int fill_in(struct vmscope_trace *trace)
{
	bool records = trace->flags & VMSCOPE_TRACE_F_RECORDS;

	if (trace->flags & ~TRACE_FLAGS || (!records && trace->flags) ||
	    !fill_mask(&trace->causes, VMSCOPE_CAUSES) ||
	    !fill_mask(&trace->origins, VMSCOPE_ORIGINS) ||
	    !fill_mask(&trace->accesses, VMSCOPE_ACCESSES))
		return -EINVAL;
	if (!trace->start && !trace->end)
		trace->end = VMSCOPE_RANGE_END;
	if (trace->start >= trace->end || trace->wake_ns > WAKE_NS_MAX)
		return -EINVAL;
	if (!trace->ring_bytes)
		trace->ring_bytes = VMSCOPE_RING_DEFAULT;
	if (!is_power_of_2(trace->ring_bytes) ||
	    trace->ring_bytes < VMSCOPE_RING_MIN ||
	    trace->ring_bytes > VMSCOPE_RING_MAX ||
	    trace->wake_bytes > trace->ring_bytes)
		return -EINVAL;
	if (!trace->wake_bytes)
		trace->wake_bytes = trace->ring_bytes / 4;
	if (!trace->wake_ns)
		trace->wake_ns = WAKE_NS_DEFAULT;
	if (!trace->sample)
		trace->sample = 1;
	return 0;
}

static int make_rings(struct vmscope_tracer *tracer)
{
	const struct vmscope_trace *config = &tracer->config;
	const struct vmscope_ring_shape shape = {
		.ring_bytes = config->ring_bytes,
		.wake_bytes = config->wake_bytes,
		.wake_ns = config->wake_ns,
		.overwrite = config->flags & VMSCOPE_TRACE_F_OVERWRITE,
	};
	struct vmscope_rings *rings;

	if (!(config->flags & VMSCOPE_TRACE_F_RECORDS))
		return 0;
	rings = vmscope_ring_create(&shape);
	if (IS_ERR(rings))
		return PTR_ERR(rings);
	tracer->rings = rings;
	return 0;
}

static int set_up(const struct vmscope_session *session,
		  const struct vmscope_trace *trace)
{
	struct vmscope_tracer *tracer = session->tracer;
	struct vmscope_totals *totals;
	int err;

	tracer->config = *trace;
	tracer->config.end -= tracer->config.start;
	tracer->is_set_up = true;
	tracer->everything = vmscope_access_all(session->file);
	tracer->frames = vmscope_access_frames(session->file);
	tracer->consumer.details = trace->flags & VMSCOPE_TRACE_F_RECORDS;
	tracer->cred = get_current_cred();
	tracer->ns = get_pid_ns(task_active_pid_ns(current));
	totals = vmscope_totals_create();
	rcu_assign_pointer(tracer->totals, totals);
	err = totals ? make_rings(tracer) : -ENOMEM;
	if (err)
		tear_down(tracer);
	return err;
}

static void tell_shape(const struct vmscope_tracer *tracer,
		       struct vmscope_trace *trace)
{
	trace->rings = 0;
	trace->map_bytes = 0;
	trace->data_offset = 0;
	trace->block_bytes = 0;
	if (!tracer->rings)
		return;
	trace->rings = nr_cpu_ids;
	trace->map_bytes = vmscope_ring_map_bytes(tracer->rings);
	trace->data_offset = PAGE_SIZE;
	trace->block_bytes = VMSCOPE_RING_BLOCK;
}

/**
 * vmscope_session_trace() - VMSCOPE_IOC_TRACE
 * @session: whose
 * @trace: in and out, as struct vmscope_trace says
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_trace(const struct vmscope_session *session,
			  struct vmscope_trace *trace)
{
	struct vmscope_tracer *tracer = session->tracer;
	int err;

	err = fill_in(trace);
	if (err)
		return err;
	if (!vmscope_fault_is_available())
		return -EOPNOTSUPP;
	mutex_lock(&tracer->lock);
	err = -EBUSY;
	if (tracer->started ||
	    (tracer->rings && vmscope_ring_is_mapped(tracer->rings)))
		goto out;
	if (tracer->is_set_up)
		tear_down(tracer);
	err = set_up(session, trace);
	if (!err)
		tell_shape(tracer, trace);
out:
	mutex_unlock(&tracer->lock);
	return err;
}

#define TASK_FLAGS \
	(VMSCOPE_F_PIDFD | VMSCOPE_TARGET_F_CHILDREN | VMSCOPE_TARGET_F_ON_EXEC)

/**
 * vmscope_session_trace_target() - VMSCOPE_IOC_TRACE_TARGET
 * @session: whose
 * @target: in, as struct vmscope_trace_target says
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_trace_target(const struct vmscope_session *session,
				 const struct vmscope_trace_target *target)
{
	struct vmscope_tracer *tracer = session->tracer;
	bool task = target->kind == VMSCOPE_TARGET_PROCESS ||
		    target->kind == VMSCOPE_TARGET_THREAD;
	int err = 0;

	if (target->flags & ~(task ? TASK_FLAGS : 0ULL) ||
	    target->kind > VMSCOPE_TARGET_ALL)
		return -EINVAL;
	mutex_lock(&tracer->lock);
	if (!tracer->is_set_up)
		err = -ENODATA;
	else if (!tracer->attached)
		err = vmscope_fault_attach(&tracer->consumer);
	if (err)
		goto out;
	tracer->attached = true;
	err = vmscope_targets_add(session, target);
out:
	mutex_unlock(&tracer->lock);
	return err;
}

static int start(struct vmscope_tracer *tracer)
{
	int err = 0;

	if (tracer->started)
		return -EALREADY;
	if (!tracer->attached)
		err = vmscope_fault_attach(&tracer->consumer);
	if (err)
		return err;
	tracer->attached = true;
	tracer->missed_at = vmscope_fault_missed();
	tracer->started_ns = ktime_get_mono_fast_ns();
	/* records of tasks may come from here on */
	WRITE_ONCE(tracer->started, true);
	err = vmscope_fault_start(&tracer->consumer);
	if (err)
		WRITE_ONCE(tracer->started, false);
	return err;
}

/* Those of before are waited for until nobody counts in them. */
static int reset(struct vmscope_tracer *tracer)
{
	struct vmscope_totals *totals = vmscope_totals_create();
	struct vmscope_totals *old;

	if (!totals)
		return -ENOMEM;
	old = rcu_replace_pointer(tracer->totals, totals,
				  lockdep_is_held(&tracer->lock));
	synchronize_rcu();
	vmscope_totals_free(old);
	tracer->missed = 0;
	tracer->missed_at = vmscope_fault_missed();
	tracer->time_ns = 0;
	tracer->started_ns = ktime_get_mono_fast_ns();
	return 0;
}

/**
 * vmscope_session_trace_control() - VMSCOPE_IOC_TRACE_CONTROL
 * @session: whose
 * @control: in, as struct vmscope_trace_control says
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_trace_control(const struct vmscope_session *session,
				  const struct vmscope_trace_control *control)
{
	struct vmscope_tracer *tracer = session->tracer;
	int err = -EINVAL;

	if (control->flags)
		return -EINVAL;
	mutex_lock(&tracer->lock);
	if (!tracer->is_set_up) {
		err = -ENODATA;
	} else if (control->op == VMSCOPE_TRACE_START) {
		err = start(tracer);
	} else if (control->op == VMSCOPE_TRACE_STOP) {
		err = tracer->started ? 0 : -EALREADY;
		if (!err)
			stop(tracer);
	} else if (control->op == VMSCOPE_TRACE_RESET) {
		err = reset(tracer);
	}
	mutex_unlock(&tracer->lock);
	return err;
}

static void merge_latency(struct vmscope_latency_sum *sum,
			  const struct vmscope_latency_sum *other)
{
	unsigned int i;

	sum->count += other->count;
	sum->total_ns += other->total_ns;
	if (other->max_ns > sum->max_ns) {
		sum->max_ns = other->max_ns;
		sum->max_time_ns = other->max_time_ns;
	}
	for (i = 0; i < VMSCOPE_HIST_BUCKETS; i++)
		sum->buckets[i] += other->buckets[i];
}

/* All before the latencies are __u64 that add up. */
static void merge_cause(struct vmscope_cause_sum *sum,
			const struct vmscope_cause_sum *other)
{
	const __u64 *from = (const __u64 *)other;
	__u64 *to = (__u64 *)sum;
	unsigned int i;

	for (i = 0; i < offsetof(typeof(*sum), latency) / sizeof(*to); i++)
		to[i] += from[i];
	for (i = 0; i < VMSCOPE_LATENCIES; i++)
		merge_latency(&sum->latency[i], &other->latency[i]);
}

static void merge_cpu(struct vmscope_trace_totals *reply,
		      struct vmscope_cause_sum causes[VMSCOPE_CAUSES],
		      const struct vmscope_cpu_totals *totals)
{
	unsigned int i;

	for (i = 0; i < VMSCOPE_CAUSES; i++)
		merge_cause(&causes[i], &totals->causes[i]);
	for (i = 0; i < VMSCOPE_LOSTS; i++)
		reply->lost[i] += totals->lost[i];
	reply->minor += totals->minor;
	reply->major += totals->major;
	reply->failed += totals->failed;
}

static void gather(struct vmscope_tracer *tracer,
		   struct vmscope_trace_totals *reply,
		   struct vmscope_cause_sum causes[VMSCOPE_CAUSES])
{
	const struct vmscope_totals *totals;
	unsigned int i, origin;
	int cpu;

	totals = rcu_dereference_protected(tracer->totals,
					   lockdep_is_held(&tracer->lock));
	for_each_possible_cpu(cpu)
		merge_cpu(reply, causes, totals->cpu[cpu]);
	for (i = 0; i < VMSCOPE_CAUSES; i++) {
		reply->faults += causes[i].count;
		for (origin = 0; origin < VMSCOPE_ORIGINS; origin++)
			reply->origins[origin] += causes[i].origins[origin];
	}
	if (tracer->rings)
		vmscope_ring_totals(tracer->rings, &reply->records,
				    reply->lost);
	reply->lost[VMSCOPE_LOST_PROBE] = tracer->missed;
	reply->lost[VMSCOPE_LOST_TARGET] = READ_ONCE(tracer->targets.lost);
	reply->targets = READ_ONCE(tracer->targets.count);
	reply->refused = READ_ONCE(tracer->targets.refused);
	reply->time_ns = tracer->time_ns;
	reply->running = tracer->started;
	if (!tracer->started)
		return;
	reply->lost[VMSCOPE_LOST_PROBE] +=
		vmscope_fault_missed() - tracer->missed_at;
	reply->time_ns += ktime_get_mono_fast_ns() - tracer->started_ns;
	reply->hooks_dead = vmscope_fault_test() == -EIO;
}

/**
 * vmscope_session_trace_totals() - VMSCOPE_IOC_TRACE_TOTALS
 * @session: whose
 * @totals: in and out, as struct vmscope_trace_totals says
 * @causes: in: zero; out: the sums, VMSCOPE_CAUSES of them
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_trace_totals(const struct vmscope_session *session,
				 struct vmscope_trace_totals *totals,
				 struct vmscope_cause_sum *causes)
{
	struct vmscope_tracer *tracer = session->tracer;
	int err = 0;

	if (totals->flags)
		return -EINVAL;
	*totals = (struct vmscope_trace_totals){
		.size = totals->size,
		.causes = totals->causes,
		.causes_len = totals->causes_len,
		.causes_size = totals->causes_size,
	};
	mutex_lock(&tracer->lock);
	if (tracer->is_set_up)
		gather(tracer, totals, causes);
	else
		err = -ENODATA;
	mutex_unlock(&tracer->lock);
	return err;
}

/**
 * vmscope_session_mmap() - map a ring
 * @session: whose
 * @vma: the mapping
 *
 * Return: 0, -ENODATA without rings, or what vmscope_ring_mmap() says. The
 * mmap_lock is held and the tracer's lock waits for faults under it
 * (copy_to_user() is not among them), so it must not be waited for here: -EAGAIN
 * while another request is being served.
 */
int vmscope_session_mmap(const struct vmscope_session *session,
			 struct vm_area_struct *vma)
{
	struct vmscope_tracer *tracer = session->tracer;
	int err = -ENODATA;

	if (!mutex_trylock(&tracer->lock))
		return -EAGAIN;
	if (tracer->rings)
		err = vmscope_ring_mmap(tracer->rings, vma);
	mutex_unlock(&tracer->lock);
	return err;
}

/**
 * vmscope_session_poll() - is there anything to read?
 * @session: whose
 * @wait: of poll()
 *
 * Return: EPOLL*; EPOLLERR without rings.
 */
__poll_t vmscope_session_poll(const struct vmscope_session *session,
			      struct poll_table_struct *wait)
{
	struct vmscope_tracer *tracer = session->tracer;
	__poll_t events = EPOLLERR;

	mutex_lock(&tracer->lock);
	if (tracer->rings)
		events = vmscope_ring_poll(tracer->rings,
					   (struct file *)session->file, wait);
	mutex_unlock(&tracer->lock);
	return events;
}
