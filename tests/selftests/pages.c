// SPDX-License-Identifier: GPL-2.0
/*
 * PAGES of purpose-built targets and of real programs: every page against maps, pagemap,
 * PAGEMAP_SCAN, MAPS, SUMMARY and what the target knows, a sample against TRANSLATE; and the
 * ranges against what the single leaves make. Arguments are names of targets; none means all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pagelist.h"
#include "tap.h"
#include "target.h"

#define SAMPLES 300 /* ranges of one list that TRANSLATE is asked about */
#define SHOWN	5
#define ROOM	(1 << 16)

#define FRAMES VMSCOPE_PAGES_F_FRAMES
#define RAW    VMSCOPE_PAGES_F_RAW
#define EACH   VMSCOPE_PAGES_F_EACH

/* everything about one target while it held still */
struct view {
	struct mappings maps;
	struct maplist list;
	struct vmscope_summary summary;
	uint64_t *entry; /* pagemap of all mappings, one after the other */
	size_t pages;
	struct pagelist plain, placed, each;
};

static unsigned int wrong;

static void want(const struct vmscope_page *p, const char *what, uint64_t got,
		 uint64_t value)
{
	if (got != value && wrong++ < SHOWN)
		tap_diag("%#llx-%#llx (%s): %s is %#lx, want %#lx", p->start,
			 p->end, state_name(p->state), what, got, value);
}

/* ------------------------------------------------------------------------------ reading */

static void forget_view(struct view *view)
{
	mappings_free(&view->maps);
	maplist_free(&view->list);
	pagelist_free(&view->plain);
	pagelist_free(&view->placed);
	pagelist_free(&view->each);
	free(view->entry);
	memset(view, 0, sizeof(*view));
}

static bool equal(const struct pagelist *a, const struct pagelist *b)
{
	return a->len == b->len &&
	       !memcmp(a->page, b->page, a->len * sizeof(*a->page));
}

/* All of it between two lists of all leaves: if these are equal, nothing changed meanwhile. */
static int read_view(int fd, pid_t pid, unsigned int flags, struct view *view,
		     bool *still)
{
	struct vmscope_pages plain = pages_ask(pid, 0),
			     placed = pages_ask(pid, FRAMES | RAW),
			     each = pages_ask(pid, FRAMES | RAW | EACH);
	struct pagelist again = { 0 };
	int error;

	memset(view, 0, sizeof(*view));
	error = flags & TARGET_MANY ? read_maps(pid, &view->maps) :
				      read_smaps(pid, &view->maps);
	if (!error)
		error = pagelist_by(fd, &each, ROOM, &view->each);
	if (error)
		return error;
	view->entry = pagemap_all(pid, &view->maps, &view->pages);
	error = req_maps(fd, pid, &view->list);
	if (!error)
		error = req_summary(fd, pid, &view->summary, NULL);
	if (!error)
		error = pagelist_by(fd, &plain, ROOM, &view->plain);
	if (!error)
		error = pagelist_by(fd, &placed, ROOM, &view->placed);
	if (!error)
		error = pagelist_by(fd, &each, ROOM, &again);
	*still = !error && equal(&again, &view->each);
	pagelist_free(&again);
	return error;
}

/* The kernel may move, age or take away pages of one that is stopped, too: then once more. */
static bool see(int fd, const struct target *target, const char *name,
		unsigned int flags, struct view *view)
{
	for (int tries = 0; tries < 5; tries++) {
		bool still = false;
		int error = read_view(fd, target->pid, flags, view, &still);

		if (error)
			return tap_ok(false, "%s: can be read: %s", name,
				      strerror(-error));
		if (still)
			return true;
		forget_view(view);
		usleep(100000);
	}
	tap_skip(name, "it does not hold still");
	return false;
}

/* -------------------------------------------------------------------------- comparisons */

