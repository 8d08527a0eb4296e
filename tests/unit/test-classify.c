// SPDX-License-Identifier: GPL-2.0
/*
 * Entries and what they are. The values are written as a processor or a kernel
 * would leave them in a table, not made by the functions under test.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "unit.h"

#include "../../module/classify.c"

#define ZERO_FRAME 0x1234000ULL

/* The numbers of a 6.12 with migration, memory failure and device memory. */
static const struct vmscope_encoding enc = {
	.frame_mask = VMSCOPE_FRAME_MASK,
	.zero_frame = ZERO_FRAME,
	.saved_dirty = 1ULL << 58,
	.huge_protnone_resident = true,
	.swap_types = 23,
	.type_poison = 23,
	.type_migration = { 24, 26 },
	.type_marker = 31,
	.type_device = { 27, 30 },
	.type_swapin_error = VMSCOPE_NO_TYPE,
	.marker_uffd_wp = 1,
	.marker_poison = 2,
	.marker_guard = 4,
};

static const struct vmscope_context normal = { .enc = &enc,
					       .accessible = true };
static const struct vmscope_context no_access = { .enc = &enc };
static const struct vmscope_context pfnmap = { .enc = &enc,
					       .accessible = true,
					       .pfnmap = true };
static const struct vmscope_context mixed = { .enc = &enc,
					      .accessible = true,
					      .mixed = true };
static const struct vmscope_context rwp = { .enc = &enc,
					    .accessible = true,
					    .rwp = true };
static const struct vmscope_context kernel = { .enc = &enc, .kernel = true };

/* As include/linux/swapops.h and asm/pgtable_64.h put them together. */
#define absent(type, offset) ((u64)(type) << 59 | (~(u64)(offset) << 14 >> 5))

/* An entry with a page and without the present bit: protnone_mask(). */
#define INVERTED(entry) ((entry) ^ 0x000ffffffffff000ULL)

