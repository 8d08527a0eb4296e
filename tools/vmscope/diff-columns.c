// SPDX-License-Identifier: GPL-2.0
/*
 * The columns of "vmscope diff".
 */
#include <inttypes.h>

#include "out.h"
#include "snapshot.h"

const struct diff_flag diff_flags[] = {
	{ VMSCOPE_CHANGE_NEW, "new" },
	{ VMSCOPE_CHANGE_GROWN, "grown" },
	{ VMSCOPE_CHANGE_UNMAPPED, "unmapped" },
	{ VMSCOPE_CHANGE_SHRUNK, "shrunk" },
	{ VMSCOPE_CHANGE_PERMS, "perms" },
	{ VMSCOPE_CHANGE_REPLACED, "replaced" },
	{ 0, NULL },
};

const char *diff_change_words(uint64_t flags, char buf[COLUMN_BUF])
{
	const struct diff_flag *flag;
	size_t pos = 0;

	buf[0] = '\0';
	for (flag = diff_flags; flag->name; flag++)
		if (flags & flag->flag)
			pos += (size_t)snprintf(buf + pos, COLUMN_BUF - pos,
						"%s%s", pos ? "," : "",
						flag->name);
	return buf;
}

static const struct diff_row *row_of(const void *item)
{
	return item;
}

static const struct vmscope_change_sums *sums_of(const void *item)
{
	return &row_of(item)->change->sums;
}

/* The mapping as it is now, or if it is gone as it was. */
static const struct vmscope_map *map_of(const void *item)
{
	const struct vmscope_change *change = row_of(item)->change;

	return change->after.end ? &change->after : &change->before;
}

static const char *cell_start(const void *item, char buf[COLUMN_BUF])
{
	if (row_of(item)->total)
		return "total";
	snprintf(buf, COLUMN_BUF, "%012" PRIx64, row_of(item)->change->start);
	return buf;
}

static const char *cell_end(const void *item, char buf[COLUMN_BUF])
{
	if (row_of(item)->total)
		return "";
	snprintf(buf, COLUMN_BUF, "%012" PRIx64, row_of(item)->change->end);
	return buf;
}

static const char *cell_perms(const void *item, char buf[COLUMN_BUF])
{
	const struct vmscope_change *change = row_of(item)->change;
	char before[5], after[5];

	if (row_of(item)->total)
		return "";
	vmscope_map_perms(change->before.flags, before);
	vmscope_map_perms(map_of(item)->flags, after);
	if (change->flags & VMSCOPE_CHANGE_PERMS)
		snprintf(buf, COLUMN_BUF, "%s>%s", before, after);
	else
		snprintf(buf, COLUMN_BUF, "%s", after);
	return buf;
}

static const char *cell_kind(const void *item, char buf[COLUMN_BUF])
{
	const struct vmscope_name *name;

	(void)buf;
	if (row_of(item)->total)
		return "";
	name = vmscope_name_find(VMSCOPE_NAMES_KIND, map_of(item)->kind);
	return name ? name->name : "?";
}

static const char *cell_change(const void *item, char buf[COLUMN_BUF])
{
	if (row_of(item)->total)
		return "";
	diff_change_words(row_of(item)->change->flags, buf);
	return *buf ? buf : "-";
}

static const char *size(const void *item, uint64_t bytes, char *buf)
{
	return out_size(row_of(item)->cli, bytes, buf);
}

static const char *cell_before(const void *item, char buf[COLUMN_BUF])
{
	return size(item, sums_of(item)->before_bytes, buf);
}

static const char *cell_after(const void *item, char buf[COLUMN_BUF])
{
	return size(item, sums_of(item)->after_bytes, buf);
}

static const char *cell_faulted(const void *item, char buf[COLUMN_BUF])
{
	return size(item, sums_of(item)->faulted_in, buf);
}

static const char *cell_swapped_in(const void *item, char buf[COLUMN_BUF])
{
	return size(item, sums_of(item)->swapped_in, buf);
}

static const char *cell_swapped_out(const void *item, char buf[COLUMN_BUF])
{
	return size(item, sums_of(item)->swapped_out, buf);
}

static const char *cell_given_back(const void *item, char buf[COLUMN_BUF])
{
	return size(item, sums_of(item)->given_back, buf);
}

static const char *cell_written(const void *item, char buf[COLUMN_BUF])
{
	return size(item, sums_of(item)->written, buf);
}

static const char *cell_maybe(const void *item, char buf[COLUMN_BUF])
{
	return size(item, sums_of(item)->maybe_written, buf);
}

static const char *cell_collapsed(const void *item, char buf[COLUMN_BUF])
{
	return size(item, sums_of(item)->collapsed, buf);
}

static const char *cell_split(const void *item, char buf[COLUMN_BUF])
{
	return size(item, sums_of(item)->split, buf);
}

static const char *cell_name(const void *item, char buf[COLUMN_BUF])
{
	(void)buf;
	return row_of(item)->name;
}

/* clang-format off */
const struct column diff_columns[] = {
	{ "START", true, true, "first address", NULL, cell_start },
	{ "END", true, true, "first address after it", NULL, cell_end },
	{ "PERMS", true, false, "permissions; before>after if they changed", NULL, cell_perms },
	{ "KIND", true, false, "what the mapping is for", NULL, cell_kind },
	{ "CHANGE", true, false, "new, grown, unmapped, shrunk, perms, replaced", NULL, cell_change },
	{ "BEFORE", false, true, "mapped before", NULL, cell_before },
	{ "AFTER", true, true, "mapped after", NULL, cell_after },
	{ "FAULTED", true, true, "in memory now, nowhere before", NULL, cell_faulted },
	{ "SWAPIN", false, true, "in memory now, in swap before", NULL, cell_swapped_in },
	{ "SWAPOUT", true, true, "in swap now, and not before", NULL, cell_swapped_out },
	{ "FREED", true, true, "nowhere now, in memory or swap before", NULL, cell_given_back },
	{ "WRITTEN", true, true, "in memory before and after, and written in between", NULL, cell_written },
	{ "MAYBE", false, true, "likewise, but it cannot be told whether written", NULL, cell_maybe },
	{ "HUGE", true, true, "in memory before and after, collapsed into huge pages", NULL, cell_collapsed },
	{ "SPLIT", false, true, "likewise, split into smaller pages", NULL, cell_split },
	{ "NAME", true, false, "file, or name in brackets", NULL, cell_name },
	{ NULL, false, false, NULL, NULL, NULL },
};
/* clang-format on */
