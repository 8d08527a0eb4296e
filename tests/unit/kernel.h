/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few words of the kernel that its pure rooms use, for user space.
 */
#ifndef _UNIT_KERNEL_H
#define _UNIT_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

typedef __u64 u64;
typedef __u32 u32;
typedef __u8 u8;

#define READ_ONCE(x)  (*(const volatile __typeof__(x) *)&(x))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif /* _UNIT_KERNEL_H */
