/* SPDX-License-Identifier: GPL-2.0 */
/* All figures of one process against everything the kernel says about it. */
#ifndef VMSCOPE_TEST_COMPARE_H
#define VMSCOPE_TEST_COMPARE_H

#include "req.h"
#include "target.h"
#include "witness.h"

/* what was seen of one process while nothing about it changed */
struct seen {
	struct mappings maps; /* from smaps, or from maps with TARGET_MANY */
	struct mapping rollup;
	struct status status;
	struct maplist list;
	struct vmscope_summary summary;
	struct vmscope_sums kinds[VMSCOPE_KINDS];
	/* of each mapping, by pagemap: bytes per state, and of the huge zero page */
	struct vmscope_sums *pages;
	uint64_t huge_zero;
};

/* see - false, with a failed or skipped result, if it cannot be had */
bool see(int fd, pid_t pid, const char *name, unsigned int flags,
	 struct seen *seen);
void seen_free(struct seen *seen);

/* compare_all - every comparison, each a result named after @name */
void compare_all(int fd, struct seen *seen, pid_t pid, const char *name,
		 unsigned int flags);

/* compare_area - what the target knows about itself */
void compare_area(const struct seen *seen, const struct area *area,
		  const char *name);

/* sums_wrong - a description of what does not add up within one sums, or NULL */
const char *sums_wrong(const struct vmscope_sums *sums);

#endif
