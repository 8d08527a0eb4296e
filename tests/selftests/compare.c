// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "compare.h"
#include "tap.h"

#define SHOWN 5 /* differences that are told of one result */

/*
 * Before 6.6 smaps leaves huge pages out while access to them is forbidden
 * (follow_trans_huge_pmd() gives none); later kernels count them as they do small ones.
 */
static bool smaps_hides_forbidden(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major < 6 || (major == 6 && minor < 6);
}

static int see_pages(int pagemap, const struct mapping *map,
		     struct vmscope_sums *sums, struct seen *seen)
{
	bool hides = smaps_hides_forbidden() && !map->rss &&
		     !(map->vm_flags & VF(HT));
	uint64_t hidden = 0;
	static uint64_t entry[8192];

	memset(sums, 0, sizeof(*sums));
	for (uint64_t at = map->start; at < map->end;
	     at += sizeof(entry) / 8 * PAGE) {
		size_t n = (map->end - at) / PAGE;
		int error;

		if (n > COUNT(entry))
			n = COUNT(entry);
		error = pagemap_read(pagemap, at, n, entry);
		if (error)
			return error;
		for (size_t i = 0; i < n; i++) {
			unsigned int state = page_state(map, entry[i]);

			sums->state_bytes[state] += PAGE;
			if ((entry[i] & PM_PRESENT) &&
			    huge_zero_page(entry[i] & PM_FRAME))
				seen->huge_zero += PAGE;
			if (hides && state == VMSCOPE_STATE_PROTNONE &&
			    page_flags(entry[i] & PM_FRAME) & KPF_THP)
				hidden += PAGE;
		}
	}
	sums->resident_bytes = hidden;
	sums->virtual_bytes = map->end - map->start;
	return 0;
}

static int see_witnesses(pid_t pid, unsigned int flags, struct mappings *maps,
			 struct mapping *rollup, struct status *status)
{
	int error = flags & TARGET_MANY ? read_maps(pid, maps) :
					  read_smaps(pid, maps);

	if (!error)
		error = read_rollup(pid, rollup);
	return error ? error : read_status(pid, status);
}

static bool same_status(const struct status *a, const struct status *b)
{
	return a->vm_size == b->vm_size && a->vm_pte == b->vm_pte &&
	       a->vm_swap == b->vm_swap && a->threads == b->threads &&
	       a->minor_faults == b->minor_faults &&
	       a->major_faults == b->major_faults;
}

static int see_once(int fd, pid_t pid, unsigned int flags, struct seen *seen,
		    bool *still)
{
	int pagemap = pagemap_open(pid), error;
	struct mappings after;
	struct mapping rollup;
	struct status status;

	memset(seen, 0, sizeof(*seen));
	if (pagemap < 0)
		return pagemap;
	error = see_witnesses(pid, flags, &seen->maps, &seen->rollup,
			      &seen->status);
	seen->pages = calloc(seen->maps.len + 1, sizeof(*seen->pages));
	for (size_t i = 0; !error && i < seen->maps.len; i++)
		error = see_pages(pagemap, &seen->maps.map[i], &seen->pages[i],
				  seen);
	close(pagemap);
	if (!error)
		error = req_maps(fd, pid, &seen->list);
	if (!error)
		error = req_summary(fd, pid, &seen->summary, seen->kinds);
	if (error)
		return error;
	error = see_witnesses(pid, flags, &after, &rollup, &status);
	*still = !error && mappings_equal(&after, &seen->maps) &&
		 same_status(&status, &seen->status) &&
		 !memcmp(&rollup, &seen->rollup, sizeof(rollup));
	mappings_free(&after);
	for (size_t i = 0; i < seen->maps.len; i++) {
		seen->maps.map[i].anon_huge += seen->pages[i].resident_bytes;
	}
	return error;
}

bool see(int fd, pid_t pid, const char *name, unsigned int flags,
	 struct seen *seen)
{
	for (int tries = 0; tries < 10; tries++) {
		bool still = false;
		int error = see_once(fd, pid, flags, seen, &still);

		if (!error && still)
			return true;
		seen_free(seen);
		if (error)
			return tap_ok(false, "%s: can be read: %s", name,
				      strerror(-error));
		usleep(100000);
	}
	tap_skip(name, "it does not hold still");
	return false;
}

