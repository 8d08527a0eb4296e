// SPDX-License-Identifier: GPL-2.0
/*
 * Whom a trace is about.
 *
 * A process is known by its signal_struct, which all its threads share and which
 * exec leaves alone, whichever thread calls it; a thread by its task. An entry
 * holds a reference on a task, and with it on its signal_struct: so no other
 * process or thread can have the same address while the entry is there. Entries
 * are looked up under RCU, with preemption off.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "access.h"
#include "session_trace.h"
#include "target.h"

/* What an entry is waiting for. */
enum state {
	ACTIVE,
	UNTIL_EXEC, /* a command that is still to be started */
	UNTIL_ASKED, /* called exec, and may have become somebody else's */
};

/**
 * struct entry - a process or a thread
 * @node: in the table, by @key
 * @key: the signal_struct or the task
 * @task: one of its tasks, held
 * @pid: its id, held
 * @state: &enum state
 * @ask: the right is to be asked for
 * @children: what it forks is traced as well
 * @ended: it has exited, and waits to be reaped
 * @rcu: to free it
 */
struct entry {
	struct hlist_node node;
	const void *key;
	struct task_struct *task;
	struct pid *pid;
	enum state state;
	bool ask;
	bool children;
	bool ended;
	struct rcu_head rcu;
};

static struct entry *find(const struct vmscope_targets *targets,
			  const void *key)
{
	struct entry *entry;

	hash_for_each_possible_rcu_notrace(targets->table, entry, node,
					   (unsigned long)key) {
		if (entry->key == key)
			return entry;
	}
	return NULL;
}

static bool has_active(const struct vmscope_targets *targets, const void *key)
{
	const struct entry *entry = find(targets, key);

	return entry && READ_ONCE(entry->state) == ACTIVE;
}

static bool in_group(const struct vmscope_targets *targets,
		     struct task_struct *task)
{
	unsigned int i, len;

	len = atomic_read_acquire(&targets->uids_len);
	for (i = 0; i < len; i++)
		if (uid_eq(task_uid(task), targets->uids[i]))
			return true;
	len = atomic_read_acquire(&targets->cgroups_len);
	for (i = 0; i < len; i++)
		if (task_under_cgroup_hierarchy(task, targets->cgroups[i]))
			return true;
	return false;
}

/**
 * vmscope_targets_has() - is a task traced?
 * @targets: the targets
 * @task: any live task; preemption is off
 */
bool vmscope_targets_has(const struct vmscope_targets *targets,
			 struct task_struct *task)
{
	if (targets->all || in_group(targets, task))
		return true;
	return READ_ONCE(targets->entries) &&
	       (has_active(targets, task->signal) || has_active(targets, task));
}

static void free_entry(struct rcu_head *rcu)
{
	struct entry *entry = container_of(rcu, struct entry, rcu);

	put_task_struct(entry->task);
	put_pid(entry->pid);
	kfree(entry);
}

static struct entry *new_entry(struct task_struct *task, bool process,
			       gfp_t gfp)
{
	struct entry *entry = kzalloc(sizeof(*entry), gfp);

	if (!entry)
		return NULL;
	rcu_read_lock();
	entry->pid = get_pid(process ? task_tgid(task) : task_pid(task));
	rcu_read_unlock();
	entry->task = get_task_struct(task);
	entry->key = process ? (void *)task->signal : (void *)task;
	return entry;
}

static void end(struct vmscope_targets *targets, struct entry *entry)
{
	if (!entry->ended)
		targets->count--;
	entry->ended = true;
}

static void remove(struct vmscope_targets *targets, struct entry *entry)
{
	end(targets, entry);
	targets->entries--;
	hash_del_rcu(&entry->node);
	call_rcu(&entry->rcu, free_entry);
}

/*
 * Put it into the table, or join it with what is there. Return: 0 or -ENOSPC,
 * and then, or when it was joined, it is freed.
 */
static int insert(struct vmscope_targets *targets, struct entry *entry)
{
	struct entry *known;
	unsigned long flags;
	int err = 0;

	raw_spin_lock_irqsave(&targets->lock, flags);
	known = find(targets, entry->key);
	if (known) {
		known->children |= entry->children;
		if (entry->state == ACTIVE && known->state == UNTIL_EXEC)
			WRITE_ONCE(known->state, ACTIVE);
	} else if (targets->entries == VMSCOPE_TARGETS_MAX) {
		err = -ENOSPC;
	} else {
		hash_add_rcu(targets->table, &entry->node,
			     (unsigned long)entry->key);
		targets->entries++;
		targets->count++;
	}
	raw_spin_unlock_irqrestore(&targets->lock, flags);
	if (known || err)
		call_rcu(&entry->rcu, free_entry);
	return err;
}

static void count_lost(struct vmscope_targets *targets)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&targets->lock, flags);
	targets->lost++;
	raw_spin_unlock_irqrestore(&targets->lock, flags);
}

