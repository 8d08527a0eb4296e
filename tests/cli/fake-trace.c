// SPDX-License-Identifier: GPL-2.0
/*
 * The part of the device that traces: takes requests as the contract says, and
 * plays faults into rings that are memory of its own.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "device.h"
#include "fake.h"
#include "fixtures-trace.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

#define RINGS  2
#define BLOCK  UINT64_C(4096)
#define OFFSET UINT64_C(4096)
#define START  UINT64_C(1000000000)

static struct {
	bool set_up;
	bool started;
	struct vmscope_trace trace;
	struct vmscope_ring *rings[RINGS];
	struct vmscope_trace_totals totals;
	struct vmscope_cause_sum causes[VMSCOPE_CAUSES];
	unsigned long faults; /* so many are to be played */
	unsigned long played;
	bool lost_told;
} fake;

static bool told(void)
{
	return fake_knob("FAKE_TRACE", 0);
}

static int set_up(struct vmscope_trace *arg)
{
	uint64_t bytes = arg->ring_bytes ? arg->ring_bytes : 16 * BLOCK;

	if (arg->size != sizeof(*arg) || arg->reserved || bytes & (bytes - 1) ||
	    bytes < 2 * BLOCK || (arg->end && arg->start >= arg->end))
		return -EINVAL;
	if (fake.started)
		return -EBUSY;
	if (told())
		fprintf(stderr,
			"trace flags %#llx causes %#llx origins %#llx accesses %#llx range %#llx-%#llx min %llu sample %llu ring %llu\n",
			arg->flags, arg->causes, arg->origins, arg->accesses,
			arg->start, arg->end, arg->min_latency_ns, arg->sample,
			arg->ring_bytes);
	arg->ring_bytes = bytes;
	arg->wake_bytes = bytes / 4;
	arg->wake_ns = 100000000;
	arg->rings = RINGS;
	arg->map_bytes = OFFSET + bytes;
	arg->data_offset = OFFSET;
	arg->block_bytes = BLOCK;
	fake.trace = *arg;
	fake.set_up = true;
	return 0;
}

static int target_add(const struct vmscope_trace_target *arg)
{
	int err = (int)fake_knob("FAKE_TARGET_ERROR", 0);

	if (!fake.set_up)
		return -ENODATA;
	if (told() && arg->flags & VMSCOPE_TARGET_F_ON_EXEC)
		fprintf(stderr, "target command flags %#llx\n", arg->flags);
	else if (told() && arg->kind == VMSCOPE_TARGET_CGROUP)
		fprintf(stderr, "target cgroup flags %#llx\n", arg->flags);
	else if (told())
		fprintf(stderr, "target kind %llu id %llu flags %#llx\n",
			arg->kind, arg->id, arg->flags);
	return -err;
}

/* ----------------------------------------------------------------- rings */

static struct vmscope_record *reserve(size_t cpu, size_t bytes)
{
	struct vmscope_ring *ring = fake.rings[cpu];
	uint64_t room = BLOCK - ring->head % BLOCK;
	uint64_t need = bytes <= room ? bytes : room + bytes;
	unsigned char *data = (unsigned char *)ring + OFFSET;
	struct vmscope_record *record;

	if (ring->head + need - ring->tail > fake.trace.ring_bytes)
		return NULL;
	record = (void *)(data + ring->head % fake.trace.ring_bytes);
	if (bytes > room) {
		record->type = VMSCOPE_RECORD_PAD;
		record->bytes = (uint16_t)room;
		ring->head += room;
		record = (void *)(data + ring->head % fake.trace.ring_bytes);
	}
	memset(record, 0, bytes);
	record->bytes = (uint16_t)bytes;
	record->cpu = (uint32_t)cpu;
	return record;
}

static void commit(struct vmscope_record *record)
{
	struct vmscope_ring *ring = fake.rings[record->cpu];
	uint64_t bytes = record->bytes;

	if (fake_knob("FAKE_BROKEN", 0) == ring->records + 1)
		record->bytes = 4;
	ring->records++;
	__atomic_store_n(&ring->head, ring->head + bytes, __ATOMIC_RELEASE);
}

static void fault_make(unsigned long i, struct vmscope_record_fault *fault)
{
	size_t fixture = i % LEN(traced_faults);

	*fault = traced_faults[fixture];
	fault->header.type = VMSCOPE_RECORD_FAULT;
	fault->header.time_ns +=
		START + i / LEN(traced_faults) * UINT64_C(2000000);
	fault->tid += TRACED_PID;
	fault->pid = TRACED_PID;
	fault->target_pid += TRACED_PID;
	memcpy(fault->comm, "gr\303\274n\t1", 8);
}

static void sums_add(struct vmscope_latency_sum *sum, uint64_t ns,
		     uint64_t when)
{
	sum->count++;
	sum->total_ns += ns;
	if (ns > sum->max_ns) {
		sum->max_ns = ns;
		sum->max_time_ns = when;
	}
	sum->buckets[vmscope_hist_bucket(ns)]++;
}

static void count(const struct vmscope_record_fault *fault)
{
	struct vmscope_trace_totals *totals = &fake.totals;
	struct vmscope_cause_sum *cause = &fake.causes[fault->cause];
	bool major = fault->flags & VMSCOPE_FAULT_MAJOR;

	totals->faults++;
	totals->origins[fault->origin]++;
	if (fault->flags & VMSCOPE_FAULT_FAILED)
		totals->failed++;
	else if (major)
		totals->major++;
	else
		totals->minor++;
	cause->count++;
	cause->origins[fault->origin]++;
	cause->accesses[fault->access]++;
	cause->major += major;
	cause->around_pages += fault->around_pages;
	cause->lock_wait_ns += fault->lock_wait_ns;
	cause->retries += fault->calls > 1 ? fault->calls - 1U : 0;
	if (fault->flags & VMSCOPE_FAULT_HANDLER)
		sums_add(&cause->latency[VMSCOPE_LATENCY_HANDLER],
			 fault->handler_ns, fault->header.time_ns);
	if (fault->flags & VMSCOPE_FAULT_EXCEPTION)
		sums_add(&cause->latency[VMSCOPE_LATENCY_EXCEPTION],
			 fault->exception_ns, fault->header.time_ns);
}

