// SPDX-License-Identifier: GPL-2.0
/*
 * Tracing from one end to the other: a child takes a known number of faults of
 * several kinds, and totals, records, getrusage() and the kernel's software
 * events must agree on them.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "req.h"
#include "tap.h"
#include "tracer.h"

#define WRITES 300
#define READS  200
#define COPIES 100
#define ERRORS 1

static size_t page;

/* What was read from the rings. */
struct seen {
	uint64_t faults;
	uint64_t others;
	uint64_t causes[VMSCOPE_CAUSES];
	uint64_t wrong;
	uint64_t kernel_callers;
	pid_t pid;
};

static void see(void *private, const struct vmscope_record *record)
{
	const struct vmscope_record_fault *fault = (const void *)record;
	struct seen *seen = private;

	if (record->type != VMSCOPE_RECORD_FAULT) {
		seen->others++;
		return;
	}
	seen->faults++;
	seen->causes[fault->cause]++;
	seen->kernel_callers += fault->kernel_stack_len;
	seen->wrong += fault->pid != (uint32_t)seen->pid ||
		       fault->tid != fault->pid ||
		       fault->target_pid != fault->pid ||
		       record->bytes !=
			       sizeof(*fault) + 8 * (fault->user_stack_len +
						     fault->kernel_stack_len) ||
		       (fault->origin == VMSCOPE_ORIGIN_USER &&
			fault->kernel_stack_len) ||
		       (fault->flags & VMSCOPE_FAULT_HANDLER &&
			fault->exception_ns < fault->handler_ns);
}

static void child_works(char *memory, int in, int out)
{
	char c;

	if (read(in, &c, 1) != 1)
		_exit(1);
	for (size_t i = 0; i < WRITES; i++)
		memory[i * page] = 1;
	for (size_t i = WRITES; i < WRITES + READS; i++)
		(void)*(volatile char *)(memory + i * page);
	for (size_t i = WRITES; i < WRITES + COPIES; i++)
		memory[i * page] = 1;
	/* the kernel writes to a page that is not there */
	if (write(out, "x", 1) != 1 ||
	    read(in, memory + (WRITES + READS) * page, 1) != 1)
		_exit(1);
	munmap(memory, page);
	*(volatile char *)memory = 1;
	_exit(1);
}

