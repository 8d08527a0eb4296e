// SPDX-License-Identifier: GPL-2.0
/*
 * What changed between two snapshots: one pass over both, by address.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "vmscope.h"

#define BIT(state) (1U << (state))
#define IN_MEMORY                                                      \
	(BIT(VMSCOPE_STATE_PRESENT) | BIT(VMSCOPE_STATE_ZERO) |        \
	 BIT(VMSCOPE_STATE_DEVICE) | BIT(VMSCOPE_STATE_PROTNONE) |     \
	 BIT(VMSCOPE_STATE_NUMA_HINT) | BIT(VMSCOPE_STATE_MIGRATING) | \
	 BIT(VMSCOPE_STATE_SPLITTING) | BIT(VMSCOPE_STATE_DEVICE_PRIVATE))

#define PERMS (VMSCOPE_MAP_READ | VMSCOPE_MAP_WRITE | VMSCOPE_MAP_EXEC)

/* A mapping that differs in one of these is another one. */
#define IDENTITY (VMSCOPE_MAP_SHARED | VMSCOPE_MAP_HUGETLB | VMSCOPE_MAP_FILE)

/* How far the comparison is in one of the snapshots. */
struct side {
	const struct vmscope_snapshot *snapshot;
	struct vmscope_snapshot_facts facts;
	size_t maps_pos; /* of @map, the first that is not passed; or the end */
	struct vmscope_map map;
	const char *name;
	bool has_map;
	size_t pages_pos;
	struct vmscope_page page;
	bool has_page;
};

struct vmscope_diff {
	struct side before;
	struct side after;
	uint64_t position;
	uint64_t end;
	struct vmscope_change change;
};

/* Nothing is there, in the place of a range of pages. */
static const struct vmscope_page nothing = { .state = VMSCOPE_STATE_NONE };

static void map_load(struct side *side)
{
	side->has_map = !vmscope_snapshot_map(side->snapshot, side->maps_pos,
					      &side->map, &side->name);
}

static void page_load(struct side *side)
{
	side->has_page = !vmscope_snapshot_page(side->snapshot, side->pages_pos,
						&side->page);
}

static void side_init(struct side *side,
		      const struct vmscope_snapshot *snapshot)
{
	side->snapshot = snapshot;
	side->facts.size = sizeof(side->facts);
	vmscope_snapshot_facts(snapshot, &side->facts);
	map_load(side);
	page_load(side);
}

int vmscope_diff_open(const struct vmscope_snapshot *before,
		      const struct vmscope_snapshot *after,
		      struct vmscope_diff **ret)
{
	struct vmscope_diff *diff = calloc(1, sizeof(*diff));
	const struct vmscope_snapshot_facts *a, *b;

	if (!diff)
		return -ENOMEM;
	side_init(&diff->before, before);
	side_init(&diff->after, after);
	a = &diff->before.facts;
	b = &diff->after.facts;
	if (a->page_size != b->page_size) {
		free(diff);
		return -EXDEV;
	}
	diff->position = a->start > b->start ? a->start : b->start;
	diff->end = a->end < b->end ? a->end : b->end;
	*ret = diff;
	return 0;
}

void vmscope_diff_close(struct vmscope_diff *diff)
{
	free(diff);
}

/* ---------------------------------------------------------------- pages */

static bool in_memory(uint64_t state)
{
	return state < VMSCOPE_STATES && IN_MEMORY >> state & 1;
}

/*
 * The kernel marks pages as written, too, when it collapses or splits a huge
 * page: collapse_huge_page(), __split_huge_pmd_locked().
 */
static void writing_add(const struct vmscope_diff *diff,
			struct vmscope_change_sums *sums,
			const struct vmscope_page *before,
			const struct vmscope_page *after, uint64_t bytes)
{
	bool tracked = diff->before.facts.soft_dirty == VMSCOPE_FEATURE_ON &&
		       diff->after.facts.soft_dirty == VMSCOPE_FEATURE_ON &&
		       !(before->flags & VMSCOPE_ENTRY_SOFT_DIRTY);
	bool dirty = after->flags & VMSCOPE_ENTRY_DIRTY;
	bool written = false;
	bool maybe = false;

	if (after->leaf_size != before->leaf_size)
		maybe = dirty;
	else if (before->state == VMSCOPE_STATE_ZERO &&
		 after->state != VMSCOPE_STATE_ZERO)
		written = true;
	else if (tracked)
		written = after->flags & VMSCOPE_ENTRY_SOFT_DIRTY;
	else if (dirty && !(before->flags & VMSCOPE_ENTRY_DIRTY))
		written = true;
	else
		maybe = dirty;
	if (written)
		sums->written += bytes;
	else if (maybe)
		sums->maybe_written += bytes;
}

static void pages_add(const struct vmscope_diff *diff,
		      struct vmscope_change_sums *sums,
		      const struct vmscope_page *before,
		      const struct vmscope_page *after, uint64_t bytes)
{
	bool was_in = in_memory(before->state);
	bool is_in = in_memory(after->state);
	bool was_out = before->state == VMSCOPE_STATE_SWAPPED;
	bool is_out = after->state == VMSCOPE_STATE_SWAPPED;

	if (is_in && was_in) {
		if (after->leaf_size > before->leaf_size)
			sums->collapsed += bytes;
		else if (after->leaf_size < before->leaf_size)
			sums->split += bytes;
		writing_add(diff, sums, before, after, bytes);
	} else if (is_in && was_out) {
		sums->swapped_in += bytes;
	} else if (is_in) {
		sums->faulted_in += bytes;
	} else if (is_out) {
		if (!was_out)
			sums->swapped_out += bytes;
	} else if (was_in || was_out) {
		sums->given_back += bytes;
	}
}

