// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope report --perfetto: each fault as a slice of its thread, for
 * ui.perfetto.dev and trace_processor. A trace is a message of Protocol Buffers;
 * the numbers are those of protos/perfetto/trace in Perfetto's sources.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "report.h"

enum {
	TRACE_PACKET = 1,

	PACKET_CLOCK_SNAPSHOT = 6,
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE = 10,
	PACKET_EVENT = 11,
	PACKET_INTERNED = 12,
	PACKET_SEQUENCE_FLAGS = 13,
	PACKET_CLOCK = 58,
	PACKET_DEFAULTS = 59,
	PACKET_TRACK = 60,

	SNAPSHOT_CLOCK = 1,
	SNAPSHOT_PRIMARY = 2,
	CLOCK_ID = 1,
	CLOCK_TIMESTAMP = 2,
	REALTIME = 1,
	MONOTONIC = 3,
	BOOTTIME = 6,

	TRACK_UUID = 1,
	TRACK_PROCESS = 3,
	TRACK_THREAD = 4,
	PROCESS_PID = 1,
	PROCESS_NAME = 6,
	THREAD_PID = 1,
	THREAD_TID = 2,
	THREAD_NAME = 5,

	EVENT_CATEGORY_IID = 3,
	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_NAME_IID = 10,
	EVENT_TRACK = 11,
	EVENT_NAME = 23,
	TYPE_BEGIN = 1,
	TYPE_END = 2,
	TYPE_INSTANT = 3,

	ANNOTATION_NAME_IID = 1,
	ANNOTATION_UINT = 3,
	ANNOTATION_STRING = 6,
	ANNOTATION_POINTER = 7,

	INTERNED_CATEGORY = 1,
	INTERNED_EVENT = 2,
	INTERNED_ANNOTATION = 3,
	INTERNED_IID = 1,
	INTERNED_NAME = 2,

	STATE_CLEARED = 1,
	STATE_NEEDED = 2,
};

enum annotation {
	ANNOTATION_ADDRESS = 1,
	ANNOTATION_IP,
	ANNOTATION_SYMBOL,
	ANNOTATION_MAPPING,
	ANNOTATION_ACCESS,
	ANNOTATION_ORIGIN,
	ANNOTATION_LATENCY,
	ANNOTATION_HANDLER,
	ANNOTATION_CPU,
};

static const char *const annotations[] = {
	[ANNOTATION_ADDRESS] = "address",
	[ANNOTATION_IP] = "ip",
	[ANNOTATION_SYMBOL] = "symbol",
	[ANNOTATION_MAPPING] = "mapping",
	[ANNOTATION_ACCESS] = "access",
	[ANNOTATION_ORIGIN] = "origin",
	[ANNOTATION_LATENCY] = "latency_ns",
	[ANNOTATION_HANDLER] = "handler_ns",
	[ANNOTATION_CPU] = "cpu",
};

/* Any numbers but 0 do. */
#define SEQUENCE	 1
#define CATEGORY_IID	 1
/* An interned name of 0 means none. */
#define CAUSE_IID(cause) ((uint64_t)(cause) + 1)

/* Threads that were introduced, and when their last slice ended. */
#define THREADS 65536

struct thread {
	uint32_t pid;
	uint32_t tid;
	bool used;
	uint64_t last_ns;
};

/* Longer than any message but the one with all names of causes. */
#define MESSAGE 8192

struct message {
	size_t len;
	unsigned char bytes[MESSAGE];
};

struct perfetto {
	FILE *file;
	struct thread *threads;
};

/* -------------------------------------------------------------- encoding */

static void byte_put(struct message *message, uint64_t byte)
{
	if (message->len < MESSAGE)
		message->bytes[message->len++] = (unsigned char)byte;
}

static void varint_put(struct message *message, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		byte_put(message, (value & 0x7f) | 0x80);
	byte_put(message, value);
}

