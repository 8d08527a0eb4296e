// SPDX-License-Identifier: GPL-2.0
/*
 * Which process is meant: PID, NAME or "self".
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <libproc2/pids.h>

#include "cli.h"
#include "out.h"

#define PIDS_LIMIT 16

/* The kernel keeps this many characters of a process's name. */
#define COMM_LEN 15

enum { ITEM_PID, ITEM_COMM, ITEM_EXE };

struct matches {
	size_t len;
	int pids[PIDS_LIMIT];
};

/*
 * A name longer than the kernel keeps is compared in the part that it keeps,
 * and then with the name of the program file, where that may be read.
 */
static bool name_fits(const char *name, const char *comm, const char *exe)
{
	size_t len = strlen(name);
	const char *slash;

	if (strcmp(name, comm) == 0)
		return true;
	if (len <= COMM_LEN || strlen(comm) != COMM_LEN ||
	    strncmp(name, comm, COMM_LEN) != 0)
		return false;
	slash = strrchr(exe, '/');
	if (!slash)
		return true;
	slash++;
	/* A program that was replaced while it runs is called so by /proc. */
	return strncmp(slash, name, len) == 0 &&
	       (!slash[len] || strcmp(slash + len, " (deleted)") == 0);
}

static int matches_find(const char *name, struct matches *ret)
{
	enum pids_item items[] = {
		[ITEM_PID] = PIDS_ID_PID,
		[ITEM_COMM] = PIDS_CMD,
		[ITEM_EXE] = PIDS_EXE,
	};
	struct pids_info *info = NULL;
	struct pids_stack *stack;
	int err = procps_pids_new(&info, items, ARRAY_SIZE(items));

	if (err < 0)
		return cli_failure(
			"/proc: cannot be read (%s); mount it, or name a process by its PID",
			strerror(-err));
	while ((stack = procps_pids_get(info, PIDS_FETCH_TASKS_ONLY))) {
		if (!name_fits(name, PIDS_VAL(ITEM_COMM, str, stack, info),
			       PIDS_VAL(ITEM_EXE, str, stack, info)))
			continue;
		if (ret->len < PIDS_LIMIT)
			ret->pids[ret->len] =
				PIDS_VAL(ITEM_PID, s_int, stack, info);
		ret->len++;
	}
	procps_pids_unref(&info);
	return CLI_OK;
}

static int matches_ambiguous(const char *name, const struct matches *matches)
{
	char list[PIDS_LIMIT * 12 + 8] = "";
	size_t pos = 0;
	size_t i;

	for (i = 0; i < matches->len && i < PIDS_LIMIT; i++)
		pos += (size_t)snprintf(list + pos, sizeof(list) - pos, " %d",
					matches->pids[i]);
	if (matches->len > PIDS_LIMIT)
		snprintf(list + pos, sizeof(list) - pos, " ...");
	return cli_failure(
		"%s: %zu processes have this name:%s; name one by its PID",
		name, matches->len, list);
}

int cli_target_find(struct cli *cli, const char *text)
{
	struct matches matches = { 0 };
	uint64_t pid;
	int err;

	if (strcmp(text, "self") == 0) {
		cli->target = vmscope_target_pid(getpid());
		return CLI_OK;
	}
	if (isdigit((unsigned char)*text) && !cli_number_parse(text, &pid)) {
		if (!pid || pid > INT_MAX)
			return cli_usage(cli, "%s: not a process id", text);
		cli->target = vmscope_target_pid((pid_t)pid);
		return CLI_OK;
	}
	err = matches_find(text, &matches);
	if (err)
		return err;
	if (!matches.len) {
		size_t size = 0;
		char *buf = NULL;

		err = cli_failure(
			"%s: no process has this name; 'ps -e' lists their names",
			out_escape(text, &buf, &size));
		free(buf);
		return err;
	}
	if (matches.len > 1)
		return matches_ambiguous(text, &matches);
	cli->target = vmscope_target_pid(matches.pids[0]);
	return CLI_OK;
}
