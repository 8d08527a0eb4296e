// SPDX-License-Identifier: GPL-2.0
/* TABLES: wrong calls, each with its errno; rights; and a target that changes meanwhile. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tablelist.h"
#include "tap.h"
#include "target.h"

static int fd;
static struct vmscope_map_tables buffer[64];
static char names[8192];

/* A right request about this process. */
static struct vmscope_tables right(void)
{
	return (struct vmscope_tables){
		.size = sizeof(struct vmscope_tables),
		.end = VMSCOPE_RANGE_END,
		.maps = (uintptr_t)buffer,
		.maps_len = COUNT(buffer),
		.maps_size = sizeof(buffer[0]),
		.names = (uintptr_t)names,
		.names_len = sizeof(names),
	};
}

static int call(struct vmscope_tables *ask)
{
	return req_call(fd, VMSCOPE_IOC_TABLES, ask);
}

static void refused(struct vmscope_tables ask, int error, const char *what)
{
	tap_eq(call(&ask), (unsigned long long)error, "%s", what);
}

static void fields(void)
{
	struct vmscope_tables ask = right();
	unsigned int bad = 0;

	refused(ask, 0, "the right call");
	ask.reserved = 1;
	refused(ask, -EINVAL, "reserved is not 0");
	ask = right();
	/* of the first version; the struct has grown since */
	ask.size = offsetof(struct vmscope_tables, page_table_bytes) + 7;
	refused(ask, -EINVAL, "a size below the first one");
	for (unsigned int bit = 1; bit < 64; bit++) {
		ask = right();
		ask.flags = 1ULL << bit;
		bad += call(&ask) != -EINVAL;
	}
	tap_eq(bad, 0, "unknown flags");
	ask = right();
	ask.maps_len = 0;
	refused(ask, -EINVAL, "no elements");
	ask = right();
	ask.start = 1;
	refused(ask, -EINVAL, "a start that is not aligned");
	ask = right();
	ask.end = PAGE + 1;
	refused(ask, -EINVAL, "an end that is not aligned");
	ask = right();
	ask.start = ask.end = PAGE;
	refused(ask, -EINVAL, "an empty range");
	ask = right();
	ask.start = 1ULL << 62;
	ask.end = 1ULL << 63;
	tap_ok(!call(&ask) && !ask.maps_len && ask.cursor == 1ULL << 63,
	       "a range nowhere is empty and complete");
}

static void arrays(void)
{
	char *edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vmscope_tables ask = right();
	bool good = true;

	munmap(edge + PAGE, PAGE);
	for (uint64_t size = 0; size < sizeof(buffer[0]); size += 8) {
		ask = right();
		ask.maps_size = size;
		good &= call(&ask) == -EINVAL;
	}
	tap_ok(good, "elements that are too short");
	ask = right();
	ask.maps_size = PAGE + 1;
	refused(ask, -E2BIG, "elements longer than a page");
	ask = right();
	ask.maps = 8;
	refused(ask, -EFAULT, "elements nowhere");
	ask.maps = 0xffff888000000000;
	refused(ask, -EFAULT, "elements in the kernel");
	ask.maps = (uintptr_t)edge + PAGE - 2 * sizeof(buffer[0]);
	refused(ask, -EFAULT, "elements that end in nowhere");
	ask.maps_len = 2;
	refused(ask, 0, "two elements at the very end of a mapping");
	ask = right();
	ask.names = ~0ULL - 16;
	refused(ask, -EFAULT, "names that wrap around");
	ask = right();
	ask.names = 0xffff888000000000;
	refused(ask, -EFAULT, "names in the kernel");
	ask = right();
	ask.names_len = 1;
	refused(ask, -ENAMETOOLONG, "a name that does not fit");
	ask = right();
	ask.names = 0;
	tap_ok(!call(&ask) && !ask.names_len && ask.maps_len > 5,
	       "without names");

	memset(buffer, 0xa5, sizeof(buffer));
	ask = right();
	ask.maps_size = sizeof(buffer[0]) + 64;
	ask.maps_len = 2;
	tap_eq(call(&ask), 0, "longer elements");
	good = ask.maps_len == 2;
	for (unsigned int i = 0; i < 64; i++)
		good &= !((char *)&buffer[1])[i] &&
			((char *)&buffer[2])[i + 64 + 64] == (char)0xa5;
	tap_ok(good, "have zeroes behind, and nothing follows the last");
	munmap(edge, PAGE);
}

static int by(uint64_t flags, uint64_t id)
{
	struct vmscope_tables ask = right();

	ask.flags = flags;
	ask.target = id;
	return call(&ask);
}

