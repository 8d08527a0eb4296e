/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fault_cause: from what was seen of a fault to why it was taken. Pure; also
 * compiled and tested in user space.
 */
#ifndef _VMSCOPE_FAULT_CAUSE_H
#define _VMSCOPE_FAULT_CAUSE_H

#include <linux/types.h>
#include <linux/vmscope.h>
#include <linux/vmscope_trace.h>

#include "compat/entry.h"

/* What the mapping is, beyond VMSCOPE_MAP_*. */
#define VMSCOPE_BACKING_ANON	0 /* private memory, or not known */
#define VMSCOPE_BACKING_FILE	1 /* a regular file, or an image of the kernel's */
#define VMSCOPE_BACKING_SHMEM	2 /* shared memory or tmpfs */
#define VMSCOPE_BACKING_HUGETLB 3
#define VMSCOPE_BACKING_DEVICE	4 /* PFN map, or a file that is not regular */

/* How it ended. */
#define VMSCOPE_END_DONE      0 /* without an error */
#define VMSCOPE_END_SEGV      1
#define VMSCOPE_END_BUS	      2
#define VMSCOPE_END_FAILED    3 /* out of memory, or given up */
#define VMSCOPE_END_UNHANDLED 4 /* the handler was never called */

/**
 * struct vmscope_evidence - what was seen of a fault
 * @before: entry before the first call of the handler
 * @after: entry after the last
 * @state_before: &enum vmscope_state of it
 * @state_after: likewise
 * @level_before: level of it, 0 if it is not known
 * @level_after: likewise
 * @backing: VMSCOPE_BACKING_*
 * @end: VMSCOPE_END_*
 * @write: the access
 * @mapped: there is a mapping, and @backing to @grown are known
 * @shared: the mapping is shared
 * @uffd: it is watched by a userfaultfd
 * @grown: it grew down to the address
 * @protection: the processor says that the entry was there and forbade it
 * @retried: a call of the handler asked for another
 * @io: a call of the handler says that it had to read
 */
struct vmscope_evidence {
	__u64 before;
	__u64 after;
	__u8 state_before;
	__u8 state_after;
	__u8 level_before;
	__u8 level_after;
	__u8 backing;
	__u8 end;
	bool write;
	bool mapped;
	bool shared;
	bool uffd;
	bool grown;
	bool protection;
	bool retried;
	bool io;
};

unsigned int vmscope_fault_cause(const struct vmscope_evidence *evidence);

#endif /* _VMSCOPE_FAULT_CAUSE_H */
