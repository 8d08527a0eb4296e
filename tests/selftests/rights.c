// SPDX-License-Identifier: GPL-2.0
/*
 * Who may look: every answer is compared with what opening /proc/PID/pagemap gives the same
 * caller. And what is hidden from whom: frame numbers and the kernel half.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "req.h"
#include "tap.h"
#include "witness.h"

#define USER  4321
#define OTHER 4322

/* what a child with other rights found out; in shared memory */
struct finding {
	int error[3],
		pagemap; /* of SUMMARY, MAPS, TRANSLATE; of opening pagemap */
	int kernel; /* of translating a kernel address */
	int setup;
	uint64_t reply_flags, physical, tables, frames, state, swap_offset,
		levels_len, pid;
	uint64_t swap_area, swap_frames;
	uint32_t features[VMSCOPE_FEATURES];
};

static struct finding *found;
static char *page, *swapped;

static void drop_to(uid_t uid)
{
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(99);
	/* changing ids makes a process undumpable */
	prctl(PR_SET_DUMPABLE, 1);
}

static int ask_maps(int fd, uint64_t target)
{
	struct maplist list;
	int error = req_maps(fd, target, &list);

	maplist_free(&list);
	return error;
}

/* All requests about @target by the calling process, and the witness's answer. */
static void look_at(int fd, pid_t target)
{
	struct vmscope_translate t;
	struct vmscope_summary s;
	int pagemap = pagemap_open(target ? target : getpid());

	found->pagemap = pagemap < 0 ? pagemap : 0;
	if (pagemap >= 0)
		close(pagemap);
	found->error[0] = req_summary(fd, target, &s, NULL);
	found->pid = s.pid;
	found->error[1] = ask_maps(fd, target);
	found->error[2] = req_translate(fd, target, (uintptr_t)page, &t);
	found->reply_flags = t.reply_flags;
	found->physical = t.physical;
	found->state = t.state;
	found->levels_len = t.levels_len;
	found->tables = found->frames = 0;
	for (unsigned int i = 0; i < t.levels_len && i < VMSCOPE_LEVELS; i++) {
		found->tables |= t.levels[i].table;
		found->frames |= t.levels[i].entry & 0x000ffffffffff000ULL;
	}
	if (swapped) {
		req_translate(fd, target, (uintptr_t)swapped, &t);
		found->swap_offset = t.swap_offset;
		found->swap_area = t.state;
		found->swap_frames = 0;
		for (unsigned int i = 0; i < t.levels_len && i < VMSCOPE_LEVELS;
		     i++)
			found->swap_frames |= t.levels[i].entry &
					      0x000ffffffffff000ULL;
	}
	found->kernel = req_translate(fd, target, 0xffffffff81000000ULL, &t);
	req_features(fd, found->features);
}

