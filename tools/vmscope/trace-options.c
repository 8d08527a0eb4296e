// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "trace-options.h"

#define SECOND UINT64_C(1000000000)

/* --------------------------------------------------------- target options */

static void target_add(struct cli *cli, uint64_t kind, uint64_t id,
		       const char *text)
{
	struct trace_options *options = &cli->trace;
	struct trace_target *targets = reallocarray(
		options->targets, options->targets_len + 1, sizeof(*targets));

	if (!targets)
		cli_no_memory();
	targets[options->targets_len++] =
		(struct trace_target){ kind, id, text };
	options->targets = targets;
}

static int id_add(struct cli *cli, uint64_t kind, const char *arg,
		  const char *what)
{
	uint64_t id;

	if (cli_number_parse(arg, &id) || !id || id > INT_MAX)
		return cli_usage(cli, "%s: not a %s id", arg, what);
	target_add(cli, kind, id, arg);
	return CLI_OK;
}

int trace_set_process(struct cli *cli, const char *arg)
{
	return id_add(cli, VMSCOPE_TARGET_PROCESS, arg, "process");
}

static int set_thread(struct cli *cli, const char *arg)
{
	return id_add(cli, VMSCOPE_TARGET_THREAD, arg, "thread");
}

static int set_all(struct cli *cli, const char *arg)
{
	(void)arg;
	target_add(cli, VMSCOPE_TARGET_ALL, 0, "the whole machine");
	return CLI_OK;
}

static int set_cgroup(struct cli *cli, const char *arg)
{
	target_add(cli, VMSCOPE_TARGET_CGROUP, 0, arg);
	return CLI_OK;
}

static int set_user(struct cli *cli, const char *arg)
{
	const struct passwd *user = getpwnam(arg);
	uint64_t uid;

	if (user)
		uid = user->pw_uid;
	else if (cli_number_parse(arg, &uid) || uid >= UINT32_MAX)
		return cli_usage(cli, "--user=%s: no such user", arg);
	target_add(cli, VMSCOPE_TARGET_UID, uid, arg);
	return CLI_OK;
}

static int set_children(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->trace.no_children = false;
	return CLI_OK;
}

static int set_no_children(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->trace.no_children = true;
	return CLI_OK;
}

/* --------------------------------------------------------------- numbers */

/*
 * "1.5ms": digits, perhaps with a fraction, and a unit. Without a unit the
 * number is one of @bare, or an error if that is 0.
 */
int trace_time_parse(const char *text, uint64_t bare, uint64_t *ret)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ns", 1 },	 { "us", 1000 },       { "ms", 1000000 },
		{ "s", SECOND }, { "m", 60 * SECOND }, { "h", 3600 * SECOND },
	};
	uint64_t unit = bare;
	double value;
	char *end;
	size_t i;

	/* strtod() would take signs, blanks, "inf" and hexadecimal. */
	if (!isdigit((unsigned char)*text) || strpbrk(text, "xXeE"))
		return -EINVAL;
	value = strtod(text, &end);
	for (i = 0; *end && i < ARRAY_SIZE(units); i++)
		if (strcmp(end, units[i].name) == 0)
			break;
	if (i == ARRAY_SIZE(units))
		return -EINVAL;
	if (*end)
		unit = units[i].ns;
	value *= (double)unit;
	if (!unit || value < 1 || value >= 9e18)
		return -EINVAL;
	*ret = (uint64_t)value;
	return 0;
}

