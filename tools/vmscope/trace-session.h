/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One run of tracing: the device set up, the command started, signals, and the
 * exit status.
 */
#ifndef _VMSCOPE_TRACE_SESSION_H
#define _VMSCOPE_TRACE_SESSION_H

#include <sys/resource.h>

#include "cli.h"

/* The command could not be started; as shells and env(1) have it. */
#define TRACE_NOT_FOUND 127
#define TRACE_NOT_RUN	126

/* A command that a signal killed: the signal's number is added. */
#define TRACE_SIGNALLED 128

/**
 * struct trace_session - one run
 * @cli: the program's
 * @trace: as the module set it up
 * @reader: of the rings; NULL without VMSCOPE_TRACE_F_RECORDS
 * @command: process id of the command, 0 without one
 * @command_ended: it ended
 * @command_status: as wait() gives it
 * @usage_exec: what the kernel had counted for it right before its exec
 * @usage: and at its end
 * @start_ns: CLOCK_MONOTONIC
 * @end_ns: likewise, 0 while tracing
 * @ends_ns: when the duration is over; 0 without one
 * @look_ns: when to look whether targets are left
 * @started: the device traces
 * @go: descriptor; writing to it lets the command run
 * @told: descriptor; what the command's process tells before its exec
 */
struct trace_session {
	struct cli *cli;
	struct vmscope_trace trace;
	struct vmscope_trace_reader *reader;
	pid_t command;
	bool command_ended;
	int command_status;
	struct rusage usage_exec;
	struct rusage usage;
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t ends_ns;
	uint64_t look_ns;
	bool started;
	int go;
	int told;
};

/*
 * Set up, make a process for the command, begin to trace. @flags:
 * VMSCOPE_TRACE_F_*. CLI_OK, or else the exit status, with a message printed and
 * nothing left behind.
 */
int trace_begin(struct cli *cli, uint64_t flags, struct trace_session *ret);

/* Let the command run, if there is one. Fails as trace_begin() does. */
int trace_go(struct trace_session *session);

/*
 * Wait for records, or without a reader just wait, at most until @until_ns
 * (CLOCK_MONOTONIC; 0 for as long as it takes). Returns false when it is time
 * to end: a signal, the duration, the end of the command or of all targets.
 */
bool trace_wait(struct trace_session *session, uint64_t until_ns);

/* End tracing. CLI_OK, or CLI_FAILURE with a message printed. */
int trace_stop(struct trace_session *session);

/* Totals so far. CLI_OK, or CLI_FAILURE with a message printed. */
int trace_totals(struct trace_session *session,
		 struct vmscope_trace_totals *totals,
		 struct vmscope_cause_sum *causes);

/*
 * Release everything; waits for the command, which may go on after tracing
 * ended. Returns the exit status: @status if that is an error, else the
 * command's.
 */
int trace_finish(struct trace_session *session, int status);

uint64_t trace_now(void);

/* Whom, in words: "'make all'", "process 42, process 43". */
void trace_describe(const struct trace_session *session, char *buf,
		    size_t size);

/* Say on stderr what was lost and whether the totals can be trusted. */
void trace_warn(const struct vmscope_trace_totals *totals);

#endif /* _VMSCOPE_TRACE_SESSION_H */
