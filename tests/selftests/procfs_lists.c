// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/vmscope/query: wrong words; its lists against smaps and the device, whole, in pieces and
 * in ranges; and a process that changes its rights or ends between asking and reading.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pagelist.h"
#include "tablelist.h"
#include "tap.h"
#include "target.h"
#include "witness.h"

#define USER 4321

static char text[8 << 20];
static int fd, query;

/* What is left to read, in pieces; or -errno. */
static ssize_t slurp(int from, size_t piece)
{
	size_t len = 0;
	ssize_t n = 0;

	while (len + 1 < sizeof(text)) {
		size_t room = sizeof(text) - 1 - len;

		n = read(from, text + len, piece < room ? piece : room);
		if (n <= 0)
			break;
		len += n;
	}
	text[len] = 0;
	return n < 0 ? -errno : (ssize_t)len;
}

static int ask_of(int to, const char *format, int pid)
{
	char line[128];

	snprintf(line, sizeof(line), format, pid);
	return write(to, line, strlen(line)) < 0 ? -errno : 0;
}

/* The lines after the heading, one after the other; NULL behind the last. */
static char *next_line(char **at)
{
	char *line = *at, *end = line ? strchr(line, '\n') : NULL;

	if (!end)
		return NULL;
	*end = 0;
	*at = end + 1;
	return line;
}

static void wrong_words(pid_t pid)
{
	static const struct {
		const char *format;
		int error;
	} words[] = {
		{ "%d mapz", -EINVAL },
		{ "%d maps x", -EINVAL },
		{ "%d maps 5000-4000", -EINVAL },
		{ "%d maps 4000-4000", -EINVAL },
		{ "%d maps 4000", -EINVAL },
		{ "%d maps 4000-", -EINVAL },
		{ "%d maps -4000", -EINVAL },
		{ "%d maps 4000-5000 x", -EINVAL },
		{ "%d maps 4000-g", -EINVAL },
		{ "%d maps 4000-10000000000000000", -EINVAL },
		{ "%d MAPS", -EINVAL },
		{ "%d maps tables", -EINVAL },
		{ "maps %d", -EINVAL },
		{ "maps", -EINVAL },
		{ "%d pages 0000000000000000000000000000000000000000000000000000-"
		  "0000000000000000000000000000000000000000000000000000000001",
		  -EINVAL },
		{ "4194303 maps", -ESRCH },
		{ "2 pages", -ENXIO },
		{ "%d maps", 0 },
		{ " %d\tmaps  0x1000-0x7fffffffffff\n", 0 },
		{ "0 tables", 0 },
	};

	for (size_t i = 0; i < COUNT(words); i++)
		tap_eq(ask_of(query, words[i].format, pid),
		       (unsigned long long)words[i].error, "'%.40s'",
		       words[i].format);
	tap_ok(slurp(query, 4096) > 0, "what is right is answered");
	ask_of(query, "4194303 maps", 0);
	lseek(query, 0, SEEK_SET);
	tap_eq(slurp(query, 4096), (unsigned long long)-ENODATA,
	       "after an error there is nothing");
}

static void maps(const struct target *target, const char *name)
{
	unsigned int wrong = 0, rows = 0;
	struct mappings smaps;
	char *at = text, *line;

	tap_eq(ask_of(query, "%d maps", target->pid), 0, "%s: maps", name);
	slurp(query, 4096);
	read_smaps(target->pid, &smaps);
	next_line(&at);
	while ((line = next_line(&at))) {
		const struct mapping *m = &smaps.map[rows];
		unsigned long start, end, virt, present, rss, swap;
		char perms[8], kind[16];
		int n = 0;

		if (rows++ == smaps.len)
			break;
		if (sscanf(line, "%lx %lx %7s %15s %lu %lu %lu %lu%n", &start,
			   &end, perms, kind, &virt, &present, &rss, &swap,
			   &n) != 8) {
			tap_diag("line '%s'", line);
			wrong++;
			continue;
		}
		wrong += start != m->start || end != m->end ||
			 strncmp(perms, m->perms, 4) ||
			 virt != (m->end - m->start) >> 10 ||
			 rss != m->rss >> 10 ||
			 strcmp(line + n + (line[n] == ' '),
				smaps.pool + m->name);
		if (!strchr(m->perms, 's'))
			wrong += swap != m->swap >> 10;
	}
	tap_ok(!wrong && rows == smaps.len, "%s: %u rows are those of smaps",
	       name, rows);
	mappings_free(&smaps);
}

