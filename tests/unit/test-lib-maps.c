// SPDX-License-Identifier: GPL-2.0
/* sources: ../../tools/lib/maps.c ../../tools/lib/raw.c */
/*
 * The iterator over mappings, against a module that gives replies of every
 * size, and against one that lies.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "device.h"
#include "unit.h"
#include "vmscope.h"

#define PAGE  UINT64_C(4096)
#define FIRST UINT64_C(0x10000)

/* What the other side does. */
static struct {
	size_t mappings; /* each of a page, every second page */
	size_t per_reply;
	size_t name_len;
	size_t name_limit; /* replies ENAMETOOLONG below this buffer size */
	uint64_t layout;
	size_t fail_at; /* the n-th request fails once with EAGAIN */
	int stuck; /* the cursor does not move */
	int bad_name; /* a name outside the buffer */
	int too_many; /* more elements than were asked for */
	size_t requests;
} other;

int vmscope_device_open(void)
{
	return open("/dev/null", O_RDONLY);
}

bool vmscope_device_loaded(void)
{
	return true;
}

int vmscope_device_request(int fd, unsigned long request, void *data)
{
	struct vmscope_maps *arg = data;
	struct vmscope_map *maps = (void *)(uintptr_t)arg->maps;
	char *names = (void *)(uintptr_t)arg->names;
	size_t len = 0;
	size_t used = 0;
	size_t i = 0;

	(void)fd;
	if (request != VMSCOPE_IOC_MAPS || arg->size != sizeof(*arg) ||
	    arg->maps_size != sizeof(*maps))
		return -EINVAL;
	if (++other.requests == other.fail_at)
		return -EAGAIN;
	if (arg->names_len < other.name_limit)
		return -ENAMETOOLONG;
	if (arg->start > FIRST)
		i = (arg->start - FIRST) / (2 * PAGE);
	arg->pid = 77;
	arg->cursor = arg->end;
	for (; i < other.mappings; i++) {
		uint64_t start = FIRST + i * 2 * PAGE;

		if (start >= arg->end)
			break;
		if (len == arg->maps_len ||
		    (other.per_reply && len == other.per_reply) ||
		    used + other.name_len > arg->names_len) {
			arg->cursor = start;
			break;
		}
		memset(&maps[len], 0, sizeof(maps[len]));
		maps[len].start = start;
		maps[len].end = start + PAGE;
		maps[len].name_start = used;
		maps[len].name_len = other.name_len;
		memset(names + used, 'a' + (int)(i % 26), other.name_len);
		used += other.name_len;
		if (other.bad_name)
			maps[len].name_start = ~UINT64_C(0) - 1;
		len++;
	}
	if (other.stuck)
		arg->cursor = arg->start;
	arg->maps_len = other.too_many ? arg->maps_len + 1 : len;
	arg->names_len = used;
	arg->walk.holds = 1;
	arg->walk.layout = other.layout;
	arg->walk.entries = len;
	arg->walk.tables = 1;
	return 0;
}

struct result {
	int err;
	size_t len;
	int right; /* every mapping and name as expected */
	int retried;
	uint64_t pid;
	struct vmscope_walk walk;
};

static struct result iterate(uint64_t start, uint64_t end)
{
	struct vmscope_target target = vmscope_target_pid(77);
	struct result result = { .right = 1 };
	struct vmscope_maps_iter *iter;
	const struct vmscope_map *map;
	struct vmscope *handle;
	const char *name;
	int err;

	if (vmscope_open(&handle) ||
	    vmscope_maps_open(handle, &target, start, end, &iter))
		abort();
	for (;;) {
		err = vmscope_maps_next(iter, &map, &name);
		if (err == -EAGAIN) {
			result.retried++;
			continue;
		}
		if (err)
			break;
		if (map->start != FIRST + result.len * 2 * PAGE ||
		    strlen(name) != other.name_len ||
		    strspn(name, (char[]){ 'a' + (char)(result.len % 26),
					   '\0' }) != other.name_len)
			result.right = 0;
		result.len++;
	}
	result.err = err;
	if (err == 1 && vmscope_maps_next(iter, &map, &name) != 1)
		result.err = -1; /* the end stays the end */
	vmscope_maps_walk(iter, &result.pid, &result.walk);
	vmscope_maps_close(iter);
	vmscope_close(handle);
	return result;
}

static void good_test(void)
{
	static const size_t per_reply[] = { 0, 1, 7, 511, 512, 513, 16384 };
	struct result result;
	size_t i;

	for (i = 0; i < sizeof(per_reply) / sizeof(per_reply[0]); i++) {
		memset(&other, 0, sizeof(other));
		other.mappings = 20000;
		other.per_reply = per_reply[i];
		other.name_len = 21;
		result = iterate(0, VMSCOPE_RANGE_END);
		unit_ok(result.err == 1 && result.len == 20000 && result.right,
			"20000 mappings, at most %zu in a reply", per_reply[i]);
		unit_ok(result.walk.holds == other.requests &&
				result.walk.entries == 20000 &&
				result.pid == 77,
			"its walk is the sum of %zu replies", other.requests);
	}
	memset(&other, 0, sizeof(other));
	other.mappings = 100000;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.len == 100000 && other.requests <= 12,
		"100000 mappings need no more than 12 requests (%zu)",
		other.requests);
}

static void edge_test(void)
{
	struct result result;

	memset(&other, 0, sizeof(other));
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.err == 1 && !result.len && other.requests == 1,
		"no mappings");

	other.mappings = 10;
	result = iterate(0, FIRST + 4 * PAGE);
	unit_ok(result.err == 1 && result.len == 2, "a range with an end");

	memset(&other, 0, sizeof(other));
	other.mappings = 50;
	other.name_len = 4095;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.err == 1 && result.len == 50 && result.right,
		"names that fill the buffer");

	memset(&other, 0, sizeof(other));
	other.mappings = 3;
	other.name_len = 5;
	other.name_limit = 300000;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.err == 1 && result.len == 3 && result.right,
		"ENAMETOOLONG makes the buffer grow");

	memset(&other, 0, sizeof(other));
	other.mappings = 2000;
	other.fail_at = 2;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.err == 1 && result.len == 2000 && result.right &&
			result.retried == 1,
		"after an error it goes on where it stood");

	memset(&other, 0, sizeof(other));
	other.mappings = 3;
	other.fail_at = 1;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.err == 1 && result.len == 3 && result.retried == 1,
		"an error of the first request can be repeated, too");
}

static void layout_test(void)
{
	struct result result;

	memset(&other, 0, sizeof(other));
	other.mappings = 3;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.walk.layout == VMSCOPE_LAYOUT_SAME,
		"one reply: its layout");
	other.per_reply = 2;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.walk.layout == VMSCOPE_LAYOUT_UNKNOWN,
		"two replies: what was between them cannot be told");
	other.layout = VMSCOPE_LAYOUT_CHANGED;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.walk.layout == VMSCOPE_LAYOUT_CHANGED,
		"a change is a change, whatever the rest says");
}

static void lie_test(void)
{
	struct result result;

	memset(&other, 0, sizeof(other));
	other.mappings = 3;
	other.stuck = 1;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.err == -EPROTO, "a cursor that does not move");
	other.stuck = 0;
	other.bad_name = 1;
	other.name_len = 3;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.err == -EPROTO, "a name outside its buffer");
	other.bad_name = 0;
	other.too_many = 1;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.err == -EPROTO, "more mappings than there is room for");
}

int main(void)
{
	good_test();
	edge_test();
	layout_test();
	lie_test();
	vmscope_maps_close(NULL);
	vmscope_close(NULL);
	return unit_done();
}
