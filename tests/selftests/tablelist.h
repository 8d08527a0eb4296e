/* SPDX-License-Identifier: GPL-2.0 */
/* Whole lists of TABLES. */
#ifndef VMSCOPE_TEST_TABLELIST_H
#define VMSCOPE_TEST_TABLELIST_H

#include <linux/vmscope_tables.h>

#include "req.h"

/* gathered by as many requests as it took */
struct tablelist {
	struct vmscope_map_tables *map;
	size_t len;
	char *names;
	size_t names_len;
	struct vmscope_walk walk; /* added up */
	unsigned int calls;
	uint64_t pid, page_table_bytes;
};

/*
 * tablelist_by - all mappings in [start, end), in pieces of @maps elements and @names bytes
 *
 * 0 or -errno; -ELOOP without progress, -EOVERFLOW with more than there is room for.
 */
int tablelist_by(int fd, uint64_t target, uint64_t start, uint64_t end,
		 size_t maps, size_t names, struct tablelist *list);
int tablelist_get(int fd, uint64_t target, struct tablelist *list);
void tablelist_free(struct tablelist *list);

/* tablelist_sum - all elements together, by level */
void tablelist_sum(const struct tablelist *list,
		   struct vmscope_table_sums sum[VMSCOPE_LEVELS]);

#endif
