// SPDX-License-Identifier: GPL-2.0
/*
 * PAGES in pieces: whatever the length of the buffer, the pieces make the same list; the cursor
 * of a complete answer is the end of the range; parts of it are cut right.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pagelist.h"
#include "tap.h"
#include "target.h"

#define RW     (PROT_READ | PROT_WRITE)
#define ROOM   32768
#define FRAMES VMSCOPE_PAGES_F_FRAMES
#define RAW    VMSCOPE_PAGES_F_RAW
#define EACH   VMSCOPE_PAGES_F_EACH

/* More than 4000 ranges in one mapping, then holes of all sizes, and borders of mappings. */
static int setup_pieces(struct report *r)
{
	size_t len = 4096 * PAGE;
	char *m = map_anon(len, RW, MAP_PRIVATE);

	touch(m, len, 2 * PAGE, 1);
	area_add(r, "alternate", m, len);
	m = map_anon(64 * MIB, RW, MAP_PRIVATE | MAP_NORESERVE);
	for (size_t at = 0; at < 64 * MIB; at += at / 8 / PAGE * PAGE + PAGE)
		touch(m + at, PAGE, PAGE, 1);
	area_add(r, "growing holes", m, 64 * MIB);
	m = map_anon(300 * PAGE, RW, MAP_PRIVATE);
	touch(m, 300 * PAGE, PAGE, 1);
	for (size_t i = 0; i < 300; i += 3)
		mprotect(m + i * PAGE, PAGE, PROT_READ);
	area_add(r, "mappings", m, 300 * PAGE);
	m = map_aligned(16 * MIB, 2 * MIB);
	madvise(m, 16 * MIB, MADV_HUGEPAGE);
	touch(m, 12 * MIB, 2 * MIB, 1);
	madvise(m + 4 * MIB, 5 * PAGE, MADV_DONTNEED);
	area_add(r, "huge pages", m, 16 * MIB);
	if (setup_hugetlb_2m(r))
		r->skip[0] = 0;
	return 0;
}

/* What a user may ask with whatever length. */
static const struct {
	const char *what;
	uint64_t flags, any_of, returned;
} ways[] = {
	{ "all", 0, 0, VMSCOPE_PAGES_ALL },
	{ "with places", FRAMES | RAW, 0, VMSCOPE_PAGES_ALL },
	{ "present ones", 0, VMSCOPE_PAGES_STATE(VMSCOPE_STATE_PRESENT), 0 },
	{ "holes", 0, VMSCOPE_PAGES_STATE(VMSCOPE_STATE_NONE), 0 },
	{ "each leaf", EACH | FRAMES,
	  VMSCOPE_PAGES_STATE(VMSCOPE_STATE_PRESENT), 0 },
};

static struct vmscope_pages ask_way(pid_t pid, unsigned int way)
{
	struct vmscope_pages ask = pages_ask(pid, ways[way].flags);

	ask.any_of = ways[way].any_of;
	ask.returned = ways[way].returned;
	return ask;
}

/* The same list in pieces of @length; the kernel may age a page meanwhile, then once more. */
static bool same_by(int fd, const struct vmscope_pages *ask, size_t length,
		    struct pagelist *all, unsigned int *calls)
{
	for (unsigned int tries = 0;; tries++) {
		struct pagelist part, again;
		int error = pagelist_by(fd, ask, length, &part);
		bool good = !error && pagelist_same(&part, all), changed;

		*calls = part.calls;
		pagelist_free(&part);
		if (good)
			return true;
		tap_diag("error %d", error);
		error = pagelist_by(fd, ask, ROOM, &again);
		changed = !error && !pagelist_same(&again, all);
		pagelist_free(all);
		*all = again;
		if (!changed || tries > 5)
			return false;
	}
}

