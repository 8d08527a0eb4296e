// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope info: what this kernel, this machine and the module can do.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/utsname.h>

#include "json.h"
#include "out.h"
#include "table.h"

struct info_reply {
	struct vmscope_info info;
	uint32_t features[VMSCOPE_FEATURES];
	struct utsname uname;
};

int cli_info_get(struct cli *cli, struct vmscope_info *info, uint32_t *features,
		 size_t features_len)
{
	int err;

	vmscope_info_init(info, features, features_len);
	err = vmscope_info_get(cli->handle, info);
	/* What is calculated with further down must not be absurd. */
	if (!err && (info->page_size < 512 || !info->entries_per_table ||
		     info->address_bits < 16 || info->address_bits > 64 ||
		     !info->levels || info->levels > VMSCOPE_LEVELS))
		err = -EPROTO;
	return err ? cli_request_failure(cli, err, VMSCOPE_IOC_INFO) : CLI_OK;
}

static const char *const leaf_names[] = { "pte", "pmd", "pud" };

static void json_features(struct json_object *object,
			  const struct info_reply *reply)
{
	struct json_object *features = json_object_create();
	const struct vmscope_name *name = NULL;

	while ((name = vmscope_name_next(VMSCOPE_NAMES_FEATURE, name))) {
		if (name->value < reply->info.features_len)
			json_add_name(features, name->name,
				      VMSCOPE_NAMES_FEATURE_STATE,
				      reply->features[name->value]);
		else
			json_add_null(features, name->name);
	}
	json_add(object, "features", features);
}

static void info_json(const struct info_reply *reply)
{
	const struct vmscope_info *info = &reply->info;
	struct json_object *object = json_object_create();
	struct json_object *leaves = json_object_create();
	size_t i;

	json_add_text(object, "tool_version", VMSCOPE_VERSION);
	json_add_bytes(object, "module_version",
		       (const char *)info->module_version);
	json_add_number(object, "abi_version", info->abi_version);
	json_add_bytes(object, "kernel_release", reply->uname.release);
	json_add_bytes(object, "architecture", reply->uname.machine);
	json_add_number(object, "page_size", info->page_size);
	json_add_number(object, "levels", info->levels);
	json_add_number(object, "entries_per_table", info->entries_per_table);
	for (i = 0; i < ARRAY_SIZE(leaf_names); i++)
		json_add_number(leaves, leaf_names[i], info->leaf_sizes[i]);
	json_add(object, "leaf_sizes", leaves);
	json_add_address(object, "user_end", info->user_end);
	json_add_address(object, "kernel_start", info->kernel_start);
	json_add_number(object, "address_bits", info->address_bits);
	json_add_number(object, "physical_bits", info->physical_bits);
	json_add_bool(object, "pti", info->pti);
	json_add_number(object, "hold_entries", info->hold_entries);
	json_add_number(object, "hold_mappings", info->hold_mappings);
	json_features(object, reply);
	json_finish(object);
}

static void line(const struct cli *cli, const char *name, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));

static void line(const struct cli *cli, const char *name, const char *format,
		 ...)
{
	va_list args;

	out_word(cli, OUT_BOLD, name);
	printf("%*s", (int)(20 - strlen(name)), "");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void leaf_sizes_print(const struct cli *cli,
			     const struct vmscope_info *info)
{
	char text[96] = "";
	char size[OUT_SIZE_LEN];
	size_t pos = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(leaf_names); i++)
		if (info->leaf_sizes[i])
			pos += (size_t)snprintf(
				text + pos, sizeof(text) - pos, "%s%s (%s)",
				pos ? ", " : "",
				out_size(cli, info->leaf_sizes[i], size),
				leaf_names[i]);
	line(cli, "leaf sizes", "%s", text);
}

static void level_names_print(const struct cli *cli,
			      const struct vmscope_info *info)
{
	char text[64] = "";
	size_t pos = 0;
	uint64_t level;

	for (level = info->levels; level; level--) {
		const char *name = vmscope_level_name(level, info->levels);

		pos += (size_t)snprintf(text + pos, sizeof(text) - pos, "%s%s",
					pos ? ", " : "", name ? name : "?");
		if (pos >= sizeof(text))
			break;
	}
	line(cli, "page-table levels",
	     "%" PRIu64 " (%s) of %" PRIu64 " entries each",
	     (uint64_t)info->levels, text, (uint64_t)info->entries_per_table);
}

