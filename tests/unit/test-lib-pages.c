// SPDX-License-Identifier: GPL-2.0
/* sources: ../../tools/lib/pages.c ../../tools/lib/raw.c */
/*
 * The iterator over pages, against a module that gives replies of every size,
 * and against one that lies.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "device.h"
#include "unit.h"
#include "vmscope.h"

#define PAGE  UINT64_C(4096)
#define FIRST UINT64_C(0x10000)
#define STEP  (4 * PAGE)

/* What the other side does. */
static struct {
	size_t ranges; /* each of one to three pages, one every STEP */
	size_t per_reply;
	size_t empty; /* so many replies hold nothing, but move the cursor */
	uint64_t layout;
	size_t fail_at; /* the n-th request fails once with EAGAIN */
	size_t hide_at; /* the n-th reply hides frames */
	int stuck; /* the cursor does not move */
	int beyond; /* the cursor is behind the end */
	int backwards; /* the second range is before the first */
	int inside; /* a range begins before its predecessor's end */
	int upside_down; /* a range ends where it begins */
	int late; /* the last range reaches behind the cursor */
	int too_many; /* more elements than were asked for */
	size_t requests;
	size_t largest; /* most elements ever asked for */
	struct vmscope_pages asked; /* the last request */
} other;

int vmscope_device_open(void)
{
	return open("/dev/null", O_RDONLY);
}

bool vmscope_device_loaded(void)
{
	return true;
}

static uint64_t range_start(size_t i)
{
	return FIRST + i * STEP;
}

static uint64_t range_end(size_t i)
{
	return range_start(i) + (1 + i % 3) * PAGE;
}

static void lie(struct vmscope_pages *arg, struct vmscope_page *pages,
		size_t len)
{
	if (other.stuck)
		arg->cursor = arg->start;
	if (other.beyond)
		arg->cursor = arg->end + PAGE;
	if (other.backwards && len > 1)
		pages[1].start = pages[0].start - PAGE;
	if (other.inside && len > 2)
		pages[2].start = pages[1].end - PAGE;
	if (other.upside_down && len)
		pages[0].end = pages[0].start;
	if (other.late && len)
		pages[len - 1].end = arg->cursor + PAGE;
	if (other.too_many)
		arg->pages_len = other.largest + 1;
}

int vmscope_device_request(int fd, unsigned long request, void *data)
{
	struct vmscope_pages *arg = data;
	struct vmscope_page *pages = (void *)(uintptr_t)arg->pages;
	size_t limit = arg->pages_len;
	size_t len = 0;
	size_t i = 0;

	(void)fd;
	if (request != VMSCOPE_IOC_PAGES || arg->size != sizeof(*arg) ||
	    arg->reserved || arg->pages_size != sizeof(*pages) || !limit)
		return -EINVAL;
	other.asked = *arg;
	if (limit > other.largest)
		other.largest = limit;
	if (++other.requests == other.fail_at)
		return -EAGAIN;
	if (other.per_reply && limit > other.per_reply)
		limit = other.per_reply;
	arg->pid = 77;
	arg->cursor = arg->end;
	arg->pages_len = 0;
	arg->reply_flags = other.requests == other.hide_at ?
				   VMSCOPE_REPLY_FRAMES_HIDDEN :
				   0;
	arg->walk.holds = 1;
	arg->walk.layout = other.layout;
	arg->walk.tables = 1;
	arg->walk.entries = 0;
	if (other.requests <= other.empty) {
		arg->cursor = arg->start + PAGE;
		return 0;
	}
	if (arg->start > FIRST)
		i = (arg->start - FIRST) / STEP;
	for (; i < other.ranges && range_start(i) < arg->end; i++) {
		struct vmscope_page *page = &pages[len];

		if (range_end(i) <= arg->start)
			continue;
		if (len == limit) {
			arg->cursor = range_start(i);
			break;
		}
		memset(page, 0, sizeof(*page));
		page->start = range_start(i) > arg->start ? range_start(i) :
							    arg->start;
		page->end = range_end(i) < arg->end ? range_end(i) : arg->end;
		page->state = i % VMSCOPE_STATE_NO_MAPPING;
		len++;
	}
	arg->pages_len = len;
	arg->walk.entries = len;
	lie(arg, pages, len);
	return 0;
}

struct result {
	int err;
	size_t len;
	int right; /* every range as expected, none twice, none left out */
	int retried;
	uint64_t pid;
	uint64_t reply_flags;
	struct vmscope_walk walk;
};

