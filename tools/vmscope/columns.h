/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Columns as data: one table gives -o, the list in --help and the cells.
 */
#ifndef _VMSCOPE_COLUMNS_H
#define _VMSCOPE_COLUMNS_H

#include "cli.h"
#include "table.h"

#define COLUMN_BUF    256
#define COLUMNS_LIMIT 64

/**
 * struct figures - what sizes in a table are from
 * @sums: what the entries say
 * @folio: what struct page says, if it was asked
 */
struct figures {
	struct vmscope_sums sums;
	struct vmscope_folio_sums folio;
};

/**
 * struct column - a column of a table with one row per item
 * @name: its heading, and its name for -o
 * @by_default: shown without -o
 * @right: aligned to the right
 * @text: one line of help
 * @bytes: the cell is a size: its value in an item's figures; or NULL. Such
 *	columns have a total
 * @cell: the cell is text: put into @buf, or elsewhere, and returned
 */
struct column {
	const char *name;
	bool by_default;
	bool right;
	const char *text;
	uint64_t (*bytes)(const struct figures *figures);
	const char *(*cell)(const void *item, char buf[COLUMN_BUF]);
};

struct column_choice {
	const struct column *columns[COLUMNS_LIMIT];
	size_t len;
	bool added; /* "+A,B" was given */
};

/* @columns ends with a NULL name. */
void column_choice_default(const struct column *columns,
			   struct column_choice *ret);

/*
 * Take in the argument of -o: "A,B", or "+A,B" to add to the default, before
 * its last column, which is the one of no fixed width. Returns CLI_OK, or
 * CLI_USAGE with a message printed.
 */
int column_choice_parse(const struct cli *cli, const struct column *columns,
			const char *arg, struct column_choice *ret);

/* Put the column of this name before the last one, unless it is there. */
void column_choice_add(const struct column *columns, const char *name,
		       struct column_choice *choice);

/* Begin a table with these columns. */
void column_choice_table(const struct cli *cli,
			 const struct column_choice *choice,
			 struct table_stream *ret);

#endif /* _VMSCOPE_COLUMNS_H */
