// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink, through libnl: two sockets, so that events do not get in the
 * way of replies.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "vmscope.h"

#define EVENT_SIZE    8192
#define EVENTS_BUFFER (1 << 20)

struct vmscope_netlink {
	struct nl_sock *requests;
	struct nl_sock *events;
	int family;

	/* of the last request */
	int error;
	bool replied;
	bool interrupted;
	char message[256];

	/* what was told last */
	struct vmscope_netlink_state state;
	struct vmscope_account process;
	struct vmscope_alarm alarm;
	struct vmscope_event event;
	char buffer[EVENT_SIZE];
};

/* Where an attribute goes. */
struct field {
	int attribute;
	int type;
	size_t offset;
	size_t size;
};

#define FIELD(set, type, number, nla, member)              \
	{                                                  \
		VMSCOPE_A_##set##_##number, nla,           \
			offsetof(struct type, member),     \
			sizeof(((struct type *)0)->member) \
	}
#define STATE(number, nla, member) \
	FIELD(STATE, vmscope_netlink_state, number, nla, member)
#define PROCESS(number, nla, member) \
	FIELD(PROCESS, vmscope_account, number, nla, member)
#define ALARM(number, nla, member) \
	FIELD(ALARM, vmscope_alarm, number, nla, member)

static const struct field state_fields[] = {
	STATE(ABI_VERSION, NLA_U32, abi_version),
	STATE(MODULE_VERSION, NLA_STRING, version),
	STATE(EXITS, NLA_U32, exits),
	STATE(SEQUENCE, NLA_U64, sequence),
	STATE(ALARMS, NLA_U32, alarms),
	{ 0 },
};

static const struct field process_fields[] = {
	PROCESS(PID, NLA_U32, pid),
	PROCESS(COMM, NLA_STRING, comm),
	PROCESS(UID, NLA_U32, uid),
	PROCESS(CGROUP, NLA_U64, cgroup),
	PROCESS(THREADS, NLA_U32, threads),
	PROCESS(VIRTUAL_BYTES, NLA_U64, virtual_bytes),
	PROCESS(RESIDENT_BYTES, NLA_U64, resident_bytes),
	PROCESS(SWAPPED_BYTES, NLA_U64, swapped_bytes),
	PROCESS(PAGE_TABLE_BYTES, NLA_U64, page_table_bytes),
	PROCESS(PEAK_VIRTUAL_BYTES, NLA_U64, peak_virtual_bytes),
	PROCESS(PEAK_RESIDENT_BYTES, NLA_U64, peak_resident_bytes),
	PROCESS(MINOR_FAULTS, NLA_U64, minor_faults),
	PROCESS(MAJOR_FAULTS, NLA_U64, major_faults),
	PROCESS(PARENT, NLA_U32, parent),
	PROCESS(STATUS, NLA_U32, status),
	PROCESS(TIME_NS, NLA_U64, time_ns),
	PROCESS(LIFETIME_NS, NLA_U64, lifetime_ns),
	PROCESS(SEQUENCE, NLA_U64, sequence),
	PROCESS(LOST, NLA_U64, lost),
	{ 0 },
};

static const struct field alarm_fields[] = {
	ALARM(ID, NLA_U32, id),
	ALARM(WHAT, NLA_U32, what),
	ALARM(SCOPE, NLA_U32, scope),
	ALARM(PID, NLA_U32, pid),
	ALARM(CGROUP, NLA_U64, cgroup),
	ALARM(THRESHOLD, NLA_U64, threshold),
	ALARM(REARM, NLA_U64, rearm),
	ALARM(INTERVAL_MS, NLA_U32, interval_ms),
	ALARM(STATE, NLA_U32, state),
	ALARM(VALUE, NLA_U64, value),
	ALARM(RAISED, NLA_U64, raised),
	ALARM(TIME_NS, NLA_U64, time_ns),
	{ 0 },
};

static void field_decode(const struct field *field, struct nlattr *attr,
			 char *item)
{
	char *to = item + field->offset;

	/* what is shorter than it should be is cut off by the kernel: absent */
	if (field->type == NLA_STRING)
		snprintf(to, field->size, "%.*s", nla_len(attr),
			 (const char *)nla_data(attr));
	else if ((size_t)nla_len(attr) >= field->size)
		memcpy(to, nla_data(attr), field->size);
}

