/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The symbols of one ELF file, by elfutils, and those of the running kernel.
 */
#ifndef _VMSCOPE_SYMBOLS_FILE_H
#define _VMSCOPE_SYMBOLS_FILE_H

#include <stdint.h>

struct symbols_file;
struct symbols_kernel;

/*
 * A regular file that has this inode, 0 for any; NULL when it is not that, or no
 * ELF file. Debugging symbols in a file of their own are found by build id.
 */
struct symbols_file *symbols_file_open(const char *path, uint64_t inode);
void symbols_file_close(struct symbols_file *file);

/* The symbol at an offset into the file, and how far into it that is; or NULL. */
const char *symbols_file_find(struct symbols_file *file, uint64_t offset,
			      uint64_t *into);

/* NULL when /proc/kallsyms hides its addresses. */
struct symbols_kernel *symbols_kernel_open(void);
void symbols_kernel_close(struct symbols_kernel *kernel);
const char *symbols_kernel_find(const struct symbols_kernel *kernel,
				uint64_t address, uint64_t *into);

#endif /* _VMSCOPE_SYMBOLS_FILE_H */
