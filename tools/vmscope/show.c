// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope show: the sums over one process.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "folio.h"
#include "json.h"
#include "out.h"
#include "table.h"

/* More nodes than any kernel is built for. */
#define NODES 1024

struct show_reply {
	struct vmscope_summary summary;
	struct vmscope_sums kinds[VMSCOPE_KINDS];
	struct vmscope_info info;
	struct vmscope_folio_sums folio_kinds[VMSCOPE_KINDS];
	uint64_t nodes[NODES];
	bool folio; /* the last two were asked for */
};

/* Was all of it looked at? A module that knows no limits does not say. */
static bool is_whole(const struct show_reply *reply)
{
	return !reply->summary.cursor ||
	       reply->summary.cursor == VMSCOPE_RANGE_END;
}

/*
 * Huge pages keep a table in reserve for the day they are split; it is in the
 * kernel's account but not in the tree. Both are read at slightly different
 * times, hence the comparison.
 */
static uint64_t reserved_tables(const struct show_reply *reply)
{
	const struct vmscope_summary *s = &reply->summary;
	uint64_t account = s->page_table_bytes / reply->info.page_size;
	uint64_t found =
		s->table_pages[0] + s->table_pages[1] + s->table_pages[2];

	return account > found ? account - found : 0;
}

/* Is there a level @level on this machine? table_pages[] is counted from 0. */
static const char *table_level_name(const struct show_reply *reply,
				    uint64_t level)
{
	return level > reply->info.levels ?
		       NULL :
		       vmscope_level_name(level, reply->info.levels);
}

/* ----------------------------------------------------------------- JSON */

static void json_kinds(struct json_object *object,
		       const struct show_reply *reply)
{
	struct json_object *kinds = json_array_create();
	size_t i;

	for (i = 0; i < reply->summary.kinds_len; i++) {
		struct json_object *kind = json_object_create();

		json_add_name(kind, "kind", VMSCOPE_NAMES_KIND, i);
		json_add_sums(kind, &reply->kinds[i]);
		folio_json(kind, reply->folio ? &reply->folio_kinds[i] : NULL,
			   NULL, 0);
		json_append(kinds, kind);
	}
	json_add(object, "kinds", kinds);
}

static void json_tables(struct json_object *object,
			const struct show_reply *reply)
{
	struct json_object *tables = json_object_create();
	uint64_t level;

	for (level = VMSCOPE_LEVEL_PGD; level; level--) {
		const char *name = table_level_name(reply, level);

		if (name)
			json_add_number(tables, name,
					reply->summary.table_pages[level - 1]);
	}
	json_add(object, "table_pages", tables);
	if (is_whole(reply))
		json_add_number(object, "reserved_table_pages",
				reserved_tables(reply));
	else
		json_add_null(object, "reserved_table_pages");
}

static void show_json(const struct show_reply *reply)
{
	const struct vmscope_summary *s = &reply->summary;
	struct json_object *object = json_object_create();

	json_add_number(object, "pid", s->pid);
	json_add_bytes(object, "comm", (const char *)s->comm);
	json_add_sums(object, &s->sums);
	folio_json(object, reply->folio ? &s->folio : NULL, reply->nodes,
		   s->nodes_len);
	json_add_number(object, "page_table_bytes", s->page_table_bytes);
	json_add_number(object, "minor_faults", s->minor_faults);
	json_add_number(object, "major_faults", s->major_faults);
	json_add_number(object, "mappings", s->mappings);
	json_add_number(object, "threads", s->threads);
	json_add_number(object, "kernel_stack_bytes", s->kernel_stack_bytes);
	json_add_number(object, "user_top_entries", s->user_top_entries);
	json_add_number(object, "kernel_top_entries", s->kernel_top_entries);
	json_tables(object, reply);
	json_kinds(object, reply);
	json_add_walk(object, &s->walk);
	json_finish(object);
}

/* ----------------------------------------------------------------- text */