/* All mappings, and nothing else, from their first byte to their last. */
static bool covers(const struct pagelist *list, const struct mappings *maps)
{
	size_t m = 0;
	uint64_t at = maps->map[0].start;

	for (size_t i = 0; i < list->len; i++) {
		const struct vmscope_page *p = &list->page[i];

		if (m == maps->len || p->start != at || p->end <= p->start ||
		    p->end > maps->map[m].end || p->start % PAGE ||
		    p->end % PAGE) {
			tap_diag("element %zu is %#llx-%#llx, want one at %#lx",
				 i, p->start, p->end, at);
			return false;
		}
		at = p->end;
		if (at == maps->map[m].end && ++m < maps->len)
			at = maps->map[m].start;
	}
	return m == maps->len;
}

static void add_page(struct vmscope_sums *sums, const struct vmscope_page *p)
{
	uint64_t bytes = p->end - p->start;

	sums->virtual_bytes += bytes;
	if (p->state < VMSCOPE_STATES)
		sums->state_bytes[p->state] += bytes;
	if (p->state == VMSCOPE_STATE_PRESENT ||
	    p->state == VMSCOPE_STATE_ZERO || p->state == VMSCOPE_STATE_DEVICE)
		sums->leaf_bytes[p->leaf_size == GIB	 ? 2 :
				 p->leaf_size == 2 * MIB ? 1 :
							   0] += bytes;
}

static void compare_sums(const struct vmscope_sums *got,
			 const struct vmscope_sums *sums, uint64_t start,
			 uint64_t end)
{
	struct vmscope_page where = { .start = start, .end = end };

	want(&where, "size", got->virtual_bytes, sums->virtual_bytes);
	for (unsigned int s = 0; s < VMSCOPE_STATES; s++)
		want(&where, state_name(s), got->state_bytes[s],
		     sums->state_bytes[s]);
	for (unsigned int l = 0; l < 3; l++)
		want(&where, "bytes by leaves of a level", got->leaf_bytes[l],
		     sums->leaf_bytes[l]);
}

static void check_sums(const struct view *view, const char *name)
{
	struct vmscope_sums all = { 0 };
	size_t i = 0;

	wrong = 0;
	for (size_t m = 0; m < view->list.len; m++) {
		const struct vmscope_map *map = &view->list.map[m];
		struct vmscope_sums sums = { 0 };

		while (i < view->plain.len &&
		       view->plain.page[i].end <= map->end)
			add_page(&sums, &view->plain.page[i++]);
		compare_sums(&sums, &map->sums, map->start, map->end);
		sums_add(&all, &sums);
	}
	tap_ok(!wrong, "%s: each mapping's pages add up to MAPS' sums", name);
	wrong = 0;
	compare_sums(&all, &view->summary.sums, 0, 0);
	tap_ok(!wrong, "%s: all pages add up to SUMMARY's", name);
}

