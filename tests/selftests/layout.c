// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel half against those who know parts of it: /proc/meminfo, iomem,
 * kallsyms, modules, vmallocinfo and check_wx_pages, and TRANSLATE for single
 * addresses.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runlist.h"
#include "tap.h"
#include "witness.h"

#define ATTEMPTS 20

static int fd;
static struct vmscope_info info;
static struct vmscope_kernel_region region[REGIONS_MAX];
static int regions;
static struct runlist runs;

static const struct vmscope_kernel_region *the(uint64_t id)
{
	static const struct vmscope_kernel_region none;
	const struct vmscope_kernel_region *r =
		region_find(region, regions, id);

	return r ? r : &none;
}

/* ----------------------------------------------------- with themselves */

static void table(void)
{
	const struct {
		uint64_t id;
		uint64_t start, end; /* with 4 levels */
	} fixed[] = {
		{ VMSCOPE_REGION_GUARD, 0xffff800000000000,
		  0xffff880000000000 },
		{ VMSCOPE_REGION_LDT, 0xffff880000000000, 0xffff888000000000 },
		{ VMSCOPE_REGION_CPU_ENTRY, 0xfffffe0000000000,
		  0xfffffe8000000000 },
		{ VMSCOPE_REGION_ESPFIX, 0xffffff0000000000,
		  0xffffff8000000000 },
		{ VMSCOPE_REGION_TEXT, 0xffffffff80000000, 0xffffffffc0000000 },
		{ VMSCOPE_REGION_MODULES, 0xffffffffc0000000,
		  0xffffffffff000000 },
		{ VMSCOPE_REGION_VSYSCALL, 0xffffffffff600000,
		  0xffffffffff601000 },
	};
	uint64_t last = info.kernel_start;
	bool whole = true;

	for (int i = 0; i < regions; i++) {
		whole &= region[i].start == last &&
			 region[i].end > region[i].start;
		last = region[i].end;
	}
	tap_ok(whole && last == VMSCOPE_RANGE_END,
	       "%d regions, each begins where the last one ends", regions);
	for (size_t i = info.levels == 5 ? 2 : 0; i < COUNT(fixed); i++)
		tap_ok(the(fixed[i].id)->start == fixed[i].start &&
			       the(fixed[i].id)->end == fixed[i].end,
		       "region %llu is where the architecture has it",
		       (unsigned long long)fixed[i].id);
	tap_ok(range_bytes(the(VMSCOPE_REGION_VMALLOC)->start,
			   the(VMSCOPE_REGION_VMALLOC)->end) ==
		       (info.levels == 5 ? 12800ULL : 32ULL) << 40,
	       "vmalloc has the architecture's size");
}

/* The regions' sums are those of the runs, if nothing changes meanwhile. */
static void sums(void)
{
	struct vmscope_kernel_region sum[REGIONS_MAX], after[REGIONS_MAX];
	unsigned int bad = 0;
	bool steady = false;

	for (unsigned int n = 0; n < ATTEMPTS && !steady; n++) {
		runlist_free(&runs);
		regions = req_regions(fd, 0, region, NULL);
		if (regions < 0 ||
		    req_runs(fd, 0, 0, VMSCOPE_RANGE_END, 2048, &runs))
			tap_bail("KERNEL");
		steady = req_regions(fd, 0, after, NULL) == regions &&
			 !memcmp(region, after, sizeof(after[0]) * regions);
	}
	tap_ok(steady, "three requests in a row see the same");
	memset(sum, 0, sizeof(sum));
	for (size_t i = 0; i < runs.len; i++) {
		const struct vmscope_kernel_run *run = &runs.run[i];
		uint64_t bytes = range_bytes(run->start, run->end);
		bool w = run->flags & VMSCOPE_ENTRY_WRITABLE;
		bool x = run->flags & VMSCOPE_ENTRY_EXECUTABLE;
		int at = 0;

		while (at < regions && region[at].end <= run->start)
			at++;
		sum[at].runs++;
		if (!(run->flags & VMSCOPE_ENTRY_PRESENT)) {
			sum[at].kept_bytes += bytes;
			continue;
		}
		if (!sum[at].mapped_bytes)
			sum[at].mapped_start = run->start;
		sum[at].mapped_end = run->end;
		sum[at].mapped_bytes += bytes;
		sum[at].leaf_bytes[run->leaf_size == PAGE    ? 0 :
				   run->leaf_size == 2 * MIB ? 1 :
							       2] += bytes;
		sum[at].writable_bytes += w ? bytes : 0;
		sum[at].executable_bytes += x ? bytes : 0;
		sum[at].wx_bytes += w && x ? bytes : 0;
		if (run->flags & VMSCOPE_ENTRY_USER)
			sum[at].user_bytes += bytes;
		if (run->flags & VMSCOPE_ENTRY_GLOBAL)
			sum[at].global_bytes += bytes;
		if (run->flags &
		    (VMSCOPE_ENTRY_CACHE_DISABLE | VMSCOPE_ENTRY_WRITE_THROUGH))
			sum[at].uncached_bytes += bytes;
	}
	for (int i = 0; i < regions; i++) {
		sum[i].id = region[i].id;
		sum[i].start = region[i].start;
		sum[i].end = region[i].end;
		memcpy(sum[i].table_pages, region[i].table_pages,
		       sizeof(sum[i].table_pages));
		if (!memcmp(&sum[i], &region[i], sizeof(sum[i])))
			continue;
		bad++;
		tap_diag("region %d (%llu)", i,
			 (unsigned long long)region[i].id);
	}
	tap_eq(bad, 0, "the sums of regions are those of %zu runs", runs.len);
}