static const struct {
	const char *what;
	u64 entry;
	unsigned int level;
	const struct vmscope_context *context;
	u8 state;
	bool resident;
} cases[] = {
	{ "empty", 0, 1, &normal, VMSCOPE_STATE_NONE, false },
	{ "page", 0x8000000005678867, 1, &normal, VMSCOPE_STATE_PRESENT, true },
	{ "read-only page", 0x8000000005678025, 1, &normal,
	  VMSCOPE_STATE_PRESENT, true },
	{ "page with PAT", 0x80000000056780e7, 1, &normal,
	  VMSCOPE_STATE_PRESENT, true },
	{ "zero page", ZERO_FRAME | 0x8000000000000225, 1, &normal,
	  VMSCOPE_STATE_ZERO, false },
	{ "frame of the zero page, not special", ZERO_FRAME | 0x25, 1, &normal,
	  VMSCOPE_STATE_PRESENT, true },
	{ "device page", 0x80000000fee00235, 1, &normal, VMSCOPE_STATE_DEVICE,
	  false },
	{ "copied page of a PFN map", 0x8000000005678867, 1, &pfnmap,
	  VMSCOPE_STATE_PRESENT, true },
	{ "NUMA hint", INVERTED(0x8000000005678964), 1, &normal,
	  VMSCOPE_STATE_NUMA_HINT, true },
	{ "PROT_NONE", INVERTED(0x8000000005678960), 1, &no_access,
	  VMSCOPE_STATE_PROTNONE, true },
	{ "PROT_NONE on the zero page",
	  INVERTED(ZERO_FRAME | 0x8000000000000320), 1, &no_access,
	  VMSCOPE_STATE_PROTNONE, false },
	{ "swapped, area 0", absent(0, 1), 1, &normal, VMSCOPE_STATE_SWAPPED,
	  false },
	{ "swapped, last area", absent(22, 0x123456), 1, &normal,
	  VMSCOPE_STATE_SWAPPED, false },
	{ "swapped, soft-dirty and exclusive", absent(0, 7) | 0xa, 1, &normal,
	  VMSCOPE_STATE_SWAPPED, false },
	{ "swapped under PROT_NONE", absent(1, 1), 1, &no_access,
	  VMSCOPE_STATE_SWAPPED, false },
	{ "memory error", absent(23, 0x5678), 1, &normal,
	  VMSCOPE_STATE_POISONED, true },
	{ "migration, read", absent(24, 0x5678), 1, &normal,
	  VMSCOPE_STATE_MIGRATING, true },
	{ "migration, write", absent(26, 0x5678), 1, &normal,
	  VMSCOPE_STATE_MIGRATING, true },
	{ "device private", absent(27, 1), 1, &normal,
	  VMSCOPE_STATE_DEVICE_PRIVATE, true },
	{ "device exclusive", absent(30, 1), 1, &normal,
	  VMSCOPE_STATE_DEVICE_PRIVATE, true },
	{ "uffd-wp marker", absent(31, 1), 1, &normal, VMSCOPE_STATE_UFFD_WP,
	  false },
	{ "poison marker", absent(31, 2), 1, &normal, VMSCOPE_STATE_POISONED,
	  false },
	{ "guard marker", absent(31, 4), 1, &normal, VMSCOPE_STATE_GUARD,
	  false },
	{ "guard over uffd-wp", absent(31, 5), 1, &normal, VMSCOPE_STATE_GUARD,
	  false },
	{ "unknown marker", absent(31, 8), 1, &normal, VMSCOPE_STATE_UNKNOWN,
	  false },
	{ "huge page", 0x80000000056008e7, 2, &normal, VMSCOPE_STATE_PRESENT,
	  true },
	{ "1 GiB page", 0x80000000400008e7, 3, &normal, VMSCOPE_STATE_PRESENT,
	  true },
	{ "huge zero page, marked", 0x80000000056002a5, 2, &normal,
	  VMSCOPE_STATE_ZERO, false },
	{ "huge PFN map", 0x80000000fee000f7, 2, &pfnmap, VMSCOPE_STATE_DEVICE,
	  false },
	{ "huge page being split", INVERTED(0x80000000056008e6), 2, &normal,
	  VMSCOPE_STATE_SPLITTING, true },
	{ "huge NUMA hint", INVERTED(0x80000000056009e4), 2, &normal,
	  VMSCOPE_STATE_NUMA_HINT, true },
	{ "huge PROT_NONE", INVERTED(0x80000000056009e0), 2, &no_access,
	  VMSCOPE_STATE_PROTNONE, true },
	{ "device page of a mixed map, huge", 0x80000000fee002f7, 2, &mixed,
	  VMSCOPE_STATE_DEVICE, false },
	{ "page of a mixed map, huge", 0x80000000056008e7, 2, &mixed,
	  VMSCOPE_STATE_PRESENT, true },
	{ "userfaultfd asks for each access", INVERTED(0x8000000005678d60), 1,
	  &rwp, VMSCOPE_STATE_PROTNONE, true },
	{ "NUMA hint where userfaultfd may ask", INVERTED(0x8000000005678960),
	  1, &rwp, VMSCOPE_STATE_NUMA_HINT, true },
	{ "NUMA hint with uffd-wp", INVERTED(0x8000000005678d60), 1, &normal,
	  VMSCOPE_STATE_NUMA_HINT, true },
	{ "kernel page", 0x8000000005678163, 1, &kernel, VMSCOPE_STATE_PRESENT,
	  false },
	{ "kernel page taken out of the map", INVERTED(0x8000000005678062), 1,
	  &kernel, VMSCOPE_STATE_PROTNONE, false },
	{ "huge page migrating", absent(25, 0x5600), 2, &normal,
	  VMSCOPE_STATE_MIGRATING, true },
};

static void classes_test(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vmscope_class class;

		class = vmscope_classify(cases[i].entry, cases[i].level,
					 cases[i].context);
		unit_ok(class.state == cases[i].state &&
				class.resident == cases[i].resident,
			"%s: state %u, resident %d", cases[i].what,
			cases[i].state, cases[i].resident);
	}
}

static void old_kernel_test(void)
{
	const struct vmscope_encoding old = {
		.swap_types = 22,
		.type_poison = 22,
		.type_migration = { 23, 25 },
		.type_device = { 26, 29 },
		.type_marker = 30,
		.type_swapin_error = 31,
		.marker_uffd_wp = 1,
	};
	const struct vmscope_context context = { .enc = &old,
						 .accessible = true };
	struct vmscope_class class;

	class = vmscope_classify(absent(31, 0), 1, &context);
	unit_ok(class.state == VMSCOPE_STATE_POISONED && !class.resident,
		"6.1: error while reading from swap is poison");
	class = vmscope_classify(INVERTED(0x80000000056009e0), 2, &context);
	unit_ok(class.state == VMSCOPE_STATE_NUMA_HINT && !class.resident,
		"6.1: smaps does not count huge NUMA hints");
	class = vmscope_classify(absent(30, 4), 1, &context);
	unit_ok(class.state == VMSCOPE_STATE_UNKNOWN,
		"6.1: has no guard markers");
}

