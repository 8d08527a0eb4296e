// SPDX-License-Identifier: GPL-2.0
/* sources: ../../tools/lib/trace-ring.c ../../tools/lib/raw.c */
/*
 * The reader of rings, against a writer that keeps the contract and against
 * rings that hold anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

#include "device.h"
#include "unit.h"
#include "vmscope.h"

#define RINGS  3
#define BLOCK  UINT64_C(4096)
#define RING   (4 * BLOCK)
#define OFFSET UINT64_C(4096)

#define PAST UINT64_C(1000)

static struct {
	union {
		struct vmscope_ring page;
		unsigned char first[OFFSET];
	};
	_Alignas(8) unsigned char data[RING];
} rings[RINGS];

static struct vmscope_trace trace;
static int map_error;
static int waited_ms;
static int open_maps;

int vmscope_device_open(void)
{
	return open("/dev/null", O_RDONLY);
}

int vmscope_device_request(int fd, unsigned long request, void *arg)
{
	(void)fd;
	(void)request;
	(void)arg;
	return -ENOTTY;
}

int vmscope_device_map(int fd, uint64_t offset, size_t bytes, void **ret)
{
	(void)fd;
	if (map_error && offset)
		return -map_error;
	if (offset % trace.map_bytes || bytes != trace.map_bytes)
		return -EINVAL;
	*ret = &rings[offset / trace.map_bytes];
	open_maps++;
	return 0;
}

void vmscope_device_unmap(void *address, size_t bytes)
{
	(void)address;
	(void)bytes;
	open_maps--;
}

int vmscope_device_wait(int fd, int timeout_ms)
{
	(void)fd;
	waited_ms = timeout_ms;
	return 1;
}

static struct vmscope_trace_reader *reader_new(uint64_t flags)
{
	struct vmscope_trace_reader *reader = NULL;
	struct vmscope *handle;

	memset(rings, 0, sizeof(rings));
	trace = (struct vmscope_trace){
		.size = sizeof(trace),
		.flags = VMSCOPE_TRACE_F_RECORDS | flags,
		.rings = RINGS,
		.ring_bytes = RING,
		.map_bytes = sizeof(rings[0]),
		.data_offset = OFFSET,
		.block_bytes = BLOCK,
	};
	vmscope_open_fd(-1, &handle);
	unit_ok(!vmscope_trace_reader_open(handle, &trace, &reader),
		"a reader is opened");
	free(handle);
	return reader;
}

/* Make room for a record as the kernel does; NULL when the ring is full. */
static struct vmscope_record *reserve(size_t cpu, size_t bytes, bool overwrite)
{
	struct vmscope_ring *page = &rings[cpu].page;
	uint64_t room = BLOCK - page->head % BLOCK;
	uint64_t need = bytes <= room ? bytes : room + bytes;
	struct vmscope_record *record;

	if (!overwrite && page->head + need - page->tail > RING)
		return NULL;
	record = (void *)&rings[cpu].data[page->head % RING];
	if (bytes > room) {
		record->type = VMSCOPE_RECORD_PAD;
		record->bytes = (uint16_t)room;
		page->head += room;
		record = (void *)&rings[cpu].data[page->head % RING];
	}
	memset(record, 0, bytes);
	record->bytes = (uint16_t)bytes;
	record->cpu = (uint32_t)cpu;
	return record;
}

