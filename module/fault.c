// SPDX-License-Identifier: GPL-2.0
/*
 * Consumers come and go under one mutex. Hooks read the table of them with
 * preemption off. After one was taken out of it, the end of every hook that may
 * still see it is waited for: tracepoint_synchronize_unregister() waits for RCU,
 * and for tracepoints' SRCU. So when stop or detach return, nobody calls the
 * consumer any more.
 */
#include <linux/err.h>
#include <linux/kconfig.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>

#include "fault.h"
#include "fault_hook.h"

static DEFINE_MUTEX(engine);
static unsigned int attached, started;
/**
 * vmscope_fault_is_available() - can faults be traced on this kernel at all?
 */
bool vmscope_fault_is_available(void)
{
	return IS_ENABLED(CONFIG_KRETPROBES) && vmscope_hook_has_tasks();
}

/**
 * vmscope_fault_has_exception() - does it tell when exceptions begin?
 */
bool vmscope_fault_has_exception(void)
{
	return vmscope_hook_has_exception();
}

/**
 * vmscope_fault_attach() - be told of tasks
 * @consumer: initialized, not attached. It stays until it is detached
 *
 * May sleep. Return: 0, -ENOMEM, -ENOSPC when there are too many consumers,
 * -EOPNOTSUPP.
 */
int vmscope_fault_attach(struct vmscope_fault_consumer *consumer)
{
	struct vmscope_hook_table *table = &vmscope_hook_table;
	unsigned int i = 0;
	int err = 0;

	if (!vmscope_fault_is_available())
		return -EOPNOTSUPP;
	mutex_lock(&engine);
	while (i < VMSCOPE_FAULT_CONSUMERS &&
	       rcu_access_pointer(table->consumer[i]))
		i++;
	if (i == VMSCOPE_FAULT_CONSUMERS)
		err = -ENOSPC;
	else if (!attached)
		err = vmscope_hook_tasks();
	if (!err) {
		attached++;
		consumer->index = i;
		rcu_assign_pointer(table->consumer[i], consumer);
	}
	mutex_unlock(&engine);
	return err;
}

/**
 * vmscope_fault_detach() - no longer
 * @consumer: attached, not started
 *
 * May sleep. When it returns, no callback runs any more.
 */
void vmscope_fault_detach(struct vmscope_fault_consumer *consumer)
{
	mutex_lock(&engine);
	rcu_assign_pointer(vmscope_hook_table.consumer[consumer->index], NULL);
	consumer->index = -1;
	if (--attached)
		tracepoint_synchronize_unregister();
	else
		vmscope_hook_tasks_end();
	mutex_unlock(&engine);
}

/*
 * One page of memory that may only be read: what it takes is gone with it, and
 * nobody's huge page or counter but that of minor faults is touched. Where new
 * memory is locked, it is filled in at once, which calls the handler, too.
 */
static int provoke_fault(void)
{
	unsigned long address;

	address = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(address))
		return (int)address;
	fault_in_readable((const char __user *)address, 1);
	vm_munmap(address, PAGE_SIZE);
	return 0;
}

/**
 * vmscope_fault_test() - are the hooks alive?
 *
 * They may be installed and yet see nothing: with kernel.ftrace_enabled=0, or
 * with kprobes switched off in debugfs. So the current task takes a fault.
 *
 * A consumer is started. May sleep. Return: 0; -EIO if it was not seen; -ENOMEM
 * if the task has no room for a page, or no memory at all.
 */
int vmscope_fault_test(void)
{
	int err;

	if (!current->mm)
		return -ENOMEM;
	mutex_lock(&engine);
	err = started ? vmscope_hook_test(provoke_fault) : -EIO;
	mutex_unlock(&engine);
	return err;
}

/**
 * vmscope_fault_start() - be told of faults
 * @consumer: attached, not started
 *
 * May sleep. Return: 0, -ENOMEM; -EIO when the hooks see nothing;
 * -EOPNOTSUPP.
 */
int vmscope_fault_start(struct vmscope_fault_consumer *consumer)
{
	struct vmscope_hook_table *table = &vmscope_hook_table;
	int err = 0;

	mutex_lock(&engine);
	if (!started)
		err = vmscope_hook_faults();
	if (err)
		goto out;
	err = vmscope_hook_test(provoke_fault);
	if (err) {
		if (!started)
			vmscope_hook_faults_end();
		goto out;
	}
	started++;
	/* fully ordered: whoever sees the bit sees the epoch */
	consumer->since = atomic_inc_return(&table->epoch);
	WRITE_ONCE(table->started, table->started | 1ULL << consumer->index);
out:
	mutex_unlock(&engine);
	return err;
}

/**
 * vmscope_fault_stop() - no longer
 * @consumer: started
 *
 * May sleep. When it returns, the consumer is told of no fault any more.
 */
void vmscope_fault_stop(struct vmscope_fault_consumer *consumer)
{
	struct vmscope_hook_table *table = &vmscope_hook_table;

	mutex_lock(&engine);
	WRITE_ONCE(table->started, table->started & ~(1ULL << consumer->index));
	if (--started)
		tracepoint_synchronize_unregister();
	else
		vmscope_hook_faults_end();
	mutex_unlock(&engine);
}

/**
 * vmscope_fault_missed() - calls of the handler that the hooks missed
 *
 * Return: how many since the module was loaded.
 */
u64 vmscope_fault_missed(void)
{
	return vmscope_hook_missed();
}

void vmscope_fault_init(void)
{
	vmscope_hook_find();
}
