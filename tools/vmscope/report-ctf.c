// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope report --ctf: a trace in the Common Trace Format 1.8, for babeltrace2
 * and Trace Compass. One stream; everything in it is aligned to bytes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

#define PACKET_BYTES (256 * 1024)

struct packet_context {
	uint32_t magic;
	uint32_t stream_id;
	uint64_t timestamp_begin;
	uint64_t timestamp_end;
	uint64_t content_size; /* in bits */
	uint64_t packet_size;
	uint64_t events_discarded; /* since the trace began */
} __attribute__((packed));

struct ctf {
	FILE *stream;
	char *stream_path;
	unsigned char *bytes;
	size_t len;
	size_t room;
	uint64_t begin_ns;
	uint64_t last_ns;
};

enum ctf_event { CTF_PAGE_FAULT, CTF_FORK, CTF_EXEC, CTF_EXIT };

/* -------------------------------------------------------------- metadata */

static void enum_print(FILE *file, const char *name, const char *integer,
		       enum vmscope_names table)
{
	const struct vmscope_name *value = NULL;

	fprintf(file, "typealias enum : %s {", integer);
	while ((value = vmscope_name_next(table, value)))
		fprintf(file, " \"%s\" = %" PRIu64 ",", value->name,
			value->value);
	fprintf(file, " } := %s;\n", name);
}

/* A string of TSDL. */
static void text_print(FILE *file, const char *name, const char *text)
{
	fprintf(file, "\t%s = \"", name);
	for (; text && *text; text++)
		if (*text >= ' ' && *text <= '~' && *text != '"' &&
		    *text != '\\')
			fputc(*text, file);
		else
			fprintf(file, "\\%03o", (unsigned char)*text);
	fputs("\";\n", file);
}

static void metadata_print(FILE *file, const struct report *report)
{
	const struct recorded_machine *machine = &report->meta->machine;
	const struct recorded_clock *clock = &report->meta->clock;
	int64_t offset = (int64_t)(clock->realtime_ns - clock->monotonic_ns);

	/* The first bytes are what readers know the format by. */
	fputs("/* CTF 1.8 */\n"
	      "typealias integer { size = 8; align = 8; } := uint8_t;\n"
	      "typealias integer { size = 16; align = 8; } := uint16_t;\n"
	      "typealias integer { size = 32; align = 8; } := uint32_t;\n"
	      "typealias integer { size = 64; align = 8; } := uint64_t;\n"
	      "typealias integer { size = 32; align = 8; base = 16; } := hex32_t;\n"
	      "typealias integer { size = 64; align = 8; base = 16; } := hex64_t;\n"
	      "\n"
	      "trace {\n"
	      "\tmajor = 1;\n"
	      "\tminor = 8;\n"
	      "\tbyte_order = le;\n"
	      "\tpacket.header := struct {\n"
	      "\t\tuint32_t magic;\n"
	      "\t\tuint32_t stream_id;\n"
	      "\t};\n"
	      "};\n"
	      "\n"
	      "env {\n",
	      file);
	text_print(file, "tracer_name", "vmscope");
	text_print(file, "tracer_version", machine->program);
	text_print(file, "kernel_release", machine->release);
	text_print(file, "command", machine->command);
	fprintf(file,
		"};\n"
		"\n"
		"clock {\n"
		"\tname = \"monotonic\";\n"
		"\tdescription = \"CLOCK_MONOTONIC of the recorded machine\";\n"
		"\tfreq = 1000000000;\n"
		"\toffset = %" PRId64 ";\n"
		"};\n"
		"\n"
		"typealias integer { size = 64; align = 8; map = clock.monotonic.value; } := clock_t;\n",
		clock->known ? offset : 0);
	enum_print(file, "cause_t", "uint16_t", VMSCOPE_NAMES_CAUSE);
	enum_print(file, "origin_t", "uint8_t", VMSCOPE_NAMES_ORIGIN);
	enum_print(file, "access_t", "uint8_t", VMSCOPE_NAMES_ACCESS);
	fputs("\n"
	      "stream {\n"
	      "\tid = 0;\n"
	      "\tpacket.context := struct {\n"
	      "\t\tclock_t timestamp_begin;\n"
	      "\t\tclock_t timestamp_end;\n"
	      "\t\tuint64_t content_size;\n"
	      "\t\tuint64_t packet_size;\n"
	      "\t\tuint64_t events_discarded;\n"
	      "\t};\n"
	      "\tevent.header := struct {\n"
	      "\t\tuint16_t id;\n"
	      "\t\tclock_t timestamp;\n"
	      "\t};\n"
	      "\tevent.context := struct {\n"
	      "\t\tuint32_t cpu_id;\n"
	      "\t\tuint32_t pid;\n"
	      "\t\tuint32_t tid;\n"
	      "\t\tstring comm;\n"
	      "\t};\n"
	      "};\n"
	      "\n"
	      "event {\n"
	      "\tid = 0;\n"
	      "\tname = \"page_fault\";\n"
	      "\tstream_id = 0;\n"
	      "\tfields := struct {\n"
	      "\t\tcause_t cause;\n"
	      "\t\torigin_t origin;\n"
	      "\t\taccess_t access;\n"
	      "\t\tuint8_t latency_known;\n"
	      "\t\tuint64_t latency_ns;\n"
	      "\t\tuint64_t exception_ns;\n"
	      "\t\tuint64_t handler_ns;\n"
	      "\t\tuint64_t lock_wait_ns;\n"
	      "\t\thex64_t address;\n"
	      "\t\thex64_t ip;\n"
	      "\t\thex64_t user_ip;\n"
	      "\t\thex32_t flags;\n"
	      "\t\tuint32_t target_pid;\n"
	      "\t\thex64_t map_start;\n"
	      "\t\thex64_t map_end;\n"
	      "\t\tstring mapping;\n"
	      "\t\tstring symbol;\n"
	      "\t\tuint16_t user_stack_len;\n"
	      "\t\thex64_t user_stack[user_stack_len];\n"
	      "\t\tuint16_t kernel_stack_len;\n"
	      "\t\thex64_t kernel_stack[kernel_stack_len];\n"
	      "\t};\n"
	      "};\n",
	      file);
	fprintf(file,
		"\nevent {\n\tid = %d;\n\tname = \"fork\";\n\tstream_id = 0;\n"
		"\tfields := struct {\n\t\tuint32_t parent_pid;\n"
		"\t\tuint32_t parent_tid;\n\t};\n};\n",
		CTF_FORK);
	fprintf(file,
		"\nevent {\n\tid = %d;\n\tname = \"exec\";\n\tstream_id = 0;\n};\n",
		CTF_EXEC);
	fprintf(file,
		"\nevent {\n\tid = %d;\n\tname = \"exit\";\n\tstream_id = 0;\n};\n",
		CTF_EXIT);
}

