// SPDX-License-Identifier: GPL-2.0
/*
 * What struct page tells (VMSCOPE_F_FOLIO), against smaps and smaps_rollup, and page by page against
 * pagemap, kpageflags and kpagecount.
 *
 * Arguments are names of targets; none means all.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pagelist.h"
#include "tap.h"
#include "target.h"

#define TRIES 5

static int fd;

/* what the kernel's other interfaces say of a frame */
struct frame {
	uint64_t flags, head, count;
	unsigned int order;
};

/* what was seen of one process while its witnesses stood still */
struct look {
	struct mappings maps;
	size_t maps_len; /* while it is taken apart */
	struct mapping rollup;
	struct maplist list;
	struct vmscope_folio_sums *folios; /* by mapping */
	uint64_t (*nodes)[4];
	struct vmscope_summary summary;
	struct vmscope_folio_sums kinds[VMSCOPE_KINDS];
	struct pagelist pages;
	uint64_t **entry; /* of each mapping, by page */
	struct frame **frame;
};

/* kpageflags of some kernels calls each anonymous page one of KSM's; then smaps is asked */
static bool ksm_untold;

/* ---------------------------------------------------------------- witnesses */

static struct frame frame_look(uint64_t pfn)
{
	struct frame frame = { .flags = page_flags(pfn), .head = pfn };
	uint64_t end = pfn + 1;

	frame.count = page_count(pfn);
	if (!(frame.flags & (KPF_COMPOUND_TAIL | KPF_THP | (1ULL << 15))))
		return frame;
	while (page_flags(frame.head) & KPF_COMPOUND_TAIL)
		frame.head--;
	while (page_flags(end) & KPF_COMPOUND_TAIL)
		end++;
	while (1ULL << frame.order < end - frame.head)
		frame.order++;
	/* older kernels show it of the first page only */
	frame.flags |= page_flags(frame.head) & KPF_SWAPBACKED;
	return frame;
}

/* A frame of a large folio is looked at 512 times in a row: keep the last one's bounds. */
static struct frame frame_cached(uint64_t pfn)
{
	static struct frame last;

	if (last.order && pfn > last.head &&
	    pfn < last.head + (1ULL << last.order)) {
		last.flags = page_flags(pfn);
		last.count = page_count(pfn);
		if (last.flags & KPF_COMPOUND_TAIL) {
			last.flags |= page_flags(last.head) & KPF_SWAPBACKED;
			return last;
		}
	}
	last = frame_look(pfn);
	return last;
}

static unsigned int frame_kind(const struct frame *frame)
{
	if (frame->flags & KPF_KSM && !ksm_untold)
		return VMSCOPE_FOLIO_KIND_KSM;
	if (frame->flags & KPF_ANON)
		return VMSCOPE_FOLIO_KIND_ANON;
	return frame->flags & KPF_SWAPBACKED ? VMSCOPE_FOLIO_KIND_SHMEM :
					       VMSCOPE_FOLIO_KIND_FILE;
}

static uint64_t frame_flags(const struct frame *frame)
{
	const uint64_t kind = 1ULL << frame_kind(frame);

	return kind |
	       (frame->count > 1 ? VMSCOPE_FOLIO_SHARED : VMSCOPE_FOLIO_ONCE) |
	       (frame->order ? VMSCOPE_FOLIO_LARGE : 0) |
	       (frame->flags & KPF_HUGE ? VMSCOPE_FOLIO_HUGETLB : 0);
}

/* Which mappings of whole folios there are in a mapping, by a way of its own: each page's place. */
static void model_coverage(const struct frame *frame, const uint64_t *entry,
			   size_t len, uint64_t start,
			   struct vmscope_folio_sums *sums)
{
	for (size_t i = 0, n; i < len; i += n) {
		uint64_t size = 1ULL << frame[i].order;
		uint64_t pfn = entry[i] & PM_FRAME;
		unsigned int how = VMSCOPE_COVERAGE_PARTIAL;

		n = 1;
		if (!frame[i].count || frame[i].flags & KPF_HUGE)
			continue;
		if (pfn == frame[i].head) {
			while (n < size && i + n < len && frame[i + n].count &&
			       (entry[i + n] & PM_FRAME) == pfn + n)
				n++;
			if (n == size)
				how = (start / PAGE + i) % size ?
					      VMSCOPE_COVERAGE_UNALIGNED :
					      VMSCOPE_COVERAGE_ALIGNED;
		}
		sums->order_bytes[frame[i].order][how] += n * PAGE;
	}
}

