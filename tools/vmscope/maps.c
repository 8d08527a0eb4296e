// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope maps: one row for each mapping, and their sums.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "folio.h"
#include "json.h"
#include "maps.h"
#include "out.h"
#include "table.h"

struct maps_output {
	const struct cli *cli;
	const struct column_choice *choice;
	struct table_stream table;
	bool printed; /* JSON: something was printed already */

	uint64_t mappings;
	struct figures figures; /* sums of all */
	bool folio; /* struct page is asked, too */

	char *escaped;
	size_t escaped_size;
};

static void sums_add(struct vmscope_sums *sum, const struct vmscope_sums *more)
{
	size_t i;

	sum->virtual_bytes += more->virtual_bytes;
	sum->present_bytes += more->present_bytes;
	sum->resident_bytes += more->resident_bytes;
	sum->swapped_bytes += more->swapped_bytes;
	sum->hugetlb_bytes += more->hugetlb_bytes;
	for (i = 0; i < ARRAY_SIZE(sum->leaf_bytes); i++)
		sum->leaf_bytes[i] += more->leaf_bytes[i];
	for (i = 0; i < ARRAY_SIZE(sum->state_bytes); i++)
		sum->state_bytes[i] += more->state_bytes[i];
}

/* ----------------------------------------------------------------- text */

static void text_row(struct maps_output *out,
		     const struct vmscope_maps_iter *iter,
		     const struct vmscope_map *map, const char *name)
{
	struct maps_row row = {
		.map = map,
		.name = out_escape(name, &out->escaped, &out->escaped_size),
	};
	const struct vmscope_folio_sums *folio =
		vmscope_maps_folio(iter, &row.nodes, &row.nodes_len);
	struct figures figures = { .sums = map->sums };
	const uint64_t wx = VMSCOPE_MAP_WRITE | VMSCOPE_MAP_EXEC;
	struct libscols_line *line = table_stream_line(&out->table);
	char buf[COLUMN_BUF];
	size_t i;

	if (folio)
		figures.folio = *folio;
	for (i = 0; i < out->choice->len; i++) {
		const struct column *column = out->choice->columns[i];

		if (column->bytes)
			table_size(out->cli, line, i, column->bytes(&figures));
		else
			table_text(line, i, column->cell(&row, buf));
	}
	if (out->cli->color && map->flags & VMSCOPE_MAP_TORN)
		scols_line_set_color(line, "yellow");
	else if (out->cli->color && (map->flags & wx) == wx)
		scols_line_set_color(line, "red");
}

/* "total" stands in the first column that has none itself. */
static void text_sums(struct maps_output *out)
{
	struct libscols_line *line = table_stream_line(&out->table);
	bool named = false;
	char buf[64];
	size_t i;

	for (i = 0; i < out->choice->len; i++) {
		const struct column *column = out->choice->columns[i];

		if (column->bytes) {
			table_size(out->cli, line, i,
				   column->bytes(&out->figures));
		} else if (!named) {
			table_text(line, i, "total");
			named = true;
		} else if (strcmp(column->name, "NAME") == 0) {
			snprintf(buf, sizeof(buf), "%" PRIu64 " mapping%s",
				 out->mappings, out->mappings == 1 ? "" : "s");
			table_text(line, i, buf);
		}
	}
	if (out->cli->color)
		scols_line_set_color(line, "bold");
}

static void text_end(struct maps_output *out)
{
	if (out->cli->sums)
		text_sums(out);
	table_stream_finish(&out->table);
}

/* ----------------------------------------------------------------- JSON */

/* Mapping by mapping, so that memory does not grow with their number. */
static void json_row(struct maps_output *out,
		     const struct vmscope_maps_iter *iter,
		     const struct vmscope_map *map, const char *name)
{
	const struct vmscope_folio_sums *folio;
	const uint64_t *nodes;
	size_t nodes_len;
	uint64_t pid;
	struct json_object *object = json_object_create();
	char perms[5];
	struct vmscope_walk walk;
	char device[32];

	vmscope_maps_walk(iter, &pid, &walk);
	folio = vmscope_maps_folio(iter, &nodes, &nodes_len);
	if (!out->printed)
		printf("{\n  \"pid\": %" PRIu64 ",\n  \"maps\": [", pid);
	fputs(out->printed ? ",\n    " : "\n    ", stdout);
	out->printed = true;

	vmscope_map_perms(map->flags, perms);
	snprintf(device, sizeof(device), "%" PRIu64 ":%" PRIu64,
		 (uint64_t)map->device >> 32,
		 (uint64_t)map->device & UINT32_MAX);
	json_add_address(object, "start", map->start);
	json_add_address(object, "end", map->end);
	json_add_text(object, "perms", perms);
	json_add_name(object, "kind", VMSCOPE_NAMES_KIND, map->kind);
	json_add_bytes(object, "name", name);
	json_add_sums(object, &map->sums);
	json_add_number(object, "page_size", map->page_size);
	json_add_number(object, "offset", map->offset);
	json_add_number(object, "inode", map->inode);
	json_add_text(object, "device", device);
	json_add_flags(object, "flags", VMSCOPE_NAMES_MAP_FLAG, map->flags);
	folio_json(object, folio, folio ? nodes : NULL, folio ? nodes_len : 0);
	json_finish_line(object);
}