/* ---------------------------------------------------------------- stream */

static void bytes_put(struct ctf *ctf, const void *bytes, size_t len)
{
	if (ctf->room - ctf->len < len) {
		ctf->room = 2 * ctf->room + len + 4096;
		ctf->bytes = realloc(ctf->bytes, ctf->room);
		if (!ctf->bytes)
			cli_no_memory();
	}
	if (len)
		memcpy(ctf->bytes + ctf->len, bytes, len);
	ctf->len += len;
}

static void u8_put(struct ctf *ctf, uint8_t value)
{
	bytes_put(ctf, &value, sizeof(value));
}

static void u16_put(struct ctf *ctf, uint16_t value)
{
	bytes_put(ctf, &value, sizeof(value));
}

static void u32_put(struct ctf *ctf, uint32_t value)
{
	bytes_put(ctf, &value, sizeof(value));
}

static void u64_put(struct ctf *ctf, uint64_t value)
{
	bytes_put(ctf, &value, sizeof(value));
}

static void string_put(struct ctf *ctf, const char *text)
{
	bytes_put(ctf, text, strlen(text) + 1);
}

/* Everything that was lost up to here, but on purpose. */
static uint64_t discarded(const struct report *report)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < VMSCOPE_LOSTS; i++)
		if (i != VMSCOPE_LOST_SAMPLED && i != VMSCOPE_LOST_SLOT)
			sum += report->lost[i];
	return sum;
}

static void packet_finish(struct report *report, struct ctf *ctf)
{
	struct packet_context context = {
		.magic = 0xc1fc1fc1,
		.timestamp_begin = ctf->begin_ns,
		.timestamp_end = ctf->last_ns,
		.content_size = 8 * ctf->len,
		.packet_size = 8 * ctf->len,
		.events_discarded = discarded(report),
	};

	if (ctf->len <= sizeof(context))
		return;
	memcpy(ctf->bytes, &context, sizeof(context));
	fwrite(ctf->bytes, 1, ctf->len, ctf->stream);
	ctf->len = 0;
}

/*
 * Times must not fall in a stream. A record that came late gets the time of the
 * one before it.
 */
static void event_begin(struct report *report, struct ctf *ctf,
			enum ctf_event id, const struct vmscope_record *record,
			uint32_t pid, uint32_t tid, const uint8_t comm[16])
{
	static const struct packet_context none;
	char text[17] = "";
	uint64_t time_ns = record->time_ns;

	if (time_ns < ctf->last_ns)
		time_ns = ctf->last_ns;
	if (ctf->len >= PACKET_BYTES)
		packet_finish(report, ctf);
	if (!ctf->len) {
		bytes_put(ctf, &none, sizeof(none));
		ctf->begin_ns = time_ns;
	}
	ctf->last_ns = time_ns;
	memcpy(text, comm, 16);
	u16_put(ctf, (uint16_t)id);
	u64_put(ctf, time_ns);
	u32_put(ctf, record->cpu);
	u32_put(ctf, pid);
	u32_put(ctf, tid);
	string_put(ctf, text);
}

