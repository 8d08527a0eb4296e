// SPDX-License-Identifier: GPL-2.0
/*
 * One ring for each possible CPU, so that a CPU that comes later has one, too.
 * Its only writer is the CPU itself, with preemption off; what interrupts it
 * there finds @busy set and is turned away (VMSCOPE_LOST_NESTED). So the writer
 * needs no lock, and the position that it goes by is its own: of what is in the
 * shared page it believes nothing but the reader's tail, and that only where it
 * is possible.
 */
#include <linux/cpumask.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <asm/barrier.h>

#include "compat/mm.h"
#include "ring.h"

static_assert(sizeof(struct vmscope_ring) <= PAGE_SIZE);

/**
 * struct ring - one CPU's
 * @shared: the page that begins it, and the data behind it
 * @head: where the next record goes; the truth, of which @shared has a copy
 * @reserved: where it will be after the one that is being written
 * @told: @head when readers were last woken
 * @lost: since the trace was set up; the truth likewise
 * @noted: of these, those that a record told of
 * @records: written; the truth likewise
 * @in_block: in overwrite mode, records that each block holds
 * @busy: a record is being written
 * @wake: wakes readers, from where that may be done
 * @rings: what it belongs to
 */
struct ring {
	struct vmscope_ring *shared;
	u64 head;
	u64 reserved;
	u64 told;
	u64 lost[VMSCOPE_LOSTS];
	u64 noted[VMSCOPE_LOSTS];
	u64 records;
	u32 *in_block;
	bool busy;
	struct irq_work wake;
	struct vmscope_rings *rings;
};

/**
 * struct vmscope_rings - all CPUs'
 * @shape: how they were made
 * @ring: each CPU's
 * @readers: who polls
 * @timer: runs out when somebody polled, found nothing that is due, and waited
 *	for wake_ns
 * @due: it ran out: any data will do
 * @mapped: mappings of them
 */
struct vmscope_rings {
	struct vmscope_ring_shape shape;
	struct ring __percpu *ring;
	wait_queue_head_t readers;
	struct delayed_work timer;
	bool due;
	atomic_t mapped;
};

static void *data_of(const struct ring *ring, u64 position)
{
	u64 mask = ring->rings->shape.ring_bytes - 1;

	return (char *)ring->shared + PAGE_SIZE + (position & mask);
}

static void wake_readers(struct irq_work *work)
{
	struct ring *ring = container_of(work, struct ring, wake);

	wake_up_interruptible_poll(&ring->rings->readers,
				   EPOLLIN | EPOLLRDNORM);
}

static void timer_due(struct work_struct *work)
{
	struct vmscope_rings *rings =
		container_of(work, struct vmscope_rings, timer.work);

	WRITE_ONCE(rings->due, true);
	wake_up_interruptible_poll(&rings->readers, EPOLLIN | EPOLLRDNORM);
}

static void free_rings(struct vmscope_rings *rings)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		vfree(per_cpu_ptr(rings->ring, cpu)->shared);
		kvfree(per_cpu_ptr(rings->ring, cpu)->in_block);
	}
	free_percpu(rings->ring);
	kfree(rings);
}

static int make_ring(struct ring *ring, const struct vmscope_ring_shape *shape)
{
	ring->shared =
		__vmalloc(PAGE_SIZE + shape->ring_bytes,
			  GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN);
	if (!ring->shared)
		return -ENOMEM;
	if (!shape->overwrite)
		return 0;
	ring->in_block = kvcalloc(shape->ring_bytes / VMSCOPE_RING_BLOCK,
				  sizeof(*ring->in_block), GFP_KERNEL_ACCOUNT);
	return ring->in_block ? 0 : -ENOMEM;
}

/**
 * vmscope_ring_create() - make a set of rings
 * @shape: how they are to be
 *
 * May sleep. Return: the rings; -ENOMEM, also for rings that all together would
 * take more than a quarter of the machine's memory.
 */