/* --------------------------------------------------------- with others */

/* TRANSLATE walks by itself: runs' borders, and what lies just outside. */
static void translated(void)
{
	unsigned int looked = 0, bad = 0;
	size_t step = runs.len / 500 + 1;

	for (size_t i = 0; i < runs.len; i += step) {
		const struct vmscope_kernel_run *run = &runs.run[i];
		const uint64_t at[] = { run->start, run->end - PAGE };
		struct vmscope_translate t;

		/* these come and go */
		if (run->region == VMSCOPE_REGION_VMALLOC)
			continue;
		for (size_t j = 0; j < COUNT(at); j++) {
			const struct vmscope_level *end;
			uint64_t told = VMSCOPE_ENTRY_ACCESSED |
					VMSCOPE_ENTRY_DIRTY;

			if (req_translate(fd, 0, at[j], &t))
				tap_bail("TRANSLATE");
			end = &t.levels[t.levels_len - 1];
			looked++;
			if (t.page_size != run->leaf_size ||
			    (end->flags & ~told) != run->entry_flags) {
				bad++;
				tap_diag("%#llx: flags %#llx, run %#llx",
					 (unsigned long long)at[j],
					 (unsigned long long)end->flags,
					 (unsigned long long)run->entry_flags);
			}
		}
		if (i && runs.run[i - 1].end == run->start)
			continue;
		if (req_translate(fd, 0, run->start - PAGE, &t))
			tap_bail("TRANSLATE");
		looked++;
		bad += t.state != VMSCOPE_STATE_NONE;
	}
	tap_ok(!bad && looked > 20, "TRANSLATE says the same of %u addresses",
	       looked);
}

/* Bytes of "System RAM" in /proc/iomem. */
static uint64_t ram_bytes(void)
{
	unsigned long long start, end;
	uint64_t sum = 0;
	char line[256];
	FILE *file = fopen("/proc/iomem", "r");

	while (file && fgets(line, sizeof(line), file))
		if (*line != ' ' && strstr(line, ": System RAM") &&
		    sscanf(line, "%llx-%llx", &start, &end) == 2)
			sum += end - start + 1;
	if (file)
		fclose(file);
	return sum;
}

/*
 * Where memory has a hole, the kernel counts leaves twice that it made in two
 * steps when it booted; then what there is of memory must do.
 */
static void direct_map(void)
{
	const struct vmscope_kernel_region *r = the(VMSCOPE_REGION_DIRECT);
	uint64_t ours = r->mapped_bytes + r->kept_bytes, ram = ram_bytes();
	unsigned long long kb, sum = 0;
	char line[128];
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "DirectMap%*[^:]: %llu", &kb) == 1)
			sum += kb;
	if (file)
		fclose(file);
	if (ours < sum * 1024)
		tap_ok(ours >= ram && ours < ram + 4 * MIB,
		       "the direct map has all memory of /proc/iomem: %llu of %llu",
		       (unsigned long long)ours, (unsigned long long)ram);
	else
		tap_eq(ours, sum * 1024,
		       "the direct map is as large as /proc/meminfo says");
}

static uint64_t symbol(const char *name)
{
	unsigned long long address;
	char line[256], word[200];
	uint64_t found = 0;
	FILE *file = fopen("/proc/kallsyms", "r");

	while (file && !found && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %*c %199s", &address, word) == 2 &&
		    !strcmp(word, name))
			found = address;
	if (file)
		fclose(file);
	return found;
}

