// SPDX-License-Identifier: GPL-2.0
/*
 * Alarms: set, listed, deleted, and told in the group alarm.
 */
#include <linux/limits.h>
#include <linux/net.h>
#include <net/sock.h>

#include "access.h"
#include "alarm.h"
#include "netlink_family.h"
#include "session.h"
#include "target.h"

/* More than the attributes of an alarm can take. */
#define ALARM_ROOM 256

const struct nla_policy vmscope_netlink_id_policy[] = {
	[VMSCOPE_A_ALARM_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* not const: policies of 6.1 point to what is not */
static struct netlink_range_validation interval_range = {
	.min = VMSCOPE_ALARM_INTERVAL_MIN,
	.max = VMSCOPE_ALARM_INTERVAL_MAX,
};

const struct nla_policy vmscope_netlink_alarm_policy[] = {
	[VMSCOPE_A_ALARM_WHAT] =
		NLA_POLICY_MAX(NLA_U32, VMSCOPE_ALARM_WHAT_PAGE_TABLES),
	[VMSCOPE_A_ALARM_SCOPE] =
		NLA_POLICY_MAX(NLA_U32, VMSCOPE_ALARM_SCOPE_MACHINE),
	[VMSCOPE_A_ALARM_PID] = NLA_POLICY_MIN(NLA_U32, 1),
	[VMSCOPE_A_ALARM_CGROUP] = { .type = NLA_U64 },
	[VMSCOPE_A_ALARM_THRESHOLD] = { .type = NLA_U64 },
	[VMSCOPE_A_ALARM_REARM] = { .type = NLA_U64 },
	[VMSCOPE_A_ALARM_INTERVAL_MS] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &interval_range),
	[VMSCOPE_A_ALARM_KEEP] = { .type = NLA_FLAG },
};

static int put_u64(struct sk_buff *skb, int attribute, u64 value)
{
	return nla_put_u64_64bit(skb, attribute, value, VMSCOPE_A_ALARM_PAD);
}

static int put_alarm(struct sk_buff *skb, const struct vmscope_alarm *alarm)
{
	if (nla_put_u32(skb, VMSCOPE_A_ALARM_ID, alarm->id) ||
	    nla_put_u32(skb, VMSCOPE_A_ALARM_WHAT, alarm->what) ||
	    nla_put_u32(skb, VMSCOPE_A_ALARM_SCOPE, alarm->scope) ||
	    put_u64(skb, VMSCOPE_A_ALARM_THRESHOLD, alarm->threshold) ||
	    put_u64(skb, VMSCOPE_A_ALARM_REARM, alarm->rearm) ||
	    nla_put_u32(skb, VMSCOPE_A_ALARM_INTERVAL_MS, alarm->interval_ms) ||
	    nla_put_u32(skb, VMSCOPE_A_ALARM_STATE, alarm->state) ||
	    put_u64(skb, VMSCOPE_A_ALARM_RAISED, alarm->raised))
		return -EMSGSIZE;
	if (alarm->scope == VMSCOPE_ALARM_SCOPE_PROCESS &&
	    nla_put_u32(skb, VMSCOPE_A_ALARM_PID, alarm->pid))
		return -EMSGSIZE;
	if (alarm->scope == VMSCOPE_ALARM_SCOPE_CGROUP &&
	    put_u64(skb, VMSCOPE_A_ALARM_CGROUP, alarm->cgroup))
		return -EMSGSIZE;
	if (alarm->keep && nla_put_flag(skb, VMSCOPE_A_ALARM_KEEP))
		return -EMSGSIZE;
	if (alarm->time_ns &&
	    (put_u64(skb, VMSCOPE_A_ALARM_VALUE, alarm->value) ||
	     put_u64(skb, VMSCOPE_A_ALARM_TIME_NS, alarm->time_ns)))
		return -EMSGSIZE;
	return 0;
}

/**
 * vmscope_netlink_alarm_tell() - to all who listen to the group alarm
 * @alarm: the alarm
 *
 * May sleep. Without memory the message is not sent, and its listeners are
 * told by their sockets that they missed something.
 */
void vmscope_netlink_alarm_tell(const struct vmscope_alarm *alarm)
{
	struct sk_buff *skb;
	void *header;

	if (!genl_has_listeners(&vmscope_netlink_family, &init_net,
				VMSCOPE_NETLINK_ALARM))
		return;
	skb = genlmsg_new(ALARM_ROOM, GFP_KERNEL);
	if (!skb)
		goto missed;
	header = genlmsg_put(skb, 0, 0, &vmscope_netlink_family, 0,
			     VMSCOPE_CMD_ALARM);
	if (!header || put_alarm(skb, alarm)) {
		nlmsg_free(skb);
		goto missed;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast_netns(&vmscope_netlink_family, &init_net, skb, 0,
				VMSCOPE_NETLINK_ALARM, GFP_KERNEL);
	return;

missed:
	genl_set_err(&vmscope_netlink_family, &init_net, 0,
		     VMSCOPE_NETLINK_ALARM, -ENOBUFS);
}

static int reply(const struct vmscope_alarm *alarm, struct genl_info *info,
		 u8 command)
{
	struct sk_buff *skb = genlmsg_new(ALARM_ROOM, GFP_KERNEL);
	void *header;

	if (!skb)
		return -ENOMEM;
	header = genlmsg_put_reply(skb, info, &vmscope_netlink_family, 0,
				   command);
	if (!header || put_alarm(skb, alarm)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

int vmscope_netlink_alarm_get(struct sk_buff *skb, struct genl_info *info)
{
	struct vmscope_alarm alarm;
	u32 id;

	if (!vmscope_access_message(skb))
		return -EPERM;
	if (GENL_REQ_ATTR_CHECK(info, VMSCOPE_A_ALARM_ID))
		return -EINVAL;
	id = nla_get_u32(info->attrs[VMSCOPE_A_ALARM_ID]);
	if (vmscope_alarm_next(id, &alarm) || alarm.id != id)
		return -ENOENT;
	return reply(&alarm, info, VMSCOPE_CMD_ALARM_GET);
}

int vmscope_netlink_alarm_start(struct netlink_callback *cb)
{
	if (!vmscope_access_message(cb->skb))
		return -EPERM;
	return vmscope_netlink_no_attributes(cb);
}

/* args[0] is the lowest id that was not told. */
int vmscope_netlink_alarm_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vmscope_alarm alarm;
	void *header;

	while (skb_tailroom(skb) >= ALARM_ROOM &&
	       !vmscope_alarm_next(cb->args[0], &alarm)) {
		header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				     cb->nlh->nlmsg_seq,
				     &vmscope_netlink_family, NLM_F_MULTI,
				     VMSCOPE_CMD_ALARM_GET);
		if (!header || put_alarm(skb, &alarm))
			return -EMSGSIZE;
		genlmsg_end(skb, header);
		cb->args[0] = (unsigned long)alarm.id + 1;
	}
	return skb->len;
}

static u64 get_u64(struct genl_info *info, int attribute, u64 otherwise)
{
	const struct nlattr *attr = info->attrs[attribute];

	return attr ? nla_get_u64(attr) : otherwise;
}

static int bad(struct genl_info *info, int attribute, const char *message)
{
	NL_SET_BAD_ATTR(info->extack, info->attrs[attribute]);
	if (info->extack)
		info->extack->_msg = message;
	return -EINVAL;
}

/* An alarm from the attributes of a request, which policy has checked. */
static int decode(struct genl_info *info, struct vmscope_alarm *alarm)
{
	struct nlattr **attrs = info->attrs;
	bool is_process;
	bool is_cgroup;
	u64 threshold;

	if (GENL_REQ_ATTR_CHECK(info, VMSCOPE_A_ALARM_WHAT) ||
	    GENL_REQ_ATTR_CHECK(info, VMSCOPE_A_ALARM_SCOPE) ||
	    GENL_REQ_ATTR_CHECK(info, VMSCOPE_A_ALARM_THRESHOLD))
		return -EINVAL;
	threshold = nla_get_u64(attrs[VMSCOPE_A_ALARM_THRESHOLD]);
	*alarm = (struct vmscope_alarm){
		.what = nla_get_u32(attrs[VMSCOPE_A_ALARM_WHAT]),
		.scope = nla_get_u32(attrs[VMSCOPE_A_ALARM_SCOPE]),
		.threshold = threshold,
		.rearm = get_u64(info, VMSCOPE_A_ALARM_REARM,
				 threshold - threshold / 10),
		.cgroup = get_u64(info, VMSCOPE_A_ALARM_CGROUP, 0),
		.interval_ms = VMSCOPE_ALARM_INTERVAL_DEFAULT,
		.keep = attrs[VMSCOPE_A_ALARM_KEEP],
	};
	if (attrs[VMSCOPE_A_ALARM_INTERVAL_MS])
		alarm->interval_ms =
			nla_get_u32(attrs[VMSCOPE_A_ALARM_INTERVAL_MS]);
	is_process = alarm->scope == VMSCOPE_ALARM_SCOPE_PROCESS;
	is_cgroup = alarm->scope == VMSCOPE_ALARM_SCOPE_CGROUP;
	if (alarm->rearm > threshold)
		return bad(info, VMSCOPE_A_ALARM_REARM,
			   "rearm is above the threshold");
	if (!attrs[VMSCOPE_A_ALARM_PID] == is_process)
		return bad(info, VMSCOPE_A_ALARM_PID,
			   "pid goes with the scope process, only with it");
	if (!attrs[VMSCOPE_A_ALARM_CGROUP] == is_cgroup)
		return bad(info, VMSCOPE_A_ALARM_CGROUP,
			   "cgroup goes with the scope cgroup, only with it");
	return 0;
}

/* The right to see the process now; root's to go on seeing it. */
static int find_process(struct sk_buff *skb, struct genl_info *info,
			struct vmscope_target *target)
{
	const struct vmscope_session session = {
		.file = NETLINK_CB(skb).sk->sk_socket->file,
		.as_both = true,
	};
	u32 nr = nla_get_u32(info->attrs[VMSCOPE_A_ALARM_PID]);
	u64 pid;
	int err;

	err = vmscope_session_enter(&session, 0, nr, target, &pid);
	if (err)
		return err;
	vmscope_target_put_mm(target);
	err = vmscope_target_whole(target);
	if (err)
		vmscope_target_put(target);
	return err;
}

int vmscope_netlink_alarm_set(struct sk_buff *skb, struct genl_info *info)
{
	struct vmscope_target target = {};
	struct vmscope_alarm alarm;
	bool has_target;
	int err;

	/* it looks at the file of the socket: so there is one */
	if (!vmscope_access_message(skb))
		return -EPERM;
	err = decode(info, &alarm);
	if (err)
		return err;
	has_target = alarm.scope == VMSCOPE_ALARM_SCOPE_PROCESS;
	if (has_target)
		err = find_process(skb, info, &target);
	if (err)
		return err;
	err = vmscope_alarm_set(&alarm, has_target ? &target : NULL,
				alarm.keep ? 0 : info->snd_portid);
	if (err) {
		if (has_target)
			vmscope_target_put(&target);
		return err;
	}
	err = reply(&alarm, info, VMSCOPE_CMD_ALARM_SET);
	/* who does not learn its id could not delete it */
	if (err)
		vmscope_alarm_delete(alarm.id);
	return err;
}

int vmscope_netlink_alarm_delete(struct sk_buff *skb, struct genl_info *info)
{
	u32 id;

	if (!vmscope_access_message(skb))
		return -EPERM;
	if (GENL_REQ_ATTR_CHECK(info, VMSCOPE_A_ALARM_ID))
		return -EINVAL;
	id = nla_get_u32(info->attrs[VMSCOPE_A_ALARM_ID]);
	return vmscope_alarm_delete(id);
}