struct vmscope_rings *
vmscope_ring_create(const struct vmscope_ring_shape *shape)
{
	u64 pages = (shape->ring_bytes >> PAGE_SHIFT) * num_possible_cpus();
	struct vmscope_rings *rings;
	int cpu;

	if (pages > totalram_pages() / 4)
		return ERR_PTR(-ENOMEM);
	rings = kzalloc(sizeof(*rings), GFP_KERNEL_ACCOUNT);
	if (!rings)
		return ERR_PTR(-ENOMEM);
	rings->shape = *shape;
	rings->ring = alloc_percpu_gfp(struct ring, GFP_KERNEL_ACCOUNT);
	if (!rings->ring) {
		kfree(rings);
		return ERR_PTR(-ENOMEM);
	}
	init_waitqueue_head(&rings->readers);
	INIT_DELAYED_WORK(&rings->timer, timer_due);
	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(rings->ring, cpu);

		ring->rings = rings;
		init_irq_work(&ring->wake, wake_readers);
		if (make_ring(ring, shape)) {
			free_rings(rings);
			return ERR_PTR(-ENOMEM);
		}
	}
	return rings;
}

/**
 * vmscope_ring_destroy() - give rings back
 * @rings: rings that nobody writes to, maps or polls any more
 *
 * May sleep. A mapping or a poll holds the device's file, which is gone when
 * this is called at its release.
 */
void vmscope_ring_destroy(struct vmscope_rings *rings)
{
	int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu_ptr(rings->ring, cpu)->wake);
	cancel_delayed_work_sync(&rings->timer);
	free_rings(rings);
}

static void count_lost(struct ring *ring, unsigned int reason, u64 count)
{
	u64 lost = ring->lost[reason] + count;

	WRITE_ONCE(ring->lost[reason], lost);
	WRITE_ONCE(ring->shared->lost[reason], lost);
}

/**
 * vmscope_ring_lose() - count a record that is not written
 * @rings: the rings
 * @reason: &enum vmscope_lost
 *
 * Preemption is off, and nothing else of the rings' owner interrupts this.
 */
void vmscope_ring_lose(struct vmscope_rings *rings, unsigned int reason)
{
	count_lost(this_cpu_ptr(rings->ring), reason, 1);
}

/*
 * How much may be written. Where the reader is, it says itself; it is behind
 * the head by at most the ring's size, or else it lies and gets nothing more.
 * Its reads of the data come before its store of the tail, so what it let go of
 * may be overwritten after this load.
 */
static u64 room_in(const struct ring *ring)
{
	const struct vmscope_ring_shape *shape = &ring->rings->shape;
	u64 used;

	if (shape->overwrite)
		return shape->ring_bytes;
	/* pairs with the reader's store of the tail */
	used = ring->head - smp_load_acquire(&ring->shared->tail);
	return used <= shape->ring_bytes ? shape->ring_bytes - used : 0;
}

static unsigned int left_in_block(u64 position)
{
	return VMSCOPE_RING_BLOCK - (position & (VMSCOPE_RING_BLOCK - 1));
}

static u32 *block_of(const struct ring *ring, u64 position)
{
	u64 mask = ring->rings->shape.ring_bytes - 1;

	return &ring->in_block[(position & mask) / VMSCOPE_RING_BLOCK];
}

/*
 * Bring the head to where @bytes fit into one block. In overwrite mode a block
 * that is entered loses what it held; a reader that reads the head again after
 * it copied knows, because the head is told before the block is written to.
 */
static void enter_block(struct ring *ring, unsigned int bytes)
{
	unsigned int left = left_in_block(ring->head);

	if (left < bytes) {
		struct vmscope_record *pad = data_of(ring, ring->head);

		pad->type = VMSCOPE_RECORD_PAD;
		pad->bytes = left;
		ring->head += left;
		left = VMSCOPE_RING_BLOCK;
	}
	if (left == VMSCOPE_RING_BLOCK && ring->in_block) {
		u32 *held = block_of(ring, ring->head);

		/* pairs with the reader's first load of the head */
		smp_store_release(&ring->shared->head, ring->head);
		/* pairs with its second: the data come after the head that takes them away */
		smp_wmb();
		count_lost(ring, VMSCOPE_LOST_OVERWRITTEN, *held);
		*held = 0;
	}
}