/* Returns the mask of attributes that were there, also of those without field. */
static uint64_t item_decode(struct nlmsghdr *header, const struct field *fields,
			    void *item, size_t size)
{
	struct genlmsghdr *genl = genlmsg_hdr(header);
	struct nlattr *attr;
	uint64_t known = 0;
	int rest;

	memset(item, 0, size);
	nla_for_each_attr(attr, genlmsg_attrdata(genl, 0),
			  genlmsg_attrlen(genl, 0), rest) {
		const struct field *field;

		if (nla_type(attr) < 64)
			known |= UINT64_C(1) << nla_type(attr);
		for (field = fields; field->size; field++)
			if (field->attribute == nla_type(attr))
				field_decode(field, attr, item);
	}
	return known;
}

static void process_decode(struct vmscope_netlink *netlink,
			   struct nlmsghdr *header)
{
	struct vmscope_account *process = &netlink->process;
	uint64_t known =
		item_decode(header, process_fields, process, sizeof(*process));

	process->known = known;
}

static void alarm_decode(struct vmscope_netlink *netlink,
			 struct nlmsghdr *header)
{
	struct vmscope_alarm *alarm = &netlink->alarm;
	uint64_t known =
		item_decode(header, alarm_fields, alarm, sizeof(*alarm));

	alarm->known = known;
}

/* ------------------------------------------------------------- requests */

/* What to do with each reply; anything but 0 ends a dump. */
struct call {
	struct vmscope_netlink *netlink;
	int (*each)(struct vmscope_netlink *netlink, struct nlmsghdr *header,
		    struct call *call);
	vmscope_account_fn process_fn;
	vmscope_alarm_fn alarm_fn;
	void *data;
	int result;
};

static int reply_take(struct nl_msg *msg, void *data)
{
	struct call *call = data;
	struct vmscope_netlink *netlink = call->netlink;
	struct nlmsghdr *header = nlmsg_hdr(msg);

	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		netlink->interrupted = true;
	netlink->replied = true;
	if (call->each && !call->result)
		call->result = call->each(netlink, header, call);
	return NL_OK;
}

static int ack_take(struct nl_msg *msg, void *data)
{
	struct call *call = data;

	(void)msg;
	call->netlink->error = 0;
	return NL_STOP;
}

static int done_take(struct nl_msg *msg, void *data)
{
	struct call *call = data;

	if (nlmsg_hdr(msg)->nlmsg_flags & NLM_F_DUMP_INTR)
		call->netlink->interrupted = true;
	call->netlink->error = 0;
	return NL_STOP;
}

/* The sentence of an extended acknowledgement; libnl leaves that to us. */
static void message_take(struct vmscope_netlink *netlink,
			 const struct nlmsgerr *nlerr)
{
	const struct nlmsghdr *header =
		(const void *)((const char *)nlerr - NLMSG_HDRLEN);
	size_t skip = sizeof(*nlerr);
	struct nlattr *attr;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(nlerr->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (NLMSG_HDRLEN + skip >= header->nlmsg_len)
		return;
	attr = nla_find((struct nlattr *)((const char *)nlerr + skip),
			(int)(header->nlmsg_len - NLMSG_HDRLEN - skip),
			NLMSGERR_ATTR_MSG);
	if (attr)
		snprintf(netlink->message, sizeof(netlink->message), "%.*s",
			 nla_len(attr), (const char *)nla_data(attr));
}

static int error_take(struct sockaddr_nl *from, struct nlmsgerr *nlerr,
		      void *data)
{
	struct call *call = data;

	(void)from;
	call->netlink->error = nlerr->error ? nlerr->error : -EPROTO;
	message_take(call->netlink, nlerr);
	return NL_STOP;
}

/*
 * Send, and take replies until the end. A dump that the caller has had enough
 * of is read to its end all the same, or it would be in the next one's way.
 */
static int call_send(struct vmscope_netlink *netlink, struct nl_msg *msg,
		     struct call *call)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_CUSTOM);
	int err;

	if (!msg || !cb) {
		nlmsg_free(msg);
		nl_cb_put(cb);
		return -ENOMEM;
	}
	call->netlink = netlink;
	netlink->error = 1; /* nothing heard yet */
	netlink->replied = false;
	netlink->interrupted = false;
	netlink->message[0] = '\0';
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, reply_take, call);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, ack_take, call);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, done_take, call);
	nl_cb_err(cb, NL_CB_CUSTOM, error_take, call);

	err = nl_send_auto(netlink->requests, msg);
	nlmsg_free(msg);
	while (err >= 0 && netlink->error == 1)
		err = nl_recvmsgs(netlink->requests, cb);
	nl_cb_put(cb);
	if (netlink->error == 1)
		return err == -NLE_NOMEM ? -ENOMEM : -EIO;
	return netlink->error ? netlink->error : call->result;
}