/* Everything about one mapping, from its pages one by one. */
static void model_mapping(const struct mapping *map, const uint64_t *entry,
			  const struct frame *frame,
			  struct vmscope_folio_sums *sums)
{
	size_t len = (map->end - map->start) / PAGE;

	memset(sums, 0, sizeof(*sums));
	for (size_t i = 0; i < len; i++) {
		unsigned int kind = frame_kind(&frame[i]);

		if (!frame[i].count || frame[i].flags & KPF_HUGE)
			continue;
		sums->kind_bytes[kind] += PAGE;
		sums->pss_shifted[kind] +=
			(PAGE << VMSCOPE_PSS_SHIFT) / frame[i].count;
		if (frame[i].count > 1)
			sums->shared_bytes += PAGE;
		else
			sums->private_bytes += PAGE;
	}
	sums->hugetlb_private_bytes = map->private_hugetlb;
	sums->hugetlb_shared_bytes = map->shared_hugetlb;
	model_coverage(frame, entry, len, map->start, sums);
}

static bool entry_counts(const struct mapping *map, uint64_t entry)
{
	unsigned int state = page_state(map, entry);

	return (entry & PM_PRESENT) && state != VMSCOPE_STATE_ZERO &&
	       state != VMSCOPE_STATE_DEVICE && !zero_page(entry & PM_FRAME) &&
	       !huge_zero_page(entry & PM_FRAME);
}

static int see_frames(struct look *look, pid_t pid)
{
	int pagemap = pagemap_open(pid), error = 0;

	if (pagemap < 0)
		return pagemap;
	look->entry = calloc(look->maps.len, sizeof(*look->entry));
	look->frame = calloc(look->maps.len, sizeof(*look->frame));
	for (size_t m = 0; !error && m < look->maps.len; m++) {
		const struct mapping *map = &look->maps.map[m];
		size_t len = (map->end - map->start) / PAGE;
		uint64_t *entry = calloc(len, sizeof(*entry));
		struct frame *frame = calloc(len, sizeof(*frame));

		look->entry[m] = entry;
		look->frame[m] = frame;
		if (!(map->rss + map->private_hugetlb + map->shared_hugetlb))
			continue;
		error = pagemap_read(pagemap, map->start, len, entry);
		for (size_t i = 0; i < len; i++)
			if (entry_counts(map, entry[i]))
				frame[i] = frame_cached(entry[i] & PM_FRAME);
	}
	close(pagemap);
	return error;
}

/* Where kpageflags cannot tell KSM's pages from others, neither need we, but as smaps does. */
static void forget_ksm(struct vmscope_folio_sums *sums)
{
	if (!ksm_untold)
		return;
	sums->kind_bytes[VMSCOPE_FOLIO_KIND_ANON] +=
		sums->kind_bytes[VMSCOPE_FOLIO_KIND_KSM];
	sums->pss_shifted[VMSCOPE_FOLIO_KIND_ANON] +=
		sums->pss_shifted[VMSCOPE_FOLIO_KIND_KSM];
	sums->kind_bytes[VMSCOPE_FOLIO_KIND_KSM] = 0;
	sums->pss_shifted[VMSCOPE_FOLIO_KIND_KSM] = 0;
}

static uint64_t flags_told(uint64_t folio)
{
	if (ksm_untold && folio & VMSCOPE_FOLIO_KSM)
		folio ^= VMSCOPE_FOLIO_KSM | VMSCOPE_FOLIO_ANON;
	return folio;
}

static bool same_sums(struct vmscope_folio_sums got,
		      const struct vmscope_folio_sums *want,
		      const struct mapping *map, bool tell)
{
	const uint64_t *a = (const uint64_t *)&got, *b = (const uint64_t *)want;

	forget_ksm(&got);
	for (size_t i = 0; tell && i < sizeof(got) / 8; i++)
		if (a[i] != b[i])
			tap_diag("%lx-%lx word %zu: %lu, by kpageflags %lu",
				 map->start, map->end, i, a[i], b[i]);
	return !memcmp(&got, want, sizeof(got));
}

