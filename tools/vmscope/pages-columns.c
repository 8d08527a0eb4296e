// SPDX-License-Identifier: GPL-2.0
/*
 * The columns of "vmscope pages".
 */
#include <inttypes.h>

#include "out.h"
#include "pages.h"

/* What STATE and LEAF say is not repeated. */
#define FLAGS_SAID (VMSCOPE_ENTRY_PRESENT | VMSCOPE_ENTRY_LEAF)

static const struct pages_row *row_of(const void *item)
{
	return item;
}

static const struct vmscope_page *page_of(const void *item)
{
	return row_of(item)->page;
}

uint64_t pages_count(const struct vmscope_page *page)
{
	uint64_t size = page->leaf_size ? page->leaf_size : 1;

	/* A leaf that is cut by the range counts as one. */
	return (page->end - 1) / size - page->start / size + 1;
}

static const char *cell_start(const void *item, char buf[COLUMN_BUF])
{
	snprintf(buf, COLUMN_BUF, "%012" PRIx64,
		 (uint64_t)page_of(item)->start);
	return buf;
}

static const char *cell_end(const void *item, char buf[COLUMN_BUF])
{
	snprintf(buf, COLUMN_BUF, "%012" PRIx64, (uint64_t)page_of(item)->end);
	return buf;
}

static const char *cell_size(const void *item, char buf[COLUMN_BUF])
{
	const struct vmscope_page *page = page_of(item);

	return out_size(row_of(item)->cli, page->end - page->start, buf);
}

static const char *cell_state(const void *item, char buf[COLUMN_BUF])
{
	const struct vmscope_name *name =
		vmscope_name_find(VMSCOPE_NAMES_STATE, page_of(item)->state);

	(void)buf;
	return name ? name->name : "?";
}

static const char *cell_leaf(const void *item, char buf[COLUMN_BUF])
{
	if (page_of(item)->state == VMSCOPE_STATE_NONE)
		return "-";
	return out_page_size(page_of(item)->leaf_size, buf);
}

static const char *cell_flags(const void *item, char buf[COLUMN_BUF])
{
	out_flags(VMSCOPE_NAMES_ENTRY_FLAG, page_of(item)->flags & ~FLAGS_SAID,
		  buf, COLUMN_BUF);
	return *buf ? buf : "-";
}

static const char *cell_physical(const void *item, char buf[COLUMN_BUF])
{
	if (!vmscope_page_has_physical(page_of(item)))
		return "-";
	if (row_of(item)->hidden)
		return "hidden";
	snprintf(buf, COLUMN_BUF, "0x%" PRIx64,
		 (uint64_t)page_of(item)->physical);
	return buf;
}

static const char *cell_swap(const void *item, char buf[COLUMN_BUF])
{
	const struct vmscope_page *page = page_of(item);

	if (page->state != VMSCOPE_STATE_SWAPPED)
		return "-";
	if (row_of(item)->hidden)
		snprintf(buf, COLUMN_BUF, "%" PRIu64 ":hidden",
			 (uint64_t)page->swap_area);
	else
		snprintf(buf, COLUMN_BUF, "%" PRIu64 ":0x%" PRIx64,
			 (uint64_t)page->swap_area,
			 (uint64_t)page->swap_offset);
	return buf;
}

static const char *cell_pkey(const void *item, char buf[COLUMN_BUF])
{
	if (!vmscope_page_has_physical(page_of(item)))
		return "-";
	snprintf(buf, COLUMN_BUF, "%" PRIu64, (uint64_t)page_of(item)->pkey);
	return buf;
}

static const char *cell_entry(const void *item, char buf[COLUMN_BUF])
{
	if (page_of(item)->state == VMSCOPE_STATE_NONE)
		return "-";
	snprintf(buf, COLUMN_BUF, "0x%016" PRIx64,
		 (uint64_t)page_of(item)->entry);
	return buf;
}

static const char *cell_pages(const void *item, char buf[COLUMN_BUF])
{
	snprintf(buf, COLUMN_BUF, "%" PRIu64, pages_count(page_of(item)));
	return buf;
}

static const char *cell_folio(const void *item, char buf[COLUMN_BUF])
{
	out_flags(VMSCOPE_NAMES_FOLIO, page_of(item)->folio, buf, COLUMN_BUF);
	return *buf ? buf : "-";
}

