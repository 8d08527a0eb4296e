// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope stat: how many page faults, why, and how long they took.
 */
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "stat.h"

uint64_t stat_latency(const struct cli *cli, const struct stat_counts *counts)
{
	size_t i;

	if (cli->trace.latency_chosen)
		return cli->trace.latency;
	for (i = 0; i < VMSCOPE_CAUSES; i++)
		if (counts->causes[i].latency[VMSCOPE_LATENCY_EXCEPTION].count)
			return VMSCOPE_LATENCY_EXCEPTION;
	return VMSCOPE_LATENCY_HANDLER;
}

void stat_times(const struct stat_counts *counts, uint64_t latency,
		struct vmscope_latency_sum *ret)
{
	size_t i;
	size_t j;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < VMSCOPE_CAUSES; i++) {
		const struct vmscope_latency_sum *sum =
			&counts->causes[i].latency[latency];

		ret->count += sum->count;
		ret->total_ns += sum->total_ns;
		if (sum->max_ns > ret->max_ns)
			ret->max_ns = sum->max_ns;
		for (j = 0; j < VMSCOPE_HIST_BUCKETS; j++)
			ret->buckets[j] += sum->buckets[j];
	}
}

static struct stat_counts *counts_new(void)
{
	struct stat_counts *counts = calloc(1, sizeof(*counts));

	if (!counts)
		cli_no_memory();
	return counts;
}

static int counts_get(struct trace_session *session, struct stat_counts *ret)
{
	memset(ret, 0, sizeof(*ret));
	return trace_totals(session, &ret->totals, ret->causes);
}

#define SUBTRACT(field) (ret->field = now->field - before->field)

static void cause_subtract(const struct vmscope_cause_sum *now,
			   const struct vmscope_cause_sum *before,
			   struct vmscope_cause_sum *ret)
{
	size_t i;

	SUBTRACT(count);
	for (i = 0; i < VMSCOPE_ORIGINS; i++)
		SUBTRACT(origins[i]);
	for (i = 0; i < VMSCOPE_ACCESSES; i++)
		SUBTRACT(accesses[i]);
	SUBTRACT(major);
	SUBTRACT(retries);
	SUBTRACT(around_pages);
	SUBTRACT(lock_wait_ns);
	for (i = 0; i < VMSCOPE_LATENCIES; i++)
		vmscope_latency_difference(&now->latency[i],
					   &before->latency[i],
					   &ret->latency[i]);
}

static void counts_subtract(const struct stat_counts *now_counts,
			    const struct stat_counts *before_counts,
			    struct stat_counts *ret_counts)
{
	const struct vmscope_trace_totals *now = &now_counts->totals;
	const struct vmscope_trace_totals *before = &before_counts->totals;
	struct vmscope_trace_totals *ret = &ret_counts->totals;
	size_t i;

	*ret = *now;
	SUBTRACT(faults);
	for (i = 0; i < VMSCOPE_ORIGINS; i++)
		SUBTRACT(origins[i]);
	SUBTRACT(minor);
	SUBTRACT(major);
	SUBTRACT(failed);
	SUBTRACT(records);
	for (i = 0; i < VMSCOPE_LOSTS; i++)
		SUBTRACT(lost[i]);
	SUBTRACT(time_ns);
	ret_counts->until_ns = now->time_ns;
	for (i = 0; i < VMSCOPE_CAUSES; i++)
		cause_subtract(&now_counts->causes[i],
			       &before_counts->causes[i],
			       &ret_counts->causes[i]);
}

/* Each interval on its own, until it is time to end. */
static int intervals_show(struct trace_session *session)
{
	const struct cli *cli = session->cli;
	struct stat_counts *before = counts_new();
	struct stat_counts *now = counts_new();
	struct stat_counts *difference = counts_new();
	uint64_t next = session->start_ns;
	size_t rows = 0;
	bool more;
	int err;

	do {
		struct stat_counts *swap = before;

		next += cli->trace.interval_ns;
		more = trace_wait(session, next);
		if (!more)
			trace_stop(session);
		err = counts_get(session, now);
		if (err)
			break;
		counts_subtract(now, before, difference);
		if (cli->json)
			stat_json(session, difference, NULL);
		else
			stat_text_row(session, difference,
				      cli->headings && rows % 20 == 0);
		fflush(stdout);
		rows++;
		before = now;
		now = swap;
	} while (more && !out_failed());
	free(before);
	free(now);
	free(difference);
	return err;
}

static int stat_show(struct trace_session *session, struct pmu *pmu)
{
	struct stat_counts *counts = counts_new();
	int err = CLI_OK;

	if (session->cli->trace.interval_ns)
		err = intervals_show(session);
	else
		while (trace_wait(session, 0))
			;
	if (!err)
		err = trace_stop(session);
	pmu_close(pmu);
	if (!err)
		err = counts_get(session, counts);
	counts->until_ns = counts->totals.time_ns;
	if (!err && session->cli->json)
		stat_json(session, counts, pmu);
	else if (!err)
		stat_text(session, counts, pmu);
	if (!err)
		trace_warn(&counts->totals);
	free(counts);
	return err;
}

static bool no_counters;

static int set_no_counters(struct cli *cli, const char *arg)
{
	(void)cli;
	(void)arg;
	no_counters = true;
	return CLI_OK;
}

static int stat_run(struct cli *cli)
{
	struct trace_session session;
	struct pmu pmu;
	int err = trace_begin(cli, 0, &session);

	if (err)
		return err;
	pmu_open(&session, !no_counters, &pmu);
	err = trace_go(&session);
	if (err)
		return err;
	return trace_finish(&session, stat_show(&session, &pmu));
}

static const struct option_def stat_options[] = {
	{ 'i', "interval", "TIME", "tell each time: 1, 500ms",
	  trace_set_interval },
	{ 0, "latency", "WHICH", "exception (where it is known) or handler",
	  trace_set_latency },
	{ 0, "no-counters", NULL, "no counters of the processor",
	  set_no_counters },
};

const struct command stat_command = {
	.name = "stat",
	.operands = "[--] [COMMAND [ARGUMENT...]]",
	.text = "page faults counted: how many, why, how long they took",
	.traces = true,
	.max_operands = -1,
	.options = stat_options,
	.options_len = ARRAY_SIZE(stat_options),
	.check = trace_options_check,
	.run = stat_run,
};
