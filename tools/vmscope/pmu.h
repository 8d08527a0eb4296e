/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters of the processor about translation, where there are any.
 */
#ifndef _VMSCOPE_PMU_H
#define _VMSCOPE_PMU_H

#include "trace-session.h"

#define PMU_EVENTS 4

/**
 * struct pmu_counter - one of them
 * @name: key in JSON
 * @text: for people
 * @fds: descriptors, one for each thread or processor
 * @fds_len: number of them; 0 when the counter is not available
 * @value: once it was read
 */
struct pmu_counter {
	const char *name;
	const char *text;
	int *fds;
	size_t fds_len;
	uint64_t value;
};

/* @wanted: by the user */
struct pmu {
	bool wanted;
	struct pmu_counter counters[PMU_EVENTS];
};

/*
 * Begin to count, for the targets of a session whose command waits for its go.
 * What cannot be counted is left out without a message.
 */
void pmu_open(const struct trace_session *session, bool wanted,
	      struct pmu *pmu);

/* Read the values, and end counting. */
void pmu_close(struct pmu *pmu);

#endif /* _VMSCOPE_PMU_H */
