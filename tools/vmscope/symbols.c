// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "symbols-file.h"
#include "symbols.h"

/* Processes that are remembered; with more, all are learned anew. */
#define PROCESSES_LIMIT 4096
#define PROCESSES_HASH	1024

/* Answers that are kept, by file and offset. */
#define ANSWERS 8192

/*
 * What anybody can make as many of as he likes is bounded: mappings of a process
 * that faults in ever new ones, files, files whose symbols are read.
 */
#define MAPS_LIMIT   16384
#define FILES_LIMIT  65536
#define FILES_HASH   4096
#define OPENED_LIMIT 256

/* How often /proc is asked about a file that nobody could name. */
#define TRIES_LIMIT 3

struct map {
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	int file; /* index, or -1 */
};

struct process {
	struct process *next; /* of the same hash */
	uint32_t pid;
	bool read; /* /proc/PID/maps was */
	uint64_t read_ns; /* when, CLOCK_MONOTONIC */
	struct map *maps; /* ascending, without overlap */
	size_t maps_len;
	size_t maps_size;
};

struct file {
	uint64_t device;
	uint64_t inode;
	char *path; /* NULL: not known */
	char *open_path;
	uint32_t pid; /* who has it mapped */
	int next; /* of the same hash, or -1 */
	unsigned int tries;
	bool opened;
	struct symbols_file *symbols; /* NULL: has none */
};

struct answer {
	char *text;
	int file;
	uint64_t offset;
};

struct symbols {
	bool live;
	const struct symbols_source *source; /* or NULL */
	struct file *files;
	size_t files_len;
	size_t files_size;
	int files_hash[FILES_HASH]; /* index + 1, 0: none */
	size_t opened_len;
	struct process *processes[PROCESSES_HASH];
	size_t processes_len;
	struct answer answers[ANSWERS];
	bool kernel_read;
	struct symbols_kernel *kernel;
	char kernel_text[256];
};

/* ---------------------------------------------------------------- files */

static void *grow(void *array, size_t len, size_t *size, size_t element)
{
	if (len < *size)
		return array;
	*size = *size ? 2 * *size : 16;
	array = reallocarray(array, *size, element);
	if (!array)
		cli_no_memory();
	return array;
}

static char *copy(const char *text)
{
	char *ret = strdup(text);

	if (!ret)
		cli_no_memory();
	return ret;
}

/*
 * Some file systems tell another device in /proc/PID/maps than in stat(); both
 * sides here come from the mapping, so that they fit.
 */
static int file_find(struct symbols *symbols, uint64_t device, uint64_t inode)
{
	int *head = &symbols->files_hash[(inode ^ device * 31) % FILES_HASH];
	int i;

	if (!inode)
		return -1;
	for (i = *head - 1; i >= 0; i = symbols->files[i].next)
		if (symbols->files[i].inode == inode &&
		    symbols->files[i].device == device)
			return i;
	if (symbols->files_len == FILES_LIMIT)
		return -1;
	symbols->files = grow(symbols->files, symbols->files_len,
			      &symbols->files_size, sizeof(*symbols->files));
	symbols->files[symbols->files_len] = (struct file){
		.device = device,
		.inode = inode,
		.next = *head - 1,
	};
	*head = (int)++symbols->files_len;
	return *head - 1;
}

