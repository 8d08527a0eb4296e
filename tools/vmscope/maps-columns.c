// SPDX-License-Identifier: GPL-2.0
/*
 * The columns of "vmscope maps".
 */
#include <inttypes.h>
#include <string.h>

#include "folio.h"
#include "maps.h"
#include "out.h"

/* clang-format off */
#define SUM(name, field)						\
	static uint64_t bytes_##name(const struct figures *figures)	\
	{								\
		return figures->sums.field;				\
	}

#define FOLIO(name, field)						\
	static uint64_t folio_##name(const struct figures *figures)	\
	{								\
		return figures->folio.field;				\
	}

SUM(virtual, virtual_bytes)
SUM(present, present_bytes)
SUM(resident, resident_bytes)
SUM(swapped, swapped_bytes)
SUM(hugetlb, hugetlb_bytes)
SUM(pte, leaf_bytes[0])
SUM(pmd, leaf_bytes[1])
SUM(pud, leaf_bytes[2])
SUM(state_none, state_bytes[VMSCOPE_STATE_NONE])
SUM(state_present, state_bytes[VMSCOPE_STATE_PRESENT])
SUM(state_zero, state_bytes[VMSCOPE_STATE_ZERO])
SUM(state_device, state_bytes[VMSCOPE_STATE_DEVICE])
SUM(state_protnone, state_bytes[VMSCOPE_STATE_PROTNONE])
SUM(state_numa_hint, state_bytes[VMSCOPE_STATE_NUMA_HINT])
SUM(state_swapped, state_bytes[VMSCOPE_STATE_SWAPPED])
SUM(state_migrating, state_bytes[VMSCOPE_STATE_MIGRATING])
SUM(state_splitting, state_bytes[VMSCOPE_STATE_SPLITTING])
SUM(state_poisoned, state_bytes[VMSCOPE_STATE_POISONED])
SUM(state_guard, state_bytes[VMSCOPE_STATE_GUARD])
SUM(state_uffd_wp, state_bytes[VMSCOPE_STATE_UFFD_WP])
SUM(state_device_private, state_bytes[VMSCOPE_STATE_DEVICE_PRIVATE])
SUM(state_unknown, state_bytes[VMSCOPE_STATE_UNKNOWN])
FOLIO(private, private_bytes)
FOLIO(shared, shared_bytes)
FOLIO(unknown, unknown_bytes)
FOLIO(anon, kind_bytes[VMSCOPE_FOLIO_KIND_ANON])
FOLIO(file, kind_bytes[VMSCOPE_FOLIO_KIND_FILE])
FOLIO(shmem, kind_bytes[VMSCOPE_FOLIO_KIND_SHMEM])
FOLIO(ksm, kind_bytes[VMSCOPE_FOLIO_KIND_KSM])
FOLIO(hugetlb_private, hugetlb_private_bytes)
FOLIO(hugetlb_shared, hugetlb_shared_bytes)
/* clang-format on */

static uint64_t folio_pss(const struct figures *figures)
{
	return vmscope_folio_pss(&figures->folio);
}

static uint64_t covered(const struct figures *figures, unsigned int coverage)
{
	uint64_t bytes = 0;
	size_t order;

	for (order = 1; order < VMSCOPE_FOLIO_ORDERS; order++)
		bytes += figures->folio.order_bytes[order][coverage];
	return bytes;
}

static uint64_t folio_aligned(const struct figures *figures)
{
	return covered(figures, VMSCOPE_COVERAGE_ALIGNED);
}

static uint64_t folio_unaligned(const struct figures *figures)
{
	return covered(figures, VMSCOPE_COVERAGE_UNALIGNED);
}

static uint64_t folio_partial(const struct figures *figures)
{
	return covered(figures, VMSCOPE_COVERAGE_PARTIAL);
}

static const struct vmscope_map *map_of(const void *item)
{
	return ((const struct maps_row *)item)->map;
}

static const char *cell_start(const void *item, char buf[COLUMN_BUF])
{
	snprintf(buf, COLUMN_BUF, "%012" PRIx64, (uint64_t)map_of(item)->start);
	return buf;
}

static const char *cell_end(const void *item, char buf[COLUMN_BUF])
{
	snprintf(buf, COLUMN_BUF, "%012" PRIx64, (uint64_t)map_of(item)->end);
	return buf;
}

static const char *cell_perms(const void *item, char buf[COLUMN_BUF])
{
	vmscope_map_perms(map_of(item)->flags, buf);
	return buf;
}

static const char *cell_kind(const void *item, char buf[COLUMN_BUF])
{
	const struct vmscope_name *name =
		vmscope_name_find(VMSCOPE_NAMES_KIND, map_of(item)->kind);

	(void)buf;
	return name ? name->name : "?";
}

static const char *cell_name(const void *item, char buf[COLUMN_BUF])
{
	(void)buf;
	return ((const struct maps_row *)item)->name;
}

static const char *cell_offset(const void *item, char buf[COLUMN_BUF])
{
	snprintf(buf, COLUMN_BUF, "%08" PRIx64, (uint64_t)map_of(item)->offset);
	return buf;
}

static const char *cell_inode(const void *item, char buf[COLUMN_BUF])
{
	snprintf(buf, COLUMN_BUF, "%" PRIu64, (uint64_t)map_of(item)->inode);
	return buf;
}

static const char *cell_device(const void *item, char buf[COLUMN_BUF])
{
	uint64_t device = map_of(item)->device;

	snprintf(buf, COLUMN_BUF, "%02" PRIx64 ":%02" PRIx64, device >> 32,
		 device & UINT32_MAX);
	return buf;
}

