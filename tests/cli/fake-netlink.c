// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for tools/lib/netlink.c: a connection on which everything happens
 * as it is written here.
 *
 *	FAKE_NETLINK=ERRNO  connecting fails
 *	FAKE_JOIN=ERRNO     listening fails
 *	FAKE_SET=ERRNO      setting an alarm fails
 *	FAKE_STORY=N        begin with the N-th thing that happens
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

#define BIT(set, name) (UINT64_C(1) << VMSCOPE_A_##set##_##name)

struct vmscope_netlink {
	size_t position;
	bool exits;
	uint32_t alarms; /* how many were set */
	struct vmscope_alarm alarm;
	struct vmscope_netlink_state state;
	struct vmscope_event event;
};

#define ALARM_KNOWN                                                            \
	(BIT(ALARM, ID) | BIT(ALARM, WHAT) | BIT(ALARM, SCOPE) |               \
	 BIT(ALARM, THRESHOLD) | BIT(ALARM, REARM) | BIT(ALARM, INTERVAL_MS) | \
	 BIT(ALARM, STATE) | BIT(ALARM, RAISED))
#define MEASURED (BIT(ALARM, VALUE) | BIT(ALARM, TIME_NS))

static const struct vmscope_alarm standing[] = {
	{
		.known = ALARM_KNOWN | MEASURED | BIT(ALARM, PID),
		.id = 1,
		.what = VMSCOPE_ALARM_WHAT_RESIDENT,
		.scope = VMSCOPE_ALARM_SCOPE_PROCESS,
		.pid = 4242,
		.threshold = UINT64_C(1) << 30,
		.rearm = UINT64_C(966367642),
		.interval_ms = 1000,
		.state = VMSCOPE_ALARM_STATE_RAISED,
		.value = UINT64_C(3) << 29,
		.raised = 3,
		.time_ns = UINT64_C(100500000000),
	},
	{
		.known = ALARM_KNOWN | MEASURED | BIT(ALARM, CGROUP) |
			 BIT(ALARM, KEEP),
		.id = 5,
		.what = VMSCOPE_ALARM_WHAT_MAJOR_FAULTS,
		.scope = VMSCOPE_ALARM_SCOPE_CGROUP,
		.cgroup = 4711,
		.threshold = 100,
		.rearm = 20,
		.interval_ms = 500,
		.state = VMSCOPE_ALARM_STATE_CLEAR,
		.value = 7,
		.time_ns = UINT64_C(100750000000),
	},
	{
		.known = ALARM_KNOWN,
		.id = 7,
		.what = VMSCOPE_ALARM_WHAT_SWAPPED,
		.scope = VMSCOPE_ALARM_SCOPE_MACHINE,
		.threshold = UINT64_C(4) << 30,
		.rearm = 0,
		.interval_ms = 60000,
	},
};

static const struct vmscope_account finished = {
	.pid = 4243,
	.uid = 1000,
	.comm = "make\n\xe4",
	.cgroup = 4711,
	.virtual_bytes = 9437184,
	.resident_bytes = 4194304,
	.swapped_bytes = 65536,
	.page_table_bytes = 53248,
	.peak_virtual_bytes = 10485760,
	.peak_resident_bytes = 5242880,
	.minor_faults = 1234,
	.major_faults = 5,
	.parent = 4242,
	.status = 2 << 8,
	.time_ns = UINT64_C(101000001000),
	.lifetime_ns = UINT64_C(1234567890),
	.sequence = 11,
};

static const struct vmscope_account killed = {
	.pid = 4242,
	.comm = "server",
	.peak_resident_bytes = UINT64_C(1) << 31,
	.page_table_bytes = 4198400,
	.minor_faults = 600000,
	.parent = 1,
	.status = 9,
	.time_ns = UINT64_C(104000000000),
	.lifetime_ns = UINT64_C(3600000000000),
	.sequence = 40,
};

/* What happens: an error, an exit, or an alarm (by its place) in a state. */
static const struct {
	int error;
	const struct vmscope_account *process;
	int alarm;
	uint32_t state;
	uint64_t value;
} story[] = {
	{ .process = &finished },
	{ .alarm = 1, .state = VMSCOPE_ALARM_STATE_RAISED, .value = 250 },
	{ .error = -EINTR },
	{ .alarm = 0, .state = VMSCOPE_ALARM_STATE_CLEAR, .value = 900000000 },
	{ .error = -ENOBUFS },
	{ .process = &killed },
	{ .alarm = 0, .state = VMSCOPE_ALARM_STATE_ENDED, .value = 900000000 },
	{ .error = -EIO },
};

