// SPDX-License-Identifier: GPL-2.0
/*
 * vmscope record: names of the code that took faults, so that a recording can
 * be read where the programs are not.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gelf.h>

#include "record.h"
#include "symbols-file.h"

/* An instruction, by where it is in its file; in the kernel by its address. */
struct spot {
	uint64_t file; /* 0: the kernel */
	uint64_t offset;
};

/* -------------------------------------------------------------- build id */

static size_t note_build_id(Elf_Data *data, unsigned char id[64])
{
	size_t pos = 0;
	size_t name;
	size_t desc;
	GElf_Nhdr note;

	while (data && (pos = gelf_getnote(data, pos, &note, &name, &desc)) > 0)
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    memcmp((char *)data->d_buf + name, "GNU", 4) == 0 &&
		    note.n_descsz <= 64) {
			memcpy(id, (char *)data->d_buf + desc, note.n_descsz);
			return note.n_descsz;
		}
	return 0;
}

static size_t elf_build_id(Elf *elf, unsigned char id[64])
{
	size_t ret = 0;
	size_t len;
	size_t i;

	if (!elf || elf_kind(elf) != ELF_K_ELF || elf_getphdrnum(elf, &len))
		return 0;
	for (i = 0; i < len && !ret; i++) {
		GElf_Phdr segment;

		if (gelf_getphdr(elf, (int)i, &segment) &&
		    segment.p_type == PT_NOTE)
			ret = note_build_id(
				elf_getdata_rawchunk(
					elf, (int64_t)segment.p_offset,
					segment.p_filesz, ELF_T_NHDR),
				id);
	}
	return ret;
}

/* A file that was replaced meanwhile is not the one that ran. */
size_t record_build_id_get(const char *path, uint64_t inode,
			   unsigned char id[64])
{
	struct stat stat;
	size_t ret = 0;
	Elf *elf;
	int fd;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return 0;
	if (!fstat(fd, &stat) && S_ISREG(stat.st_mode) &&
	    stat.st_ino == inode) {
		elf = elf_begin(fd, ELF_C_READ, NULL);
		ret = elf_build_id(elf, id);
		elf_end(elf);
	}
	close(fd);
	return ret;
}

/* --------------------------------------------------------------- symbols */

static int spot_compare(const void *a, const void *b)
{
	const struct spot *x = a;
	const struct spot *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static struct spot *spots_make(const struct record_file *file, size_t *len)
{
	size_t slots;
	const struct record_seen *seen = record_seen_get(file->learner, &slots);
	struct spot *spots = calloc(slots + 1, sizeof(*spots));
	size_t i;

	if (!spots)
		cli_no_memory();
	*len = 0;
	for (i = 0; i < slots; i++) {
		struct recorded_place place;

		if (!seen[i].address)
			continue;
		if (!seen[i].pid) {
			spots[(*len)++] = (struct spot){ 0, seen[i].address };
			continue;
		}
		recording_place_find(file->meta, seen[i].pid, seen[i].time_ns,
				     seen[i].address, &place);
		if (place.file)
			spots[(*len)++] =
				(struct spot){ place.file->id, place.offset };
	}
	qsort(spots, *len, sizeof(*spots), spot_compare);
	return spots;
}

static void symbol_put(struct record_file *file,
		       const struct recording_symbol *symbol, const char *name)
{
	struct recording_symbol packet = *symbol;
	const struct recording_text text = { name, strlen(name) };

	packet.name_len = text.len;
	recording_put(file->writer, RECORDING_SYMBOL, &packet, sizeof(packet),
		      &text, 1);
}

/*
 * The spots of one file, rising. Each symbol is put once, as far as the last
 * spot in it: nothing is asked about what is behind.
 */
static void symbols_put(struct record_file *file, const struct spot *spots,
			size_t len, struct symbols_file *elf,
			const struct symbols_kernel *kernel)
{
	struct recording_symbol symbol = { .end = 0 };
	char *last = NULL;
	size_t i;

	for (i = 0; i < len; i++) {
		uint64_t into = 0;
		const char *name =
			elf ? symbols_file_find(elf, spots[i].offset, &into) :
			      symbols_kernel_find(kernel, spots[i].offset,
						  &into);
		uint64_t start = spots[i].offset - into;

		if (!name || into > spots[i].offset)
			continue;
		if (!last || start != symbol.start || strcmp(name, last) != 0) {
			if (last)
				symbol_put(file, &symbol, last);
			free(last);
			last = strdup(name);
			if (!last)
				cli_no_memory();
			symbol.file = spots[i].file;
			symbol.start = start;
		}
		symbol.end = spots[i].offset + 1;
	}
	if (last)
		symbol_put(file, &symbol, last);
	free(last);
}

static void file_symbols_put(struct record_file *file, const struct spot *spots,
			     size_t len)
{
	const struct recorded_file *known =
		recording_file_get(file->meta, spots->file);
	struct symbols_kernel *kernel = NULL;
	struct symbols_file *elf = NULL;

	if (!spots->file)
		kernel = symbols_kernel_open();
	else if (known)
		elf = symbols_file_open(known->path, known->inode);
	if (kernel || elf)
		symbols_put(file, spots, len, elf, kernel);
	symbols_kernel_close(kernel);
	symbols_file_close(elf);
}

void record_symbols_put(struct record_file *file)
{
	struct spot *spots;
	size_t len;
	size_t i;
	size_t j;

	if (recording_meta_sort(file->meta))
		cli_no_memory();
	spots = spots_make(file, &len);
	for (i = 0; i < len; i = j) {
		for (j = i; j < len && spots[j].file == spots[i].file; j++)
			;
		/* Putting symbols leaves the files as they are. */
		file_symbols_put(file, spots + i, j - i);
	}
	free(spots);
}
