// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope hist: how page-fault latency is distributed, for each cause.
 */
#include <inttypes.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "out.h"
#include "stat.h"

#define BAR_WIDTH 40

/* Buckets of the module in one power of two. */
#define FINE 8

static bool fine;

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

/* In eighths of a character where these can be shown. */
static void bar_print(const struct cli *cli, double part)
{
	static const char *const eighths[] = { "",  "▏", "▎", "▍",
					       "▌", "▋", "▊", "▉" };
	bool blocks = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	unsigned int filled = (unsigned int)(part * BAR_WIDTH * 8 + 0.5);
	char bar[BAR_WIDTH * 4 + 8] = "";
	unsigned int width = 0;

	if (!blocks)
		filled = (filled + 7) / 8 * 8;
	for (; width < filled / 8; width++)
		strcat(bar, blocks ? "█" : "#");
	if (filled % 8) {
		strcat(bar, eighths[filled % 8]);
		width++;
	}
	out_word(cli, OUT_GOOD, bar);
	printf("%*s", (int)(BAR_WIDTH - width), "");
}

/* Sums of @step buckets, from the first to the last that have something. */
static void buckets_print(const struct cli *cli,
			  const struct vmscope_latency_sum *sum, size_t step)
{
	uint64_t sums[VMSCOPE_HIST_BUCKETS] = { 0 };
	size_t first = VMSCOPE_HIST_BUCKETS;
	size_t last = 0;
	uint64_t most = 0;
	size_t i;

	for (i = 0; i < VMSCOPE_HIST_BUCKETS; i++) {
		uint64_t *into = &sums[i / step];

		*into += sum->buckets[i];
		if (*into > most)
			most = *into;
		if (sum->buckets[i] && first > i / step)
			first = i / step;
		if (sum->buckets[i])
			last = i / step;
	}
	for (i = first; i <= last && most; i++) {
		char start[OUT_SIZE_LEN];
		char end[OUT_SIZE_LEN];

		printf("  %7s - %7s |",
		       out_time(vmscope_hist_start(i * step), start),
		       out_time(vmscope_hist_start((i + 1) * step), end));
		bar_print(cli, share(sums[i], most));
		printf("| %" PRIu64 "\n", sums[i]);
	}
}

static void cause_print(const struct cli *cli, size_t value,
			const struct vmscope_cause_sum *cause, uint64_t latency)
{
	const struct vmscope_latency_sum *sum = &cause->latency[latency];
	const struct vmscope_name *name =
		vmscope_name_find(VMSCOPE_NAMES_CAUSE, value);
	char p50[OUT_SIZE_LEN];
	char p99[OUT_SIZE_LEN];
	char max[OUT_SIZE_LEN];

	putchar('\n');
	out_word(cli, OUT_BOLD, name->name);
	printf(": %s\n", name->text);
	if (!sum->count) {
		printf("  %" PRIu64 " fault%s; this time is not known\n",
		       (uint64_t)cause->count, cause->count == 1 ? "" : "s");
		return;
	}
	printf("  %" PRIu64 " fault%s, half in %s, 99%% in %s, longest %s\n",
	       (uint64_t)sum->count, sum->count == 1 ? "" : "s",
	       out_time(vmscope_latency_percentile(sum, 50), p50),
	       out_time(vmscope_latency_percentile(sum, 99), p99),
	       out_time(sum->max_ns, max));
	buckets_print(cli, sum, fine ? 1 : FINE);
}

static void hist_text(const struct trace_session *session,
		      const struct stat_counts *counts)
{
	uint64_t latency = stat_latency(session->cli, counts);
	const struct vmscope_name *name =
		vmscope_name_find(VMSCOPE_NAMES_LATENCY, latency);
	char whom[256];
	char elapsed[OUT_SIZE_LEN];
	size_t size = 0;
	char *buf = NULL;
	size_t i;

	trace_describe(session, whom, sizeof(whom));
	printf("page faults of %s in %s: %" PRIu64 "\n",
	       out_escape(whom, &buf, &size),
	       out_time(counts->totals.time_ns, elapsed),
	       (uint64_t)counts->totals.faults);
	free(buf);
	printf("%s time: %s\n", name->name, name->text);
	for (i = 0; i < VMSCOPE_CAUSES; i++)
		if (counts->causes[i].count)
			cause_print(session->cli, i, &counts->causes[i],
				    latency);
}

/* ----------------------------------------------------------------- JSON */

static struct json_object *buckets_create(const struct vmscope_latency_sum *sum)
{
	struct json_object *array = json_array_create();
	size_t i;