static void split_print(const struct cli *cli, const struct vmscope_info *info)
{
	uint64_t half = UINT64_C(1) << (info->address_bits - 1);
	uint64_t kernel_start = info->kernel_start;
	char user[OUT_SIZE_LEN];
	char kernel[OUT_SIZE_LEN];

	line(cli, "user half",
	     "0x%016x-0x%016" PRIx64 "  %s, nothing from 0x%" PRIx64 " on", 0,
	     half - 1, out_size(cli, half, user), (uint64_t)info->user_end);
	if (info->address_bits < 64)
		line(cli, "refused by the MMU",
		     "0x%016" PRIx64 "-0x%016" PRIx64, half, -half - 1);
	line(cli, "kernel half", "0x%016" PRIx64 "-0x%016" PRIx64 "  %s",
	     kernel_start, UINT64_MAX, out_size(cli, -kernel_start, kernel));
	line(cli, "kernel page table", "%s",
	     info->pti ? "taken out of the user page tables (KPTI)" :
			 "the same as the user page tables (no KPTI)");
}

static void features_print(const struct cli *cli,
			   const struct info_reply *reply)
{
	static const struct table_column columns[] = {
		{ "FEATURE", false },
		{ "STATE", false },
		{ "WHAT", false },
		{ "WHY", false },
	};
	struct libscols_table *table =
		table_create(cli, columns, ARRAY_SIZE(columns));
	const struct vmscope_name *name = NULL;

	while ((name = vmscope_name_next(VMSCOPE_NAMES_FEATURE, name))) {
		struct libscols_line *row = table_line(table);
		const struct vmscope_name *state = NULL;
		bool told = name->value < reply->info.features_len;

		if (told)
			state = vmscope_name_find(VMSCOPE_NAMES_FEATURE_STATE,
						  reply->features[name->value]);
		table_text(row, 0, name->name);
		table_text(row, 1,
			   !state			      ? "?" :
			   state->value == VMSCOPE_FEATURE_ON ? "on" :
								"off");
		table_text(row, 2, name->text);
		table_text(row, 3,
			   state ? state->text :
			   told	 ? "the module is newer than this program" :
				   "the module is older than this program");
		if (cli->color && state)
			scols_line_set_color(
				row, state->value == VMSCOPE_FEATURE_ON ?
					     "green" :
					     "brown");
	}
	table_finish(table);
}

static void info_text(const struct cli *cli, const struct info_reply *reply)
{
	const struct vmscope_info *info = &reply->info;
	char size[OUT_SIZE_LEN];

	line(cli, "kernel", "%s %s", reply->uname.sysname,
	     reply->uname.release);
	line(cli, "architecture", "%s", reply->uname.machine);
	line(cli, "module", "%.*s, ABI version %" PRIu64,
	     (int)sizeof(info->module_version), info->module_version,
	     (uint64_t)info->abi_version);
	line(cli, "program", "%s", VMSCOPE_VERSION);
	line(cli, "page size", "%s", out_size(cli, info->page_size, size));
	level_names_print(cli, info);
	leaf_sizes_print(cli, info);
	line(cli, "address bits", "%" PRIu64 " virtual, %" PRIu64 " physical",
	     (uint64_t)info->address_bits, (uint64_t)info->physical_bits);
	split_print(cli, info);
	line(cli, "lock holds",
	     "at most %" PRIu64 " entries or %" PRIu64
	     " mappings under one hold of a target's mmap_lock",
	     (uint64_t)info->hold_entries, (uint64_t)info->hold_mappings);
	putchar('\n');
	features_print(cli, reply);
}

static int info_run(struct cli *cli)
{
	struct info_reply reply;
	int err;

	err = cli_info_get(cli, &reply.info, reply.features,
			   ARRAY_SIZE(reply.features));
	if (err)
		return err;
	uname(&reply.uname);
	if (cli->json)
		info_json(&reply);
	else
		info_text(cli, &reply);
	return CLI_OK;
}

const struct command info_command = {
	.name = "info",
	.operands = "",
	.text = "what this kernel, this machine and the module can do",
	.run = info_run,
};
