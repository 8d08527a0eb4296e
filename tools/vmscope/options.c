// SPDX-License-Identifier: GPL-2.0
/*
 * Options and operands: one table for parsing and for help.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "columns.h"

#define OPTIONS_LIMIT 40

/* What getopt_long() returns for a long option; letters are below. */
#define LONG_FIRST 256

static int set_pid(struct cli *cli, const char *arg)
{
	uint64_t pid;

	if (cli_number_parse(arg, &pid) || !isdigit((unsigned char)*arg) ||
	    !pid || pid > INT_MAX)
		return cli_usage(cli, "%s: not a process id", arg);
	cli->pid = arg;
	return CLI_OK;
}

static int set_json(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->json = true;
	return CLI_OK;
}

static int set_bytes(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->bytes = true;
	return CLI_OK;
}

static int set_no_headings(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->headings = false;
	return CLI_OK;
}

static int set_color(struct cli *cli, const char *arg)
{
	static const char *const words[] = {
		[CLI_COLOR_AUTO] = "auto",
		[CLI_COLOR_ALWAYS] = "always",
		[CLI_COLOR_NEVER] = "never",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], arg) == 0) {
			cli->color_when = i;
			return CLI_OK;
		}
	}
	return cli_usage(cli, "--color=%s: not auto, always or never", arg);
}

static int set_help(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->help = true;
	return CLI_OK;
}

int cli_set_range(struct cli *cli, const char *arg)
{
	const char *dash = strchr(arg, '-');
	char first[32];

	if (dash && (size_t)(dash - arg) < sizeof(first)) {
		memcpy(first, arg, (size_t)(dash - arg));
		first[dash - arg] = '\0';
		if (!cli_number_parse(first, &cli->range_start) &&
		    !cli_number_parse(dash + 1, &cli->range_end) &&
		    cli->range_start < cli->range_end)
			return CLI_OK;
	}
	return cli_usage(cli, "--range=%s: not two rising addresses START-END",
			 arg);
}

int cli_set_no_sums(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->sums = false;
	return CLI_OK;
}

/* Whole pages are asked for, those that have a byte of the range. */
int cli_range_round(struct cli *cli)
{
	struct vmscope_info info;
	int err;

	if (!cli->range_start && cli->range_end == VMSCOPE_RANGE_END)
		return CLI_OK;
	err = cli_info_get(cli, &info, NULL, 0);
	if (err)
		return err;
	cli->range_start &= ~((uint64_t)info.page_size - 1);
	if (cli->range_end > ~(uint64_t)0 - info.page_size)
		cli->range_end = VMSCOPE_RANGE_END;
	else
		cli->range_end = (cli->range_end + info.page_size - 1) &
				 ~((uint64_t)info.page_size - 1);
	return CLI_OK;
}

static const struct option_def target_options[] = {
	{ 'p', "pid", "PID", "the process, instead of the first operand",
	  set_pid },
};

static const struct option_def common_options[] = {
	{ 0, "json", NULL, "print JSON", set_json },
	{ 0, "bytes", NULL, "print sizes in bytes", set_bytes },
	{ 0, "no-headings", NULL, "print no headings", set_no_headings },
	{ 0, "color", "WHEN", "colours: auto (on a terminal), always, never",
	  set_color },
	{ 'h', "help", NULL, "print this help", set_help },
};

/* All options of a command, in the order of help. */
static size_t options_collect(const struct command *command,
			      const struct option_def *ret[OPTIONS_LIMIT])
{
	const struct {
		const struct option_def *options;
		size_t len;
	} groups[] = {
		{ target_options,
		  command->has_target ? ARRAY_SIZE(target_options) : 0 },
		{ trace_options, command->traces ? trace_options_len : 0 },
		{ command->options, command->options_len },
		{ budget_options, command->scans ? budget_options_len : 0 },
		{ common_options, ARRAY_SIZE(common_options) },
	};
	size_t len = 0;
	size_t i;
	size_t j;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		for (j = 0; j < groups[i].len && len < OPTIONS_LIMIT; j++)
			ret[len++] = &groups[i].options[j];
	return len;
}

