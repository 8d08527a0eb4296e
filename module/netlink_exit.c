// SPDX-License-Identifier: GPL-2.0
/*
 * The group exit: from the end of a process, where nothing may sleep, through a
 * ring to a work that sends.
 */
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "account.h"
#include "netlink_family.h"

/* Exits that may wait to be told; about 200 KiB. */
#define RING 1024

/*
 * A listener is counted only after its joining was announced. Who looks for
 * listeners must not give up before that.
 */
#define JOIN_GRACE (5 * HZ)

/**
 * struct exit_message - an exit that is to be told
 * @exit: what happened
 * @sequence: counts exits, from 1 on
 * @lost: exits before this one that found the ring full
 */
struct exit_message {
	struct vmscope_exit exit;
	u64 sequence;
	u64 lost;
};

/* Taken with preemption off in the last thread of a process. */
static DEFINE_RAW_SPINLOCK(ring_lock);
static struct exit_message *ring;
static unsigned int ring_start;
static unsigned int ring_len;
static u64 sequence;
static u64 lost;

/*
 * Serializes beginning and ending; protects wanted to joined. The works
 * take it, so they are never waited for with it held.
 */
static DEFINE_MUTEX(watch_lock);
static bool wanted; /* there is a listener, or is about to be */
static bool watching; /* which may have failed */
static bool closed; /* the module is being unloaded */
static unsigned long joined; /* in jiffies: when somebody was about to join */

static struct workqueue_struct *queue;

static void send_work(struct work_struct *work);
static DECLARE_WORK(sender, send_work);
static void look_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(looker, look_work);

/* With preemption off, see vmscope_exit_watch(). */
static void see_exit(struct task_struct *task, const struct vmscope_exit *exit)
{
	struct exit_message *message;
	unsigned long flags;

	raw_spin_lock_irqsave(&ring_lock, flags);
	sequence++;
	if (ring_len == RING) {
		lost++;
	} else {
		message = &ring[(ring_start + ring_len++) % RING];
		message->exit = *exit;
		message->sequence = sequence;
		message->lost = lost;
		lost = 0;
	}
	raw_spin_unlock_irqrestore(&ring_lock, flags);
	queue_work(queue, &sender);
}

static bool take(struct exit_message *message)
{
	bool any;

	raw_spin_lock_irq(&ring_lock);
	any = ring_len;
	if (any) {
		*message = ring[ring_start];
		ring_start = (ring_start + 1) % RING;
		ring_len--;
	}
	raw_spin_unlock_irq(&ring_lock);
	return any;
}

/* Tell with the next one that there were more. */
static void count_lost(const struct exit_message *message)
{
	raw_spin_lock_irq(&ring_lock);
	if (ring_len)
		ring[ring_start].lost += message->lost + 1;
	else
		lost += message->lost + 1;
	raw_spin_unlock_irq(&ring_lock);
}

static int put_u64(struct sk_buff *skb, int attribute, u64 value)
{
	return nla_put_u64_64bit(skb, attribute, value, VMSCOPE_A_PROCESS_PAD);
}

static int put_exit(struct sk_buff *skb, const struct exit_message *message)
{
	const struct vmscope_exit *exit = &message->exit;
	char comm[TASK_COMM_LEN + 1] = {};

	memcpy(comm, exit->comm, TASK_COMM_LEN);
	return nla_put_u32(skb, VMSCOPE_A_PROCESS_PID, exit->pid) ||
	       nla_put_string(skb, VMSCOPE_A_PROCESS_COMM, comm) ||
	       nla_put_u32(skb, VMSCOPE_A_PROCESS_UID, exit->uid) ||
	       put_u64(skb, VMSCOPE_A_PROCESS_CGROUP, exit->cgroup) ||
	       vmscope_netlink_put_account(skb, &exit->account) ||
	       nla_put_u32(skb, VMSCOPE_A_PROCESS_PARENT, exit->parent) ||
	       nla_put_u32(skb, VMSCOPE_A_PROCESS_STATUS, exit->status) ||
	       put_u64(skb, VMSCOPE_A_PROCESS_TIME_NS, exit->time_ns) ||
	       put_u64(skb, VMSCOPE_A_PROCESS_LIFETIME_NS, exit->lifetime_ns) ||
	       put_u64(skb, VMSCOPE_A_PROCESS_SEQUENCE, message->sequence) ||
	       put_u64(skb, VMSCOPE_A_PROCESS_LOST, message->lost);
}

/*
 * Return: false if nobody listens. A listener whose socket is full is told so
 * by its socket, and is a listener.
 */