static uint64_t within(uint64_t address, uint64_t start, uint64_t end)
{
	return address < start ? start : address > end ? end : address;
}

static struct result iterate(uint64_t start, uint64_t end)
{
	struct vmscope_target target = vmscope_target_pid(77);
	struct result result = { .right = 1 };
	struct vmscope_pages_options options;
	struct vmscope_pages_iter *iter;
	const struct vmscope_page *page;
	struct vmscope *handle;
	size_t i = 0;
	int err;

	vmscope_pages_options_init(&options);
	options.start = start;
	options.end = end;
	if (vmscope_open(&handle) ||
	    vmscope_pages_open(handle, &target, &options, &iter))
		abort();
	while (i < other.ranges && range_end(i) <= start)
		i++;
	for (;; i++, result.len++) {
		err = vmscope_pages_next(iter, &page);
		for (; err == -EAGAIN; result.retried++)
			err = vmscope_pages_next(iter, &page);
		if (err)
			break;
		if (page->start != within(range_start(i), start, end) ||
		    page->end != within(range_end(i), start, end) ||
		    page->state != i % VMSCOPE_STATE_NO_MAPPING)
			result.right = 0;
	}
	if (i < other.ranges && range_start(i) < end)
		result.right = 0;
	result.err = err;
	if (err == 1 && vmscope_pages_next(iter, &page) != 1)
		result.err = -1; /* the end stays the end */
	vmscope_pages_walk(iter, &result.pid, &result.reply_flags,
			   &result.walk);
	vmscope_pages_walk(iter, NULL, NULL, NULL);
	vmscope_pages_close(iter);
	vmscope_close(handle);
	return result;
}

static struct result all(size_t ranges, size_t per_reply)
{
	memset(&other, 0, sizeof(other));
	other.ranges = ranges;
	other.per_reply = per_reply;
	return iterate(0, VMSCOPE_RANGE_END);
}

static void good_test(void)
{
	static const size_t per_reply[] = { 0, 1, 2, 3, 7, 511, 512, 513 };
	struct result result;
	size_t i;

	for (i = 0; i < sizeof(per_reply) / sizeof(per_reply[0]); i++) {
		result = all(20000, per_reply[i]);
		unit_ok(result.err == 1 && result.len == 20000 && result.right,
			"20000 ranges, at most %zu in a reply", per_reply[i]);
		unit_ok(result.walk.holds == other.requests &&
				result.walk.entries == 20000 &&
				result.pid == 77,
			"its walk is the sum of %zu replies", other.requests);
	}
	result = all(1000000, 0);
	unit_ok(result.err == 1 && result.right && other.largest <= 16384,
		"a million ranges, never more than 16384 in memory (%zu)",
		other.largest);
	unit_ok(other.requests <= 65, "and no more than 65 requests (%zu)",
		other.requests);
}

static void edge_test(void)
{
	struct result result = all(0, 0);
	uint64_t start;
	uint64_t end;
	int right = 1;

	unit_ok(result.err == 1 && !result.len && other.requests == 1,
		"no pages");
	memset(&other, 0, sizeof(other));
	other.ranges = 9;
	other.empty = 3;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.err == 1 && result.right && other.requests == 4,
		"replies without a range are gone over");

	memset(&other, 0, sizeof(other));
	other.ranges = 9;
	other.per_reply = 2;
	for (start = FIRST - PAGE; start < range_end(9); start += PAGE) {
		for (end = start + PAGE; end <= range_end(9); end += PAGE) {
			result = iterate(start, end);
			right &= result.err == 1 && result.right;
		}
	}
	unit_ok(right, "ranges with every start and end");

	other.ranges = 2000;
	other.per_reply = 0;
	other.requests = 0;
	other.fail_at = 2;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.err == 1 && result.len == 2000 && result.right &&
			result.retried == 1,
		"after an error it goes on where it stood");
	other.requests = 0;
	other.fail_at = 1;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.err == 1 && result.len == 2000 && result.right &&
			result.retried == 1,
		"an error of the first request can be repeated, too");
}