static struct nl_msg *message_begin(struct vmscope_netlink *netlink,
				    uint8_t command, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, netlink->family,
				0, NLM_F_REQUEST | flags, command,
				VMSCOPE_FAMILY_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* A request with one number at most, whose reply is needed. */
static int call_one(struct vmscope_netlink *netlink, uint8_t command,
		    int attribute, uint32_t number, struct call *call)
{
	struct nl_msg *msg = message_begin(netlink, command, NLM_F_ACK);
	int err;

	if (msg && attribute && nla_put_u32(msg, attribute, number)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	err = call_send(netlink, msg, call);
	return !err && call->each && !netlink->replied ? -EPROTO : err;
}

static int state_each(struct vmscope_netlink *netlink, struct nlmsghdr *header,
		      struct call *call)
{
	(void)call;
	item_decode(header, state_fields, &netlink->state,
		    sizeof(netlink->state));
	return 0;
}

static int process_each(struct vmscope_netlink *netlink,
			struct nlmsghdr *header, struct call *call)
{
	process_decode(netlink, header);
	return call->process_fn ?
		       call->process_fn(&netlink->process, call->data) :
		       0;
}

static int alarm_each(struct vmscope_netlink *netlink, struct nlmsghdr *header,
		      struct call *call)
{
	alarm_decode(netlink, header);
	return call->alarm_fn ? call->alarm_fn(&netlink->alarm, call->data) : 0;
}

int vmscope_netlink_state(struct vmscope_netlink *netlink,
			  const struct vmscope_netlink_state **ret)
{
	struct call call = { .each = state_each };
	int err = call_one(netlink, VMSCOPE_CMD_STATE_GET, 0, 0, &call);

	if (!err)
		*ret = &netlink->state;
	return err;
}

int vmscope_netlink_process(struct vmscope_netlink *netlink, pid_t pid,
			    const struct vmscope_account **ret)
{
	struct call call = { .each = process_each };
	int err = call_one(netlink, VMSCOPE_CMD_PROCESS_GET,
			   VMSCOPE_A_PROCESS_PID, (uint32_t)pid, &call);

	if (!err)
		*ret = &netlink->process;
	return err;
}

int vmscope_netlink_processes(struct vmscope_netlink *netlink,
			      vmscope_account_fn fn, void *data)
{
	struct call call = { .each = process_each,
			     .process_fn = fn,
			     .data = data };
	int err = call_send(netlink,
			    message_begin(netlink, VMSCOPE_CMD_PROCESS_GET,
					  NLM_F_DUMP),
			    &call);

	return err ? err : netlink->interrupted;
}

int vmscope_netlink_alarms(struct vmscope_netlink *netlink, vmscope_alarm_fn fn,
			   void *data)
{
	struct call call = { .each = alarm_each, .alarm_fn = fn, .data = data };

	return call_send(netlink,
			 message_begin(netlink, VMSCOPE_CMD_ALARM_GET,
				       NLM_F_DUMP),
			 &call);
}

static int alarm_encode(struct nl_msg *msg, const struct vmscope_alarm *alarm)
{
	const uint64_t settable =
		1U << VMSCOPE_A_ALARM_WHAT | 1U << VMSCOPE_A_ALARM_SCOPE |
		1U << VMSCOPE_A_ALARM_PID | 1U << VMSCOPE_A_ALARM_CGROUP |
		1U << VMSCOPE_A_ALARM_THRESHOLD | 1U << VMSCOPE_A_ALARM_REARM |
		1U << VMSCOPE_A_ALARM_INTERVAL_MS;
	const struct field *field;

	for (field = alarm_fields; field->size; field++)
		if (alarm->known & settable & UINT64_C(1) << field->attribute &&
		    nla_put(msg, field->attribute, (int)field->size,
			    (const char *)alarm + field->offset))
			return -ENOMEM;
	if (VMSCOPE_KNOWS(alarm, ALARM_KEEP) &&
	    nla_put_flag(msg, VMSCOPE_A_ALARM_KEEP))
		return -ENOMEM;
	return 0;
}

int vmscope_netlink_alarm_set(struct vmscope_netlink *netlink,
			      const struct vmscope_alarm *alarm,
			      const struct vmscope_alarm **ret)
{
	struct nl_msg *msg =
		message_begin(netlink, VMSCOPE_CMD_ALARM_SET, NLM_F_ACK);
	struct call call = { .each = alarm_each };
	int err;

	if (msg && alarm_encode(msg, alarm)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	err = call_send(netlink, msg, &call);
	if (!err && !netlink->replied)
		err = -EPROTO;
	if (!err)
		*ret = &netlink->alarm;
	return err;
}

int vmscope_netlink_alarm_delete(struct vmscope_netlink *netlink, uint32_t id)
{
	struct call call = { 0 };

	return call_one(netlink, VMSCOPE_CMD_ALARM_DELETE, VMSCOPE_A_ALARM_ID,
			id, &call);
}

/* --------------------------------------------------------------- events */

int vmscope_netlink_fd(const struct vmscope_netlink *netlink)
{
	return nl_socket_get_fd(netlink->events);
}

const char *vmscope_netlink_message(const struct vmscope_netlink *netlink)
{
	return netlink->message;
}

/* Kernels that do not notice joining learn of it by a request, this one. */
static int exits_check(struct vmscope_netlink *netlink)
{
	const struct vmscope_netlink_state *state;
	int err = vmscope_netlink_state(netlink, &state);

	if (err)
		return err;
	if (state->exits == VMSCOPE_EXITS_DEAD)
		return -EIO;
	return state->exits == VMSCOPE_EXITS_NONE ? -EOPNOTSUPP : 0;
}

int vmscope_netlink_join(struct vmscope_netlink *netlink, const char *group)
{
	int number = genl_ctrl_resolve_grp(netlink->requests,
					   VMSCOPE_FAMILY_NAME, group);

	if (number < 0)
		return -ENOENT;
	/* not libnl's function, whose errors do not tell EPERM from others */
	if (setsockopt(vmscope_netlink_fd(netlink), SOL_NETLINK,
		       NETLINK_ADD_MEMBERSHIP, &number, sizeof(number)))
		return -errno;
	return strcmp(group, VMSCOPE_MCGRP_EXIT) == 0 ? exits_check(netlink) :
							0;
}

/* Returns false for what is no event, or none that this library knows. */
static bool event_decode(struct vmscope_netlink *netlink,
			 struct nlmsghdr *header)
{
	struct vmscope_event *event = &netlink->event;

	if (header->nlmsg_type != netlink->family ||
	    !genlmsg_valid_hdr(header, 0))
		return false;
	*event = (struct vmscope_event){
		.command = genlmsg_hdr(header)->cmd,
	};
	switch (event->command) {
	case VMSCOPE_CMD_EXIT:
		process_decode(netlink, header);
		event->process = &netlink->process;
		return true;
	case VMSCOPE_CMD_ALARM:
		alarm_decode(netlink, header);
		event->alarm = &netlink->alarm;
		return true;
	default:
		return false;
	}
}

/* The kernel sends one message at a time to a group. */
int vmscope_netlink_next(struct vmscope_netlink *netlink, int timeout_ms,
			 const struct vmscope_event **ret)
{
	struct pollfd poller = { .fd = vmscope_netlink_fd(netlink),
				 .events = POLLIN };
	struct nlmsghdr *header = (struct nlmsghdr *)netlink->buffer;

	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		int ready = poll(&poller, 1, timeout_ms);
		ssize_t len;

		if (ready < 0)
			return -errno;
		if (!ready)
			return 1;
		len = recvfrom(poller.fd, netlink->buffer,
			       sizeof(netlink->buffer), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);
		if (len < 0 && errno == EAGAIN)
			continue;
		if (len < 0)
			return -errno;
		/* any process may send to a socket; only the kernel is believed */
		if (from.nl_pid || !nlmsg_ok(header, (int)len) ||
		    !event_decode(netlink, header))
			continue;
		*ret = &netlink->event;
		return 0;
	}
}

/* ----------------------------------------------------------- connection */

static int socket_open(struct nl_sock **ret)
{
	struct nl_sock *sock = nl_socket_alloc();
	int on = 1;

	if (!sock)
		return -ENOMEM;
	errno = 0;
	if (genl_connect(sock)) {
		nl_socket_free(sock);
		return errno ? -errno : -EIO;
	}
	/* kernels without it say less */
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &on,
		   sizeof(on));
	*ret = sock;
	return 0;
}

int vmscope_netlink_open(struct vmscope_netlink **ret)
{
	struct vmscope_netlink *netlink = calloc(1, sizeof(*netlink));
	int err;

	if (!netlink)
		return -ENOMEM;
	err = socket_open(&netlink->requests);
	if (!err)
		err = socket_open(&netlink->events);
	if (!err) {
		netlink->family = genl_ctrl_resolve(netlink->requests,
						    VMSCOPE_FAMILY_NAME);
		err = netlink->family < 0 ? -ENOENT : 0;
	}
	if (err) {
		vmscope_netlink_close(netlink);
		return err;
	}
	/* more than the default if the caller may; else the default */
	nl_socket_set_buffer_size(netlink->events, EVENTS_BUFFER, 0);
	*ret = netlink;
	return 0;
}

void vmscope_netlink_close(struct vmscope_netlink *netlink)
{
	if (!netlink)
		return;
	nl_socket_free(netlink->events);
	nl_socket_free(netlink->requests);
	free(netlink);
}
