// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope layout: the kernel half as text.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "layout.h"
#include "out.h"
#include "table.h"

#define WX (VMSCOPE_ENTRY_WRITABLE | VMSCOPE_ENTRY_EXECUTABLE)

/* Runs that PERMS and LEAF tell of, and those that take no words. */
#define FLAGS_SAID                                                         \
	(VMSCOPE_ENTRY_PRESENT | VMSCOPE_ENTRY_LEAF | VMSCOPE_ENTRY_USER | \
	 VMSCOPE_ENTRY_PROTNONE | WX)

/* So many of one kind in a row are told one by one. */
#define FOLD 4

/* W+X runs that are named, of each region. */
#define WX_NAMED 8

static const char *region_name(uint64_t id)
{
	const struct vmscope_name *name =
		vmscope_name_find(VMSCOPE_NAMES_REGION, id);

	return name ? name->name : "?";
}

/* -------------------------------------------------------------- regions */

enum {
	COLUMN_START,
	COLUMN_END,
	COLUMN_SIZE,
	COLUMN_MAPPED,
	COLUMN_LEAVES,
	COLUMN_WRITABLE,
	COLUMN_EXEC,
	COLUMN_USER,
	COLUMN_TABLES,
	COLUMN_REGION,
	COLUMN_WHAT,
	COLUMN_ROOT,
};

static uint64_t tables_of(const struct vmscope_kernel_region *region)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(region->table_pages); i++)
		sum += region->table_pages[i];
	return sum;
}

/* "4K,2M": which sizes of leaves there are */
static void leaves_print(const struct layout *layout,
			 const struct vmscope_kernel_region *region, char *buf,
			 size_t size)
{
	char text[OUT_SIZE_LEN];
	size_t pos = 0;
	size_t i;

	snprintf(buf, size, "-");
	for (i = 0; i < ARRAY_SIZE(region->leaf_bytes); i++)
		if (region->leaf_bytes[i] && pos < size)
			pos += (size_t)snprintf(
				buf + pos, size - pos, "%s%s", pos ? "," : "",
				out_page_size(layout->info.leaf_sizes[i],
					      text));
}

static void region_print(const struct layout *layout,
			 const struct vmscope_kernel_region *region,
			 const struct vmscope_kernel_region *root,
			 struct libscols_line *line)
{
	const struct vmscope_name *name =
		vmscope_name_find(VMSCOPE_NAMES_REGION, region->id);
	const struct cli *cli = layout->cli;
	char buf[64];

	if (layout_hidden(layout)) {
		table_text(line, COLUMN_START, "hidden");
		table_text(line, COLUMN_END, "hidden");
		table_text(line, COLUMN_SIZE, "hidden");
	} else {
		table_text(line, COLUMN_START,
			   layout_address(region->start, buf));
		table_text(line, COLUMN_END, layout_address(region->end, buf));
		table_size(cli, line, COLUMN_SIZE,
			   vmscope_range_bytes(region->start, region->end));
	}
	table_size(cli, line, COLUMN_MAPPED, region->mapped_bytes);
	leaves_print(layout, region, buf, sizeof(buf));
	table_text(line, COLUMN_LEAVES, buf);
	table_size(cli, line, COLUMN_WRITABLE, region->writable_bytes);
	table_size(cli, line, COLUMN_EXEC, region->executable_bytes);
	table_size(cli, line, COLUMN_USER, region->user_bytes);
	table_number(line, COLUMN_TABLES, tables_of(region));
	table_text(line, COLUMN_REGION, name ? name->name : "?");
	table_text(line, COLUMN_WHAT, name ? name->text : "");
	if (root)
		table_size(cli, line, COLUMN_ROOT, root->mapped_bytes);
	if (cli->color && region->wx_bytes)
		scols_line_set_color(line, "red");
	else if (cli->color && !region->mapped_bytes)
		scols_line_set_color(line, "halfbright");
}

