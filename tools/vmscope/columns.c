// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <strings.h>

#include "columns.h"

static const struct column *column_find(const struct column *columns,
					const char *name, size_t len)
{
	for (; columns->name; columns++)
		if (strlen(columns->name) == len &&
		    strncasecmp(columns->name, name, len) == 0)
			return columns;
	return NULL;
}

void column_choice_default(const struct column *columns,
			   struct column_choice *ret)
{
	ret->len = 0;
	ret->added = false;
	for (; columns->name; columns++)
		if (columns->by_default)
			ret->columns[ret->len++] = columns;
}

int column_choice_parse(const struct cli *cli, const struct column *columns,
			const char *arg, struct column_choice *ret)
{
	const struct column *last = NULL;

	ret->len = 0;
	ret->added = *arg == '+';
	if (ret->added) {
		column_choice_default(columns, ret);
		last = ret->columns[--ret->len];
		arg++;
	}
	for (;;) {
		size_t len = strcspn(arg, ",");
		const struct column *column = column_find(columns, arg, len);

		if (!column)
			return cli_usage(cli, "-o: '%.*s': unknown column",
					 (int)len, arg);
		if (ret->len == COLUMNS_LIMIT - 1)
			return cli_usage(cli, "-o: too many columns");
		ret->columns[ret->len++] = column;
		if (!arg[len])
			break;
		arg += len + 1;
	}
	if (last)
		ret->columns[ret->len++] = last;
	return CLI_OK;
}

void column_choice_add(const struct column *columns, const char *name,
		       struct column_choice *choice)
{
	const struct column *column = column_find(columns, name, strlen(name));
	size_t i;

	for (i = 0; i < choice->len; i++)
		if (choice->columns[i] == column)
			return;
	if (choice->len == COLUMNS_LIMIT)
		return;
	choice->columns[choice->len] = choice->columns[choice->len - 1];
	choice->columns[choice->len - 1] = column;
	choice->len++;
}

void column_choice_table(const struct cli *cli,
			 const struct column_choice *choice,
			 struct table_stream *ret)
{
	struct table_column columns[COLUMNS_LIMIT];
	size_t i;

	for (i = 0; i < choice->len; i++) {
		columns[i].name = choice->columns[i]->name;
		columns[i].right = choice->columns[i]->right;
	}
	memset(ret, 0, sizeof(*ret));
	ret->table = table_create(cli, columns, choice->len);
}
