/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small tables, printed by libsmartcols. Allocation failures end the program.
 */
#ifndef _VMSCOPE_TABLE_H
#define _VMSCOPE_TABLE_H

#include <libsmartcols/libsmartcols.h>

#include "cli.h"

/**
 * struct table_column - a column
 * @name: its heading
 * @right: numbers: aligned to the right
 */
struct table_column {
	const char *name;
	bool right;
};

/*
 * libsmartcols keeps a whole table in memory. A table of any length is printed
 * in parts; the widths of the first part hold for the later ones unless those
 * need more.
 */
struct table_stream {
	struct libscols_table *table;
	size_t rows; /* in the table now */
	bool printed; /* a part was printed already */
};

/* A new line; what was in the table may be printed to make room for it. */
struct libscols_line *table_stream_line(struct table_stream *stream);

/* Print what is left; the table is still the caller's to unreference. */
void table_stream_finish(struct table_stream *stream);

/* A table for stdout with the user's choice of headings and colours. */
struct libscols_table *table_create(const struct cli *cli,
				    const struct table_column *columns,
				    size_t columns_len);

struct libscols_line *table_line(struct libscols_table *table);

/* Fill a cell; @text is copied. */
void table_text(struct libscols_line *line, size_t column, const char *text);
void table_size(const struct cli *cli, struct libscols_line *line,
		size_t column, uint64_t bytes);
void table_number(struct libscols_line *line, size_t column, uint64_t number);

/* Print and destroy. */
void table_finish(struct libscols_table *table);

#endif /* _VMSCOPE_TABLE_H */
