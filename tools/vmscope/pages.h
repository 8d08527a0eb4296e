/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_CLI_PAGES_H
#define _VMSCOPE_CLI_PAGES_H

#include "columns.h"

/* One row: what cells of pages_columns are made from. */
struct pages_row {
	const struct cli *cli;
	const struct vmscope_page *page;
	bool hidden; /* frames and swap offsets are */
};

extern const struct column pages_columns[];

/* How many leaves a range has; of a hole, how many pages. */
uint64_t pages_count(const struct vmscope_page *page);

/* Ask for what the columns show, and for no more. */
void pages_columns_ask(const struct column_choice *choice,
		       struct vmscope_pages_options *options);

#endif /* _VMSCOPE_CLI_PAGES_H */
