/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vmscope: a process's virtual memory as the MMU sees it.
 *
 * This file is the contract between the module and everybody else. The door is
 * the char device /dev/vmscope and its ioctl requests; /proc/vmscope shows the
 * same facts as text.
 *
 * Requests
 * --------
 *  VMSCOPE_IOC_INFO       what this kernel and this module can do
 *  VMSCOPE_IOC_SUMMARY    one process: sums over its whole user half
 *  VMSCOPE_IOC_MAPS       its mappings, each with its sums; resumable
 *  VMSCOPE_IOC_TRANSLATE  one address, level by level
 *  VMSCOPE_IOC_PAGES      its pages, in ranges of alike ones; filtered, resumable
 *  VMSCOPE_IOC_TABLES     its page tables, and how full they are; resumable; see
 *                         <linux/vmscope_tables.h>
 *  VMSCOPE_IOC_PS         all processes, a row each; resumable; see
 *                         <linux/vmscope_processes.h>
 *  VMSCOPE_IOC_KERNEL     the kernel half: its regions, or runs; see
 *                         <linux/vmscope_layout.h>
 *  VMSCOPE_IOC_BORDERS    where the parts of its user half are; likewise
 *
 * Rules that hold for every request
 * ---------------------------------
 *  - The argument is a struct that begins with __u32 size, set by the caller to
 *    sizeof(its struct). Fields are only ever appended. A caller whose struct
 *    is larger than the kernel's is served when the tail it sent is zero, and
 *    gets E2BIG otherwise; one whose struct is shorter gets as much of the
 *    reply as fits. A size below the struct's first published length is EINVAL.
 *    The size bits of the ioctl number are not compared.
 *  - flags takes only the bits listed for the request, all others are EINVAL.
 *  - Sizes are bytes, ranges are half-open [start, end), addresses are virtual
 *    unless called physical.
 *  - Arrays are given as pointer, number of elements and element size. The
 *    element size grows by the same rule: what the caller's element is too
 *    short for is cut off, what the kernel does not know is zero.
 *  - Only output fields of a successful request mean anything.
 *  - Limits: entries_max and time_max of a request end it before its end: after
 *    so many page-table entries (and at most a pte table and the way to it), or
 *    after so many ns (and at most one hold of the mmap_lock). Something is done
 *    in any case. 0 is no limit. cursor says how far the request came; what
 *    it was in the middle of, a mapping or a range of pages, is cut there.
 *  - Reading changes nothing in the target: no fault is taken for it, no
 *    accessed or dirty bit moves, no page reference stays.
 *
 * Target
 * ------
 *  target is a process or thread id in the caller's pid namespace, 0 for the
 *  caller itself, or, with VMSCOPE_F_PIDFD, a pidfd.
 *
 * Rights
 * ------
 *  A target may be looked at by whom /proc/PID/pagemap may be opened by; this
 *  is asked anew for every request. Frame numbers, physical addresses and swap
 *  offsets are given to CAP_SYS_ADMIN only (of the request's sender and of the
 *  device's opener); others get VMSCOPE_REPLY_FRAMES_HIDDEN and the bits as 0.
 *  In which swap area a page is, is no secret.
 *  Addresses in the kernel half need CAP_SYS_ADMIN and a kernel that is not
 *  locked down to confidentiality.
 *
 * Errors common to requests with a target
 * ---------------------------------------
 *  EINVAL   size too small, unknown flag, bad range, misaligned address,
 *           a pid that no process can have
 *  E2BIG    the struct is longer than the kernel knows and its tail not zero,
 *           or longer than a page
 *  EFAULT   an unreadable or unwritable buffer
 *  ESRCH    no such process (or none that the caller's pid namespace knows)
 *  EBADF    VMSCOPE_F_PIDFD and the descriptor is no pidfd
 *  EACCES   the caller may not look at this process, or not into the kernel
 *           half, because the kernel is locked down
 *  ENXIO    a kernel thread: it has no user address space
 *  ENODATA  a zombie, or exiting: its address space is gone
 *  EAGAIN   what was asked for kept changing: the process by exec, or, with
 *           TRANSLATE, the tables of the kernel half; ask again
 *  EINTR    a fatal signal came in
 *  ENFILE   the system has no file to open any more, which asking for the
 *           right takes
 *  ENOMEM   no memory for the request's own buffers
 *  ENOTTY   a request this module does not know
 */
#ifndef _UAPI_LINUX_VMSCOPE_H
#define _UAPI_LINUX_VMSCOPE_H

#include <linux/const.h>
#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * Raised when something is appended or a new request appears; nothing is ever
 * taken away.
 */
#define VMSCOPE_ABI_VERSION	3

#define VMSCOPE_DEVICE_NAME	"vmscope"

/* Flags of requests that have a target. */
#define VMSCOPE_F_PIDFD		_BITULL(0)	/* target is a pidfd */
#define VMSCOPE_F_FOLIO		_BITULL(8)	/* ask also struct page, see "Folios" */

/* reply_flags */
#define VMSCOPE_REPLY_FRAMES_HIDDEN	_BITULL(0)	/* no CAP_SYS_ADMIN */
#define VMSCOPE_REPLY_ADDRESSES_HIDDEN	_BITULL(4)	/* nor kernel addresses */

/* An end of a range that means: to the end of the user half. */
#define VMSCOPE_RANGE_END	(~0ULL)

/*
 * Levels of the page table, counted from the page up, the same number whether
 * the machine walks four levels or five. With four, the pgd is level 4 and
 * there is no p4d.
 */
#define VMSCOPE_LEVEL_PTE	1
#define VMSCOPE_LEVEL_PMD	2
#define VMSCOPE_LEVEL_PUD	3
#define VMSCOPE_LEVEL_P4D	4
#define VMSCOPE_LEVEL_PGD	5
#define VMSCOPE_LEVELS		5

/*
 * enum vmscope_state - what an entry, or an address, is
 *
 * Every page-sized piece of a mapping is in exactly one of the states up to
 * VMSCOPE_STATE_UNKNOWN. The two after it are answers of TRANSLATE only.
 */
enum vmscope_state {
	VMSCOPE_STATE_NONE	= 0,	/* never touched, or given back */
	VMSCOPE_STATE_PRESENT	= 1,	/* mapped for the MMU, a normal page */
	VMSCOPE_STATE_ZERO	= 2,	/* mapped, the shared zero page */
	VMSCOPE_STATE_DEVICE	= 3,	/* mapped, PFN map or device memory */
	VMSCOPE_STATE_PROTNONE	= 4,	/* page kept, access forbidden or,
					 * by a userfaultfd, asked for
					 */
	VMSCOPE_STATE_NUMA_HINT	= 5,	/* page kept, next access sampled */
	VMSCOPE_STATE_SWAPPED	= 6,	/* in a swap area */
	VMSCOPE_STATE_MIGRATING	= 7,	/* being moved to another frame */
	VMSCOPE_STATE_SPLITTING	= 8,	/* huge leaf being split right now */
	VMSCOPE_STATE_POISONED	= 9,	/* memory error; access is SIGBUS */
	VMSCOPE_STATE_GUARD	= 10,	/* MADV_GUARD_INSTALL; SIGSEGV */
	VMSCOPE_STATE_UFFD_WP	= 11,	/* userfaultfd write-protect marker */
	VMSCOPE_STATE_DEVICE_PRIVATE = 12, /* page is on or owned by a device */
	VMSCOPE_STATE_UNKNOWN	= 13,	/* not present, of an unknown type */
	VMSCOPE_STATE_NO_MAPPING = 14,	/* TRANSLATE: no mapping covers it */
	VMSCOPE_STATE_NONCANONICAL = 15, /* TRANSLATE: the MMU refuses it */
};

#define VMSCOPE_STATES		16

/*
 * enum vmscope_kind - what a mapping is for
 *
 * The first kind that fits, in the order of their numbers.
 */
enum vmscope_kind {
	VMSCOPE_KIND_VDSO	= 0,	/* vdso, vvar and the like */
	VMSCOPE_KIND_HUGETLB	= 1,	/* hugetlb pages, private or shared */
	VMSCOPE_KIND_DEVICE	= 2,	/* PFN map or I/O memory of a driver */
	VMSCOPE_KIND_HEAP	= 3,	/* the brk area */
	VMSCOPE_KIND_STACK	= 4,	/* of the main thread or another */
	VMSCOPE_KIND_SHARED	= 5,	/* shared: a file's, shmem, SysV */
	VMSCOPE_KIND_TEXT	= 6,	/* private, executable, of a file */
	VMSCOPE_KIND_DATA	= 7,	/* private, writable, of a file */
	VMSCOPE_KIND_FILE	= 8,	/* private, read-only, of a file */
	VMSCOPE_KIND_ANON	= 9,	/* private, no file */
};

#define VMSCOPE_KINDS		10

/**
 * struct vmscope_sums - what a range of addresses consists of
 * @virtual_bytes: size of the mappings
 * @present_bytes: what the MMU maps: states PRESENT, ZERO and DEVICE
 * @resident_bytes: what smaps calls Rss: pages that count as the process's
 *	own. Without zero pages, device memory, hugetlb pages and PFN maps; with
 *	pages that are kept, though not mapped for the MMU at this moment
 *	(PROTNONE and NUMA_HINT but of the zero page, MIGRATING, SPLITTING,
 *	DEVICE_PRIVATE, and POISONED by a memory error in a frame)
 * @swapped_bytes: state SWAPPED. What smaps calls Swap for private memory;
 *	swapped pages of shared memory and of tmpfs files have empty entries and
 *	are not seen here
 * @hugetlb_bytes: present pages of hugetlb mappings
 * @leaf_bytes: @present_bytes by the size of the leaf: [0] at the pte, [1] at
 *	the pmd, [2] at the pud level
 * @state_bytes: @virtual_bytes by &enum vmscope_state; the states of TRANSLATE
 *	are always 0
 */
struct vmscope_sums {
	__u64 virtual_bytes;
	__u64 present_bytes;
	__u64 resident_bytes;
	__u64 swapped_bytes;
	__u64 hugetlb_bytes;
	__u64 leaf_bytes[3];
	__u64 state_bytes[VMSCOPE_STATES];
};

/*
 * enum vmscope_layout - did the mappings change while they were read?
 *
 * The target's mmap_lock is never held for longer than @hold_entries of
 * struct vmscope_info; a longer walk drops it and takes it again.
 */
enum vmscope_layout {
	VMSCOPE_LAYOUT_SAME	= 0,	/* one hold, or no writer in between */
	VMSCOPE_LAYOUT_CHANGED	= 1,	/* a writer was there in between */
	VMSCOPE_LAYOUT_UNKNOWN	= 2,	/* dropped; this kernel cannot tell */
};

/**
 * struct vmscope_walk - how a reply was gathered
 * @holds: how often the target's mmap_lock was taken; 1 is an exact snapshot
 *	of the layout
 * @layout: &enum vmscope_layout
 * @entries: page-table entries looked at
 * @tables: page-table pages looked at
 */
struct vmscope_walk {
	__u64 holds;
	__u64 layout;
	__u64 entries;
	__u64 tables;
};

/* ---------------------------------------------------------------- Folios */

/*
 * What no entry says, but only the kernel's own account of the memory behind
 * it: how often a page is mapped, what it belongs to, in what unit (folio) the
 * kernel keeps it, on which node it is. SUMMARY, MAPS and PAGES ask for that
 * with VMSCOPE_F_FOLIO only, for it costs a look at another cache line for each
 * page. It is read under the lock of the entry's table, so that it belongs to
 * the entry; of hugetlb pages between two reads of the entry that agree.
 */
#define VMSCOPE_FOLIO_ANON	_BITULL(0)	/* anonymous, of one process's own */
#define VMSCOPE_FOLIO_FILE	_BITULL(1)	/* of a file, or of a driver */
#define VMSCOPE_FOLIO_SHMEM	_BITULL(2)	/* of tmpfs or shared memory */
#define VMSCOPE_FOLIO_KSM	_BITULL(3)	/* one of equal ones, merged by KSM */
#define VMSCOPE_FOLIO_ONCE	_BITULL(4)	/* mapped by this entry only */
#define VMSCOPE_FOLIO_SHARED	_BITULL(5)	/* by others, too, here or elsewhere */
#define VMSCOPE_FOLIO_LARGE	_BITULL(6)	/* of a folio of several pages */
#define VMSCOPE_FOLIO_HUGETLB	_BITULL(7)	/* of the hugetlb pool */

/* enum vmscope_folio_kind - what a page belongs to, outside of hugetlb */
enum vmscope_folio_kind {
	VMSCOPE_FOLIO_KIND_ANON		= 0,	/* without those merged by KSM */
	VMSCOPE_FOLIO_KIND_FILE		= 1,
	VMSCOPE_FOLIO_KIND_SHMEM	= 2,
	VMSCOPE_FOLIO_KIND_KSM		= 3,
	VMSCOPE_FOLIO_KIND_UNKNOWN	= 4,	/* no page to ask: it is moved,
						 * poisoned, or on a device
						 */
};

#define VMSCOPE_FOLIO_KINDS	5

/* Folios of so many orders are told apart; larger ones count as the last. */
#define VMSCOPE_FOLIO_ORDERS	11

/* pss_shifted is bytes times 1 << this, so that parts of bytes add up */
#define VMSCOPE_PSS_SHIFT	12

/*
 * enum vmscope_coverage - how a mapping maps a folio
 */
enum vmscope_coverage {
	VMSCOPE_COVERAGE_ALIGNED	= 0,	/* all of it, in one piece, at a
						 * multiple of its size
						 */
	VMSCOPE_COVERAGE_UNALIGNED	= 1,	/* all of it, elsewhere */
	VMSCOPE_COVERAGE_PARTIAL	= 2,	/* a part of it, or in pieces */
};

#define VMSCOPE_COVERAGES	3

/**
 * struct vmscope_folio_sums - what the pages of a range are
 * @kind_bytes: resident_bytes of struct vmscope_sums by
 *	&enum vmscope_folio_kind
 * @pss_shifted: likewise, each page divided by the number of its mappings:
 *	together what smaps calls Pss. When frames are hidden, in whole KiB,
 *	rounded down, as there
 * @private_bytes: pages mapped once: what smaps calls Private_Clean and
 *	Private_Dirty, together the process's unique set size
 * @shared_bytes: pages mapped more than once, whether here or elsewhere: what
 *	smaps calls Shared_Clean and Shared_Dirty
 * @unknown_bytes: pages of which that is not known: those of
 *	VMSCOPE_FOLIO_KIND_UNKNOWN, and those in large folios on a kernel that
 *	does not count the mappings of each page
 * @hugetlb_private_bytes: hugetlb pages mapped once
 * @hugetlb_shared_bytes: hugetlb pages mapped more than once, or in a shared
 *	page table
 * @hugetlb_unknown_bytes: hugetlb pages that are moved or poisoned, or changed
 *	each time they were looked at
 * @order_bytes: pages that are mapped or kept, outside of hugetlb, by the order
 *	of their folio (its pages are 1 << order) and &enum vmscope_coverage; all
 *	of order 0 are aligned
 */
struct vmscope_folio_sums {
	__u64 kind_bytes[VMSCOPE_FOLIO_KINDS];
	__u64 pss_shifted[VMSCOPE_FOLIO_KINDS];
	__u64 private_bytes;
	__u64 shared_bytes;
	__u64 unknown_bytes;
	__u64 hugetlb_private_bytes;
	__u64 hugetlb_shared_bytes;
	__u64 hugetlb_unknown_bytes;
	__u64 order_bytes[VMSCOPE_FOLIO_ORDERS][VMSCOPE_COVERAGES];
};

/* ------------------------------------------------------------------ INFO */

/*
 * enum vmscope_feature_id - things that depend on kernel, machine or rights
 */
enum vmscope_feature_id {
	VMSCOPE_FEATURE_FIVE_LEVELS	= 0,	/* five-level page tables */
	VMSCOPE_FEATURE_PTI		= 1,	/* separate user page tables */
	VMSCOPE_FEATURE_HUGE_PMD	= 2,	/* leaves at the pmd level */
	VMSCOPE_FEATURE_HUGE_PUD	= 3,	/* leaves at the pud level */
	VMSCOPE_FEATURE_THP		= 4,	/* transparent huge pages */
	VMSCOPE_FEATURE_HUGETLB		= 5,	/* hugetlb mappings */
	VMSCOPE_FEATURE_SWAP		= 6,	/* swap entries */
	VMSCOPE_FEATURE_SOFT_DIRTY	= 7,	/* soft-dirty tracking */
	VMSCOPE_FEATURE_UFFD_WP		= 8,	/* userfaultfd markers */
	VMSCOPE_FEATURE_GUARD		= 9,	/* guard regions */
	VMSCOPE_FEATURE_PKEYS		= 10,	/* protection keys */
	VMSCOPE_FEATURE_LAYOUT_EXACT	= 11,	/* LAYOUT_SAME can be told */
	VMSCOPE_FEATURE_FRAMES		= 12,	/* caller sees frame numbers */
	VMSCOPE_FEATURE_KERNEL_HALF	= 13,	/* caller may translate there */
	VMSCOPE_FEATURE_HOOK_FAULT_ENTRY = 14,	/* page_fault_user tracepoint */
	VMSCOPE_FEATURE_HOOK_KRETPROBE	= 15,	/* kretprobes in this kernel */
	VMSCOPE_FEATURE_HOOK_FPROBE	= 16,	/* fprobes in this kernel */
};

#define VMSCOPE_FEATURES	17

/* enum vmscope_feature_state - is it there, and if not, why not */
enum vmscope_feature_state {
	VMSCOPE_FEATURE_ON		= 0,
	VMSCOPE_FEATURE_OFF_KERNEL	= 1,	/* older, or not configured */
	VMSCOPE_FEATURE_OFF_MACHINE	= 2,	/* the processor lacks it */
	VMSCOPE_FEATURE_OFF_BOOT	= 3,	/* switched off or not needed */
	VMSCOPE_FEATURE_OFF_RIGHTS	= 4,	/* the caller lacks a capability */
	VMSCOPE_FEATURE_OFF_LOCKDOWN	= 5,	/* the kernel is locked down */
};

/**
 * struct vmscope_info - VMSCOPE_IOC_INFO
 * @size: in: sizeof(struct vmscope_info)
 * @reserved: in: 0
 * @flags: in: 0
 * @features: in: address of an array of __u32, one &enum
 *	vmscope_feature_state per &enum vmscope_feature_id; or 0
 * @features_len: in: number of __u32 at @features; out: number written
 * @abi_version: out: VMSCOPE_ABI_VERSION of the module
 * @page_size: out: bytes of a page
 * @levels: out: levels of the page table the MMU walks
 * @entries_per_table: out: entries in one table
 * @leaf_sizes: out: bytes of a leaf at the pte, pmd and pud level; 0 where the
 *	machine has none
 * @user_end: out: first address that no process can map; up to the end of the
 *	user half, 1 << (@address_bits - 1), the kernel leaves a page unused
 * @kernel_start: out: first address of the kernel half; between the two halves
 *	lie the addresses that the MMU refuses
 * @address_bits: out: bits of a virtual address that the MMU translates
 * @physical_bits: out: bits of a physical address in an entry
 * @pti: out: 1 when the kernel half is taken out of the user page tables
 * @hold_entries: out: most entries looked at under one hold of a target's
 *	mmap_lock
 * @hold_mappings: out: most mappings looked at under one hold
 * @module_version: out: NUL-terminated version of the module
 *
 * Needs no rights beyond having opened the device. May sleep.
 * Errors: EINVAL, E2BIG, EFAULT.
 */
struct vmscope_info {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 features;
	__u64 features_len;
	__u64 abi_version;
	__u64 page_size;
	__u64 levels;
	__u64 entries_per_table;
	__u64 leaf_sizes[3];
	__u64 user_end;
	__u64 kernel_start;
	__u64 address_bits;
	__u64 physical_bits;
	__u64 pti;
	__u64 hold_entries;
	__u64 hold_mappings;
	__u8 module_version[32];
};

/* --------------------------------------------------------------- SUMMARY */

/*
 * Only what the kernel counts by itself, which costs nothing: mappings, threads,
 * faults, page_table_bytes, kernel_stack_bytes, the entries of the top table,
 * and in sums virtual_bytes. All else is 0, and cursor, too. That bounds what
 * looking at the tables would cost.
 */
#define VMSCOPE_SUMMARY_F_COUNTERS	_BITULL(1)

/**
 * struct vmscope_summary - VMSCOPE_IOC_SUMMARY
 * @size: in: sizeof(struct vmscope_summary)
 * @reserved: in: 0
 * @flags: in: VMSCOPE_F_PIDFD, and VMSCOPE_F_FOLIO or
 *	VMSCOPE_SUMMARY_F_COUNTERS
 * @target: in: see "Target" above
 * @kinds: in: address of an array of struct vmscope_sums, one per &enum
 *	vmscope_kind; or 0
 * @kinds_len: in: number of elements at @kinds; out: number written
 * @kinds_size: in: bytes of one element at @kinds; ignored when @kinds is 0
 * @pid: out: the process's id in the caller's pid namespace
 * @comm: out: its name, NUL-terminated
 * @reply_flags: out: 0
 * @walk: out: how the reply was gathered
 * @sums: out: all mappings together; @kinds adds up to it
 * @mappings: out: number of mappings
 * @threads: out: number of threads
 * @minor_faults: out: of all threads, also those that ended
 * @major_faults: out: likewise
 * @table_pages: out: page-table pages found by the walk, [0] pte tables up to
 *	[4] the pgd. With four levels [4] is 0 and the pgd is counted in [3].
 *	Tables that the kernel keeps in reserve for splitting huge pages are
 *	not part of the tree and so not counted here
 * @page_table_bytes: out: the kernel's own account of the process's page
 *	tables, as VmPTE of /proc/PID/status: pte, pmd and pud tables with the
 *	reserved ones, without p4d and pgd
 * @user_top_entries: out: entries in use in the user half of the top table
 * @kernel_top_entries: out: likewise in its kernel half
 * @kernel_stack_bytes: out: kernel stacks of its threads
 * @entries_max: in: see "Limits" above
 * @time_max: in: likewise
 * @cursor: out: what lies before is in @sums, @kinds, @mappings and
 *	@table_pages; VMSCOPE_RANGE_END unless a limit was reached
 * @folio_kinds: in: address of an array of struct vmscope_folio_sums, one per
 *	&enum vmscope_kind, of @kinds_len elements; or 0. Only with
 *	VMSCOPE_F_FOLIO
 * @folio_kinds_size: in: bytes of one element at @folio_kinds; ignored when that
 *	is 0
 * @nodes: in: address of an array of __u64, bytes of resident and hugetlb pages
 *	by NUMA node; or 0. Only with VMSCOPE_F_FOLIO
 * @nodes_len: in: its elements; out: number of nodes there are; if that is more,
 *	the first of them are told
 * @folio: out: with VMSCOPE_F_FOLIO, all mappings together
 *
 * May sleep. Takes the target's mmap_lock for read, killable, in bounded holds.
 * Errors: the common ones.
 */
struct vmscope_summary {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 target;
	__u64 kinds;
	__u64 kinds_len;
	__u64 kinds_size;
	__u64 pid;
	__u8 comm[16];
	__u64 reply_flags;
	struct vmscope_walk walk;
	struct vmscope_sums sums;
	__u64 mappings;
	__u64 threads;
	__u64 minor_faults;
	__u64 major_faults;
	__u64 table_pages[VMSCOPE_LEVELS];
	__u64 page_table_bytes;
	__u64 user_top_entries;
	__u64 kernel_top_entries;
	__u64 kernel_stack_bytes;
	__u64 entries_max;
	__u64 time_max;
	__u64 cursor;
	__u64 folio_kinds;
	__u64 folio_kinds_size;
	__u64 nodes;
	__u64 nodes_len;
	struct vmscope_folio_sums folio;
};

/* ------------------------------------------------------------------ MAPS */

/*
 * Mappings without a look at their tables: of the sums only virtual_bytes is
 * told, the others are 0.
 */
#define VMSCOPE_MAPS_F_NO_SUMS	_BITULL(1)

/* flags of a mapping */
#define VMSCOPE_MAP_READ	_BITULL(0)
#define VMSCOPE_MAP_WRITE	_BITULL(1)
#define VMSCOPE_MAP_EXEC	_BITULL(2)
#define VMSCOPE_MAP_SHARED	_BITULL(3)	/* may be shared: maps' 's' */
#define VMSCOPE_MAP_LOCKED	_BITULL(4)	/* mlock */
#define VMSCOPE_MAP_GROWSDOWN	_BITULL(5)
#define VMSCOPE_MAP_HUGETLB	_BITULL(6)
#define VMSCOPE_MAP_PFNMAP	_BITULL(7)	/* no struct pages behind it */
#define VMSCOPE_MAP_IO		_BITULL(8)	/* memory-mapped I/O */
#define VMSCOPE_MAP_HUGEPAGE	_BITULL(9)	/* MADV_HUGEPAGE */
#define VMSCOPE_MAP_NOHUGEPAGE	_BITULL(10)	/* MADV_NOHUGEPAGE */
#define VMSCOPE_MAP_MERGEABLE	_BITULL(11)	/* MADV_MERGEABLE */
#define VMSCOPE_MAP_UFFD	_BITULL(12)	/* watched by a userfaultfd */
#define VMSCOPE_MAP_FILE	_BITULL(13)	/* a file is behind it */
#define VMSCOPE_MAP_DELETED	_BITULL(14)	/* that file had a name, and lost it */
#define VMSCOPE_MAP_STACK	_BITULL(15)	/* holds a thread's stack */
#define VMSCOPE_MAP_CLIPPED	_BITULL(16)	/* cut to the asked range */
#define VMSCOPE_MAP_TORN	_BITULL(17)	/* it changed while it was read:
						 * [start, end) and the sums are
						 * the part read before that
						 */

/**
 * struct vmscope_map - one mapping of a reply to VMSCOPE_IOC_MAPS
 * @start: first address
 * @end: first address after it
 * @flags: VMSCOPE_MAP_*
 * @kind: &enum vmscope_kind
 * @page_size: bytes of a page in this mapping; more than the machine's page
 *	size for hugetlb
 * @offset: bytes into the file of @start; 0 without a file
 * @inode: of the file; 0 without one
 * @device: of the file: major number << 32 | minor number
 * @name_start: where its name begins in the names buffer
 * @name_len: bytes of the name, without a NUL; 0 for none. The name is what
 *	/proc/PID/maps shows, as raw bytes without escapes: a path as seen from
 *	the caller's root, or a word in brackets
 * @sums: what it consists of
 */
struct vmscope_map {
	__u64 start;
	__u64 end;
	__u64 flags;
	__u64 kind;
	__u64 page_size;
	__u64 offset;
	__u64 inode;
	__u64 device;
	__u64 name_start;
	__u64 name_len;
	struct vmscope_sums sums;
};

/**
 * struct vmscope_maps - VMSCOPE_IOC_MAPS
 * @size: in: sizeof(struct vmscope_maps)
 * @reserved: in: 0
 * @flags: in: VMSCOPE_F_PIDFD, and VMSCOPE_F_FOLIO or VMSCOPE_MAPS_F_NO_SUMS
 * @target: in: see "Target" above
 * @start: in: first address, a multiple of the page size
 * @end: in: first address after the range, above @start, a multiple of the
 *	page size or VMSCOPE_RANGE_END
 * @maps: in: address of an array of struct vmscope_map
 * @maps_len: in: number of its elements, at least 1; out: number written
 * @maps_size: in: bytes of one element
 * @names: in: address of a buffer for the names; or 0, then names are left out
 * @names_len: in: bytes of it; out: bytes written
 * @pid: out: the process's id in the caller's pid namespace
 * @cursor: out: where to go on: as @start of the next request it neither
 *	repeats nor skips anything. Equal to @end when the range is complete
 * @walk: out: how the reply was gathered
 * @entries_max: in: see "Limits" above
 * @time_max: in: likewise
 * @folios: in: address of an array of struct vmscope_folio_sums, an element for
 *	each of @maps; or 0. Only with VMSCOPE_F_FOLIO
 * @folios_size: in: bytes of one element at @folios; ignored when that is 0
 * @nodes: in: address of an array of __u64, a row of @nodes_len elements for
 *	each of @maps: bytes of resident and hugetlb pages by NUMA node; or 0.
 *	Only with VMSCOPE_F_FOLIO
 * @nodes_len: in: elements of a row, at most 1024; out: number of nodes there
 *	are; if that is more, the first of them are told
 *
 * The reply ends early when @maps or @names is full. A name that does not fit
 * an empty @names is an error, ENAMETOOLONG (4096 bytes always do).
 * Elements are in ascending order and do not overlap; between them nothing is
 * mapped, or was not when it was looked at.
 *
 * May sleep. Takes the target's mmap_lock for read, killable, in bounded holds;
 * nothing is copied to the caller under it.
 * Errors: the common ones, ENAMETOOLONG.
 */
struct vmscope_maps {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 target;
	__u64 start;
	__u64 end;
	__u64 maps;
	__u64 maps_len;
	__u64 maps_size;
	__u64 names;
	__u64 names_len;
	__u64 pid;
	__u64 cursor;
	struct vmscope_walk walk;
	__u64 entries_max;
	__u64 time_max;
	__u64 folios;
	__u64 folios_size;
	__u64 nodes;
	__u64 nodes_len;
};

/* ------------------------------------------------------------- TRANSLATE */

/*
 * Bits of an entry, decoded. Bits of an entry that is not present and of one
 * that points to a table are given where they have a meaning there.
 */
#define VMSCOPE_ENTRY_PRESENT	_BITULL(0)	/* the MMU goes on from here */
#define VMSCOPE_ENTRY_WRITABLE	_BITULL(1)
#define VMSCOPE_ENTRY_USER	_BITULL(2)	/* user mode may use it */
#define VMSCOPE_ENTRY_EXECUTABLE _BITULL(3)
#define VMSCOPE_ENTRY_ACCESSED	_BITULL(4)
#define VMSCOPE_ENTRY_DIRTY	_BITULL(5)
#define VMSCOPE_ENTRY_LEAF	_BITULL(6)	/* maps memory, not a table */
#define VMSCOPE_ENTRY_GLOBAL	_BITULL(7)
#define VMSCOPE_ENTRY_WRITE_THROUGH _BITULL(8)
#define VMSCOPE_ENTRY_CACHE_DISABLE _BITULL(9)
#define VMSCOPE_ENTRY_PAT	_BITULL(10)
#define VMSCOPE_ENTRY_SPECIAL	_BITULL(11)	/* no struct page behind it */
#define VMSCOPE_ENTRY_SOFT_DIRTY _BITULL(12)
#define VMSCOPE_ENTRY_UFFD_WP	_BITULL(13)
#define VMSCOPE_ENTRY_PROTNONE	_BITULL(14)
#define VMSCOPE_ENTRY_EXCLUSIVE	_BITULL(15)	/* swapped, in no other process */
#define VMSCOPE_ENTRY_ENCRYPTED	_BITULL(16)	/* memory encryption bit set */

/**
 * struct vmscope_level - one step of a translation
 * @level: VMSCOPE_LEVEL_*
 * @index: which entry of the table
 * @table: physical address of the table; 0 when frames are hidden
 * @entry: the raw entry; the bits of a frame number or swap offset are 0 when
 *	frames are hidden
 * @flags: VMSCOPE_ENTRY_*
 * @pkey: protection key of a leaf
 */
struct vmscope_level {
	__u64 level;
	__u64 index;
	__u64 table;
	__u64 entry;
	__u64 flags;
	__u64 pkey;
};

/**
 * struct vmscope_translate - VMSCOPE_IOC_TRANSLATE
 * @size: in: sizeof(struct vmscope_translate)
 * @reserved: in: 0
 * @flags: in: VMSCOPE_F_PIDFD or 0
 * @target: in: see "Target" above
 * @address: in: any address; needs no alignment
 * @pid: out: the process's id in the caller's pid namespace
 * @reply_flags: out: VMSCOPE_REPLY_*
 * @state: out: &enum vmscope_state
 * @page_size: out: bytes of the leaf, or of the hole, that the walk ended at
 * @physical: out: physical address of @address's byte when it is mapped for the
 *	MMU (PRESENT, ZERO, DEVICE) or its page is kept (PROTNONE, NUMA_HINT);
 *	0 otherwise and when frames are hidden
 * @swap_area: out: number of the swap area, for state SWAPPED
 * @swap_offset: out: bytes into it; 0 when frames are hidden
 * @map_start: out: the mapping around @address; with state NO_MAPPING the gap;
 *	0 in the kernel half and with state NONCANONICAL
 * @map_end: out: first address after it; 0 likewise
 * @map_flags: out: VMSCOPE_MAP_*; 0 without a mapping
 * @map_kind: out: &enum vmscope_kind; 0 without a mapping
 * @levels_len: out: number of steps in @levels
 * @levels: out: from the top table down to where the walk ended
 *
 * In a gap the walk stops where the next table could be freed meanwhile, which
 * is where all of that table lies in the gap; a kernel that has unmapped
 * everything in a table has freed it.
 *
 * May sleep. Holds the target's mmap_lock once, for read, killable.
 * Errors: the common ones; EPERM for an address in the kernel half without the
 * right to see it.
 */
struct vmscope_translate {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 target;
	__u64 address;
	__u64 pid;
	__u64 reply_flags;
	__u64 state;
	__u64 page_size;
	__u64 physical;
	__u64 swap_area;
	__u64 swap_offset;
	__u64 map_start;
	__u64 map_end;
	__u64 map_flags;
	__u64 map_kind;
	__u64 levels_len;
	struct vmscope_level levels[VMSCOPE_LEVELS];
};

/* ----------------------------------------------------------------- PAGES */

/*
 * What a page is, as one mask: its state, its entry's bits, the size of its
 * leaf. With this, pages are chosen, and it is chosen what is told of them.
 */
#define VMSCOPE_PAGES_STATE(state)	(1ULL << (state))
#define VMSCOPE_PAGES_STATES		0x3fffULL
#define VMSCOPE_PAGES_ENTRY_SHIFT	16
#define VMSCOPE_PAGES_ENTRY(flags)	((flags) << VMSCOPE_PAGES_ENTRY_SHIFT)
#define VMSCOPE_PAGES_ENTRIES		VMSCOPE_PAGES_ENTRY(0x1ffffULL)
#define VMSCOPE_PAGES_PKEY		_BITULL(40)	/* pkey is not 0 */
#define VMSCOPE_PAGES_LEAF_PTE		_BITULL(48)
#define VMSCOPE_PAGES_LEAF_PMD		_BITULL(49)
#define VMSCOPE_PAGES_LEAF_PUD		_BITULL(50)
#define VMSCOPE_PAGES_ALL						  \
	(VMSCOPE_PAGES_STATES | VMSCOPE_PAGES_ENTRIES | VMSCOPE_PAGES_PKEY | \
	 VMSCOPE_PAGES_LEAF_PTE | VMSCOPE_PAGES_LEAF_PMD | VMSCOPE_PAGES_LEAF_PUD)

/*
 * Likewise, with VMSCOPE_F_FOLIO. The last three are for what is told only: the
 * folio's order, its node, the number of its mappings.
 */
#define VMSCOPE_PAGES_FOLIO_SHIFT	51
#define VMSCOPE_PAGES_FOLIO(flags)	((flags) << VMSCOPE_PAGES_FOLIO_SHIFT)
#define VMSCOPE_PAGES_FOLIOS		VMSCOPE_PAGES_FOLIO(0xffULL)
#define VMSCOPE_PAGES_FOLIO_ORDER	VMSCOPE_PAGES_FOLIO(0x100ULL)
#define VMSCOPE_PAGES_FOLIO_NODE	VMSCOPE_PAGES_FOLIO(0x200ULL)
#define VMSCOPE_PAGES_FOLIO_MAPCOUNT	VMSCOPE_PAGES_FOLIO(0x400ULL)
#define VMSCOPE_PAGES_FOLIO_ALL						  \
	(VMSCOPE_PAGES_FOLIOS | VMSCOPE_PAGES_FOLIO_ORDER |			  \
	 VMSCOPE_PAGES_FOLIO_NODE | VMSCOPE_PAGES_FOLIO_MAPCOUNT)

/* Flags of the request, besides VMSCOPE_F_PIDFD and VMSCOPE_F_FOLIO. */
#define VMSCOPE_PAGES_F_EACH	_BITULL(1)	/* an element for each entry */
#define VMSCOPE_PAGES_F_FRAMES	_BITULL(2)	/* physical, swap_offset */
#define VMSCOPE_PAGES_F_RAW	_BITULL(3)	/* entry */

/**
 * struct vmscope_page - a range of pages that are alike
 * @start: first address
 * @end: first address after it; all in one mapping
 * @state: &enum vmscope_state
 * @leaf_size: bytes of each leaf; of a page where there is none
 * @flags: VMSCOPE_ENTRY_*, those that the request wants returned
 * @pkey: protection key, if the request wants it returned
 * @entry: with VMSCOPE_PAGES_F_RAW the raw entry of the first leaf; the others
 *	differ in the frame or the swap offset only. Bits of those are 0 when
 *	frames are hidden
 * @physical: with VMSCOPE_PAGES_F_FRAMES the physical address of @start, if
 *	there is a frame; the range is contiguous there, too. 0 when hidden
 * @swap_area: number of the swap area, in state SWAPPED
 * @swap_offset: with VMSCOPE_PAGES_F_FRAMES bytes into it; the range is
 *	contiguous there, too. 0 when hidden
 * @folio: with VMSCOPE_F_FOLIO, VMSCOPE_FOLIO_*, those that the request wants
 *	returned; 0 without a page that counts, or one that cannot be asked.
 *	Neither VMSCOPE_FOLIO_ONCE nor VMSCOPE_FOLIO_SHARED: not known
 * @folio_order: of their folios, if the request wants it returned and @folio
 *	is not 0: each has 1 << @folio_order pages
 * @folio_node: NUMA node, likewise
 * @folio_mapcount: how often each page is mapped, likewise; 0 when not known,
 *	when the pages under one huge leaf differ, and when frames are hidden
 */
struct vmscope_page {
	__u64 start;
	__u64 end;
	__u64 state;
	__u64 leaf_size;
	__u64 flags;
	__u64 pkey;
	__u64 entry;
	__u64 physical;
	__u64 swap_area;
	__u64 swap_offset;
	__u64 folio;
	__u64 folio_order;
	__u64 folio_node;
	__u64 folio_mapcount;
};

/**
 * struct vmscope_pages - VMSCOPE_IOC_PAGES
 * @size: in: sizeof(struct vmscope_pages)
 * @reserved: in: 0
 * @flags: in: VMSCOPE_F_PIDFD, VMSCOPE_F_FOLIO, VMSCOPE_PAGES_F_*
 * @target: in: see "Target" above
 * @start: in: first address, a multiple of the page size
 * @end: in: first address after the range, above @start, a multiple of the
 *	page size or VMSCOPE_RANGE_END
 * @all_of: in: VMSCOPE_PAGES_*: pages that are all of this
 * @any_of: in: and any of this, unless 0
 * @none_of: in: and none of this
 * @returned: in: what is told of them. States and leaf sizes always are; what
 *	is not asked for does not divide ranges
 * @pages: in: address of an array of struct vmscope_page
 * @pages_len: in: number of its elements, at least 1; out: number written
 * @pages_size: in: bytes of one element
 * @pid: out: the process's id in the caller's pid namespace
 * @cursor: out: where to go on: as @start of the next request it neither
 *	repeats nor skips anything. Equal to @end when there is nothing more
 * @reply_flags: out: VMSCOPE_REPLY_*
 * @walk: out: how the reply was gathered
 * @entries_max: in: see "Limits" above
 * @time_max: in: likewise
 *
 * Elements are in ascending order and do not overlap. Addresses that are in
 * state NONE are told as ranges, too, if they are chosen, also with
 * VMSCOPE_PAGES_F_EACH; they have no bit of a leaf size.
 *
 * May sleep. Takes the target's mmap_lock for read, killable, in bounded holds;
 * nothing is copied to the caller under it.
 * Errors: the common ones.
 */
struct vmscope_pages {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 target;
	__u64 start;
	__u64 end;
	__u64 all_of;
	__u64 any_of;
	__u64 none_of;
	__u64 returned;
	__u64 pages;
	__u64 pages_len;
	__u64 pages_size;
	__u64 pid;
	__u64 cursor;
	__u64 reply_flags;
	struct vmscope_walk walk;
	__u64 entries_max;
	__u64 time_max;
};

#define VMSCOPE_IOC_MAGIC	0xbd
#define VMSCOPE_IOC_INFO	_IOWR(VMSCOPE_IOC_MAGIC, 0x00, struct vmscope_info)
#define VMSCOPE_IOC_SUMMARY	_IOWR(VMSCOPE_IOC_MAGIC, 0x01, struct vmscope_summary)
#define VMSCOPE_IOC_MAPS	_IOWR(VMSCOPE_IOC_MAGIC, 0x02, struct vmscope_maps)
#define VMSCOPE_IOC_TRANSLATE	_IOWR(VMSCOPE_IOC_MAGIC, 0x03, struct vmscope_translate)
#define VMSCOPE_IOC_PAGES	_IOWR(VMSCOPE_IOC_MAGIC, 0x04, struct vmscope_pages)

#endif /* _UAPI_LINUX_VMSCOPE_H */
