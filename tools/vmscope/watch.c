// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope watch: what happens to processes' memory, when it happens.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "out.h"
#include "watch.h"

/* An alarm as it was told last. */
struct memory {
	uint32_t id;
	uint32_t state;
	uint64_t raised;
	bool met; /* by the dump that goes on */
	bool own;
	bool ended;
};

struct watch {
	const struct cli *cli;
	struct vmscope_netlink *netlink;
	struct memory *alarms;
	size_t alarms_len;
	uint64_t sequence; /* of the last exit that is known of */
	uint32_t pid; /* with -p: the process, also if a thread was named */
	uint64_t events; /* told so far */
	bool over;
};

int watch_failure(struct vmscope_netlink *netlink, int err, const char *thing)
{
	static const struct {
		int error;
		const char *text;
	} texts[] = {
		{ EPERM, "takes CAP_SYS_ADMIN; use sudo" },
		{ ESRCH,
		  "no such process; 'ps -e' lists those that can be named" },
		{ EACCES,
		  "no permission to look at this process; use sudo, or name one of your own" },
		{ ENXIO,
		  "a kernel thread, which has no user address space; name a user process" },
		{ ENODATA,
		  "a zombie or just exiting, its address space is gone; name a live process" },
		{ ENOENT,
		  "there is none; 'vmscope watch --list' tells of alarms" },
		{ ENOSPC,
		  "there are as many alarms as can be; delete some (--list, --delete)" },
		{ EIO,
		  "the kernel's probes are switched off; try: sysctl kernel.ftrace_enabled=1, and 1 in /sys/kernel/debug/kprobes/enabled" },
		{ EOPNOTSUPP,
		  "this kernel has nothing that would tell; a module of another version, or a kernel without kprobes" },
	};
	const char *said = netlink ? vmscope_netlink_message(netlink) : "";
	size_t i;

	for (i = 0; netlink && i < ARRAY_SIZE(texts) && !*said; i++)
		if (texts[i].error == -err)
			return cli_failure("%s: %s", thing, texts[i].text);
	return cli_failure("%s: %s%s%s", thing, strerror(-err),
			   *said ? ": " : "", said);
}

static struct memory *memory_find(struct watch *watch, uint32_t id)
{
	size_t i;

	for (i = 0; i < watch->alarms_len; i++)
		if (watch->alarms[i].id == id)
			return &watch->alarms[i];
	watch->alarms = realloc(watch->alarms, (watch->alarms_len + 1) *
						       sizeof(*watch->alarms));
	if (!watch->alarms)
		cli_no_memory();
	watch->alarms[i] = (struct memory){ .id = id };
	watch->alarms_len++;
	return &watch->alarms[i];
}

/* ------------------------------------------------------------------ events */

/* One object to a line, for programs that read line by line. */
static void line_finish(struct json_object *object)
{
	json_finish_line(object);
	putchar('\n');
}

/* Print, act, count. @facts is used up. */
static void event_finish(struct watch *watch, struct json_object *facts)
{
	if (watch_asked.command)
		watch_execute(watch_asked.command, facts);
	if (watch->cli->json)
		line_finish(facts);
	else
		json_object_put(facts);
	fflush(stdout);
	if (watch_asked.count && ++watch->events >= watch_asked.count)
		watch->over = true;
}

static void lost_tell(struct watch *watch, uint64_t exits)
{
	struct json_object *object;

	if (!watch->cli->json) {
		if (exits)
			fprintf(stderr,
				"vmscope: %" PRIu64
				" exits were not told: there were too many at a time\n",
				exits);
		return;
	}
	object = json_object_create();
	json_add_text(object, "event", "lost");
	if (exits)
		json_add_number(object, "exits", exits);
	else
		json_add_null(object, "exits");
	line_finish(object);
	fflush(stdout);
}

static void exit_tell(struct watch *watch,
		      const struct vmscope_account *process)
{
	const struct cli *cli = watch->cli;

	if (process->sequence > watch->sequence + 1)
		lost_tell(watch, process->sequence - watch->sequence - 1);
	if (process->sequence > watch->sequence)
		watch->sequence = process->sequence;
	if (cli->pid && process->pid != watch->pid)
		return;
	if (!cli->json)
		watch_exit_text(cli, process);
	event_finish(watch, watch_exit_json(process));
	if (cli->pid)
		watch->over = true;
}

static bool owns_live_alarm(const struct watch *watch)
{
	size_t i;

	for (i = 0; i < watch->alarms_len; i++)
		if (watch->alarms[i].own && !watch->alarms[i].ended)
			return true;
	return false;
}

/* With alarms of its own it tells these only. */
static bool is_wanted(const struct watch *watch,
		      const struct vmscope_alarm *alarm,
		      const struct memory *memory)
{
	if (watch_asked.alarms_len)
		return memory->own;
	return !watch->cli->pid || alarm->pid == watch->pid;
}

