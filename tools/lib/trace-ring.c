// SPDX-License-Identifier: GPL-2.0
/*
 * Read the rings of all CPUs, merged in order of time.
 *
 * A ring is memory that the kernel writes and that others may write, too: each
 * record is copied before it is looked at, and no length is believed.
 *
 * Order: a round takes the time first and the heads of all rings then. What is
 * written later has a later time, but for the moment between taking the time of
 * a record and publishing it. So records of up to VMSCOPE_TRACE_ORDER_NS before
 * the round are handed out, smallest time first, the others wait for the next.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "device.h"
#include "vmscope.h"

/* More than any machine has CPUs. */
#define RINGS_LIMIT 65536

/* The reader frees so much of a ring at a time: each time costs the writer. */
#define TAIL_SHARE 8

struct ring {
	struct vmscope_ring *page;
	const unsigned char *data;
	uint64_t pos; /* the next record, where it is not loaded yet */
	uint64_t head; /* as the round found it */
	uint64_t tail; /* as published */
	bool broken;

	bool loaded; /* there is a record in the copy */
	struct vmscope_record *copy;
	size_t copy_size;
};

struct vmscope_trace_reader {
	int fd;
	bool overwrite;
	bool finished;
	uint64_t ring_bytes;
	uint64_t block_bytes;
	uint64_t map_bytes;
	size_t rings_len;
	struct ring *rings;

	uint64_t horizon; /* records after this time wait */
	struct ring *current; /* whose record was handed out last */
	uint64_t limit; /* earliest time that the other rings have */
	uint64_t last_ns; /* latest time that was handed out */
	struct vmscope_trace_read stats;
};

/* ------------------------------------------------------------- records */

/* What a record of a known type has at least. */
static size_t record_size(uint16_t type)
{
	static const size_t sizes[] = {
		[VMSCOPE_RECORD_PAD] = 8,
		[VMSCOPE_RECORD_FAULT] = sizeof(struct vmscope_record_fault),
		[VMSCOPE_RECORD_LOST] = sizeof(struct vmscope_record_lost),
		[VMSCOPE_RECORD_FORK] = sizeof(struct vmscope_record_task),
		[VMSCOPE_RECORD_EXEC] = sizeof(struct vmscope_record_task),
		[VMSCOPE_RECORD_EXIT] = sizeof(struct vmscope_record_task),
	};

	if (type < sizeof(sizes) / sizeof(sizes[0]))
		return sizes[type];
	return sizeof(struct vmscope_record);
}

static bool is_text(const unsigned char *text, size_t size)
{
	return memchr(text, '\0', size);
}

int vmscope_record_check(const struct vmscope_record *record, size_t room)
{
	const struct vmscope_record_fault *fault = (const void *)record;
	const struct vmscope_record_task *task = (const void *)record;
	size_t stacks;

	if (room < 8 || record->bytes > room || record->bytes % 8 ||
	    record->bytes < record_size(record->type))
		return 0;
	switch (record->type) {
	case VMSCOPE_RECORD_FAULT:
		stacks = 8 * ((size_t)fault->user_stack_len +
			      fault->kernel_stack_len);
		return stacks <= record->bytes - sizeof(*fault) &&
		       is_text(fault->comm, sizeof(fault->comm));
	case VMSCOPE_RECORD_FORK:
	case VMSCOPE_RECORD_EXEC:
	case VMSCOPE_RECORD_EXIT:
		return is_text(task->comm, sizeof(task->comm));
	}
	return 1;
}

void vmscope_record_stacks(const struct vmscope_record_fault *fault,
			   const uint64_t **user, const uint64_t **kernel)
{
	const unsigned char *end =
		(const unsigned char *)fault + fault->header.bytes;
	const uint64_t *first =
		(const uint64_t *)(end - 8 * ((size_t)fault->user_stack_len +
					      fault->kernel_stack_len));

	if (user)
		*user = first;
	if (kernel)
		*kernel = first + fault->user_stack_len;
}

/* ------------------------------------------------------------ one ring */

static uint64_t head_load(const struct ring *ring)
{
	return __atomic_load_n(&ring->page->head, __ATOMIC_ACQUIRE);
}

static void tail_publish(const struct vmscope_trace_reader *reader,
			 struct ring *ring)
{
	if (reader->overwrite || ring->tail == ring->pos)
		return;
	__atomic_store_n(&ring->page->tail, ring->pos, __ATOMIC_RELEASE);
	ring->tail = ring->pos;
}

/* Overwrite mode: where the oldest block that is still whole begins. */
static uint64_t oldest(const struct vmscope_trace_reader *reader, uint64_t head)
{
	uint64_t kept = reader->ring_bytes - reader->block_bytes;

	if (head <= kept)
		return 0;
	return (head - kept + reader->block_bytes - 1) &
	       ~(reader->block_bytes - 1);
}