static void check_model(const struct look *look, const char *name)
{
	unsigned int bad = 0, wrong = 0;
	uint64_t ksm = 0, rss = 0;
	size_t at = 0;

	for (size_t m = 0; m < look->maps.len && m < look->list.len; m++) {
		const struct mapping *map = &look->maps.map[m];
		struct frame *frame = look->frame[m];
		struct vmscope_folio_sums sums;

		model_mapping(map, look->entry[m], frame, &sums);
		bad += !same_sums(look->folios[m], &sums, map, bad < 5);
		ksm += look->folios[m].kind_bytes[VMSCOPE_FOLIO_KIND_KSM];
		rss += map->ksm;
		for (; at < look->pages.len &&
		       look->pages.page[at].start < map->end;
		     at++) {
			const struct vmscope_page *page = &look->pages.page[at];
			const struct frame *f =
				&frame[(page->start - map->start) / PAGE];

			if (page->leaf_size != PAGE || !f->count)
				continue;
			if (flags_told(page->folio) == frame_flags(f) &&
			    page->folio_order == f->order &&
			    page->folio_mapcount == f->count)
				continue;
			if (wrong++ < 3)
				tap_diag(
					"%llx: folio %llx order %llu mapped %llu, by kpageflags %lx %u %lu",
					page->start, page->folio,
					page->folio_order, page->folio_mapcount,
					frame_flags(f), f->order, f->count);
		}
	}
	if (ksm_untold)
		tap_eq(ksm, rss, "%s: pages of KSM, by smaps", name);
	tap_eq(bad, 0,
	       "%s: mappings are what kpageflags and kpagecount make of their pages",
	       name);
	tap_eq(wrong, 0, "%s: so is each of %zu leaves", name, look->pages.len);
}

/* ------------------------------------------------------------------- target */

static int ask_maps(struct look *look, pid_t pid)
{
	struct maplist *list = &look->list;
	const size_t room = 4096;
	struct vmscope_maps ask = {
		.size = sizeof(ask),
		.flags = VMSCOPE_F_FOLIO,
		.target = pid,
		.end = VMSCOPE_RANGE_END,
		.maps_len = room,
		.maps_size = sizeof(list->map[0]),
		.folios_size = sizeof(look->folios[0]),
		.nodes_len = COUNT(look->nodes[0]),
	};
	int error;

	list->map = calloc(room, sizeof(*list->map));
	look->folios = calloc(room, sizeof(*look->folios));
	look->nodes = calloc(room, sizeof(*look->nodes));
	ask.maps = (uintptr_t)list->map;
	ask.folios = (uintptr_t)look->folios;
	ask.nodes = (uintptr_t)look->nodes;
	error = req_call(fd, VMSCOPE_IOC_MAPS, &ask);
	list->len = ask.maps_len;
	return error ? error : ask.cursor == ask.end ? 0 : -E2BIG;
}

static int ask_summary(struct look *look, pid_t pid)
{
	struct vmscope_summary *s = &look->summary;

	memset(s, 0, sizeof(*s));
	s->size = sizeof(*s);
	s->flags = VMSCOPE_F_FOLIO;
	s->target = pid;
	s->kinds_len = VMSCOPE_KINDS;
	s->folio_kinds = (uintptr_t)look->kinds;
	s->folio_kinds_size = sizeof(look->kinds[0]);
	return req_call(fd, VMSCOPE_IOC_SUMMARY, s);
}

static int ask_pages(struct look *look, pid_t pid)
{
	struct vmscope_pages ask =
		pages_ask(pid, VMSCOPE_F_FOLIO | VMSCOPE_PAGES_F_EACH);

	ask.returned = VMSCOPE_PAGES_ALL | VMSCOPE_PAGES_FOLIO_ALL;
	ask.none_of = VMSCOPE_PAGES_STATE(VMSCOPE_STATE_NONE);
	return pagelist_by(fd, &ask, 4096, &look->pages);
}

static void look_free(struct look *look)
{
	look->maps_len = look->maps.len;
	mappings_free(&look->maps);
	maplist_free(&look->list);
	pagelist_free(&look->pages);
	for (size_t m = 0; look->frame && m < look->maps_len; m++) {
		free(look->entry[m]);
		free(look->frame[m]);
	}
	free(look->entry);
	free(look->frame);
	free(look->folios);
	free(look->nodes);
	memset(look, 0, sizeof(*look));
}

static bool look_once(struct look *look, pid_t pid, int *error)
{
	struct mappings after;
	struct mapping rollup;
	bool same = false;

	*error = read_smaps(pid, &look->maps);
	if (!*error)
		*error = read_rollup(pid, &look->rollup);
	if (!*error)
		*error = ask_maps(look, pid);
	if (!*error)
		*error = ask_summary(look, pid);
	if (!*error)
		*error = ask_pages(look, pid);
	if (!*error)
		*error = see_frames(look, pid);
	if (*error)
		return true;
	if (!read_smaps(pid, &after) && !read_rollup(pid, &rollup))
		same = mappings_equal(&after, &look->maps) &&
		       !memcmp(&rollup, &look->rollup, sizeof(rollup));
	mappings_free(&after);
	return same;
}

