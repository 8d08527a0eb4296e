// SPDX-License-Identifier: GPL-2.0
/*
 * Alarms: their names, parsing, and the list of them.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "table.h"
#include "watch.h"

static const char *const whats[] = {
	[VMSCOPE_ALARM_WHAT_FAULTS] = "faults",
	[VMSCOPE_ALARM_WHAT_MAJOR_FAULTS] = "major-faults",
	[VMSCOPE_ALARM_WHAT_RESIDENT] = "resident",
	[VMSCOPE_ALARM_WHAT_SWAPPED] = "swapped",
	[VMSCOPE_ALARM_WHAT_PAGE_TABLES] = "page-tables",
};

static const char *const scopes[] = {
	[VMSCOPE_ALARM_SCOPE_PROCESS] = "process",
	[VMSCOPE_ALARM_SCOPE_CGROUP] = "cgroup",
	[VMSCOPE_ALARM_SCOPE_MACHINE] = "machine",
};

static const char *const states[] = {
	[VMSCOPE_ALARM_STATE_UNKNOWN] = "unknown",
	[VMSCOPE_ALARM_STATE_CLEAR] = "clear",
	[VMSCOPE_ALARM_STATE_RAISED] = "raised",
	[VMSCOPE_ALARM_STATE_ENDED] = "ended",
};

static const char *name(const char *const names[], size_t len, uint32_t value,
			char buf[WATCH_NAME_LEN])
{
	if (value < len)
		return names[value];
	snprintf(buf, WATCH_NAME_LEN, "unknown_%" PRIu32, value);
	return buf;
}

const char *watch_what(uint32_t what, char buf[WATCH_NAME_LEN])
{
	return name(whats, ARRAY_SIZE(whats), what, buf);
}

const char *watch_scope(uint32_t scope, char buf[WATCH_NAME_LEN])
{
	return name(scopes, ARRAY_SIZE(scopes), scope, buf);
}

const char *watch_state(uint32_t state, char buf[WATCH_NAME_LEN])
{
	return name(states, ARRAY_SIZE(states), state, buf);
}

bool watch_is_rate(uint32_t what)
{
	return what == VMSCOPE_ALARM_WHAT_FAULTS ||
	       what == VMSCOPE_ALARM_WHAT_MAJOR_FAULTS;
}

/* ---------------------------------------------------------------- parsing */

