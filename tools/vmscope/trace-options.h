/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all commands about page faults have in common: whom to trace, which
 * faults, for how long. They stop taking options at the first operand, which is
 * a command to be started.
 */
#ifndef _VMSCOPE_TRACE_OPTIONS_H
#define _VMSCOPE_TRACE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vmscope.h>

struct cli;

/**
 * struct trace_target - one that the user named
 * @kind: &enum vmscope_target_kind
 * @id: pid, tid or uid; of a cgroup its descriptor, once it is open
 * @text: as the user wrote it
 */
struct trace_target {
	uint64_t kind;
	uint64_t id;
	const char *text;
};

/**
 * struct trace_options - the options
 * @targets: whom
 * @targets_len: number of them, the command not counted
 * @no_children: not what they fork
 * @duration_ns: end after so long; 0 for no end
 * @interval_ns: tell each time; 0 for only at the end
 * @latency: &enum vmscope_latency that is shown
 * @latency_chosen: by the user
 * @trace: filters, as far as options set them; flags and range are added by
 *	trace_begin()
 */
struct trace_options {
	struct trace_target *targets;
	size_t targets_len;
	bool no_children;
	uint64_t duration_ns;
	uint64_t interval_ns;
	uint64_t latency;
	bool latency_chosen;
	struct vmscope_trace trace;
};

/* Setters for options that some of the commands have. */
int trace_set_interval(struct cli *cli, const char *arg);
int trace_set_latency(struct cli *cli, const char *arg);
int trace_set_process(struct cli *cli, const char *arg);
int trace_set_cause(struct cli *cli, const char *arg);
int trace_set_origin(struct cli *cli, const char *arg);
int trace_set_access(struct cli *cli, const char *arg);
int trace_set_min_latency(struct cli *cli, const char *arg);

/*
 * "1.5ms": digits, perhaps with a fraction, and a unit. Without a unit the
 * number is one of @bare, or an error if that is 0. 0 or -EINVAL.
 */
int trace_time_parse(const char *text, uint64_t bare, uint64_t *ret);

/* Is anybody named? CLI_OK, or CLI_USAGE with a message printed. */
int trace_options_check(const struct cli *cli);

#endif /* _VMSCOPE_TRACE_OPTIONS_H */
