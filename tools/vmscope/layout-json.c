// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope layout: JSON.
 */
#include <inttypes.h>
#include <string.h>

#include "json.h"
#include "layout.h"
#include "out.h"

/* An end that no uint64_t holds comes as 0x and 1 and sixteen zeros. */
static void add_end(struct json_object *object, const char *key, uint64_t end)
{
	char text[ADDRESS_LEN + 2];
	char buf[ADDRESS_LEN];

	if (end == VMSCOPE_RANGE_END) {
		snprintf(text, sizeof(text), "0x%s", layout_address(end, buf));
		json_add_text(object, key, text);
	} else {
		json_add_address(object, key, end);
	}
}

/* ------------------------------------------------------------ user half */

static struct json_object *area_make(const struct vmscope_area *area)
{
	struct json_object *object = json_object_create();

	json_add_name(object, "area", VMSCOPE_NAMES_AREA, area->kind);
	json_add_address(object, "start", area->start);
	json_add_address(object, "end", area->end);
	json_add_number(object, "size_bytes", area->end - area->start);
	json_add_number(object, "mappings", area->mappings);
	json_add_sums(object, &area->sums);
	return object;
}

static void user_add(struct json_object *document, const struct layout *layout)
{
	const struct vmscope_borders *b = &layout->borders;
	struct json_object *user = json_object_create();
	struct json_object *areas = json_array_create();
	char comm[sizeof(b->comm) + 1] = "";
	size_t i;

	memcpy(comm, b->comm, sizeof(b->comm));
	json_add_number(user, "pid", b->pid);
	json_add_bytes(user, "comm", comm);
	json_add_number(user, "address_bits",
			b->layout_flags & VMSCOPE_BORDERS_32BIT ? 32 : 64);
	json_add_text(user, "mmap_direction",
		      b->layout_flags & VMSCOPE_BORDERS_BOTTOM_UP ? "up" :
								    "down");
	json_add_address(user, "task_size", b->task_size);
	json_add_address(user, "mmap_base", b->mmap_base);
	json_add_address(user, "code_start", b->code_start);
	json_add_address(user, "code_end", b->code_end);
	json_add_address(user, "data_start", b->data_start);
	json_add_address(user, "data_end", b->data_end);
	json_add_address(user, "brk_start", b->brk_start);
	json_add_address(user, "brk_end", b->brk_end);
	json_add_address(user, "stack_start", b->stack_start);
	json_add_address(user, "args_start", b->args_start);
	json_add_address(user, "args_end", b->args_end);
	json_add_address(user, "env_start", b->env_start);
	json_add_address(user, "env_end", b->env_end);
	for (i = 0; i < layout->areas.len; i++)
		json_append(areas, area_make(&layout->areas.areas[i]));
	json_add(user, "areas", areas);
	json_add_walk(user, &layout->areas.walk);
	json_add(document, "user", user);
}

/* ---------------------------------------------------------- kernel half */

static void add_place(struct json_object *object, const char *start_key,
		      const char *end_key, uint64_t start, uint64_t end,
		      bool known)
{
	if (known) {
		json_add_address(object, start_key, start);
		add_end(object, end_key, end);
	} else {
		json_add_null(object, start_key);
		json_add_null(object, end_key);
	}
}

static struct json_object *
region_make(const struct layout *layout,
	    const struct vmscope_kernel_region *region)
{
	static const char *const leaf_keys[] = { "leaf_pte_bytes",
						 "leaf_pmd_bytes",
						 "leaf_pud_bytes" };
	struct json_object *object = json_object_create();
	struct json_object *tables = json_object_create();
	bool told = !layout_hidden(layout);
	size_t i;

	json_add_name(object, "region", VMSCOPE_NAMES_REGION, region->id);
	add_place(object, "start", "end", region->start, region->end, told);
	if (told)
		json_add_number(object, "size_bytes",
				vmscope_range_bytes(region->start,
						    region->end));
	else
		json_add_null(object, "size_bytes");
	add_place(object, "mapped_start", "mapped_end", region->mapped_start,
		  region->mapped_end, told && region->mapped_bytes);
	json_add_number(object, "mapped_bytes", region->mapped_bytes);
	for (i = 0; i < ARRAY_SIZE(leaf_keys); i++)
		json_add_number(object, leaf_keys[i], region->leaf_bytes[i]);
	json_add_number(object, "writable_bytes", region->writable_bytes);
	json_add_number(object, "executable_bytes", region->executable_bytes);
	json_add_number(object, "wx_bytes", region->wx_bytes);
	json_add_number(object, "user_bytes", region->user_bytes);
	json_add_number(object, "global_bytes", region->global_bytes);
	json_add_number(object, "uncached_bytes", region->uncached_bytes);
	json_add_number(object, "kept_bytes", region->kept_bytes);
	json_add_number(object, "runs", region->runs);
	for (i = layout->info.levels; i; i--)
		json_add_number(tables,
				vmscope_level_name(i, layout->info.levels),
				region->table_pages[i - 1]);
	json_add(object, "table_pages", tables);
	return object;
}

