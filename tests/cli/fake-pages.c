// SPDX-License-Identifier: GPL-2.0
/*
 * Requests for pages: chosen, told and joined by the rules of
 * <linux/vmscope.h>, one leaf after the other.
 */
#include <stdio.h>
#include <string.h>

#include "fake.h"
#include "fixtures-pages.h"

#define LEN(array)   (sizeof(array) / sizeof((array)[0]))
#define BYTES	     UINT64_C(4096)
#define FRAME_BITS   UINT64_C(0x000ffffffffff000)
#define PAYLOAD_BITS UINT64_C(0x07ffffffffffc000)
#define FLAGS                                                       \
	(VMSCOPE_F_PIDFD | VMSCOPE_F_FOLIO | VMSCOPE_PAGES_F_EACH | \
	 VMSCOPE_PAGES_F_FRAMES | VMSCOPE_PAGES_F_RAW)

/* A reply that is being made. */
struct reply {
	struct vmscope_pages *arg;
	struct vmscope_page *pages;
	size_t limit;
	size_t len;
	struct vmscope_page open; /* the range that may grow yet */
	bool is_open;
	bool is_full;
};

static bool is_swapped(const struct vmscope_page *page)
{
	return page->state == VMSCOPE_STATE_SWAPPED;
}

static void range_close(struct reply *reply)
{
	if (!reply->is_open)
		return;
	if (reply->len == reply->limit) {
		reply->arg->cursor = reply->open.start;
		reply->is_full = true;
	} else {
		reply->pages[reply->len++] = reply->open;
	}
	reply->is_open = false;
}

static bool can_join(const struct vmscope_pages *arg,
		     const struct vmscope_page *a, const struct vmscope_page *b)
{
	uint64_t ignored = is_swapped(a) ? PAYLOAD_BITS : FRAME_BITS;
	bool places = arg->flags & VMSCOPE_PAGES_F_FRAMES && !fake_hidden();
	uint64_t len = a->end - a->start;

	if (arg->flags & VMSCOPE_PAGES_F_EACH && a->state)
		return false;
	return a->end == b->start && a->state == b->state &&
	       a->leaf_size == b->leaf_size && a->flags == b->flags &&
	       a->pkey == b->pkey && a->swap_area == b->swap_area &&
	       a->folio == b->folio && a->folio_order == b->folio_order &&
	       a->folio_node == b->folio_node &&
	       a->folio_mapcount == b->folio_mapcount &&
	       !((a->entry ^ b->entry) & ~ignored) &&
	       (!places ||
		(!a->physical == !b->physical &&
		 (!a->physical || a->physical + len == b->physical) &&
		 (!a->swap_offset || a->swap_offset + len == b->swap_offset)));
}

static bool is_chosen(const struct vmscope_pages *arg, uint64_t what)
{
	return (what & arg->all_of) == arg->all_of && !(what & arg->none_of) &&
	       (!arg->any_of || what & arg->any_of);
}

/* Returns false when the reply is full. */
static bool page_add(struct reply *reply, struct vmscope_page *page,
		     uint64_t what)
{
	const struct vmscope_pages *arg = reply->arg;

	if (page->end <= arg->start || page->start >= arg->end ||
	    !is_chosen(arg, what))
		return true;
	if (page->start < arg->start) {
		if (page->physical)
			page->physical += arg->start - page->start;
		page->start = arg->start;
	}
	if (page->end > arg->end)
		page->end = arg->end;
	if (reply->is_open && can_join(arg, &reply->open, page)) {
		reply->open.end = page->end;
		return true;
	}
	range_close(reply);
	reply->open = *page;
	reply->is_open = !reply->is_full;
	return !reply->is_full;
}

static bool hole_add(struct reply *reply, uint64_t start, uint64_t end)
{
	struct vmscope_page page = {
		.start = start,
		.end = end,
		.state = VMSCOPE_STATE_NONE,
		.leaf_size = BYTES,
	};

	return start >= end ||
	       page_add(reply, &page, VMSCOPE_PAGES_STATE(VMSCOPE_STATE_NONE));
}

static uint64_t what_is(const struct fixture_run *run)
{
	uint64_t leaf = run->leaf_size == BYTES ? VMSCOPE_PAGES_LEAF_PTE :
			run->leaf_size == G1	? VMSCOPE_PAGES_LEAF_PUD :
						  VMSCOPE_PAGES_LEAF_PMD;

	return VMSCOPE_PAGES_STATE(run->state) |
	       VMSCOPE_PAGES_ENTRY(run->flags) |
	       (run->pkey ? VMSCOPE_PAGES_PKEY : 0) | leaf;
}

/* The raw entry of leaf @i, as far as the caller may see it. */
static uint64_t entry_make(const struct fixture_run *run, uint64_t i)
{
	uint64_t place = run->place + i * run->stride;

	if (run->state == VMSCOPE_STATE_SWAPPED)
		return fake_hidden() ? run->entry & ~PAYLOAD_BITS :
				       run->entry - (i << 14);
	if (fake_hidden())
		return run->entry & ~FRAME_BITS;
	if (!(run->flags & VMSCOPE_ENTRY_LEAF))
		return run->entry;
	if (run->flags & VMSCOPE_ENTRY_PROTNONE)
		return run->entry | (~place & FRAME_BITS);
	return run->entry | place;
}

