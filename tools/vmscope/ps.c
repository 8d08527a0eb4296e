// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope ps: a row for each process, in one pass inside the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "out.h"
#include "ps.h"
#include "table.h"

#define CGROUP_MOUNT "/sys/fs/cgroup"

/* Options that no other command has. */
static struct {
	struct vmscope_ps_options ps;
	const struct column *sort;
	bool reversed;
	bool by_name;
	regex_t name;
} options;

struct ps_output {
	const struct cli *cli;
	const struct column_choice *choice;
	struct ps_row *rows;
	size_t rows_len;
	size_t rows_size;
	uint64_t unnamed; /* that --name does not choose */

	struct timespec started;
	bool progress; /* something is on the terminal */
};

/* ------------------------------------------------------------- progress */

static uint64_t milliseconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)(now.tv_sec - then->tv_sec) * 1000 +
	       (uint64_t)((now.tv_nsec - then->tv_nsec) / 1000000);
}

/* Whoever waits for more than a second is told that there is progress. */
static void progress_show(struct ps_output *out, const struct vmscope_ps *sums)
{
	uint64_t looked = sums->processes_len + sums->hidden + sums->others +
			  sums->ended + sums->unsettled;
	uint64_t ms = milliseconds_since(&out->started);

	if (ms < 1000 || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%" PRIu64 " processes in %" PRIu64 " s", looked,
		ms / 1000);
	fflush(stderr);
	out->progress = true;
}

static void progress_end(struct ps_output *out)
{
	if (out->progress)
		fputs("\r\033[K", stderr);
	out->progress = false;
}

/* ----------------------------------------------------------------- rows */

/* Users come in runs: the last one is likely to come again. */
static void user_name(uint64_t uid, char name[33])
{
	static uint64_t last = UINT64_MAX;
	static char last_name[33];
	struct passwd *entry;

	if (uid != last) {
		entry = getpwuid((uid_t)uid);
		if (entry && strlen(entry->pw_name) < sizeof(last_name))
			strcpy(last_name, entry->pw_name);
		else
			snprintf(last_name, sizeof(last_name), "%" PRIu64, uid);
		last = uid;
	}
	memcpy(name, last_name, sizeof(last_name));
}

static void row_add(struct ps_output *out,
		    const struct vmscope_process *process)
{
	const char *comm = (const char *)process->comm;
	struct ps_row *row;

	if (options.by_name && regexec(&options.name, comm, 0, NULL, 0)) {
		out->unnamed++;
		return;
	}
	if (out->rows_len == out->rows_size) {
		size_t size = out->rows_size ? 2 * out->rows_size : 256;

		row = reallocarray(out->rows, size, sizeof(*row));
		if (!row)
			cli_no_memory();
		out->rows = row;
		out->rows_size = size;
	}
	row = &out->rows[out->rows_len++];
	memset(row, 0, sizeof(*row));
	row->cli = out->cli;
	row->process = *process;
	row->comm = out_escape_copy(comm);
	user_name(process->uid, row->user);
}

static void rows_free(struct ps_output *out)
{
	size_t i;

	for (i = 0; i < out->rows_len; i++) {
		free(out->rows[i].comm);
		free(out->rows[i].command);
	}
	free(out->rows);
}

static int rows_compare(const void *a, const void *b)
{
	const struct ps_row *x = a;
	const struct ps_row *y = b;
	int order = ps_column_compare(options.sort, x, y);

	if (options.reversed)
		order = -order;
	if (order)
		return order;
	return x->process.pid < y->process.pid ? -1 : 1;
}

static bool is_proc_wanted(const struct ps_output *out)
{
	size_t i;

	if (out->cli->json || (options.sort && ps_column_is_proc(options.sort)))
		return true;
	for (i = 0; i < out->choice->len; i++)
		if (ps_column_is_proc(out->choice->columns[i]))
			return true;
	return false;
}

/* ----------------------------------------------------------------- text */

static void rows_print(const struct ps_output *out)
{
	struct table_stream table;
	char buf[COLUMN_BUF];
	size_t i;
	size_t j;

	column_choice_table(out->cli, out->choice, &table);
	for (i = 0; i < out->rows_len && !out_failed(); i++) {
		struct libscols_line *line = table_stream_line(&table);

		for (j = 0; j < out->choice->len; j++)
			table_text(line, j,
				   out->choice->columns[j]->cell(&out->rows[i],
								 buf));
	}
	table_stream_finish(&table);
	scols_unref_table(table.table);
}

static void count_print(uint64_t count, const char *what)
{
	if (count)
		printf(", %" PRIu64 " %s", count, what);
}

