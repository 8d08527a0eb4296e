// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "out.h"
#include "table.h"

struct libscols_table *table_create(const struct cli *cli,
				    const struct table_column *columns,
				    size_t columns_len)
{
	struct libscols_table *table = scols_new_table();
	size_t i;

	if (!table)
		cli_no_memory();
	scols_table_set_stream(table, stdout);
	scols_table_enable_noheadings(table, !cli->headings);
	scols_table_enable_colors(table, cli->color);
	/* A line longer than the terminal is wide is wrapped, never cut. */
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	/* Cells are printable already, see out_escape(). */
	scols_table_enable_noencoding(table, 1);
	for (i = 0; i < columns_len; i++) {
		struct libscols_column *column = scols_table_new_column(
			table, columns[i].name, 0,
			columns[i].right ? SCOLS_FL_RIGHT : 0);

		if (!column)
			cli_no_memory();
		if (cli->color)
			scols_cell_set_color(scols_column_get_header(column),
					     "bold");
	}
	return table;
}

struct libscols_line *table_line(struct libscols_table *table)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	if (!line)
		cli_no_memory();
	return line;
}

#define ROWS_AT_ONCE 2048

static void part_print(struct table_stream *stream)
{
	size_t i;

	scols_print_table(stream->table);
	stream->rows = 0;
	stream->printed = true;

	/* Prepare for the next part. */
	scols_table_remove_lines(stream->table);
	scols_table_enable_noheadings(stream->table, 1);
	for (i = 0; i < scols_table_get_ncols(stream->table); i++) {
		struct libscols_column *column =
			scols_table_get_column(stream->table, i);

		scols_column_set_whint(column,
				       (double)scols_column_get_width(column));
	}
}

struct libscols_line *table_stream_line(struct table_stream *stream)
{
	if (stream->rows == ROWS_AT_ONCE)
		part_print(stream);
	stream->rows++;
	return table_line(stream->table);
}

void table_stream_finish(struct table_stream *stream)
{
	if (stream->rows || !stream->printed)
		part_print(stream);
}

void table_text(struct libscols_line *line, size_t column, const char *text)
{
	if (scols_line_set_data(line, column, text))
		cli_no_memory();
}

void table_size(const struct cli *cli, struct libscols_line *line,
		size_t column, uint64_t bytes)
{
	char buf[OUT_SIZE_LEN];

	table_text(line, column, out_size(cli, bytes, buf));
}

void table_number(struct libscols_line *line, size_t column, uint64_t number)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%" PRIu64, number);
	table_text(line, column, buf);
}

void table_finish(struct libscols_table *table)
{
	scols_print_table(table);
	scols_unref_table(table);
}
