// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope tables: the page tables of a process, by mapping and by level.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "out.h"
#include "table.h"
#include "tables.h"

/* One of the mappings that waste most. */
struct top {
	struct vmscope_map_tables map;
	char *name;
};

struct tables_output {
	const struct cli *cli;
	const struct column_choice *choice;
	uint64_t levels; /* of the machine */
	struct table_stream table;
	bool printed; /* JSON: something was printed already */
	struct top *top; /* with --top: the worst first */
	size_t top_len;

	uint64_t mappings;
	uint64_t without; /* mappings that have no table of their own */
	struct vmscope_map_tables sum; /* of its levels */
	uint64_t pid;
	uint64_t page_table_bytes;
	struct vmscope_walk walk;

	char *escaped;
	size_t escaped_size;
};

static void sums_add(struct tables_output *out,
		     const struct vmscope_map_tables *map)
{
	size_t i;
	size_t j;

	for (i = 0; i < VMSCOPE_LEVELS; i++) {
		const struct vmscope_table_sums *from = &map->levels[i];
		struct vmscope_table_sums *to = &out->sum.levels[i];

		to->tables += from->tables;
		to->used_entries += from->used_entries;
		to->complete_tables += from->complete_tables;
		for (j = 0; j < VMSCOPE_TABLE_FILLS; j++)
			to->fill[j] += from->fill[j];
	}
	out->mappings++;
	if (!tables_bytes(map))
		out->without++;
}

/*
 * The kernel's account has those that it keeps for splitting huge pages, and
 * is read after the tables. The tree may have changed in between.
 */
static bool reserved_get(const struct tables_output *out, uint64_t *ret)
{
	uint64_t account = out->page_table_bytes / 4096;
	uint64_t found = out->sum.levels[0].tables + out->sum.levels[1].tables +
			 out->sum.levels[2].tables;

	*ret = account - found;
	return account >= found;
}

/* Is it the whole process? Only then its account can be compared. */
static bool is_whole(const struct cli *cli)
{
	uint64_t start, end;

	return !cli->range_start && cli->range_end == VMSCOPE_RANGE_END &&
	       !vmscope_budget_left(cli->handle, &start, &end);
}

/* ----------------------------------------------------------------- text */

static void text_row(struct tables_output *out,
		     const struct vmscope_map_tables *map, const char *name)
{
	struct tables_row row = {
		.cli = out->cli,
		.map = map,
		.name = out_escape(name, &out->escaped, &out->escaped_size),
	};
	struct libscols_line *line;
	char buf[COLUMN_BUF];
	size_t i;

	if (!tables_bytes(map))
		return;
	line = table_stream_line(&out->table);
	for (i = 0; i < out->choice->len; i++)
		table_text(line, i, out->choice->columns[i]->cell(&row, buf));
	if (out->cli->color && map->flags & VMSCOPE_MAP_TORN)
		scols_line_set_color(line, "yellow");
}

/* By level, with as many tables as have none, 1, 2 to 3 ... entries in use. */
static void levels_print(const struct tables_output *out)
{
	static const struct table_column columns[] = {
		{ "LEVEL", false },  { "TABLES", true },  { "SIZE", true },
		{ "USED", true },    { "0", true },	  { "1", true },
		{ "2-3", true },     { "4-7", true },	  { "8-15", true },
		{ "16-31", true },   { "32-63", true },	  { "64-127", true },
		{ "128-255", true }, { "256-511", true }, { "512", true },
	};
	struct libscols_table *table =
		table_create(out->cli, columns, ARRAY_SIZE(columns));
	uint64_t level;
	char used[COLUMN_BUF];
	size_t i;

	for (level = out->levels; level; level--) {
		const struct vmscope_table_sums *sums =
			&out->sum.levels[level - 1];
		struct libscols_line *line = table_line(table);
		uint64_t entries =
			sums->tables * tables_entries(level, out->levels);

		table_text(line, 0, vmscope_level_name(level, out->levels));
		table_number(line, 1, sums->tables);
		table_size(out->cli, line, 2, sums->tables * 4096);
		table_text(line, 3,
			   out_percent(sums->used_entries, entries, used));
		for (i = 0; i < VMSCOPE_TABLE_FILLS; i++)
			table_number(line, 4 + i, sums->fill[i]);
	}
	table_finish(table);
}

static void account_print(const struct tables_output *out)
{
	char size[OUT_SIZE_LEN];
	uint64_t reserved;

	if (!is_whole(out->cli))
		return;
	if (!reserved_get(out, &reserved))
		printf("account   %s (VmPTE); the tables changed while they were read\n",
		       out_size(out->cli, out->page_table_bytes, size));
	else
		printf("account   %s (VmPTE): pte, pmd and pud tables, and %" PRIu64
		       " in reserve for splitting huge pages\n",
		       out_size(out->cli, out->page_table_bytes, size),
		       reserved);
}

