// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: what the module does, and figures of processes.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <net/sock.h>

#include "access.h"
#include "alarm.h"
#include "compat/netlink.h"
#include "netlink.h"
#include "netlink_family.h"
#include "session.h"
#include "target.h"

/* ----------------------------------------------------------------- state */

static int put_state(struct sk_buff *skb)
{
	return nla_put_u32(skb, VMSCOPE_A_STATE_ABI_VERSION,
			   VMSCOPE_ABI_VERSION) ||
	       nla_put_string(skb, VMSCOPE_A_STATE_MODULE_VERSION,
			      VMSCOPE_VERSION) ||
	       nla_put_u32(skb, VMSCOPE_A_STATE_EXITS, vmscope_exit_state()) ||
	       nla_put_u64_64bit(skb, VMSCOPE_A_STATE_SEQUENCE,
				 vmscope_netlink_exit_sequence(),
				 VMSCOPE_A_STATE_PAD) ||
	       nla_put_u32(skb, VMSCOPE_A_STATE_ALARMS, vmscope_alarm_count());
}

static int get_state(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	void *header;

	if (vmscope_access_message(skb))
		vmscope_netlink_exit_look();
	reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	header = genlmsg_put_reply(reply, info, &vmscope_netlink_family, 0,
				   VMSCOPE_CMD_STATE_GET);
	if (!header || put_state(reply)) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

/* --------------------------------------------------------------- process */

/**
 * vmscope_netlink_put_account() - add the figures of a process to a message
 * @skb: the message
 * @account: the figures
 *
 * Return: 0 or -EMSGSIZE.
 */
int vmscope_netlink_put_account(struct sk_buff *skb,
				const struct vmscope_account *account)
{
	const struct {
		int attribute;
		u64 value;
	} rows[] = {
		{ VMSCOPE_A_PROCESS_VIRTUAL_BYTES, account->virtual_bytes },
		{ VMSCOPE_A_PROCESS_RESIDENT_BYTES, account->resident_bytes },
		{ VMSCOPE_A_PROCESS_SWAPPED_BYTES, account->swapped_bytes },
		{ VMSCOPE_A_PROCESS_PAGE_TABLE_BYTES,
		  account->page_table_bytes },
		{ VMSCOPE_A_PROCESS_PEAK_VIRTUAL_BYTES,
		  account->peak_virtual_bytes },
		{ VMSCOPE_A_PROCESS_PEAK_RESIDENT_BYTES,
		  account->peak_resident_bytes },
		{ VMSCOPE_A_PROCESS_MINOR_FAULTS, account->minor_faults },
		{ VMSCOPE_A_PROCESS_MAJOR_FAULTS, account->major_faults },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (nla_put_u64_64bit(skb, rows[i].attribute, rows[i].value,
				      VMSCOPE_A_PROCESS_PAD))
			return -EMSGSIZE;
	return 0;
}

static int put_process(struct sk_buff *skb, u32 pid,
		       const struct vmscope_target *target, bool hidden)
{
	struct vmscope_account account;
	char comm[TASK_COMM_LEN];

	if (nla_put_u32(skb, VMSCOPE_A_PROCESS_PID, pid))
		return -EMSGSIZE;
	if (hidden)
		return nla_put_flag(skb, VMSCOPE_A_PROCESS_HIDDEN);
	get_task_comm(comm, target->task);
	vmscope_account_target(target, &account);
	if (nla_put_string(skb, VMSCOPE_A_PROCESS_COMM, comm) ||
	    nla_put_u32(skb, VMSCOPE_A_PROCESS_UID,
			from_kuid(&init_user_ns, task_uid(target->task))) ||
	    nla_put_u64_64bit(skb, VMSCOPE_A_PROCESS_CGROUP,
			      vmscope_account_cgroup(target->task),
			      VMSCOPE_A_PROCESS_PAD) ||
	    nla_put_u32(skb, VMSCOPE_A_PROCESS_THREADS,
			get_nr_threads(target->task)))
		return -EMSGSIZE;
	return vmscope_netlink_put_account(skb, &account);
}

/*
 * Who opened the socket: sockets of the kernel have no file, and no business
 * here.
 */
static int session_of(const struct sock *sk, struct vmscope_session *session)
{
	const struct file *file = sk->sk_socket ? sk->sk_socket->file : NULL;

	if (!file)
		return -EACCES;
	*session = (struct vmscope_session){ .file = file, .as_both = true };
	return 0;
}

static int get_process(struct sk_buff *skb, struct genl_info *info)
{
	struct vmscope_session session;
	struct vmscope_target target;
	struct sk_buff *reply;
	void *header;
	u64 pid;
	u32 nr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VMSCOPE_A_PROCESS_PID))
		return -EINVAL;
	err = session_of(NETLINK_CB(skb).sk, &session);
	if (err)
		return err;
	reply = genlmsg_new(VMSCOPE_NETLINK_PROCESS_ROOM, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	nr = nla_get_u32(info->attrs[VMSCOPE_A_PROCESS_PID]);
	err = vmscope_session_enter(&session, 0, nr, &target, &pid);
	if (err)
		goto free_reply;
	header = genlmsg_put_reply(reply, info, &vmscope_netlink_family, 0,
				   VMSCOPE_CMD_PROCESS_GET);
	err = header ? put_process(reply, pid, &target, false) : -EMSGSIZE;
	vmscope_target_put(&target);
	if (err)
		goto free_reply;
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);

free_reply:
	nlmsg_free(reply);
	return err;
}