static int size_parse(const char *text, uint64_t *ret)
{
	static const char units[] = "KMG";
	const char *unit;
	uint64_t value;
	char digits[24];
	size_t len = strspn(text, "0123456789");

	if (!len || len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (cli_number_parse(digits, &value))
		return -EINVAL;
	if (text[len]) {
		unsigned int shift;

		unit = strchr(units, toupper((unsigned char)text[len]));
		if (!unit || text[len + 1])
			return -EINVAL;
		shift = 10 * (unsigned int)(unit - units + 1);
		if (value > UINT64_MAX >> shift)
			return -EINVAL;
		value <<= shift;
	}
	*ret = value;
	return 0;
}

int trace_set_min_latency(struct cli *cli, const char *arg)
{
	uint64_t ns;

	if (trace_time_parse(arg, 0, &ns))
		return cli_usage(
			cli,
			"--min-latency=%s: not a time with its unit, such as 10us or 1.5ms",
			arg);
	cli->trace.trace.min_latency_ns = ns;
	return CLI_OK;
}

static int set_duration(struct cli *cli, const char *arg)
{
	if (trace_time_parse(arg, SECOND, &cli->trace.duration_ns))
		return cli_usage(
			cli,
			"--duration=%s: not a time, such as 5, 500ms or 2m",
			arg);
	return CLI_OK;
}

int trace_set_interval(struct cli *cli, const char *arg)
{
	if (trace_time_parse(arg, SECOND, &cli->trace.interval_ns) ||
	    cli->trace.interval_ns < SECOND / 100)
		return cli_usage(
			cli,
			"--interval=%s: not a time of 10ms or more, such as 1 or 500ms",
			arg);
	return CLI_OK;
}

static int set_sample(struct cli *cli, const char *arg)
{
	uint64_t sample;

	if (cli_number_parse(arg, &sample) || !sample)
		return cli_usage(cli, "--sample=%s: not a number from 1", arg);
	cli->trace.trace.sample = sample;
	return CLI_OK;
}

static int set_ring(struct cli *cli, const char *arg)
{
	uint64_t bytes;

	if (size_parse(arg, &bytes) || !bytes || bytes & (bytes - 1))
		return cli_usage(
			cli,
			"--ring=%s: not a power of two, such as 512K or 4M",
			arg);
	cli->trace.trace.ring_bytes = bytes;
	return CLI_OK;
}

int trace_set_latency(struct cli *cli, const char *arg)
{
	const struct vmscope_name *name =
		vmscope_name_parse(VMSCOPE_NAMES_LATENCY, arg);

	if (!name)
		return cli_usage(cli, "--latency=%s: not exception or handler",
				 arg);
	cli->trace.latency = name->value;
	cli->trace.latency_chosen = true;
	return CLI_OK;
}

/* --------------------------------------------------------------- filters */

static void names_print(enum vmscope_names table, char *buf, size_t size)
{
	const struct vmscope_name *name = NULL;
	size_t pos = 0;

	while ((name = vmscope_name_next(table, name)) && pos < size)
		pos += (size_t)snprintf(buf + pos, size - pos, " %s",
					name->name);
}

/* A list of names, separated by commas, as a mask of their values. */
static int mask_parse(struct cli *cli, const char *option,
		      enum vmscope_names table, const char *arg, __u64 *mask)
{
	char known[512];
	char word[32];

	while (*arg) {
		size_t len = strcspn(arg, ",");
		const struct vmscope_name *name = NULL;

		if (len && len < sizeof(word)) {
			memcpy(word, arg, len);
			word[len] = '\0';
			name = vmscope_name_parse(table, word);
		}
		if (!name) {
			names_print(table, known, sizeof(known));
			return cli_usage(cli, "--%s: %.*s: not one of%s",
					 option, (int)len, arg, known);
		}
		*mask |= UINT64_C(1) << name->value;
		arg += len + (arg[len] == ',');
	}
	if (!*mask)
		return cli_usage(cli, "--%s: names nothing", option);
	return CLI_OK;
}

int trace_set_cause(struct cli *cli, const char *arg)
{
	return mask_parse(cli, "cause", VMSCOPE_NAMES_CAUSE, arg,
			  &cli->trace.trace.causes);
}

int trace_set_origin(struct cli *cli, const char *arg)
{
	return mask_parse(cli, "origin", VMSCOPE_NAMES_ORIGIN, arg,
			  &cli->trace.trace.origins);
}

int trace_set_access(struct cli *cli, const char *arg)
{
	return mask_parse(cli, "access", VMSCOPE_NAMES_ACCESS, arg,
			  &cli->trace.trace.accesses);
}

/* ----------------------------------------------------------------- table */

const struct option_def trace_options[] = {
	{ 'p', "pid", "PID", "a process, all its threads; may be repeated",
	  trace_set_process },
	{ 't', "tid", "TID", "one thread; may be repeated", set_thread },
	{ 'a', "all", NULL, "everything on this machine", set_all },
	{ 0, "cgroup", "PATH", "what is in a cgroup and below", set_cgroup },
	{ 'u', "user", "USER", "what runs as this user", set_user },
	{ 0, "children", NULL, "also what they fork (default)", set_children },
	{ 0, "no-children", NULL, "not what they fork", set_no_children },
	{ 'd', "duration", "TIME", "end after 5, 500ms, 2m", set_duration },
	{ 0, "cause", "LIST", "only faults of these causes", trace_set_cause },
	{ 0, "origin", "LIST", "only user, kernel, gup", trace_set_origin },
	{ 0, "access", "LIST", "only read, write, exec", trace_set_access },
	{ 0, "range", "START-END", "only addresses in this range",
	  cli_set_range },
	{ 0, "min-latency", "TIME", "only faults that took as long: 10us",
	  trace_set_min_latency },
	{ 0, "sample", "N", "record one fault of N; all are counted",
	  set_sample },
	{ 0, "ring", "SIZE", "buffer of each CPU: 512K, 4M", set_ring },
};

const size_t trace_options_len = ARRAY_SIZE(trace_options);

int trace_options_check(const struct cli *cli)
{
	if (!cli->trace.targets_len && !cli->operands_len)
		return cli_usage(
			cli,
			"nobody to trace; name a command to start, -p PID, or -a for everything");
	return CLI_OK;
}
