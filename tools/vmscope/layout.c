// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope layout: what lies where in an address space, in both of its halves.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "out.h"
#include "table.h"

bool layout_hidden(const struct layout *layout)
{
	return layout->kernel.reply_flags & VMSCOPE_REPLY_ADDRESSES_HIDDEN;
}

const struct vmscope_regions *layout_chosen(const struct layout *layout)
{
	return layout->cli->layout_root ? &layout->root : &layout->kernel;
}

const char *layout_address(uint64_t address, char buf[ADDRESS_LEN])
{
	if (address == VMSCOPE_RANGE_END)
		return "10000000000000000";
	snprintf(buf, ADDRESS_LEN, "%016" PRIx64, address);
	return buf;
}

/* ------------------------------------------------------------ user half */

static const char *bits_of(const struct vmscope_borders *borders)
{
	return borders->layout_flags & VMSCOPE_BORDERS_32BIT ? "32-bit" :
							       "64-bit";
}

/* What a gap is good for, by what lies below and above it. */
static const char *gap_text(const struct vmscope_areas *areas, size_t i)
{
	uint64_t below;
	uint64_t above;

	if (!i)
		return "nothing, so that null pointers fault";
	if (i + 1 == areas->len)
		return "free";
	below = areas->areas[i - 1].kind;
	above = areas->areas[i + 1].kind;
	if (below == VMSCOPE_AREA_PROGRAM && above == VMSCOPE_AREA_HEAP)
		return "how far the heap was moved at random";
	if (below == VMSCOPE_AREA_HEAP && above == VMSCOPE_AREA_MMAP)
		return "free: the heap grows up into it, mmap down";
	if (above == VMSCOPE_AREA_STACK)
		return "free: the stack grows down into it";
	return "free";
}

/* What there is to say of an area's place, by what it is measured from. */
static void place_print(const struct layout *layout, size_t i, char *buf,
			size_t size)
{
	const struct vmscope_area *area = &layout->areas.areas[i];
	const struct vmscope_borders *b = &layout->borders;
	char text[OUT_SIZE_LEN];

	switch (area->kind) {
	case VMSCOPE_AREA_GAP:
		snprintf(buf, size, "%s", gap_text(&layout->areas, i));
		break;
	case VMSCOPE_AREA_PROGRAM:
		snprintf(buf, size, "code at 0x%" PRIx64 ", data at 0x%" PRIx64,
			 (uint64_t)b->code_start, (uint64_t)b->data_start);
		break;
	case VMSCOPE_AREA_HEAP:
		snprintf(buf, size, "brk, grows up");
		break;
	case VMSCOPE_AREA_MMAP:
		snprintf(buf, size, "%" PRIu64 " mapping%s", area->mappings,
			 area->mappings == 1 ? "" : "s");
		break;
	case VMSCOPE_AREA_STACK:
		snprintf(buf, size, "grows down; ends %s below the end",
			 out_size(layout->cli, b->task_size - area->end, text));
		break;
	default:
		snprintf(buf, size, "code and data that the kernel lends");
	}
}

static void areas_print(const struct layout *layout)
{
	static const struct table_column columns[] = {
		{ "START", true },  { "END", true },	 { "SIZE", true },
		{ "MAPPED", true }, { "PRESENT", true }, { "AREA", false },
		{ "WHAT", false },
	};
	struct libscols_table *table =
		table_create(layout->cli, columns, ARRAY_SIZE(columns));
	size_t i;

	for (i = 0; i < layout->areas.len; i++) {
		const struct vmscope_area *area = &layout->areas.areas[i];
		const struct vmscope_name *name =
			vmscope_name_find(VMSCOPE_NAMES_AREA, area->kind);
		struct libscols_line *line = table_line(table);
		char buf[128];

		snprintf(buf, sizeof(buf), "%012" PRIx64, area->start);
		table_text(line, 0, buf);
		snprintf(buf, sizeof(buf), "%012" PRIx64, area->end);
		table_text(line, 1, buf);
		table_size(layout->cli, line, 2, area->end - area->start);
		table_size(layout->cli, line, 3, area->sums.virtual_bytes);
		table_size(layout->cli, line, 4, area->sums.present_bytes);
		table_text(line, 5, name ? name->name : "?");
		place_print(layout, i, buf, sizeof(buf));
		table_text(line, 6, buf);
		if (layout->cli->color && area->kind == VMSCOPE_AREA_GAP)
			scols_line_set_color(line, "halfbright");
	}
	table_finish(table);
}

static void user_print(const struct layout *layout)
{
	const struct vmscope_borders *b = &layout->borders;
	bool up = b->layout_flags & VMSCOPE_BORDERS_BOTTOM_UP;
	struct cli *cli = layout->cli;
	char size[OUT_SIZE_LEN];
	char *escaped = NULL;
	size_t escaped_size = 0;
	char comm[sizeof(b->comm) + 1] = "";

	memcpy(comm, b->comm, sizeof(b->comm));
	printf("user half of process %" PRIu64 " (%s), %s: 0x0-0x%" PRIx64
	       ", %s\n\n",
	       (uint64_t)b->pid, out_escape(comm, &escaped, &escaped_size),
	       bits_of(b), (uint64_t)b->task_size,
	       out_size(cli, b->task_size, size));
	free(escaped);
	areas_print(layout);
	printf("\nmmap_base  0x%" PRIx64 ", %s below the end: ",
	       (uint64_t)b->mmap_base,
	       out_size(cli, b->task_size - b->mmap_base, size));
	printf("mmap looks for room from there %s\n", up ? "up" : "down");
	printf("task_size  0x%" PRIx64 ": ", (uint64_t)b->task_size);
	puts(b->layout_flags & VMSCOPE_BORDERS_32BIT ?
		     "a 32-bit process has no addresses from there on" :
		     "no process has addresses from there on");
}

