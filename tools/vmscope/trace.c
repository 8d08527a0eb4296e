// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope trace: one line for each page fault, as they happen.
 */
#include <errno.h>
#include <string.h>

#include "fault.h"
#include "out.h"
#include "trace-session.h"

struct trace_output {
	struct trace_session *session;
	struct symbols *symbols;
	FILE *stream;
	bool started; /* something was printed; time 0 is known */
	uint64_t start_ns;
};

/* Names are found while processes live, so records are not left lying about. */
#define WAKE_NS 20000000

static const char *output_path;
static bool with_stacks;

static void record_print(struct trace_output *out,
			 const struct vmscope_record *record)
{
	const struct vmscope_record_fault *fault = (const void *)record;
	const struct vmscope_record_lost *lost = (const void *)record;
	bool json = out->session->cli->json;

	symbols_record(out->symbols, record);
	if (record->type != VMSCOPE_RECORD_FAULT &&
	    record->type != VMSCOPE_RECORD_LOST)
		return;
	if (!out->started) {
		out->started = true;
		out->start_ns = record->time_ns;
	}
	if (record->type == VMSCOPE_RECORD_LOST && json)
		fault_json_lost(out->stream, lost);
	else if (record->type == VMSCOPE_RECORD_LOST)
		fault_text_lost(out->stream, lost, out->start_ns);
	else if (json)
		fault_json(out->stream, out->symbols, fault);
	else
		fault_text(out->stream, out->symbols, fault, out->start_ns);
	if (record->type == VMSCOPE_RECORD_FAULT && !json)
		fault_text_stacks(out->stream, out->symbols, fault);
}

/* It is looked for signals and the end after so many records at most. */
#define RECORDS_AT_ONCE 1024

/*
 * What there is now, or @most of it: faults may come faster than they can be
 * printed. A ring that is broken is no reason to leave others.
 */
static int records_print(struct trace_output *out, uint64_t most)
{
	const struct vmscope_record *record;
	int status = CLI_OK;
	int err;

	for (; most && !ferror(out->stream); most--) {
		err = vmscope_trace_reader_next(out->session->reader, &record);
		if (err == 1)
			break;
		if (err == -ENOMEM)
			cli_no_memory();
		if (err < 0)
			status = cli_failure(
				"%s: a buffer holds what is no record; the faults of its processor are not shown any more, please report this as a bug",
				VMSCOPE_DEVICE_PATH);
		else
			record_print(out, record);
	}
	fflush(out->stream);
	return status;
}

static int trace_show(struct trace_output *out)
{
	struct trace_session *session = out->session;
	struct vmscope_trace_totals totals;
	int status = CLI_OK;
	int err;

	if (session->cli->headings && !session->cli->json)
		fault_text_headings(out->stream);
	while (trace_wait(session, 0) && !ferror(out->stream))
		if (records_print(out, RECORDS_AT_ONCE))
			status = CLI_FAILURE;
	err = trace_stop(session);
	if (err || records_print(out, UINT64_MAX))
		status = CLI_FAILURE;
	vmscope_trace_totals_init(&totals, NULL, 0);
	if (!vmscope_trace_totals_get(session->cli->handle, &totals))
		trace_warn(&totals);
	return status;
}

static int output_open(struct trace_output *out)
{
	out->stream = stdout;
	if (!output_path)
		return CLI_OK;
	out->stream = fopen(output_path, "we");
	if (!out->stream)
		return cli_failure("%s: cannot be written (%s)", output_path,
				   strerror(errno));
	return CLI_OK;
}

/* Of stdout main() takes care. */
static int output_close(struct trace_output *out)
{
	bool failed;

	if (out->stream == stdout)
		return CLI_OK;
	failed = ferror(out->stream);
	if (fclose(out->stream) || failed)
		return cli_failure(
			"%s: cannot be written (%s); the output is incomplete",
			output_path, strerror(errno));
	return CLI_OK;
}

static int trace_run(struct cli *cli)
{
	struct trace_session session;
	struct trace_output out = { .session = &session };
	uint64_t flags = VMSCOPE_TRACE_F_RECORDS;
	int err = output_open(&out);

	if (err)
		return err;
	if (with_stacks)
		flags |= VMSCOPE_TRACE_F_USER_STACK |
			 VMSCOPE_TRACE_F_KERNEL_STACK;
	cli->trace.trace.wake_ns = WAKE_NS;
	out.symbols = symbols_open(true);
	err = trace_begin(cli, flags, &session);
	if (!err)
		err = trace_go(&session);
	if (err) {
		symbols_close(out.symbols);
		output_close(&out);
		return err;
	}
	if (session.command)
		symbols_process(out.symbols, (uint32_t)session.command);
	err = trace_show(&out);
	symbols_close(out.symbols);
	if (output_close(&out))
		err = CLI_FAILURE;
	return trace_finish(&session, err);
}

static int set_output(struct cli *cli, const char *arg)
{
	(void)cli;
	output_path = arg;
	return CLI_OK;
}

static int set_stacks(struct cli *cli, const char *arg)
{
	(void)cli;
	(void)arg;
	with_stacks = true;
	return CLI_OK;
}

static const struct option_def trace_own_options[] = {
	{ 'o', "output", "FILE", "write there, not to standard output",
	  set_output },
	{ 'k', "stacks", NULL, "callers, by frame pointers, below each",
	  set_stacks },
};

const struct command trace_command = {
	.name = "trace",
	.operands = "[--] [COMMAND [ARGUMENT...]]",
	.text = "page faults as they happen, one line for each",
	.traces = true,
	.max_operands = -1,
	.options = trace_own_options,
	.options_len = ARRAY_SIZE(trace_own_options),
	.check = trace_options_check,
	.run = trace_run,
};
