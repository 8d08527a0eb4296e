// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/vmscope: the same facts as text.
 *
 *  self       summary of the process that reads it
 *  processes  a row for each process that the reader may look at
 *  layout     the user and the kernel half of this machine's address space
 *  query      write a process id, read its summary from the same descriptor; or
 *             its mappings, tables, layout or pages (procfs_query.c)
 *  kernel     the regions of the kernel half
 *
 * Everywhere the rights of who opened the file count.
 */
#include <linux/fs.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "procfs.h"
#include "procfs_report.h"
#include "session.h"
#include "target.h"

#define KB(bytes) ((bytes) >> 10)

static struct proc_dir_entry *directory;

/* ------------------------------------------------------------------ self */

static int self_show(struct seq_file *m, void *v)
{
	struct vmscope_report *report =
		kzalloc(sizeof(*report), GFP_KERNEL_ACCOUNT);
	int err;

	if (!report)
		return -ENOMEM;
	err = vmscope_report_gather(m->file, 0, report);
	if (!err)
		vmscope_report_show(m, report);
	kfree(report);
	return err;
}

static int self_open(struct inode *inode, struct file *file)
{
	return single_open(file, self_show, NULL);
}

static const struct proc_ops self_ops = {
	.proc_open = self_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

/* ------------------------------------------------------------- processes */

#define ROW_HEADING "%7s %12s %12s %12s %10s %12s %12s %12s %14s %s\n"
#define ROW_NUMBERS \
	"%7llu %12llu %12llu %12llu %10llu %12llu %12llu %12llu %14llu "

/**
 * struct rows - a reading of all processes
 * @target: the process of the row, if @held
 * @held: there is one
 * @report: room for its summary
 */
struct rows {
	struct vmscope_target target;
	bool held;
	struct vmscope_report report;
};

static void put_row(struct rows *rows)
{
	if (rows->held)
		vmscope_target_put(&rows->target);
	rows->held = false;
}

/* Position 0 is the heading, any other the lowest process id to show next. */
static void *find_row(struct seq_file *m, loff_t *pos)
{
	struct rows *rows = m->private;
	int nr = *pos;

	put_row(rows);
	if (*pos > PID_MAX_LIMIT ||
	    vmscope_target_next(&rows->target, task_active_pid_ns(current),
				&nr))
		return NULL;
	rows->held = true;
	*pos = nr;
	return rows;
}

static void *rows_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? find_row(m, pos) : SEQ_START_TOKEN;
}

static void *rows_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return find_row(m, pos);
}

static void rows_stop(struct seq_file *m, void *v)
{
	put_row(m->private);
}

static int rows_show(struct seq_file *m, void *v)
{
	const struct vmscope_session session = { m->file, .as_opener = true };
	struct rows *rows = m->private;
	struct vmscope_summary *s = &rows->report.summary;
	int err;

	if (v == SEQ_START_TOKEN) {
		seq_printf(m, ROW_HEADING, "PID", "VIRTUAL_kB", "RESIDENT_kB",
			   "SWAPPED_kB", "TABLES_kB", "MINOR_FAULTS",
			   "MAJOR_FAULTS", "USER_ENTRIES", "KERNEL_ENTRIES",
			   "COMM");
		return 0;
	}

	*s = (struct vmscope_summary){};
	err = vmscope_session_row(&session, &rows->target, s,
				  rows->report.kinds);
	if (err)
		return err == -EINTR || err == -ENOMEM ? err : SEQ_SKIP;
	seq_printf(m, ROW_NUMBERS, s->pid, KB(s->sums.virtual_bytes),
		   KB(s->sums.resident_bytes), KB(s->sums.swapped_bytes),
		   KB(s->page_table_bytes), s->minor_faults, s->major_faults,
		   s->user_top_entries, s->kernel_top_entries);
	vmscope_report_comm(m, s);
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations rows_ops = {
	.start = rows_start,
	.next = rows_next,
	.stop = rows_stop,
	.show = rows_show,
};

static int processes_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &rows_ops, sizeof(struct rows));
}

static const struct proc_ops processes_ops = {
	.proc_open = processes_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = seq_release_private,
};

/* ---------------------------------------------------------------- layout */

static const char *const level_names[VMSCOPE_LEVELS] = {
	"pte", "pmd", "pud", "p4d", "pgd",
};

static void show_levels(struct seq_file *m, const struct vmscope_info *info)
{
	unsigned int level;

	seq_printf(m, "\n%-8s %8s %8s %20s %20s\n", "LEVEL", "ENTRIES", "BITS",
		   "ENTRY_COVERS_bytes", "LEAF_bytes");
	for (level = info->levels; level; level--) {
		unsigned int shift = VMSCOPE_LEVEL_SHIFT(level);
		const char *name =
			level_names[level == info->levels ? VMSCOPE_LEVELS - 1 :
							    level - 1];

		seq_printf(m, "%-8s %8llu %5u-%-2u %20llu", name,
			   info->entries_per_table,
			   shift + VMSCOPE_TABLE_SHIFT - 1, shift,
			   1ULL << shift);
		if (level <= ARRAY_SIZE(info->leaf_sizes) &&
		    info->leaf_sizes[level - 1])
			seq_printf(m, " %20llu\n", info->leaf_sizes[level - 1]);
		else
			seq_printf(m, " %20s\n", "-");
	}
}

static void show_half(struct seq_file *m, const char *name, u64 start, u64 last)
{
	seq_printf(m, "%-14s 0x%016llx 0x%016llx %20llu\n", name, start, last,
		   last - start + 1);
}

static int layout_show(struct seq_file *m, void *v)
{
	const struct vmscope_session session = { m->file, .as_opener = true };
	struct vmscope_info info = {};
	u64 half;

	vmscope_session_info(&session, &info, NULL);
	half = _BITULL(info.address_bits - 1);
	seq_printf(m, "%-14s %18s %18s %20s\n", "HALF", "FIRST", "LAST",
		   "SIZE_bytes");
	show_half(m, "user", 0, half - 1);
	show_half(m, "noncanonical", half, info.kernel_start - 1);
	show_half(m, "kernel", info.kernel_start, ~0ULL);

	seq_putc(m, '\n');
	vmscope_report_value(m, "address_bits", info.address_bits);
	vmscope_report_value(m, "physical_bits", info.physical_bits);
	vmscope_report_value(m, "page_bytes", info.page_size);
	vmscope_report_value(m, "levels", info.levels);
	vmscope_report_text(m, "kpti", info.pti ? "on" : "off");
	show_levels(m, &info);
	return 0;
}

static int layout_open(struct inode *inode, struct file *file)
{
	return single_open(file, layout_show, NULL);
}

static const struct proc_ops layout_ops = {
	.proc_open = layout_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static const struct {
	const char *name;
	umode_t mode;
	const struct proc_ops *ops;
} files[] = {
	{ "self", 0444, &self_ops },
	{ "processes", 0444, &processes_ops },
	{ "layout", 0444, &layout_ops },
	{ "query", 0666, &vmscope_query_ops },
	{ "kernel", 0444, &vmscope_procfs_kernel_ops },
};

int vmscope_procfs_init(void)
{
	unsigned int i;

	directory = proc_mkdir("vmscope", NULL);
	if (!directory)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		if (!proc_create(files[i].name, files[i].mode, directory,
				 files[i].ops)) {
			proc_remove(directory);
			return -ENOMEM;
		}
	}
	return 0;
}

void vmscope_procfs_exit(void)
{
	proc_remove(directory);
}
