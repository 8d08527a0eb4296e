// SPDX-License-Identifier: GPL-2.0
/*
 * PS of 5,000 processes, while others come and go: none that lives throughout is missed, none
 * is told twice, whatever the length of replies.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pslist.h"
#include "tap.h"
#include "witness.h"

#define PROCESSES 5000

static int fd;
static pid_t lasting[PROCESSES];

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Children of one process of their own, so that all end with it. */
static pid_t lasting_start(void)
{
	int ready[2];
	pid_t parent;

	if (pipe(ready))
		tap_bail("pipe");
	fflush(NULL);
	parent = fork();
	if (!parent) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (unsigned int i = 0; i < PROCESSES; i++) {
			pid_t pid = fork();

			if (!pid) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				for (;;)
					pause();
			}
			if (write(ready[1], &pid, sizeof(pid)) != sizeof(pid) ||
			    pid < 0)
				_exit(1);
		}
		for (;;)
			pause();
	}
	close(ready[1]);
	for (unsigned int i = 0; i < PROCESSES; i++)
		if (read(ready[0], &lasting[i], sizeof(lasting[i])) !=
			    sizeof(lasting[i]) ||
		    lasting[i] < 0)
			tap_bail("only %u processes could be started", i);
	close(ready[0]);
	return parent;
}

/* Short lives, with numbers between those of the others as these wrap around. */
static pid_t churn_start(void)
{
	pid_t churn = fork();

	if (churn)
		return churn;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		pid_t pid = fork();

		if (!pid) {
			usleep(500);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

static int compare_pids(const void *a, const void *b)
{
	return *(const pid_t *)a - *(const pid_t *)b;
}

static void pass(size_t len)
{
	struct vmscope_ps ask = ps_ask(0);
	unsigned int seen = 0, missed = 0;
	double start = seconds();
	struct pslist list;
	int error = pslist_by(fd, &ask, len, &list);

	tap_eq(error, 0, "replies of %zu: they rise, so none comes twice", len);
	for (unsigned int i = 0, j = 0; i < PROCESSES; i++) {
		while (j < list.len && (pid_t)list.process[j].pid < lasting[i])
			j++;
		if (j < list.len && (pid_t)list.process[j].pid == lasting[i])
			seen++;
		else
			missed++;
	}
	tap_ok(!missed && seen == PROCESSES,
	       "replies of %zu: %u of %u processes that last, %u missed", len,
	       seen, PROCESSES, missed);
	tap_diag(
		"%u calls, %zu processes, %.2f s, %.0f us each, %.0f of them for rights",
		list.calls, list.len, seconds() - start,
		list.sum.scan_ns / 1e3 / list.len,
		list.sum.rights_ns / 1e3 / list.len);
	pslist_free(&list);
}

static void figures(void)
{
	struct vmscope_ps ask = ps_ask(0);
	unsigned int wrong = 0, compared = 0;
	struct pslist list;

	if (pslist_by(fd, &ask, 4096, &list))
		tap_bail("PS failed");
	for (unsigned int i = 0; i < PROCESSES; i += 101) {
		const struct vmscope_process *p =
			pslist_find(&list, lasting[i]);
		struct status status;
		struct mapping rollup;

		if (!p || read_status(lasting[i], &status) ||
		    read_rollup(lasting[i], &rollup)) {
			wrong++;
			continue;
		}
		compared++;
		wrong += p->sums.resident_bytes != rollup.rss ||
			 p->sums.virtual_bytes != status.vm_size ||
			 p->page_table_bytes != status.vm_pte ||
			 p->minor_faults != status.minor_faults;
	}
	tap_ok(!wrong && compared > 40,
	       "%u of them: Rss, VmSize, VmPTE and faults are right", compared);
	pslist_free(&list);
}

static void strangers(void)
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	if (!child) {
		struct vmscope_ps ask = ps_ask(0);
		struct pslist list;

		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(2);
		prctl(PR_SET_DUMPABLE, 1);
		if (pslist_by(fd, &ask, 4096, &list))
			_exit(3);
		_exit(list.len == 1 && list.sum.hidden > PROCESSES ? 0 : 4);
	}
	waitpid(child, &status, 0);
	tap_eq(status, 0, "to a stranger they are hidden, and counted");
}

int main(void)
{
	pid_t parent, churn;
	double start = seconds();

	fd = req_open();
	parent = lasting_start();
	qsort(lasting, PROCESSES, sizeof(lasting[0]), compare_pids);
	tap_diag("%u processes after %.1f s", PROCESSES, seconds() - start);
	figures();
	churn = churn_start();
	pass(PROCESSES + 1000);
	pass(1000);
	pass(63);
	pass(7);
	strangers();
	kill(churn, SIGKILL);
	kill(parent, SIGKILL);
	waitpid(churn, NULL, 0);
	waitpid(parent, NULL, 0);
	return tap_done();
}
