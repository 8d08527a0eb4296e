/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel half as the module tells it, in lists. */
#ifndef VMSCOPE_TEST_RUNLIST_H
#define VMSCOPE_TEST_RUNLIST_H

#include <stdbool.h>

#include <linux/vmscope_layout.h>

#include "req.h"

#define REGIONS_MAX 64

struct runlist {
	struct vmscope_kernel_run *run;
	size_t len;
	unsigned int calls;
};

/* kernel_ask - a right request about this process, but for the arrays */
struct vmscope_kernel kernel_ask(uint64_t flags);

/* req_runs - all runs in [start, end), @at_once for each request; 0 or -errno */
int req_runs(int fd, uint64_t flags, uint64_t start, uint64_t end,
	     size_t at_once, struct runlist *list);
void runlist_free(struct runlist *list);
bool runlist_equal(const struct runlist *a, const struct runlist *b);

/* runlist_find - the run around @address, or NULL */
const struct vmscope_kernel_run *runlist_find(const struct runlist *list,
					      uint64_t address);

/* req_regions - all regions; how many, or -errno */
int req_regions(int fd, uint64_t flags,
		struct vmscope_kernel_region region[REGIONS_MAX],
		uint64_t *reply_flags);

/* region_find - the first of that id, or NULL */
const struct vmscope_kernel_region *
region_find(const struct vmscope_kernel_region *region, int len, uint64_t id);

uint64_t range_bytes(uint64_t start, uint64_t end);

#endif