void seen_free(struct seen *seen)
{
	mappings_free(&seen->maps);
	maplist_free(&seen->list);
	free(seen->pages);
	memset(seen, 0, sizeof(*seen));
}

const char *sums_wrong(const struct vmscope_sums *sums)
{
	const __u64 *s = sums->state_bytes;
	uint64_t all = 0, present;

	for (unsigned int i = 0; i < VMSCOPE_STATES; i++)
		all += s[i];
	if (all != sums->virtual_bytes)
		return "states do not add up to virtual";
	if (s[VMSCOPE_STATE_NO_MAPPING] || s[VMSCOPE_STATE_NONCANONICAL])
		return "states that are answers of translate only";
	present = s[VMSCOPE_STATE_PRESENT] + s[VMSCOPE_STATE_ZERO] +
		  s[VMSCOPE_STATE_DEVICE];
	if (sums->present_bytes != present)
		return "present is not present + zero + device";
	if (sums->leaf_bytes[0] + sums->leaf_bytes[1] + sums->leaf_bytes[2] !=
	    present)
		return "leaves do not add up to present";
	if (sums->swapped_bytes != s[VMSCOPE_STATE_SWAPPED])
		return "swapped is not the state";
	if (sums->resident_bytes > sums->virtual_bytes ||
	    sums->hugetlb_bytes > present)
		return "a part is larger than the whole";
	return NULL;
}

static void diff(unsigned int *wrong, const struct mapping *map,
		 const char *what, uint64_t got, uint64_t want)
{
	if (got == want)
		return;
	if ((*wrong)++ < SHOWN)
		tap_diag("%lx-%lx %s: %s is %#lx, want %#lx", map->start,
			 map->end, map->perms, what, got, want);
}

/* maps writes a newline as \012 and nothing else so */
static const char *escaped(const char *name)
{
	static char text[4 * 4200];
	char *to = text;

	for (; *name; name++)
		to += *name == '\n' ? sprintf(to, "\\012") : (*to = *name, 1);
	*to = 0;
	return text;
}

/* Files that never had a name are no deleted ones, although maps says so. */
static bool never_named(const char *name)
{
	static const char *const start[] = { "/memfd:", "/dev/zero", "/SYSV",
					     "/anon_hugepage", "[anon_shmem:" };

	for (unsigned int i = 0; i < COUNT(start); i++)
		if (!strncmp(name, start[i], strlen(start[i])))
			return true;
	return false;
}

static void compare_list(const struct seen *seen, const char *name)
{
	const struct mappings *maps = &seen->maps;
	unsigned int wrong = 0;

	if (!tap_eq(seen->list.len, maps->len, "%s: as many mappings as maps",
		    name))
		wrong++;
	for (size_t i = 0; i < maps->len && i < seen->list.len; i++) {
		const struct mapping *m = &maps->map[i];
		const struct vmscope_map *v = &seen->list.map[i];
		const char *want = maps->pool + m->name,
			   *got = escaped(maplist_name(&seen->list, i));
		size_t len = strlen(want);
		bool deleted = len > 10 &&
			       !strcmp(want + len - 10, " (deleted)");

		diff(&wrong, m, "start", v->start, m->start);
		diff(&wrong, m, "end", v->end, m->end);
		/* without a file, maps shows an offset only of mappings that have one by accident */
		if (v->flags & VMSCOPE_MAP_FILE)
			diff(&wrong, m, "offset", v->offset, m->offset);
		diff(&wrong, m, "inode", v->inode, m->inode);
		diff(&wrong, m, "device", v->device, m->major << 32 | m->minor);
		diff(&wrong, m, "r", !!(v->flags & VMSCOPE_MAP_READ),
		     m->perms[0] == 'r');
		diff(&wrong, m, "w", !!(v->flags & VMSCOPE_MAP_WRITE),
		     m->perms[1] == 'w');
		diff(&wrong, m, "x", !!(v->flags & VMSCOPE_MAP_EXEC),
		     m->perms[2] == 'x');
		diff(&wrong, m, "s", !!(v->flags & VMSCOPE_MAP_SHARED),
		     m->perms[3] == 's');
		diff(&wrong, m, "clipped or torn",
		     v->flags & (VMSCOPE_MAP_CLIPPED | VMSCOPE_MAP_TORN), 0);
		diff(&wrong, m, "file", !!(v->flags & VMSCOPE_MAP_FILE),
		     m->inode || m->major || m->minor);
		/* a file may be called so, too */
		if (v->flags & VMSCOPE_MAP_DELETED)
			diff(&wrong, m, "deleted", 1,
			     deleted && access(want, F_OK));
		else if (deleted && !never_named(want))
			diff(&wrong, m, "deleted", 0, access(want, F_OK) != 0);
		if (strcmp(got, want) && wrong++ < SHOWN)
			tap_diag("%lx-%lx: name is '%s', want '%s'", m->start,
				 m->end, got, want);
	}
	tap_ok(!wrong,
	       "%s: addresses, rights, files and names as maps has them", name);
}

