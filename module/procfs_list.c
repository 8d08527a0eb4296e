// SPDX-License-Identifier: GPL-2.0
/*
 * The lists of /proc/vmscope/query: mappings, tables, layout, pages.
 */
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/string_helpers.h>

#include "procfs_query.h"
#include "session.h"

#define KB(bytes) ((bytes) >> 10)

static void show_range(struct seq_file *m, u64 start, u64 end)
{
	seq_printf(m, "%012llx %012llx ", start, end);
}

static void show_perms(struct seq_file *m, u64 flags)
{
	seq_printf(m, "%c%c%c%c  ", flags & VMSCOPE_MAP_READ ? 'r' : '-',
		   flags & VMSCOPE_MAP_WRITE ? 'w' : '-',
		   flags & VMSCOPE_MAP_EXEC ? 'x' : '-',
		   flags & VMSCOPE_MAP_SHARED ? 's' : 'p');
}

/* The last of a line, as /proc/PID/maps writes it; nothing without a name. */
static void show_name(struct seq_file *m, const struct vmscope_query *query,
		      u64 start, u64 len)
{
	if (len) {
		seq_putc(m, ' ');
		seq_escape_mem(m, query->names + start, len, ESCAPE_OCTAL,
			       "\n");
	}
	seq_putc(m, '\n');
}

/* Names lie behind those that are there. Return: where. */
static u64 take_names(struct vmscope_query *query, const char *names,
		      unsigned int len)
{
	u64 start = query->names_len;

	memcpy(query->names + start, names, len);
	query->names_len += len;
	return start;
}

/* --------------------------------------------------------- maps and layout */

static int take_maps(const struct vmscope_scan_batch *batch, void *private)
{
	struct vmscope_query *query = private;
	u64 names = take_names(query, batch->names, batch->used);
	unsigned int i;

	for (i = 0; i < batch->count; i++) {
		struct vmscope_map *map = &query->maps[query->count++];

		*map = batch->maps[i];
		map->name_start += names;
		query->next_below = map->end;
	}
	return 0;
}

static int fetch_maps(struct vmscope_query *query,
		      const struct vmscope_session *session, u64 nr)
{
	struct vmscope_maps maps = {
		.target = nr,
		.start = query->cursor,
		.end = query->end,
		.maps_len = ARRAY_SIZE(query->maps),
		/* not an address here, but that names are wanted */
		.names = true,
		.names_len = sizeof(query->names),
	};
	struct vmscope_scan_maps request = {
		.emit = take_maps,
		.private = query,
	};
	int err = vmscope_session_maps(session, &maps, &request);

	query->cursor = maps.cursor;
	return err;
}

static const char *kind_name(u64 kind)
{
	return kind < VMSCOPE_KINDS ? vmscope_kind_names[kind] : "?";
}

static void show_map(struct seq_file *m, const struct vmscope_query *query,
		     unsigned int row)
{
	const struct vmscope_map *map = &query->maps[row];

	show_range(m, map->start, map->end);
	show_perms(m, map->flags);
	seq_printf(m, "%-8s %12llu %12llu %12llu %12llu", kind_name(map->kind),
		   KB(map->sums.virtual_bytes), KB(map->sums.present_bytes),
		   KB(map->sums.resident_bytes), KB(map->sums.swapped_bytes));
	show_name(m, query, map->name_start, map->name_len);
}

/* What nobody has mapped, up to where a mapping starts or the user half ends. */
static void show_gap(struct seq_file *m, u64 start, u64 end)
{
	if (start >= end)
		return;
	show_range(m, start, end);
	seq_printf(m, "%-8s %15llu %12s\n", "gap", KB(end - start), "-");
}

/* What stands for a mapping where there is none in the whole range. */
#define NO_MAPPING (~0ULL)

static u64 layout_end(const struct vmscope_query *query)
{
	struct vmscope_info info = {};

	vmscope_session_info(NULL, &info, NULL);
	return min(query->end, info.user_end);
}

static int fetch_layout(struct vmscope_query *query,
			const struct vmscope_session *session, u64 nr)
{
	int err = fetch_maps(query, session, nr);

	if (err || query->count || query->first)
		return err;
	query->maps[query->count++] = (struct vmscope_map){
		.start = query->start,
		.end = layout_end(query),
		.kind = NO_MAPPING,
	};
	return 0;
}

