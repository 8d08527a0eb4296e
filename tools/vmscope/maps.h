/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_CLI_MAPS_H
#define _VMSCOPE_CLI_MAPS_H

#include "columns.h"

/* One row: what cells of maps_columns are made from. */
struct maps_row {
	const struct vmscope_map *map;
	const char *name; /* printable */
};

extern const struct column maps_columns[];

#endif /* _VMSCOPE_CLI_MAPS_H */
