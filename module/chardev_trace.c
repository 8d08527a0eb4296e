// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/vmscope: the requests that trace.
 */
#include <linux/build_bug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "chardev_request.h"
#include "session.h"

/* What the version of the ABI that brought them had: less is no request. */
#define TRACE_SIZE_V3	128
#define TARGET_SIZE_V3	32
#define CONTROL_SIZE_V3 24
#define TOTALS_SIZE_V3	200
#define CAUSE_SIZE_V3	5144
#define CAUSE_SIZE_MAX	(4 * PAGE_SIZE)

static_assert(sizeof(struct vmscope_trace) == TRACE_SIZE_V3);
static_assert(sizeof(struct vmscope_trace_target) == TARGET_SIZE_V3);
static_assert(sizeof(struct vmscope_trace_control) == CONTROL_SIZE_V3);
static_assert(sizeof(struct vmscope_trace_totals) == TOTALS_SIZE_V3);
static_assert(sizeof(struct vmscope_cause_sum) == CAUSE_SIZE_V3);

static int do_trace(const struct vmscope_session *session, void *arg)
{
	return vmscope_session_trace(session, arg);
}

static int do_target(const struct vmscope_session *session, void *arg)
{
	return vmscope_session_trace_target(session, arg);
}

static int do_control(const struct vmscope_session *session, void *arg)
{
	return vmscope_session_trace_control(session, arg);
}

static int do_totals(const struct vmscope_session *session, void *arg)
{
	struct vmscope_trace_totals *totals = arg;
	struct vmscope_array array = { totals->causes, totals->causes_size };
	u64 i, n = min_t(u64, totals->causes_len, VMSCOPE_CAUSES);
	struct vmscope_cause_sum *causes;
	int err = 0;

	/* longer than a page, which is the most elsewhere */
	if (totals->causes && array.item_size < CAUSE_SIZE_V3)
		return -EINVAL;
	if (totals->causes && array.item_size > CAUSE_SIZE_MAX)
		return -E2BIG;
	causes = kvcalloc(VMSCOPE_CAUSES, sizeof(*causes), GFP_KERNEL_ACCOUNT);
	if (!causes)
		return -ENOMEM;
	err = vmscope_session_trace_totals(session, totals, causes);
	totals->causes_len = 0;
	if (!err && totals->causes) {
		for (i = 0; i < n && !err; i++)
			err = vmscope_array_put(&array, i, &causes[i],
						sizeof(*causes));
		totals->causes_len = n;
	}
	kvfree(causes);
	return err;
}

const struct vmscope_request vmscope_request_trace = {
	.least = TRACE_SIZE_V3,
	.size = sizeof(struct vmscope_trace),
	.handle = do_trace,
};

const struct vmscope_request vmscope_request_trace_target = {
	.least = TARGET_SIZE_V3,
	.size = sizeof(struct vmscope_trace_target),
	.handle = do_target,
};

const struct vmscope_request vmscope_request_trace_control = {
	.least = CONTROL_SIZE_V3,
	.size = sizeof(struct vmscope_trace_control),
	.handle = do_control,
};

const struct vmscope_request vmscope_request_trace_totals = {
	.least = TOTALS_SIZE_V3,
	.size = sizeof(struct vmscope_trace_totals),
	.handle = do_totals,
};