/* Losses that happened at this place, and not to the oldest or on purpose. */
static bool has_gap(const struct ring *ring)
{
	return ring->lost[VMSCOPE_LOST_FULL] !=
		       ring->noted[VMSCOPE_LOST_FULL] ||
	       ring->lost[VMSCOPE_LOST_NESTED] !=
		       ring->noted[VMSCOPE_LOST_NESTED];
}

static void put_gap(struct ring *ring)
{
	struct vmscope_record_lost *record;
	unsigned int i;

	enter_block(ring, sizeof(*record));
	record = data_of(ring, ring->head);
	*record = (struct vmscope_record_lost){
		.header = {
			.type = VMSCOPE_RECORD_LOST,
			.bytes = sizeof(*record),
			.cpu = smp_processor_id(),
			.time_ns = ktime_get_mono_fast_ns(),
		},
	};
	for (i = VMSCOPE_LOST_FULL; i <= VMSCOPE_LOST_NESTED; i++) {
		if (i == VMSCOPE_LOST_OVERWRITTEN)
			continue;
		record->lost[i] = ring->lost[i] - ring->noted[i];
		ring->noted[i] = ring->lost[i];
	}
	ring->head += sizeof(*record);
}

/**
 * vmscope_ring_reserve() - room for a record on this CPU
 * @rings: the rings
 * @bytes: its length, a multiple of 8, at most VMSCOPE_RING_BLOCK
 *
 * Preemption is off, and stays off until vmscope_ring_commit(), which must
 * follow. Any context but NMI.
 *
 * Return: where to write it, or NULL if it is lost, which is counted.
 */
void *vmscope_ring_reserve(struct vmscope_rings *rings, unsigned int bytes)
{
	struct ring *ring = this_cpu_ptr(rings->ring);
	unsigned int most = bytes;
	bool gap;

	if (ring->busy) {
		vmscope_ring_lose(rings, VMSCOPE_LOST_NESTED);
		return NULL;
	}
	ring->busy = true;
	barrier();

	gap = has_gap(ring);
	if (gap)
		most += sizeof(struct vmscope_record_lost);
	/* with the padding, at worst */
	if (left_in_block(ring->head) < most)
		most += left_in_block(ring->head);
	if (room_in(ring) < most) {
		count_lost(ring, VMSCOPE_LOST_FULL, 1);
		barrier();
		ring->busy = false;
		return NULL;
	}
	if (gap)
		put_gap(ring);
	enter_block(ring, bytes);
	ring->reserved = ring->head + bytes;
	return data_of(ring, ring->head);
}

/**
 * vmscope_ring_commit() - the record is written
 * @rings: the rings
 */
void vmscope_ring_commit(struct vmscope_rings *rings)
{
	struct ring *ring = this_cpu_ptr(rings->ring);

	if (ring->in_block)
		++*block_of(ring, ring->head);
	ring->head = ring->reserved;
	WRITE_ONCE(ring->records, ring->records + 1);
	WRITE_ONCE(ring->shared->records, ring->records);
	/* the record before the head that leads to it */
	smp_store_release(&ring->shared->head, ring->head);
	if (ring->head - ring->told >= rings->shape.wake_bytes) {
		ring->told = ring->head;
		irq_work_queue(&ring->wake);
	}
	barrier();
	ring->busy = false;
}

/**
 * vmscope_ring_flush() - let readers have what there is
 * @rings: the rings
 */
void vmscope_ring_flush(struct vmscope_rings *rings)
{
	WRITE_ONCE(rings->due, true);
	wake_up_interruptible_poll(&rings->readers, EPOLLIN | EPOLLRDNORM);
}

/**
 * vmscope_ring_map_bytes() - what a mapping of one ring takes
 * @rings: the rings
 */
u64 vmscope_ring_map_bytes(const struct vmscope_rings *rings)
{
	return PAGE_SIZE + rings->shape.ring_bytes;
}

/**
 * vmscope_ring_totals() - records of all CPUs
 * @rings: the rings
 * @records: out: written
 * @lost: in and out: what was lost is added to it
 */
