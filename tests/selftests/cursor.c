// SPDX-License-Identifier: GPL-2.0
/*
 * MAPS in pieces: whatever the sizes of the buffers, the pieces make the same list; nothing is
 * repeated or skipped; ranges cut right; and all that also while the target changes.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "req.h"
#include "tap.h"
#include "target.h"
#include "witness.h"

static bool same_map(const struct maplist *a, size_t i, const struct maplist *b,
		     size_t j, bool names)
{
	struct vmscope_map x = a->map[i], y = b->map[j];
	char name[4200];

	x.name_start = y.name_start = 0;
	if (!names)
		x.name_len = y.name_len = 0;
	if (memcmp(&x, &y, sizeof(x)))
		return false;
	if (!names)
		return true;
	snprintf(name, sizeof(name), "%s", maplist_name(a, i));
	return !strcmp(name, maplist_name(b, j));
}

static bool same_list(const struct maplist *a, const struct maplist *b)
{
	if (a->len != b->len) {
		tap_diag("%zu elements, want %zu", b->len, a->len);
		return false;
	}
	for (size_t i = 0; i < a->len; i++) {
		if (!same_map(a, i, b, i, true)) {
			tap_diag(
				"element %zu differs: %#llx-%#llx, want %#llx-%#llx",
				i, b->map[i].start, b->map[i].end,
				a->map[i].start, a->map[i].end);
			return false;
		}
	}
	return true;
}

/* a few hundred mappings with all sorts of names, some of them with much inside */
static int setup_mix(struct report *r)
{
	size_t len = 400 * PAGE;
	char *m;

	setup_names(r);
	setup_half(r);
	setup_sparse(r);
	m = map_anon(len, PROT_READ, MAP_PRIVATE);
	for (size_t i = 0; i < len; i += 2 * PAGE)
		mprotect(m + i, PAGE, PROT_READ | PROT_WRITE);
	touch(m, PAGE, PAGE, 1);
	area_add(r, "mix", m, len);
	return 0;
}

static const struct recipe mix = { .name = "mix", .setup = setup_mix };

static void sizes(int fd, pid_t pid)
{
	static const size_t elements[] = { 1, 2, 3, 7, 8, 31, 64, 65, 100 },
			    bytes[] = { 128, 130, 257, 1000, 4096 };
	struct maplist all, part;

	tap_eq(req_maps(fd, pid, &all), 0, "the whole list in one piece");
	tap_eq(all.calls, 1, "is one request");
	tap_ok(all.len > 400, "it has %zu elements", all.len);
	for (size_t i = 0; i < COUNT(elements); i++) {
		int error = req_maps_by(fd, pid, 0, VMSCOPE_RANGE_END,
					elements[i], 65536, &part);

		tap_ok(!error && same_list(&all, &part),
		       "%zu elements at a time give the same list (%d)",
		       elements[i], error);
		/* a full piece ends the request, and only a full piece does */
		tap_ok(part.calls >= (all.len + elements[i] - 1) /
					       elements[i] &&
			       part.calls <= all.len / elements[i] + 1,
		       "in %u requests", part.calls);
		maplist_free(&part);
	}
	for (size_t i = 0; i < COUNT(bytes); i++) {
		int error = req_maps_by(fd, pid, 0, VMSCOPE_RANGE_END, 1000,
					bytes[i], &part);

		tap_ok(!error && same_list(&all, &part),
		       "%zu bytes of names at a time give the same list (%d)",
		       bytes[i], error);
		maplist_free(&part);
	}
	maplist_free(&all);
}

static int ask(int fd, struct vmscope_maps *request, pid_t pid, uint64_t start,
	       uint64_t end, struct vmscope_map *map, uint64_t len)
{
	*request = (struct vmscope_maps){
		.size = sizeof(*request),
		.target = pid,
		.start = start,
		.end = end,
		.maps = (uintptr_t)map,
		.maps_len = len,
		.maps_size = sizeof(*map),
	};
	return req_call(fd, VMSCOPE_IOC_MAPS, request);
}