static void targets(void)
{
	siginfo_t ended;
	pid_t child;
	int pidfd, status;

	fflush(NULL);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	pidfd = syscall(SYS_pidfd_open, child, 0);
	tap_eq(by(0, child), 0, "a child");
	tap_eq(by(VMSCOPE_F_PIDFD, pidfd), 0, "a child by pidfd");
	tap_eq(by(0, 1ULL << 40), -EINVAL, "pid 2^40");
	tap_eq(by(0, 4194303), -ESRCH, "a pid that nobody has");
	tap_eq(by(0, 2), -ENXIO, "a kernel thread");
	tap_eq(by(VMSCOPE_F_PIDFD, fd), -EBADF, "a descriptor of the device");
	kill(child, SIGKILL);
	waitid(P_PID, child, &ended, WEXITED | WNOWAIT);
	tap_eq(by(0, child), -ENODATA, "a zombie");
	waitpid(child, NULL, 0);
	tap_eq(by(VMSCOPE_F_PIDFD, pidfd), -ESRCH, "a process that is gone");

	/* through a descriptor that root opened */
	child = fork();
	if (!child) {
		struct tablelist list;

		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(2);
		if (by(0, 1) != -EACCES || by(0, getppid()) != -EACCES)
			_exit(3);
		prctl(PR_SET_DUMPABLE, 1);
		_exit(tablelist_get(fd, 0, &list) || list.len < 5 ? 4 : 0);
	}
	waitpid(child, &status, 0);
	tap_eq(status, 0, "a user sees the tables of his own process only");
}

/* ------------------------------------------------------- a moving target */

#define AREA (64 * MIB)

static bool storm_over;

static void *mapper(void *area)
{
	unsigned int seed = 1;

	while (!__atomic_load_n(&storm_over, __ATOMIC_RELAXED)) {
		char *at = (char *)area + rand_r(&seed) % 16384 * PAGE;
		size_t len = (1 + rand_r(&seed) % 1024) * PAGE;

		if (at + len > (char *)area + AREA)
			continue;
		switch (rand_r(&seed) % 4) {
		case 0:
			munmap(at, len);
			break;
		case 1:
			madvise(at, len, MADV_DONTNEED);
			break;
		default:
			mmap(at, len, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED |
				     MAP_POPULATE,
			     -1, 0);
		}
	}
	return NULL;
}

static pid_t storm_start(void)
{
	pthread_t thread[2];
	pid_t child;
	char *area;

	fflush(NULL);
	child = fork();
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	area = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < COUNT(thread); i++)
		pthread_create(&thread[i], NULL, mapper, area);
	for (;;)
		pause();
}

static void storm(void)
{
	time_t end = time(NULL) + 5;
	unsigned int calls = 0, wrong = 0, unsorted = 0;
	pid_t child = storm_start();

	while (time(NULL) < end || calls < 20) {
		struct vmscope_table_sums sum[VMSCOPE_LEVELS];
		struct tablelist list;
		uint64_t last = 0;

		wrong += !!tablelist_by(fd, child, 0, VMSCOPE_RANGE_END,
					1 + calls % 40, 4096, &list);
		for (size_t i = 0; i < list.len; i++) {
			unsorted += list.map[i].start < last ||
				    list.map[i].end < list.map[i].start;
			last = list.map[i].end;
		}
		tablelist_sum(&list, sum);
		/* however it moves, no more tables than its addresses have room for */
		wrong += sum[0].tables > 64 + AREA / (2 * MIB) ||
			 sum[0].used_entries > sum[0].tables * 512;
		tablelist_free(&list);
		calls++;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	tap_eq(wrong, 0, "a process that maps, touches and unmaps: %u lists",
	       calls);
	tap_eq(unsorted, 0, "its mappings rise");
}

/* It ends while it is looked at. */
static void ends(void)
{
	unsigned int undocumented = 0;

	for (unsigned int i = 0; i < 40; i++) {
		struct timespec wait = { 0, (i % 10) * 500000 };
		struct tablelist list;
		pid_t child = storm_start();
		int error = 0;

		nanosleep(&wait, NULL);
		kill(child, SIGKILL);
		while (!error) {
			error = tablelist_by(fd, child, 0, VMSCOPE_RANGE_END, 8,
					     4096, &list);
			tablelist_free(&list);
		}
		undocumented += error != -ENODATA && error != -ESRCH;
		waitpid(child, NULL, 0);
	}
	tap_eq(undocumented, 0, "40 processes that end meanwhile");
}

int main(void)
{
	fd = req_open();
	fields();
	arrays();
	targets();
	storm();
	ends();
	return tap_done();
}
