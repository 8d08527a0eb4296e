// SPDX-License-Identifier: GPL-2.0
/*
 * What struct page would tell of the recorded process: private memory is mapped
 * once, files three times, shared memory twice; one page is being moved.
 */
#include <string.h>

#include "fake.h"

#define BYTES UINT64_C(4096)

static unsigned int kind_of(const struct fixture_map *map)
{
	if (map->flags & VMSCOPE_MAP_SHARED)
		return VMSCOPE_FOLIO_KIND_SHMEM;
	return map->inode && !(map->flags & VMSCOPE_MAP_WRITE) ?
		       VMSCOPE_FOLIO_KIND_FILE :
		       VMSCOPE_FOLIO_KIND_ANON;
}

static unsigned int mappings_of(unsigned int kind)
{
	return kind == VMSCOPE_FOLIO_KIND_FILE	? 3 :
	       kind == VMSCOPE_FOLIO_KIND_SHMEM ? 2 :
						  1;
}

void fake_folio_make(const struct fixture_map *map,
		     const struct vmscope_sums *sums,
		     struct vmscope_folio_sums *folio, uint64_t *nodes)
{
	uint64_t unknown = sums->resident_bytes ?
				   map->pages[VMSCOPE_STATE_MIGRATING] * BYTES :
				   0;
	uint64_t known = sums->resident_bytes - unknown;
	unsigned int kind = kind_of(map);
	uint64_t huge = map->huge_pmd < known ? map->huge_pmd : known;

	memset(folio, 0, sizeof(*folio));
	folio->kind_bytes[VMSCOPE_FOLIO_KIND_UNKNOWN] = unknown;
	folio->pss_shifted[VMSCOPE_FOLIO_KIND_UNKNOWN] = unknown
							 << VMSCOPE_PSS_SHIFT;
	folio->unknown_bytes = unknown;
	folio->kind_bytes[kind] = known;
	folio->pss_shifted[kind] =
		(known << VMSCOPE_PSS_SHIFT) / mappings_of(kind);
	if (mappings_of(kind) == 1)
		folio->private_bytes = known;
	else
		folio->shared_bytes = known;
	folio->hugetlb_private_bytes = sums->hugetlb_bytes;
	folio->order_bytes[9][VMSCOPE_COVERAGE_ALIGNED] = huge;
	folio->order_bytes[0][VMSCOPE_COVERAGE_ALIGNED] = known - huge;
	nodes[0] = known;
	nodes[1] = sums->hugetlb_bytes;
}

void fake_folio_add(struct vmscope_folio_sums *sum,
		    const struct vmscope_folio_sums *more)
{
	const uint64_t *from = (const uint64_t *)more;
	uint64_t *to = (uint64_t *)sum;
	size_t i;

	for (i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

/* A leaf that may be written is the process's own, another is a file's. */
void fake_folio_page(const struct vmscope_pages *arg, struct vmscope_page *page,
		     uint64_t flags)
{
	uint64_t all = 0;
	uint64_t bytes;

	if (page->state == VMSCOPE_STATE_PRESENT)
		all = flags & VMSCOPE_ENTRY_WRITABLE ?
			      VMSCOPE_FOLIO_ANON | VMSCOPE_FOLIO_ONCE :
			      VMSCOPE_FOLIO_FILE | VMSCOPE_FOLIO_SHARED;
	if (all && page->leaf_size > BYTES)
		all |= VMSCOPE_FOLIO_LARGE;
	page->folio = all & (arg->returned & VMSCOPE_PAGES_FOLIOS) >>
				    VMSCOPE_PAGES_FOLIO_SHIFT;
	if (!all)
		return;
	if (arg->returned & VMSCOPE_PAGES_FOLIO_ORDER)
		for (bytes = page->leaf_size; bytes > BYTES; bytes /= 2)
			page->folio_order++;
	if (arg->returned & VMSCOPE_PAGES_FOLIO_NODE)
		page->folio_node = page->leaf_size > BYTES;
	if (arg->returned & VMSCOPE_PAGES_FOLIO_MAPCOUNT)
		page->folio_mapcount = all & VMSCOPE_FOLIO_ONCE	 ? 1 :
				       all & VMSCOPE_FOLIO_LARGE ? 0 :
								   3;
}

uint64_t fake_folio_what(uint64_t state, uint64_t leaf_size, uint64_t flags)
{
	const struct vmscope_pages all = { .returned =
						   VMSCOPE_PAGES_FOLIO_ALL };
	struct vmscope_page page = { .state = state, .leaf_size = leaf_size };

	fake_folio_page(&all, &page, flags);
	return VMSCOPE_PAGES_FOLIO(page.folio);
}
