// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "out.h"

bool fault_latency(const struct vmscope_record_fault *fault, uint64_t *ns,
		   uint64_t *which)
{
	if (fault->flags & VMSCOPE_FAULT_EXCEPTION) {
		*ns = fault->exception_ns;
		*which = VMSCOPE_LATENCY_EXCEPTION;
		return true;
	}
	if (fault->flags & VMSCOPE_FAULT_HANDLER) {
		*ns = fault->handler_ns;
		*which = VMSCOPE_LATENCY_HANDLER;
		return true;
	}
	return false;
}

/* Straight from the table: this is done for each of very many faults. */
static const char *name_of(enum vmscope_names table, uint64_t value)
{
	const struct vmscope_name *name = vmscope_name_find(table, value);

	return name ? name->name : "?";
}

static double seconds(uint64_t time_ns, uint64_t start_ns)
{
	return time_ns >= start_ns ? (double)(time_ns - start_ns) / 1e9 :
				     -(double)(start_ns - time_ns) / 1e9;
}

void fault_text_headings(FILE *stream)
{
	fputs("       TIME PID/TID     COMM            ACCESS ORIGIN CAUSE         LATENCY        ADDRESS WHERE, BY WHICH INSTRUCTION\n",
	      stream);
}

static void where_print(FILE *stream, struct symbols *symbols,
			const struct vmscope_record_fault *fault)
{
	static char *buf;
	static size_t size;
	uint64_t offset;
	const char *where = symbols_mapping(symbols, fault, &offset);

	if (where)
		fprintf(stream, "%s+0x%" PRIx64, out_escape(where, &buf, &size),
			offset);
	else
		fputs("-", stream);
}

static void instruction_print(FILE *stream, struct symbols *symbols,
			      const struct vmscope_record_fault *fault,
			      uint64_t ip)
{
	static char *buf;
	static size_t size;
	const char *name = symbols_name(symbols, fault->pid, ip);

	if (name)
		fputs(out_escape(name, &buf, &size), stream);
	else
		fprintf(stream, "0x%" PRIx64, ip);
}

/* What is out of the ordinary about it. */
static void remarks_print(FILE *stream,
			  const struct vmscope_record_fault *fault)
{
	if (fault->flags & VMSCOPE_FAULT_REMOTE)
		fprintf(stream, " of process %" PRIu32, fault->target_pid);
	if (fault->signal)
		fprintf(stream, " SIG%s",
			sigabbrev_np(fault->signal) ?
				sigabbrev_np(fault->signal) :
				"?");
	else if (fault->flags & VMSCOPE_FAULT_FAILED)
		fputs(" failed", stream);
}

void fault_text(FILE *stream, struct symbols *symbols,
		const struct vmscope_record_fault *fault, uint64_t start_ns)
{
	char who[24];
	char latency[OUT_SIZE_LEN + 4] = "-";
	char time[OUT_SIZE_LEN];
	static char *comm;
	static size_t comm_size;
	uint64_t ns;
	uint64_t which;

	if (fault->pid == fault->tid)
		snprintf(who, sizeof(who), "%" PRIu32, fault->pid);
	else
		snprintf(who, sizeof(who), "%" PRIu32 "/%" PRIu32, fault->pid,
			 fault->tid);
	if (fault_latency(fault, &ns, &which))
		snprintf(latency, sizeof(latency), "%s%s", out_time(ns, time),
			 which == VMSCOPE_LATENCY_HANDLER ? "*" : "");
	fprintf(stream,
		"%11.6f %-11s %-15s %-6s %-6s %-12s %8s 0x%012" PRIx64 " ",
		seconds(fault->header.time_ns, start_ns), who,
		out_escape((const char *)fault->comm, &comm, &comm_size),
		name_of(VMSCOPE_NAMES_ACCESS, fault->access),
		name_of(VMSCOPE_NAMES_ORIGIN, fault->origin),
		name_of(VMSCOPE_NAMES_CAUSE, fault->cause), latency,
		(uint64_t)fault->address);
	where_print(stream, symbols, fault);
	if (fault->ip) {
		fputs(", ", stream);
		instruction_print(stream, symbols, fault, fault->ip);
	}
	if (fault->user_ip && fault->user_ip != fault->ip) {
		fputs(fault->ip ? " for " : ", for ", stream);
		instruction_print(stream, symbols, fault, fault->user_ip);
	}
	remarks_print(stream, fault);
	putc('\n', stream);
}

void fault_text_stacks(FILE *stream, struct symbols *symbols,
		       const struct vmscope_record_fault *fault)
{
	const uint64_t *user;
	const uint64_t *kernel;
	size_t i;

	vmscope_record_stacks(fault, &user, &kernel);
	for (i = 0; i < fault->kernel_stack_len; i++) {
		fputs("                > ", stream);
		instruction_print(stream, symbols, fault, kernel[i]);
		putc('\n', stream);
	}
	for (i = 0; i < fault->user_stack_len; i++) {
		fputs("                > ", stream);
		instruction_print(stream, symbols, fault, user[i]);
		putc('\n', stream);
	}
}

void fault_text_lost(FILE *stream, const struct vmscope_record_lost *lost,
		     uint64_t start_ns)
{
	const struct vmscope_name *name = NULL;
	bool first = true;

	fprintf(stream, "%11.6f --- lost here, on processor %" PRIu32 ":",
		seconds(lost->header.time_ns, start_ns), lost->header.cpu);
	while ((name = vmscope_name_next(VMSCOPE_NAMES_LOST, name))) {
		if (!lost->lost[name->value])
			continue;
		fprintf(stream, "%s %" PRIu64 " (%s)", first ? "" : ",",
			(uint64_t)lost->lost[name->value], name->name);
		first = false;
	}
	fputs(" ---\n", stream);
}
