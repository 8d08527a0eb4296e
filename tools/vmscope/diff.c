// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope diff: what changed between two snapshots, or since one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "out.h"
#include "snapshot.h"

struct diff_output {
	const struct cli *cli;
	struct vmscope_snapshot_facts before;
	struct vmscope_snapshot_facts after;
	const struct column_choice *choice;
	struct table_stream table;
	bool printed; /* JSON: something was printed already */

	struct vmscope_change total;

	char *escaped;
	size_t escaped_size;
};

/* Are both of one process? -1 if that cannot be told. */
static int is_same_process(const struct diff_output *out)
{
	const struct vmscope_snapshot_facts *a = &out->before, *b = &out->after;

	if (a->pid != b->pid)
		return 0;
	if (!a->process_start || !b->process_start)
		return -1;
	return a->process_start == b->process_start;
}

static bool is_changed(const struct vmscope_change *change)
{
	const struct vmscope_change_sums *sums = &change->sums;

	return change->flags || sums->faulted_in || sums->swapped_in ||
	       sums->swapped_out || sums->given_back || sums->written ||
	       sums->collapsed || sums->split;
}

static void total_add(struct diff_output *out,
		      const struct vmscope_change_sums *more)
{
	struct vmscope_change_sums *sum = &out->total.sums;
	size_t i;

	sum->before_bytes += more->before_bytes;
	sum->after_bytes += more->after_bytes;
	sum->faulted_in += more->faulted_in;
	sum->swapped_in += more->swapped_in;
	sum->swapped_out += more->swapped_out;
	sum->given_back += more->given_back;
	sum->written += more->written;
	sum->maybe_written += more->maybe_written;
	sum->collapsed += more->collapsed;
	sum->split += more->split;
	for (i = 0; i < VMSCOPE_STATES; i++) {
		sum->before_state[i] += more->before_state[i];
		sum->after_state[i] += more->after_state[i];
	}
}

/* ----------------------------------------------------------------- text */

static void facts_print(struct diff_output *out, const char *word,
			const struct vmscope_snapshot_facts *facts)
{
	time_t seconds = (time_t)(facts->taken_at / 1000000000);
	struct tm tm = { 0 };
	char when[32] = "?";

	if (localtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s process %" PRIu64 " (%s), %s, %" PRIu64
	       " mapping%s, %" PRIu64 " minor and %" PRIu64 " major faults\n",
	       word, facts->pid,
	       out_escape(facts->comm, &out->escaped, &out->escaped_size), when,
	       facts->maps_len, facts->maps_len == 1 ? "" : "s",
	       facts->minor_faults, facts->major_faults);
}

static void text_begin(struct diff_output *out)
{
	facts_print(out, "before:", &out->before);
	facts_print(out, "after: ", &out->after);
	putchar('\n');
	column_choice_table(out->cli, out->choice, &out->table);
}

static struct libscols_line *text_row(struct diff_output *out,
				      const struct vmscope_change *change,
				      const char *name, bool total)
{
	const struct diff_row row = {
		.cli = out->cli,
		.change = change,
		.name = name,
		.total = total,
	};
	struct libscols_line *line = table_stream_line(&out->table);
	char buf[COLUMN_BUF];
	size_t i;

	for (i = 0; i < out->choice->len; i++)
		table_text(line, i, out->choice->columns[i]->cell(&row, buf));
	return line;
}

static void text_change(struct diff_output *out,
			const struct vmscope_change *change)
{
	struct libscols_line *line = text_row(
		out, change,
		out_escape(change->name, &out->escaped, &out->escaped_size),
		false);

	if (!out->cli->color)
		return;
	if (change->flags & (VMSCOPE_CHANGE_NEW | VMSCOPE_CHANGE_GROWN))
		scols_line_set_color(line, "green");
	else if (change->flags &
		 (VMSCOPE_CHANGE_UNMAPPED | VMSCOPE_CHANGE_SHRUNK))
		scols_line_set_color(line, "red");
}

static void text_end(struct diff_output *out)
{
	uint64_t maybe = out->total.sums.maybe_written;
	char buf[OUT_SIZE_LEN];

	if (out->cli->sums) {
		struct libscols_line *line =
			text_row(out, &out->total, "", true);

		if (out->cli->color)
			scols_line_set_color(line, "bold");
	}
	table_stream_finish(&out->table);
	if (maybe)
		printf("\nof %s more it cannot be told whether it was written: it is dirty and was so\n"
		       "before, or was made huge or split meanwhile; where the kernel has soft-dirty\n"
		       "bits, clear them before the first snapshot (echo 4 >/proc/PID/clear_refs)\n",
		       out_size(out->cli, maybe, buf));
}

