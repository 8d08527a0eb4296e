/* SPDX-License-Identifier: GPL-2.0 */
/*
 * feature: what this kernel, this machine and this opener allow, and why not.
 */
#ifndef _VMSCOPE_FEATURE_H
#define _VMSCOPE_FEATURE_H

#include <linux/types.h>
#include <linux/vmscope.h>

struct file;

void vmscope_feature_init(void);
void vmscope_feature_machine(struct vmscope_info *info);
void vmscope_feature_states(const struct file *opener,
			    u32 states[VMSCOPE_FEATURES]);
bool vmscope_feature_is_kernel_half(u64 address);

#endif /* _VMSCOPE_FEATURE_H */