static void ranges(int fd, pid_t pid, const struct area *area)
{
	static struct vmscope_map map[512];
	struct vmscope_maps request;
	uint64_t start = area->start, end = area->end;
	struct maplist all;
	unsigned int bad = 0;

	tap_eq(ask(fd, &request, pid, start, end, map, COUNT(map)), 0,
	       "the range of one mapping");
	tap_ok(request.maps_len == 1 && map[0].start == start &&
		       map[0].end == end,
	       "is that mapping");
	tap_eq(map[0].flags & VMSCOPE_MAP_CLIPPED, 0, "which is not cut");
	tap_eq(request.cursor, end, "the cursor is at the end of the range");
	tap_eq(map[0].name_len, 0, "without a buffer for names there are none");

	tap_eq(ask(fd, &request, pid, start + 2 * PAGE, end - 4 * PAGE, map,
		   COUNT(map)),
	       0, "a part of it");
	tap_ok(request.maps_len == 1 && map[0].start == start + 2 * PAGE &&
		       map[0].end == end - 4 * PAGE,
	       "is cut at both ends");
	tap_ok(map[0].flags & VMSCOPE_MAP_CLIPPED, "and says so");
	tap_eq(map[0].sums.virtual_bytes, end - start - 6 * PAGE,
	       "with the size of the part");
	/* every other page is touched */
	tap_eq(map[0].sums.resident_bytes, (end - start - 6 * PAGE) / 2,
	       "and the pages of the part");

	/* page by page the parts add up to the whole */
	for (uint64_t at = start; at < start + 64 * PAGE; at += PAGE) {
		bad += ask(fd, &request, pid, at, at + PAGE, map, COUNT(map)) ||
		       request.maps_len != 1 || map[0].start != at ||
		       map[0].end != at + PAGE ||
		       map[0].sums.present_bytes !=
			       ((at - start) / PAGE % 2 ? 0 : PAGE);
	}
	tap_eq(bad, 0, "64 single pages, each a range");

	tap_eq(req_maps(fd, pid, &all), 0, "the list again");
	for (size_t i = 0; i + 1 < all.len && i < 30; i++) {
		uint64_t gap = all.map[i].end, next = all.map[i + 1].start;

		if (gap == next)
			continue;
		bad += ask(fd, &request, pid, gap, next, map, COUNT(map)) ||
		       request.maps_len || request.cursor != next;
	}
	tap_eq(bad, 0, "a range in a gap is empty and complete");
	/* a request that ends with exactly as many elements as there are */
	tap_eq(ask(fd, &request, pid, 0, VMSCOPE_RANGE_END, map,
		   all.len <= COUNT(map) ? all.len : 1),
	       0, "as many elements as there are");
	if (all.len <= COUNT(map)) {
		uint64_t cursor = request.cursor;

		tap_eq(request.maps_len, all.len, "come in one piece");
		if (cursor != VMSCOPE_RANGE_END) {
			ask(fd, &request, pid, cursor, VMSCOPE_RANGE_END, map,
			    COUNT(map));
			tap_eq(request.maps_len, 0,
			       "with nothing left after them");
		}
	}
	tap_eq(ask(fd, &request, pid, VMSCOPE_RANGE_END & ~(2 * PAGE - 1),
		   VMSCOPE_RANGE_END, map, COUNT(map)),
	       0, "a range in the kernel half");
	tap_eq(request.maps_len, 0, "is empty");
	tap_eq(request.cursor, VMSCOPE_RANGE_END, "and complete");
	maplist_free(&all);
}

static void names(int fd, pid_t pid)
{
	static struct vmscope_map map[512];
	struct vmscope_maps request = {
		.size = sizeof(request),
		.target = pid,
		.end = VMSCOPE_RANGE_END,
		.maps = (uintptr_t)map,
		.maps_len = COUNT(map),
		.maps_size = sizeof(map[0]),
	};
	char name[4];

	/* the first mapping is this program's text, whose path is longer */
	request.names = (uintptr_t)name;
	request.names_len = sizeof(name);
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &request), -ENAMETOOLONG,
	       "a name that no empty buffer can hold");
	tap_eq(request.maps_len, COUNT(map),
	       "the request is untouched by the error");
	request.names_len = 0;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &request), -ENAMETOOLONG,
	       "a buffer of no bytes");
}

