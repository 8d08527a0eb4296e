/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of generic netlink share: the family and its commands.
 */
#ifndef _VMSCOPE_NETLINK_FAMILY_H
#define _VMSCOPE_NETLINK_FAMILY_H

#include <linux/vmscope_netlink.h>
#include <net/genetlink.h>

#include "account.h"

struct vmscope_alarm;

enum vmscope_netlink_group {
	VMSCOPE_NETLINK_EXIT,
	VMSCOPE_NETLINK_ALARM,
};

/*
 * More than the attributes of a process can take, also at its end. Small: what
 * waits in a listener's socket counts with all that was allocated for it.
 */
#define VMSCOPE_NETLINK_PROCESS_ROOM 512

extern struct genl_family vmscope_netlink_family;

int vmscope_netlink_put_account(struct sk_buff *skb,
				const struct vmscope_account *account);
int vmscope_netlink_no_attributes(struct netlink_callback *cb);

/* netlink_exit.c */
int vmscope_netlink_exit_init(void);
void vmscope_netlink_exit_exit(void);
void vmscope_netlink_exit_join(void);
void vmscope_netlink_exit_leave(void);
void vmscope_netlink_exit_look(void);
u64 vmscope_netlink_exit_sequence(void);

/* netlink_alarm.c */
extern const struct nla_policy vmscope_netlink_alarm_policy[];
extern const struct nla_policy vmscope_netlink_id_policy[];

void vmscope_netlink_alarm_tell(const struct vmscope_alarm *alarm);
int vmscope_netlink_alarm_get(struct sk_buff *skb, struct genl_info *info);
int vmscope_netlink_alarm_start(struct netlink_callback *cb);
int vmscope_netlink_alarm_dump(struct sk_buff *skb,
			       struct netlink_callback *cb);
int vmscope_netlink_alarm_set(struct sk_buff *skb, struct genl_info *info);
int vmscope_netlink_alarm_delete(struct sk_buff *skb, struct genl_info *info);

#endif /* _VMSCOPE_NETLINK_FAMILY_H */
