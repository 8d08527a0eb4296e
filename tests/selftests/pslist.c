// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pslist.h"
#include "tap.h"

struct vmscope_ps ps_ask(uint64_t flags)
{
	return (struct vmscope_ps){
		.size = sizeof(struct vmscope_ps),
		.flags = flags,
	};
}

int pslist_by(int fd, const struct vmscope_ps *model, size_t len,
	      struct pslist *list)
{
	uint64_t start = 0, last = 0;

	memset(list, 0, sizeof(*list));
	for (;;) {
		struct vmscope_ps ask = *model;
		int error;

		list->process =
			realloc(list->process,
				(list->len + len) * sizeof(*list->process));
		if (!list->process)
			tap_bail("out of memory");
		ask.start = start;
		ask.processes = (uintptr_t)(list->process + list->len);
		ask.processes_len = len;
		ask.processes_size = sizeof(*list->process);
		error = req_call(fd, VMSCOPE_IOC_PS, &ask);
		if (error)
			return error;
		if (ask.processes_len > len)
			return -EOVERFLOW;
		list->calls++;
		for (size_t i = 0; i < ask.processes_len; i++, list->len++) {
			if (list->process[list->len].pid <= last)
				return -EPROTO;
			last = list->process[list->len].pid;
		}
		list->sum.hidden += ask.hidden;
		list->sum.others += ask.others;
		list->sum.kernel_threads += ask.kernel_threads;
		list->sum.ended += ask.ended;
		list->sum.unsettled += ask.unsettled;
		list->sum.scan_ns += ask.scan_ns;
		list->sum.rights_ns += ask.rights_ns;
		list->sum.walk.entries += ask.walk.entries;
		list->sum.walk.holds += ask.walk.holds;
		if (ask.cursor == VMSCOPE_RANGE_END)
			return 0;
		if (ask.cursor <= start || ask.cursor <= last)
			return -ELOOP;
		start = ask.cursor;
	}
}

void pslist_free(struct pslist *list)
{
	free(list->process);
	memset(list, 0, sizeof(*list));
}

const struct vmscope_process *pslist_find(const struct pslist *list,
					  uint64_t pid)
{
	for (size_t i = 0; i < list->len; i++)
		if (list->process[i].pid == pid)
			return &list->process[i];
	return NULL;
}

uint64_t pslist_all(const struct pslist *list)
{
	return list->len + list->sum.hidden + list->sum.others +
	       list->sum.kernel_threads + list->sum.ended + list->sum.unsettled;
}
