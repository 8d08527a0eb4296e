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
	for (; columns->name; columns++)
		if (columns->by_default)
			ret->columns[ret->len++] = columns;
}

int column_choice_parse(const struct cli *cli, const struct column *columns,
			const char *arg, struct column_choice *ret)
{
	const struct column *last = NULL;

	ret->len = 0;
	if (*arg == '+') {
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
