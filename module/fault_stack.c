// SPDX-License-Identifier: GPL-2.0
/*
 * Who called whom, when a fault is over and its task still where it was.
 */
#include <linux/compiler.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>

#include "compat/hook.h"
#include "fault.h"

/* What a function that keeps a frame pointer has pushed, by word size. */
struct frame {
	u64 next;
	u64 caller;
};

struct frame32 {
	u32 next;
	u32 caller;
};

/* Memory that is not there is not faulted in: the callers end. */
static bool read_frame(u64 address, bool is_32bit, struct frame *frame)
{
	const void __user *from = (const void __user *)address;
	struct frame32 narrow;

	if (!is_32bit)
		return !copy_from_user_nofault(frame, from, sizeof(*frame));
	if (copy_from_user_nofault(&narrow, from, sizeof(narrow)))
		return false;
	frame->next = narrow.next;
	frame->caller = narrow.caller;
	return true;
}

/**
 * vmscope_fault_user_stack() - callers in user mode
 * @callers: out: return addresses, from the innermost on
 * @max: at most so many
 * @cut: out: there were more
 *
 * Of the current task, by frame pointers; each frame must be above the one
 * before, so that this ends. Any context but NMI.
 *
 * Return: how many.
 */
unsigned int vmscope_fault_user_stack(u64 *callers, unsigned int max, bool *cut)
{
	const struct pt_regs *regs = task_pt_regs(current);
	unsigned int count = 0;
	struct frame frame;
	bool is_32bit;
	u64 at;

	if (!current->mm || current->flags & PF_KTHREAD)
		return 0;
	is_32bit = vmscope_regs_are_32bit(regs);
	at = vmscope_regs_frame(regs);
	while (at && at < TASK_SIZE_MAX && read_frame(at, is_32bit, &frame)) {
		if (!frame.caller || frame.caller >= TASK_SIZE_MAX)
			break;
		if (count == max) {
			*cut = true;
			break;
		}
		callers[count++] = frame.caller;
		if (frame.next <= at)
			break;
		at = frame.next;
	}
	return count;
}

/**
 * vmscope_fault_kernel_stack() - callers in kernel mode
 * @fault: a fault of the current task, with regs
 * @callers: out: return addresses, from the innermost on
 * @max: at most so many
 * @cut: out: there were more
 *
 * Any context but NMI. Return: how many.
 */
unsigned int vmscope_fault_kernel_stack(const struct vmscope_fault *fault,
					u64 *callers, unsigned int max,
					bool *cut)
{
	struct unwind_state state;
	unsigned int count = 0;

	for (unwind_start(&state, current, fault->regs, NULL);
	     !unwind_done(&state); unwind_next_frame(&state)) {
		u64 caller = unwind_get_return_address(&state);

		if (!caller)
			break;
		/* what the registers begin with is the instruction itself */
		if (caller == fault->ip)
			continue;
		if (count == max) {
			*cut = true;
			break;
		}
		callers[count++] = caller;
	}
	return count;
}
