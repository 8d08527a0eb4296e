// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "stat.h"
#include "table.h"

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* "12.3/s", "4.56K/s" */
static char *rate(uint64_t count, uint64_t ns, char buf[OUT_SIZE_LEN])
{
	static const char *const units[] = { "", "K", "M", "G" };
	double value = ns ? (double)count * 1e9 / (double)ns : 0;
	unsigned int unit = 0;

	while (unit + 1 < ARRAY_SIZE(units) && value >= 999.5) {
		value /= 1000;
		unit++;
	}
	snprintf(buf, OUT_SIZE_LEN, value < 99.95 ? "%.1f%s/s" : "%.0f%s/s",
		 value, units[unit]);
	return buf;
}

/* The causes that there are, most frequent first. */
static size_t causes_sort(const struct stat_counts *counts,
			  size_t order[VMSCOPE_CAUSES])
{
	size_t len = 0;
	size_t i;
	size_t j;

	for (i = 0; i < VMSCOPE_CAUSES; i++) {
		if (!counts->causes[i].count)
			continue;
		for (j = len; j && counts->causes[order[j - 1]].count <
					   counts->causes[i].count;
		     j--)
			order[j] = order[j - 1];
		order[j] = i;
		len++;
	}
	return len;
}

static const struct vmscope_name *cause_name(size_t cause)
{
	return vmscope_name_find(VMSCOPE_NAMES_CAUSE, cause);
}

/* --------------------------------------------------------------- the sums */

static void faults_print(const struct trace_session *session,
			 const struct stat_counts *counts)
{
	static const struct table_column columns[] = {
		{ "FAULTS", true }, { "USER", true },  { "KERNEL", true },
		{ "GUP", true },    { "MINOR", true }, { "MAJOR", true },
		{ "FAILED", true }, { "RATE", true },
	};
	const struct vmscope_trace_totals *totals = &counts->totals;
	const uint64_t numbers[] = {
		totals->faults,
		totals->origins[VMSCOPE_ORIGIN_USER],
		totals->origins[VMSCOPE_ORIGIN_KERNEL],
		totals->origins[VMSCOPE_ORIGIN_GUP],
		totals->minor,
		totals->major,
		totals->failed,
	};
	struct libscols_table *table =
		table_create(session->cli, columns, ARRAY_SIZE(columns));
	struct libscols_line *line = table_line(table);
	char buf[OUT_SIZE_LEN];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		table_number(line, i, numbers[i]);
	table_text(line, i, rate(totals->faults, totals->time_ns, buf));
	table_finish(table);
}

static void time_cell(struct libscols_line *line, size_t column,
		      const struct vmscope_latency_sum *sum, uint64_t ns)
{
	char buf[OUT_SIZE_LEN];

	table_text(line, column, sum->count ? out_time(ns, buf) : "-");
}

static void causes_print(const struct trace_session *session,
			 const struct stat_counts *counts, uint64_t latency)
{
	static const struct table_column columns[] = {
		{ "CAUSE", false }, { "COUNT", true },	  { "SHARE", true },
		{ "TIME", true },   { "P50", true },	  { "P99", true },
		{ "MAX", true },    { "MEANING", false },
	};
	struct libscols_table *table;
	size_t order[VMSCOPE_CAUSES];
	size_t len = causes_sort(counts, order);
	size_t i;

	if (!len)
		return;
	putchar('\n');
	table = table_create(session->cli, columns, ARRAY_SIZE(columns));
	for (i = 0; i < len; i++) {
		const struct vmscope_cause_sum *cause =
			&counts->causes[order[i]];
		const struct vmscope_latency_sum *sum =
			&cause->latency[latency];
		const struct vmscope_name *name = cause_name(order[i]);
		struct libscols_line *line = table_line(table);
		char buf[OUT_SIZE_LEN];

		table_text(line, 0, name->name);
		table_number(line, 1, cause->count);
		snprintf(buf, sizeof(buf), "%.1f%%",
			 percent(cause->count, counts->totals.faults));
		table_text(line, 2, buf);
		time_cell(line, 3, sum, sum->total_ns);
		time_cell(line, 4, sum, vmscope_latency_percentile(sum, 50));
		time_cell(line, 5, sum, vmscope_latency_percentile(sum, 99));
		time_cell(line, 6, sum, sum->max_ns);
		table_text(line, 7, name->text);
	}
	table_finish(table);
}

