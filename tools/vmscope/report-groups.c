// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope report: a row for each cause, process, file, symbol and so on.
 *
 * A group takes 1.3 KB, most of it its histogram. Their number is limited: what
 * comes when there are that many already goes to a row of its own.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "out.h"
#include "report.h"
#include "table.h"

#define GROUPS_LIMIT 65536
#define SLOTS	     (2 * GROUPS_LIMIT)

struct group {
	struct report_key key;
	char *name;
	uint64_t count;
	uint64_t timed; /* whose latency is known */
	uint64_t total_ns;
	uint64_t max_ns;
	uint64_t max_time_ns;
	uint64_t major;
	uint32_t buckets[VMSCOPE_HIST_BUCKETS];
};

struct groups {
	const struct report_by *by;
	struct group **slots;
	struct group **list;
	size_t len;
	struct group *others;
	struct group sum;
	struct vmscope_latency_sum *latency; /* for percentiles */
};

/* ---------------------------------------------------------------- gather */

static void *zeroed(size_t number, size_t size)
{
	void *ret = calloc(number, size);

	if (!ret)
		cli_no_memory();
	return ret;
}

static char *copied(const char *text)
{
	char *ret = strdup(text);

	if (!ret)
		cli_no_memory();
	return ret;
}

static int groups_begin(struct report *report)
{
	struct groups *groups = zeroed(1, sizeof(*groups));

	groups->by = report_options.by ? report_options.by : report_by_default;
	groups->slots = zeroed(SLOTS, sizeof(*groups->slots));
	groups->list = zeroed(GROUPS_LIMIT + 1, sizeof(*groups->list));
	groups->latency = zeroed(1, sizeof(*groups->latency));
	report->state = groups;
	return CLI_OK;
}

static char *label_make(const struct report *report, const struct report_by *by,
			const struct vmscope_record_fault *fault)
{
	char buf[REPORT_NAME];
	char *stack = NULL;
	size_t size = 0;

	if (by->label)
		return copied(by->label(report, fault, buf));
	report_stack(report, fault, &stack, &size);
	return stack;
}

static struct group *group_find(struct report *report, struct groups *groups,
				const struct vmscope_record_fault *fault)
{
	struct report_key key = groups->by->key(report, fault);
	size_t slot = report_mix(key.a ^ report_mix(key.b)) % SLOTS;
	struct group *group;

	for (; (group = groups->slots[slot]); slot = (slot + 1) % SLOTS)
		if (group->key.a == key.a && group->key.b == key.b)
			return group;
	if (groups->len == GROUPS_LIMIT) {
		if (!groups->others) {
			groups->others = zeroed(1, sizeof(*group));
			groups->others->name = copied("[all others]");
		}
		return groups->others;
	}
	group = zeroed(1, sizeof(*group));
	group->key = key;
	group->name = label_make(report, groups->by, fault);
	groups->slots[slot] = group;
	groups->list[groups->len++] = group;
	return group;
}

static void group_add(struct group *group,
		      const struct vmscope_record_fault *fault)
{
	uint64_t ns;
	uint32_t *bucket;

	group->count++;
	group->major += !!(fault->flags & VMSCOPE_FAULT_MAJOR);
	if (!report_latency(fault, &ns))
		return;
	group->timed++;
	if (group->total_ns + ns < ns)
		group->total_ns = UINT64_MAX;
	else
		group->total_ns += ns;
	if (ns >= group->max_ns) {
		group->max_ns = ns;
		group->max_time_ns = fault->header.time_ns;
	}
	bucket = &group->buckets[vmscope_hist_bucket(ns)];
	if (*bucket != UINT32_MAX)
		(*bucket)++;
}

static int groups_fault(struct report *report,
			const struct vmscope_record_fault *fault)
{
	struct groups *groups = report->state;

	group_add(group_find(report, groups, fault), fault);
	group_add(&groups->sum, fault);
	return CLI_OK;
}

/* ------------------------------------------------------------------ show */

static uint64_t percentile(struct groups *groups, const struct group *group,
			   double percent)
{
	struct vmscope_latency_sum *sum = groups->latency;
	size_t i;

	sum->count = group->timed;
	sum->total_ns = group->total_ns;
	sum->max_ns = group->max_ns;
	for (i = 0; i < VMSCOPE_HIST_BUCKETS; i++)
		sum->buckets[i] = group->buckets[i];
	return vmscope_latency_percentile(sum, percent);
}

static struct groups *sorting; /* qsort() hands nothing on */

static int group_compare(const void *a, const void *b)
{
	const struct group *x = *(const struct group *const *)a;
	const struct group *y = *(const struct group *const *)b;
	uint64_t m = x->count;
	uint64_t n = y->count;

	switch (report_options.sort) {
	case REPORT_SORT_COUNT:
		break;
	case REPORT_SORT_TIME:
		m = x->total_ns;
		n = y->total_ns;
		break;
	case REPORT_SORT_MAX:
		m = x->max_ns;
		n = y->max_ns;
		break;
	case REPORT_SORT_P99:
		m = percentile(sorting, x, 99);
		n = percentile(sorting, y, 99);
		break;
	case REPORT_SORT_NAME:
		m = n;
		break;
	}
	if (m != n)
		return m > n ? -1 : 1;
	return strcmp(x->name, y->name);
}

enum group_column {
	COLUMN_COUNT,
	COLUMN_SHARE,
	COLUMN_MAJOR,
	COLUMN_TIME,
	COLUMN_P50,
	COLUMN_P99,
	COLUMN_MAX,
	COLUMN_NAME,
};