/* --------------------------------------------------------------- gather */

static int user_get(struct layout *layout)
{
	struct cli *cli = layout->cli;
	int err;

	vmscope_borders_init(&layout->borders, &cli->target);
	err = vmscope_borders_get(cli->handle, &layout->borders);
	if (err)
		return cli_request_failure(cli, err, VMSCOPE_IOC_BORDERS);
	err = vmscope_areas_get(cli->handle, &cli->target, &layout->borders,
				&layout->areas);
	if (err == -ENOMEM)
		cli_no_memory();
	if (err)
		return cli_request_failure(cli, err, VMSCOPE_IOC_MAPS);
	layout->has_user = true;
	return CLI_OK;
}

static int kernel_get(struct layout *layout)
{
	struct cli *cli = layout->cli;
	int err;

	err = vmscope_regions_get(cli->handle, &cli->target, 0,
				  &layout->kernel);
	if (err)
		return cli_request_failure(cli, err, VMSCOPE_IOC_KERNEL);
	layout->has_kernel = true;
	if (!layout->info.pti && !cli->layout_root)
		return CLI_OK;
	err = vmscope_regions_get(cli->handle, &cli->target,
				  VMSCOPE_KERNEL_F_USER_ROOT, &layout->root);
	if (err)
		return cli_request_failure(cli, err, VMSCOPE_IOC_KERNEL);
	layout->has_root = true;
	return CLI_OK;
}

static int layout_gather(struct layout *layout)
{
	struct cli *cli = layout->cli;
	int err = cli_info_get(cli, &layout->info, NULL, 0);

	if (!err && !cli->layout_kernel)
		err = user_get(layout);
	if (!err && !cli->layout_user)
		err = kernel_get(layout);
	return err;
}

static int layout_print(const struct layout *layout)
{
	if (layout->cli->layout_runs)
		return layout_runs_print(layout);
	if (layout->has_user)
		user_print(layout);
	if (layout->has_user && layout->has_kernel)
		putchar('\n');
	if (layout->has_kernel)
		layout_kernel_print(layout);
	return CLI_OK;
}

static int layout_run(struct cli *cli)
{
	struct layout layout = { .cli = cli };
	int err = cli_range_round(cli);

	if (!err)
		err = layout_gather(&layout);
	if (!err)
		err = cli->json ? layout_json(&layout) : layout_print(&layout);
	if (!err && layout.has_kernel && !out_failed()) {
		fflush(stdout);
		err = layout_wx_report(&layout);
	}
	vmscope_areas_free(&layout.areas);
	vmscope_regions_free(&layout.kernel);
	vmscope_regions_free(&layout.root);
	return err;
}

/* -------------------------------------------------------------- options */

static int set_user(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->layout_user = true;
	return CLI_OK;
}

static int set_kernel(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->layout_kernel = true;
	return CLI_OK;
}

static int set_runs(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->layout_runs = true;
	return CLI_OK;
}

static int set_root(struct cli *cli, const char *arg)
{
	if (strcmp(arg, "user") && strcmp(arg, "kernel"))
		return cli_usage(cli, "--root=%s: not user or kernel", arg);
	cli->layout_root = !strcmp(arg, "user");
	return CLI_OK;
}

static int layout_check(const struct cli *cli)
{
	bool range = cli->range_start || cli->range_end != VMSCOPE_RANGE_END;

	if (cli->layout_user && cli->layout_kernel)
		return cli_usage(
			cli,
			"--user and --kernel: each means only that half; without either, both are shown");
	if (cli->layout_runs && !cli->layout_kernel)
		return cli_usage(
			cli,
			"--runs: only the kernel half is told in runs, so say --kernel too; 'vmscope pages' tells the user half");
	if (range && !cli->layout_runs)
		return cli_usage(
			cli, "--range: only runs have a range, so say --runs");
	if (cli->layout_root && cli->layout_user)
		return cli_usage(cli, "--root: is about the kernel half");
	return CLI_OK;
}

static const struct option_def layout_options[] = {
	{ 0, "user", NULL, "only the user half", set_user },
	{ 0, "kernel", NULL, "only the kernel half", set_kernel },
	{ 0, "runs", NULL, "with --kernel: pages mapped alike, run by run",
	  set_runs },
	{ 0, "root", "WHOSE", "whose top table: kernel, or user (with KPTI)",
	  set_root },
	{ 0, "range", "START-END", "only runs in this range", cli_set_range },
};

const struct command layout_command = {
	.name = "layout",
	.operands = "[PID|NAME|self]",
	.text = "what lies where in the user half and in the kernel half",
	.details =
		"Without an operand, the process is vmscope itself. The kernel half is the\n"
		"same in all processes. Exit status 1 also if a part of it may be written\n"
		"and executed.\n",
	.has_target = true,
	.target_is_optional = true,
	.options = layout_options,
	.options_len = ARRAY_SIZE(layout_options),
	.check = layout_check,
	.run = layout_run,
};