/* bits of an x86-64 entry that the MMU reads */
static void check_bits(const struct vmscope_page *p, const struct mapping *map)
{
	static const struct {
		uint64_t bit, flag;
		const char *name;
	} same[] = {
		{ 1 << 0, VMSCOPE_ENTRY_PRESENT, "flag present" },
		{ 1 << 1, VMSCOPE_ENTRY_WRITABLE, "flag writable" },
		{ 1 << 2, VMSCOPE_ENTRY_USER, "flag user" },
		{ 1 << 5, VMSCOPE_ENTRY_ACCESSED, "flag accessed" },
		{ 1 << 6 | 1ULL << 58, VMSCOPE_ENTRY_DIRTY, "flag dirty" },
		{ 1 << 9, VMSCOPE_ENTRY_SPECIAL, "flag special" },
		{ 1 << 10, VMSCOPE_ENTRY_UFFD_WP, "flag uffd-wp" },
		{ 1 << 11, VMSCOPE_ENTRY_SOFT_DIRTY, "flag soft-dirty" },
	};
	static const struct {
		uint64_t bit, flag;
		const char *name;
	} absent[] = {
		{ 1 << 1, VMSCOPE_ENTRY_SOFT_DIRTY, "flag soft-dirty" },
		{ 1 << 2, VMSCOPE_ENTRY_UFFD_WP, "flag uffd-wp" },
		{ 1 << 3, VMSCOPE_ENTRY_EXCLUSIVE, "flag exclusive" },
	};
	uint64_t e = p->entry, f = p->flags;

	if (p->state == VMSCOPE_STATE_SWAPPED) {
		want(p, "present bit", e & 1, 0);
		want(p, "swap area", p->swap_area, e >> 59);
		for (unsigned int i = 0; i < COUNT(absent); i++)
			want(p, absent[i].name, !!(f & absent[i].flag),
			     !!(e & absent[i].bit));
		return;
	}
	if (!(e & 1))
		return;
	for (unsigned int i = 0; i < COUNT(same); i++)
		want(p, same[i].name, !!(f & same[i].flag),
		     !!(e & same[i].bit));
	want(p, "flag leaf", !!(f & VMSCOPE_ENTRY_LEAF), 1);
	want(p, "flag executable", !!(f & VMSCOPE_ENTRY_EXECUTABLE),
	     !(e >> 63));
	want(p, "pkey", p->pkey, e >> 59 & 15);
	if (p->leaf_size > PAGE)
		want(p, "large bit", e >> 7 & 1, 1);
	/* what the mapping forbids, the entry does not allow; the rights to execute are equal */
	if (map->perms[1] == '-')
		want(p, "flag writable", f & VMSCOPE_ENTRY_WRITABLE, 0);
	if (p->state == VMSCOPE_STATE_PRESENT)
		want(p, "flag executable", !!(f & VMSCOPE_ENTRY_EXECUTABLE),
		     map->perms[2] == 'x');
}

/* One page of a range, with what pagemap has of it. */
static void check_page(const struct vmscope_page *p, bool placed,
		       const struct mapping *map, uint64_t entry, uint64_t at)
{
	unsigned int state = page_state(map, entry);
	bool in_frame = p->state == VMSCOPE_STATE_PRESENT ||
			p->state == VMSCOPE_STATE_ZERO ||
			p->state == VMSCOPE_STATE_DEVICE ||
			p->state == VMSCOPE_STATE_PROTNONE ||
			p->state == VMSCOPE_STATE_NUMA_HINT;

	/* what pagemap cannot tell apart */
	if (p->state == VMSCOPE_STATE_NUMA_HINT &&
	    state == VMSCOPE_STATE_PRESENT)
		state = p->state;
	if ((p->state == VMSCOPE_STATE_POISONED ||
	     p->state == VMSCOPE_STATE_MIGRATING) &&
	    state == VMSCOPE_STATE_UNKNOWN)
		state = p->state;
	want(p, "state", p->state, state);
	want(p, "pagemap's present", !!(entry & PM_PRESENT), in_frame);
	if (placed && in_frame)
		want(p, "frame", p->physical + (at - p->start),
		     (entry & PM_FRAME) * PAGE);
	if (p->state == VMSCOPE_STATE_SWAPPED) {
		want(p, "swap area", p->swap_area, PM_SWAP_TYPE(entry));
		if (placed)
			want(p, "swap offset", p->swap_offset + (at - p->start),
			     PM_SWAP_OFFSET(entry) * PAGE);
	} else {
		want(p, "swap place", p->swap_area | p->swap_offset, 0);
	}
	if (!placed || !in_frame)
		want(p, "physical", p->physical, 0);
	if (state == VMSCOPE_STATE_PRESENT || state == VMSCOPE_STATE_SWAPPED)
		want(p, "flag uffd-wp", !!(p->flags & VMSCOPE_ENTRY_UFFD_WP),
		     !!(entry & PM_UFFD_WP));
	/* pagemap also says soft-dirty for all of a new mapping, so only one direction holds */
	if (p->flags & VMSCOPE_ENTRY_SOFT_DIRTY)
		want(p, "flag soft-dirty", !!(entry & PM_SOFT_DIRTY), 1);
}

