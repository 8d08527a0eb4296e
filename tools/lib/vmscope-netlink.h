/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvmscope: rare events and cheap figures, by generic netlink. Included by
 * vmscope.h, which says what holds for all functions.
 *
 * A connection is not the handle of the device: it needs no device, and belongs
 * to one thread at a time.
 */
#ifndef _VMSCOPE_LIB_NETLINK_H
#define _VMSCOPE_LIB_NETLINK_H

#include <linux/vmscope_netlink.h>

struct vmscope_netlink;

/**
 * struct vmscope_netlink_state - what the module is and does
 * @abi_version: VMSCOPE_ABI_VERSION of the module
 * @exits: &enum vmscope_exits
 * @alarms: how many are set
 * @sequence: of the last exit that was told
 * @version: of the module
 */
struct vmscope_netlink_state {
	uint32_t abi_version;
	uint32_t exits;
	uint32_t alarms;
	uint64_t sequence;
	char version[32];
};

/* Is an attribute in a mask of them? @name is as in VMSCOPE_A_NAME. */
#define VMSCOPE_KNOWS(item, name) ((item)->known >> VMSCOPE_A_##name & 1)

/**
 * struct vmscope_account - figures of a process; sizes in bytes
 * @known: mask of 1 << VMSCOPE_A_PROCESS_*: what was told. Other fields are 0
 * @comm: its name
 *
 * The rest is as the contract says. Those from @parent on are told at its end
 * only.
 */
struct vmscope_account {
	uint64_t known;
	uint32_t pid;
	uint32_t uid;
	uint32_t threads;
	char comm[20];
	uint64_t cgroup;
	uint64_t virtual_bytes;
	uint64_t resident_bytes;
	uint64_t swapped_bytes;
	uint64_t page_table_bytes;
	uint64_t peak_virtual_bytes;
	uint64_t peak_resident_bytes;
	uint64_t minor_faults;
	uint64_t major_faults;
	uint32_t parent;
	uint32_t status;
	uint64_t time_ns;
	uint64_t lifetime_ns;
	uint64_t sequence;
	uint64_t lost;
};

/**
 * struct vmscope_alarm - an alarm
 * @known: mask of 1 << VMSCOPE_A_ALARM_*: what was told, or is to be set
 *
 * The rest is as the contract says.
 */
struct vmscope_alarm {
	uint64_t known;
	uint32_t id;
	uint32_t what;
	uint32_t scope;
	uint32_t pid;
	uint64_t cgroup;
	uint64_t threshold;
	uint64_t rearm;
	uint32_t interval_ms;
	uint32_t state;
	uint64_t value;
	uint64_t raised;
	uint64_t time_ns;
};

/**
 * struct vmscope_event - something has happened
 * @command: VMSCOPE_CMD_EXIT or VMSCOPE_CMD_ALARM
 * @process: with the first; else NULL
 * @alarm: with the second; else NULL
 */
struct vmscope_event {
	uint32_t command;
	const struct vmscope_account *process;
	const struct vmscope_alarm *alarm;
};

/**
 * vmscope_netlink_open() - connect to the module
 * @ret: out: a connection, to be given to vmscope_netlink_close()
 *
 * Return: 0; -ENOENT when the module is not loaded, or this is not the initial
 * network namespace; -ENOMEM, -EMFILE, -ENFILE or another error of sockets.
 */
int vmscope_netlink_open(struct vmscope_netlink **ret);

/**
 * vmscope_netlink_close() - end a connection
 * @netlink: a connection, or NULL
 *
 * Alarms that were set on it without VMSCOPE_A_ALARM_KEEP are deleted.
 */
void vmscope_netlink_close(struct vmscope_netlink *netlink);

/**
 * vmscope_netlink_fd() - what to poll for events
 * @netlink: a connection
 *
 * Return: a descriptor that belongs to the connection; it is readable when
 * vmscope_netlink_next() will not wait.
 */
int vmscope_netlink_fd(const struct vmscope_netlink *netlink);

