// SPDX-License-Identifier: GPL-2.0
/*
 * Events: as JSON, as a line for a person, and as the environment of a command.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "out.h"
#include "watch.h"

/* ------------------------------------------------------------------- JSON */

struct json_object *watch_exit_json(const struct vmscope_account *process)
{
	const struct {
		const char *key;
		uint64_t value;
	} rows[] = {
		{ "uid", process->uid },
		{ "parent", process->parent },
		{ "status", process->status },
		{ "cgroup", process->cgroup },
		{ "lifetime_ns", process->lifetime_ns },
		{ "virtual_bytes", process->virtual_bytes },
		{ "resident_bytes", process->resident_bytes },
		{ "swapped_bytes", process->swapped_bytes },
		{ "page_table_bytes", process->page_table_bytes },
		{ "peak_virtual_bytes", process->peak_virtual_bytes },
		{ "peak_resident_bytes", process->peak_resident_bytes },
		{ "minor_faults", process->minor_faults },
		{ "major_faults", process->major_faults },
		{ "sequence", process->sequence },
	};
	struct json_object *object = json_object_create();
	size_t i;

	json_add_text(object, "event", "exit");
	json_add_number(object, "time_ns", process->time_ns);
	json_add_number(object, "pid", process->pid);
	json_add_bytes(object, "comm", process->comm);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		json_add_number(object, rows[i].key, rows[i].value);
	return object;
}

static void add_known(struct json_object *object, const char *key, bool known,
		      uint64_t value)
{
	if (known)
		json_add_number(object, key, value);
	else
		json_add_null(object, key);
}

static struct json_object *text_object(const char *text)
{
	struct json_object *object = json_object_new_string(text);

	if (!object)
		cli_no_memory();
	return object;
}

/* @event NULL: no event but how things stand */
struct json_object *watch_alarm_json(const char *event,
				     const struct vmscope_alarm *alarm)
{
	struct json_object *object = json_object_create();
	char buf[WATCH_NAME_LEN];

	if (event)
		json_add_text(object, "event", event);
	add_known(object, "time_ns", VMSCOPE_KNOWS(alarm, ALARM_TIME_NS),
		  alarm->time_ns);
	json_add_number(object, "alarm", alarm->id);
	json_add(object, "state", text_object(watch_state(alarm->state, buf)));
	json_add(object, "scope", text_object(watch_scope(alarm->scope, buf)));
	add_known(object, "pid", VMSCOPE_KNOWS(alarm, ALARM_PID), alarm->pid);
	add_known(object, "cgroup", VMSCOPE_KNOWS(alarm, ALARM_CGROUP),
		  alarm->cgroup);
	json_add(object, "what", text_object(watch_what(alarm->what, buf)));
	add_known(object, "value", VMSCOPE_KNOWS(alarm, ALARM_VALUE),
		  alarm->value);
	json_add_number(object, "threshold", alarm->threshold);
	json_add_number(object, "rearm", alarm->rearm);
	json_add_number(object, "interval_ms", alarm->interval_ms);
	json_add_number(object, "raised", alarm->raised);
	json_add_bool(object, "kept", VMSCOPE_KNOWS(alarm, ALARM_KEEP));
	return object;
}

/* ------------------------------------------------------------------- text */

/* Seconds of CLOCK_MONOTONIC, as the kernel's log has them. */
static void time_print(uint64_t ns)
{
	printf("%8" PRIu64 ".%06" PRIu64 "  ", ns / 1000000000,
	       ns % 1000000000 / 1000);
}

static void status_print(uint32_t status)
{
	int wait = (int)status;

	if (WIFSIGNALED(wait))
		printf("killed by signal %d", WTERMSIG(wait));
	else
		printf("status %d", WEXITSTATUS(wait));
}

