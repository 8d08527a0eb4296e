/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scan_kernel: the kernel half in regions and in runs.
 */
#ifndef _VMSCOPE_SCAN_KERNEL_H
#define _VMSCOPE_SCAN_KERNEL_H

#include <linux/types.h>
#include <linux/vmscope_layout.h>

#include "compat/layout.h"

struct vmscope_target;

/* Runs gathered between two times of copying them out. */
#define VMSCOPE_SCAN_RUNS 256

/**
 * struct vmscope_scan_kernel - a request for the kernel half
 * @user_root: in: as user mode sees it
 * @hidden: in: addresses may not be told
 * @cursor: in: start of the range, in the kernel half; out: where to go on
 * @end: in: end of the range
 * @regions: in: room for what regions are made of, or NULL; out: the regions of
 *	the range
 * @regions_len: out: how many
 * @runs_len: in: how many runs to find at most; 0 for none
 * @emit: in: takes runs. May sleep; no lock is held. 0 or negative errno
 * @private: in: for @emit
 * @report: out: how it was done
 */
struct vmscope_scan_kernel {
	bool user_root;
	bool hidden;
	u64 cursor;
	u64 end;
	struct vmscope_kernel_region *regions;
	unsigned int regions_len;
	u64 runs_len;
	int (*emit)(const struct vmscope_kernel_run *runs, unsigned int count,
		    void *private);
	void *private;
	struct vmscope_walk report;
};

int vmscope_scan_kernel(const struct vmscope_target *target,
			struct vmscope_scan_kernel *request);

#endif /* _VMSCOPE_SCAN_KERNEL_H */
