// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <elfutils/libdwfl.h>

#include "cli.h"
#include "symbols-file.h"

struct symbols_file {
	Dwfl *dwfl;
	Dwfl_Module *module;
	GElf_Addr bias;
	GElf_Phdr *segments; /* those that are mapped */
	size_t segments_len;
};

/* Local files only: nothing is fetched from a server. */
static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_build_id_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

/* Never a pipe, a device, or what somebody put in the place of the file. */
static int file_open(const char *path, uint64_t inode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat stat;

	if (fd < 0)
		return -1;
	if (fstat(fd, &stat) || !S_ISREG(stat.st_mode) ||
	    (inode && stat.st_ino != inode)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int segments_read(struct symbols_file *file)
{
	Elf *elf = dwfl_module_getelf(file->module, &file->bias);
	size_t len;
	size_t i;

	if (!elf || elf_getphdrnum(elf, &len) || !len)
		return -1;
	file->segments = calloc(len, sizeof(*file->segments));
	if (!file->segments)
		cli_no_memory();
	for (i = 0; i < len; i++) {
		GElf_Phdr *segment = &file->segments[file->segments_len];

		if (gelf_getphdr(elf, (int)i, segment) &&
		    segment->p_type == PT_LOAD)
			file->segments_len++;
	}
	return file->segments_len ? 0 : -1;
}

struct symbols_file *symbols_file_open(const char *path, uint64_t inode)
{
	struct symbols_file *file;
	int fd = file_open(path, inode);

	if (fd < 0)
		return NULL;
	file = calloc(1, sizeof(*file));
	if (!file)
		cli_no_memory();
	file->dwfl = dwfl_begin(&callbacks);
	if (!file->dwfl) {
		close(fd);
		free(file);
		return NULL;
	}
	dwfl_report_begin(file->dwfl);
	file->module = dwfl_report_offline(file->dwfl, "", path, fd);
	dwfl_report_end(file->dwfl, NULL, NULL);
	if (!file->module)
		close(fd);
	if (!file->module || segments_read(file)) {
		symbols_file_close(file);
		return NULL;
	}
	return file;
}

void symbols_file_close(struct symbols_file *file)
{
	if (!file)
		return;
	dwfl_end(file->dwfl);
	free(file->segments);
	free(file);
}

const char *symbols_file_find(struct symbols_file *file, uint64_t offset,
			      uint64_t *into)
{
	GElf_Off within;
	GElf_Sym symbol;
	const char *name;
	size_t i;

	for (i = 0; i < file->segments_len; i++) {
		const GElf_Phdr *segment = &file->segments[i];

		if (offset < segment->p_offset ||
		    offset - segment->p_offset >= segment->p_filesz)
			continue;
		name = dwfl_module_addrinfo(file->module,
					    offset - segment->p_offset +
						    segment->p_vaddr +
						    file->bias,
					    &within, &symbol, NULL, NULL, NULL);
		if (name)
			*into = within;
		return name;
	}
	return NULL;
}

/* --------------------------------------------------------------- kernel */

struct kernel_symbol {
	uint64_t address;
	char *name;
};

struct symbols_kernel {
	struct kernel_symbol *symbols;
	size_t len;
};

static int symbol_compare(const void *a, const void *b)
{
	uint64_t x = ((const struct kernel_symbol *)a)->address;
	uint64_t y = ((const struct kernel_symbol *)b)->address;

	return (x > y) - (x < y);
}

static void kernel_read(struct symbols_kernel *kernel, FILE *stream)
{
	size_t room = 0;
	size_t size = 0;
	char *line = NULL;

	while (getline(&line, &size, stream) > 0) {
		uint64_t address;
		char name[256];
		char type;

		if (sscanf(line, "%" SCNx64 " %c %255s", &address, &type,
			   name) != 3 ||
		    !address || !strchr("tTwW", type))
			continue;
		if (kernel->len == room) {
			room = room ? 2 * room : 65536;
			kernel->symbols =
				reallocarray(kernel->symbols, room,
					     sizeof(*kernel->symbols));
			if (!kernel->symbols)
				cli_no_memory();
		}
		kernel->symbols[kernel->len].address = address;
		kernel->symbols[kernel->len].name = strdup(name);
		if (!kernel->symbols[kernel->len].name)
			cli_no_memory();
		kernel->len++;
	}
	free(line);
}

struct symbols_kernel *symbols_kernel_open(void)
{
	FILE *stream = fopen("/proc/kallsyms", "re");
	struct symbols_kernel *kernel;

	if (!stream)
		return NULL;
	kernel = calloc(1, sizeof(*kernel));
	if (!kernel)
		cli_no_memory();
	kernel_read(kernel, stream);
	fclose(stream);
	if (!kernel->len) {
		symbols_kernel_close(kernel);
		return NULL;
	}
	qsort(kernel->symbols, kernel->len, sizeof(*kernel->symbols),
	      symbol_compare);
	return kernel;
}

void symbols_kernel_close(struct symbols_kernel *kernel)
{
	size_t i;

	if (!kernel)
		return;
	for (i = 0; i < kernel->len; i++)
		free(kernel->symbols[i].name);
	free(kernel->symbols);
	free(kernel);
}

const char *symbols_kernel_find(const struct symbols_kernel *kernel,
				uint64_t address, uint64_t *into)
{
	size_t low = 0;
	size_t high = kernel->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kernel->symbols[middle].address > address)
			high = middle;
		else
			low = middle + 1;
	}
	if (!low)
		return NULL;
	*into = address - kernel->symbols[low - 1].address;
	return kernel->symbols[low - 1].name;
}
