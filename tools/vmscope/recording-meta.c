// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording-meta.h"

int recorded_list_add(struct recorded_list *list, const void *item, size_t size)
{
	if (list->len == list->room) {
		size_t room = 2 * list->room + 16;
		void *grown = realloc(list->items, room * size);

		if (!grown)
			return -ENOMEM;
		list->items = grown;
		list->room = room;
	}
	memcpy((char *)list->items + list->len * size, item, size);
	list->len++;
	return 0;
}

struct recording_meta *recording_meta_create(void)
{
	return calloc(1, sizeof(struct recording_meta));
}

void recording_meta_destroy(struct recording_meta *meta)
{
	char **texts;
	size_t i;

	if (!meta)
		return;
	texts = meta->texts.items;
	for (i = 0; i < meta->texts.len; i++)
		free(texts[i]);
	free(meta->texts.items);
	free(meta->tasks.items);
	free(meta->files.items);
	free(meta->mappings.items);
	free(meta->forgets.items);
	free(meta->symbols.items);
	free(meta->causes);
	free(meta->inodes);
	free(meta);
}

/* ---------------------------------------------------------------- decode */

/* The texts of a packet, in their order. */
struct texts {
	struct recording_meta *meta;
	const unsigned char *at;
	uint64_t left;
	int error;
};

/* The fixed part as this program knows it; what is not there is 0. */
static struct texts fixed_get(struct recording_meta *meta,
			      const struct recording_packet *packet, void *ret,
			      size_t size)
{
	size_t len = packet->fixed_bytes < size ? packet->fixed_bytes : size;

	memset(ret, 0, size);
	memcpy(ret, packet, len);
	return (struct texts){
		.meta = meta,
		.at = (const unsigned char *)packet + packet->fixed_bytes,
		.left = packet->bytes - packet->fixed_bytes,
	};
}

/* A copy of the next text, with a NUL behind it. "" after an error. */
static const char *text_get(struct texts *texts, uint64_t len)
{
	char *text;

	if (!len || texts->error)
		return "";
	if (len > texts->left) {
		texts->error = -EBADMSG;
		return "";
	}
	text = malloc(len + 1);
	if (text) {
		memcpy(text, texts->at, len);
		text[len] = '\0';
		if (recorded_list_add(&texts->meta->texts, &text,
				      sizeof(text))) {
			free(text);
			text = NULL;
		}
	}
	if (!text) {
		texts->error = -ENOMEM;
		return "";
	}
	texts->at += len;
	texts->left -= len;
	return text;
}

static int machine_add(struct recording_meta *meta,
		       const struct recording_packet *packet)
{
	struct recorded_machine *ret = &meta->machine;
	struct recording_machine machine;
	struct texts texts = fixed_get(meta, packet, &machine, sizeof(machine));

	*ret = (struct recorded_machine){
		.known = true,
		.page_size = machine.page_size,
		.levels = machine.levels,
		.cpus = machine.cpus,
		.pid = machine.pid,
	};
	ret->release = text_get(&texts, machine.release_len);
	ret->machine = text_get(&texts, machine.machine_len);
	ret->program = text_get(&texts, machine.program_len);
	ret->command = text_get(&texts, machine.command_len);
	return texts.error;
}

static int settings_add(struct recording_meta *meta,
			const struct recording_packet *packet)
{
	struct recording_settings settings;

	fixed_get(meta, packet, &settings, sizeof(settings));
	meta->settings = settings.trace;
	meta->settings_known = true;
	return 0;
}

static int clock_add(struct recording_meta *meta,
		     const struct recording_packet *packet)
{
	struct recording_clock clock;

	fixed_get(meta, packet, &clock, sizeof(clock));
	meta->clock = (struct recorded_clock){
		.known = true,
		.monotonic_ns = clock.monotonic_ns,
		.realtime_ns = clock.realtime_ns,
		.boottime_ns = clock.boottime_ns,
	};
	return 0;
}

static int task_add(struct recording_meta *meta,
		    const struct recording_packet *packet)
{
	struct recording_task task;
	struct texts texts = fixed_get(meta, packet, &task, sizeof(task));
	struct recorded_task item = {
		.time_ns = task.time_ns,
		.pid = task.pid,
		.tid = task.tid,
		.parent_pid = task.parent_pid,
	};

	memcpy(item.comm, task.comm, sizeof(task.comm));
	item.args = text_get(&texts, task.args_len);
	if (texts.error)
		return texts.error;
	return recorded_list_add(&meta->tasks, &item, sizeof(item));
}

