// SPDX-License-Identifier: GPL-2.0
/*
 * A summary as text.
 */
#include <linux/fs.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "procfs_report.h"
#include "session.h"

/**
 * vmscope_report_gather() - a process's summary
 * @file: whose opener's right counts
 * @id: a process id in the current pid namespace, 0 for the current process
 * @report: out
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_report_gather(const struct file *file, u64 id,
			  struct vmscope_report *report)
{
	const struct vmscope_session session = { file, .as_opener = true };

	report->summary = (struct vmscope_summary){ .target = id };
	return vmscope_session_summary(&session, &report->summary,
				       report->kinds, NULL);
}

const char *const vmscope_kind_names[VMSCOPE_KINDS] = {
	[VMSCOPE_KIND_VDSO] = "vdso",	  [VMSCOPE_KIND_HUGETLB] = "hugetlb",
	[VMSCOPE_KIND_DEVICE] = "device", [VMSCOPE_KIND_HEAP] = "heap",
	[VMSCOPE_KIND_STACK] = "stack",	  [VMSCOPE_KIND_SHARED] = "shared",
	[VMSCOPE_KIND_TEXT] = "text",	  [VMSCOPE_KIND_DATA] = "data",
	[VMSCOPE_KIND_FILE] = "file",	  [VMSCOPE_KIND_ANON] = "anon",
};

static const char *const layout_names[] = {
	[VMSCOPE_LAYOUT_SAME] = "same",
	[VMSCOPE_LAYOUT_CHANGED] = "changed",
	[VMSCOPE_LAYOUT_UNKNOWN] = "unknown",
};

/* A line of a key and a value. */
void vmscope_report_value(struct seq_file *m, const char *key, u64 value)
{
	seq_printf(m, "%-22s %20llu\n", key, value);
}

void vmscope_report_text(struct seq_file *m, const char *key, const char *text)
{
	seq_printf(m, "%-22s %20s\n", key, text);
}

/* A name, so that it is one word. */
void vmscope_report_comm(struct seq_file *m, const struct vmscope_summary *s)
{
	char comm[sizeof(s->comm) + 1] = {};

	memcpy(comm, s->comm, sizeof(s->comm));
	seq_escape(m, comm, " \t\n\\");
}

/* The whole report. */
void vmscope_report_show(struct seq_file *m,
			 const struct vmscope_report *report)
{
	const struct vmscope_summary *s = &report->summary;
	const struct {
		const char *key;
		u64 value;
	} rows[] = {
		{ "pid", s->pid },
		{ "virtual_bytes", s->sums.virtual_bytes },
		{ "present_bytes", s->sums.present_bytes },
		{ "resident_bytes", s->sums.resident_bytes },
		{ "swapped_bytes", s->sums.swapped_bytes },
		{ "hugetlb_bytes", s->sums.hugetlb_bytes },
		{ "leaf_pte_bytes", s->sums.leaf_bytes[0] },
		{ "leaf_pmd_bytes", s->sums.leaf_bytes[1] },
		{ "leaf_pud_bytes", s->sums.leaf_bytes[2] },
		{ "page_table_bytes", s->page_table_bytes },
		{ "pte_tables", s->table_pages[0] },
		{ "pmd_tables", s->table_pages[1] },
		{ "pud_tables", s->table_pages[2] },
		{ "p4d_tables", s->table_pages[4] ? s->table_pages[3] : 0 },
		{ "pgd_tables",
		  s->table_pages[4] ? s->table_pages[4] : s->table_pages[3] },
		{ "user_top_entries", s->user_top_entries },
		{ "kernel_top_entries", s->kernel_top_entries },
		{ "kernel_stack_bytes", s->kernel_stack_bytes },
		{ "minor_faults", s->minor_faults },
		{ "major_faults", s->major_faults },
		{ "mappings", s->mappings },
		{ "threads", s->threads },
		{ "lock_holds", s->walk.holds },
		{ "entries_read", s->walk.entries },
	};
	unsigned int i;

	seq_printf(m, "%-22s ", "comm");
	vmscope_report_comm(m, s);
	seq_putc(m, '\n');
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		vmscope_report_value(m, rows[i].key, rows[i].value);
	vmscope_report_text(m, "layout", layout_names[s->walk.layout]);

	seq_printf(m, "\n%-8s %16s %16s %16s %16s\n", "KIND", "VIRTUAL_bytes",
		   "PRESENT_bytes", "RESIDENT_bytes", "SWAPPED_bytes");
	for (i = 0; i < VMSCOPE_KINDS; i++) {
		const struct vmscope_sums *k = &report->kinds[i];

		if (k->virtual_bytes)
			seq_printf(m, "%-8s %16llu %16llu %16llu %16llu\n",
				   vmscope_kind_names[i], k->virtual_bytes,
				   k->present_bytes, k->resident_bytes,
				   k->swapped_bytes);
	}
}
