/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel half of a machine, as its runs; the regions of fake-layout.c are
 * summed up from them.
 */
#ifndef _FIXTURES_LAYOUT_H
#define _FIXTURES_LAYOUT_H

#include <stdint.h>

#include <linux/vmscope.h>
#include <linux/vmscope_layout.h>

#define R    (VMSCOPE_ENTRY_PRESENT | VMSCOPE_ENTRY_LEAF)
#define RG   (R | VMSCOPE_ENTRY_GLOBAL)
#define RWG  (RG | VMSCOPE_ENTRY_WRITABLE)
#define RXG  (RG | VMSCOPE_ENTRY_EXECUTABLE)
#define RWXG (RWG | VMSCOPE_ENTRY_EXECUTABLE)

#define K4 UINT64_C(0x1000)
#define M2 UINT64_C(0x200000)
#define G1 UINT64_C(0x40000000)

static const struct vmscope_kernel_region fixture_regions[] = {
	{ .id = VMSCOPE_REGION_GUARD,
	  .start = 0xffff800000000000,
	  .end = 0xffff880000000000,
	  .table_pages = { 0, 0, 0, 1 } },
	{ .id = VMSCOPE_REGION_LDT,
	  .start = 0xffff880000000000,
	  .end = 0xffff888000000000 },
	{ .id = VMSCOPE_REGION_UNUSED,
	  .start = 0xffff888000000000,
	  .end = 0xffff9a0040000000 },
	{ .id = VMSCOPE_REGION_DIRECT,
	  .start = 0xffff9a0040000000,
	  .end = 0xffffb00000000000,
	  .table_pages = { 1, 1, 1 } },
	{ .id = VMSCOPE_REGION_VMALLOC,
	  .start = 0xffffb00000000000,
	  .end = 0xffffd00000000000,
	  .table_pages = { 2, 1, 64 } },
	{ .id = VMSCOPE_REGION_UNUSED,
	  .start = 0xffffd00000000000,
	  .end = 0xffffea0000000000 },
	{ .id = VMSCOPE_REGION_VMEMMAP,
	  .start = 0xffffea0000000000,
	  .end = 0xffffeb0000000000,
	  .table_pages = { 0, 1, 1 } },
	{ .id = VMSCOPE_REGION_UNUSED,
	  .start = 0xffffeb0000000000,
	  .end = 0xfffffe0000000000 },
	{ .id = VMSCOPE_REGION_CPU_ENTRY,
	  .start = 0xfffffe0000000000,
	  .end = 0xfffffe8000000000,
	  .table_pages = { 2, 1, 1 } },
	{ .id = VMSCOPE_REGION_UNUSED,
	  .start = 0xfffffe8000000000,
	  .end = 0xffffff0000000000 },
	{ .id = VMSCOPE_REGION_ESPFIX,
	  .start = 0xffffff0000000000,
	  .end = 0xffffff8000000000,
	  .table_pages = { 1, 1, 1 } },
	{ .id = VMSCOPE_REGION_UNUSED,
	  .start = 0xffffff8000000000,
	  .end = 0xffffffff80000000 },
	{ .id = VMSCOPE_REGION_TEXT,
	  .start = 0xffffffff80000000,
	  .end = 0xffffffffc0000000,
	  .table_pages = { 1, 2, 1 } },
	{ .id = VMSCOPE_REGION_MODULES,
	  .start = 0xffffffffc0000000,
	  .end = 0xffffffffff000000,
	  .table_pages = { 1 } },
	{ .id = VMSCOPE_REGION_UNUSED,
	  .start = 0xffffffffff000000,
	  .end = 0xffffffffff1fe000 },
	{ .id = VMSCOPE_REGION_FIXMAP,
	  .start = 0xffffffffff1fe000,
	  .end = 0xffffffffff600000,
	  .table_pages = { 1 } },
	{ .id = VMSCOPE_REGION_VSYSCALL,
	  .start = 0xffffffffff600000,
	  .end = 0xffffffffff601000 },
	{ .id = VMSCOPE_REGION_UNUSED,
	  .start = 0xffffffffff601000,
	  .end = VMSCOPE_RANGE_END },
};

/* @root: the user's root has it, too; @wx: only there with FAKE_WX */
static const struct fixture_kernel_run {
	uint64_t start;
	uint64_t end;
	uint64_t leaf_size;
	uint64_t flags;
	uint64_t entry_flags;
	bool root;
	bool wx;
} fixture_runs[] = {
	{ 0xffff9a0040000000, 0xffff9a0040200000, K4, RWG, RWG, false, false },
	{ 0xffff9a0040200000, 0xffff9a0080000000, M2, RWG, RWG, false, false },
	{ 0xffff9a0080000000, 0xffff9a0100000000, G1, RWG, RWG, false, false },
	{ 0xffff9a0100000000, 0xffff9a0100003000, K4, 0, VMSCOPE_ENTRY_WRITABLE,
	  false, false },
	{ 0xffffb00000000000, 0xffffb00000004000, K4, RWG, RWG, false, false },
	{ 0xffffb00000005000, 0xffffb00000006000, K4,
	  RWG | VMSCOPE_ENTRY_CACHE_DISABLE, RWG | VMSCOPE_ENTRY_CACHE_DISABLE,
	  false, false },
	{ 0xffffb00000008000, 0xffffb0000000c000, K4, RWG, RWG, false, false },
	{ 0xffffea0000000000, 0xffffea0001000000, M2, RWG, RWG, false, false },
	{ 0xfffffe0000000000, 0xfffffe0000001000, K4, RG, RG, true, false },
	{ 0xfffffe2ab5f2d000, 0xfffffe2ab5f32000, K4, RWG, RWG, true, false },
	{ 0xffffff0000008000, 0xffffff0000009000, K4, RG, RG, true, false },
	{ 0xffffff0000018000, 0xffffff0000019000, K4, RG, RG, true, false },
	{ 0xffffff0000028000, 0xffffff0000029000, K4, RG, RG, true, false },
	{ 0xffffff0000038000, 0xffffff0000039000, K4, RG, RG, true, false },
	{ 0xffffff0000048000, 0xffffff0000049000, K4, RG, RG, true, false },
	{ 0xffffff0000058000, 0xffffff0000059000, K4, RG, RG, true, false },
	{ 0xffffffffa4e00000, 0xffffffffa5e00000, M2, RXG, RXG, false, false },
	{ 0xffffffffa5e00000, 0xffffffffa6000000, M2, RXG, RXG, true, false },
	{ 0xffffffffa6000000, 0xffffffffa6c00000, M2, RG, RG, false, false },
	{ 0xffffffffa6e00000, 0xffffffffa7012000, K4, RWG, RWG, false, false },
	{ 0xffffffffc0201000, 0xffffffffc0210000, K4, RXG, RXG, false, false },
	{ 0xffffffffc0210000, 0xffffffffc0218000, K4, RWXG, RWXG, false, true },
	{ 0xffffffffc0220000, 0xffffffffc0224000, K4, RWG, RWXG, false, false },
	{ 0xffffffffff5fb000, 0xffffffffff5fd000, K4, RWG, RWG, false, false },
	{ 0xffffffffff600000, 0xffffffffff601000, K4, R | VMSCOPE_ENTRY_USER,
	  R | VMSCOPE_ENTRY_USER, true, false },
};

#endif /* _FIXTURES_LAYOUT_H */
