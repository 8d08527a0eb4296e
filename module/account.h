/* SPDX-License-Identifier: GPL-2.0 */
/*
 * account: a process's memory by the counters that the kernel keeps anyway;
 * now, and at its end.
 */
#ifndef _VMSCOPE_ACCOUNT_H
#define _VMSCOPE_ACCOUNT_H

#include <linux/sched.h>
#include <linux/types.h>
#include <linux/vmscope_netlink.h>

struct mm_struct;
struct vmscope_target;

/**
 * struct vmscope_account - figures of a process; sizes in bytes
 * @virtual_bytes: of its mappings
 * @resident_bytes: pages that count as its own
 * @swapped_bytes: in swap areas, by its page tables
 * @page_table_bytes: below the top table
 * @peak_virtual_bytes: the most there was
 * @peak_resident_bytes: likewise
 * @minor_faults: of all its threads, past ones included
 * @major_faults: likewise
 */
struct vmscope_account {
	u64 virtual_bytes;
	u64 resident_bytes;
	u64 swapped_bytes;
	u64 page_table_bytes;
	u64 peak_virtual_bytes;
	u64 peak_resident_bytes;
	u64 minor_faults;
	u64 major_faults;
};

void vmscope_account_target(const struct vmscope_target *target,
			    struct vmscope_account *account);
int vmscope_account_task(struct task_struct *task,
			 struct vmscope_account *account);
u64 vmscope_account_cgroup(struct task_struct *task);

/**
 * struct vmscope_exit - the last account of a process
 * @account: what it had right before its memory was given back
 * @pid: its number in the initial pid namespace
 * @parent: its parent's there; 0 for a parent from outside
 * @uid: its real user, in the initial user namespace
 * @status: as wait() tells
 * @comm: its name, not terminated when it is as long as can be
 * @cgroup: id in the hierarchy of version 2
 * @time_ns: when, CLOCK_MONOTONIC
 * @lifetime_ns: since it was forked
 */
struct vmscope_exit {
	struct vmscope_account account;
	u32 pid;
	u32 parent;
	u32 uid;
	u32 status;
	char comm[TASK_COMM_LEN];
	u64 cgroup;
	u64 time_ns;
	u64 lifetime_ns;
};

/* Who can be told of exits. */
enum vmscope_exit_watcher {
	VMSCOPE_EXIT_ALARM,
	VMSCOPE_EXIT_NETLINK,
	VMSCOPE_EXIT_WATCHERS,
};

typedef void (*vmscope_exit_fn)(struct task_struct *task,
				const struct vmscope_exit *exit);

int vmscope_exit_watch(enum vmscope_exit_watcher watcher, vmscope_exit_fn fn);
void vmscope_exit_unwatch(enum vmscope_exit_watcher watcher);
enum vmscope_exits vmscope_exit_state(void);

#endif /* _VMSCOPE_ACCOUNT_H */
