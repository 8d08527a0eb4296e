/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel itself says about a process, from /proc. */
#ifndef VMSCOPE_TEST_WITNESS_H
#define VMSCOPE_TEST_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* bits of a pagemap entry */
#define PM_PRESENT	  (1ULL << 63)
#define PM_SWAP		  (1ULL << 62)
#define PM_FILE		  (1ULL << 61)
#define PM_GUARD	  (1ULL << 58)
#define PM_UFFD_WP	  (1ULL << 57)
#define PM_SOFT_DIRTY	  (1ULL << 55)
#define PM_FRAME	  ((1ULL << 55) - 1)
#define PM_SWAP_TYPE(e)	  ((e)&31)
#define PM_SWAP_OFFSET(e) (((e)&PM_FRAME) >> 5)

/* bits of a kpageflags word */
#define KPF_ANON	  (1ULL << 12)
#define KPF_SWAPBACKED	  (1ULL << 14)
#define KPF_COMPOUND_TAIL (1ULL << 16)
#define KPF_HUGE	  (1ULL << 17)
#define KPF_KSM		  (1ULL << 21)
#define KPF_THP		  (1ULL << 22)
#define KPF_ZERO_PAGE	  (1ULL << 24)
#define KPF_PGTABLE	  (1ULL << 26)

/* one mapping; bytes, not kB; all but the first line only when smaps was read */
struct mapping {
	uint64_t start, end, offset, inode, major, minor;
	char perms[8];
	size_t name; /* where its name begins in struct mappings' pool; newlines are \012 there */
	uint64_t rss, swap, page_size, anon_huge, shmem_pmd, file_pmd;
	uint64_t private_hugetlb, shared_hugetlb, referenced, ksm;
	uint64_t pss, pss_anon, pss_file,
		pss_shmem; /* those by kind: smaps_rollup only */
	uint64_t private_clean, private_dirty, shared_clean, shared_dirty;
	uint64_t vm_flags; /* bit per known two-letter name: VF() */
};

struct mappings {
	struct mapping *map;
	size_t len;
	char *pool;
	size_t pool_len;
};

/* the two-letter names of VmFlags that tests ask for */
enum vf {
	VF_MS,
	VF_LO,
	VF_GD,
	VF_HT,
	VF_PF,
	VF_IO,
	VF_HG,
	VF_NH,
	VF_MG,
	VF_UM,
	VF_UW,
	VF_UI,
	VF_COUNT
};
#define VF(name) (1ULL << VF_##name)

/*
 * Parsers return 0 or -errno. Mappings above the user half (vsyscall) are left out: they
 * belong to no process.
 */
int read_maps(pid_t pid, struct mappings *list);
int read_smaps(pid_t pid, struct mappings *list);
int read_rollup(pid_t pid, struct mapping *sum);
bool mappings_equal(const struct mappings *a, const struct mappings *b);
void mappings_free(struct mappings *list);
const struct mapping *mappings_find(const struct mappings *list,
				    uint64_t address);

struct status {
	uint64_t vm_size, vm_pte, vm_swap, threads; /* bytes */
	uint64_t minor_faults, major_faults;
	char state;
	char comm[64];
};

int read_status(pid_t pid, struct status *status);

/* a number at the start of a small file such as one in /sys; -errno if it is not there */
long long read_number(const char *path);
int write_text(const char *path, const char *text);
int read_text(const char *path, char *buffer, size_t len);

/* pagemap */
int pagemap_open(pid_t pid);
int pagemap_read(int fd, uint64_t address, size_t pages, uint64_t *entry);
uint64_t pagemap_self(const void *address);
uint64_t page_flags(uint64_t pfn);
uint64_t page_count(uint64_t pfn); /* how often it is mapped */

/* zero_page - is it the shared zero page, or of the huge one? asks the kernel once */
bool zero_page(uint64_t pfn);
bool huge_zero_page(uint64_t pfn);

/* number of active swap areas */
unsigned int swap_areas(void);

/* page_state - the enum vmscope_state that pagemap and the mapping's permissions imply */
unsigned int page_state(const struct mapping *map, uint64_t entry);

/* scan_bytes - bytes in [start, end) with all of the PAGEMAP_SCAN categories @mask, or -errno */
long long scan_bytes(int fd, uint64_t start, uint64_t end, uint64_t mask);

#define SCAN_PRESENT (1ULL << 3)
#define SCAN_SWAPPED (1ULL << 4)
#define SCAN_PFNZERO (1ULL << 5)
#define SCAN_HUGE    (1ULL << 6)

#endif
