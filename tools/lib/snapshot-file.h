/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A snapshot is kept as its file has it, Documentation/snapshot.md: what was
 * just read from a process and what comes from a file are the same thing.
 */
#ifndef _VMSCOPE_SNAPSHOT_FILE_H
#define _VMSCOPE_SNAPSHOT_FILE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define SNAPSHOT_MAGIC	 "\211VMSCOP\n"
#define SNAPSHOT_VERSION 1

enum snapshot_section_type {
	SECTION_PROCESS,
	SECTION_MACHINE,
	SECTION_MAPS,
	SECTION_NAMES,
	SECTION_PAGES,
	SECTIONS,
};

/* The file's header, and that of each section. */
#define HEADER_VERSION	8 /* 32 bits */
#define HEADER_SECTIONS 12 /* 32 bits */
#define HEADER_LENGTH	16
#define HEADER_CRC	28 /* 32 bits, of what is before it */
#define HEADER_BYTES	32

#define SECTION_TYPE	  0 /* 32 bits, from 1 on */
#define SECTION_LENGTH	  8
#define SECTION_ITEM_SIZE 16 /* 32 bits */
#define SECTION_CRC	  20 /* 32 bits, of what is before it and the items */
#define SECTION_HEADER	  24

/* Items; fields are of 64 bits where nothing else is said. */
#define PROCESS_PID	     0
#define PROCESS_COMM	     8 /* 16 bytes */
#define PROCESS_TAKEN_AT     24
#define PROCESS_TOOK	     32
#define PROCESS_BEGAN	     40
#define PROCESS_START	     48
#define PROCESS_END	     56
#define PROCESS_MAPS_WALK    64 /* four */
#define PROCESS_PAGES_WALK   96 /* four */
#define PROCESS_THREADS	     128
#define PROCESS_MINOR_FAULTS 136
#define PROCESS_MAJOR_FAULTS 144
#define PROCESS_TABLE_BYTES  152
#define PROCESS_BYTES	     160

#define MACHINE_PAGE_SIZE  0
#define MACHINE_LEVELS	   8
#define MACHINE_USER_END   16
#define MACHINE_SOFT_DIRTY 24
#define MACHINE_MODULE	   32 /* 32 bytes */
#define MACHINE_LIBRARY	   64 /* 32 bytes */
#define MACHINE_KERNEL	   96 /* 64 bytes */
#define MACHINE_BYTES	   160

#define MAP_START      0
#define MAP_END	       8
#define MAP_FLAGS      16
#define MAP_KIND       24
#define MAP_PAGE_SIZE  32
#define MAP_OFFSET     40
#define MAP_INODE      48
#define MAP_DEVICE     56
#define MAP_NAME_START 64
#define MAP_BYTES      72

#define PAGE_START     0
#define PAGE_END       8
#define PAGE_FLAGS     16
#define PAGE_STATE     24 /* 16 bits */
#define PAGE_LEAF      26 /* 16 bits: the power of two */
#define PAGE_PKEY      28 /* 16 bits */
#define PAGE_SWAP_AREA 30 /* 16 bits */
#define PAGE_BYTES     32

/**
 * struct snapshot_section - the items of one kind
 * @bytes: the items; the snapshot's
 * @len: bytes in use
 * @size: bytes allocated
 * @item_size: bytes of one item
 */
struct snapshot_section {
	unsigned char *bytes;
	size_t len;
	size_t size;
	size_t item_size;
};

struct vmscope_snapshot {
	struct snapshot_section sections[SECTIONS];
};

static inline uint64_t get_u64(const unsigned char *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return le64toh(value);
}

static inline uint32_t get_u32(const unsigned char *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return le32toh(value);
}

static inline uint16_t get_u16(const unsigned char *from)
{
	uint16_t value;

	memcpy(&value, from, sizeof(value));
	return le16toh(value);
}

static inline void put_u64(unsigned char *to, uint64_t value)
{
	value = htole64(value);
	memcpy(to, &value, sizeof(value));
}

static inline void put_u32(unsigned char *to, uint32_t value)
{
	value = htole32(value);
	memcpy(to, &value, sizeof(value));
}

static inline void put_u16(unsigned char *to, uint16_t value)
{
	value = htole16(value);
	memcpy(to, &value, sizeof(value));
}

/* How many items a section holds, and one of them. */
static inline size_t section_items(const struct snapshot_section *section)
{
	return section->len / section->item_size;
}

static inline const unsigned char *
section_item(const struct snapshot_section *section, size_t i)
{
	return section->bytes + i * section->item_size;
}

/* An empty snapshot, or NULL. */
struct vmscope_snapshot *snapshot_create(void);

/*
 * Room for @len more bytes at the end of a section, zeroed, or NULL. What was
 * returned before moves.
 */
unsigned char *section_grow(struct snapshot_section *section, size_t len);

#endif /* _VMSCOPE_SNAPSHOT_FILE_H */
