// SPDX-License-Identifier: GPL-2.0
/*
 * The columns of "vmscope tables".
 */
#include <inttypes.h>

#include "out.h"
#include "tables.h"

#define TABLE_BYTES 4096
#define ENTRIES	    512
#define ENTRY_BYTES 8

/* Fills 1 to 3 are 1 to 7 entries. */
#define FILL_NEARLY_EMPTY 3

static const struct vmscope_map_tables *map_of(const void *item)
{
	return ((const struct tables_row *)item)->map;
}

static const struct vmscope_table_sums *ptes_of(const void *item)
{
	return &map_of(item)->levels[VMSCOPE_LEVEL_PTE - 1];
}

uint64_t tables_entries(uint64_t level, uint64_t levels)
{
	return level == levels ? ENTRIES / 2 : ENTRIES;
}

static uint64_t tables_count(const struct vmscope_map_tables *map)
{
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < VMSCOPE_LEVELS; i++)
		count += map->levels[i].tables;
	return count;
}

uint64_t tables_bytes(const struct vmscope_map_tables *map)
{
	return tables_count(map) * TABLE_BYTES;
}

/* The kernel half of the top table is not the mapping's to use. */
uint64_t tables_unused(const struct vmscope_map_tables *map)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < VMSCOPE_LEVEL_PUD; i++)
		bytes += map->levels[i].tables * TABLE_BYTES -
			 map->levels[i].used_entries * ENTRY_BYTES;
	return bytes;
}

static const char *number(uint64_t value, char buf[COLUMN_BUF])
{
	snprintf(buf, COLUMN_BUF, "%" PRIu64, value);
	return buf;
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

static const char *cell_tables(const void *item, char buf[COLUMN_BUF])
{
	return number(tables_count(map_of(item)), buf);
}

static const char *cell_size(const void *item, char buf[COLUMN_BUF])
{
	return out_size(((const struct tables_row *)item)->cli,
			tables_bytes(map_of(item)), buf);
}

static const char *cell_used(const void *item, char buf[COLUMN_BUF])
{
	const struct vmscope_table_sums *ptes = ptes_of(item);

	return out_percent(ptes->used_entries, ptes->tables * ENTRIES, buf);
}

static const char *cell_empty(const void *item, char buf[COLUMN_BUF])
{
	return number(ptes_of(item)->fill[0], buf);
}

static const char *cell_nearly(const void *item, char buf[COLUMN_BUF])
{
	uint64_t tables = 0;
	size_t i;

	for (i = 1; i <= FILL_NEARLY_EMPTY; i++)
		tables += ptes_of(item)->fill[i];
	return number(tables, buf);
}

static const char *cell_complete(const void *item, char buf[COLUMN_BUF])
{
	return number(ptes_of(item)->complete_tables, buf);
}

static const char *cell_unused(const void *item, char buf[COLUMN_BUF])
{
	return out_size(((const struct tables_row *)item)->cli,
			tables_unused(map_of(item)), buf);
}

static const char *cell_name(const void *item, char buf[COLUMN_BUF])
{
	(void)buf;
	return ((const struct tables_row *)item)->name;
}

#define LEVEL(name, level)                                                     \
	static const char *cell_##name(const void *item, char buf[COLUMN_BUF]) \
	{                                                                      \
		return number(map_of(item)->levels[(level)-1].tables, buf);    \
	}

LEVEL(pte, VMSCOPE_LEVEL_PTE)
LEVEL(pmd, VMSCOPE_LEVEL_PMD)
LEVEL(pud, VMSCOPE_LEVEL_PUD)

/* clang-format off */
const struct column tables_columns[] = {
	{ "START", true, true, "first address of the mapping", NULL, cell_start },
	{ "END", true, true, "first address after it", NULL, cell_end },
	{ "PERMS", false, false, "r, w, x, and s for shared or p for private", NULL, cell_perms },
	{ "KIND", true, false, "what it is for", NULL, cell_kind },
	{ "TABLES", true, true, "tables that are its own, of all levels", NULL, cell_tables },
	{ "SIZE", true, true, "their size", NULL, cell_size },
	{ "USED", true, true, "entries in use of its pte tables", NULL, cell_used },
	{ "EMPTY", true, true, "its pte tables without any", NULL, cell_empty },
	{ "NEARLY", true, true, "its pte tables with 1 to 7 of 512", NULL, cell_nearly },
	{ "COMPLETE", false, true, "its pte tables for which one huge leaf could stand", NULL, cell_complete },
	{ "UNUSED", true, true, "bytes of its tables that hold nothing", NULL, cell_unused },
	{ "PTE", false, true, "its pte tables", NULL, cell_pte },
	{ "PMD", false, true, "its pmd tables", NULL, cell_pmd },
	{ "PUD", false, true, "its pud tables", NULL, cell_pud },
	{ "NAME", true, false, "file, or name in brackets", NULL, cell_name },
	{ NULL, false, false, NULL, NULL, NULL },
};
/* clang-format on */