static pid_t start_child(char *memory, int *in, int *out)
{
	int to[2], from[2];
	pid_t child;

	if (pipe(to) || pipe(from))
		tap_bail("pipe: %s", strerror(errno));
	child = fork();
	if (child < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!child)
		child_works(memory, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	*in = to[1];
	*out = from[0];
	return child;
}

static void check_totals(const struct tracer *tracer)
{
	const struct vmscope_trace_totals *totals = &tracer->totals;
	uint64_t counts = 0, buckets = 0, latencies = 0;

	tap_eq(totals->faults, totals->minor + totals->major + totals->failed,
	       "each fault is minor, major or failed");
	tap_eq(totals->faults,
	       totals->origins[0] + totals->origins[1] + totals->origins[2],
	       "each has an origin");
	for (unsigned int i = 0; i < VMSCOPE_CAUSES; i++) {
		const struct vmscope_latency_sum *exception =
			&tracer->causes[i].latency[VMSCOPE_LATENCY_EXCEPTION];

		counts += tracer->causes[i].count;
		latencies += exception->count;
		for (unsigned int b = 0; b < VMSCOPE_HIST_BUCKETS; b++)
			buckets += exception->buckets[b];
	}
	tap_eq(counts, totals->faults, "each has a cause");
	tap_eq(buckets, latencies, "each latency is in a bucket");
	for (unsigned int i = 0; i < VMSCOPE_LOSTS; i++)
		tap_eq(totals->lost[i], 0, "nothing lost for reason %u", i);
	tap_eq(totals->hooks_dead, 0, "the hooks are alive");
}

static void check_records(struct tracer *tracer, pid_t child)
{
	struct seen seen = { .pid = child };
	struct pollfd poll_fd = { .fd = tracer->fd, .events = POLLIN };
	uint64_t differ = 0;

	tap_eq(poll(&poll_fd, 1, 5000), 1, "poll() tells of records");
	tracer_read(tracer, see, &seen);
	tap_eq(seen.faults, tracer->totals.faults, "as many records as faults");
	tap_eq(seen.faults + seen.others, tracer->totals.records,
	       "and as many as totals tell");
	tap_eq(seen.others, 1, "the child's exit is one");
	tap_eq(seen.wrong, 0, "all of them make sense");
	tap_ok(seen.kernel_callers > 2, "the kernel's fault has callers");
	for (unsigned int i = 0; i < VMSCOPE_CAUSES; i++)
		differ += seen.causes[i] != tracer->causes[i].count;
	tap_eq(differ, 0, "their causes are those of the totals");
	tap_eq(poll(&poll_fd, 1, 0), 0, "then there is nothing to read");
}

int main(void)
{
	static struct tracer tracer;
	struct faultcount events;
	struct rusage usage;
	uint64_t counted[3], at_start[3];
	int in, out, status, fd = req_open();
	bool has_events;
	char *memory, c;
	pid_t child;

	page = sysconf(_SC_PAGESIZE);
	memory = mmap(NULL, (WRITES + READS + 1) * page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED ||
	    madvise(memory, (WRITES + READS + 1) * page, MADV_NOHUGEPAGE))
		tap_bail("no memory");
	child = start_child(memory, &in, &out);

	tap_eq(-tracer_set_up(&tracer, fd,
			      VMSCOPE_TRACE_F_RECORDS |
				      VMSCOPE_TRACE_F_USER_STACK |
				      VMSCOPE_TRACE_F_KERNEL_STACK),
	       0, "TRACE");
	tap_ok(tracer_map(&tracer), "rings can be mapped");
	tap_eq(-tracer_target(&tracer, VMSCOPE_TARGET_PROCESS, child, 0), 0,
	       "TRACE_TARGET");
	has_events = faultcount_open(&events, child);
	if (has_events)
		faultcount_read(&events, at_start);
	tap_eq(-tracer_control(&tracer, VMSCOPE_TRACE_START), 0, "START");
	tap_eq(-tracer_control(&tracer, VMSCOPE_TRACE_START), EALREADY,
	       "START again");
	if (write(in, "x", 1) != 1 || read(out, &c, 1) != 1)
		tap_bail("the child is gone");
	tap_eq(-tracer_totals(&tracer), 0, "TRACE_TOTALS");
	tap_eq(tracer.totals.targets, 1, "one target");
	tap_eq(tracer.totals.running, 1, "it runs");
	if (write(in, "x", 1) != 1)
		tap_bail("the child is gone");
	if (wait4(child, &status, 0, &usage) != child)
		tap_bail("wait4: %s", strerror(errno));
	tap_ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
	       "the child ends in the fault that it should");
	tap_eq(-tracer_control(&tracer, VMSCOPE_TRACE_STOP), 0, "STOP");
	tap_eq(-tracer_control(&tracer, VMSCOPE_TRACE_STOP), EALREADY,
	       "STOP again");
	tap_eq(-tracer_totals(&tracer), 0, "TRACE_TOTALS");
	tap_eq(tracer.totals.targets, 0, "no target is left");
	tap_eq(tracer.totals.running, 0, "it does not run");

	tap_eq(tracer.causes[VMSCOPE_CAUSE_DEMAND_ZERO].count, WRITES + 1,
	       "first writes");
	tap_eq(tracer.causes[VMSCOPE_CAUSE_ZERO_PAGE].count, READS,
	       "first reads");
	tap_eq(tracer.causes[VMSCOPE_CAUSE_COW_COPY].count, COPIES,
	       "writes to the zero page");
	tap_eq(tracer.causes[VMSCOPE_CAUSE_BAD_ADDRESS].count, ERRORS,
	       "an address where nothing is");
	tap_eq(tracer.totals.failed, ERRORS, "which is what failed");
	check_totals(&tracer);
	if (has_events) {
		faultcount_read(&events, counted);
		faultcount_close(&events);
		tap_eq(tracer.totals.faults, counted[0] - at_start[0],
		       "as many as the software event counts");
		tap_eq(tracer.totals.minor, counted[1] - at_start[1],
		       "and as many of them minor");
		tap_eq(tracer.totals.major, counted[2] - at_start[2],
		       "and major");
	} else {
		tap_skip("software events", "the kernel has none");
	}
	tap_ok((uint64_t)usage.ru_minflt >= tracer.totals.minor,
	       "not more minor faults than getrusage() tells of");
	check_records(&tracer, child);
	tracer_unmap(&tracer);
	close(fd);
	return tap_done();
}