/*
 * In the layout, each mapping brings the gap below it, and the last the one
 * above it.
 */
static void show_layout(struct seq_file *m, const struct vmscope_query *query,
			unsigned int row)
{
	const struct vmscope_map *map = &query->maps[row];

	if (map->kind == NO_MAPPING) {
		show_gap(m, map->start, map->end);
		return;
	}
	show_gap(m, row ? map[-1].end : query->below, map->start);
	show_range(m, map->start, map->end);
	seq_printf(m, "%-8s %15llu %12llu", kind_name(map->kind),
		   KB(map->end - map->start),
		   KB(map->sums.resident_bytes + map->sums.hugetlb_bytes));
	show_name(m, query, map->name_start, map->name_len);
	if (row == query->count - 1 && query->cursor == query->end)
		show_gap(m, map->end, layout_end(query));
}

/* ----------------------------------------------------------------- tables */

static int take_tables(const struct vmscope_tables_batch *batch, void *private)
{
	struct vmscope_query *query = private;
	u64 names = take_names(query, batch->names, batch->used);
	unsigned int i;

	for (i = 0; i < batch->count; i++) {
		query->tables[query->count] = batch->maps[i];
		query->tables[query->count++].name_start += names;
	}
	return 0;
}

static int fetch_tables(struct vmscope_query *query,
			const struct vmscope_session *session, u64 nr)
{
	struct vmscope_tables tables = {
		.target = nr,
		.start = query->cursor,
		.end = query->end,
		.maps_len = ARRAY_SIZE(query->tables),
		.names = true,
		.names_len = sizeof(query->names),
	};
	struct vmscope_scan_tables request = {
		.emit = take_tables,
		.private = query,
	};
	int err = vmscope_session_tables(session, &tables, &request);

	query->cursor = tables.cursor;
	return err;
}

static void show_tables(struct seq_file *m, const struct vmscope_query *query,
			unsigned int row)
{
	const struct vmscope_map_tables *map = &query->tables[row];
	const struct vmscope_table_sums *ptes =
		&map->levels[VMSCOPE_LEVEL_PTE - 1];

	show_range(m, map->start, map->end);
	seq_printf(m, "%-8s %8llu %8llu %8llu %10llu %8llu %8llu %8llu",
		   kind_name(map->kind), ptes->tables,
		   map->levels[VMSCOPE_LEVEL_PMD - 1].tables,
		   map->levels[VMSCOPE_LEVEL_PUD - 1].tables,
		   ptes->used_entries, ptes->fill[0],
		   ptes->fill[1] + ptes->fill[2] + ptes->fill[3],
		   ptes->complete_tables);
	show_name(m, query, map->name_start, map->name_len);
}

/* ------------------------------------------------------------------ pages */

static int take_pages(const struct vmscope_page *pages, unsigned int count,
		      void *private)
{
	struct vmscope_query *query = private;

	memcpy(query->pages + query->count, pages, count * sizeof(*pages));
	query->count += count;
	return 0;
}

/* Holes are left out, and so are places: no frame, no offset in swap space. */
static int fetch_pages(struct vmscope_query *query,
		       const struct vmscope_session *session, u64 nr)
{
	struct vmscope_pages pages = {
		.target = nr,
		.start = query->cursor,
		.end = query->end,
		.none_of = VMSCOPE_PAGES_STATE(VMSCOPE_STATE_NONE),
		.returned = VMSCOPE_PAGES_ALL,
		.pages_len = ARRAY_SIZE(query->pages),
	};
	struct vmscope_scan_pages request = {
		.emit = take_pages,
		.private = query,
	};
	int err = vmscope_session_pages(session, &pages, &request);

	query->cursor = pages.cursor;
	return err;
}

