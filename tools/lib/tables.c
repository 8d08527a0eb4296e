// SPDX-License-Identifier: GPL-2.0
/*
 * Iterate over page tables: hides the cursor and the buffers of
 * VMSCOPE_IOC_TABLES.
 */
#include <errno.h>
#include <stdlib.h>

#include "vmscope.h"

/* An element is large: few requests more are cheaper than much memory. */
#define MAPS_LEN  1024
#define NAMES_LEN (256 * 1024)

struct vmscope_tables_iter {
	struct vmscope *handle;
	struct vmscope_target target;
	uint64_t cursor; /* where the next request starts */
	uint64_t end;

	struct vmscope_map_tables maps[MAPS_LEN];
	size_t maps_len; /* elements of the current reply */
	size_t maps_pos; /* the next one to hand out */

	char names[NAMES_LEN + 1];
	char kept; /* what stood where the current name's NUL is now */
	char *end_of_name;

	uint64_t requests;
	uint64_t pid;
	uint64_t page_table_bytes;
	struct vmscope_walk walk;
};

int vmscope_tables_open(struct vmscope *handle,
			const struct vmscope_target *target, uint64_t start,
			uint64_t end, struct vmscope_tables_iter **ret)
{
	struct vmscope_tables_iter *iter = calloc(1, sizeof(*iter));

	if (!iter)
		return -ENOMEM;
	iter->handle = handle;
	iter->target = *target;
	iter->cursor = start;
	iter->end = end;
	*ret = iter;
	return 0;
}

void vmscope_tables_close(struct vmscope_tables_iter *iter)
{
	free(iter);
}

static void walk_add(struct vmscope_tables_iter *iter,
		     const struct vmscope_walk *walk)
{
	struct vmscope_walk *sum = &iter->walk;

	iter->requests++;
	sum->holds += walk->holds;
	sum->entries += walk->entries;
	sum->tables += walk->tables;
	if (walk->layout == VMSCOPE_LAYOUT_CHANGED)
		sum->layout = VMSCOPE_LAYOUT_CHANGED;
	if (sum->layout == VMSCOPE_LAYOUT_SAME &&
	    (walk->layout != VMSCOPE_LAYOUT_SAME || iter->requests > 1))
		sum->layout = VMSCOPE_LAYOUT_UNKNOWN;
}

/* Rising, between where this request began and where the next one will. */
static int is_sound(const struct vmscope_tables_iter *iter,
		    const struct vmscope_tables *arg)
{
	uint64_t last = iter->cursor;
	size_t i;

	/* Without progress the same would be asked for ever. */
	if (arg->maps_len > MAPS_LEN || arg->names_len > NAMES_LEN ||
	    arg->cursor <= iter->cursor || arg->cursor > iter->end)
		return 0;
	for (i = 0; i < arg->maps_len; i++) {
		const struct vmscope_map_tables *map = &iter->maps[i];

		if (map->start < last || map->end < map->start ||
		    map->name_len > arg->names_len ||
		    map->name_start > arg->names_len - map->name_len)
			return 0;
		last = map->end;
	}
	return last <= arg->cursor;
}

static int tables_fill(struct vmscope_tables_iter *iter)
{
	struct vmscope_tables arg;
	int err;

	memset(&arg, 0, sizeof(arg));
	arg.size = sizeof(arg);
	arg.flags = iter->target.flags;
	arg.target = iter->target.id;
	arg.start = iter->cursor;
	arg.end = iter->end;
	arg.maps = (uint64_t)(uintptr_t)iter->maps;
	arg.maps_len = MAPS_LEN;
	arg.maps_size = sizeof(iter->maps[0]);
	arg.names = (uint64_t)(uintptr_t)iter->names;
	arg.names_len = NAMES_LEN;

	iter->maps_len = 0;
	iter->maps_pos = 0;
	iter->end_of_name = NULL;
	err = vmscope_tables_get(iter->handle, &arg);
	if (err)
		return err;
	if (!is_sound(iter, &arg))
		return -EPROTO;
	iter->maps_len = arg.maps_len;
	iter->cursor = arg.cursor;
	iter->pid = arg.pid;
	iter->page_table_bytes = arg.page_table_bytes;
	walk_add(iter, &arg.walk);
	return 0;
}

/* Names lie one behind the other: a NUL is lent the place of the next. */
static const char *name_take(struct vmscope_tables_iter *iter,
			     const struct vmscope_map_tables *map)
{
	if (iter->end_of_name)
		*iter->end_of_name = iter->kept;
	iter->end_of_name = iter->names + map->name_start + map->name_len;
	iter->kept = *iter->end_of_name;
	*iter->end_of_name = '\0';
	return map->name_len ? iter->names + map->name_start : "";
}

int vmscope_tables_next(struct vmscope_tables_iter *iter,
			const struct vmscope_map_tables **map,
			const char **name)
{
	int err;

	while (iter->maps_pos == iter->maps_len) {
		if (iter->requests && iter->cursor >= iter->end)
			return 1;
		err = tables_fill(iter);
		if (err) /* at the end of a budget it ends */
			return err == -EDQUOT ? 1 : err;
	}
	*map = &iter->maps[iter->maps_pos++];
	if (name)
		*name = name_take(iter, *map);
	return 0;
}

void vmscope_tables_walk(const struct vmscope_tables_iter *iter, uint64_t *pid,
			 uint64_t *page_table_bytes, struct vmscope_walk *walk)
{
	if (pid)
		*pid = iter->pid;
	if (page_table_bytes)
		*page_table_bytes = iter->page_table_bytes;
	if (walk)
		*walk = iter->walk;
}
