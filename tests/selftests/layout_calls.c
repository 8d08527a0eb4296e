// SPDX-License-Identifier: GPL-2.0
/*
 * KERNEL and BORDERS: wrong calls, each with its errno; who is told addresses; and
 * cursors that neither skip nor repeat.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runlist.h"
#include "tap.h"

#define NOBODY 65534

static int fd;
static struct vmscope_kernel_region regions[REGIONS_MAX];
static struct vmscope_kernel_run runs[64];

static struct vmscope_kernel ask_regions(void)
{
	struct vmscope_kernel ask = kernel_ask(0);

	ask.regions = (uintptr_t)regions;
	ask.regions_len = COUNT(regions);
	return ask;
}

static struct vmscope_kernel ask_runs(void)
{
	struct vmscope_kernel ask = kernel_ask(0);

	ask.runs = (uintptr_t)runs;
	ask.runs_len = COUNT(runs);
	return ask;
}

static void refused(struct vmscope_kernel ask, int error, const char *what)
{
	tap_eq(req_call(fd, VMSCOPE_IOC_KERNEL, &ask),
	       (unsigned long long)error, "%s", what);
}

static void sizes(void)
{
	char *area = calloc(1, 3 * PAGE);
	struct vmscope_kernel *ask = (struct vmscope_kernel *)area;
	struct vmscope_borders borders = { 0 };
	unsigned int bad = 0;

	for (uint32_t size = 0; size < sizeof(*ask); size += 8) {
		*ask = ask_regions();
		ask->size = size;
		bad += req_call(fd, VMSCOPE_IOC_KERNEL, ask) != -EINVAL;
	}
	tap_eq(bad, 0, "KERNEL: sizes that are too small");
	*ask = ask_regions();
	ask->size = sizeof(*ask) + 64;
	tap_eq(req_call(fd, VMSCOPE_IOC_KERNEL, ask), 0, "64 zero bytes more");
	*ask = ask_regions();
	ask->size = sizeof(*ask) + 64;
	area[ask->size - 1] = 1;
	tap_eq(req_call(fd, VMSCOPE_IOC_KERNEL, ask), -E2BIG,
	       "the last of them is not zero");
	*ask = ask_regions();
	ask->reserved = 1;
	refused(*ask, -EINVAL, "reserved is not 0");
	free(area);

	borders.size = sizeof(borders) - 8;
	tap_eq(req_call(fd, VMSCOPE_IOC_BORDERS, &borders), -EINVAL,
	       "BORDERS: too small");
	borders = (struct vmscope_borders){ .size = sizeof(borders),
					    .reserved = 1 };
	tap_eq(req_call(fd, VMSCOPE_IOC_BORDERS, &borders), -EINVAL,
	       "BORDERS: reserved is not 0");
	borders =
		(struct vmscope_borders){ .size = sizeof(borders), .flags = 2 };
	tap_eq(req_call(fd, VMSCOPE_IOC_BORDERS, &borders), -EINVAL,
	       "BORDERS: an unknown flag");
	borders = (struct vmscope_borders){ .size = sizeof(borders),
					    .target = 0x3fffff };
	tap_eq(req_call(fd, VMSCOPE_IOC_BORDERS, &borders), -ESRCH,
	       "BORDERS: no such process");
	borders = (struct vmscope_borders){ .size = sizeof(borders),
					    .target = 2 };
	tap_eq(req_call(fd, VMSCOPE_IOC_BORDERS, &borders), -ENXIO,
	       "BORDERS: a kernel thread");
	tap_eq(req_call(fd, VMSCOPE_IOC_BORDERS, NULL), -EFAULT,
	       "BORDERS: no argument");
}

static void fields(void)
{
	const uint64_t known = VMSCOPE_F_PIDFD | VMSCOPE_KERNEL_F_USER_ROOT;
	struct vmscope_kernel ask = ask_regions();
	unsigned int bad = 0;

	refused(ask, 0, "regions: the right call");
	refused(ask_runs(), 0, "runs: the right call");
	for (unsigned int bit = 0; bit < 64; bit++) {
		ask = ask_regions();
		ask.flags = 1ULL << bit;
		bad += !(ask.flags & known) &&
		       req_call(fd, VMSCOPE_IOC_KERNEL, &ask) != -EINVAL;
	}
	tap_eq(bad, 0, "unknown flags");

	refused(kernel_ask(0), -EINVAL, "no array");
	ask = ask_regions();
	ask.runs = (uintptr_t)runs;
	ask.runs_len = COUNT(runs);
	refused(ask, -EINVAL, "both arrays");
	ask = ask_regions();
	ask.regions_size--;
	refused(ask, -EINVAL, "a region too short");
	ask = ask_regions();
	ask.regions_size = PAGE + 8;
	refused(ask, -E2BIG, "a region longer than a page");
	ask = ask_regions();
	ask.regions = PAGE;
	refused(ask, -EFAULT, "regions to nowhere");
	ask = ask_runs();
	ask.runs_size = 0;
	refused(ask, -EINVAL, "a run of no length");
	ask = ask_runs();
	ask.runs_len = 0;
	refused(ask, -EINVAL, "no run");
	ask = ask_runs();
	ask.runs = ~0ULL - 64;
	ask.runs_len = ~0ULL;
	refused(ask, -EFAULT, "runs that wrap");
	ask = ask_regions();
	ask.target = 2;
	refused(ask, -ENXIO, "a kernel thread");
	ask = ask_regions();
	ask.target = 0x3fffff;
	refused(ask, -ESRCH, "no such process");
	ask = ask_regions();
	ask.flags = VMSCOPE_F_PIDFD;
	ask.target = fd;
	refused(ask, -EBADF, "no pidfd");
}

static void ranges(uint64_t kernel_start)
{
	const struct {
		uint64_t start, end;
		int error;
		const char *what;
	} range[] = {
		{ kernel_start, kernel_start, -EINVAL, "empty" },
		{ kernel_start + PAGE, kernel_start, -EINVAL, "reversed" },
		{ 0, PAGE, -EINVAL, "in the user half" },
		{ 0, kernel_start, -EINVAL, "that ends where it begins" },
		{ kernel_start + 1, VMSCOPE_RANGE_END, -EINVAL,
		  "with a start that is not aligned" },
		{ kernel_start, kernel_start + 100, -EINVAL,
		  "with an end that is not aligned" },
		{ kernel_start, kernel_start + PAGE, 0, "of one page" },
		{ -PAGE, VMSCOPE_RANGE_END, 0, "of the last page" },
		{ 0, kernel_start + PAGE, 0, "from the user half on" },
	};

	for (size_t i = 0; i < COUNT(range); i++) {
		struct vmscope_kernel ask = ask_runs();

		ask.start = range[i].start;
		ask.end = range[i].end;
		refused(ask, range[i].error, range[i].what);
		ask = ask_regions();
		ask.start = range[i].start;
		ask.end = range[i].end;
		refused(ask, range[i].error, range[i].what);
	}
}

/* Fewer regions than there are, or shorter ones, or longer ones. */
static void growth(void)
{
	struct vmscope_kernel ask = ask_regions();
	char *longer = calloc(REGIONS_MAX, 512);
	uint64_t len;
	bool same = true;

	req_call(fd, VMSCOPE_IOC_KERNEL, &ask);
	len = ask.regions_len;
	memset(regions, 0x5a, sizeof(regions));
	ask = ask_regions();
	ask.regions_len = 2;
	tap_ok(!req_call(fd, VMSCOPE_IOC_KERNEL, &ask) &&
		       ask.regions_len == len &&
		       regions[1].id == VMSCOPE_REGION_LDT &&
		       regions[2].id == 0x5a5a5a5a5a5a5a5aULL,
	       "room for two regions: two are written, and it is told that there are more");
	memset(longer, 0x5a, REGIONS_MAX * 512);
	ask = ask_regions();
	ask.regions = (uintptr_t)longer;
	ask.regions_size = 512;
	if (req_call(fd, VMSCOPE_IOC_KERNEL, &ask) || ask.regions_len != len)
		same = false;
	for (size_t i = 0; i < len; i++)
		for (size_t j = sizeof(regions[0]); j < 512; j++)
			same &= !longer[i * 512 + j];
	tap_ok(same, "longer regions: what the module does not know is 0");
	free(longer);
}

