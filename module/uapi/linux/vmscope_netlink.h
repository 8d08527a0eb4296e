/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vmscope: rare events and cheap figures, by generic netlink.
 *
 * The same contract as Documentation/netlink/specs/vmscope.yaml, from which
 * names, numbers and types follow; a test compares the two, and both with what
 * the module answers. uapi.md explains it.
 *
 * The family lives in the initial network namespace only: what it tells is
 * about the machine's processes, and those do not belong to a network
 * namespace.
 *
 * Commands
 * --------
 *  STATE_GET     what the module is and does; for everybody
 *  PROCESS_GET   one process, or by a dump all: figures from the kernel's
 *                counters, without a walk and without a lock of the process's
 *                memory
 *  ALARM_GET     one alarm, or by a dump all
 *  ALARM_SET     a new alarm; the reply is the alarm, with its id
 *  ALARM_DELETE  no longer
 *
 * Groups
 * ------
 *  exit   an EXIT for each process that ends: its final account
 *  alarm  an ALARM for each time that an alarm changes its state
 *
 * Rights
 * ------
 *  PROCESS_GET: a process may be looked at by whom /proc/PID/pagemap may be
 *  opened by; both the sender of the request and who opened the socket must.
 *  A dump tells others' processes by number, with HIDDEN set and nothing else.
 *  Alarms, and joining a group, take CAP_SYS_ADMIN in the initial user
 *  namespace, of the sender and of who opened the socket.
 *
 * Errors
 * ------
 *  EINVAL   an attribute is missing, malformed, unknown or at odds with another;
 *           the kernel's message (NETLINK_EXT_ACK) says which
 *  ERANGE   an attribute is out of its range; likewise
 *  EPERM    alarms and groups, without CAP_SYS_ADMIN
 *  ESRCH    no such process
 *  EACCES   this process may not be looked at
 *  ENXIO    a kernel thread: it has no user address space
 *  ENODATA  a zombie, or exiting: its address space is gone
 *  EAGAIN   the process kept changing by exec; ask again
 *  ENOENT   no such alarm; or not the initial network namespace
 *  ENOSPC   there are VMSCOPE_ALARMS_MAX alarms
 *  EOPNOTSUPP  a command that this module does not know, or an alarm that this
 *           kernel cannot watch for
 */
#ifndef _UAPI_LINUX_VMSCOPE_NETLINK_H
#define _UAPI_LINUX_VMSCOPE_NETLINK_H

#define VMSCOPE_FAMILY_NAME	"vmscope"
#define VMSCOPE_FAMILY_VERSION	1

#define VMSCOPE_MCGRP_EXIT	"exit"
#define VMSCOPE_MCGRP_ALARM	"alarm"

/* Bounds of what an alarm may be set to. */
#define VMSCOPE_ALARMS_MAX		256
#define VMSCOPE_ALARM_INTERVAL_MIN	100	/* milliseconds */
#define VMSCOPE_ALARM_INTERVAL_MAX	3600000
#define VMSCOPE_ALARM_INTERVAL_DEFAULT	1000

enum vmscope_command {
	VMSCOPE_CMD_STATE_GET = 1,
	VMSCOPE_CMD_PROCESS_GET,
	VMSCOPE_CMD_ALARM_GET,
	VMSCOPE_CMD_ALARM_SET,
	VMSCOPE_CMD_ALARM_DELETE,
	VMSCOPE_CMD_EXIT,	/* group exit only */
	VMSCOPE_CMD_ALARM,	/* group alarm only */

	__VMSCOPE_CMD_MAX,
	VMSCOPE_CMD_MAX = (__VMSCOPE_CMD_MAX - 1)
};

/*
 * enum vmscope_exits - are exits being told?
 */
enum vmscope_exits {
	VMSCOPE_EXITS_OFF,	/* nobody asked for it: nothing is hooked */
	VMSCOPE_EXITS_ON,
	VMSCOPE_EXITS_DEAD,	/* hooked, and a trial exit was not seen: the
				 * machine's kprobes or ftrace are switched off
				 */
	VMSCOPE_EXITS_NONE,	/* this kernel has nothing to hook */
};

/*
 * enum vmscope_alarm_what - which figure an alarm watches
 *
 * Rates are faults in a second, over the last interval; sizes are bytes.
 */
enum vmscope_alarm_what {
	VMSCOPE_ALARM_WHAT_FAULTS,		/* rate: minor and major */
	VMSCOPE_ALARM_WHAT_MAJOR_FAULTS,	/* rate */
	VMSCOPE_ALARM_WHAT_RESIDENT,
	VMSCOPE_ALARM_WHAT_SWAPPED,
	VMSCOPE_ALARM_WHAT_PAGE_TABLES,
};

/*
 * enum vmscope_alarm_scope - of whom
 *
 * Sums of a cgroup and of the machine add up their processes, so memory that is
 * shared counts for each. The rates of the machine are those of /proc/vmstat.
 */
enum vmscope_alarm_scope {
	VMSCOPE_ALARM_SCOPE_PROCESS,
	VMSCOPE_ALARM_SCOPE_CGROUP,	/* version 2; with those below it */
	VMSCOPE_ALARM_SCOPE_MACHINE,
};

/*
 * enum vmscope_alarm_state - where the figure is
 */
