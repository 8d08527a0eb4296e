/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vmscope: how an address space is laid out.
 *
 *  VMSCOPE_IOC_KERNEL   the kernel half: its regions with sums, or what is mapped
 *                       there in runs of alike pages; resumable
 *  VMSCOPE_IOC_BORDERS  where the kernel put the parts of a process's user half
 *
 * The rules of <linux/vmscope.h> hold, also its errors.
 */
#ifndef _UAPI_LINUX_VMSCOPE_LAYOUT_H
#define _UAPI_LINUX_VMSCOPE_LAYOUT_H

#include <linux/vmscope.h>

/* ---------------------------------------------------------------- KERNEL */

/*
 * enum vmscope_region - what a part of the kernel half is for
 *
 * The architecture's table (Documentation/arch/x86/x86_64/mm.rst of the kernel),
 * with the bases that this boot has chosen.
 */
enum vmscope_region {
	VMSCOPE_REGION_UNUSED	= 0,	/* given to nothing */
	VMSCOPE_REGION_GUARD	= 1,	/* kept free, for hypervisors too */
	VMSCOPE_REGION_LDT	= 2,	/* the process's LDT, with KPTI */
	VMSCOPE_REGION_DIRECT	= 3,	/* all physical memory */
	VMSCOPE_REGION_VMALLOC	= 4,	/* vmalloc, ioremap, kernel stacks */
	VMSCOPE_REGION_VMEMMAP	= 5,	/* the struct page of each page */
	VMSCOPE_REGION_KASAN	= 6,	/* shadow memory of KASAN */
	VMSCOPE_REGION_CPU_ENTRY = 7,	/* entry stacks, TSS, IDT and GDT */
	VMSCOPE_REGION_ESPFIX	= 8,	/* stacks to return to 16-bit code */
	VMSCOPE_REGION_EFI	= 9,	/* EFI runtime; in a table of its own */
	VMSCOPE_REGION_TEXT	= 10,	/* the kernel's image */
	VMSCOPE_REGION_MODULES	= 11,	/* modules, and code made by BPF */
	VMSCOPE_REGION_FIXMAP	= 12,	/* addresses fixed when it was built */
	VMSCOPE_REGION_VSYSCALL	= 13,	/* an old page for user mode */
};

#define VMSCOPE_REGIONS		14

/**
 * struct vmscope_kernel_region - a region and what is mapped there
 * @id: &enum vmscope_region
 * @start: first address; 0 when addresses are hidden
 * @end: first address after it; VMSCOPE_RANGE_END for the end of all addresses,
 *	which no __u64 holds; 0 when hidden
 * @mapped_start: the first address that is mapped; 0 when nothing is or hidden
 * @mapped_end: first address after the last that is; 0 likewise
 * @mapped_bytes: what is mapped; of a table that many entries share, as often
 *	as it is mapped
 * @leaf_bytes: @mapped_bytes by the size of the leaf: [0] at the pte, [1] at
 *	the pmd, [2] at the pud level
 * @writable_bytes: that part of @mapped_bytes which may be written
 * @executable_bytes: likewise executed
 * @wx_bytes: likewise both, which nothing ought to be
 * @user_bytes: likewise used by user mode, because all entries on the way allow
 *	it
 * @global_bytes: likewise kept in the TLB when the top table changes
 * @uncached_bytes: likewise cached in another way than write-back
 * @kept_bytes: entries that are not empty and not present either
 * @runs: number of runs that the region divides into
 * @table_pages: tables met, by level, [0] pte tables; each in the region where
 *	it begins, and the top table in the first
 */
struct vmscope_kernel_region {
	__u64 id;
	__u64 start;
	__u64 end;
	__u64 mapped_start;
	__u64 mapped_end;
	__u64 mapped_bytes;
	__u64 leaf_bytes[3];
	__u64 writable_bytes;
	__u64 executable_bytes;
	__u64 wx_bytes;
	__u64 user_bytes;
	__u64 global_bytes;
	__u64 uncached_bytes;
	__u64 kept_bytes;
	__u64 runs;
	__u64 table_pages[VMSCOPE_LEVELS];
};

/**
 * struct vmscope_kernel_run - pages next to each other that are mapped alike
 * @start: first address
 * @end: first address after it; VMSCOPE_RANGE_END as above
 * @region: &enum vmscope_region; a run lies in one
 * @leaf_size: bytes of each leaf
 * @flags: VMSCOPE_ENTRY_* as they take effect: WRITABLE and USER if all entries
 *	on the way allow it, EXECUTABLE unless one of them forbids it. Without
 *	PRESENT, entries that are not empty and not present
 * @entry_flags: VMSCOPE_ENTRY_* of the leaves themselves. ACCESSED and DIRTY
 *	are in neither
 */
struct vmscope_kernel_run {
	__u64 start;
	__u64 end;
	__u64 region;
	__u64 leaf_size;
	__u64 flags;
	__u64 entry_flags;
};

/* Flags of the request, besides VMSCOPE_F_PIDFD. */
#define VMSCOPE_KERNEL_F_USER_ROOT	_BITULL(1)	/* user mode's top table */

