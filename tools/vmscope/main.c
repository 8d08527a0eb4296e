// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope: a process's virtual memory as the MMU sees it.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "out.h"

static const struct command *const commands[] = {
	&info_command,	   &show_command,   &maps_command,	&pages_command,
	&tables_command,   &layout_command, &translate_command, &ps_command,
	&snapshot_command, &diff_command,   &stat_command,	&trace_command,
	&hist_command,	   &record_command, &report_command,	&watch_command,
};

static void usage(FILE *stream)
{
	size_t i;

	fputs("Usage: vmscope COMMAND [OPTIONS] [OPERANDS]\n\n"
	      "Show a process's virtual memory as the MMU sees it.\n\n"
	      "Commands:\n",
	      stream);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(stream, "  %-10s %s\n", commands[i]->name,
			commands[i]->text);
	fputs("\nOptions:\n"
	      "  -h, --help     this help; after a command, the command's\n"
	      "      --version  version of the program\n\n"
	      "'vmscope COMMAND --help' tells about a command, vmscope(1) everything.\n",
	      stream);
}

static const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

int cli_device_open(struct cli *cli)
{
	int err = vmscope_open(&cli->handle);

	return err ? cli_request_failure(cli, err, VMSCOPE_REQUEST_OPEN) :
		     CLI_OK;
}

static int command_run(struct cli *cli, int argc, char **argv)
{
	int err = cli_parse(cli, argc, argv);

	if (err)
		return err;
	if (cli->help) {
		cli_help(stdout, cli->command);
		return CLI_OK;
	}

	cli->color = out_color_wanted(cli->color_when);
	if (!cli->command->offline)
		err = cli_device_open(cli);
	if (err)
		return err;
	cli_budget_set(cli);
	err = cli->estimate ? cli_estimate(cli) : cli->command->run(cli);
	if (!err)
		err = cli_budget_end(cli);
	vmscope_close(cli->handle);
	free(cli->trace.targets);
	return err;
}

static int word_run(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	struct cli cli = {
		.headings = true,
		.sums = true,
		.range_end = VMSCOPE_RANGE_END,
	};

	if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
		usage(stdout);
		return CLI_OK;
	}
	if (strcmp(word, "--version") == 0) {
		printf("vmscope %s\n", VMSCOPE_VERSION);
		return CLI_OK;
	}
	if (!*word) {
		usage(stderr);
		return CLI_USAGE;
	}
	if (*word == '-')
		return cli_usage(&cli, "%s: unknown option", word);

	cli.command = command_find(word);
	if (!cli.command)
		return cli_usage(&cli, "%s: unknown command", word);
	return command_run(&cli, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int status;

	setlocale(LC_ALL, "");
	status = word_run(argc, argv);
	return out_close() ? CLI_FAILURE : status;
}
