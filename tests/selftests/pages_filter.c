// SPDX-License-Identifier: GPL-2.0
/*
 * PAGES by masks: hundreds of them, alone and combined, against what user space chooses and
 * joins from the list of all leaves. And targets whose flags are known: keys, soft-dirty bits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "pagelist.h"
#include "tap.h"
#include "target.h"

#define RW     (PROT_READ | PROT_WRITE)
#define ROOM   8192
#define FRAMES VMSCOPE_PAGES_F_FRAMES
#define RAW    VMSCOPE_PAGES_F_RAW
#define EACH   VMSCOPE_PAGES_F_EACH

static const unsigned int trials = 500;

/* Three keys over four parts of a mapping, the fourth with the first key again. */
static int setup_keys(struct report *r)
{
	size_t len = 64 * PAGE;
	char *m = map_anon(4 * len, RW, MAP_PRIVATE);
	int key[2] = { pkey_alloc(0, 0), pkey_alloc(0, 0) };

	if (key[0] < 0 || key[1] < 0)
		return area_skip(r, "no protection keys");
	touch(m, 4 * len, PAGE, 1);
	if (pkey_mprotect(m + len, len, RW, key[0]) ||
	    pkey_mprotect(m + 2 * len, len, RW, key[1]))
		return area_skip(r, "no protection key for a mapping");
	for (int i = 0; i < 4; i++)
		area_add(r, "part", m + i * len, len);
	r->aux[1] = key[0];
	r->aux[2] = key[1];
	return 0;
}

#define WRITTEN \
	3 /* every so many pages are written after the bits were cleared */

static int setup_soft_dirty(struct report *r)
{
	size_t len = 512 * PAGE;
	char *m = map_anon(len, RW, MAP_PRIVATE);

	touch(m, len, PAGE, 1);
	if (write_text("/proc/self/clear_refs", "4"))
		return area_skip(r, "no clear_refs");
	if (pagemap_self(m) & PM_SOFT_DIRTY)
		return area_skip(r, "no soft-dirty bits in this kernel");
	touch(m, len, WRITTEN * PAGE, 2);
	area_add(r, "soft-dirty", m, len);
	return 0;
}

/* A little of everything: about two thousand leaves with many different flags. */
static int setup_mosaic(struct report *r)
{
	size_t len = 256 * PAGE;
	char *m = map_anon(len, RW, MAP_PRIVATE);

	touch(m, len, 2 * PAGE, 1);
	m = map_anon(len, RW, MAP_PRIVATE);
	look(m, len, PAGE);
	touch(m, len, 5 * PAGE, 1);
	touch(m + 64 * PAGE, 32 * PAGE, PAGE, 1);
	m = map_anon(len, RW, MAP_PRIVATE);
	touch(m, len / 2, PAGE, 1);
	mprotect(m + 32 * PAGE, 64 * PAGE, PROT_NONE);
	mprotect(m + 96 * PAGE, 64 * PAGE, PROT_READ);
	m = map_anon(len, RW, MAP_SHARED);
	look(m, len, 3 * PAGE);
	touch(m, len, 7 * PAGE, 1);
	m = map_anon(len, RW, MAP_PRIVATE);
	touch(m, len, PAGE, 1);
	page_out(m, len);
	look(m, len / 2, 4 * PAGE);
	touch(m + len / 2, len / 2, 5 * PAGE, 2);
	m = map_aligned(8 * MIB, 2 * MIB);
	madvise(m, 8 * MIB, MADV_HUGEPAGE);
	touch(m, 6 * MIB, 2 * MIB, 1);
	mprotect(m + 2 * MIB, 16 * PAGE, PROT_READ);
	mprotect(m + 4 * MIB, 2 * MIB, PROT_READ);
	write_text("/proc/self/clear_refs", "4");
	/* the hugetlb, keys, file and uffd parts where the machine has them */
	setup_hugetlb_2m(r);
	r->areas = 0;
	setup_uffd(r);
	r->areas = 0;
	setup_file(r);
	r->areas = 0;
	setup_keys(r);
	r->skip[0] = 0;
	return 0;
}

/* a target, and all that is known of it */
struct known {
	int fd;
	pid_t pid;
	struct pagelist each;
	struct mappings maps;
	unsigned int changes;
};

/* The kernel may age a page of one that is stopped, too. */
static bool has_changed(struct known *known)
{
	struct vmscope_pages ask = pages_ask(known->pid, FRAMES | RAW | EACH);
	struct pagelist list;
	bool same;

	if (pagelist_by(known->fd, &ask, ROOM, &list))
		tap_bail("the target cannot be read");
	same = list.len == known->each.len &&
	       !memcmp(list.page, known->each.page,
		       list.len * sizeof(*list.page));
	pagelist_free(&known->each);
	known->each = list;
	known->changes += !same;
	return !same;
}