static void alarm_tell(struct watch *watch, const struct vmscope_alarm *alarm,
		       bool late)
{
	struct memory *memory = memory_find(watch, alarm->id);
	struct json_object *facts;

	memory->state = alarm->state;
	memory->raised = alarm->raised;
	memory->ended = alarm->state == VMSCOPE_ALARM_STATE_ENDED;
	if (!is_wanted(watch, alarm, memory))
		return;
	if (!watch->cli->json)
		watch_alarm_text(watch->cli, alarm,
				 late ? " (events were lost; so it is now)" :
					"");
	facts = watch_alarm_json("alarm", alarm);
	json_add_bool(facts, "late", late);
	event_finish(watch, facts);
	if (watch_asked.alarms_len && !watch_asked.exits &&
	    !owns_live_alarm(watch))
		watch->over = true;
}

/* ---------------------------------------------------------------- overruns */

/* Alarms that have changed since they were told last, found by looking. */
struct changes {
	struct watch *watch;
	struct vmscope_alarm *alarms;
	size_t len;
	bool first; /* learn how things stand, nothing has changed */
};

static int change_find(const struct vmscope_alarm *alarm, void *data)
{
	struct changes *changes = data;
	struct memory *memory = memory_find(changes->watch, alarm->id);
	bool same = changes->first || (memory->state == alarm->state &&
				       memory->raised == alarm->raised);

	memory->met = true;
	if (changes->first) {
		memory->state = alarm->state;
		memory->raised = alarm->raised;
	}
	/* not being above the threshold at first is no news */
	if (same ||
	    (memory->state == VMSCOPE_ALARM_STATE_UNKNOWN && !alarm->raised))
		return 0;
	changes->alarms =
		realloc(changes->alarms, (changes->len + 1) * sizeof(*alarm));
	if (!changes->alarms)
		cli_no_memory();
	changes->alarms[changes->len++] = *alarm;
	return 0;
}

static int alarms_look(struct watch *watch, bool first)
{
	struct changes changes = { .watch = watch, .first = first };
	size_t i;
	int err;

	for (i = 0; i < watch->alarms_len; i++)
		watch->alarms[i].met = false;
	err = vmscope_netlink_alarms(watch->netlink, change_find, &changes);
	if (err)
		return watch_failure(watch->netlink, err, "alarms");
	for (i = 0; i < changes.len && !watch->over; i++)
		alarm_tell(watch, &changes.alarms[i], true);
	free(changes.alarms);
	for (i = 0; i < watch->alarms_len; i++) {
		struct memory *memory = &watch->alarms[i];

		if (memory->met || memory->ended)
			continue;
		memory->ended = true;
		if (memory->own)
			cli_failure(
				"alarm %" PRIu32
				": is gone: its process or cgroup has ended, or somebody deleted it",
				memory->id);
	}
	if (!first && watch_asked.alarms_len && !watch_asked.exits &&
	    !owns_live_alarm(watch))
		watch->over = true;
	return CLI_OK;
}

static int overrun_survive(struct watch *watch)
{
	if (watch->cli->json)
		lost_tell(watch, 0);
	else
		fputs("vmscope: events came faster than they were taken, some were lost\n",
		      stderr);
	return alarms_look(watch, false);
}

/* --------------------------------------------------------------------- run */

/* The id of a cgroup is the inode of its folder. */
static int cgroup_find(const char *path, uint64_t *ret)
{
	struct statfs fs;
	struct stat st;

	if (stat(path, &st) || statfs(path, &fs))
		return cli_failure("%s: %s; name a folder of cgroup2", path,
				   strerror(errno));
	if (fs.f_type != CGROUP2_SUPER_MAGIC || !S_ISDIR(st.st_mode))
		return cli_failure(
			"%s: not a folder of cgroup2; 'mount -t cgroup2' tells where they are",
			path);
	*ret = st.st_ino;
	return CLI_OK;
}

