// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "req.h"
#include "tap.h"
#include "target.h"
#include "witness.h"

#define SETUP_SECONDS 90

int report_fd = -1;

static const char *const sleep_argv[] = { "/bin/sleep", "1000", NULL };
static const char *const shell_argv[] = { "/bin/sh", "-c",
					  "a=$(echo x); read a", NULL };
static const char *const bash_argv[] = { "/bin/bash", "-c",
					 "a=$(echo x); read a", NULL };
static const char *const python_argv[] = {
	"/usr/bin/python3", "-c",
	"import json,time; x=[{'a': str(i)} for i in range(20000)]; time.sleep(1000)",
	NULL
};
static const char *const perl_argv[] = { "/usr/bin/perl", "-e",
					 "my @x = (1) x 100000; sleep 1000",
					 NULL };

const struct recipe recipes[] = {
	{ .name = "dense", .setup = setup_dense },
	{ .name = "half", .setup = setup_half },
	{ .name = "sparse", .setup = setup_sparse },
	{ .name = "zero", .setup = setup_zero },
	{ .name = "protnone", .setup = setup_protnone },
	{ .name = "dontneed", .setup = setup_dontneed },
	{ .name = "mremap", .setup = setup_mremap },
	{ .name = "swapped", .setup = setup_swapped },
	{ .name = "swapped-shared", .setup = setup_swapped_shared },
	{ .name = "thp", .setup = setup_thp },
	{ .name = "thp-split", .setup = setup_thp_split },
	{ .name = "huge-zero", .setup = setup_huge_zero },
	{ .name = "hugetlb-2m", .setup = setup_hugetlb_2m },
	{ .name = "hugetlb-1g", .setup = setup_hugetlb_1g },
	{ .name = "shared-anon", .setup = setup_shared_anon },
	{ .name = "shmem", .setup = setup_shmem },
	{ .name = "shmem-swapped", .setup = setup_shmem_swapped },
	{ .name = "file", .setup = setup_file },
	{ .name = "names", .setup = setup_names },
	{ .name = "flags", .setup = setup_flags },
	{ .name = "heap", .setup = setup_heap },
	{ .name = "stack", .setup = setup_stack },
	{ .name = "threads", .setup = setup_threads },
	{ .name = "fork-cow", .setup = setup_fork_cow },
	{ .name = "ksm", .setup = setup_ksm },
	{ .name = "guard", .setup = setup_guard },
	{ .name = "uffd", .setup = setup_uffd },
	{ .name = "numa-hint", .setup = setup_numa },
	{ .name = "device", .setup = setup_device },
	{ .name = "32-bit", .setup = setup_compat },
	{ .name = "many-mappings", .setup = setup_many, .flags = TARGET_MANY },
	{ .name = "sleep", .flags = TARGET_REAL, .argv = sleep_argv },
	{ .name = "sh", .flags = TARGET_REAL, .argv = shell_argv },
	{ .name = "bash", .flags = TARGET_REAL, .argv = bash_argv },
	{ .name = "python3", .flags = TARGET_REAL, .argv = python_argv },
	{ .name = "perl", .flags = TARGET_REAL, .argv = perl_argv },
	{ .name = "poison", .setup = setup_poison, .flags = TARGET_LAST },
};
const size_t recipes_len = COUNT(recipes);

int report_and_stop(int fd, const struct report *report)
{
	if (write(fd, report, sizeof(*report)) != sizeof(*report))
		return -1;
	close(fd);
	return raise(SIGSTOP);
}

static void child(const struct recipe *recipe, int fd)
{
	struct report report = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	report_fd = fd;
	recipe->setup(&report);
	report_and_stop(fd, &report);
	for (;;)
		pause();
}

static int start_made(struct target *target, const struct recipe *recipe)
{
	struct report *report = &target->report;
	int pipes[2], status;
	struct pollfd poll_fd;
	size_t got = 0;
	ssize_t n = 0;

	if (pipe(pipes))
		tap_bail("pipe: %s", strerror(errno));
	fflush(stdout);
	target->pid = fork();
	if (target->pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!target->pid) {
		close(pipes[0]);
		child(recipe, pipes[1]);
	}
	close(pipes[1]);
	poll_fd = (struct pollfd){ .fd = pipes[0], .events = POLLIN };
	while (got < sizeof(*report) &&
	       poll(&poll_fd, 1, SETUP_SECONDS * 1000) == 1) {
		n = read(pipes[0], (char *)report + got, sizeof(*report) - got);
		if (n <= 0)
			break;
		got += n;
	}
	close(pipes[0]);
	if (got != sizeof(*report)) {
		area_skip(report, "the target %s",
			  n ? "took too long" : "died");
		target_end(target);
		return -1;
	}
	if (waitpid(target->pid, &status, WUNTRACED) != target->pid ||
	    !WIFSTOPPED(status))
		area_skip(report, "the target did not stop");
	if (report->skip[0]) {
		target_end(target);
		return -1;
	}
	return 0;
}

