/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a snapshot's reader is given by a fuzzer: bytes from anywhere. What it
 * accepts is then asked for everything and compared with itself. With libFuzzer:
 *
 *	clang -g -fsanitize=fuzzer,address,undefined -DFUZZER -D_GNU_SOURCE \
 *		-DVMSCOPE_VERSION='"0"' -isystem module/uapi -Itools/lib \
 *		-x c tests/unit/fuzz-snapshot.h tools/lib/snapshot-file.c \
 *		tools/lib/diff.c -o fuzz-snapshot
 */
#ifndef _FUZZ_SNAPSHOT_H
#define _FUZZ_SNAPSHOT_H

#include <stdint.h>
#include <stdlib.h>

#include "vmscope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Adds up, so that nothing of it can be left out. */
static volatile uint64_t fuzz_sink;

static void fuzz_contents(const struct vmscope_snapshot *snapshot)
{
	struct vmscope_snapshot_facts facts = { .size = sizeof(facts) };
	struct vmscope_page page;
	struct vmscope_map map;
	const char *name;
	size_t i;

	if (vmscope_snapshot_facts(snapshot, &facts))
		abort();
	fuzz_sink += strlen(facts.comm) + strlen(facts.module_version) +
		     strlen(facts.library_version) +
		     strlen(facts.kernel_release);
	for (i = 0; !vmscope_snapshot_map(snapshot, i, &map, &name); i++)
		fuzz_sink += map.start + map.flags + strlen(name);
	if (i != facts.maps_len)
		abort();
	for (i = 0; !vmscope_snapshot_page(snapshot, i, &page); i++)
		fuzz_sink += page.start + page.state + page.leaf_size;
	if (i != facts.pages_len)
		abort();
}

/* Pieces are in order, and what is said of them adds up. */
static void fuzz_diff(const struct vmscope_snapshot *a,
		      const struct vmscope_snapshot *b)
{
	const struct vmscope_change *change;
	struct vmscope_diff *diff;
	uint64_t last = 0;

	if (vmscope_diff_open(a, b, &diff))
		return;
	while (!vmscope_diff_next(diff, &change)) {
		const struct vmscope_change_sums *sums = &change->sums;
		uint64_t before = 0, after = 0;
		size_t i;

		if (change->start < last || change->end <= change->start)
			abort();
		last = change->end;
		for (i = 0; i < VMSCOPE_STATES; i++) {
			before += sums->before_state[i];
			after += sums->after_state[i];
		}
		if (before != sums->before_bytes ||
		    after != sums->after_bytes ||
		    (after && after != change->end - change->start))
			abort();
		fuzz_sink += strlen(change->name);
	}
	vmscope_diff_close(diff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char message[VMSCOPE_SNAPSHOT_MESSAGE];
	struct vmscope_snapshot *snapshot;

	if (vmscope_snapshot_parse(data, size, &snapshot, message,
				   sizeof(message))) {
		fuzz_sink += strlen(message);
		return 0;
	}
	fuzz_contents(snapshot);
	fuzz_diff(snapshot, snapshot);
	vmscope_snapshot_close(snapshot);
	return 0;
}

#endif /* _FUZZ_SNAPSHOT_H */
