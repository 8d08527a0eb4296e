// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel half while it changes: kernel stacks come and go with processes, and
 * their tables with them. What does not change must be told the same each time,
 * and a request must end, also when its caller is killed in the middle.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runlist.h"
#include "tap.h"

#define SECONDS	 4
#define CHILDREN 64

static int fd;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Many processes at once, again and again: vmalloc grows and shrinks. */
static pid_t storm(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		for (int i = 0; i < CHILDREN; i++)
			if (!fork())
				_exit(0);
		while (wait(NULL) > 0)
			;
	}
}

/* Rising, each in its region, whatever happens. */
static bool is_sound(const struct runlist *list,
		     const struct vmscope_kernel_region *region, int len)
{
	uint64_t last = 0;
	int at = 0;

	for (size_t i = 0; i < list->len; i++) {
		const struct vmscope_kernel_run *run = &list->run[i];

		while (at < len && region[at].end <= run->start)
			at++;
		if (run->start < last || run->end <= run->start || at == len ||
		    run->region != region[at].id || run->end > region[at].end ||
		    (run->leaf_size != PAGE && run->leaf_size != 2 * MIB &&
		     run->leaf_size != GIB))
			return false;
		last = run->end;
	}
	return true;
}

static void changing(void)
{
	const uint64_t steady[] = { VMSCOPE_REGION_TEXT, VMSCOPE_REGION_VMEMMAP,
				    VMSCOPE_REGION_CPU_ENTRY,
				    VMSCOPE_REGION_MODULES };
	struct vmscope_kernel_region first[REGIONS_MAX], next[REGIONS_MAX];
	unsigned int calls = 0, again = 0, unsound = 0, differ = 0, moved = 0;
	int len = req_regions(fd, 0, first, NULL);
	pid_t pid = storm();
	double end = now() + SECONDS;

	if (len < 0)
		tap_bail("KERNEL");
	/* longer on a slow machine, until there is something to tell */
	while (now() < end || (calls < 5 && now() < end + 60)) {
		struct runlist list;
		int err = req_regions(fd, 0, next, NULL);

		calls++;
		if (err != len) {
			again += err == -EAGAIN;
			unsound += err != -EAGAIN;
			continue;
		}
		for (size_t i = 0; i < COUNT(steady); i++)
			differ += !!memcmp(region_find(first, len, steady[i]),
					   region_find(next, len, steady[i]),
					   sizeof(next[0]));
		moved += region_find(first, len, VMSCOPE_REGION_VMALLOC)
				 ->mapped_bytes !=
			 region_find(next, len, VMSCOPE_REGION_VMALLOC)
				 ->mapped_bytes;
		err = req_runs(fd, 0, 0, VMSCOPE_RANGE_END, 500, &list);
		again += err == -EAGAIN;
		unsound += err ? err != -EAGAIN : !is_sound(&list, next, len);
		runlist_free(&list);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	tap_ok(calls >= 5 && moved, "vmalloc moved in %u of %u requests", moved,
	       calls);
	tap_eq(unsound, 0, "runs rise and lie in their regions");
	tap_eq(differ, 0, "what does not change is the same each time");
	tap_ok(again <= calls / 5, "asked to ask again %u times", again);
}

/* A reply of many runs, and its caller killed at any moment of it. */
static void killed(void)
{
	unsigned int late = 0;

	for (unsigned int i = 0; i < 30; i++) {
		double begin;
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (!pid) {
			struct runlist list;

			for (;;)
				if (!req_runs(fd, 0, 0, VMSCOPE_RANGE_END,
					      100000, &list))
					runlist_free(&list);
		}
		usleep(1000 + i * 3000);
		begin = now();
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		late += now() - begin > 2;
	}
	tap_eq(late, 0, "a caller that is killed ends at once");
}

/* A buffer that ends early: what fits is written, and nothing behind it. */
static void short_buffer(void)
{
	char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vmscope_kernel ask = kernel_ask(0);

	if (p == MAP_FAILED || munmap(p + 2 * PAGE, PAGE))
		tap_bail("no memory");
	ask.runs = (uintptr_t)p;
	ask.runs_len = 100000;
	tap_eq(req_call(fd, VMSCOPE_IOC_KERNEL, &ask), -EFAULT,
	       "a buffer shorter than told");
	munmap(p, 2 * PAGE);
}

int main(void)
{
	fd = req_open();
	changing();
	killed();
	short_buffer();
	return tap_done();
}