/* A program is given the time to start, then held still. */
static int start_real(struct target *target, const struct recipe *recipe)
{
	int pipes[2], status;

	if (access(recipe->argv[0], X_OK))
		return area_skip(&target->report, "no %s", recipe->argv[0]);
	if (pipe(pipes))
		tap_bail("pipe: %s", strerror(errno));
	fflush(stdout);
	target->pid = fork();
	if (!target->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(pipes[0], 0);
		execv(recipe->argv[0], (char *const *)recipe->argv);
		_exit(127);
	}
	close(pipes[0]);
	/* asleep in the same system call twice in a row means that it has started */
	for (int calm = 0, tries = 0; calm < 4 && tries < 300; tries++) {
		struct status now;

		usleep(50000);
		calm = !read_status(target->pid, &now) && now.state == 'S' ?
			       calm + 1 :
			       0;
	}
	kill(target->pid, SIGSTOP);
	if (waitpid(target->pid, &status, WUNTRACED) != target->pid ||
	    !WIFSTOPPED(status))
		area_skip(&target->report, "%s ended", recipe->argv[0]);
	return target->report.skip[0] ? -1 : 0;
}

int target_start(struct target *target, const struct recipe *recipe)
{
	memset(target, 0, sizeof(*target));
	if (recipe->flags & TARGET_REAL)
		return start_real(target, recipe);
	return start_made(target, recipe);
}

void target_end(struct target *target)
{
	if (target->pid <= 0)
		return;
	kill(target->pid, SIGKILL);
	waitpid(target->pid, NULL, 0);
	target->pid = 0;
}

const char *helper_path(const char *name)
{
	static char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);

	if (len < 0)
		return name;
	path[len] = 0;
	snprintf(strrchr(path, '/') + 1, 64, "%s", name);
	return path;
}

void quiet_machine(void)
{
	write_text(
		"/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs",
		"1000000");
	write_text("/sys/kernel/mm/ksm/run", "0");
	write_text("/proc/sys/kernel/numa_balancing", "0");
	write_text("/proc/sys/vm/compaction_proactiveness", "0");
}

struct area *area_add(struct report *report, const char *what, void *start,
		      size_t len)
{
	struct area *area = &report->area[report->areas++];

	if (report->areas > AREAS)
		abort();
	area->start = (uintptr_t)start;
	area->end = area->start + len;
	area->kind = -1;
	area->exact = 1;
	snprintf(area->what, sizeof(area->what), "%s", what);
	return area;
}

int area_skip(struct report *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(report->skip, sizeof(report->skip), format, args);
	va_end(args);
	return -1;
}

/* Small pages only, unless a target asks for others. */
void *map_anon(size_t len, int prot, int flags)
{
	void *area = mmap(NULL, len, prot, flags | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		abort();
	madvise(area, len, MADV_NOHUGEPAGE);
	return area;
}

/* As map_anon(), at a multiple of @align and with a gap on both sides. */
void *map_aligned(size_t len, size_t align)
{
	char *area = mmap(NULL, len + 2 * align, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *start = (char *)(((uintptr_t)area + align) & -align);

	if (area == MAP_FAILED)
		abort();
	munmap(area, start - area);
	munmap(start + len, area + len + 2 * align - (start + len));
	if (mmap(start, len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != start)
		abort();
	return start;
}

/* @pages pages with nothing behind them. */
char *unmapped_after(size_t pages, int prot)
{
	char *area = mmap(NULL, (pages + 1) * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(area + pages * PAGE, PAGE);
	if (prot != (PROT_READ | PROT_WRITE))
		mprotect(area, pages * PAGE, prot);
	return area;
}

static uint64_t pattern(size_t offset, unsigned int seed)
{
	return (offset + 1) * 0x9e3779b97f4a7c15ULL ^ seed;
}

void touch(void *start, size_t len, size_t step, unsigned int seed)
{
	for (size_t i = 0; i < len; i += step)
		*(volatile uint64_t *)((char *)start + i) = pattern(i, seed);
}

bool touched(const void *start, size_t len, size_t step, unsigned int seed)
{
	for (size_t i = 0; i < len; i += step)
		if (*(const volatile uint64_t *)((const char *)start + i) !=
		    pattern(i, seed))
			return false;
	return true;
}

void look(const void *start, size_t len, size_t step)
{
	for (size_t i = 0; i < len; i += step)
		(void)*((const volatile char *)start + i);
}

uint64_t count_swapped(const void *start, size_t len)
{
	static uint64_t entry[512];
	int fd = pagemap_open(getpid());
	uint64_t pages = 0;

	for (size_t at = 0; at < len; at += sizeof(entry) / 8 * PAGE) {
		size_t n = (len - at) / PAGE < COUNT(entry) ?
				   (len - at) / PAGE :
				   COUNT(entry);

		if (pagemap_read(fd, (uintptr_t)start + at, n, entry))
			break;
		for (size_t i = 0; i < n; i++)
			pages += (entry[i] & PM_SWAP) &&
				 !(entry[i] & PM_PRESENT);
	}
	close(fd);
	return pages;
}

/* Returns how many pages went out; the kernel may refuse some at first. */
uint64_t page_out(void *start, size_t len)
{
	uint64_t pages = 0;

	for (int tries = 0; tries < 20 && pages < len / PAGE; tries++) {
		madvise(start, len, MADV_PAGEOUT);
		pages = count_swapped(start, len);
		if (pages < len / PAGE)
			usleep(20000);
	}
	return pages;
}
