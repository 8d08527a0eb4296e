// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel half, run by run, against the kernel's own dump of it: ptdump, which
 * the debug kernel has in debugfs.
 *
 * ptdump cuts its lines at markers and where bits differ that neither tells, so
 * both lists are joined by what both tell: the level and the leaf's own bits. Of
 * the espfix area ptdump prints only the first lines.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runlist.h"
#include "tap.h"

/* How often both are read until nothing changes in between. */
#define ATTEMPTS 12

struct line {
	uint64_t start;
	uint64_t end;
	unsigned int level; /* as VMSCOPE_LEVEL_* */
	uint64_t flags; /* VMSCOPE_ENTRY_* */
};

struct lines {
	struct line *line;
	size_t len;
	size_t size;
};

static int fd;

static void lines_add(struct lines *lines, struct line next)
{
	struct line *last = lines->len ? &lines->line[lines->len - 1] : NULL;

	if (last && last->end == next.start && last->level == next.level &&
	    last->flags == next.flags) {
		last->end = next.end;
		return;
	}
	if (lines->len == lines->size) {
		lines->size = 2 * lines->size + 64;
		lines->line = realloc(lines->line,
				      lines->size * sizeof(*lines->line));
		if (!lines->line)
			tap_bail("no memory");
	}
	lines->line[lines->len++] = next;
}

static void lines_free(struct lines *lines)
{
	free(lines->line);
	*lines = (struct lines){ 0 };
}

static unsigned int level_parse(const char *text)
{
	static const char *const name[] = { "pte", "pmd", "pud", "p4d", "pgd" };

	for (unsigned int i = 0; i < COUNT(name); i++)
		if (strstr(text, name[i]))
			return i + 1;
	return 0;
}

static uint64_t flags_parse(const char *text)
{
	static const struct {
		const char *word;
		uint64_t flag;
	} words[] = {
		{ "USR", VMSCOPE_ENTRY_USER },
		{ "RW", VMSCOPE_ENTRY_WRITABLE },
		{ "PWT", VMSCOPE_ENTRY_WRITE_THROUGH },
		{ "PCD", VMSCOPE_ENTRY_CACHE_DISABLE },
		{ "PAT", VMSCOPE_ENTRY_PAT },
		{ "GLB", VMSCOPE_ENTRY_GLOBAL },
		{ "x ", VMSCOPE_ENTRY_EXECUTABLE },
	};
	uint64_t flags = 0;

	for (size_t i = 0; i < COUNT(words); i++)
		if (strstr(text, words[i].word))
			flags |= words[i].flag;
	return flags;
}

/* Returns the end of what is told of the espfix area, 0 if that is all. */
static uint64_t ptdump_read(const char *path, struct lines *lines)
{
	bool espfix = false;
	uint64_t told = 0, last = 0;
	char text[256];
	FILE *file = fopen(path, "r");

	if (!file)
		tap_bail("%s: %s", path, strerror(errno));
	while (fgets(text, sizeof(text), file)) {
		unsigned long long start, end;
		char *rest = strchr(text, '-');

		if (!strncmp(text, "---[", 4))
			espfix = strstr(text, "ESPfix");
		if (strstr(text, "skipped") && espfix)
			told = last;
		if (sscanf(text, "%llx-%llx", &start, &end) != 2)
			continue;
		last = end;
		rest = strpbrk(strchr(rest, ' '), "BKMGTPE");
		if (!(start >> 63) || !rest ||
		    !(strstr(rest, " ro ") || strstr(rest, " RW ")))
			continue;
		lines_add(lines, (struct line){ start, end, level_parse(rest),
						flags_parse(rest) });
	}
	fclose(file);
	return told;
}

static void runs_read(struct lines *lines, uint64_t told)
{
	const uint64_t compared = VMSCOPE_ENTRY_USER | VMSCOPE_ENTRY_WRITABLE |
				  VMSCOPE_ENTRY_WRITE_THROUGH |
				  VMSCOPE_ENTRY_CACHE_DISABLE |
				  VMSCOPE_ENTRY_PAT | VMSCOPE_ENTRY_GLOBAL |
				  VMSCOPE_ENTRY_EXECUTABLE;
	struct runlist list;
	int err = req_runs(fd, 0, 0, VMSCOPE_RANGE_END, 1000, &list);

	if (err)
		tap_bail("KERNEL: %s", strerror(-err));
	for (size_t i = 0; i < list.len; i++) {
		const struct vmscope_kernel_run *run = &list.run[i];
		uint64_t flags = run->entry_flags & compared;
		unsigned int level = run->leaf_size == PAGE	  ? 1 :
				     run->leaf_size == 512 * PAGE ? 2 :
								    3;

		/* bit 12, in which ptdump sees a part of the frame */
		if (level > 1)
			flags &= ~VMSCOPE_ENTRY_PAT;
		if (!(run->flags & VMSCOPE_ENTRY_PRESENT) ||
		    (told && run->region == VMSCOPE_REGION_ESPFIX &&
		     run->start >= told))
			continue;
		lines_add(lines,
			  (struct line){ run->start, run->end, level, flags });
	}
	runlist_free(&list);
}

static bool lines_equal(const struct lines *a, const struct lines *b)
{
	return a->len == b->len &&
	       !memcmp(a->line, b->line, a->len * sizeof(*a->line));
}

static void difference_show(const struct lines *ours,
			    const struct lines *theirs)
{
	size_t i = 0, j = 0, shown = 0;

	while ((i < ours->len || j < theirs->len) && shown < 20) {
		const struct line *a = &ours->line[i], *b = &theirs->line[j];

		if (i < ours->len && j < theirs->len &&
		    !memcmp(a, b, sizeof(*a))) {
			i++;
			j++;
			continue;
		}
		shown++;
		if (j == theirs->len ||
		    (i < ours->len && a->start <= b->start)) {
			tap_diag("ours   %#llx-%#llx level %u flags %#llx",
				 (unsigned long long)a->start,
				 (unsigned long long)a->end, a->level,
				 (unsigned long long)a->flags);
			i++;
		} else {
			tap_diag("ptdump %#llx-%#llx level %u flags %#llx",
				 (unsigned long long)b->start,
				 (unsigned long long)b->end, b->level,
				 (unsigned long long)b->flags);
			j++;
		}
	}
}

static void compare(const char *path)
{
	struct lines before = { 0 }, theirs = { 0 }, after = { 0 };
	bool equal = false;
	unsigned int i;

	if (access(path, R_OK)) {
		tap_skip("run by run as in ptdump", "no %s", path);
		return;
	}
	for (i = 0; i < ATTEMPTS && !equal; i++) {
		uint64_t told;

		lines_free(&before);
		lines_free(&theirs);
		lines_free(&after);
		/* the first tells how much of espfix is told */
		told = ptdump_read(path, &theirs);
		lines_free(&theirs);
		runs_read(&before, told);
		ptdump_read(path, &theirs);
		runs_read(&after, told);
		equal = lines_equal(&before, &theirs) ||
			lines_equal(&after, &theirs);
	}
	if (!equal)
		difference_show(&after, &theirs);
	tap_ok(equal && before.len > 50, "run by run as in %s: %zu runs", path,
	       before.len);
	tap_diag("%u attempts", i);
	lines_free(&before);
	lines_free(&theirs);
	lines_free(&after);
}

int main(void)
{
	fd = req_open();
	compare("/sys/kernel/debug/page_tables/current_kernel");
	compare("/sys/kernel/debug/page_tables/kernel");
	return tap_done();
}