/* ------------------------------------------------------------------ a target that changes */

#define ANCHORS 64
#define ANCHOR	(4 * PAGE)

/* Fixed mappings, and between them others that come and go all the time. */
static void churn(char *base, int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < ANCHORS; i++) {
		char *at = base + i * 8 * ANCHOR;

		mmap(at, ANCHOR, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		touch(at, ANCHOR, PAGE, i);
	}
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (unsigned int n = 0;; n++) {
		char *at = base + (n * 7 % ANCHORS) * 8 * ANCHOR + 2 * ANCHOR;

		/* never touching an anchor, so that no merge moves its borders */
		mmap(at, ANCHOR * (1 + n % 4),
		     PROT_READ | (n & 1 ? PROT_WRITE : 0),
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		*(volatile char *)at;
		mprotect(at + PAGE, PAGE, PROT_NONE);
		if (n % 3)
			munmap(at, ANCHOR * (1 + n % 4));
	}
}

static bool ascending(const struct maplist *list)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct vmscope_map *m = &list->map[i];

		if (m->start >= m->end ||
		    (i && list->map[i - 1].end > m->start)) {
			tap_diag("element %zu is %#llx-%#llx after %#llx", i,
				 m->start, m->end,
				 i ? list->map[i - 1].end : 0);
			return false;
		}
	}
	return true;
}

static unsigned int anchors_of(const struct maplist *list, const char *base)
{
	unsigned int found = 0;

	for (size_t i = 0; i < list->len; i++) {
		const struct vmscope_map *m = &list->map[i];
		uint64_t at = m->start - (uintptr_t)base;

		if (at < ANCHORS * 8 * ANCHOR && at % (8 * ANCHOR) == 0)
			found += m->end - m->start == ANCHOR &&
				 m->sums.resident_bytes == ANCHOR &&
				 !(m->flags &
				   (VMSCOPE_MAP_TORN | VMSCOPE_MAP_CLIPPED));
	}
	return found;
}

static void changing(int fd)
{
	static const size_t elements[] = { 1, 5, 50, 1000 };
	char *base = mmap(NULL, ANCHORS * 8 * ANCHOR, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned int rounds = 0, disorder = 0, lost = 0, errors = 0;
	time_t end;
	int ready[2];
	pid_t pid;
	char byte;

	munmap(base, ANCHORS * 8 * ANCHOR);
	if (pipe(ready))
		tap_bail("pipe");
	fflush(stdout);
	pid = fork();
	if (!pid)
		churn(base, ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		tap_bail("the changing target died");
	for (end = time(NULL) + 4; time(NULL) < end; rounds++) {
		struct maplist list;
		int error = req_maps_by(fd, pid, 0, VMSCOPE_RANGE_END,
					elements[rounds % COUNT(elements)],
					rounds % 2 ? 4096 : 65536, &list);

		errors += !!error;
		disorder += !ascending(&list);
		if (!error && anchors_of(&list, base) != ANCHORS && lost++ < 3)
			tap_diag("%u of %u anchors with %zu elements at a time",
				 anchors_of(&list, base), ANCHORS,
				 elements[rounds % COUNT(elements)]);
		for (size_t i = 0; i < list.len; i++)
			disorder += list.map[i].sums.virtual_bytes !=
				    list.map[i].end - list.map[i].start;
		maplist_free(&list);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	tap_eq(errors, 0, "a target that changes: no error in %u lists",
	       rounds);
	tap_eq(disorder, 0,
	       "elements ascend, do not overlap and have their sizes");
	tap_eq(lost, 0, "what stays mapped is seen exactly once, whole");
}

int main(void)
{
	int fd = req_open();
	struct target target;

	quiet_machine();
	if (target_start(&target, &mix))
		tap_bail("target: %s", target.report.skip);
	sizes(fd, target.pid);
	for (unsigned int i = 0; i < target.report.areas; i++)
		if (!strcmp(target.report.area[i].what, "every other page"))
			ranges(fd, target.pid, &target.report.area[i]);
	names(fd, target.pid);
	target_end(&target);
	changing(fd);
	return tap_done();
}
