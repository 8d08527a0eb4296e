// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope record: learn who runs and what is mapped, while it can be asked.
 *
 * A record tells of the mapping of its address: where, and which inode. What it
 * cannot tell is the path. Mappings are asked for when a target is first seen,
 * when it calls exec, and when a record names an inode that has no path yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"
#include "trace-session.h"

/*
 * One process is asked no sooner than after so many times of what the last
 * answer took: a large one for a fifth of the time at most.
 */
#define ASK_SHARE 4

/* Instructions beyond that are not named. */
#define SEEN_LIMIT (1 << 20)

struct process {
	uint64_t pid; /* 0: the slot is free */
	uint64_t execs;
	uint64_t next_ns; /* it may be asked again */
	uint64_t exe_inode; /* what it executes; 0: not known */
	char *exe_path;
};

struct known {
	uint64_t pid; /* 0: the slot is free */
	uint64_t execs;
	uint64_t start;
	uint64_t end;
	uint64_t inode;
};

struct file {
	uint64_t device;
	uint64_t inode; /* 0: the slot is free */
	uint64_t id;
	uint64_t named; /* it was put, with its path */
};

/* A set, by open addressing. The items begin with what is 0 in a free slot. */
struct set {
	void *slots;
	size_t len;
	size_t room; /* a power of two, or 0 */
	size_t size; /* of an item */
	size_t key_size; /* of the part of it that is compared */
};

struct record_learner {
	struct set processes;
	struct set mappings;
	struct set files;
	struct set seen;
};

/* ------------------------------------------------------------------ sets */

static uint64_t hash(const void *key, size_t size)
{
	const uint64_t *words = key;
	uint64_t ret = 0;
	size_t i;

	for (i = 0; i < size / 8; i++) {
		ret ^= words[i];
		ret *= UINT64_C(0xff51afd7ed558ccd);
		ret ^= ret >> 32;
	}
	return ret;
}

static bool is_free(const void *slot, size_t size)
{
	const uint64_t *words = slot;
	size_t i;

	for (i = 0; i < size / 8; i++)
		if (words[i])
			return false;
	return true;
}

static void *slot_find(const struct set *set, const void *key)
{
	size_t i = hash(key, set->key_size) & (set->room - 1);

	for (;; i = (i + 1) & (set->room - 1)) {
		char *slot = (char *)set->slots + i * set->size;

		if (is_free(slot, set->key_size) ||
		    memcmp(slot, key, set->key_size) == 0)
			return slot;
	}
}

static void set_grow(struct set *set)
{
	struct set old = *set;
	size_t i;

	set->room = old.room ? 2 * old.room : 256;
	set->slots = calloc(set->room, set->size);
	if (!set->slots)
		cli_no_memory();
	for (i = 0; i < old.room; i++) {
		const char *slot = (char *)old.slots + i * old.size;

		if (!is_free(slot, old.key_size))
			memcpy(slot_find(set, slot), slot, old.size);
	}
	free(old.slots);
}

/* The item with this key; @added: it was not there. */
static void *set_get(struct set *set, const void *key, bool *added)
{
	void *slot;

	if (2 * (set->len + 1) > set->room)
		set_grow(set);
	slot = slot_find(set, key);
	*added = is_free(slot, set->key_size);
	if (*added) {
		memcpy(slot, key, set->key_size);
		set->len++;
	}
	return slot;
}

struct record_learner *record_learner_create(void)
{
	struct record_learner *learner = calloc(1, sizeof(*learner));

	if (!learner)
		cli_no_memory();
	learner->processes = (struct set){
		.size = sizeof(struct process),
		.key_size = sizeof(uint64_t),
	};
	learner->mappings = (struct set){
		.size = sizeof(struct known),
		.key_size = sizeof(struct known),
	};
	learner->files = (struct set){
		.size = sizeof(struct file),
		.key_size = 2 * sizeof(uint64_t),
	};
	learner->seen = (struct set){
		.size = sizeof(struct record_seen),
		.key_size = offsetof(struct record_seen, time_ns),
	};
	return learner;
}

