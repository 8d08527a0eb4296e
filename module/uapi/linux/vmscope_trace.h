/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vmscope: page faults as they happen. The part of the contract about tracing;
 * <linux/vmscope.h> has the rules that hold for every request.
 *
 * An open /dev/vmscope traces at most once. It is set up with
 * VMSCOPE_IOC_TRACE, told whom to trace with VMSCOPE_IOC_TRACE_TARGET, started
 * and stopped with VMSCOPE_IOC_TRACE_CONTROL. Totals are kept in the kernel and
 * exact, also when records are lost; VMSCOPE_IOC_TRACE_TOTALS reads them.
 * Records go to one ring for each CPU, which are read through mmap() without a
 * system call for each record; poll() waits for them. Closing the device ends
 * it all.
 *
 * Nothing is hooked while nobody traces.
 *
 * What one fault is
 * -----------------
 * One exception, or one call of the fault handler on a task's behalf (by
 * get_user_pages(): ptrace, /proc/PID/mem, process_vm_writev(), KVM,
 * io_uring). Retries of the kernel's fault handler are part of the fault that
 * they belong to, and counted in it. A record is written when the fault is
 * over; what is not over at STOP is not counted. Accesses that may fail and take
 * no fault for it (copy_from_user_nofault() and its like) are none.
 *
 * Rights
 * ------
 * A target is a process that the caller may look at (see <linux/vmscope.h>);
 * this is asked again when it calls exec. Machine-wide, cgroup and uid targets
 * need CAP_SYS_ADMIN, or CAP_PERFMON and CAP_SYS_PTRACE. Addresses in the
 * kernel half (ip of a fault in kernel mode, kernel stacks) and bits of frame
 * numbers are given to whom frames are told; others get 0 and
 * VMSCOPE_FAULT_HIDDEN.
 */
#ifndef _UAPI_LINUX_VMSCOPE_TRACE_H
#define _UAPI_LINUX_VMSCOPE_TRACE_H

#include <linux/const.h>
#include <linux/ioctl.h>
#include <linux/types.h>

#include <linux/vmscope.h>

/*
 * enum vmscope_cause - why a fault was taken, and what it took
 *
 * The first that fits, in the order of the rules in
 * Documentation/tracing.md.
 */
enum vmscope_cause {
	VMSCOPE_CAUSE_OTHER	= 0,	/* none of these: see the raw facts */
	VMSCOPE_CAUSE_DEMAND_ZERO = 1,	/* first write to private anonymous */
	VMSCOPE_CAUSE_ZERO_PAGE	= 2,	/* first read there: shared zero page */
	VMSCOPE_CAUSE_COW_COPY	= 3,	/* write to a shared page: copied */
	VMSCOPE_CAUSE_COW_REUSE	= 4,	/* write to a page not shared (any
					 * more): made writable in place
					 */
	VMSCOPE_CAUSE_FILE_MINOR = 5,	/* file page that was in memory */
	VMSCOPE_CAUSE_FILE_MAJOR = 6,	/* file page that had to be read */
	VMSCOPE_CAUSE_SHMEM	= 7,	/* page of shared memory or tmpfs */
	VMSCOPE_CAUSE_SWAP_MAJOR = 8,	/* read back from swap space */
	VMSCOPE_CAUSE_SWAP_CACHE = 9,	/* swapped out, but still in memory */
	VMSCOPE_CAUSE_NUMA_HINT	= 10,	/* access sampled for NUMA balancing */
	VMSCOPE_CAUSE_HUGE_ZERO	= 11,	/* first touch, given a huge page */
	VMSCOPE_CAUSE_HUGE_WRITE = 12,	/* write to a huge page that was
					 * write-protected: reused or split
					 */
	VMSCOPE_CAUSE_HUGETLB	= 13,	/* page of a hugetlb mapping */
	VMSCOPE_CAUSE_USERFAULTFD = 14,	/* handed to a userfaultfd */
	VMSCOPE_CAUSE_WRITE_NOTIFY = 15, /* first write to a shared file page */
	VMSCOPE_CAUSE_UPKEEP	= 16,	/* accessed, dirty, soft-dirty or
					 * write-protect bit brought up to date
					 */
	VMSCOPE_CAUSE_STACK_GROWTH = 17, /* the stack grew */
	VMSCOPE_CAUSE_SPURIOUS	= 18,	/* nothing was left to do */
	VMSCOPE_CAUSE_DEVICE	= 19,	/* PFN map or device memory */
	VMSCOPE_CAUSE_MIGRATION	= 20,	/* waited for a page being moved */
	VMSCOPE_CAUSE_BAD_ADDRESS = 21,	/* nothing is mapped: SIGSEGV */
	VMSCOPE_CAUSE_BAD_ACCESS = 22,	/* the mapping forbids it: SIGSEGV */
	VMSCOPE_CAUSE_BUS_ERROR	= 23,	/* SIGBUS: beyond a file, I/O error,
					 * memory error
					 */
	VMSCOPE_CAUSE_FAILED	= 24,	/* failed otherwise: out of memory,
					 * killed while it waited
					 */
};

