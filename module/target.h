/* SPDX-License-Identifier: GPL-2.0 */
/*
 * target: from a number to a process, with references.
 */
#ifndef _VMSCOPE_TARGET_H
#define _VMSCOPE_TARGET_H

#include <linux/types.h>

struct mm_struct;
struct pid;
struct pid_namespace;
struct task_struct;

/**
 * struct vmscope_target - a process, held
 * @pid: its identity; a reference
 * @task: the task; a reference. It may exit meanwhile
 * @mm: its address space, or NULL; a reference that keeps the mappings alive.
 *	Set by vmscope_access_mm() only
 */
struct vmscope_target {
	struct pid *pid;
	struct task_struct *task;
	struct mm_struct *mm;
};

int vmscope_target_get(struct vmscope_target *target, u64 id, bool pidfd);
int vmscope_target_next(struct vmscope_target *target, struct pid_namespace *ns,
			int *nr);
u32 vmscope_target_generation(struct pid_namespace *ns);
int vmscope_target_whole(struct vmscope_target *target);
void vmscope_target_put_mm(struct vmscope_target *target);
void vmscope_target_put(struct vmscope_target *target);

bool vmscope_target_refresh(struct vmscope_target *target);
int vmscope_target_gone(const struct vmscope_target *target);
u64 vmscope_target_start(const struct vmscope_target *target);
bool vmscope_target_is_alive(struct pid *pid);
int vmscope_target_nr(const struct vmscope_target *target);
void vmscope_target_faults(const struct vmscope_target *target, u64 *minor,
			   u64 *major);
unsigned int vmscope_target_tls(const struct vmscope_target *target,
				unsigned long *tls, unsigned int max);

#endif /* _VMSCOPE_TARGET_H */