static void number_put(struct message *message, unsigned int field,
		       uint64_t value)
{
	varint_put(message, (uint64_t)field << 3);
	varint_put(message, value);
}

static void bytes_put(struct message *message, unsigned int field,
		      const void *bytes, size_t len)
{
	const unsigned char *from = bytes;

	varint_put(message, (uint64_t)field << 3 | 2);
	varint_put(message, len);
	while (len--)
		byte_put(message, *from++);
}

static void text_put(struct message *message, unsigned int field,
		     const char *text)
{
	bytes_put(message, field, text, strlen(text));
}

static void message_put(struct message *message, unsigned int field,
			const struct message *inner)
{
	bytes_put(message, field, inner->bytes, inner->len);
}

static void packet_write(struct perfetto *perfetto,
			 const struct message *packet)
{
	struct message head;

	head.len = 0;
	varint_put(&head, TRACE_PACKET << 3 | 2);
	varint_put(&head, packet->len);
	fwrite(head.bytes, 1, head.len, perfetto->file);
	fwrite(packet->bytes, 1, packet->len, perfetto->file);
}

/* --------------------------------------------------------------- packets */

static void clock_put(struct message *snapshot, unsigned int id, uint64_t ns)
{
	struct message clock;

	clock.len = 0;
	number_put(&clock, CLOCK_ID, id);
	number_put(&clock, CLOCK_TIMESTAMP, ns);
	message_put(snapshot, SNAPSHOT_CLOCK, &clock);
}

/* How the clock of the records relates to those that the reader shows. */
static void clocks_write(struct perfetto *perfetto,
			 const struct recorded_clock *clock)
{
	struct message snapshot;
	struct message packet;

	snapshot.len = 0;
	packet.len = 0;
	clock_put(&snapshot, MONOTONIC, clock->monotonic_ns);
	clock_put(&snapshot, REALTIME, clock->realtime_ns);
	clock_put(&snapshot, BOOTTIME, clock->boottime_ns);
	number_put(&snapshot, SNAPSHOT_PRIMARY, MONOTONIC);
	message_put(&packet, PACKET_CLOCK_SNAPSHOT, &snapshot);
	number_put(&packet, PACKET_SEQUENCE, SEQUENCE);
	packet_write(perfetto, &packet);
}

static void interned_put(struct message *data, unsigned int field, uint64_t iid,
			 const char *name)
{
	struct message entry;

	entry.len = 0;
	number_put(&entry, INTERNED_IID, iid);
	text_put(&entry, INTERNED_NAME, name);
	message_put(data, field, &entry);
}

static void names_write(struct perfetto *perfetto)
{
	const struct vmscope_name *cause = NULL;
	struct message defaults;
	struct message packet;
	struct message data;
	size_t i;

	defaults.len = 0;
	packet.len = 0;
	data.len = 0;
	interned_put(&data, INTERNED_CATEGORY, CATEGORY_IID, "page_fault");
	while ((cause = vmscope_name_next(VMSCOPE_NAMES_CAUSE, cause)))
		interned_put(&data, INTERNED_EVENT, CAUSE_IID(cause->value),
			     cause->name);
	for (i = 1; i < ARRAY_SIZE(annotations); i++)
		interned_put(&data, INTERNED_ANNOTATION, i, annotations[i]);
	number_put(&defaults, PACKET_CLOCK, MONOTONIC);
	number_put(&packet, PACKET_SEQUENCE, SEQUENCE);
	number_put(&packet, PACKET_SEQUENCE_FLAGS, STATE_CLEARED);
	message_put(&packet, PACKET_DEFAULTS, &defaults);
	message_put(&packet, PACKET_INTERNED, &data);
	packet_write(perfetto, &packet);
}

/* Threads have odd numbers, processes even ones. */
static uint64_t thread_uuid(const struct vmscope_record_fault *fault)
{
	return (uint64_t)fault->pid << 33 | (uint64_t)fault->tid << 1 | 1;
}

