/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a recording tells beside its records: who, what was mapped where, what
 * the code there is called.
 */
#ifndef _VMSCOPE_CLI_RECORDING_META_H
#define _VMSCOPE_CLI_RECORDING_META_H

#include "recording.h"

/* Strings are NUL-terminated and belong to the recording. */
struct recorded_file {
	uint64_t id;
	uint64_t device;
	uint64_t inode;
	const uint8_t *build_id;
	size_t build_id_len;
	const char *path;
};

struct recorded_mapping {
	uint64_t pid;
	uint64_t time_ns;
	uint64_t start;
	uint64_t end;
	uint64_t flags;
	uint64_t kind;
	uint64_t offset;
	uint64_t file;
	const char *name;
	uint64_t era; /* how often its process had called exec */
	uint64_t end_max; /* of this and all before it, of its process */
};

struct recorded_symbol {
	uint64_t file;
	uint64_t start;
	uint64_t end;
	const char *name;
};

struct recorded_task {
	uint64_t time_ns;
	uint64_t pid;
	uint64_t tid;
	uint64_t parent_pid;
	char comm[17];
	const char *args;
};

struct recorded_machine {
	bool known;
	uint64_t page_size;
	uint64_t levels;
	uint64_t cpus;
	uint64_t pid;
	const char *release;
	const char *machine;
	const char *program;
	const char *command;
};

struct recorded_clock {
	bool known;
	uint64_t monotonic_ns;
	uint64_t realtime_ns;
	uint64_t boottime_ns;
};

/* An array that grows. */
struct recorded_list {
	void *items;
	size_t len;
	size_t room;
};

struct recorded_forget {
	uint64_t pid;
	uint64_t time_ns;
};

struct recording_meta {
	struct recorded_machine machine;
	struct recorded_clock clock; /* the last that is told */
	bool settings_known;
	struct vmscope_trace settings;
	bool totals_known;
	struct vmscope_trace_totals totals;
	struct vmscope_cause_sum *causes; /* totals.causes_len of them */
	bool ended;
	struct recording_end end;

	struct recorded_list tasks; /* struct recorded_task */
	struct recorded_list files; /* struct recorded_file */
	struct recorded_list mappings; /* struct recorded_mapping */
	struct recorded_list forgets; /* struct recorded_forget */
	struct recorded_list symbols; /* struct recorded_symbol */
	struct recorded_list texts; /* char *: what strings point into */
	const struct recorded_file **inodes; /* files by device and inode */
	bool sorted;
};

struct recording_meta *recording_meta_create(void);
void recording_meta_destroy(struct recording_meta *meta);

/* Append @item of @size bytes; 0 or -ENOMEM. */
int recorded_list_add(struct recorded_list *list, const void *item,
		      size_t size);

/**
 * recording_meta_add() - take in a packet
 * @meta: where
 * @packet: the whole packet, whose lengths were checked against each other;
 *	data are ignored
 *
 * Return: 0; -EBADMSG when it contradicts itself; -ENOMEM.
 */
int recording_meta_add(struct recording_meta *meta,
		       const struct recording_packet *packet);

/* After the last packet, before anything is looked up; 0 or -ENOMEM. */
int recording_meta_sort(struct recording_meta *meta);

/* ---------------------------------------------------------------- lookup */

/**
 * struct recorded_place - what is at an address
 * @mapping: the mapping, or NULL; of another process when the process began as
 *	a copy of that
 * @file: the file behind it, or NULL
 * @offset: of the address in the file; without a file, in the mapping
 * @symbol: the code's name, or NULL
 * @symbol_offset: of the address in it
 */
struct recorded_place {
	const struct recorded_mapping *mapping;
	const struct recorded_file *file;
	uint64_t offset;
	const char *symbol;
	uint64_t symbol_offset;
};

/* What was at an address of a process at a time; all NULL when unknown. */
void recording_place_find(const struct recording_meta *meta, uint64_t pid,
			  uint64_t time_ns, uint64_t address,
			  struct recorded_place *ret);

/* The same of an address in the kernel half. */
void recording_kernel_place_find(const struct recording_meta *meta,
				 uint64_t address, struct recorded_place *ret);

const struct recorded_file *
recording_file_get(const struct recording_meta *meta, uint64_t id);
const struct recorded_file *
recording_inode_find(const struct recording_meta *meta, uint64_t device,
		     uint64_t inode);

/* The last name of a process or thread that is told, or NULL. */
const struct recorded_task *
recording_task_find(const struct recording_meta *meta, uint64_t pid,
		    uint64_t tid);

#endif /* _VMSCOPE_CLI_RECORDING_META_H */
