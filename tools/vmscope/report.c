// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope report: what a recording tells, on any machine, without the module.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "out.h"
#include "report.h"

struct report_options report_options = { .rows = 50 };

/* --------------------------------------------------------------- filters */

static bool is_chosen_process(const struct cli *cli,
			      const struct vmscope_record_fault *fault)
{
	size_t i;

	for (i = 0; i < cli->trace.targets_len; i++)
		if (cli->trace.targets[i].id == fault->pid)
			return true;
	return !cli->trace.targets_len;
}

/* A bit for each value; a value beyond 63 is in no mask. */
static bool in_mask(uint64_t mask, unsigned int value)
{
	return !mask || (value < 64 && mask >> value & 1);
}

static bool is_chosen(const struct report *report,
		      const struct vmscope_record_fault *fault)
{
	const struct vmscope_trace *filter = &report->cli->trace.trace;
	uint64_t since = fault->header.time_ns - report->begin_ns;
	uint64_t ns;

	if (!in_mask(filter->causes, fault->cause) ||
	    !in_mask(filter->origins, fault->origin) ||
	    !in_mask(filter->accesses, fault->access))
		return false;
	if (!is_chosen_process(report->cli, fault))
		return false;
	if (report_options.comm &&
	    strcmp(report_options.comm, (const char *)fault->comm) != 0)
		return false;
	if (fault->address < report->cli->range_start ||
	    (fault->address >= report->cli->range_end &&
	     report->cli->range_end != VMSCOPE_RANGE_END))
		return false;
	if (report_options.timed &&
	    (since < report_options.from_ns || since >= report_options.to_ns))
		return false;
	/* What is not known to have taken as long is not shown. */
	if (filter->min_latency_ns)
		return report_latency(fault, &ns) &&
		       ns >= filter->min_latency_ns;
	return true;
}

/* -------------------------------------------------------------- progress */

#define PROGRESS_NS UINT64_C(200000000)