/* Parts of the kernel half that KASLR moves, and where they are without it. */
static const struct {
	uint64_t id;
	uint64_t base[2]; /* with 4 and with 5 levels */
	bool by_mapped; /* it moves in its region, not with it */
} movable[] = {
	{ VMSCOPE_REGION_DIRECT,
	  { 0xffff888000000000, 0xff11000000000000 },
	  false },
	{ VMSCOPE_REGION_VMALLOC,
	  { 0xffffc90000000000, 0xffa0000000000000 },
	  false },
	{ VMSCOPE_REGION_VMEMMAP,
	  { 0xffffea0000000000, 0xffd4000000000000 },
	  false },
	{ VMSCOPE_REGION_TEXT,
	  { 0xffffffff81000000, 0xffffffff81000000 },
	  true },
};

static void moved_print(const struct layout *layout,
			const struct vmscope_kernel_region *region)
{
	char size[OUT_SIZE_LEN];
	uint64_t base;
	uint64_t start;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(movable); i++) {
		if (movable[i].id != region->id)
			continue;
		base = movable[i].base[layout->info.levels == 5];
		start = movable[i].by_mapped ? region->mapped_start :
					       region->start;
		if (start == base)
			printf("  %-9s at 0x%016" PRIx64 ", not moved\n",
			       region_name(region->id), start);
		else
			printf("  %-9s at 0x%016" PRIx64 ", moved %s by %s\n",
			       region_name(region->id), start,
			       start > base ? "up" : "down",
			       out_size(layout->cli,
					start > base ? start - base :
						       base - start,
					size));
	}
}

static void placed_print(const struct layout *layout)
{
	const struct vmscope_regions *regions = &layout->kernel;
	size_t i;

	if (layout_hidden(layout)) {
		puts("addresses are hidden: they are shown with CAP_SYS_ADMIN, unless the kernel is\nlocked down");
		return;
	}
	puts("where KASLR put what it may move:");
	for (i = 0; i < regions->len; i++)
		moved_print(layout, &regions->regions[i]);
}

/* What a student wants to know of the split: can user mode get there? */
static void reach_print(const struct layout *layout)
{
	const struct vmscope_regions *regions = &layout->kernel;
	char size[OUT_SIZE_LEN];
	uint64_t mapped = 0;
	uint64_t user = 0;
	uint64_t root = 0;
	size_t i;

	for (i = 0; i < regions->len; i++) {
		mapped += regions->regions[i].mapped_bytes;
		user += regions->regions[i].user_bytes;
	}
	for (i = 0; i < layout->root.len; i++)
		root += layout->root.regions[i].mapped_bytes;
	printf("mapped in the kernel's tables: %s; ",
	       out_size(layout->cli, mapped, size));
	if (user)
		printf("user mode may use %s of it\n",
		       out_size(layout->cli, user, size));
	else
		puts("user mode may use nothing of it,\nas no way there has the user bit all along");
	if (layout->has_root)
		printf("with KPTI, while user mode runs only %s are mapped at all%s\n",
		       out_size(layout->cli, root, size),
		       layout->cli->layout_root ? "" : " (column ROOT)");
	else
		puts("no KPTI: all of it is mapped while user mode runs, too, and only the user bit\nkeeps user mode out");
}