/*
 * fork: @child has not run yet. A thread of a traced process is traced by its
 * process's entry; others get one if they are to be followed.
 *
 * Return: it is traced.
 */
bool vmscope_targets_fork(struct vmscope_tracer *tracer,
			  struct task_struct *parent, struct task_struct *child)
{
	struct vmscope_targets *targets = &tracer->targets;
	struct entry *from = NULL, *entry;
	bool ask = false, process = thread_group_leader(child);

	if (READ_ONCE(targets->entries)) {
		from = find(targets, parent->signal);
		if (!from)
			from = find(targets, parent);
		else if (!process)
			from = NULL;
	}
	if (from && from->children) {
		entry = new_entry(child, process, GFP_NOWAIT | __GFP_NOWARN);
		if (entry) {
			entry->state = READ_ONCE(from->state);
			entry->ask = from->ask;
			entry->children = true;
			ask = entry->ask;
		}
		if (!entry || insert(targets, entry))
			count_lost(targets);
		else if (ask)
			schedule_work(&targets->ask);
	}
	return vmscope_targets_has(targets, child);
}

/* The current task has called exec. Return: it is traced. */
bool vmscope_targets_exec(struct vmscope_tracer *tracer,
			  const struct linux_binprm *bprm)
{
	struct vmscope_targets *targets = &tracer->targets;
	const void *const keys[] = { current->signal, current };
	bool ask = !tracer->everything, asked = false;
	unsigned long flags;
	unsigned int i;

	if (READ_ONCE(targets->entries)) {
		raw_spin_lock_irqsave(&targets->lock, flags);
		for (i = 0; i < ARRAY_SIZE(keys); i++) {
			struct entry *entry = find(targets, keys[i]);

			if (!entry)
				continue;
			WRITE_ONCE(entry->state,
				   !ask || vmscope_access_keeps(tracer->cred,
								bprm) ?
					   ACTIVE :
					   UNTIL_ASKED);
			entry->ask = ask;
			asked |= ask;
		}
		raw_spin_unlock_irqrestore(&targets->lock, flags);
	}
	if (asked)
		schedule_work(&targets->ask);
	return vmscope_targets_has(targets, current);
}

/* The current task ends. Return: it was traced. */
bool vmscope_targets_exit(struct vmscope_tracer *tracer,
			  struct task_struct *task)
{
	struct vmscope_targets *targets = &tracer->targets;
	bool traced = vmscope_targets_has(targets, task);
	struct entry *entry;
	unsigned long flags;

	if (!READ_ONCE(targets->entries))
		return traced;
	raw_spin_lock_irqsave(&targets->lock, flags);
	entry = find(targets, task);
	if (entry)
		end(targets, entry);
	entry = find(targets, task->signal);
	if (entry && !atomic_read(&task->signal->live))
		end(targets, entry);
	raw_spin_unlock_irqrestore(&targets->lock, flags);
	return traced;
}

/*
 * A task was reaped, and takes no fault any more; a process's main thread is
 * the last of it to be. Any context but NMI.
 */
void vmscope_targets_gone(struct vmscope_tracer *tracer,
			  struct task_struct *task)
{
	struct vmscope_targets *targets = &tracer->targets;
	struct entry *entry;
	unsigned long flags;

	if (!READ_ONCE(targets->entries))
		return;
	raw_spin_lock_irqsave(&targets->lock, flags);
	entry = find(targets, task);
	if (entry)
		remove(targets, entry);
	entry = thread_group_leader(task) ? find(targets, task->signal) : NULL;
	if (entry)
		remove(targets, entry);
	raw_spin_unlock_irqrestore(&targets->lock, flags);
}

/* One that is to be asked for; its task and pid are held. */
static bool next_to_ask(struct vmscope_targets *targets, const void **key,
			struct vmscope_target *target)
{
	struct entry *entry;
	unsigned long flags;
	bool found = false;
	int bucket;

	raw_spin_lock_irqsave(&targets->lock, flags);
	hash_for_each(targets->table, bucket, entry, node) {
		if (!entry->ask)
			continue;
		entry->ask = false;
		*key = entry->key;
		target->pid = get_pid(entry->pid);
		target->task = get_task_struct(entry->task);
		found = true;
		break;
	}
	raw_spin_unlock_irqrestore(&targets->lock, flags);
	return found;
}

static void answer(struct vmscope_targets *targets, const void *key, int err)
{
	struct entry *entry;
	unsigned long flags;

	raw_spin_lock_irqsave(&targets->lock, flags);
	entry = find(targets, key);
	/* it may have called exec once more: then this answer is of no use */
	if (entry && !entry->ask) {
		if (!err) {
			WRITE_ONCE(entry->state, ACTIVE);
		} else {
			remove(targets, entry);
			targets->refused++;
		}
	}
	raw_spin_unlock_irqrestore(&targets->lock, flags);
}