/* Which interval it was, for how many, and how much of the time that is. */
static void latency_print(const struct stat_counts *counts, uint64_t latency)
{
	const struct vmscope_name *name =
		vmscope_name_find(VMSCOPE_NAMES_LATENCY, latency);
	struct vmscope_latency_sum times;
	char total[OUT_SIZE_LEN];
	uint64_t without;

	stat_times(counts, latency, &times);
	without = counts->totals.faults > times.count ?
			  counts->totals.faults - times.count :
			  0;
	printf("\ntimes: %s time, %s", name->name, name->text);
	if (without)
		printf(";\nnot known of %" PRIu64 " of %" PRIu64 " faults",
		       without, (uint64_t)counts->totals.faults);
	printf("\nall together: %s, %.1f%% of the time of one processor\n",
	       out_time(times.total_ns, total),
	       percent(times.total_ns, counts->totals.time_ns));
}

static void pmu_print(const struct pmu *pmu)
{
	bool any = false;
	size_t i;

	for (i = 0; i < PMU_EVENTS; i++)
		any |= pmu->counters[i].fds_len > 0;
	if (!any) {
		puts("\nTLB misses and page-walk cycles: not available here");
		return;
	}
	putchar('\n');
	for (i = 0; i < PMU_EVENTS; i++)
		if (pmu->counters[i].fds_len)
			printf("%s: %" PRIu64 "\n", pmu->counters[i].text,
			       pmu->counters[i].value);
		else
			printf("%s: not available here\n",
			       pmu->counters[i].text);
}

void stat_text(const struct trace_session *session,
	       const struct stat_counts *counts, const struct pmu *pmu)
{
	uint64_t latency = stat_latency(session->cli, counts);
	char whom[256];
	char elapsed[OUT_SIZE_LEN];
	size_t size = 0;
	char *buf = NULL;

	trace_describe(session, whom, sizeof(whom));
	if (session->cli->trace.interval_ns)
		putchar('\n');
	printf("page faults of %s in %s\n\n", out_escape(whom, &buf, &size),
	       out_time(counts->until_ns, elapsed));
	free(buf);
	faults_print(session, counts);
	causes_print(session, counts, latency);
	if (counts->totals.faults)
		latency_print(counts, latency);
	if (pmu->wanted)
		pmu_print(pmu);
}

/* ---------------------------------------------------------- one interval */

/* Printed as they come: a table would have to wait for its last row. */
void stat_text_row(const struct trace_session *session,
		   const struct stat_counts *counts, bool headings)
{
	const struct vmscope_trace_totals *totals = &counts->totals;
	uint64_t latency = stat_latency(session->cli, counts);
	struct vmscope_latency_sum times;
	size_t order[VMSCOPE_CAUSES];
	size_t len = causes_sort(counts, order);
	char p50[OUT_SIZE_LEN] = "-";
	char p99[OUT_SIZE_LEN] = "-";
	size_t i;

	stat_times(counts, latency, &times);
	if (times.count) {
		out_time(vmscope_latency_percentile(&times, 50), p50);
		out_time(vmscope_latency_percentile(&times, 99), p99);
	}
	if (headings) {
		out_word(
			session->cli, OUT_BOLD,
			"    TIME   FAULTS     USER   KERNEL      GUP    MINOR    MAJOR   FAILED    P50    P99 CAUSES");
		putchar('\n');
	}
	printf("%7.3fs %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64
	       " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %6s %6s",
	       (double)counts->until_ns / 1e9, (uint64_t)totals->faults,
	       (uint64_t)totals->origins[VMSCOPE_ORIGIN_USER],
	       (uint64_t)totals->origins[VMSCOPE_ORIGIN_KERNEL],
	       (uint64_t)totals->origins[VMSCOPE_ORIGIN_GUP],
	       (uint64_t)totals->minor, (uint64_t)totals->major,
	       (uint64_t)totals->failed, p50, p99);
	for (i = 0; i < len && i < 3; i++)
		printf("%s%s %.0f%%", i ? ", " : " ",
		       cause_name(order[i])->name,
		       percent(counts->causes[order[i]].count, totals->faults));
	if (len > 3)
		fputs(", ...", stdout);
	putchar('\n');
}
