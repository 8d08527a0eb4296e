// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope report: drawings. The histogram of latencies, and the heat of
 * addresses over time.
 */
#include <inttypes.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "out.h"
#include "report.h"

static void *zeroed(size_t number, size_t size)
{
	void *ret = calloc(number, size);

	if (!ret)
		cli_no_memory();
	return ret;
}

/* From nothing to most. */
static const char *shade(uint64_t value, uint64_t most)
{
	static const char *const plain[] = { " ", ".", ":", "+", "#" };
	static const char *const blocks[] = { " ", "\u2591", "\u2592", "\u2593",
					      "\u2588" };
	const char *const *shades =
		strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? blocks : plain;
	size_t i = 0;

	/* Each shade is four times the one before. */
	if (value) {
		i = 4;
		while (i > 1 && value <= most / 4) {
			value *= 4;
			i--;
		}
	}
	return shades[i];
}

/* ------------------------------------------------------------- histogram */

#define BAR	40
/* Buckets from one power of two to the next. */
#define OCTAVES (VMSCOPE_HIST_BUCKETS / 8)

struct hist {
	uint64_t buckets[VMSCOPE_HIST_BUCKETS];
	uint64_t unknown;
};

static int hist_begin(struct report *report)
{
	report->state = zeroed(1, sizeof(struct hist));
	return CLI_OK;
}

static int hist_fault(struct report *report,
		      const struct vmscope_record_fault *fault)
{
	struct hist *hist = report->state;
	uint64_t ns;

	if (report_latency(fault, &ns))
		hist->buckets[vmscope_hist_bucket(ns)]++;
	else
		hist->unknown++;
	return CLI_OK;
}

static void hist_json(const struct hist *hist)
{
	struct json_object *object = json_object_create();
	struct json_object *array = json_array_create();
	size_t i;

	for (i = 0; i < VMSCOPE_HIST_BUCKETS; i++) {
		struct json_object *bucket;

		if (!hist->buckets[i])
			continue;
		bucket = json_object_create();
		json_add_number(bucket, "start_ns", vmscope_hist_start(i));
		json_add_number(bucket, "end_ns", vmscope_hist_start(i + 1));
		json_add_number(bucket, "count", hist->buckets[i]);
		json_append(array, bucket);
	}
	json_add(object, "buckets", array);
	json_add_number(object, "unknown", hist->unknown);
	json_finish(object);
}

static void hist_text(const struct report *report, const struct hist *hist)
{
	uint64_t sums[OCTAVES] = { 0 };
	uint64_t most = 0;
	size_t first = OCTAVES;
	size_t last = 0;
	char from[REPORT_NAME];
	char to[REPORT_NAME];
	size_t i;

	for (i = 0; i < VMSCOPE_HIST_BUCKETS; i++)
		sums[i / 8] += hist->buckets[i];
	for (i = 0; i < OCTAVES; i++) {
		if (!sums[i])
			continue;
		if (first == OCTAVES)
			first = i;
		last = i;
		if (sums[i] > most)
			most = sums[i];
	}
	for (i = first; i <= last && most; i++) {
		size_t j = (size_t)(sums[i] * BAR / most);

		printf("%8s - %8s %10" PRIu64 " ",
		       report_duration(report->cli, vmscope_hist_start(8 * i),
				       from),
		       report_duration(report->cli,
				       vmscope_hist_start(8 * (i + 1)), to),
		       sums[i]);
		if (sums[i] && !j)
			fputs(shade(1, 100), stdout);
		while (j--)
			fputs(shade(1, 1), stdout);
		putchar('\n');
	}
	if (hist->unknown)
		printf("latency not known: %" PRIu64 "\n", hist->unknown);
	if (!most)
		puts("no fault has a latency that is known");
}

static int hist_end(struct report *report)
{
	if (report->cli->json)
		hist_json(report->state);
	else
		hist_text(report, report->state);
	free(report->state);
	return CLI_OK;
}

const struct report_view report_hist_view = {
	.begin = hist_begin,
	.fault = hist_fault,
	.end = hist_end,
};

