/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names for addresses: which file is mapped there, which function it is in.
 * Nothing here fails: what cannot be named has no name. Allocation failures end
 * the program.
 *
 * Mappings are learned from faults, which tell file and offset, so that they are
 * known of processes that have ended, too; the names of files from
 * /proc/PID/maps of any process that has the file mapped, or from whoever else
 * knows them.
 */
#ifndef _VMSCOPE_SYMBOLS_H
#define _VMSCOPE_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

#include <vmscope.h>

struct symbols;

/*
 * @live: processes may be looked up in /proc, and files opened as they see them;
 * without it there is only what symbols_file_add() told
 */
struct symbols *symbols_open(bool live);
void symbols_close(struct symbols *symbols);

/**
 * struct symbols_source - where names come from instead, such as a recording
 * @mapping: as symbols_mapping(), of a record that knows its mapping
 * @name: as symbols_name()
 * @data: for these two
 */
struct symbols_source {
	const char *(*mapping)(void *data,
			       const struct vmscope_record_fault *fault,
			       uint64_t *offset);
	const char *(*name)(void *data, uint32_t pid, uint64_t address);
	void *data;
};

/* Nothing is learned or looked up then; @source must outlive what is returned. */
struct symbols *symbols_from(const struct symbols_source *source);

/* Read the mappings of a process that lives now, to know names early. */
void symbols_process(struct symbols *symbols, uint32_t pid);

/*
 * The file of an inode is called so. @open is where it may be read; or NULL for
 * the same.
 */
void symbols_file_add(struct symbols *symbols, uint64_t device, uint64_t inode,
		      const char *path, const char *open);

/* A process has this mapped, in place of what it had there. @inode 0: no file. */
void symbols_map_add(struct symbols *symbols, uint32_t pid, uint64_t start,
		     uint64_t end, uint64_t offset, uint64_t device,
		     uint64_t inode);

/* Learn from a record of any type; call it with each, before asking about it. */
void symbols_record(struct symbols *symbols,
		    const struct vmscope_record *record);

/*
 * What is mapped at the address of a fault: the path of the file, or "heap",
 * "stack", ...; NULL when the record does not know its mapping. @offset: into
 * the file, or from the start of the mapping. Valid until the next call.
 */
const char *symbols_mapping(struct symbols *symbols,
			    const struct vmscope_record_fault *fault,
			    uint64_t *offset);

/*
 * Where an instruction is: "memset+0x1f (libc.so.6)", "libc.so.6+0x9a3c0" when
 * the file has no symbol there; NULL when nothing is known. @address of the
 * kernel half: the kernel's symbol. Valid until the next call.
 */
const char *symbols_name(struct symbols *symbols, uint32_t pid,
			 uint64_t address);

#endif /* _VMSCOPE_SYMBOLS_H */