/**
 * vmscope_netlink_no_attributes() - begin a dump of all there is
 * @cb: the dump
 *
 * Return: 0, or -EINVAL if it asks for something in particular.
 */
int vmscope_netlink_no_attributes(struct netlink_callback *cb)
{
	if (!nlmsg_attrlen(cb->nlh, GENL_HDRLEN))
		return 0;
	NL_SET_ERR_MSG(cb->extack, "a dump takes no attributes");
	return -EINVAL;
}

/* Return: 0 also for a process that is not told: it has no memory. */
static int dump_row(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct vmscope_session *session,
		    struct vmscope_target *target)
{
	void *header;
	u64 pid;
	int err = vmscope_session_admit(session, target, &pid);

	if (err == -EINTR || err == -ENOMEM || err == -ENFILE)
		return err;
	if (err && err != -EACCES)
		return 0;
	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
			     cb->nlh->nlmsg_seq, &vmscope_netlink_family,
			     NLM_F_MULTI, VMSCOPE_CMD_PROCESS_GET);
	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	err = put_process(skb, pid, target, err);
	if (err)
		genlmsg_cancel(skb, header);
	else
		genlmsg_end(skb, header);
	return err;
}

/*
 * args[0] is the lowest number that was not looked at. The processes are those
 * of the reader's pid namespace. When some have come or gone since the message
 * before, the kernel marks this one as NLM_F_DUMP_INTR; those that lived
 * throughout are told once all the same.
 */
static int dump_processes(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct pid_namespace *ns = task_active_pid_ns(current);
	struct vmscope_session session;
	struct vmscope_target target;
	int nr = cb->args[0];
	int err;

	err = session_of(NETLINK_CB(cb->skb).sk, &session);
	if (err)
		return err;
	cb->seq = vmscope_target_generation(ns);
	while (skb_tailroom(skb) >= VMSCOPE_NETLINK_PROCESS_ROOM &&
	       !vmscope_target_next(&target, ns, &nr)) {
		err = dump_row(skb, cb, &session, &target);
		vmscope_target_put(&target);
		if (err)
			break;
		nr++;
	}
	cb->args[0] = nr;
	return err && !skb->len ? err : skb->len;
}

/* ---------------------------------------------------------------- family */