static uint64_t state_index(const struct vmscope_page *page)
{
	return page->state < VMSCOPE_STATES ? page->state :
					      VMSCOPE_STATE_UNKNOWN;
}

/* What is at @position, and in *end where that ends, if it ends before. */
static const struct vmscope_page *page_at(struct side *side, bool mapped,
					  uint64_t position, uint64_t *end)
{
	if (!mapped)
		return &nothing;
	while (side->has_page && side->page.end <= position) {
		side->pages_pos++;
		page_load(side);
	}
	if (!side->has_page)
		return &nothing;
	if (side->page.start > position) {
		if (side->page.start < *end)
			*end = side->page.start;
		return &nothing;
	}
	if (side->page.end < *end)
		*end = side->page.end;
	return &side->page;
}

static void piece_add(struct vmscope_diff *diff, bool was_mapped,
		      bool is_mapped)
{
	struct vmscope_change *change = &diff->change;
	struct vmscope_change_sums *sums = &change->sums;
	uint64_t position = change->start;

	while (position < change->end) {
		const struct vmscope_page *before, *after;
		uint64_t end = change->end;
		uint64_t bytes;

		before = page_at(&diff->before, was_mapped, position, &end);
		after = page_at(&diff->after, is_mapped, position, &end);
		bytes = end - position;
		if (change->flags & VMSCOPE_CHANGE_REPLACED) {
			pages_add(diff, sums, before, &nothing, bytes);
			pages_add(diff, sums, &nothing, after, bytes);
		} else {
			pages_add(diff, sums, before, after, bytes);
		}
		if (was_mapped) {
			sums->before_bytes += bytes;
			sums->before_state[state_index(before)] += bytes;
		}
		if (is_mapped) {
			sums->after_bytes += bytes;
			sums->after_state[state_index(after)] += bytes;
		}
		position = end;
	}
}

/* ------------------------------------------------------------- mappings */

/* Does the mapping share any address with one of the other snapshot? */
static bool has_part_in(const struct vmscope_map *map, const struct side *other)
{
	struct vmscope_map below;

	if (other->has_map && other->map.start < map->end)
		return true;
	return other->maps_pos &&
	       !vmscope_snapshot_map(other->snapshot, other->maps_pos - 1,
				     &below, NULL) &&
	       below.end > map->start;
}

static bool is_same(const struct vmscope_map *a, const struct vmscope_map *b)
{
	if ((a->flags ^ b->flags) & IDENTITY)
		return false;
	return !(a->flags & VMSCOPE_MAP_FILE) ||
	       (a->inode == b->inode && a->device == b->device &&
		a->offset - a->start == b->offset - b->start);
}

static uint64_t flags_make(const struct vmscope_diff *diff, bool was_mapped,
			   bool is_mapped)
{
	const struct vmscope_map *before = &diff->before.map;
	const struct vmscope_map *after = &diff->after.map;
	uint64_t flags = 0;

	if (!was_mapped)
		return has_part_in(after, &diff->before) ?
			       VMSCOPE_CHANGE_GROWN :
			       VMSCOPE_CHANGE_NEW;
	if (!is_mapped)
		return has_part_in(before, &diff->after) ?
			       VMSCOPE_CHANGE_SHRUNK :
			       VMSCOPE_CHANGE_UNMAPPED;
	if ((before->flags ^ after->flags) & PERMS)
		flags |= VMSCOPE_CHANGE_PERMS;
	if (!is_same(before, after))
		flags |= VMSCOPE_CHANGE_REPLACED;
	return flags;
}

/* Is @position in a mapping? In *end where that ends, if it does before. */
static bool map_at(struct side *side, uint64_t position, uint64_t *end)
{
	uint64_t border;

	while (side->has_map && side->map.end <= position) {
		side->maps_pos++;
		map_load(side);
	}
	if (!side->has_map)
		return false;
	border = side->map.start > position ? side->map.start : side->map.end;
	if (border < *end)
		*end = border;
	return side->map.start <= position;
}

int vmscope_diff_next(struct vmscope_diff *diff,
		      const struct vmscope_change **ret)
{
	struct vmscope_change *change = &diff->change;
	bool was_mapped = false;
	bool is_mapped = false;

	memset(change, 0, sizeof(*change));
	while (!was_mapped && !is_mapped) {
		if (diff->position >= diff->end)
			return 1;
		change->start = diff->position;
		change->end = diff->end;
		was_mapped =
			map_at(&diff->before, diff->position, &change->end);
		is_mapped = map_at(&diff->after, diff->position, &change->end);
		diff->position = change->end;
	}
	change->flags = flags_make(diff, was_mapped, is_mapped);
	if (was_mapped) {
		change->before = diff->before.map;
		change->name = diff->before.name;
	}
	if (is_mapped) {
		change->after = diff->after.map;
		change->name = diff->after.name;
	}
	piece_add(diff, was_mapped, is_mapped);
	*ret = change;
	return 0;
}
