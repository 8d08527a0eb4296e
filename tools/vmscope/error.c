// SPDX-License-Identifier: GPL-2.0
/*
 * Messages: "vmscope: THING: reason; way out".
 */
#include <stdarg.h>
#include <stdlib.h>

#include "cli.h"

int cli_failure(const char *format, ...)
{
	va_list args;

	fputs("vmscope: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return CLI_FAILURE;
}

int cli_usage(const struct cli *cli, const char *format, ...)
{
	va_list args;

	fputs("vmscope: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (cli->command)
		fprintf(stderr, "; 'vmscope %s --help' tells how\n",
			cli->command->name);
	else
		fputs("; 'vmscope --help' tells how\n", stderr);
	return CLI_USAGE;
}

int cli_request_failure(const struct cli *cli, int error, unsigned long request)
{
	const struct vmscope_target *target = &cli->target;
	char message[512];

	if (request == VMSCOPE_IOC_INFO)
		target = NULL;
	return cli_failure("%s", vmscope_strerror(error, request, target,
						  message, sizeof(message)));
}

void cli_no_memory(void)
{
	exit(cli_failure("out of memory; free some and try again"));
}
