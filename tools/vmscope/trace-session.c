// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "out.h"
#include "trace-session.h"

#define MILLISECOND UINT64_C(1000000)

/* How often it is looked whether anybody is left to be traced. */
#define LOOK_NS (500 * MILLISECOND)

/* A signal may come between looking for it and sleeping: no longer than this. */
#define SLEEP_NS (100 * MILLISECOND)

uint64_t trace_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* -------------------------------------------------------------- signals */

static volatile sig_atomic_t signals; /* that ask for an end */
static volatile sig_atomic_t last_signal;
static volatile pid_t forward_to;

/*
 * What a terminal sends, it sends to the command as well. The command decides
 * what it makes of a signal; only the second one ends tracing.
 */
static void on_signal(int signal, siginfo_t *info, void *context)
{
	int err = errno;

	(void)context;
	signals++;
	last_signal = signal;
	if (forward_to && info->si_code != SI_KERNEL)
		kill(forward_to, signal);
	errno = err;
}

static void on_child(int signal)
{
	(void)signal;
}

/* Whoever ignores a signal, as with nohup, wants it to stay ignored. */
static void signals_catch(void)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_sigaction = on_signal,
				    .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction child = { .sa_handler = on_child,
				   .sa_flags = SA_NOCLDSTOP | SA_RESTART };
	struct sigaction old;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(caught); i++)
		if (!sigaction(caught[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaction(caught[i], &action, NULL);
	sigaction(SIGCHLD, &child, NULL);
}

static bool interrupted(const struct trace_session *session)
{
	return signals > (session->command && !session->command_ended ? 1 : 0);
}

/* -------------------------------------------------------------- command */

/* What the command's process tells right before and, if it failed, after exec. */
struct told {
	struct rusage usage;
	int error;
};

static void command_exec(char **words, int go, int tell)
{
	struct told told = { .error = 0 };
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(TRACE_NOT_RUN); /* it was called off */
	getrusage(RUSAGE_SELF, &told.usage);
	if (write(tell, &told, sizeof(told)) != sizeof(told))
		_exit(TRACE_NOT_RUN);
	execvp(words[0], words);
	told.error = errno;
	if (write(tell, &told, sizeof(told)) != sizeof(told))
		_exit(TRACE_NOT_RUN);
	_exit(told.error == ENOENT ? TRACE_NOT_FOUND : TRACE_NOT_RUN);
}

/* A process that will be the command once it is told to go on. */
static int command_fork(struct trace_session *session)
{
	int go[2];
	int tell[2];

	if (pipe2(go, O_CLOEXEC))
		return cli_failure("%s: cannot be started (%s)",
				   session->cli->operands[0], strerror(errno));
	if (pipe2(tell, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return cli_failure("%s: cannot be started (%s)",
				   session->cli->operands[0], strerror(errno));
	}
	/* Nothing must be printed twice. */
	fflush(stdout);
	session->command = fork();
	if (!session->command) {
		close(go[1]);
		close(tell[0]);
		command_exec(session->cli->operands, go[0], tell[1]);
	}
	close(go[0]);
	close(tell[1]);
	session->go = go[1];
	session->told = tell[0];
	if (session->command < 0) {
		session->command = 0;
		return cli_failure("%s: cannot be started (%s)",
				   session->cli->operands[0], strerror(errno));
	}
	forward_to = session->command;
	return CLI_OK;
}

/* Let it go on, and learn whether it could be executed. */
static int command_go(struct trace_session *session)
{
	struct told told = { .error = 0 };
	const char *name = session->cli->operands[0];
	ssize_t len;
	int error = 0;

	if (write(session->go, "", 1) != 1)
		return cli_failure("%s: cannot be started", name);
	for (;;) {
		len = read(session->told, &told, sizeof(told));
		if (len < 0 && errno == EINTR)
			continue;
		if (len != sizeof(told))
			break; /* the exec closed it */
		session->usage_exec = told.usage;
		error = told.error;
	}
	if (!error)
		return CLI_OK;
	if (error == ENOENT && !strchr(name, '/'))
		cli_failure("%s: no such command", name);
	else
		cli_failure("%s: cannot be run (%s)", name, strerror(error));
	return error == ENOENT ? TRACE_NOT_FOUND : TRACE_NOT_RUN;
}

/*
 * @wait: also if that takes long, but not after a second signal. waitid() would
 * go on after a signal, as everything but poll() does; so it does not sleep.
 */
static void command_reap(struct trace_session *session, bool wait)
{
	siginfo_t info;

	while (session->command && !session->command_ended) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)session->command, &info,
			   WEXITED | WNOWAIT | WNOHANG))
			return;
		if (!info.si_pid && (!wait || interrupted(session)))
			return;
		if (!info.si_pid) {
			poll(NULL, 0, (int)(SLEEP_NS / MILLISECOND));
			continue;
		}
		/* From here on its number may be somebody else's. */
		forward_to = 0;
		wait4(session->command, &session->command_status, 0,
		      &session->usage);
		session->command_ended = true;
	}
}

