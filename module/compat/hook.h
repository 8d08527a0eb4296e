/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernels and architectures around tracepoints and
 * probes.
 */
#ifndef _VMSCOPE_COMPAT_HOOK_H
#define _VMSCOPE_COMPAT_HOOK_H

#include <linux/ptrace.h>
#include <asm/processor-flags.h>

/* sched_process_exit has told whether it is the last thread since v6.16. */
#ifdef VMSCOPE_HAVE_EXIT_GROUP_DEAD
#define VMSCOPE_EXIT_TELLS_GROUP
#endif

/* Were interrupts on where the exception came from? */
static inline bool vmscope_regs_have_interrupts(const struct pt_regs *regs)
{
	return regs->flags & X86_EFLAGS_IF;
}

#endif /* _VMSCOPE_COMPAT_HOOK_H */