int vmscope_netlink_open(struct vmscope_netlink **ret)
{
	int err = (int)fake_knob("FAKE_NETLINK", 0);

	if (err)
		return -err;
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	(*ret)->position = fake_knob("FAKE_STORY", 0);
	return 0;
}

void vmscope_netlink_close(struct vmscope_netlink *netlink)
{
	free(netlink);
}

const char *vmscope_netlink_message(const struct vmscope_netlink *netlink)
{
	(void)netlink;
	return fake_knob("FAKE_SET", 0) == EINVAL ? "said by the kernel" : "";
}

int vmscope_netlink_state(struct vmscope_netlink *netlink,
			  const struct vmscope_netlink_state **ret)
{
	netlink->state.sequence = 10;
	*ret = &netlink->state;
	return 0;
}

int vmscope_netlink_process(struct vmscope_netlink *netlink, pid_t pid,
			    const struct vmscope_account **ret)
{
	(void)netlink;
	if (pid != 4242)
		return pid == 2 ? -ENXIO : -ESRCH;
	*ret = &killed;
	return 0;
}

int vmscope_netlink_alarms(struct vmscope_netlink *netlink, vmscope_alarm_fn fn,
			   void *data)
{
	struct vmscope_alarm alarm;
	size_t i;
	int err;

	for (i = 0; i < LEN(standing); i++) {
		alarm = standing[i];
		/* raised and cleared again while nobody could hear it */
		if (i == 1 && netlink->position == 5)
			alarm.raised = 2;
		err = fn(&alarm, data);
		if (err)
			return err;
	}
	return 0;
}

int vmscope_netlink_alarm_set(struct vmscope_netlink *netlink,
			      const struct vmscope_alarm *alarm,
			      const struct vmscope_alarm **ret)
{
	int err = (int)fake_knob("FAKE_SET", 0);

	if (err)
		return -err;
	netlink->alarm = *alarm;
	netlink->alarm.known |= ALARM_KNOWN;
	if (!(alarm->known & BIT(ALARM, REARM)))
		netlink->alarm.rearm = alarm->threshold - alarm->threshold / 10;
	netlink->alarm.id = 5 + 2 * netlink->alarms++;
	if (fake_knob("FAKE_TRACE", 0))
		fprintf(stderr,
			"set %u of %u pid %u: above %llu, down to %llu, every %u ms\n",
			alarm->what, alarm->scope, alarm->pid,
			(unsigned long long)alarm->threshold,
			(unsigned long long)netlink->alarm.rearm,
			alarm->interval_ms);
	*ret = &netlink->alarm;
	return 0;
}

int vmscope_netlink_alarm_delete(struct vmscope_netlink *netlink, uint32_t id)
{
	(void)netlink;
	return id == 5 ? 0 : -ENOENT;
}

int vmscope_netlink_join(struct vmscope_netlink *netlink, const char *group)
{
	int err = (int)fake_knob("FAKE_JOIN", 0);

	if (strcmp(group, VMSCOPE_MCGRP_EXIT) == 0)
		netlink->exits = true;
	return -err;
}

int vmscope_netlink_next(struct vmscope_netlink *netlink, int timeout_ms,
			 const struct vmscope_event **ret)
{
	size_t i;

	(void)timeout_ms;
	do {
		i = netlink->position++;
		if (i >= LEN(story))
			return -EIO;
	} while (story[i].process && !netlink->exits);
	if (story[i].error)
		return story[i].error;
	netlink->event = (struct vmscope_event){ .command = VMSCOPE_CMD_ALARM };
	if (story[i].process) {
		netlink->event.command = VMSCOPE_CMD_EXIT;
		netlink->event.process = story[i].process;
	} else {
		netlink->alarm = standing[story[i].alarm];
		netlink->alarm.state = story[i].state;
		netlink->alarm.value = story[i].value;
		netlink->alarm.time_ns = UINT64_C(102000000000) + i;
		if (story[i].state == VMSCOPE_ALARM_STATE_RAISED)
			netlink->alarm.raised++;
		netlink->event.alarm = &netlink->alarm;
	}
	*ret = &netlink->event;
	return 0;
}