/*
 * Overwrite mode: is what was read at the ring's position still whole? If not,
 * go on where it is. The fence orders reading the data before reading the head.
 */
static bool overtaken(struct vmscope_trace_reader *reader, struct ring *ring)
{
	uint64_t first;

	if (!reader->overwrite)
		return false;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	first = oldest(reader, head_load(ring));
	if ((ring->pos & ~(reader->block_bytes - 1)) >= first)
		return false;
	reader->stats.skipped_bytes += first - ring->pos;
	ring->pos = first;
	if (ring->head < first)
		ring->head = first;
	return true;
}

static int ring_break(struct ring *ring)
{
	ring->broken = true;
	ring->head = ring->pos;
	return -EPROTO;
}

static int copy_grow(struct ring *ring, size_t bytes)
{
	struct vmscope_record *copy;

	if (bytes <= ring->copy_size)
		return 0;
	copy = realloc(ring->copy, bytes);
	if (!copy)
		return -ENOMEM;
	ring->copy = copy;
	ring->copy_size = bytes;
	return 0;
}

/* Copy the next record, if there is one up to the ring's head. */
static int ring_load(struct vmscope_trace_reader *reader, struct ring *ring)
{
	while (!ring->loaded && ring->pos < ring->head) {
		const unsigned char *at =
			ring->data + (ring->pos & (reader->ring_bytes - 1));
		uint64_t room = reader->block_bytes -
				(ring->pos & (reader->block_bytes - 1));
		struct vmscope_record first = { 0 };
		uint64_t word;
		int err;

		if (room > ring->head - ring->pos)
			room = ring->head - ring->pos;
		/* Type and length are one word, looked at once. */
		word = __atomic_load_n((const uint64_t *)at, __ATOMIC_RELAXED);
		memcpy(&first, &word, sizeof(word));
		if (overtaken(reader, ring))
			continue;
		if (first.bytes < 8 || first.bytes % 8 || first.bytes > room)
			return ring_break(ring);
		if (first.type != VMSCOPE_RECORD_PAD) {
			err = copy_grow(ring, first.bytes);
			if (err)
				return err;
			memcpy(ring->copy, at, first.bytes);
			if (overtaken(reader, ring))
				continue;
			ring->copy->type = first.type;
			ring->copy->bytes = first.bytes;
			if (!vmscope_record_check(ring->copy, first.bytes))
				return ring_break(ring);
			ring->loaded = true;
		}
		ring->pos += first.bytes;
		if (ring->pos - ring->tail >= reader->ring_bytes / TAIL_SHARE)
			tail_publish(reader, ring);
	}
	return 0;
}

static int ring_look(struct vmscope_trace_reader *reader, struct ring *ring)
{
	uint64_t head = head_load(ring);

	tail_publish(reader, ring);
	if (ring->broken)
		return 0;
	if (!reader->overwrite &&
	    (head < ring->pos || head - ring->pos > reader->ring_bytes ||
	     head % 8))
		return ring_break(ring);
	if (head > ring->head)
		ring->head = head;
	return ring_load(reader, ring);
}

/* ----------------------------------------------------------- all rings */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The clock is read before the heads, see the top of this file. */
static int round_begin(struct vmscope_trace_reader *reader)
{
	uint64_t now = reader->finished ? 0 : now_ns();
	int ret = 0;
	size_t i;

	reader->current = NULL;
	for (i = 0; i < reader->rings_len; i++) {
		int err = ring_look(reader, &reader->rings[i]);

		if (err)
			ret = err;
	}
	if (reader->finished)
		reader->horizon = UINT64_MAX;
	else if (now > VMSCOPE_TRACE_ORDER_NS)
		reader->horizon = now - VMSCOPE_TRACE_ORDER_NS;
	return ret;
}

/* The ring with the earliest record becomes the current one. */
static bool ring_choose(struct vmscope_trace_reader *reader)
{
	uint64_t first = UINT64_MAX;
	size_t i;

	reader->current = NULL;
	reader->limit = UINT64_MAX;
	for (i = 0; i < reader->rings_len; i++) {
		struct ring *ring = &reader->rings[i];

		if (!ring->loaded)
			continue;
		if (!reader->current || ring->copy->time_ns < first) {
			reader->limit = reader->current ? first : UINT64_MAX;
			first = ring->copy->time_ns;
			reader->current = ring;
		} else if (ring->copy->time_ns < reader->limit) {
			reader->limit = ring->copy->time_ns;
		}
	}
	return reader->current && first <= reader->horizon;
}

