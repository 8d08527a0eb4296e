/* SPDX-License-Identifier: GPL-2.0 */
/*
 * access: who may see what. The only room that asks for permissions.
 */
#ifndef _VMSCOPE_ACCESS_H
#define _VMSCOPE_ACCESS_H

#include <linux/types.h>

struct cred;
struct file;
struct linux_binprm;
struct sk_buff;
struct vmscope_target;

int vmscope_access_init(void);
void vmscope_access_exit(void);

int vmscope_access_mm(struct vmscope_target *target, const struct cred *cred);
bool vmscope_access_frames(const struct file *opener);
bool vmscope_access_all(const struct file *opener);
bool vmscope_access_keeps(const struct cred *cred,
			  const struct linux_binprm *bprm);
bool vmscope_access_is_admin(void);
bool vmscope_access_message(const struct sk_buff *skb);
int vmscope_access_kernel_half(const struct file *opener);

#endif /* _VMSCOPE_ACCESS_H */
