// SPDX-License-Identifier: GPL-2.0
/*
 * The hooks, and how what they see is put together to one fault.
 *
 *   exceptions:page_fault_user, page_fault_kernel   an exception begins
 *   kretprobe on handle_mm_fault                     each call of the handler
 *   signal:signal_generate                           it ends in a signal
 *   kprobe on fixup_exception                        it ends in an error of a
 *                                                    system call
 *   sched:sched_process_fork, _exec, _exit, _free    tasks
 *
 * The end of an exception has no hook. It is over when the handler's last call
 * returns, unless that leads to a signal. Should an end be missed, the next
 * event of the same task concludes what it left behind.
 */
#include <linux/binfmts.h>
#include <linux/bitops.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <asm/trapnr.h>
#include <trace/events/sched.h>
#include <trace/events/signal.h>

#include "compat/hook.h"
#include "fault_hook.h"
#include "fault_slot.h"

/* So many tasks may be in the handler at once, most of them asleep. */
#define CALLS_MAX 4096

/* bits of the processor's error code (enum x86_pf_error_code) */
#define ERROR_PROTECTION BIT(0)
#define ERROR_WRITE	 BIT(1)
#define ERROR_FETCH	 BIT(4)
#define ERROR_KEY	 BIT(5)
#define ERROR_SHADOW	 BIT(6)

static struct kretprobe handler_probe;
static struct kprobe fixup_probe;
static bool has_fixup;
static u64 missed_before;

/* The task that tests the hooks, and whether it was seen. */
static struct task_struct *tester;
static bool test_seen;

/* What preempt_count() is in a probe of a tracepoint, for its own sake. */
static int probe_depth;

static void conclude_rest(void)
{
	struct vmscope_slot *slot = vmscope_slot_find(current);

	if (!slot)
		return;
	slot->fault.regs = NULL;
	vmscope_slot_conclude(slot);
}

/*
 * Is it one that do_user_addr_fault() passes on to the handler, or refuses for
 * what is mapped there? Others are no page faults of the task's but accesses
 * that may fail (copy_from_user_nofault() and the like), also those that the
 * hooks of this module and others make.
 */
static bool is_fault(struct pt_regs *regs, u64 address, int depth)
{
	if (user_mode(regs))
		return true;
	return address < TASK_SIZE_MAX && current->mm && !in_interrupt() &&
	       !pagefault_disabled() && depth <= probe_depth &&
	       vmscope_regs_have_interrupts(regs);
}

static u8 access_of(unsigned long error_code)
{
	if (error_code & ERROR_FETCH)
		return VMSCOPE_ACCESS_EXEC;
	return error_code & (ERROR_WRITE | ERROR_SHADOW) ?
		       VMSCOPE_ACCESS_WRITE :
		       VMSCOPE_ACCESS_READ;
}

static void begin_exception(unsigned long address, struct pt_regs *regs,
			    unsigned long error_code, u64 wanted)
{
	struct vmscope_slot *slot;

	conclude_rest();
	slot = vmscope_slot_open(current, wanted, address);
	if (!slot) {
		vmscope_hook_tell_lost(wanted);
		return;
	}
	slot->fault.begin_ns = ktime_get_mono_fast_ns();
	slot->fault.ip = instruction_pointer(regs);
	slot->fault.error_code = error_code;
	slot->fault.access = access_of(error_code);
	slot->stack_pages = current->mm->stack_vm;
	if (user_mode(regs)) {
		slot->fault.origin = VMSCOPE_ORIGIN_USER;
	} else {
		slot->fault.origin = VMSCOPE_ORIGIN_KERNEL;
		slot->fault.regs = regs;
	}
}

/* Interrupts are off: the exception has not enabled them yet. */
static void see_exception(void *unused, unsigned long address,
			  struct pt_regs *regs, unsigned long error_code)
{
	int depth = preempt_count() & PREEMPT_MASK;
	u64 wanted;