/* However few at once, the same runs: in parts that do not change by themselves. */
static void cursors(void)
{
	static const uint64_t steady[] = { VMSCOPE_REGION_VMEMMAP,
					   VMSCOPE_REGION_CPU_ENTRY,
					   VMSCOPE_REGION_TEXT };
	static const size_t at_once[] = { 1, 2, 7, 256, 257 };
	struct vmscope_kernel_region region[REGIONS_MAX];
	int len = req_regions(fd, 0, region, NULL);

	for (size_t i = 0; i < COUNT(steady); i++) {
		const struct vmscope_kernel_region *r =
			region_find(region, len, steady[i]);
		struct runlist whole, list;

		if (req_runs(fd, 0, r->start, r->end, 4096, &whole))
			tap_bail("no runs");
		tap_eq(whole.len, r->runs, "region %llu: %zu runs",
		       (unsigned long long)r->id, whole.len);
		for (size_t j = 0; j < COUNT(at_once); j++) {
			if (req_runs(fd, 0, r->start, r->end, at_once[j],
				     &list))
				tap_bail("no runs");
			tap_ok(runlist_equal(&whole, &list),
			       "region %llu: the same with %zu at once, %u requests",
			       (unsigned long long)r->id, at_once[j],
			       list.calls);
			runlist_free(&list);
		}
		runlist_free(&whole);
	}
}