void watch_exit_text(const struct cli *cli,
		     const struct vmscope_account *process)
{
	char peak[OUT_SIZE_LEN];
	char swapped[OUT_SIZE_LEN];
	char tables[OUT_SIZE_LEN];
	size_t size = 0;
	char *buf = NULL;

	time_print(process->time_ns);
	printf("exit %" PRIu32 " (%s) ", process->pid,
	       out_escape(process->comm, &buf, &size));
	free(buf);
	status_print(process->status);
	printf(" after %.3f s: peak %s, swapped %s, tables %s, %" PRIu64
	       " minor and %" PRIu64 " major faults\n",
	       (double)process->lifetime_ns / 1e9,
	       out_size(cli, process->peak_resident_bytes, peak),
	       out_size(cli, process->swapped_bytes, swapped),
	       out_size(cli, process->page_table_bytes, tables),
	       process->minor_faults, process->major_faults);
}

static void value_print(const struct cli *cli, uint32_t what, uint64_t value)
{
	char buf[OUT_SIZE_LEN];

	if (watch_is_rate(what))
		printf("%" PRIu64 "/s", value);
	else
		fputs(out_size(cli, value, buf), stdout);
}

void watch_alarm_text(const struct cli *cli, const struct vmscope_alarm *alarm,
		      const char *note)
{
	static const enum out_style styles[] = {
		[VMSCOPE_ALARM_STATE_UNKNOWN] = OUT_PLAIN,
		[VMSCOPE_ALARM_STATE_CLEAR] = OUT_GOOD,
		[VMSCOPE_ALARM_STATE_RAISED] = OUT_BAD,
		[VMSCOPE_ALARM_STATE_ENDED] = OUT_DIM,
	};
	char buf[WATCH_NAME_LEN];

	time_print(alarm->time_ns);
	printf("alarm %" PRIu32 " ", alarm->id);
	out_word(cli,
		 alarm->state < ARRAY_SIZE(styles) ? styles[alarm->state] :
						     OUT_PLAIN,
		 watch_state(alarm->state, buf));
	printf(": %s of %s", watch_what(alarm->what, buf),
	       alarm->scope == VMSCOPE_ALARM_SCOPE_MACHINE ? "the " : "");
	fputs(watch_scope(alarm->scope, buf), stdout);
	if (VMSCOPE_KNOWS(alarm, ALARM_PID))
		printf(" %" PRIu32, alarm->pid);
	if (VMSCOPE_KNOWS(alarm, ALARM_CGROUP))
		printf(" %" PRIu64, alarm->cgroup);
	if (VMSCOPE_KNOWS(alarm, ALARM_VALUE)) {
		fputs(" ", stdout);
		value_print(cli, alarm->what, alarm->value);
	}
	fputs(", threshold ", stdout);
	value_print(cli, alarm->what, alarm->threshold);
	printf("%s\n", note);
}

/* ---------------------------------------------------------------- command */

/*
 * VMSCOPE_KEY for each member; what is not known is not set. The values never
 * become part of the command's text.
 */
static void environment_set(struct json_object *facts)
{
	json_object_object_foreach(facts, key, value) {
		char name[64];
		size_t i;

		snprintf(name, sizeof(name), "VMSCOPE_%s", key);
		for (i = 0; name[i]; i++)
			name[i] = (char)toupper((unsigned char)name[i]);
		unsetenv(name);
		if (value)
			setenv(name, json_object_get_string(value), 1);
	}
}

static void child_run(const char *command, struct json_object *facts)
{
	int null = open("/dev/null", O_RDONLY);

	if (null >= 0)
		dup2(null, STDIN_FILENO);
	environment_set(facts);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

void watch_execute(const char *command, struct json_object *facts)
{
	int status = 0;
	pid_t pid;

	/* what was printed before must not be printed by the child again */
	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		cli_failure("--exec: %s; the event goes without",
			    strerror(errno));
		return;
	}
	if (!pid)
		child_run(command, facts);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		cli_failure("--exec: the command was killed by signal %d",
			    WTERMSIG(status));
	else if (WEXITSTATUS(status))
		cli_failure("--exec: the command ended with status %d",
			    WEXITSTATUS(status));
}
