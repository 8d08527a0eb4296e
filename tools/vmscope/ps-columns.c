// SPDX-License-Identifier: GPL-2.0
/*
 * The columns of "vmscope ps".
 */
#include <inttypes.h>
#include <string.h>

#include "out.h"
#include "ps.h"

static const struct ps_row *row_of(const void *item)
{
	return item;
}

static const struct vmscope_process *process_of(const void *item)
{
	return &row_of(item)->process;
}

uint64_t ps_huge(const struct vmscope_process *process)
{
	return process->sums.leaf_bytes[1] + process->sums.leaf_bytes[2];
}

uint64_t ps_kernel(const struct vmscope_process *process)
{
	return process->page_table_bytes + process->kernel_stack_bytes;
}

static uint64_t user(const struct vmscope_process *process)
{
	return process->sums.resident_bytes + process->sums.hugetlb_bytes;
}

static uint64_t per_mille(uint64_t part, uint64_t whole)
{
	return whole ? part * 1000 / whole : 0;
}

/*
 * A column of a number: the number, by which rows are sorted, and the cell.
 */
#define SIZE(name, expression)                                                 \
	static uint64_t number_##name(const struct ps_row *row)                \
	{                                                                      \
		const struct vmscope_process *p = &row->process;               \
                                                                               \
		return expression;                                             \
	}                                                                      \
	static const char *cell_##name(const void *item, char buf[COLUMN_BUF]) \
	{                                                                      \
		return out_size(row_of(item)->cli, number_##name(item), buf);  \
	}

#define COUNT(name, expression)                                                \
	static uint64_t number_##name(const struct ps_row *row)                \
	{                                                                      \
		const struct vmscope_process *p = &row->process;               \
                                                                               \
		return expression;                                             \
	}                                                                      \
	static const char *cell_##name(const void *item, char buf[COLUMN_BUF]) \
	{                                                                      \
		snprintf(buf, COLUMN_BUF, "%" PRIu64, number_##name(item));    \
		return buf;                                                    \
	}

#define SHARE(name, part, whole)                                               \
	static uint64_t number_##name(const struct ps_row *row)                \
	{                                                                      \
		const struct vmscope_process *p = &row->process;               \
                                                                               \
		return per_mille(part, whole);                                 \
	}                                                                      \
	static const char *cell_##name(const void *item, char buf[COLUMN_BUF]) \
	{                                                                      \
		const struct vmscope_process *p = process_of(item);            \
                                                                               \
		return out_percent(part, whole, buf);                          \
	}

SIZE(virtual, p->sums.virtual_bytes)
SIZE(present, p->sums.present_bytes)
SIZE(resident, p->sums.resident_bytes)
SIZE(swapped, p->sums.swapped_bytes)
SIZE(hugetlb, p->sums.hugetlb_bytes)
SIZE(huge, ps_huge(p))
SIZE(pmd, p->sums.leaf_bytes[1])
SIZE(pud, p->sums.leaf_bytes[2])
SIZE(tables, p->page_table_bytes)
SIZE(stacks, p->kernel_stack_bytes)
SIZE(kernel, ps_kernel(p))
COUNT(pid, p->pid)
COUNT(minor, p->minor_faults)
COUNT(major, p->major_faults)
COUNT(threads, p->threads)
COUNT(mappings, p->mappings)
COUNT(entries, p->walk.entries)
COUNT(holds, p->walk.holds)
COUNT(scan, p->scan_ns / 1000)
SHARE(huge_share, ps_huge(p), p->sums.present_bytes)
SHARE(kernel_share, ps_kernel(p), user(p) + ps_kernel(p))

static const char *cell_user(const void *item, char buf[COLUMN_BUF])
{
	(void)buf;
	return row_of(item)->user;
}

static const char *cell_name(const void *item, char buf[COLUMN_BUF])
{
	(void)buf;
	return row_of(item)->comm;
}

static const char *cell_command(const void *item, char buf[COLUMN_BUF])
{
	(void)buf;
	return row_of(item)->known ? row_of(item)->command : "-";
}

static uint64_t number_parent(const struct ps_row *row)
{
	return row->parent;
}

static const char *cell_parent(const void *item, char buf[COLUMN_BUF])
{
	snprintf(buf, COLUMN_BUF, "%" PRIu64, row_of(item)->parent);
	return row_of(item)->known ? buf : "-";
}

static const char *milliseconds(const struct ps_row *row, uint64_t ms,
				char buf[COLUMN_BUF])
{
	snprintf(buf, COLUMN_BUF, "%" PRIu64 ".%02" PRIu64, ms / 1000,
		 ms % 1000 / 10);
	return row->known ? buf : "-";
}

static uint64_t number_utime(const struct ps_row *row)
{
	return row->user_ms;
}

static const char *cell_utime(const void *item, char buf[COLUMN_BUF])
{
	return milliseconds(item, number_utime(item), buf);
}

static uint64_t number_stime(const struct ps_row *row)
{
	return row->system_ms;
}

static const char *cell_stime(const void *item, char buf[COLUMN_BUF])
{
	return milliseconds(item, number_stime(item), buf);
}

static uint64_t number_stime_share(const struct ps_row *row)
{
	return per_mille(row->system_ms, row->user_ms + row->system_ms);
}

static const char *cell_stime_share(const void *item, char buf[COLUMN_BUF])
{
	const struct ps_row *row = item;

	return out_percent(row->system_ms, row->user_ms + row->system_ms, buf);
}

/* clang-format off */
const struct column ps_columns[] = {
	{ "PID", true, true, "process id", NULL, cell_pid },
	{ "USER", true, false, "its effective user", NULL, cell_user },
	{ "RSS", true, true, "resident: pages that count as its own", NULL, cell_resident },
	{ "SWAP", true, true, "in a swap area", NULL, cell_swapped },
	{ "HUGE%", true, true, "share of what the MMU maps that huge leaves map", NULL, cell_huge_share },
	{ "TABLES", true, true, "its page tables (VmPTE)", NULL, cell_tables },
	{ "KERNEL", true, true, "what the kernel keeps for it: page tables and kernel stacks", NULL, cell_kernel },
	{ "KERNEL%", true, true, "share of KERNEL in KERNEL, RSS and HUGETLB together", NULL, cell_kernel_share },
	{ "MINFLT", true, true, "page faults without I/O", NULL, cell_minor },
	{ "MAJFLT", true, true, "page faults with I/O", NULL, cell_major },
	{ "VIRTUAL", false, true, "size of its mappings", NULL, cell_virtual },
	{ "PRESENT", false, true, "what the MMU maps of that", NULL, cell_present },
	{ "HUGE", false, true, "mapped by leaves of 2M and 1G", NULL, cell_huge },
	{ "2M", false, true, "mapped by leaves of 2M", NULL, cell_pmd },
	{ "1G", false, true, "mapped by leaves of 1G", NULL, cell_pud },
	{ "HUGETLB", false, true, "mapped pages of the hugetlb pool, not in RSS", NULL, cell_hugetlb },
	{ "STACKS", false, true, "kernel stacks of its threads", NULL, cell_stacks },
	{ "THREADS", false, true, "its threads", NULL, cell_threads },
	{ "MAPPINGS", false, true, "its mappings", NULL, cell_mappings },
	{ "ENTRIES", false, true, "entries that were read of it", NULL, cell_entries },
	{ "HOLDS", false, true, "how often its mmap_lock was taken for that", NULL, cell_holds },
	{ "SCAN", false, true, "microseconds that this took", NULL, cell_scan },
	{ "PPID", false, true, "id of its parent", NULL, cell_parent },
	{ "UTIME", false, true, "seconds that it ran in user mode", NULL, cell_utime },
	{ "STIME", false, true, "seconds that the kernel ran for it", NULL, cell_stime },
	{ "STIME%", false, true, "share of STIME in UTIME and STIME", NULL, cell_stime_share },
	{ "COMMAND", false, false, "its command line", NULL, cell_command },
	{ "NAME", true, false, "its name", NULL, cell_name },
	{ NULL, false, false, NULL, NULL, NULL },
};

/* By cell: how to sort, and whether libproc2 must be asked. */
static const struct {
	const char *(*cell)(const void *item, char buf[COLUMN_BUF]);
	uint64_t (*number)(const struct ps_row *row); /* NULL: by its text */
	bool proc;
} keys[] = {
	{ cell_pid, number_pid, false },
	{ cell_resident, number_resident, false },
	{ cell_swapped, number_swapped, false },
	{ cell_huge_share, number_huge_share, false },
	{ cell_tables, number_tables, false },
	{ cell_kernel, number_kernel, false },
	{ cell_kernel_share, number_kernel_share, false },
	{ cell_minor, number_minor, false },
	{ cell_major, number_major, false },
	{ cell_virtual, number_virtual, false },
	{ cell_present, number_present, false },
	{ cell_huge, number_huge, false },
	{ cell_pmd, number_pmd, false },
	{ cell_pud, number_pud, false },
	{ cell_hugetlb, number_hugetlb, false },
	{ cell_stacks, number_stacks, false },
	{ cell_threads, number_threads, false },
	{ cell_mappings, number_mappings, false },
	{ cell_entries, number_entries, false },
	{ cell_holds, number_holds, false },
	{ cell_scan, number_scan, false },
	{ cell_parent, number_parent, true },
	{ cell_utime, number_utime, true },
	{ cell_stime, number_stime, true },
	{ cell_stime_share, number_stime_share, true },
	{ cell_command, NULL, true },
};
/* clang-format on */

bool ps_column_is_proc(const struct column *column)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].cell == column->cell)
			return keys[i].proc;
	return false;
}

int ps_column_compare(const struct column *column, const struct ps_row *a,
		      const struct ps_row *b)
{
	char buf[2][COLUMN_BUF];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].cell == column->cell && keys[i].number) {
			uint64_t x = keys[i].number(a);
			uint64_t y = keys[i].number(b);

			return x > y ? -1 : x < y;
		}
	}
	return strcmp(column->cell(a, buf[0]), column->cell(b, buf[1]));
}