static bool ask_for(struct known *known, const struct vmscope_pages *ask)
{
	struct pagelist list, model;
	bool good;
	int error;

	do {
		error = pagelist_by(known->fd, ask, ROOM, &list);
		pagelist_model(&known->each, &known->maps, ask, &model);
		good = !error && pagelist_same(&list, &model);
		pagelist_free(&list);
		pagelist_free(&model);
	} while (!good && known->changes < 50 && has_changed(known));
	if (!good)
		tap_diag(
			"error %d with flags %#llx, all of %#llx, any of %#llx, none of %#llx, returned %#llx",
			error, ask->flags, ask->all_of, ask->any_of,
			ask->none_of, ask->returned);
	return good;
}

/* Bits that some leaf has, and now and then another. */
static uint64_t random_mask(uint64_t seen, unsigned int bits)
{
	uint64_t mask = 0;

	for (unsigned int i = 0; i < bits; i++) {
		uint64_t bit = 1ULL << random_number() % 51;

		for (int n = 0; n < 64 && !(bit & seen); n++)
			bit = 1ULL << random_number() % 51;
		mask |= bit & VMSCOPE_PAGES_ALL;
	}
	return mask;
}

static uint64_t seen_of(const struct pagelist *each)
{
	uint64_t seen = VMSCOPE_PAGES_LEAF_PTE | VMSCOPE_PAGES_LEAF_PMD;

	for (size_t i = 0; i < each->len; i++) {
		seen |= VMSCOPE_PAGES_STATE(each->page[i].state) |
			VMSCOPE_PAGES_ENTRY(each->page[i].flags);
		if (each->page[i].pkey)
			seen |= VMSCOPE_PAGES_PKEY;
	}
	return seen;
}

/* Every bit in each of the four masks by itself. */
static void single_bits(struct known *known)
{
	static const char *const name[] = { "all_of", "any_of", "none_of",
					    "returned" };

	for (unsigned int m = 0; m < COUNT(name); m++) {
		unsigned int bad = 0, bits = 0;

		for (uint64_t bit = 1; bit <= VMSCOPE_PAGES_LEAF_PUD;
		     bit <<= 1) {
			struct vmscope_pages ask = pages_ask(known->pid, 0);

			if (!(bit & VMSCOPE_PAGES_ALL))
				continue;
			if (m == 3)
				ask.returned = bit;
			(&ask.all_of)[m] = bit;
			bad += !ask_for(known, &ask);
			bits++;
		}
		tap_eq(bad, 0,
		       "each of %u bits of %s chooses as user space does", bits,
		       name[m]);
	}
}

static void combined(struct known *known)
{
	uint64_t seen = seen_of(&known->each);
	unsigned int bad = 0, empty = 0;

	for (unsigned int n = 0; n < trials && bad < 5; n++) {
		struct vmscope_pages ask = pages_ask(
			known->pid, random_number() & (FRAMES | RAW | EACH));
		struct pagelist model;

		ask.all_of = random_mask(seen, random_number() % 3);
		ask.any_of = random_mask(seen, random_number() % 4);
		ask.none_of = random_mask(seen, random_number() % 3);
		ask.returned = random_mask(seen, random_number() % 8);
		bad += !ask_for(known, &ask);
		pagelist_model(&known->each, &known->maps, &ask, &model);
		empty += !model.len;
		pagelist_free(&model);
	}
	tap_eq(bad, 0, "%u random combinations, %u of them with no answer",
	       trials, empty);
	tap_ok(empty < trials / 2, "enough of them choose something");
}

/* What is not asked for is 0 and divides nothing. */
static void returned(const struct known *known)
{
	struct vmscope_pages ask = pages_ask(known->pid, 0);
	struct pagelist all, none, other;
	unsigned int bad = 0, joined = 0;

	tap_eq(pagelist_by(known->fd, &ask, ROOM, &all), 0,
	       "with all that is known");
	ask.returned = 0;
	tap_eq(pagelist_by(known->fd, &ask, ROOM, &none), 0,
	       "with nothing but states");
	for (size_t i = 0; i < none.len; i++) {
		const struct vmscope_page *p = &none.page[i];

		bad += p->flags || p->pkey || p->entry || p->physical ||
		       p->swap_offset;
		joined += i && p[-1].end == p->start &&
			  p[-1].state == p->state &&
			  p[-1].leaf_size == p->leaf_size &&
			  p[-1].swap_area == p->swap_area;
	}
	tap_eq(bad, 0, "then flags, keys, entries and places are 0");
	tap_ok(none.len < all.len && all.len < known->each.len,
	       "%zu ranges instead of %zu, of %zu leaves", none.len, all.len,
	       known->each.len);
	/* those are borders of mappings */
	tap_ok(joined < 64, "%u ranges meet another that is alike", joined);
	/* what is filtered by is not told for that */
	ask.all_of = VMSCOPE_PAGES_ENTRY(VMSCOPE_ENTRY_WRITABLE);
	tap_eq(pagelist_by(known->fd, &ask, ROOM, &other), 0,
	       "writable ones alone");
	for (size_t i = 0; i < other.len; i++)
		bad += other.page[i].flags != 0;
	tap_ok(other.len && !bad, "do not say that they are");
	pagelist_free(&all);
	pagelist_free(&none);
	pagelist_free(&other);
}