static struct json_object *regions_make(const struct layout *layout,
					const struct vmscope_regions *regions)
{
	struct json_object *array = json_array_create();
	size_t i;

	for (i = 0; i < regions->len; i++)
		json_append(array, region_make(layout, &regions->regions[i]));
	return array;
}

static void kernel_add(struct json_object *document,
		       const struct layout *layout)
{
	struct json_object *kernel = json_object_create();

	json_add_address(kernel, "start", layout->info.kernel_start);
	add_end(kernel, "end", VMSCOPE_RANGE_END);
	json_add_number(kernel, "levels", layout->info.levels);
	json_add_bool(kernel, "pti", layout->info.pti);
	json_add_bool(kernel, "addresses_hidden", layout_hidden(layout));
	json_add(kernel, "regions", regions_make(layout, &layout->kernel));
	if (layout->has_root)
		json_add(kernel, "user_root_regions",
			 regions_make(layout, &layout->root));
	else
		json_add_null(kernel, "user_root_regions");
	json_add_number(kernel, "entries_read", layout->kernel.walk.entries);
	json_add_number(kernel, "tables_read", layout->kernel.walk.tables);
	json_add(document, "kernel", kernel);
}

/* Run by run, so that memory does not grow with their number. */
static int runs_print(const struct layout *layout)
{
	struct cli *cli = layout->cli;
	const struct vmscope_kernel_run *run;
	struct vmscope_runs_iter *iter;
	struct json_object *object;
	const char *comma = "";
	int err;

	if (vmscope_runs_open(cli->handle, &cli->target,
			      cli->layout_root ? VMSCOPE_KERNEL_F_USER_ROOT : 0,
			      cli->range_start, cli->range_end, &iter))
		cli_no_memory();
	err = vmscope_runs_next(iter, &run);
	if (err >= 0)
		printf("{\n  \"root\": \"%s\",\n  \"runs\": [",
		       cli->layout_root ? "user" : "kernel");
	for (; !err && !out_failed(); err = vmscope_runs_next(iter, &run)) {
		object = json_object_create();
		json_add_address(object, "start", run->start);
		add_end(object, "end", run->end);
		json_add_number(object, "size_bytes",
				vmscope_range_bytes(run->start, run->end));
		json_add_name(object, "region", VMSCOPE_NAMES_REGION,
			      run->region);
		json_add_number(object, "leaf_bytes", run->leaf_size);
		json_add_flags(object, "flags", VMSCOPE_NAMES_ENTRY_FLAG,
			       run->flags);
		json_add_flags(object, "entry_flags", VMSCOPE_NAMES_ENTRY_FLAG,
			       run->entry_flags);
		printf("%s\n    ", comma);
		comma = ",";
		json_finish_line(object);
	}
	vmscope_runs_close(iter);
	if (err < 0)
		return cli_request_failure(cli, err, VMSCOPE_IOC_KERNEL);
	printf("\n  ]\n}\n");
	return CLI_OK;
}

int layout_json(const struct layout *layout)
{
	struct json_object *document;

	if (layout->cli->layout_runs)
		return runs_print(layout);
	document = json_object_create();
	if (layout->has_user)
		user_add(document, layout);
	if (layout->has_kernel)
		kernel_add(document, layout);
	json_finish(document);
	return CLI_OK;
}
