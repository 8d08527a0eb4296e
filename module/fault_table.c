// SPDX-License-Identifier: GPL-2.0
/*
 * The table of consumers, as the hooks use it: with preemption off.
 */
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/rcupdate.h>

#include "fault_hook.h"

struct vmscope_hook_table vmscope_hook_table;

u32 vmscope_hook_epoch(void)
{
	return atomic_read(&vmscope_hook_table.epoch);
}

static u64 started(void)
{
	return READ_ONCE(vmscope_hook_table.started);
}

static struct vmscope_fault_consumer *consumer_at(unsigned int i)
{
	return rcu_dereference_sched(vmscope_hook_table.consumer[i]);
}

/*
 * The first consumer from index *@i on that is among @bits, or NULL; then *@i
 * is its index. Preemption is off.
 */
static struct vmscope_fault_consumer *next_among(u64 bits, unsigned int *i)
{
	struct vmscope_fault_consumer *consumer;

	for (; *i < VMSCOPE_FAULT_CONSUMERS && bits >> *i; ++*i) {
		if (!(bits >> *i & 1))
			continue;
		consumer = consumer_at(*i);
		if (consumer)
			return consumer;
	}
	return NULL;
}

/* Which consumers want the current task's fault there? */
u64 vmscope_hook_who_wants(u64 address)
{
	struct vmscope_fault_consumer *consumer;
	u64 bits = started(), wanted = 0;
	unsigned int i;

	for (i = 0; (consumer = next_among(bits, &i)); i++)
		if (consumer->ops->wants(consumer, address))
			wanted |= 1ULL << i;
	return wanted;
}

bool vmscope_hook_wants_details(u64 wanted)
{
	struct vmscope_fault_consumer *consumer;
	unsigned int i;

	for (i = 0; (consumer = next_among(wanted, &i)); i++)
		if (consumer->details)
			return true;
	return false;
}

/**
 * vmscope_hook_deliver() - tell those who want it
 * @wanted: their indices at the fault's beginning
 * @epoch: when that was
 * @fault: a fault that is over
 *
 * A consumer that is started later may have got the index of one that is gone:
 * it is no concern of it.
 */
void vmscope_hook_deliver(u64 wanted, u32 epoch,
			  const struct vmscope_fault *fault)
{
	struct vmscope_fault_consumer *consumer;
	u64 bits = wanted & started();
	unsigned int i;

	for (i = 0; (consumer = next_among(bits, &i)); i++)
		if ((s32)(epoch - consumer->since) >= 0)
			consumer->ops->fault(consumer, fault);
}

void vmscope_hook_tell_lost(u64 wanted)
{
	struct vmscope_fault_consumer *consumer;
	unsigned int i;

	for (i = 0; (consumer = next_among(wanted, &i)); i++)
		if (consumer->ops->lost)
			consumer->ops->lost(consumer);
}

/* What becomes of tasks is for all that are attached. */
void vmscope_hook_tell_fork(struct task_struct *parent,
			    struct task_struct *child)
{
	struct vmscope_fault_consumer *consumer;
	unsigned int i;

	for (i = 0; (consumer = next_among(~0ULL, &i)); i++)
		if (consumer->ops->fork)
			consumer->ops->fork(consumer, parent, child);
}

void vmscope_hook_tell_exec(struct task_struct *task,
			    const struct linux_binprm *bprm)
{
	struct vmscope_fault_consumer *consumer;
	unsigned int i;

	for (i = 0; (consumer = next_among(~0ULL, &i)); i++)
		if (consumer->ops->exec)
			consumer->ops->exec(consumer, task, bprm);
}

void vmscope_hook_tell_exit(struct task_struct *task)
{
	struct vmscope_fault_consumer *consumer;
	unsigned int i;

	for (i = 0; (consumer = next_among(~0ULL, &i)); i++)
		if (consumer->ops->exit)
			consumer->ops->exit(consumer, task);
}

void vmscope_hook_tell_gone(struct task_struct *task)
{
	struct vmscope_fault_consumer *consumer;
	unsigned int i;

	for (i = 0; (consumer = next_among(~0ULL, &i)); i++)
		if (consumer->ops->gone)
			consumer->ops->gone(consumer, task);
}
