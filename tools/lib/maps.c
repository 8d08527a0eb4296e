// SPDX-License-Identifier: GPL-2.0
/*
 * Iterate over mappings: hides the cursor and the buffers of VMSCOPE_IOC_MAPS.
 */
#include <errno.h>
#include <stdbool.h>
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

/* Nodes that there is room for until it turns out that there are more. */
#define NODES_FIRST 8

/* With folios a mapping takes more room. */
#define FOLIOS_LIMIT 2048

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

	bool with_folios;
	struct vmscope_folio_sums *folios; /* as many as maps */
	uint64_t *nodes; /* as many rows */
	size_t nodes_size; /* elements of a row */
	size_t nodes_len; /* of those that are told */

	uint64_t requests;
	uint64_t pid;
	struct vmscope_walk walk;
};

/* The resizing functions do not keep old contents. */
static int folios_resize(struct vmscope_maps_iter *iter, size_t len)
{
	struct vmscope_folio_sums *folios = calloc(len, sizeof(*folios));
	uint64_t *nodes = calloc(len, iter->nodes_size * sizeof(*nodes));

	if (!folios || !nodes) {
		free(folios);
		free(nodes);
		return -ENOMEM;
	}
	free(iter->folios);
	free(iter->nodes);
	iter->folios = folios;
	iter->nodes = nodes;
	return 0;
}

static int maps_resize(struct vmscope_maps_iter *iter, size_t len)
{
	struct vmscope_map *maps = calloc(len, sizeof(*maps));

	if (!maps || (iter->with_folios && folios_resize(iter, len))) {
		free(maps);
		return -ENOMEM;
	}
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
	free(iter->folios);
	free(iter->nodes);
	free(iter);
}

static size_t size_up(size_t size, size_t limit)
{
	return size * GROWTH < limit ? size * GROWTH : limit;
}

/* One size up from the last request's. Failing to grow is no failure. */
static int buffers_prepare(struct vmscope_maps_iter *iter)
{
	size_t limit = iter->with_folios ? FOLIOS_LIMIT : MAPS_LIMIT;
	int err = 0;

	if (!iter->maps)
		err = maps_resize(iter, MAPS_FIRST);
	else if (iter->requests && iter->maps_size < limit)
		maps_resize(iter, size_up(iter->maps_size, limit));
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
		if (iter->with_folios) {
			arg.flags |= VMSCOPE_F_FOLIO;
			arg.folios = (uint64_t)(uintptr_t)iter->folios;
			arg.folios_size = sizeof(*iter->folios);
			arg.nodes = (uint64_t)(uintptr_t)iter->nodes;
			arg.nodes_len = iter->nodes_size;
		}

		iter->maps_len = 0;
		iter->maps_pos = 0;
		err = vmscope_maps_get(iter->handle, &arg);
		if (!err && iter->with_folios &&
		    arg.nodes_len > iter->nodes_size) {
			iter->nodes_size = arg.nodes_len;
			err = folios_resize(iter, iter->maps_size);
			if (err)
				break;
			continue;
		}
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
	iter->nodes_len = arg.nodes_len;
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

void vmscope_maps_ask_folio(struct vmscope_maps_iter *iter)
{
	iter->with_folios = true;
	iter->nodes_size = NODES_FIRST;
}

const struct vmscope_folio_sums *
vmscope_maps_folio(const struct vmscope_maps_iter *iter, const uint64_t **nodes,
		   size_t *nodes_len)
{
	size_t i;

	if (!iter->with_folios || !iter->maps_pos)
		return NULL;
	i = iter->maps_pos - 1;
	if (nodes) {
		*nodes = iter->nodes + i * iter->nodes_size;
		*nodes_len = iter->nodes_len;
	}
	return &iter->folios[i];
}

uint64_t vmscope_folio_pss(const struct vmscope_folio_sums *sums)
{
	uint64_t pss = 0;
	size_t i;

	for (i = 0; i < VMSCOPE_FOLIO_KINDS; i++)
		pss += sums->pss_shifted[i];
	return pss >> VMSCOPE_PSS_SHIFT;
}
