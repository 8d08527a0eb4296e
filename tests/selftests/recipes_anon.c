// SPDX-License-Identifier: GPL-2.0
/* Targets with private memory. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "req.h"
#include "target.h"
#include "witness.h"

#define RW (PROT_READ | PROT_WRITE)

int setup_dense(struct report *r)
{
	size_t len = 32 * MIB;
	char *m = map_anon(len, RW, MAP_PRIVATE);
	struct area *a = area_add(r, "dense", m, len);

	touch(m, len, PAGE, 1);
	a->state[VMSCOPE_STATE_PRESENT] = len;
	a->kind = VMSCOPE_KIND_ANON;
	return 0;
}

int setup_half(struct report *r)
{
	size_t len = 32 * MIB;
	char *m = map_anon(len, RW, MAP_PRIVATE);
	struct area *a = area_add(r, "every other page", m, len);

	touch(m, len, 2 * PAGE, 1);
	a->state[VMSCOPE_STATE_PRESENT] = len / 2;
	a->kind = VMSCOPE_KIND_ANON;
	return 0;
}

int setup_sparse(struct report *r)
{
	size_t len = 1 * GIB;
	char *m = map_anon(len, RW, MAP_PRIVATE | MAP_NORESERVE);
	struct area *a = area_add(r, "a page per 2 MiB", m, len);

	touch(m, len, 2 * MIB, 1);
	a->state[VMSCOPE_STATE_PRESENT] = len / 512;
	a->kind = VMSCOPE_KIND_ANON;
	return 0;
}

int setup_swapped(struct report *r)
{
	size_t len = 8 * MIB;
	char *m = map_anon(len, RW, MAP_PRIVATE);
	uint64_t out;
	struct area *a;

	if (!swap_areas())
		return area_skip(r, "no swap area");
	touch(m, len, PAGE, 1);
	out = page_out(m, len);
	if (out < len / PAGE / 2)
		return area_skip(r, "only %lu of %llu pages went out", out,
				 len / PAGE);
	a = area_add(r, "swapped out", m, len);
	a->state[VMSCOPE_STATE_SWAPPED] = out * PAGE;
	a->state[VMSCOPE_STATE_PRESENT] = len - out * PAGE;

	/* partly read back, partly overwritten */
	m = map_anon(len, RW, MAP_PRIVATE);
	touch(m, len, PAGE, 2);
	page_out(m, len);
	look(m, len / 4, 8 * PAGE);
	touch(m + len / 2, len / 4, 8 * PAGE, 3);
	a = area_add(r, "swapped and read back", m, len);
	a->exact = 0;
	return 0;
}

/* Swapped out, then shared with a child by fork: not exclusive any more. */
int setup_swapped_shared(struct report *r)
{
	size_t len = 2 * MIB;
	char *m = map_anon(len, RW, MAP_PRIVATE);
	uint64_t out;
	struct area *a;

	if (!swap_areas())
		return area_skip(r, "no swap area");
	touch(m, len, PAGE, 1);
	out = page_out(m, len);
	if (!out)
		return area_skip(r, "nothing went out");
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(report_fd);
		for (;;)
			pause();
	}
	a = area_add(r, "swapped, then forked", m, len);
	a->state[VMSCOPE_STATE_SWAPPED] = out * PAGE;
	a->state[VMSCOPE_STATE_PRESENT] = len - out * PAGE;
	return 0;
}

int setup_zero(struct report *r)
{
	size_t len = 4 * MIB;
	char *m = map_anon(len, RW, MAP_PRIVATE);
	struct area *a = area_add(r, "read, never written", m, len);

	look(m, len, PAGE);
	touch(m, len, 4 * PAGE, 1);
	a->state[VMSCOPE_STATE_ZERO] = len / 4 * 3;
	a->state[VMSCOPE_STATE_PRESENT] = len / 4;
	return 0;
}

