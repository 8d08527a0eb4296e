// SPDX-License-Identifier: GPL-2.0
/*
 * TABLES against VmPTE, SUMMARY and pagemap, and of areas whose tables are known by
 * construction; however many requests it takes; and the tables that stay when memory is
 * given back.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compare.h"
#include "tablelist.h"
#include "tap.h"

#define HUGE	(2 * MIB)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)

static int fd;

static void fills_sound(const struct tablelist *list, const char *name)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < list->len; i++) {
		for (unsigned int l = 0; l < VMSCOPE_LEVELS; l++) {
			const struct vmscope_table_sums *s =
				&list->map[i].levels[l];
			uint64_t tables = 0, least = 0, most = 0;

			for (unsigned int f = 0; f < VMSCOPE_TABLE_FILLS; f++) {
				tables += s->fill[f];
				least += s->fill[f] * (f ? 1 << (f - 1) : 0);
				most += s->fill[f] * (f ? (1 << f) - 1 : 0);
			}
			most -= s->fill[VMSCOPE_TABLE_FILLS - 1] * 511;
			wrong += tables != s->tables ||
				 s->used_entries < least ||
				 s->used_entries > most ||
				 s->complete_tables > s->fill[10];
		}
	}
	tap_eq(wrong, 0, "%s: fills add up, and to what is in use", name);
}

/* Entries of pte tables that are in use, by pagemap: there, swapped out or a marker. */
static uint64_t used_by_pagemap(pid_t pid, const struct seen *seen)
{
	const uint64_t used = PM_PRESENT | PM_SWAP | PM_GUARD | PM_UFFD_WP;
	int pagemap = pagemap_open(pid);
	uint64_t count = 0;

	for (size_t i = 0; i < seen->maps.len; i++) {
		const struct mapping *m = &seen->maps.map[i];
		static uint64_t entry[512];

		for (uint64_t at = m->start; at < m->end;
		     at += COUNT(entry) * PAGE) {
			size_t n = (m->end - at) / PAGE;

			n = n < COUNT(entry) ? n : COUNT(entry);
			if (pagemap_read(pagemap, at, n, entry))
				tap_bail("pagemap cannot be read");
			for (size_t j = 0; j < n; j++)
				count += !!(entry[j] & used);
		}
		/* pagemap has nothing of a PFN map, such as [vvar] */
		if (m->vm_flags & VF(PF))
			count +=
				seen->list.map[i]
					.sums.state_bytes[VMSCOPE_STATE_DEVICE] /
				PAGE;
	}
	close(pagemap);
	return count;
}

static void owners(const struct tablelist *list, const char *name)
{
	unsigned int wrong = 0;

	/* a mapping that begins where its predecessor's table reaches has no table for that part */
	for (size_t i = 1; i < list->len; i++) {
		uint64_t before = list->map[i - 1].end - 1;
		const struct vmscope_map_tables *m = &list->map[i];
		uint64_t most = (m->end - 1) / HUGE - m->start / HUGE + 1;

		if (before / HUGE == m->start / HUGE)
			most--;
		wrong += m->levels[0].tables > most;
		if (before / HUGE == (m->end - 1) / HUGE)
			wrong += m->levels[0].tables + m->levels[1].tables +
				 m->levels[2].tables;
	}
	tap_eq(wrong, 0, "%s: a shared table is the first mapping's", name);
}

static void one_by_one(pid_t pid, const struct tablelist *whole,
		       const char *name)
{
	struct tablelist list;
	int error = tablelist_by(fd, pid, 0, VMSCOPE_RANGE_END,
				 whole->len > 200 ? 61 : 1, 4096, &list);

	tap_eq(error, 0, "%s: in many small replies", name);
	tap_ok(list.len == whole->len &&
		       !memcmp(list.names, whole->names, list.names_len) &&
		       !memcmp(list.map, whole->map,
			       list.len * sizeof(*list.map)),
	       "%s: the same mappings and tables in %u replies", name,
	       list.calls);
	tablelist_free(&list);
}

