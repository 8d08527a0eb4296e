/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What --folio adds: as text and as JSON.
 */
#ifndef _VMSCOPE_CLI_FOLIO_H
#define _VMSCOPE_CLI_FOLIO_H

#include "cli.h"

struct json_object;

/* "0:12M 1:4K"; "-" when there is nothing. Returns @buf. */
char *folio_nodes(const uint64_t *nodes, size_t len, char *buf, size_t size);

void folio_sums_add(struct vmscope_folio_sums *sum,
		    const struct vmscope_folio_sums *more);

/* The member "folio"; null when @sums is NULL. @nodes may be NULL. */
void folio_json(struct json_object *object,
		const struct vmscope_folio_sums *sums, const uint64_t *nodes,
		size_t nodes_len);

/* Tables for "show". */
void folio_print(const struct cli *cli, const struct vmscope_folio_sums *sums,
		 const uint64_t *nodes, size_t nodes_len);

/* --folio, of several commands */
int folio_set(struct cli *cli, const char *arg);

#endif /* _VMSCOPE_CLI_FOLIO_H */
