/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What looking at a process would cost, and how to spend no more than so much.
 * Included by vmscope.h, never by itself.
 */
#ifndef _VMSCOPE_BUDGET_H
#define _VMSCOPE_BUDGET_H

#ifndef _VMSCOPE_H
#error "include <vmscope.h>"
#endif

/**
 * vmscope_budget_set() - spend no more than so much through a handle
 * @handle: a handle that one thread uses, from now on
 * @entries: page-table entries to be looked at, from now on; 0 for any number.
 *	A pte table and the way to it (517 entries) more may be looked at
 * @ns: time that may pass, from now on; 0 for any. One hold of the process's
 *	lock more may pass
 *
 * Requests for sums, mappings, pages and tables then end where it is used up: a
 * reply is of what was looked at until there, further requests are -EDQUOT, and
 * iterators end. vmscope_budget_left() tells what was left out.
 */
void vmscope_budget_set(struct vmscope *handle, uint64_t entries, uint64_t ns);

/**
 * vmscope_budget_left() - what was not looked at because a budget was used up
 * @handle: a handle
 * @start: out: first address that was not
 * @end: out: first address after the range that was not
 *
 * Return: 1 if something was left out since vmscope_budget_set(), else 0.
 */
int vmscope_budget_left(const struct vmscope *handle, uint64_t *start,
			uint64_t *end);

/**
 * struct vmscope_estimate - what a request, or those of an iterator, would cost
 * @size: in: sizeof(struct vmscope_estimate); the rest is out
 * @reserved: in: 0
 * @pid: the process's id in the caller's pid namespace
 * @entries: at most so many page-table entries looked at
 * @tables: at most so many page-table pages
 * @hold_entries: at most so many of @entries under one hold of its mmap_lock
 * @hold_mappings: at most so many mappings likewise
 * @mappings: mappings that it has
 * @virtual_bytes: their size
 * @page_table_bytes: its page tables, the kernel's own account
 *
 * The bounds are of the moment when they were asked for: a process that maps or
 * touches more memory meanwhile costs more. Each time the lock is let go because
 * somebody waits for it costs up to five entries more.
 *
 * Members may be appended in a later version.
 */
struct vmscope_estimate {
	uint32_t size;
	uint32_t reserved;
	uint64_t pid;
	uint64_t entries;
	uint64_t tables;
	uint64_t hold_entries;
	uint64_t hold_mappings;
	uint64_t mappings;
	uint64_t virtual_bytes;
	uint64_t page_table_bytes;
};

/**
 * vmscope_estimate_get() - what looking at a process would cost
 * @handle: a handle
 * @target: the process
 * @request: VMSCOPE_IOC_SUMMARY, _MAPS, _PAGES or _TABLES
 * @start: first address that would be asked for
 * @end: first address after it, or VMSCOPE_RANGE_END
 * @estimate: in: its size; out: what it would cost
 *
 * Only counters are read that the kernel keeps anyway; no page table is looked
 * at, and no lock of the process is taken.
 *
 * Return: 0; -EINVAL for another request or an @estimate->size that is too
 * small; or an error that <linux/vmscope.h> lists.
 */
int vmscope_estimate_get(struct vmscope *handle,
			 const struct vmscope_target *target,
			 unsigned long request, uint64_t start, uint64_t end,
			 struct vmscope_estimate *estimate);

#endif /* _VMSCOPE_BUDGET_H */
