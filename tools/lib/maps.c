// SPDX-License-Identifier: GPL-2.0
/*
 * Iterate over mappings: hides the cursor and the buffers of VMSCOPE_IOC_MAPS.
 */
#include <errno.h>
#include <stdlib.h>

#include "vmscope.h"

/*
 * The first request is small, for most processes are. Later ones are larger, so
 * that 100,000 mappings need about ten of them and not hundreds.
 */
#define MAPS_FIRST  512
#define MAPS_LIMIT  16384
#define NAMES_FIRST (64 * 1024)
#define NAMES_LIMIT (1024 * 1024)
#define GROWTH	    4

struct vmscope_maps_iter {
	struct vmscope *handle;
	struct vmscope_target target;
	uint64_t cursor; /* where the next request starts */
	uint64_t end;

	struct vmscope_map *maps;
	size_t maps_size; /* elements allocated */
	size_t maps_len; /* elements of the current reply */
	size_t maps_pos; /* the next one to hand out */

	char *names;
	size_t names_size;
	size_t names_len;

	char *name; /* the current name with its NUL */
	size_t name_size;

	uint64_t requests;
	uint64_t pid;
	struct vmscope_walk walk;
};

/* The resizing functions do not keep old contents. */
static int maps_resize(struct vmscope_maps_iter *iter, size_t len)
{
	struct vmscope_map *maps = calloc(len, sizeof(*maps));

	if (!maps)
		return -ENOMEM;
	free(iter->maps);
	iter->maps = maps;
	iter->maps_size = len;
	return 0;
}

static int bytes_resize(char **buffer, size_t *size, size_t len)
{
	char *bytes = malloc(len);

	if (!bytes)
		return -ENOMEM;
	free(*buffer);
	*buffer = bytes;
	*size = len;
	return 0;
}

int vmscope_maps_open(struct vmscope *handle,
		      const struct vmscope_target *target, uint64_t start,
		      uint64_t end, struct vmscope_maps_iter **ret)
{
	struct vmscope_maps_iter *iter = calloc(1, sizeof(*iter));

	if (!iter)
		return -ENOMEM;
	iter->handle = handle;
	iter->target = *target;
	iter->cursor = start;
	iter->end = end;
	*ret = iter;
	return 0;
}

void vmscope_maps_close(struct vmscope_maps_iter *iter)
{
	if (!iter)
		return;
	free(iter->maps);
	free(iter->names);
	free(iter->name);
	free(iter);
}

static size_t size_up(size_t size, size_t limit)
{
	return size * GROWTH < limit ? size * GROWTH : limit;
}

/* One size up from the last request's. Failing to grow is no failure. */
static int buffers_prepare(struct vmscope_maps_iter *iter)
{
	int err = 0;

	if (!iter->maps)
		err = maps_resize(iter, MAPS_FIRST);
	else if (iter->requests && iter->maps_size < MAPS_LIMIT)
		maps_resize(iter, size_up(iter->maps_size, MAPS_LIMIT));
	if (err)
		return err;

	if (!iter->names)
		err = bytes_resize(&iter->names, &iter->names_size,
				   NAMES_FIRST);
	else if (iter->requests && iter->names_size < NAMES_LIMIT)
		bytes_resize(&iter->names, &iter->names_size,
			     size_up(iter->names_size, NAMES_LIMIT));
	return err;
}

static void walk_add(struct vmscope_maps_iter *iter,
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

static int maps_fill(struct vmscope_maps_iter *iter)
{
	struct vmscope_maps arg;
	int err = buffers_prepare(iter);

	if (err)
		return err;
	for (;;) {
		memset(&arg, 0, sizeof(arg));
		arg.size = sizeof(arg);
		arg.flags = iter->target.flags;
		arg.target = iter->target.id;
		arg.start = iter->cursor;
		arg.end = iter->end;
		arg.maps = (uint64_t)(uintptr_t)iter->maps;
		arg.maps_len = iter->maps_size;
		arg.maps_size = sizeof(*iter->maps);
		arg.names = (uint64_t)(uintptr_t)iter->names;
		arg.names_len = iter->names_size;

		iter->maps_len = 0;
		iter->maps_pos = 0;
		err = vmscope_maps_get(iter->handle, &arg);
		if (err != -ENAMETOOLONG)
			break;
		err = bytes_resize(&iter->names, &iter->names_size,
				   iter->names_size * 2);
		if (err)
			break;
	}
	if (err)
		return err;

	/* Without progress this would be asked for ever. */
	if (arg.maps_len > iter->maps_size ||
	    arg.names_len > iter->names_size || arg.cursor <= iter->cursor)
		return -EPROTO;
	iter->maps_len = arg.maps_len;
	iter->names_len = arg.names_len;
	iter->cursor = arg.cursor;
	iter->pid = arg.pid;
	walk_add(iter, &arg.walk);
	return 0;
}

static int name_copy(struct vmscope_maps_iter *iter,
		     const struct vmscope_map *map)
{
	int err;

	if (map->name_len > iter->names_len ||
	    (map->name_len &&
	     map->name_start > iter->names_len - map->name_len))
		return -EPROTO;
	if (map->name_len >= iter->name_size) {
		err = bytes_resize(&iter->name, &iter->name_size,
				   map->name_len + 256);
		if (err)
			return err;
	}
	if (map->name_len)
		memcpy(iter->name, iter->names + map->name_start,
		       map->name_len);
	iter->name[map->name_len] = '\0';
	return 0;
}

int vmscope_maps_next(struct vmscope_maps_iter *iter,
		      const struct vmscope_map **map, const char **name)
{
	int err;

	while (iter->maps_pos == iter->maps_len) {
		if (iter->requests && iter->cursor >= iter->end)
			return 1;
		err = maps_fill(iter);
		if (err) /* at the end of a budget it ends */
			return err == -EDQUOT ? 1 : err;
	}
	err = name_copy(iter, &iter->maps[iter->maps_pos]);
	if (err)
		return err;
	*map = &iter->maps[iter->maps_pos++];
	if (name)
		*name = iter->name;
	return 0;
}

void vmscope_maps_walk(const struct vmscope_maps_iter *iter, uint64_t *pid,
		       struct vmscope_walk *walk)
{
	if (pid)
		*pid = iter->pid;
	*walk = iter->walk;
}