#define VMSCOPE_CAUSES		25

/* enum vmscope_origin - from where the access came */
enum vmscope_origin {
	VMSCOPE_ORIGIN_USER	= 0,	/* an instruction in user mode */
	VMSCOPE_ORIGIN_KERNEL	= 1,	/* the kernel, for a system call */
	VMSCOPE_ORIGIN_GUP	= 2,	/* no access: get_user_pages() */
};

#define VMSCOPE_ORIGINS		3

enum vmscope_access {
	VMSCOPE_ACCESS_READ	= 0,
	VMSCOPE_ACCESS_WRITE	= 1,
	VMSCOPE_ACCESS_EXEC	= 2,
};

#define VMSCOPE_ACCESSES	3

/* ----------------------------------------------------------------- TRACE */

/* Flags of VMSCOPE_IOC_TRACE. */
#define VMSCOPE_TRACE_F_RECORDS	_BITULL(0)	/* rings, not only totals */
#define VMSCOPE_TRACE_F_OVERWRITE _BITULL(1)	/* full: the oldest go */
#define VMSCOPE_TRACE_F_USER_STACK _BITULL(2)	/* callers by frame pointers */
#define VMSCOPE_TRACE_F_KERNEL_STACK _BITULL(3)	/* of faults in kernel mode
						 * and by get_user_pages()
						 */

/**
 * struct vmscope_trace - VMSCOPE_IOC_TRACE
 * @size: in: sizeof(struct vmscope_trace)
 * @reserved: in: 0
 * @flags: in: VMSCOPE_TRACE_F_*
 * @causes: in: mask of 1 << &enum vmscope_cause; 0 for all
 * @origins: in: mask of 1 << &enum vmscope_origin; 0 for all
 * @accesses: in: mask of 1 << &enum vmscope_access; 0 for all
 * @start: in: lowest address
 * @end: in: first address after the range; 0 with @start 0 for all
 * @min_latency_ns: in: only faults that took as long (exception time where it
 *	is known, else handler time)
 * @sample: in: one record for so many faults; 0 and 1: for each. Totals count
 *	all
 * @ring_bytes: in: size of each CPU's ring, a power of two from two blocks to
 *	1 GiB; 0 for 2 MiB. All together may take a quarter of the machine's
 *	memory, ENOMEM otherwise. out: as it is
 * @wake_bytes: in: poll() tells of data when a ring holds so many bytes, or
 *	after @wake_ns; 0 for a quarter of the ring
 * @wake_ns: in: poll() tells of any data after so long; 0 for 100 ms, an hour
 *	at most
 * @rings: out: number of rings, one for each possible CPU
 * @map_bytes: out: what mmap() of one ring takes; that of ring N is at offset
 *	N * @map_bytes
 * @data_offset: out: where the data begin in it
 * @block_bytes: out: see struct vmscope_ring
 *
 * Filters choose what is counted and recorded, but @sample, which thins records
 * only. May be called again while stopped and nothing is mapped; targets and
 * totals then begin anew.
 *
 * Flags other than VMSCOPE_TRACE_F_RECORDS need that one. Without it @rings to
 * @block_bytes are 0.
 *
 * May sleep. Errors: EINVAL, E2BIG, EFAULT, ENOMEM; EBUSY while started or
 * mapped; EOPNOTSUPP when the kernel lacks the hooks (see INFO's features).
 */
struct vmscope_trace {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 causes;
	__u64 origins;
	__u64 accesses;
	__u64 start;
	__u64 end;
	__u64 min_latency_ns;
	__u64 sample;
	__u64 ring_bytes;
	__u64 wake_bytes;
	__u64 wake_ns;
	__u64 rings;
	__u64 map_bytes;
	__u64 data_offset;
	__u64 block_bytes;
};

