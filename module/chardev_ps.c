// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/vmscope: the request for all processes.
 */
#include <linux/build_bug.h>

#include "chardev_request.h"
#include "session.h"
#include "session_ps.h"

/* What the first version of the ABI had: less is no request. */
#define PS_SIZE_V1	160
#define PROCESS_SIZE_V1 360

static_assert(sizeof(struct vmscope_ps) == PS_SIZE_V1);
static_assert(sizeof(struct vmscope_process) == PROCESS_SIZE_V1);

/**
 * struct ps_reply - how far the reply is
 * @processes: the caller's array
 * @processes_len: elements written
 */
struct ps_reply {
	struct vmscope_array processes;
	u64 processes_len;
};

static int put_process(const struct vmscope_process *process, void *private)
{
	struct ps_reply *reply = private;

	return vmscope_array_put(&reply->processes, reply->processes_len++,
				 process, sizeof(*process));
}

static int do_ps(const struct vmscope_session *session, void *arg)
{
	struct vmscope_ps *ps = arg;
	struct ps_reply reply = {
		.processes = { ps->processes, ps->processes_size },
	};
	const struct vmscope_ps_sink sink = { put_process, &reply };
	int err;

	err = vmscope_array_check(&reply.processes, PROCESS_SIZE_V1);
	return err ? err : vmscope_session_ps(session, ps, &sink);
}

const struct vmscope_request vmscope_request_ps = {
	.least = PS_SIZE_V1,
	.size = sizeof(struct vmscope_ps),
	.handle = do_ps,
};
