// SPDX-License-Identifier: GPL-2.0
/*
 * TRANSLATE page by page against pagemap, kpageflags, maps, and for the kernel half against
 * kallsyms, iomem and kcore. Arguments are names of targets; none means all.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "req.h"
#include "tap.h"
#include "target.h"
#include "witness.h"

#define SAMPLES 1500 /* addresses of one target */
#define SHOWN	5

/* bits of an x86-64 entry */
#define X86_PRESENT	(1ULL << 0)
#define X86_WRITABLE	(1ULL << 1)
#define X86_USER	(1ULL << 2)
#define X86_ACCESSED	(1ULL << 5)
#define X86_DIRTY	(1ULL << 6)
#define X86_LARGE	(1ULL << 7)
#define X86_SAVED_DIRTY (1ULL << 58) /* of a read-only page, since 6.6 */
#define X86_NX		(1ULL << 63)
#define X86_FRAME	0x000ffffffffff000ULL

static struct vmscope_info info;
static unsigned int wrong;

static void bad(const struct vmscope_translate *t, const char *what,
		uint64_t got, uint64_t want)
{
	if (wrong++ < SHOWN)
		tap_diag("%#llx (%s): %s is %#lx, want %#lx", t->address,
			 state_name(t->state), what, got, want);
}

static void want(const struct vmscope_translate *t, const char *what,
		 uint64_t got, uint64_t value)
{
	if (got != value)
		bad(t, what, got, value);
}

/* Table frames are known to be so by kpageflags; asked now and then, as it is slow. */
static void check_table(const struct vmscope_translate *t,
			const struct vmscope_level *level)
{
	static unsigned int calls;

	/* those of the kernel half were made before there were page flags */
	if (level->level > VMSCOPE_LEVEL_PMD || t->address >> 63 ||
	    calls++ % 64)
		return;
	want(t, "page flag 'pgtable' of a table",
	     !!(page_flags(level->table / PAGE) & KPF_PGTABLE), 1);
}

static void check_entry(const struct vmscope_translate *t,
			const struct vmscope_level *level, bool last)
{
	static const struct {
		uint64_t bit, flag;
		const char *name;
	} same[] = {
		{ X86_PRESENT, VMSCOPE_ENTRY_PRESENT, "flag present" },
		{ X86_WRITABLE, VMSCOPE_ENTRY_WRITABLE, "flag writable" },
		{ X86_USER, VMSCOPE_ENTRY_USER, "flag user" },
		{ X86_ACCESSED, VMSCOPE_ENTRY_ACCESSED, "flag accessed" },
	};
	uint64_t e = level->entry, f = level->flags;
	bool mapped = t->state == VMSCOPE_STATE_PRESENT ||
		      t->state == VMSCOPE_STATE_ZERO ||
		      t->state == VMSCOPE_STATE_DEVICE;

	want(t, "index", level->index,
	     t->address >> (12 + 9 * (level->level - 1)) & 511);
	if (e & X86_PRESENT) {
		for (unsigned int i = 0; i < COUNT(same); i++)
			want(t, same[i].name, !!(f & same[i].flag),
			     !!(e & same[i].bit));
		want(t, "flag executable", !!(f & VMSCOPE_ENTRY_EXECUTABLE),
		     !(e & X86_NX));
	} else {
		want(t, "flag present", f & VMSCOPE_ENTRY_PRESENT, 0);
	}
	if (!last) {
		want(t, "entry that leads on", e & X86_PRESENT, X86_PRESENT);
		want(t, "flag leaf of a table", f & VMSCOPE_ENTRY_LEAF, 0);
		return;
	}
	if (mapped) {
		want(t, "flag leaf", !!(f & VMSCOPE_ENTRY_LEAF), 1);
		want(t, "flag dirty", !!(f & VMSCOPE_ENTRY_DIRTY),
		     !!(e & (X86_DIRTY | X86_SAVED_DIRTY)));
		want(t, "large bit", level->level > 1 ? !!(e & X86_LARGE) : 0,
		     level->level > 1);
	}
	if (t->state == VMSCOPE_STATE_NONE)
		want(t, "entry of nothing", e, 0);
	if (t->state == VMSCOPE_STATE_PROTNONE)
		want(t, "flag protnone", !!(f & VMSCOPE_ENTRY_PROTNONE), 1);
	want(t, "page size", t->page_size,
	     1ULL << (12 + 9 * (level->level - 1)));
}