static void track_write(struct perfetto *perfetto, uint64_t uuid,
			unsigned int field, const struct message *who)
{
	struct message packet;
	struct message track;

	packet.len = 0;
	track.len = 0;
	number_put(&track, TRACK_UUID, uuid);
	message_put(&track, field, who);
	number_put(&packet, PACKET_SEQUENCE, SEQUENCE);
	message_put(&packet, PACKET_TRACK, &track);
	packet_write(perfetto, &packet);
}

static void thread_write(struct report *report, struct perfetto *perfetto,
			 const struct vmscope_record_fault *fault)
{
	struct message process;
	struct message thread;
	char comm[REPORT_NAME];
	char *escaped = NULL;
	size_t size = 0;

	process.len = 0;
	thread.len = 0;
	number_put(&process, PROCESS_PID, fault->pid);
	text_put(&process, PROCESS_NAME, report_comm(report, fault, comm));
	track_write(perfetto, ((uint64_t)fault->pid << 1) + 2, TRACK_PROCESS,
		    &process);
	number_put(&thread, THREAD_PID, fault->pid);
	number_put(&thread, THREAD_TID, fault->tid);
	text_put(&thread, THREAD_NAME,
		 out_escape((const char *)fault->comm, &escaped, &size));
	free(escaped);
	track_write(perfetto, thread_uuid(fault), TRACK_THREAD, &thread);
}

/* One whose place is taken is introduced again, which does no harm. */
static struct thread *thread_find(struct report *report,
				  struct perfetto *perfetto,
				  const struct vmscope_record_fault *fault)
{
	uint64_t hash = thread_uuid(fault) * UINT64_C(0x9e3779b97f4a7c15) >> 48;
	struct thread *thread = &perfetto->threads[hash % THREADS];

	if (!thread->used || thread->pid != fault->pid ||
	    thread->tid != fault->tid) {
		*thread = (struct thread){ fault->pid, fault->tid, true, 0 };
		thread_write(report, perfetto, fault);
	}
	return thread;
}

static void annotation_put(struct message *event, enum annotation name,
			   unsigned int field, uint64_t value)
{
	struct message annotation;

	annotation.len = 0;
	number_put(&annotation, ANNOTATION_NAME_IID, name);
	number_put(&annotation, field, value);
	message_put(event, EVENT_ANNOTATION, &annotation);
}

static void annotation_text_put(struct message *event, enum annotation name,
				const char *text)
{
	struct message annotation;

	annotation.len = 0;
	number_put(&annotation, ANNOTATION_NAME_IID, name);
	text_put(&annotation, ANNOTATION_STRING, text);
	message_put(event, EVENT_ANNOTATION, &annotation);
}

static void event_write(struct perfetto *perfetto, uint64_t time_ns,
			const struct message *event)
{
	struct message packet;

	packet.len = 0;
	number_put(&packet, PACKET_TIMESTAMP, time_ns);
	number_put(&packet, PACKET_SEQUENCE, SEQUENCE);
	number_put(&packet, PACKET_SEQUENCE_FLAGS, STATE_NEEDED);
	message_put(&packet, PACKET_EVENT, event);
	packet_write(perfetto, &packet);
}

static void annotations_put(struct report *report, struct message *event,
			    const struct vmscope_record_fault *fault,
			    bool timed, uint64_t ns)
{
	struct recorded_place place;
	char buf[REPORT_NAME];

	annotation_put(event, ANNOTATION_ADDRESS, ANNOTATION_POINTER,
		       fault->address);
	if (fault->ip)
		annotation_put(event, ANNOTATION_IP, ANNOTATION_POINTER,
			       fault->ip);
	if (report_place(report, fault, &place))
		annotation_text_put(event, ANNOTATION_SYMBOL,
				    report_place_name(&place, true, buf));
	annotation_text_put(event, ANNOTATION_MAPPING,
			    report_map_name(report, fault, buf));
	annotation_text_put(event, ANNOTATION_ACCESS,
			    report_name(VMSCOPE_NAMES_ACCESS, fault->access,
					buf));
	annotation_text_put(event, ANNOTATION_ORIGIN,
			    report_name(VMSCOPE_NAMES_ORIGIN, fault->origin,
					buf));
	if (timed)
		annotation_put(event, ANNOTATION_LATENCY, ANNOTATION_UINT, ns);
	if (fault->flags & VMSCOPE_FAULT_HANDLER)
		annotation_put(event, ANNOTATION_HANDLER, ANNOTATION_UINT,
			       fault->handler_ns);
	annotation_put(event, ANNOTATION_CPU, ANNOTATION_UINT,
		       fault->header.cpu);
}

