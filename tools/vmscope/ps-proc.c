// SPDX-License-Identifier: GPL-2.0
/*
 * What /proc knows of processes, through libproc2.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libproc2/pids.h>

#include "out.h"
#include "ps.h"

enum {
	ITEM_PID,
	ITEM_PARENT,
	ITEM_USER,
	ITEM_SYSTEM,
	ITEM_BEGAN,
	ITEM_COMMAND,
};

static int compare_pids(const void *key, const void *row)
{
	uint64_t pid = *(const uint64_t *)key;
	uint64_t other = ((const struct ps_row *)row)->process.pid;

	return pid < other ? -1 : pid > other;
}

/*
 * A number can have come to mean another process. When it began is known to both,
 * to /proc in ticks; in a time namespace it would differ always, so a difference
 * says nothing there.
 */
static bool is_same(const struct ps_row *row, uint64_t began, uint64_t hertz)
{
	uint64_t ticks = row->process.start_ns / (1000000000 / hertz);

	return access("/proc/self/timens_offsets", F_OK) || ticks == began;
}

int ps_proc_read(struct ps_row *rows, size_t len)
{
	enum pids_item items[] = {
		[ITEM_PID] = PIDS_ID_PID,
		[ITEM_PARENT] = PIDS_ID_PPID,
		[ITEM_USER] = PIDS_TICS_USER,
		[ITEM_SYSTEM] = PIDS_TICS_SYSTEM,
		[ITEM_BEGAN] = PIDS_TICS_BEGAN,
		[ITEM_COMMAND] = PIDS_CMDLINE,
	};
	uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);
	struct pids_info *info = NULL;
	struct pids_stack *stack;
	int err;

	/* Nothing to look up; nor does bsearch() take no array. */
	if (!len)
		return CLI_OK;
	err = procps_pids_new(&info, items, ARRAY_SIZE(items));
	if (err < 0)
		return cli_failure(
			"/proc: cannot be read (%s); mount it, or choose other columns",
			strerror(-err));
	while ((stack = procps_pids_get(info, PIDS_FETCH_TASKS_ONLY))) {
		uint64_t pid = (uint64_t)PIDS_VAL(ITEM_PID, s_int, stack, info);
		struct ps_row *row =
			bsearch(&pid, rows, len, sizeof(*rows), compare_pids);

		if (!row ||
		    !is_same(row, PIDS_VAL(ITEM_BEGAN, ull_int, stack, info),
			     hertz))
			continue;
		row->known = true;
		row->parent =
			(uint64_t)PIDS_VAL(ITEM_PARENT, s_int, stack, info);
		row->user_ms = PIDS_VAL(ITEM_USER, ull_int, stack, info) *
			       1000 / hertz;
		row->system_ms = PIDS_VAL(ITEM_SYSTEM, ull_int, stack, info) *
				 1000 / hertz;
		row->command = out_escape_copy(
			PIDS_VAL(ITEM_COMMAND, str, stack, info));
	}
	procps_pids_unref(&info);
	return CLI_OK;
}