void record_learner_destroy(struct record_learner *learner)
{
	struct process *processes = learner->processes.slots;
	size_t i;

	for (i = 0; i < learner->processes.room; i++)
		free(processes[i].exe_path);
	free(learner->processes.slots);
	free(learner->mappings.slots);
	free(learner->files.slots);
	free(learner->seen.slots);
	free(learner);
}

/* ----------------------------------------------------------------- tasks */

/* What a file of a process holds, cut to fit; 0 when it cannot be read. */
static size_t proc_read(uint64_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, buf, size);
	close(fd);
	return len > 0 ? (size_t)len : 0;
}

static void task_put(struct record_file *file, uint64_t time_ns, uint64_t pid,
		     uint64_t tid, uint64_t parent_pid, const uint8_t *comm)
{
	struct recording_task task = {
		.time_ns = time_ns,
		.pid = pid,
		.tid = tid,
		.parent_pid = parent_pid,
	};
	char args[4096];
	struct recording_text text = { args, 0 };
	size_t i;

	if (pid == tid)
		text.len = proc_read(pid, "cmdline", args, sizeof(args));
	if (comm) {
		memcpy(task.comm, comm, sizeof(task.comm));
	} else {
		size_t len = proc_read(pid, "comm", (char *)task.comm,
				       sizeof(task.comm));

		if (!len)
			return; /* it is gone */
		task.comm[len - 1] = '\0'; /* the line end */
	}
	for (i = 0; i < text.len; i++)
		if (!args[i])
			args[i] = i + 1 < text.len ? ' ' : '\0';
	if (text.len && !args[text.len - 1])
		text.len--;
	task.args_len = text.len;
	recording_put(file->writer, RECORDING_TASK, &task, sizeof(task), &text,
		      1);
}

static struct process *process_get(struct record_file *file, uint64_t pid,
				   bool *added)
{
	return set_get(&file->learner->processes, &pid, added);
}

/* -------------------------------------------------------------- mappings */

/*
 * The number of a file. Its path may be learned later, from this process or
 * another: it is put then.
 */
static struct file *file_get(struct record_file *file, uint64_t device,
			     uint64_t inode)
{
	const uint64_t key[2] = { device, inode };
	struct file *ret;
	bool added;

	ret = set_get(&file->learner->files, key, &added);
	if (added)
		ret->id = file->learner->files.len;
	return ret;
}

static void file_name(struct record_file *file, struct file *named,
		      const char *path)
{
	struct recording_file packet = {
		.id = named->id,
		.device = named->device,
		.inode = named->inode,
	};
	unsigned char id[64];
	struct recording_text texts[2];

	if (named->named || !*path)
		return;
	named->named = 1;
	packet.build_id_len = record_build_id_get(path, packet.inode, id);
	packet.path_len = strlen(path);
	texts[0] = (struct recording_text){ id, packet.build_id_len };
	texts[1] = (struct recording_text){ path, packet.path_len };
	recording_put(file->writer, RECORDING_FILE, &packet, sizeof(packet),
		      texts, 2);
}

/* False when it was known. */
static bool mapping_add(struct record_file *file, uint64_t pid, uint64_t start,
			uint64_t end, uint64_t inode)
{
	const struct process *process;
	struct known known = {
		.pid = pid,
		.start = start,
		.end = end,
		.inode = inode,
	};
	bool added;

	process = process_get(file, pid, &added);
	known.execs = process->execs;
	set_get(&file->learner->mappings, &known, &added);
	return added;
}

static void mapping_put(struct record_file *file, struct recording_mapping *map,
			const char *name)
{
	const struct recording_text text = { name, strlen(name) };

	map->name_len = text.len;
	recording_put(file->writer, RECORDING_MAPPING, map, sizeof(*map), &text,
		      1);
}

static void map_learn(struct record_file *file, uint64_t pid, uint64_t time_ns,
		      const struct vmscope_map *map, const char *name)
{
	struct recording_mapping packet = {
		.time_ns = time_ns,
		.pid = pid,
		.start = map->start,
		.end = map->end,
		.flags = map->flags,
		.kind = map->kind,
		.offset = map->offset,
	};

	if (map->flags & VMSCOPE_MAP_FILE && map->inode) {
		struct file *known = file_get(file, map->device, map->inode);

		packet.file = known->id;
		file_name(file, known, name);
		name = "";
	}
	if (mapping_add(file, pid, map->start, map->end,
			packet.file ? map->inode : 0))
		mapping_put(file, &packet, name);
}

