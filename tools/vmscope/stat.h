/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What vmscope stat has gathered, and how it is printed.
 */
#ifndef _VMSCOPE_STAT_H
#define _VMSCOPE_STAT_H

#include "pmu.h"

/**
 * struct stat_counts - totals at some time, or what came in between two
 * @until_ns: how long it had been traced at the end of that
 * @totals: of the module
 * @causes: by &enum vmscope_cause
 */
struct stat_counts {
	uint64_t until_ns;
	struct vmscope_trace_totals totals;
	struct vmscope_cause_sum causes[VMSCOPE_CAUSES];
};

/* The interval to show: the user's choice, else one that is known. */
uint64_t stat_latency(const struct cli *cli, const struct stat_counts *counts);

/* Times of all causes together. */
void stat_times(const struct stat_counts *counts, uint64_t latency,
		struct vmscope_latency_sum *ret);

/* stat-text.c */
void stat_text(const struct trace_session *session,
	       const struct stat_counts *counts, const struct pmu *pmu);
void stat_text_row(const struct trace_session *session,
		   const struct stat_counts *counts, bool headings);

/* stat-json.c; @pmu is NULL for an interval */
void stat_json(const struct trace_session *session,
	       const struct stat_counts *counts, const struct pmu *pmu);

#endif /* _VMSCOPE_STAT_H */
