// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope record: write every fault to a file, for vmscope report.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "out.h"
#include "record.h"
#include "trace-session.h"

/* What was recorded is on its way to the disk after so long at most. */
#define FLUSH_NS UINT64_C(1000000000)

/* It is looked for signals and the end after so many records at most. */
#define RECORDS_AT_ONCE 65536

/* Records are looked at so soon, to ask for names while processes live. */
#define WAKE_NS UINT64_C(20000000)

/* How often it is looked for SIGUSR2 when nothing is read. */
#define LOOK_NS UINT64_C(100000000)

static struct {
	const char *path;
	bool overwrite;
	bool stacks;
} options;

static volatile sig_atomic_t wanted; /* by SIGUSR2 */

static void on_usr2(int signal)
{
	(void)signal;
	wanted = 1;
}

/* ------------------------------------------------------------------ file */

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void clock_put(struct record_file *file)
{
	struct recording_clock clock = {
		.monotonic_ns = clock_ns(CLOCK_MONOTONIC),
		.realtime_ns = clock_ns(CLOCK_REALTIME),
		.boottime_ns = clock_ns(CLOCK_BOOTTIME),
	};

	recording_put(file->writer, RECORDING_CLOCK, &clock, sizeof(clock),
		      NULL, 0);
}

static void machine_put(struct record_file *file,
			const struct trace_session *session)
{
	struct recording_machine machine = {
		.page_size = (uint64_t)sysconf(_SC_PAGESIZE),
		.cpus = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN),
		.pid = (uint64_t)getpid(),
	};
	struct vmscope_info info;
	struct utsname name = { 0 };
	char command[4096];

	vmscope_info_init(&info, NULL, 0);
	if (!vmscope_info_get(file->cli->handle, &info))
		machine.levels = info.levels;
	uname(&name);
	trace_describe(session, command, sizeof(command));
	machine.release_len = strlen(name.release);
	machine.machine_len = strlen(name.machine);
	machine.program_len = strlen(VMSCOPE_VERSION);
	machine.command_len = strlen(command);
	recording_put(file->writer, RECORDING_MACHINE, &machine,
		      sizeof(machine),
		      (const struct recording_text[]){
			      { name.release, machine.release_len },
			      { name.machine, machine.machine_len },
			      { VMSCOPE_VERSION, machine.program_len },
			      { command, machine.command_len },
		      },
		      4);
}

static void targets_learn(struct record_file *file,
			  const struct trace_session *session)
{
	const struct trace_options *trace = &file->cli->trace;
	size_t i;

	if (session->command)
		record_learn_command(file, (uint64_t)session->command,
				     file->cli->operands[0]);
	record_learn(file, (uint64_t)session->command);
	/* Libraries that nearly every program has, however short it lives. */
	record_learn(file, (uint64_t)getpid());
	for (i = 0; i < trace->targets_len; i++)
		if (trace->targets[i].kind == VMSCOPE_TARGET_PROCESS ||
		    trace->targets[i].kind == VMSCOPE_TARGET_THREAD)
			record_learn(file, trace->targets[i].id);
}

static int file_failure(const char *path, int err)
{
	return cli_failure(
		"%s: cannot be written (%s); name a file with -o that can",
		path, strerror(-err));
}

static int file_open(struct cli *cli, const char *path, struct record_file *ret)
{
	int err;

	*ret = (struct record_file){ .cli = cli };
	ret->meta = recording_meta_create();
	if (!ret->meta)
		cli_no_memory();
	err = recording_writer_open(path, ret->meta, &ret->writer);
	if (err) {
		recording_meta_destroy(ret->meta);
		return file_failure(path, err);
	}
	ret->learner = record_learner_create();
	return CLI_OK;
}

/* Nothing was recorded. What is no file of ours, such as a device, stays. */
static void file_discard(struct record_file *file, const char *path)
{
	struct stat stat;

	recording_writer_close(file->writer);
	record_learner_destroy(file->learner);
	recording_meta_destroy(file->meta);
	if (!lstat(path, &stat) && S_ISREG(stat.st_mode))
		unlink(path);
}

/* What is known before the first record. */
static void file_begin(struct record_file *file,
		       const struct trace_session *session)
{
	struct recording_settings settings = { .trace = session->trace };

	machine_put(file, session);
	recording_put(file->writer, RECORDING_SETTINGS, &settings,
		      sizeof(settings), NULL, 0);
	clock_put(file);
	targets_learn(file, session);
}