void layout_kernel_print(const struct layout *layout)
{
	static const struct table_column columns[] = {
		{ "START", true },   { "END", true },	  { "SIZE", true },
		{ "MAPPED", true },  { "LEAVES", false }, { "WRITABLE", true },
		{ "EXEC", true },    { "USER", true },	  { "TABLES", true },
		{ "REGION", false }, { "WHAT", false },	  { "ROOT", true },
	};
	const struct vmscope_regions *regions = layout_chosen(layout);
	bool both = layout->has_root && !layout->cli->layout_root &&
		    layout->root.len == regions->len;
	struct libscols_table *table =
		table_create(layout->cli, columns, ARRAY_SIZE(columns) - !both);
	char size[OUT_SIZE_LEN];
	size_t i;

	printf("kernel half%s: 0x%016" PRIx64
	       "-0x10000000000000000, %s, %" PRIu64
	       " levels of page tables\n\n",
	       layout->cli->layout_root ? " as mapped for user mode" : "",
	       (uint64_t)layout->info.kernel_start,
	       out_size(layout->cli, -layout->info.kernel_start, size),
	       (uint64_t)layout->info.levels);
	for (i = 0; i < regions->len; i++)
		region_print(layout, &regions->regions[i],
			     both ? &layout->root.regions[i] : NULL,
			     table_line(table));
	table_finish(table);
	putchar('\n');
	reach_print(layout);
	placed_print(layout);
}

/* ----------------------------------------------------------------- runs */

/* Runs on their way to the table: many of one kind in a row become one line. */
struct folding {
	const struct layout *layout;
	struct table_stream table;
	struct vmscope_kernel_run first[FOLD];
	struct vmscope_kernel_run last;
	uint64_t count;
	uint64_t step; /* from one to the next */
};

static struct libscols_line *run_line(struct folding *fold,
				      const struct vmscope_kernel_run *run,
				      uint64_t end, uint64_t bytes)
{
	struct libscols_line *line = table_stream_line(&fold->table);
	bool present = run->flags & VMSCOPE_ENTRY_PRESENT;
	char buf[256];

	table_text(line, 0, layout_address(run->start, buf));
	table_text(line, 1, layout_address(end, buf));
	table_size(fold->layout->cli, line, 2, bytes);
	table_text(line, 3, out_page_size(run->leaf_size, buf));
	snprintf(buf, sizeof(buf), "%c%c%c%c", present ? 'r' : '-',
		 run->flags & VMSCOPE_ENTRY_WRITABLE ? 'w' : '-',
		 run->flags & VMSCOPE_ENTRY_EXECUTABLE ? 'x' : '-',
		 run->flags & VMSCOPE_ENTRY_USER ? 'u' : '-');
	table_text(line, 4, present ? buf : "----");
	table_text(line, 5, region_name(run->region));
	out_flags(VMSCOPE_NAMES_ENTRY_FLAG, run->flags & ~FLAGS_SAID, buf,
		  sizeof(buf));
	table_text(line, 6, !present ? "not present" : *buf ? buf : "-");
	if (fold->layout->cli->color && present && (run->flags & WX) == WX)
		scols_line_set_color(line, "red");
	return line;
}

static void fold_flush(struct folding *fold)
{
	const struct vmscope_kernel_run *run = fold->first;
	uint64_t bytes = vmscope_range_bytes(run->start, run->end);
	struct libscols_line *line;
	char size[OUT_SIZE_LEN];
	char buf[96];
	uint64_t i;

	for (i = 0; i < fold->count && (i == 0 || fold->count <= FOLD); i++)
		run_line(fold, &fold->first[i], fold->first[i].end, bytes);
	if (fold->count > FOLD) {
		line = run_line(fold, &fold->first[1], fold->last.end,
				bytes * (fold->count - 1));
		snprintf(buf, sizeof(buf),
			 "%" PRIu64 " more like this, one every %s",
			 fold->count - 1,
			 out_size(fold->layout->cli, fold->step, size));
		table_text(line, 6, buf);
	}
	fold->count = 0;
}

static bool fold_fits(const struct folding *fold,
		      const struct vmscope_kernel_run *run)
{
	const struct vmscope_kernel_run *last = &fold->last;

	return fold->count && run->region == last->region &&
	       run->leaf_size == last->leaf_size && run->flags == last->flags &&
	       vmscope_range_bytes(run->start, run->end) ==
		       vmscope_range_bytes(last->start, last->end) &&
	       (fold->count == 1 || run->start - last->start == fold->step);
}

