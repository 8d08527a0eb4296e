/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Read a recording of any bytes, and look up whatever it tells. This is the
 * entry point of libFuzzer:
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE \
 *		-isystem module/uapi -Itools/lib -x c tests/unit/fuzz-recording.h \
 *		tools/vmscope/recording-*.c tools/lib/trace-ring.c ...
 *
 * test-recording.c calls it with mutated recordings.
 */
#ifndef _FUZZ_RECORDING_H
#define _FUZZ_RECORDING_H

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../tools/vmscope/recording-meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every string is read to its end, every address looked up. */
static inline uint64_t fuzz_fault(const struct recording_meta *meta,
				  const struct vmscope_record_fault *fault)
{
	const struct recorded_task *task;
	struct recorded_place place;
	const uint64_t *kernel;
	const uint64_t *user;
	uint64_t sum = 0;
	size_t i;

	vmscope_record_stacks(fault, &user, &kernel);
	for (i = 0; i < fault->user_stack_len; i++)
		sum += user[i];
	for (i = 0; i < fault->kernel_stack_len; i++) {
		recording_kernel_place_find(meta, kernel[i], &place);
		sum += place.symbol ? strlen(place.symbol) : 0;
	}
	recording_place_find(meta, fault->pid, fault->header.time_ns, fault->ip,
			     &place);
	if (place.mapping)
		sum += strlen(place.mapping->name);
	if (place.file)
		sum += strlen(place.file->path);
	if (place.symbol)
		sum += strlen(place.symbol);
	if (recording_inode_find(meta, fault->device, fault->inode))
		sum++;
	task = recording_task_find(meta, fault->pid, fault->tid);
	if (task)
		sum += strlen(task->comm) + strlen(task->args);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char message[RECORDING_MESSAGE];
	const struct vmscope_record *record;
	struct recording *recording;
	int fd = memfd_create("recording", MFD_CLOEXEC);
	volatile uint64_t sum = 0;
	int pass;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (recording_open_fd(fd, "fuzz", &recording, message))
		return *message ? 0 : (abort(), 0);
	for (pass = 0; pass < 2; pass++) {
		while (!recording_next(recording, &record))
			if (record->type == VMSCOPE_RECORD_FAULT)
				sum += fuzz_fault(recording_meta(recording),
						  (const void *)record);
		recording_rewind(recording);
	}
	recording_close(recording);
	return 0;
}

#endif /* _FUZZ_RECORDING_H */