static void totals_put(struct record_file *file,
		       const struct vmscope_trace_totals *totals,
		       const struct vmscope_cause_sum *causes)
{
	struct recording_totals packet = { .totals = *totals };
	const struct recording_text text = {
		causes,
		totals->causes_len * sizeof(*causes),
	};

	packet.totals.causes = 0;
	packet.totals.causes_size = sizeof(*causes);
	recording_put(file->writer, RECORDING_TOTALS, &packet, sizeof(packet),
		      &text, 1);
}

/* What is known after the last; 0 or an error of writing. */
static int file_end(struct record_file *file,
		    const struct vmscope_trace_totals *totals,
		    const struct vmscope_cause_sum *causes, uint64_t *bytes,
		    uint64_t *records)
{
	int err;

	if (totals)
		totals_put(file, totals, causes);
	clock_put(file);
	record_symbols_put(file);
	*records = recording_writer_records(file->writer);
	err = recording_writer_flush(file->writer);
	*bytes = recording_writer_bytes(file->writer) +
		 sizeof(struct recording_end);
	err = recording_writer_close(file->writer) ?: err;
	record_learner_destroy(file->learner);
	recording_meta_destroy(file->meta);
	return err;
}

/* --------------------------------------------------------------- records */

static int reader_failure(int err)
{
	return cli_failure("%s: its records cannot be read (%s); record again",
			   VMSCOPE_DEVICE_PATH, strerror(-err));
}

/* Up to so many records. CLI_OK, or else with a message printed. */
static int records_take(struct record_file *file,
			struct vmscope_trace_reader *reader, uint64_t limit)
{
	const struct vmscope_record *record;
	int err;

	while (limit--) {
		err = vmscope_trace_reader_next(reader, &record);
		if (err < 0)
			return reader_failure(err);
		if (err)
			break;
		record_learn_from(file, record);
		err = recording_put_record(file->writer, record);
		if (err)
			return file_failure(options.path, err);
	}
	return CLI_OK;
}

static int live_loop(struct trace_session *session, struct record_file *file)
{
	uint64_t flush_ns = trace_now() + FLUSH_NS;
	int err = CLI_OK;

	while (!err && trace_wait(session, flush_ns)) {
		err = records_take(file, session->reader, RECORDS_AT_ONCE);
		if (err || (trace_now() < flush_ns && !wanted))
			continue;
		wanted = 0;
		flush_ns = trace_now() + FLUSH_NS;
		err = recording_writer_flush(file->writer);
		if (err)
			err = file_failure(options.path, err);
	}
	return err;
}

/* ------------------------------------------------------- flight recorder */

static void result_print(const char *path, uint64_t bytes, uint64_t records,
			 const struct vmscope_trace_totals *totals)
{
	char size[OUT_SIZE_LEN];

	fprintf(stderr, "vmscope: %s: ", path);
	if (totals)
		fprintf(stderr, "%" PRIu64 " faults, ",
			(uint64_t)totals->faults);
	fprintf(stderr, "%" PRIu64 " records, %s\n", records,
		out_page_size(bytes, size));
}

static int pause_failure(struct cli *cli, int err)
{
	return cli_request_failure(cli, err, VMSCOPE_IOC_TRACE_CONTROL);
}

/*
 * What the rings hold, into a file of its own: FILE.1, FILE.2, ... Nobody writes
 * to them meanwhile: who faults fast goes once around a ring sooner than it can
 * be read.
 */
static int snapshot_write(struct trace_session *session,
			  struct vmscope_trace_reader *reader,
			  unsigned int number)
{
	static struct vmscope_cause_sum causes[VMSCOPE_CAUSES];
	struct vmscope_trace_totals totals;
	struct cli *cli = session->cli;
	struct record_file file;
	uint64_t records;
	uint64_t bytes;
	char *path;
	int err;

	if (asprintf(&path, "%s.%u", options.path, number) < 0)
		cli_no_memory();
	err = file_open(cli, path, &file);
	if (err) {
		free(path);
		return err;
	}
	err = vmscope_trace_stop(cli->handle);
	if (err)
		err = pause_failure(cli, err);
	file_begin(&file, session);
	if (!err)
		err = records_take(&file, reader, UINT64_MAX);
	if (!err)
		err = trace_totals(session, &totals, causes);
	if (file_end(&file, err ? NULL : &totals, causes, &bytes, &records) &&
	    !err)
		err = file_failure(path, -EIO);
	if (!err)
		result_print(path, bytes, records, NULL);
	free(path);
	if (err)
		return err;
	err = vmscope_trace_start(cli->handle);
	return err ? pause_failure(cli, err) : CLI_OK;
}

