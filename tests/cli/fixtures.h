/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Replies about a made-up process with a mapping of every kind, one address in
 * every state, and names that are hard to print.
 */
#ifndef _FIXTURES_H
#define _FIXTURES_H

#include <errno.h>
#include <stdint.h>

#include <linux/vmscope.h>

#define SERVER_PID  4242
#define SERVER_COMM "a\tserver\xff"

struct fixture_map {
	uint64_t start;
	uint64_t end;
	uint64_t flags;
	uint64_t kind;
	const char *name;
	uint64_t page_size;
	uint64_t offset;
	uint64_t inode;
	uint64_t pages[VMSCOPE_STATES]; /* NONE is what remains */
	uint64_t huge_pmd;
	uint64_t huge_pud;
};

/* Pages of a mapping, one behind the other, which are alike. */
struct fixture_run {
	uint64_t start;
	uint64_t leaves;
	uint64_t leaf_size;
	uint64_t state;
	uint64_t flags;
	uint64_t pkey;
	uint64_t entry; /* of the first, without its frame */
	uint64_t place; /* of the first: physical address, or swap offset */
	uint64_t stride; /* from the place of one to that of the next */
	uint64_t swap_area;
};

struct fixture_step {
	uint64_t table;
	uint64_t entry;
	uint64_t flags;
};

struct fixture_walk {
	uint64_t start; /* addresses that this is the answer for */
	uint64_t end;
	int error;
	uint64_t state;
	uint64_t page_size;
	uint64_t physical; /* of the page; 0 for none */
	uint64_t swap_area;
	uint64_t swap_offset;
	uint64_t map_start;
	uint64_t map_end;
	uint64_t map_flags;
	uint64_t map_kind;
	uint64_t steps_len;
	struct fixture_step steps[4];
};

/* clang-format off */
#define R VMSCOPE_MAP_READ
#define W VMSCOPE_MAP_WRITE
#define X VMSCOPE_MAP_EXEC
#define S VMSCOPE_MAP_SHARED
#define F VMSCOPE_MAP_FILE
#define IN(state)[VMSCOPE_STATE_##state]

static const uint32_t feature_states[VMSCOPE_FEATURES] = {
	[VMSCOPE_FEATURE_FIVE_LEVELS] = VMSCOPE_FEATURE_OFF_MACHINE,
	[VMSCOPE_FEATURE_PTI] = VMSCOPE_FEATURE_OFF_BOOT,
	[VMSCOPE_FEATURE_SOFT_DIRTY] = VMSCOPE_FEATURE_OFF_KERNEL,
	[VMSCOPE_FEATURE_FRAMES] = VMSCOPE_FEATURE_OFF_RIGHTS,
	[VMSCOPE_FEATURE_KERNEL_HALF] = VMSCOPE_FEATURE_OFF_LOCKDOWN,
};

static const struct fixture_map server_maps[] = {
	{ 0x555500000000, 0x555500040000, R | X | F, VMSCOPE_KIND_TEXT,
	  "/usr/bin/a server", 0, 0x1000, 131, { IN(PRESENT) = 50 }, 0, 0 },
	{ 0x555500040000, 0x555500050000, R | F, VMSCOPE_KIND_FILE,
	  "/usr/bin/a server", 0, 0x41000, 131, { IN(PRESENT) = 9 }, 0, 0 },
	{ 0x555500051000, 0x555500054000, R | W | F, VMSCOPE_KIND_DATA,
	  "/usr/bin/a server", 0, 0x51000, 131, { IN(PRESENT) = 2, IN(SWAPPED) = 1 }, 0, 0 },
	{ 0x555501000000, 0x555501200000, R | W, VMSCOPE_KIND_HEAP,
	  "[heap]", 0, 0, 0, { IN(PRESENT) = 300, IN(ZERO) = 3, IN(SWAPPED) = 100, IN(POISONED) = 1, IN(UFFD_WP) = 2 }, 0, 0 },
	{ 0x7f0000000000, 0x7f0040000000, R | W | VMSCOPE_MAP_HUGEPAGE, VMSCOPE_KIND_ANON,
	  NULL, 0, 0, 0, { IN(PRESENT) = 16 * 512 + 8, IN(NUMA_HINT) = 4, IN(MIGRATING) = 1 }, 16ull << 21, 0 },
	{ 0x7f0080000000, 0x7f0080010000, VMSCOPE_MAP_NOHUGEPAGE, VMSCOPE_KIND_ANON,
	  NULL, 0, 0, 0, { IN(PROTNONE) = 7, IN(GUARD) = 1, IN(UNKNOWN) = 1, IN(DEVICE_PRIVATE) = 2 }, 0, 0 },
	{ 0x7f00c0000000, 0x7f0140000000, R | W | S | VMSCOPE_MAP_HUGETLB | F, VMSCOPE_KIND_HUGETLB,
	  "/anon_hugepage (deleted)", 1 << 30, 0, 17, { IN(PRESENT) = 1 << 18 }, 0, 1 << 30 },
	{ 0x7f0140000000, 0x7f0140010000, R | W | X, VMSCOPE_KIND_ANON,
	  "[anon:jit]", 0, 0, 0, { IN(PRESENT) = 16 }, 0, 0 },
	{ 0x7f0150000000, 0x7f0150100000, R | S | F | VMSCOPE_MAP_DELETED, VMSCOPE_KIND_SHARED,
	  "/tmp/bad \xe4\n\\ good \xc3\xa4 (deleted)", 0, 0, 4711, { IN(PRESENT) = 12 }, 0, 0 },
	{ 0x7f0160000000, 0x7f0160004000, R | W | S | VMSCOPE_MAP_PFNMAP | VMSCOPE_MAP_IO | F, VMSCOPE_KIND_DEVICE,
	  "/dev/mem", 0, 0xfed00000, 9, { IN(DEVICE) = 4 }, 0, 0 },
	{ 0x7ffc00000000, 0x7ffc00021000, R | W | VMSCOPE_MAP_GROWSDOWN | VMSCOPE_MAP_STACK, VMSCOPE_KIND_STACK,
	  "[stack]", 0, 0, 0, { IN(PRESENT) = 11 }, 0, 0 },
	{ 0x7ffc00100000, 0x7ffc00102000, R | X, VMSCOPE_KIND_VDSO,
	  "[vdso]", 0, 0, 0, { IN(PRESENT) = 1 }, 0, 0 },
};

