/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_CLI_TABLES_H
#define _VMSCOPE_CLI_TABLES_H

#include "columns.h"

/* One row: what cells of tables_columns are made from. */
struct tables_row {
	const struct cli *cli;
	const struct vmscope_map_tables *map;
	const char *name;
};

extern const struct column tables_columns[];

/* Entries of a table; of the top one, only the user half is looked at. */
uint64_t tables_entries(uint64_t level, uint64_t levels);

/* Bytes of the tables of a mapping, and of those that hold nothing. */
uint64_t tables_bytes(const struct vmscope_map_tables *map);
uint64_t tables_unused(const struct vmscope_map_tables *map);

#endif /* _VMSCOPE_CLI_TABLES_H */