static void cost_print(const struct ps_output *out,
		       const struct vmscope_ps *sums)
{
	printf("\n%zu process%s", out->rows_len,
	       out->rows_len == 1 ? "" : "es");
	count_print(sums->hidden, "hidden (no permission to look at them)");
	count_print(sums->others + out->unnamed, "not asked for");
	count_print(sums->kernel_threads, "kernel threads");
	count_print(sums->ended, "ending");
	count_print(sums->unsettled, "that kept calling exec");
	printf("\ngathered in %" PRIu64 ".%" PRIu64 " ms, %" PRIu64 ".%" PRIu64
	       " of them to ask for permission; from %" PRIu64
	       " entries in %" PRIu64 " tables,\nin %" PRIu64
	       " hold%s of their mmap_locks\n",
	       (uint64_t)sums->scan_ns / 1000000,
	       (uint64_t)sums->scan_ns / 100000 % 10,
	       (uint64_t)sums->rights_ns / 1000000,
	       (uint64_t)sums->rights_ns / 100000 % 10,
	       (uint64_t)sums->walk.entries, (uint64_t)sums->walk.tables,
	       (uint64_t)sums->walk.holds, sums->walk.holds == 1 ? "" : "s");
}

/* ----------------------------------------------------------------- JSON */

static void json_row(const struct ps_row *row)
{
	const struct vmscope_process *process = &row->process;
	struct json_object *object = json_object_create();

	json_add_number(object, "pid", process->pid);
	json_add_bytes(object, "comm", (const char *)process->comm);
	json_add_number(object, "uid", process->uid);
	json_add_bytes(object, "user", row->user);
	json_add_number(object, "start_ns", process->start_ns);
	json_add_sums(object, &process->sums);
	json_add_number(object, "huge_bytes", ps_huge(process));
	json_add_number(object, "page_table_bytes", process->page_table_bytes);
	json_add_number(object, "kernel_stack_bytes",
			process->kernel_stack_bytes);
	json_add_number(object, "kernel_bytes", ps_kernel(process));
	json_add_number(object, "minor_faults", process->minor_faults);
	json_add_number(object, "major_faults", process->major_faults);
	json_add_number(object, "mappings", process->mappings);
	json_add_number(object, "threads", process->threads);
	if (row->known) {
		json_add_number(object, "ppid", row->parent);
		json_add_number(object, "user_time_ms", row->user_ms);
		json_add_number(object, "system_time_ms", row->system_ms);
		json_add_bytes(object, "command", row->command);
	} else {
		json_add_null(object, "ppid");
		json_add_null(object, "user_time_ms");
		json_add_null(object, "system_time_ms");
		json_add_null(object, "command");
	}
	json_add_number(object, "scan_ns", process->scan_ns);
	json_add_walk(object, &process->walk);
	json_finish_line(object);
}

static void json_print(const struct ps_output *out,
		       const struct vmscope_ps *sums)
{
	struct json_object *cost = json_object_create();
	size_t i;

	fputs("{\n  \"processes\": [", stdout);
	for (i = 0; i < out->rows_len && !out_failed(); i++) {
		fputs(i ? ",\n    " : "\n    ", stdout);
		json_row(&out->rows[i]);
	}
	json_add_number(cost, "shown", out->rows_len);
	json_add_number(cost, "hidden", sums->hidden);
	json_add_number(cost, "not_asked_for", sums->others + out->unnamed);
	json_add_number(cost, "kernel_threads", sums->kernel_threads);
	json_add_number(cost, "ended", sums->ended);
	json_add_number(cost, "unsettled", sums->unsettled);
	json_add_number(cost, "scan_ns", sums->scan_ns);
	json_add_number(cost, "rights_ns", sums->rights_ns);
	fputs("\n  ],\n  \"sums\": ", stdout);
	json_finish_line(cost);
	json_finish_walk(&sums->walk);
}

/* ------------------------------------------------------------------ run */

static int ps_gather(struct ps_output *out, struct vmscope_ps_iter *iter)
{
	const struct vmscope_process *process;
	int err;

	while (!(err = vmscope_ps_next(iter, &process))) {
		if (process)
			row_add(out, process);
		else
			progress_show(out, vmscope_ps_sums(iter));
	}
	progress_end(out);
	if (err < 0)
		return cli_request_failure(out->cli, err, VMSCOPE_IOC_PS);
	return CLI_OK;
}

