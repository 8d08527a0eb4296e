// SPDX-License-Identifier: GPL-2.0
/*
 * What vmscope watch is asked for.
 */
#include <inttypes.h>

#include "watch.h"

struct watch_asked watch_asked;

static int set_cgroup(struct cli *cli, const char *arg)
{
	(void)cli;
	watch_asked.cgroup = arg;
	return CLI_OK;
}

static int set_alarm(struct cli *cli, const char *arg)
{
	if (watch_asked.alarms_len == WATCH_ALARMS)
		return cli_usage(cli, "--alarm: no more than %d at a time",
				 WATCH_ALARMS);
	return watch_alarm_parse(cli, arg,
				 &watch_asked.alarms[watch_asked.alarms_len++]);
}

static int number_set(struct cli *cli, const char *option, const char *arg,
		      uint64_t least, uint64_t most, uint64_t *ret)
{
	if (cli_number_parse(arg, ret) || *ret < least || *ret > most)
		return cli_usage(cli,
				 "--%s: %s: not a number from %" PRIu64
				 " to %" PRIu64,
				 option, arg, least, most);
	return CLI_OK;
}

static int set_interval(struct cli *cli, const char *arg)
{
	return number_set(cli, "interval", arg, VMSCOPE_ALARM_INTERVAL_MIN,
			  VMSCOPE_ALARM_INTERVAL_MAX, &watch_asked.interval_ms);
}

static int set_delete(struct cli *cli, const char *arg)
{
	return number_set(cli, "delete", arg, 1, UINT32_MAX,
			  &watch_asked.delete);
}

static int set_count(struct cli *cli, const char *arg)
{
	return number_set(cli, "count", arg, 1, UINT64_MAX, &watch_asked.count);
}

static int set_exec(struct cli *cli, const char *arg)
{
	(void)cli;
	watch_asked.command = arg;
	return CLI_OK;
}

static int set_keep(struct cli *cli, const char *arg)
{
	(void)cli;
	(void)arg;
	watch_asked.keep = true;
	return CLI_OK;
}

static int set_exits(struct cli *cli, const char *arg)
{
	(void)cli;
	(void)arg;
	watch_asked.exits = true;
	return CLI_OK;
}

static int set_list(struct cli *cli, const char *arg)
{
	(void)cli;
	(void)arg;
	watch_asked.list = true;
	return CLI_OK;
}

static int set_pid(struct cli *cli, const char *arg)
{
	cli->pid = arg;
	return CLI_OK;
}

static int watch_check(const struct cli *cli)
{
	bool watching = cli->pid || watch_asked.cgroup ||
			watch_asked.alarms_len || watch_asked.keep ||
			watch_asked.exits || watch_asked.command ||
			watch_asked.count || watch_asked.interval_ms;

	if ((watch_asked.list || watch_asked.delete) &&
	    (watching || watch_asked.list == !!watch_asked.delete))
		return cli_usage(cli,
				 "--%s: goes with no other of these options",
				 watch_asked.list ? "list" : "delete");
	if (cli->pid && watch_asked.cgroup)
		return cli_usage(cli, "-p and --cgroup: one of them");
	if (!watch_asked.alarms_len &&
	    (watch_asked.cgroup || watch_asked.keep || watch_asked.interval_ms))
		return cli_usage(cli, "--%s: goes with --alarm",
				 watch_asked.cgroup ? "cgroup" :
				 watch_asked.keep   ? "keep" :
						      "interval");
	if (watch_asked.keep &&
	    (watch_asked.exits || watch_asked.command || watch_asked.count))
		return cli_usage(
			cli,
			"--keep: sets alarms and ends; watch in another run");
	if (watch_asked.command && !cli->pid && watch_asked.exits)
		return cli_usage(
			cli,
			"--exec: would act on the end of what it starts itself; with --exits name one process (-p)");
	if (!watch_asked.interval_ms)
		watch_asked.interval_ms = VMSCOPE_ALARM_INTERVAL_DEFAULT;
	return CLI_OK;
}

static const struct option_def watch_options[] = {
	{ 'p', "pid", "PID", "this process; PID, NAME or self", set_pid },
	{ 0, "cgroup", "FOLDER", "alarms of this cgroup, and those below it",
	  set_cgroup },
	{ 0, "alarm", "ALARM", "set an alarm, see above; may be repeated",
	  set_alarm },
	{ 0, "interval", "MS", "measure this often (1000)", set_interval },
	{ 0, "keep", NULL, "set the alarms and end; they stay", set_keep },
	{ 0, "exits", NULL, "with --alarm: ends of processes, too", set_exits },
	{ 0, "exec", "COMMAND", "run it with sh at each event, see above",
	  set_exec },
	{ 0, "count", "N", "end after N events", set_count },
	{ 0, "list", NULL, "list all alarms and end", set_list },
	{ 0, "delete", "ID", "delete an alarm and end", set_delete },
};

const struct command watch_command = {
	.name = "watch",
	.operands = "",
	.text = "ends of processes, and alarms, when they happen",
	.details =
		"Without options: the last account of every process that ends, and every alarm\n"
		"that changes. With -p: of this process, until it ends. With --alarm: these\n"
		"alarms, of the process, of the cgroup, or else of the machine. ALARM is\n"
		"  WHAT>VALUE[,rearm=VALUE]\n"
		"  faults major-faults             rates: 100/s\n"
		"  resident swapped page-tables    sizes: 512M, 1G\n"
		"It is told when WHAT rises above VALUE, and again when it has come down to\n"
		"rearm, by default nine tenths of VALUE. COMMAND gets the facts in its\n"
		"environment: VMSCOPE_EVENT, VMSCOPE_PID, VMSCOPE_VALUE, ...\n",
	.max_operands = 0,
	.options = watch_options,
	.options_len = ARRAY_SIZE(watch_options),
	.offline = true,
	.check = watch_check,
	.run = watch_run,
};
