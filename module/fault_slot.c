// SPDX-License-Identifier: GPL-2.0
/*
 * A task takes one fault at a time, but may sleep in it and wake up on another
 * CPU. So what is known of it is kept in a table by task. Only the task itself
 * writes to its slot, in its own context with preemption off: no two parts of
 * this run for one task at a time. Others compete with it for a free place only,
 * which is settled by one compare-and-exchange of the key.
 */
#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/userfaultfd_k.h>
#include <linux/vmalloc.h>

#include "classify.h"
#include "compat/mm.h"
#include "fault_hook.h"
#include "fault_slot.h"
#include "map.h"
#include "scan.h"

/*
 * A bucket's keys fill a cache line. With 4096 tasks asleep in a fault there
 * are two in a bucket on average, and more than eight in one of 4000.
 */
#define BUCKET_BITS 11
#define BUCKETS	    BIT(BUCKET_BITS)
#define WAYS	    8

static atomic_long_t *keys;
static struct vmscope_slot *slots;
static bool usable;

static void free_table(void)
{
	vfree(slots);
	vfree(keys);
}

/**
 * vmscope_slot_init() - make the table
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int vmscope_slot_init(void)
{
	keys = vzalloc(BUCKETS * WAYS * sizeof(*keys));
	slots = vzalloc(BUCKETS * WAYS * sizeof(*slots));
	if (!keys || !slots) {
		free_table();
		return -ENOMEM;
	}
	WRITE_ONCE(usable, true);
	return 0;
}

/**
 * vmscope_slot_exit() - free it
 *
 * No hook of faults runs any more; those of tasks, which go on, look at it with
 * preemption off and only while it is usable. May sleep.
 *
 * What is in it is not over, and not counted.
 */
void vmscope_slot_exit(void)
{
	WRITE_ONCE(usable, false);
	synchronize_rcu();
	free_table();
}

/* Asked by hooks of tasks, with preemption off. */
bool vmscope_slots_are_there(void)
{
	return READ_ONCE(usable);
}

static unsigned int bucket_of(const struct task_struct *task)
{
	return hash_ptr(task, BUCKET_BITS) * WAYS;
}

/**
 * vmscope_slot_find() - the fault that a task is taking
 * @task: the current task
 *
 * Return: it, or NULL.
 */
struct vmscope_slot *vmscope_slot_find(const struct task_struct *task)
{
	unsigned int i, first = bucket_of(task);

	for (i = first; i < first + WAYS; i++)
		if (atomic_long_read(&keys[i]) == (long)task)
			return &slots[i];
	return NULL;
}

static void release(struct vmscope_slot *slot)
{
	atomic_long_set_release(&keys[slot - slots], 0);
}

/**
 * vmscope_slot_open() - a task begins a fault
 * @task: the current task; has no slot
 * @wanted: who wants it
 * @address: that is accessed
 *
 * Return: its slot, or NULL if its bucket is full.
 */
struct vmscope_slot *vmscope_slot_open(struct task_struct *task, u64 wanted,
				       u64 address)
{
	unsigned int i, first = bucket_of(task);
	struct vmscope_slot *slot;

	for (i = first; i < first + WAYS; i++)
		if (!atomic_long_read(&keys[i]) &&
		    !atomic_long_cmpxchg(&keys[i], 0, (long)task))
			break;
	if (i == first + WAYS)
		return NULL;

	slot = &slots[i];
	memset(slot, 0, offsetof(struct vmscope_slot, fault.map));
	memset((char *)slot + sizeof(slot->fault), 0,
	       sizeof(*slot) - sizeof(slot->fault));
	slot->fault.task = task;
	slot->fault.address = address;
	slot->wanted = wanted;
	slot->epoch = vmscope_hook_epoch();
	return slot;
}

/**
 * vmscope_slot_drop() - forget a task
 * @task: a task that will never run again
 */
void vmscope_slot_drop(const struct task_struct *task)
{
	struct vmscope_slot *slot = vmscope_slot_find(task);

	if (slot)
		release(slot);
}

static u8 backing_of(const struct vm_area_struct *vma)
{
	const struct inode *inode;

	if (vmscope_vma_is_hugetlb(vma))
		return VMSCOPE_BACKING_HUGETLB;
	if (vma->vm_flags & (VM_PFNMAP | VM_IO | VM_MIXEDMAP))
		return VMSCOPE_BACKING_DEVICE;
	if (!vma->vm_ops)
		return VMSCOPE_BACKING_ANON;
	if (!vma->vm_file)
		return VMSCOPE_BACKING_FILE;
	inode = file_inode(vma->vm_file);
	if (!S_ISREG(inode->i_mode))
		return VMSCOPE_BACKING_DEVICE;
	/* what shmem_file_setup() makes is on such a file system, too */
	return inode->i_sb->s_magic == TMPFS_MAGIC ? VMSCOPE_BACKING_SHMEM :
						     VMSCOPE_BACKING_FILE;
}