static void image(void)
{
	const struct vmscope_kernel_region *text = the(VMSCOPE_REGION_TEXT);
	uint64_t start = symbol("_stext"), end = symbol("_etext"), at;
	unsigned long long from = 0, to = 0;
	struct vmscope_translate t;
	bool all = start && end > start;
	char line[256];
	FILE *file;

	tap_ok(text->mapped_start <= start && start < text->mapped_end,
	       "the kernel begins where kallsyms says: %#llx",
	       (unsigned long long)start);
	for (at = start; all && at < end;) {
		const struct vmscope_kernel_run *run = runlist_find(&runs, at);

		all = run && run->flags & VMSCOPE_ENTRY_EXECUTABLE &&
		      run->region == VMSCOPE_REGION_TEXT;
		at = run ? run->end : end;
	}
	tap_ok(all, "all from _stext to _etext may be executed");
	file = fopen("/proc/iomem", "r");
	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, ": Kernel code"))
			sscanf(line, " %llx-%llx", &from, &to);
	if (file)
		fclose(file);
	tap_ok(!req_translate(fd, 0, start, &t) && from <= t.physical &&
		       t.physical <= to && to - from < text->mapped_bytes,
	       "and lies in memory where iomem has the kernel's code: %#llx",
	       from);
}

static void modules(void)
{
	const struct vmscope_kernel_region *r = the(VMSCOPE_REGION_MODULES);
	unsigned int found = 0, bad = 0;
	unsigned long long base;
	uint64_t size, sum = 0;
	char line[512];
	FILE *file = fopen("/proc/modules", "r");

	while (file && fgets(line, sizeof(line), file)) {
		const struct vmscope_kernel_run *run;
		char *at = strstr(line, " 0x");

		if (!at || sscanf(line, "%*s %lu", &size) != 1 ||
		    sscanf(at, " 0x%llx", &base) != 1)
			continue;
		found++;
		sum += size;
		run = runlist_find(&runs, base);
		bad += !run || run->region != VMSCOPE_REGION_MODULES ||
		       !(run->flags & VMSCOPE_ENTRY_EXECUTABLE);
	}
	if (file)
		fclose(file);
	tap_ok(found && !bad,
	       "the code of %u modules is where /proc/modules says", found);
	tap_ok(r->mapped_bytes >= sum && r->executable_bytes,
	       "the modules' region holds them all: %llu of %llu",
	       (unsigned long long)sum, (unsigned long long)r->mapped_bytes);
}

/* How much of [start, end) is mapped, and how much of it uncached. */
static uint64_t mapped_in(uint64_t start, uint64_t end, uint64_t *uncached)
{
	uint64_t sum = 0, at = start;

	*uncached = 0;
	while (at < end) {
		const struct vmscope_kernel_run *run = runlist_find(&runs, at);
		uint64_t next = at + PAGE;

		if (run && run->flags & VMSCOPE_ENTRY_PRESENT) {
			next = run->end < end ? run->end : end;
			sum += next - at;
			if (run->flags & VMSCOPE_ENTRY_CACHE_DISABLE)
				*uncached += next - at;
		}
		at = next;
	}
	return sum;
}

static int vmalloc_once(unsigned int *areas, unsigned int *devices)
{
	char line[512];
	FILE *file = fopen("/proc/vmallocinfo", "r");
	int bad = 0;

	*areas = 0;
	*devices = 0;
	while (file && fgets(line, sizeof(line), file)) {
		unsigned long long start, end;
		uint64_t mapped, uncached;
		unsigned long pages;
		char *word = strstr(line, "pages=");

		if (sscanf(line, "0x%llx-0x%llx", &start, &end) != 2)
			continue;
		if (!(start >> 63)) {
			fclose(file);
			return -1;
		}
		mapped = mapped_in(start, end, &uncached);
		if (word && sscanf(word, "pages=%lu", &pages) == 1 &&
		    strstr(line, " vmalloc")) {
			(*areas)++;
			bad += mapped != pages * PAGE;
		} else if (strstr(line, " ioremap")) {
			(*devices)++;
			/* one page is left free behind it */
			bad += mapped != end - start - PAGE;
		}
	}
	if (file)
		fclose(file);
	return bad;
}

static void vmalloc(void)
{
	char before[8] = "";
	unsigned int areas, devices;
	int bad = 1;

	read_text("/proc/sys/kernel/kptr_restrict", before, sizeof(before));
	write_text("/proc/sys/kernel/kptr_restrict", "1");
	for (unsigned int n = 0; n < ATTEMPTS && bad > 0; n++) {
		runlist_free(&runs);
		if (req_runs(fd, 0, 0, VMSCOPE_RANGE_END, 2048, &runs))
			tap_bail("KERNEL");
		bad = vmalloc_once(&areas, &devices);
	}
	write_text("/proc/sys/kernel/kptr_restrict", before);
	if (bad < 0) {
		tap_skip("vmalloc as in /proc/vmallocinfo",
			 "this kernel does not tell root addresses there");
		return;
	}
	tap_ok(!bad && areas > 10 && devices,
	       "vmalloc as in /proc/vmallocinfo: %u areas, %u of devices",
	       areas, devices);
}

