// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope report: a line for each fault, as JSON or CSV, and stacks folded into
 * lines for flame graphs.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "out.h"
#include "report.h"

/* The instruction may be hidden, and get_user_pages() has none. */
static bool has_ip(const struct vmscope_record_fault *fault)
{
	return fault->origin != VMSCOPE_ORIGIN_GUP &&
	       (fault->ip || !(fault->flags & VMSCOPE_FAULT_HIDDEN));
}

/* ------------------------------------------- lines as vmscope trace has them */

/* Names come from the recording, as of the time of the fault that is shown. */
struct names {
	const struct report *report;
	uint64_t time_ns;
	char *text;
	struct symbols_source source;
	struct symbols *symbols;
};

static const char *mapping_name(void *data,
				const struct vmscope_record_fault *fault,
				uint64_t *offset)
{
	const struct names *names = data;
	const struct vmscope_name *kind;
	const struct recorded_file *file = NULL;

	if (fault->inode)
		file = recording_inode_find(names->report->meta, fault->device,
					    fault->inode);
	*offset = file ? fault->offset : fault->address - fault->map_start;
	if (file)
		return file->path;
	kind = vmscope_name_find(VMSCOPE_NAMES_KIND, fault->map_kind);
	return kind ? kind->name : "unknown";
}

static const char *address_name(void *data, uint32_t pid, uint64_t address)
{
	struct names *names = data;
	struct recorded_place place;
	const char *file = NULL;
	int len = 0;

	if (address >> 63)
		recording_kernel_place_find(names->report->meta, address,
					    &place);
	else
		recording_place_find(names->report->meta, pid, names->time_ns,
				     address, &place);
	if (place.file) {
		file = strrchr(place.file->path, '/');
		file = file ? file + 1 : place.file->path;
	}
	free(names->text);
	names->text = NULL;
	if (place.symbol && file)
		len = asprintf(&names->text, "%s+0x%" PRIx64 " (%s)",
			       place.symbol, place.symbol_offset, file);
	else if (place.symbol)
		len = asprintf(&names->text, "%s+0x%" PRIx64, place.symbol,
			       place.symbol_offset);
	else if (file)
		len = asprintf(&names->text, "%s+0x%" PRIx64, file,
			       place.offset);
	if (len < 0)
		cli_no_memory();
	return names->text;
}

static int lines_begin(struct report *report)
{
	struct names *names = calloc(1, sizeof(*names));

	if (!names)
		cli_no_memory();
	names->report = report;
	names->source = (struct symbols_source){
		.mapping = mapping_name,
		.name = address_name,
		.data = names,
	};
	names->symbols = symbols_from(&names->source);
	report->state = names;
	return CLI_OK;
}

static int lines_end(struct report *report)
{
	struct names *names = report->state;

	symbols_close(names->symbols);
	free(names->text);
	free(names);
	return CLI_OK;
}

static int json_fault(struct report *report,
		      const struct vmscope_record_fault *fault)
{
	struct names *names = report->state;

	names->time_ns = fault->header.time_ns;
	fault_json(stdout, names->symbols, fault);
	return CLI_OK;
}

const struct report_view report_json_view = {
	.begin = lines_begin,
	.fault = json_fault,
	.end = lines_end,
};

static int list_begin(struct report *report)
{
	if (report->cli->headings)
		fault_text_headings(stdout);
	return lines_begin(report);
}

static int list_fault(struct report *report,
		      const struct vmscope_record_fault *fault)
{
	struct names *names = report->state;

	names->time_ns = fault->header.time_ns;
	fault_text(stdout, names->symbols, fault, report->begin_ns);
	fault_text_stacks(stdout, names->symbols, fault);
	return CLI_OK;
}

static int list_other(struct report *report,
		      const struct vmscope_record *record)
{
	if (record->type == VMSCOPE_RECORD_LOST)
		fault_text_lost(stdout, (const void *)record, report->begin_ns);
	return CLI_OK;
}

const struct report_view report_list_view = {
	.begin = list_begin,
	.fault = list_fault,
	.other = list_other,
	.end = lines_end,
};

/* ------------------------------------------------------------------- CSV */

static int csv_begin(struct report *report)
{
	if (report->cli->headings)
		puts("time_ns,pid,tid,comm,address,ip,access,origin,cause,"
		     "latency_ns,exception_ns,handler_ns,cpu,target_pid,major,"
		     "map_start,map_end,mapping,symbol");
	return CLI_OK;
}