struct progress {
	bool wanted;
	bool shown;
	uint64_t next_ns;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Not where lines go to the same terminal. */
static struct progress progress_begin(const struct report_view *view)
{
	return (struct progress){
		.wanted = isatty(STDERR_FILENO) &&
			  (view->binary || view == &report_groups_view ||
			   view == &report_hist_view || !view->begin ||
			   view == &report_heat_view || !isatty(STDOUT_FILENO)),
		.next_ns = now_ns() + 5 * PROGRESS_NS,
	};
}

static void progress_show(struct progress *progress,
			  const struct report *report)
{
	uint64_t now = now_ns();

	if (now < progress->next_ns)
		return;
	progress->next_ns = now + PROGRESS_NS;
	progress->shown = true;
	fprintf(stderr,
		"\rvmscope: %3.0f%% of %" PRIu64 "M, %" PRIu64 " records ",
		100.0 * (double)recording_position(report->recording) /
			(double)recording_bytes(report->recording),
		recording_bytes(report->recording) >> 20, report->all);
}

static void progress_end(const struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
}

/* ------------------------------------------------------------------- run */

static void lost_add(struct report *report, const struct vmscope_record *record)
{
	const struct vmscope_record_lost *lost = (const void *)record;
	size_t i;

	for (i = 0; i < VMSCOPE_LOSTS; i++)
		report->lost[i] += lost->lost[i];
}

static int record_show(struct report *report, const struct report_view *view,
		       const struct vmscope_record *record)
{
	const struct vmscope_record_fault *fault = (const void *)record;
	int err;

	if (record->type == VMSCOPE_RECORD_LOST)
		lost_add(report, record);
	if (record->type != VMSCOPE_RECORD_FAULT)
		return view->other ? view->other(report, record) : CLI_OK;
	report->all++;
	if (!is_chosen(report, fault))
		return CLI_OK;
	err = view->fault(report, fault);
	report->faults++;
	return err;
}

int report_each(struct report *report, const struct report_view *view)
{
	struct progress progress = progress_begin(view);
	const struct vmscope_record *record;
	unsigned int i = 0;
	int err;

	recording_rewind(report->recording);
	memset(report->lost, 0, sizeof(report->lost));
	report->faults = 0;
	report->all = 0;
	while (!(err = recording_next(report->recording, &record))) {
		err = record_show(report, view, record);
		if (err || out_failed())
			break; /* main() says so of standard output */
		if (progress.wanted && !(++i % 4096))
			progress_show(&progress, report);
	}
	progress_end(&progress);
	if (err < 0)
		return cli_failure("%s: cannot be read (%s); try again",
				   report->cli->operands[0], strerror(-err));
	return err == 1 && !out_failed() ? CLI_OK : CLI_FAILURE;
}

/* ---------------------------------------------------------------- header */

static void lost_print(const struct report *report)
{
	const struct vmscope_trace_totals *totals = &report->meta->totals;
	const struct vmscope_name *name = NULL;
	bool any = false;

	fputs("lost       ", stdout);
	while ((name = vmscope_name_next(VMSCOPE_NAMES_LOST, name))) {
		if (!totals->lost[name->value])
			continue;
		printf("%s%" PRIu64 " %s", any ? ", " : "",
		       (uint64_t)totals->lost[name->value], name->name);
		any = true;
	}
	puts(any ? "" : "none");
}

/* How long, and the date in the reader's own words. */
static void when_print(const struct report *report)
{
	const struct recorded_clock *clock = &report->meta->clock;
	char buf[REPORT_NAME];
	time_t seconds;
	struct tm tm;
	char text[64];

	if (!report->all) {
		puts("time       no fault was recorded");
		return;
	}
	printf("time       %s",
	       report_duration(report->cli, report->end_ns - report->begin_ns,
			       buf));
	seconds = (time_t)((clock->realtime_ns - clock->monotonic_ns +
			    report->begin_ns) /
			   1000000000);
	if (clock->known && localtime_r(&seconds, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		printf(", %s", text);
	putchar('\n');
}

static void header_print(const struct report *report)
{
	const struct recorded_machine *machine = &report->meta->machine;
	const struct vmscope_trace_totals *totals = &report->meta->totals;
	char *escaped = NULL;
	size_t size = 0;

	if (machine->known) {
		printf("recording  %s\n",
		       out_escape(machine->command, &escaped, &size));
		printf("machine    %s",
		       out_escape(machine->release, &escaped, &size));
		printf(" %s, %" PRIu64 " CPUs\n",
		       out_escape(machine->machine, &escaped, &size),
		       machine->cpus);
		free(escaped);
	}
	when_print(report);
	if (report->meta->totals_known) {
		printf("faults     %" PRIu64 " (user %" PRIu64
		       ", kernel %" PRIu64 ", gup %" PRIu64 "; minor %" PRIu64
		       ", major %" PRIu64 ", failed %" PRIu64 ")\n",
		       (uint64_t)totals->faults,
		       (uint64_t)totals->origins[VMSCOPE_ORIGIN_USER],
		       (uint64_t)totals->origins[VMSCOPE_ORIGIN_KERNEL],
		       (uint64_t)totals->origins[VMSCOPE_ORIGIN_GUP],
		       (uint64_t)totals->minor, (uint64_t)totals->major,
		       (uint64_t)totals->failed);
		lost_print(report);
	} else {
		puts("faults     unknown, the recorder did not get to tell");
	}
	printf("records    %" PRIu64, report->all);
	if (report->faults != report->all)
		printf(", %" PRIu64 " chosen", report->faults);
	fputs("\n\n", stdout);
}

/* The header tells numbers that are known at the end only. */
static int groups_end(struct report *report)
{
	if (!report->cli->json && report->cli->headings)
		header_print(report);
	return report_groups_view.end(report);
}

/* ------------------------------------------------------------------- main */

static const struct report_view *view_choose(const struct cli *cli)
{
	if (report_options.view)
		return report_options.view;
	if (cli->json && !report_options.by)
		return &report_json_view;
	return &report_groups_view;
}

static int report_run(struct cli *cli)
{
	const struct report_view *view = view_choose(cli);
	struct report report = { .cli = cli };
	char message[RECORDING_MESSAGE];
	int err;

	err = recording_open(cli->operands[0], &report.recording, message);
	if (err)
		return cli_failure("%s", message);
	report.meta = recording_meta(report.recording);
	recording_span(report.recording, &report.begin_ns, &report.end_ns);
	err = view->begin(&report);
	if (err) {
		recording_close(report.recording);
		return err;
	}
	err = report_each(&report, view);
	/* Told of what there is, also after an error: what is open is closed. */
	if (view == &report_groups_view)
		err = groups_end(&report) || err ? CLI_FAILURE : CLI_OK;
	else
		err = view->end(&report) || err ? CLI_FAILURE : CLI_OK;
	if (recording_flaw(report.recording))
		fprintf(stderr,
			"vmscope: %s: %s; what is before that is shown\n",
			cli->operands[0], recording_flaw(report.recording));
	recording_close(report.recording);
	return err;
}

/* --------------------------------------------------------------- options */

static int view_set(const struct cli *cli, const struct report_view *view,
		    const char *option)
{
	if (report_options.view && report_options.view != view)
		return cli_usage(cli, "%s: not together with %s", option,
				 report_options.view_option);
	report_options.view = view;
	report_options.view_option = option;
	return CLI_OK;
}

static int set_by(struct cli *cli, const char *arg)
{
	report_options.by = report_by_find(arg);
	if (!report_options.by)
		return cli_usage(
			cli,
			"--by=%s: not cause, origin, access, process, thread, mapping, file, symbol, stack or range",
			arg);
	return CLI_OK;
}

static int set_hist(struct cli *cli, const char *arg)
{
	(void)arg;
	return view_set(cli, &report_hist_view, "--hist");
}

static int set_heat(struct cli *cli, const char *arg)
{
	(void)arg;
	return view_set(cli, &report_heat_view, "--heat");
}

static int set_list(struct cli *cli, const char *arg)
{
	(void)arg;
	return view_set(cli, &report_list_view, "--list");
}

static int set_csv(struct cli *cli, const char *arg)
{
	(void)arg;
	return view_set(cli, &report_csv_view, "--csv");
}

static int set_folded(struct cli *cli, const char *arg)
{
	(void)arg;
	return view_set(cli, &report_folded_view, "--folded");
}

static int set_ctf(struct cli *cli, const char *arg)
{
	report_options.path = arg;
	return view_set(cli, &report_ctf_view, "--ctf");
}

static int set_perfetto(struct cli *cli, const char *arg)
{
	report_options.path = arg;
	return view_set(cli, &report_perfetto_view, "--perfetto");
}

static int set_sort(struct cli *cli, const char *arg)
{
	static const char *const words[] = {
		[REPORT_SORT_COUNT] = "count", [REPORT_SORT_TIME] = "time",
		[REPORT_SORT_MAX] = "max",     [REPORT_SORT_P99] = "p99",
		[REPORT_SORT_NAME] = "name",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], arg) == 0) {
			report_options.sort = i;
			return CLI_OK;
		}
	}
	return cli_usage(cli, "--sort=%s: not count, time, max, p99 or name",
			 arg);
}

