// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/vmscope/kernel: the regions of the kernel half, in the kernel's tables
 * and, with KPTI, in those that user mode runs with.
 */
#include <linux/errno.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/layout.h"
#include "procfs.h"
#include "session.h"
#include "session_layout.h"

/* More than the text is long, so that it need not be made twice. */
#define TEXT_BYTES 16384

static const char *const region_names[VMSCOPE_REGIONS] = {
	[VMSCOPE_REGION_UNUSED] = "unused",
	[VMSCOPE_REGION_GUARD] = "guard",
	[VMSCOPE_REGION_LDT] = "ldt",
	[VMSCOPE_REGION_DIRECT] = "direct",
	[VMSCOPE_REGION_VMALLOC] = "vmalloc",
	[VMSCOPE_REGION_VMEMMAP] = "vmemmap",
	[VMSCOPE_REGION_KASAN] = "kasan",
	[VMSCOPE_REGION_CPU_ENTRY] = "cpu_entry",
	[VMSCOPE_REGION_ESPFIX] = "espfix",
	[VMSCOPE_REGION_EFI] = "efi",
	[VMSCOPE_REGION_TEXT] = "text",
	[VMSCOPE_REGION_MODULES] = "modules",
	[VMSCOPE_REGION_FIXMAP] = "fixmap",
	[VMSCOPE_REGION_VSYSCALL] = "vsyscall",
};

static const char *const headings[] = {
	"MAPPED_bytes",	  "PTE_bytes",	      "PMD_bytes",  "PUD_bytes",
	"WRITABLE_bytes", "EXECUTABLE_bytes", "WX_bytes",   "USER_bytes",
	"GLOBAL_bytes",	  "UNCACHED_bytes",   "KEPT_bytes", "PTE_tables",
	"PMD_tables",	  "PUD_tables",	      "P4D_tables", "PGD_tables",
};

/* With four levels the top table is the pgd, as in the summary of a process. */
static void show_region(struct seq_file *m,
			const struct vmscope_kernel_region *r, bool hidden)
{
	const u64 *tables = r->table_pages;
	bool five = vmscope_arch_kernel_start() < ~0ULL << 47;
	const u64 values[ARRAY_SIZE(headings)] = {
		r->mapped_bytes,
		r->leaf_bytes[0],
		r->leaf_bytes[1],
		r->leaf_bytes[2],
		r->writable_bytes,
		r->executable_bytes,
		r->wx_bytes,
		r->user_bytes,
		r->global_bytes,
		r->uncached_bytes,
		r->kept_bytes,
		tables[0],
		tables[1],
		tables[2],
		five ? tables[3] : 0,
		five ? tables[4] : tables[3],
	};
	unsigned int i;

	seq_printf(m, "%-9s", region_names[r->id]);
	if (hidden)
		seq_printf(m, " %18s %18s", "hidden", "hidden");
	else
		seq_printf(m, " 0x%016llx 0x%016llx", r->start,
			   r->end == VMSCOPE_RANGE_END ? r->end : r->end - 1);
	for (i = 0; i < ARRAY_SIZE(values); i++)
		seq_printf(m, " %*llu", (int)strlen(headings[i]), values[i]);
	seq_putc(m, '\n');
}

static int show_root(struct seq_file *m, const char *name, u64 flags,
		     struct vmscope_kernel_region *regions)
{
	const struct vmscope_session session = { m->file, .as_opener = true };
	struct vmscope_kernel kernel = {
		.flags = flags,
		.end = VMSCOPE_RANGE_END,
	};
	struct vmscope_scan_kernel request = { .regions = regions };
	u64 wx = 0;
	unsigned int i;
	int err;

	err = vmscope_session_kernel(&session, &kernel, &request);
	if (err)
		return err;
	seq_printf(m, "root %s\n", name);
	seq_printf(m, "%-9s %18s %18s", "REGION", "FIRST", "LAST");
	for (i = 0; i < ARRAY_SIZE(headings); i++)
		seq_printf(m, " %s", headings[i]);
	seq_putc(m, '\n');
	for (i = 0; i < request.regions_len; i++) {
		show_region(m, &regions[i], request.hidden);
		wx += regions[i].wx_bytes;
	}
	seq_printf(m, "wx_bytes %llu\n", wx);
	return 0;
}

static int kernel_show(struct seq_file *m, void *v)
{
	struct vmscope_kernel_region *regions;
	int err;

	regions = kcalloc(VMSCOPE_ARCH_REGIONS, sizeof(*regions),
			  GFP_KERNEL_ACCOUNT);
	if (!regions)
		return -ENOMEM;
	err = show_root(m, "kernel", 0, regions);
	if (!err) {
		seq_putc(m, '\n');
		err = show_root(m, "user", VMSCOPE_KERNEL_F_USER_ROOT, regions);
		if (err == -EOPNOTSUPP) {
			seq_puts(m, "root user same\n");
			err = 0;
		}
	}
	kfree(regions);
	return err;
}

static int kernel_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, kernel_show, NULL, TEXT_BYTES);
}

const struct proc_ops vmscope_procfs_kernel_ops = {
	.proc_open = kernel_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};
