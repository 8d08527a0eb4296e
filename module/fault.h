/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fault: every page fault, once, with its cause and how long it took; and what
 * becomes of tasks meanwhile. One engine for any number of consumers.
 */
#ifndef _VMSCOPE_FAULT_H
#define _VMSCOPE_FAULT_H

#include <linux/mm_types.h>
#include <linux/types.h>
#include <linux/vmscope.h>
#include <linux/vmscope_trace.h>

#include "walk.h"

struct linux_binprm;
struct pt_regs;
struct task_struct;
struct vmscope_fault_consumer;

/* So many consumers may be attached at once. */
#define VMSCOPE_FAULT_CONSUMERS 64

/**
 * struct vmscope_fault_map - the mapping that a fault was about
 * @start: first address
 * @end: first address after it
 * @flags: VMSCOPE_MAP_*
 * @offset: bytes into the file of the fault's address
 * @inode: of the file
 * @device: of the file, as struct vmscope_record_fault has it
 * @kind: &enum vmscope_kind
 */
struct vmscope_fault_map {
	u64 start;
	u64 end;
	u64 flags;
	u64 offset;
	u64 inode;
	u64 device;
	u8 kind;
};

/**
 * struct vmscope_fault - a fault that is over
 * @task: who took it; the current task
 * @mm: whose memory it was about; to be compared only, for another's may be
 *	gone. NULL if the handler was not called
 * @regs: of the kernel code that faulted, or called for the page; NULL if it
 *	was in user mode, or is no longer there
 * @address: that was accessed
 * @ip: the instruction; 0 for VMSCOPE_ORIGIN_GUP
 * @begin_ns: when the exception was first seen; 0 if it was not
 * @end_ns: when it was last seen. Both of the clock of ktime_get_mono_fast_ns()
 * @handler_ns: in the handler
 * @lock_wait_ns: waiting for the mmap_lock
 * @before: the entry, if VMSCOPE_FAULT_BEFORE
 * @after: and afterwards, if VMSCOPE_FAULT_AFTER
 * @flags: VMSCOPE_FAULT_*
 * @error_code: the processor's
 * @fault_flags: FAULT_FLAG_* of the last call of the handler
 * @result: VM_FAULT_* of all
 * @calls: of the handler
 * @around: pages mapped besides
 * @origin: &enum vmscope_origin
 * @access: &enum vmscope_access
 * @signal: that it raised
 * @cause: &enum vmscope_cause
 * @counted: the kernel counts it as minor or major
 * @map: the mapping, if VMSCOPE_FAULT_MAPPING and a consumer wants details
 */
struct vmscope_fault {
	struct task_struct *task;
	struct mm_struct *mm;
	struct pt_regs *regs;
	u64 address;
	u64 ip;
	u64 begin_ns;
	u64 end_ns;
	u64 handler_ns;
	u64 lock_wait_ns;
	struct vmscope_peek before;
	struct vmscope_peek after;
	u32 flags;
	u32 error_code;
	u32 fault_flags;
	vm_fault_t result;
	u16 calls;
	u16 around;
	u8 origin;
	u8 access;
	u8 signal;
	u8 cause;
	bool counted;
	struct vmscope_fault_map map;
};

/**
 * struct vmscope_fault_ops - what a consumer wants to know
 * @wants: is it about the current task's fault at this address? Asked at its
 *	beginning, before anything else is done
 * @fault: one is over that was wanted
 * @lost: one was wanted and has no beginning (VMSCOPE_LOST_SLOT)
 * @fork: a task was made and has not run yet; @parent is the current one
 * @exec: the current task has called exec and runs the new program
 * @exit: the current task ends. It may still take faults
 * @gone: a task was reaped, or all its memory of itself is gone otherwise.
 *	Softirq or any other context
 *
 * All are called with preemption off, @fault with interrupts off as well at
 * times, and never from NMI or, @gone apart, an interrupt: those of one CPU do
 * not interrupt each other. They must not sleep, touch user memory or take a
 * lock that is not raw. All but @wants and @fault may be NULL.
 */
struct vmscope_fault_ops {
	bool (*wants)(struct vmscope_fault_consumer *consumer, u64 address);
	void (*fault)(struct vmscope_fault_consumer *consumer,
		      const struct vmscope_fault *fault);
	void (*lost)(struct vmscope_fault_consumer *consumer);
	void (*fork)(struct vmscope_fault_consumer *consumer,
		     struct task_struct *parent, struct task_struct *child);
	void (*exec)(struct vmscope_fault_consumer *consumer,
		     struct task_struct *task, const struct linux_binprm *bprm);
	void (*exit)(struct vmscope_fault_consumer *consumer,
		     struct task_struct *task);
	void (*gone)(struct vmscope_fault_consumer *consumer,
		     struct task_struct *task);
};

/**
 * struct vmscope_fault_consumer - who is told of faults
 * @ops: set before it is attached, like
 * @details: wants &struct vmscope_fault_map
 */
struct vmscope_fault_consumer {
	const struct vmscope_fault_ops *ops;
	bool details;

	/* private: place in the table, or -1; and since when it is started */
	int index;
	u32 since;
};

static inline void
vmscope_fault_consumer_init(struct vmscope_fault_consumer *consumer,
			    const struct vmscope_fault_ops *ops, bool details)
{
	consumer->ops = ops;
	consumer->details = details;
	consumer->index = -1;
	consumer->since = 0;
}

bool vmscope_fault_is_available(void);
bool vmscope_fault_has_exception(void);

int vmscope_fault_attach(struct vmscope_fault_consumer *consumer);
int vmscope_fault_start(struct vmscope_fault_consumer *consumer);
void vmscope_fault_stop(struct vmscope_fault_consumer *consumer);
void vmscope_fault_detach(struct vmscope_fault_consumer *consumer);

unsigned int vmscope_fault_user_stack(u64 *callers, unsigned int max,
				      bool *cut);
unsigned int vmscope_fault_kernel_stack(const struct vmscope_fault *fault,
					u64 *callers, unsigned int max,
					bool *cut);

int vmscope_fault_test(void);
u64 vmscope_fault_missed(void);

void vmscope_fault_init(void);

#endif /* _VMSCOPE_FAULT_H */