/* Run in a child that has the device of root and no rights of its own. */
static int unprivileged(void)
{
	struct vmscope_kernel ask = ask_regions();

	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		return 1;
	/* its own pagemap is root's now */
	return req_call(fd, VMSCOPE_IOC_KERNEL, &ask) == -EACCES ? 0 : 2;
}

/* As the one above, after an exec, when its memory is its own again. */
static int layout_child(int device)
{
	uint64_t flags = 0;
	struct vmscope_kernel ask;
	uint64_t mapped = 0, told = 0;
	int bad = 0;
	int len;

	fd = device;
	len = req_regions(fd, 0, regions, &flags);
	if (len <= 0)
		return 4;
	for (int i = 0; i < len; i++) {
		mapped += regions[i].mapped_bytes;
		told |= regions[i].start | regions[i].end |
			regions[i].mapped_start | regions[i].mapped_end;
	}
	if (flags != VMSCOPE_REPLY_ADDRESSES_HIDDEN || told)
		bad |= 8;
	if (!mapped)
		bad |= 16;
	ask = ask_runs();
	if (req_call(fd, VMSCOPE_IOC_KERNEL, &ask) != -EPERM)
		bad |= 32;
	ask = ask_regions();
	ask.start = 0xffff888000000000ULL;
	if (req_call(fd, VMSCOPE_IOC_KERNEL, &ask) != -EPERM)
		bad |= 64;
	ask = ask_regions();
	ask.end = 0xffffffff80000000ULL;
	if (req_call(fd, VMSCOPE_IOC_KERNEL, &ask) != -EPERM)
		bad |= 128;
	return bad;
}

static int child_status(int (*run)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(run());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		tap_bail("no child");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int exec_as_nobody(void)
{
	char device[16];

	snprintf(device, sizeof(device), "%d", fd);
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		return 1;
	execl("/proc/self/exe", "layout_calls", "--child", device, NULL);
	return 2;
}

static void rights(void)
{
	tap_eq(child_status(unprivileged), 0,
	       "who may not look at itself may not look at the kernel half");
	tap_eq(child_status(exec_as_nobody), 0,
	       "without CAP_SYS_ADMIN: regions without addresses, no runs, no range");
}

int main(int argc, char **argv)
{
	struct vmscope_info info;

	if (argc == 3)
		return layout_child(atoi(argv[2]));
	fd = req_open();
	if (fcntl(fd, F_SETFD, 0) || req_info(fd, &info))
		tap_bail("INFO");
	sizes();
	fields();
	ranges(info.kernel_start);
	growth();
	cursors();
	rights();
	return tap_done();
}
