/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scan: the page tables themselves, by mapping, and how full they are.
 */
#ifndef _VMSCOPE_SCAN_TABLES_H
#define _VMSCOPE_SCAN_TABLES_H

#include <linux/types.h>
#include <linux/vmscope_tables.h>

#include "walk.h"

struct vmscope_target;

/* Mappings gathered between two times of copying them out. */
#define VMSCOPE_SCAN_TABLES	  64
#define VMSCOPE_SCAN_TABLES_NAMES (16 * 1024)

/**
 * struct vmscope_tables_batch - mappings with their tables, on their way out
 * @maps: the mappings; name_start counts from the start of @names
 * @count: how many
 * @names: their names, one after the other
 * @used: bytes of @names in use
 */
struct vmscope_tables_batch {
	struct vmscope_map_tables maps[VMSCOPE_SCAN_TABLES];
	unsigned int count;
	char names[VMSCOPE_SCAN_TABLES_NAMES];
	unsigned int used;
};

/**
 * struct vmscope_scan_tables - a request for tables
 * @cursor: in: start of the range; out: where to go on
 * @end: in: end of the range
 * @maps_len: in: how many mappings to find at most
 * @names_len: in: how many bytes of names at most
 * @with_names: in: names are wanted
 * @limit: in: when to end before the end
 * @emit: in: takes a batch. May sleep; no lock is held. 0 or negative errno
 * @private: in: for @emit
 * @report: out: how it was done
 * @page_table_bytes: out: the kernel's own account
 */
struct vmscope_scan_tables {
	u64 cursor;
	u64 end;
	u64 maps_len;
	u64 names_len;
	bool with_names;
	struct vmscope_walk_limit limit;
	int (*emit)(const struct vmscope_tables_batch *batch, void *private);
	void *private;
	struct vmscope_walk report;
	u64 page_table_bytes;
};

int vmscope_scan_tables(const struct vmscope_target *target,
			struct vmscope_scan_tables *request);

#endif /* _VMSCOPE_SCAN_TABLES_H */
