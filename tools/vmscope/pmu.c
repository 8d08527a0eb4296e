// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "pmu.h"

#define CACHE(what, op)                               \
	((uint64_t)PERF_COUNT_HW_CACHE_##what |       \
	 (uint64_t)PERF_COUNT_HW_CACHE_OP_##op << 8 | \
	 (uint64_t)PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

enum { WALK_CYCLES = PMU_EVENTS - 1 };

static const struct {
	const char *name;
	const char *text;
	uint64_t config; /* of PERF_TYPE_HW_CACHE */
} events[PMU_EVENTS] = {
	{ "dtlb_load_misses", "dTLB load misses", CACHE(DTLB, READ) },
	{ "dtlb_store_misses", "dTLB store misses", CACHE(DTLB, WRITE) },
	{ "itlb_load_misses", "iTLB load misses", CACHE(ITLB, READ) },
	/* has no generic event */
	[WALK_CYCLES] = { "page_walk_cycles", "page-walk cycles (loads)", 0 },
};

/*
 * Raw event of cycles with a page walk for a load. Intel's manuals name it
 * DTLB_LOAD_MISSES.WALK_DURATION, later WALK_ACTIVE (with a counter mask of 1);
 * models that are not listed are not guessed about.
 */
static uint64_t walk_cycles_config(void)
{
#if defined(__x86_64__)
	static const struct {
		unsigned int model;
		uint64_t config;
	} models[] = {
		/* Haswell, Broadwell */
		{ 0x3c, 0x1008 },
		{ 0x3f, 0x1008 },
		{ 0x45, 0x1008 },
		{ 0x46, 0x1008 },
		{ 0x3d, 0x1008 },
		{ 0x47, 0x1008 },
		{ 0x4f, 0x1008 },
		{ 0x56, 0x1008 },
		/* Skylake to Comet Lake, Ice Lake to Rocket Lake */
		{ 0x4e, 0x1001008 },
		{ 0x5e, 0x1001008 },
		{ 0x55, 0x1001008 },
		{ 0x8e, 0x1001008 },
		{ 0x9e, 0x1001008 },
		{ 0xa5, 0x1001008 },
		{ 0xa6, 0x1001008 },
		{ 0x7d, 0x1001008 },
		{ 0x7e, 0x1001008 },
		{ 0x6a, 0x1001008 },
		{ 0x6c, 0x1001008 },
		{ 0x8c, 0x1001008 },
		{ 0x8d, 0x1001008 },
		{ 0xa7, 0x1001008 },
		/* Sapphire Rapids, Emerald Rapids */
		{ 0x8f, 0x1001012 },
		{ 0xcf, 0x1001012 },
	};
	unsigned int a;
	unsigned int b;
	unsigned int c;
	unsigned int d;
	unsigned int model;
	size_t i;

	if (!__get_cpuid(0, &a, &b, &c, &d) || b != signature_INTEL_ebx ||
	    !__get_cpuid(1, &a, &b, &c, &d) || (a >> 8 & 0xf) != 6)
		return 0;
	model = (a >> 4 & 0xf) | (a >> 12 & 0xf0);
	for (i = 0; i < ARRAY_SIZE(models); i++)
		if (models[i].model == model)
			return models[i].config;
#endif
	return 0;
}

static void counter_open(struct pmu_counter *counter, size_t event, pid_t pid,
			 int cpu, bool on_exec)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_HW_CACHE,
		.config = events[event].config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		.inherit = 1,
		.disabled = on_exec,
		.enable_on_exec = on_exec,
	};
	int *fds;
	int fd;

	if (event == WALK_CYCLES) {
		attr.type = PERF_TYPE_RAW;
		attr.config = walk_cycles_config();
		if (!attr.config)
			return;
	}
	fd = (int)syscall(SYS_perf_event_open, &attr, pid, cpu, -1,
			  PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return;
	fds = reallocarray(counter->fds, counter->fds_len + 1, sizeof(*fds));
	if (!fds)
		cli_no_memory();
	fds[counter->fds_len++] = fd;
	counter->fds = fds;
}

static void counters_open(struct pmu *pmu, pid_t pid, int cpu, bool on_exec)
{
	size_t i;

	for (i = 0; i < PMU_EVENTS; i++)
		counter_open(&pmu->counters[i], i, pid, cpu, on_exec);
}

static void threads_open(struct pmu *pmu, uint64_t pid)
{
	struct dirent *entry;
	char path[64];
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%llu/task",
		 (unsigned long long)pid);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		if (atoi(entry->d_name) > 0)
			counters_open(pmu, atoi(entry->d_name), -1, false);
	if (folder)
		closedir(folder);
}

static void target_open(struct pmu *pmu, const struct trace_target *target)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int cpu;

	switch (target->kind) {
	case VMSCOPE_TARGET_PROCESS:
		threads_open(pmu, target->id);
		break;
	case VMSCOPE_TARGET_THREAD:
		counters_open(pmu, (pid_t)target->id, -1, false);
		break;
	case VMSCOPE_TARGET_ALL:
		for (cpu = 0; cpu < cpus; cpu++)
			counters_open(pmu, -1, cpu, false);
		break;
	}
}

void pmu_open(const struct trace_session *session, bool wanted, struct pmu *pmu)
{
	const struct trace_options *options = &session->cli->trace;
	size_t i;

	*pmu = (struct pmu){ .wanted = wanted };
	for (i = 0; i < PMU_EVENTS; i++) {
		pmu->counters[i].name = events[i].name;
		pmu->counters[i].text = events[i].text;
	}
	if (!wanted)
		return;
	if (session->command)
		counters_open(pmu, session->command, -1, true);
	for (i = 0; i < options->targets_len; i++)
		target_open(pmu, &options->targets[i]);
}

/*
 * Counters that had to share the processor's are scaled, as perf(1) does. False
 * when it was to count and never did: then its value is not known.
 */
static bool counter_read(int fd, uint64_t *sum)
{
	struct {
		uint64_t value;
		uint64_t enabled;
		uint64_t running;
	} reply;

	if (read(fd, &reply, sizeof(reply)) != sizeof(reply) ||
	    (reply.enabled && !reply.running))
		return false;
	if (reply.running < reply.enabled)
		*sum += (uint64_t)((double)reply.value *
				   ((double)reply.enabled /
				    (double)reply.running));
	else
		*sum += reply.value;
	return true;
}

void pmu_close(struct pmu *pmu)
{
	size_t i;
	size_t j;

	for (i = 0; i < PMU_EVENTS; i++) {
		struct pmu_counter *counter = &pmu->counters[i];

		bool known = true;

		for (j = 0; j < counter->fds_len; j++) {
			known &= counter_read(counter->fds[j], &counter->value);
			close(counter->fds[j]);
		}
		if (!known)
			counter->fds_len = 0;
		free(counter->fds);
		counter->fds = NULL;
	}
}