/**
 * struct vmscope_kernel - VMSCOPE_IOC_KERNEL
 * @size: in: sizeof(struct vmscope_kernel)
 * @reserved: in: 0
 * @flags: in: VMSCOPE_F_PIDFD, VMSCOPE_KERNEL_F_*
 * @target: in: see "Target" of <linux/vmscope.h>: through whose top table; the
 *	kernel half is the same in all but for the LDT
 * @start: in: first address, a multiple of the page size; what lies below the
 *	kernel half counts as its start
 * @end: in: first address after the range, above @start and in the kernel half,
 *	a multiple of the page size, or VMSCOPE_RANGE_END: to the end of all
 *	addresses
 * @regions: in: address of an array of struct vmscope_kernel_region; or 0
 * @regions_len: in: number of its elements; out: number of regions there are in
 *	the range, also if they are more than fit
 * @regions_size: in: bytes of one element; ignored when @regions is 0
 * @runs: in: address of an array of struct vmscope_kernel_run; or 0. One of the
 *	two arrays must be asked for, and only one can be
 * @runs_len: in: number of its elements, at least 1; out: number written
 * @runs_size: in: bytes of one element; ignored when @runs is 0
 * @pid: out: the process's id in the caller's pid namespace
 * @cursor: out: with @runs, where to go on: as @start of the next request it
 *	neither repeats nor skips anything. Equal to @end when there is nothing
 *	more
 * @reply_flags: out: VMSCOPE_REPLY_ADDRESSES_HIDDEN
 * @walk: out: how the reply was gathered; @holds and @layout are 0, because no
 *	lock is taken
 *
 * Regions come in ascending order and leave no address out; sums are of the part
 * of a region that lies in the range. Runs come in ascending order, too; between
 * them nothing is mapped.
 *
 * Who may not see addresses of the kernel half gets regions without addresses,
 * and only all of them: a range, or runs, are refused.
 *
 * May sleep. Takes no lock; an entry is as it was at some moment of the request.
 * Errors: the common ones; EPERM for runs or a range without the right to see
 * addresses, EACCES for them when the kernel is locked down; EOPNOTSUPP for
 * VMSCOPE_KERNEL_F_USER_ROOT without KPTI: user mode runs with the same tables
 * as the kernel then.
 */
struct vmscope_kernel {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 target;
	__u64 start;
	__u64 end;
	__u64 regions;
	__u64 regions_len;
	__u64 regions_size;
	__u64 runs;
	__u64 runs_len;
	__u64 runs_size;
	__u64 pid;
	__u64 cursor;
	__u64 reply_flags;
	struct vmscope_walk walk;
};

/* --------------------------------------------------------------- BORDERS */

/* flags of struct vmscope_borders, as a reply */
#define VMSCOPE_BORDERS_32BIT		_BITULL(0)	/* 32-bit addresses */
#define VMSCOPE_BORDERS_BOTTOM_UP	_BITULL(1)	/* mmap goes upwards */

/**
 * struct vmscope_borders - VMSCOPE_IOC_BORDERS
 * @size: in: sizeof(struct vmscope_borders)
 * @reserved: in: 0
 * @flags: in: VMSCOPE_F_PIDFD or 0
 * @target: in: see "Target" of <linux/vmscope.h>
 * @pid: out: the process's id in the caller's pid namespace
 * @comm: out: its name, NUL-terminated
 * @layout_flags: out: VMSCOPE_BORDERS_*
 * @task_size: out: first address that the process cannot have
 * @mmap_base: out: where mmap begins to look for room, downwards or, with
 *	VMSCOPE_BORDERS_BOTTOM_UP, upwards
 * @code_start: out: the program's code, as its file says
 * @code_end: out: first address after it
 * @data_start: out: the program's data, as its file says
 * @data_end: out: first address after it, without what is not in the file
 * @brk_start: out: where the heap begins
 * @brk_end: out: where it ends now
 * @stack_start: out: what the stack pointer was when the program began
 * @args_start: out: its arguments
 * @args_end: out: first address after them
 * @env_start: out: its environment
 * @env_end: out: first address after it
 *
 * May sleep. Takes no lock of the target that sleeps.
 * Errors: the common ones.
 */
struct vmscope_borders {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 target;
	__u64 pid;
	__u8 comm[16];
	__u64 layout_flags;
	__u64 task_size;
	__u64 mmap_base;
	__u64 code_start;
	__u64 code_end;
	__u64 data_start;
	__u64 data_end;
	__u64 brk_start;
	__u64 brk_end;
	__u64 stack_start;
	__u64 args_start;
	__u64 args_end;
	__u64 env_start;
	__u64 env_end;
};

#define VMSCOPE_IOC_KERNEL	_IOWR(VMSCOPE_IOC_MAGIC, 0x06, struct vmscope_kernel)
#define VMSCOPE_IOC_BORDERS	_IOWR(VMSCOPE_IOC_MAGIC, 0x0b, struct vmscope_borders)

#endif /* _UAPI_LINUX_VMSCOPE_LAYOUT_H */
