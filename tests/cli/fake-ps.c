// SPDX-License-Identifier: GPL-2.0
/*
 * Requests for all processes: three, or as many as FAKE_PROCESSES says.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"

#define MIB UINT64_C(0x100000)

struct fixture_process {
	uint64_t pid;
	uint64_t uid;
	const char *comm;
	uint64_t resident;
	uint64_t swapped;
	uint64_t huge;
	uint64_t tables; /* pages */
	uint64_t threads;
	uint64_t minor;
	uint64_t major;
};

static const struct fixture_process fixtures[] = {
	{ 1, 0, "init", 3 * MIB, 0, 0, 11, 1, 1200, 80 },
	{ 4242, 1000000, "a server", 800 * MIB, 64 * MIB, 512 * MIB, 700, 40,
	  210417, 512 },
	{ 100000, 0, "bad \xe4\n\\ ha", 12 * MIB, 5 * MIB, 0, 40, 2, 77, 0 },
};

#define LEN (sizeof(fixtures) / sizeof(fixtures[0]))

static bool process_make(uint64_t i, struct fixture_process *ret)
{
	uint64_t processes = fake_knob("FAKE_PROCESSES", LEN);

	if (i >= processes)
		return false;
	*ret = fixtures[i % LEN];
	if (i >= LEN)
		ret->pid = 100000 + i;
	return true;
}

static void fill(const struct fixture_process *from, struct vmscope_process *to)
{
	memset(to, 0, sizeof(*to));
	to->pid = from->pid;
	to->uid = from->uid;
	/* the kernel ends it with a NUL */
	strncpy((char *)to->comm, from->comm, sizeof(to->comm) - 1);
	/* when no process of this machine can have started */
	to->start_ns = UINT64_C(1000000000000000000) + from->pid;
	to->threads = from->threads;
	to->mappings = 20 + from->threads;
	to->sums.virtual_bytes = 2 * from->resident;
	to->sums.present_bytes = from->resident;
	to->sums.resident_bytes = from->resident;
	to->sums.swapped_bytes = from->swapped;
	to->sums.leaf_bytes[0] = from->resident - from->huge;
	to->sums.leaf_bytes[1] = from->huge;
	to->sums.state_bytes[VMSCOPE_STATE_PRESENT] = from->resident;
	to->sums.state_bytes[VMSCOPE_STATE_SWAPPED] = from->swapped;
	to->sums.state_bytes[VMSCOPE_STATE_NONE] =
		from->resident - from->swapped;
	to->minor_faults = from->minor;
	to->major_faults = from->major;
	to->table_pages[0] = from->tables - 4;
	to->page_table_bytes = from->tables * 4096;
	to->kernel_stack_bytes = from->threads * 16384;
	to->walk = (struct vmscope_walk){ 1, VMSCOPE_LAYOUT_SAME,
					  from->tables * 512, from->tables };
	to->scan_ns = from->tables * 1500;
}

/* Process 7 is one that may not be seen. */
int fake_ps(struct vmscope_ps *arg)
{
	struct vmscope_process *out = (void *)(uintptr_t)arg->processes;
	uint64_t limit = fake_knob("FAKE_PER_REPLY", arg->processes_len);
	struct fixture_process process;
	uint64_t len = 0;
	uint64_t i;
	int err = (int)fake_knob("FAKE_ERROR", 0);

	if (err)
		return -err;
	if (arg->size != sizeof(*arg) ||
	    arg->processes_size != sizeof(struct vmscope_process) ||
	    !arg->processes_len)
		return -EINVAL;
	if (limit > arg->processes_len)
		limit = arg->processes_len;
	/* so that it takes long enough for a sign of progress */
	usleep((useconds_t)fake_knob("FAKE_SLEEP_MS", 0) * 1000);
	arg->cursor = VMSCOPE_RANGE_END;
	for (i = 0; process_make(i, &process); i++) {
		if (process.pid < arg->start)
			continue;
		if (len == limit) {
			arg->cursor = process.pid;
			break;
		}
		if (arg->flags & VMSCOPE_PS_F_UID && process.uid != arg->uid)
			arg->others++;
		else
			fill(&process, &out[len++]);
	}
	arg->processes_len = len;
	if (!arg->start) {
		arg->hidden = fake_hidden() ? 17 : 0;
		arg->kernel_threads = 80;
		arg->ended = 1;
	}
	for (i = 0; i < len; i++) {
		arg->walk.entries += out[i].walk.entries;
		arg->walk.tables += out[i].walk.tables;
		arg->walk.holds++;
	}
	arg->scan_ns = len * 345678;
	arg->rights_ns = len * 23456;
	return 0;
}