void symbols_file_add(struct symbols *symbols, uint64_t device, uint64_t inode,
		      const char *path, const char *open)
{
	int index = file_find(symbols, device, inode);

	if (index < 0 || symbols->files[index].path)
		return;
	symbols->files[index].path = copy(path);
	symbols->files[index].open_path = open ? copy(open) : NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* ------------------------------------------------------------ processes */

static struct process **process_slot(struct symbols *symbols, uint32_t pid)
{
	struct process **slot = &symbols->processes[pid % PROCESSES_HASH];

	while (*slot && (*slot)->pid != pid)
		slot = &(*slot)->next;
	return slot;
}

static void process_forget(struct symbols *symbols, uint32_t pid)
{
	struct process **slot = process_slot(symbols, pid);
	struct process *process = *slot;

	if (!process)
		return;
	*slot = process->next;
	symbols->processes_len--;
	free(process->maps);
	free(process);
}

static void processes_forget(struct symbols *symbols)
{
	size_t i;

	for (i = 0; i < PROCESSES_HASH; i++)
		while (symbols->processes[i])
			process_forget(symbols, symbols->processes[i]->pid);
}

static struct process *process_find(struct symbols *symbols, uint32_t pid)
{
	struct process **slot = process_slot(symbols, pid);

	if (*slot)
		return *slot;
	if (symbols->processes_len == PROCESSES_LIMIT) {
		processes_forget(symbols);
		slot = process_slot(symbols, pid);
	}
	*slot = calloc(1, sizeof(**slot));
	if (!*slot)
		cli_no_memory();
	(*slot)->pid = pid;
	symbols->processes_len++;
	return *slot;
}

/* The first mapping that ends after an address. */
static size_t map_position(const struct process *process, uint64_t address)
{
	size_t low = 0;
	size_t high = process->maps_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (process->maps[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static const struct map *map_find(const struct process *process,
				  uint64_t address)
{
	size_t i = map_position(process, address);

	if (i < process->maps_len && process->maps[i].start <= address)
		return &process->maps[i];
	return NULL;
}

/* In place of all that it overlaps: what the fault tells is the latest. */
static void map_put(struct process *process, const struct map *map)
{
	size_t first;
	size_t end;

	if (process->maps_len == MAPS_LIMIT)
		process->maps_len = 0; /* it will fault in those it uses */
	first = map_position(process, map->start);
	end = first;

	while (end < process->maps_len && process->maps[end].start < map->end)
		end++;
	if (first == end)
		process->maps = grow(process->maps, process->maps_len,
				     &process->maps_size,
				     sizeof(*process->maps));
	memmove(&process->maps[first + 1], &process->maps[end],
		(process->maps_len - end) * sizeof(*process->maps));
	process->maps[first] = *map;
	process->maps_len = process->maps_len - (end - first) + 1;
}

void symbols_map_add(struct symbols *symbols, uint32_t pid, uint64_t start,
		     uint64_t end, uint64_t offset, uint64_t device,
		     uint64_t inode)
{
	const struct map map = {
		.start = start,
		.end = end,
		.offset = offset,
		.file = file_find(symbols, device, inode),
	};
	struct process *process = process_find(symbols, pid);
	const struct map *known = map_find(process, start);

	if (start >= end ||
	    (known && known->start == start && known->end == end &&
	     known->offset == offset && known->file == map.file))
		return;
	if (map.file >= 0)
		symbols->files[map.file].pid = pid;
	map_put(process, &map);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void symbols_process(struct symbols *symbols, uint32_t pid)
{
	char path[64];
	char *line = NULL;
	size_t size = 0;
	FILE *file;

	process_find(symbols, pid)->read_ns = now_ns();
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/maps", pid);
	file = fopen(path, "re");
	while (file && getline(&line, &size, file) > 0) {
		uint64_t start;
		uint64_t end;
		uint64_t offset;
		uint64_t inode;
		unsigned int major_number;
		unsigned int minor_number;
		int name = 0;
		uint64_t device;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line,
			   "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64
			   " %x:%x %" SCNu64 " %n",
			   &start, &end, &offset, &major_number, &minor_number,
			   &inode, &name) < 6 ||
		    !name)
			continue;
		device = (uint64_t)major_number << 32 | minor_number;
		symbols_map_add(symbols, pid, start, end, offset, device,
				inode);
		if (inode && line[name] == '/')
			symbols_file_add(symbols, device, inode, line + name,
					 NULL);
	}
	free(line);
	if (file)
		fclose(file);
}

/* A new process has what its parent had. */
static void process_fork(struct symbols *symbols, uint32_t parent,
			 uint32_t child)
{
	const struct process *from = *process_slot(symbols, parent);
	struct process *to;
	size_t i;

	if (parent == child || !from || !parent)
		return;
	process_forget(symbols, child);
	to = process_find(symbols, child);
	from = *process_slot(symbols, parent);
	for (i = 0; from && i < from->maps_len; i++)
		map_put(to, &from->maps[i]);
}

static void fault_learn(struct symbols *symbols,
			const struct vmscope_record_fault *fault)
{
	uint32_t pid = fault->target_pid ? fault->target_pid : fault->pid;
	uint64_t into = fault->address - fault->map_start;
	struct process *process;
	int index;

	if (!(fault->flags & VMSCOPE_FAULT_MAPPING) || !pid)
		return;
	symbols_map_add(symbols, pid, fault->map_start, fault->map_end,
			fault->inode ? fault->offset - into : 0, fault->device,
			fault->inode);
	if (!symbols->live)
		return;
	process = process_find(symbols, pid);
	index = file_find(symbols, fault->device, fault->inode);
	if (process->read && (index < 0 || symbols->files[index].path ||
			      symbols->files[index].tries >= TRIES_LIMIT))
		return;
	process->read = true;
	if (index >= 0)
		symbols->files[index].tries++;
	symbols_process(symbols, pid);
}

/* What was read after it, is already of the new program. */
static void process_exec(struct symbols *symbols,
			 const struct vmscope_record_task *task)
{
	const struct process *process = *process_slot(symbols, task->pid);

	if (process && process->read_ns > task->header.time_ns)
		return;
	process_forget(symbols, task->pid);
	if (symbols->live)
		symbols_process(symbols, task->pid);
}

void symbols_record(struct symbols *symbols,
		    const struct vmscope_record *record)
{
	const struct vmscope_record_task *task = (const void *)record;

	switch (record->type) {
	case VMSCOPE_RECORD_FAULT:
		fault_learn(symbols, (const void *)record);
		break;
	case VMSCOPE_RECORD_FORK:
		process_fork(symbols, task->parent_pid, task->pid);
		break;
	case VMSCOPE_RECORD_EXEC:
		process_exec(symbols, task);
		break;
	case VMSCOPE_RECORD_EXIT:
		if (task->pid == task->tid)
			process_forget(symbols, task->pid);
		break;
	}
}

/* -------------------------------------------------------------- answers */

const char *symbols_mapping(struct symbols *symbols,
			    const struct vmscope_record_fault *fault,
			    uint64_t *offset)
{
	const struct vmscope_name *kind;
	int index;

	if (!(fault->flags & VMSCOPE_FAULT_MAPPING))
		return NULL;
	if (symbols->source)
		return symbols->source->mapping(symbols->source->data, fault,
						offset);
	index = file_find(symbols, fault->device, fault->inode);
	if (index >= 0 && symbols->files[index].path) {
		*offset = fault->offset;
		return symbols->files[index].path;
	}
	*offset = fault->address - fault->map_start;
	kind = vmscope_name_find(VMSCOPE_NAMES_KIND, fault->map_kind);
	return kind ? kind->name : "unknown";
}

static void file_open(struct file *file, bool live)
{
	char path[4200];

	file->opened = true;
	if (!file->path)
		return;
	if (file->open_path || !live) {
		file->symbols = symbols_file_open(
			file->open_path ? file->open_path : file->path, 0);
		return;
	}
	/* As the process sees it, which may be elsewhere than for us. */
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/root%s", file->pid,
		 file->path);
	file->symbols = symbols_file_open(path, file->inode);
	if (!file->symbols)
		file->symbols = symbols_file_open(file->path, file->inode);
}

static char *answer_make(struct symbols *symbols, struct file *file,
			 uint64_t offset)
{
	const char *symbol = NULL;
	uint64_t into = 0;
	char *text;

	if (!file->opened && symbols->opened_len < OPENED_LIMIT) {
		file_open(file, symbols->live);
		symbols->opened_len += file->symbols != NULL;
	}
	if (file->symbols)
		symbol = symbols_file_find(file->symbols, offset, &into);
	if ((symbol ? asprintf(&text, "%s+0x%" PRIx64 " (%s)", symbol, into,
			       base_name(file->path)) :
		      asprintf(&text, "%s+0x%" PRIx64, base_name(file->path),
			       offset)) < 0)
		cli_no_memory();
	return text;
}

static const char *kernel_name(struct symbols *symbols, uint64_t address)
{
	const char *symbol;
	uint64_t into;

	if (!symbols->live)
		return NULL;
	if (!symbols->kernel_read) {
		symbols->kernel_read = true;
		symbols->kernel = symbols_kernel_open();
	}
	if (!symbols->kernel)
		return NULL;
	symbol = symbols_kernel_find(symbols->kernel, address, &into);
	if (!symbol)
		return NULL;
	snprintf(symbols->kernel_text, sizeof(symbols->kernel_text),
		 "%s+0x%" PRIx64, symbol, into);
	return symbols->kernel_text;
}

const char *symbols_name(struct symbols *symbols, uint32_t pid,
			 uint64_t address)
{
	const struct process *process;
	const struct map *map;
	struct answer *answer;
	struct file *file;
	uint64_t offset;

	if (symbols->source)
		return symbols->source->name(symbols->source->data, pid,
					     address);
	if (address >> 63)
		return kernel_name(symbols, address);
	process = *process_slot(symbols, pid);
	map = process ? map_find(process, address) : NULL;
	if (!map || map->file < 0)
		return NULL;
	file = &symbols->files[map->file];
	if (!file->path)
		return NULL;
	offset = address - map->start + map->offset;
	answer = &symbols->answers[(offset ^ offset >> 13 ^
				    (uint64_t)map->file * 977) %
				   ANSWERS];
	if (answer->text && answer->file == map->file &&
	    answer->offset == offset)
		return answer->text;
	free(answer->text);
	answer->text = answer_make(symbols, file, offset);
	answer->file = map->file;
	answer->offset = offset;
	return answer->text;
}

/* ------------------------------------------------------------ open, close */

struct symbols *symbols_open(bool live)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		cli_no_memory();
	symbols->live = live;
	/* The loader and the C library, as nearly everybody uses them. */
	if (live)
		symbols_process(symbols, (uint32_t)getpid());
	return symbols;
}

struct symbols *symbols_from(const struct symbols_source *source)
{
	struct symbols *symbols = symbols_open(false);

	symbols->source = source;
	return symbols;
}

void symbols_close(struct symbols *symbols)
{
	size_t i;

	if (!symbols)
		return;
	processes_forget(symbols);
	for (i = 0; i < symbols->files_len; i++) {
		free(symbols->files[i].path);
		free(symbols->files[i].open_path);
		symbols_file_close(symbols->files[i].symbols);
	}
	for (i = 0; i < ANSWERS; i++)
		free(symbols->answers[i].text);
	free(symbols->files);
	symbols_kernel_close(symbols->kernel);
	free(symbols);
}