static void mosaic(int fd)
{
	static const struct recipe recipe = { .name = "mosaic",
					      .setup = setup_mosaic };
	struct known known = { .fd = fd };
	struct target target;

	if (target_start(&target, &recipe))
		tap_bail("%s", target.report.skip);
	known.pid = target.pid;
	read_maps(target.pid, &known.maps);
	has_changed(&known);
	tap_diag("%zu leaves and holes, what is seen of them is %#lx",
		 known.each.len, seen_of(&known.each));
	single_bits(&known);
	combined(&known);
	returned(&known);
	tap_ok(known.changes < 50, "the target was still but for %u times",
	       known.changes - 1);
	pagelist_free(&known.each);
	mappings_free(&known.maps);
	target_end(&target);
}

static void keys(int fd)
{
	static const struct recipe recipe = { .name = "keys",
					      .setup = setup_keys };
	const struct report *r;
	struct target target;
	struct pagelist list;
	struct vmscope_pages ask;
	unsigned int bad = 0;

	if (target_start(&target, &recipe)) {
		tap_skip("protection keys", "%s", target.report.skip);
		return;
	}
	r = &target.report;
	for (unsigned int i = 0; i < r->areas; i++) {
		ask = pages_ask(target.pid, 0);
		ask.start = r->area[i].start;
		ask.end = r->area[i].end;
		bad += pagelist_by(fd, &ask, ROOM, &list) || list.len != 1 ||
		       list.page[0].pkey != (i < 3 ? r->aux[i] : 0);
		pagelist_free(&list);
	}
	tap_eq(bad, 0, "each part of a mapping has its protection key");
	ask = pages_ask(target.pid, 0);
	ask.all_of = VMSCOPE_PAGES_PKEY;
	ask.start = r->area[0].start;
	ask.end = r->area[3].end;
	tap_ok(!pagelist_by(fd, &ask, ROOM, &list) && list.len == 2 &&
		       list.page[0].start == r->area[1].start &&
		       list.page[1].end == r->area[2].end,
	       "those that have a key can be chosen");
	pagelist_free(&list);
	target_end(&target);
}

/* After the bits were cleared pagemap means the page's bit alone: equal both ways. */
static void soft_dirty(int fd)
{
	static const struct recipe recipe = { .name = "soft-dirty",
					      .setup = setup_soft_dirty };
	static uint64_t entry[512];
	const struct area *area;
	struct vmscope_pages ask;
	struct target target;
	struct pagelist list;
	unsigned int bad = 0, dirty = 0, pages = 0;
	int pagemap;

	if (target_start(&target, &recipe)) {
		tap_skip("soft-dirty", "%s", target.report.skip);
		return;
	}
	area = &target.report.area[0];
	pagemap = pagemap_open(target.pid);
	pagemap_read(pagemap, area->start, COUNT(entry), entry);
	close(pagemap);
	ask = pages_ask(target.pid, 0);
	ask.start = area->start;
	ask.end = area->end;
	ask.returned = VMSCOPE_PAGES_ENTRY(VMSCOPE_ENTRY_SOFT_DIRTY);
	tap_eq(pagelist_by(fd, &ask, ROOM, &list), 0, "soft-dirty bits");
	for (size_t i = 0; i < list.len; i++) {
		bool flag = list.page[i].flags & VMSCOPE_ENTRY_SOFT_DIRTY;

		for (uint64_t at = list.page[i].start; at < list.page[i].end;
		     at += PAGE, pages++) {
			size_t n = (at - area->start) / PAGE;

			bad += flag != (n % WRITTEN == 0) ||
			       flag != !!(entry[n] & PM_SOFT_DIRTY);
			dirty += flag;
		}
	}
	tap_ok(!bad && pages == COUNT(entry),
	       "%u of %u pages were written since, as pagemap has it", dirty,
	       pages);
	/* pairs of clean ones between single dirty ones: 171 and 171 */
	tap_eq(list.len, 342, "the bit, and nothing else, divides ranges");
	pagelist_free(&list);
	target_end(&target);
}

int main(void)
{
	int fd = req_open();

	pages_quiet();
	random_seed(20261122);
	mosaic(fd);
	keys(fd);
	soft_dirty(fd);
	return tap_done();
}