/* The kernel's own search for what may be written and executed. */
static void wx(void)
{
	uint64_t bytes = 0;
	char text[512] = "";

	for (int i = 0; i < regions; i++)
		bytes += region[i].wx_bytes;
	if (!read_text("/proc/cmdline", text, sizeof(text)) &&
	    strstr(text, "rodata=off")) {
		tap_ok(the(VMSCOPE_REGION_TEXT)->wx_bytes > MIB,
		       "with rodata=off the kernel's text is W+X: %llu bytes",
		       (unsigned long long)bytes);
		return;
	}
	tap_eq(bytes, 0, "nothing is W+X");
	if (read_text("/sys/kernel/debug/check_wx_pages", text, sizeof(text)))
		tap_skip("the kernel says so, too", "no check_wx_pages");
	else
		tap_ok(!strncmp(text, "SUCCESS", 7),
		       "the kernel says so, too: %.7s", text);
}

/* Through whose top table makes no difference. */
static void others(void)
{
	struct vmscope_kernel ask = kernel_ask(0);
	struct vmscope_kernel_region init[REGIONS_MAX];
	bool same = true;

	ask.target = 1;
	ask.regions = (uintptr_t)init;
	ask.regions_len = REGIONS_MAX;
	if (req_call(fd, VMSCOPE_IOC_KERNEL, &ask))
		tap_bail("KERNEL of process 1");
	for (int i = 0; i < regions; i++)
		if (region[i].id != VMSCOPE_REGION_VMALLOC &&
		    region[i].id != VMSCOPE_REGION_DIRECT)
			same &= !memcmp(&region[i], &init[i], sizeof(init[i]));
	tap_ok(same && ask.pid == 1 && (int)ask.regions_len == regions,
	       "process 1 sees the same kernel half");
}

/* ----------------------------------------------------------------- KPTI */

static void user_root(void)
{
	struct vmscope_kernel_region mine[REGIONS_MAX];
	struct runlist list;
	const struct vmscope_kernel_region *entry, *text;
	uint64_t mapped = 0, alone = 0;
	int len = req_regions(fd, VMSCOPE_KERNEL_F_USER_ROOT, mine, NULL);

	if (!info.pti) {
		tap_eq(len, -EOPNOTSUPP,
		       "without KPTI user mode has no root of its own");
		tap_skip("what user mode's root maps",
			 "no KPTI; pti=on has it");
		return;
	}
	tap_eq(len, regions, "the user's root has the same regions");
	if (len != regions || req_runs(fd, VMSCOPE_KERNEL_F_USER_ROOT, 0,
				       VMSCOPE_RANGE_END, 2048, &list))
		tap_bail("user root");
	for (size_t i = 0; i < list.len; i++) {
		uint64_t at = list.run[i].start;

		mapped += range_bytes(at, list.run[i].end);
		while (at < list.run[i].end) {
			const struct vmscope_kernel_run *run =
				runlist_find(&runs, at);

			if (!run || run->entry_flags != list.run[i].entry_flags)
				alone += PAGE;
			at += PAGE;
		}
	}
	tap_eq(alone, 0, "what it maps, the kernel's maps alike: %zu runs",
	       list.len);
	entry = region_find(mine, len, VMSCOPE_REGION_CPU_ENTRY);
	text = region_find(mine, len, VMSCOPE_REGION_TEXT);
	tap_eq(entry->mapped_bytes, the(VMSCOPE_REGION_CPU_ENTRY)->mapped_bytes,
	       "it has all of the entry area");
	tap_ok(text->mapped_bytes && text->executable_bytes &&
		       text->mapped_bytes <
			       the(VMSCOPE_REGION_TEXT)->mapped_bytes / 4,
	       "and the entry code, but not the kernel's text: %llu bytes",
	       (unsigned long long)text->mapped_bytes);
	tap_eq(region_find(mine, len, VMSCOPE_REGION_VMALLOC)->mapped_bytes +
		       region_find(mine, len, VMSCOPE_REGION_VMEMMAP)
			       ->mapped_bytes +
		       region_find(mine, len, VMSCOPE_REGION_MODULES)
			       ->mapped_bytes,
	       0, "no vmalloc, no vmemmap, no modules");
	tap_ok(region_find(mine, len, VMSCOPE_REGION_DIRECT)->mapped_bytes <
		       MIB,
	       "and next to nothing of the direct map");
	runlist_free(&list);
}

int main(void)
{
	fd = req_open();
	if (req_info(fd, &info))
		tap_bail("INFO");
	sums();
	table();
	translated();
	direct_map();
	image();
	modules();
	wx();
	others();
	vmalloc();
	user_root();
	return tap_done();
}
