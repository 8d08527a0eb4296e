/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one place where the library touches the system: opening the device,
 * sending it a request, mapping what it shares. Tests link another device.c, which plays replies back.
 */
#ifndef _VMSCOPE_DEVICE_H
#define _VMSCOPE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A descriptor, or a negative errno value. */
int vmscope_device_open(void);

/* 0 or a negative errno value. */
int vmscope_device_request(int fd, unsigned long request, void *arg);

/*
 * Map a part of the device, shared, for reading and writing. 0 or a negative
 * errno value.
 */
int vmscope_device_map(int fd, uint64_t offset, size_t bytes, void **ret);
void vmscope_device_unmap(void *address, size_t bytes);

/*
 * Wait until the device has something to read: 0, 1 after the time, or a
 * negative errno value.
 */
int vmscope_device_wait(int fd, int timeout_ms);

/* Is the module in the kernel? Only used to word an error message. */
bool vmscope_device_loaded(void);

#endif /* _VMSCOPE_DEVICE_H */