static void sums_print(const struct cli *cli, const struct vmscope_summary *s)
{
	static const struct table_column columns[] = { { "MEMORY", false },
						       { "SIZE", true },
						       { "MEANING", false } };
	const struct {
		const char *name;
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ "virtual", s->sums.virtual_bytes, "size of its mappings" },
		{ "present", s->sums.present_bytes,
		  "what the MMU maps of that" },
		{ "resident", s->sums.resident_bytes,
		  "pages that count as its own (Rss)" },
		{ "swapped", s->sums.swapped_bytes, "in a swap area" },
		{ "hugetlb", s->sums.hugetlb_bytes,
		  "mapped pages of the hugetlb pool" },
		{ "kernel stacks", s->kernel_stack_bytes,
		  "of its threads, in the kernel" },
	};
	struct libscols_table *table =
		table_create(cli, columns, ARRAY_SIZE(columns));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct libscols_line *line = table_line(table);

		table_text(line, 0, rows[i].name);
		table_size(cli, line, 1, rows[i].bytes);
		table_text(line, 2, rows[i].text);
	}
	table_finish(table);
}

static void leaves_print(const struct cli *cli, const struct show_reply *reply)
{
	static const struct table_column columns[] = { { "LEAF", false },
						       { "PRESENT", true } };
	struct libscols_table *table =
		table_create(cli, columns, ARRAY_SIZE(columns));
	char size[OUT_SIZE_LEN];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reply->info.leaf_sizes); i++) {
		struct libscols_line *line;

		if (!reply->info.leaf_sizes[i])
			continue;
		line = table_line(table);
		table_text(line, 0,
			   out_page_size(reply->info.leaf_sizes[i], size));
		table_size(cli, line, 1, reply->summary.sums.leaf_bytes[i]);
	}
	table_finish(table);
}

static void states_print(const struct cli *cli, const struct vmscope_sums *sums)
{
	static const struct table_column columns[] = { { "STATE", false },
						       { "SIZE", true },
						       { "MEANING", false } };
	struct libscols_table *table =
		table_create(cli, columns, ARRAY_SIZE(columns));
	const struct vmscope_name *state = NULL;

	while ((state = vmscope_name_next(VMSCOPE_NAMES_STATE, state))) {
		struct libscols_line *line;

		if (!sums->state_bytes[state->value])
			continue;
		line = table_line(table);
		table_text(line, 0, state->name);
		table_size(cli, line, 1, sums->state_bytes[state->value]);
		table_text(line, 2, state->text);
	}
	table_finish(table);
}

static void kinds_print(const struct cli *cli, const struct show_reply *reply)
{
	static const struct table_column columns[] = {
		{ "KIND", false },    { "VIRTUAL", true }, { "PRESENT", true },
		{ "RESIDENT", true }, { "SWAPPED", true }, { "MEANING", false },
	};
	struct libscols_table *table =
		table_create(cli, columns, ARRAY_SIZE(columns));
	size_t i;

	for (i = 0; i < reply->summary.kinds_len; i++) {
		const struct vmscope_name *name =
			vmscope_name_find(VMSCOPE_NAMES_KIND, i);
		const struct vmscope_sums *sums = &reply->kinds[i];
		struct libscols_line *line;

		if (!name || !sums->virtual_bytes)
			continue;
		line = table_line(table);
		table_text(line, 0, name->name);
		table_size(cli, line, 1, sums->virtual_bytes);
		table_size(cli, line, 2, sums->present_bytes);
		table_size(cli, line, 3, sums->resident_bytes);
		table_size(cli, line, 4, sums->swapped_bytes);
		table_text(line, 5, name->text);
	}
	table_finish(table);
}

static void table_row(const struct cli *cli, struct libscols_table *table,
		      const char *name, uint64_t pages, uint64_t page_size)
{
	struct libscols_line *line = table_line(table);

	table_text(line, 0, name);
	table_number(line, 1, pages);
	table_size(cli, line, 2, pages * page_size);
}

static void tables_print(const struct cli *cli, const struct show_reply *reply)
{
	static const struct table_column columns[] = { { "TABLES", false },
						       { "PAGES", true },
						       { "SIZE", true } };
	struct libscols_table *table =
		table_create(cli, columns, ARRAY_SIZE(columns));
	uint64_t page_size = reply->info.page_size;
	uint64_t total = is_whole(reply) ? reserved_tables(reply) : 0;
	uint64_t level;

	for (level = VMSCOPE_LEVEL_PGD; level; level--) {
		const char *name = table_level_name(reply, level);
		uint64_t pages = reply->summary.table_pages[level - 1];

		if (!name)
			continue;
		table_row(cli, table, name, pages, page_size);
		total += pages;
	}
	if (is_whole(reply))
		table_row(cli, table, "reserved", reserved_tables(reply),
			  page_size);
	table_row(cli, table, "total", total, page_size);
	table_finish(table);
}

