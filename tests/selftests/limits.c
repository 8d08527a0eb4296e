// SPDX-License-Identifier: GPL-2.0
/*
 * Limits: a request that may look at so many entries, or take so long, ends there, gets on in
 * any case, and a chain of them tells what one without a limit does. What the kernel counts by
 * itself, and mappings without sums: they cost nothing and say the same as others.
 */
#include <errno.h>
#include <linux/vmscope_tables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pagelist.h"
#include "tap.h"
#include "target.h"

#define RW	    (PROT_READ | PROT_WRITE)
/* what may come on top of a limit: a pte table and the way to it */
#define OVER	    (512 + VMSCOPE_LEVELS)
/* TABLES reads each table whole, also those on the way */
#define OVER_TABLES (512 * VMSCOPE_LEVELS + VMSCOPE_LEVELS)

static int fd;

/* Dense, sparse, huge, swapped, and many mappings. */
static int setup_mixed(struct report *r)
{
	size_t len = 16 * MIB;
	char *m = map_anon(len, RW, MAP_PRIVATE);

	touch(m, len, PAGE, 1);
	m = map_anon(64 * MIB, RW, MAP_PRIVATE);
	touch(m, 64 * MIB, MIB, 1);
	m = map_aligned(4 * MIB, 2 * MIB);
	madvise(m, 4 * MIB, MADV_HUGEPAGE);
	touch(m, 4 * MIB, PAGE, 1);
	m = map_anon(2 * MIB, RW, MAP_PRIVATE);
	touch(m, 2 * MIB, PAGE, 1);
	page_out(m, MIB);
	m = map_anon(2000 * PAGE, RW, MAP_PRIVATE);
	for (size_t i = 0; i < 2000; i += 2)
		mprotect(m + i * PAGE, PAGE, PROT_READ);
	touch(m + PAGE, 1999 * PAGE, 2 * PAGE, 1);
	r->skip[0] = 0;
	return 0;
}

static struct vmscope_maps maps_ask(uint64_t pid, struct vmscope_map *map,
				    size_t len)
{
	return (struct vmscope_maps){
		.size = sizeof(struct vmscope_maps),
		.target = pid,
		.end = VMSCOPE_RANGE_END,
		.maps = (uintptr_t)map,
		.maps_len = len,
		.maps_size = sizeof(*map),
	};
}

/* Does a mapping begin there? Ranges of two are never one. */
static bool is_border(uint64_t pid, uint64_t address)
{
	struct vmscope_map map;
	struct vmscope_maps ask = maps_ask(pid, &map, 1);

	ask.flags = VMSCOPE_MAPS_F_NO_SUMS;
	ask.start = address;
	req_call(fd, VMSCOPE_IOC_MAPS, &ask);
	return !ask.maps_len || !(map.flags & VMSCOPE_MAP_CLIPPED);
}

/* ------------------------------------------------------------------------- mappings */

struct chain {
	unsigned int calls, errors, stuck, over, early;
	uint64_t entries;
};

/* Rows that continue one another are the row that they were cut from. */
static void row_add(struct vmscope_map *all, size_t *len,
		    const struct vmscope_map *row, uint64_t cut)
{
	struct vmscope_map *last = *len ? &all[*len - 1] : NULL;

	if (last && cut == row->start && last->end == cut) {
		last->end = row->end;
		sums_add(&last->sums, &row->sums);
		return;
	}
	all[(*len)++] = *row;
}

static size_t maps_chain(uint64_t pid, uint64_t entries, uint64_t ns,
			 struct vmscope_map *all, struct chain *chain)
{
	static struct vmscope_map reply[256];
	uint64_t cut = 0, start = 0;
	size_t len = 0;

