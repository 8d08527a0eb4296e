/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Being called when a process ends, while its memory is still there.
 */
#ifndef _VMSCOPE_COMPAT_EXIT_H
#define _VMSCOPE_COMPAT_EXIT_H

#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

/**
 * struct vmscope_exit_hook - a place in do_exit()
 * @fn: called in the last thread of a process, a kernel thread's as well, when
 *	it has given up its place among the live ones and has its mm still.
 *	With preemption off; must not sleep
 *
 * From v6.16 on the tracepoint sched_process_exit lies there and says whether
 * the thread is the last. Before, it comes after exit_mm(), when swapped pages
 * and page tables are gone; the call of taskstats_exit(), which has the same
 * arguments, lies at the right place on these kernels.
 */
struct vmscope_exit_hook {
	void (*fn)(struct task_struct *task);
#ifdef VMSCOPE_HAVE_EXIT_GROUP_DEAD
	struct tracepoint *tp;
#else
	struct kprobe kprobe;
#endif
};

#ifdef VMSCOPE_HAVE_EXIT_GROUP_DEAD

static inline void vmscope_exit_probe(void *data, struct task_struct *task,
				      bool group_dead)
{
	struct vmscope_exit_hook *hook = data;

	if (!group_dead)
		return;
	/* one processor sees the fields of a process in peace */
	preempt_disable();
	hook->fn(task);
	preempt_enable();
}

static inline void vmscope_exit_find(struct tracepoint *tp, void *data)
{
	struct vmscope_exit_hook *hook = data;

	if (!strcmp(tp->name, "sched_process_exit"))
		hook->tp = tp;
}

/* Return: 0, -ENOENT where the kernel has no such place, or another error. */
static inline int vmscope_exit_hook_set(struct vmscope_exit_hook *hook)
{
	hook->tp = NULL;
	for_each_kernel_tracepoint(vmscope_exit_find, hook);
	if (!hook->tp)
		return -ENOENT;
	return tracepoint_probe_register(hook->tp, vmscope_exit_probe, hook);
}

/* When it returns, @fn neither runs nor will run. May sleep. */
static inline void vmscope_exit_hook_clear(struct vmscope_exit_hook *hook)
{
	tracepoint_probe_unregister(hook->tp, vmscope_exit_probe, hook);
	tracepoint_synchronize_unregister();
}

#else /* !VMSCOPE_HAVE_EXIT_GROUP_DEAD */

static inline int vmscope_exit_probe(struct kprobe *kprobe,
				     struct pt_regs *regs)
{
	struct vmscope_exit_hook *hook =
		container_of(kprobe, struct vmscope_exit_hook, kprobe);

	/* taskstats_exit(struct task_struct *tsk, int group_dead) */
	if ((int)regs_get_kernel_argument(regs, 1))
		hook->fn((struct task_struct *)regs_get_kernel_argument(regs,
									0));
	return 0;
}

static inline int vmscope_exit_hook_set(struct vmscope_exit_hook *hook)
{
	hook->kprobe = (struct kprobe){
		.symbol_name = "taskstats_exit",
		.pre_handler = vmscope_exit_probe,
	};
	return register_kprobe(&hook->kprobe);
}

static inline void vmscope_exit_hook_clear(struct vmscope_exit_hook *hook)
{
	/* waits for handlers that run: __unregister_kprobe_bottom() */
	unregister_kprobe(&hook->kprobe);
}

#endif /* VMSCOPE_HAVE_EXIT_GROUP_DEAD */

#endif /* _VMSCOPE_COMPAT_EXIT_H */