static void tables(const struct target *target, const char *name)
{
	unsigned int wrong = 0, rows = 0;
	struct tablelist list;
	char *at = text, *line;

	tap_eq(ask_of(query, "%d tables", target->pid), 0, "%s: tables", name);
	slurp(query, 4096);
	if (tablelist_get(fd, target->pid, &list))
		tap_bail("TABLES failed");
	next_line(&at);
	while ((line = next_line(&at)) && rows++ < list.len) {
		const struct vmscope_map_tables *m = &list.map[rows - 1];
		const struct vmscope_table_sums *l = m->levels;
		unsigned long long start, end, pte, pmd, pud, used, empty,
			nearly, complete;
		char kind[16];

		if (sscanf(line,
			   "%llx %llx %15s %llu %llu %llu %llu %llu %llu %llu",
			   &start, &end, kind, &pte, &pmd, &pud, &used, &empty,
			   &nearly, &complete) != 10) {
			wrong++;
			continue;
		}
		wrong += start != m->start || end != m->end ||
			 strcmp(kind, kind_name(m->kind)) ||
			 pte != l[0].tables || pmd != l[1].tables ||
			 pud != l[2].tables || used != l[0].used_entries ||
			 empty != l[0].fill[0] ||
			 nearly != l[0].fill[1] + l[0].fill[2] + l[0].fill[3] ||
			 complete != l[0].complete_tables;
	}
	tap_ok(!wrong && rows == list.len && !line,
	       "%s: %u rows are those of TABLES", name, rows);
	tablelist_free(&list);
}

/* From 0 to the end of the user half, without a hole and without an overlap. */
static void layout(const struct target *target, const char *name)
{
	unsigned int wrong = 0, mapped = 0, gaps = 0;
	struct vmscope_info info;
	struct maplist list;
	uint64_t last = 0;
	char *at = text, *line;

	tap_eq(ask_of(query, "%d layout", target->pid), 0, "%s: layout", name);
	slurp(query, 4096);
	if (req_maps(fd, target->pid, &list) || req_info(fd, &info))
		tap_bail("MAPS failed");
	next_line(&at);
	while ((line = next_line(&at))) {
		unsigned long start, end, size;
		char what[16];

		if (sscanf(line, "%lx %lx %15s %lu", &start, &end, what,
			   &size) != 4) {
			wrong++;
			continue;
		}
		wrong += start != last || end <= start ||
			 size != (end - start) >> 10;
		last = end;
		if (!strcmp(what, "gap")) {
			gaps++;
			continue;
		}
		wrong += mapped >= list.len ||
			 list.map[mapped].start != start ||
			 list.map[mapped].end != end ||
			 strcmp(what, kind_name(list.map[mapped].kind));
		mapped++;
	}
	tap_ok(!wrong && mapped == list.len && gaps > 2,
	       "%s: %u mappings and %u gaps, side by side", name, mapped, gaps);
	tap_eq(last, info.user_end, "%s: up to the end of the user half", name);
	maplist_free(&list);
}

static void pages(const struct target *target, const char *name)
{
	struct vmscope_pages ask = pages_ask(target->pid, 0);
	unsigned int wrong = 0, rows = 0;
	struct pagelist list;
	char *at = text, *line;

	ask.none_of = VMSCOPE_PAGES_STATE(VMSCOPE_STATE_NONE);
	tap_eq(ask_of(query, "%d pages", target->pid), 0, "%s: pages", name);
	slurp(query, 4096);
	if (pagelist_by(fd, &ask, 512, &list))
		tap_bail("PAGES failed");
	next_line(&at);
	while ((line = next_line(&at)) && rows++ < list.len) {
		const struct vmscope_page *p = &list.page[rows - 1];
		unsigned long start, end, size, leaf, pkey;
		char state[20], flags[256];

		if (sscanf(line, "%lx %lx %lu %19s %lu %lu %255s", &start, &end,
			   &size, state, &leaf, &pkey, flags) != 7) {
			wrong++;
			continue;
		}
		wrong += start != p->start || end != p->end ||
			 leaf != p->leaf_size >> 10 || pkey != p->pkey ||
			 !strstr(flags, "dirty") !=
				 !(p->flags & (VMSCOPE_ENTRY_DIRTY |
					       VMSCOPE_ENTRY_SOFT_DIRTY)) ||
			 !strstr(flags, "writable") !=
				 !(p->flags & VMSCOPE_ENTRY_WRITABLE) ||
			 strncmp(state, state_name(p->state), 4);
	}
	tap_ok(!wrong && rows == list.len && !line,
	       "%s: %u rows are those of PAGES", name, rows);
	pagelist_free(&list);
}

/* However it is read, it is the same text. */
static void pieces(const struct target *target)
{
	static const char *const words[] = { "%d maps", "%d tables",
					     "%d layout", "%d pages", "%d" };
	static char whole[sizeof(text)], part[64];
	unsigned int wrong = 0;

	for (size_t i = 0; i < COUNT(words); i++) {
		ssize_t len;

		ask_of(query, words[i], target->pid);
		len = slurp(query, 1 << 20);
		memcpy(whole, text, len + 1);
		tap_eq(slurp(query, 100), 0, "'%s' is told once", words[i]);
		ask_of(query, words[i], target->pid);
		tap_ok(slurp(query, 61) == len && !memcmp(whole, text, len),
		       "'%s' in pieces of 61 bytes", words[i]);
		lseek(query, 0, SEEK_SET);
		tap_ok(slurp(query, 4096) == len && !memcmp(whole, text, len),
		       "and again from the start");
		for (ssize_t at = len - 50; at > 0; at -= 1 + len / 9)
			wrong += pread(query, part, 50, at) <= 0 ||
				 memcmp(part, whole + at, 50) ||
				 pread(query, part, 10, 3) != 10 ||
				 memcmp(part, whole + 3, 10);
	}
	tap_eq(wrong, 0, "and from anywhere");
}