	memset(chain, 0, sizeof(*chain));
	for (;;) {
		struct vmscope_maps ask = maps_ask(pid, reply, COUNT(reply));

		ask.start = start;
		ask.entries_max = entries;
		ask.time_max = ns;
		if (req_call(fd, VMSCOPE_IOC_MAPS, &ask)) {
			chain->errors++;
			return len;
		}
		chain->calls++;
		chain->entries += ask.walk.entries;
		chain->over += entries && ask.walk.entries > entries + OVER;
		/* it ends before its limit for want of room, or at the end, only */
		chain->early += entries && ask.walk.entries < entries &&
				ask.maps_len < COUNT(reply) &&
				ask.cursor != ask.end;
		for (size_t i = 0; i < ask.maps_len; i++)
			row_add(all, &len, &reply[i], cut);
		if (ask.cursor == ask.end)
			return len;
		if (ask.cursor <= start) {
			chain->stuck++;
			return len;
		}
		cut = is_border(pid, ask.cursor) ? 0 : ask.cursor;
		start = ask.cursor;
	}
}

static unsigned int rows_differ(const struct vmscope_map *a,
				const struct vmscope_map *b, size_t len)
{
	unsigned int differ = 0;

	for (size_t i = 0; i < len; i++)
		differ += a[i].start != b[i].start || a[i].end != b[i].end ||
			  a[i].kind != b[i].kind ||
			  memcmp(&a[i].sums, &b[i].sums, sizeof(a[i].sums));
	return differ;
}

static void maps_limits(uint64_t pid)
{
	static const uint64_t limits[] = { 1, 100, 511, 1000, 5000, 20000 };
	static struct vmscope_map all[4096], part[8192];
	struct chain chain;
	size_t len = maps_chain(pid, 0, 0, all, &chain);
	uint64_t entries = chain.entries;

	tap_ok(len > 2000 && !chain.errors, "%zu mappings without a limit",
	       len);
	for (size_t i = 0; i < COUNT(limits); i++) {
		size_t have = maps_chain(pid, limits[i], 0, part, &chain);

		tap_ok(!chain.errors && !chain.stuck && !chain.over &&
			       !chain.early &&
			       (limits[i] > entries || chain.calls > 1),
		       "MAPS, %llu entries: %u requests keep to it",
		       (unsigned long long)limits[i], chain.calls);
		tap_ok(have == len && !rows_differ(all, part, len),
		       "MAPS, %llu entries: together the same",
		       (unsigned long long)limits[i]);
	}
	tap_ok(maps_chain(pid, 0, 1, part, &chain) == len &&
		       !rows_differ(all, part, len) && chain.calls > 2,
	       "MAPS, 1 ns: a hold each time, in %u requests the same",
	       chain.calls);
	maps_chain(pid, 0, 1000000000000ULL, part, &chain);
	tap_eq(chain.entries, entries, "MAPS, much time: all at once");
	maps_chain(pid, ~0ULL, ~0ULL, part, &chain);
	tap_eq(chain.entries, entries, "MAPS, largest limits: none");
}

/* ------------------------------------------------------------------ sums and pages */

static void summary_limits(uint64_t pid)
{
	static struct vmscope_map map[4096];
	struct vmscope_sums kinds[VMSCOPE_KINDS];
	struct vmscope_summary whole, s;

	req_summary(fd, pid, &whole, kinds);
	tap_eq(whole.cursor, VMSCOPE_RANGE_END, "SUMMARY: of everything");
	for (uint64_t max = 1; max < 40000; max *= 9) {
		struct vmscope_sums sum = { 0 };
		struct vmscope_maps ask = maps_ask(pid, map, COUNT(map));

		memset(&s, 0, sizeof(s));
		s.size = sizeof(s);
		s.target = pid;
		s.entries_max = max;
		if (req_call(fd, VMSCOPE_IOC_SUMMARY, &s))
			tap_bail("SUMMARY");
		ask.end = s.cursor;
		req_call(fd, VMSCOPE_IOC_MAPS, &ask);
		for (size_t i = 0; i < ask.maps_len; i++)
			sums_add(&sum, &map[i].sums);
		tap_ok(s.walk.entries <= max + OVER && s.cursor &&
			       s.cursor < VMSCOPE_RANGE_END &&
			       s.sums.virtual_bytes < whole.sums.virtual_bytes,
		       "SUMMARY, %llu entries: it keeps to it",
		       (unsigned long long)max);
		tap_ok(!memcmp(&sum, &s.sums, sizeof(sum)) &&
			       ask.maps_len == s.mappings,
		       "SUMMARY, %llu entries: what MAPS says of that part",
		       (unsigned long long)max);
	}
	memset(&s, 0, sizeof(s));
	s.size = sizeof(s);
	s.target = pid;
	s.time_max = 1;
	tap_ok(!req_call(fd, VMSCOPE_IOC_SUMMARY, &s) && s.walk.holds == 1 &&
		       s.walk.entries && s.cursor < VMSCOPE_RANGE_END,
	       "SUMMARY, 1 ns: one hold");
}