int setup_protnone(struct report *r)
{
	size_t len = 4 * MIB;
	char *m = map_anon(len, RW, MAP_PRIVATE);
	struct area *a = area_add(r, "forbidden, with content", m, len);

	touch(m, len / 2, PAGE, 1);
	mprotect(m, len, PROT_NONE);
	a->state[VMSCOPE_STATE_PROTNONE] = len / 2;

	/* the zero page, forbidden: kept, but it never counted as resident */
	m = map_anon(len, RW, MAP_PRIVATE);
	look(m, len, PAGE);
	touch(m, len, 2 * PAGE, 1);
	mprotect(m, len, PROT_NONE);
	a = area_add(r, "forbidden zero pages", m, len);
	a->state[VMSCOPE_STATE_PROTNONE] = len;

	/* huge, forbidden */
	m = map_aligned(4 * MIB, 2 * MIB);
	madvise(m, 4 * MIB, MADV_HUGEPAGE);
	touch(m, 4 * MIB, PAGE, 1);
	mprotect(m, 4 * MIB, PROT_NONE);
	a = area_add(r, "forbidden huge pages", m, 4 * MIB);
	a->state[VMSCOPE_STATE_PROTNONE] = 4 * MIB;

	/* forbidden and allowed again */
	m = map_anon(len, RW, MAP_PRIVATE);
	touch(m, len, PAGE, 1);
	mprotect(m, len, PROT_NONE);
	mprotect(m, len, PROT_READ);
	a = area_add(r, "allowed again", m, len);
	a->state[VMSCOPE_STATE_PRESENT] = len;
	return 0;
}

/* Given back: nothing is there any more, in some places with the tables left over. */
int setup_dontneed(struct report *r)
{
	size_t len = 8 * MIB;
	char *m = map_anon(len, RW, MAP_PRIVATE);
	struct area *a = area_add(r, "given back", m, len);

	touch(m, len, PAGE, 1);
	madvise(m, len, MADV_DONTNEED);
	touch(m + len / 2, 16 * PAGE, PAGE, 2);
	a->state[VMSCOPE_STATE_PRESENT] = 16 * PAGE;
	return 0;
}

int setup_mremap(struct report *r)
{
	size_t len = 4 * MIB;
	char *m = map_anon(len, RW, MAP_PRIVATE),
	     *to = map_anon(4 * len, PROT_NONE, MAP_PRIVATE);
	struct area *a;

	touch(m, len, PAGE, 1);
	if (mremap(m, len, 2 * len, MREMAP_MAYMOVE | MREMAP_FIXED, to + PAGE) !=
	    to + PAGE)
		return area_skip(r, "mremap failed");
	a = area_add(r, "moved and grown", to + PAGE, 2 * len);
	a->state[VMSCOPE_STATE_PRESENT] = len;
	munmap(to + PAGE + len / 2, len / 4);
	a->end = a->start + len / 2;
	a->state[VMSCOPE_STATE_PRESENT] = len / 2;
	return 0;
}

/* What smaps of this very process says of the mapping at @start. */
static uint64_t own_anon_huge(const void *start)
{
	struct mappings list;
	const struct mapping *map;
	uint64_t bytes = 0;

	if (read_smaps(getpid(), &list))
		return 0;
	map = mappings_find(&list, (uintptr_t)start);
	if (map)
		bytes = map->anon_huge;
	mappings_free(&list);
	return bytes;
}

int setup_thp(struct report *r)
{
	size_t len = 16 * MIB;
	char *m = map_aligned(len, 2 * MIB);
	struct area *a;

	if (madvise(m, len, MADV_HUGEPAGE))
		return area_skip(r, "no transparent huge pages");
	touch(m, len / 2, 2 * MIB, 1);
	if (own_anon_huge(m) != len / 2)
		return area_skip(r, "only %lu bytes of huge pages",
				 own_anon_huge(m));
	a = area_add(r, "huge pages", m, len);
	a->state[VMSCOPE_STATE_PRESENT] = len / 2;
	a->leaf_pmd = len / 2;
	return 0;
}

int setup_thp_split(struct report *r)
{
	size_t len = 8 * MIB;
	char *m = map_aligned(len, 2 * MIB);
	struct area *a;

	if (madvise(m, len, MADV_HUGEPAGE))
		return area_skip(r, "no transparent huge pages");
	touch(m, len, 2 * MIB, 1);
	if (own_anon_huge(m) != len)
		return area_skip(r, "only %lu bytes of huge pages",
				 own_anon_huge(m));
	/* the second is split by rights, the third by a hole */
	mprotect(m + 2 * MIB, 16 * PAGE, PROT_READ);
	madvise(m + 4 * MIB, 8 * PAGE, MADV_DONTNEED);
	a = area_add(r, "split huge pages", m, len);
	a->state[VMSCOPE_STATE_PRESENT] = len - 8 * PAGE;
	a->leaf_pmd = 4 * MIB;
	return 0;
}

