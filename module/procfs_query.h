/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What /proc/vmscope/query can be asked for, besides a summary.
 */
#ifndef _VMSCOPE_PROCFS_QUERY_H
#define _VMSCOPE_PROCFS_QUERY_H

#include <linux/types.h>
#include <linux/vmscope_tables.h>

#include "procfs_report.h"

struct pid;
struct seq_file;
struct vmscope_query;
struct vmscope_session;

/* Rows made ready at a time. */
#define VMSCOPE_QUERY_MAPS  64
#define VMSCOPE_QUERY_PAGES 256
#define VMSCOPE_QUERY_NAMES (16 * 1024)

/**
 * struct vmscope_query_list - a list that can be asked for
 * @word: how
 * @heading: its first line
 * @fetch: fill the batch of @query from its cursor on, and set the cursor. May
 *	sleep. Return: 0 or one of the ABI's errors
 * @show: print row @row of the batch
 */
struct vmscope_query_list {
	const char *word;
	const char *heading;
	int (*fetch)(struct vmscope_query *query,
		     const struct vmscope_session *session, u64 nr);
	void (*show)(struct seq_file *m, const struct vmscope_query *query,
		     unsigned int row);
};

/**
 * struct vmscope_query - what was asked for, and how far it is told
 * @ready: something was
 * @list: which list; NULL for a summary
 * @report: the summary
 * @pid: whose list; a reference
 * @start: first address of the range
 * @end: first address after it
 * @cursor: where the next batch starts; @end when there is none
 * @first: number of the first row of the batch
 * @count: rows in the batch
 * @row: the one to print
 * @below: where the mapping ends that lies below the first of the batch
 * @next_below: likewise, for the next batch
 * @names: names of the batch's mappings, one after the other
 * @names_len: bytes of @names in use
 * @maps: the batch; one of the three
 * @tables: likewise
 * @pages: likewise
 */
struct vmscope_query {
	bool ready;
	const struct vmscope_query_list *list;
	struct vmscope_report report;
	struct pid *pid;
	u64 start;
	u64 end;
	u64 cursor;
	u64 first;
	unsigned int count;
	unsigned int row;
	u64 below;
	u64 next_below;
	char names[VMSCOPE_QUERY_NAMES];
	unsigned int names_len;
	union {
		struct vmscope_map maps[VMSCOPE_QUERY_MAPS];
		struct vmscope_map_tables tables[VMSCOPE_QUERY_MAPS];
		struct vmscope_page pages[VMSCOPE_QUERY_PAGES];
	};
};

const struct vmscope_query_list *vmscope_query_list(const char *word);

#endif /* _VMSCOPE_PROCFS_QUERY_H */
