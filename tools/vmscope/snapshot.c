// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope snapshot: a file of the whole address space.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libproc2/pids.h>

#include "out.h"
#include "snapshot.h"

/* When the process began; 0 if that cannot be told. */
static uint64_t process_start(const struct cli *cli)
{
	enum pids_item item = PIDS_TICS_BEGAN;
	unsigned int pid = (unsigned int)cli->target.id;
	struct pids_info *info = NULL;
	struct pids_fetch *found;
	uint64_t ticks = 0;

	if (procps_pids_new(&info, &item, 1) < 0)
		return 0;
	found = procps_pids_select(info, &pid, 1, PIDS_SELECT_PID);
	if (found && found->counts->total == 1)
		ticks = PIDS_VAL(0, ull_int, found->stacks[0], info);
	procps_pids_unref(&info);
	return ticks;
}

int snapshot_take(struct cli *cli, struct vmscope_snapshot **ret)
{
	struct vmscope_snapshot_options options;
	int err = cli_range_round(cli);

	if (err)
		return err;
	vmscope_snapshot_options_init(&options);
	options.start = cli->range_start;
	options.end = cli->range_end;
	options.process_start = process_start(cli);
	err = vmscope_snapshot_take(cli->handle, &cli->target, &options, ret);
	if (err)
		return cli_request_failure(cli, err, VMSCOPE_IOC_PAGES);
	return CLI_OK;
}

static int file_failure(const char *path, const char *doing, int err)
{
	size_t size = 0;
	char *buf = NULL;
	int status = cli_failure("%s: cannot be %s (%s); name another file",
				 out_escape(path, &buf, &size), doing,
				 strerror(err));

	free(buf);
	return status;
}

int snapshot_read(const char *path, struct vmscope_snapshot **ret)
{
	char message[VMSCOPE_SNAPSHOT_MESSAGE];
	bool is_stdin = strcmp(path, "-") == 0;
	size_t size = 0;
	char *buf = NULL;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return file_failure(path, "opened", errno);
	err = vmscope_snapshot_read(fd, ret, message, sizeof(message));
	if (!is_stdin)
		close(fd);
	if (!err)
		return CLI_OK;
	if (err == -ENOMEM)
		cli_no_memory();
	if (!*message)
		return file_failure(path, "read", -err);
	err = cli_failure("%s: %s", out_escape(path, &buf, &size), message);
	free(buf);
	return err;
}

/*
 * A file is there whole or not at all: it is written beside its place and then
 * moved there, readable by its owner only, since it tells what a process does.
 */
static int file_replace(const char *path,
			const struct vmscope_snapshot *snapshot)
{
	char *beside = NULL;
	int fd, err;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		cli_no_memory();
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0) {
		err = errno;
		free(beside);
		return file_failure(path, "written", err);
	}
	err = vmscope_snapshot_write(snapshot, fd);
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(beside, path))
		err = -errno;
	if (err)
		unlink(beside);
	free(beside);
	return err ? file_failure(path, "written", -err) : CLI_OK;
}

/* A device or a pipe is written to, not replaced. */
static int file_write(const char *path, const struct vmscope_snapshot *snapshot)
{
	struct stat st;
	int fd, err;

	if (strcmp(path, "-") == 0) {
		err = vmscope_snapshot_write(snapshot, STDOUT_FILENO);
		return err ? file_failure("standard output", "written", -err) :
			     CLI_OK;
	}
	if (stat(path, &st) || S_ISREG(st.st_mode))
		return file_replace(path, snapshot);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return file_failure(path, "written", errno);
	err = vmscope_snapshot_write(snapshot, fd);
	if (close(fd) && !err)
		err = -errno;
	return err ? file_failure(path, "written", -err) : CLI_OK;
}

static void walk_json(struct json_object *object, const char *key,
		      const struct vmscope_walk *walk)
{
	struct json_object *member = json_object_create();

	json_add_number(member, "holds", walk->holds);
	json_add_name(member, "layout", VMSCOPE_NAMES_LAYOUT, walk->layout);
	json_add_number(member, "entries", walk->entries);
	json_add_number(member, "tables", walk->tables);
	json_add(object, key, member);
}

