// SPDX-License-Identifier: GPL-2.0
/*
 * Look up what a recording tells: sorted arrays, searched by halving.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording-meta.h"

/* A mapping that many others overlap is looked for no longer than that. */
#define LOOKS_LIMIT 4096

/* A process that began as a copy of one that began as a copy of ... */
#define PARENTS_LIMIT 16

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int forget_compare(const void *a, const void *b)
{
	const struct recorded_forget *x = a;
	const struct recorded_forget *y = b;
	int ret = compare(x->pid, y->pid);

	return ret ? ret : compare(x->time_ns, y->time_ns);
}

static int mapping_compare(const void *a, const void *b)
{
	const struct recorded_mapping *x = a;
	const struct recorded_mapping *y = b;
	int ret = compare(x->pid, y->pid);

	if (!ret)
		ret = compare(x->start, y->start);
	return ret ? ret : compare(x->time_ns, y->time_ns);
}

static int file_compare(const void *a, const void *b)
{
	const struct recorded_file *x = a;
	const struct recorded_file *y = b;

	return compare(x->id, y->id);
}

static int inode_compare(const void *a, const void *b)
{
	const struct recorded_file *x = *(const struct recorded_file *const *)a;
	const struct recorded_file *y = *(const struct recorded_file *const *)b;
	int ret = compare(x->inode, y->inode);

	return ret ? ret : compare(x->device, y->device);
}

static int symbol_compare(const void *a, const void *b)
{
	const struct recorded_symbol *x = a;
	const struct recorded_symbol *y = b;
	int ret = compare(x->file, y->file);

	return ret ? ret : compare(x->start, y->start);
}

static int task_compare(const void *a, const void *b)
{
	const struct recorded_task *x = a;
	const struct recorded_task *y = b;
	int ret = compare(x->pid, y->pid);

	if (!ret)
		ret = compare(x->tid, y->tid);
	return ret ? ret : compare(x->time_ns, y->time_ns);
}

static void list_sort(struct recorded_list *list, size_t size,
		      int (*cmp)(const void *, const void *))
{
	if (list->len > 1)
		qsort(list->items, list->len, size, cmp);
}

/*
 * The last item that is not above a key, by a comparison of key and item; its
 * index plus 1, or 0 when all are.
 */