/* enum vmscope_target_kind - what a target is */
enum vmscope_target_kind {
	VMSCOPE_TARGET_PROCESS	= 0,	/* all threads of @id's process */
	VMSCOPE_TARGET_THREAD	= 1,	/* @id alone */
	VMSCOPE_TARGET_CGROUP	= 2,	/* @id: a descriptor of its folder;
					 * with its descendants
					 */
	VMSCOPE_TARGET_UID	= 3,	/* @id: real uid, in the caller's user
					 * namespace
					 */
	VMSCOPE_TARGET_ALL	= 4,	/* everything; @id is 0 */
};

/* Flags of VMSCOPE_IOC_TRACE_TARGET, besides VMSCOPE_F_PIDFD. */
#define VMSCOPE_TARGET_F_CHILDREN _BITULL(1)	/* also what it forks from now
						 * on
						 */
#define VMSCOPE_TARGET_F_ON_EXEC  _BITULL(2)	/* from its next exec on: for a
						 * command to be started
						 */

/**
 * struct vmscope_trace_target - VMSCOPE_IOC_TRACE_TARGET
 * @size: in: sizeof(struct vmscope_trace_target)
 * @reserved: in: 0
 * @flags: in: VMSCOPE_F_PIDFD, VMSCOPE_TARGET_F_*; the latter with processes and
 *	threads only
 * @kind: in: &enum vmscope_target_kind
 * @id: in: as the kind says; with processes and threads 0 is the caller
 *
 * Adds a target; what fits several is traced once. May be called while
 * started. Forks and execs count from here on, whether started or not.
 *
 * May sleep. Errors: the common ones; EINVAL for a uid that the caller's user
 * namespace does not know; EPERM for a kind that needs a capability; ENOSPC
 * when there are too many targets (65536 processes and threads, 64 cgroups, 64
 * uids) or too many sessions that trace (64); EBADF when @id is no cgroup;
 * EOPNOTSUPP; ENODATA before VMSCOPE_IOC_TRACE, too.
 */
struct vmscope_trace_target {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 kind;
	__u64 id;
};

/* enum vmscope_trace_op - what VMSCOPE_IOC_TRACE_CONTROL does */
enum vmscope_trace_op {
	VMSCOPE_TRACE_START	= 0,
	VMSCOPE_TRACE_STOP	= 1,
	VMSCOPE_TRACE_RESET	= 2,	/* totals back to 0, but for what the
					 * rings and the targets count
					 */
};

/**
 * struct vmscope_trace_control - VMSCOPE_IOC_TRACE_CONTROL
 * @size: in: sizeof(struct vmscope_trace_control)
 * @reserved: in: 0
 * @flags: in: 0
 * @op: in: &enum vmscope_trace_op
 *
 * Starting tests the hooks with a fault of the caller's own and fails with
 * EIO when they were installed, but do not fire (kernel.ftrace_enabled=0, or
 * kprobes switched off in debugfs); that fault is in nobody's totals, but the
 * kernel counts it. STOP returns when no hook runs any more on behalf of this
 * session. Starting again goes on with the totals.
 *
 * May sleep. Errors: EINVAL, E2BIG, EFAULT; ENODATA before VMSCOPE_IOC_TRACE;
 * EALREADY; EOPNOTSUPP, EIO, ENOMEM; ENOSPC when 64 sessions trace already.
 */
struct vmscope_trace_control {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 op;
};

/* ---------------------------------------------------------------- TOTALS */

/*
 * enum vmscope_latency - which interval
 *
 * HANDLER is the time inside handle_mm_fault(), all its calls for one fault
 * added up. EXCEPTION is from the first of the kernel's hooks in the exception
 * to the end of the last of those calls, waiting for locks included, or to the
 * signal or the system call's error that a fault ends in; it is not known of
 * faults by get_user_pages(). Entry into and return from the exception are in
 * neither.
 */
enum vmscope_latency {
	VMSCOPE_LATENCY_HANDLER	= 0,
	VMSCOPE_LATENCY_EXCEPTION = 1,
};

#define VMSCOPE_LATENCIES	2

/*
 * Histograms: below 8 ns one bucket for each value, from there on 8 for each
 * power of two, up to 2^40 ns; longer ones are in the last.
 *   v < 8: bucket v;  else with e = log2(v): 8 * (e - 2) + (v >> (e - 3)) % 8
 */
#define VMSCOPE_HIST_BUCKETS	312

