// SPDX-License-Identifier: GPL-2.0
/*
 * SUMMARY and MAPS of purpose-built targets and of real programs, against what the targets
 * know about themselves and against smaps, smaps_rollup, pagemap, PAGEMAP_SCAN, status and stat.
 *
 * Arguments are names of targets; none means all.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"
#include "tap.h"

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

/* What only one target can be asked. */
static void specials(const struct seen *seen, const struct target *target,
		     const char *name)
{
	const struct report *r = &target->report;

	if (!strcmp(name, "threads"))
		tap_eq(seen->summary.threads, r->aux[0],
		       "threads: as many as were started");
	if (!strcmp(name, "threads")) {
		unsigned int stacks = 0;

		for (size_t i = 0; i < seen->list.len; i++)
			stacks += seen->list.map[i].kind == VMSCOPE_KIND_STACK;
		tap_eq(stacks, r->aux[0], "threads: a stack for each thread");
	}
	if (!strcmp(name, "ksm"))
		tap_ok(r->aux[0] > 0, "ksm: %lu pages are merged", r->aux[0]);
	if (!strcmp(name, "32-bit")) {
		tap_eq(r->aux[0], 0,
		       "32-bit: a summary asked by a 32-bit program");
		tap_eq(r->aux[1], target->pid, "32-bit: its own pid");
		tap_eq(r->aux[2], 0,
		       "32-bit: a translation asked by a 32-bit program");
		tap_eq(r->aux[3], VMSCOPE_STATE_PRESENT,
		       "32-bit: its page is present");
		tap_ok(seen->list.map[seen->list.len - 1].end <= 1ULL << 32,
		       "32-bit: all is below 4 GiB");
	}
	if (!strcmp(name, "numa-hint")) {
		if (seen->summary.sums.state_bytes[VMSCOPE_STATE_NUMA_HINT])
			tap_ok(true, "numa-hint: %llu bytes are sampled",
			       seen->summary.sums
				       .state_bytes[VMSCOPE_STATE_NUMA_HINT]);
		else
			tap_skip("numa-hint", "the kernel marked no page");
	}
}

static void run(int fd, const struct recipe *recipe)
{
	struct target target;
	struct seen seen;

	if (target_start(&target, recipe)) {
		tap_skip(recipe->name, "%s", target.report.skip);
		return;
	}
	if (see(fd, target.pid, recipe->name, recipe->flags, &seen)) {
		compare_all(fd, &seen, target.pid, recipe->name, recipe->flags);
		for (unsigned int i = 0; i < target.report.areas; i++)
			compare_area(&seen, &target.report.area[i],
				     recipe->name);
		specials(&seen, &target, recipe->name);
		seen_free(&seen);
	}
	target_end(&target);
}

static void process_one(int fd)
{
	struct seen seen;

	if (!see(fd, 1, "init", 0, &seen))
		return;
	compare_all(fd, &seen, 1, "init", 0);
	seen_free(&seen);
}

int main(int argc, char **argv)
{
	int fd = req_open();

	quiet_machine();
	for (size_t i = 0; i < recipes_len; i++)
		if (wanted(recipes[i].name, argc, argv))
			run(fd, &recipes[i]);
	if (wanted("init", argc, argv))
		process_one(fd);
	return tap_done();
}
