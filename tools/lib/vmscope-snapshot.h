/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Snapshots of an address space, their file, and what changed between two.
 * Included by vmscope.h, never by itself.
 */
#ifndef _VMSCOPE_SNAPSHOT_H
#define _VMSCOPE_SNAPSHOT_H

#ifndef _VMSCOPE_H
#error "include <vmscope.h>"
#endif

struct vmscope_snapshot;

/* Enough for every message of vmscope_snapshot_parse() and _read(). */
#define VMSCOPE_SNAPSHOT_MESSAGE 256

/**
 * struct vmscope_snapshot_options - what a snapshot is to hold
 * @size: sizeof(struct vmscope_snapshot_options)
 * @reserved: 0
 * @start: first address, a multiple of the page size
 * @end: first address after the range, a multiple of the page size, or
 *	VMSCOPE_RANGE_END
 * @process_start: when the process began, in clock ticks since the machine did
 *	(field 22 of /proc/PID/stat); 0 if not known. It is only kept: with it two
 *	snapshots can be told to be of one process, or not
 *
 * Members may be appended in a later version.
 */
struct vmscope_snapshot_options {
	uint32_t size;
	uint32_t reserved;
	uint64_t start;
	uint64_t end;
	uint64_t process_start;
};

/**
 * vmscope_snapshot_options_init() - the whole address space
 * @options: the options
 */
static inline void
vmscope_snapshot_options_init(struct vmscope_snapshot_options *options)
{
	memset(options, 0, sizeof(*options));
	options->size = sizeof(*options);
	options->end = VMSCOPE_RANGE_END;
}

/**
 * vmscope_snapshot_take() - read the address space of a process
 * @handle: a handle; it is not needed afterwards
 * @target: the process
 * @options: what is wanted, prepared by vmscope_snapshot_options_init()
 * @ret: out: the snapshot, to be given to vmscope_snapshot_close()
 *
 * Mappings and pages are read in turn, some mappings at a time, and the sums
 * that the kernel keeps of the process at the end. Of a process that runs
 * meanwhile the snapshot is of several moments; its facts tell how many.
 *
 * With vmscope_budget_set(), it is of the range that was read before the budget
 * was used up, which its facts tell.
 *
 * It is kept in memory: about 32 bytes for each range of pages that are alike
 * and 80 for each mapping.
 *
 * Return: 0, -ENOMEM, -EPROTO, an error that <linux/vmscope.h> lists; -EINVAL
 * for an @options->size that is too small; -E2BIG for options that this library
 * does not know.
 */
int vmscope_snapshot_take(struct vmscope *handle,
			  const struct vmscope_target *target,
			  const struct vmscope_snapshot_options *options,
			  struct vmscope_snapshot **ret);

/**
 * vmscope_snapshot_write() - put a snapshot into a file
 * @snapshot: a snapshot
 * @fd: a descriptor that can be written
 *
 * Return: 0 or a negative errno value of write(2); then the file may hold a part
 * of the snapshot, which vmscope_snapshot_read() refuses.
 */
int vmscope_snapshot_write(const struct vmscope_snapshot *snapshot, int fd);

/**
 * vmscope_snapshot_parse() - understand the bytes of a snapshot's file
 * @bytes: the bytes; copied
 * @len: how many
 * @ret: out: the snapshot, to be given to vmscope_snapshot_close()
 * @message: out: if it is none, why; or NULL
 * @size: bytes of @message; %VMSCOPE_SNAPSHOT_MESSAGE are enough
 *
 * The bytes may come from anywhere: every length, checksum, order and name is
 * checked here, and what is accepted is safe to be asked for anything.
 *
 * Return: 0, -ENOMEM, or -EBADMSG with @message.
 */
int vmscope_snapshot_parse(const void *bytes, size_t len,
			   struct vmscope_snapshot **ret, char *message,
			   size_t size);

/**
 * vmscope_snapshot_read() - vmscope_snapshot_parse() of what a file holds
 * @fd: a descriptor that can be read, also of a pipe; read up to its end
 * @ret: out: the snapshot
 * @message: out: as with vmscope_snapshot_parse(); empty if reading failed
 * @size: bytes of @message
 *
 * Return: 0, -ENOMEM, -EBADMSG, or a negative errno value of read(2).
 */