static void ranges(const struct target *target)
{
	struct maplist list;
	const struct vmscope_map *m;
	unsigned long start, end;
	char line[128], what[16];

	if (req_maps(fd, target->pid, &list) || list.len < 4)
		tap_bail("MAPS failed");
	m = &list.map[1];
	snprintf(line, sizeof(line), "%d layout %llx-%llx", target->pid,
		 m->start + 1, m->end - 1);
	tap_eq(ask_of(query, line, 0), 0, "a range within a mapping");
	slurp(query, 4096);
	tap_ok(sscanf(strchr(text, '\n'), "%lx %lx %15s", &start, &end, what) ==
			       3 &&
		       start == m->start && end == m->end &&
		       strcmp(what, "gap") &&
		       strchr(strchr(text, '\n') + 1, '\n')[1] == 0,
	       "is one row, rounded to pages");
	ask_of(query, "%d layout 1000-5000", target->pid);
	slurp(query, 4096);
	tap_ok(sscanf(strchr(text, '\n'), "%lx %lx %15s", &start, &end, what) ==
			       3 &&
		       start == 0x1000 && end == 0x5000 && !strcmp(what, "gap"),
	       "a range where nothing is mapped is a gap");
	ask_of(query, "%d maps 1000-5000", target->pid);
	tap_ok(slurp(query, 4096) > 0 && strchr(text, '\n')[1] == 0,
	       "and has no mappings");
	maplist_free(&list);
}

static void many(void)
{
	const struct recipe *recipe = recipes;
	unsigned int lines = 0;
	struct target target;

	while (strcmp(recipe->name, "many-mappings"))
		recipe++;
	if (target_start(&target, recipe)) {
		tap_skip("many mappings", "%s", target.report.skip);
		return;
	}
	ask_of(query, "%d maps", target.pid);
	slurp(query, 65536);
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	tap_ok(lines > 30000, "%u lines of a process with many mappings",
	       lines);
	target_end(&target);
}

/* Through this descriptor, opened by a user, what the user may see. */
static void rights(void)
{
	int to_child[2], from_child[2], status, own;
	pid_t child;
	char byte;

	if (pipe(to_child) || pipe(from_child))
		tap_bail("pipe");
	fflush(NULL);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setresgid(USER, USER, USER) || setresuid(USER, USER, USER))
			_exit(2);
		prctl(PR_SET_DUMPABLE, 1);
		own = open("/proc/vmscope/query", O_RDWR);
		if (ask_of(own, "%d maps", getppid()) != -EACCES ||
		    ask_of(own, "1 pages", 0) != -EACCES ||
		    ask_of(own, "%d maps", getpid()))
			_exit(3);
		_exit(slurp(own, 4096) > 500 ? 0 : 4);
	}
	waitpid(child, &status, 0);
	tap_eq(status, 0, "a user is told of his own processes only");

	fflush(NULL);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setresgid(USER, USER, USER) || setresuid(USER, USER, USER))
			_exit(2);
		prctl(PR_SET_DUMPABLE, 1);
		write(from_child[1], "1", 1);
		read(to_child[0], &byte, 1);
		prctl(PR_SET_DUMPABLE, 0);
		write(from_child[1], "2", 1);
		for (;;)
			pause();
	}
	read(from_child[0], &byte, 1);
	if (setegid(USER) || seteuid(USER))
		tap_bail("seteuid");
	own = open("/proc/vmscope/query", O_RDWR);
	tap_eq(ask_of(own, "%d maps", child), 0, "a process that may be seen");
	if (seteuid(0) || setegid(0))
		tap_bail("seteuid");
	write(to_child[1], "1", 1);
	read(from_child[0], &byte, 1);
	tap_eq(slurp(own, 4096), (unsigned long long)-EACCES,
	       "is not told when it may not be seen any more");
	close(own);
	tap_eq(ask_of(query, "%d pages", child), 0, "to root it is");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	tap_eq(slurp(query, 4096), (unsigned long long)-ESRCH,
	       "one that has ended is not");
}

int main(void)
{
	static const char *const names[] = { "dense",	   "swapped", "thp",
					     "hugetlb-2m", "names",   "python3",
					     "guard" };
	struct target target;

	fd = req_open();
	query = open("/proc/vmscope/query", O_RDWR | O_CLOEXEC);
	pages_quiet();
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct recipe *recipe = recipes;

		while (strcmp(recipe->name, names[i]))
			recipe++;
		if (target_start(&target, recipe)) {
			tap_skip(names[i], "%s", target.report.skip);
			continue;
		}
		if (!i)
			wrong_words(target.pid);
		maps(&target, names[i]);
		tables(&target, names[i]);
		layout(&target, names[i]);
		pages(&target, names[i]);
		if (!strcmp(names[i], "python3")) {
			pieces(&target);
			ranges(&target);
		}
		target_end(&target);
	}
	many();
	rights();
	return tap_done();
}
