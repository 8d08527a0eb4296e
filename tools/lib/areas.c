// SPDX-License-Identifier: GPL-2.0
/*
 * The parts of a user half, from its mappings and the borders that the kernel
 * has noted.
 */
#include <errno.h>
#include <stdlib.h>

#include "vmscope.h"

/* So much of nothing between two mappings parts areas. */
#define PARTING (UINT64_C(1) << 30)

#define PAGE UINT64_C(4096)

struct areas_making {
	const struct vmscope_borders *borders;
	struct vmscope_areas areas;
	size_t size; /* elements allocated */
	uint64_t inode; /* of the program; 0: not known */
	uint64_t device;
};

static void sums_add(struct vmscope_sums *sum, const struct vmscope_sums *more)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)more;
	size_t i;

	_Static_assert(sizeof(*sum) % sizeof(*to) == 0, "only sums in it");
	for (i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

static struct vmscope_area *area_last(const struct areas_making *making)
{
	const struct vmscope_areas *areas = &making->areas;

	return areas->len ? &areas->areas[areas->len - 1] : NULL;
}

static struct vmscope_area *area_add(struct areas_making *making, uint64_t kind,
				     uint64_t start, uint64_t end)
{
	struct vmscope_areas *areas = &making->areas;
	struct vmscope_area *area;

	if (areas->len == making->size) {
		size_t size = making->size ? 2 * making->size : 16;

		area = realloc(areas->areas, size * sizeof(*area));
		if (!area)
			return NULL;
		areas->areas = area;
		making->size = size;
	}
	area = &areas->areas[areas->len++];
	memset(area, 0, sizeof(*area));
	area->kind = kind;
	area->start = start;
	area->end = end;
	return area;
}

static uint64_t kind_of(const struct areas_making *making,
			const struct vmscope_map *map)
{
	const struct vmscope_borders *b = making->borders;
	const struct vmscope_area *last = area_last(making);

	if (map->kind == VMSCOPE_KIND_VDSO)
		return VMSCOPE_AREA_VDSO;
	if (map->kind == VMSCOPE_KIND_HEAP)
		return VMSCOPE_AREA_HEAP;
	if (map->start <= b->stack_start && b->stack_start < map->end)
		return VMSCOPE_AREA_STACK;
	if (making->inode && map->inode == making->inode &&
	    map->device == making->device)
		return VMSCOPE_AREA_PROGRAM;
	/* what is not in the file follows what is */
	if (!map->inode && last && last->kind == VMSCOPE_AREA_PROGRAM &&
	    last->end == map->start && map->start <= b->brk_start)
		return VMSCOPE_AREA_PROGRAM;
	return VMSCOPE_AREA_MMAP;
}

static int map_add(struct areas_making *making, const struct vmscope_map *map)
{
	uint64_t kind = kind_of(making, map);
	struct vmscope_area *area = area_last(making);
	uint64_t end = area ? area->end : 0;

	/* a mapping that moved while they were read may come twice */
	if (map->start < end)
		return 0;
	if (!area || area->kind != kind || map->start - end >= PARTING) {
		if (map->start > end &&
		    !area_add(making, VMSCOPE_AREA_GAP, end, map->start))
			return -ENOMEM;
		area = area_add(making, kind, map->start, map->end);
		if (!area)
			return -ENOMEM;
	}
	area->end = map->end;
	area->mappings++;
	sums_add(&area->sums, &map->sums);
	return 0;
}

/* Which file is the program? */
static int program_find(struct vmscope *handle,
			const struct vmscope_target *target,
			struct areas_making *making)
{
	uint64_t start = making->borders->code_start & ~(PAGE - 1);
	struct vmscope_maps_iter *iter;
	const struct vmscope_map *map;
	const char *name;
	int err;

	if (!making->borders->code_end)
		return 0;
	err = vmscope_maps_open(handle, target, start, start + PAGE, &iter);
	if (err)
		return err;
	err = vmscope_maps_next(iter, &map, &name);
	if (!err) {
		making->inode = map->inode;
		making->device = map->device;
	}
	vmscope_maps_close(iter);
	return err < 0 ? err : 0;
}

static int maps_add(struct vmscope *handle, const struct vmscope_target *target,
		    struct areas_making *making)
{
	struct vmscope_maps_iter *iter;
	const struct vmscope_map *map;
	const char *name;
	int err;

	err = vmscope_maps_open(handle, target, 0, VMSCOPE_RANGE_END, &iter);
	if (err)
		return err;
	while (!(err = vmscope_maps_next(iter, &map, &name))) {
		err = map_add(making, map);
		if (err)
			break;
	}
	vmscope_maps_walk(iter, NULL, &making->areas.walk);
	vmscope_maps_close(iter);
	return err < 0 ? err : 0;
}

int vmscope_areas_get(struct vmscope *handle,
		      const struct vmscope_target *target,
		      const struct vmscope_borders *borders,
		      struct vmscope_areas *ret)
{
	struct areas_making making = { .borders = borders };
	const struct vmscope_area *last;
	uint64_t end;
	int err;

	err = program_find(handle, target, &making);
	if (!err)
		err = maps_add(handle, target, &making);
	if (!err) {
		last = area_last(&making);
		end = last ? last->end : 0;
		if (end < borders->task_size &&
		    !area_add(&making, VMSCOPE_AREA_GAP, end,
			      borders->task_size))
			err = -ENOMEM;
	}
	if (err) {
		free(making.areas.areas);
		return err;
	}
	*ret = making.areas;
	return 0;
}

void vmscope_areas_free(struct vmscope_areas *areas)
{
	free(areas->areas);
	areas->areas = NULL;
	areas->len = 0;
}