static void command_forget(struct trace_session *session)
{
	if (session->go >= 0)
		close(session->go);
	if (session->told >= 0)
		close(session->told);
	session->go = -1;
	session->told = -1;
}

static int command_exit_status(const struct trace_session *session)
{
	if (!session->command)
		return CLI_OK;
	if (!session->command_ended)
		return TRACE_SIGNALLED + last_signal;
	if (WIFSIGNALED(session->command_status))
		return TRACE_SIGNALLED + WTERMSIG(session->command_status);
	return WEXITSTATUS(session->command_status);
}

/* -------------------------------------------------------------- targets */

static int request_failure(const struct trace_session *session, int error,
			   unsigned long request, uint64_t id)
{
	const struct vmscope_target target = { .id = id };
	char message[512];

	(void)session;
	return cli_failure("%s",
			   vmscope_strerror(error, request, id ? &target : NULL,
					    message, sizeof(message)));
}

/* A path as it is, or below the place where cgroups are mounted. */
static int cgroup_open(const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = open(path, flags);
	char *below;

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (asprintf(&below, "/sys/fs/cgroup/%s", path) < 0)
		cli_no_memory();
	fd = open(below, flags);
	free(below);
	return fd;
}

static int cgroup_add(struct trace_session *session,
		      const struct trace_target *target)
{
	struct vmscope_trace_target arg;
	int fd = cgroup_open(target->text);
	int err;

	if (fd < 0)
		return cli_failure(
			"%s: cannot be opened (%s); cgroups are folders below /sys/fs/cgroup",
			target->text, strerror(errno));
	vmscope_trace_target_init(&arg, target->kind, (uint64_t)fd);
	err = vmscope_trace_target_add(session->cli->handle, &arg);
	close(fd);
	if (err == -EBADF)
		return cli_failure(
			"%s: not the folder of a cgroup; these are below /sys/fs/cgroup",
			target->text);
	return err ? request_failure(session, err, VMSCOPE_IOC_TRACE_TARGET,
				     0) :
		     CLI_OK;
}

static int target_add(struct trace_session *session,
		      const struct trace_target *target, uint64_t flags)
{
	bool counted = target->kind == VMSCOPE_TARGET_PROCESS ||
		       target->kind == VMSCOPE_TARGET_THREAD;
	struct vmscope_trace_target arg;
	int err;

	if (target->kind == VMSCOPE_TARGET_CGROUP)
		return cgroup_add(session, target);
	vmscope_trace_target_init(&arg, target->kind, target->id);
	if (counted && !session->cli->trace.no_children)
		flags |= VMSCOPE_TARGET_F_CHILDREN;
	if (counted)
		arg.flags = flags;
	err = vmscope_trace_target_add(session->cli->handle, &arg);
	return err ? request_failure(session, err, VMSCOPE_IOC_TRACE_TARGET,
				     counted ? target->id : 0) :
		     CLI_OK;
}

