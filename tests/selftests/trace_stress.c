// SPDX-License-Identifier: GPL-2.0
/*
 * Tracing under load: fault loops on all CPUs, many threads at once, a storm of
 * forks, starting and stopping meanwhile. Nothing may be counted twice or not at
 * all: totals equal the kernel's software events, and what is read and what was
 * lost together are what was written.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "req.h"
#include "tap.h"
#include "tracer.h"

#define PAGES	 256
#define ROUNDS	 20
#define WORKERS	 4
#define THREADS	 1000
#define FORKS	 200
#define CYCLES	 30
#define SMALLEST 32768

static size_t page;
static int rounds;

static void fault_loop(int times)
{
	char *memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		_exit(2);
	madvise(memory, PAGES * page, MADV_NOHUGEPAGE);
	for (int i = 0; i != times; i++) {
		for (size_t p = 0; p < PAGES; p++)
			*(volatile char *)(memory + p * page) = 1;
		madvise(memory, PAGES * page, MADV_DONTNEED);
	}
	munmap(memory, PAGES * page);
}

static void *thread_faults(void *barrier)
{
	char *memory = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	pthread_barrier_wait(barrier);
	for (size_t p = 0; p < 4; p++)
		*(volatile char *)(memory + p * page) = 1;
	return NULL;
}

static void many_threads(void)
{
	static pthread_t threads[THREADS];
	pthread_barrier_t barrier;
	pthread_attr_t attr;
	int made;

	pthread_barrier_init(&barrier, NULL, THREADS);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (made = 0; made < THREADS; made++)
		if (pthread_create(&threads[made], &attr, thread_faults,
				   &barrier))
			_exit(3);
	for (int i = 0; i < made; i++)
		pthread_join(threads[i], NULL);
}

static void workers(void)
{
	for (int i = 1; i < WORKERS; i++)
		if (!fork()) {
			fault_loop(rounds);
			_exit(0);
		}
	fault_loop(rounds);
	while (wait(NULL) > 0)
		;
}

static void fork_storm(void)
{
	for (int i = 0; i < FORKS; i++) {
		pid_t child = fork();

		if (!child) {
			if (i % 2 && !fork())
				_exit(0);
			_exit(0);
		}
		if (i % 8 == 7)
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
	}
	while (wait(NULL) > 0)
		;
}

struct load {
	pid_t child;
	int in;
	int out;
};

static struct load begin(void (*act)(void))
{
	struct load load;
	int to[2], from[2];
	char c;

	if (pipe(to) || pipe(from))
		tap_bail("pipe: %s", strerror(errno));
	load.child = fork();
	if (!load.child) {
		setpgid(0, 0);
		if (read(to[0], &c, 1) != 1)
			_exit(1);
		act();
		if (write(from[1], "x", 1) != 1 || read(to[0], &c, 1) != 1)
			_exit(1);
		_exit(0);
	}
	setpgid(load.child, load.child);
	close(to[0]);
	close(from[1]);
	load.in = to[1];
	load.out = from[0];
	return load;
}

static void go(struct load *load)
{
	char c;

	if (write(load->in, "x", 1) != 1 || read(load->out, &c, 1) != 1)
		tap_bail("the load is gone");
}

static void end(struct load *load)
{
	kill(-load->child, SIGKILL);
	waitpid(load->child, NULL, 0);
	close(load->in);
	close(load->out);
}

static void count(void *private, const struct vmscope_record *record)
{
	uint64_t *counts = private;

	counts[record->type == VMSCOPE_RECORD_LOST]++;
}

static void run(const char *name, void (*act)(void), uint64_t flags,
		uint64_t ring_bytes, uint64_t sample)
{
	struct tracer tracer = { .config.ring_bytes = ring_bytes,
				 .config.sample = sample };
	struct load load = begin(act);
	struct faultcount events;
	uint64_t value[3], before[3], counts[2] = {};
	const struct vmscope_trace_totals *totals = &tracer.totals;
	uint64_t lost = 0;
	int fd = req_open();

	if (tracer_set_up(&tracer, fd, flags) ||
	    tracer_target(&tracer, VMSCOPE_TARGET_PROCESS, load.child,
			  VMSCOPE_TARGET_F_CHILDREN) ||
	    !faultcount_open(&events, load.child) ||
	    tracer_control(&tracer, VMSCOPE_TRACE_START))
		tap_bail("%s: cannot trace", name);
	faultcount_read(&events, before);
	go(&load);
	if (tracer_control(&tracer, VMSCOPE_TRACE_STOP) ||
	    tracer_totals(&tracer))
		tap_bail("%s: cannot stop", name);
	faultcount_read(&events, value);
	tap_eq(totals->faults, value[0] - before[0],
	       "%s: faults as software events", name);
	tap_eq(totals->minor, value[1] - before[1],
	       "%s: minor as software events", name);
	tap_eq(totals->lost[VMSCOPE_LOST_PROBE] +
		       totals->lost[VMSCOPE_LOST_SLOT] +
		       totals->lost[VMSCOPE_LOST_TARGET],
	       0, "%s: no fault and no child lost", name);
	tap_eq(totals->targets, 1, "%s: the main process is left", name);
	if (flags) {
		for (int i = 0; i <= VMSCOPE_LOST_SAMPLED; i++)
			lost += totals->lost[i];
		if (!tracer_map(&tracer))
			tap_bail("%s: cannot map", name);
		if (flags & VMSCOPE_TRACE_F_OVERWRITE) {
			tap_ok(totals->lost[VMSCOPE_LOST_OVERWRITTEN],
			       "%s: old records made room", name);
		} else {
			tracer_read(&tracer, count, counts);
			tap_eq(counts[0], totals->records,
			       "%s: all that was written is read", name);
		}
		tap_ok(totals->records + lost -
				       totals->lost[VMSCOPE_LOST_OVERWRITTEN] >=
			       totals->faults,
		       "%s: each fault has a record, or is lost", name);
		tap_diag("%llu faults, %llu records, %llu lost",
			 (unsigned long long)totals->faults,
			 (unsigned long long)totals->records,
			 (unsigned long long)lost);
		tracer_unmap(&tracer);
	}
	faultcount_close(&events);
	end(&load);
	close(fd);
}

static void cycles(void)
{
	struct tracer tracer = {};
	struct load load = begin(workers);
	int fd = req_open();
	int failed = 0;

	rounds = -1;
	if (tracer_set_up(&tracer, fd, VMSCOPE_TRACE_F_RECORDS) ||
	    tracer_target(&tracer, VMSCOPE_TARGET_ALL, 0, 0))
		tap_bail("cannot trace");
	if (write(load.in, "x", 1) != 1)
		tap_bail("the load is gone");
	for (int i = 0; i < CYCLES; i++) {
		failed += tracer_control(&tracer, VMSCOPE_TRACE_START) != 0;
		failed += i % 3 == 0 &&
			  tracer_control(&tracer, VMSCOPE_TRACE_RESET) != 0;
		failed += tracer_control(&tracer, VMSCOPE_TRACE_STOP) != 0;
	}
	tap_eq(failed, 0, "started and stopped %d times under load", CYCLES);
	tap_eq(-tracer_control(&tracer, VMSCOPE_TRACE_START), 0, "once more");
	/* closed while it runs */
	close(fd);
	end(&load);
}

int main(void)
{
	page = sysconf(_SC_PAGESIZE);
	rounds = ROUNDS;
	run("fault loops", workers, 0, 0, 0);
	run("fault loops, a small ring", workers, VMSCOPE_TRACE_F_RECORDS,
	    SMALLEST, 0);
	run("fault loops, overwritten", workers,
	    VMSCOPE_TRACE_F_RECORDS | VMSCOPE_TRACE_F_OVERWRITE, SMALLEST, 0);
	run("fault loops, sampled", workers, VMSCOPE_TRACE_F_RECORDS, 0, 10);
	run("threads", many_threads, 0, 0, 0);
	run("forks", fork_storm, 0, 0, 0);
	cycles();
	return tap_done();
}
