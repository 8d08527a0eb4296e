/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vmscope: all processes in one pass.
 *
 *  VMSCOPE_IOC_PS  a row for each process that the caller may look at; resumable
 *
 * The rules of <linux/vmscope.h> hold, also its errors.
 */
#ifndef _UAPI_LINUX_VMSCOPE_PROCESSES_H
#define _UAPI_LINUX_VMSCOPE_PROCESSES_H

#include <linux/vmscope.h>

/* Flags of the request. */
#define VMSCOPE_PS_F_UID	_BITULL(1)	/* of one user only */
#define VMSCOPE_PS_F_CGROUP	_BITULL(2)	/* of one cgroup only */

/**
 * struct vmscope_process - one process of a reply to VMSCOPE_IOC_PS
 * @pid: its id in the caller's pid namespace
 * @uid: its effective user, as known in the caller's user namespace
 * @comm: its name, NUL-terminated
 * @start_ns: when it started, in ns since boot, time asleep included; with @pid
 *	it tells a process from a later one of the same number
 * @threads: number of threads
 * @mappings: number of mappings
 * @sums: all mappings together
 * @minor_faults: of all threads, also those that ended
 * @major_faults: likewise
 * @table_pages: page-table pages, as in &struct vmscope_summary
 * @page_table_bytes: the kernel's own account of them, likewise
 * @kernel_stack_bytes: kernel stacks of its threads
 * @walk: how the row was gathered
 * @scan_ns: what that took, in ns, waiting included
 */
struct vmscope_process {
	__u64 pid;
	__u64 uid;
	__u8 comm[16];
	__u64 start_ns;
	__u64 threads;
	__u64 mappings;
	struct vmscope_sums sums;
	__u64 minor_faults;
	__u64 major_faults;
	__u64 table_pages[VMSCOPE_LEVELS];
	__u64 page_table_bytes;
	__u64 kernel_stack_bytes;
	struct vmscope_walk walk;
	__u64 scan_ns;
};

/**
 * struct vmscope_ps - VMSCOPE_IOC_PS
 * @size: in: sizeof(struct vmscope_ps)
 * @reserved: in: 0
 * @flags: in: VMSCOPE_PS_F_*
 * @uid: in: with VMSCOPE_PS_F_UID the effective user, in the caller's user
 *	namespace
 * @cgroup: in: with VMSCOPE_PS_F_CGROUP a descriptor of a directory of the
 *	cgroup v2 hierarchy, opened for reading; processes in it or below it
 * @start: in: the lowest process id to consider, in the caller's pid namespace
 * @processes: in: address of an array of struct vmscope_process
 * @processes_len: in: number of its elements, at least 1; out: number written
 * @processes_size: in: bytes of one element
 * @cursor: out: where to go on: as @start of the next request it meets every
 *	process that lives throughout exactly once. VMSCOPE_RANGE_END when there
 *	are no more
 * @hidden: out: processes that the caller may not look at
 * @others: out: those that the flags do not choose
 * @kernel_threads: out: kernel threads; they have no user half
 * @ended: out: zombies, and those that ended while they were looked at
 * @unsettled: out: those that kept changing their address space by exec, and
 *	were given up
 * @scan_ns: out: what the request took, in ns
 * @rights_ns: out: how much of it for asking whether the caller may look
 * @walk: out: sums over @processes
 *
 * In the order of process ids. Each process is in one of the numbers, or in
 * @processes. The reply ends early when @processes is full, and after a bounded
 * number of processes, of which perhaps none is shown: what counts is @cursor.
 *
 * The right is asked for each process anew, as with every request. One process
 * at a time is held; its row is of one moment, the rows are of several.
 *
 * May sleep. Takes the mmap_lock of one process at a time for read, killable,
 * in bounded holds; nothing is copied to the caller under it.
 * Errors: EINVAL, E2BIG, EFAULT, EINTR, ENFILE, ENOMEM, and EBADF when @cgroup
 * is no such directory, EOPNOTSUPP when the kernel has no cgroups.
 */
struct vmscope_ps {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 uid;
	__u64 cgroup;
	__u64 start;
	__u64 processes;
	__u64 processes_len;
	__u64 processes_size;
	__u64 cursor;
	__u64 hidden;
	__u64 others;
	__u64 kernel_threads;
	__u64 ended;
	__u64 unsettled;
	__u64 scan_ns;
	__u64 rights_ns;
	struct vmscope_walk walk;
};

#define VMSCOPE_IOC_PS	_IOWR(VMSCOPE_IOC_MAGIC, 0x07, struct vmscope_ps)

#endif /* _UAPI_LINUX_VMSCOPE_PROCESSES_H */
