// SPDX-License-Identifier: GPL-2.0
/*
 * --estimate and --budget, of every command that looks at a whole process.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "table.h"

static int set_estimate(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->estimate = true;
	return CLI_OK;
}

/* A number of entries, or of ns with a unit of time. */
static int set_budget(struct cli *cli, const char *arg)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "us", 1000 },
		{ "ms", 1000000 },
		{ "s", 1000000000 },
	};
	size_t digits = strspn(arg, "0123456789");
	char number[24] = "";
	uint64_t value = 0;
	size_t i;

	if (digits && digits < sizeof(number)) {
		memcpy(number, arg, digits);
		if (cli_number_parse(number, &value))
			value = 0;
	}
	if (value && !arg[digits]) {
		cli->budget_entries = value;
		return CLI_OK;
	}
	for (i = 0; value && i < ARRAY_SIZE(units); i++) {
		if (strcmp(arg + digits, units[i].name) != 0 ||
		    value > UINT64_MAX / units[i].ns)
			continue;
		cli->budget_ns = value * units[i].ns;
		return CLI_OK;
	}
	return cli_usage(
		cli,
		"--budget=%s: neither a number of entries nor a time as 500us, 20ms or 2s",
		arg);
}

const struct option_def budget_options[] = {
	{ 0, "estimate", NULL, "tell what it would cost, and do not do it",
	  set_estimate },
	{ 0, "budget", "LIMIT", "end after so many entries, or a time as 20ms",
	  set_budget },
};

const size_t budget_options_len = ARRAY_SIZE(budget_options);

void cli_budget_set(struct cli *cli)
{
	if (!cli->budget_entries && !cli->budget_ns)
		return;
	vmscope_budget_set(cli->handle, cli->budget_entries, cli->budget_ns);
	json_budget(cli);
}

/* Say what was left out, and how to get at it. */
int cli_budget_end(struct cli *cli)
{
	uint64_t start, end;
	char to[32];

	if (!cli->handle || !vmscope_budget_left(cli->handle, &start, &end))
		return CLI_OK;
	/* where both go to one place, the message stands behind what it is of */
	fflush(stdout);
	snprintf(to, sizeof(to), "up to 0x%" PRIx64, end);
	cli_failure("the budget is used up: what lies from 0x%" PRIx64
		    " %s was not looked at; give a larger --budget, or none",
		    start, end == VMSCOPE_RANGE_END ? "on" : to);
	return CLI_PARTIAL;
}

static void estimate_json(const struct cli *cli,
			  const struct vmscope_estimate *estimate)
{
	struct json_object *object = json_object_create();
	struct json_object *bounds = json_object_create();

	json_add_number(object, "pid", estimate->pid);
	json_add_text(object, "command", cli->command->name);
	json_add_number(object, "mappings", estimate->mappings);
	json_add_number(object, "virtual_bytes", estimate->virtual_bytes);
	json_add_number(object, "page_table_bytes", estimate->page_table_bytes);
	json_add_number(bounds, "entries", estimate->entries);
	json_add_number(bounds, "tables", estimate->tables);
	json_add_number(bounds, "hold_entries", estimate->hold_entries);
	json_add_number(bounds, "hold_mappings", estimate->hold_mappings);
	json_add(object, "at_most", bounds);
	json_finish(object);
}

static void estimate_text(const struct cli *cli,
			  const struct vmscope_estimate *estimate)
{
	static const struct table_column columns[] = { { "COST", false },
						       { "AT MOST", true },
						       { "MEANING", false } };
	const struct {
		const char *name;
		uint64_t number;
		const char *text;
	} rows[] = {
		{ "entries", estimate->entries,
		  "page-table entries looked at" },
		{ "tables", estimate->tables, "page-table pages they are in" },
		{ "hold", estimate->hold_entries,
		  "entries under one hold of the process's mmap_lock" },
		{ "", estimate->hold_mappings, "mappings likewise" },
	};
	struct libscols_table *table;
	size_t i;

	printf("process %" PRIu64 ": vmscope %s would look at %" PRIu64
	       " mapping%s\n\n",
	       estimate->pid, cli->command->name, estimate->mappings,
	       estimate->mappings == 1 ? "" : "s");
	table = table_create(cli, columns, ARRAY_SIZE(columns));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct libscols_line *line = table_line(table);

		table_text(line, 0, rows[i].name);
		table_number(line, 1, rows[i].number);
		table_text(line, 2, rows[i].text);
	}
	table_finish(table);
}

int cli_estimate(struct cli *cli)
{
	struct vmscope_estimate estimate = { .size = sizeof(estimate) };
	int err = cli_range_round(cli);

	if (err)
		return err;
	err = vmscope_estimate_get(cli->handle, &cli->target,
				   cli->command->scans, cli->range_start,
				   cli->range_end, &estimate);
	if (err)
		return cli_request_failure(cli, err, VMSCOPE_IOC_SUMMARY);
	if (cli->json)
		estimate_json(cli, &estimate);
	else
		estimate_text(cli, &estimate);
	return CLI_OK;
}