static void describe_map(struct vmscope_fault *fault,
			 const struct vm_area_struct *vma)
{
	static const struct vmscope_map_stacks unknown;
	struct vmscope_map map;

	vmscope_map_describe(&map, vma, vma->vm_start, vma->vm_end, &unknown);
	fault->map = (struct vmscope_fault_map){
		.start = map.start,
		.end = map.end,
		.flags = map.flags,
		.inode = map.inode,
		.device = map.device,
		.kind = map.kind,
	};
	if (vma->vm_file)
		fault->map.offset = map.offset + (fault->address - map.start);
}

/*
 * The stack's mapping begins at the page that was accessed since the stack was
 * made larger for it (expand_downwards()), before the handler is called.
 */
static bool has_grown(const struct vmscope_slot *slot,
		      const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_GROWSDOWN && slot->stack_pages &&
	       vma->vm_start == (slot->fault.address & PAGE_MASK) &&
	       READ_ONCE(vma->vm_mm->stack_vm) != slot->stack_pages;
}

static u8 state_of(const struct vmscope_slot *slot,
		   const struct vmscope_peek *peek)
{
	if (peek->huge_zero)
		return VMSCOPE_STATE_ZERO;
	return vmscope_classify(peek->entry, peek->level, &slot->context).state;
}

static bool counts_around(const struct vmscope_slot *slot)
{
	return slot->backing == VMSCOPE_BACKING_FILE ||
	       slot->backing == VMSCOPE_BACKING_SHMEM;
}

static void look_before(struct vmscope_slot *slot, const struct mm_struct *mm)
{
	struct vmscope_fault *fault = &slot->fault;

	vmscope_walk_peek(mm, fault->address, counts_around(slot),
			  &fault->before);
	slot->state_before = state_of(slot, &fault->before);
	fault->flags |= VMSCOPE_FAULT_BEFORE;
}

/*
 * All that is asked of the mapping, at the handler's first call. Its caller
 * holds the mapping's lock or the mmap_lock; after the call the mapping may be
 * gone.
 */
static void look_at_map(struct vmscope_slot *slot, struct vm_area_struct *vma)
{
	struct vmscope_fault *fault = &slot->fault;

	slot->backing = backing_of(vma);
	slot->shared = vma->vm_flags & VM_SHARED;
	slot->uffd = userfaultfd_armed(vma);
	slot->grown = has_grown(slot, vma);
	slot->context = (struct vmscope_context){
		.enc = vmscope_scan_encoding(),
		.accessible = vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC),
		.pfnmap = vma->vm_flags & VM_PFNMAP,
		.mixed = vma->vm_flags & VM_MIXEDMAP,
		.rwp = vmscope_vma_is_rwp(vma),
	};
	fault->mm = vma->vm_mm;
	fault->flags |= VMSCOPE_FAULT_MAPPING;
	if (vma->vm_mm != current->mm)
		fault->flags |= VMSCOPE_FAULT_REMOTE;
	if (vmscope_hook_wants_details(slot->wanted))
		describe_map(fault, vma);
	look_before(slot, vma->vm_mm);
}

/**
 * vmscope_slot_call() - the handler is called
 * @slot: of the current task
 * @vma: the mapping; the caller of the handler holds it
 * @address: which it is called for
 * @flags: FAULT_FLAG_*
 */
void vmscope_slot_call(struct vmscope_slot *slot, struct vm_area_struct *vma,
		       u64 address, unsigned int flags)
{
	struct vmscope_fault *fault = &slot->fault;

	if (!fault->calls)
		look_at_map(slot, vma);
	else
		fault->flags |= VMSCOPE_FAULT_RETRIED;
	if (fault->calls != U16_MAX)
		fault->calls++;
	fault->fault_flags = flags;
	slot->called_ns = ktime_get_mono_fast_ns();
}

static void look_after(struct vmscope_slot *slot)
{
	struct vmscope_fault *fault = &slot->fault;
	int around;

	vmscope_walk_peek(fault->mm, fault->address, counts_around(slot),
			  &fault->after);
	slot->state_after = state_of(slot, &fault->after);
	fault->flags |= VMSCOPE_FAULT_AFTER;
	if (!counts_around(slot) || fault->after.level != VMSCOPE_LEVEL_PTE)
		return;
	around = fault->after.around - fault->before.around - 1;
	if (around > 0 && slot->state_before == VMSCOPE_STATE_NONE)
		fault->around = around;
}

/**
 * vmscope_slot_return() - the handler returns
 * @slot: of the current task
 * @result: VM_FAULT_*
 * @regs: of the handler's caller
 *
 * The locks that the caller held for the call are still held, unless the result
 * says otherwise; then only the current mm may be looked at.
 *
 * Return: it is over; else there is more to come.
 */