	if (unlikely(READ_ONCE(tester) == current)) {
		WRITE_ONCE(probe_depth, depth);
		return;
	}
	preempt_disable_notrace();
	wanted = vmscope_hook_who_wants(address);
	if (wanted && is_fault(regs, address, depth))
		begin_exception(address, regs, error_code, wanted);
	preempt_enable_notrace();
}

/*
 * Does the call belong to the fault that the task is taking? After a call of
 * get_user_pages() that asked for another, the next one says so itself.
 */
static bool continues(const struct vmscope_slot *slot, u64 address,
		      unsigned int flags, const struct pt_regs *fault_regs)
{
	const struct vmscope_fault *fault = &slot->fault;

	if ((fault->address ^ address) & PAGE_MASK)
		return false;
	if (fault->origin != VMSCOPE_ORIGIN_GUP)
		return fault_regs;
	return !fault_regs && flags & FAULT_FLAG_TRIED;
}

static u8 access_of_call(unsigned int flags)
{
	if (flags & FAULT_FLAG_INSTRUCTION)
		return VMSCOPE_ACCESS_EXEC;
	return flags & FAULT_FLAG_WRITE ? VMSCOPE_ACCESS_WRITE :
					  VMSCOPE_ACCESS_READ;
}

/*
 * A call without an exception before it: by get_user_pages(), or of an
 * exception that began before the hooks were there or found no slot.
 */
static struct vmscope_slot *begin_call(u64 address, unsigned int flags,
				       struct pt_regs *fault_regs)
{
	u64 wanted = vmscope_hook_who_wants(address);
	struct vmscope_slot *slot;

	if (!wanted)
		return NULL;
	slot = vmscope_slot_open(current, wanted, address);
	if (!slot) {
		if (!fault_regs)
			vmscope_hook_tell_lost(wanted);
		return NULL;
	}
	slot->fault.access = access_of_call(flags);
	if (!fault_regs) {
		slot->fault.origin = VMSCOPE_ORIGIN_GUP;
	} else {
		slot->fault.ip = instruction_pointer(fault_regs);
		slot->fault.origin = user_mode(fault_regs) ?
					     VMSCOPE_ORIGIN_USER :
					     VMSCOPE_ORIGIN_KERNEL;
	}
	return slot;
}

/* Preemption is off. Not 0: the return is of no interest. */
static int see_call(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct vm_area_struct *vma = (void *)regs_get_kernel_argument(regs, 0);
	u64 address = regs_get_kernel_argument(regs, 1);
	unsigned int flags = regs_get_kernel_argument(regs, 2);
	struct pt_regs *fault_regs = (void *)regs_get_kernel_argument(regs, 3);
	struct vmscope_slot *slot;

	if (unlikely(READ_ONCE(tester) == current)) {
		WRITE_ONCE(test_seen, true);
		return 1;
	}
	slot = vmscope_slot_find(current);
	if (slot && !continues(slot, address, flags, fault_regs)) {
		conclude_rest();
		slot = NULL;
	}
	if (!slot)
		slot = begin_call(address, flags, fault_regs);
	if (!slot)
		return 1;
	*(struct vmscope_slot **)instance->data = slot;
	vmscope_slot_call(slot, vma, address, flags);
	return 0;
}

static int see_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct vmscope_slot *slot = *(struct vmscope_slot **)instance->data;
	vm_fault_t result = (__force vm_fault_t)regs_return_value(regs);

	if (vmscope_slot_return(slot, result, regs))
		vmscope_slot_conclude(slot);
	return 0;
}

static void see_signal(void *unused, int signal, struct kernel_siginfo *info,
		       struct task_struct *task, int group, int result)
{
	struct vmscope_slot *slot;
	u64 address;

	if ((signal != SIGSEGV && signal != SIGBUS) || task != current ||
	    info == SEND_SIG_NOINFO || info == SEND_SIG_PRIV || in_interrupt())
		return;
	preempt_disable_notrace();
	slot = vmscope_slot_find(current);
	address = (unsigned long)info->si_addr;
	if (slot && slot->fault.origin == VMSCOPE_ORIGIN_USER &&
	    !((slot->fault.address ^ address) & PAGE_MASK)) {
		vmscope_slot_refuse(slot, signal,
				    signal == SIGSEGV &&
					    (info->si_code == SEGV_ACCERR ||
					     info->si_code == SEGV_PKUERR));
		vmscope_slot_conclude(slot);
	}
	preempt_enable_notrace();
}