/* A run must say of each entry what vmscope_classify() says of it alone. */
static bool runs_agree(const u64 *table, unsigned int count,
		       const struct vmscope_context *context,
		       unsigned int *runs)
{
	unsigned int i = 0;

	*runs = 0;
	while (i < count) {
		struct vmscope_class class, alone;
		unsigned int run;

		run = vmscope_classify_run(table + i, count - i, context,
					   &class);
		if (!run || run > count - i)
			return false;
		for (unsigned int j = i; j < i + run; j++) {
			alone = vmscope_classify(table[j], 1, context);
			if (alone.state != class.state ||
			    alone.resident != class.resident)
				return false;
		}
		i += run;
		++*runs;
	}
	return true;
}

static void runs_test(void)
{
	u64 table[512];
	unsigned int runs;
	bool agree = true;

	for (unsigned int i = 0; i < 512; i++)
		table[i] = 0x8000000000000867 | (u64)rand() << 12;
	unit_ok(runs_agree(table, 512, &normal, &runs) && runs == 1,
		"a table full of pages is one run");
	for (unsigned int i = 0; i < 512; i++)
		table[i] ^= rand() & 0x60;
	unit_ok(runs_agree(table, 512, &normal, &runs) && runs == 1,
		"accessed and dirty do not end a run");
	memset(table, 0, sizeof(table));
	unit_ok(runs_agree(table, 512, &normal, &runs) && runs == 1,
		"an empty table is one run");
	for (unsigned int i = 0; i < 512; i++)
		table[i] = absent(i % 3, i * 7);
	unit_ok(runs_agree(table, 512, &normal, &runs) && runs == 1,
		"a swapped table is one run, whatever the areas");
	for (unsigned int i = 0; i < 512; i++)
		table[i] = i & 1 ? 0x8000000005678867 : 0;
	unit_ok(runs_agree(table, 512, &normal, &runs) && runs == 512,
		"every second page is 512 runs");
	for (unsigned int i = 0; i < 512; i++)
		table[i] = ZERO_FRAME | 0x8000000000000205 | (i & 1) << 5;
	unit_ok(runs_agree(table, 512, &normal, &runs) && runs == 1,
		"a table of zero pages is one run");

	/* of everything there is, in runs of any length at any place */
	for (unsigned int round = 0; round < 20000 && agree; round++) {
		unsigned int count = 1 + rand() % 512;

		for (unsigned int i = 0; i < count;) {
			u64 entry = cases[rand() % ARRAY_SIZE(cases)].entry;
			unsigned int n = 1 + rand() % 40;

			for (; n && i < count; n--, i++)
				table[i] = entry ^ (u64)(rand() & 0x60);
		}
		agree = runs_agree(table, count, &normal, &runs) &&
			runs_agree(table, count, &no_access, &runs) &&
			runs_agree(table, count, &pfnmap, &runs);
	}
	unit_ok(agree, "20000 mixed tables: runs and single entries agree");
}

/* Sums of a table must be those of its entries, each taken alone. */
static bool sums_agree(const u64 *table, unsigned int count,
		       const struct vmscope_context *context)
{
	struct vmscope_sums sums = {}, alone = {};

	vmscope_classify_sum(&sums, table, count, context);
	for (unsigned int i = 0; i < count; i++) {
		struct vmscope_class class;

		class = vmscope_classify(table[i], 1, context);
		if (class.state != VMSCOPE_STATE_NONE)
			vmscope_classify_add(&alone, class, 1, 4096, false);
	}
	return !memcmp(&sums, &alone, sizeof(sums));
}

static void table_sums_test(void)
{
	u64 table[512];
	bool agree = true;

	for (unsigned int round = 0; round < 20000 && agree; round++) {
		unsigned int count = 1 + rand() % 512;
		unsigned int among = round & 1 ? ARRAY_SIZE(cases) : 3;
		unsigned int longest = round & 2 ? 40 : 2;

		for (unsigned int i = 0; i < count;) {
			u64 entry = cases[rand() % among].entry;
			unsigned int n = 1 + rand() % longest;

			for (; n && i < count; n--, i++)
				table[i] = entry;
		}
		agree = sums_agree(table, count, &normal) &&
			sums_agree(table, count, &no_access) &&
			sums_agree(table, count, &rwp) &&
			sums_agree(table, count, &pfnmap);
	}
	unit_ok(agree, "20000 tables: the sums are those of the entries alone");
}