/* Nothing but vmscope looks into PFN maps; maps alone does not tell them. */
static bool is_pfnmap(const struct view *view, size_t m)
{
	return view->list.map[m].flags & VMSCOPE_MAP_PFNMAP;
}

static void check_pages(const struct view *view, const struct pagelist *list,
			bool placed)
{
	size_t m = 0, first = 0;

	for (size_t i = 0; i < list->len && wrong < 100; i++) {
		const struct vmscope_page *p = &list->page[i];
		const struct mapping *map = &view->maps.map[m];

		while (p->start >= map->end) {
			first += (map->end - map->start) / PAGE;
			map = &view->maps.map[++m];
		}
		if (is_pfnmap(view, m))
			continue;
		for (uint64_t at = p->start; at < p->end; at += PAGE)
			check_page(
				p, placed, map,
				view->entry[first + (at - map->start) / PAGE],
				at);
		if (placed)
			check_bits(p, map);
		else
			want(p, "entry", p->entry, 0);
		if (p->state == VMSCOPE_STATE_NONE) {
			want(p, "flags and pkey of nothing",
			     p->flags | p->pkey | p->entry, 0);
			want(p, "leaf size of nothing", p->leaf_size, PAGE);
		} else if (map->vm_flags & VF(HT)) {
			want(p, "size of a hugetlb leaf", p->leaf_size,
			     map->page_size);
		}
	}
}

/* -------------------------------------------------------------------- TRANSLATE, by sample */

static void check_translate(int fd, pid_t pid, const struct vmscope_page *p,
			    uint64_t at)
{
	struct vmscope_translate t;
	int error = req_translate(fd, pid, at, &t);
	const struct vmscope_level *last;
	uint64_t flags = p->flags, entry = p->entry;

	if (error || !t.levels_len) {
		want(p, "TRANSLATE's error", error, 0);
		return;
	}
	last = &t.levels[t.levels_len - 1];
	want(p, "TRANSLATE's state", p->state, t.state);
	if (p->state == VMSCOPE_STATE_NONE) {
		want(p, "TRANSLATE's entry of nothing", last->entry, 0);
		return;
	}
	want(p, "TRANSLATE's leaf size", p->leaf_size, t.page_size);
	/* the kernel may age a page meanwhile; nothing but its process makes it young */
	if (!(last->flags & VMSCOPE_ENTRY_ACCESSED)) {
		entry &= flags & VMSCOPE_ENTRY_ACCESSED ? ~(1ULL << 5) : ~0ULL;
		flags &= ~VMSCOPE_ENTRY_ACCESSED;
	}
	want(p, "TRANSLATE's flags", flags, last->flags);
	want(p, "TRANSLATE's pkey", p->pkey, last->pkey);
	want(p, "TRANSLATE's swap area", p->swap_area, t.swap_area);
	want(p, "TRANSLATE's entry",
	     (entry ^ last->entry) &
		     (at == p->start ? ~0ULL : ~place_bits(p->state)),
	     0);
	want(p, "TRANSLATE's frame",
	     p->physical ? p->physical + (at - p->start) : 0, t.physical);
	want(p, "TRANSLATE's swap offset",
	     p->swap_offset ? p->swap_offset + (at - p->start) : 0,
	     t.swap_offset);
}

static size_t sample(int fd, pid_t pid, const struct pagelist *list)
{
	size_t step = list->len / SAMPLES + 1, asked = 0;

	for (size_t i = 0; i < list->len && wrong < 100; i += step) {
		const struct vmscope_page *p = &list->page[i];
		size_t pages = (p->end - p->start) / PAGE;

		check_translate(fd, pid, p, p->start);
		check_translate(fd, pid, p,
				p->start + random_number() % pages * PAGE);
		check_translate(fd, pid, p, p->end - PAGE);
		asked += 3;
	}
	return asked;
}