static const char *cell_folio_size(const void *item, char buf[COLUMN_BUF])
{
	if (!page_of(item)->folio)
		return "-";
	return out_page_size(UINT64_C(4096) << page_of(item)->folio_order, buf);
}

static const char *cell_mapped(const void *item, char buf[COLUMN_BUF])
{
	const struct vmscope_page *page = page_of(item);

	if (!page->folio)
		return "-";
	if (!page->folio_mapcount)
		return "?";
	snprintf(buf, COLUMN_BUF, "%" PRIu64, (uint64_t)page->folio_mapcount);
	return buf;
}

static const char *cell_node(const void *item, char buf[COLUMN_BUF])
{
	if (!page_of(item)->folio)
		return "-";
	snprintf(buf, COLUMN_BUF, "%" PRIu64,
		 (uint64_t)page_of(item)->folio_node);
	return buf;
}

/* clang-format off */
const struct column pages_columns[] = {
	{ "START", true, true, "first address", NULL, cell_start },
	{ "END", true, true, "first address after it", NULL, cell_end },
	{ "SIZE", true, true, "size of the range", NULL, cell_size },
	{ "STATE", true, false, "what its pages are", NULL, cell_state },
	{ "LEAF", true, true, "size of each of its pages", NULL, cell_leaf },
	{ "FLAGS", true, false, "bits of their entries, by name, but for present and leaf", NULL, cell_flags },
	{ "PHYSICAL", false, true, "physical address of the first; contiguous (with --frames)", NULL, cell_physical },
	{ "SWAP", false, true, "swap area and offset in it of the first; contiguous (with --frames)", NULL, cell_swap },
	{ "PKEY", false, true, "protection key", NULL, cell_pkey },
	{ "ENTRY", false, true, "raw entry of the first (with --raw)", NULL, cell_entry },
	{ "PAGES", false, true, "number of pages of the size LEAF", NULL, cell_pages },
	{ "FOLIO", false, false, "what they belong to, by name (with --folio)", NULL, cell_folio },
	{ "FOLIOSIZE", false, true, "size of each of their folios (with --folio)", NULL, cell_folio_size },
	{ "MAPPED", false, true, "how often each is mapped; ?: not known, not told, or not all alike (with --folio)", NULL, cell_mapped },
	{ "NODE", false, true, "NUMA node (with --folio)", NULL, cell_node },
	{ NULL, false, false, NULL, NULL, NULL },
};
/* clang-format on */

/* What cells of struct page's need; FOLIO tells whether there is a page. */
static const struct {
	const char *(*cell)(const void *item, char buf[COLUMN_BUF]);
	uint64_t returned;
} folio_cells[] = {
	{ cell_folio, VMSCOPE_PAGES_FOLIOS },
	{ cell_folio_size, VMSCOPE_PAGES_FOLIOS | VMSCOPE_PAGES_FOLIO_ORDER },
	{ cell_mapped, VMSCOPE_PAGES_FOLIOS | VMSCOPE_PAGES_FOLIO_MAPCOUNT },
	{ cell_node, VMSCOPE_PAGES_FOLIOS | VMSCOPE_PAGES_FOLIO_NODE },
};

void pages_columns_ask(const struct column_choice *choice,
		       struct vmscope_pages_options *options)
{
	size_t i;
	size_t j;

	options->returned = 0;
	for (i = 0; i < choice->len; i++) {
		const char *(*cell)(const void *, char[COLUMN_BUF]) =
			choice->columns[i]->cell;

		if (cell == cell_flags)
			options->returned |= VMSCOPE_PAGES_ENTRIES &
					     ~VMSCOPE_PAGES_ENTRY(FLAGS_SAID);
		else if (cell == cell_pkey)
			options->returned |= VMSCOPE_PAGES_PKEY;
		else if (cell == cell_physical || cell == cell_swap)
			options->flags |= VMSCOPE_PAGES_F_FRAMES;
		else if (cell == cell_entry)
			options->flags |= VMSCOPE_PAGES_F_RAW;
		for (j = 0; j < ARRAY_SIZE(folio_cells); j++) {
			if (cell != folio_cells[j].cell)
				continue;
			options->flags |= VMSCOPE_F_FOLIO;
			options->returned |= folio_cells[j].returned;
		}
	}
}