static void lengths(int fd, pid_t pid, unsigned int way)
{
	static const size_t length[] = { 1,   2,   3,	 4,    5,   6,
					 7,   8,   9,	 31,   32,  511,
					 512, 513, 1023, 1024, 1025 };
	struct vmscope_pages ask = ask_way(pid, way);
	int error;
	unsigned int calls;
	struct pagelist all;

	error = pagelist_by(fd, &ask, ROOM, &all);
	tap_ok(!error && all.calls == 1,
	       "%s: %zu ranges in one request, whose cursor is its end (%d)",
	       ways[way].what, all.len, error);
	tap_ok(all.len > 2000, "%s: these are many", ways[way].what);
	for (size_t i = 0; i < COUNT(length); i++) {
		tap_ok(same_by(fd, &ask, length[i], &all, &calls),
		       "%s: %zu at a time give the same list", ways[way].what,
		       length[i]);
		/* a request more than needed would have nothing to tell */
		tap_eq(calls, (all.len + length[i] - 1) / length[i],
		       "%s: in as many requests as it takes", ways[way].what);
	}
	/* exactly as many as there are, one less, one more */
	for (int more = -1; more <= 1; more++)
		tap_ok(same_by(fd, &ask, all.len + more, &all, &calls) &&
			       calls == 1U + (more < 0),
		       "%s: room for %d more than there are", ways[way].what,
		       more);
	pagelist_free(&all);
}

/*
 * Ranges of exactly so many elements: the end of a buffer, of the module's own and of the range
 * meet in all ways.
 */
static void exact(int fd, pid_t pid, const struct area *area)
{
	static const size_t pages[] = { 1,    2,    510,  511,	512,  513,
					514,  515,  516,  1023, 1024, 1025,
					1026, 1027, 1536, 2048, 4096 };
	static struct vmscope_page page[4200];
	unsigned int bad = 0, asked = 0;

	for (size_t i = 0; i < COUNT(pages); i++)
		for (int way = 0; way < 2; way++)
			for (int more = -1; more <= 1; more++) {
				struct vmscope_pages ask = pages_ask(pid, 0);
				/* every other page is there */
				size_t there = way ? (pages[i] + 1) / 2 :
						     pages[i],
				       room = there + more, n;
				uint64_t cursor;

				if (!room)
					continue;
				ask.start = area->start;
				ask.end = area->start + pages[i] * PAGE;
				if (way)
					ask.any_of = VMSCOPE_PAGES_STATE(
						VMSCOPE_STATE_PRESENT);
				ask.pages = (uintptr_t)page;
				ask.pages_len = room;
				ask.pages_size = sizeof(page[0]);
				n = room < there ? room : there;
				cursor = room < there ?
						 ask.start + room * PAGE *
								     (way + 1) :
						 ask.end;
				asked++;
				if (req_call(fd, VMSCOPE_IOC_PAGES, &ask) ||
				    ask.pages_len != n ||
				    ask.cursor != cursor) {
					bad++;
					tap_diag(
						"%zu pages, room for %zu: %llu elements, cursor %#llx, want %zu and %#lx",
						pages[i], room, ask.pages_len,
						ask.cursor, n, cursor);
				}
			}
	tap_eq(bad, 0,
	       "%u requests that fill a buffer just so have their cursor right",
	       asked);
}

/* The part [start, end) of a list. */
static void cut(const struct pagelist *all, uint64_t start, uint64_t end,
		struct pagelist *part)
{
	memset(part, 0, sizeof(*part));
	for (size_t i = 0; i < all->len; i++) {
		struct vmscope_page p = all->page[i];

		if (p.end <= start || p.start >= end)
			continue;
		if (p.start < start) {
			p.physical += p.physical ? start - p.start : 0;
			p.swap_offset += p.swap_offset ? start - p.start : 0;
			p.start = start;
		}
		if (p.end > end)
			p.end = end;
		pagelist_add(part, &p);
	}
}

