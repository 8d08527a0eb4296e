// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope translate: what becomes of addresses, level by level.
 */
#include <errno.h>
#include <inttypes.h>

#include "json.h"
#include "translate.h"

bool translate_has_mapping(const struct vmscope_info *info,
			   const struct vmscope_translate *reply)
{
	return reply->state != VMSCOPE_STATE_NO_MAPPING &&
	       reply->state != VMSCOPE_STATE_NONCANONICAL &&
	       reply->address < info->user_end;
}

static struct json_object *json_levels(const struct vmscope_info *info,
				       const struct vmscope_translate *reply,
				       bool hidden)
{
	struct json_object *levels = json_array_create();
	size_t i;

	for (i = 0; i < reply->levels_len && i < VMSCOPE_LEVELS; i++) {
		const struct vmscope_level *level = &reply->levels[i];
		struct json_object *object = json_object_create();

		json_add_text(object, "level",
			      vmscope_level_name(level->level, info->levels));
		json_add_number(object, "index", level->index);
		if (hidden)
			json_add_null(object, "table");
		else
			json_add_address(object, "table", level->table);
		json_add_address(object, "entry", level->entry);
		json_add_flags(object, "flags", VMSCOPE_NAMES_ENTRY_FLAG,
			       level->flags);
		json_add_number(object, "pkey", level->pkey);
		json_append(levels, object);
	}
	return levels;
}

static void json_around(struct json_object *object,
			const struct vmscope_info *info,
			const struct vmscope_translate *reply)
{
	struct json_object *mapping = NULL;
	struct json_object *gap = NULL;
	char perms[5];

	if (translate_has_mapping(info, reply)) {
		mapping = json_object_create();
		json_add_address(mapping, "start", reply->map_start);
		json_add_address(mapping, "end", reply->map_end);
		vmscope_map_perms(reply->map_flags, perms);
		json_add_text(mapping, "perms", perms);
		json_add_name(mapping, "kind", VMSCOPE_NAMES_KIND,
			      reply->map_kind);
		json_add_flags(mapping, "flags", VMSCOPE_NAMES_MAP_FLAG,
			       reply->map_flags);
	} else if (reply->state == VMSCOPE_STATE_NO_MAPPING &&
		   reply->address < info->kernel_start) {
		gap = json_object_create();
		json_add_address(gap, "start", reply->map_start);
		json_add_address(gap, "end", reply->map_end);
	}
	json_add(object, "mapping", mapping);
	json_add(object, "gap", gap);
}

static struct json_object *translate_json(const struct vmscope_info *info,
					  const struct vmscope_translate *reply)
{
	bool hidden = reply->reply_flags & VMSCOPE_REPLY_FRAMES_HIDDEN;
	struct json_object *object = json_object_create();
	struct json_object *swap = NULL;

	json_add_number(object, "pid", reply->pid);
	json_add_address(object, "address", reply->address);
	json_add_name(object, "state", VMSCOPE_NAMES_STATE, reply->state);
	json_add_number(object, "page_size", reply->page_size);
	if (hidden || !vmscope_translate_has_physical(reply))
		json_add_null(object, "physical");
	else
		json_add_address(object, "physical", reply->physical);
	json_add_bool(object, "frames_hidden", hidden);
	json_add(object, "levels", json_levels(info, reply, hidden));
	if (reply->state == VMSCOPE_STATE_SWAPPED) {
		swap = json_object_create();
		json_add_number(swap, "area", reply->swap_area);
		if (hidden)
			json_add_null(swap, "offset");
		else
			json_add_number(swap, "offset", reply->swap_offset);
	}
	json_add(object, "swap", swap);
	json_around(object, info, reply);
	return object;
}

static uint64_t operand_address(const struct cli *cli, int i)
{
	uint64_t address = 0;

	cli_number_parse(cli->operands[i], &address); /* checked before */
	return address;
}

static int translate_check(const struct cli *cli)
{
	uint64_t address;
	int i;

	for (i = 0; i < cli->operands_len; i++)
		if (cli_number_parse(cli->operands[i], &address))
			return cli_usage(
				cli,
				"%s: not an address, which is 0x and hexadecimal digits, or decimal",
				cli->operands[i]);
	return CLI_OK;
}

/*
 * The right to see an address can differ from one to the next, so that alone
 * does not end the run.
 */
static int translate_each(struct cli *cli, const struct vmscope_info *info,
			  struct json_object *array)
{
	int status = CLI_OK;
	int i;

	for (i = 0; i < cli->operands_len; i++) {
		struct vmscope_translate reply;
		char message[512];
		int err;

		vmscope_translate_init(&reply, &cli->target,
				       operand_address(cli, i));
		err = vmscope_translate_get(cli->handle, &reply);
		if (err) {
			status = cli_failure(
				"%s: %s", cli->operands[i],
				vmscope_strerror(err, VMSCOPE_IOC_TRANSLATE,
						 &cli->target, message,
						 sizeof(message)));
			if (err != -EPERM)
				return status;
		} else if (array) {
			json_append(array, translate_json(info, &reply));
		} else {
			if (i)
				putchar('\n');
			translate_draw(cli, info, &reply);
		}
	}
	return status;
}

static int translate_run(struct cli *cli)
{
	struct json_object *array = NULL;
	struct vmscope_info info;
	int status = cli_info_get(cli, &info, NULL, 0);

	if (status)
		return status;
	if (cli->json)
		array = json_array_create();
	status = translate_each(cli, &info, array);
	if (!array)
		return status;
	if (cli->operands_len > 1) {
		json_finish(array);
		return status;
	}
	if (!status)
		json_finish(
			json_object_get(json_object_array_get_idx(array, 0)));
	json_object_put(array);
	return status;
}

const struct command translate_command = {
	.name = "translate",
	.operands = "PID|NAME|self ADDRESS...",
	.text = "what becomes of an address, level by level",
	.details = "An ADDRESS is 0x and hexadecimal digits, or decimal.\n",
	.has_target = true,
	.min_operands = 1,
	.max_operands = -1,
	.check = translate_check,
	.run = translate_run,
};