static void check_levels(const struct vmscope_translate *t)
{
	if (!t->levels_len || t->levels_len > info.levels) {
		bad(t, "levels_len", t->levels_len, info.levels);
		return;
	}
	for (unsigned int i = 0; i < t->levels_len; i++) {
		const struct vmscope_level *level = &t->levels[i];

		want(t, "level", level->level, info.levels - i);
		check_entry(t, level, i == t->levels_len - 1);
		check_table(t, level);
		if (i)
			want(t, "table", level->table,
			     t->levels[i - 1].entry & X86_FRAME);
		want(t, "table's alignment", level->table % PAGE, 0);
	}
}

static void check_page(const struct vmscope_translate *t,
		       const struct mapping *map, uint64_t entry)
{
	unsigned int state = page_state(map, entry);
	const struct vmscope_level *last =
		&t->levels[t->levels_len ? t->levels_len - 1 : 0];

	/* what pagemap cannot tell apart */
	if (t->state == VMSCOPE_STATE_NUMA_HINT &&
	    state == VMSCOPE_STATE_PRESENT)
		state = VMSCOPE_STATE_NUMA_HINT;
	if ((t->state == VMSCOPE_STATE_POISONED ||
	     t->state == VMSCOPE_STATE_MIGRATING) &&
	    state == VMSCOPE_STATE_UNKNOWN)
		state = t->state;
	/* pagemap does not look into PFN maps */
	if ((map->vm_flags & VF(PF)) && (t->state == VMSCOPE_STATE_DEVICE ||
					 t->state == VMSCOPE_STATE_NONE))
		return;
	want(t, "state", t->state, state);
	if (entry & PM_PRESENT)
		want(t, "physical", t->physical,
		     (entry & PM_FRAME) * PAGE + t->address % PAGE);
	else
		want(t, "physical", t->physical, 0);
	if (state == VMSCOPE_STATE_SWAPPED) {
		want(t, "swap area", t->swap_area, PM_SWAP_TYPE(entry));
		want(t, "swap offset", t->swap_offset,
		     PM_SWAP_OFFSET(entry) * PAGE);
	} else {
		want(t, "swap area", t->swap_area, 0);
		want(t, "swap offset", t->swap_offset, 0);
	}
	if (state == VMSCOPE_STATE_PRESENT || state == VMSCOPE_STATE_SWAPPED)
		want(t, "flag uffd-wp", !!(last->flags & VMSCOPE_ENTRY_UFFD_WP),
		     !!(entry & PM_UFFD_WP));
	/* pagemap also says soft-dirty for all of a new mapping, so only one direction holds */
	if (state == VMSCOPE_STATE_PRESENT &&
	    (last->flags & VMSCOPE_ENTRY_SOFT_DIRTY))
		want(t, "flag soft-dirty", !!(entry & PM_SOFT_DIRTY), 1);
	if (map->vm_flags & VF(HT) && state == VMSCOPE_STATE_PRESENT)
		want(t, "size of a hugetlb leaf", t->page_size, map->page_size);
}

static void check_mapping(const struct vmscope_translate *t,
			  const struct mapping *map)
{
	want(t, "mapping's start", t->map_start, map->start);
	want(t, "mapping's end", t->map_end, map->end);
	want(t, "mapping's w", !!(t->map_flags & VMSCOPE_MAP_WRITE),
	     map->perms[1] == 'w');
	want(t, "mapping's s", !!(t->map_flags & VMSCOPE_MAP_SHARED),
	     map->perms[3] == 's');
}

