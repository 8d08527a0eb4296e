/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvmscope: how an address space is laid out. Part of <vmscope.h>, which
 * includes it, and under its conventions.
 */
#ifndef _VMSCOPE_LAYOUT_H
#define _VMSCOPE_LAYOUT_H

#include <linux/vmscope_layout.h>

/* ---------------------------------------------------------- kernel half */

/**
 * vmscope_kernel_get() - the kernel half, as one raw request
 * @handle: a handle
 * @arg: in and out: the request, see struct vmscope_kernel; the caller sets every
 *	field, also @arg->size. vmscope_regions_get() and vmscope_runs_open() are
 *	the comfortable ways
 *
 * Return: 0 or an error that <linux/vmscope.h> lists.
 */
int vmscope_kernel_get(struct vmscope *handle, struct vmscope_kernel *arg);

/**
 * struct vmscope_regions - the regions of the kernel half
 * @regions: in ascending order; all addresses of the kernel half are in one
 * @len: how many
 * @pid: the process's id in the caller's pid namespace
 * @reply_flags: VMSCOPE_REPLY_ADDRESSES_HIDDEN or 0
 * @walk: how they were gathered
 */
struct vmscope_regions {
	struct vmscope_kernel_region *regions;
	size_t len;
	uint64_t pid;
	uint64_t reply_flags;
	struct vmscope_walk walk;
};

/**
 * vmscope_regions_get() - all regions of the kernel half
 * @handle: a handle
 * @target: through whose page tables
 * @flags: VMSCOPE_KERNEL_F_USER_ROOT or 0
 * @ret: out: the regions, to be given to vmscope_regions_free()
 *
 * Return: 0, -ENOMEM, -EPROTO for a reply that contradicts itself, or an error
 * that <linux/vmscope.h> lists.
 */
int vmscope_regions_get(struct vmscope *handle,
			const struct vmscope_target *target, uint64_t flags,
			struct vmscope_regions *ret);

/**
 * vmscope_regions_free() - give regions back
 * @regions: what vmscope_regions_get() filled in; empty afterwards
 */
void vmscope_regions_free(struct vmscope_regions *regions);

struct vmscope_runs_iter;

/**
 * vmscope_runs_open() - begin to iterate over what is mapped in the kernel half
 * @handle: a handle, which must outlive the iterator
 * @target: through whose page tables; a pidfd must stay open as long as the
 *	iterator is
 * @flags: VMSCOPE_KERNEL_F_USER_ROOT or 0
 * @start: first address, a multiple of the page size
 * @end: first address after the range, a multiple of the page size or
 *	VMSCOPE_RANGE_END
 * @ret: out: the iterator, to be given to vmscope_runs_close()
 *
 * Nothing is asked of the module yet.
 *
 * Return: 0 or -ENOMEM.
 */
int vmscope_runs_open(struct vmscope *handle,
		      const struct vmscope_target *target, uint64_t flags,
		      uint64_t start, uint64_t end,
		      struct vmscope_runs_iter **ret);

/**
 * vmscope_runs_next() - the next run of pages that are mapped alike
 * @iter: an iterator
 * @run: out: the run; it belongs to the iterator and is valid until its next use
 *
 * Runs come in ascending order and do not overlap. However many requests it
 * takes, none is told twice, left out, or cut between two requests.
 *
 * Return: 0, 1 after the last run, -ENOMEM, -EPROTO for a reply that contradicts
 * itself, or an error that <linux/vmscope.h> lists.
 */
int vmscope_runs_next(struct vmscope_runs_iter *iter,
		      const struct vmscope_kernel_run **run);

/**
 * vmscope_runs_walk() - how the runs so far were gathered
 * @iter: an iterator
 * @pid: out: the process's id in the caller's pid namespace, 0 before the first
 *	reply; or NULL
 * @walk: out: sums over all replies so far; or NULL
 */
