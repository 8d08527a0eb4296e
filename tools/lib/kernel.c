// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel half: regions in one reply, runs as an iterator that hides cursor
 * and buffer of VMSCOPE_IOC_KERNEL.
 */
#include <errno.h>
#include <stdlib.h>

#include "vmscope.h"

/* More regions than any module so far has; it says if there are more. */
#define REGIONS_FIRST 64

/* How many runs are asked for at once. */
#define RUNS_AT_ONCE 4096

static void request_init(struct vmscope_kernel *arg,
			 const struct vmscope_target *target, uint64_t flags)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = target->flags | flags;
	arg->target = target->id;
	arg->end = VMSCOPE_RANGE_END;
}

/* Each begins where the last one ended, or no addresses are told. */
static int regions_are_sound(const struct vmscope_regions *regions)
{
	uint64_t last = 0;
	size_t i;

	if (regions->reply_flags & VMSCOPE_REPLY_ADDRESSES_HIDDEN)
		return 1;
	for (i = 0; i < regions->len; i++) {
		const struct vmscope_kernel_region *r = &regions->regions[i];

		if (r->end <= r->start || (i && r->start != last))
			return 0;
		last = r->end;
	}
	return last == VMSCOPE_RANGE_END;
}

int vmscope_regions_get(struct vmscope *handle,
			const struct vmscope_target *target, uint64_t flags,
			struct vmscope_regions *ret)
{
	struct vmscope_regions regions = { .len = REGIONS_FIRST };
	struct vmscope_kernel arg;
	size_t size;
	int err;

	/* once more when there are more than there is room for */
	do {
		free(regions.regions);
		size = regions.len;
		regions.regions = calloc(size, sizeof(*regions.regions));
		if (!regions.regions)
			return -ENOMEM;
		request_init(&arg, target, flags);
		arg.regions = (uint64_t)(uintptr_t)regions.regions;
		arg.regions_len = size;
		arg.regions_size = sizeof(*regions.regions);
		err = vmscope_kernel_get(handle, &arg);
		if (!err && (!arg.regions_len || arg.regions_len > 4096))
			err = -EPROTO;
		if (err)
			goto fail;
		regions.len = arg.regions_len;
	} while (size < regions.len);
	regions.pid = arg.pid;
	regions.reply_flags = arg.reply_flags;
	regions.walk = arg.walk;
	err = -EPROTO;
	if (!regions_are_sound(&regions))
		goto fail;
	*ret = regions;
	return 0;
fail:
	free(regions.regions);
	return err;
}

void vmscope_regions_free(struct vmscope_regions *regions)
{
	free(regions->regions);
	regions->regions = NULL;
	regions->len = 0;
}

struct vmscope_runs_iter {
	struct vmscope *handle;
	struct vmscope_target target;
	uint64_t flags;
	uint64_t cursor; /* where the next request starts */
	uint64_t end;

	struct vmscope_kernel_run runs[RUNS_AT_ONCE];
	size_t len; /* elements of the current reply */
	size_t pos; /* the next one to hand out */

	uint64_t requests;
	uint64_t pid;
	struct vmscope_walk walk;
};

int vmscope_runs_open(struct vmscope *handle,
		      const struct vmscope_target *target, uint64_t flags,
		      uint64_t start, uint64_t end,
		      struct vmscope_runs_iter **ret)
{
	struct vmscope_runs_iter *iter = calloc(1, sizeof(*iter));

	if (!iter)
		return -ENOMEM;
	iter->handle = handle;
	iter->target = *target;
	iter->flags = flags;
	iter->cursor = start;
	iter->end = end;
	*ret = iter;
	return 0;
}

void vmscope_runs_close(struct vmscope_runs_iter *iter)
{
	free(iter);
}

/* Rising, and between where this request began and where the next one will. */
static int runs_are_sound(const struct vmscope_runs_iter *iter,
			  const struct vmscope_kernel *arg)
{
	uint64_t last = iter->cursor;
	size_t i;

	/* Without progress the same would be asked for ever. */
	if (arg->runs_len > RUNS_AT_ONCE || arg->cursor <= iter->cursor ||
	    arg->cursor > iter->end)
		return 0;
	for (i = 0; i < arg->runs_len; i++) {
		const struct vmscope_kernel_run *run = &iter->runs[i];

		if (run->start < last || run->end <= run->start)
			return 0;
		last = run->end;
	}
	return last <= arg->cursor;
}

static int runs_fill(struct vmscope_runs_iter *iter)
{
	struct vmscope_kernel arg;
	int err;

	request_init(&arg, &iter->target, iter->flags);
	arg.start = iter->cursor;
	arg.end = iter->end;
	arg.runs = (uint64_t)(uintptr_t)iter->runs;
	arg.runs_len = RUNS_AT_ONCE;
	arg.runs_size = sizeof(iter->runs[0]);

	iter->len = 0;
	iter->pos = 0;
	err = vmscope_kernel_get(iter->handle, &arg);
	if (err)
		return err;
	if (!runs_are_sound(iter, &arg))
		return -EPROTO;
	iter->requests++;
	iter->len = arg.runs_len;
	iter->cursor = arg.cursor;
	iter->pid = arg.pid;
	iter->walk.entries += arg.walk.entries;
	iter->walk.tables += arg.walk.tables;
	return 0;
}

int vmscope_runs_next(struct vmscope_runs_iter *iter,
		      const struct vmscope_kernel_run **run)
{
	int err;

	while (iter->pos == iter->len) {
		if (iter->requests && iter->cursor >= iter->end)
			return 1;
		err = runs_fill(iter);
		if (err)
			return err;
	}
	*run = &iter->runs[iter->pos++];
	return 0;
}

void vmscope_runs_walk(const struct vmscope_runs_iter *iter, uint64_t *pid,
		       struct vmscope_walk *walk)
{
	if (pid)
		*pid = iter->pid;
	if (walk)
		*walk = iter->walk;
}
