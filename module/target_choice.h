/* SPDX-License-Identifier: GPL-2.0 */
/*
 * target: which processes are meant, when it is not one.
 */
#ifndef _VMSCOPE_TARGET_CHOICE_H
#define _VMSCOPE_TARGET_CHOICE_H

#include <linux/types.h>
#include <linux/uidgid.h>

struct cgroup;
struct vmscope_target;

/**
 * struct vmscope_choice - some processes of all
 * @by_uid: only those of @uid
 * @uid: an effective user
 * @cgroup: only those in it or below it; or NULL. A reference
 */
struct vmscope_choice {
	bool by_uid;
	kuid_t uid;
	struct cgroup *cgroup;
};

int vmscope_choice_uid(struct vmscope_choice *choice, u64 uid);
int vmscope_choice_cgroup(struct vmscope_choice *choice, u64 fd);
void vmscope_choice_put(struct vmscope_choice *choice);
bool vmscope_choice_has(const struct vmscope_choice *choice,
			const struct vmscope_target *target);
u64 vmscope_target_uid(const struct vmscope_target *target);

#endif /* _VMSCOPE_TARGET_CHOICE_H */