void snapshot_facts_json(struct json_object *object, const char *key,
			 const struct vmscope_snapshot_facts *facts)
{
	struct json_object *to = key ? json_object_create() : object;

	json_add_number(to, "pid", facts->pid);
	json_add_bytes(to, "comm", facts->comm);
	json_add_number(to, "taken_at_ns", facts->taken_at);
	json_add_number(to, "took_ns", facts->took);
	if (facts->process_start)
		json_add_number(to, "process_start_ticks",
				facts->process_start);
	else
		json_add_null(to, "process_start_ticks");
	json_add_address(to, "start", facts->start);
	json_add_address(to, "end", facts->end);
	json_add_number(to, "mappings", facts->maps_len);
	json_add_number(to, "page_ranges", facts->pages_len);
	json_add_number(to, "threads", facts->threads);
	json_add_number(to, "minor_faults", facts->minor_faults);
	json_add_number(to, "major_faults", facts->major_faults);
	json_add_number(to, "page_table_bytes", facts->page_table_bytes);
	json_add_name(to, "soft_dirty", VMSCOPE_NAMES_FEATURE_STATE,
		      facts->soft_dirty);
	json_add_bytes(to, "kernel_release", facts->kernel_release);
	json_add_bytes(to, "module_version", facts->module_version);
	json_add_bytes(to, "library_version", facts->library_version);
	walk_json(to, "maps_walk", &facts->maps_walk);
	walk_json(to, "pages_walk", &facts->pages_walk);
	if (key)
		json_add(object, key, to);
}

static void snapshot_report(const struct cli *cli,
			    const struct vmscope_snapshot *snapshot)
{
	struct vmscope_snapshot_facts facts = { .size = sizeof(facts) };
	struct json_object *object;
	char *escaped = NULL;
	size_t size = 0;

	vmscope_snapshot_facts(snapshot, &facts);
	if (cli->json) {
		object = json_object_create();
		snapshot_facts_json(object, NULL, &facts);
		json_finish(object);
		return;
	}
	printf("process %" PRIu64 " (%s): %" PRIu64 " mapping%s and %" PRIu64
	       " range%s of pages in %s\n",
	       facts.pid, out_escape(facts.comm, &escaped, &size),
	       facts.maps_len, facts.maps_len == 1 ? "" : "s", facts.pages_len,
	       facts.pages_len == 1 ? "" : "s", cli->output);
	free(escaped);
}

static int snapshot_run(struct cli *cli)
{
	struct vmscope_snapshot *snapshot;
	int err = snapshot_take(cli, &snapshot);

	if (err)
		return err;
	err = file_write(cli->output, snapshot);
	if (!err && strcmp(cli->output, "-") != 0)
		snapshot_report(cli, snapshot);
	vmscope_snapshot_close(snapshot);
	return err;
}

static int set_output(struct cli *cli, const char *arg)
{
	cli->output = arg;
	return CLI_OK;
}

static int snapshot_check(const struct cli *cli)
{
	if (!cli->output || !*cli->output)
		return cli_usage(cli, "-o: name the file to write");
	if (strcmp(cli->output, "-") != 0)
		return CLI_OK;
	if (cli->json)
		return cli_usage(
			cli, "-o -: standard output cannot be for --json, too");
	if (isatty(STDOUT_FILENO))
		return cli_usage(
			cli,
			"-o -: standard output is a terminal, and a snapshot is not text");
	return CLI_OK;
}

static const struct option_def snapshot_options[] = {
	{ 'o', "output", "FILE", "the file to write; - is standard output",
	  set_output },
	{ 0, "range", "START-END", "only what lies in this range",
	  cli_set_range },
};

const struct command snapshot_command = {
	.name = "snapshot",
	.operands = "PID|NAME|self",
	.text = "keep the whole address space of a process in a file",
	.has_target = true,
	.options = snapshot_options,
	.options_len = ARRAY_SIZE(snapshot_options),
	.check = snapshot_check,
	.scans = VMSCOPE_IOC_PAGES,
	.run = snapshot_run,
};