/* A leaf is one element, as large as it is but for the ends of its mapping. */
static void check_each(const struct view *view)
{
	for (size_t i = 0; i < view->each.len; i++) {
		const struct vmscope_page *p = &view->each.page[i];
		const struct mapping *map =
			mappings_find(&view->maps, p->start);
		uint64_t start = p->start & -p->leaf_size,
			 end = start + p->leaf_size;

		if (p->state == VMSCOPE_STATE_NONE || !map)
			continue;
		want(p, "start of a leaf", p->start,
		     start > map->start ? start : map->start);
		want(p, "end of a leaf", p->end,
		     end < map->end ? end : map->end);
	}
}

/* -------------------------------------------------------------------------- PAGEMAP_SCAN */

/* Present or swapped; 0 for what PAGEMAP_SCAN calls one thing on one kernel and another on the next. */
static uint8_t category(const struct vmscope_page *p)
{
	switch (p->state) {
	case VMSCOPE_STATE_PRESENT:
	case VMSCOPE_STATE_ZERO:
	case VMSCOPE_STATE_DEVICE:
	case VMSCOPE_STATE_PROTNONE:
	case VMSCOPE_STATE_NUMA_HINT:
		return SCAN_PRESENT;
	case VMSCOPE_STATE_SWAPPED:
		return SCAN_SWAPPED;
	default:
		return 0;
	}
}

static void check_scan(const struct view *view, pid_t pid, const char *name)
{
	uint8_t found[SCAN_PAGES] = { 0 };
	int pagemap = pagemap_open(pid), error = 0;
	size_t i = 0, pages = 0;

	wrong = 0;
	for (size_t m = 0; m < view->maps.len && !error && wrong < 100; m++) {
		const struct mapping *map = &view->maps.map[m];

		for (uint64_t at = map->start; at < map->end; at += PAGE) {
			size_t n = (at - map->start) / PAGE % SCAN_PAGES;
			uint64_t end = at + SCAN_PAGES * PAGE;
			const struct vmscope_page *p;

			if (!n)
				error = scan_pages(
					pagemap, at,
					end < map->end ? end : map->end, found);
			if (error)
				break;
			while (view->plain.page[i].end <= at)
				i++;
			p = &view->plain.page[i];
			if (is_pfnmap(view, m) ||
			    (p->state != VMSCOPE_STATE_NONE && !category(p)))
				continue;
			want(p, "PAGEMAP_SCAN's category", found[n],
			     category(p));
			pages++;
		}
	}
	close(pagemap);
	if (error)
		tap_skip(name, "PAGEMAP_SCAN: %s", strerror(-error));
	else
		tap_ok(!wrong, "%s: %zu pages as PAGEMAP_SCAN has them", name,
		       pages);
}

/* --------------------------------------------------------------------------------- targets */

/* A range of its own for what the target knows about itself. */
static void check_area(int fd, pid_t pid, const struct area *area,
		       const char *name)
{
	struct vmscope_pages ask = pages_ask(pid, 0);
	struct vmscope_sums sums = { 0 };
	struct vmscope_page where = { .start = area->start, .end = area->end };
	uint64_t rest = area->end - area->start;
	struct pagelist list;
	int error;

	ask.start = area->start;
	ask.end = area->end;
	wrong = 0;
	error = pagelist_by(fd, &ask, ROOM, &list);
	for (size_t i = 0; i < list.len && !error; i++)
		add_page(&sums, &list.page[i]);
	if (area->exact && sums.virtual_bytes == rest) {
		for (unsigned int s = 1; s < VMSCOPE_STATES; s++) {
			want(&where, state_name(s), sums.state_bytes[s],
			     area->state[s]);
			rest -= area->state[s];
		}
		want(&where, "none", sums.state_bytes[0], rest);
		want(&where, "bytes by pmd leaves", sums.leaf_bytes[1],
		     area->leaf_pmd);
		want(&where, "bytes by pud leaves", sums.leaf_bytes[2],
		     area->leaf_pud);
	}
	tap_ok(!wrong && !error && list.len,
	       "%s: %s: what the target did to its memory, in %zu ranges", name,
	       area->what, list.len);
	pagelist_free(&list);
}