static void compare_smaps(const struct seen *seen, const char *name)
{
	static const struct {
		uint64_t vf, flag;
	} same[] = {
		{ VF(LO), VMSCOPE_MAP_LOCKED },
		{ VF(GD), VMSCOPE_MAP_GROWSDOWN },
		{ VF(HT), VMSCOPE_MAP_HUGETLB },
		{ VF(PF), VMSCOPE_MAP_PFNMAP },
		{ VF(IO), VMSCOPE_MAP_IO },
		{ VF(HG), VMSCOPE_MAP_HUGEPAGE },
		{ VF(NH), VMSCOPE_MAP_NOHUGEPAGE },
		{ VF(MG), VMSCOPE_MAP_MERGEABLE },
		{ VF(UM) | VF(UW) | VF(UI), VMSCOPE_MAP_UFFD },
	};
	unsigned int rss = 0, swap = 0, other = 0;

	for (size_t i = 0; i < seen->maps.len && i < seen->list.len; i++) {
		const struct mapping *m = &seen->maps.map[i];
		const struct vmscope_map *v = &seen->list.map[i];
		bool huge = m->vm_flags & VF(HT);

		diff(&rss, m, "resident", v->sums.resident_bytes, m->rss);
		if (!m->inode && m->perms[3] == 'p')
			diff(&swap, m, "swapped", v->sums.swapped_bytes,
			     m->swap);
		else if (v->sums.swapped_bytes > m->swap)
			diff(&swap, m, "swapped", v->sums.swapped_bytes,
			     m->swap);
		diff(&other, m, "page size", v->page_size, m->page_size);
		if (v->sums.state_bytes[VMSCOPE_STATE_PROTNONE] == 0)
			diff(&other, m, "hugetlb bytes", v->sums.hugetlb_bytes,
			     m->private_hugetlb + m->shared_hugetlb);
		if (!huge && m->perms[0] != '-' && !(m->vm_flags & VF(PF)) &&
		    !v->sums.state_bytes[VMSCOPE_STATE_ZERO] &&
		    !v->sums.state_bytes[VMSCOPE_STATE_NUMA_HINT])
			diff(&other, m, "bytes by pmd leaves",
			     v->sums.leaf_bytes[1],
			     m->anon_huge + m->shmem_pmd + m->file_pmd);
		for (unsigned int f = 0; f < COUNT(same); f++)
			diff(&other, m, "a flag", !!(v->flags & same[f].flag),
			     !!(m->vm_flags & same[f].vf));
	}
	tap_ok(!rss, "%s: resident of each mapping is smaps' Rss", name);
	tap_ok(!swap, "%s: swapped of each private mapping is smaps' Swap",
	       name);
	tap_ok(!other, "%s: page sizes, huge pages and flags as smaps has them",
	       name);
}

