// SPDX-License-Identifier: GPL-2.0
/*
 * PS: wrong calls; figures against /proc of the same process; every process of /proc in one of
 * the numbers; filters, rights, namespaces; processes that are hard to hold.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pslist.h"
#include "tap.h"
#include "target.h"
#include "witness.h"

#define USER 4321

static int fd;
static struct vmscope_process buffer[16];

/* ----------------------------------------------------------------- calls */

static struct vmscope_ps right(void)
{
	struct vmscope_ps ask = ps_ask(0);

	ask.processes = (uintptr_t)buffer;
	ask.processes_len = COUNT(buffer);
	ask.processes_size = sizeof(buffer[0]);
	return ask;
}

static int call(struct vmscope_ps *ask)
{
	return req_call(fd, VMSCOPE_IOC_PS, ask);
}

static void refused(struct vmscope_ps ask, int error, const char *what)
{
	tap_eq(call(&ask), (unsigned long long)error, "%s", what);
}

static void calls(void)
{
	struct vmscope_ps ask = right(), clean = right();
	unsigned int bad = 0;
	bool good = true;

	refused(ask, 0, "the right call");
	ask.reserved = 1;
	refused(ask, -EINVAL, "reserved is not 0");
	ask = right();
	ask.size -= 8;
	refused(ask, -EINVAL, "a size below the first one");
	for (unsigned int bit = 0; bit < 64; bit++) {
		ask = right();
		ask.flags = 1ULL << bit;
		ask.cgroup = ~0ULL;
		if (ask.flags == VMSCOPE_PS_F_UID)
			continue;
		bad += call(&ask) !=
		       (ask.flags == VMSCOPE_PS_F_CGROUP ? -EBADF : -EINVAL);
	}
	tap_eq(bad, 0, "unknown flags");
	ask = right();
	ask.processes_len = 0;
	refused(ask, -EINVAL, "no elements");
	ask = right();
	ask.start = 4194306;
	refused(ask, -EINVAL, "a start that no process can have");
	ask.start = 1ULL << 32;
	refused(ask, -EINVAL, "a start of more than 32 bits");
	ask.start = 4194305;
	tap_ok(!call(&ask) && !ask.processes_len &&
		       ask.cursor == VMSCOPE_RANGE_END,
	       "from the largest cursor on there is nothing");
	ask = right();
	ask.start = VMSCOPE_RANGE_END;
	tap_ok(!call(&ask) && !ask.processes_len &&
		       ask.cursor == VMSCOPE_RANGE_END,
	       "nor from the end on");
	for (uint64_t size = 0; size < sizeof(buffer[0]); size += 8) {
		ask = right();
		ask.processes_size = size;
		good &= call(&ask) == -EINVAL;
	}
	tap_ok(good, "elements that are too short");
	ask = right();
	ask.processes_size = PAGE + 1;
	refused(ask, -E2BIG, "elements longer than a page");
	ask = right();
	ask.processes = 0xffff888000000000;
	refused(ask, -EFAULT, "elements in the kernel");
	ask.processes = 8;
	refused(ask, -EFAULT, "elements nowhere");
	ask = right();
	ask.flags = VMSCOPE_PS_F_UID;
	ask.uid = 1ULL << 32;
	refused(ask, -EINVAL, "a user of more than 32 bits");
	ask.uid = UINT32_MAX;
	refused(ask, -EINVAL, "the user that nobody is");
	ask = right();
	ask.flags = VMSCOPE_PS_F_CGROUP;
	ask.cgroup = fd;
	refused(ask, -EBADF, "a descriptor that is no cgroup");
	ask.cgroup = open("/proc", O_RDONLY | O_DIRECTORY);
	refused(ask, -EBADF, "a directory that is no cgroup");
	close(ask.cgroup);

	/* out fields that are full of garbage beforehand */
	memset(&ask, 0xff, sizeof(ask));
	memcpy(&ask, &clean, offsetof(struct vmscope_ps, cursor));
	tap_eq(call(&ask), 0, "into a struct full of garbage");
	tap_ok(ask.hidden < 1000 && ask.others == 0 && ask.unsettled == 0 &&
		       ask.walk.holds < 1000 && ask.rights_ns <= ask.scan_ns,
	       "nothing of it is left");
}

