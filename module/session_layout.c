// SPDX-License-Identifier: GPL-2.0
/*
 * Requests about how an address space is laid out.
 */
#include <linux/sched.h>
#include <linux/string.h>

#include "access.h"
#include "compat/layout.h"
#include "map.h"
#include "session.h"
#include "session_layout.h"
#include "target.h"

/* Without the right, only all of it: a range would tell where something is. */
static int check_right(const struct vmscope_session *session,
		       const struct vmscope_kernel *kernel,
		       struct vmscope_scan_kernel *request)
{
	int err = vmscope_access_kernel_half(session->file);

	request->hidden = err;
	if (request->regions && !kernel->start &&
	    kernel->end == VMSCOPE_RANGE_END)
		return 0;
	return err;
}

/**
 * vmscope_session_kernel() - VMSCOPE_IOC_KERNEL
 * @session: whose
 * @kernel: in and out, as struct vmscope_kernel says, but for the arrays
 * @request: in: where regions or runs go; the rest is filled in here
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_kernel(const struct vmscope_session *session,
			   struct vmscope_kernel *kernel,
			   struct vmscope_scan_kernel *request)
{
	const u64 first = vmscope_arch_kernel_start();
	struct vmscope_target target;
	int err;

	if (kernel->flags & ~(VMSCOPE_F_PIDFD | VMSCOPE_KERNEL_F_USER_ROOT) ||
	    !vmscope_session_is_range(kernel->start, kernel->end) ||
	    kernel->end <= first || !request->regions == !request->emit)
		return -EINVAL;
	if (request->emit && !kernel->runs_len)
		return -EINVAL;
	err = vmscope_session_enter(session, kernel->flags, kernel->target,
				    &target, &kernel->pid);
	if (err)
		return err;
	err = check_right(session, kernel, request);
	if (err)
		goto out;
	request->user_root = kernel->flags & VMSCOPE_KERNEL_F_USER_ROOT;
	request->cursor = max(kernel->start, first);
	request->end = kernel->end;
	request->runs_len = request->emit ? kernel->runs_len : 0;
	err = vmscope_scan_kernel(&target, request);
	kernel->cursor = request->cursor;
	kernel->reply_flags = request->hidden ? VMSCOPE_REPLY_ADDRESSES_HIDDEN :
						0;
	kernel->walk = request->report;
out:
	vmscope_target_put(&target);
	return err;
}

/**
 * vmscope_session_borders() - VMSCOPE_IOC_BORDERS
 * @session: whose
 * @borders: in and out, as struct vmscope_borders says
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_borders(const struct vmscope_session *session,
			    struct vmscope_borders *borders)
{
	struct vmscope_target target;
	char comm[TASK_COMM_LEN];
	int err;

	*borders = (struct vmscope_borders){
		.size = borders->size,
		.flags = borders->flags,
		.target = borders->target,
	};
	if (borders->flags & ~VMSCOPE_F_PIDFD)
		return -EINVAL;
	err = vmscope_session_enter(session, borders->flags, borders->target,
				    &target, &borders->pid);
	if (err)
		return err;
	get_task_comm(comm, target.task);
	memcpy(borders->comm, comm, sizeof(borders->comm));
	vmscope_map_borders(target.mm, borders);
	vmscope_target_put(&target);
	return 0;
}
