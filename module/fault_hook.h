/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fault_hook: where the kernel tells of faults and tasks.
 */
#ifndef _VMSCOPE_FAULT_HOOK_H
#define _VMSCOPE_FAULT_HOOK_H

#include <linux/atomic.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "fault.h"

/**
 * struct vmscope_hook_table - whom to tell
 * @started: which of @consumer want faults, by index
 * @epoch: grows before one is started
 * @consumer: by index; NULL where there is none
 *
 * fault.c writes to it, and waits for the hooks after it took something out.
 */
struct vmscope_hook_table {
	u64 started;
	atomic_t epoch;
	struct vmscope_fault_consumer __rcu *consumer[VMSCOPE_FAULT_CONSUMERS];
};

extern struct vmscope_hook_table vmscope_hook_table;

void vmscope_hook_find(void);
bool vmscope_hook_has_exception(void);
bool vmscope_hook_has_tasks(void);

int vmscope_hook_tasks(void);
void vmscope_hook_tasks_end(void);
int vmscope_hook_faults(void);
void vmscope_hook_faults_end(void);
u64 vmscope_hook_missed(void);
int vmscope_hook_test(int (*provoke)(void));

/* fault_table.c */
u32 vmscope_hook_epoch(void);
u64 vmscope_hook_who_wants(u64 address);
bool vmscope_hook_wants_details(u64 wanted);
void vmscope_hook_deliver(u64 wanted, u32 epoch,
			  const struct vmscope_fault *fault);
void vmscope_hook_tell_lost(u64 wanted);
void vmscope_hook_tell_fork(struct task_struct *parent,
			    struct task_struct *child);
void vmscope_hook_tell_exec(struct task_struct *task,
			    const struct linux_binprm *bprm);
void vmscope_hook_tell_exit(struct task_struct *task);
void vmscope_hook_tell_gone(struct task_struct *task);

#endif /* _VMSCOPE_FAULT_HOOK_H */
