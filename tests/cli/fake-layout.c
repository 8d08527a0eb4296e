// SPDX-License-Identifier: GPL-2.0
/*
 * Requests about how an address space is laid out, by the rules of
 * <linux/vmscope_layout.h>.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "fake.h"
#include "fixtures-layout.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static bool has_run(const struct fixture_kernel_run *run, uint64_t flags)
{
	if (run->wx && !fake_knob("FAKE_WX", 0))
		return false;
	return run->root || !(flags & VMSCOPE_KERNEL_F_USER_ROOT);
}

static uint64_t region_of(uint64_t address)
{
	size_t i = 0;

	while (fixture_regions[i].end <= address)
		i++;
	return i;
}

static void run_add(struct vmscope_kernel_region *sum,
		    const struct fixture_kernel_run *run)
{
	const uint64_t wx = VMSCOPE_ENTRY_WRITABLE | VMSCOPE_ENTRY_EXECUTABLE;
	uint64_t bytes = run->end - run->start;

	sum->runs++;
	if (!(run->flags & VMSCOPE_ENTRY_PRESENT)) {
		sum->kept_bytes += bytes;
		return;
	}
	if (!sum->mapped_bytes)
		sum->mapped_start = run->start;
	sum->mapped_end = run->end;
	sum->mapped_bytes += bytes;
	sum->leaf_bytes[run->leaf_size == K4 ? 0 :
			run->leaf_size == M2 ? 1 :
					       2] += bytes;
	if (run->flags & VMSCOPE_ENTRY_WRITABLE)
		sum->writable_bytes += bytes;
	if (run->flags & VMSCOPE_ENTRY_EXECUTABLE)
		sum->executable_bytes += bytes;
	if ((run->flags & wx) == wx)
		sum->wx_bytes += bytes;
	if (run->flags & VMSCOPE_ENTRY_USER)
		sum->user_bytes += bytes;
	if (run->flags & VMSCOPE_ENTRY_GLOBAL)
		sum->global_bytes += bytes;
	if (run->flags & VMSCOPE_ENTRY_CACHE_DISABLE)
		sum->uncached_bytes += bytes;
}

static int regions(struct vmscope_kernel *arg)
{
	struct vmscope_kernel_region *out = (void *)(uintptr_t)arg->regions;
	struct vmscope_kernel_region sum[LEN(fixture_regions)];
	size_t i;

	if (arg->regions_size != sizeof(*out))
		return -EINVAL;
	memcpy(sum, fixture_regions, sizeof(sum));
	for (i = 0; i < LEN(fixture_runs); i++)
		if (has_run(&fixture_runs[i], arg->flags))
			run_add(&sum[region_of(fixture_runs[i].start)],
				&fixture_runs[i]);
	for (i = 0; i < LEN(sum) && i < arg->regions_len; i++) {
		out[i] = sum[i];
		if (!fake_hidden())
			continue;
		out[i].start = 0;
		out[i].end = 0;
		out[i].mapped_start = 0;
		out[i].mapped_end = 0;
	}
	arg->regions_len = LEN(sum);
	arg->cursor = arg->end;
	return 0;
}

static int runs(struct vmscope_kernel *arg)
{
	struct vmscope_kernel_run *out = (void *)(uintptr_t)arg->runs;
	size_t limit = fake_knob("FAKE_PER_REPLY", arg->runs_len);
	size_t len = 0;
	size_t i;

	if (fake_hidden())
		return -EPERM;
	if (arg->runs_size != sizeof(*out) || !arg->runs_len)
		return -EINVAL;
	arg->cursor = arg->end;
	for (i = 0; i < LEN(fixture_runs); i++) {
		const struct fixture_kernel_run *run = &fixture_runs[i];

		if (!has_run(run, arg->flags) || run->end <= arg->start ||
		    run->start >= arg->end)
			continue;
		if (len == limit) {
			arg->cursor = run->start;
			break;
		}
		out[len++] = (struct vmscope_kernel_run){
			.start = run->start > arg->start ? run->start :
							   arg->start,
			.end = run->end < arg->end ? run->end : arg->end,
			.region = fixture_regions[region_of(run->start)].id,
			.leaf_size = run->leaf_size,
			.flags = run->flags,
			.entry_flags = run->entry_flags,
		};
	}
	arg->runs_len = len;
	return 0;
}

int fake_kernel(struct vmscope_kernel *arg)
{
	const uint64_t known = VMSCOPE_F_PIDFD | VMSCOPE_KERNEL_F_USER_ROOT;
	int err;

	err = fake_target_find(
		arg->target, arg->flags & ~(uint64_t)VMSCOPE_KERNEL_F_USER_ROOT,
		&arg->pid);
	if (err)
		return err;
	if (arg->size != sizeof(*arg) || arg->flags & ~known ||
	    !arg->regions == !arg->runs || arg->end <= arg->start)
		return -EINVAL;
	if (arg->flags & VMSCOPE_KERNEL_F_USER_ROOT &&
	    !fake_knob("FAKE_PTI", 0))
		return -EOPNOTSUPP;
	arg->reply_flags = fake_hidden() ? VMSCOPE_REPLY_ADDRESSES_HIDDEN : 0;
	arg->walk = (struct vmscope_walk){ 0, 0, 7000, 93 };
	return arg->regions ? regions(arg) : runs(arg);
}

int fake_borders(struct vmscope_borders *arg)
{
	bool small = fake_knob("FAKE_32BIT", 0);
	int err = fake_target_find(arg->target, arg->flags, &arg->pid);

	if (err)
		return err;
	if (arg->size != sizeof(*arg))
		return -EINVAL;
	memcpy(arg->comm, SERVER_COMM, sizeof(SERVER_COMM));
	arg->layout_flags = (small ? VMSCOPE_BORDERS_32BIT : 0) |
			    (fake_knob("FAKE_BOTTOM_UP", 0) ?
				     VMSCOPE_BORDERS_BOTTOM_UP :
				     0);
	arg->task_size = 0x7ffffffff000;
	arg->mmap_base = 0x7f8000000000;
	arg->code_start = 0x555500000000;
	arg->code_end = 0x555500040000;
	arg->data_start = 0x555500050db0;
	arg->data_end = 0x555500051010;
	arg->brk_start = 0x555501000000;
	arg->brk_end = 0x555501200000;
	arg->stack_start = 0x7ffc0001ff70;
	arg->args_start = 0x7ffc0001f100;
	arg->args_end = 0x7ffc0001f120;
	arg->env_start = 0x7ffc0001f120;
	arg->env_end = 0x7ffc0001ffe0;
	return 0;
}
