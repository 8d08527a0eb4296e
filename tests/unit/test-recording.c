// SPDX-License-Identifier: GPL-2.0
/* sources: ../../tools/vmscope/recording-write.c
../../tools/vmscope/recording-read.c ../../tools/vmscope/recording-meta.c
../../tools/vmscope/recording-place.c ../../tools/lib/trace-ring.c
../../tools/lib/device.c ../../tools/lib/raw.c */
/*
 * What is written to a recording is read from it; cut and damaged ones can be
 * read up to there; no bytes whatever do harm.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "fuzz-recording.h"
#include "unit.h"

/* The sample that tests/cli reads. */
#define main make_recording
#include "../cli/make-recording.c"
#undef main

#define FUZZ_RUNS 4000

static uint8_t *sample;
static size_t sample_len;
static char path[] = "/tmp/vmscope-recording-XXXXXX";

static void sample_make(void)
{
	char *words[] = { "make-recording", path, NULL };
	int fd = mkstemp(path);
	struct stat stat;

	if (fd < 0 || make_recording(2, words) || fstat(fd, &stat))
		abort();
	sample_len = (size_t)stat.st_size;
	sample = malloc(sample_len);
	if (!sample || pread(fd, sample, sample_len, 0) != (ssize_t)sample_len)
		abort();
	close(fd);
}

static struct recording *bytes_open(const void *bytes, size_t len,
				    char message[RECORDING_MESSAGE])
{
	int fd = memfd_create("recording", MFD_CLOEXEC);
	struct recording *recording;

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	if (recording_open_fd(fd, "FILE", &recording, message))
		return NULL;
	return recording;
}

static uint64_t records_count(struct recording *recording)
{
	const struct vmscope_record *record;
	uint64_t ret = 0;
	int err;

	while (!(err = recording_next(recording, &record)))
		ret++;
	return err == 1 ? ret : UINT64_MAX;
}

static void whole_test(void)
{
	char message[RECORDING_MESSAGE];
	struct recording *recording;
	const struct recording_meta *meta;
	const struct vmscope_record *record;
	const struct recorded_task *task;
	uint64_t faults = 0;
	uint64_t last_ns = 0;
	uint64_t begin_ns;
	uint64_t end_ns;
	bool rising = true;

	recording = bytes_open(sample, sample_len, message);
	if (!unit_ok(recording && !recording_flaw(recording),
		     "a whole recording has no flaw"))
		return;
	meta = recording_meta(recording);
	unit_ok(meta->machine.known && meta->machine.cpus == 2 &&
			!strcmp(meta->machine.release, "6.12.0-test"),
		"the machine is told");
	unit_ok(meta->clock.known && meta->clock.realtime_ns == REALTIME,
		"the clock is told");
	unit_ok(meta->totals_known && meta->totals.faults == totals.faults &&
			!memcmp(meta->causes, causes, sizeof(causes)),
		"the totals are those that were written");
	unit_ok(meta->files.len == 4 && meta->symbols.len == 5 &&
			meta->mappings.len == 4 && meta->forgets.len == 1,
		"files, symbols and mappings are there");
	unit_ok(recording_inode_find(meta, DEVICE, 12) &&
			!strcmp(recording_inode_find(meta, DEVICE, 12)->path,
				"/usr/lib/libc.so.6") &&
			!recording_inode_find(meta, DEVICE, 99),
		"a file is found by its inode");
	task = recording_task_find(meta, SERVER, SERVER);
	unit_ok(task && !strcmp(task->args, "./server --fast"),
		"a task has its command line");
	while (!recording_next(recording, &record)) {
		faults += record->type == VMSCOPE_RECORD_FAULT;
		rising = rising && record->time_ns >= last_ns;
		last_ns = record->time_ns;
	}
	unit_ok(faults == totals.records, "%" PRIu64 " faults of %" PRIu64,
		faults, (uint64_t)totals.records);
	unit_ok(rising, "one that came late is put in its place");
	unit_ok(recording_span(recording, &begin_ns, &end_ns) &&
			end_ns == last_ns && begin_ns == START_NS + 10000,
		"the span is that of the records");
	recording_rewind(recording);
	unit_ok(records_count(recording) == meta->end.records,
		"after rewinding all are there again");
	recording_close(recording);
}