static void lost_tell(void)
{
	unsigned long lost = fake_knob("FAKE_LOST", 0);
	struct vmscope_record_lost *record;

	if (!lost || fake.lost_told || !fake.rings[0])
		return;
	fake.lost_told = true;
	record = (void *)reserve(0, sizeof(*record));
	if (!record)
		return;
	record->header.type = VMSCOPE_RECORD_LOST;
	record->header.time_ns = START + 1200000;
	record->lost[VMSCOPE_LOST_FULL] = lost;
	record->lost[VMSCOPE_LOST_NESTED] = 1;
	fake.totals.lost[VMSCOPE_LOST_FULL] = lost;
	fake.totals.lost[VMSCOPE_LOST_NESTED] = 1;
	commit(&record->header);
}

/* What the module would have done since it was last looked at. */
static void play(void)
{
	bool records = fake.trace.flags & VMSCOPE_TRACE_F_RECORDS;
	struct vmscope_record_fault fault;

	for (; fake.started && fake.played < fake.faults; fake.played++) {
		size_t cpu = fake.played % RINGS;

		if (fake.played == 1 && records)
			lost_tell();
		fault_make(fake.played, &fault);
		if (records) {
			struct vmscope_record_fault *record =
				(void *)reserve(cpu, sizeof(fault));

			if (!record)
				return;
			fault.header.bytes = sizeof(fault);
			fault.header.cpu = (uint32_t)cpu;
			*record = fault;
			fake.totals.records++;
			commit(&record->header);
		}
		count(&fault);
	}
}

static int control(const struct vmscope_trace_control *arg)
{
	int err = (int)fake_knob("FAKE_START_ERROR", 0);

	if (!fake.set_up)
		return -ENODATA;
	switch (arg->op) {
	case VMSCOPE_TRACE_START:
		if (err)
			return -err;
		fake.started = true;
		fake.faults = fake_knob("FAKE_FAULTS", LEN(traced_faults));
		play();
		return 0;
	case VMSCOPE_TRACE_STOP:
		if (!fake.started)
			return -EALREADY;
		play();
		fake.started = false;
		return 0;
	case VMSCOPE_TRACE_RESET:
		memset(&fake.totals, 0, sizeof(fake.totals));
		memset(fake.causes, 0, sizeof(fake.causes));
		return 0;
	}
	return -EINVAL;
}

static int totals(struct vmscope_trace_totals *arg)
{
	struct vmscope_trace_totals reply = fake.totals;

	if (!fake.set_up)
		return -ENODATA;
	play();
	if (arg->causes && arg->causes_size != sizeof(fake.causes[0]))
		return -EINVAL;
	reply = fake.totals;
	reply.size = arg->size;
	reply.causes = arg->causes;
	reply.causes_size = arg->causes_size;
	reply.causes_len = arg->causes_len < VMSCOPE_CAUSES ? arg->causes_len :
							      VMSCOPE_CAUSES;
	reply.time_ns = 250000000;
	reply.running = fake.started;
	reply.targets = fake.played < fake.faults;
	reply.hooks_dead = fake_knob("FAKE_DEAD", 0);
	reply.refused = fake_knob("FAKE_REFUSED", 0);
	if (arg->causes)
		memcpy((void *)(uintptr_t)arg->causes, fake.causes,
		       reply.causes_len * sizeof(fake.causes[0]));
	*arg = reply;
	return 0;
}

int fake_trace(unsigned long request, void *arg)
{
	switch (request) {
	case VMSCOPE_IOC_TRACE:
		return set_up(arg);
	case VMSCOPE_IOC_TRACE_TARGET:
		return target_add(arg);
	case VMSCOPE_IOC_TRACE_CONTROL:
		return control(arg);
	case VMSCOPE_IOC_TRACE_TOTALS:
		return totals(arg);
	}
	return -ENOTTY;
}

int vmscope_device_map(int fd, uint64_t offset, size_t bytes, void **ret)
{
	int err = (int)fake_knob("FAKE_MAP_ERROR", 0);
	uint64_t cpu = offset / fake.trace.map_bytes;
	void *ring;

	(void)fd;
	if (err)
		return -err;
	if (offset % fake.trace.map_bytes || bytes != fake.trace.map_bytes ||
	    cpu >= RINGS)
		return -EINVAL;
	ring = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ring == MAP_FAILED)
		return -errno;
	fake.rings[cpu] = ring;
	*ret = ring;
	return 0;
}

void vmscope_device_unmap(void *address, size_t bytes)
{
	size_t i;

	for (i = 0; i < RINGS; i++)
		if (fake.rings[i] == address)
			fake.rings[i] = NULL;
	munmap(address, bytes);
}

int vmscope_device_wait(int fd, int timeout_ms)
{
	size_t i;

	(void)fd;
	play();
	for (i = 0; i < RINGS; i++)
		if (fake.rings[i] && fake.rings[i]->head != fake.rings[i]->tail)
			return 0;
	return poll(NULL, 0, timeout_ms) < 0 ? -errno : 1;
}
