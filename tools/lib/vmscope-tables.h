/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvmscope: the page tables themselves. Included by vmscope.h, which says what
 * holds for all functions.
 */
#ifndef _VMSCOPE_TABLES_H
#define _VMSCOPE_TABLES_H

#include <linux/vmscope_tables.h>

/**
 * vmscope_tables_get() - some tables of a process, as one raw request
 * @handle: a handle
 * @arg: in and out: the request, see struct vmscope_tables; the caller sets
 *	every field, also @arg->size. vmscope_tables_open() is the comfortable way
 *
 * Return: 0 or an error that <linux/vmscope.h> lists.
 */
int vmscope_tables_get(struct vmscope *handle, struct vmscope_tables *arg);

struct vmscope_tables_iter;

/**
 * vmscope_tables_open() - begin to iterate over mappings and their tables
 * @handle: a handle, which must outlive the iterator
 * @target: the process; a pidfd must stay open as long as the iterator is
 * @start: first address, a multiple of the page size
 * @end: first address after the range, a multiple of the page size, or
 *	VMSCOPE_RANGE_END
 * @ret: out: the iterator, to be given to vmscope_tables_close()
 *
 * Nothing is asked of the module yet: errors about the target are those of the
 * first vmscope_tables_next().
 *
 * Return: 0 or -ENOMEM.
 */
int vmscope_tables_open(struct vmscope *handle,
			const struct vmscope_target *target, uint64_t start,
			uint64_t end, struct vmscope_tables_iter **ret);

/**
 * vmscope_tables_next() - the next mapping, with the tables that are its own
 * @iter: an iterator
 * @map: out: the mapping; its name_start and name_len mean nothing here
 * @name: out: its name, NUL-terminated raw bytes, "" for none; or NULL
 *
 * Mappings come in ascending order and do not overlap. A table that several
 * share belongs to the first of them, so each table is told once. What @map and
 * @name point to belongs to the iterator and is valid until its next use.
 *
 * Return: 0, 1 after the last mapping, -ENOMEM, -EPROTO for a reply that
 * contradicts itself, or an error that <linux/vmscope.h> lists. After an error
 * the iterator stands where it stood, so that asking again is possible.
 */
int vmscope_tables_next(struct vmscope_tables_iter *iter,
			const struct vmscope_map_tables **map,
			const char **name);

/**
 * vmscope_tables_walk() - how the tables so far were gathered
 * @iter: an iterator
 * @pid: out: the process's id in the caller's pid namespace, 0 before the first
 *	reply; or NULL
 * @page_table_bytes: out: the kernel's own account, as of the last reply; or
 *	NULL
 * @walk: out: sums over all replies so far, as with vmscope_maps_walk(); or NULL
 */
void vmscope_tables_walk(const struct vmscope_tables_iter *iter, uint64_t *pid,
			 uint64_t *page_table_bytes, struct vmscope_walk *walk);

/**
 * vmscope_tables_close() - end an iteration
 * @iter: an iterator, or NULL
 */
void vmscope_tables_close(struct vmscope_tables_iter *iter);

#endif /* _VMSCOPE_TABLES_H */