static void compare_pages(const struct seen *seen, const char *name)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < seen->maps.len && i < seen->list.len; i++) {
		const struct mapping *m = &seen->maps.map[i];
		const struct vmscope_map *v = &seen->list.map[i];
		struct vmscope_sums got = v->sums;
		const struct vmscope_sums *want = &seen->pages[i];

		/* what pagemap cannot tell apart */
		got.state_bytes[VMSCOPE_STATE_PRESENT] +=
			got.state_bytes[VMSCOPE_STATE_NUMA_HINT];
		got.state_bytes[VMSCOPE_STATE_NUMA_HINT] = 0;
		got.state_bytes[VMSCOPE_STATE_UNKNOWN] +=
			got.state_bytes[VMSCOPE_STATE_MIGRATING] +
			got.state_bytes[VMSCOPE_STATE_POISONED];
		got.state_bytes[VMSCOPE_STATE_MIGRATING] =
			got.state_bytes[VMSCOPE_STATE_POISONED] = 0;
		/* nothing but vmscope looks into PFN maps; maps alone does not tell them */
		if (m->vm_flags & VF(PF) ||
		    (!m->page_size && v->flags & VMSCOPE_MAP_PFNMAP)) {
			diff(&wrong, m, "device or none",
			     got.state_bytes[VMSCOPE_STATE_DEVICE] +
				     got.state_bytes[VMSCOPE_STATE_NONE],
			     got.virtual_bytes);
			continue;
		}
		for (unsigned int s = 0; s < VMSCOPE_STATES; s++)
			diff(&wrong, m, state_name(s), got.state_bytes[s],
			     want->state_bytes[s]);
	}
	tap_ok(!wrong, "%s: states of all pages as pagemap has them", name);
}

/* The sum of what smaps says about each is not used here: rollup is its own walk. */
static void compare_summary(const struct seen *seen, pid_t pid,
			    const char *name, unsigned int flags)
{
	const struct vmscope_summary *s = &seen->summary;
	const struct vmscope_sums *sums = &s->sums;
	uint64_t reserve = 0, tables = s->table_pages[0] + s->table_pages[1] +
				       s->table_pages[2];
	const char *wrong = sums_wrong(sums);

	tap_eq(s->pid, pid, "%s: pid", name);
	tap_ok(!wrong, "%s: the summary adds up%s%s", name, wrong ? ": " : "",
	       wrong ? wrong : "");
	tap_eq(sums->virtual_bytes, seen->status.vm_size,
	       "%s: virtual is VmSize", name);
	tap_eq(sums->resident_bytes, seen->rollup.rss,
	       "%s: resident is smaps_rollup's Rss", name);
	/* a counter that is kept per processor, or per thread on 6.1, and not added up when it is shown */
	tap_ok(llabs((long long)(sums->swapped_bytes - seen->status.vm_swap)) <=
		       128 * (long long)PAGE,
	       "%s: swapped (%llu) is VmSwap (%lu)", name, sums->swapped_bytes,
	       seen->status.vm_swap);
	tap_eq(s->page_table_bytes, seen->status.vm_pte,
	       "%s: page-table bytes are VmPTE", name);
	tap_eq(s->threads, seen->status.threads, "%s: threads", name);
	tap_eq(s->mappings, seen->maps.len, "%s: mappings", name);
	tap_ok(s->minor_faults == seen->status.minor_faults &&
		       s->major_faults == seen->status.major_faults,
	       "%s: faults are those of /proc/PID/stat", name);
	/* one table lies ready for each huge anonymous page, and for the huge zero page */
	for (size_t i = 0; i < seen->maps.len; i++)
		reserve += seen->maps.map[i].anon_huge / (2 * MIB);
	if (flags & TARGET_MANY)
		reserve = seen->rollup.anon_huge / (2 * MIB);
	reserve += seen->huge_zero / (2 * MIB);
	tap_eq((tables + reserve) * PAGE, seen->status.vm_pte,
	       "%s: tables found, and %lu in reserve, are VmPTE", name,
	       reserve);
}

