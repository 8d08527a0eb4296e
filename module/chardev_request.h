/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of /dev/vmscope share: requests by number, and arrays of the
 * caller's.
 */
#ifndef _VMSCOPE_CHARDEV_REQUEST_H
#define _VMSCOPE_CHARDEV_REQUEST_H

#include <linux/types.h>

struct vmscope_session;

/**
 * struct vmscope_array - an array of the caller's
 * @base: its address
 * @item_size: bytes of one of its elements
 */
struct vmscope_array {
	u64 base;
	u64 item_size;
};

int vmscope_array_check(const struct vmscope_array *array, size_t least);
int vmscope_array_put(const struct vmscope_array *array, u64 index,
		      const void *item, size_t size);

/**
 * struct vmscope_request - a request
 * @least: length of its argument when it was first published; less is no
 *	request
 * @size: length of its argument
 * @handle: do it. The argument begins with size and reserved, both checked;
 *	on success it is copied back to the caller. May sleep
 */
struct vmscope_request {
	size_t least;
	size_t size;
	int (*handle)(const struct vmscope_session *session, void *arg);
};

/* chardev_scan.c */
extern const struct vmscope_request vmscope_request_info;
extern const struct vmscope_request vmscope_request_summary;
extern const struct vmscope_request vmscope_request_maps;
extern const struct vmscope_request vmscope_request_translate;
extern const struct vmscope_request vmscope_request_pages;

/* chardev_tables.c */
extern const struct vmscope_request vmscope_request_tables;
/* chardev_layout.c */
extern const struct vmscope_request vmscope_request_kernel;
extern const struct vmscope_request vmscope_request_borders;

/* chardev_ps.c */
extern const struct vmscope_request vmscope_request_ps;

/* chardev_trace.c */
extern const struct vmscope_request vmscope_request_trace;
extern const struct vmscope_request vmscope_request_trace_target;
extern const struct vmscope_request vmscope_request_trace_control;
extern const struct vmscope_request vmscope_request_trace_totals;

#endif /* _VMSCOPE_CHARDEV_REQUEST_H */
