/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernels and architectures around tracepoints and
 * probes.
 */
#ifndef _VMSCOPE_COMPAT_HOOK_H
#define _VMSCOPE_COMPAT_HOOK_H

#include <linux/ptrace.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/unwind.h>

/* sched_process_exit has told whether it is the last thread since v6.16. */
#ifdef VMSCOPE_HAVE_EXIT_GROUP_DEAD
#define VMSCOPE_EXIT_TELLS_GROUP
#endif

/* Were interrupts on where the exception came from? */
static inline bool vmscope_regs_have_interrupts(const struct pt_regs *regs)
{
	return regs->flags & X86_EFLAGS_IF;
}

/* Does the task run 32-bit code? */
static inline bool vmscope_regs_are_32bit(const struct pt_regs *regs)
{
	return (u16)regs->cs == __USER32_CS;
}

/* Where compilers keep the frame pointer. */
static inline u64 vmscope_regs_frame(const struct pt_regs *regs)
{
	return regs->bp;
}

#endif /* _VMSCOPE_COMPAT_HOOK_H */
