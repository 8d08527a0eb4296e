/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ring: records for each CPU, in memory that a reader maps. Knows bytes, not
 * faults. struct vmscope_ring of the contract says what the reader sees.
 */
#ifndef _VMSCOPE_RING_H
#define _VMSCOPE_RING_H

#include <linux/bits.h>
#include <linux/types.h>
#include <linux/vmscope_trace.h>

struct file;
struct poll_table_struct;
struct vm_area_struct;
struct vmscope_rings;

/* A power of two; no record is longer, and none crosses a multiple of it. */
#define VMSCOPE_RING_BLOCK   16384UL
#define VMSCOPE_RING_MIN     (2 * VMSCOPE_RING_BLOCK)
#define VMSCOPE_RING_MAX     BIT(30)
#define VMSCOPE_RING_DEFAULT (2UL << 20)

/**
 * struct vmscope_ring_shape - how rings are made
 * @ring_bytes: data of each, a power of two in [VMSCOPE_RING_MIN,
 *	VMSCOPE_RING_MAX]
 * @wake_bytes: see struct vmscope_trace
 * @wake_ns: likewise
 * @overwrite: full rings lose their oldest records, not the new one
 */
struct vmscope_ring_shape {
	u64 ring_bytes;
	u64 wake_bytes;
	u64 wake_ns;
	bool overwrite;
};

struct vmscope_rings *
vmscope_ring_create(const struct vmscope_ring_shape *shape);
void vmscope_ring_destroy(struct vmscope_rings *rings);

void *vmscope_ring_reserve(struct vmscope_rings *rings, unsigned int bytes);
void vmscope_ring_commit(struct vmscope_rings *rings);
void vmscope_ring_lose(struct vmscope_rings *rings, unsigned int reason);
void vmscope_ring_flush(struct vmscope_rings *rings);

u64 vmscope_ring_map_bytes(const struct vmscope_rings *rings);
void vmscope_ring_totals(const struct vmscope_rings *rings, u64 *records,
			 u64 lost[VMSCOPE_LOSTS]);
bool vmscope_ring_is_mapped(const struct vmscope_rings *rings);
int vmscope_ring_mmap(struct vmscope_rings *rings, struct vm_area_struct *vma);
__poll_t vmscope_ring_poll(struct vmscope_rings *rings, struct file *file,
			   struct poll_table_struct *wait);

#endif /* _VMSCOPE_RING_H */
