/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracing by raw requests: totals, rings, and the witnesses that the kernel has
 * for the same faults.
 */
#ifndef TRACER_H
#define TRACER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/vmscope.h>
#include <linux/vmscope_trace.h>

struct tracer {
	int fd;
	struct vmscope_trace config;
	struct vmscope_trace_totals totals;
	struct vmscope_cause_sum causes[VMSCOPE_CAUSES];
	/* rings, by CPU; NULL where there is none */
	struct vmscope_ring **ring;
};

int tracer_set_up(struct tracer *tracer, int fd, uint64_t flags);
int tracer_target(struct tracer *tracer, uint64_t kind, uint64_t id,
		  uint64_t flags);
int tracer_control(struct tracer *tracer, uint64_t op);
int tracer_totals(struct tracer *tracer);

bool tracer_map(struct tracer *tracer);
void tracer_unmap(struct tracer *tracer);
/* Each record that is there, in the order of each ring; they are given back. */
void tracer_read(struct tracer *tracer,
		 void (*see)(void *private,
			     const struct vmscope_record *record),
		 void *private);

/* Software events of one task: page faults, all, minor and major. */
struct faultcount {
	int fd[3];
};
bool faultcount_open(struct faultcount *count, pid_t pid);
void faultcount_read(struct faultcount *count, uint64_t value[3]);
void faultcount_close(struct faultcount *count);

#endif /* TRACER_H */
