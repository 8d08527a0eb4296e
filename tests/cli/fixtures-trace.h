/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page faults of a process that no machine can have, as the module might have
 * seen them.
 */
#ifndef _FIXTURES_TRACE_H
#define _FIXTURES_TRACE_H

#include "vmscope.h"

/* Beyond the highest process id, so that /proc never has it. */
#define TRACED_PID 5000000

#define TRACED_KNOWN                                     \
	(VMSCOPE_FAULT_HANDLER | VMSCOPE_FAULT_MAPPING | \
	 VMSCOPE_FAULT_BEFORE | VMSCOPE_FAULT_AFTER)
#define TRACED_ALL (TRACED_KNOWN | VMSCOPE_FAULT_EXCEPTION)

#define TRACED_HEAP	UINT64_C(0x555501000000)
#define TRACED_TEXT	UINT64_C(0x555500000000)
#define TRACED_ANON	UINT64_C(0x7f0000000000)
#define TRACED_TEXT_INO UINT64_C(0x7fffffffffff0001)

#define IN_HEAP                                                     \
	.map_start = TRACED_HEAP, .map_end = TRACED_HEAP + 0x21000, \
	.map_flags = VMSCOPE_MAP_READ | VMSCOPE_MAP_WRITE,          \
	.map_kind = VMSCOPE_KIND_HEAP
#define IN_ANON                                                      \
	.map_start = TRACED_ANON, .map_end = TRACED_ANON + 0x400000, \
	.map_flags = VMSCOPE_MAP_READ | VMSCOPE_MAP_WRITE,           \
	.map_kind = VMSCOPE_KIND_ANON
#define IN_TEXT                                                              \
	.map_start = TRACED_TEXT, .map_end = TRACED_TEXT + 0x10000,          \
	.map_flags = VMSCOPE_MAP_READ | VMSCOPE_MAP_EXEC | VMSCOPE_MAP_FILE, \
	.map_kind = VMSCOPE_KIND_TEXT, .inode = TRACED_TEXT_INO,             \
	.device = UINT64_C(8) << 32 | 1

/* Of two processors in turn; time_ns is after the first. */
static const struct vmscope_record_fault traced_faults[] = {
	{ .header = { .time_ns = 0 },
	  .flags = TRACED_ALL | VMSCOPE_FAULT_MAJOR | VMSCOPE_FAULT_RETRIED,
	  .cause = VMSCOPE_CAUSE_FILE_MAJOR,
	  .access = VMSCOPE_ACCESS_EXEC,
	  .error_code = 0x14,
	  .fault_flags = 0x1254,
	  .fault_result = 0x4,
	  .address = TRACED_TEXT + 0x1234,
	  .ip = TRACED_TEXT + 0x1234,
	  .exception_ns = 1234567,
	  .handler_ns = 1200000,
	  .lock_wait_ns = 1500,
	  .entry_after = 0x8000000012345025,
	  .level_before = 1,
	  .level_after = 1,
	  .calls = 2,
	  .around_pages = 15,
	  .offset = 0x1234,
	  IN_TEXT },
	{ .header = { .time_ns = 1300000 },
	  .flags = TRACED_ALL,
	  .cause = VMSCOPE_CAUSE_DEMAND_ZERO,
	  .access = VMSCOPE_ACCESS_WRITE,
	  .error_code = 6,
	  .fault_flags = 0x1255,
	  .address = TRACED_HEAP + 0x10,
	  .ip = TRACED_TEXT + 0x1240,
	  .exception_ns = 812,
	  .handler_ns = 640,
	  .entry_after = 0x8000000054321867,
	  .level_before = 1,
	  .level_after = 1,
	  .calls = 1,
	  IN_HEAP },
	{ .header = { .time_ns = 1310000 },
	  .tid = 1,
	  .flags = TRACED_ALL,
	  .cause = VMSCOPE_CAUSE_DEMAND_ZERO,
	  .origin = VMSCOPE_ORIGIN_KERNEL,
	  .access = VMSCOPE_ACCESS_WRITE,
	  .error_code = 2,
	  .fault_flags = 0x1255,
	  .address = TRACED_ANON + 0x3000,
	  .ip = UINT64_C(0xffff800000000567),
	  .user_ip = TRACED_TEXT + 0x1300,
	  .exception_ns = 1040,
	  .handler_ns = 900,
	  .entry_after = 0x8000000054322867,
	  .level_before = 1,
	  .level_after = 1,
	  .calls = 1,
	  IN_ANON },
	{ .header = { .time_ns = 1500000 },
	  .flags = TRACED_ALL,
	  .cause = VMSCOPE_CAUSE_COW_COPY,
	  .access = VMSCOPE_ACCESS_WRITE,
	  .error_code = 7,
	  .fault_flags = 0x1255,
	  .address = TRACED_HEAP + 0x1fff8,
	  .ip = TRACED_TEXT + 0x1400,
	  .exception_ns = 2310,
	  .handler_ns = 2100,
	  .entry_before = 0x8000000054323025,
	  .entry_after = 0x8000000054324867,
	  .level_before = 1,
	  .level_after = 1,
	  .calls = 1,
	  IN_HEAP },
	{ .header = { .time_ns = 1600000 },
	  .target_pid = 1,
	  .flags = TRACED_KNOWN | VMSCOPE_FAULT_REMOTE | VMSCOPE_FAULT_HIDDEN,
	  .cause = VMSCOPE_CAUSE_SWAP_MAJOR,
	  .origin = VMSCOPE_ORIGIN_GUP,
	  .address = TRACED_ANON + 0x5000,
	  .user_ip = TRACED_TEXT + 0x1500,
	  .handler_ns = 45600,
	  .level_before = 1,
	  .level_after = 1,
	  .calls = 1,
	  IN_ANON },
	{ .header = { .time_ns = 1700000 },
	  .flags = VMSCOPE_FAULT_EXCEPTION | VMSCOPE_FAULT_FAILED,
	  .cause = VMSCOPE_CAUSE_BAD_ADDRESS,
	  .error_code = 4,
	  .signal = 11,
	  .address = 0x10,
	  .ip = TRACED_TEXT + 0x1600,
	  .exception_ns = 530 },
};

#endif /* _FIXTURES_TRACE_H */