static bool write_fault(size_t cpu, uint64_t time_ns, size_t stack,
			bool overwrite)
{
	size_t bytes = sizeof(struct vmscope_record_fault) + 8 * stack;
	struct vmscope_record_fault *fault =
		(void *)reserve(cpu, bytes, overwrite);
	size_t i;

	if (!fault) {
		rings[cpu].page.lost[VMSCOPE_LOST_FULL]++;
		return false;
	}
	fault->header.type = VMSCOPE_RECORD_FAULT;
	fault->header.time_ns = time_ns;
	fault->user_stack_len = (uint16_t)stack;
	for (i = 0; i < stack; i++)
		((uint64_t *)(fault + 1))[i] = time_ns + i;
	rings[cpu].page.head += bytes;
	rings[cpu].page.records++;
	return true;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void merge_test(void)
{
	struct vmscope_trace_reader *reader = reader_new(0);
	const struct vmscope_record *record;
	struct vmscope_trace_read stats;
	uint64_t written = 0;
	uint64_t read = 0;
	uint64_t last = 0;
	bool ordered = true;
	bool stacks = true;
	uint64_t i;

	unit_ok(vmscope_trace_reader_next(reader, &record) == 1,
		"empty rings have no record");
	for (i = 1; i <= 20000; i++) {
		/* in bursts, so that a ring has many before others have one */
		written += write_fault(i / 7 % RINGS, PAST + i, i % 65, false);
		if (i % 20)
			continue;
		while (!vmscope_trace_reader_next(reader, &record)) {
			const uint64_t *user;

			ordered &= record->time_ns > last;
			last = record->time_ns;
			vmscope_record_stacks((const void *)record, &user,
					      NULL);
			if (((const struct vmscope_record_fault *)record)
				    ->user_stack_len)
				stacks &= user[0] == record->time_ns;
			read++;
		}
	}
	vmscope_trace_reader_stats(reader, &stats);
	unit_ok(written == 20000 && read == written,
		"a reader that keeps up loses nothing, however often a ring wraps");
	unit_ok(ordered && !stats.late, "records come in order of time");
	unit_ok(stacks, "callers are where they belong");
	unit_ok(stats.records == read && !stats.lost[VMSCOPE_LOST_FULL],
		"the reader counts what it hands out");
	vmscope_trace_reader_close(reader);
	unit_ok(!open_maps, "closing unmaps every ring");
}

static void full_test(void)
{
	struct vmscope_trace_reader *reader = reader_new(0);
	const struct vmscope_record *record;
	struct vmscope_trace_read stats;
	uint64_t written = 0;
	uint64_t read = 0;
	uint64_t i;

	for (i = 0; i < 1000; i++)
		written += write_fault(0, PAST + i, 0, false);
	while (!vmscope_trace_reader_next(reader, &record))
		read++;
	vmscope_trace_reader_stats(reader, &stats);
	unit_ok(read == written && written < 1000,
		"without a reader a ring holds what it holds");
	unit_ok(read + stats.lost[VMSCOPE_LOST_FULL] == 1000,
		"read and lost are all");
	unit_ok(write_fault(0, PAST + 2000, 0, false) &&
			!vmscope_trace_reader_next(reader, &record) &&
			record->time_ns == PAST + 2000,
		"what was read makes room for more");
	vmscope_trace_reader_close(reader);
}

static void held_back_test(void)
{
	struct vmscope_trace_reader *reader = reader_new(0);
	const struct vmscope_record *record;
	struct vmscope_trace_read stats;
	uint64_t now = now_ns();

	write_fault(0, now + 1000000000, 0, false);
	write_fault(1, PAST, 0, false);
	unit_ok(!vmscope_trace_reader_next(reader, &record) &&
			record->time_ns == PAST,
		"an old record is handed out");
	unit_ok(vmscope_trace_reader_next(reader, &record) == 1,
		"a fresh one waits for others");
	unit_ok(!vmscope_trace_reader_wait(reader, -1) && waited_ms > 0 &&
			waited_ms < 100,
		"which is no reason to wait for ever");
	unit_ok(vmscope_trace_reader_wait(reader, 1) == 1 && waited_ms == 1,
		"or longer than the caller wants");
	write_fault(2, PAST + 5, 0, false);
	unit_ok(!vmscope_trace_reader_next(reader, &record) &&
			record->time_ns == PAST + 5,
		"one that is older goes first");
	vmscope_trace_reader_finish(reader);
	unit_ok(!vmscope_trace_reader_next(reader, &record) &&
			record->time_ns == now + 1000000000,
		"at the end nothing is held back");
	write_fault(2, PAST + 6, 0, false);
	unit_ok(!vmscope_trace_reader_next(reader, &record) &&
			record->time_ns == PAST + 6,
		"what comes too late is handed out");
	vmscope_trace_reader_stats(reader, &stats);
	unit_ok(stats.late == 1, "and counted");
	vmscope_trace_reader_wait(reader, -1);
	unit_ok(waited_ms == -1, "with nothing held back a wait may be long");
	vmscope_trace_reader_close(reader);
}

static void overwrite_test(void)
{
	struct vmscope_trace_reader *reader =
		reader_new(VMSCOPE_TRACE_F_OVERWRITE);
	const struct vmscope_record *record;
	struct vmscope_trace_read stats;
	uint64_t first = 0;
	uint64_t last = 0;
	uint64_t read = 0;
	bool next = true;
	uint64_t i;

	for (i = 1; i <= 5000; i++)
		write_fault(0, PAST + i, i % 5, true);
	while (!vmscope_trace_reader_next(reader, &record)) {
		if (!first)
			first = record->time_ns;
		else
			next &= record->time_ns == last + 1;
		last = record->time_ns;
		read++;
	}
	vmscope_trace_reader_stats(reader, &stats);
	unit_ok(last == PAST + 5000 && read > 30 && next,
		"overwrite: the latest records are there, without a gap");
	unit_ok(stats.skipped_bytes > 0 && stats.skipped_bytes % BLOCK == 0,
		"overwrite: what is gone is told");
	unit_ok(!rings[0].page.tail, "overwrite: the tail stays");
	write_fault(0, PAST + 6000, 0, true);
	unit_ok(!vmscope_trace_reader_next(reader, &record) &&
			record->time_ns == PAST + 6000,
		"overwrite: a new one is found");
	for (i = 0; i < 1000; i++)
		write_fault(0, PAST + 7000 + i, 0, true);
	next = true;
	last = 0;
	while (!vmscope_trace_reader_next(reader, &record)) {
		next &= !last || record->time_ns == last + 1;
		last = record->time_ns;
	}
	unit_ok(last == PAST + 7999 && next,
		"overwrite: a reader that was overtaken goes on with what is whole");
	vmscope_trace_reader_close(reader);
}

/* Any one byte wrong, one after the other: no crash, no record out of bounds. */
static void hostile_test(void)
{
	const struct vmscope_record *record;
	bool sound = true;
	bool ended = true;
	size_t broken = 0;
	size_t at;

	for (at = 0; at < sizeof(struct vmscope_record_fault) + 64; at++) {
		struct vmscope_trace_reader *reader = NULL;
		struct vmscope *handle;
		size_t rounds = 0;
		int err;

		memset(rings, 0, sizeof(rings));
		vmscope_open_fd(-1, &handle);
		if (vmscope_trace_reader_open(handle, &trace, &reader))
			sound = false;
		free(handle);
		write_fault(0, PAST, 4, false);
		write_fault(0, PAST + 1, 4, false);
		write_fault(1, PAST + 2, 0, false);
		rings[0].data[at] ^= 0xff;
		while ((err = vmscope_trace_reader_next(reader, &record)) !=
		       1) {
			if (err == -EPROTO)
				broken++;
			else if (err)
				sound = false;
			else
				sound &= vmscope_record_check(record,
							      record->bytes);
			if (++rounds > 10) {
				ended = false;
				break;
			}
		}
		vmscope_trace_reader_close(reader);
	}
	unit_ok(sound, "of broken rings only sound records are handed out");
	unit_ok(ended, "a broken ring does not go on for ever");
	unit_ok(broken > 5 && broken < at,
		"wrong lengths are found out (%zu of %zu bytes)", broken, at);
}

static void head_test(const char *what, uint64_t head, uint64_t tail)
{
	struct vmscope_trace_reader *reader = reader_new(0);
	const struct vmscope_record *record;

	rings[0].page.head = head;
	rings[0].page.tail = tail;
	write_fault(1, PAST, 0, false);
	unit_ok(vmscope_trace_reader_next(reader, &record) == -EPROTO, "%s",
		what);
	unit_ok(!vmscope_trace_reader_next(reader, &record) &&
			record->time_ns == PAST,
		"and the other rings are read on");
	vmscope_trace_reader_close(reader);
}

static void record_check_test(void)
{
	static const struct vmscope_record_fault good = {
		.header = { VMSCOPE_RECORD_FAULT, sizeof(good), 0, 0 },
	};
	struct vmscope_record_fault fault = good;
	struct vmscope_record *header = &fault.header;

	unit_ok(vmscope_record_check(header, sizeof(fault)), "a sound record");
	unit_ok(!vmscope_record_check(header, sizeof(fault) - 8),
		"not one that is cut");
	unit_ok(!vmscope_record_check(header, 0), "nor nothing");
	fault.header.bytes -= 8;
	unit_ok(!vmscope_record_check(header, sizeof(fault)),
		"not one that is too short for its type");
	fault = good;
	fault.user_stack_len = 1;
	unit_ok(!vmscope_record_check(header, sizeof(fault)),
		"not one whose callers are outside");
	fault = good;
	memset(fault.comm, 'x', sizeof(fault.comm));
	unit_ok(!vmscope_record_check(header, sizeof(fault)),
		"not one whose name has no end");
	fault = good;
	fault.header.type = 999;
	fault.header.bytes = 16;
	unit_ok(vmscope_record_check(header, sizeof(fault)),
		"a type of the future is sound");
	fault.header.bytes = 12;
	unit_ok(!vmscope_record_check(header, sizeof(fault)),
		"but not with an odd length");
}

static void open_test(void)
{
	struct vmscope_trace_reader *reader = NULL;
	const struct vmscope_trace good = trace;
	struct vmscope *handle;

	vmscope_open_fd(-1, &handle);
	trace.ring_bytes = 5 * BLOCK;
	unit_ok(vmscope_trace_reader_open(handle, &trace, &reader) == -EPROTO,
		"a ring that is no power of two is refused");
	trace = good;
	trace.map_bytes = BLOCK;
	unit_ok(vmscope_trace_reader_open(handle, &trace, &reader) == -EPROTO,
		"a map that is too small is refused");
	trace = good;
	trace.rings = 0;
	unit_ok(vmscope_trace_reader_open(handle, &trace, &reader) == -EPROTO,
		"no rings are refused");
	trace = good;
	map_error = EACCES;
	unit_ok(vmscope_trace_reader_open(handle, &trace, &reader) == -EACCES &&
			!open_maps && !reader,
		"when a ring cannot be mapped none stays");
	vmscope_trace_reader_close(NULL);
	free(handle);
}

int main(void)
{
	merge_test();
	full_test();
	held_back_test();
	overwrite_test();
	hostile_test();
	head_test("a head in the middle of a word", 12, 0);
	head_test("a head further than the ring is long", RING + BLOCK, 0);
	head_test("a head at zeros, which are no record", 64, 0);
	record_check_test();
	open_test();
	return unit_done();
}