/* ------------------------------------------------------------------ heat */

#define ROWS	40
#define COLUMNS 64
/* Places that are told apart while it is looked for what rows there are. */
#define PLACES	65536
#define SLOTS	(2 * PLACES)

struct place {
	uint64_t pid; /* 0: the slot is free */
	uint64_t address;
};

struct row {
	struct place place;
	char *name;
	uint64_t count;
	uint64_t cells[COLUMNS];
};

struct heat {
	unsigned int shift; /* of the size of a row */
	bool counting; /* the second pass */
	struct place *slots;
	size_t len;
	struct row rows[ROWS];
	size_t rows_len;
	uint64_t begin_ns;
	uint64_t end_ns;
	uint64_t most;
};

static int heat_begin(struct report *report)
{
	struct heat *heat = zeroed(1, sizeof(*heat));

	heat->shift = 12;
	heat->slots = zeroed(SLOTS, sizeof(*heat->slots));
	report->state = heat;
	return CLI_OK;
}

static void place_add(struct heat *heat, uint64_t pid, uint64_t address);

/* Larger rows: there are fewer of them then. Rows of 1 TiB grow no more. */
static bool rows_grow(struct heat *heat)
{
	struct place *old = heat->slots;
	size_t i;

	if (heat->shift >= 40)
		return false;
	heat->shift++;
	heat->len = 0;
	heat->slots = zeroed(SLOTS, sizeof(*heat->slots));
	for (i = 0; i < SLOTS; i++)
		if (old[i].pid)
			place_add(heat, old[i].pid, old[i].address);
	free(old);
	return true;
}

static void place_add(struct heat *heat, uint64_t pid, uint64_t address)
{
	size_t slot;

	address = address >> heat->shift << heat->shift;
	slot = ((address >> heat->shift) * UINT64_C(0x9e3779b97f4a7c15) ^
		pid * UINT64_C(0xc2b2ae3d27d4eb4f)) %
	       SLOTS;
	for (; heat->slots[slot].pid; slot = (slot + 1) % SLOTS)
		if (heat->slots[slot].pid == pid &&
		    heat->slots[slot].address == address)
			return;
	if (heat->len == PLACES) {
		if (rows_grow(heat))
			place_add(heat, pid, address);
		return;
	}
	heat->slots[slot] = (struct place){ pid, address };
	heat->len++;
}