/**
 * struct vmscope_latency_sum - how long faults took
 * @count: how many have this interval
 * @total_ns: all of them together
 * @max_ns: the longest
 * @max_time_ns: when it ended (CLOCK_MONOTONIC)
 * @buckets: histogram
 */
struct vmscope_latency_sum {
	__u64 count;
	__u64 total_ns;
	__u64 max_ns;
	__u64 max_time_ns;
	__u64 buckets[VMSCOPE_HIST_BUCKETS];
};

/**
 * struct vmscope_cause_sum - the faults of one cause
 * @count: how many
 * @origins: @count by &enum vmscope_origin
 * @accesses: @count by &enum vmscope_access
 * @major: those with I/O, as the kernel counts them
 * @retries: further calls of the handler that they took
 * @around_pages: pages mapped besides the one that was asked for; of file
 *	faults, where it can be told
 * @lock_wait_ns: time that they waited for the mmap_lock; part of the exception
 *	time. 0, as no hook tells it yet
 * @latency: by &enum vmscope_latency
 */
struct vmscope_cause_sum {
	__u64 count;
	__u64 origins[VMSCOPE_ORIGINS];
	__u64 accesses[VMSCOPE_ACCESSES];
	__u64 major;
	__u64 retries;
	__u64 around_pages;
	__u64 lock_wait_ns;
	struct vmscope_latency_sum latency[VMSCOPE_LATENCIES];
};

/*
 * enum vmscope_lost - why a record or a fault was lost
 *
 * The first four count records of any type, but PAD and LOST: of a fault that
 * is in the totals, or of a task. The others count what their comment says.
 */
enum vmscope_lost {
	VMSCOPE_LOST_FULL	= 0,	/* the ring was full */
	VMSCOPE_LOST_OVERWRITTEN = 1,	/* overwrite mode: old ones made room */
	VMSCOPE_LOST_NESTED	= 2,	/* a record was being written there */
	VMSCOPE_LOST_SAMPLED	= 3,	/* left out on purpose, by sample */
	VMSCOPE_LOST_PROBE	= 4,	/* the kernel had no kretprobe instance
					 * left: not counted, no cause
					 */
	VMSCOPE_LOST_SLOT	= 5,	/* too many faults at once: counted,
					 * by what is known without its start
					 */
	VMSCOPE_LOST_TARGET	= 6,	/* a child could not be followed: no
					 * memory; number of children
					 */
};

#define VMSCOPE_LOSTS		7

/**
 * struct vmscope_trace_totals - VMSCOPE_IOC_TRACE_TOTALS
 * @size: in: sizeof(struct vmscope_trace_totals)
 * @reserved: in: 0
 * @flags: in: 0
 * @causes: in: address of an array of struct vmscope_cause_sum, one per &enum
 *	vmscope_cause; or 0
 * @causes_len: in: number of its elements; out: number written
 * @causes_size: in: bytes of one element, at most 16384
 * @faults: out: all of them. Those that are in none of @minor, @major and @failed
 *	were not handled at all, and did not fail: of the vsyscall page
 * @origins: out: by &enum vmscope_origin
 * @minor: out: as the kernel counts them
 * @major: out: likewise
 * @failed: out: that ended in a signal or an error; in neither of these two
 * @records: out: written to rings, of any type but PAD and LOST
 * @lost: out: by &enum vmscope_lost
 * @time_ns: out: how long it was started, in sum
 * @targets: out: processes and threads being traced now; 0 with machine-wide
 *	targets only
 * @refused: out: targets given up because their exec took the right away
 * @running: out: 1 when started
 * @hooks_dead: out: 1 when hooks that should fire do not (see
 *	VMSCOPE_IOC_TRACE_CONTROL); asked anew each time
 *
 * While it is started, the numbers are of slightly different moments; of one that
 * was stopped they are exact.
 *
 * May sleep. Errors: EINVAL, E2BIG, EFAULT, ENOMEM; ENODATA before
 * VMSCOPE_IOC_TRACE.
 */
struct vmscope_trace_totals {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 causes;
	__u64 causes_len;
	__u64 causes_size;
	__u64 faults;
	__u64 origins[VMSCOPE_ORIGINS];
	__u64 minor;
	__u64 major;
	__u64 failed;
	__u64 records;
	__u64 lost[VMSCOPE_LOSTS];
	__u64 time_ns;
	__u64 targets;
	__u64 refused;
	__u64 running;
	__u64 hooks_dead;
};

/* ----------------------------------------------------------------- RINGS */

