// SPDX-License-Identifier: GPL-2.0
/*
 * Iterate over processes: hides the cursor and the buffer of VMSCOPE_IOC_PS.
 */
#include <errno.h>
#include <stdlib.h>

#include "vmscope.h"

#define PROCESSES_LEN 256

/* Length of struct vmscope_ps_options when it was first published. */
#define OPTIONS_SIZE_V1 32

struct vmscope_ps_iter {
	struct vmscope *handle;
	struct vmscope_ps_options options;
	uint64_t cursor; /* where the next request starts */
	int requests;

	struct vmscope_process processes[PROCESSES_LEN];
	size_t len; /* elements of the current reply */
	size_t pos; /* the next one to hand out */

	struct vmscope_ps sums;
};

/* What the caller's options have, and this library has not, must be 0. */
static int options_copy(const struct vmscope_ps_options *options,
			struct vmscope_ps_options *ret)
{
	const unsigned char *bytes = (const unsigned char *)options;
	size_t i;

	_Static_assert(sizeof(*options) >= OPTIONS_SIZE_V1,
		       "options never shrink");
	if (options->size < OPTIONS_SIZE_V1 || options->reserved)
		return -EINVAL;
	for (i = sizeof(*ret); i < options->size; i++)
		if (bytes[i])
			return -E2BIG;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, options,
	       options->size < sizeof(*ret) ? options->size : sizeof(*ret));
	return 0;
}

int vmscope_ps_open(struct vmscope *handle,
		    const struct vmscope_ps_options *options,
		    struct vmscope_ps_iter **ret)
{
	struct vmscope_ps_iter *iter = calloc(1, sizeof(*iter));
	int err;

	if (!iter)
		return -ENOMEM;
	err = options_copy(options, &iter->options);
	if (err) {
		free(iter);
		return err;
	}
	iter->handle = handle;
	*ret = iter;
	return 0;
}

void vmscope_ps_close(struct vmscope_ps_iter *iter)
{
	free(iter);
}

static void sums_add(struct vmscope_ps *sums, const struct vmscope_ps *arg)
{
	sums->processes_len += arg->processes_len;
	sums->hidden += arg->hidden;
	sums->others += arg->others;
	sums->kernel_threads += arg->kernel_threads;
	sums->ended += arg->ended;
	sums->unsettled += arg->unsettled;
	sums->scan_ns += arg->scan_ns;
	sums->rights_ns += arg->rights_ns;
	sums->walk.holds += arg->walk.holds;
	sums->walk.entries += arg->walk.entries;
	sums->walk.tables += arg->walk.tables;
	if (arg->walk.layout == VMSCOPE_LAYOUT_CHANGED ||
	    sums->walk.layout == VMSCOPE_LAYOUT_SAME)
		sums->walk.layout = arg->walk.layout;
}

/* Rising, and between where this request began and where the next one will. */
static int is_sound(const struct vmscope_ps_iter *iter,
		    const struct vmscope_ps *arg)
{
	uint64_t next = iter->cursor;
	size_t i;

	/* Without progress the same would be asked for ever. */
	if (arg->processes_len > PROCESSES_LEN || arg->cursor <= iter->cursor)
		return 0;
	for (i = 0; i < arg->processes_len; i++) {
		if (iter->processes[i].pid < next)
			return 0;
		next = iter->processes[i].pid + 1;
	}
	return next <= arg->cursor;
}

static int ps_fill(struct vmscope_ps_iter *iter)
{
	struct vmscope_ps arg;
	int err;

	memset(&arg, 0, sizeof(arg));
	arg.size = sizeof(arg);
	arg.flags = iter->options.flags;
	arg.uid = iter->options.uid;
	arg.cgroup = iter->options.cgroup;
	arg.start = iter->cursor;
	arg.processes = (uint64_t)(uintptr_t)iter->processes;
	arg.processes_len = PROCESSES_LEN;
	arg.processes_size = sizeof(iter->processes[0]);

	iter->len = 0;
	iter->pos = 0;
	err = vmscope_ps_get(iter->handle, &arg);
	if (err)
		return err;
	if (!is_sound(iter, &arg))
		return -EPROTO;
	iter->requests = 1;
	iter->len = arg.processes_len;
	iter->cursor = arg.cursor;
	sums_add(&iter->sums, &arg);
	return 0;
}

int vmscope_ps_next(struct vmscope_ps_iter *iter,
		    const struct vmscope_process **process)
{
	int err;

	if (iter->pos < iter->len) {
		*process = &iter->processes[iter->pos++];
		return 0;
	}
	if (iter->requests && iter->cursor == VMSCOPE_RANGE_END)
		return 1;
	err = ps_fill(iter);
	if (!err)
		*process = NULL;
	return err;
}

const struct vmscope_ps *vmscope_ps_sums(const struct vmscope_ps_iter *iter)
{
	return &iter->sums;
}