static int alarms_set(struct watch *watch)
{
	const struct cli *cli = watch->cli;
	const struct vmscope_alarm *set;
	uint64_t cgroup = 0;
	size_t i;
	int err;

	if (watch_asked.cgroup) {
		err = cgroup_find(watch_asked.cgroup, &cgroup);
		if (err)
			return err;
	}
	for (i = 0; i < watch_asked.alarms_len; i++) {
		struct vmscope_alarm *alarm = &watch_asked.alarms[i];
		const char *thing = "machine";
		char buf[40];

		alarm->known |= 1U << VMSCOPE_A_ALARM_SCOPE |
				1U << VMSCOPE_A_ALARM_INTERVAL_MS;
		alarm->interval_ms = (uint32_t)watch_asked.interval_ms;
		alarm->scope = VMSCOPE_ALARM_SCOPE_MACHINE;
		if (cli->pid) {
			alarm->known |= 1U << VMSCOPE_A_ALARM_PID;
			alarm->scope = VMSCOPE_ALARM_SCOPE_PROCESS;
			alarm->pid = watch->pid;
			snprintf(buf, sizeof(buf), "process %" PRIu32,
				 alarm->pid);
			thing = buf;
		} else if (watch_asked.cgroup) {
			alarm->known |= 1U << VMSCOPE_A_ALARM_CGROUP;
			alarm->scope = VMSCOPE_ALARM_SCOPE_CGROUP;
			alarm->cgroup = cgroup;
			thing = watch_asked.cgroup;
		}
		if (watch_asked.keep)
			alarm->known |= 1U << VMSCOPE_A_ALARM_KEEP;
		err = vmscope_netlink_alarm_set(watch->netlink, alarm, &set);
		if (err)
			return watch_failure(watch->netlink, err, thing);
		memory_find(watch, set->id)->own = true;
		if (!watch_asked.keep)
			continue;
		if (cli->json)
			line_finish(watch_alarm_json("set", set));
		else
			printf("alarm %" PRIu32
			       " is set; 'vmscope watch --delete %" PRIu32
			       "' deletes it\n",
			       set->id, set->id);
	}
	return CLI_OK;
}

/* Before alarms are set, so that the first event about them is heard. */
static int groups_join(struct watch *watch)
{
	bool exits = watch_asked.exits ||
		     (!watch_asked.alarms_len &&
		      (watch->cli->pid || !watch_asked.command));
	const struct vmscope_netlink_state *state;
	int err;

	err = vmscope_netlink_join(watch->netlink, VMSCOPE_MCGRP_ALARM);
	if (err)
		return watch_failure(watch->netlink, err, "listening");
	if (!exits)
		return CLI_OK;
	err = vmscope_netlink_join(watch->netlink, VMSCOPE_MCGRP_EXIT);
	if (!err)
		err = vmscope_netlink_state(watch->netlink, &state);
	if (err)
		return watch_failure(watch->netlink, err, "exits");
	watch->sequence = state->sequence;
	return CLI_OK;
}

static int events_tell(struct watch *watch)
{
	while (!watch->over && !out_failed()) {
		const struct vmscope_event *event;
		int err = vmscope_netlink_next(watch->netlink, -1, &event);

		if (err == -EINTR)
			continue;
		if (err == -ENOBUFS) {
			err = overrun_survive(watch);
			if (err)
				return err;
			continue;
		}
		if (err)
			return watch_failure(NULL, err, "events");
		if (event->process)
			exit_tell(watch, event->process);
		else if (event->alarm)
			alarm_tell(watch, event->alarm, false);
	}
	return CLI_OK;
}

/* One that has ended already would be waited for in vain. */
static int process_check(struct watch *watch)
{
	const struct vmscope_account *process;
	pid_t pid = (pid_t)watch->cli->target.id;
	char thing[40];
	int err;

	if (!watch->cli->pid)
		return CLI_OK;
	snprintf(thing, sizeof(thing), "process %d", pid);
	err = vmscope_netlink_process(watch->netlink, pid, &process);
	if (err)
		return watch_failure(watch->netlink, err, thing);
	watch->pid = process->pid;
	return CLI_OK;
}

static int delete_alarm(struct vmscope_netlink *netlink)
{
	char thing[40];
	int err = vmscope_netlink_alarm_delete(netlink,
					       (uint32_t)watch_asked.delete);

	snprintf(thing, sizeof(thing), "alarm %" PRIu64, watch_asked.delete);
	return err ? watch_failure(netlink, err, thing) : CLI_OK;
}

static int watch_do(struct watch *watch)
{
	int err;

	if (watch_asked.list)
		return watch_list(watch->cli, watch->netlink);
	if (watch_asked.delete)
		return delete_alarm(watch->netlink);
	if (watch_asked.keep)
		return alarms_set(watch);
	err = groups_join(watch);
	if (!err)
		err = alarms_look(watch, true);
	if (!err)
		err = process_check(watch);
	if (!err)
		err = alarms_set(watch);
	return err ? err : events_tell(watch);
}

int watch_run(struct cli *cli)
{
	struct watch watch = { .cli = cli };
	int err;

	if (cli->pid)
		err = cli_target_find(cli, cli->pid);
	else
		err = CLI_OK;
	if (err)
		return err;
	err = vmscope_netlink_open(&watch.netlink);
	if (err == -ENOENT)
		return cli_failure(
			"generic netlink: has no family vmscope here; load the module (sudo modprobe vmscope), and watch from the initial network namespace");
	if (err)
		return cli_failure("generic netlink: %s", strerror(-err));
	err = watch_do(&watch);
	vmscope_netlink_close(watch.netlink);
	free(watch.alarms);
	return err;
}