bool vmscope_slot_return(struct vmscope_slot *slot, vm_fault_t result,
			 struct pt_regs *regs)
{
	struct vmscope_fault *fault = &slot->fault;
	u64 now = ktime_get_mono_fast_ns();

	fault->end_ns = now;
	fault->handler_ns += now - slot->called_ns;
	fault->flags |= VMSCOPE_FAULT_HANDLER;
	fault->result |= result;
	slot->last_result = result;
	if (result & VM_FAULT_RETRY)
		return false;
	if (!(result & VM_FAULT_ERROR) &&
	    (!(result & VM_FAULT_COMPLETED) || fault->mm == current->mm))
		look_after(slot);
	if (fault->origin == VMSCOPE_ORIGIN_GUP)
		fault->regs = regs;
	/* a signal follows, and says more */
	return fault->origin != VMSCOPE_ORIGIN_USER ||
	       !(result & VM_FAULT_ERROR) || result & VM_FAULT_OOM;
}

/**
 * vmscope_slot_refuse() - the access is not possible
 * @slot: of the current task
 * @signal: that tells the task, or 0 if an error of a system call does
 * @forbidden: there is something, but the access is forbidden
 */
void vmscope_slot_refuse(struct vmscope_slot *slot, int signal, bool forbidden)
{
	struct vmscope_fault *fault = &slot->fault;

	fault->end_ns = ktime_get_mono_fast_ns();
	fault->signal = signal;
	slot->refused = true;
	slot->forbidden = forbidden;
	if (!fault->calls && fault->address < TASK_SIZE_MAX && current->mm) {
		/* the entry only: whose mapping it is, is not known */
		vmscope_walk_peek(current->mm, fault->address, false,
				  &fault->before);
		fault->flags |= VMSCOPE_FAULT_BEFORE;
	}
}

static u8 end_of(const struct vmscope_slot *slot)
{
	const struct vmscope_fault *fault = &slot->fault;
	vm_fault_t result = slot->last_result;

	if (fault->signal == SIGBUS ||
	    result & (VM_FAULT_SIGBUS | VM_FAULT_HWPOISON |
		      VM_FAULT_HWPOISON_LARGE))
		return VMSCOPE_END_BUS;
	if (slot->refused || result & VM_FAULT_SIGSEGV)
		return VMSCOPE_END_SEGV;
	if (result & (VM_FAULT_ERROR | VM_FAULT_RETRY))
		return VMSCOPE_END_FAILED;
	return fault->calls ? VMSCOPE_END_DONE : VMSCOPE_END_UNHANDLED;
}

static unsigned int cause_of(const struct vmscope_slot *slot, u8 end)
{
	const struct vmscope_fault *fault = &slot->fault;
	const struct vmscope_evidence evidence = {
		.before = fault->before.entry,
		.after = fault->after.entry,
		.state_before = slot->state_before,
		.state_after = slot->state_after,
		.level_before = fault->mm ? fault->before.level : 0,
		.level_after = fault->after.level,
		.backing = slot->backing,
		.end = end,
		.write = fault->access == VMSCOPE_ACCESS_WRITE ||
			 fault->fault_flags & FAULT_FLAG_UNSHARE,
		.mapped = fault->mm,
		.shared = slot->shared,
		.uffd = slot->uffd,
		.grown = slot->grown,
		.protection = slot->forbidden,
		.retried = fault->result & VM_FAULT_RETRY,
		.io = fault->result & VM_FAULT_MAJOR,
	};

	return vmscope_fault_cause(&evidence);
}

/**
 * vmscope_slot_conclude() - a fault is over
 * @slot: of the current task; is free afterwards
 *
 * Preemption is off.
 */
void vmscope_slot_conclude(struct vmscope_slot *slot)
{
	struct vmscope_fault *fault = &slot->fault;
	u8 end = end_of(slot);

	fault->cause = cause_of(slot, end);
	if (end == VMSCOPE_END_DONE) {
		/* mm_account_fault() */
		fault->counted = true;
		if (slot->last_result & VM_FAULT_MAJOR ||
		    fault->fault_flags & FAULT_FLAG_TRIED)
			fault->flags |= VMSCOPE_FAULT_MAJOR;
	} else if (end != VMSCOPE_END_UNHANDLED) {
		fault->flags |= VMSCOPE_FAULT_FAILED;
	}
	if (fault->begin_ns && fault->end_ns)
		fault->flags |= VMSCOPE_FAULT_EXCEPTION;
	else if (!fault->end_ns)
		fault->end_ns = fault->begin_ns;
	vmscope_hook_deliver(slot->wanted, slot->epoch, fault);
	release(slot);
}