static uint64_t pss_of(const struct vmscope_folio_sums *sums)
{
	uint64_t pss = 0;

	for (size_t i = 0; i < VMSCOPE_FOLIO_KINDS; i++)
		pss += sums->pss_shifted[i];
	return pss;
}

/* smaps tells whole kB, rounded down */
static uint64_t as_smaps(uint64_t pss)
{
	return pss >> VMSCOPE_PSS_SHIFT & ~1023ULL;
}

static void check_smaps(const struct look *look, const char *name)
{
	unsigned int bad = 0;

	tap_eq(look->list.len, look->maps.len, "%s: as many mappings as smaps",
	       name);
	for (size_t i = 0; i < look->maps.len && i < look->list.len; i++) {
		const struct mapping *map = &look->maps.map[i];
		const struct vmscope_folio_sums *sums = &look->folios[i];
		bool same = as_smaps(pss_of(sums)) == map->pss &&
			    sums->private_bytes ==
				    map->private_clean + map->private_dirty &&
			    sums->shared_bytes + sums->unknown_bytes ==
				    map->shared_clean + map->shared_dirty &&
			    sums->hugetlb_private_bytes ==
				    map->private_hugetlb &&
			    sums->hugetlb_shared_bytes == map->shared_hugetlb;

		if (!same && bad++ < 5)
			tap_diag(
				"%lx-%lx: Pss %lu for %lu, private %llu for %lu, shared %llu for %lu, hugetlb %llu + %llu for %lu + %lu",
				map->start, map->end, as_smaps(pss_of(sums)),
				map->pss, sums->private_bytes,
				map->private_clean + map->private_dirty,
				sums->shared_bytes,
				map->shared_clean + map->shared_dirty,
				sums->hugetlb_private_bytes,
				sums->hugetlb_shared_bytes,
				map->private_hugetlb, map->shared_hugetlb);
	}
	tap_eq(bad, 0,
	       "%s: each mapping's Pss, Private, Shared and Hugetlb are smaps'",
	       name);
}

static void check_rollup(const struct look *look, const char *name)
{
	const struct vmscope_folio_sums *sums = &look->summary.folio;
	const struct mapping *want = &look->rollup;
	const uint64_t *pss = (const uint64_t *)sums->pss_shifted;
	struct vmscope_folio_sums by_kind = { 0 }, by_map = { 0 };
	uint64_t nodes = 0, kinds = 0;

	tap_eq(as_smaps(pss_of(sums)), want->pss, "%s: Pss", name);
	tap_eq(as_smaps(pss[VMSCOPE_FOLIO_KIND_ANON] +
			pss[VMSCOPE_FOLIO_KIND_KSM]),
	       want->pss_anon, "%s: Pss_Anon", name);
	tap_eq(as_smaps(pss[VMSCOPE_FOLIO_KIND_FILE]), want->pss_file,
	       "%s: Pss_File", name);
	tap_eq(as_smaps(pss[VMSCOPE_FOLIO_KIND_SHMEM]), want->pss_shmem,
	       "%s: Pss_Shmem", name);
	tap_eq(sums->private_bytes, want->private_clean + want->private_dirty,
	       "%s: Private", name);
	tap_eq(sums->shared_bytes, want->shared_clean + want->shared_dirty,
	       "%s: Shared", name);
	tap_eq(sums->unknown_bytes, 0, "%s: nothing is unknown", name);
	for (size_t i = 0; i < VMSCOPE_KINDS; i++)
		for (size_t w = 0; w < sizeof(by_kind) / 8; w++)
			((uint64_t *)&by_kind)[w] +=
				((uint64_t *)&look->kinds[i])[w];
	for (size_t i = 0; i < look->list.len; i++) {
		for (size_t w = 0; w < sizeof(by_map) / 8; w++)
			((uint64_t *)&by_map)[w] +=
				((uint64_t *)&look->folios[i])[w];
		for (size_t n = 0; n < COUNT(look->nodes[0]); n++)
			nodes += look->nodes[i][n];
	}
	tap_ok(!memcmp(&by_kind, sums, sizeof(*sums)) &&
		       !memcmp(&by_map, sums, sizeof(*sums)),
	       "%s: kinds and mappings add up to it", name);
	for (size_t i = 0; i < VMSCOPE_FOLIO_KINDS; i++)
		kinds += sums->kind_bytes[i];
	tap_eq(kinds, look->summary.sums.resident_bytes,
	       "%s: kinds add up to what is resident", name);
	tap_eq(nodes,
	       kinds + sums->hugetlb_private_bytes + sums->hugetlb_shared_bytes,
	       "%s: nodes add up to that and hugetlb", name);
}