static void reply_test(void)
{
	struct result result = all(3, 0);

	unit_ok(result.walk.layout == VMSCOPE_LAYOUT_SAME,
		"one reply: its layout");
	unit_ok(!result.reply_flags, "and its flags");
	other.per_reply = 2;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.walk.layout == VMSCOPE_LAYOUT_UNKNOWN,
		"two replies: what was between them cannot be told");
	other.layout = VMSCOPE_LAYOUT_CHANGED;
	other.requests = 0;
	other.hide_at = 1;
	result = iterate(0, VMSCOPE_RANGE_END);
	unit_ok(result.walk.layout == VMSCOPE_LAYOUT_CHANGED,
		"a change is a change, whatever the rest says");
	unit_ok(result.reply_flags == VMSCOPE_REPLY_FRAMES_HIDDEN,
		"what one reply hides is told of all");
}

static void lie_test(void)
{
	int *const lies[] = { &other.stuck,	  &other.beyond,
			      &other.backwards,	  &other.inside,
			      &other.upside_down, &other.late,
			      &other.too_many };
	static const char *const texts[] = {
		"a cursor that does not move",
		"a cursor behind the end",
		"ranges that fall",
		"ranges that overlap",
		"a range without a page",
		"a range that reaches behind the cursor",
		"more ranges than there is room for",
	};
	struct result result;
	size_t i;

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		memset(&other, 0, sizeof(other));
		other.ranges = 9;
		other.per_reply = 4;
		*lies[i] = 1;
		result = iterate(0, 100 * STEP);
		unit_ok(result.err == -EPROTO, "%s", texts[i]);
	}
}

/* A program that was built with a later header. */
struct later_options {
	struct vmscope_pages_options known;
	uint64_t more;
};

static void options_test(void)
{
	struct vmscope_target target = vmscope_target_pidfd(5);
	struct later_options later = { 0 };
	struct vmscope_pages_options *options = &later.known;
	struct vmscope_pages_iter *iter;
	const struct vmscope_page *page;
	struct vmscope *handle;

	memset(&other, 0, sizeof(other));
	if (vmscope_open(&handle))
		abort();
	vmscope_pages_options_init(options);
	unit_ok(options->size == sizeof(*options) && !options->flags &&
			!options->start && options->end == VMSCOPE_RANGE_END &&
			!options->masks.all_of && !options->masks.any_of &&
			!options->masks.none_of &&
			options->returned == VMSCOPE_PAGES_ALL,
		"options begin as: all pages, all about them");
	options->size = sizeof(later);
	options->flags = VMSCOPE_PAGES_F_EACH | VMSCOPE_PAGES_F_RAW;
	options->start = PAGE;
	options->end = 5 * PAGE;
	options->masks.all_of = 1;
	options->masks.any_of = 2;
	options->masks.none_of = 4;
	options->returned = 8;
	unit_ok(!vmscope_pages_open(handle, &target, options, &iter),
		"options of a later version, with nothing new in them");
	memset(options, 0xff, sizeof(*options)); /* they were copied */
	unit_ok(vmscope_pages_next(iter, &page) == 1 &&
			other.asked.flags ==
				(VMSCOPE_PAGES_F_EACH | VMSCOPE_PAGES_F_RAW |
				 VMSCOPE_F_PIDFD) &&
			other.asked.target == 5 && other.asked.start == PAGE &&
			other.asked.end == 5 * PAGE &&
			other.asked.all_of == 1 && other.asked.any_of == 2 &&
			other.asked.none_of == 4 && other.asked.returned == 8,
		"they reach the module as they are");
	vmscope_pages_close(iter);

	vmscope_pages_options_init(options);
	options->size = sizeof(later);
	later.more = 1;
	unit_ok(vmscope_pages_open(handle, &target, options, &iter) == -E2BIG,
		"options of a later version, with something new in them");
	options->size = sizeof(*options) - 1;
	unit_ok(vmscope_pages_open(handle, &target, options, &iter) == -EINVAL,
		"options that are too short");
	options->size = sizeof(*options);
	options->reserved = 1;
	unit_ok(vmscope_pages_open(handle, &target, options, &iter) == -EINVAL,
		"options with something reserved");
	vmscope_close(handle);
}

static void physical_test(void)
{
	struct vmscope_page page = { .state = VMSCOPE_STATE_DEVICE };

	unit_ok(vmscope_page_has_physical(&page),
		"memory of a device has an address, even if it is 0");
	page.state = VMSCOPE_STATE_SWAPPED;
	unit_ok(!vmscope_page_has_physical(&page), "what is in swap has none");
	page.state = 64;
	unit_ok(!vmscope_page_has_physical(&page),
		"nor has a state from the future");
}

int main(void)
{
	good_test();
	edge_test();
	reply_test();
	lie_test();
	options_test();
	physical_test();
	vmscope_pages_close(NULL);
	return unit_done();
}
