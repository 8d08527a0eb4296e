// SPDX-License-Identifier: GPL-2.0
/*
 * The rules are a table: the first row wins whose facts are all there, and none
 * of those that it excludes. Documentation/tracing.md has it with reasons.
 */
#ifdef __KERNEL__
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#endif

#include "fault_cause.h"

#define ONE(n) (1ULL << (n))

/* the access and the mapping */
#define WRITES	    ONE(0)
#define MAPPED	    ONE(1)
#define ANON	    ONE(2)
#define FILE_BACKED ONE(3)
#define SHMEM	    ONE(4)
#define HUGETLB	    ONE(5)
#define DEVICE	    ONE(6)
#define SHARED	    ONE(7)
#define UFFD	    ONE(8)
#define GROWN	    ONE(9)
/* how it went */
#define SEGV	    ONE(10)
#define BUS	    ONE(11)
#define FAILED	    ONE(12)
#define UNHANDLED   ONE(13)
#define PROTECTION  ONE(14)
#define RETRIED	    ONE(15)
#define IO	    ONE(16)
/* the entry before */
#define NONE	    ONE(20)
#define SWAPPED	    ONE(21)
#define MIGRATING   ONE(22)
#define HINT	    ONE(23)
#define PRESENT	    ONE(24) /* a page that the processor may use */
#define HUGE	    ONE(25)
#define WRITABLE    ONE(26)
#define WATCHED	    ONE(27) /* write-protected by a userfaultfd */
#define ON_DEVICE   ONE(28)
/* the entry after */
#define AFTER	    ONE(32) /* is known */
#define TO_ZERO	    ONE(33)
#define TO_HUGE	    ONE(34)
#define SAME_FRAME  ONE(35)
#define DIRTIED	    ONE(36) /* soft-dirty from now on */
#define UNWATCHED   ONE(37)
#define TO_DEVICE   ONE(38)

static const struct {
	__u64 with;
	__u64 without;
	unsigned int cause;
} rules[] = {
	/* those that ended badly */
	{ BUS, 0, VMSCOPE_CAUSE_BUS_ERROR },
	{ SEGV | MAPPED, 0, VMSCOPE_CAUSE_BAD_ACCESS },
	{ SEGV | PROTECTION, 0, VMSCOPE_CAUSE_BAD_ACCESS },
	{ SEGV, 0, VMSCOPE_CAUSE_BAD_ADDRESS },
	{ FAILED | UFFD | RETRIED, 0, VMSCOPE_CAUSE_USERFAULTFD },
	{ FAILED, 0, VMSCOPE_CAUSE_FAILED },
	{ UNHANDLED, 0, VMSCOPE_CAUSE_OTHER },

	/* those that had to wait for somebody in particular */
	{ UFFD | RETRIED | NONE, 0, VMSCOPE_CAUSE_USERFAULTFD },
	{ UFFD | RETRIED | WATCHED | WRITES, 0, VMSCOPE_CAUSE_USERFAULTFD },
	{ MIGRATING, 0, VMSCOPE_CAUSE_MIGRATION },
	{ HINT, 0, VMSCOPE_CAUSE_NUMA_HINT },

	/* by what backs the mapping */
	{ HUGETLB, 0, VMSCOPE_CAUSE_HUGETLB },
	{ DEVICE, 0, VMSCOPE_CAUSE_DEVICE },
	{ ON_DEVICE, 0, VMSCOPE_CAUSE_DEVICE },
	{ NONE | TO_DEVICE, 0, VMSCOPE_CAUSE_DEVICE },
	{ SWAPPED | IO, 0, VMSCOPE_CAUSE_SWAP_MAJOR },
	{ SWAPPED, 0, VMSCOPE_CAUSE_SWAP_CACHE },

	/* nothing was there */
	{ NONE | GROWN, 0, VMSCOPE_CAUSE_STACK_GROWTH },
	{ NONE | ANON | TO_HUGE, 0, VMSCOPE_CAUSE_HUGE_ZERO },
	{ NONE | ANON | TO_ZERO, WRITES, VMSCOPE_CAUSE_ZERO_PAGE },
	{ NONE | ANON, 0, VMSCOPE_CAUSE_DEMAND_ZERO },
	{ NONE | FILE_BACKED | IO, 0, VMSCOPE_CAUSE_FILE_MAJOR },
	{ NONE | WRITES | FILE_BACKED, SHARED, VMSCOPE_CAUSE_COW_COPY },
	{ NONE | WRITES | SHMEM, SHARED, VMSCOPE_CAUSE_COW_COPY },
	{ NONE | FILE_BACKED, 0, VMSCOPE_CAUSE_FILE_MINOR },
	{ NONE | SHMEM, 0, VMSCOPE_CAUSE_SHMEM },

	/* a page was there */
	{ PRESENT | WATCHED | WRITES | UNWATCHED, 0, VMSCOPE_CAUSE_UPKEEP },
	{ PRESENT | HUGE | WRITES, WRITABLE, VMSCOPE_CAUSE_HUGE_WRITE },
	{ PRESENT | WRITES | SHARED, WRITABLE, VMSCOPE_CAUSE_WRITE_NOTIFY },
	{ PRESENT | WRITES | SAME_FRAME | DIRTIED, WRITABLE,
	  VMSCOPE_CAUSE_UPKEEP },
	{ PRESENT | WRITES | SAME_FRAME, WRITABLE, VMSCOPE_CAUSE_COW_REUSE },
	{ PRESENT | WRITES | AFTER, WRITABLE, VMSCOPE_CAUSE_COW_COPY },
	{ PRESENT | WRITABLE, 0, VMSCOPE_CAUSE_SPURIOUS },
	{ PRESENT, WRITES, VMSCOPE_CAUSE_SPURIOUS },
	{ 0, 0, VMSCOPE_CAUSE_OTHER },
};