static void payload_test(void)
{
	unit_ok(vmscope_entry_swap_type(absent(5, 0x1234)) == 5 &&
			vmscope_entry_swap_offset(absent(5, 0x1234)) == 0x1234,
		"type and offset of a swap entry");
	unit_ok(vmscope_entry_frame(0x80000000056018e7, 2) == 0x5600000,
		"frame of a huge leaf with PAT");
	unit_ok(vmscope_entry_frame(0x8000000005678867, 1) == 0x5678000,
		"frame of a page");
	unit_ok(vmscope_entry_frame(0x8ffffffffa987960, 1) == 0x5678000,
		"frame of a page under PROT_NONE, which is inverted");
	unit_ok(vmscope_entry_frame(0x8ffffffffa9ff9e0, 2) == 0x5600000,
		"frame of a huge page under PROT_NONE");
	unit_ok(vmscope_entry_is_table(0x5678067, 2) &&
			!vmscope_entry_is_table(0x5678067, 1) &&
			!vmscope_entry_is_table(0x56000e7, 2),
		"tables, pages and huge leaves told apart");
}

static void redact_test(void)
{
	unit_ok(vmscope_classify_redact(0x8000000005678867, 1, &enc) ==
			0x8000000000000867,
		"redacted: a page keeps its bits, not its frame");
	unit_ok(vmscope_classify_redact(absent(3, 0x1234) | 8, 1, &enc) ==
			(3ULL << 59 | 8),
		"redacted: a swap entry keeps type and bits, not its offset");
	unit_ok(vmscope_classify_redact(absent(24, 0x5678), 1, &enc) ==
			24ULL << 59,
		"redacted: a migration entry does not keep its frame");
	unit_ok(vmscope_classify_redact(absent(31, 4), 1, &enc) ==
			absent(31, 4),
		"redacted: a marker stays");
}

static void flags_test(void)
{
	static const struct {
		u64 entry;
		unsigned int level;
		u64 flags;
	} f[] = {
		{ 0, 1, 0 },
		{ 0x8000000005678867, 1,
		  VMSCOPE_ENTRY_PRESENT | VMSCOPE_ENTRY_WRITABLE |
			  VMSCOPE_ENTRY_USER | VMSCOPE_ENTRY_ACCESSED |
			  VMSCOPE_ENTRY_DIRTY | VMSCOPE_ENTRY_LEAF |
			  VMSCOPE_ENTRY_SOFT_DIRTY },
		{ 0x5678067, 2,
		  VMSCOPE_ENTRY_PRESENT | VMSCOPE_ENTRY_WRITABLE |
			  VMSCOPE_ENTRY_USER | VMSCOPE_ENTRY_ACCESSED |
			  VMSCOPE_ENTRY_EXECUTABLE },
		{ 0x8000000005601083, 2,
		  VMSCOPE_ENTRY_PRESENT | VMSCOPE_ENTRY_WRITABLE |
			  VMSCOPE_ENTRY_LEAF | VMSCOPE_ENTRY_PAT },
		{ 0x8000000005678120, 1,
		  VMSCOPE_ENTRY_ACCESSED | VMSCOPE_ENTRY_LEAF |
			  VMSCOPE_ENTRY_PROTNONE },
		{ 0x5678123, 1,
		  VMSCOPE_ENTRY_PRESENT | VMSCOPE_ENTRY_WRITABLE |
			  VMSCOPE_ENTRY_ACCESSED | VMSCOPE_ENTRY_LEAF |
			  VMSCOPE_ENTRY_GLOBAL | VMSCOPE_ENTRY_EXECUTABLE },
		{ 1ULL << 59 | 0xe, 1,
		  VMSCOPE_ENTRY_SOFT_DIRTY | VMSCOPE_ENTRY_UFFD_WP |
			  VMSCOPE_ENTRY_EXCLUSIVE },
	};

	unit_ok(vmscope_classify_flags(0x8400000005678825, 1, &normal) &
			VMSCOPE_ENTRY_DIRTY,
		"dirty is also known where the processor must not see it");
	unit_ok(!(vmscope_classify_flags(0x8000000005678963, 1, &kernel) &
		  (VMSCOPE_ENTRY_SOFT_DIRTY | VMSCOPE_ENTRY_UFFD_WP)),
		"a kernel leaf has no soft-dirty");
	for (size_t i = 0; i < ARRAY_SIZE(f); i++)
		unit_ok(vmscope_classify_flags(f[i].entry, f[i].level,
					       &normal) == f[i].flags,
			"flags of 0x%llx at level %u",
			(unsigned long long)f[i].entry, f[i].level);
}

