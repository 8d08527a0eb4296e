// SPDX-License-Identifier: GPL-2.0
#include "json.h"
#include "stat.h"

/* What is not known of any fault is null, not 0. */
static void times_add(struct json_object *object,
		      const struct vmscope_latency_sum *sum)
{
	const struct {
		const char *key;
		uint64_t value;
	} members[] = {
		{ "total_ns", sum->total_ns },
		{ "p50_ns", vmscope_latency_percentile(sum, 50) },
		{ "p90_ns", vmscope_latency_percentile(sum, 90) },
		{ "p99_ns", vmscope_latency_percentile(sum, 99) },
		{ "max_ns", sum->max_ns },
	};
	size_t i;

	json_add_number(object, "timed_count", sum->count);
	for (i = 0; i < ARRAY_SIZE(members); i++)
		if (sum->count)
			json_add_number(object, members[i].key,
					members[i].value);
		else
			json_add_null(object, members[i].key);
}

static struct json_object *numbers_create(enum vmscope_names table,
					  const __u64 *numbers)
{
	struct json_object *object = json_object_create();
	const struct vmscope_name *name = NULL;

	while ((name = vmscope_name_next(table, name)))
		json_add_number(object, name->name, numbers[name->value]);
	return object;
}

static struct json_object *cause_create(uint64_t value,
					const struct vmscope_cause_sum *cause,
					uint64_t latency)
{
	struct json_object *object = json_object_create();
	const struct vmscope_name *name = NULL;

	json_add_name(object, "cause", VMSCOPE_NAMES_CAUSE, value);
	json_add_number(object, "count", cause->count);
	times_add(object, &cause->latency[latency]);
	json_add(object, "origins",
		 numbers_create(VMSCOPE_NAMES_ORIGIN, cause->origins));
	json_add(object, "accesses",
		 numbers_create(VMSCOPE_NAMES_ACCESS, cause->accesses));
	json_add_number(object, "major", cause->major);
	json_add_number(object, "retries", cause->retries);
	json_add_number(object, "around_pages", cause->around_pages);
	json_add_number(object, "lock_wait_ns", cause->lock_wait_ns);
	while ((name = vmscope_name_next(VMSCOPE_NAMES_LATENCY, name))) {
		struct json_object *times = json_object_create();

		times_add(times, &cause->latency[name->value]);
		json_add(object, name->name, times);
	}
	return object;
}

static struct json_object *
faults_create(const struct vmscope_trace_totals *totals)
{
	struct json_object *object = json_object_create();

	json_add_number(object, "total", totals->faults);
	json_add_number(object, "user", totals->origins[VMSCOPE_ORIGIN_USER]);
	json_add_number(object, "kernel",
			totals->origins[VMSCOPE_ORIGIN_KERNEL]);
	json_add_number(object, "gup", totals->origins[VMSCOPE_ORIGIN_GUP]);
	json_add_number(object, "minor", totals->minor);
	json_add_number(object, "major", totals->major);
	json_add_number(object, "failed", totals->failed);
	return object;
}

static void counters_add(struct json_object *object, const struct pmu *pmu)
{
	struct json_object *counters = json_object_create();
	size_t i;

	for (i = 0; i < PMU_EVENTS; i++)
		if (pmu->counters[i].fds_len)
			json_add_number(counters, pmu->counters[i].name,
					pmu->counters[i].value);
		else
			json_add_null(counters, pmu->counters[i].name);
	json_add(object, "counters", counters);
}

/* What the kernel itself counted for the command, from its exec on. */
static void rusage_add(struct json_object *object,
		       const struct trace_session *session)
{
	struct json_object *rusage = json_object_create();

	json_add_number(rusage, "minor",
			(uint64_t)(session->usage.ru_minflt -
				   session->usage_exec.ru_minflt));
	json_add_number(rusage, "major",
			(uint64_t)(session->usage.ru_majflt -
				   session->usage_exec.ru_majflt));
	json_add(object, "rusage", rusage);
}

void stat_json(const struct trace_session *session,
	       const struct stat_counts *counts, const struct pmu *pmu)
{
	const struct vmscope_trace_totals *totals = &counts->totals;
	uint64_t latency = stat_latency(session->cli, counts);
	struct json_object *object = json_object_create();
	struct json_object *causes = json_array_create();
	char whom[256];
	size_t i;

	trace_describe(session, whom, sizeof(whom));
	json_add_bytes(object, "target", whom);
	json_add_bool(object, "interval", !pmu);
	json_add_number(object, "elapsed_ns", counts->until_ns);
	json_add_number(object, "duration_ns", totals->time_ns);
	json_add_name(object, "latency", VMSCOPE_NAMES_LATENCY, latency);
	json_add(object, "faults", faults_create(totals));
	for (i = 0; i < VMSCOPE_CAUSES; i++)
		if (counts->causes[i].count)
			json_append(causes, cause_create(i, &counts->causes[i],
							 latency));
	json_add(object, "causes", causes);
	json_add(object, "lost",
		 numbers_create(VMSCOPE_NAMES_LOST, totals->lost));
	json_add_number(object, "refused", totals->refused);
	json_add_bool(object, "hooks_dead", totals->hooks_dead);
	if (pmu)
		counters_add(object, pmu);
	if (pmu && session->command_ended)
		rusage_add(object, session);
	if (session->cli->trace.interval_ns) {
		json_finish_line(object);
		putchar('\n');
	} else {
		json_finish(object);
	}
}
