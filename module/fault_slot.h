/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fault_slot: faults on their way, one for each task, and what is made of them
 * when they are over.
 */
#ifndef _VMSCOPE_FAULT_SLOT_H
#define _VMSCOPE_FAULT_SLOT_H

#include <linux/mm_types.h>
#include <linux/types.h>

#include "classify.h"
#include "fault.h"
#include "fault_cause.h"

struct pt_regs;
struct task_struct;
struct vm_area_struct;

/**
 * struct vmscope_slot - the fault that a task is taking
 * @fault: what is known of it
 * @wanted: which consumers want it, by index
 * @epoch: when it began, to tell a consumer from one that had its index before
 * @called_ns: when the handler was last called
 * @stack_pages: of the process, at the beginning
 * @last_result: of the handler's last call
 * @backing: VMSCOPE_BACKING_*
 * @state_before: &enum vmscope_state
 * @state_after: likewise
 * @refused: the access was not possible
 * @forbidden: because the entry or the mapping forbade it
 * @grown: the mapping grew to the address
 * @shared: the mapping is shared
 * @uffd: a userfaultfd watches it
 * @context: to classify entries
 */
struct vmscope_slot {
	struct vmscope_fault fault;
	u64 wanted;
	u32 epoch;
	u64 called_ns;
	unsigned long stack_pages;
	vm_fault_t last_result;
	u8 backing;
	u8 state_before;
	u8 state_after;
	bool refused;
	bool forbidden;
	bool grown;
	bool shared;
	bool uffd;
	struct vmscope_context context;
};

int vmscope_slot_init(void);
void vmscope_slot_exit(void);
bool vmscope_slots_are_there(void);

struct vmscope_slot *vmscope_slot_find(const struct task_struct *task);
struct vmscope_slot *vmscope_slot_open(struct task_struct *task, u64 wanted,
				       u64 address);
void vmscope_slot_drop(const struct task_struct *task);

void vmscope_slot_call(struct vmscope_slot *slot, struct vm_area_struct *vma,
		       u64 address, unsigned int flags);
bool vmscope_slot_return(struct vmscope_slot *slot, vm_fault_t result,
			 struct pt_regs *regs);
void vmscope_slot_refuse(struct vmscope_slot *slot, int signal, bool forbidden);
void vmscope_slot_conclude(struct vmscope_slot *slot);

#endif /* _VMSCOPE_FAULT_SLOT_H */