/* Always quoted; a quote becomes two. */
static void csv_text(const char *text)
{
	fputs(",\"", stdout);
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void csv_number(bool known, uint64_t number)
{
	if (known)
		printf(",%" PRIu64, number);
	else
		putchar(',');
}

static void csv_address(bool known, uint64_t address)
{
	if (known)
		printf(",0x%" PRIx64, address);
	else
		putchar(',');
}

static int csv_fault(struct report *report,
		     const struct vmscope_record_fault *fault)
{
	bool mapped = fault->flags & VMSCOPE_FAULT_MAPPING;
	char comm[sizeof(fault->comm) + 1] = "";
	struct recorded_place place;
	char buf[REPORT_NAME];
	char *escaped = NULL;
	size_t size = 0;
	uint64_t ns;
	bool timed = report_latency(fault, &ns);

	memcpy(comm, fault->comm, sizeof(fault->comm));
	printf("%" PRIu64 ",%" PRIu32 ",%" PRIu32,
	       (uint64_t)fault->header.time_ns, fault->pid, fault->tid);
	csv_text(out_escape(comm, &escaped, &size));
	free(escaped);
	csv_address(true, fault->address);
	csv_address(has_ip(fault), fault->ip);
	printf(",%s", report_name(VMSCOPE_NAMES_ACCESS, fault->access, buf));
	printf(",%s", report_name(VMSCOPE_NAMES_ORIGIN, fault->origin, buf));
	printf(",%s", report_name(VMSCOPE_NAMES_CAUSE, fault->cause, buf));
	csv_number(timed, ns);
	csv_number(fault->flags & VMSCOPE_FAULT_EXCEPTION, fault->exception_ns);
	csv_number(fault->flags & VMSCOPE_FAULT_HANDLER, fault->handler_ns);
	csv_number(true, fault->header.cpu);
	csv_number(true, fault->target_pid);
	csv_number(true, !!(fault->flags & VMSCOPE_FAULT_MAJOR));
	csv_address(mapped, fault->map_start);
	csv_address(mapped, fault->map_end);
	csv_text(report_map_name(report, fault, buf));
	if (report_place(report, fault, &place))
		csv_text(report_place_name(&place, true, buf));
	else
		putchar(',');
	putchar('\n');
	return CLI_OK;
}

static int csv_end(struct report *report)
{
	(void)report;
	return CLI_OK;
}

const struct report_view report_csv_view = {
	.begin = csv_begin,
	.fault = csv_fault,
	.end = csv_end,
};

/* ---------------------------------------------------------------- folded */

/*
 * Stacks are counted in a table of a fixed size. A stack whose place is taken
 * puts the other one out: a line each time, which programs that draw flame
 * graphs add up.
 */
#define STACKS 16384

struct folded {
	char *stack;
	uint64_t count;
};

static void folded_put(struct folded *folded)
{
	if (folded->count)
		printf("%s %" PRIu64 "\n", folded->stack, folded->count);
	free(folded->stack);
	folded->stack = NULL;
	folded->count = 0;
}

static int folded_begin(struct report *report)
{
	report->state = calloc(STACKS, sizeof(struct folded));
	if (!report->state)
		cli_no_memory();
	return CLI_OK;
}

static int folded_fault(struct report *report,
			const struct vmscope_record_fault *fault)
{
	struct folded *table = report->state;
	char name[REPORT_NAME];
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char *stack = NULL;
	size_t size = 0;
	size_t len;
	char *c;

	report_stack(report, fault, &stack, &size);
	len = strlen(stack);
	stack = realloc(stack, len + REPORT_NAME + 4);
	if (!stack)
		cli_no_memory();
	sprintf(stack + len, ";[%s]",
		report_name(VMSCOPE_NAMES_CAUSE, fault->cause, name));
	for (c = stack; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	table += hash % STACKS;
	if (table->stack && strcmp(table->stack, stack) == 0) {
		free(stack);
	} else {
		folded_put(table);
		table->stack = stack;
	}
	table->count++;
	return CLI_OK;
}

static int folded_end(struct report *report)
{
	struct folded *table = report->state;
	size_t i;

	for (i = 0; i < STACKS; i++)
		folded_put(&table[i]);
	free(table);
	return CLI_OK;
}

const struct report_view report_folded_view = {
	.begin = folded_begin,
	.fault = folded_fault,
	.end = folded_end,
};