static uint64_t ask_mapping(int fd, pid_t pid, int pagemap,
			    const struct mapping *map, uint64_t step)
{
	uint64_t asked = 0;

	/* an odd byte of each page: an address needs no alignment */
	for (uint64_t at = map->start; at < map->end && wrong < 100;
	     at += step, asked++) {
		struct vmscope_translate t;
		uint64_t entry;
		int error = pagemap_read(pagemap, at, 1, &entry);

		if (!error)
			error = req_translate(fd, pid,
					      at + (at / PAGE * 37) % PAGE, &t);
		if (error) {
			wrong++;
			tap_diag("%#lx: %s", at, strerror(-error));
			return asked;
		}
		check_levels(&t);
		check_page(&t, map, entry);
		check_mapping(&t, map);
		if (t.pid != (uint64_t)pid || t.reply_flags)
			bad(&t, "pid or reply flags", t.pid, pid);
	}
	return asked;
}

/* A gap as maps has it, up to three addresses of each. */
static unsigned int ask_gaps(int fd, pid_t pid, const struct mappings *maps)
{
	uint64_t start = 0, end, half = 1ULL << (info.address_bits - 1);
	unsigned int gaps = 0;

	for (size_t i = 0; i <= maps->len; i++) {
		end = i < maps->len ? maps->map[i].start : half;
		if (start < end && (gaps++ < 40 || i == maps->len)) {
			uint64_t address[] = { start,
					       start + (end - start) / 2 + 123,
					       end - 1 };

			for (unsigned int a = 0; a < COUNT(address); a++) {
				struct vmscope_translate t;
				int error =
					req_translate(fd, pid, address[a], &t);

				if (error) {
					wrong++;
					tap_diag("%#lx: %s", address[a],
						 strerror(-error));
					continue;
				}
				want(&t, "state", t.state,
				     VMSCOPE_STATE_NO_MAPPING);
				want(&t, "gap's start", t.map_start, start);
				want(&t, "gap's end", t.map_end, end);
				want(&t, "flags of a gap",
				     t.map_flags | t.map_kind, 0);
				want(&t, "physical", t.physical, 0);
				if (!t.levels_len || t.levels_len > info.levels)
					bad(&t, "levels_len", t.levels_len,
					    info.levels);
			}
		}
		if (i < maps->len)
			start = maps->map[i].end;
	}
	return gaps;
}

static void run(int fd, const struct recipe *recipe)
{
	uint64_t asked = 0, pages = 0;
	struct target target;
	struct mappings maps;
	int pagemap;

	if (target_start(&target, recipe)) {
		tap_skip(recipe->name, "%s", target.report.skip);
		return;
	}
	if (read_smaps(target.pid, &maps))
		tap_bail("cannot read smaps");
	pagemap = pagemap_open(target.pid);
	for (size_t i = 0; i < maps.len; i++)
		pages += (maps.map[i].end - maps.map[i].start) / PAGE;
	wrong = 0;
	for (size_t i = 0; i < maps.len; i++) {
		/* small mappings page by page, large ones by a step that is no power of two */
		uint64_t all = (maps.map[i].end - maps.map[i].start) / PAGE;
		uint64_t step = all > 64 ? pages / SAMPLES | 1 : 1;

		asked += ask_mapping(fd, target.pid, pagemap, &maps.map[i],
				     step * PAGE);
	}
	tap_ok(!wrong,
	       "%s: %lu addresses are where pagemap has them, with sound levels",
	       recipe->name, asked);
	wrong = 0;
	tap_ok(ask_gaps(fd, target.pid, &maps) && !wrong, "%s: gaps",
	       recipe->name);

	/* every page of what the target made for this, where it is small */
	wrong = 0;
	asked = 0;
	for (unsigned int i = 0; i < target.report.areas; i++) {
		const struct area *area = &target.report.area[i];
		struct mapping part;

		if (area->end - area->start > 4 * MIB ||
		    !mappings_find(&maps, area->start))
			continue;
		for (uint64_t at = area->start; at < area->end; at += PAGE) {
			const struct mapping *map = mappings_find(&maps, at);
			struct vmscope_translate t;
			uint64_t entry;

			if (!map || pagemap_read(pagemap, at, 1, &entry) ||
			    req_translate(fd, target.pid, at, &t)) {
				wrong++;
				continue;
			}
			part = *map;
			check_levels(&t);
			check_page(&t, &part, entry);
			asked++;
			if (area->kind >= 0)
				want(&t, "kind", t.map_kind, area->kind);
		}
	}
	if (asked)
		tap_ok(!wrong, "%s: %lu pages one by one", recipe->name, asked);
	close(pagemap);
	mappings_free(&maps);
	target_end(&target);
}

