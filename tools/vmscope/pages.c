// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope pages: one row for each range of pages that are alike, and sums.
 */
#include <inttypes.h>
#include <string.h>

#include "folio.h"
#include "json.h"
#include "out.h"
#include "pages.h"
#include "table.h"

struct pages_output {
	const struct cli *cli;
	const struct column_choice *choice;
	struct vmscope_pages_options options;
	struct table_stream table;
	bool printed; /* JSON: something was printed already */

	uint64_t bytes[VMSCOPE_STATES]; /* by state */
	uint64_t pages[VMSCOPE_STATES];
};

static void sums_add(struct pages_output *out, const struct vmscope_page *page)
{
	if (page->state >= VMSCOPE_STATES)
		return; /* of a module that is newer */
	out->bytes[page->state] += page->end - page->start;
	out->pages[page->state] += pages_count(page);
}

/* ----------------------------------------------------------------- text */

static void text_row(struct pages_output *out, const struct vmscope_page *page,
		     bool hidden)
{
	const uint64_t wx = VMSCOPE_ENTRY_WRITABLE | VMSCOPE_ENTRY_EXECUTABLE;
	const struct pages_row row = {
		.cli = out->cli,
		.page = page,
		.hidden = hidden,
	};
	struct libscols_line *line = table_stream_line(&out->table);
	char buf[COLUMN_BUF];
	size_t i;

	for (i = 0; i < out->choice->len; i++)
		table_text(line, i, out->choice->columns[i]->cell(&row, buf));
	if (out->cli->color &&
	    ((page->flags & wx) == wx || page->state == VMSCOPE_STATE_POISONED))
		scols_line_set_color(line, "red");
}

static bool is_column(const struct pages_output *out, size_t i,
		      const char *name)
{
	return strcmp(out->choice->columns[i]->name, name) == 0;
}

/* "total" stands in the first column that is free; NULL: there is nothing. */
static void text_sum(struct pages_output *out, const struct vmscope_name *state)
{
	struct libscols_line *line = table_stream_line(&out->table);
	bool named = false;
	size_t i;

	for (i = 0; i < out->choice->len; i++) {
		if (is_column(out, i, "SIZE")) {
			table_size(out->cli, line, i,
				   state ? out->bytes[state->value] : 0);
		} else if (is_column(out, i, "PAGES")) {
			table_number(line, i,
				     state ? out->pages[state->value] : 0);
		} else if (is_column(out, i, "STATE")) {
			table_text(line, i, state ? state->name : "");
		} else if (!named) {
			table_text(line, i, "total");
			named = true;
		}
	}
	if (out->cli->color)
		scols_line_set_color(line, "bold");
}

/* A line for each state that there is, if there are columns to tell that in. */
static void text_sums(struct pages_output *out)
{
	const struct vmscope_name *state = NULL;
	bool has_state = false;
	bool has_sum = false;
	bool has_free = false;
	bool any = false;
	size_t i;

	for (i = 0; i < out->choice->len; i++) {
		if (is_column(out, i, "STATE"))
			has_state = true;
		else if (is_column(out, i, "SIZE") ||
			 is_column(out, i, "PAGES"))
			has_sum = true;
		else
			has_free = true;
	}
	if (!has_state || !has_sum || !has_free)
		return;
	while ((state = vmscope_name_next(VMSCOPE_NAMES_STATE, state))) {
		if (!out->pages[state->value])
			continue;
		text_sum(out, state);
		any = true;
	}
	if (!any)
		text_sum(out, NULL);
}

static void text_end(struct pages_output *out)
{
	if (out->cli->sums)
		text_sums(out);
	table_stream_finish(&out->table);
}

/* ----------------------------------------------------------------- JSON */

static void json_begin(struct pages_output *out, uint64_t pid, bool hidden)
{
	if (!out->printed)
		printf("{\n  \"pid\": %" PRIu64
		       ",\n  \"frames_hidden\": %s,\n  \"pages\": [",
		       pid, hidden ? "true" : "false");
}

static void json_folio(struct json_object *object,
		       const struct vmscope_page *page)
{
	struct json_object *folio;

	if (!page->folio) {
		json_add_null(object, "folio");
		return;
	}
	folio = json_object_create();
	json_add_flags(folio, "flags", VMSCOPE_NAMES_FOLIO, page->folio);
	json_add_number(folio, "order", page->folio_order);
	json_add_number(folio, "node", page->folio_node);
	if (page->folio_mapcount)
		json_add_number(folio, "mapcount", page->folio_mapcount);
	else
		json_add_null(folio, "mapcount");
	json_add(object, "folio", folio);
}