static const char *const state_names[VMSCOPE_STATES] = {
	[VMSCOPE_STATE_NONE] = "none",
	[VMSCOPE_STATE_PRESENT] = "present",
	[VMSCOPE_STATE_ZERO] = "zero",
	[VMSCOPE_STATE_DEVICE] = "device",
	[VMSCOPE_STATE_PROTNONE] = "protnone",
	[VMSCOPE_STATE_NUMA_HINT] = "numa_hint",
	[VMSCOPE_STATE_SWAPPED] = "swapped",
	[VMSCOPE_STATE_MIGRATING] = "migrating",
	[VMSCOPE_STATE_SPLITTING] = "splitting",
	[VMSCOPE_STATE_POISONED] = "poisoned",
	[VMSCOPE_STATE_GUARD] = "guard",
	[VMSCOPE_STATE_UFFD_WP] = "uffd_wp",
	[VMSCOPE_STATE_DEVICE_PRIVATE] = "device_private",
	[VMSCOPE_STATE_UNKNOWN] = "unknown",
};

/* But for present and leaf, which the state and the size of a leaf say. */
static const struct {
	u64 flag;
	const char *name;
} flag_names[] = {
	{ VMSCOPE_ENTRY_WRITABLE, "writable" },
	{ VMSCOPE_ENTRY_USER, "user" },
	{ VMSCOPE_ENTRY_EXECUTABLE, "executable" },
	{ VMSCOPE_ENTRY_ACCESSED, "accessed" },
	{ VMSCOPE_ENTRY_DIRTY, "dirty" },
	{ VMSCOPE_ENTRY_GLOBAL, "global" },
	{ VMSCOPE_ENTRY_WRITE_THROUGH, "write_through" },
	{ VMSCOPE_ENTRY_CACHE_DISABLE, "cache_disable" },
	{ VMSCOPE_ENTRY_PAT, "pat" },
	{ VMSCOPE_ENTRY_SPECIAL, "special" },
	{ VMSCOPE_ENTRY_SOFT_DIRTY, "soft_dirty" },
	{ VMSCOPE_ENTRY_UFFD_WP, "uffd_wp" },
	{ VMSCOPE_ENTRY_PROTNONE, "protnone" },
	{ VMSCOPE_ENTRY_EXCLUSIVE, "exclusive" },
	{ VMSCOPE_ENTRY_ENCRYPTED, "encrypted" },
};

static void show_page(struct seq_file *m, const struct vmscope_query *query,
		      unsigned int row)
{
	const struct vmscope_page *page = &query->pages[row];
	char separator = ' ';
	unsigned int i;

	show_range(m, page->start, page->end);
	seq_printf(m, "%12llu %-14s %8llu %4llu", KB(page->end - page->start),
		   page->state < VMSCOPE_STATES && state_names[page->state] ?
			   state_names[page->state] :
			   "?",
		   KB(page->leaf_size), page->pkey);
	for (i = 0; i < ARRAY_SIZE(flag_names); i++) {
		if (!(page->flags & flag_names[i].flag))
			continue;
		seq_printf(m, "%c%s", separator, flag_names[i].name);
		separator = ',';
	}
	seq_puts(m, separator == ' ' ? " -\n" : "\n");
}

/* -------------------------------------------------------------------------- */

static const struct vmscope_query_list lists[] = {
	{
		.word = "maps",
		.heading =
			"       START          END PERMS KIND       VIRTUAL_kB   PRESENT_kB  RESIDENT_kB   SWAPPED_kB NAME\n",
		.fetch = fetch_maps,
		.show = show_map,
	},
	{
		.word = "tables",
		.heading =
			"       START          END KIND          PTE      PMD      PUD   PTE_USED    EMPTY   NEARLY COMPLETE NAME\n",
		.fetch = fetch_tables,
		.show = show_tables,
	},
	{
		.word = "layout",
		.heading =
			"       START          END WHAT             SIZE_kB  RESIDENT_kB NAME\n",
		.fetch = fetch_layout,
		.show = show_layout,
	},
	{
		.word = "pages",
		.heading =
			"       START          END      SIZE_kB STATE           LEAF_kB PKEY FLAGS\n",
		.fetch = fetch_pages,
		.show = show_page,
	},
};

/**
 * vmscope_query_list() - the list that a word stands for
 * @word: the word
 *
 * Return: the list, or NULL.
 */
const struct vmscope_query_list *vmscope_query_list(const char *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++)
		if (!strcmp(lists[i].word, word))
			return &lists[i];
	return NULL;
}
