/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the views of "vmscope report" share.
 */
#ifndef _VMSCOPE_CLI_REPORT_H
#define _VMSCOPE_CLI_REPORT_H

#include <linux/vmscope_trace.h>

#include "cli.h"
#include "recording-meta.h"

/* Longest text about a fault, with its NUL. */
#define REPORT_NAME 512

enum report_sort {
	REPORT_SORT_COUNT,
	REPORT_SORT_TIME,
	REPORT_SORT_MAX,
	REPORT_SORT_P99,
	REPORT_SORT_NAME,
};

struct report_by;
struct report_view;

struct report_options {
	const struct report_by *by;
	const struct report_view *view; /* but a table by something */
	const char *view_option; /* that chose it */
	const char *path; /* where an export goes */
	enum report_sort sort;
	uint64_t rows; /* at most so many; 0: all */

	/* which faults */
	uint64_t causes; /* masks; 0 for all */
	uint64_t origins;
	uint64_t accesses;
	uint64_t pid;
	const char *comm;
	bool timed;
	uint64_t from_ns; /* since the first record */
	uint64_t to_ns;
	uint64_t min_latency_ns;
};

extern struct report_options report_options;

struct report {
	const struct cli *cli;
	struct recording *recording;
	const struct recording_meta *meta;
	uint64_t begin_ns; /* of the first and the last record */
	uint64_t end_ns;
	uint64_t faults; /* that were chosen */
	uint64_t all; /* that are in the file */
	uint64_t lost[VMSCOPE_LOSTS]; /* so far, as records tell */
	void *state; /* the view's */
};

/**
 * struct report_view - what is made of the faults
 * @begin: before the first; CLI_OK, or else with a message printed
 * @fault: for each that was chosen
 * @other: for each record that is no fault; or NULL
 * @end: after the last
 * @binary: standard output stays empty
 */
struct report_view {
	int (*begin)(struct report *report);
	int (*fault)(struct report *report,
		     const struct vmscope_record_fault *fault);
	int (*other)(struct report *report,
		     const struct vmscope_record *record);
	int (*end)(struct report *report);
	bool binary;
};

extern const struct report_view report_groups_view;
extern const struct report_view report_hist_view;
extern const struct report_view report_heat_view;
extern const struct report_view report_json_view;
extern const struct report_view report_list_view;
extern const struct report_view report_csv_view;
extern const struct report_view report_folded_view;
extern const struct report_view report_ctf_view;
extern const struct report_view report_perfetto_view;

/* report.c: call the view for each record; CLI_OK or CLI_FAILURE. */
int report_each(struct report *report, const struct report_view *view);

/* How long a fault took: the exception where it is known; false: unknown. */
static inline bool report_latency(const struct vmscope_record_fault *fault,
				  uint64_t *ret)
{
	*ret = fault->flags & VMSCOPE_FAULT_EXCEPTION ? fault->exception_ns :
							fault->handler_ns;
	return fault->flags & (VMSCOPE_FAULT_EXCEPTION | VMSCOPE_FAULT_HANDLER);
}

/* What tells groups of faults apart. */
struct report_key {
	uint64_t a;
	uint64_t b;
};

/**
 * struct report_by - what faults are grouped by
 * @name: its name
 * @key: what tells groups apart
 * @label: what a group is called; asked once
 */
struct report_by {
	const char *name;
	struct report_key (*key)(const struct report *report,
				 const struct vmscope_record_fault *fault);
	const char *(*label)(const struct report *report,
			     const struct vmscope_record_fault *fault,
			     char buf[REPORT_NAME]);
};

/* report-by.c: NULL when there is nothing of this name. */
const struct report_by *report_by_find(const char *name);
extern const struct report_by *const report_by_default;

/* A number that looks random, the same for the same one. */
static inline uint64_t report_mix(uint64_t value)
{
	value ^= value >> 33;
	value *= UINT64_C(0xff51afd7ed558ccd);
	value ^= value >> 33;
	value *= UINT64_C(0xc4ceb9fe1a85ec53);
	return value ^ value >> 33;
}

/* report-names.c: texts are printable, cut to fit, and in @buf or constant. */
const char *report_name(enum vmscope_names table, uint64_t value,
			char buf[REPORT_NAME]);
/* What is at the address that was accessed: path of a file, or "[kind]". */
const char *report_map_name(const struct report *report,
			    const struct vmscope_record_fault *fault,
			    char buf[REPORT_NAME]);
/* The instruction in user mode; false when it is not known where that was. */
bool report_place(const struct report *report,
		  const struct vmscope_record_fault *fault,
		  struct recorded_place *ret);
/* Its name and file: "memset+0x12 (libc.so.6)"; @exact: with the offset. */
const char *report_place_name(const struct recorded_place *place, bool exact,
			      char buf[REPORT_NAME]);
/* The last name of a process that is told, or that of the fault's thread. */
const char *report_comm(const struct report *report,
			const struct vmscope_record_fault *fault,
			char buf[REPORT_NAME]);
const char *report_duration(const struct cli *cli, uint64_t ns,
			    char buf[REPORT_NAME]);
/* Callers and instructions, outermost first, separated by ";". Grows *buf. */
const char *report_stack(const struct report *report,
			 const struct vmscope_record_fault *fault, char **buf,
			 size_t *size);

#endif /* _VMSCOPE_CLI_REPORT_H */