static int targets_add(struct trace_session *session)
{
	const struct trace_options *options = &session->cli->trace;
	const struct trace_target command = {
		.kind = VMSCOPE_TARGET_PROCESS,
		.id = (uint64_t)session->command,
	};
	size_t i;
	int err = CLI_OK;

	if (session->command)
		err = target_add(session, &command, VMSCOPE_TARGET_F_ON_EXEC);
	for (i = 0; !err && i < options->targets_len; i++)
		err = target_add(session, &options->targets[i], 0);
	return err;
}

/* ------------------------------------------------------------ begin, end */

static int set_up(struct trace_session *session, uint64_t flags)
{
	const struct cli *cli = session->cli;
	int err;

	session->trace = cli->trace.trace;
	session->trace.size = sizeof(session->trace);
	session->trace.flags |= flags;
	if (cli->range_start || cli->range_end != VMSCOPE_RANGE_END) {
		session->trace.start = cli->range_start;
		session->trace.end = cli->range_end;
	}
	err = vmscope_trace_set_up(cli->handle, &session->trace);
	return err ? request_failure(session, err, VMSCOPE_IOC_TRACE, 0) :
		     CLI_OK;
}

static int rings_open(struct trace_session *session)
{
	int err;

	if (!(session->trace.flags & VMSCOPE_TRACE_F_RECORDS))
		return CLI_OK;
	err = vmscope_trace_reader_open(session->cli->handle, &session->trace,
					&session->reader);
	if (err == -EACCES)
		return cli_failure(
			"%s: records are read through memory that needs the right to write the device; use sudo, or join the group that owns it",
			VMSCOPE_DEVICE_PATH);
	return err ? request_failure(session, err, VMSCOPE_IOC_TRACE, 0) :
		     CLI_OK;
}

static int start(struct trace_session *session)
{
	int err = vmscope_trace_start(session->cli->handle);

	if (err)
		return request_failure(session, err, VMSCOPE_IOC_TRACE_CONTROL,
				       0);
	session->started = true;
	session->start_ns = trace_now();
	session->look_ns = session->start_ns + LOOK_NS;
	if (session->cli->trace.duration_ns)
		session->ends_ns =
			session->start_ns + session->cli->trace.duration_ns;
	return CLI_OK;
}

int trace_begin(struct cli *cli, uint64_t flags, struct trace_session *ret)
{
	int err;

	*ret = (struct trace_session){ .cli = cli, .go = -1, .told = -1 };
	signals_catch();
	err = set_up(ret, flags);
	if (!err && cli->operands_len)
		err = command_fork(ret);
	if (!err)
		err = targets_add(ret);
	if (!err)
		err = rings_open(ret);
	if (!err)
		err = start(ret);
	if (err)
		trace_finish(ret, err);
	return err;
}

int trace_go(struct trace_session *session)
{
	int err = session->command ? command_go(session) : CLI_OK;

	if (err)
		trace_finish(session, err);
	return err;
}