/* ----------------------------------------------------------------- JSON */

static void sums_json(struct json_object *object,
		      const struct vmscope_change_sums *sums)
{
	struct json_object *before = json_object_create();
	struct json_object *after = json_object_create();
	const struct vmscope_name *state = NULL;

	json_add_number(object, "before_bytes", sums->before_bytes);
	json_add_number(object, "after_bytes", sums->after_bytes);
	json_add_number(object, "faulted_in_bytes", sums->faulted_in);
	json_add_number(object, "swapped_in_bytes", sums->swapped_in);
	json_add_number(object, "swapped_out_bytes", sums->swapped_out);
	json_add_number(object, "given_back_bytes", sums->given_back);
	json_add_number(object, "written_bytes", sums->written);
	json_add_number(object, "maybe_written_bytes", sums->maybe_written);
	json_add_number(object, "collapsed_bytes", sums->collapsed);
	json_add_number(object, "split_bytes", sums->split);
	while ((state = vmscope_name_next(VMSCOPE_NAMES_STATE, state))) {
		if (state->value > VMSCOPE_STATE_UNKNOWN)
			continue;
		json_add_number(before, state->name,
				sums->before_state[state->value]);
		json_add_number(after, state->name,
				sums->after_state[state->value]);
	}
	json_add(object, "before_state_bytes", before);
	json_add(object, "after_state_bytes", after);
}

static void json_begin(struct diff_output *out)
{
	struct json_object *object = json_object_create();
	int same = is_same_process(out);

	snapshot_facts_json(object, "before", &out->before);
	fputs("{\n  \"before\": ", stdout);
	json_finish_line(
		json_object_get(json_object_object_get(object, "before")));
	snapshot_facts_json(object, "after", &out->after);
	fputs(",\n  \"after\": ", stdout);
	json_finish_line(
		json_object_get(json_object_object_get(object, "after")));
	json_object_put(object);
	printf(",\n  \"same_process\": %s,\n  \"changes\": [", same < 0 ?
								       "null" :
							       same ? "true" :
								      "false");
}

static void map_json(struct json_object *object, const char *key,
		     const struct vmscope_map *map)
{
	struct json_object *member;
	char perms[5];

	if (!map->end) {
		json_add_null(object, key);
		return;
	}
	member = json_object_create();
	vmscope_map_perms(map->flags, perms);
	json_add_address(member, "start", map->start);
	json_add_address(member, "end", map->end);
	json_add_text(member, "perms", perms);
	json_add_name(member, "kind", VMSCOPE_NAMES_KIND, map->kind);
	json_add_flags(member, "flags", VMSCOPE_NAMES_MAP_FLAG, map->flags);
	json_add(object, key, member);
}

static void json_change(struct diff_output *out,
			const struct vmscope_change *change)
{
	struct json_object *object = json_object_create();
	struct json_object *words = json_array_create();
	const struct diff_flag *flag;

	fputs(out->printed ? ",\n    " : "\n    ", stdout);
	out->printed = true;
	json_add_address(object, "start", change->start);
	json_add_address(object, "end", change->end);
	for (flag = diff_flags; flag->name; flag++)
		if (change->flags & flag->flag)
			json_append(words, json_object_new_string(flag->name));
	json_add(object, "change", words);
	json_add_bytes(object, "name", change->name);
	map_json(object, "before", &change->before);
	map_json(object, "after", &change->after);
	sums_json(object, &change->sums);
	json_finish_line(object);
}

static void json_end(struct diff_output *out)
{
	struct json_object *object = json_object_create();

	sums_json(object, &out->total.sums);
	fputs("\n  ],\n  \"sums\": ", stdout);
	json_finish_line(object);
	fputs("\n}\n", stdout);
}

/* ------------------------------------------------------------------ run */

