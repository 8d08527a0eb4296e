// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/vmscope: the requests about how an address space is laid out.
 */
#include <linux/build_bug.h>
#include <linux/slab.h>

#include "chardev_request.h"
#include "session.h"
#include "session_layout.h"

/* What the first version of the ABI had: less is no request. */
#define KERNEL_SIZE_V1	      144
#define KERNEL_REGION_SIZE_V1 176
#define KERNEL_RUN_SIZE_V1    48
#define BORDERS_SIZE_V1	      160

static_assert(sizeof(struct vmscope_kernel) == KERNEL_SIZE_V1);
static_assert(sizeof(struct vmscope_kernel_region) == KERNEL_REGION_SIZE_V1);
static_assert(sizeof(struct vmscope_kernel_run) == KERNEL_RUN_SIZE_V1);
static_assert(sizeof(struct vmscope_borders) == BORDERS_SIZE_V1);

/**
 * struct runs_reply - how far the reply to a request for runs is
 * @runs: the caller's array
 * @runs_len: elements written
 */
struct runs_reply {
	struct vmscope_array runs;
	u64 runs_len;
};

static int put_runs(const struct vmscope_kernel_run *runs, unsigned int count,
		    void *private)
{
	struct runs_reply *reply = private;
	unsigned int i;
	int err = 0;

	for (i = 0; i < count && !err; i++)
		err = vmscope_array_put(&reply->runs, reply->runs_len + i,
					&runs[i], sizeof(runs[i]));
	reply->runs_len += count;
	return err;
}

static int do_runs(const struct vmscope_session *session,
		   struct vmscope_kernel *kernel)
{
	struct runs_reply reply = {
		.runs = { kernel->runs, kernel->runs_size },
	};
	struct vmscope_scan_kernel request = {
		.emit = put_runs,
		.private = &reply,
	};
	int err;

	err = vmscope_array_check(&reply.runs, KERNEL_RUN_SIZE_V1);
	if (err)
		return err;
	err = vmscope_session_kernel(session, kernel, &request);
	kernel->runs_len = reply.runs_len;
	kernel->regions_len = 0;
	return err;
}

static int do_regions(const struct vmscope_session *session,
		      struct vmscope_kernel *kernel)
{
	struct vmscope_array array = { kernel->regions, kernel->regions_size };
	struct vmscope_scan_kernel request = {};
	unsigned int i;
	int err;

	err = vmscope_array_check(&array, KERNEL_REGION_SIZE_V1);
	if (err)
		return err;
	request.regions = kcalloc(VMSCOPE_ARCH_REGIONS,
				  sizeof(*request.regions), GFP_KERNEL_ACCOUNT);
	if (!request.regions)
		return -ENOMEM;
	err = vmscope_session_kernel(session, kernel, &request);
	for (i = 0; i < request.regions_len && i < kernel->regions_len && !err;
	     i++)
		err = vmscope_array_put(&array, i, &request.regions[i],
					sizeof(request.regions[i]));
	kernel->regions_len = request.regions_len;
	kernel->runs_len = 0;
	kfree(request.regions);
	return err;
}

static int do_kernel(const struct vmscope_session *session, void *arg)
{
	struct vmscope_kernel *kernel = arg;

	if (!kernel->regions == !kernel->runs)
		return -EINVAL;
	return kernel->runs ? do_runs(session, kernel) :
			      do_regions(session, kernel);
}

static int do_borders(const struct vmscope_session *session, void *arg)
{
	return vmscope_session_borders(session, arg);
}

const struct vmscope_request vmscope_request_kernel = {
	.least = KERNEL_SIZE_V1,
	.size = sizeof(struct vmscope_kernel),
	.handle = do_kernel,
};

const struct vmscope_request vmscope_request_borders = {
	.least = BORDERS_SIZE_V1,
	.size = sizeof(struct vmscope_borders),
	.handle = do_borders,
};