/* Ranges that were cut are joined again. */
static void pages_limits(uint64_t pid)
{
	struct vmscope_pages ask = pages_ask(pid, 0);
	struct pagelist all, part = { 0 };
	static struct vmscope_page reply[4096];
	static const uint64_t limits[] = { 1, 300, 4000 };

	tap_eq(pagelist_by(fd, &ask, 16384, &all), 0, "PAGES without a limit");
	for (size_t i = 0; i < COUNT(limits); i++) {
		unsigned int calls = 0, over = 0, stuck = 0;
		uint64_t cut = 0;

		ask = pages_ask(pid, 0);
		memset(&part, 0, sizeof(part));
		do {
			uint64_t start = ask.start;

			ask.pages = (uintptr_t)reply;
			ask.pages_len = COUNT(reply);
			ask.pages_size = sizeof(reply[0]);
			ask.entries_max = limits[i];
			if (req_call(fd, VMSCOPE_IOC_PAGES, &ask))
				tap_bail("PAGES");
			calls++;
			over += ask.walk.entries > limits[i] + OVER;
			for (size_t j = 0; j < ask.pages_len; j++) {
				struct vmscope_page *last =
					part.len ? &part.page[part.len - 1] :
						   NULL;

				if (last && cut == reply[j].start &&
				    last->end == cut &&
				    last->state == reply[j].state &&
				    last->flags == reply[j].flags &&
				    last->leaf_size == reply[j].leaf_size &&
				    !is_border(pid, cut))
					last->end = reply[j].end;
				else
					pagelist_add(&part, &reply[j]);
			}
			cut = ask.cursor;
			stuck += ask.cursor <= start;
			ask.start = ask.cursor;
		} while (ask.cursor != ask.end && !stuck);
		tap_ok(!over && !stuck && calls > 2,
		       "PAGES, %llu entries: %u requests keep to it",
		       (unsigned long long)limits[i], calls);
		tap_ok(pagelist_same(&part, &all),
		       "PAGES, %llu entries: together the same",
		       (unsigned long long)limits[i]);
		pagelist_free(&part);
	}
	pagelist_free(&all);
}

static void tables_limits(uint64_t pid)
{
	static struct vmscope_map_tables reply[64];
	static const uint64_t limits[] = { 0, 1, 3000 };
	uint64_t tables[COUNT(limits)] = { 0 }, used[COUNT(limits)] = { 0 };

	for (size_t i = 0; i < COUNT(limits); i++) {
		unsigned int calls = 0, over = 0, stuck = 0;
		struct vmscope_tables ask = {
			.size = sizeof(ask),
			.target = pid,
			.end = VMSCOPE_RANGE_END,
		};

		do {
			uint64_t start = ask.start;

			ask.maps = (uintptr_t)reply;
			ask.maps_len = COUNT(reply);
			ask.maps_size = sizeof(reply[0]);
			ask.entries_max = limits[i];
			if (req_call(fd, VMSCOPE_IOC_TABLES, &ask))
				tap_bail("TABLES");
			calls++;
			over += limits[i] &&
				ask.walk.entries > limits[i] + OVER_TABLES;
			for (size_t j = 0; j < ask.maps_len; j++) {
				for (int l = 0; l < VMSCOPE_LEVELS; l++) {
					tables[i] += reply[j].levels[l].tables;
					used[i] +=
						reply[j].levels[l].used_entries;
				}
			}
			stuck += ask.cursor <= start;
			ask.start = ask.cursor;
		} while (ask.cursor != ask.end && !stuck);
		tap_ok(!over && !stuck && tables[i] == tables[0] &&
			       used[i] == used[0] && tables[i] > 20,
		       "TABLES, %llu entries: %u requests keep to it, together the same",
		       (unsigned long long)limits[i], calls);
	}
}