/* ------------------------------------------------------------ the borders and the kernel */

static void borders(int fd)
{
	struct vmscope_translate t;
	uint64_t half = 1ULL << (info.address_bits - 1);
	uint64_t no_mmu[] = { half, half + 12345, info.kernel_start - 1,
			      1ULL << 62 };

	tap_eq(info.user_end, half - PAGE,
	       "a process can map all of the user half but the last page");
	tap_eq(info.kernel_start, -half,
	       "the kernel half begins where its addresses allow");
	tap_eq(info.address_bits, 12 + 9 * info.levels,
	       "nine bits of an address per level");
	wrong = 0;
	for (unsigned int i = 0; i < COUNT(no_mmu); i++) {
		tap_eq(req_translate(fd, 0, no_mmu[i], &t), 0,
		       "%#lx can be asked", no_mmu[i]);
		tap_eq(t.state, VMSCOPE_STATE_NONCANONICAL,
		       "%#lx is refused by the MMU", no_mmu[i]);
		want(&t, "levels, physical, mapping",
		     t.levels_len | t.physical | t.map_start | t.map_end |
			     t.map_flags | t.page_size,
		     0);
	}
	tap_ok(!wrong,
	       "such an address has no levels, no mapping and no physical address");
	tap_eq(req_translate(fd, 0, half - 1, &t), 0,
	       "the last byte of the user half");
	tap_eq(t.state, VMSCOPE_STATE_NO_MAPPING, "is not mapped");
	tap_eq(t.map_end, half, "its gap ends with the half");
	tap_eq(req_translate(fd, 0, info.user_end - 1, &t), 0,
	       "the last byte that can be mapped");
	tap_ok(t.state != VMSCOPE_STATE_NONCANONICAL, "is no different");
	tap_eq(req_translate(fd, 0, 0, &t), 0, "address 0");
	tap_eq(t.state, VMSCOPE_STATE_NO_MAPPING, "is not mapped, either");
	tap_eq(t.map_start, 0, "its gap begins at 0");
}

/* From a file of lines with a number first: of the line that ends in @name; 0 if there is none. */
static uint64_t lookup(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	char line[512];
	uint64_t value = 0;

	while (file && !value && fgets(line, sizeof(line), file)) {
		size_t len = strlen(line), tail = strlen(name);

		if (len > tail && line[len - 1] == '\n' &&
		    !strncmp(line + len - 1 - tail, name, tail))
			value = strtoull(line, NULL, 16);
	}
	if (file)
		fclose(file);
	return value;
}

static void kernel_text(int fd)
{
	uint64_t text = lookup("/proc/kallsyms", " T _text"),
		 physical = lookup("/proc/iomem", " : Kernel code");
	struct vmscope_translate t;

	if (!text || !physical) {
		tap_skip("kernel text",
			 "kallsyms or iomem do not tell where it is");
		return;
	}
	if (!tap_eq(req_translate(fd, 0, text + 5, &t), 0,
		    "kernel text can be asked"))
		return;
	tap_eq(t.state, VMSCOPE_STATE_PRESENT, "kernel text is present");
	tap_eq(t.physical, physical + 5, "kernel text is where iomem has it");
	tap_eq(t.map_start | t.map_end | t.map_flags | t.map_kind, 0,
	       "kernel text is in no mapping of a process");
	wrong = 0;
	check_levels(&t);
	want(&t, "flag user",
	     t.levels[t.levels_len - 1].flags & VMSCOPE_ENTRY_USER, 0);
	want(&t, "flag executable",
	     !!(t.levels[t.levels_len - 1].flags & VMSCOPE_ENTRY_EXECUTABLE),
	     1);
	tap_ok(!wrong,
	       "kernel text has sound levels, is executable and not for user mode");
}

