/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of /proc/vmscope share.
 */
#ifndef _VMSCOPE_PROCFS_REPORT_H
#define _VMSCOPE_PROCFS_REPORT_H

#include <linux/proc_fs.h>
#include <linux/types.h>
#include <linux/vmscope.h>

struct file;
struct seq_file;

/**
 * struct vmscope_report - a summary, ready to be shown
 * @summary: the summary
 * @kinds: its parts
 */
struct vmscope_report {
	struct vmscope_summary summary;
	struct vmscope_sums kinds[VMSCOPE_KINDS];
};

extern const char *const vmscope_kind_names[VMSCOPE_KINDS];

int vmscope_report_gather(const struct file *file, u64 id,
			  struct vmscope_report *report);
void vmscope_report_show(struct seq_file *m,
			 const struct vmscope_report *report);
void vmscope_report_comm(struct seq_file *m, const struct vmscope_summary *s);
void vmscope_report_value(struct seq_file *m, const char *key, u64 value);
void vmscope_report_text(struct seq_file *m, const char *key, const char *text);

/* procfs_query.c */
extern const struct proc_ops vmscope_query_ops;

#endif /* _VMSCOPE_PROCFS_REPORT_H */