/**
 * struct vmscope_ring - what the first page of a CPU's ring begins with
 * @head: position after the last record, in bytes since the start; written by
 *	the kernel after the record (load-acquire it)
 * @records: records written, of any type but PAD and LOST
 * @lost: records lost on this CPU, by &enum vmscope_lost; those that no CPU
 *	owns are in the totals only
 * @tail: position up to which the reader is done; written by the reader only
 *	(store-release it), not used in overwrite mode. The kernel trusts it as
 *	little as anything else here: a tail that cannot be counts as a full
 *	ring
 *
 * Data follow at data_offset, ring_bytes of them; position P is at P modulo
 * ring_bytes. Records are aligned to 8 bytes and never cross a multiple of
 * block_bytes: what does not fit is padded with a VMSCOPE_RECORD_PAD, so each
 * such multiple is the start of a record. In overwrite mode the valid ones are
 * in blocks that begin at head - ring_bytes + block_bytes or later, judged by a
 * head read after the copy.
 *
 * Records of one ring are nearly in the order of their times, not quite: a fault
 * whose end has no hook is written at its task's next event.
 *
 * mmap() must be MAP_SHARED and of one whole ring, map_bytes long. To store the
 * tail, it has to be writable, and for that the device opened for reading and
 * writing. The data are writable then, too, which harms none but the reader. The
 * mapping cannot be divided, and is not inherited by fork. Errors: ENODATA without
 * rings, EINVAL for another length or offset, EPERM for an executable one,
 * EAGAIN while another thread's request is served.
 */
struct vmscope_ring {
	__u64 head;
	__u64 records;
	__u64 lost[VMSCOPE_LOSTS];
	__u64 kernel_reserved[55];
	__u64 tail;
	__u64 reader_reserved[63];
};

enum vmscope_record_type {
	VMSCOPE_RECORD_PAD	= 0,	/* nothing; may be 8 bytes long */
	VMSCOPE_RECORD_FAULT	= 1,	/* struct vmscope_record_fault */
	VMSCOPE_RECORD_LOST	= 2,	/* struct vmscope_record_lost */
	VMSCOPE_RECORD_FORK	= 3,	/* struct vmscope_record_task */
	VMSCOPE_RECORD_EXEC	= 4,	/* struct vmscope_record_task */
	VMSCOPE_RECORD_EXIT	= 5,	/* struct vmscope_record_task */
};

/**
 * struct vmscope_record - what every record begins with
 * @type: &enum vmscope_record_type; readers skip those they do not know
 * @bytes: length, a multiple of 8; grows when fields are appended
 * @cpu: where it was written; not in a PAD
 * @time_ns: when, CLOCK_MONOTONIC; not in a PAD
 */
struct vmscope_record {
	__u16 type;
	__u16 bytes;
	__u32 cpu;
	__u64 time_ns;
};

/**
 * struct vmscope_record_lost - records are missing here
 * @header: type VMSCOPE_RECORD_LOST
 * @lost: how many since the record before, by &enum vmscope_lost; FULL and NESTED
 *	only, as the others are not missing just here
 */
struct vmscope_record_lost {
	struct vmscope_record header;
	__u64 lost[VMSCOPE_LOSTS];
};

/**
 * struct vmscope_record_task - a traced process or thread begins, execs, ends
 * @header: FORK: of the new one. EXEC: after it. EXIT: of each thread
 * @pid: its process, in the pid namespace of who set up the trace
 * @tid: its thread
 * @parent_pid: FORK: who forked it
 * @parent_tid: likewise
 * @comm: its name
 */
struct vmscope_record_task {
	struct vmscope_record header;
	__u32 pid;
	__u32 tid;
	__u32 parent_pid;
	__u32 parent_tid;
	__u8 comm[16];
};

/* flags of a fault */
#define VMSCOPE_FAULT_MAJOR	_BITUL(0)	/* as the kernel counts it */
#define VMSCOPE_FAULT_FAILED	_BITUL(1)	/* a signal or an error */
#define VMSCOPE_FAULT_RETRIED	_BITUL(2)	/* the handler was called again */
#define VMSCOPE_FAULT_HANDLER	_BITUL(3)	/* handler_ns is known */
#define VMSCOPE_FAULT_EXCEPTION	_BITUL(4)	/* exception_ns is known */
#define VMSCOPE_FAULT_MAPPING	_BITUL(5)	/* map_* are known */
#define VMSCOPE_FAULT_BEFORE	_BITUL(6)	/* entry_before is known */
#define VMSCOPE_FAULT_AFTER	_BITUL(7)	/* entry_after is known */
#define VMSCOPE_FAULT_HIDDEN	_BITUL(8)	/* kernel addresses and frames
						 * are 0 for want of rights
						 */