static void row_print(struct report *report, struct groups *groups,
		      struct libscols_table *table, const struct group *group,
		      const char *name)
{
	const struct {
		enum group_column column;
		uint64_t ns;
	} times[] = {
		{ COLUMN_TIME, group->total_ns },
		{ COLUMN_P50, percentile(groups, group, 50) },
		{ COLUMN_P99, percentile(groups, group, 99) },
		{ COLUMN_MAX, group->max_ns },
	};
	struct libscols_line *line = table_line(table);
	char buf[REPORT_NAME];
	size_t i;

	table_number(line, COLUMN_COUNT, group->count);
	snprintf(buf, sizeof(buf), "%.1f%%",
		 100.0 * (double)group->count /
			 (double)(groups->sum.count ? groups->sum.count : 1));
	table_text(line, COLUMN_SHARE, buf);
	table_number(line, COLUMN_MAJOR, group->major);
	/* No fault of these has a latency that is known. */
	for (i = 0; i < ARRAY_SIZE(times); i++)
		table_text(line, times[i].column,
			   group->timed ? report_duration(report->cli,
							  times[i].ns, buf) :
					  "-");
	table_text(line, COLUMN_NAME, name);
}

static void text_print(struct report *report, struct groups *groups, size_t len)
{
	char heading[16];
	const struct table_column columns[] = {
		[COLUMN_COUNT] = { "COUNT", true },
		[COLUMN_SHARE] = { "SHARE", true },
		[COLUMN_MAJOR] = { "MAJOR", true },
		[COLUMN_TIME] = { "TIME", true },
		[COLUMN_P50] = { "P50", true },
		[COLUMN_P99] = { "P99", true },
		[COLUMN_MAX] = { "MAX", true },
		[COLUMN_NAME] = { heading, false },
	};
	struct libscols_table *table;
	size_t i;

	for (i = 0; groups->by->name[i]; i++)
		heading[i] = (char)(groups->by->name[i] - 'a' + 'A');
	heading[i] = '\0';
	table = table_create(report->cli, columns, ARRAY_SIZE(columns));
	for (i = 0; i < len; i++)
		row_print(report, groups, table, groups->list[i],
			  groups->list[i]->name);
	if (report->cli->sums)
		row_print(report, groups, table, &groups->sum, "total");
	table_finish(table);
	if (len < groups->len)
		printf("%zu more are not shown; --rows=0 shows all\n",
		       groups->len - len);
}

static void json_add_timed(struct json_object *object, const char *key,
			   const struct group *group, uint64_t number)
{
	if (group->timed)
		json_add_number(object, key, number);
	else
		json_add_null(object, key);
}

static struct json_object *group_json(struct groups *groups,
				      const struct group *group)
{
	struct json_object *object = json_object_create();

	if (group->name)
		json_add_bytes(object, groups->by->name, group->name);
	json_add_number(object, "count", group->count);
	json_add_number(object, "major", group->major);
	json_add_number(object, "timed", group->timed);
	json_add_number(object, "total_ns", group->total_ns);
	json_add_timed(object, "p50_ns", group, percentile(groups, group, 50));
	json_add_timed(object, "p99_ns", group, percentile(groups, group, 99));
	json_add_timed(object, "max_ns", group, group->max_ns);
	json_add_timed(object, "max_time_ns", group, group->max_time_ns);
	return object;
}

static void json_print(struct report *report, struct groups *groups, size_t len)
{
	const struct vmscope_name *name = NULL;
	struct json_object *object = json_object_create();
	struct json_object *array = json_array_create();
	struct json_object *lost = json_object_create();
	const char *flaw = recording_flaw(report->recording);
	size_t i;

	json_add_text(object, "by", groups->by->name);
	json_add_number(object, "begin_ns", report->begin_ns);
	json_add_number(object, "end_ns", report->end_ns);
	json_add_text(object, "flaw", flaw);
	json_add_number(object, "records", report->all);
	for (i = 0; i < len; i++)
		json_append(array, group_json(groups, groups->list[i]));
	json_add(object, "rows", array);
	json_add_number(object, "rows_left_out", groups->len - len);
	json_add(object, "sum", group_json(groups, &groups->sum));
	if (report->meta->totals_known) {
		while ((name = vmscope_name_next(VMSCOPE_NAMES_LOST, name)))
			json_add_number(lost, name->name,
					report->meta->totals.lost[name->value]);
		json_add_number(object, "faults", report->meta->totals.faults);
		json_add(object, "lost", lost);
	} else {
		json_object_put(lost);
		json_add_null(object, "faults");
		json_add_null(object, "lost");
	}
	json_finish(object);
}

static int groups_end(struct report *report)
{
	struct groups *groups = report->state;
	size_t len;
	size_t i;

	sorting = groups;
	qsort(groups->list, groups->len, sizeof(*groups->list), group_compare);
	/* Not one of them, so not among them. */
	if (groups->others)
		groups->list[groups->len++] = groups->others;
	len = groups->len;
	if (report_options.rows && report_options.rows < len)
		len = report_options.rows;
	if (report->cli->json)
		json_print(report, groups, len);
	else
		text_print(report, groups, len);
	for (i = 0; i < groups->len; i++) {
		free(groups->list[i]->name);
		free(groups->list[i]);
	}
	free(groups->list);
	free(groups->slots);
	free(groups->latency);
	free(groups);
	return CLI_OK;
}

const struct report_view report_groups_view = {
	.begin = groups_begin,
	.fault = groups_fault,
	.end = groups_end,
};