#define TABLE (VMSCOPE_ENTRY_PRESENT | VMSCOPE_ENTRY_WRITABLE | VMSCOPE_ENTRY_USER | \
	       VMSCOPE_ENTRY_EXECUTABLE | VMSCOPE_ENTRY_ACCESSED | VMSCOPE_ENTRY_DIRTY)
#define PAGE (VMSCOPE_ENTRY_PRESENT | VMSCOPE_ENTRY_USER | VMSCOPE_ENTRY_ACCESSED | VMSCOPE_ENTRY_LEAF)
#define PGD { 0x1a48000, 0x104f1a067, TABLE }
#define PUD { 0x104f1a000, 0x104f1b067, TABLE }
#define PMD { 0x104f1b000, 0x104f1c067, TABLE }
#define PTE(entry, flags) { 0x104f1c000, entry, flags }

/* A page of the heap in a state that is not "present". */
#define HEAP(address, state, entry, flags) \
	{ address, address + 4096, 0, state, 4096, 0, 0, 0, \
	  0x555501000000, 0x555501200000, R | W, VMSCOPE_KIND_HEAP, 4, \
	  { PGD, PUD, PMD, PTE(entry, flags) } }

static const struct fixture_walk server_walks[] = {
	{ 0x555501000000, 0x555501001000, 0, VMSCOPE_STATE_PRESENT, 4096, 0x123456000, 0, 0,
	  0x555501000000, 0x555501200000, R | W, VMSCOPE_KIND_HEAP, 4,
	  { PGD, PUD, PMD, PTE(0x8000000123456867, PAGE | VMSCOPE_ENTRY_WRITABLE | VMSCOPE_ENTRY_DIRTY) } },
	{ 0x555500000000, 0x555500001000, 0, VMSCOPE_STATE_PRESENT, 4096, 0x123459000, 0, 0,
	  0x555500000000, 0x555500040000, R | X | F, VMSCOPE_KIND_TEXT, 4,
	  { PGD, PUD, PMD, PTE(0x123459025, PAGE | VMSCOPE_ENTRY_EXECUTABLE) } },
	{ 0x555501001000, 0x555501002000, 0, VMSCOPE_STATE_ZERO, 4096, 0x2a00000, 0, 0,
	  0x555501000000, 0x555501200000, R | W, VMSCOPE_KIND_HEAP, 4,
	  { PGD, PUD, PMD, PTE(0x8000000002a00225, PAGE | VMSCOPE_ENTRY_SPECIAL) } },
	{ 0x555501002000, 0x555501003000, 0, VMSCOPE_STATE_SWAPPED, 4096, 0, 1, 0x1c5000,
	  0x555501000000, 0x555501200000, R | W, VMSCOPE_KIND_HEAP, 4,
	  { PGD, PUD, PMD, PTE(0x87fffffffffc7402, VMSCOPE_ENTRY_SOFT_DIRTY | VMSCOPE_ENTRY_EXCLUSIVE) } },
	HEAP(0x555501003000, VMSCOPE_STATE_NONE, 0, 0),
	HEAP(0x555501004000, VMSCOPE_STATE_MIGRATING, 0xf7ffffffffdb9402, 0),
	HEAP(0x555501005000, VMSCOPE_STATE_SPLITTING, 0, 0),
	HEAP(0x555501006000, VMSCOPE_STATE_POISONED, 0xf87fffffffdb9400, 0),
	HEAP(0x555501007000, VMSCOPE_STATE_GUARD, 0xf9fffffffffff800, 0),
	HEAP(0x555501008000, VMSCOPE_STATE_UFFD_WP, 0xf9fffffffffffe04, VMSCOPE_ENTRY_UFFD_WP),
	HEAP(0x555501009000, VMSCOPE_STATE_DEVICE_PRIVATE, 0xdffffffffffdb940, 0),
	HEAP(0x55550100a000, VMSCOPE_STATE_UNKNOWN, 0xc7fffffffffdb940, 0),
	{ 0x55550100b000, 0x55550100c000, 0, VMSCOPE_STATE_NUMA_HINT, 4096, 0x123457000, 0, 0,
	  0x555501000000, 0x555501200000, R | W, VMSCOPE_KIND_HEAP, 4,
	  { PGD, PUD, PMD, PTE(0xfffffffedcba8b64, VMSCOPE_ENTRY_PROTNONE | VMSCOPE_ENTRY_LEAF | VMSCOPE_ENTRY_ACCESSED) } },
	/* in the first 2 MB of the mapping a huge leaf, behind them nothing yet */
	{ 0x7f0000000000, 0x7f0000200000, 0, VMSCOPE_STATE_PRESENT, 2 << 20, 0x180000000, 0, 0,
	  0x7f0000000000, 0x7f0040000000, R | W | VMSCOPE_MAP_HUGEPAGE, VMSCOPE_KIND_ANON, 3,
	  { PGD, PUD, { 0x104f1b000, 0x80000001800008e7, PAGE | VMSCOPE_ENTRY_WRITABLE | VMSCOPE_ENTRY_DIRTY } } },
	{ 0x7f0010000000, 0x7f0040000000, 0, VMSCOPE_STATE_NONE, 2 << 20, 0, 0, 0,
	  0x7f0000000000, 0x7f0040000000, R | W | VMSCOPE_MAP_HUGEPAGE, VMSCOPE_KIND_ANON, 3,
	  { PGD, PUD, { 0x104f1b000, 0, 0 } } },
	{ 0x7f0080000000, 0x7f0080001000, 0, VMSCOPE_STATE_PROTNONE, 4096, 0x123458000, 0, 0,
	  0x7f0080000000, 0x7f0080010000, 0, VMSCOPE_KIND_ANON, 4,
	  { PGD, PUD, PMD, PTE(0xfffffffedcba7b64, VMSCOPE_ENTRY_PROTNONE | VMSCOPE_ENTRY_LEAF | VMSCOPE_ENTRY_ACCESSED) } },
	{ 0x7f00c0000000, 0x7f0100000000, 0, VMSCOPE_STATE_PRESENT, 1 << 30, 0x200000000, 0, 0,
	  0x7f00c0000000, 0x7f0140000000, R | W | S | VMSCOPE_MAP_HUGETLB, VMSCOPE_KIND_HUGETLB, 2,
	  { PGD, { 0x104f1a000, 0x80000002000008e7, PAGE | VMSCOPE_ENTRY_WRITABLE | VMSCOPE_ENTRY_DIRTY } } },
	{ 0x7f0160000000, 0x7f0160004000, 0, VMSCOPE_STATE_DEVICE, 4096, 0xfed00000, 0, 0,
	  0x7f0160000000, 0x7f0160004000, R | W | S, VMSCOPE_KIND_DEVICE, 4,
	  { PGD, PUD, PMD, PTE(0x80000000fed00277, PAGE | VMSCOPE_ENTRY_WRITABLE | VMSCOPE_ENTRY_CACHE_DISABLE | VMSCOPE_ENTRY_SPECIAL) } },
	{ 0x1000, 0x555500000000, 0, VMSCOPE_STATE_NO_MAPPING, 0x8000000000, 0, 0, 0,
	  0, 0x555500000000, 0, 0, 1, { { 0x1a48000, 0, 0 } } },
	{ 0x555500050000, 0x555500051000, 0, VMSCOPE_STATE_NO_MAPPING, 4096, 0, 0, 0,
	  0x555500050000, 0x555500051000, 0, 0, 3, { PGD, PUD, PMD } },
	{ 0x800000000000, 0xffff800000000000, 0, VMSCOPE_STATE_NONCANONICAL, 0, 0, 0, 0,
	  0, 0, 0, 0, 0, { { 0, 0, 0 } } },
	{ 0xffff888000000000, 0xffff888040000000, 0, VMSCOPE_STATE_PRESENT, 1 << 30, 0x40000000, 0, 0,
	  0, 0, 0, 0, 2,
	  { { 0x1a48000, 0x2e01067, TABLE & ~VMSCOPE_ENTRY_USER },
	    { 0x2e01000, 0x80000000400001e3, (PAGE & ~VMSCOPE_ENTRY_USER) | VMSCOPE_ENTRY_WRITABLE | VMSCOPE_ENTRY_DIRTY | VMSCOPE_ENTRY_GLOBAL } } },
	{ 0xffff900000000000, 0xffff908000000000, 0, VMSCOPE_STATE_NO_MAPPING, 0x8000000000, 0, 0, 0,
	  0, 0, 0, 0, 1, { { 0x1a48000, 0, 0 } } },
	{ 0xffffffff80000000, 0xffffffff80200000, EPERM, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, { { 0, 0, 0 } } },
};
/* clang-format on */

#undef R
#undef W
#undef X
#undef S
#undef F

#endif /* _FIXTURES_H */