int vmscope_snapshot_read(int fd, struct vmscope_snapshot **ret, char *message,
			  size_t size);

/**
 * vmscope_snapshot_close() - release a snapshot
 * @snapshot: a snapshot, or NULL
 */
void vmscope_snapshot_close(struct vmscope_snapshot *snapshot);

/**
 * struct vmscope_snapshot_facts - what a snapshot is of
 * @size: in: sizeof(struct vmscope_snapshot_facts); the rest is out
 * @reserved: in: 0
 * @pid: the process's id, in the pid namespace of who took the snapshot
 * @comm: its name, NUL-terminated
 * @taken_at: when it was begun, ns since 1970
 * @took: ns from its beginning to its end
 * @process_start: as in struct vmscope_snapshot_options
 * @start: first address that it tells of
 * @end: first address after that; VMSCOPE_RANGE_END or less
 * @maps_walk: how its mappings were gathered
 * @pages_walk: how its pages were gathered
 * @threads: number of threads
 * @minor_faults: of all threads, also those that ended
 * @major_faults: likewise
 * @page_table_bytes: as in struct vmscope_summary
 * @maps_len: number of mappings
 * @pages_len: number of ranges of pages
 * @page_size: of the machine
 * @levels: of its page tables
 * @user_end: end of its user half
 * @soft_dirty: &enum vmscope_feature_state of soft-dirty tracking
 * @module_version: of the module, NUL-terminated
 * @library_version: of the library that took the snapshot, likewise
 * @kernel_release: as uname(2) tells it, likewise
 *
 * Members may be appended in a later version.
 */
struct vmscope_snapshot_facts {
	uint32_t size;
	uint32_t reserved;
	uint64_t pid;
	char comm[16];
	uint64_t taken_at;
	uint64_t took;
	uint64_t process_start;
	uint64_t start;
	uint64_t end;
	struct vmscope_walk maps_walk;
	struct vmscope_walk pages_walk;
	uint64_t threads;
	uint64_t minor_faults;
	uint64_t major_faults;
	uint64_t page_table_bytes;
	uint64_t maps_len;
	uint64_t pages_len;
	uint64_t page_size;
	uint64_t levels;
	uint64_t user_end;
	uint64_t soft_dirty;
	char module_version[32];
	char library_version[32];
	char kernel_release[64];
};

/**
 * vmscope_snapshot_facts() - what a snapshot is of
 * @snapshot: a snapshot
 * @facts: in: its size; out: the facts
 *
 * Return: 0; -EINVAL if @facts->size is too small; what this library does not
 * know is 0.
 */
int vmscope_snapshot_facts(const struct vmscope_snapshot *snapshot,
			   struct vmscope_snapshot_facts *facts);

/**
 * vmscope_snapshot_map() - one of a snapshot's mappings
 * @snapshot: a snapshot
 * @i: which, from 0 on; they are in ascending order and do not overlap
 * @map: out: the mapping; its sums are 0, name_start and name_len mean nothing
 * @name: out: its name, NUL-terminated, the snapshot's; or NULL
 *
 * Return: 0, or -ENOENT behind the last.
 */
int vmscope_snapshot_map(const struct vmscope_snapshot *snapshot, size_t i,
			 struct vmscope_map *map, const char **name);

/**
 * vmscope_snapshot_page() - one of a snapshot's ranges of pages
 * @snapshot: a snapshot
 * @i: which, from 0 on; they are in ascending order and do not overlap
 * @page: out: the range; entry, physical and swap_offset are not kept and 0
 *
 * What lies in a mapping and in no range is in state NONE.
 *
 * Return: 0, or -ENOENT behind the last.
 */
int vmscope_snapshot_page(const struct vmscope_snapshot *snapshot, size_t i,
			  struct vmscope_page *page);

/* ----------------------------------------------------------------- diff */

/*
 * What became of a piece of the address space, as bits.
 *
 * NEW, GROWN, UNMAPPED and SHRUNK exclude each other, and all others.
 */
