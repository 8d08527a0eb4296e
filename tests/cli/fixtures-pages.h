/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages of the process of fixtures.h: every state, leaves of every size, and
 * ranges that are one or several, depending on what is asked for.
 */
#ifndef _FIXTURES_PAGES_H
#define _FIXTURES_PAGES_H

#include "fixtures.h"

/* clang-format off */
#define P VMSCOPE_ENTRY_PRESENT
#define W VMSCOPE_ENTRY_WRITABLE
#define U VMSCOPE_ENTRY_USER
#define X VMSCOPE_ENTRY_EXECUTABLE
#define A VMSCOPE_ENTRY_ACCESSED
#define D VMSCOPE_ENTRY_DIRTY
#define L VMSCOPE_ENTRY_LEAF
#define N VMSCOPE_ENTRY_PROTNONE
#define ST(state) VMSCOPE_STATE_##state
#define K4 4096
#define M2 (2 << 20)
#define G1 (1 << 30)

static const struct fixture_run server_runs[] = {
	/* text: contiguous; then accessed, so divided by flags only */
	{ 0x555500000000, 40, K4, ST(PRESENT), P | U | X | L, 0, 0x5, 0x123459000, K4, 0 },
	{ 0x555500028000, 10, K4, ST(PRESENT), P | U | X | A | L, 0, 0x25, 0x123481000, K4, 0 },
	/* data: two pages that do not lie side by side, one in swap */
	{ 0x555500051000, 2, K4, ST(PRESENT), P | W | U | A | D | L, 0, 0x8000000000000067, 0x134000000, 0x10000, 0 },
	{ 0x555500053000, 1, K4, ST(SWAPPED), VMSCOPE_ENTRY_EXCLUSIVE, 0, 0x07fffffffe3bfc08, 0x1c4000, K4, 1 },
	/* heap */
	{ 0x555501000000, 16, K4, ST(PRESENT), P | W | U | A | D | L, 0, 0x8000000000000067, 0x140000000, K4, 0 },
	{ 0x555501010000, 3, K4, ST(ZERO), P | U | A | L | VMSCOPE_ENTRY_SPECIAL, 0, 0x8000000000000225, 0x2a00000, 0, 0 },
	{ 0x555501020000, 8, K4, ST(SWAPPED), VMSCOPE_ENTRY_SOFT_DIRTY | VMSCOPE_ENTRY_EXCLUSIVE, 0, 0x07fffffffffb7c0a, 0x200000, K4, 0 },
	{ 0x555501028000, 4, K4, ST(SWAPPED), VMSCOPE_ENTRY_SOFT_DIRTY | VMSCOPE_ENTRY_EXCLUSIVE, 0, 0x0ffffffffffb7c0a, 0x300000, K4, 1 },
	{ 0x55550102c000, 4, K4, ST(SWAPPED), VMSCOPE_ENTRY_SOFT_DIRTY | VMSCOPE_ENTRY_EXCLUSIVE, 0, 0x0ffffffffff07c0a, 0x800000, K4, 1 },
	{ 0x555501040000, 1, K4, ST(POISONED), 0, 0, 0xf87fffffffdb9400, 0, 0, 0 },
	{ 0x555501041000, 2, K4, ST(UFFD_WP), VMSCOPE_ENTRY_UFFD_WP, 0, 0xf9fffffffffffe04, 0, 0, 0 },
	{ 0x555501050000, 1, K4, ST(PRESENT), P | U | A | L | VMSCOPE_ENTRY_UFFD_WP, 0, 0x8000000000000425, 0x150000000, K4, 0 },
	/* huge pages; the fifth was not written */
	{ 0x7f0000000000, 4, M2, ST(PRESENT), P | W | U | A | D | L, 0, 0x80000000000000e7, 0x180000000, M2, 0 },
	{ 0x7f0000800000, 1, M2, ST(PRESENT), P | W | U | A | L, 0, 0x80000000000000a7, 0x180800000, M2, 0 },
	{ 0x7f0000a00000, 4, K4, ST(NUMA_HINT), A | L | N, 0, 0xfff0000000000b64, 0x123457000, K4, 0 },
	{ 0x7f0000a04000, 1, K4, ST(MIGRATING), 0, 0, 0xf7ffffffffdb9402, 0, 0, 0 },
	{ 0x7f0000c00000, 1, M2, ST(SPLITTING), 0, 0, 0x80, 0, 0, 0 },
	/* no access */
	{ 0x7f0080000000, 7, K4, ST(PROTNONE), A | L | N, 0, 0xfff0000000000b64, 0x123460000, K4, 0 },
	{ 0x7f0080007000, 1, K4, ST(GUARD), 0, 0, 0xf9fffffffffff800, 0, 0, 0 },
	{ 0x7f0080008000, 1, K4, ST(UNKNOWN), 0, 0, 0xc7fffffffffdb940, 0, 0, 0 },
	{ 0x7f0080009000, 2, K4, ST(DEVICE_PRIVATE), 0, 0, 0xdffffffffffdb940, 0, 0, 0 },
	/* hugetlb */
	{ 0x7f00c0000000, 1, G1, ST(PRESENT), P | W | U | A | D | L, 0, 0x80000000000000e7, 0x200000000, G1, 0 },
	/* writable and executable, with two protection keys */
	{ 0x7f0140000000, 8, K4, ST(PRESENT), P | W | U | X | A | D | L, 0, 0x67, 0x160000000, K4, 0 },
	{ 0x7f0140008000, 8, K4, ST(PRESENT), P | W | U | X | A | D | L, 5, 0x2800000000000067, 0x160008000, K4, 0 },
	/* a device, from physical address 0 on */
	{ 0x7f0160000000, 4, K4, ST(DEVICE), P | W | U | A | L | VMSCOPE_ENTRY_CACHE_DISABLE | VMSCOPE_ENTRY_SPECIAL, 0, 0x8000000000000237, 0, K4, 0 },
	{ 0x7ffc00100000, 1, K4, ST(PRESENT), P | U | X | A | L, 0, 0x25, 0x170000000, K4, 0 },
};
/* clang-format on */

#undef P
#undef W
#undef U
#undef X
#undef A
#undef D
#undef L
#undef N

#endif /* _FIXTURES_PAGES_H */
