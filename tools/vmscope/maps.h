/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_CLI_MAPS_H
#define _VMSCOPE_CLI_MAPS_H

#include "columns.h"

/* One row: what cells of maps_columns are made from. */
struct maps_row {
	const struct vmscope_map *map;
	const char *name; /* printable */
	const uint64_t *nodes; /* bytes by node, if it was asked */
	size_t nodes_len;
};

extern const struct column maps_columns[];

/* Do they show what struct page says? */
bool maps_columns_ask_folio(const struct column_choice *choice);

#endif /* _VMSCOPE_CLI_MAPS_H */