static void json_end(struct maps_output *out,
		     const struct vmscope_maps_iter *iter)
{
	struct json_object *sums = json_object_create();
	struct vmscope_walk walk;
	uint64_t pid;

	vmscope_maps_walk(iter, &pid, &walk);
	if (!out->printed)
		printf("{\n  \"pid\": %" PRIu64 ",\n  \"maps\": [", pid);
	json_add_number(sums, "mappings", out->mappings);
	json_add_sums(sums, &out->figures.sums);
	folio_json(sums, out->folio ? &out->figures.folio : NULL, NULL, 0);
	fputs("\n  ],\n  \"sums\": ", stdout);
	json_finish_line(sums);
	json_finish_walk(&walk);
}

/* ------------------------------------------------------------------ run */

static int maps_each(struct cli *cli, struct maps_output *out,
		     struct vmscope_maps_iter *iter)
{
	const struct vmscope_folio_sums *folio;
	const struct vmscope_map *map;
	const char *name;
	int err;

	while (!(err = vmscope_maps_next(iter, &map, &name))) {
		out->mappings++;
		sums_add(&out->figures.sums, &map->sums);
		folio = vmscope_maps_folio(iter, NULL, NULL);
		if (folio)
			folio_sums_add(&out->figures.folio, folio);
		if (cli->json)
			json_row(out, iter, map, name);
		else
			text_row(out, iter, map, name);
		if (out_failed())
			return CLI_FAILURE; /* main() says so */
	}
	if (err < 0)
		return cli_request_failure(cli, err, VMSCOPE_IOC_MAPS);
	if (cli->json)
		json_end(out, iter);
	else
		text_end(out);
	return CLI_OK;
}

/* Unless -o says what is wanted, --folio brings its columns along. */
static void choice_make(const struct cli *cli, struct column_choice *ret)
{
	if (cli->columns)
		*ret = *cli->columns;
	else
		column_choice_default(maps_columns, ret);
	if (!cli->folio || (cli->columns && !cli->columns->added))
		return;
	column_choice_add(maps_columns, "PSS", ret);
	column_choice_add(maps_columns, "USS", ret);
	column_choice_add(maps_columns, "SHARED", ret);
}

static int maps_run(struct cli *cli)
{
	struct vmscope_maps_iter *iter;
	struct column_choice choice;
	struct maps_output out = { .cli = cli, .choice = &choice };
	int err = cli_range_round(cli);

	if (err)
		return err;
	choice_make(cli, &choice);
	out.folio = cli->folio ||
		    (!cli->json && maps_columns_ask_folio(&choice));
	if (vmscope_maps_open(cli->handle, &cli->target, cli->range_start,
			      cli->range_end, &iter))
		cli_no_memory();
	if (out.folio)
		vmscope_maps_ask_folio(iter);
	if (!cli->json)
		column_choice_table(cli, out.choice, &out.table);
	err = maps_each(cli, &out, iter);
	vmscope_maps_close(iter);
	scols_unref_table(out.table.table);
	free(out.escaped);
	return err;
}

/* -------------------------------------------------------------- options */

static int set_columns(struct cli *cli, const char *arg)
{
	static struct column_choice choice;

	cli->columns = &choice;
	return column_choice_parse(cli, maps_columns, arg, &choice);
}

static int maps_check(const struct cli *cli)
{
	if (cli->json && cli->columns)
		return cli_usage(
			cli,
			"-o: columns are for the table, --json always has everything");
	return CLI_OK;
}

static const struct option_def maps_options[] = {
	{ 'o', "output", "COLUMNS", "columns to show; +COLUMNS adds some",
	  set_columns },
	{ 0, "range", "START-END", "only mappings in this range, cut to it",
	  cli_set_range },
	{ 0, "folio", NULL, "also how often pages are mapped, and what of",
	  folio_set },
	{ 0, "no-sums", NULL, "print no line of totals", cli_set_no_sums },
};

const struct command maps_command = {
	.name = "maps",
	.operands = "PID|NAME|self",
	.text = "the mappings of a process, each with what it consists of",
	.has_target = true,
	.options = maps_options,
	.options_len = ARRAY_SIZE(maps_options),
	.columns = maps_columns,
	.check = maps_check,
	.scans = VMSCOPE_IOC_MAPS,
	.run = maps_run,
};