static void text_end(struct tables_output *out)
{
	const struct vmscope_table_sums *ptes = &out->sum.levels[0];
	const struct vmscope_name *layout =
		vmscope_name_find(VMSCOPE_NAMES_LAYOUT, out->walk.layout);
	char percent[COLUMN_BUF];
	char size[OUT_SIZE_LEN];
	char all[OUT_SIZE_LEN];

	table_stream_finish(&out->table);
	if (!out->cli->sums)
		return;
	printf("\nTables by how many of their entries are in use:\n");
	levels_print(out);
	printf("\nunused    %s of %s; %" PRIu64 " of %" PRIu64
	       " mappings have no table to themselves\n",
	       out_size(out->cli, tables_unused(&out->sum), size),
	       out_size(out->cli, tables_bytes(&out->sum), all), out->without,
	       out->mappings);
	printf("complete  %s, %s of the tables: a huge page could stand for each of these\n",
	       out_size(out->cli, ptes->complete_tables * 4096, size),
	       out_percent(ptes->complete_tables * 4096,
			   tables_bytes(&out->sum), percent));
	account_print(out);
	printf("gathered in %" PRIu64 " hold%s of its mmap_lock, from %" PRIu64
	       " entries;\n%s\n",
	       (uint64_t)out->walk.holds, out->walk.holds == 1 ? "" : "s",
	       (uint64_t)out->walk.entries,
	       layout ? layout->text : "the layout is in an unknown state");
}

/* ----------------------------------------------------------------- JSON */

static void json_begin(struct tables_output *out)
{
	if (!out->printed)
		printf("{\n  \"pid\": %" PRIu64 ",\n  \"maps\": [", out->pid);
}

/* A level without tables is left out. */
static void json_add_levels(struct json_object *object,
			    const struct tables_output *out,
			    const struct vmscope_map_tables *map)
{
	struct json_object *levels = json_object_create();
	uint64_t level;
	size_t i;

	for (level = out->levels; level; level--) {
		const struct vmscope_table_sums *sums = &map->levels[level - 1];
		struct json_object *member;
		struct json_object *fill;

		if (!sums->tables)
			continue;
		member = json_object_create();
		fill = json_array_create();
		json_add_number(member, "tables", sums->tables);
		json_add_number(member, "used_entries", sums->used_entries);
		json_add_number(member, "complete_tables",
				sums->complete_tables);
		for (i = 0; i < VMSCOPE_TABLE_FILLS; i++)
			json_append(fill,
				    json_object_new_uint64(sums->fill[i]));
		json_add(member, "fill", fill);
		json_add(levels, vmscope_level_name(level, out->levels),
			 member);
	}
	json_add_number(object, "table_bytes", tables_bytes(map));
	json_add_number(object, "unused_bytes", tables_unused(map));
	json_add(object, "levels", levels);
}

static void json_row(struct tables_output *out,
		     const struct vmscope_map_tables *map, const char *name)
{
	struct json_object *object = json_object_create();
	char perms[5];

	json_begin(out);
	fputs(out->printed ? ",\n    " : "\n    ", stdout);
	out->printed = true;
	vmscope_map_perms(map->flags, perms);
	json_add_address(object, "start", map->start);
	json_add_address(object, "end", map->end);
	json_add_text(object, "perms", perms);
	json_add_name(object, "kind", VMSCOPE_NAMES_KIND, map->kind);
	json_add_flags(object, "flags", VMSCOPE_NAMES_MAP_FLAG, map->flags);
	json_add_bytes(object, "name", name);
	json_add_levels(object, out, map);
	json_finish_line(object);
}

static void json_end(struct tables_output *out)
{
	struct json_object *sums = json_object_create();
	uint64_t reserved;

	json_begin(out);
	json_add_number(sums, "mappings", out->mappings);
	json_add_levels(sums, out, &out->sum);
	json_add_number(sums, "page_table_bytes", out->page_table_bytes);
	if (is_whole(out->cli) && reserved_get(out, &reserved))
		json_add_number(sums, "reserved_table_pages", reserved);
	else
		json_add_null(sums, "reserved_table_pages");
	fputs("\n  ],\n  \"sums\": ", stdout);
	json_finish_line(sums);
	json_finish_walk(&out->walk);
}

/* ------------------------------------------------------------------ run */

static void row_print(struct tables_output *out,
		      const struct vmscope_map_tables *map, const char *name)
{
	if (out->cli->json)
		json_row(out, map, name);
	else
		text_row(out, map, name);
}

