// SPDX-License-Identifier: GPL-2.0
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "req.h"
#include "tap.h"
#include "tracer.h"

int tracer_set_up(struct tracer *tracer, int fd, uint64_t flags)
{
	struct vmscope_trace *config = &tracer->config;

	tracer->fd = fd;
	config->size = sizeof(*config);
	config->flags = flags;
	return req_call(fd, VMSCOPE_IOC_TRACE, config);
}

int tracer_target(struct tracer *tracer, uint64_t kind, uint64_t id,
		  uint64_t flags)
{
	struct vmscope_trace_target target = {
		.size = sizeof(target),
		.flags = flags,
		.kind = kind,
		.id = id,
	};

	return req_call(tracer->fd, VMSCOPE_IOC_TRACE_TARGET, &target);
}

int tracer_control(struct tracer *tracer, uint64_t op)
{
	struct vmscope_trace_control control = {
		.size = sizeof(control),
		.op = op,
	};

	return req_call(tracer->fd, VMSCOPE_IOC_TRACE_CONTROL, &control);
}

int tracer_totals(struct tracer *tracer)
{
	memset(tracer->causes, 0xff, sizeof(tracer->causes));
	tracer->totals = (struct vmscope_trace_totals){
		.size = sizeof(tracer->totals),
		.causes = (uintptr_t)tracer->causes,
		.causes_len = VMSCOPE_CAUSES,
		.causes_size = sizeof(tracer->causes[0]),
	};
	return req_call(tracer->fd, VMSCOPE_IOC_TRACE_TOTALS, &tracer->totals);
}

bool tracer_map(struct tracer *tracer)
{
	const struct vmscope_trace *config = &tracer->config;
	bool any = false;

	tracer->ring = calloc(config->rings, sizeof(*tracer->ring));
	if (!tracer->ring)
		tap_bail("out of memory");
	for (uint64_t i = 0; i < config->rings; i++) {
		void *ring = mmap(NULL, config->map_bytes,
				  PROT_READ | PROT_WRITE, MAP_SHARED,
				  tracer->fd, i * config->map_bytes);

		if (ring == MAP_FAILED)
			continue;
		tracer->ring[i] = ring;
		any = true;
	}
	return any;
}

void tracer_unmap(struct tracer *tracer)
{
	for (uint64_t i = 0; tracer->ring && i < tracer->config.rings; i++)
		if (tracer->ring[i])
			munmap(tracer->ring[i], tracer->config.map_bytes);
	free(tracer->ring);
	tracer->ring = NULL;
}

static void
read_ring(const struct vmscope_trace *config, struct vmscope_ring *ring,
	  void (*see)(void *private, const struct vmscope_record *record),
	  void *private)
{
	const char *data = (const char *)ring + config->data_offset;
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	uint64_t position = ring->tail;

	while (position != head) {
		const struct vmscope_record *record =
			(const void *)(data + position % config->ring_bytes);

		if (record->bytes < 8 || record->bytes % 8 ||
		    position % config->block_bytes + record->bytes >
			    config->block_bytes)
			tap_bail("a record of %u bytes at %llu", record->bytes,
				 (unsigned long long)position);
		if (record->type != VMSCOPE_RECORD_PAD)
			see(private, record);
		position += record->bytes;
	}
	__atomic_store_n(&ring->tail, position, __ATOMIC_RELEASE);
}

void tracer_read(struct tracer *tracer,
		 void (*see)(void *private,
			     const struct vmscope_record *record),
		 void *private)
{
	for (uint64_t i = 0; i < tracer->config.rings; i++)
		if (tracer->ring[i])
			read_ring(&tracer->config, tracer->ring[i], see,
				  private);
}

bool faultcount_open(struct faultcount *count, pid_t pid)
{
	static const uint64_t configs[] = {
		PERF_COUNT_SW_PAGE_FAULTS,
		PERF_COUNT_SW_PAGE_FAULTS_MIN,
		PERF_COUNT_SW_PAGE_FAULTS_MAJ,
	};

	for (int i = 0; i < 3; i++) {
		struct perf_event_attr attr = {
			.type = PERF_TYPE_SOFTWARE,
			.size = sizeof(attr),
			.config = configs[i],
			.inherit = 1,
		};

		count->fd[i] = syscall(SYS_perf_event_open, &attr, pid, -1, -1,
				       PERF_FLAG_FD_CLOEXEC);
		if (count->fd[i] < 0)
			return false;
	}
	return true;
}

void faultcount_read(struct faultcount *count, uint64_t value[3])
{
	for (int i = 0; i < 3; i++)
		if (read(count->fd[i], &value[i], sizeof(value[i])) !=
		    sizeof(value[i]))
			tap_bail("cannot read a software event");
}

void faultcount_close(struct faultcount *count)
{
	for (int i = 0; i < 3; i++)
		close(count->fd[i]);
}