static int ctf_fault(struct report *report,
		     const struct vmscope_record_fault *fault)
{
	struct ctf *ctf = report->state;
	struct recorded_place place;
	char buf[REPORT_NAME];
	const uint64_t *kernel;
	const uint64_t *user;
	uint64_t ns;
	bool timed = report_latency(fault, &ns);

	vmscope_record_stacks(fault, &user, &kernel);
	event_begin(report, ctf, CTF_PAGE_FAULT, &fault->header, fault->pid,
		    fault->tid, fault->comm);
	u16_put(ctf, fault->cause);
	u8_put(ctf, fault->origin);
	u8_put(ctf, fault->access);
	u8_put(ctf, timed);
	u64_put(ctf, timed ? ns : 0);
	u64_put(ctf, fault->exception_ns);
	u64_put(ctf, fault->handler_ns);
	u64_put(ctf, fault->lock_wait_ns);
	u64_put(ctf, fault->address);
	u64_put(ctf, fault->ip);
	u64_put(ctf, fault->user_ip);
	u32_put(ctf, fault->flags);
	u32_put(ctf, fault->target_pid);
	u64_put(ctf, fault->map_start);
	u64_put(ctf, fault->map_end);
	string_put(ctf, report_map_name(report, fault, buf));
	string_put(ctf, report_place(report, fault, &place) ?
				report_place_name(&place, true, buf) :
				"");
	u16_put(ctf, fault->user_stack_len);
	bytes_put(ctf, user, 8 * (size_t)fault->user_stack_len);
	u16_put(ctf, fault->kernel_stack_len);
	bytes_put(ctf, kernel, 8 * (size_t)fault->kernel_stack_len);
	return CLI_OK;
}

static int ctf_other(struct report *report, const struct vmscope_record *record)
{
	static const enum ctf_event ids[] = {
		[VMSCOPE_RECORD_FORK] = CTF_FORK,
		[VMSCOPE_RECORD_EXEC] = CTF_EXEC,
		[VMSCOPE_RECORD_EXIT] = CTF_EXIT,
	};
	const struct vmscope_record_task *task = (const void *)record;
	struct ctf *ctf = report->state;

	if (record->type >= ARRAY_SIZE(ids) || !ids[record->type])
		return CLI_OK;
	event_begin(report, ctf, ids[record->type], record, task->pid,
		    task->tid, task->comm);
	if (record->type == VMSCOPE_RECORD_FORK) {
		u32_put(ctf, task->parent_pid);
		u32_put(ctf, task->parent_tid);
	}
	return CLI_OK;
}

static int file_failure(const char *path)
{
	return cli_failure("%s: cannot be written (%s); name another folder",
			   path, strerror(errno));
}

static int metadata_write(const struct report *report)
{
	char *path;
	FILE *file;
	int err = CLI_OK;

	if (asprintf(&path, "%s/metadata", report_options.path) < 0)
		cli_no_memory();
	file = fopen(path, "we");
	if (file)
		metadata_print(file, report);
	if (!file || ferror(file) | fclose(file))
		err = file_failure(path);
	free(path);
	return err;
}

static int ctf_begin(struct report *report)
{
	const char *folder = report_options.path;
	struct ctf *ctf;
	int err;

	/* Files of another trace in it would become part of this one. */
	if (mkdir(folder, 0777))
		return cli_failure(
			"%s: cannot be made (%s); name a folder that does not exist",
			folder, strerror(errno));
	err = metadata_write(report);
	if (err)
		return err;
	ctf = calloc(1, sizeof(*ctf));
	if (!ctf || asprintf(&ctf->stream_path, "%s/stream", folder) < 0)
		cli_no_memory();
	ctf->stream = fopen(ctf->stream_path, "we");
	if (!ctf->stream) {
		err = file_failure(ctf->stream_path);
		free(ctf->stream_path);
		free(ctf);
		return err;
	}
	report->state = ctf;
	return CLI_OK;
}

static int ctf_end(struct report *report)
{
	struct ctf *ctf = report->state;
	int err = CLI_OK;

	packet_finish(report, ctf);
	if (ferror(ctf->stream) | fclose(ctf->stream))
		err = file_failure(ctf->stream_path);
	free(ctf->stream_path);
	free(ctf->bytes);
	free(ctf);
	return err;
}

const struct report_view report_ctf_view = {
	.begin = ctf_begin,
	.fault = ctf_fault,
	.other = ctf_other,
	.end = ctf_end,
	.binary = true,
};