static int place_compare(const void *a, const void *b)
{
	const struct place *x = a;
	const struct place *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

/* A process that is not in the recorder's namespace has the number 0. */
static uint64_t heat_pid(const struct vmscope_record_fault *fault)
{
	return (uint64_t)fault->target_pid + 1;
}

static struct row *row_find(struct heat *heat, uint64_t pid, uint64_t address)
{
	size_t i;

	address = address >> heat->shift << heat->shift;
	for (i = 0; i < heat->rows_len; i++)
		if (heat->rows[i].place.pid == pid &&
		    heat->rows[i].place.address == address)
			return &heat->rows[i];
	return NULL;
}

static int heat_fault(struct report *report,
		      const struct vmscope_record_fault *fault)
{
	struct heat *heat = report->state;
	uint64_t time_ns = fault->header.time_ns;
	char buf[REPORT_NAME];
	uint64_t *cell;
	struct row *row;

	if (!heat->counting) {
		if (!report->faults || time_ns < heat->begin_ns)
			heat->begin_ns = time_ns;
		if (time_ns > heat->end_ns)
			heat->end_ns = time_ns;
		place_add(heat, heat_pid(fault), fault->address);
		return CLI_OK;
	}
	row = row_find(heat, heat_pid(fault), fault->address);
	if (!row || time_ns < heat->begin_ns || time_ns > heat->end_ns)
		return CLI_OK;
	if (!row->name) {
		row->name = strdup(report_map_name(report, fault, buf));
		if (!row->name)
			cli_no_memory();
	}
	row->count++;
	cell = &row->cells[(
		size_t)((double)(time_ns - heat->begin_ns) /
			((double)(heat->end_ns - heat->begin_ns) + 1) *
			COLUMNS)];
	if (++*cell > heat->most)
		heat->most = *cell;
	return CLI_OK;
}

/* With as many processes there is no size that has few rows: the first ones. */
static void rows_make(struct heat *heat)
{
	size_t len = 0;
	size_t i;

	while (heat->len > ROWS && rows_grow(heat))
		;
	for (i = 0; i < SLOTS; i++)
		if (heat->slots[i].pid)
			heat->slots[len++] = heat->slots[i];
	qsort(heat->slots, len, sizeof(*heat->slots), place_compare);
	heat->rows_len = len < ROWS ? len : ROWS;
	for (i = 0; i < heat->rows_len; i++)
		heat->rows[i].place = heat->slots[i];
}

static void heat_json(const struct heat *heat)
{
	struct json_object *object = json_object_create();
	struct json_object *rows = json_array_create();
	size_t i;
	size_t j;

	json_add_number(object, "begin_ns", heat->begin_ns);
	json_add_number(object, "end_ns", heat->end_ns);
	json_add_number(object, "row_bytes", UINT64_C(1) << heat->shift);
	json_add_number(object, "rows_left_out", heat->len - heat->rows_len);
	for (i = 0; i < heat->rows_len; i++) {
		struct json_object *row = json_object_create();
		struct json_object *cells = json_array_create();

		json_add_number(row, "pid", heat->rows[i].place.pid - 1);
		json_add_address(row, "start", heat->rows[i].place.address);
		json_add_bytes(row, "mapping",
			       heat->rows[i].name ? heat->rows[i].name : "");
		json_add_number(row, "count", heat->rows[i].count);
		for (j = 0; j < COLUMNS; j++) {
			struct json_object *cell =
				json_object_new_uint64(heat->rows[i].cells[j]);

			if (!cell)
				cli_no_memory();
			json_append(cells, cell);
		}
		json_add(row, "cells", cells);
		json_append(rows, row);
	}
	json_add(object, "rows", rows);
	json_finish(object);
}

static void heat_text(const struct report *report, const struct heat *heat)
{
	char size[OUT_SIZE_LEN];
	char step[REPORT_NAME];
	size_t i;
	size_t j;

	if (!heat->rows_len) {
		puts("no faults");
		return;
	}
	printf("each row %s of addresses, each column %s; darkest: %" PRIu64
	       " faults, each lighter shade a quarter\n\n",
	       out_page_size(UINT64_C(1) << heat->shift, size),
	       report_duration(report->cli,
			       (heat->end_ns - heat->begin_ns) / COLUMNS, step),
	       heat->most);
	for (i = 0; i < heat->rows_len; i++) {
		const struct row *row = &heat->rows[i];

		if (!i || row->place.pid != row[-1].place.pid)
			printf("process %" PRIu64 "\n", row->place.pid - 1);
		printf("%012" PRIx64 " |", row->place.address);
		for (j = 0; j < COLUMNS; j++)
			fputs(shade(row->cells[j], heat->most), stdout);
		printf("| %" PRIu64 " %s\n", row->count,
		       row->name ? row->name : "");
	}
	if (heat->len > heat->rows_len)
		printf("%zu more rows are not shown; --pid chooses a process\n",
		       heat->len - heat->rows_len);
}

static int heat_end(struct report *report)
{
	struct heat *heat = report->state;
	static const struct report_view again = {
		.begin = NULL,
		.fault = heat_fault,
	};
	size_t i;
	int err;

	rows_make(heat);
	heat->counting = true;
	err = report_each(report, &again);
	if (!err && report->cli->json)
		heat_json(heat);
	else if (!err)
		heat_text(report, heat);
	for (i = 0; i < heat->rows_len; i++)
		free(heat->rows[i].name);
	free(heat->slots);
	free(heat);
	return err;
}

const struct report_view report_heat_view = {
	.begin = heat_begin,
	.fault = heat_fault,
	.end = heat_end,
};