/* The kernel looks for what to do after an access of its own failed. */
static int see_fixup(struct kprobe *probe, struct pt_regs *regs)
{
	struct pt_regs *fault_regs = (void *)regs_get_kernel_argument(regs, 0);
	struct vmscope_slot *slot;

	if (regs_get_kernel_argument(regs, 1) != X86_TRAP_PF || in_interrupt())
		return 0;
	slot = vmscope_slot_find(current);
	if (slot && slot->fault.origin == VMSCOPE_ORIGIN_KERNEL &&
	    slot->fault.regs == fault_regs) {
		vmscope_slot_refuse(slot, 0,
				    slot->fault.error_code &
					    (ERROR_PROTECTION | ERROR_KEY));
		vmscope_slot_conclude(slot);
	}
	return 0;
}

static void see_fork(void *unused, struct task_struct *parent,
		     struct task_struct *child)
{
	preempt_disable_notrace();
	vmscope_hook_tell_fork(parent, child);
	preempt_enable_notrace();
}

static void see_exec(void *unused, struct task_struct *task, pid_t old_pid,
		     struct linux_binprm *bprm)
{
	preempt_disable_notrace();
	vmscope_hook_tell_exec(task, bprm);
	preempt_enable_notrace();
}

static void task_exits(struct task_struct *task)
{
	preempt_disable_notrace();
	if (vmscope_slots_are_there())
		conclude_rest();
	vmscope_hook_tell_exit(task);
	preempt_enable_notrace();
}

#ifdef VMSCOPE_EXIT_TELLS_GROUP
static void see_exit(void *unused, struct task_struct *task, bool group_dead)
{
	task_exits(task);
}
#else
static void see_exit(void *unused, struct task_struct *task)
{
	task_exits(task);
}
#endif

static void see_gone(void *unused, struct task_struct *task)
{
	preempt_disable_notrace();
	if (vmscope_slots_are_there())
		vmscope_slot_drop(task);
	vmscope_hook_tell_gone(task);
	preempt_enable_notrace();
}

/* A tracepoint that is not exported, found by its name. */
struct hook {
	const char *name;
	void *probe;
	struct tracepoint *tracepoint;
	bool on;
};

static struct hook task_hooks[] = {
	{ "sched_process_fork", see_fork },
	{ "sched_process_exec", see_exec },
	{ "sched_process_exit", see_exit },
	{ "sched_process_free", see_gone },
};

/* Without those of exceptions, only calls of the handler are seen. */
static struct hook fault_hooks[] = {
	{ "page_fault_user", see_exception },
	{ "page_fault_kernel", see_exception },
	{ "signal_generate", see_signal },
};

static void note_tracepoint(struct tracepoint *tp, void *unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(task_hooks); i++)
		if (!strcmp(tp->name, task_hooks[i].name))
			task_hooks[i].tracepoint = tp;
	for (i = 0; i < ARRAY_SIZE(fault_hooks); i++)
		if (!strcmp(tp->name, fault_hooks[i].name))
			fault_hooks[i].tracepoint = tp;
}

/**
 * vmscope_hook_find() - look for the kernel's tracepoints
 *
 * Those of the kernel itself never go away. Once, when the module is loaded.
 */
void vmscope_hook_find(void)
{
	/* so that their types are those of this kernel */
	check_trace_callback_type_sched_process_fork(see_fork);
	check_trace_callback_type_sched_process_exec(see_exec);
	check_trace_callback_type_sched_process_exit(see_exit);
	check_trace_callback_type_sched_process_free(see_gone);
	check_trace_callback_type_signal_generate(see_signal);
	for_each_kernel_tracepoint(note_tracepoint, NULL);
}

static bool has_all(const struct hook *hooks, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!hooks[i].tracepoint)
			return false;
	return true;
}