/* Keep it if it is one of the worst so far. */
static void top_add(struct tables_output *out,
		    const struct vmscope_map_tables *map, const char *name)
{
	uint64_t unused = tables_unused(map);
	size_t i = out->top_len;

	if (!tables_bytes(map))
		return;
	while (i && tables_unused(&out->top[i - 1].map) < unused)
		i--;
	if (i == out->cli->top)
		return;
	if (out->top_len == out->cli->top)
		free(out->top[--out->top_len].name);
	memmove(&out->top[i + 1], &out->top[i],
		(out->top_len - i) * sizeof(*out->top));
	out->top[i].map = *map;
	out->top[i].name = strdup(name);
	if (!out->top[i].name)
		cli_no_memory();
	out->top_len++;
}

static void top_print(struct tables_output *out)
{
	size_t i;

	for (i = 0; i < out->top_len; i++) {
		row_print(out, &out->top[i].map, out->top[i].name);
		free(out->top[i].name);
	}
	free(out->top);
}

static int tables_each(struct tables_output *out,
		       struct vmscope_tables_iter *iter)
{
	const struct vmscope_map_tables *map;
	const char *name;
	int err;

	while (!(err = vmscope_tables_next(iter, &map, &name))) {
		vmscope_tables_walk(iter, &out->pid, &out->page_table_bytes,
				    &out->walk);
		sums_add(out, map);
		if (out->top)
			top_add(out, map, name);
		else
			row_print(out, map, name);
		if (out_failed())
			return CLI_FAILURE; /* main() says so */
	}
	if (err < 0)
		return cli_request_failure(out->cli, err, VMSCOPE_IOC_TABLES);
	vmscope_tables_walk(iter, &out->pid, &out->page_table_bytes,
			    &out->walk);
	top_print(out);
	if (out->cli->json)
		json_end(out);
	else
		text_end(out);
	return CLI_OK;
}

static int tables_run(struct cli *cli)
{
	struct vmscope_tables_iter *iter;
	struct column_choice standard;
	struct tables_output out = {
		.cli = cli,
		.choice = cli->columns ? cli->columns : &standard,
	};
	struct vmscope_info info;
	int err = cli_range_round(cli);

	if (!err)
		err = cli_info_get(cli, &info, NULL, 0);
	if (err)
		return err;
	out.levels = info.levels;
	column_choice_default(tables_columns, &standard);
	if (vmscope_tables_open(cli->handle, &cli->target, cli->range_start,
				cli->range_end, &iter))
		cli_no_memory();
	if (cli->top)
		out.top = calloc(cli->top, sizeof(*out.top));
	if (cli->top && !out.top)
		cli_no_memory();
	if (!cli->json)
		column_choice_table(cli, out.choice, &out.table);
	err = tables_each(&out, iter);
	vmscope_tables_close(iter);
	scols_unref_table(out.table.table);
	free(out.escaped);
	return err;
}

/* -------------------------------------------------------------- options */

#define TOP_LIMIT 10000

static int set_columns(struct cli *cli, const char *arg)
{
	static struct column_choice choice;

	cli->columns = &choice;
	return column_choice_parse(cli, tables_columns, arg, &choice);
}

static int set_top(struct cli *cli, const char *arg)
{
	if (cli_number_parse(arg, &cli->top) || !cli->top ||
	    cli->top > TOP_LIMIT)
		return cli_usage(cli, "--top=%s: not a number from 1 to %d",
				 arg, TOP_LIMIT);
	return CLI_OK;
}

static int tables_check(const struct cli *cli)
{
	if (cli->json && cli->columns)
		return cli_usage(
			cli,
			"-o: columns are for the table, --json always has everything");
	return CLI_OK;
}

static const struct option_def tables_options[] = {
	{ 'o', "output", "COLUMNS", "columns to show; +COLUMNS adds some",
	  set_columns },
	{ 0, "range", "START-END", "only mappings in this range",
	  cli_set_range },
	{ 0, "top", "N", "only the N mappings that waste most, worst first",
	  set_top },
	{ 0, "no-sums", NULL, "print the mappings only", cli_set_no_sums },
};

const struct command tables_command = {
	.name = "tables",
	.operands = "PID|NAME|self",
	.text = "the page tables of a process, and how full they are",
	.details =
		"A table that several mappings share belongs to the first of them; mappings\n"
		"without a table of their own are not listed.\n",
	.has_target = true,
	.options = tables_options,
	.options_len = ARRAY_SIZE(tables_options),
	.columns = tables_columns,
	.check = tables_check,
	.scans = VMSCOPE_IOC_TABLES,
	.run = tables_run,
};