static int changes_print(struct diff_output *out, struct vmscope_diff *diff)
{
	const struct vmscope_change *change;

	if (out->cli->json)
		json_begin(out);
	else
		text_begin(out);
	while (!vmscope_diff_next(diff, &change)) {
		total_add(out, &change->sums);
		if (!out->cli->all && !is_changed(change))
			continue;
		if (out->cli->json)
			json_change(out, change);
		else
			text_change(out, change);
		if (out_failed())
			return CLI_FAILURE; /* main() says so */
	}
	if (out->cli->json)
		json_end(out);
	else
		text_end(out);
	return CLI_OK;
}

static int snapshots_compare(struct cli *cli,
			     const struct vmscope_snapshot *before,
			     const struct vmscope_snapshot *after)
{
	struct column_choice standard;
	struct diff_output out = {
		.cli = cli,
		.choice = cli->columns ? cli->columns : &standard,
		.before.size = sizeof(out.before),
		.after.size = sizeof(out.after),
	};
	struct vmscope_diff *diff;
	int err;

	column_choice_default(diff_columns, &standard);
	vmscope_snapshot_facts(before, &out.before);
	vmscope_snapshot_facts(after, &out.after);
	err = vmscope_diff_open(before, after, &diff);
	if (err == -EXDEV)
		return cli_failure(
			"%s: its pages are of another size than the other's; compare snapshots of one machine",
			cli->operands[0]);
	if (err)
		cli_no_memory();
	if (out.before.pid != out.after.pid)
		fprintf(stderr,
			"vmscope: note: these are two processes, %" PRIu64
			" and %" PRIu64 "\n",
			out.before.pid, out.after.pid);
	else if (!is_same_process(&out))
		fprintf(stderr,
			"vmscope: note: process %" PRIu64
			" is another one than it was before\n",
			out.before.pid);
	err = changes_print(&out, diff);
	vmscope_diff_close(diff);
	scols_unref_table(out.table.table);
	free(out.escaped);
	return err;
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* What to compare with: a file, a process, or the one the first is of. */
static int after_get(struct cli *cli, const struct vmscope_snapshot *before,
		     struct vmscope_snapshot **ret)
{
	struct vmscope_snapshot_facts facts = { .size = sizeof(facts) };
	const char *word = cli->operands_len > 1 ? cli->operands[1] : NULL;
	char pid[24];
	int err;

	vmscope_snapshot_facts(before, &facts);
	if (word && !is_number(word))
		return snapshot_read(word, ret);
	if (!word) {
		snprintf(pid, sizeof(pid), "%" PRIu64, facts.pid);
		word = pid;
	}
	err = cli_target_find(cli, word);
	if (!err)
		err = cli_device_open(cli);
	if (err)
		return err;
	cli->range_start = facts.start;
	cli->range_end = facts.end;
	return snapshot_take(cli, ret);
}

static int diff_run(struct cli *cli)
{
	struct vmscope_snapshot *before = NULL;
	struct vmscope_snapshot *after = NULL;
	int err = snapshot_read(cli->operands[0], &before);

	if (!err)
		err = after_get(cli, before, &after);
	if (!err)
		err = snapshots_compare(cli, before, after);
	vmscope_snapshot_close(before);
	vmscope_snapshot_close(after);
	return err;
}

/* -------------------------------------------------------------- options */

static int set_columns(struct cli *cli, const char *arg)
{
	static struct column_choice choice;

	cli->columns = &choice;
	return column_choice_parse(cli, diff_columns, arg, &choice);
}

static int set_all(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->all = true;
	return CLI_OK;
}

static int diff_check(const struct cli *cli)
{
	if (cli->json && cli->columns)
		return cli_usage(
			cli,
			"-o: columns are for the table, --json always has everything");
	return CLI_OK;
}

static const struct option_def diff_options[] = {
	{ 'o', "output", "COLUMNS", "columns to show; +COLUMNS adds some",
	  set_columns },
	{ 0, "all", NULL, "also mappings to which nothing happened", set_all },
	{ 0, "no-sums", NULL, "print no line of totals", cli_set_no_sums },
};

const struct command diff_command = {
	.name = "diff",
	.operands = "FILE [FILE|PID]",
	.text = "what changed since a snapshot, or between two",
	.details =
		"With one FILE, the process that it is of is looked at now.\n",
	.min_operands = 1,
	.max_operands = 2,
	.options = diff_options,
	.options_len = ARRAY_SIZE(diff_options),
	.columns = diff_columns,
	.offline = true,
	.check = diff_check,
	.run = diff_run,
};