static int file_add(struct recording_meta *meta,
		    const struct recording_packet *packet)
{
	struct recording_file file;
	struct texts texts = fixed_get(meta, packet, &file, sizeof(file));
	struct recorded_file item = {
		.id = file.id,
		.device = file.device,
		.inode = file.inode,
		.build_id_len = file.build_id_len,
	};

	if (!file.id)
		return -EBADMSG;
	item.build_id = (const uint8_t *)text_get(&texts, file.build_id_len);
	item.path = text_get(&texts, file.path_len);
	if (texts.error)
		return texts.error;
	return recorded_list_add(&meta->files, &item, sizeof(item));
}

static int mapping_add(struct recording_meta *meta,
		       const struct recording_packet *packet)
{
	struct recording_mapping mapping;
	struct texts texts = fixed_get(meta, packet, &mapping, sizeof(mapping));
	struct recorded_mapping item = {
		.pid = mapping.pid,
		.time_ns = mapping.time_ns,
		.start = mapping.start,
		.end = mapping.end,
		.flags = mapping.flags,
		.kind = mapping.kind,
		.offset = mapping.offset,
		.file = mapping.file,
	};

	if (mapping.start >= mapping.end)
		return -EBADMSG;
	item.name = text_get(&texts, mapping.name_len);
	if (texts.error)
		return texts.error;
	return recorded_list_add(&meta->mappings, &item, sizeof(item));
}

static int forget_add(struct recording_meta *meta,
		      const struct recording_packet *packet)
{
	struct recording_forget forget;
	struct recorded_forget item;

	fixed_get(meta, packet, &forget, sizeof(forget));
	item.pid = forget.pid;
	item.time_ns = forget.time_ns;
	return recorded_list_add(&meta->forgets, &item, sizeof(item));
}

static int symbol_add(struct recording_meta *meta,
		      const struct recording_packet *packet)
{
	struct recording_symbol symbol;
	struct texts texts = fixed_get(meta, packet, &symbol, sizeof(symbol));
	struct recorded_symbol item = {
		.file = symbol.file,
		.start = symbol.start,
		.end = symbol.end,
	};

	if (symbol.start >= symbol.end)
		return -EBADMSG;
	item.name = text_get(&texts, symbol.name_len);
	if (texts.error)
		return texts.error;
	return recorded_list_add(&meta->symbols, &item, sizeof(item));
}

static int totals_add(struct recording_meta *meta,
		      const struct recording_packet *packet)
{
	struct recording_totals totals;
	struct texts texts = fixed_get(meta, packet, &totals, sizeof(totals));
	uint64_t len = totals.totals.causes_len;
	uint64_t size = totals.totals.causes_size;
	struct vmscope_cause_sum *causes;
	uint64_t i;

	if (len && (!size || size > texts.left || len > texts.left / size))
		return -EBADMSG;
	if (len > VMSCOPE_CAUSES)
		len = VMSCOPE_CAUSES;
	causes = calloc(VMSCOPE_CAUSES, sizeof(*causes));
	if (!causes)
		return -ENOMEM;
	for (i = 0; i < len; i++)
		memcpy(&causes[i], texts.at + i * size,
		       size < sizeof(*causes) ? size : sizeof(*causes));
	free(meta->causes);
	meta->causes = causes;
	meta->totals = totals.totals;
	meta->totals.causes_len = len;
	meta->totals_known = true;
	return 0;
}

static int end_add(struct recording_meta *meta,
		   const struct recording_packet *packet)
{
	fixed_get(meta, packet, &meta->end, sizeof(meta->end));
	meta->ended = true;
	return 0;
}

int recording_meta_add(struct recording_meta *meta,
		       const struct recording_packet *packet)
{
	static int (*const adders[])(struct recording_meta *,
				     const struct recording_packet *) = {
		[RECORDING_MACHINE] = machine_add,
		[RECORDING_SETTINGS] = settings_add,
		[RECORDING_CLOCK] = clock_add,
		[RECORDING_TASK] = task_add,
		[RECORDING_FILE] = file_add,
		[RECORDING_MAPPING] = mapping_add,
		[RECORDING_FORGET] = forget_add,
		[RECORDING_SYMBOL] = symbol_add,
		[RECORDING_TOTALS] = totals_add,
		[RECORDING_END] = end_add,
	};

	meta->sorted = false;
	if (packet->type >= sizeof(adders) / sizeof(adders[0]) ||
	    !adders[packet->type])
		return 0;
	return adders[packet->type](meta, packet);
}