void cli_help(FILE *stream, const struct command *command)
{
	const struct option_def *options[OPTIONS_LIMIT];
	size_t len = options_collect(command, options);
	const struct column *column;
	char left[32];
	size_t i;

	fprintf(stream, "Usage: vmscope %s [OPTIONS]%s%s\n\n%s\n",
		command->name, *command->operands ? " " : "", command->operands,
		command->text);
	if (command->details)
		fprintf(stream, "\n%s", command->details);
	fputs("\nOptions:\n", stream);
	for (i = 0; i < len; i++) {
		const struct option_def *o = options[i];

		snprintf(left, sizeof(left), "%s%s%s", o->name,
			 o->arg ? "=" : "", o->arg ? o->arg : "");
		fprintf(stream, "  %c%c%c --%-15s %s\n", o->letter ? '-' : ' ',
			o->letter ? o->letter : ' ', o->letter ? ',' : ' ',
			left, o->text);
	}
	if (!command->columns)
		return;
	fputs("\nColumns (* by default):\n", stream);
	for (column = command->columns; column->name; column++)
		fprintf(stream, "  %-20s %c %s\n", column->name,
			column->by_default ? '*' : ' ', column->text);
}

/*
 * Decimal, or hexadecimal with 0x; the whole text. No octal: a leading 0 is
 * more often a habit from other tables of addresses than a wish for base 8.
 */
int cli_number_parse(const char *text, uint64_t *ret)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	unsigned long long value;
	char *end;

	/* strtoull() would take blanks and signs. */
	if (hex ? !isxdigit((unsigned char)*digits) :
		  !isdigit((unsigned char)*digits))
		return -EINVAL;
	errno = 0;
	value = strtoull(digits, &end, hex ? 16 : 10);
	if (errno)
		return -errno;
	if (*end)
		return -EINVAL;
	*ret = value;
	return 0;
}

static int option_error(const struct cli *cli, int what, char **argv)
{
	const char *word = argv[optind - 1];
	char letter[3] = { '-', (char)optopt, '\0' };

	/* In the middle of a word, optind stands at that word still. */
	if (optopt && optopt < LONG_FIRST)
		word = letter;
	return cli_usage(
		cli,
		what == ':' ? "%s: needs an argument" :
			      "%s: unknown option, or one without an argument",
		word);
}

static int options_parse(struct cli *cli, int argc, char **argv)
{
	const struct option_def *options[OPTIONS_LIMIT];
	size_t len = options_collect(cli->command, options);
	struct option longs[OPTIONS_LIMIT + 1] = { 0 };
	char shorts[2 * OPTIONS_LIMIT + 3];
	size_t pos = 0;
	size_t i;
	int c;

	if (cli->command->traces)
		shorts[pos++] = '+'; /* what follows an operand is its own */
	shorts[pos++] = ':'; /* messages are ours, see option_error() */
	for (i = 0; i < len; i++) {
		longs[i].name = options[i]->name;
		longs[i].has_arg = options[i]->arg ? required_argument :
						     no_argument;
		longs[i].val = (int)i + LONG_FIRST;
		if (!options[i]->letter)
			continue;
		shorts[pos++] = options[i]->letter;
		if (options[i]->arg)
			shorts[pos++] = ':';
	}
	shorts[pos] = '\0';

	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		int err;

		for (i = 0; i < len; i++)
			if (c == (int)i + LONG_FIRST || c == options[i]->letter)
				break;
		if (c == '?' || c == ':' || i == len)
			return option_error(cli, c, argv);
		err = options[i]->set(cli, optarg);
		if (err)
			return err;
	}
	cli->operands_len = argc - optind;
	cli->operands = argv + optind;
	return CLI_OK;
}

static int operands_check(const struct cli *cli)
{
	const struct command *command = cli->command;

	if (cli->operands_len < command->min_operands)
		return cli_usage(cli, "%s: operand missing after '%s'",
				 command->operands, command->name);
	if (command->max_operands >= 0 &&
	    cli->operands_len > command->max_operands)
		return cli_usage(cli, "%s: one operand too many",
				 cli->operands[command->max_operands]);
	return command->check ? command->check(cli) : CLI_OK;
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
	const char *target = NULL;
	int err = options_parse(cli, argc, argv);

	if (err || cli->help)
		return err;
	if (cli->command->has_target) {
		if (!cli->pid && !cli->operands_len &&
		    !cli->command->target_is_optional)
			return cli_usage(
				cli,
				"PID|NAME|self: operand missing after '%s'",
				cli->command->name);
		target = cli->pid	   ? cli->pid :
			 cli->operands_len ? cli->operands[0] :
					     "self";
		if (!cli->pid && cli->operands_len) {
			cli->operands_len--;
			cli->operands++;
		}
	}
	err = operands_check(cli);
	if (err)
		return err;
	return target ? cli_target_find(cli, target) : CLI_OK;
}