#define VMSCOPE_CHANGE_NEW	(UINT64_C(1) << 0) /* mapping was not there */
#define VMSCOPE_CHANGE_GROWN	(UINT64_C(1) << 1) /* a part of it was */
#define VMSCOPE_CHANGE_UNMAPPED (UINT64_C(1) << 2) /* mapping is gone */
#define VMSCOPE_CHANGE_SHRUNK	(UINT64_C(1) << 3) /* a part of it is left */
#define VMSCOPE_CHANGE_PERMS	(UINT64_C(1) << 4) /* other permissions */
#define VMSCOPE_CHANGE_REPLACED (UINT64_C(1) << 5) /* something else is there */

/**
 * struct vmscope_change_sums - what happened to pages, in bytes
 * @before_bytes: mapped before
 * @after_bytes: mapped after
 * @faulted_in: in memory now, and neither in memory nor in swap before
 * @swapped_in: in memory now, in swap before
 * @swapped_out: in swap now, and not before
 * @given_back: neither in memory nor in swap now, but before
 * @written: in memory before and after, and written in between: the soft-dirty
 *	or dirty bit was set, or the zero page was replaced
 * @maybe_written: likewise, but it cannot be told: dirty before and after, and
 *	not watched by soft-dirty tracking; or dirty, and collapsed or split
 * @collapsed: in memory before and after, now by a larger leaf
 * @split: likewise, by a smaller leaf
 * @before_state: @before_bytes by &enum vmscope_state
 * @after_state: @after_bytes by &enum vmscope_state
 *
 * In memory are the states PRESENT, ZERO, DEVICE, PROTNONE, NUMA_HINT,
 * MIGRATING, SPLITTING and DEVICE_PRIVATE.
 */
struct vmscope_change_sums {
	uint64_t before_bytes;
	uint64_t after_bytes;
	uint64_t faulted_in;
	uint64_t swapped_in;
	uint64_t swapped_out;
	uint64_t given_back;
	uint64_t written;
	uint64_t maybe_written;
	uint64_t collapsed;
	uint64_t split;
	uint64_t before_state[VMSCOPE_STATES];
	uint64_t after_state[VMSCOPE_STATES];
};

/**
 * struct vmscope_change - a piece of the address space, in at most one mapping
 *	before and one after
 * @start: first address
 * @end: first address after it
 * @flags: VMSCOPE_CHANGE_*
 * @before: the mapping before; all 0 if there was none
 * @after: the mapping after; all 0 if there is none
 * @name: name of the mapping after, or if there is none before; NUL-terminated
 * @sums: what happened to its pages
 *
 * Members may be appended in a later version.
 */
struct vmscope_change {
	uint64_t start;
	uint64_t end;
	uint64_t flags;
	struct vmscope_map before;
	struct vmscope_map after;
	const char *name;
	struct vmscope_change_sums sums;
};

struct vmscope_diff;

/**
 * vmscope_diff_open() - begin to compare two snapshots
 * @before: the first; both must outlive the comparison
 * @after: the second
 * @ret: out: the comparison, to be given to vmscope_diff_close()
 *
 * Compared is what both tell of. Whether both are of one process is for the
 * caller to see to, through their facts.
 *
 * Return: 0, -ENOMEM, or -EXDEV for snapshots of machines with another page
 * size.
 */
int vmscope_diff_open(const struct vmscope_snapshot *before,
		      const struct vmscope_snapshot *after,
		      struct vmscope_diff **ret);

/**
 * vmscope_diff_next() - the next piece that is mapped before or after
 * @diff: a comparison
 * @change: out: the piece, also if nothing happened to it; it belongs to the
 *	comparison and is valid until its next use
 *
 * Pieces come in ascending order and do not overlap. May read the whole of a
 * mapping's ranges; does not allocate.
 *
 * Return: 0, or 1 after the last.
 */
int vmscope_diff_next(struct vmscope_diff *diff,
		      const struct vmscope_change **change);

/**
 * vmscope_diff_close() - end a comparison
 * @diff: a comparison, or NULL
 */
void vmscope_diff_close(struct vmscope_diff *diff);

#endif /* _VMSCOPE_SNAPSHOT_H */