static bool leaf_add(struct reply *reply, const struct fixture_run *run,
		     uint64_t i)
{
	const struct vmscope_pages *arg = reply->arg;
	uint64_t start = run->start + i * run->leaf_size;
	struct vmscope_page page = {
		.start = start,
		.end = start + run->leaf_size,
		.state = run->state,
		.leaf_size = run->leaf_size,
		.flags = run->flags &
			 (arg->returned >> VMSCOPE_PAGES_ENTRY_SHIFT),
		.pkey = arg->returned & VMSCOPE_PAGES_PKEY ? run->pkey : 0,
		.swap_area = run->swap_area,
	};

	if (arg->flags & VMSCOPE_PAGES_F_RAW)
		page.entry = entry_make(run, i);
	if (arg->flags & VMSCOPE_PAGES_F_FRAMES && !fake_hidden()) {
		if (is_swapped(&page))
			page.swap_offset = run->place + i * run->stride;
		else
			page.physical = run->place + i * run->stride;
	}
	if (!(arg->flags & VMSCOPE_F_FOLIO))
		return page_add(reply, &page, what_is(run));
	fake_folio_page(arg, &page, run->flags);
	return page_add(reply, &page,
			what_is(run) |
				fake_folio_what(run->state, run->leaf_size,
						run->flags));
}

static bool server_add(struct reply *reply, const struct fixture_map *map)
{
	uint64_t position = map->start;
	uint64_t i;
	size_t r;

	for (r = 0; r < LEN(server_runs); r++) {
		const struct fixture_run *run = &server_runs[r];

		if (run->start < map->start || run->start >= map->end)
			continue;
		if (!hole_add(reply, position, run->start))
			return false;
		for (i = 0; i < run->leaves; i++)
			if (!leaf_add(reply, run, i))
				return false;
		position = run->start + run->leaves * run->leaf_size;
	}
	if (!hole_add(reply, position, map->end))
		return false;
	range_close(reply); /* a range lies in one mapping */
	return !reply->is_full;
}

/* Every second mapping of the many has a page in swap, the others in memory. */
static bool many_add(struct reply *reply, const struct fixture_map *map,
		     size_t i)
{
	const struct fixture_run run = {
		.start = map->start,
		.leaves = 1,
		.leaf_size = BYTES,
		.state = i % 2 ? VMSCOPE_STATE_SWAPPED : VMSCOPE_STATE_PRESENT,
		.flags = i % 2 ? 0 : VMSCOPE_ENTRY_USER,
		.place = BYTES + i * BYTES,
	};

	if (!leaf_add(reply, &run, 0) ||
	    !hole_add(reply, map->start + BYTES, map->end))
		return false;
	range_close(reply);
	return !reply->is_full;
}

static void trace(const struct vmscope_pages *arg)
{
	if (!fake_knob("FAKE_TRACE", 0))
		return;
	fprintf(stderr,
		"pages %#llx-%#llx flags %#llx all %#llx any %#llx none %#llx returned %#llx\n",
		(unsigned long long)arg->start, (unsigned long long)arg->end,
		(unsigned long long)arg->flags, (unsigned long long)arg->all_of,
		(unsigned long long)arg->any_of,
		(unsigned long long)arg->none_of,
		(unsigned long long)arg->returned);
}

int fake_pages(struct vmscope_pages *arg)
{
	static unsigned long requests;
	uint64_t masks = arg->all_of | arg->any_of | arg->none_of |
			 arg->returned;
	uint64_t known = arg->flags & VMSCOPE_F_FOLIO ?
				 VMSCOPE_PAGES_ALL | VMSCOPE_PAGES_FOLIO_ALL :
				 VMSCOPE_PAGES_ALL;
	struct reply reply = {
		.arg = arg,
		.pages = (void *)(uintptr_t)arg->pages,
		.limit = fake_knob("FAKE_PER_REPLY", arg->pages_len),
	};
	struct fixture_map map;
	size_t i = 0;
	int err = fake_target_find(arg->target, arg->flags & VMSCOPE_F_PIDFD,
				   &arg->pid);

	if (err)
		return err;
	trace(arg);
	if (++requests == fake_knob("FAKE_TEAR", 0))
		return -ESRCH;
	if (arg->size != sizeof(*arg) || arg->reserved || arg->flags & ~FLAGS ||
	    arg->pages_size != sizeof(*reply.pages) || !arg->pages_len ||
	    masks & ~known || arg->start & (BYTES - 1) ||
	    arg->end <= arg->start ||
	    (arg->end & (BYTES - 1) && arg->end != VMSCOPE_RANGE_END))
		return -EINVAL;
	if (reply.limit > arg->pages_len)
		reply.limit = arg->pages_len;
	if (arg->entries_max && reply.limit > (arg->entries_max + 511) / 512)
		reply.limit = (arg->entries_max + 511) / 512;
	arg->cursor = arg->end;
	if (arg->pid == FAKE_MANY_PID && arg->start)
		i = (arg->start - FAKE_MANY_START) / FAKE_MANY_STEP;
	for (; fake_map_make(arg->pid, i, &map) && map.start < arg->end; i++)
		if (!(arg->pid == FAKE_MANY_PID ? many_add(&reply, &map, i) :
						  server_add(&reply, &map)))
			break;
	arg->pages_len = reply.len;
	arg->reply_flags = fake_hidden() ? VMSCOPE_REPLY_FRAMES_HIDDEN : 0;
	arg->walk = (struct vmscope_walk){ 1, VMSCOPE_LAYOUT_SAME,
					   reply.len * 512, reply.len };
	return 0;
}