static void sums_test(void)
{
	struct vmscope_class page = { VMSCOPE_STATE_PRESENT, true };
	struct vmscope_class zero = { VMSCOPE_STATE_ZERO, false };
	struct vmscope_class swapped = { VMSCOPE_STATE_SWAPPED, false };
	struct vmscope_sums sums = {}, huge = {}, all = {};

	vmscope_classify_add(&sums, page, 1, 4096, false);
	vmscope_classify_add(&sums, page, 2, 2 << 20, false);
	vmscope_classify_add(&sums, zero, 1, 8192, false);
	vmscope_classify_add(&sums, swapped, 1, 12288, false);
	vmscope_classify_finish(&sums, 4 << 20, false);
	unit_ok(sums.virtual_bytes == 4 << 20 &&
			sums.present_bytes == 4096 + 8192 + (2 << 20) &&
			sums.resident_bytes == 4096 + (2 << 20) &&
			sums.swapped_bytes == 12288 && !sums.hugetlb_bytes &&
			sums.leaf_bytes[0] == 12288 &&
			sums.leaf_bytes[1] == 2 << 20,
		"sums of a mapping");
	unit_ok(sums.state_bytes[VMSCOPE_STATE_NONE] ==
			(4 << 20) - 4096 - 8192 - 12288 - (2 << 20),
		"what is in no other state was never touched");

	vmscope_classify_add(&huge, page, 2, 2 << 20, true);
	vmscope_classify_finish(&huge, 4 << 20, true);
	unit_ok(huge.hugetlb_bytes == 2 << 20 && !huge.resident_bytes &&
			huge.present_bytes == 2 << 20,
		"hugetlb is present and not resident");

	vmscope_classify_merge(&all, &sums);
	vmscope_classify_merge(&all, &huge);
	unit_ok(all.virtual_bytes == 8 << 20 && all.leaf_bytes[1] == 4 << 20 &&
			all.hugetlb_bytes == 2 << 20 &&
			all.state_bytes[VMSCOPE_STATE_ZERO] == 8192,
		"sums of two mappings");
}

static void kinds_test(void)
{
	static const struct {
		u64 flags;
		unsigned int kind;
	} k[] = {
		{ 0, VMSCOPE_KIND_ANON },
		{ VMSCOPE_MAP_WRITE, VMSCOPE_KIND_ANON },
		{ VMSCOPE_MAP_EXEC, VMSCOPE_KIND_ANON },
		{ VMSCOPE_MAP_FILE, VMSCOPE_KIND_FILE },
		{ VMSCOPE_MAP_FILE | VMSCOPE_MAP_WRITE, VMSCOPE_KIND_DATA },
		{ VMSCOPE_MAP_FILE | VMSCOPE_MAP_WRITE | VMSCOPE_MAP_EXEC,
		  VMSCOPE_KIND_TEXT },
		{ VMSCOPE_MAP_FILE | VMSCOPE_MAP_EXEC | VMSCOPE_MAP_SHARED,
		  VMSCOPE_KIND_SHARED },
		{ VMSCOPE_MAP_HEAP | VMSCOPE_MAP_WRITE, VMSCOPE_KIND_HEAP },
		{ VMSCOPE_MAP_HEAP | VMSCOPE_MAP_FILE | VMSCOPE_MAP_WRITE,
		  VMSCOPE_KIND_DATA },
		{ VMSCOPE_MAP_STACK | VMSCOPE_MAP_WRITE, VMSCOPE_KIND_STACK },
		{ VMSCOPE_MAP_HUGETLB | VMSCOPE_MAP_FILE | VMSCOPE_MAP_SHARED,
		  VMSCOPE_KIND_HUGETLB },
		{ VMSCOPE_MAP_PFNMAP | VMSCOPE_MAP_FILE | VMSCOPE_MAP_SHARED,
		  VMSCOPE_KIND_DEVICE },
		{ VMSCOPE_MAP_PFNMAP | VMSCOPE_MAP_SPECIAL, VMSCOPE_KIND_VDSO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(k); i++)
		unit_ok(vmscope_classify_kind(k[i].flags) == k[i].kind,
			"kind of flags 0x%llx", (unsigned long long)k[i].flags);
}

int main(void)
{
	classes_test();
	old_kernel_test();
	payload_test();
	runs_test();
	table_sums_test();
	redact_test();
	flags_test();
	sums_test();
	kinds_test();
	return unit_done();
}