static void compare_sums(const struct seen *seen, int fd, const char *name)
{
	const struct vmscope_summary *s = &seen->summary;
	struct vmscope_sums kinds = { 0 }, maps = { 0 },
			    by_kind[VMSCOPE_KINDS] = { 0 };
	unsigned int inner = 0, top = 0;
	uint64_t least = 0, last = ~0ULL;
	struct vmscope_info info;

	for (unsigned int i = 0; i < VMSCOPE_KINDS; i++)
		sums_add(&kinds, &seen->kinds[i]);
	tap_ok(!memcmp(&kinds, &s->sums, sizeof(kinds)),
	       "%s: kinds add up to the summary", name);
	for (size_t i = 0; i < seen->list.len; i++) {
		const struct vmscope_map *v = &seen->list.map[i];

		sums_add(&maps, &v->sums);
		if (v->kind < VMSCOPE_KINDS)
			sums_add(&by_kind[v->kind], &v->sums);
		if ((sums_wrong(&v->sums) ||
		     v->sums.virtual_bytes != v->end - v->start) &&
		    inner++ < SHOWN)
			tap_diag("%#llx: %s", v->start, sums_wrong(&v->sums));
	}
	tap_ok(!inner, "%s: each mapping adds up", name);
	tap_ok(!memcmp(&maps, &s->sums, sizeof(maps)),
	       "%s: mappings add up to the summary", name);
	tap_ok(!memcmp(by_kind, seen->kinds, sizeof(by_kind)),
	       "%s: mappings of a kind add up to it", name);

	if (req_info(fd, &info))
		return;
	tap_ok(s->walk.entries <= s->walk.holds * info.hold_entries &&
		       s->walk.holds > 0 &&
		       s->mappings <= s->walk.holds * info.hold_mappings,
	       "%s: %llu entries and %llu mappings in %llu holds are within the bounds",
	       name, s->walk.entries, s->mappings, s->walk.holds);
	/* A stopped process: nobody can have written. Dropping may be all that is known. */
	tap_ok(s->walk.layout == VMSCOPE_LAYOUT_SAME ||
		       (s->walk.holds > 1 &&
			s->walk.layout == VMSCOPE_LAYOUT_UNKNOWN),
	       "%s: the layout did not change", name);
	tap_ok(s->table_pages[info.levels - 1] == 1 &&
		       (info.levels == 5 || !s->table_pages[4]),
	       "%s: one top table", name);

	/* top entries: one for each part with a page at least, and no more than the upper level has */
	for (size_t i = 0; i < seen->list.len; i++) {
		const struct vmscope_map *v = &seen->list.map[i];
		unsigned int shift = 12 + 9 * (info.levels - 1);

		if (v->sums.virtual_bytes ==
		    v->sums.state_bytes[VMSCOPE_STATE_NONE])
			continue;
		if (v->start >> shift == (v->end - 1) >> shift &&
		    v->start >> shift != last)
			least++, last = v->start >> shift;
	}
	top = s->user_top_entries;
	tap_ok(top >= least && top <= 256 &&
		       s->table_pages[info.levels - 2] == top,
	       "%s: %u entries of the top table lead to %llu tables", name, top,
	       s->table_pages[info.levels - 2]);
	tap_ok(s->kernel_top_entries > 0 && s->kernel_top_entries <= 256,
	       "%s: the kernel half is there", name);
	tap_ok(s->kernel_stack_bytes % s->threads == 0 &&
		       s->kernel_stack_bytes / s->threads >= 4 * PAGE,
	       "%s: kernel stacks", name);
}

/* PAGEMAP_SCAN is one more independent walk, where the kernel has it. */
static void compare_scan(const struct seen *seen, pid_t pid, const char *name)
{
	int pagemap = pagemap_open(pid);
	long long present, huge;
	const __u64 *s = seen->summary.sums.state_bytes;
	uint64_t forbidden_huge = 0, mapped = 0;

	present = scan_bytes(pagemap, 0, seen->maps.map[seen->maps.len - 1].end,
			     SCAN_PRESENT);
	huge = scan_bytes(pagemap, 0, seen->maps.map[seen->maps.len - 1].end,
			  SCAN_HUGE | SCAN_PRESENT);
	close(pagemap);
	if (present == -ENOTTY) {
		tap_skip(name, "PAGEMAP_SCAN: this kernel has none");
		return;
	}
	/* it does not look into PFN maps */
	for (size_t i = 0; i < seen->list.len; i++)
		if (!(seen->list.map[i].flags & VMSCOPE_MAP_PFNMAP))
			mapped += seen->list.map[i].sums.present_bytes;
	tap_eq(mapped + s[VMSCOPE_STATE_PROTNONE] + s[VMSCOPE_STATE_NUMA_HINT],
	       present, "%s: kept pages as PAGEMAP_SCAN counts them", name);
	for (size_t i = 0; i < seen->maps.len; i++)
		if (seen->pages[i].state_bytes[VMSCOPE_STATE_PROTNONE])
			forbidden_huge +=
				seen->maps.map[i].anon_huge +
				(seen->maps.map[i].vm_flags & VF(HT) ?
					 seen->pages[i].state_bytes
						 [VMSCOPE_STATE_PROTNONE] :
					 0);
	if (!s[VMSCOPE_STATE_NUMA_HINT])
		tap_eq(seen->summary.sums.leaf_bytes[1] +
			       seen->summary.sums.leaf_bytes[2] +
			       forbidden_huge,
		       huge, "%s: huge leaves as PAGEMAP_SCAN counts them",
		       name);
}