/* Does the kernel tell when an exception begins, and what signal it ends in? */
bool vmscope_hook_has_exception(void)
{
	return has_all(fault_hooks, ARRAY_SIZE(fault_hooks));
}

/* Does it tell of tasks? */
bool vmscope_hook_has_tasks(void)
{
	return has_all(task_hooks, ARRAY_SIZE(task_hooks));
}

static void unhook(struct hook *hooks, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (hooks[i].on)
			tracepoint_probe_unregister(hooks[i].tracepoint,
						    hooks[i].probe, NULL);
		hooks[i].on = false;
	}
}

static int hook_all(struct hook *hooks, unsigned int count)
{
	unsigned int i;
	int err;

	for (i = 0; i < count; i++) {
		if (!hooks[i].tracepoint)
			continue;
		err = tracepoint_probe_register(hooks[i].tracepoint,
						hooks[i].probe, NULL);
		if (err) {
			unhook(hooks, count);
			return err;
		}
		hooks[i].on = true;
	}
	return 0;
}

/**
 * vmscope_hook_tasks() - be told of tasks from now on
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int vmscope_hook_tasks(void)
{
	return hook_all(task_hooks, ARRAY_SIZE(task_hooks));
}

/* And no longer. May sleep; when it returns, none of their probes runs. */
void vmscope_hook_tasks_end(void)
{
	unhook(task_hooks, ARRAY_SIZE(task_hooks));
	tracepoint_synchronize_unregister();
}

/**
 * vmscope_hook_faults() - be told of faults from now on
 *
 * May sleep. Return: 0, -ENOMEM, or -EOPNOTSUPP when handle_mm_fault() cannot
 * be probed.
 */
int vmscope_hook_faults(void)
{
	int err;

	err = vmscope_slot_init();
	if (err)
		return err;
	/* what was in them is of the last time */
	handler_probe = (struct kretprobe){
		.kp.symbol_name = "handle_mm_fault",
		.entry_handler = see_call,
		.handler = see_return,
		.data_size = sizeof(struct vmscope_slot *),
		.maxactive = CALLS_MAX,
	};
	fixup_probe = (struct kprobe){
		.symbol_name = "fixup_exception",
		.pre_handler = see_fixup,
	};
	err = register_kretprobe(&handler_probe);
	if (err) {
		vmscope_slot_exit();
		return err == -ENOMEM ? err : -EOPNOTSUPP;
	}
	has_fixup = !register_kprobe(&fixup_probe);
	err = hook_all(fault_hooks, ARRAY_SIZE(fault_hooks));
	if (err)
		vmscope_hook_faults_end();
	return err;
}

static u64 missed_now(void)
{
	return (u64)READ_ONCE(handler_probe.nmissed) +
	       READ_ONCE(handler_probe.kp.nmissed);
}

/**
 * vmscope_hook_missed() - calls of the handler that were not seen
 *
 * Return: how many since the module was loaded.
 */
u64 vmscope_hook_missed(void)
{
	return missed_before + missed_now();
}

/*
 * And no longer. May sleep; when it returns, none of their probes runs. Tasks
 * that sleep in the handler return from it unseen.
 */
void vmscope_hook_faults_end(void)
{
	unhook(fault_hooks, ARRAY_SIZE(fault_hooks));
	if (has_fixup)
		unregister_kprobe(&fixup_probe);
	has_fixup = false;
	unregister_kretprobe(&handler_probe);
	missed_before += missed_now();
	handler_probe.nmissed = 0;
	handler_probe.kp.nmissed = 0;
	tracepoint_synchronize_unregister();
	vmscope_slot_exit();
}

/**
 * vmscope_hook_test() - is the handler's probe alive?
 * @provoke: makes the current task take a fault in kernel mode
 *
 * One at a time. May sleep. Return: it was seen; or what @provoke failed with.
 */
int vmscope_hook_test(int (*provoke)(void))
{
	int err;

	WRITE_ONCE(test_seen, false);
	WRITE_ONCE(tester, current);
	err = provoke();
	WRITE_ONCE(tester, NULL);
	if (err)
		return err;
	return READ_ONCE(test_seen) ? 0 : -EIO;
}