static bool send(const struct exit_message *message)
{
	struct sk_buff *skb =
		genlmsg_new(VMSCOPE_NETLINK_PROCESS_ROOM, GFP_KERNEL);
	void *header;

	if (!skb) {
		count_lost(message);
		return true;
	}
	header = genlmsg_put(skb, 0, 0, &vmscope_netlink_family, 0,
			     VMSCOPE_CMD_EXIT);
	if (!header || put_exit(skb, message)) {
		nlmsg_free(skb);
		count_lost(message);
		return true;
	}
	genlmsg_end(skb, header);
	return genlmsg_multicast_netns(&vmscope_netlink_family, &init_net, skb,
				       0, VMSCOPE_NETLINK_EXIT,
				       GFP_KERNEL) != -ESRCH;
}

static int begin(void)
{
	int err;

	lockdep_assert_held(&watch_lock);
	if (watching || closed)
		return 0;
	wanted = true;
	if (!ring)
		ring = kvcalloc(RING, sizeof(*ring), GFP_KERNEL);
	if (!ring)
		return -ENOMEM;
	err = vmscope_exit_watch(VMSCOPE_EXIT_NETLINK, see_exit);
	watching = !err;
	return err;
}

/* Nobody fills the ring any more; what is in it has no listener. */
static void end(void)
{
	lockdep_assert_held(&watch_lock);
	if (!wanted)
		return;
	/* also when watching failed: then that it did is no news any more */
	vmscope_exit_unwatch(VMSCOPE_EXIT_NETLINK);
	wanted = false;
	watching = false;
	raw_spin_lock_irq(&ring_lock);
	ring_len = 0;
	raw_spin_unlock_irq(&ring_lock);
}

static bool has_listener(void)
{
	return genl_has_listeners(&vmscope_netlink_family, &init_net,
				  VMSCOPE_NETLINK_EXIT);
}

/* Is nobody listening any more? */
static void look_work(struct work_struct *work)
{
	mutex_lock(&watch_lock);
	if (closed || has_listener())
		goto unlock;
	if (joined && time_before(jiffies, joined + JOIN_GRACE))
		mod_delayed_work(queue, &looker, JOIN_GRACE);
	else
		end();
unlock:
	mutex_unlock(&watch_lock);
}

/*
 * The sender found nobody. The kernel counts listeners in other network
 * namespaces, too, who hear nothing; that nothing is heard counts here.
 */
static void end_unheard(void)
{
	mutex_lock(&watch_lock);
	if (!joined || !time_before(jiffies, joined + JOIN_GRACE))
		end();
	mutex_unlock(&watch_lock);
}

static void send_work(struct work_struct *work)
{
	struct exit_message message;
	bool heard = true;

	while (take(&message)) {
		heard = send(&message);
		cond_resched();
	}
	if (!heard)
		end_unheard();
}

/**
 * vmscope_netlink_exit_join() - somebody with the right to is about to listen
 *
 * May sleep. Exits are told when it returns. If they cannot be, the state of
 * the module says so.
 */
void vmscope_netlink_exit_join(void)
{
	mutex_lock(&watch_lock);
	joined = jiffies ? jiffies : 1;
	begin();
	if (!closed)
		mod_delayed_work(queue, &looker, JOIN_GRACE);
	mutex_unlock(&watch_lock);
}

/**
 * vmscope_netlink_exit_leave() - somebody may have left
 *
 * May sleep.
 */
void vmscope_netlink_exit_leave(void)
{
	mutex_lock(&watch_lock);
	if (wanted && !closed)
		mod_delayed_work(queue, &looker, 0);
	mutex_unlock(&watch_lock);
}

/**
 * vmscope_netlink_exit_look() - somebody may have joined
 *
 * For a request of root's, on kernels that do not tell of joining. May sleep.
 * If there is a listener, exits are told when it returns.
 */
void vmscope_netlink_exit_look(void)
{
	mutex_lock(&watch_lock);
	if (has_listener())
		begin();
	mutex_unlock(&watch_lock);
}

/* The number of the last exit. */
u64 vmscope_netlink_exit_sequence(void)
{
	u64 last;

	raw_spin_lock_irq(&ring_lock);
	last = sequence;
	raw_spin_unlock_irq(&ring_lock);
	return last;
}

int vmscope_netlink_exit_init(void)
{
	queue = alloc_workqueue("vmscope_exit", WQ_UNBOUND, 1);
	return queue ? 0 : -ENOMEM;
}

/* No exit is told any more when it returns. May sleep. */
void vmscope_netlink_exit_exit(void)
{
	mutex_lock(&watch_lock);
	closed = true;
	end();
	mutex_unlock(&watch_lock);
	cancel_work_sync(&sender);
	cancel_delayed_work_sync(&looker);
	destroy_workqueue(queue);
	kvfree(ring);
}