/* Who wrote it out alone has it alone; after a fork there are two. */
static void check_exclusive(const struct view *view, const char *name,
			    const struct area *area)
{
	uint64_t alone = 0, shared = 0;

	for (size_t i = 0; i < view->each.len; i++) {
		const struct vmscope_page *p = &view->each.page[i];

		if (p->state == VMSCOPE_STATE_SWAPPED &&
		    p->start >= area->start && p->end <= area->end)
			*(p->flags & VMSCOPE_ENTRY_EXCLUSIVE ? &alone :
							       &shared) += PAGE;
	}
	tap_ok(strcmp(name, "swapped") ? shared && !alone : alone && !shared,
	       "%s: %lu bytes are exclusive, %lu are not", name, alone, shared);
}

static void check_lists(int fd, const struct view *view,
			const struct target *target, const char *name)
{
	const struct pagelist *lists[] = { &view->plain, &view->placed,
					   &view->each };
	static const char *const what[] = { "ranges", "places", "leaves" };
	const uint64_t flags[] = { 0, FRAMES | RAW, FRAMES | RAW | EACH };
	size_t asked;

	for (unsigned int i = 0; i < COUNT(lists); i++) {
		struct vmscope_pages ask = pages_ask(target->pid, flags[i]);
		struct pagelist model;

		if (!tap_ok(covers(lists[i], &view->maps),
			    "%s: %zu %s cover every mapping exactly", name,
			    lists[i]->len, what[i]))
			return;
		tap_ok(lists[i]->pid == (uint64_t)target->pid &&
			       !lists[i]->reply_flags && lists[i]->walk.holds &&
			       lists[i]->walk.layout != VMSCOPE_LAYOUT_CHANGED,
		       "%s: number and account of the walk", name);
		wrong = 0;
		check_pages(view, lists[i], i);
		tap_ok(!wrong, "%s: %s: each of %zu pages is as pagemap has it",
		       name, what[i], view->pages);
		pagelist_model(&view->each, &view->maps, &ask, &model);
		tap_ok(pagelist_same(lists[i], &model),
		       "%s: %s are as wide as the leaves allow", name, what[i]);
		pagelist_free(&model);
		if (!i)
			continue;
		wrong = 0;
		asked = sample(fd, target->pid, lists[i]);
		tap_ok(!wrong, "%s: %s: %zu addresses as TRANSLATE has them",
		       name, what[i], asked);
	}
	wrong = 0;
	check_each(view);
	tap_ok(!wrong, "%s: each leaf is one element", name);
}

static void run(int fd, const struct recipe *recipe)
{
	const char *name = recipe->name;
	struct target target;
	struct view view;

	if (target_start(&target, recipe)) {
		tap_skip(name, "%s", target.report.skip);
		return;
	}
	if (see(fd, &target, name, recipe->flags, &view)) {
		check_lists(fd, &view, &target, name);
		check_sums(&view, name);
		check_scan(&view, target.pid, name);
		for (unsigned int i = 0; i < target.report.areas; i++)
			check_area(fd, target.pid, &target.report.area[i],
				   name);
		if (!strncmp(name, "swapped", 7))
			check_exclusive(&view, name, &target.report.area[0]);
		forget_view(&view);
	}
	target_end(&target);
}

int main(int argc, char **argv)
{
	int fd = req_open();

	pages_quiet();
	random_seed(1);
	for (size_t i = 0; i < recipes_len; i++) {
		bool wanted = argc < 2;

		for (int n = 1; n < argc; n++)
			wanted |= !strcmp(argv[n], recipes[i].name);
		if (wanted)
			run(fd, &recipes[i]);
	}
	return tap_done();
}
