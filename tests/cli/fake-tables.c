// SPDX-License-Identifier: GPL-2.0
/*
 * Requests for tables: as many as the mappings of the fixtures take, each the
 * first mapping's that it covers part of.
 */
#include <errno.h>
#include <string.h>

#include "fake.h"

#define PTE_SPAN UINT64_C(0x200000)
#define PMD_SPAN UINT64_C(0x40000000)
#define PUD_SPAN UINT64_C(0x8000000000)

/* Pieces of @span that a mapping covers part of, and the one before does not. */
static uint64_t pieces(const struct fixture_map *map, uint64_t below,
		       uint64_t span)
{
	uint64_t first = map->start / span;
	uint64_t last = (map->end - 1) / span;

	if (below && (below - 1) / span == first)
		first++;
	return last + 1 - first;
}

static void level_add(struct vmscope_table_sums *sums, uint64_t tables,
		      uint64_t used)
{
	unsigned int fill = 0;

	if (!tables)
		return;
	if (used > tables * 512)
		used = tables * 512;
	sums->tables = tables;
	sums->used_entries = used;
	while (used / tables >> fill)
		fill++;
	/* the rest of a division is in the last */
	sums->fill[fill] = tables;
	if (used == tables * 512)
		sums->complete_tables = tables;
}

static void tables_make(const struct fixture_map *map, uint64_t below,
			struct vmscope_map_tables *ret)
{
	uint64_t huge = map->huge_pmd / PTE_SPAN;
	uint64_t ptes = pieces(map, below, PTE_SPAN) - huge;
	uint64_t pages = 0;
	size_t i;

	for (i = 1; i < sizeof(map->pages) / sizeof(map->pages[0]); i++)
		pages += map->pages[i];
	if (map->flags & VMSCOPE_MAP_HUGETLB)
		ptes = 0;
	else if (ptes > 40)
		ptes = 2;
	level_add(&ret->levels[0], ptes, pages - huge * 512);
	ret->levels[0].complete_tables = pages > 100 ? ptes / 2 : 0;
	level_add(&ret->levels[1], pieces(map, below, PMD_SPAN), ptes + huge);
	level_add(&ret->levels[2], pieces(map, below, PUD_SPAN), 1);
	if (!below)
		level_add(&ret->levels[3], 1, 3);
}

int fake_tables(struct vmscope_tables *arg)
{
	static unsigned long requests;
	struct vmscope_map_tables *out = (void *)(uintptr_t)arg->maps;
	char *names = (char *)(uintptr_t)arg->names;
	size_t limit = fake_knob("FAKE_PER_REPLY", arg->maps_len);
	struct fixture_map map;
	uint64_t below = 0;
	size_t used = 0;
	size_t len = 0;
	size_t i;
	int err = fake_target_find(arg->target, arg->flags, &arg->pid);

	if (err)
		return err;
	if (++requests == fake_knob("FAKE_TEAR", 0))
		return -ESRCH;
	if (arg->size != sizeof(*arg) || arg->maps_size != sizeof(*out) ||
	    !arg->maps_len || arg->end <= arg->start)
		return -EINVAL;
	if (limit > arg->maps_len)
		limit = arg->maps_len;
	arg->cursor = arg->end;
	for (i = 0; fake_map_make(arg->pid, i, &map); below = map.end, i++) {
		size_t name_len = map.name ? strlen(map.name) : 0;

		if (map.end <= arg->start)
			continue;
		if (map.start >= arg->end)
			break;
		if (arg->entries_max && len * 512 >= arg->entries_max) {
			arg->cursor = map.start;
			break;
		}
		if (len == limit || used + name_len > arg->names_len) {
			arg->cursor = map.start;
			break;
		}
		memset(&out[len], 0, sizeof(out[len]));
		tables_make(&map, below, &out[len]);
		out[len].start = map.start;
		out[len].end = map.end;
		out[len].flags = map.flags;
		if (map.start < arg->start || map.end > arg->end)
			out[len].flags |= VMSCOPE_MAP_CLIPPED;
		if (map.start < arg->start)
			out[len].start = arg->start;
		if (map.end > arg->end)
			out[len].end = arg->end;
		out[len].kind = map.kind;
		out[len].name_start = used;
		out[len].name_len = name_len;
		if (name_len)
			memcpy(names + used, map.name, name_len);
		used += name_len;
		len++;
	}
	arg->maps_len = len;
	arg->names_len = used;
	arg->walk =
		(struct vmscope_walk){ 1, VMSCOPE_LAYOUT_SAME, len * 512, len };
	arg->page_table_bytes = UINT64_C(1) << 20;
	return 0;
}