/* Errors are silent: it may have ended, or changed to somebody else's. */
static void mappings_ask(struct record_file *file, uint64_t pid)
{
	const struct vmscope_target target = vmscope_target_pid((pid_t)pid);
	uint64_t begin = trace_now();
	struct vmscope_maps_iter *iter;
	const struct vmscope_map *map;
	const char *name;
	uint64_t end;
	bool added;

	if (vmscope_maps_open(file->cli->handle, &target, 0, VMSCOPE_RANGE_END,
			      &iter))
		cli_no_memory();
	while (!vmscope_maps_next(iter, &map, &name))
		map_learn(file, pid, begin, map, name);
	vmscope_maps_close(iter);
	end = trace_now();
	process_get(file, pid, &added)->next_ns =
		end + ASK_SHARE * (end - begin);
}

/*
 * What a process executes has a name before it is mapped, however short it
 * lives. Its device is not that of its mappings where file systems are stacked,
 * so it is known by its inode and the process. @file_of leads to it.
 */
static void program_put(struct record_file *file, uint64_t pid,
			const char *file_of, const char *path)
{
	struct process *process;
	struct stat stat_of;
	bool added;

	if (stat(file_of, &stat_of) || !S_ISREG(stat_of.st_mode))
		return;
	process = process_get(file, pid, &added);
	free(process->exe_path);
	process->exe_path = strdup(path);
	if (!process->exe_path)
		cli_no_memory();
	process->exe_inode = stat_of.st_ino;
}

static void program_learn(struct record_file *file, uint64_t pid)
{
	char path[4096];
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/%" PRIu64 "/exe", pid);
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0)
		return;
	path[len] = '\0';
	program_put(file, pid, link, path);
}

/* As execvp() looks for it. */
void record_learn_command(struct record_file *file, uint64_t pid,
			  const char *word)
{
	const char *folders = strchr(word, '/') ? "" : getenv("PATH");
	const char *folder = folders ? folders : "/bin:/usr/bin";
	bool found = false;

	while (folder && !found) {
		const char *end = strchrnul(folder, ':');
		char *name;
		char *path;

		if (asprintf(&name, "%.*s%s%s", (int)(end - folder), folder,
			     end == folder ? "" : "/", word) < 0)
			cli_no_memory();
		path = access(name, X_OK) ? NULL : realpath(name, NULL);
		if (path)
			program_put(file, pid, path, path);
		found = path;
		free(path);
		free(name);
		folder = *end ? end + 1 : NULL;
	}
}

void record_learn(struct record_file *file, uint64_t pid)
{
	if (!pid)
		return;
	program_learn(file, pid);
	task_put(file, trace_now(), pid, pid, 0, NULL);
	mappings_ask(file, pid);
}

/* --------------------------------------------------------------- records */

static void seen_add(struct record_file *file, uint64_t time_ns, uint64_t pid,
		     uint64_t address)
{
	struct record_seen key = { .pid = pid, .address = address };
	struct set *set = &file->learner->seen;
	const struct process *process;
	struct record_seen *seen;
	bool added;

	if (!address || set->len >= SEEN_LIMIT)
		return;
	if (pid) {
		/* Code at an address is another after an exec. */
		process = process_get(file, pid, &added);
		key.execs = process->execs;
	}
	seen = set_get(set, &key, &added);
	if (added)
		seen->time_ns = time_ns;
}