/* A number, then K, M, G or T for a size, or /s for a rate; up to @end. */
static int value_parse(const char *text, const char *end, bool rate,
		       uint64_t *ret)
{
	static const char units[] = "KMGT";
	char copy[32];
	size_t len = (size_t)(end - text);
	const char *unit;
	uint64_t value;

	if (!len || len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (rate) {
		if (len > 2 && strcmp(copy + len - 2, "/s") == 0)
			copy[len - 2] = '\0';
		return cli_number_parse(copy, ret);
	}
	unit = strchr(units, toupper((unsigned char)copy[len - 1]));
	if (!unit || !*unit)
		return cli_number_parse(copy, ret);
	copy[len - 1] = '\0';
	if (cli_number_parse(copy, &value) ||
	    value > UINT64_MAX >> (10 * (unit - units + 1)))
		return -EINVAL;
	*ret = value << (10 * (unit - units + 1));
	return 0;
}

static int value_error(const struct cli *cli, const char *text, bool rate)
{
	return cli_usage(
		cli,
		rate ? "--alarm: %s: not a number of faults in a second, such as 100/s" :
		       "--alarm: %s: not a size, such as 512M or 1G",
		text);
}

int watch_alarm_parse(const struct cli *cli, const char *text,
		      struct vmscope_alarm *ret)
{
	static const char rearm[] = ",rearm=";
	const char *sign = strchr(text, '>');
	const char *end;
	uint32_t what;
	bool rate;

	if (!sign)
		return cli_usage(cli, "--alarm: %s: not WHAT>VALUE", text);
	for (what = 0; what < ARRAY_SIZE(whats); what++)
		if (strlen(whats[what]) == (size_t)(sign - text) &&
		    strncmp(whats[what], text, (size_t)(sign - text)) == 0)
			break;
	if (what == ARRAY_SIZE(whats))
		return cli_usage(
			cli,
			"--alarm: %.*s: not faults, major-faults, resident, swapped or page-tables",
			(int)(sign - text), text);
	rate = watch_is_rate(what);
	*ret = (struct vmscope_alarm){
		.known = 1U << VMSCOPE_A_ALARM_WHAT |
			 1U << VMSCOPE_A_ALARM_THRESHOLD,
		.what = what,
	};

	end = strchr(text, ',');
	if (!end)
		end = text + strlen(text);
	if (value_parse(sign + 1, end, rate, &ret->threshold))
		return value_error(cli, sign + 1, rate);
	if (!*end)
		return CLI_OK;
	if (strncmp(end, rearm, strlen(rearm)) != 0)
		return cli_usage(cli, "--alarm: %s: not rearm=VALUE", end + 1);
	text = end + strlen(rearm);
	if (value_parse(text, text + strlen(text), rate, &ret->rearm))
		return value_error(cli, text, rate);
	if (ret->rearm > ret->threshold)
		return cli_usage(cli, "--alarm: rearm is above the threshold");
	ret->known |= 1U << VMSCOPE_A_ALARM_REARM;
	return CLI_OK;
}

/* ------------------------------------------------------------------- list */

struct list {
	const struct cli *cli;
	struct libscols_table *table;
	struct json_object *array;
};

static void list_value(const struct list *list, struct libscols_line *line,
		       size_t column, uint32_t what, uint64_t value)
{
	char buf[32];

	if (!watch_is_rate(what)) {
		table_size(list->cli, line, column, value);
		return;
	}
	snprintf(buf, sizeof(buf), "%" PRIu64 "/s", value);
	table_text(line, column, buf);
}

static int list_add(const struct vmscope_alarm *alarm, void *data)
{
	struct list *list = data;
	struct libscols_line *line;
	char buf[WATCH_NAME_LEN];
	char whose[32];

	if (list->cli->json) {
		json_append(list->array, watch_alarm_json(NULL, alarm));
		return 0;
	}
	snprintf(whose, sizeof(whose), "%" PRIu64,
		 alarm->scope == VMSCOPE_ALARM_SCOPE_PROCESS ? alarm->pid :
							       alarm->cgroup);
	line = table_line(list->table);
	table_number(line, 0, alarm->id);
	table_text(line, 1, watch_state(alarm->state, buf));
	table_text(line, 2, watch_scope(alarm->scope, buf));
	table_text(line, 3,
		   alarm->scope == VMSCOPE_ALARM_SCOPE_MACHINE ? "-" : whose);
	table_text(line, 4, watch_what(alarm->what, buf));
	if (VMSCOPE_KNOWS(alarm, ALARM_VALUE))
		list_value(list, line, 5, alarm->what, alarm->value);
	else
		table_text(line, 5, "?");
	list_value(list, line, 6, alarm->what, alarm->threshold);
	list_value(list, line, 7, alarm->what, alarm->rearm);
	table_number(line, 8, alarm->interval_ms);
	table_number(line, 9, alarm->raised);
	table_text(line, 10, VMSCOPE_KNOWS(alarm, ALARM_KEEP) ? "yes" : "no");
	return 0;
}

int watch_list(const struct cli *cli, struct vmscope_netlink *netlink)
{
	static const struct table_column columns[] = {
		{ "ID", true },	       { "STATE", false }, { "SCOPE", false },
		{ "WHOSE", true },     { "WHAT", false },  { "VALUE", true },
		{ "THRESHOLD", true }, { "REARM", true },  { "MS", true },
		{ "RAISED", true },    { "KEPT", false },
	};
	struct list list = { .cli = cli };
	int err;

	if (cli->json)
		list.array = json_array_create();
	else
		list.table = table_create(cli, columns, ARRAY_SIZE(columns));
	err = vmscope_netlink_alarms(netlink, list_add, &list);
	if (err)
		return watch_failure(netlink, err, "alarms");
	if (cli->json) {
		json_finish(list.array);
		return CLI_OK;
	}
	if (!scols_table_get_nlines(list.table))
		puts("no alarm is set");
	table_finish(list.table);
	return CLI_OK;
}
