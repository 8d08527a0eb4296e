/* SPDX-License-Identifier: GPL-2.0 */
/* Processes made for the purpose: they set up some memory, say where, and are stopped. */
#ifndef VMSCOPE_TEST_TARGET_H
#define VMSCOPE_TEST_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define AREA_STATES 16
#define AREAS	    12

/* what a target knows about a piece of its memory; it may lie in several mappings */
struct area {
	uint64_t start, end;
	uint64_t state
		[AREA_STATES]; /* bytes by enum vmscope_state; what is missing is NONE */
	uint64_t leaf_pmd, leaf_pud; /* bytes mapped by leaves of those sizes */
	int64_t kind; /* enum vmscope_kind or -1 */
	uint64_t exact; /* 0: only the witnesses know the states */
	char what[24];
};

struct report {
	uint64_t areas;
	struct area area[AREAS];
	char skip[160]; /* why it could not be set up, or empty */
	uint64_t aux[4];
};

/* how a target wants to be compared */
#define TARGET_MANY (1U << 0) /* too many mappings for smaps */
#define TARGET_REAL (1U << 1) /* runs a program that knows nothing of this */
#define TARGET_LAST (1U << 2) /* spoils memory for good */

struct recipe {
	const char *name;
	/* runs in the child; -1 with report->skip set when it cannot be */
	int (*setup)(struct report *report);
	unsigned int flags;
	const char *const *argv; /* TARGET_REAL: what to run */
};

struct target {
	pid_t pid;
	struct report report;
};

extern const struct recipe recipes[];
extern const size_t recipes_len;

extern const struct recipe folio_recipes[];
extern const size_t folio_recipes_len;

/* target_start - 0 with the target stopped, or -1 with report.skip telling why not */
int target_start(struct target *target, const struct recipe *recipe);
void target_end(struct target *target);

/* helper_path - where a program of this build lies */
const char *helper_path(const char *name);

/* quiet_machine - keep the kernel from changing memory on its own: khugepaged, NUMA, KSM */
void quiet_machine(void);

/* for setup functions */
struct area *area_add(struct report *report, const char *what, void *start,
		      size_t len);
int area_skip(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void *map_anon(size_t len, int prot, int flags);
void *map_aligned(size_t len, size_t align);
char *unmapped_after(size_t pages, int prot);
void touch(void *start, size_t len, size_t step, unsigned int seed);
bool touched(const void *start, size_t len, size_t step, unsigned int seed);
void look(const void *start, size_t len, size_t step);
uint64_t count_swapped(const void *start, size_t len);
uint64_t page_out(void *start, size_t len);
int report_and_stop(int fd, const struct report *report);

/* report_fd - where the target of this process reports to, for setups that exec */
extern int report_fd;

/* recipes_*.c */
int setup_dense(struct report *r);
int setup_half(struct report *r);
int setup_sparse(struct report *r);
int setup_swapped(struct report *r);
int setup_swapped_shared(struct report *r);
int setup_zero(struct report *r);
int setup_protnone(struct report *r);
int setup_thp(struct report *r);
int setup_thp_split(struct report *r);
int setup_huge_zero(struct report *r);
int setup_heap(struct report *r);
int setup_fork_cow(struct report *r);
int setup_threads(struct report *r);
int setup_stack(struct report *r);
int setup_dontneed(struct report *r);
int setup_mremap(struct report *r);
int setup_flags(struct report *r);

int setup_hugetlb_2m(struct report *r);
int setup_hugetlb_1g(struct report *r);
int setup_shared_anon(struct report *r);
int setup_shmem(struct report *r);
int setup_shmem_swapped(struct report *r);
int setup_file(struct report *r);
int setup_names(struct report *r);
int setup_many(struct report *r);

int setup_ksm(struct report *r);
int setup_guard(struct report *r);
int setup_uffd(struct report *r);
int setup_numa(struct report *r);
int setup_device(struct report *r);
int setup_poison(struct report *r);
int setup_compat(struct report *r);

#endif