static __u64 if_so(bool so, __u64 fact)
{
	return so ? fact : 0;
}

static const __u64 backings[] = {
	[VMSCOPE_BACKING_ANON] = ANON,	   [VMSCOPE_BACKING_FILE] = FILE_BACKED,
	[VMSCOPE_BACKING_SHMEM] = SHMEM,   [VMSCOPE_BACKING_HUGETLB] = HUGETLB,
	[VMSCOPE_BACKING_DEVICE] = DEVICE,
};

static const __u64 ends[] = {
	[VMSCOPE_END_DONE] = 0,
	[VMSCOPE_END_SEGV] = SEGV,
	[VMSCOPE_END_BUS] = BUS,
	[VMSCOPE_END_FAILED] = FAILED,
	[VMSCOPE_END_UNHANDLED] = UNHANDLED,
};

/* A write-protected marker holds no page, so that is as if it was empty. */
static const __u64 states[VMSCOPE_STATES] = {
	[VMSCOPE_STATE_NONE] = NONE,
	[VMSCOPE_STATE_PRESENT] = PRESENT,
	[VMSCOPE_STATE_ZERO] = PRESENT,
	[VMSCOPE_STATE_DEVICE] = ON_DEVICE,
	[VMSCOPE_STATE_PROTNONE] = 0,
	[VMSCOPE_STATE_NUMA_HINT] = HINT,
	[VMSCOPE_STATE_SWAPPED] = SWAPPED,
	[VMSCOPE_STATE_MIGRATING] = MIGRATING,
	[VMSCOPE_STATE_SPLITTING] = MIGRATING,
	[VMSCOPE_STATE_UFFD_WP] = NONE | WATCHED,
	[VMSCOPE_STATE_DEVICE_PRIVATE] = ON_DEVICE,
};

static __u64 facts_before(const struct vmscope_evidence *e)
{
	__u64 facts = states[e->state_before];

	if (!e->level_before)
		return 0;
	if (!(facts & PRESENT))
		return facts;
	return facts | if_so(e->level_before > 1, HUGE) |
	       if_so(e->before & VMSCOPE_BIT_WRITABLE, WRITABLE) |
	       if_so(e->before & VMSCOPE_BIT_UFFD, WATCHED);
}

static __u64 facts_after(const struct vmscope_evidence *e)
{
	bool page = e->state_after == VMSCOPE_STATE_PRESENT ||
		    e->state_after == VMSCOPE_STATE_ZERO;
	bool zero = e->state_after == VMSCOPE_STATE_ZERO && e->level_after == 1;
	__u64 gained = e->after & ~e->before;
	bool same;

	if (!e->level_after)
		return 0;
	same = page && e->level_before == e->level_after &&
	       !((e->before ^ e->after) & VMSCOPE_FRAME_MASK);
	return AFTER | if_so(zero, TO_ZERO) |
	       if_so(page && e->level_after > 1, TO_HUGE) |
	       if_so(same, SAME_FRAME) |
	       if_so(gained & VMSCOPE_BIT_SOFT_DIRTY, DIRTIED) |
	       if_so(page && !(e->after & VMSCOPE_BIT_UFFD), UNWATCHED) |
	       if_so(e->state_after == VMSCOPE_STATE_DEVICE, TO_DEVICE);
}

/**
 * vmscope_fault_cause() - why was it taken?
 * @e: what was seen of it
 *
 * Return: &enum vmscope_cause.
 */
unsigned int vmscope_fault_cause(const struct vmscope_evidence *e)
{
	__u64 facts = ends[e->end] | if_so(e->write, WRITES) |
		      if_so(e->protection, PROTECTION) |
		      if_so(e->retried, RETRIED) | if_so(e->io, IO) |
		      facts_before(e) | facts_after(e);
	unsigned int i = 0;

	if (e->mapped)
		facts |= MAPPED | backings[e->backing] |
			 if_so(e->shared, SHARED) | if_so(e->uffd, UFFD) |
			 if_so(e->grown, GROWN);
	while ((facts & rules[i].with) != rules[i].with ||
	       facts & rules[i].without)
		i++;
	return rules[i].cause;
}