static void module_text(int fd)
{
	FILE *file = fopen("/proc/modules", "re");
	struct vmscope_translate t;
	uint64_t address = 0;
	char line[512], *at;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "vmscope ", 8) && (at = strstr(line, "0x")))
			address = strtoull(at, NULL, 16);
	if (file)
		fclose(file);
	if (!address) {
		tap_skip("module text",
			 "/proc/modules does not tell where it is");
		return;
	}
	tap_eq(req_translate(fd, 0, address, &t), 0,
	       "the module's own text can be asked");
	tap_ok(t.state == VMSCOPE_STATE_PRESENT && t.physical, "it is present");
	wrong = 0;
	check_levels(&t);
	tap_ok(!wrong, "it has sound levels");
}

/* The direct map: kcore's program headers have virtual and physical addresses of all memory. */
static void direct_map(int fd)
{
	int core = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	unsigned int asked = 0;
	Elf64_Phdr ph[64];
	Elf64_Ehdr eh;

	if (core < 0 || read(core, &eh, sizeof(eh)) != sizeof(eh) ||
	    eh.e_phnum > COUNT(ph) ||
	    pread(core, ph, eh.e_phnum * sizeof(ph[0]), eh.e_phoff) !=
		    (ssize_t)(eh.e_phnum * sizeof(ph[0]))) {
		tap_skip("direct map", "kcore cannot be read");
		return;
	}
	close(core);
	wrong = 0;
	for (unsigned int i = 0; i < eh.e_phnum; i++) {
		/* text and vmalloc have none; memory that the kernel made unreadable is rare */
		if (ph[i].p_type != PT_LOAD || !ph[i].p_memsz ||
		    ph[i].p_paddr == (Elf64_Addr)-1 ||
		    ph[i].p_vaddr >= 0xffffffff80000000ULL ||
		    (!ph[i].p_paddr && i))
			continue;
		for (unsigned int n = 0; n < 32; n++) {
			uint64_t at = ph[i].p_memsz / 32 * n + n;
			struct vmscope_translate t;

			if (req_translate(fd, 0, ph[i].p_vaddr + at, &t)) {
				wrong++;
				continue;
			}
			asked++;
			if (t.state == VMSCOPE_STATE_PRESENT)
				want(&t, "physical", t.physical,
				     ph[i].p_paddr + at);
			check_levels(&t);
		}
	}
	if (asked)
		tap_ok(!wrong,
		       "%u addresses of the direct map are where kcore has them",
		       asked);
	else
		tap_skip("direct map", "kcore has no physical addresses");
}

static void kernel_half(int fd)
{
	struct vmscope_translate t;

	kernel_text(fd);
	module_text(fd);
	direct_map(fd);
	tap_eq(req_translate(fd, 0, ~0ULL, &t), 0, "the last address there is");
	tap_ok(t.state == VMSCOPE_STATE_NONE ||
		       t.state == VMSCOPE_STATE_PRESENT ||
		       t.state == VMSCOPE_STATE_NO_MAPPING,
	       "it has a state (%s)", state_name(t.state));
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
	int fd = req_open();

	quiet_machine();
	if (req_info(fd, &info))
		tap_bail("no info");
	tap_diag("%llu levels", info.levels);
	for (size_t i = 0; i < recipes_len; i++)
		if (wanted(recipes[i].name, argc, argv) &&
		    !(recipes[i].flags & TARGET_MANY))
			run(fd, &recipes[i]);
	if (wanted("borders", argc, argv))
		borders(fd);
	if (wanted("kernel", argc, argv))
		kernel_half(fd);
	return tap_done();
}