/* What was not asked for, is not there, or is hidden, is null. */
static void json_row(struct pages_output *out, const struct vmscope_page *page,
		     uint64_t pid, bool hidden)
{
	bool frames = out->options.flags & VMSCOPE_PAGES_F_FRAMES && !hidden;
	bool none = page->state == VMSCOPE_STATE_NONE;
	bool swapped = page->state == VMSCOPE_STATE_SWAPPED;
	bool has_physical = vmscope_page_has_physical(page);
	struct json_object *object = json_object_create();

	json_begin(out, pid, hidden);
	fputs(out->printed ? ",\n    " : "\n    ", stdout);
	out->printed = true;

	json_add_address(object, "start", page->start);
	json_add_address(object, "end", page->end);
	json_add_number(object, "size_bytes", page->end - page->start);
	json_add_name(object, "state", VMSCOPE_NAMES_STATE, page->state);
	if (none)
		json_add_null(object, "leaf_bytes");
	else
		json_add_number(object, "leaf_bytes", page->leaf_size);
	json_add_flags(object, "flags", VMSCOPE_NAMES_ENTRY_FLAG, page->flags);
	if (has_physical && frames)
		json_add_address(object, "physical", page->physical);
	else
		json_add_null(object, "physical");
	if (swapped)
		json_add_number(object, "swap_area", page->swap_area);
	else
		json_add_null(object, "swap_area");
	if (swapped && frames)
		json_add_number(object, "swap_offset_bytes", page->swap_offset);
	else
		json_add_null(object, "swap_offset_bytes");
	if (has_physical)
		json_add_number(object, "pkey", page->pkey);
	else
		json_add_null(object, "pkey");
	if (!none && out->options.flags & VMSCOPE_PAGES_F_RAW)
		json_add_address(object, "entry", page->entry);
	else
		json_add_null(object, "entry");
	json_folio(object, page);
	json_finish_line(object);
}

static void json_end(struct pages_output *out, uint64_t pid, bool hidden,
		     const struct vmscope_walk *walk)
{
	struct json_object *sums = json_object_create();
	const struct vmscope_name *state = NULL;

	json_begin(out, pid, hidden);
	while ((state = vmscope_name_next(VMSCOPE_NAMES_STATE, state)))
		if (state->value <= VMSCOPE_STATE_UNKNOWN)
			json_add_number(sums, state->name,
					out->bytes[state->value]);
	fputs("\n  ],\n  \"sums\": ", stdout);
	json_finish_line(sums);
	json_finish_walk(walk);
}

/* ------------------------------------------------------------------ run */

/* Holes are shown to who asks for them. */
static struct vmscope_pages_masks masks_make(const struct cli *cli)
{
	const uint64_t none = VMSCOPE_PAGES_STATE(VMSCOPE_STATE_NONE);
	struct vmscope_pages_masks masks = cli->masks;

	if (!((masks.all_of | masks.any_of) & none))
		masks.none_of |= none;
	return masks;
}

static void options_make(struct pages_output *out)
{
	const struct cli *cli = out->cli;
	struct vmscope_pages_options *options = &out->options;

	vmscope_pages_options_init(options);
	options->flags = cli->pages_flags;
	options->start = cli->range_start;
	options->end = cli->range_end;
	options->masks = masks_make(cli);
	if (cli->folio ||
	    (cli->masks.all_of | cli->masks.any_of | cli->masks.none_of) &
		    VMSCOPE_PAGES_FOLIOS)
		options->flags |= VMSCOPE_F_FOLIO;
	if (options->flags & VMSCOPE_F_FOLIO)
		options->returned |= VMSCOPE_PAGES_FOLIO_ALL;
	if (!cli->json)
		pages_columns_ask(out->choice, options);
}

/* Unless -o says what is wanted, an option brings its columns along. */
static void choice_make(const struct cli *cli, struct column_choice *ret)
{
	if (cli->columns)
		*ret = *cli->columns;
	else
		column_choice_default(pages_columns, ret);
	if (cli->columns && !cli->columns->added)
		return;
	if (cli->pages_flags & VMSCOPE_PAGES_F_FRAMES) {
		column_choice_add(pages_columns, "PHYSICAL", ret);
		column_choice_add(pages_columns, "SWAP", ret);
	}
	if (cli->pages_flags & VMSCOPE_PAGES_F_RAW)
		column_choice_add(pages_columns, "ENTRY", ret);
	if (cli->folio) {
		column_choice_add(pages_columns, "MAPPED", ret);
		column_choice_add(pages_columns, "FOLIOSIZE", ret);
		column_choice_add(pages_columns, "NODE", ret);
		column_choice_add(pages_columns, "FOLIO", ret);
	}
}