static void fold_add(struct folding *fold, const struct vmscope_kernel_run *run)
{
	if (!fold_fits(fold, run) && fold->count)
		fold_flush(fold);
	if (fold->count)
		fold->step = run->start - fold->last.start;
	if (fold->count < FOLD)
		fold->first[fold->count] = *run;
	fold->last = *run;
	fold->count++;
}

int layout_runs_print(const struct layout *layout)
{
	static const struct table_column columns[] = {
		{ "START", true },  { "END", true },	{ "SIZE", true },
		{ "LEAF", true },   { "PERMS", false }, { "REGION", false },
		{ "FLAGS", false },
	};
	struct cli *cli = layout->cli;
	struct folding fold = { .layout = layout };
	const struct vmscope_kernel_run *run;
	struct vmscope_runs_iter *iter;
	int err;

	if (vmscope_runs_open(cli->handle, &cli->target,
			      cli->layout_root ? VMSCOPE_KERNEL_F_USER_ROOT : 0,
			      cli->range_start, cli->range_end, &iter))
		cli_no_memory();
	fold.table.table = table_create(cli, columns, ARRAY_SIZE(columns));
	while (!(err = vmscope_runs_next(iter, &run)) && !out_failed())
		fold_add(&fold, run);
	if (err >= 0 && fold.count)
		fold_flush(&fold);
	if (err >= 0)
		table_stream_finish(&fold.table);
	scols_unref_table(fold.table.table);
	vmscope_runs_close(iter);
	return err < 0 ? cli_request_failure(cli, err, VMSCOPE_IOC_KERNEL) :
			 CLI_OK;
}

/* ------------------------------------------------------------------ W+X */

static int wx_runs_name(const struct layout *layout,
			const struct vmscope_kernel_region *region)
{
	struct cli *cli = layout->cli;
	const struct vmscope_kernel_run *run;
	struct vmscope_runs_iter *iter;
	unsigned int found = 0;
	char start[ADDRESS_LEN];
	char end[ADDRESS_LEN];
	char size[OUT_SIZE_LEN];
	int err;

	if (vmscope_runs_open(cli->handle, &cli->target,
			      cli->layout_root ? VMSCOPE_KERNEL_F_USER_ROOT : 0,
			      region->start, region->end, &iter))
		cli_no_memory();
	while (!(err = vmscope_runs_next(iter, &run))) {
		if ((run->flags & WX) != WX ||
		    !(run->flags & VMSCOPE_ENTRY_PRESENT))
			continue;
		if (++found <= WX_NAMED)
			cli_failure(
				"W+X in %s: 0x%s-0x%s (%s) may be written and executed",
				region_name(run->region),
				layout_address(run->start, start),
				layout_address(run->end, end),
				out_size(cli,
					 vmscope_range_bytes(run->start,
							     run->end),
					 size));
	}
	vmscope_runs_close(iter);
	if (err < 0)
		return cli_request_failure(cli, err, VMSCOPE_IOC_KERNEL);
	if (found > WX_NAMED)
		cli_failure("W+X in %s: %u more; --kernel --runs lists them",
			    region_name(region->id), found - WX_NAMED);
	return CLI_FAILURE;
}

int layout_wx_report(const struct layout *layout)
{
	const struct vmscope_regions *regions = layout_chosen(layout);
	char size[OUT_SIZE_LEN];
	int status = CLI_OK;
	size_t i;

	for (i = 0; i < regions->len; i++) {
		const struct vmscope_kernel_region *region =
			&regions->regions[i];

		if (!region->wx_bytes)
			continue;
		status = CLI_FAILURE;
		if (layout_hidden(layout))
			cli_failure(
				"W+X in %s: %s may be written and executed; where, is shown with CAP_SYS_ADMIN",
				region_name(region->id),
				out_size(layout->cli, region->wx_bytes, size));
		else
			wx_runs_name(layout, region);
	}
	return status;
}