/* --------------------------------------------------------------- figures */

static unsigned int proc_count(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	unsigned int count = 0;

	while ((entry = readdir(dir)))
		count += isdigit((unsigned char)entry->d_name[0]) != 0;
	closedir(dir);
	return count;
}

/* Kernel threads come and go: until the same number was there before and after. */
static void all_counted(void)
{
	for (unsigned int i = 0; i < 50; i++) {
		struct vmscope_ps ask = ps_ask(0);
		unsigned int before = proc_count();
		struct pslist list;
		uint64_t all;

		if (pslist_by(fd, &ask, 1 + i, &list))
			tap_bail("PS failed");
		all = pslist_all(&list);
		pslist_free(&list);
		if (before != proc_count())
			continue;
		tap_eq(all, before, "each process of /proc is in one number");
		return;
	}
	tap_skip("each process of /proc is in one number",
		 "the machine never was at rest");
}

static uint64_t start_ticks(pid_t pid)
{
	char path[64], text[1024], *at;
	uint64_t ticks = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_text(path, text, sizeof(text)) < 0)
		return 0;
	at = strrchr(text, ')');
	for (unsigned int i = 0; at && i < 20; i++)
		at = strchr(at + 1, ' ');
	if (at)
		ticks = strtoull(at, NULL, 10);
	return ticks;
}

static void compare(const char *name)
{
	struct vmscope_ps ask = ps_ask(0);
	const struct vmscope_process *p;
	const struct recipe *recipe = recipes;
	struct vmscope_summary summary;
	struct target target;
	struct status status;
	struct mapping rollup;
	struct pslist list;

	while (strcmp(recipe->name, name))
		recipe++;
	if (target_start(&target, recipe)) {
		tap_skip(name, "%s", target.report.skip);
		return;
	}
	if (pslist_by(fd, &ask, 5, &list) ||
	    req_summary(fd, target.pid, &summary, NULL) ||
	    read_status(target.pid, &status) ||
	    read_rollup(target.pid, &rollup))
		tap_bail("%s cannot be looked at", name);
	p = pslist_find(&list, target.pid);
	if (!tap_ok(p, "%s: it has a row", name)) {
		target_end(&target);
		return;
	}
	tap_eq(p->sums.resident_bytes, rollup.rss, "%s: Rss", name);
	tap_eq(p->sums.swapped_bytes, rollup.swap, "%s: Swap", name);
	tap_eq(p->sums.virtual_bytes, status.vm_size, "%s: VmSize", name);
	tap_eq(p->page_table_bytes, status.vm_pte, "%s: VmPTE", name);
	tap_eq(p->threads, status.threads, "%s: threads", name);
	tap_ok(p->minor_faults == status.minor_faults &&
		       p->major_faults == status.major_faults,
	       "%s: faults", name);
	tap_ok(!strcmp((const char *)p->comm, status.comm), "%s: name", name);
	tap_eq(p->start_ns / (1000000000 / sysconf(_SC_CLK_TCK)),
	       start_ticks(target.pid), "%s: when it started", name);
	tap_ok(!memcmp(&p->sums, &summary.sums, sizeof(p->sums)) &&
		       !memcmp(p->table_pages, summary.table_pages,
			       sizeof(p->table_pages)) &&
		       p->mappings == summary.mappings &&
		       p->kernel_stack_bytes == summary.kernel_stack_bytes,
	       "%s: all else as SUMMARY has it", name);
	pslist_free(&list);
	target_end(&target);
}

/* --------------------------------------------------------------- filters */