#define VMSCOPE_FAULT_REMOTE	_BITUL(9)	/* of another process's memory:
						 * target_pid's
						 */
#define VMSCOPE_FAULT_STACK_CUT	_BITUL(10)	/* there were more callers */

/**
 * struct vmscope_record_fault - one page fault
 * @header: its time is the fault's end
 * @pid: process that ran, in the pid namespace of who set up the trace; 0 if
 *	it has none there
 * @tid: its thread
 * @target_pid: process whose memory it was about: @pid, but for REMOTE; 0 if it
 *	cannot be told
 * @flags: VMSCOPE_FAULT_*
 * @cause: &enum vmscope_cause
 * @origin: &enum vmscope_origin
 * @access: &enum vmscope_access
 * @error_code: the processor's (x86: bit 0 protection, 1 write, 2 user, 4
 *	instruction fetch, 5 protection key); 0 for GUP
 * @fault_flags: FAULT_FLAG_* of the last call of the handler, raw
 * @fault_result: VM_FAULT_* that all its calls returned, raw
 * @signal: that the fault raised, or 0
 * @address: that was accessed
 * @ip: the instruction; in kernel mode the kernel's. 0 for GUP
 * @user_ip: in kernel mode and for GUP: where user mode called the kernel
 * @exception_ns: see &enum vmscope_latency
 * @handler_ns: likewise
 * @lock_wait_ns: wait for the mmap_lock; 0, as no hook tells it yet
 * @entry_before: the entry that @address had before, at @level_before
 * @entry_after: and after the fault, at @level_after
 * @level_before: VMSCOPE_LEVEL_*; the table that ends the walk
 * @level_after: likewise
 * @calls: of the handler
 * @around_pages: as in struct vmscope_cause_sum
 * @map_start: the mapping
 * @map_end: first address after it
 * @map_flags: VMSCOPE_MAP_*
 * @map_kind: &enum vmscope_kind
 * @offset: bytes into the file of @address; 0 without a file
 * @inode: of the file
 * @device: of the file: major number << 32 | minor number
 * @comm: name of the thread
 * @user_stack_len: callers in user mode, addresses behind this struct
 * @kernel_stack_len: callers in kernel mode, addresses behind those
 *
 * The addresses of the stacks are __u64 each and begin at the end of the
 * struct as the kernel knows it: at header.bytes - 8 * (both lengths).
 */
struct vmscope_record_fault {
	struct vmscope_record header;
	__u32 pid;
	__u32 tid;
	__u32 target_pid;
	__u32 flags;
	__u16 cause;
	__u8 origin;
	__u8 access;
	__u32 error_code;
	__u32 fault_flags;
	__u32 fault_result;
	__u64 address;
	__u64 ip;
	__u64 user_ip;
	__u64 exception_ns;
	__u64 handler_ns;
	__u64 lock_wait_ns;
	__u64 entry_before;
	__u64 entry_after;
	__u8 level_before;
	__u8 level_after;
	__u8 signal;
	__u8 map_kind;
	__u16 calls;
	__u16 around_pages;
	__u64 map_start;
	__u64 map_end;
	__u64 map_flags;
	__u64 offset;
	__u64 inode;
	__u64 device;
	__u8 comm[16];
	__u16 user_stack_len;
	__u16 kernel_stack_len;
	__u32 reserved;
};

/* At most so many callers of each kind are in a record. */
#define VMSCOPE_STACK_MAX	64

#define VMSCOPE_IOC_TRACE	_IOWR(VMSCOPE_IOC_MAGIC, 0x10, struct vmscope_trace)
#define VMSCOPE_IOC_TRACE_TARGET \
	_IOWR(VMSCOPE_IOC_MAGIC, 0x11, struct vmscope_trace_target)
#define VMSCOPE_IOC_TRACE_CONTROL \
	_IOWR(VMSCOPE_IOC_MAGIC, 0x12, struct vmscope_trace_control)
#define VMSCOPE_IOC_TRACE_TOTALS \
	_IOWR(VMSCOPE_IOC_MAGIC, 0x13, struct vmscope_trace_totals)

#endif /* _UAPI_LINUX_VMSCOPE_TRACE_H */