static const char *cell_flags(const void *item, char buf[COLUMN_BUF])
{
	return out_flags(VMSCOPE_NAMES_MAP_FLAG, map_of(item)->flags, buf,
			 COLUMN_BUF);
}

static const char *cell_page_size(const void *item, char buf[COLUMN_BUF])
{
	return out_page_size(map_of(item)->page_size, buf);
}

static const char *cell_nodes(const void *item, char buf[COLUMN_BUF])
{
	const struct maps_row *row = item;

	return folio_nodes(row->nodes, row->nodes_len, buf, COLUMN_BUF);
}

/* clang-format off */
const struct column maps_columns[] = {
	{ "START", true, true, "first address", NULL, cell_start },
	{ "END", true, true, "first address after it", NULL, cell_end },
	{ "PERMS", true, false, "r, w, x, and s for shared or p for private", NULL, cell_perms },
	{ "KIND", true, false, "what it is for", NULL, cell_kind },
	{ "SIZE", true, true, "size of the mapping", bytes_virtual, NULL },
	{ "PRESENT", true, true, "what the MMU maps of it", bytes_present, NULL },
	{ "RSS", true, true, "resident: pages that count as the process's own", bytes_resident, NULL },
	{ "SWAP", true, true, "in a swap area", bytes_swapped, NULL },
	{ "NAME", true, false, "file, or name in brackets", NULL, cell_name },
	{ "4K", false, true, "mapped by leaves of 4K", bytes_pte, NULL },
	{ "2M", false, true, "mapped by leaves of 2M", bytes_pmd, NULL },
	{ "1G", false, true, "mapped by leaves of 1G", bytes_pud, NULL },
	{ "HUGETLB", false, true, "mapped pages of the hugetlb pool", bytes_hugetlb, NULL },
	{ "PAGESIZE", false, true, "size of a page in this mapping", NULL, cell_page_size },
	{ "OFFSET", false, true, "where in the file it begins, hexadecimal", NULL, cell_offset },
	{ "DEV", false, false, "device of the file, MAJOR:MINOR, hexadecimal", NULL, cell_device },
	{ "INODE", false, true, "inode of the file", NULL, cell_inode },
	{ "FLAGS", false, false, "flags, by name", NULL, cell_flags },
	{ "STATE_NONE", false, true, "never touched, or given back", bytes_state_none, NULL },
	{ "STATE_PRESENT", false, true, "normal pages mapped for the MMU", bytes_state_present, NULL },
	{ "STATE_ZERO", false, true, "mapped to the shared zero page", bytes_state_zero, NULL },
	{ "STATE_DEVICE", false, true, "mapped to device memory", bytes_state_device, NULL },
	{ "STATE_PROTNONE", false, true, "in memory, access forbidden", bytes_state_protnone, NULL },
	{ "STATE_NUMA_HINT", false, true, "in memory, next access sampled", bytes_state_numa_hint, NULL },
	{ "STATE_SWAPPED", false, true, "in a swap area", bytes_state_swapped, NULL },
	{ "STATE_MIGRATING", false, true, "being moved to another frame", bytes_state_migrating, NULL },
	{ "STATE_SPLITTING", false, true, "huge page being split", bytes_state_splitting, NULL },
	{ "STATE_POISONED", false, true, "lost to a memory error", bytes_state_poisoned, NULL },
	{ "STATE_GUARD", false, true, "guard region", bytes_state_guard, NULL },
	{ "STATE_UFFD_WP", false, true, "userfaultfd write-protect marker", bytes_state_uffd_wp, NULL },
	{ "STATE_DEVICE_PRIVATE", false, true, "held by a device", bytes_state_device_private, NULL },
	{ "STATE_UNKNOWN", false, true, "not present, of an unknown type", bytes_state_unknown, NULL },
	{ "PSS", false, true, "resident, each page divided by its mappings (Pss)", folio_pss, NULL },
	{ "USS", false, true, "resident pages that are mapped once", folio_private, NULL },
	{ "SHARED", false, true, "resident pages that are mapped several times", folio_shared, NULL },
	{ "UNKNOWN", false, true, "resident pages of which that is not known", folio_unknown, NULL },
	{ "FOLIO_ANON", false, true, "resident anonymous pages, not merged by KSM", folio_anon, NULL },
	{ "FOLIO_FILE", false, true, "resident pages of files", folio_file, NULL },
	{ "FOLIO_SHMEM", false, true, "resident pages of tmpfs and shared memory", folio_shmem, NULL },
	{ "FOLIO_KSM", false, true, "resident pages that KSM has merged", folio_ksm, NULL },
	{ "ALIGNED", false, true, "in large folios mapped whole and aligned", folio_aligned, NULL },
	{ "UNALIGNED", false, true, "in large folios mapped whole, not aligned", folio_unaligned, NULL },
	{ "PARTIAL", false, true, "in large folios mapped in part", folio_partial, NULL },
	{ "HUGETLB_PRIVATE", false, true, "hugetlb pages that are mapped once", folio_hugetlb_private, NULL },
	{ "HUGETLB_SHARED", false, true, "hugetlb pages that are mapped several times", folio_hugetlb_shared, NULL },
	{ "NODES", false, false, "NUMA nodes, NODE:SIZE", NULL, cell_nodes },
	{ NULL, false, false, NULL, NULL, NULL },
};
/* clang-format on */

bool maps_columns_ask_folio(const struct column_choice *choice)
{
	static const struct column *first;
	size_t i;

	if (!first)
		for (first = maps_columns; strcmp(first->name, "PSS") != 0;)
			first++;
	/* they are the last ones */
	for (i = 0; i < choice->len; i++)
		if (choice->columns[i] >= first)
			return true;
	return false;
}
