// SPDX-License-Identifier: GPL-2.0
/*
 * Where the parts of a user half are, against /proc/PID/stat and maps, and
 * against the rules by which the kernel places them.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vmscope_layout.h>

#include "req.h"
#include "tap.h"
#include "target.h"
#include "witness.h"

static int fd;
static struct vmscope_info info;

static int borders_get(pid_t pid, struct vmscope_borders *b)
{
	*b = (struct vmscope_borders){ .size = sizeof(*b), .target = pid };
	return req_call(fd, VMSCOPE_IOC_BORDERS, b);
}

/* /proc/PID/stat has ten of them, from field 26 on. */
static void stat_compare(pid_t pid, const char *what)
{
	struct vmscope_borders b;
	unsigned long long field[53] = { 0 };
	char path[64], text[2048] = "", *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (borders_get(pid, &b) || read_text(path, text, sizeof(text)) < 0)
		tap_bail("%s", path);
	at = strrchr(text, ')');
	for (int i = 3; at && i < 53; i++) {
		at = strchr(at + 1, ' ');
		if (at && i > 3)
			field[i] = strtoull(at, NULL, 10);
	}
	tap_ok(field[26] == b.code_start && field[27] == b.code_end &&
		       field[28] == b.stack_start &&
		       field[45] == b.data_start && field[46] == b.data_end &&
		       field[47] == b.brk_start && field[48] == b.args_start &&
		       field[49] == b.args_end && field[50] == b.env_start &&
		       field[51] == b.env_end && b.code_start && b.env_end,
	       "%s: ten borders as in /proc/PID/stat", what);
}

struct shape {
	const char *what;
	unsigned long personality;
	uint64_t layout_flags;
};

/* A child that began with this personality, stopped after its exec. */
static pid_t shaped(const struct shape *shape)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		personality(shape->personality);
		execl("/bin/sleep", "sleep", "100", NULL);
		_exit(1);
	}
	for (unsigned int i = 0; i < 1000; i++) {
		struct vmscope_borders b;

		if (!borders_get(pid, &b) && !strcmp((char *)b.comm, "sleep"))
			break;
		usleep(10000);
	}
	/* its loader is done when it sleeps */
	usleep(200000);
	return pid;
}

static void user_half(void)
{
	static const struct shape shapes[] = {
		{ "as usual", 0, 0 },
		{ "not random", ADDR_NO_RANDOMIZE, 0 },
		{ "from the bottom up", ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT,
		  VMSCOPE_BORDERS_BOTTOM_UP },
	};
	struct rlimit limit;

	getrlimit(RLIMIT_STACK, &limit);
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct vmscope_borders b;
		struct mappings maps;
		pid_t pid = shaped(&shapes[i]);
		bool touches = false;

		stat_compare(pid, shapes[i].what);
		if (borders_get(pid, &b) || read_maps(pid, &maps))
			tap_bail("target");
		tap_eq(b.layout_flags, shapes[i].layout_flags, "%s: flags",
		       shapes[i].what);
		tap_eq(b.task_size, info.user_end,
		       "%s: task_size is all of the user half", shapes[i].what);
		/* the first mapping goes just below the base, or at it */
		for (size_t j = 0; j < maps.len; j++)
			touches |= maps.map[j].end == b.mmap_base ||
				   maps.map[j].start == b.mmap_base;
		tap_ok(touches,
		       "%s: a mapping begins or ends at mmap_base %#llx",
		       shapes[i].what, (unsigned long long)b.mmap_base);
		/* mmap_base(): 128 MiB for the stack and its gap, at least */
		if (shapes[i].personality == ADDR_NO_RANDOMIZE &&
		    limit.rlim_cur <= 64 * MIB)
			tap_eq(b.mmap_base, 0x7ffff7fff000,
			       "not random: mmap_base is 128 MiB below the end");
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		mappings_free(&maps);
	}
}

static void compat(void)
{
	const struct recipe recipe = { "compat", setup_compat, 0, NULL };
	struct target target;
	struct vmscope_borders b;
	struct mappings maps;

	if (target_start(&target, &recipe)) {
		tap_skip("a 32-bit process", "%s", target.report.skip);
		return;
	}
	if (borders_get(target.pid, &b) || read_maps(target.pid, &maps))
		tap_bail("BORDERS of a 32-bit process");
	stat_compare(target.pid, "a 32-bit process");
	tap_ok(b.layout_flags == VMSCOPE_BORDERS_32BIT &&
		       b.task_size == 0xffffe000,
	       "a 32-bit process: ends at %#llx",
	       (unsigned long long)b.task_size);
	tap_ok(b.mmap_base < b.task_size && b.mmap_base > 0x40000000 &&
		       maps.map[maps.len - 1].end <= b.task_size,
	       "a 32-bit process: mmap_base %#llx is below that",
	       (unsigned long long)b.mmap_base);
	mappings_free(&maps);
	target_end(&target);
}

int main(void)
{
	fd = req_open();
	if (req_info(fd, &info))
		tap_bail("INFO");
	stat_compare(getpid(), "this process");
	user_half();
	compat();
	return tap_done();
}
