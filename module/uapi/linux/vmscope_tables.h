/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vmscope: the page tables themselves, and how full they are.
 *
 *  VMSCOPE_IOC_TABLES  page-table pages by level and mapping; resumable
 *
 * The rules of <linux/vmscope.h> hold, also its errors.
 */
#ifndef _UAPI_LINUX_VMSCOPE_TABLES_H
#define _UAPI_LINUX_VMSCOPE_TABLES_H

#include <linux/vmscope.h>

/*
 * Tables by the number of their entries in use: none, 1, 2 to 3, 4 to 7 and so
 * on up to 256 to 511, and 512. Fill 0 is an empty table, fill n has at least
 * 1 << (n - 1) entries in use and fewer than 1 << n.
 */
#define VMSCOPE_TABLE_FILLS	11

/**
 * struct vmscope_table_sums - the tables of one level
 * @tables: number of tables
 * @used_entries: entries in them that are not empty
 * @complete_tables: tables of which every entry maps a page and which lie in a
 *	single mapping: one huge leaf could stand for each. Pte level only,
 *	and not where the mapping's pages have no place of their own (PFN maps)
 * @fill: @tables by the number of entries in use
 *
 * A table has 512 entries. Of the top table the 256 of the user half are looked
 * at.
 */
struct vmscope_table_sums {
	__u64 tables;
	__u64 used_entries;
	__u64 complete_tables;
	__u64 fill[VMSCOPE_TABLE_FILLS];
};

/**
 * struct vmscope_map_tables - one mapping, and the tables that are its own
 * @start: first address
 * @end: first address after it
 * @flags: VMSCOPE_MAP_*
 * @kind: &enum vmscope_kind
 * @name_start: where its name begins in the names buffer
 * @name_len: bytes of the name, as in &struct vmscope_map
 * @levels: its tables, [0] pte tables up to [4] the pgd; with four levels [4]
 *	is 0 and the pgd is in [3]
 *
 * A table that several mappings share belongs to the first of them, which is
 * the one with the lowest address that lies in what the table covers. So each
 * table is in one element, the first one has the pgd, and all elements of a
 * process add up to its tables. In a range that begins within a mapping, the
 * tables whose part of that mapping begins before are left out.
 */
struct vmscope_map_tables {
	__u64 start;
	__u64 end;
	__u64 flags;
	__u64 kind;
	__u64 name_start;
	__u64 name_len;
	struct vmscope_table_sums levels[VMSCOPE_LEVELS];
};

/**
 * struct vmscope_tables - VMSCOPE_IOC_TABLES
 * @size: in: sizeof(struct vmscope_tables)
 * @reserved: in: 0
 * @flags: in: VMSCOPE_F_PIDFD or 0
 * @target: in: see "Target" in <linux/vmscope.h>
 * @start: in: first address, a multiple of the page size
 * @end: in: first address after the range, above @start, a multiple of the
 *	page size or VMSCOPE_RANGE_END
 * @maps: in: address of an array of struct vmscope_map_tables
 * @maps_len: in: number of its elements, at least 1; out: number written
 * @maps_size: in: bytes of one element
 * @names: in: address of a buffer for the names; or 0, then names are left out
 * @names_len: in: bytes of it; out: bytes written
 * @pid: out: the process's id in the caller's pid namespace
 * @cursor: out: where to go on: as @start of the next request it neither
 *	repeats nor skips anything. Equal to @end when the range is complete
 * @walk: out: how the reply was gathered
 * @page_table_bytes: out: the kernel's own account, as in &struct
 *	vmscope_summary: the tables of the process, but for p4d and pgd, and
 *	those that are held in reserve for splitting huge pages
 * @entries_max: in: see "Limits" in <linux/vmscope.h>
 * @time_max: in: likewise
 *
 * The reply ends early, between two mappings, when @maps or @names is full. A
 * name that does not fit an empty @names is an error, ENAMETOOLONG (4096 bytes
 * always do). Each table is read whole, at the moment when it is met; what is
 * in use of it is of that moment.
 *
 * May sleep. Takes the target's mmap_lock for read, killable, in bounded holds;
 * nothing is copied to the caller under it.
 * Errors: the common ones, ENAMETOOLONG.
 */
struct vmscope_tables {
	__u32 size;
	__u32 reserved;
	__u64 flags;
	__u64 target;
	__u64 start;
	__u64 end;
	__u64 maps;
	__u64 maps_len;
	__u64 maps_size;
	__u64 names;
	__u64 names_len;
	__u64 pid;
	__u64 cursor;
	struct vmscope_walk walk;
	__u64 page_table_bytes;
	__u64 entries_max;
	__u64 time_max;
};

#define VMSCOPE_IOC_TABLES	_IOWR(VMSCOPE_IOC_MAGIC, 0x05, struct vmscope_tables)

#endif /* _UAPI_LINUX_VMSCOPE_TABLES_H */