/* Ranges that begin and end anywhere: each table is still told once. */
static void in_ranges(pid_t pid, const struct tablelist *whole,
		      const char *name)
{
	struct vmscope_table_sums want[VMSCOPE_LEVELS], got[VMSCOPE_LEVELS],
		sum[VMSCOPE_LEVELS];
	uint64_t start = 0, pieces = 0;
	unsigned int wrong = 0;

	tablelist_sum(whole, want);
	memset(sum, 0, sizeof(sum));
	for (size_t i = 0; i <= whole->len; i += 1 + whole->len / 50) {
		uint64_t end = VMSCOPE_RANGE_END;
		struct tablelist list;

		if (i < whole->len)
			end = (whole->map[i].start + whole->map[i].end) / 2 &
			      -PAGE;
		if (end <= start)
			continue;
		if (tablelist_by(fd, pid, start, end, 512, 1 << 16, &list))
			wrong++;
		tablelist_sum(&list, got);
		for (size_t j = 0; j < sizeof(sum) / 8; j++)
			((uint64_t *)sum)[j] += ((uint64_t *)got)[j];
		tablelist_free(&list);
		start = end;
		pieces++;
	}
	if (start != VMSCOPE_RANGE_END) {
		struct tablelist list;

		wrong += !!tablelist_by(fd, pid, start, VMSCOPE_RANGE_END, 512,
					1 << 16, &list);
		tablelist_sum(&list, got);
		for (size_t j = 0; j < sizeof(sum) / 8; j++)
			((uint64_t *)sum)[j] += ((uint64_t *)got)[j];
		tablelist_free(&list);
	}
	/* what lies in one mapping is judged by the whole mapping, cut or not */
	tap_ok(!wrong && !memcmp(sum, want, sizeof(sum)),
	       "%s: %lu ranges that cut mappings add up to the whole", name,
	       pieces);
}

static void compare(const struct seen *seen, pid_t pid, const char *name)
{
	const struct vmscope_summary *s = &seen->summary;
	struct vmscope_table_sums sum[VMSCOPE_LEVELS];
	uint64_t reserve = seen->huge_zero / HUGE, tables;
	struct tablelist list;
	bool same = true;

	tap_eq(tablelist_get(fd, pid, &list), 0, "%s: TABLES", name);
	tablelist_sum(&list, sum);
	for (unsigned int l = 0; l < VMSCOPE_LEVELS; l++)
		same &= sum[l].tables == s->table_pages[l];
	tap_ok(same, "%s: tables of each level as SUMMARY has them", name);
	for (size_t i = 0; i < seen->maps.len; i++)
		reserve += seen->maps.map[i].anon_huge / HUGE;
	tables = sum[0].tables + sum[1].tables + sum[2].tables;
	tap_eq((tables + reserve) * PAGE, seen->status.vm_pte,
	       "%s: they, and %lu in reserve, are VmPTE", name, reserve);
	tap_eq(list.page_table_bytes, seen->status.vm_pte,
	       "%s: the account is VmPTE", name);
	tap_eq(list.len, seen->maps.len, "%s: as many mappings as maps has",
	       name);
	same = true;
	for (size_t i = 0; i < list.len && i < seen->maps.len; i++)
		same &= list.map[i].start == seen->maps.map[i].start &&
			list.map[i].end == seen->maps.map[i].end &&
			list.map[i].kind == seen->list.map[i].kind &&
			list.map[i].flags == seen->list.map[i].flags;
	tap_ok(same, "%s: they are those of maps", name);
	/* a huge leaf is many pages of pagemap, and no entry of a pte table */
	if (!s->sums.leaf_bytes[1] && !s->sums.leaf_bytes[2] &&
	    !s->sums.hugetlb_bytes)
		tap_eq(sum[0].used_entries, used_by_pagemap(pid, seen),
		       "%s: entries in use as pagemap has them", name);
	/* every table but the top one has one entry above it */
	tap_ok(sum[2].used_entries >= sum[1].tables &&
		       sum[1].used_entries >= sum[0].tables,
	       "%s: each table has an entry above it", name);
	fills_sound(&list, name);
	owners(&list, name);
	one_by_one(pid, &list, name);
	in_ranges(pid, &list, name);
	tablelist_free(&list);
}

static bool wanted(const char *name)
{
	/* what the tables of these look like is no news, or they change on their own */
	static const char *const without[] = { "numa-hint", "ksm", "poison" };

	for (size_t i = 0; i < COUNT(without); i++)
		if (!strcmp(name, without[i]))
			return false;
	return true;
}

static void recipe_run(const struct recipe *recipe)
{
	struct target target;
	struct seen seen;

	if (target_start(&target, recipe)) {
		tap_skip(recipe->name, "%s", target.report.skip);
		return;
	}
	if (see(fd, target.pid, recipe->name, recipe->flags, &seen)) {
		compare(&seen, target.pid, recipe->name);
		seen_free(&seen);
	}
	target_end(&target);
}

/* Tables of this process in [start, end), of which nothing else is mapped. */
static struct vmscope_table_sums ptes_of(void *start, size_t len)
{
	struct vmscope_table_sums sum[VMSCOPE_LEVELS];
	struct tablelist list;

	if (tablelist_by(fd, 0, (uintptr_t)start, (uintptr_t)start + len, 64, 0,
			 &list))
		tap_bail("TABLES of this process failed");
	tablelist_sum(&list, sum);
	tablelist_free(&list);
	return sum[0];
}

static char *reserve(size_t len)
{
	char *area = map_aligned(len, HUGE);

	madvise(area, len, MADV_NOHUGEPAGE);
	return area;
}