static const struct {
	const char *name;
	unsigned int kind;
} named[] = {
	{ "[heap]", VMSCOPE_KIND_HEAP },
	{ "[stack]", VMSCOPE_KIND_STACK },
	{ "[vdso]", VMSCOPE_KIND_VDSO },
	{ "[vvar]", VMSCOPE_KIND_VDSO },
	{ "[vvar_vclock]", VMSCOPE_KIND_VDSO },
};

static void compare_kinds(const struct seen *seen, const char *name)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < seen->maps.len && i < seen->list.len; i++) {
		const struct mapping *m = &seen->maps.map[i];
		uint64_t kind = seen->list.map[i].kind;
		const char *is = seen->maps.pool + m->name;
		int want = -1;

		for (unsigned int n = 0; n < COUNT(named); n++)
			if (!strcmp(is, named[n].name))
				want = named[n].kind;
		if (want < 0 && (m->inode || m->minor) &&
		    !(m->vm_flags & (VF(HT) | VF(PF) | VF(IO))))
			want = m->perms[3] == 's' ? VMSCOPE_KIND_SHARED :
			       m->perms[2] == 'x' ? VMSCOPE_KIND_TEXT :
			       m->perms[1] == 'w' ? VMSCOPE_KIND_DATA :
						    VMSCOPE_KIND_FILE;
		if (want < 0 && !m->inode && !m->minor &&
		    kind != VMSCOPE_KIND_ANON && kind != VMSCOPE_KIND_STACK &&
		    kind != VMSCOPE_KIND_VDSO)
			want = VMSCOPE_KIND_ANON;
		if (want >= 0 && kind != (uint64_t)want && wrong++ < SHOWN)
			tap_diag("%lx-%lx '%s': kind is %s, want %s", m->start,
				 m->end, is, kind_name(kind), kind_name(want));
	}
	tap_ok(!wrong, "%s: kinds", name);
}

void compare_all(int fd, struct seen *seen, pid_t pid, const char *name,
		 unsigned int flags)
{
	compare_list(seen, name);
	if (!(flags & TARGET_MANY)) {
		compare_smaps(seen, name);
		compare_kinds(seen, name);
	}
	compare_pages(seen, name);
	compare_summary(seen, pid, name, flags);
	compare_sums(seen, fd, name);
	compare_scan(seen, pid, name);
}

/* The mappings that lie within the area, added up; it may be a part of one, too. */
void compare_area(const struct seen *seen, const struct area *area,
		  const char *name)
{
	struct vmscope_sums sums = { 0 };
	uint64_t rest = area->end - area->start;
	unsigned int wrong = 0;
	struct mapping whole = { .start = area->start, .end = area->end };

	for (size_t i = 0; i < seen->list.len; i++) {
		const struct vmscope_map *v = &seen->list.map[i];

		if (v->end <= area->start || v->start >= area->end)
			continue;
		sums_add(&sums, &v->sums);
		if (area->kind >= 0)
			diff(&wrong, &whole, "kind", v->kind, area->kind);
	}
	if (area->exact && sums.virtual_bytes == rest) {
		for (unsigned int s = 1; s < VMSCOPE_STATES; s++) {
			diff(&wrong, &whole, state_name(s), sums.state_bytes[s],
			     area->state[s]);
			rest -= area->state[s];
		}
		diff(&wrong, &whole, "none",
		     sums.state_bytes[VMSCOPE_STATE_NONE], rest);
		diff(&wrong, &whole, "bytes by pmd leaves", sums.leaf_bytes[1],
		     area->leaf_pmd);
		diff(&wrong, &whole, "bytes by pud leaves", sums.leaf_bytes[2],
		     area->leaf_pud);
	}
	tap_ok(!wrong && sums.virtual_bytes,
	       "%s: %s: what the target did to its memory", name, area->what);
}