static void seen_learn(struct record_file *file,
		       const struct vmscope_record_fault *fault)
{
	uint64_t time_ns = fault->header.time_ns;
	const uint64_t *kernel;
	const uint64_t *user;
	size_t i;

	if (fault->origin == VMSCOPE_ORIGIN_USER)
		seen_add(file, time_ns, fault->pid, fault->ip);
	else if (fault->origin == VMSCOPE_ORIGIN_KERNEL)
		seen_add(file, time_ns, 0, fault->ip);
	seen_add(file, time_ns, fault->pid, fault->user_ip);
	/* Calls return behind them, perhaps to another function. */
	vmscope_record_stacks(fault, &user, &kernel);
	for (i = 0; i < fault->user_stack_len; i++)
		seen_add(file, time_ns, fault->pid, user[i] - 1);
	for (i = 0; i < fault->kernel_stack_len; i++)
		seen_add(file, time_ns, 0, kernel[i] - 1);
}

/* The file of an inode that a fault names; its path, if a mapping has it. */
static uint64_t inode_learn(struct record_file *file,
			    const struct vmscope_record_fault *fault)
{
	const struct process *process;
	struct file *known;
	bool added;

	if (!fault->inode)
		return 0;
	known = file_get(file, fault->device, fault->inode);
	process = process_get(file, fault->target_pid, &added);
	if (!known->named && process->exe_inode == fault->inode)
		file_name(file, known, process->exe_path);
	if (known->named || trace_now() < process->next_ns)
		return known->id;
	/* What has no path, such as a memfd, is asked for once. */
	if (mapping_add(file, fault->target_pid, fault->map_start,
			fault->map_end, ~(uint64_t)fault->inode))
		mappings_ask(file, fault->target_pid);
	return file_get(file, fault->device, fault->inode)->id;
}

static void fault_learn(struct record_file *file,
			const struct vmscope_record_fault *fault)
{
	struct recording_mapping packet = {
		.time_ns = fault->header.time_ns,
		.pid = fault->target_pid,
		.start = fault->map_start,
		.end = fault->map_end,
		.flags = fault->map_flags,
		.kind = fault->map_kind,
	};
	bool added;

	if (fault->pid) {
		process_get(file, fault->pid, &added);
		if (added)
			record_learn(file, fault->pid);
	}
	seen_learn(file, fault);
	if (!(fault->flags & VMSCOPE_FAULT_MAPPING) || !fault->target_pid ||
	    packet.start >= packet.end)
		return;
	packet.file = inode_learn(file, fault);
	/* Only code is looked up by its address; the rest is in each record. */
	if (!(fault->map_flags & VMSCOPE_MAP_EXEC) ||
	    !mapping_add(file, fault->target_pid, fault->map_start,
			 fault->map_end, fault->inode))
		return;
	if (fault->inode)
		packet.offset =
			fault->offset - (fault->address - fault->map_start);
	mapping_put(file, &packet, "");
}

static void exec_learn(struct record_file *file,
		       const struct vmscope_record_task *task)
{
	struct recording_forget forget = {
		.time_ns = task->header.time_ns,
		.pid = task->pid,
	};
	struct process *process;
	bool added;

	process = process_get(file, task->pid, &added);
	process->execs++;
	recording_put(file->writer, RECORDING_FORGET, &forget, sizeof(forget),
		      NULL, 0);
	task_put(file, task->header.time_ns, task->pid, task->tid, 0,
		 task->comm);
	program_learn(file, task->pid);
	mappings_ask(file, task->pid);
}

/* A new process begins with the mappings of the one that forked it. */
static void fork_learn(struct record_file *file,
		       const struct vmscope_record_task *task)
{
	bool added;

	task_put(file, task->header.time_ns, task->pid, task->tid,
		 task->pid != task->parent_pid ? task->parent_pid : 0,
		 task->comm);
	process_get(file, task->pid, &added);
}

void record_learn_from(struct record_file *file,
		       const struct vmscope_record *record)
{
	const struct vmscope_record_task *task = (const void *)record;

	if (record->type == VMSCOPE_RECORD_FAULT)
		fault_learn(file, (const void *)record);
	else if (record->type == VMSCOPE_RECORD_FORK && task->pid)
		fork_learn(file, task);
	else if (record->type == VMSCOPE_RECORD_EXEC && task->pid)
		exec_learn(file, task);
}

const struct record_seen *record_seen_get(const struct record_learner *learner,
					  size_t *slots)
{
	*slots = learner->seen.room;
	return learner->seen.slots;
}