/* 11 times 2 MiB, the n-th of which has as many pages as fill n can have. */
static void known_fills(void)
{
	char *area = reserve(VMSCOPE_TABLE_FILLS * HUGE);
	struct vmscope_table_sums ptes;
	uint64_t used = 0;
	bool one = true;

	for (unsigned int f = 1; f < VMSCOPE_TABLE_FILLS; f++) {
		unsigned int pages =
			f == VMSCOPE_TABLE_FILLS - 1 ? 512 : (1U << f) - 1;

		for (unsigned int p = 0; p < pages; p++)
			area[f * HUGE + p * PAGE] = 1;
		used += pages;
	}
	ptes = ptes_of(area, VMSCOPE_TABLE_FILLS * HUGE);
	for (unsigned int f = 1; f < VMSCOPE_TABLE_FILLS; f++)
		one &= ptes.fill[f] == 1;
	tap_eq(ptes.tables, VMSCOPE_TABLE_FILLS - 1,
	       "known: a table wherever something was touched, and only there");
	tap_ok(one && !ptes.fill[0], "known: one of each fill");
	tap_eq(ptes.used_entries, used, "known: entries in use");
	tap_eq(ptes.complete_tables, 1, "known: one is complete");
	munmap(area, VMSCOPE_TABLE_FILLS * HUGE);
}

static void complete(void)
{
	char *area = reserve(4 * HUGE);
	int given = 0;

	memset(area, 1, 4 * HUGE);
	tap_eq(ptes_of(area, 4 * HUGE).complete_tables, 4,
	       "complete: four tables are full");
	madvise(area, PAGE, MADV_DONTNEED);
	tap_eq(ptes_of(area, 4 * HUGE).complete_tables, 3,
	       "complete: not the one where a page is missing");
	mprotect(area + HUGE + HUGE / 2, PAGE, PROT_READ);
	tap_eq(ptes_of(area, 4 * HUGE).complete_tables, 2,
	       "complete: nor the one that two mappings share");
	/* MADV_COLLAPSE came with 6.1: then there is no table any more */
	given = madvise(area + 2 * HUGE, HUGE, 25);
	if (given)
		tap_skip("complete: collapsed", "no MADV_COLLAPSE here");
	else
		tap_eq(ptes_of(area, 4 * HUGE).tables, 3,
		       "complete: huge pages have taken a table's place");
	munmap(area, 4 * HUGE);
}

/* What is known to waste: memory is touched sparsely and given back, its tables stay. */
static void waste(void)
{
	const size_t len = 64 * HUGE;
	char *area = reserve(len);
	struct vmscope_table_sums before, after;
	struct status status;
	uint64_t pte;

	for (size_t i = 0; i < len; i += HUGE)
		area[i] = 1;
	before = ptes_of(area, len);
	tap_eq(before.tables, 64, "waste: 64 pages touched, 64 tables");
	tap_eq(before.fill[1], 64, "waste: one entry in each");
	read_status(getpid(), &status);
	pte = status.vm_pte;
	madvise(area, len, MADV_DONTNEED);
	after = ptes_of(area, len);
	read_status(getpid(), &status);
	tap_diag("waste: VmPTE %lu before, %lu after MADV_DONTNEED of %zu", pte,
		 status.vm_pte, len);
	tap_eq(pte - status.vm_pte, (before.tables - after.tables) * PAGE,
	       "waste: as many tables went as VmPTE says");
	tap_eq(after.used_entries, 0, "waste: nothing is left in them");
	if (after.tables == 64)
		tap_eq(after.fill[0], 64,
		       "waste: all 64 tables stayed, and are empty");
	else
		tap_eq(after.tables, 0,
		       "waste: this kernel gave the emptied tables back");
	/* page by page, so that no call empties a table by what it covers */
	for (size_t i = 0; i < len; i += HUGE)
		memset(area + i, 1, 8 * PAGE);
	for (size_t i = 0; i < len; i += HUGE)
		for (unsigned int p = 0; p < 8; p++)
			madvise(area + i + p * PAGE, PAGE, MADV_DONTNEED);
	after = ptes_of(area, len);
	tap_diag("waste: given back page by page, %llu of 64 tables stay",
		 after.tables);
	tap_ok(after.tables == after.fill[0] && !after.used_entries,
	       "waste: tables that stay are told as empty");
	munmap(area, len);
	tap_eq(ptes_of(area, len).tables, 0, "waste: munmap takes them all");
}

int main(void)
{
	fd = req_open();
	quiet_machine();
	known_fills();
	complete();
	waste();
	for (size_t i = 0; i < recipes_len; i++)
		if (wanted(recipes[i].name) &&
		    !(recipes[i].flags & (TARGET_MANY | TARGET_LAST)))
			recipe_run(&recipes[i]);
	return tap_done();
}