/*
 * The faults of a thread follow one another. Where clocks of two processors say
 * otherwise, a slice begins when the one before it ends: those of a track must
 * not overlap in part.
 */
static int perfetto_fault(struct report *report,
			  const struct vmscope_record_fault *fault)
{
	struct perfetto *perfetto = report->state;
	struct thread *thread = thread_find(report, perfetto, fault);
	struct message event;
	struct message end;
	uint64_t end_ns = fault->header.time_ns;
	char name[REPORT_NAME];
	uint64_t begin_ns;
	uint64_t ns;
	bool timed = report_latency(fault, &ns);

	event.len = 0;
	end.len = 0;
	begin_ns = timed && ns < end_ns ? end_ns - ns : end_ns;
	if (begin_ns < thread->last_ns)
		begin_ns = thread->last_ns;
	if (end_ns < begin_ns)
		end_ns = begin_ns;
	thread->last_ns = end_ns;

	number_put(&event, EVENT_TYPE, timed ? TYPE_BEGIN : TYPE_INSTANT);
	number_put(&event, EVENT_TRACK, thread_uuid(fault));
	number_put(&event, EVENT_CATEGORY_IID, CATEGORY_IID);
	if (vmscope_name_find(VMSCOPE_NAMES_CAUSE, fault->cause))
		number_put(&event, EVENT_NAME_IID, CAUSE_IID(fault->cause));
	else
		text_put(&event, EVENT_NAME,
			 report_name(VMSCOPE_NAMES_CAUSE, fault->cause, name));
	annotations_put(report, &event, fault, timed, ns);
	event_write(perfetto, begin_ns, &event);
	if (!timed)
		return CLI_OK;
	number_put(&end, EVENT_TYPE, TYPE_END);
	number_put(&end, EVENT_TRACK, thread_uuid(fault));
	event_write(perfetto, end_ns, &end);
	return CLI_OK;
}

static int perfetto_begin(struct report *report)
{
	struct perfetto *perfetto = calloc(1, sizeof(*perfetto));

	if (perfetto)
		perfetto->threads = calloc(THREADS, sizeof(struct thread));
	if (!perfetto || !perfetto->threads)
		cli_no_memory();
	perfetto->file = fopen(report_options.path, "we");
	if (!perfetto->file) {
		free(perfetto->threads);
		free(perfetto);
		return cli_failure(
			"%s: cannot be opened (%s); name a file that can be written",
			report_options.path, strerror(errno));
	}
	if (report->meta->clock.known)
		clocks_write(perfetto, &report->meta->clock);
	names_write(perfetto);
	report->state = perfetto;
	return CLI_OK;
}

static int perfetto_end(struct report *report)
{
	struct perfetto *perfetto = report->state;
	int err = CLI_OK;

	if (ferror(perfetto->file) | fclose(perfetto->file))
		err = cli_failure(
			"%s: cannot be written (%s); the trace is incomplete",
			report_options.path, strerror(errno));
	free(perfetto->threads);
	free(perfetto);
	return err;
}

const struct report_view report_perfetto_view = {
	.begin = perfetto_begin,
	.fault = perfetto_fault,
	.end = perfetto_end,
	.binary = true,
};