	for (i = 0; i < VMSCOPE_HIST_BUCKETS; i++) {
		struct json_object *bucket;

		if (!sum->buckets[i])
			continue;
		bucket = json_object_create();
		json_add_number(bucket, "start_ns", vmscope_hist_start(i));
		if (i + 1 < VMSCOPE_HIST_BUCKETS)
			json_add_number(bucket, "end_ns",
					vmscope_hist_start(i + 1));
		else
			json_add_null(bucket, "end_ns");
		json_add_number(bucket, "count", sum->buckets[i]);
		json_append(array, bucket);
	}
	return array;
}

static struct json_object *cause_create(uint64_t value,
					const struct vmscope_cause_sum *cause)
{
	struct json_object *object = json_object_create();
	const struct vmscope_name *name = NULL;

	json_add_name(object, "cause", VMSCOPE_NAMES_CAUSE, value);
	json_add_number(object, "count", cause->count);
	while ((name = vmscope_name_next(VMSCOPE_NAMES_LATENCY, name))) {
		const struct vmscope_latency_sum *sum =
			&cause->latency[name->value];
		struct json_object *times = json_object_create();

		json_add_number(times, "count", sum->count);
		json_add_number(times, "total_ns", sum->total_ns);
		json_add_number(times, "max_ns", sum->max_ns);
		json_add(times, "buckets", buckets_create(sum));
		json_add(object, name->name, times);
	}
	return object;
}

static void hist_json(const struct trace_session *session,
		      const struct stat_counts *counts)
{
	struct json_object *object = json_object_create();
	struct json_object *causes = json_array_create();
	char whom[256];
	size_t i;

	trace_describe(session, whom, sizeof(whom));
	json_add_bytes(object, "target", whom);
	json_add_number(object, "elapsed_ns", counts->totals.time_ns);
	json_add_number(object, "total", counts->totals.faults);
	for (i = 0; i < VMSCOPE_CAUSES; i++)
		if (counts->causes[i].count)
			json_append(causes,
				    cause_create(i, &counts->causes[i]));
	json_add(object, "causes", causes);
	if (session->cli->trace.interval_ns) {
		json_finish_line(object);
		putchar('\n');
	} else {
		json_finish(object);
	}
}

/* ------------------------------------------------------------------ run */

static int hist_draw(struct trace_session *session, struct stat_counts *counts,
		     bool again)
{
	const struct cli *cli = session->cli;
	int err;

	memset(counts, 0, sizeof(*counts));
	err = trace_totals(session, &counts->totals, counts->causes);
	if (err)
		return err;
	if (cli->json) {
		hist_json(session, counts);
	} else {
		if (again && isatty(STDOUT_FILENO))
			fputs("\033[H\033[J", stdout);
		else if (again)
			putchar('\n');
		hist_text(session, counts);
	}
	fflush(stdout);
	return CLI_OK;
}

static int hist_show(struct trace_session *session)
{
	const uint64_t interval = session->cli->trace.interval_ns;
	struct stat_counts *counts = calloc(1, sizeof(*counts));
	uint64_t next = interval ? session->start_ns + interval : 0;
	bool again = false;
	int err = CLI_OK;

	if (!counts)
		cli_no_memory();
	while (!err && trace_wait(session, next) && !out_failed()) {
		if (!interval)
			continue;
		err = hist_draw(session, counts, again);
		again = true;
		next += interval;
	}
	if (!err)
		err = trace_stop(session);
	if (!err)
		err = hist_draw(session, counts, again);
	if (!err)
		trace_warn(&counts->totals);
	free(counts);
	return err;
}

static int hist_run(struct cli *cli)
{
	struct trace_session session;
	int err = trace_begin(cli, 0, &session);

	if (!err)
		err = trace_go(&session);
	if (err)
		return err;
	return trace_finish(&session, hist_show(&session));
}

static int set_fine(struct cli *cli, const char *arg)
{
	(void)cli;
	(void)arg;
	fine = true;
	return CLI_OK;
}

static const struct option_def hist_options[] = {
	{ 'i', "interval", "TIME", "draw anew each time: 1, 500ms",
	  trace_set_interval },
	{ 0, "latency", "WHICH", "exception (where it is known) or handler",
	  trace_set_latency },
	{ 0, "fine", NULL, "eight rows for each power of two, not one",
	  set_fine },
};

const struct command hist_command = {
	.name = "hist",
	.operands = "[--] [COMMAND [ARGUMENT...]]",
	.text = "page-fault latency as histograms, one for each cause",
	.traces = true,
	.max_operands = -1,
	.options = hist_options,
	.options_len = ARRAY_SIZE(hist_options),
	.check = trace_options_check,
	.run = hist_run,
};