static void record_hand_out(struct vmscope_trace_reader *reader,
			    const struct vmscope_record **record)
{
	struct ring *ring = reader->current;

	ring->loaded = false;
	*record = ring->copy;
	reader->stats.records++;
	if (ring->copy->time_ns < reader->last_ns)
		reader->stats.late++;
	else
		reader->last_ns = ring->copy->time_ns;
}

int vmscope_trace_reader_next(struct vmscope_trace_reader *reader,
			      const struct vmscope_record **record)
{
	struct ring *ring = reader->current;
	int err;

	if (ring && !ring->loaded) {
		err = ring_load(reader, ring);
		if (err)
			return err;
	}
	if (ring && ring->loaded && ring->copy->time_ns <= reader->limit &&
	    ring->copy->time_ns <= reader->horizon) {
		record_hand_out(reader, record);
		return 0;
	}
	if (!ring_choose(reader)) {
		err = round_begin(reader);
		if (err)
			return err;
		if (!ring_choose(reader)) {
			reader->current = NULL;
			return 1;
		}
	}
	record_hand_out(reader, record);
	return 0;
}

/* A record that is held back is no news to the device, but to the caller. */
int vmscope_trace_reader_wait(struct vmscope_trace_reader *reader,
			      int timeout_ms)
{
	const int order_ms = VMSCOPE_TRACE_ORDER_NS / 1000000 + 1;
	bool held = false;
	size_t i;
	int err;

	for (i = 0; i < reader->rings_len; i++)
		held |= reader->rings[i].loaded;
	if (!held || (timeout_ms >= 0 && timeout_ms <= order_ms))
		return vmscope_device_wait(reader->fd, timeout_ms);
	err = vmscope_device_wait(reader->fd, order_ms);
	return err == 1 ? 0 : err;
}

void vmscope_trace_reader_finish(struct vmscope_trace_reader *reader)
{
	reader->finished = true;
}

void vmscope_trace_reader_stats(const struct vmscope_trace_reader *reader,
				struct vmscope_trace_read *ret)
{
	size_t lost;
	size_t i;

	*ret = reader->stats;
	for (i = 0; i < reader->rings_len; i++)
		for (lost = 0; lost < VMSCOPE_LOSTS; lost++)
			ret->lost[lost] += __atomic_load_n(
				&reader->rings[i].page->lost[lost],
				__ATOMIC_RELAXED);
}

static bool is_power(uint64_t value)
{
	return value && !(value & (value - 1));
}

static bool is_sound(const struct vmscope_trace *trace)
{
	return trace->rings && trace->rings <= RINGS_LIMIT &&
	       is_power(trace->ring_bytes) && is_power(trace->block_bytes) &&
	       trace->block_bytes >= 4096 &&
	       trace->ring_bytes >= 2 * trace->block_bytes &&
	       trace->data_offset >= sizeof(struct vmscope_ring) &&
	       trace->data_offset % 8 == 0 &&
	       trace->data_offset < trace->map_bytes &&
	       trace->ring_bytes <= trace->map_bytes - trace->data_offset;
}

int vmscope_trace_reader_open(struct vmscope *handle,
			      const struct vmscope_trace *trace,
			      struct vmscope_trace_reader **ret)
{
	struct vmscope_trace_reader *reader;
	int err = 0;

	if (!is_sound(trace))
		return -EPROTO;
	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return -ENOMEM;
	reader->fd = vmscope_fd(handle);
	reader->overwrite = trace->flags & VMSCOPE_TRACE_F_OVERWRITE;
	reader->ring_bytes = trace->ring_bytes;
	reader->block_bytes = trace->block_bytes;
	reader->map_bytes = trace->map_bytes;
	reader->rings = calloc(trace->rings, sizeof(*reader->rings));
	if (!reader->rings)
		err = -ENOMEM;
	while (!err && reader->rings_len < trace->rings) {
		struct ring *ring = &reader->rings[reader->rings_len];
		void *map;

		err = vmscope_device_map(reader->fd,
					 reader->rings_len * trace->map_bytes,
					 trace->map_bytes, &map);
		if (err)
			break;
		ring->page = map;
		ring->data = (unsigned char *)map + trace->data_offset;
		ring->tail = ring->page->tail;
		ring->pos = ring->tail;
		reader->rings_len++;
		if (ring->pos % 8)
			err = -EPROTO;
	}
	if (err) {
		vmscope_trace_reader_close(reader);
		return err;
	}
	*ret = reader;
	return 0;
}

void vmscope_trace_reader_close(struct vmscope_trace_reader *reader)
{
	size_t i;

	if (!reader)
		return;
	for (i = 0; i < reader->rings_len; i++) {
		vmscope_device_unmap(reader->rings[i].page, reader->map_bytes);
		free(reader->rings[i].copy);
	}
	free(reader->rings);
	free(reader);
}
