// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope report: what things are called.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "report.h"

const char *report_name(enum vmscope_names table, uint64_t value,
			char buf[REPORT_NAME])
{
	const struct vmscope_name *name = vmscope_name_find(table, value);

	if (name)
		return name->name;
	snprintf(buf, REPORT_NAME, "unknown_%" PRIu64, value);
	return buf;
}

/* Any bytes, made printable. */
static const char *printable(const char *text, char buf[REPORT_NAME])
{
	char *escaped = NULL;
	size_t size = 0;

	snprintf(buf, REPORT_NAME, "%s", out_escape(text, &escaped, &size));
	free(escaped);
	return buf;
}

const char *report_map_name(const struct report *report,
			    const struct vmscope_record_fault *fault,
			    char buf[REPORT_NAME])
{
	const struct recorded_file *file;
	char kind[REPORT_NAME];

	if (!(fault->flags & VMSCOPE_FAULT_MAPPING))
		return fault->cause == VMSCOPE_CAUSE_BAD_ADDRESS ?
			       "[no mapping]" :
			       "[unknown]";
	if (!fault->inode) {
		snprintf(buf, REPORT_NAME, "[%.64s]",
			 report_name(VMSCOPE_NAMES_KIND, fault->map_kind,
				     kind));
		return buf;
	}
	file = recording_inode_find(report->meta, fault->device, fault->inode);
	if (file && *file->path)
		return printable(file->path, buf);
	snprintf(buf, REPORT_NAME,
		 "[inode %" PRIu64 " of %" PRIu64 ":%" PRIu64 "]",
		 (uint64_t)fault->inode, (uint64_t)fault->device >> 32,
		 (uint64_t)fault->device & UINT32_MAX);
	return buf;
}

bool report_place(const struct report *report,
		  const struct vmscope_record_fault *fault,
		  struct recorded_place *ret)
{
	uint64_t ip = fault->origin == VMSCOPE_ORIGIN_USER ? fault->ip :
							     fault->user_ip;

	memset(ret, 0, sizeof(*ret));
	if (!ip)
		return false;
	recording_place_find(report->meta, fault->pid, fault->header.time_ns,
			     ip, ret);
	if (!ret->mapping)
		ret->offset = ip;
	return true;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *report_place_name(const struct recorded_place *place, bool exact,
			      char buf[REPORT_NAME])
{
	const char *file = place->file ? base_name(place->file->path) : NULL;
	char name[REPORT_NAME];
	char symbol[REPORT_NAME];

	if (file)
		file = printable(file, name);
	if (place->symbol && exact && file)
		snprintf(buf, REPORT_NAME, "%.240s+0x%" PRIx64 " (%.240s)",
			 printable(place->symbol, symbol), place->symbol_offset,
			 file);
	else if (place->symbol && exact)
		snprintf(buf, REPORT_NAME, "%.480s+0x%" PRIx64,
			 printable(place->symbol, symbol),
			 place->symbol_offset);
	else if (place->symbol)
		snprintf(buf, REPORT_NAME, file ? "%.240s (%.240s)" : "%.240s",
			 printable(place->symbol, symbol), file);
	else if (file && exact)
		snprintf(buf, REPORT_NAME, "%.480s+0x%" PRIx64, file,
			 place->offset);
	else if (file)
		snprintf(buf, REPORT_NAME, "[unknown] (%.480s)", file);
	else if (place->mapping && *place->mapping->name)
		printable(place->mapping->name, buf);
	else if (exact)
		snprintf(buf, REPORT_NAME, "0x%" PRIx64, place->offset);
	else
		return "[unknown]";
	return buf;
}

const char *report_comm(const struct report *report,
			const struct vmscope_record_fault *fault,
			char buf[REPORT_NAME])
{
	const struct recorded_task *task =
		recording_task_find(report->meta, fault->pid, fault->pid);

	return printable(task ? task->comm : (const char *)fault->comm, buf);
}

const char *report_duration(const struct cli *cli, uint64_t ns,
			    char buf[REPORT_NAME])
{
	if (!cli->bytes)
		return out_time(ns, buf);
	snprintf(buf, REPORT_NAME, "%" PRIu64, ns);
	return buf;
}

/* ---------------------------------------------------------------- stacks */

struct stack {
	const struct report *report;
	const struct vmscope_record_fault *fault;
	char **buf;
	size_t *size;
	size_t len;
};

/* ";" and line ends mean something in the format, a blank ends the name. */
static void frame_add(struct stack *stack, const char *name)
{
	size_t len = strlen(name);
	char *at;

	if (*stack->size - stack->len < len + 2) {
		*stack->size = 2 * *stack->size + len + 64;
		*stack->buf = realloc(*stack->buf, *stack->size);
		if (!*stack->buf)
			cli_no_memory();
	}
	at = *stack->buf + stack->len;
	if (stack->len) {
		*at++ = ';';
		stack->len++;
	}
	memcpy(at, name, len + 1);
	stack->len += len;
	for (; *at; at++)
		if (*at == ';' || *at == '\n')
			*at = ':';
}

static void user_frame_add(struct stack *stack, uint64_t address, bool call)
{
	struct recorded_place place;
	char buf[REPORT_NAME];

	/* A return address may be the first byte of the next function. */
	recording_place_find(stack->report->meta, stack->fault->pid,
			     stack->fault->header.time_ns,
			     call ? address - 1 : address, &place);
	if (!place.mapping)
		place.offset = address;
	frame_add(stack, place.symbol ?
				 printable(place.symbol, buf) :
				 report_place_name(&place, !place.file, buf));
}

static void kernel_frame_add(struct stack *stack, uint64_t address, bool call)
{
	struct recorded_place place;
	char name[REPORT_NAME];
	char buf[REPORT_NAME + 8];

	recording_kernel_place_find(stack->report->meta,
				    call ? address - 1 : address, &place);
	snprintf(buf, sizeof(buf), "%s_[k]",
		 place.symbol ? printable(place.symbol, name) : "[unknown]");
	frame_add(stack, buf);
}

const char *report_stack(const struct report *report,
			 const struct vmscope_record_fault *fault, char **buf,
			 size_t *size)
{
	struct stack stack = { report, fault, buf, size, 0 };
	const uint64_t *kernel;
	const uint64_t *user;
	char name[REPORT_NAME];
	size_t i;

	vmscope_record_stacks(fault, &user, &kernel);
	frame_add(&stack, printable((const char *)fault->comm, name));
	for (i = fault->user_stack_len; i--;)
		user_frame_add(&stack, user[i], true);
	if (fault->origin == VMSCOPE_ORIGIN_USER) {
		if (fault->ip)
			user_frame_add(&stack, fault->ip, false);
		return *buf;
	}
	if (fault->user_ip)
		user_frame_add(&stack, fault->user_ip, false);
	for (i = fault->kernel_stack_len; i--;)
		kernel_frame_add(&stack, kernel[i], true);
	if (fault->origin == VMSCOPE_ORIGIN_KERNEL && fault->ip)
		kernel_frame_add(&stack, fault->ip, false);
	else if (fault->origin == VMSCOPE_ORIGIN_KERNEL)
		frame_add(&stack, "[kernel]");
	else
		frame_add(&stack, "[gup]");
	return *buf;
}
