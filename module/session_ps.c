// SPDX-License-Identifier: GPL-2.0
#include <linux/ktime.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/threads.h>

#include "access.h"
#include "session.h"
#include "session_ps.h"
#include "target.h"
#include "target_choice.h"

/*
 * Processes looked at for one request, shown or not: so a caller can tell how
 * far it is. Each takes a walk, or at least the opening of a file.
 */
#define PROCESSES_AT_ONCE 512

/* A process that seems to be gone is looked for again: see look_again(). */
#define LOOKS 3

/**
 * struct ps_scan - a pass under way
 * @session: whose
 * @ps: the request and its numbers
 * @choice: which processes are meant
 * @summary: of the process under way
 * @kinds: likewise; not told
 * @process: the row
 */
struct ps_scan {
	const struct vmscope_session *session;
	struct vmscope_ps *ps;
	struct vmscope_choice choice;
	struct vmscope_summary summary;
	struct vmscope_sums kinds[VMSCOPE_KINDS];
	struct vmscope_process process;
};

static void fill_row(struct ps_scan *scan, const struct vmscope_target *target,
		     u64 started)
{
	const struct vmscope_summary *s = &scan->summary;
	struct vmscope_process *process = &scan->process;

	*process = (struct vmscope_process){
		.pid = s->pid,
		.uid = vmscope_target_uid(target),
		.start_ns = vmscope_target_start(target),
		.threads = s->threads,
		.mappings = s->mappings,
		.sums = s->sums,
		.minor_faults = s->minor_faults,
		.major_faults = s->major_faults,
		.page_table_bytes = s->page_table_bytes,
		.kernel_stack_bytes = s->kernel_stack_bytes,
		.walk = s->walk,
		.scan_ns = ktime_get_ns() - started,
	};
	memcpy(process->comm, s->comm, sizeof(process->comm));
	memcpy(process->table_pages, s->table_pages,
	       sizeof(process->table_pages));
}

static void add_walk(struct vmscope_walk *sum, const struct vmscope_walk *walk)
{
	sum->holds += walk->holds;
	sum->entries += walk->entries;
	sum->tables += walk->tables;
	if (walk->layout == VMSCOPE_LAYOUT_CHANGED ||
	    sum->layout == VMSCOPE_LAYOUT_SAME)
		sum->layout = walk->layout;
}

/*
 * Look at one process, if it is meant and may be seen.
 *
 * Return: 0 with a row; 1 when it is not meant; one of the ABI's errors.
 */
static int look(struct ps_scan *scan, struct vmscope_target *target)
{
	u64 started = ktime_get_ns();
	int err;

	err = vmscope_target_gone(target);
	if (err)
		return err;
	if (!vmscope_choice_has(&scan->choice, target))
		return 1;
	scan->summary = (struct vmscope_summary){};
	err = vmscope_session_admit(scan->session, target, &scan->summary.pid);
	scan->ps->rights_ns += ktime_get_ns() - started;
	if (err)
		return err;
	err = vmscope_scan_summary(target, &scan->summary, scan->kinds, NULL);
	vmscope_target_put_mm(target);
	if (!err)
		fill_row(scan, target, started);
	return err;
}

/*
 * look_again() - look at the next process
 * @nr: in: the lowest id to consider; out: its id
 *
 * A thread that is not the main one takes over the process's id when it calls
 * exec (de_thread()); between finding the process and asking, the one that was
 * found may thus go away although the process lives. It is then found again.
 */
static int look_again(struct ps_scan *scan, struct pid_namespace *ns, int *nr)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < LOOKS; i++) {
		struct vmscope_target target;
		int found = *nr;

		if (vmscope_target_next(&target, ns, &found))
			return i ? err : -ENOENT;
		if (i && found != *nr) {
			vmscope_target_put(&target);
			return err;
		}
		*nr = found;
		err = look(scan, &target);
		vmscope_target_put(&target);
		if (err != -ENODATA && err != -ESRCH)
			return err;
	}
	return err;
}

/* Count a process that has no row. Return: what ends the pass, or 0. */
static int count_other(struct vmscope_ps *ps, int err)
{
	switch (err) {
	case 1:
		ps->others++;
		return 0;
	case -EACCES:
		ps->hidden++;
		return 0;
	case -ENXIO:
		ps->kernel_threads++;
		return 0;
	case -ENODATA:
	case -ESRCH:
		ps->ended++;
		return 0;
	case -EAGAIN:
		ps->unsettled++;
		return 0;
	default:
		return err;
	}
}

static int find_processes(struct ps_scan *scan,
			  const struct vmscope_ps_sink *sink)
{
	struct pid_namespace *ns = task_active_pid_ns(current);
	struct vmscope_ps *ps = scan->ps;
	unsigned int looked = 0;
	u64 room = ps->processes_len;
	int nr = ps->start;
	int err;

	ps->processes_len = 0;
	while (ps->processes_len < room && looked++ < PROCESSES_AT_ONCE) {
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		err = look_again(scan, ns, &nr);
		if (err == -ENOENT) {
			ps->cursor = VMSCOPE_RANGE_END;
			return 0;
		}
		if (err) {
			err = count_other(ps, err);
		} else {
			err = sink->emit(&scan->process, sink->private);
			add_walk(&ps->walk, &scan->process.walk);
			ps->processes_len++;
		}
		if (err)
			return err;
		nr++;
	}
	ps->cursor = nr;
	return 0;
}

#define PS_FLAGS (VMSCOPE_PS_F_UID | VMSCOPE_PS_F_CGROUP)

/**
 * vmscope_session_ps() - VMSCOPE_IOC_PS
 * @session: whose
 * @ps: in and out, as struct vmscope_ps says, but for the array
 * @sink: where processes go
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_ps(const struct vmscope_session *session,
		       struct vmscope_ps *ps,
		       const struct vmscope_ps_sink *sink)
{
	u64 started = ktime_get_ns();
	struct ps_scan *scan;
	int err = 0;

	*ps = (struct vmscope_ps){
		.size = ps->size,
		.flags = ps->flags,
		.uid = ps->uid,
		.cgroup = ps->cgroup,
		.start = ps->start,
		.processes = ps->processes,
		.processes_len = ps->processes_len,
		.processes_size = ps->processes_size,
	};
	/* a cursor may be one more than any process can have */
	if (ps->flags & ~PS_FLAGS || !ps->processes_len ||
	    (ps->start > PID_MAX_LIMIT + 1 && ps->start != VMSCOPE_RANGE_END))
		return -EINVAL;
	if (ps->start == VMSCOPE_RANGE_END) {
		ps->processes_len = 0;
		ps->cursor = VMSCOPE_RANGE_END;
		return 0;
	}
	scan = kzalloc(sizeof(*scan), GFP_KERNEL_ACCOUNT);
	if (!scan)
		return -ENOMEM;
	scan->session = session;
	scan->ps = ps;
	if (ps->flags & VMSCOPE_PS_F_UID)
		err = vmscope_choice_uid(&scan->choice, ps->uid);
	if (!err && ps->flags & VMSCOPE_PS_F_CGROUP)
		err = vmscope_choice_cgroup(&scan->choice, ps->cgroup);
	if (!err)
		err = find_processes(scan, sink);
	vmscope_choice_put(&scan->choice);
	kfree(scan);
	ps->scan_ns = ktime_get_ns() - started;
	return err;
}