/* Offsets in the sample are half of what make-recording.c says of addresses. */
static void place_test(void)
{
	char message[RECORDING_MESSAGE];
	struct recording *recording = bytes_open(sample, sample_len, message);
	const struct recording_meta *meta = recording_meta(recording);
	const struct recorded_forget *forget = meta->forgets.items;
	struct recorded_place place;

	recording_place_find(meta, SERVER, START_NS, PROGRAM + 0x1008, &place);
	unit_ok(place.symbol && !strcmp(place.symbol, "main") &&
			place.symbol_offset == 8 && place.offset == 0x2008,
		"an instruction has its symbol");
	recording_place_find(meta, SERVER, START_NS, PROGRAM + 0x2000, &place);
	unit_ok(place.file && !place.symbol, "code without a symbol");
	recording_place_find(meta, SERVER, START_NS, HEAP + 5, &place);
	unit_ok(place.mapping && !place.file && place.offset == 5 &&
			!strcmp(place.mapping->name, "[heap]"),
		"a mapping without a file");
	recording_place_find(meta, SERVER, START_NS, 0x10, &place);
	unit_ok(!place.mapping && !place.file && !place.symbol,
		"nothing where nothing is");
	recording_place_find(meta, CHILD, forget->time_ns - 1, PROGRAM + 0x1000,
			     &place);
	unit_ok(place.file && !strcmp(place.file->path, "/usr/bin/server"),
		"before its exec a child has what its parent had");
	recording_place_find(meta, CHILD, forget->time_ns, PROGRAM + 0x1000,
			     &place);
	unit_ok(place.symbol && !strcmp(place.symbol, "child_main"),
		"after it what it executes");
	recording_place_find(meta, CHILD, forget->time_ns, LIBC, &place);
	unit_ok(!place.mapping, "and nothing else");
	recording_kernel_place_find(meta, KERNEL + 9, &place);
	unit_ok(place.symbol && !strcmp(place.symbol, "copy_from_user"),
		"a function of the kernel");
	recording_close(recording);
}

/* Cut between packets and inside of them, at last before the one that ends it. */
static void cut_test(void)
{
	char message[RECORDING_MESSAGE];
	const size_t last = sample_len - sizeof(struct recording_end);
	uint64_t before = 0;
	bool readable = true;
	bool said = true;
	bool growing = true;
	size_t cuts = 0;
	size_t len;

	for (len = sizeof(struct recording_header); len <= last;
	     len = len < last && len + 1237 > last ? last :
		   len % 16			   ? len + 1237 :
						     len + 8) {
		struct recording *recording = bytes_open(sample, len, message);
		uint64_t records;

		cuts++;
		readable = readable && recording;
		if (!recording)
			continue;
		said = said && recording_flaw(recording) &&
		       strstr(recording_flaw(recording), "cut off");
		records = records_count(recording);
		growing = growing && records >= before && records != UINT64_MAX;
		before = records;
		recording_close(recording);
	}
	unit_ok(cuts > 100 && readable && said,
		"cut in %zu places: readable, and it is said", cuts);
	unit_ok(growing && before >= totals.records,
		"the more is there, the more is read");
}

static void refuse_test(void)
{
	char message[RECORDING_MESSAGE];
	uint8_t *copy = malloc(sample_len);
	struct recording_header *header = (void *)copy;

	unit_ok(!bytes_open("", 0, message) &&
			strstr(message, "FILE: not a recording; "),
		"an empty file: %s", message);
	memcpy(copy, sample, sample_len);
	copy[0] ^= 1;
	unit_ok(!bytes_open(copy, sample_len, message) &&
			strstr(message, "not a recording"),
		"another file: %s", message);
	memcpy(copy, sample, sample_len);
	header->version = RECORDING_VERSION + 1;
	unit_ok(!bytes_open(copy, sample_len, message) &&
			strstr(message, "newer"),
		"a later format: %s", message);
	memcpy(copy, sample, sample_len);
	header->header_bytes = 1 << 30;
	unit_ok(!bytes_open(copy, sample_len, message) &&
			strstr(message, "damaged"),
		"a header beyond the end: %s", message);
	free(copy);
}