static const struct nla_policy process_policy[] = {
	[VMSCOPE_A_PROCESS_PID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct genl_ops ops[] = {
	{
		.cmd = VMSCOPE_CMD_STATE_GET,
		.doit = get_state,
	},
	{
		.cmd = VMSCOPE_CMD_PROCESS_GET,
		.policy = process_policy,
		.maxattr = VMSCOPE_A_PROCESS_PID,
		.doit = get_process,
		.start = vmscope_netlink_no_attributes,
		.dumpit = dump_processes,
	},
	{
		.cmd = VMSCOPE_CMD_ALARM_GET,
		.policy = vmscope_netlink_id_policy,
		.maxattr = VMSCOPE_A_ALARM_ID,
		.doit = vmscope_netlink_alarm_get,
		.start = vmscope_netlink_alarm_start,
		.dumpit = vmscope_netlink_alarm_dump,
	},
	{
		.cmd = VMSCOPE_CMD_ALARM_SET,
		.policy = vmscope_netlink_alarm_policy,
		.maxattr = VMSCOPE_A_ALARM_KEEP,
		.doit = vmscope_netlink_alarm_set,
	},
	{
		.cmd = VMSCOPE_CMD_ALARM_DELETE,
		.policy = vmscope_netlink_id_policy,
		.maxattr = VMSCOPE_A_ALARM_ID,
		.doit = vmscope_netlink_alarm_delete,
	},
};

static const struct genl_multicast_group groups[] = {
	[VMSCOPE_NETLINK_EXIT] = { .name = VMSCOPE_MCGRP_EXIT,
				   .flags = GENL_MCAST_CAP_SYS_ADMIN },
	[VMSCOPE_NETLINK_ALARM] = { .name = VMSCOPE_MCGRP_ALARM,
				    .flags = GENL_MCAST_CAP_SYS_ADMIN },
};

/*
 * Somebody is about to join a group; the kernel has checked the right to do so
 * in the network namespace of the socket, which may be one that everybody can
 * make. Who has the right here joins before the messages begin, so nothing
 * that happens afterwards is missed.
 */
static int join_group(int group)
{
	if (group == VMSCOPE_NETLINK_EXIT && vmscope_access_is_admin())
		vmscope_netlink_exit_join();
	return 0;
}

static void leave_group(int group)
{
	if (group == VMSCOPE_NETLINK_EXIT)
		vmscope_netlink_exit_leave();
}

/*
 * parallel_ops: a request must not keep other families' requests waiting. Only
 * in the initial network namespace, which netnsok = 0 means.
 */
struct genl_family vmscope_netlink_family __ro_after_init = {
	.name = VMSCOPE_FAMILY_NAME,
	.version = VMSCOPE_FAMILY_VERSION,
	.module = THIS_MODULE,
	.parallel_ops = true,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/* A socket is gone: with it go its alarms, and perhaps the last listener. */
static int see_release(struct notifier_block *block, unsigned long event,
		       void *data)
{
	const struct netlink_notify *notify = data;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC &&
	    net_eq(notify->net, &init_net)) {
		vmscope_alarm_delete_owned(notify->portid);
		vmscope_netlink_exit_leave();
	}
	return NOTIFY_DONE;
}

static struct notifier_block release_notifier = {
	.notifier_call = see_release,
};

int vmscope_netlink_init(void)
{
	int err;

	err = vmscope_netlink_exit_init();
	if (err)
		return err;
	err = vmscope_alarm_init(vmscope_netlink_alarm_tell);
	if (err)
		goto exit_exit;
	err = netlink_register_notifier(&release_notifier);
	if (err)
		goto exit_alarm;
	vmscope_genl_bind(&vmscope_netlink_family, join_group, leave_group);
	err = genl_register_family(&vmscope_netlink_family);
	if (err)
		goto unregister_notifier;
	return 0;

unregister_notifier:
	netlink_unregister_notifier(&release_notifier);
exit_alarm:
	vmscope_alarm_exit();
exit_exit:
	vmscope_netlink_exit_exit();
	return err;
}

/*
 * Nothing may be sent once the family is gone: the numbers of its groups may be
 * somebody else's then. So what sends ends first, and stays ended although
 * requests can come until the family is gone.
 */
void vmscope_netlink_exit(void)
{
	vmscope_alarm_exit();
	vmscope_netlink_exit_exit();
	genl_unregister_family(&vmscope_netlink_family);
	netlink_unregister_notifier(&release_notifier);
}