static size_t list_search(const struct recorded_list *list, size_t size,
			  const void *key,
			  int (*cmp)(const void *, const void *))
{
	size_t low = 0;
	size_t high = list->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cmp(key, (const char *)list->items + middle * size) < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* How often a process had called exec at a time. */
static uint64_t era_find(const struct recording_meta *meta, uint64_t pid,
			 uint64_t time_ns)
{
	const struct recorded_forget key = { pid, time_ns };
	const struct recorded_forget first = { pid, 0 };
	size_t end =
		list_search(&meta->forgets, sizeof(key), &key, forget_compare);
	const struct recorded_forget *items = meta->forgets.items;
	size_t begin;

	if (!end || items[end - 1].pid != pid)
		return 0;
	begin = list_search(&meta->forgets, sizeof(key), &first,
			    forget_compare);
	/* An exec at time 0 counts as well. */
	while (begin && items[begin - 1].pid == pid)
		begin--;
	return end - begin;
}

static int inodes_sort(struct recording_meta *meta)
{
	const struct recorded_file *files = meta->files.items;
	const struct recorded_file **inodes =
		realloc(meta->inodes, (meta->files.len + 1) * sizeof(*inodes));
	size_t i;

	if (!inodes)
		return -ENOMEM;
	for (i = 0; i < meta->files.len; i++)
		inodes[i] = &files[i];
	meta->inodes = inodes;
	qsort(inodes, meta->files.len, sizeof(*inodes), inode_compare);
	return 0;
}

int recording_meta_sort(struct recording_meta *meta)
{
	struct recorded_mapping *mappings = meta->mappings.items;
	size_t i;

	if (meta->sorted)
		return 0;
	list_sort(&meta->forgets, sizeof(struct recorded_forget),
		  forget_compare);
	list_sort(&meta->mappings, sizeof(struct recorded_mapping),
		  mapping_compare);
	list_sort(&meta->files, sizeof(struct recorded_file), file_compare);
	list_sort(&meta->symbols, sizeof(struct recorded_symbol),
		  symbol_compare);
	list_sort(&meta->tasks, sizeof(struct recorded_task), task_compare);
	for (i = 0; i < meta->mappings.len; i++) {
		struct recorded_mapping *m = &mappings[i];

		m->era = era_find(meta, m->pid, m->time_ns);
		m->end_max = m->end;
		if (i && m[-1].pid == m->pid && m[-1].end_max > m->end)
			m->end_max = m[-1].end_max;
	}
	if (inodes_sort(meta))
		return -ENOMEM;
	meta->sorted = true;
	return 0;
}

/* ---------------------------------------------------------------- lookup */

/* Seen before the time is better than after it; else the nearer. */
static bool is_better(const struct recorded_mapping *a,
		      const struct recorded_mapping *b, uint64_t time_ns)
{
	if (!b)
		return true;
	if ((a->time_ns <= time_ns) != (b->time_ns <= time_ns))
		return a->time_ns <= time_ns;
	return a->time_ns <= time_ns ? a->time_ns > b->time_ns :
				       a->time_ns < b->time_ns;
}

static const struct recorded_mapping *
mapping_of(const struct recording_meta *meta, uint64_t pid, uint64_t time_ns,
	   uint64_t address, uint64_t era)
{
	const struct recorded_mapping *items = meta->mappings.items;
	const struct recorded_mapping key = {
		.pid = pid,
		.start = address,
		.time_ns = UINT64_MAX,
	};
	const struct recorded_mapping *best = NULL;
	size_t i = list_search(&meta->mappings, sizeof(key), &key,
			       mapping_compare);
	size_t looks = 0;

	while (i-- && items[i].pid == pid && items[i].end_max > address &&
	       looks++ < LOOKS_LIMIT)
		if (items[i].end > address && items[i].era == era &&
		    is_better(&items[i], best, time_ns))
			best = &items[i];
	return best;
}

/* The last that is told of a thread until a time. */
static const struct recorded_task *task_at(const struct recording_meta *meta,
					   uint64_t pid, uint64_t tid,
					   uint64_t time_ns)
{
	const struct recorded_task key = {
		.pid = pid,
		.tid = tid,
		.time_ns = time_ns,
	};
	const struct recorded_task *items = meta->tasks.items;
	size_t i = list_search(&meta->tasks, sizeof(key), &key, task_compare);

	if (!i || items[i - 1].pid != pid || items[i - 1].tid != tid)
		return NULL;
	return &items[i - 1];
}

const struct recorded_task *
recording_task_find(const struct recording_meta *meta, uint64_t pid,
		    uint64_t tid)
{
	return task_at(meta, pid, tid, UINT64_MAX);
}

static const struct recorded_mapping *
mapping_find(const struct recording_meta *meta, uint64_t pid, uint64_t time_ns,
	     uint64_t address)
{
	unsigned int i;

	for (i = 0; i < PARENTS_LIMIT; i++) {
		uint64_t era = era_find(meta, pid, time_ns);
		const struct recorded_mapping *mapping =
			mapping_of(meta, pid, time_ns, address, era);
		const struct recorded_task *task;

		if (mapping || era)
			return mapping;
		task = task_at(meta, pid, pid, time_ns);
		if (!task || !task->parent_pid || task->parent_pid == pid)
			return NULL;
		/* What the copy has is what there was when it was made. */
		if (task->time_ns < time_ns)
			time_ns = task->time_ns;
		pid = task->parent_pid;
	}
	return NULL;
}

const struct recorded_file *
recording_file_get(const struct recording_meta *meta, uint64_t id)
{
	const struct recorded_file key = { .id = id };
	const struct recorded_file *items = meta->files.items;
	size_t i = list_search(&meta->files, sizeof(key), &key, file_compare);

	return i && items[i - 1].id == id ? &items[i - 1] : NULL;
}

const struct recorded_file *
recording_inode_find(const struct recording_meta *meta, uint64_t device,
		     uint64_t inode)
{
	const struct recorded_file key = { .device = device, .inode = inode };
	const struct recorded_file *key_at = &key;
	const struct recorded_file **found;

	if (!meta->files.len)
		return NULL;
	found = bsearch(&key_at, meta->inodes, meta->files.len,
			sizeof(*meta->inodes), inode_compare);
	return found ? *found : NULL;
}

static void symbol_find(const struct recording_meta *meta, uint64_t file,
			struct recorded_place *ret)
{
	const struct recorded_symbol key = {
		.file = file,
		.start = ret->offset,
	};
	const struct recorded_symbol *items = meta->symbols.items;
	size_t i =
		list_search(&meta->symbols, sizeof(key), &key, symbol_compare);

	if (!i || items[i - 1].file != file || items[i - 1].end <= ret->offset)
		return;
	ret->symbol = items[i - 1].name;
	ret->symbol_offset = ret->offset - items[i - 1].start;
}

void recording_place_find(const struct recording_meta *meta, uint64_t pid,
			  uint64_t time_ns, uint64_t address,
			  struct recorded_place *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->mapping = mapping_find(meta, pid, time_ns, address);
	if (!ret->mapping)
		return;
	ret->offset = address - ret->mapping->start;
	if (!ret->mapping->file)
		return;
	ret->offset += ret->mapping->offset;
	ret->file = recording_file_get(meta, ret->mapping->file);
	if (ret->file)
		symbol_find(meta, ret->file->id, ret);
}

void recording_kernel_place_find(const struct recording_meta *meta,
				 uint64_t address, struct recorded_place *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->offset = address;
	symbol_find(meta, 0, ret);
}