static int set_rows(struct cli *cli, const char *arg)
{
	if (cli_number_parse(arg, &report_options.rows))
		return cli_usage(cli, "--rows=%s: not a number", arg);
	return CLI_OK;
}

static int set_comm(struct cli *cli, const char *arg)
{
	(void)cli;
	report_options.comm = arg;
	return CLI_OK;
}

/* "0.5s-2s", "1s-": since the first record. */
static int set_time(struct cli *cli, const char *arg)
{
	const char *dash = strchr(arg, '-');
	char from[32];

	report_options.timed = true;
	report_options.from_ns = 0;
	report_options.to_ns = UINT64_MAX;
	if (dash && (size_t)(dash - arg) < sizeof(from)) {
		memcpy(from, arg, (size_t)(dash - arg));
		from[dash - arg] = '\0';
		if ((!*from || strcmp(from, "0") == 0 ||
		     !trace_time_parse(from, 1000000000,
				       &report_options.from_ns)) &&
		    (!dash[1] || !trace_time_parse(dash + 1, 1000000000,
						   &report_options.to_ns)) &&
		    report_options.from_ns < report_options.to_ns)
			return CLI_OK;
	}
	return cli_usage(
		cli, "--time=%s: not two rising times FROM-TO, such as 0.5-2s",
		arg);
}

static int report_check(const struct cli *cli)
{
	const struct report_view *view = report_options.view;

	if (view && report_options.by)
		return cli_usage(cli, "--by: not together with %s",
				 report_options.view_option);
	if (view && cli->json && view != &report_hist_view &&
	    view != &report_heat_view)
		return cli_usage(cli, "--json: not together with %s",
				 report_options.view_option);
	return CLI_OK;
}

static const struct option_def report_option_defs[] = {
	{ 0, "by", "WHAT", "a row for each of these, see above; cause",
	  set_by },
	{ 0, "sort", "KEY", "rows by count, time, max, p99 or name", set_sort },
	{ 0, "rows", "N", "so many rows (50); 0 for all", set_rows },
	{ 0, "no-sums", NULL, "print no line of totals", cli_set_no_sums },
	{ 0, "hist", NULL, "draw how long faults took", set_hist },
	{ 0, "heat", NULL, "draw addresses over time", set_heat },
	{ 0, "list", NULL, "print each fault, as vmscope trace does",
	  set_list },
	{ 0, "csv", NULL, "a line for each fault", set_csv },
	{ 0, "folded", NULL, "stacks for flame graphs", set_folded },
	{ 0, "ctf", "DIR", "write a trace for babeltrace2", set_ctf },
	{ 0, "perfetto", "FILE", "write a trace for ui.perfetto.dev",
	  set_perfetto },
	{ 'p', "pid", "PID", "only faults of this process; may be repeated",
	  trace_set_process },
	{ 0, "comm", "NAME", "only faults of threads of this name", set_comm },
	{ 0, "cause", "LIST", "only faults of these causes", trace_set_cause },
	{ 0, "origin", "LIST", "only user, kernel, gup", trace_set_origin },
	{ 0, "access", "LIST", "only read, write, exec", trace_set_access },
	{ 0, "range", "START-END", "only addresses in this range",
	  cli_set_range },
	{ 0, "time", "FROM-TO", "only from then to then: 0.5-2s", set_time },
	{ 0, "min-latency", "TIME", "only faults that took as long: 10us",
	  trace_set_min_latency },
};

const struct command report_command = {
	.name = "report",
	.operands = "FILE",
	.text = "what a recording of page faults tells",
	.details =
		"WHAT is cause, origin, access, process, thread, mapping, file, symbol (of the\n"
		"code), stack, or range (of 2M of addresses). With --json and without --by,\n"
		"--hist or --heat there is a line for each fault.\n",
	.min_operands = 1,
	.max_operands = 1,
	.options = report_option_defs,
	.options_len = ARRAY_SIZE(report_option_defs),
	.offline = true,
	.check = report_check,
	.run = report_run,
};
