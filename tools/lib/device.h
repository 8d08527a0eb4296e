/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one place where the library touches the system: opening the device and
 * sending it a request. Tests link another device.c, which plays replies back.
 */
#ifndef _VMSCOPE_DEVICE_H
#define _VMSCOPE_DEVICE_H

#include <stdbool.h>

/* A descriptor, or a negative errno value. */
int vmscope_device_open(void);

/* 0 or a negative errno value. */
int vmscope_device_request(int fd, unsigned long request, void *arg);

/* Is the module in the kernel? Only used to word an error message. */
bool vmscope_device_loaded(void);

#endif /* _VMSCOPE_DEVICE_H */