/* In a child: @before as root, then another user, then the look. */
static void as_user(uid_t uid, int fd, bool open_itself, pid_t target)
{
	pid_t pid;

	memset(found, 0, sizeof(*found));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (uid)
			drop_to(uid);
		if (open_itself)
			fd = open(VMSCOPE_DEVICE, O_RDWR);
		if (fd < 0) {
			found->setup = -errno;
			_exit(0);
		}
		look_at(fd, target);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static pid_t target_as(uid_t uid, bool dumpable)
{
	int pipes[2];
	char byte = 0;
	pid_t pid;

	if (pipe(pipes))
		tap_bail("pipe");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		drop_to(uid);
		prctl(PR_SET_DUMPABLE, dumpable);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		*(volatile char *)page = 1;
		if (write(pipes[1], &byte, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(pipes[0], &byte, 1) != 1)
		tap_bail("the target died");
	close(pipes[0]);
	close(pipes[1]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* success with success, refusal with refusal; and the errno that the contract has for it */
static void expect(int error, const char *what)
{
	static const char *const name[] = { "SUMMARY", "MAPS", "TRANSLATE" };

	tap_eq(found->setup, 0, "%s: the device can be opened", what);
	tap_eq(!found->pagemap, !error, "%s: pagemap %s", what,
	       error ? "refuses" : "opens");
	for (unsigned int i = 0; i < 3; i++)
		tap_eq(found->error[i], (unsigned long long)error, "%s: %s %s",
		       what, name[i], error ? "refuses" : "answers");
}

static void expect_hidden(const char *what)
{
	tap_eq(found->reply_flags, VMSCOPE_REPLY_FRAMES_HIDDEN,
	       "%s: frames are said to be hidden", what);
	tap_ok(!found->physical && !found->tables && !found->frames,
	       "%s: and are", what);
	tap_eq(found->state, VMSCOPE_STATE_PRESENT,
	       "%s: the state is told all the same", what);
	tap_ok(found->levels_len >= 4, "%s: and the levels", what);
	if (swapped && found->swap_area == VMSCOPE_STATE_SWAPPED)
		tap_ok(!found->swap_offset && !found->swap_frames,
		       "%s: swap offsets are hidden", what);
	tap_eq(found->kernel, (unsigned long long)-EPERM,
	       "%s: no kernel address", what);
	tap_eq(found->features[VMSCOPE_FEATURE_FRAMES],
	       VMSCOPE_FEATURE_OFF_RIGHTS, "%s: info says so of frames", what);
	tap_eq(found->features[VMSCOPE_FEATURE_KERNEL_HALF],
	       VMSCOPE_FEATURE_OFF_RIGHTS,
	       "%s: info says so of the kernel half", what);
}

static void users(int fd)
{
	pid_t own = target_as(USER, true), secret = target_as(USER, false),
	      other = target_as(OTHER, true);

	as_user(0, fd, false, own);
	expect(0, "root, a user's process");
	tap_eq(found->reply_flags, 0, "root: nothing is hidden");
	tap_ok(found->physical && found->tables && found->frames,
	       "root: frames are there");
	tap_eq(found->kernel, 0, "root: kernel addresses are answered");
	as_user(0, fd, false, secret);
	expect(0, "root, an undumpable process");

	for (unsigned int itself = 0; itself < 2; itself++) {
		tap_diag("a user, %s",
			 itself ? "who opened the device" :
				  "with a descriptor that root opened");
		as_user(USER, fd, itself, 0);
		expect(0, "itself");
		expect_hidden("itself");
		as_user(USER, fd, itself, own);
		expect(0, "own process");
		expect_hidden("own process");
		tap_eq(found->pid, own, "own process: its number");
		as_user(USER, fd, itself, secret);
		expect(-EACCES, "own undumpable process");
		as_user(USER, fd, itself, other);
		expect(-EACCES, "another user's process");
		as_user(USER, fd, itself, 1);
		expect(-EACCES, "process 1");
		as_user(USER, fd, itself, getpid());
		expect(-EACCES, "root's process");
	}
	end(own);
	end(secret);
	end(other);
}

/* A descriptor that a user opened does not give its later holder more than that user had. */
static void passed_on(void)
{
	int fd;

	if (seteuid(USER))
		tap_bail("seteuid");
	fd = open(VMSCOPE_DEVICE, O_RDWR);
	if (seteuid(0) || fd < 0)
		tap_bail("%s as a user: %s", VMSCOPE_DEVICE, strerror(errno));
	as_user(0, fd, false, 0);
	tap_eq(found->error[2], 0,
	       "root, with a descriptor that a user opened: answers");
	tap_eq(found->reply_flags, VMSCOPE_REPLY_FRAMES_HIDDEN,
	       "but frames stay hidden");
	tap_ok(!found->physical && !found->tables && !found->frames,
	       "all of them");
	tap_eq(found->kernel, (unsigned long long)-EPERM,
	       "and kernel addresses are refused");
	close(fd);
}

static void closed_node(void)
{
	struct stat st = { 0 };

	if (stat(VMSCOPE_DEVICE, &st))
		tap_bail("%s: %s", VMSCOPE_DEVICE, strerror(errno));
	tap_ok(S_ISCHR(st.st_mode) && (st.st_mode & 0777) == 0600 && !st.st_uid,
	       "the device is root's alone: %o", st.st_mode & 0777);
	as_user(USER, -1, true, 0);
	tap_eq(found->setup, (unsigned long long)-EACCES,
	       "a user cannot open it");
}

/* Rights are asked anew with each request: exec of a set-uid program takes them away. */
static void after_exec(int fd)
{
	static const char *const su[] = { "/bin/su", "/usr/bin/su",
					  "/usr/bin/passwd", "/usr/bin/newgrp",
					  NULL };
	const char *program = NULL;
	int status, before = 0, after[3] = { 0 }, pagemap = 0;
	struct vmscope_summary s;
	int *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct stat st;
	pid_t watcher;

	for (unsigned int i = 0; su[i] && !program; i++)
		if (!stat(su[i], &st) && (st.st_mode & S_ISUID) && !st.st_uid)
			program = su[i];
	if (!program) {
		tap_skip("exec of a set-uid program", "there is none");
		return;
	}
	fflush(stdout);
	watcher = fork();
	if (!watcher) {
		int held[2], null = open("/dev/null", O_WRONLY);
		pid_t pid;

		drop_to(USER);
		if (pipe(held))
			_exit(1);
		pid = fork();
		shared[5] = pid;
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			usleep(300000);
			/* it reads a password or its standard input, which never comes */
			dup2(held[0], 0);
			dup2(null, 1);
			dup2(null, 2);
			execl(program, program, NULL);
			_exit(1);
		}
		shared[0] = req_summary(fd, pid, &s, NULL);
		for (int i = 0; i < 100; i++) {
			struct stat now;
			char path[64];

			usleep(20000);
			snprintf(path, sizeof(path), "/proc/%d", pid);
			if (!stat(path, &now) && !now.st_uid)
				break;
		}
		shared[1] = req_summary(fd, pid, &s, NULL);
		shared[2] = ask_maps(fd, pid);
		shared[3] = pagemap_open(pid);
		_exit(0);
	}
	waitpid(watcher, &status, 0);
	/* nothing else ends it, now that it has other rights */
	if (shared[5] > 1)
		kill(shared[5], SIGKILL);
	before = shared[0];
	after[0] = shared[1];
	after[1] = shared[2];
	pagemap = shared[3];
	if (after[0] == -ESRCH || after[0] == -ENODATA || after[1] == -ESRCH ||
	    after[1] == -ENODATA) {
		tap_skip("exec of a set-uid program", "%s ended at once",
			 program);
		return;
	}
	tap_eq(before, 0, "own process, before it runs %s", program);
	tap_ok(pagemap < 0, "after that pagemap refuses");
	tap_eq(after[0], (unsigned long long)-EACCES, "and so does SUMMARY");
	tap_eq(after[1], (unsigned long long)-EACCES, "and MAPS");
}

/* Numbers are those of the caller's pid namespace, and only those. */
static void namespaces(int fd)
{
	int *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t outside = getpid(), watcher;

	fflush(stdout);
	watcher = fork();
	if (!watcher) {
		pid_t pid;

		if (unshare(CLONE_NEWPID)) {
			shared[0] = -errno;
			_exit(0);
		}
		pid = fork();
		if (!pid) {
			struct vmscope_summary s;

			shared[1] = req_summary(fd, 1, &s, NULL);
			shared[2] = s.pid;
			shared[3] = !strncmp((char *)s.comm, "rights", 6);
			shared[4] = req_summary(fd, outside, &s, NULL);
			shared[5] = req_summary(fd, 0, &s, NULL);
			shared[6] = s.pid;
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		_exit(0);
	}
	waitpid(watcher, NULL, 0);
	if (shared[0]) {
		tap_skip("pid namespace", "%s", strerror(-shared[0]));
		return;
	}
	tap_eq(shared[1], 0, "in a pid namespace: process 1 can be looked at");
	tap_ok(shared[2] == 1 && shared[3],
	       "in a pid namespace: it is the one of the namespace");
	tap_eq(shared[4], (unsigned long long)-ESRCH,
	       "in a pid namespace: a number of outside is nobody's");
	tap_eq(shared[5], 0, "in a pid namespace: 0 is the caller");
	tap_eq(shared[6], 1, "in a pid namespace: with its number there");
}

/* Root of a user namespace is nobody to the rest of the machine. */
static void user_namespace(int fd)
{
	pid_t own = target_as(USER, true), pid;

	memset(found, 0, sizeof(*found));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		drop_to(USER);
		if (unshare(CLONE_NEWUSER)) {
			found->setup = -errno;
			_exit(0);
		}
		/* all capabilities, in there */
		look_at(fd, 1);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	if (found->setup) {
		tap_skip("user namespace", "%s", strerror(-found->setup));
	} else {
		expect(-EACCES, "root of a user namespace, process 1");
		tap_eq(found->features[VMSCOPE_FEATURE_FRAMES],
		       VMSCOPE_FEATURE_OFF_RIGHTS,
		       "root of a user namespace: no frames");
	}
	end(own);
}

int main(void)
{
	int fd = req_open();

	found = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*(volatile char *)page = 1;
	if (swap_areas()) {
		swapped = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(swapped, 1, 64 * PAGE);
		madvise(swapped, 64 * PAGE, MADV_PAGEOUT);
		usleep(100000);
		madvise(swapped, 64 * PAGE, MADV_PAGEOUT);
	}
	closed_node();
	if (chmod(VMSCOPE_DEVICE, 0666))
		tap_bail("chmod: %s", strerror(errno));
	users(fd);
	passed_on();
	after_exec(fd);
	namespaces(fd);
	user_namespace(fd);
	chmod(VMSCOPE_DEVICE, 0600);
	return tap_done();
}