static void parts(int fd, const struct target *target, unsigned int way)
{
	struct vmscope_pages ask = ask_way(target->pid, way);
	unsigned int bad = 0, asked = 0;
	struct pagelist all;

	/* the entry is that of the first leaf, which is another one in a part */
	ask.flags &= ~RAW;
	/* and may have been aged meanwhile */
	ask.returned &= ~VMSCOPE_PAGES_ENTRY(VMSCOPE_ENTRY_ACCESSED);
	pagelist_by(fd, &ask, ROOM, &all);
	for (unsigned int a = 0; a < target->report.areas; a++) {
		const struct area *area = &target->report.area[a];
		size_t pages = (area->end - area->start) / PAGE;

		for (unsigned int n = 0; n < 100 && bad < 5; n++, asked++) {
			size_t from = random_number() % pages,
			       len = 1 + random_number() % (pages - from);
			struct pagelist got, want;

			/* beyond its borders now and then */
			ask.start = area->start + from * PAGE;
			ask.end = ask.start + len * PAGE;
			if (n % 4 == 0)
				ask.start -= 3 * PAGE;
			if (n % 4 == 1)
				ask.end += 3 * PAGE;
			cut(&all, ask.start, ask.end, &want);
			bad += pagelist_by(fd, &ask, n % 2 ? 7000 : 600,
					   &got) ||
			       !pagelist_same(&got, &want);
			pagelist_free(&got);
			pagelist_free(&want);
		}
	}
	tap_eq(bad, 0, "%s: %u parts of the target's memory are cut right",
	       ways[way].what, asked);
	pagelist_free(&all);
}

static void inside_huge(int fd, pid_t pid, const struct area *area)
{
	struct vmscope_pages ask = pages_ask(pid, FRAMES | RAW);
	struct vmscope_translate t;
	struct pagelist list;
	int error;

	ask.start = area->start + 5 * PAGE;
	ask.end = area->start + 9 * PAGE;
	error = pagelist_by(fd, &ask, 4, &list);
	if (error || list.len != 1 || list.page[0].leaf_size != 2 * MIB) {
		tap_skip("part of a huge page", "there is none (%d)", error);
		pagelist_free(&list);
		return;
	}
	tap_ok(list.page[0].start == ask.start && list.page[0].end == ask.end,
	       "four pages of a huge one");
	req_translate(fd, pid, ask.start, &t);
	tap_eq(list.page[0].physical, t.physical,
	       "are where TRANSLATE has them");
	tap_eq(list.page[0].entry, t.levels[t.levels_len - 1].entry,
	       "with the huge page's entry");
	pagelist_free(&list);
	ask.flags |= EACH;
	ask.start = area->start + PAGE;
	ask.end = area->start + 4 * MIB - PAGE;
	tap_ok(!pagelist_by(fd, &ask, 1, &list) && list.len == 2 &&
		       list.page[0].end == area->start + 2 * MIB &&
		       list.page[1].end == ask.end,
	       "two huge pages without their outer pages, one by one");
	pagelist_free(&list);
}

static void gaps(int fd, pid_t pid)
{
	struct vmscope_pages ask = pages_ask(pid, 0);
	unsigned int bad = 0, asked = 0;
	struct pagelist list;
	struct mappings maps;

	read_maps(pid, &maps);
	for (size_t i = 0; i + 1 < maps.len && asked < 40; i++) {
		ask.start = maps.map[i].end;
		ask.end = maps.map[i + 1].start;
		if (ask.start == ask.end)
			continue;
		asked++;
		bad += pagelist_by(fd, &ask, 1, &list) || list.len ||
		       list.calls != 1;
		pagelist_free(&list);
	}
	tap_ok(asked && !bad, "%u gaps are empty and complete", asked);
	ask.start = -2 * PAGE;
	ask.end = VMSCOPE_RANGE_END;
	tap_ok(!pagelist_by(fd, &ask, 1, &list) && !list.len,
	       "so is the kernel half");
	pagelist_free(&list);
	mappings_free(&maps);
}

int main(void)
{
	static const struct recipe recipe = { .name = "pieces",
					      .setup = setup_pieces };
	int fd = req_open();
	struct target target;

	pages_quiet();
	random_seed(20261123);
	if (target_start(&target, &recipe))
		tap_bail("target: %s", target.report.skip);
	for (unsigned int way = 0; way < COUNT(ways); way++)
		lengths(fd, target.pid, way);
	exact(fd, target.pid, &target.report.area[0]);
	for (unsigned int way = 0; way < COUNT(ways); way++)
		parts(fd, &target, way);
	inside_huge(fd, target.pid, &target.report.area[3]);
	gaps(fd, target.pid);
	target_end(&target);
	return tap_done();
}