void vmscope_ring_totals(const struct vmscope_rings *rings, u64 *records,
			 u64 lost[VMSCOPE_LOSTS])
{
	unsigned int i;
	int cpu;

	*records = 0;
	for_each_possible_cpu(cpu) {
		const struct ring *ring = per_cpu_ptr(rings->ring, cpu);

		*records += READ_ONCE(ring->records);
		for (i = 0; i < VMSCOPE_LOSTS; i++)
			lost[i] += READ_ONCE(ring->lost[i]);
	}
}

bool vmscope_ring_is_mapped(const struct vmscope_rings *rings)
{
	return atomic_read(&rings->mapped);
}

static void ring_vma_open(struct vm_area_struct *vma)
{
	struct vmscope_rings *rings = vma->vm_private_data;

	atomic_inc(&rings->mapped);
}

static void ring_vma_close(struct vm_area_struct *vma)
{
	struct vmscope_rings *rings = vma->vm_private_data;

	atomic_dec(&rings->mapped);
}

/* A part of a ring is of no use. */
static int ring_vma_may_split(struct vm_area_struct *vma, unsigned long address)
{
	return -EINVAL;
}

static const struct vm_operations_struct ring_vm_ops = {
	.open = ring_vma_open,
	.close = ring_vma_close,
	.may_split = ring_vma_may_split,
};

/**
 * vmscope_ring_mmap() - map one ring
 * @rings: the rings; the mapping's file keeps them
 * @vma: the mapping
 *
 * A child does not get it, because two readers with one tail lose records
 * unnoticed.
 *
 * Return: 0, or -EINVAL for anything but a shared mapping of exactly one ring,
 * or what vm_insert_page() says.
 */
int vmscope_ring_mmap(struct vmscope_rings *rings, struct vm_area_struct *vma)
{
	u64 size = vmscope_ring_map_bytes(rings);
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	u64 cpus = nr_cpu_ids;
	u64 position, number = div64_u64(offset, size);
	char *from;
	int err = 0;

	if (!(vma->vm_flags & VM_MAYSHARE) || number >= cpus ||
	    offset != number * size || vma->vm_end - vma->vm_start != size ||
	    !cpu_possible(number))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	vmscope_vma_set_flags(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);

	from = (char *)per_cpu_ptr(rings->ring, number)->shared;
	for (position = 0; position < size && !err; position += PAGE_SIZE)
		err = vm_insert_page(vma, vma->vm_start + position,
				     vmalloc_to_page(from + position));
	if (err)
		return err;
	vma->vm_private_data = rings;
	vma->vm_ops = &ring_vm_ops;
	ring_vma_open(vma);
	return 0;
}

/*
 * Bytes that a reader has not got yet. In overwrite mode a reader may store its
 * tail as well, to be told of what came since.
 */
static u64 held_by(const struct ring *ring)
{
	u64 held = READ_ONCE(ring->head) - READ_ONCE(ring->shared->tail);

	return min(held, ring->rings->shape.ring_bytes);
}

/**
 * vmscope_ring_poll() - is there anything to read?
 * @rings: the rings
 * @file: the device
 * @wait: of poll()
 *
 * Return: EPOLLIN | EPOLLRDNORM when a ring holds wake_bytes, or when any holds
 * data and somebody has waited for wake_ns; else 0.
 */
__poll_t vmscope_ring_poll(struct vmscope_rings *rings, struct file *file,
			   struct poll_table_struct *wait)
{
	bool due, any = false;
	int cpu;

	poll_wait(file, &rings->readers, wait);
	due = READ_ONCE(rings->due);
	for_each_possible_cpu(cpu) {
		u64 held = held_by(per_cpu_ptr(rings->ring, cpu));

		any |= held;
		if (held >= rings->shape.wake_bytes)
			return EPOLLIN | EPOLLRDNORM;
	}
	WRITE_ONCE(rings->due, false);
	if (due && any)
		return EPOLLIN | EPOLLRDNORM;
	/* a record that is written right now is found when it runs out */
	schedule_delayed_work(&rings->timer,
			      nsecs_to_jiffies(rings->shape.wake_ns) + 1);
	return 0;
}