/* ------------------------------------------------------------------------- for free */

static void counters(uint64_t pid)
{
	struct vmscope_sums kinds[VMSCOPE_KINDS], none = { 0 };
	struct vmscope_summary whole, s;
	unsigned int others = 0;

	req_summary(fd, pid, &whole, kinds);
	memset(&s, 0, sizeof(s));
	memset(kinds, 0xff, sizeof(kinds));
	s.size = sizeof(s);
	s.target = pid;
	s.flags = VMSCOPE_SUMMARY_F_COUNTERS;
	s.kinds = (uintptr_t)kinds;
	s.kinds_len = VMSCOPE_KINDS;
	s.kinds_size = sizeof(kinds[0]);
	tap_eq(req_call(fd, VMSCOPE_IOC_SUMMARY, &s), 0, "counters only");
	tap_ok(!s.walk.holds && !s.walk.entries && !s.walk.tables && !s.cursor,
	       "counters: no lock, no table");
	tap_eq(s.mappings, whole.mappings, "counters: mappings");
	tap_eq(s.sums.virtual_bytes, whole.sums.virtual_bytes,
	       "counters: size");
	tap_eq(s.page_table_bytes, whole.page_table_bytes, "counters: tables");
	tap_ok(s.threads == whole.threads && s.pid == whole.pid &&
		       s.minor_faults == whole.minor_faults &&
		       !strcmp((char *)s.comm, (char *)whole.comm),
	       "counters: threads, faults, name");
	none.virtual_bytes = s.sums.virtual_bytes;
	for (size_t i = 0; i < VMSCOPE_KINDS; i++)
		others += kinds[i].virtual_bytes || kinds[i].present_bytes;
	tap_ok(!memcmp(&none, &s.sums, sizeof(none)) && !others,
	       "counters: all else is 0");
	s.flags = VMSCOPE_SUMMARY_F_COUNTERS << 1;
	tap_eq(req_call(fd, VMSCOPE_IOC_SUMMARY, &s), -EINVAL,
	       "SUMMARY: an unknown flag");
}

static void no_sums(uint64_t pid)
{
	static struct vmscope_map with[4096], without[4096];
	struct vmscope_maps a = maps_ask(pid, with, COUNT(with)),
			    b = maps_ask(pid, without, COUNT(without));
	struct vmscope_sums none = { 0 };
	unsigned int differ = 0, sums = 0;

	b.flags = VMSCOPE_MAPS_F_NO_SUMS;
	tap_ok(!req_call(fd, VMSCOPE_IOC_MAPS, &a) &&
		       !req_call(fd, VMSCOPE_IOC_MAPS, &b),
	       "mappings with sums and without");
	tap_ok(a.maps_len == b.maps_len && b.maps_len > 2000 &&
		       b.cursor == b.end,
	       "no sums: %llu mappings", (unsigned long long)b.maps_len);
	tap_ok(!b.walk.entries && !b.walk.tables && b.walk.holds,
	       "no sums: no table was looked at");
	for (size_t i = 0; i < b.maps_len; i++) {
		none.virtual_bytes = without[i].end - without[i].start;
		sums += !!memcmp(&none, &without[i].sums, sizeof(none));
		with[i].sums = without[i].sums;
		differ += !!memcmp(&with[i], &without[i], sizeof(with[i]));
	}
	tap_ok(!sums && !differ, "no sums: the same but for the sums");
	b.flags = VMSCOPE_MAPS_F_NO_SUMS << 1;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &b), -EINVAL,
	       "MAPS: an unknown flag");
}

int main(void)
{
	static const struct recipe mixed = { .name = "mixed",
					     .setup = setup_mixed };
	struct target target;

	fd = req_open();
	pages_quiet();
	if (target_start(&target, &mixed))
		tap_bail("%s", target.report.skip);
	counters(target.pid);
	no_sums(target.pid);
	maps_limits(target.pid);
	summary_limits(target.pid);
	pages_limits(target.pid);
	tables_limits(target.pid);
	target_end(&target);
	return tap_done();
}
