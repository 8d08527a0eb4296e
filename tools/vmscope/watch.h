/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_CLI_WATCH_H
#define _VMSCOPE_CLI_WATCH_H

#include "json.h"

#define WATCH_ALARMS 16

/* What the options say. */
struct watch_asked {
	const char *cgroup;
	struct vmscope_alarm alarms[WATCH_ALARMS];
	size_t alarms_len;
	uint64_t interval_ms;
	uint64_t delete;
	uint64_t count;
	const char *command;
	bool keep;
	bool exits;
	bool list;
};

extern struct watch_asked watch_asked;

int watch_run(struct cli *cli);

/* Names of values of the contract; "unknown_NUMBER" is put into @buf. */
#define WATCH_NAME_LEN 24

const char *watch_what(uint32_t what, char buf[WATCH_NAME_LEN]);
const char *watch_scope(uint32_t scope, char buf[WATCH_NAME_LEN]);
const char *watch_state(uint32_t state, char buf[WATCH_NAME_LEN]);
bool watch_is_rate(uint32_t what);

/*
 * Take in "WHAT>VALUE[/s][,rearm=VALUE]"; CLI_OK, or CLI_USAGE with a message
 * printed.
 */
int watch_alarm_parse(const struct cli *cli, const char *text,
		      struct vmscope_alarm *ret);

/* An event as JSON: the facts for --json, and for the environment of --exec. */
struct json_object *watch_exit_json(const struct vmscope_account *process);
struct json_object *watch_alarm_json(const char *event,
				     const struct vmscope_alarm *alarm);

/* An event as a line for a person. */
void watch_exit_text(const struct cli *cli,
		     const struct vmscope_account *process);
void watch_alarm_text(const struct cli *cli, const struct vmscope_alarm *alarm,
		      const char *note);

/* All alarms as a table, or as JSON. */
int watch_list(const struct cli *cli, struct vmscope_netlink *netlink);

/* Why a request about @thing failed; the exit status. */
int watch_failure(struct vmscope_netlink *netlink, int err, const char *thing);

/*
 * Run @command with sh, with the members of @facts in its environment, and wait
 * for it. A failure is told, and is not the watch's.
 */
void watch_execute(const char *command, struct json_object *facts);

#endif /* _VMSCOPE_CLI_WATCH_H */