/* Nothing is read before it is asked for: the kernel keeps the newest. */
static int flight_loop(struct trace_session *session)
{
	struct vmscope_trace_reader *reader = session->reader;
	unsigned int number = 0;
	int err = CLI_OK;

	/* Rings that nobody reads are always ready. */
	session->reader = NULL;
	while (!err && trace_wait(session, trace_now() + LOOK_NS)) {
		if (!wanted)
			continue;
		wanted = 0;
		vmscope_trace_reader_finish(reader);
		err = snapshot_write(session, reader, ++number);
	}
	session->reader = reader;
	return err;
}

/* ------------------------------------------------------------------- run */

static int session_end(struct trace_session *session, struct record_file *file,
		       int err)
{
	static struct vmscope_cause_sum causes[VMSCOPE_CAUSES];
	struct vmscope_trace_totals totals;
	uint64_t records;
	uint64_t bytes;
	int told;
	int status;

	status = trace_stop(session);
	if (!err)
		err = status;
	if (!err)
		err = records_take(file, session->reader, UINT64_MAX);
	told = trace_totals(session, &totals, causes);
	status =
		file_end(file, told ? NULL : &totals, causes, &bytes, &records);
	if (status && !err)
		err = file_failure(options.path, status);
	if (!err)
		err = told;
	if (!err)
		result_print(options.path, bytes, records, &totals);
	if (!told)
		trace_warn(&totals);
	return err;
}

static int record_run(struct cli *cli)
{
	struct sigaction action = { .sa_handler = on_usr2 };
	uint64_t flags = VMSCOPE_TRACE_F_RECORDS;
	struct trace_session session;
	struct record_file file;
	int err;

	if (options.overwrite)
		flags |= VMSCOPE_TRACE_F_OVERWRITE;
	if (options.stacks)
		flags |= VMSCOPE_TRACE_F_USER_STACK |
			 VMSCOPE_TRACE_F_KERNEL_STACK;
	cli->trace.trace.wake_ns = WAKE_NS;
	sigaction(SIGUSR2, &action, NULL);
	err = trace_begin(cli, flags, &session);
	if (err)
		return err;
	/* Before the command runs. */
	err = file_open(cli, options.path, &file);
	if (err)
		return trace_finish(&session, err);
	err = trace_go(&session);
	if (err) {
		file_discard(&file, options.path);
		return err;
	}
	file_begin(&file, &session);
	err = options.overwrite ? flight_loop(&session) :
				  live_loop(&session, &file);
	err = session_end(&session, &file, err);
	return trace_finish(&session, err);
}

/* --------------------------------------------------------------- options */

static int set_output(struct cli *cli, const char *arg)
{
	(void)cli;
	options.path = arg;
	return CLI_OK;
}

static int set_overwrite(struct cli *cli, const char *arg)
{
	(void)cli;
	(void)arg;
	options.overwrite = true;
	return CLI_OK;
}

static int set_stacks(struct cli *cli, const char *arg)
{
	(void)cli;
	(void)arg;
	options.stacks = true;
	return CLI_OK;
}

static int record_check(const struct cli *cli)
{
	if (!options.path)
		return cli_usage(cli, "-o FILE: missing, where to write to");
	if (cli->json)
		return cli_usage(
			cli,
			"--json: 'vmscope report --json' makes JSON of a recording");
	return trace_options_check(cli);
}

static const struct option_def record_options[] = {
	{ 'o', "output", "FILE", "where to write to", set_output },
	{ 0, "overwrite", NULL,
	  "keep the newest; write at the end, or on SIGUSR2", set_overwrite },
	{ 'k', "stacks", NULL, "with callers, by frame pointers", set_stacks },
};

const struct command record_command = {
	.name = "record",
	.operands = "[--] [COMMAND...]",
	.text = "write the page faults of processes to a file",
	.traces = true,
	.max_operands = -1,
	.options = record_options,
	.options_len = ARRAY_SIZE(record_options),
	.check = record_check,
	.run = record_run,
};
