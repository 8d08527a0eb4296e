// SPDX-License-Identifier: GPL-2.0
/* The rules for causes: each row of Documentation/tracing.md, and their order. */
#include <stddef.h>
#include <string.h>

#include "kernel.h"
#include "unit.h"

#include "../../module/fault_cause.c"

#define PAGE_RO	 (VMSCOPE_BIT_PRESENT | VMSCOPE_BIT_USER | 0x5000)
#define PAGE_RW	 (PAGE_RO | VMSCOPE_BIT_WRITABLE)
#define OTHER_RW (VMSCOPE_BIT_PRESENT | VMSCOPE_BIT_WRITABLE | 0x9000)

/* A fault on an empty entry of private anonymous memory; changed by the rows. */
static struct vmscope_evidence plain(void)
{
	return (struct vmscope_evidence){
		.level_before = 1,
		.level_after = 1,
		.state_before = VMSCOPE_STATE_NONE,
		.state_after = VMSCOPE_STATE_PRESENT,
		.after = PAGE_RW,
		.mapped = true,
	};
}

static void check(const char *what, unsigned int want,
		  const struct vmscope_evidence *evidence)
{
	unsigned int got = vmscope_fault_cause(evidence);

	unit_ok(got == want, "%s%s", what, got == want ? "" : ": another");
}

#define CHECK(what, want, ...)                         \
	do {                                           \
		struct vmscope_evidence e = plain();   \
		__VA_ARGS__;                           \
		check(what, VMSCOPE_CAUSE_##want, &e); \
	} while (0)

static void bad_ends(void)
{
	CHECK("SIGBUS", BUS_ERROR, e.end = VMSCOPE_END_BUS);
	CHECK("SIGSEGV in a mapping", BAD_ACCESS, e.end = VMSCOPE_END_SEGV);
	CHECK("SIGSEGV where nothing is", BAD_ADDRESS, e.end = VMSCOPE_END_SEGV,
	      e.mapped = false);
	CHECK("SIGSEGV by protection", BAD_ACCESS, e.end = VMSCOPE_END_SEGV,
	      e.mapped = false, e.protection = true);
	CHECK("out of memory", FAILED, e.end = VMSCOPE_END_FAILED);
	CHECK("given up in a userfaultfd", USERFAULTFD,
	      e.end = VMSCOPE_END_FAILED, e.uffd = true, e.retried = true);
	CHECK("never handled", OTHER, e.end = VMSCOPE_END_UNHANDLED);
}

static void waits(void)
{
	CHECK("userfaultfd, missing", USERFAULTFD, e.uffd = true,
	      e.retried = true);
	CHECK("userfaultfd, not asked", DEMAND_ZERO, e.uffd = true);
	CHECK("repeated without userfaultfd", DEMAND_ZERO, e.retried = true);
	CHECK("userfaultfd, write-protected", USERFAULTFD, e.uffd = true,
	      e.retried = true, e.write = true,
	      e.state_before = VMSCOPE_STATE_PRESENT,
	      e.before = PAGE_RO | VMSCOPE_BIT_UFFD);
	CHECK("migration", MIGRATION, e.state_before = VMSCOPE_STATE_MIGRATING);
	CHECK("NUMA hint", NUMA_HINT, e.state_before = VMSCOPE_STATE_NUMA_HINT);
}

static void backing(void)
{
	CHECK("hugetlb", HUGETLB, e.backing = VMSCOPE_BACKING_HUGETLB);
	CHECK("device", DEVICE, e.backing = VMSCOPE_BACKING_DEVICE);
	CHECK("device private", DEVICE,
	      e.state_before = VMSCOPE_STATE_DEVICE_PRIVATE);
	CHECK("swap, read", SWAP_MAJOR, e.state_before = VMSCOPE_STATE_SWAPPED,
	      e.io = true);
	CHECK("swap, cached", SWAP_CACHE,
	      e.state_before = VMSCOPE_STATE_SWAPPED);
}

static void empty(void)
{
	CHECK("stack", STACK_GROWTH, e.grown = true, e.write = true);
	CHECK("huge", HUGE_ZERO, e.level_before = 2, e.level_after = 2);
	CHECK("huge zero page", HUGE_ZERO, e.level_before = 2,
	      e.level_after = 2, e.state_after = VMSCOPE_STATE_ZERO);
	CHECK("zero page", ZERO_PAGE, e.state_after = VMSCOPE_STATE_ZERO);
	CHECK("demand zero", DEMAND_ZERO, e.write = true);
	CHECK("demand zero, after unknown", DEMAND_ZERO, e.level_after = 0);
	CHECK("file, read", FILE_MAJOR, e.backing = VMSCOPE_BACKING_FILE,
	      e.io = true);
	CHECK("file, in memory", FILE_MINOR, e.backing = VMSCOPE_BACKING_FILE);
	CHECK("file, shared, written", FILE_MINOR, e.write = true,
	      e.shared = true, e.backing = VMSCOPE_BACKING_FILE);
	CHECK("file, private, written", COW_COPY, e.write = true,
	      e.backing = VMSCOPE_BACKING_FILE);
	CHECK("shared memory", SHMEM, e.shared = true,
	      e.backing = VMSCOPE_BACKING_SHMEM);
	CHECK("shared memory, private, written", COW_COPY, e.write = true,
	      e.backing = VMSCOPE_BACKING_SHMEM);
}

#define RO_WRITE                                                \
	e.write = true, e.state_before = VMSCOPE_STATE_PRESENT, \
	e.before = PAGE_RO

static void pages(void)
{
	CHECK("reuse", COW_REUSE, RO_WRITE);
	CHECK("copy", COW_COPY, RO_WRITE, e.after = OTHER_RW);
	CHECK("zero page written", COW_COPY, RO_WRITE,
	      e.state_before = VMSCOPE_STATE_ZERO, e.after = OTHER_RW);
	CHECK("soft-dirty", UPKEEP, RO_WRITE,
	      e.after = PAGE_RW | VMSCOPE_BIT_SOFT_DIRTY);
	CHECK("soft-dirty before", COW_REUSE, RO_WRITE,
	      e.before = PAGE_RO | VMSCOPE_BIT_SOFT_DIRTY,
	      e.after = PAGE_RW | VMSCOPE_BIT_SOFT_DIRTY);
	CHECK("write notify", WRITE_NOTIFY, RO_WRITE, e.shared = true,
	      e.backing = VMSCOPE_BACKING_FILE);
	CHECK("write notify, after unknown", WRITE_NOTIFY, RO_WRITE,
	      e.shared = true, e.level_after = 0,
	      e.backing = VMSCOPE_BACKING_FILE);
	CHECK("huge, written", HUGE_WRITE, RO_WRITE, e.level_before = 2,
	      e.level_after = 2);
	CHECK("userfaultfd, asynchronous", UPKEEP, RO_WRITE, e.uffd = true,
	      e.before = PAGE_RO | VMSCOPE_BIT_UFFD);
	CHECK("writable already", SPURIOUS, RO_WRITE, e.before = PAGE_RW);
	CHECK("read, there already", SPURIOUS,
	      e.state_before = VMSCOPE_STATE_PRESENT, e.before = PAGE_RO);
	CHECK("written, after unknown", OTHER, RO_WRITE, e.level_after = 0);
	CHECK("before unknown", OTHER, e.level_before = 0);
}

int main(void)
{
	bad_ends();
	waits();
	backing();
	empty();
	pages();
	return unit_done();
}