static void walk_print(const struct vmscope_walk *walk)
{
	const struct vmscope_name *layout =
		vmscope_name_find(VMSCOPE_NAMES_LAYOUT, walk->layout);
	uint64_t holds = walk->holds;
	uint64_t entries = walk->entries;
	uint64_t tables = walk->tables;

	printf("gathered in %" PRIu64 " hold%s of its mmap_lock, from %" PRIu64
	       " entries in %" PRIu64 " tables;\n%s\n",
	       holds, holds == 1 ? "" : "s", entries, tables,
	       layout ? layout->text : "the layout is in an unknown state");
}

static void show_text(const struct cli *cli, const struct show_reply *reply)
{
	const struct vmscope_summary *s = &reply->summary;
	char *escaped = NULL;
	size_t size = 0;
	char title[96];

	snprintf(title, sizeof(title), "process %" PRIu64 " (%s)",
		 (uint64_t)s->pid,
		 out_escape((const char *)s->comm, &escaped, &size));
	out_word(cli, OUT_BOLD, title);
	free(escaped);
	printf(": %" PRIu64 " thread%s, %" PRIu64 " mapping%s, %" PRIu64
	       " minor and %" PRIu64 " major faults\n\n",
	       (uint64_t)s->threads, s->threads == 1 ? "" : "s",
	       (uint64_t)s->mappings, s->mappings == 1 ? "" : "s",
	       (uint64_t)s->minor_faults, (uint64_t)s->major_faults);
	sums_print(cli, s);
	putchar('\n');
	if (reply->folio) {
		folio_print(cli, &s->folio, reply->nodes, s->nodes_len);
		putchar('\n');
	}
	kinds_print(cli, reply);
	putchar('\n');
	states_print(cli, &s->sums);
	putchar('\n');
	leaves_print(cli, reply);
	putchar('\n');
	tables_print(cli, reply);
	printf("\nin use of the top table: %" PRIu64
	       " entries of the user half, %" PRIu64 " of the kernel half\n",
	       (uint64_t)s->user_top_entries, (uint64_t)s->kernel_top_entries);
	walk_print(&s->walk);
}

static int show_run(struct cli *cli)
{
	struct show_reply reply = { .folio = cli->folio };
	struct vmscope_summary *s = &reply.summary;
	int err;

	err = cli_info_get(cli, &reply.info, NULL, 0);
	if (err)
		return err;
	vmscope_summary_init(s, &cli->target, reply.kinds,
			     ARRAY_SIZE(reply.kinds));
	if (reply.folio) {
		s->flags |= VMSCOPE_F_FOLIO;
		s->folio_kinds = (uint64_t)(uintptr_t)reply.folio_kinds;
		s->folio_kinds_size = sizeof(reply.folio_kinds[0]);
		s->nodes = (uint64_t)(uintptr_t)reply.nodes;
		s->nodes_len = ARRAY_SIZE(reply.nodes);
	}
	err = vmscope_summary_get(cli->handle, s);
	if (s->nodes_len > ARRAY_SIZE(reply.nodes))
		s->nodes_len = ARRAY_SIZE(reply.nodes);
	if (err)
		return cli_request_failure(cli, err, VMSCOPE_IOC_SUMMARY);
	if (cli->json)
		show_json(&reply);
	else
		show_text(cli, &reply);
	return CLI_OK;
}

static const struct option_def show_options[] = {
	{ 0, "folio", NULL, "also how often pages are mapped, and what of",
	  folio_set },
};

const struct command show_command = {
	.name = "show",
	.operands = "PID|NAME|self",
	.text = "the memory of a process in sums",
	.has_target = true,
	.scans = VMSCOPE_IOC_SUMMARY,
	.options = show_options,
	.options_len = ARRAY_SIZE(show_options),
	.run = show_run,
};