static pid_t sleeper(uid_t uid)
{
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(2);
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static void reap(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void by_user(void)
{
	struct vmscope_ps ask = ps_ask(VMSCOPE_PS_F_UID);
	pid_t a = sleeper(USER), b = sleeper(USER), c = sleeper(USER + 1);
	struct pslist list;

	usleep(100000);
	ask.uid = USER;
	tap_eq(pslist_by(fd, &ask, 4, &list), 0, "by user");
	tap_ok(list.len == 2 && pslist_find(&list, a) && pslist_find(&list, b),
	       "the two processes of the user");
	tap_ok(list.len && list.process[0].uid == USER, "and his number");
	tap_ok(list.sum.others > 2, "the others are counted");
	pslist_free(&list);
	reap(a);
	reap(b);
	reap(c);
}

static void cgroup_add(const char *cgroup, pid_t pid)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	snprintf(text, sizeof(text), "%d", pid);
	write_text(path, text);
}

static void by_cgroup(void)
{
	struct vmscope_ps ask = ps_ask(VMSCOPE_PS_F_CGROUP);
	pid_t a = sleeper(0), b = sleeper(0), c = sleeper(0);
	char root[] = "/tmp/vmscope-cgroup-XXXXXX";
	char outer[64], inner[80];
	struct pslist list;

	if (!mkdtemp(root) || mount("none", root, "cgroup2", 0, NULL)) {
		tap_skip("by cgroup", "cgroup2 cannot be mounted: %s",
			 strerror(errno));
		goto out;
	}
	snprintf(outer, sizeof(outer), "%s/vmscope", root);
	snprintf(inner, sizeof(inner), "%s/inner", outer);
	mkdir(outer, 0755);
	mkdir(inner, 0755);
	cgroup_add(outer, a);
	cgroup_add(inner, b);
	ask.cgroup = open(outer, O_RDONLY | O_DIRECTORY);
	tap_eq(pslist_by(fd, &ask, 4, &list), 0, "by cgroup");
	tap_ok(list.len == 2 && pslist_find(&list, a) && pslist_find(&list, b),
	       "those in it and below it");
	pslist_free(&list);
	close(ask.cgroup);
	ask.cgroup = open(inner, O_RDONLY | O_DIRECTORY);
	tap_eq(pslist_by(fd, &ask, 4, &list), 0, "by an inner cgroup");
	tap_ok(list.len == 1 && pslist_find(&list, b), "the one in it");
	pslist_free(&list);
	ask.flags |= VMSCOPE_PS_F_UID;
	ask.uid = USER;
	tap_ok(!pslist_by(fd, &ask, 4, &list) && !list.len,
	       "both filters must fit");
	pslist_free(&list);
	close(ask.cgroup);
	cgroup_add(root, a);
	cgroup_add(root, b);
	rmdir(inner);
	rmdir(outer);
	umount(root);
out:
	rmdir(root);
	reap(a);
	reap(b);
	reap(c);
}

/* ---------------------------------------------------------------- rights */

/* The witness for each process: may the caller open its pagemap? */
static bool may_look(uint64_t pid)
{
	char path[64];
	int file;

	snprintf(path, sizeof(path), "/proc/%lu/pagemap", pid);
	file = open(path, O_RDONLY);
	close(file);
	return file >= 0;
}

static void rights(void)
{
	pid_t mine = sleeper(USER), other = sleeper(USER + 1), asker;
	int status;

	fflush(NULL);
	usleep(100000);
	asker = fork();
	if (!asker) {
		/* through a descriptor that root opened */
		struct vmscope_ps ask = ps_ask(0);
		unsigned int wrong = 0;
		struct pslist list;

		if (setresgid(USER, USER, USER) || setresuid(USER, USER, USER))
			_exit(2);
		prctl(PR_SET_DUMPABLE, 1);
		if (pslist_by(fd, &ask, 3, &list))
			_exit(3);
		/* numbers are given out in their order: beyond there is nobody */
		for (uint64_t pid = 1; pid < (uint64_t)getpid() + 100; pid++) {
			const struct vmscope_process *p =
				pslist_find(&list, pid);
			char path[64];

			snprintf(path, sizeof(path), "/proc/%lu", pid);
			if (access(path, F_OK))
				wrong += !!p;
			else
				wrong += !!p != may_look(pid);
		}
		if (wrong || !pslist_find(&list, mine) ||
		    pslist_find(&list, other) || list.sum.hidden < 2)
			_exit(4);
		_exit(0);
	}
	waitpid(asker, &status, 0);
	tap_eq(status, 0,
	       "a user is shown the processes whose pagemap he can open");
	reap(mine);
	reap(other);
}

static void namespace(void)
{
	pid_t outer, child;
	int status;

	fflush(NULL);
	outer = fork();
	if (!outer) {
		if (unshare(CLONE_NEWPID))
			_exit(77);
		child = fork();
		if (!child) {
			struct vmscope_ps ask = ps_ask(0);
			struct pslist list;
			pid_t sibling = sleeper(0);

			if (pslist_by(fd, &ask, 1, &list))
				_exit(3);
			_exit(list.len == 2 && list.process[0].pid == 1 &&
					      list.process[1].pid ==
						      (uint64_t)sibling &&
					      pslist_all(&list) == 2 ?
				      0 :
				      4);
		}
		waitpid(child, &status, 0);
		_exit(status ? 1 : 0);
	}
	waitpid(outer, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		tap_skip("in a pid namespace", "there are none here");
	else
		tap_eq(status, 0,
		       "in a pid namespace: its two processes, by its numbers");
}

/* ---------------------------------------------------- hard to get hold of */

static void *stay(void *unused)
{
	(void)unused;
	while (pause())
		;
	return NULL;
}

static void headless(void)
{
	struct vmscope_ps ask = ps_ask(0);
	const struct vmscope_process *p;
	struct pslist list;
	char state[64];
	pid_t child;

	fflush(NULL);
	child = fork();
	if (!child) {
		pthread_t thread;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pthread_create(&thread, NULL, stay, NULL);
		pthread_exit(NULL);
	}
	do {
		struct status status;

		usleep(20000);
		if (read_status(child, &status))
			tap_bail("no status");
		snprintf(state, sizeof(state), "%c", status.state);
	} while (*state != 'Z');
	tap_eq(pslist_by(fd, &ask, 9, &list), 0, "PS");
	p = pslist_find(&list, child);
	tap_ok(p, "a process whose main thread has ended is shown");
	tap_ok(p && p->sums.resident_bytes > 0 && p->mappings > 5,
	       "with its memory");
	tap_ok(p && p->start_ns / (1000000000 / sysconf(_SC_CLK_TCK)) ==
			       start_ticks(child),
	       "and the start of its main thread");
	pslist_free(&list);
	reap(child);
}

static void *exec_again(void *unused)
{
	(void)unused;
	execl("/proc/self/exe", "ps", "exec-loop", NULL);
	return NULL;
}

/* A thread calls exec, and takes over the number of the main one. */
static int exec_loop(void)
{
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	usleep(1000);
	pthread_create(&thread, NULL, exec_again, NULL);
	while (pause())
		;
	return 1;
}

static void restless(void)
{
	unsigned int shown = 0, unsettled = 0, passes = 0;
	uint64_t first = 0, last = 0;
	time_t end = time(NULL) + 4;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/proc/self/exe", "ps", "exec-loop", NULL);
		_exit(1);
	}
	usleep(100000);
	while (time(NULL) < end || passes < 20) {
		struct vmscope_ps ask = ps_ask(0);
		const struct vmscope_process *p;
		struct pslist list;

		if (pslist_by(fd, &ask, 100, &list))
			tap_bail("PS failed");
		passes++;
		p = pslist_find(&list, child);
		if (p) {
			shown++;
			first = first ? first : p->minor_faults;
			last = p->minor_faults;
		}
		unsettled += p ? 0 : list.sum.unsettled;
		pslist_free(&list);
	}
	tap_ok(last > first + 100, "it calls exec: %lu faults", last - first);
	tap_diag("%u passes, shown in %u, given up in %u", passes, shown,
		 unsettled);
	tap_eq(shown + unsettled, passes,
	       "a process that keeps calling exec is never lost");
	tap_ok(shown > passes / 2, "and seen mostly");
	reap(child);
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "dense", "sparse", "swapped",
					     "thp",   "zero",	"hugetlb-2m",
					     "shmem", "threads" };

	if (argc > 1 && !strcmp(argv[1], "exec-loop"))
		return exec_loop();
	fd = req_open();
	quiet_machine();
	calls();
	all_counted();
	for (size_t i = 0; i < COUNT(names); i++)
		compare(names[i]);
	by_user();
	by_cgroup();
	rights();
	namespace();
	headless();
	restless();
	return tap_done();
}