static uint64_t numa_figure(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* numa_maps counts pages of the size that it tells last. */
static void check_nodes(const struct look *look, pid_t pid, const char *name)
{
	char path[64], line[1024];
	unsigned int lines = 0, bad = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/numa_maps", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		uint64_t start = strtoull(line, NULL, 16);
		uint64_t size = numa_figure(line, " kernelpagesize_kB=") << 10;

		for (size_t m = 0; m < look->list.len; m++) {
			if (look->list.map[m].start != start)
				continue;
			lines++;
			/* before 6.6 smaps leaves out huge pages without access */
			if (!look->maps.map[m].rss &&
			    !strncmp(look->maps.map[m].perms, "---", 3))
				continue;
			/* part of the kernel, and reserved: numa_maps leaves it out */
			if (look->list.map[m].kind == VMSCOPE_KIND_VDSO)
				continue;
			bad += look->nodes[m][0] !=
				       numa_figure(line, " N0=") * size ||
			       look->nodes[m][1] !=
				       numa_figure(line, " N1=") * size;
		}
	}
	if (file)
		fclose(file);
	tap_ok(!bad && lines == look->list.len,
	       "%s: %u of %u mappings have their pages on the nodes of numa_maps",
	       name, lines - bad, lines);
}

/* What is known by construction. */
static void check_made(const struct look *look, const struct target *target,
		       const char *name)
{
	const struct report *r = &target->report;
	uint64_t once = 0, shared = 0;

	if (strcmp(name, "forked") && strcmp(name, "mapped-twice"))
		return;
	for (size_t i = 0; i < look->pages.len; i++) {
		const struct vmscope_page *page = &look->pages.page[i];

		if (page->start < r->area[0].start ||
		    page->end > r->area[0].end)
			continue;
		if (page->folio & VMSCOPE_FOLIO_ONCE &&
		    page->folio_mapcount == 1)
			once += page->end - page->start;
		if (page->folio & VMSCOPE_FOLIO_SHARED &&
		    page->folio_mapcount == r->aux[2])
			shared += page->end - page->start;
	}
	tap_eq(once, r->aux[0], "%s: mapped once", name);
	tap_eq(shared, r->aux[1], "%s: mapped %lu times", name, r->aux[2]);
}

static void run(const struct recipe *recipe, bool twice)
{
	struct look look = { 0 };
	struct target target;
	int error = 0, tries = 0;

	if (target_start(&target, recipe)) {
		tap_skip(recipe->name, "%s", target.report.skip);
		return;
	}
	/*
	 * The first look makes this program write where it shares pages with the target, which
	 * changes their counts by less than smaps shows.
	 */
	if (twice) {
		look_once(&look, target.pid, &error);
		look_free(&look);
	}
	while (tries++ < TRIES && !look_once(&look, target.pid, &error))
		look_free(&look);
	if (error || tries > TRIES) {
		tap_ok(false, "%s: can be looked at (%d)", recipe->name, error);
	} else {
		check_smaps(&look, recipe->name);
		check_rollup(&look, recipe->name);
		check_model(&look, recipe->name);
		check_nodes(&look, target.pid, recipe->name);
		check_made(&look, &target, recipe->name);
	}
	look_free(&look);
	target_end(&target);
}

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	volatile int own = 1;

	fd = req_open();
	quiet_machine();
	ksm_untold = own && page_flags(pagemap_self((void *)&own) & PM_FRAME) &
				    KPF_KSM;
	for (size_t i = 0; i < folio_recipes_len; i++)
		if (wanted(folio_recipes[i].name, argc, argv))
			run(&folio_recipes[i], true);
	for (size_t i = 0; i < recipes_len; i++)
		if (!(recipes[i].flags & (TARGET_MANY | TARGET_LAST)) &&
		    wanted(recipes[i].name, argc, argv))
			run(&recipes[i], false);
	return tap_done();
}
