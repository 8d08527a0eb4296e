// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tablelist.h"
#include "tap.h"

static void *grown(void *old, size_t bytes)
{
	void *new = realloc(old, bytes);

	if (!new)
		tap_bail("out of memory");
	return new;
}

int tablelist_by(int fd, uint64_t target, uint64_t start, uint64_t end,
		 size_t maps, size_t names, struct tablelist *list)
{
	memset(list, 0, sizeof(*list));
	for (;;) {
		struct vmscope_tables ask = {
			.size = sizeof(ask),
			.target = target,
			.start = start,
			.end = end,
			.maps_len = maps,
			.maps_size = sizeof(*list->map),
			.names_len = names,
		};
		int error;

		list->map = grown(list->map,
				  (list->len + maps) * sizeof(*list->map));
		list->names = grown(list->names, list->names_len + names + 1);
		ask.maps = (uintptr_t)(list->map + list->len);
		ask.names = (uintptr_t)(list->names + list->names_len);
		error = req_call(fd, VMSCOPE_IOC_TABLES, &ask);
		if (error)
			return error;
		list->calls++;
		list->pid = ask.pid;
		list->page_table_bytes = ask.page_table_bytes;
		list->walk.holds += ask.walk.holds;
		list->walk.entries += ask.walk.entries;
		list->walk.tables += ask.walk.tables;
		if (ask.maps_len > maps || ask.names_len > names)
			return -EOVERFLOW;
		for (size_t i = 0; i < ask.maps_len; i++)
			list->map[list->len + i].name_start += list->names_len;
		list->len += ask.maps_len;
		list->names_len += ask.names_len;
		if (ask.cursor == end)
			return 0;
		if (ask.cursor <= start)
			return -ELOOP;
		start = ask.cursor;
	}
}

int tablelist_get(int fd, uint64_t target, struct tablelist *list)
{
	return tablelist_by(fd, target, 0, VMSCOPE_RANGE_END, 1024, 1 << 16,
			    list);
}

void tablelist_free(struct tablelist *list)
{
	free(list->map);
	free(list->names);
	memset(list, 0, sizeof(*list));
}

void tablelist_sum(const struct tablelist *list,
		   struct vmscope_table_sums sum[VMSCOPE_LEVELS])
{
	uint64_t *to = (uint64_t *)sum;

	memset(sum, 0, VMSCOPE_LEVELS * sizeof(*sum));
	for (size_t i = 0; i < list->len; i++) {
		const uint64_t *from = (const uint64_t *)list->map[i].levels;

		for (size_t j = 0; j < VMSCOPE_LEVELS * sizeof(*sum) / 8; j++)
			to[j] += from[j];
	}
}