enum vmscope_alarm_state {
	VMSCOPE_ALARM_STATE_UNKNOWN,	/* not measured yet */
	VMSCOPE_ALARM_STATE_CLEAR,	/* not above the threshold, or has come
					 * back down to rearm since
					 */
	VMSCOPE_ALARM_STATE_RAISED,	/* has risen above the threshold */
	VMSCOPE_ALARM_STATE_ENDED,	/* the process or cgroup has ended, and
					 * the alarm with it
					 */
};

enum {
	VMSCOPE_A_STATE_PAD = 1,
	VMSCOPE_A_STATE_ABI_VERSION,	/* u32, VMSCOPE_ABI_VERSION */
	VMSCOPE_A_STATE_MODULE_VERSION,	/* string */
	VMSCOPE_A_STATE_EXITS,		/* u32, enum vmscope_exits */
	VMSCOPE_A_STATE_SEQUENCE,	/* u64, of the last exit; see process */
	VMSCOPE_A_STATE_ALARMS,		/* u32, how many are set */

	__VMSCOPE_A_STATE_MAX,
	VMSCOPE_A_STATE_MAX = (__VMSCOPE_A_STATE_MAX - 1)
};

/*
 * A process; live, or with those from PARENT on at its end. What is not known
 * is not there. Numbers of processes are those of the reader's pid namespace in
 * replies, and those of the initial one in notifications.
 */
enum {
	VMSCOPE_A_PROCESS_PAD = 1,
	VMSCOPE_A_PROCESS_PID,			/* u32 */
	VMSCOPE_A_PROCESS_HIDDEN,		/* flag: no right to see more */
	VMSCOPE_A_PROCESS_COMM,			/* string */
	VMSCOPE_A_PROCESS_UID,			/* u32, real; of the initial user
						 * namespace
						 */
	VMSCOPE_A_PROCESS_CGROUP,		/* u64, id in the hierarchy of
						 * version 2
						 */
	VMSCOPE_A_PROCESS_THREADS,		/* u32 */
	VMSCOPE_A_PROCESS_VIRTUAL_BYTES,	/* u64 */
	VMSCOPE_A_PROCESS_RESIDENT_BYTES,	/* u64 */
	VMSCOPE_A_PROCESS_SWAPPED_BYTES,	/* u64 */
	VMSCOPE_A_PROCESS_PAGE_TABLE_BYTES,	/* u64 */
	VMSCOPE_A_PROCESS_PEAK_VIRTUAL_BYTES,	/* u64 */
	VMSCOPE_A_PROCESS_PEAK_RESIDENT_BYTES,	/* u64, at its end of all programs
						 * that it executed, as ru_maxrss
						 */
	VMSCOPE_A_PROCESS_MINOR_FAULTS,		/* u64, of all threads */
	VMSCOPE_A_PROCESS_MAJOR_FAULTS,		/* u64 */
	VMSCOPE_A_PROCESS_PARENT,		/* u32 */
	VMSCOPE_A_PROCESS_STATUS,		/* u32, as from wait() */
	VMSCOPE_A_PROCESS_TIME_NS,		/* u64, CLOCK_MONOTONIC */
	VMSCOPE_A_PROCESS_LIFETIME_NS,		/* u64 */
	VMSCOPE_A_PROCESS_SEQUENCE,		/* u64: exits since the module was
						 * loaded, while they were
						 * watched. Who misses one knows
						 */
	VMSCOPE_A_PROCESS_LOST,			/* u64: exits that could not be
						 * told right before this one,
						 * for want of memory
						 */

	__VMSCOPE_A_PROCESS_MAX,
	VMSCOPE_A_PROCESS_MAX = (__VMSCOPE_A_PROCESS_MAX - 1)
};

enum {
	VMSCOPE_A_ALARM_PAD = 1,
	VMSCOPE_A_ALARM_ID,		/* u32, never 0, not used again */
	VMSCOPE_A_ALARM_WHAT,		/* u32, enum vmscope_alarm_what */
	VMSCOPE_A_ALARM_SCOPE,		/* u32, enum vmscope_alarm_scope */
	VMSCOPE_A_ALARM_PID,		/* u32 */
	VMSCOPE_A_ALARM_CGROUP,		/* u64, the inode of its folder */
	VMSCOPE_A_ALARM_THRESHOLD,	/* u64: above this it is raised */
	VMSCOPE_A_ALARM_REARM,		/* u64: at this, or below, it is clear
					 * again; at most the threshold, by
					 * default nine tenths of it
					 */
	VMSCOPE_A_ALARM_INTERVAL_MS,	/* u32, VMSCOPE_ALARM_INTERVAL_* */
	VMSCOPE_A_ALARM_KEEP,		/* flag: outlives the socket that set it */
	VMSCOPE_A_ALARM_STATE,		/* u32, enum vmscope_alarm_state */
	VMSCOPE_A_ALARM_VALUE,		/* u64, when last measured */
	VMSCOPE_A_ALARM_RAISED,		/* u64, how often it was raised */
	VMSCOPE_A_ALARM_TIME_NS,	/* u64, CLOCK_MONOTONIC, of the value */

	__VMSCOPE_A_ALARM_MAX,
	VMSCOPE_A_ALARM_MAX = (__VMSCOPE_A_ALARM_MAX - 1)
};

#endif /* _UAPI_LINUX_VMSCOPE_NETLINK_H */