static int ps_print(struct ps_output *out, const struct vmscope_ps *sums)
{
	int err = CLI_OK;

	if (is_proc_wanted(out))
		err = ps_proc_read(out->rows, out->rows_len);
	if (err)
		return err;
	if (options.sort)
		qsort(out->rows, out->rows_len, sizeof(*out->rows),
		      rows_compare);
	if (out->cli->json) {
		json_print(out, sums);
		return CLI_OK;
	}
	rows_print(out);
	if (out->cli->sums)
		cost_print(out, sums);
	return CLI_OK;
}

static int ps_run(struct cli *cli)
{
	struct vmscope_ps_iter *iter;
	struct column_choice standard;
	struct ps_output out = {
		.cli = cli,
		.choice = cli->columns ? cli->columns : &standard,
	};
	int err;

	column_choice_default(ps_columns, &standard);
	clock_gettime(CLOCK_MONOTONIC, &out.started);
	options.ps.size = sizeof(options.ps);
	if (vmscope_ps_open(cli->handle, &options.ps, &iter))
		cli_no_memory();
	err = ps_gather(&out, iter);
	if (!err)
		err = ps_print(&out, vmscope_ps_sums(iter));
	vmscope_ps_close(iter);
	rows_free(&out);
	return err;
}

/* -------------------------------------------------------------- options */

static int set_columns(struct cli *cli, const char *arg)
{
	static struct column_choice choice;

	cli->columns = &choice;
	return column_choice_parse(cli, ps_columns, arg, &choice);
}

static int set_sort(struct cli *cli, const char *arg)
{
	const struct column *column;
	const char *name = arg;

	options.reversed = *name == '-';
	if (options.reversed)
		name++;
	for (column = ps_columns; column->name; column++)
		if (strcasecmp(column->name, name) == 0)
			break;
	if (!column->name)
		return cli_usage(cli, "--sort=%s: unknown column", arg);
	options.sort = column;
	return CLI_OK;
}

static int set_user(struct cli *cli, const char *arg)
{
	const struct passwd *entry = getpwnam(arg);
	uint64_t uid;

	if (entry)
		uid = entry->pw_uid;
	else if (cli_number_parse(arg, &uid) || uid >= UINT32_MAX)
		return cli_usage(cli, "--user=%s: no such user", arg);
	options.ps.flags |= VMSCOPE_PS_F_UID;
	options.ps.uid = uid;
	return CLI_OK;
}

/* As /proc/PID/cgroup writes it, or where the cgroup file system has it. */
static int set_cgroup(struct cli *cli, const char *arg)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	char *path;
	int fd;

	(void)cli;
	if (asprintf(&path, "%s/%s", CGROUP_MOUNT, arg) < 0)
		cli_no_memory();
	fd = open(path, flags);
	free(path);
	if (fd < 0)
		fd = open(arg, flags);
	if (fd < 0) {
		cli_failure(
			"--cgroup=%s: cannot be opened (%s); name it as /proc/PID/cgroup does, or by its directory",
			arg, strerror(errno));
		return CLI_FAILURE;
	}
	options.ps.flags |= VMSCOPE_PS_F_CGROUP;
	options.ps.cgroup = (uint64_t)fd;
	return CLI_OK;
}

static int set_name(struct cli *cli, const char *arg)
{
	char message[128];
	int err = regcomp(&options.name, arg, REG_EXTENDED | REG_NOSUB);

	if (err) {
		regerror(err, &options.name, message, sizeof(message));
		return cli_usage(cli, "--name=%s: %s", arg, message);
	}
	options.by_name = true;
	return CLI_OK;
}

static int ps_check(const struct cli *cli)
{
	if (cli->json && cli->columns)
		return cli_usage(
			cli,
			"-o: columns are for the table, --json always has everything");
	return CLI_OK;
}

static const struct option_def ps_options[] = {
	{ 'o', "output", "COLUMNS", "columns to show; +COLUMNS adds some",
	  set_columns },
	{ 0, "sort", "COLUMN",
	  "largest, or first word, first; -COLUMN reverses", set_sort },
	{ 0, "user", "USER", "only those of this effective user", set_user },
	{ 0, "cgroup", "PATH", "only those in this cgroup, or below it",
	  set_cgroup },
	{ 0, "name", "REGEX", "only those whose names match", set_name },
	{ 0, "no-sums", NULL, "do not print what it cost", cli_set_no_sums },
};

const struct command ps_command = {
	.name = "ps",
	.operands = "",
	.text = "all processes, a row each",
	.options = ps_options,
	.options_len = ARRAY_SIZE(ps_options),
	.columns = ps_columns,
	.check = ps_check,
	.run = ps_run,
};