/*
 * The right that a target took is asked for again, with the credentials of who
 * set up the trace. What cannot be asked counts as refused, but for a process
 * that ends.
 */
static void ask(struct work_struct *work)
{
	struct vmscope_targets *targets =
		container_of(work, struct vmscope_targets, ask);
	struct vmscope_tracer *tracer =
		container_of(targets, struct vmscope_tracer, targets);
	struct vmscope_target target = {};
	const void *key;

	while (next_to_ask(targets, &key, &target)) {
		int err;

		vmscope_target_refresh(&target);
		err = vmscope_access_mm(&target, tracer->cred);
		if (err != -ENODATA && err != -ESRCH)
			answer(targets, key, err);
		vmscope_target_put(&target);
		target = (struct vmscope_target){};
	}
}

static int add_task(const struct vmscope_session *session,
		    const struct vmscope_trace_target *request)
{
	struct vmscope_targets *targets = &session->tracer->targets;
	struct vmscope_target target;
	struct entry *entry;
	__u64 pid;
	int err;

	err = vmscope_session_enter(session, request->flags, request->id,
				    &target, &pid);
	if (err)
		return err;
	entry = new_entry(target.task, request->kind == VMSCOPE_TARGET_PROCESS,
			  GFP_KERNEL_ACCOUNT);
	err = -ENOMEM;
	if (entry) {
		entry->children = request->flags & VMSCOPE_TARGET_F_CHILDREN;
		if (request->flags & VMSCOPE_TARGET_F_ON_EXEC)
			entry->state = UNTIL_EXEC;
		err = insert(targets, entry);
	}
	vmscope_target_put(&target);
	return err;
}

static int add_cgroup(struct vmscope_targets *targets, u64 fd)
{
	int len = atomic_read(&targets->cgroups_len);
	struct cgroup *cgroup;

	if (len == VMSCOPE_GROUPS_MAX)
		return -ENOSPC;
	if (fd > INT_MAX)
		return -EBADF;
	cgroup = cgroup_get_from_fd(fd);
	if (IS_ERR(cgroup))
		return -EBADF;
	targets->cgroups[len] = cgroup;
	/* hooks look at what the length counts: pairs with in_group() */
	atomic_set_release(&targets->cgroups_len, len + 1);
	return 0;
}

static int add_uid(struct vmscope_targets *targets, u64 id)
{
	int len = atomic_read(&targets->uids_len);
	kuid_t uid = make_kuid(current_user_ns(), id);

	if (id > U32_MAX || !uid_valid(uid))
		return -EINVAL;
	if (len == VMSCOPE_GROUPS_MAX)
		return -ENOSPC;
	targets->uids[len] = uid;
	atomic_set_release(&targets->uids_len, len + 1);
	return 0;
}

/**
 * vmscope_targets_add() - trace somebody more
 * @session: whose tracer is locked, set up and attached
 * @request: whom; its flags and kind are known
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_targets_add(const struct vmscope_session *session,
			const struct vmscope_trace_target *request)
{
	struct vmscope_targets *targets = &session->tracer->targets;

	if (request->kind == VMSCOPE_TARGET_PROCESS ||
	    request->kind == VMSCOPE_TARGET_THREAD)
		return add_task(session, request);
	if (!vmscope_access_all(session->file))
		return -EPERM;
	switch (request->kind) {
	case VMSCOPE_TARGET_CGROUP:
		return add_cgroup(targets, request->id);
	case VMSCOPE_TARGET_UID:
		return add_uid(targets, request->id);
	default:
		if (request->id)
			return -EINVAL;
		WRITE_ONCE(targets->all, true);
		return 0;
	}
}

void vmscope_targets_init(struct vmscope_targets *targets)
{
	raw_spin_lock_init(&targets->lock);
	hash_init(targets->table);
	INIT_WORK(&targets->ask, ask);
}

/**
 * vmscope_targets_clear() - trace nobody any more
 * @targets: whose hooks are gone
 *
 * May sleep. What was in them is freed when it returns.
 */
void vmscope_targets_clear(struct vmscope_targets *targets)
{
	struct hlist_node *next;
	struct entry *entry;
	unsigned long flags;
	unsigned int bucket;
	int i;

	cancel_work_sync(&targets->ask);
	raw_spin_lock_irqsave(&targets->lock, flags);
	hash_for_each_safe(targets->table, bucket, next, entry, node)
		remove(targets, entry);
	targets->refused = 0;
	targets->lost = 0;
	raw_spin_unlock_irqrestore(&targets->lock, flags);
	for (i = 0; i < atomic_read(&targets->cgroups_len); i++)
		cgroup_put(targets->cgroups[i]);
	atomic_set(&targets->cgroups_len, 0);
	atomic_set(&targets->uids_len, 0);
	targets->all = false;
	rcu_barrier();
}