/**
 * vmscope_netlink_message() - what the kernel said about the last error
 * @netlink: a connection
 *
 * Return: a sentence, or "" if it said nothing more; valid until the next
 * request.
 */
const char *vmscope_netlink_message(const struct vmscope_netlink *netlink);

/**
 * vmscope_netlink_state() - what the module does
 * @netlink: a connection
 * @ret: out: valid until the next call
 *
 * Return: 0 or an error of the contract.
 */
int vmscope_netlink_state(struct vmscope_netlink *netlink,
			  const struct vmscope_netlink_state **ret);

/**
 * vmscope_netlink_process() - figures of one process
 * @netlink: a connection
 * @pid: process or thread id in the caller's pid namespace
 * @ret: out: valid until the next call
 *
 * Return: 0 or an error of the contract.
 */
int vmscope_netlink_process(struct vmscope_netlink *netlink, pid_t pid,
			    const struct vmscope_account **ret);

typedef int (*vmscope_account_fn)(const struct vmscope_account *process,
				  void *data);
typedef int (*vmscope_alarm_fn)(const struct vmscope_alarm *alarm, void *data);

/**
 * vmscope_netlink_processes() - figures of all processes, by rising number
 * @netlink: a connection, which @fn must not use
 * @fn: called for each; anything but 0 ends it
 * @data: for @fn
 *
 * Processes that may not be looked at come as VMSCOPE_A_PROCESS_HIDDEN.
 *
 * Return: 0; 1 if processes came or went meanwhile; what @fn returned; or an
 * error of the contract.
 */
int vmscope_netlink_processes(struct vmscope_netlink *netlink,
			      vmscope_account_fn fn, void *data);

/**
 * vmscope_netlink_alarms() - all alarms, by rising id
 * @netlink: a connection, which @fn must not use
 * @fn: called for each; anything but 0 ends it
 * @data: for @fn
 *
 * Return: 0, what @fn returned, or an error of the contract.
 */
int vmscope_netlink_alarms(struct vmscope_netlink *netlink, vmscope_alarm_fn fn,
			   void *data);

/**
 * vmscope_netlink_alarm_set() - watch a figure from now on
 * @netlink: a connection; unless the alarm is to be kept, it goes with it
 * @alarm: what @known says is sent
 * @ret: out: the alarm as it is set; valid until the next call
 *
 * Return: 0 or an error of the contract.
 */
int vmscope_netlink_alarm_set(struct vmscope_netlink *netlink,
			      const struct vmscope_alarm *alarm,
			      const struct vmscope_alarm **ret);

/**
 * vmscope_netlink_alarm_delete() - no longer
 * @netlink: a connection
 * @id: of any alarm
 *
 * Return: 0 or an error of the contract.
 */
int vmscope_netlink_alarm_delete(struct vmscope_netlink *netlink, uint32_t id);

/**
 * vmscope_netlink_join() - listen to a group
 * @netlink: a connection
 * @group: VMSCOPE_MCGRP_EXIT or VMSCOPE_MCGRP_ALARM
 *
 * What happens after it returns is told.
 *
 * Return: 0; -EPERM without CAP_SYS_ADMIN; -ENOENT for no such group; -EIO when
 * exits cannot be told because kprobes or ftrace are switched off, -EOPNOTSUPP
 * because this kernel has nothing to hook.
 */
int vmscope_netlink_join(struct vmscope_netlink *netlink, const char *group);

/**
 * vmscope_netlink_next() - wait for something to happen
 * @netlink: a connection that has joined a group
 * @timeout_ms: for how long at most; -1 for ever
 * @ret: out: valid until the next call
 *
 * Return: 0; 1 when the time is over; -ENOBUFS when events were lost because
 * they were not fetched in time: it can go on; -EINTR; or another error of
 * sockets.
 */
int vmscope_netlink_next(struct vmscope_netlink *netlink, int timeout_ms,
			 const struct vmscope_event **ret);

#endif /* _VMSCOPE_LIB_NETLINK_H */