void vmscope_runs_walk(const struct vmscope_runs_iter *iter, uint64_t *pid,
		       struct vmscope_walk *walk);

/**
 * vmscope_runs_close() - end an iteration
 * @iter: an iterator, or NULL
 */
void vmscope_runs_close(struct vmscope_runs_iter *iter);

/**
 * vmscope_range_bytes() - how long a range of the kernel half is
 * @start: first address
 * @end: first address after it, or VMSCOPE_RANGE_END, which stands for one that
 *	no uint64_t holds
 *
 * Return: bytes.
 */
static inline uint64_t vmscope_range_bytes(uint64_t start, uint64_t end)
{
	return end - start + (end == VMSCOPE_RANGE_END);
}

/* ------------------------------------------------------------ user half */

/**
 * vmscope_borders_init() - prepare a request
 * @arg: the request
 * @target: the process
 */
static inline void vmscope_borders_init(struct vmscope_borders *arg,
					const struct vmscope_target *target)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = target->flags;
	arg->target = target->id;
}

/**
 * vmscope_borders_get() - where the kernel put the parts of a user half
 * @handle: a handle
 * @arg: in and out: prepared by vmscope_borders_init()
 *
 * Return: 0 or an error that <linux/vmscope.h> lists.
 */
int vmscope_borders_get(struct vmscope *handle, struct vmscope_borders *arg);

/**
 * enum vmscope_area_kind - what a part of a user half is for
 * @VMSCOPE_AREA_GAP: nothing is mapped
 * @VMSCOPE_AREA_PROGRAM: the program's file, and its data that is in no file
 * @VMSCOPE_AREA_HEAP: the brk area
 * @VMSCOPE_AREA_MMAP: libraries, files, large allocations, stacks of threads
 * @VMSCOPE_AREA_STACK: the main thread's stack
 * @VMSCOPE_AREA_VDSO: what the kernel lends
 */
enum vmscope_area_kind {
	VMSCOPE_AREA_GAP = 0,
	VMSCOPE_AREA_PROGRAM = 1,
	VMSCOPE_AREA_HEAP = 2,
	VMSCOPE_AREA_MMAP = 3,
	VMSCOPE_AREA_STACK = 4,
	VMSCOPE_AREA_VDSO = 5,
};

/**
 * struct vmscope_area - a part of a user half
 * @kind: &enum vmscope_area_kind
 * @start: first address
 * @end: first address after it
 * @mappings: how many mappings are in it
 * @sums: what they consist of; virtual_bytes is less than the area where there
 *	are holes in it
 */
struct vmscope_area {
	uint64_t kind;
	uint64_t start;
	uint64_t end;
	uint64_t mappings;
	struct vmscope_sums sums;
};

/**
 * struct vmscope_areas - the parts of a user half
 * @areas: in ascending order, from 0 to the end of what the process may map,
 *	without holes between them
 * @len: how many
 * @walk: how they were gathered
 */
struct vmscope_areas {
	struct vmscope_area *areas;
	size_t len;
	struct vmscope_walk walk;
};

/**
 * vmscope_areas_get() - the parts of a user half
 * @handle: a handle
 * @target: the process
 * @borders: what vmscope_borders_get() said of it
 * @ret: out: the parts, to be given to vmscope_areas_free()
 *
 * Neighbouring mappings of one kind are one area; 1 GiB or more of nothing
 * between two mappings parts areas, less does not.
 *
 * Return: 0, -ENOMEM, -EPROTO, or an error that <linux/vmscope.h> lists.
 */
int vmscope_areas_get(struct vmscope *handle,
		      const struct vmscope_target *target,
		      const struct vmscope_borders *borders,
		      struct vmscope_areas *ret);

/**
 * vmscope_areas_free() - give areas back
 * @areas: what vmscope_areas_get() filled in; empty afterwards
 */
void vmscope_areas_free(struct vmscope_areas *areas);

#endif /* _VMSCOPE_LAYOUT_H */
