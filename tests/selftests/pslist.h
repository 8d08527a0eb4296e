/* SPDX-License-Identifier: GPL-2.0 */
/* Whole lists of PS. */
#ifndef VMSCOPE_TEST_PSLIST_H
#define VMSCOPE_TEST_PSLIST_H

#include <stdbool.h>

#include <linux/vmscope_processes.h>

#include "req.h"

/* gathered by as many requests as it took */
struct pslist {
	struct vmscope_process *process;
	size_t len;
	unsigned int calls;
	struct vmscope_ps sum; /* the numbers of all replies */
};

/* ps_ask - a request for all processes */
struct vmscope_ps ps_ask(uint64_t flags);

/*
 * pslist_by - as @ask, in replies of @len elements
 *
 * 0 or -errno; -ELOOP without progress, -EOVERFLOW with more than there is room for, -EPROTO
 * when processes do not rise.
 */
int pslist_by(int fd, const struct vmscope_ps *ask, size_t len,
	      struct pslist *list);
void pslist_free(struct pslist *list);

/* pslist_find - the process, or NULL */
const struct vmscope_process *pslist_find(const struct pslist *list,
					  uint64_t pid);

/* pslist_all - all processes that became anything, shown or not */
uint64_t pslist_all(const struct pslist *list);

#endif