int setup_huge_zero(struct report *r)
{
	size_t len = 8 * MIB;
	char *m = map_aligned(len, 2 * MIB);
	struct area *a;

	if (madvise(m, len, MADV_HUGEPAGE))
		return area_skip(r, "no transparent huge pages");
	look(m, len / 2, 2 * MIB);
	if (!huge_zero_page(pagemap_self(m) & PM_FRAME))
		return area_skip(r, "no huge zero page");
	a = area_add(r, "huge zero page", m, len);
	a->state[VMSCOPE_STATE_ZERO] = len / 2;
	a->leaf_pmd = len / 2;
	return 0;
}

int setup_heap(struct report *r)
{
	size_t len = 2 * MIB;
	char *m = sbrk(0), *start;
	struct area *a;

	start = (char *)(((uintptr_t)m + PAGE - 1) & -PAGE);
	if (brk(start + len))
		return area_skip(r, "brk failed");
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	touch(start, len / 2, PAGE, 1);
	a = area_add(r, "heap", start, len);
	a->state[VMSCOPE_STATE_PRESENT] = len / 2;
	a->kind = VMSCOPE_KIND_HEAP;
	return 0;
}

/* Shared with a child after fork; half of it written since. */
int setup_fork_cow(struct report *r)
{
	size_t len = 4 * MIB;
	char *m = map_anon(len, RW, MAP_PRIVATE),
	     *huge = map_aligned(4 * MIB, 2 * MIB);
	struct area *a;

	touch(m, len, PAGE, 1);
	madvise(huge, 4 * MIB, MADV_HUGEPAGE);
	touch(huge, 4 * MIB, 2 * MIB, 1);
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(report_fd);
		for (;;)
			pause();
	}
	touch(m, len, 2 * PAGE, 2);
	touch(huge, 8 * PAGE, PAGE, 2);
	a = area_add(r, "copied on write", m, len);
	a->state[VMSCOPE_STATE_PRESENT] = len;
	a = area_add(r, "huge, copied on write", huge, 4 * MIB);
	a->exact = 0;
	return 0;
}

#define THREADS 24

static void *thread(void *arg)
{
	volatile char local[16384];

	for (size_t i = 0; i < sizeof(local); i += 512)
		local[i] = 1;
	pthread_barrier_wait(arg);
	for (;;)
		pause();
	return NULL;
}

int setup_threads(struct report *r)
{
	static pthread_barrier_t barrier;
	pthread_attr_t attr;
	pthread_t id;

	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&id, &attr, thread, &barrier))
			return area_skip(r, "no more threads");
	pthread_barrier_wait(&barrier);
	/* so that all are asleep before they are stopped */
	usleep(100000);
	r->aux[0] = THREADS + 1;
	return 0;
}

static char *deepest;

static void __attribute__((noinline)) recurse(int depth)
{
	volatile char frame[PAGE];

	frame[0] = depth;
	if (depth)
		recurse(depth - 1);
	else
		deepest = (char *)__builtin_frame_address(0) - PAGE;
	if (frame[0] != (char)depth)
		abort();
}

int setup_stack(struct report *r)
{
	char *top = (char *)((uintptr_t)&top & -PAGE);
	struct area *a;

	recurse(1000);
	deepest = (char *)(((uintptr_t)deepest + PAGE) & -PAGE);
	a = area_add(r, "stack", deepest, top - deepest);
	a->state[VMSCOPE_STATE_PRESENT] = top - deepest;
	a->kind = VMSCOPE_KIND_STACK;
	return 0;
}

/* Mappings that differ in nothing but a flag. */
int setup_flags(struct report *r)
{
	size_t len = 64 * PAGE;
	char *m[5];

	for (size_t i = 0; i < COUNT(m); i++) {
		m[i] = (char *)map_anon(3 * len, PROT_NONE, MAP_PRIVATE) + len;
		mprotect(m[i], len, RW);
	}
	touch(m[0], len, PAGE, 1);
	mlock(m[0], len);
	madvise(m[1], len, MADV_HUGEPAGE);
	madvise(m[2], len, MADV_MERGEABLE);
	touch(m[3], len, PAGE, 1);
	madvise(m[3], len, MADV_DONTFORK);
	mprotect(m[4], len, PROT_READ | PROT_EXEC);
	mmap(NULL, len, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);
	area_add(r, "locked", m[0], len)->state[VMSCOPE_STATE_PRESENT] = len;
	return 0;
}
