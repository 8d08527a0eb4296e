// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope report: what faults can be grouped by.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "report.h"

/* Ranges by address are of this size, one table of the lowest level. */
#define RANGE_SHIFT 21

static struct report_key cause_key(const struct report *report,
				   const struct vmscope_record_fault *fault)
{
	(void)report;
	return (struct report_key){ fault->cause, 0 };
}

static const char *cause_label(const struct report *report,
			       const struct vmscope_record_fault *fault,
			       char buf[REPORT_NAME])
{
	(void)report;
	return report_name(VMSCOPE_NAMES_CAUSE, fault->cause, buf);
}

static struct report_key origin_key(const struct report *report,
				    const struct vmscope_record_fault *fault)
{
	(void)report;
	return (struct report_key){ fault->origin, 0 };
}

static const char *origin_label(const struct report *report,
				const struct vmscope_record_fault *fault,
				char buf[REPORT_NAME])
{
	(void)report;
	return report_name(VMSCOPE_NAMES_ORIGIN, fault->origin, buf);
}

static struct report_key access_key(const struct report *report,
				    const struct vmscope_record_fault *fault)
{
	(void)report;
	return (struct report_key){ fault->access, 0 };
}

static const char *access_label(const struct report *report,
				const struct vmscope_record_fault *fault,
				char buf[REPORT_NAME])
{
	(void)report;
	return report_name(VMSCOPE_NAMES_ACCESS, fault->access, buf);
}

static struct report_key process_key(const struct report *report,
				     const struct vmscope_record_fault *fault)
{
	(void)report;
	return (struct report_key){ fault->pid, 0 };
}

static const char *process_label(const struct report *report,
				 const struct vmscope_record_fault *fault,
				 char buf[REPORT_NAME])
{
	char comm[REPORT_NAME];

	snprintf(buf, REPORT_NAME, "%" PRIu32 " %.64s", fault->pid,
		 report_comm(report, fault, comm));
	return buf;
}

static struct report_key thread_key(const struct report *report,
				    const struct vmscope_record_fault *fault)
{
	(void)report;
	return (struct report_key){ fault->pid, fault->tid };
}

static const char *thread_label(const struct report *report,
				const struct vmscope_record_fault *fault,
				char buf[REPORT_NAME])
{
	char *escaped = NULL;
	size_t size = 0;

	(void)report;
	snprintf(buf, REPORT_NAME, "%" PRIu32 "/%" PRIu32 " %.64s", fault->pid,
		 fault->tid,
		 out_escape((const char *)fault->comm, &escaped, &size));
	free(escaped);
	return buf;
}

static struct report_key mapping_key(const struct report *report,
				     const struct vmscope_record_fault *fault)
{
	(void)report;
	if (!(fault->flags & VMSCOPE_FAULT_MAPPING))
		return (struct report_key){ fault->target_pid, UINT64_MAX };
	return (struct report_key){ fault->target_pid, fault->map_start };
}

static const char *mapping_label(const struct report *report,
				 const struct vmscope_record_fault *fault,
				 char buf[REPORT_NAME])
{
	char name[REPORT_NAME];
	const char *map = report_map_name(report, fault, name);
	char perms[5];

	if (!(fault->flags & VMSCOPE_FAULT_MAPPING)) {
		snprintf(buf, REPORT_NAME, "%" PRIu32 " %s", fault->target_pid,
			 map);
		return buf;
	}
	vmscope_map_perms(fault->map_flags, perms);
	snprintf(buf, REPORT_NAME,
		 "%" PRIu32 " %012" PRIx64 "-%012" PRIx64 " %s %.400s",
		 fault->target_pid, (uint64_t)fault->map_start,
		 (uint64_t)fault->map_end, perms, map);
	return buf;
}

static struct report_key file_key(const struct report *report,
				  const struct vmscope_record_fault *fault)
{
	(void)report;
	if (!(fault->flags & VMSCOPE_FAULT_MAPPING))
		return (struct report_key){
			UINT64_MAX, fault->cause == VMSCOPE_CAUSE_BAD_ADDRESS
		};
	if (!fault->inode)
		return (struct report_key){ UINT64_MAX - 1, fault->map_kind };
	return (struct report_key){ fault->device, fault->inode };
}

/* A symbol is told apart by where its name is kept, a mapping by its name. */
static struct report_key symbol_key(const struct report *report,
				    const struct vmscope_record_fault *fault)
{
	struct recorded_place place;
	struct report_key key = { 0, 0 };
	const char *c;

	if (!report_place(report, fault, &place))
		return key;
	key.a = (uintptr_t)place.file;
	if (place.file || place.symbol)
		key.b = (uintptr_t)place.symbol;
	else if (place.mapping)
		for (c = place.mapping->name; *c; c++)
			key.b = report_mix(key.b + (unsigned char)*c);
	return key;
}

static const char *symbol_label(const struct report *report,
				const struct vmscope_record_fault *fault,
				char buf[REPORT_NAME])
{
	struct recorded_place place;

	if (!report_place(report, fault, &place))
		return "[unknown]";
	return report_place_name(&place, false, buf);
}

/* Two sums over the names: other addresses in a function are the same stack. */
static struct report_key stack_key(const struct report *report,
				   const struct vmscope_record_fault *fault)
{
	static char *stack;
	static size_t size;
	struct report_key key = { 0, 1 };
	const char *c;

	for (c = report_stack(report, fault, &stack, &size); *c; c++) {
		key.a = report_mix(key.a ^ (unsigned char)*c);
		key.b = (key.b ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	}
	return key;
}

static struct report_key range_key(const struct report *report,
				   const struct vmscope_record_fault *fault)
{
	(void)report;
	return (struct report_key){ fault->target_pid,
				    fault->address >> RANGE_SHIFT };
}

static const char *range_label(const struct report *report,
			       const struct vmscope_record_fault *fault,
			       char buf[REPORT_NAME])
{
	uint64_t start = fault->address >> RANGE_SHIFT << RANGE_SHIFT;
	char name[REPORT_NAME];

	snprintf(buf, REPORT_NAME,
		 "%" PRIu32 " %012" PRIx64 "-%012" PRIx64 " %.400s",
		 fault->target_pid, start, start + (1 << RANGE_SHIFT),
		 report_map_name(report, fault, name));
	return buf;
}

static const struct report_by bys[] = {
	{ "cause", cause_key, cause_label },
	{ "origin", origin_key, origin_label },
	{ "access", access_key, access_label },
	{ "process", process_key, process_label },
	{ "thread", thread_key, thread_label },
	{ "mapping", mapping_key, mapping_label },
	{ "file", file_key, report_map_name },
	{ "symbol", symbol_key, symbol_label },
	{ "stack", stack_key, NULL },
	{ "range", range_key, range_label },
};

const struct report_by *const report_by_default = &bys[0];

const struct report_by *report_by_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bys); i++)
		if (strcmp(bys[i].name, name) == 0)
			return &bys[i];
	return NULL;
}