static int pages_each(struct pages_output *out, struct vmscope_pages_iter *iter)
{
	const struct vmscope_page *page;
	struct vmscope_walk walk;
	uint64_t flags;
	uint64_t pid;
	bool hidden;
	int err;

	for (;;) {
		err = vmscope_pages_next(iter, &page);
		if (err < 0)
			return cli_request_failure(out->cli, err,
						   VMSCOPE_IOC_PAGES);
		vmscope_pages_walk(iter, &pid, &flags, &walk);
		hidden = flags & VMSCOPE_REPLY_FRAMES_HIDDEN;
		if (err)
			break;
		sums_add(out, page);
		if (out->cli->json)
			json_row(out, page, pid, hidden);
		else
			text_row(out, page, hidden);
		if (out_failed())
			return CLI_FAILURE; /* main() says so */
	}
	if (out->cli->json)
		json_end(out, pid, hidden, &walk);
	else
		text_end(out);
	return CLI_OK;
}

static int pages_run(struct cli *cli)
{
	struct vmscope_pages_iter *iter;
	struct column_choice choice;
	struct pages_output out = { .cli = cli, .choice = &choice };
	int err = cli_range_round(cli);

	if (err)
		return err;
	choice_make(cli, &choice);
	options_make(&out);
	if (vmscope_pages_open(cli->handle, &cli->target, &out.options, &iter))
		cli_no_memory();
	if (!cli->json)
		column_choice_table(cli, &choice, &out.table);
	err = pages_each(&out, iter);
	vmscope_pages_close(iter);
	scols_unref_table(out.table.table);
	return err;
}

/* -------------------------------------------------------------- options */

static int set_columns(struct cli *cli, const char *arg)
{
	static struct column_choice choice;

	cli->columns = &choice;
	return column_choice_parse(cli, pages_columns, arg, &choice);
}

static int set_where(struct cli *cli, const char *arg)
{
	char message[VMSCOPE_PAGES_MESSAGE];

	if (vmscope_pages_parse(arg, &cli->masks, message, sizeof(message)))
		return cli_usage(cli, "--where: %s", message);
	return CLI_OK;
}

static int set_each(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->pages_flags |= VMSCOPE_PAGES_F_EACH;
	return CLI_OK;
}

static int set_frames(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->pages_flags |= VMSCOPE_PAGES_F_FRAMES;
	return CLI_OK;
}

static int set_raw(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->pages_flags |= VMSCOPE_PAGES_F_RAW;
	return CLI_OK;
}

static int pages_check(const struct cli *cli)
{
	if (cli->json && cli->columns)
		return cli_usage(
			cli,
			"-o: columns are for the table, --json always has everything");
	return CLI_OK;
}

static const struct option_def pages_options[] = {
	{ 'o', "output", "COLUMNS", "columns to show; +COLUMNS adds some",
	  set_columns },
	{ 0, "range", "START-END", "only pages in this range", cli_set_range },
	{ 0, "where", "EXPR", "only pages that are so, see above", set_where },
	{ 0, "each", NULL, "each page by itself, alike or not", set_each },
	{ 0, "frames", NULL, "where pages are, in memory and in swap",
	  set_frames },
	{ 0, "folio", NULL,
	  "also how often they are mapped, and what they are of", folio_set },
	{ 0, "raw", NULL, "entries as the MMU reads them", set_raw },
	{ 0, "no-sums", NULL, "print no lines of totals", cli_set_no_sums },
};

const struct command pages_command = {
	.name = "pages",
	.operands = "PID|NAME|self",
	.text = "the pages of a process, in ranges of alike ones",
	.details =
		"EXPR is words, separated by commas, which must all be true: WORD, ~WORD for\n"
		"its opposite, and once WORD|WORD... for one of them. Words:\n"
		"  state  none present zero device protnone numa_hint swapped migrating\n"
		"         splitting poisoned guard uffd_wp device_private unknown\n"
		"  entry  writable user executable accessed dirty leaf global write_through\n"
		"         cache_disable pat special soft_dirty exclusive encrypted pkey;\n"
		"         flag:present flag:protnone flag:uffd_wp\n"
		"  size   4k 2m 1g\n"
		"  folio  anon file shmem ksm once shared large hugetlb\n"
		"Pages in state none are shown only if EXPR has the word none.\n",
	.has_target = true,
	.options = pages_options,
	.options_len = ARRAY_SIZE(pages_options),
	.columns = pages_columns,
	.check = pages_check,
	.scans = VMSCOPE_IOC_PAGES,
	.run = pages_run,
};
