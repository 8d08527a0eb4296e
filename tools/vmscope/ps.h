/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_CLI_PS_H
#define _VMSCOPE_CLI_PS_H

#include "columns.h"

/* One row: what the module says of a process, and what /proc does. */
struct ps_row {
	const struct cli *cli;
	struct vmscope_process process;
	char *comm; /* printable */
	char user[33];

	bool known; /* to /proc; else it has ended meanwhile */
	uint64_t parent;
	uint64_t user_ms;
	uint64_t system_ms;
	char *command; /* printable; NULL unless asked for */
};

extern const struct column ps_columns[];

/* Does a column need what /proc knows? */
bool ps_column_is_proc(const struct column *column);

/* Smaller than 0 if @a comes first: numbers fall, words rise. */
int ps_column_compare(const struct column *column, const struct ps_row *a,
		      const struct ps_row *b);

/* Mapped by leaves larger than a page; what the kernel keeps for a process. */
uint64_t ps_huge(const struct vmscope_process *process);
uint64_t ps_kernel(const struct vmscope_process *process);

/* ps-proc.c: ask libproc2 about rows in the order of their pids; CLI_OK or else */
int ps_proc_read(struct ps_row *rows, size_t len);

#endif /* _VMSCOPE_CLI_PS_H */