/* Types that are not known, and fixed parts that are longer or shorter. */
static void growth_test(void)
{
	static const struct recording_text more = { "12345678", 8 };
	struct {
		struct recording_clock clock;
		uint64_t later;
	} longer = { .clock = { .monotonic_ns = 5 }, .later = 7 };
	struct recording_packet unknown;
	char message[RECORDING_MESSAGE];
	struct recording *recording;
	struct recording_task task = { .pid = 3, .tid = 3, .comm = "x" };

	if (recording_writer_open(path, NULL, &writer))
		abort();
	recording_put(writer, 4711, &unknown, sizeof(unknown), &more, 1);
	recording_put(writer, RECORDING_CLOCK, &longer, sizeof(longer), NULL,
		      0);
	/* as if args_len had not been invented */
	recording_put(writer, RECORDING_TASK, &task,
		      offsetof(struct recording_task, args_len), NULL, 0);
	if (recording_writer_close(writer) ||
	    recording_open(path, &recording, message))
		abort();
	unit_ok(!recording_flaw(recording), "unknown packets are skipped");
	unit_ok(recording_meta(recording)->clock.monotonic_ns == 5,
		"a longer fixed part is understood");
	unit_ok(recording_task_find(recording_meta(recording), 3, 3) &&
			!*recording_task_find(recording_meta(recording), 3, 3)
				  ->args,
		"what a shorter one lacks is 0");
	recording_close(recording);
}

/* ---------------------------------------------------------------- mutate */

static uint64_t random_state = 88172645463325252;

static uint64_t random_next(uint64_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

/* Most of the sample is the array of sums, which is nothing to be hurt by. */
static size_t place_choose(size_t len)
{
	size_t at = random_next(len);
	int i;

	for (i = 0; i < 8 && !(sample[at % sample_len]); i++)
		at = random_next(len);
	return at;
}

static size_t mutate(uint8_t *bytes, size_t len)
{
	static const uint64_t odd[] = {
		0,
		1,
		7,
		8,
		15,
		16,
		255,
		65535,
		65536,
		1 << 24,
		UINT64_C(1) << 32,
		UINT64_C(1) << 63,
		UINT64_MAX,
		UINT64_MAX - 7,
		(uint64_t)-4096,
	};
	size_t at = place_choose(len);
	size_t size = 1 << random_next(4);
	uint64_t value = odd[random_next(sizeof(odd) / sizeof(odd[0]))];

	switch (random_next(5)) {
	case 0:
		bytes[at] ^= 1 << random_next(8);
		break;
	case 1:
		bytes[at] = (uint8_t)random_next(256);
		break;
	case 2:
	case 3:
		at &= ~(size - 1);
		if (len - at >= size)
			memcpy(bytes + at, &value, size);
		break;
	default: /* a piece of it elsewhere */
		size = random_next(300);
		value = random_next(len);
		if (size <= len - at && size <= len - value)
			memmove(bytes + at, bytes + value, size);
		break;
	}
	return random_next(20) ? len : 1 + random_next(len);
}

static void mutate_test(void)
{
	uint8_t *bytes = malloc(sample_len);
	int i;

	for (i = 0; i < FUZZ_RUNS; i++) {
		size_t len = sample_len;
		uint64_t times = 1 + random_next(8);

		memcpy(bytes, sample, sample_len);
		while (times-- && len)
			len = mutate(bytes, len);
		LLVMFuzzerTestOneInput(bytes, len);
	}
	free(bytes);
	unit_ok(1, "%d mutated recordings did no harm", FUZZ_RUNS);
}

int main(void)
{
	sample_make();
	whole_test();
	place_test();
	cut_test();
	refuse_test();
	growth_test();
	mutate_test();
	unlink(path);
	free(sample);
	return unit_done();
}