/* Is somebody left, of those who can end? */
static bool targets_left(const struct trace_session *session)
{
	const struct trace_options *options = &session->cli->trace;
	struct vmscope_trace_totals totals;
	size_t i;

	for (i = 0; i < options->targets_len; i++)
		if (options->targets[i].kind != VMSCOPE_TARGET_PROCESS &&
		    options->targets[i].kind != VMSCOPE_TARGET_THREAD)
			return true;
	vmscope_trace_totals_init(&totals, NULL, 0);
	return vmscope_trace_totals_get(session->cli->handle, &totals) ||
	       totals.targets;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

bool trace_wait(struct trace_session *session, uint64_t until_ns)
{
	for (;;) {
		uint64_t now = trace_now();
		uint64_t sleep_ns = SLEEP_NS;
		int ms;

		command_reap(session, false);
		if (interrupted(session) || session->command_ended)
			return false;
		if (session->ends_ns && now >= session->ends_ns)
			return false;
		if (until_ns && now >= until_ns)
			return true;
		if (now >= session->look_ns) {
			if (!session->command && !targets_left(session))
				return false;
			session->look_ns = now + LOOK_NS;
		}
		if (session->ends_ns)
			sleep_ns = smaller(sleep_ns, session->ends_ns - now);
		if (until_ns)
			sleep_ns = smaller(sleep_ns, until_ns - now);
		ms = (int)(sleep_ns / MILLISECOND) + 1;
		if (!session->reader)
			poll(NULL, 0, ms);
		else if (!vmscope_trace_reader_wait(session->reader, ms))
			return true;
	}
}

int trace_stop(struct trace_session *session)
{
	int err;

	if (!session->started)
		return CLI_OK;
	session->started = false;
	session->end_ns = trace_now();
	err = vmscope_trace_stop(session->cli->handle);
	if (session->reader)
		vmscope_trace_reader_finish(session->reader);
	return err ? request_failure(session, err, VMSCOPE_IOC_TRACE_CONTROL,
				     0) :
		     CLI_OK;
}

int trace_totals(struct trace_session *session,
		 struct vmscope_trace_totals *totals,
		 struct vmscope_cause_sum *causes)
{
	int err;

	vmscope_trace_totals_init(totals, causes, VMSCOPE_CAUSES);
	err = vmscope_trace_totals_get(session->cli->handle, totals);
	return err ? request_failure(session, err, VMSCOPE_IOC_TRACE_TOTALS,
				     0) :
		     CLI_OK;
}

int trace_finish(struct trace_session *session, int status)
{
	trace_stop(session);
	vmscope_trace_reader_close(session->reader);
	session->reader = NULL;
	command_forget(session);
	/* Without its go a command that was not started yet ends by itself. */
	fflush(stdout);
	command_reap(session, true);
	forward_to = 0;
	return status ? status : command_exit_status(session);
}

/* ----------------------------------------------------------------- words */

void trace_describe(const struct trace_session *session, char *buf, size_t size)
{
	static const char *const kinds[] = {
		[VMSCOPE_TARGET_PROCESS] = "process ",
		[VMSCOPE_TARGET_THREAD] = "thread ",
		[VMSCOPE_TARGET_CGROUP] = "cgroup ",
		[VMSCOPE_TARGET_UID] = "user ",
		[VMSCOPE_TARGET_ALL] = "",
	};
	const struct trace_options *options = &session->cli->trace;
	size_t pos = 0;
	int i;

	buf[0] = '\0';
	for (i = 0; i < session->cli->operands_len && pos < size; i++)
		pos += (size_t)snprintf(buf + pos, size - pos, "%s%s",
					i ? " " : "'",
					session->cli->operands[i]);
	if (session->command && pos < size)
		pos += (size_t)snprintf(buf + pos, size - pos, "'");
	for (i = 0; i < (int)options->targets_len && pos < size; i++)
		pos += (size_t)snprintf(buf + pos, size - pos, "%s%s%s",
					pos ? ", " : "",
					kinds[options->targets[i].kind],
					options->targets[i].text);
	if (pos >= size && size > 4)
		memcpy(buf + size - 4, "...", 4);
}

void trace_warn(const struct vmscope_trace_totals *totals)
{
	const struct vmscope_name *name = NULL;

	while ((name = vmscope_name_next(VMSCOPE_NAMES_LOST, name)))
		if (name->value != VMSCOPE_LOST_SAMPLED &&
		    totals->lost[name->value])
			fprintf(stderr, "vmscope: %" PRIu64 " lost (%s): %s\n",
				(uint64_t)totals->lost[name->value], name->name,
				name->text);
	if (totals->refused)
		fprintf(stderr,
			"vmscope: %" PRIu64
			" targets are not traced any more: they executed a program that you may not look at\n",
			(uint64_t)totals->refused);
	if (totals->hooks_dead)
		fputs("vmscope: the hooks do not fire any more, faults are missing; are probes switched off? See 'sysctl kernel.ftrace_enabled' and /sys/kernel/debug/kprobes/enabled, both must be 1\n",
		      stderr);
}
