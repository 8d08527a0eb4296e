/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvmscope: a process's virtual memory as the MMU sees it.
 *
 * The library has two layers. The lower one sends one request of the contract
 * in <linux/vmscope.h> and returns its reply as it came. The upper one hides
 * buffers, cursors and numbers: targets, iterators over mappings and pages, names
 * and sentences for every value of the contract, and error messages.
 *
 * Conventions
 * -----------
 *  - Functions return 0, or a negative errno value; errno itself is not part of
 *    the interface. Iterators return 0 for an item, 1 at the end, or a negative
 *    errno value.
 *  - Nothing is written to an output parameter when a function fails, unless
 *    its description says otherwise.
 *  - Sizes are bytes, ranges are half-open [start, end).
 *  - A function named _close() takes NULL.
 *  - The library prints nothing, keeps no global state and handles no signal.
 *
 * Threads
 * -------
 * A handle holds no state between requests, but for a budget: any number of
 * threads may use one without at a time, as long as none of them closes it. An iterator belongs to one
 * thread at a time. Names and sentences are constants.
 *
 * Growth
 * ------
 * The structs of the contract begin with their size, and that is the size the
 * caller was compiled with: the _init() functions below are inline for that
 * reason. A program, this library and the module may each be of another
 * version; fields that the module does not know come back as zero.
 */
#ifndef _VMSCOPE_H
#define _VMSCOPE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include <linux/vmscope.h>
#include <linux/vmscope_trace.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define VMSCOPE_DEVICE_PATH "/dev/" VMSCOPE_DEVICE_NAME

/* --------------------------------------------------------------- handle */

struct vmscope;

/**
 * vmscope_open() - open the device of the module
 * @ret: out: a handle, to be given to vmscope_close()
 *
 * Frames, swap offsets and kernel addresses are shown to a handle whose opener
 * and whose user both have CAP_SYS_ADMIN: a handle that is passed on does not
 * carry the rights of who opened it.
 *
 * Return: 0; -ENOENT when the module is not loaded or the device node is
 * missing; -ENODEV or -ENXIO when the node has no driver behind it; -EACCES
 * when the caller may not open it; -EMFILE, -ENFILE, -ENOMEM.
 */
int vmscope_open(struct vmscope **ret);

/**
 * vmscope_open_fd() - use a descriptor that somebody else opened
 * @fd: an open descriptor of the device. The handle owns it from then on and
 *	closes it; on failure it stays the caller's
 * @ret: out: a handle
 *
 * Return: 0 or -ENOMEM. Whether @fd is a vmscope device is not checked; the
 * first request will tell (-ENOTTY).
 */
int vmscope_open_fd(int fd, struct vmscope **ret);

/**
 * vmscope_fd() - the descriptor behind a handle
 * @handle: a handle
 *
 * Return: the descriptor. It still belongs to the handle.
 */
int vmscope_fd(const struct vmscope *handle);

/**
 * vmscope_close() - close a handle
 * @handle: a handle whose iterators are all closed, or NULL
 */
void vmscope_close(struct vmscope *handle);

/**
 * vmscope_version() - version of the library, such as "0.1.0"
 *
 * Return: a constant string.
 */
const char *vmscope_version(void);

/* --------------------------------------------------------------- target */

/**
 * struct vmscope_target - which process a request is about
 * @id: a process or thread id in the caller's pid namespace, 0 for the caller
 *	itself, or a pidfd
 * @flags: VMSCOPE_F_PIDFD when @id is a pidfd
 *
 * A pidfd cannot come to mean another process, a pid can.
 */
struct vmscope_target {
	uint64_t id;
	uint64_t flags;
};

/**
 * vmscope_target_pid() - the process that has a pid now
 * @pid: process or thread id in the caller's pid namespace; 0 for the caller
 *
 * Return: the target. Nothing is looked up before a request is sent.
 */
static inline struct vmscope_target vmscope_target_pid(pid_t pid)
{
	struct vmscope_target target = { (uint64_t)pid, 0 };

	return target;
}

/**
 * vmscope_target_pidfd() - the process that a pidfd refers to
 * @fd: a pidfd; it stays the caller's and must be open during each request
 *
 * Return: the target.
 */
static inline struct vmscope_target vmscope_target_pidfd(int fd)
{
	struct vmscope_target target = { (uint64_t)fd, VMSCOPE_F_PIDFD };

	return target;
}

/* ------------------------------------------------------------- requests */

/**
 * vmscope_info_init() - prepare a request for what kernel and module can do
 * @arg: the request
 * @features: array for the state of each &enum vmscope_feature_id, or NULL
 * @features_len: number of its elements; VMSCOPE_FEATURES has room for all
 */
static inline void vmscope_info_init(struct vmscope_info *arg,
				     uint32_t *features, size_t features_len)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->features = (uint64_t)(uintptr_t)features;
	arg->features_len = features ? features_len : 0;
}

/**
 * vmscope_info_get() - what this kernel and this module can do
 * @handle: a handle
 * @arg: in and out: the request, see struct vmscope_info
 *
 * Return: 0, -EINVAL, -E2BIG, -EFAULT, -ENOTTY.
 */
int vmscope_info_get(struct vmscope *handle, struct vmscope_info *arg);

/**
 * vmscope_summary_init() - prepare a request for the sums over one process
 * @arg: the request
 * @target: the process
 * @kinds: array for the sums of each &enum vmscope_kind, or NULL
 * @kinds_len: number of its elements; VMSCOPE_KINDS has room for all
 */
static inline void vmscope_summary_init(struct vmscope_summary *arg,
					const struct vmscope_target *target,
					struct vmscope_sums *kinds,
					size_t kinds_len)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = target->flags;
	arg->target = target->id;
	arg->kinds = (uint64_t)(uintptr_t)kinds;
	arg->kinds_len = kinds ? kinds_len : 0;
	arg->kinds_size = sizeof(*kinds);
}

/**
 * vmscope_summary_get() - the sums over one process
 * @handle: a handle
 * @arg: in and out: the request, see struct vmscope_summary
 *
 * The target's mmap_lock is taken for read, in holds of bounded length. On a
 * large process this takes milliseconds to seconds.
 *
 * Return: 0 or an error that <linux/vmscope.h> lists.
 */
int vmscope_summary_get(struct vmscope *handle, struct vmscope_summary *arg);

/**
 * vmscope_maps_get() - some mappings of a process, as one raw request
 * @handle: a handle
 * @arg: in and out: the request, see struct vmscope_maps; the caller sets every
 *	field, also @arg->size. vmscope_maps_open() is the comfortable way
 *
 * Return: 0 or an error that <linux/vmscope.h> lists.
 */
int vmscope_maps_get(struct vmscope *handle, struct vmscope_maps *arg);

/**
 * vmscope_translate_init() - prepare a request for one address
 * @arg: the request
 * @target: the process
 * @address: any virtual address
 */
static inline void vmscope_translate_init(struct vmscope_translate *arg,
					  const struct vmscope_target *target,
					  uint64_t address)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = target->flags;
	arg->target = target->id;
	arg->address = address;
}

/**
 * vmscope_translate_get() - what becomes of one address, level by level
 * @handle: a handle
 * @arg: in and out: the request, see struct vmscope_translate
 *
 * An address that is not there is an answer (@arg->state), not an error.
 *
 * Return: 0 or an error that <linux/vmscope.h> lists; -EPERM for an address in
 * the kernel half without the right to see it.
 */
int vmscope_translate_get(struct vmscope *handle,
			  struct vmscope_translate *arg);

/**
 * vmscope_translate_has_physical() - does a translation end in memory?
 * @arg: a reply of vmscope_translate_get()
 *
 * A physical address can be 0, so 0 does not mean that there is none.
 *
 * Return: 1 when the address has a page (@arg->physical is that page's address
 * unless @arg->reply_flags has VMSCOPE_REPLY_FRAMES_HIDDEN), else 0.
 */
int vmscope_translate_has_physical(const struct vmscope_translate *arg);

/* ------------------------------------------------------------- mappings */

struct vmscope_maps_iter;

/**
 * vmscope_maps_open() - begin to iterate over the mappings of a process
 * @handle: a handle, which must outlive the iterator
 * @target: the process; a pidfd must stay open as long as the iterator is
 * @start: first address, a multiple of the page size
 * @end: first address after the range, a multiple of the page size, or
 *	VMSCOPE_RANGE_END
 * @ret: out: the iterator, to be given to vmscope_maps_close()
 *
 * Nothing is asked of the module yet: errors about the target are those of the
 * first vmscope_maps_next().
 *
 * Return: 0 or -ENOMEM.
 */
int vmscope_maps_open(struct vmscope *handle,
		      const struct vmscope_target *target, uint64_t start,
		      uint64_t end, struct vmscope_maps_iter **ret);

/**
 * vmscope_maps_next() - the next mapping
 * @iter: an iterator
 * @map: out: the mapping; its name_start and name_len mean nothing here
 * @name: out: its name, NUL-terminated raw bytes, "" for none; or NULL
 *
 * Mappings come in ascending order and do not overlap. What @map and @name
 * point to belongs to the iterator and is valid until its next use.
 *
 * Return: 0, 1 after the last mapping, -ENOMEM, -EPROTO for a reply that
 * contradicts itself, or an error that <linux/vmscope.h> lists. After an error
 * the iterator stands where it stood, so that asking again is possible.
 */
int vmscope_maps_next(struct vmscope_maps_iter *iter,
		      const struct vmscope_map **map, const char **name);

/**
 * vmscope_maps_walk() - how the mappings so far were gathered
 * @iter: an iterator
 * @pid: out: the process's id in the caller's pid namespace, 0 before the first
 *	reply; or NULL
 * @walk: out: sums over all replies so far. @walk->layout is
 *	VMSCOPE_LAYOUT_SAME only if a single reply brought everything: what
 *	happens between two requests cannot be told
 */
void vmscope_maps_walk(const struct vmscope_maps_iter *iter, uint64_t *pid,
		       struct vmscope_walk *walk);

/**
 * vmscope_maps_close() - end an iteration
 * @iter: an iterator, or NULL
 */
void vmscope_maps_close(struct vmscope_maps_iter *iter);

#include "vmscope-pages.h"

#include "vmscope-tables.h"
#include "vmscope-processes.h"

#include "vmscope-layout.h"

#include "vmscope-folio.h"

/* ---------------------------------------------------------------- names */

/**
 * enum vmscope_names - the tables of names
 * @VMSCOPE_NAMES_STATE: &enum vmscope_state
 * @VMSCOPE_NAMES_KIND: &enum vmscope_kind
 * @VMSCOPE_NAMES_MAP_FLAG: VMSCOPE_MAP_*
 * @VMSCOPE_NAMES_ENTRY_FLAG: VMSCOPE_ENTRY_*
 * @VMSCOPE_NAMES_FEATURE: &enum vmscope_feature_id
 * @VMSCOPE_NAMES_FEATURE_STATE: &enum vmscope_feature_state
 * @VMSCOPE_NAMES_LAYOUT: &enum vmscope_layout
 * @VMSCOPE_NAMES_PAGES: VMSCOPE_PAGES_*, the bits that are neither a state nor
 *	a flag of an entry
 * @VMSCOPE_NAMES_CAUSE: &enum vmscope_cause
 * @VMSCOPE_NAMES_ORIGIN: &enum vmscope_origin
 * @VMSCOPE_NAMES_ACCESS: &enum vmscope_access
 * @VMSCOPE_NAMES_LATENCY: &enum vmscope_latency
 * @VMSCOPE_NAMES_LOST: &enum vmscope_lost
 * @VMSCOPE_NAMES_RECORD: &enum vmscope_record_type
 * @VMSCOPE_NAMES_FAULT_FLAG: VMSCOPE_FAULT_*
 * @VMSCOPE_NAMES_REGION: &enum vmscope_region
 * @VMSCOPE_NAMES_AREA: &enum vmscope_area_kind
 * @VMSCOPE_NAMES_FOLIO: VMSCOPE_FOLIO_*; &enum vmscope_folio_kind is numbered
 *	as the first of these bits
 *
 * A name is the constant's own in lower case without its prefix; leaves are
 * called by their size: "4k", "2m", "1g".
 */
enum vmscope_names {
	VMSCOPE_NAMES_STATE,
	VMSCOPE_NAMES_KIND,
	VMSCOPE_NAMES_MAP_FLAG,
	VMSCOPE_NAMES_ENTRY_FLAG,
	VMSCOPE_NAMES_FEATURE,
	VMSCOPE_NAMES_FEATURE_STATE,
	VMSCOPE_NAMES_LAYOUT,
	VMSCOPE_NAMES_PAGES,
	VMSCOPE_NAMES_CAUSE,
	VMSCOPE_NAMES_ORIGIN,
	VMSCOPE_NAMES_ACCESS,
	VMSCOPE_NAMES_LATENCY,
	VMSCOPE_NAMES_LOST,
	VMSCOPE_NAMES_RECORD,
	VMSCOPE_NAMES_FAULT_FLAG,
	VMSCOPE_NAMES_REGION,
	VMSCOPE_NAMES_AREA,
	VMSCOPE_NAMES_FOLIO,
};

/**
 * struct vmscope_name - a value of the contract and how to call it
 * @value: the value; of flags the bit
 * @name: a word of [a-z0-9_], part of the interface
 * @text: what it means, for people; may change
 */
struct vmscope_name {
	uint64_t value;
	const char *name;
	const char *text;
};

/**
 * vmscope_name_next() - iterate over a table, in ascending order of values
 * @table: which table
 * @previous: what the last call returned, or NULL to begin
 *
 * Return: the next entry, or NULL at the end or for an unknown table.
 */
const struct vmscope_name *
vmscope_name_next(enum vmscope_names table,
		  const struct vmscope_name *previous);

/**
 * vmscope_name_find() - look a value up
 * @table: which table
 * @value: the value; of flags a single bit
 *
 * Return: its entry, or NULL when this library does not know the value: the
 * module may be newer.
 */
const struct vmscope_name *vmscope_name_find(enum vmscope_names table,
					     uint64_t value);

/**
 * vmscope_name_parse() - look a name up
 * @table: which table
 * @name: a name
 *
 * Return: its entry, or NULL when there is none.
 */
const struct vmscope_name *vmscope_name_parse(enum vmscope_names table,
					      const char *name);

/**
 * vmscope_level_name() - what a level of the page table is called
 * @level: VMSCOPE_LEVEL_*
 * @levels: levels that the machine walks, from struct vmscope_info. The top
 *	level is "pgd" on every machine
 *
 * Return: "pte", "pmd", "pud", "p4d" or "pgd"; NULL for another level.
 */
const char *vmscope_level_name(uint64_t level, uint64_t levels);

/**
 * vmscope_map_perms() - permissions as /proc/PID/maps writes them
 * @flags: VMSCOPE_MAP_*
 * @perms: out: four letters and a NUL, such as "rw-p"
 */
void vmscope_map_perms(uint64_t flags, char perms[5]);

/* --------------------------------------------------------------- errors */

/* The request argument of vmscope_strerror() for vmscope_open(). */
#define VMSCOPE_REQUEST_OPEN 0UL

/**
 * vmscope_strerror() - say what failed, why, and what to do about it
 * @error: what a function returned; its sign does not matter
 * @request: which request failed: VMSCOPE_IOC_* or VMSCOPE_REQUEST_OPEN
 * @target: the process it was about, or NULL
 * @buf: for the message; cut to fit, always NUL-terminated
 * @size: bytes of @buf, at least 1; 256 are enough for every message
 *
 * The message has the form "THING: reason; way out", without a full stop and
 * without a newline. It may look at the state of the machine (is the module
 * loaded?) to be more precise.
 *
 * Return: @buf.
 */
char *vmscope_strerror(int error, unsigned long request,
		       const struct vmscope_target *target, char *buf,
		       size_t size);

#include "vmscope-trace.h"
#include "vmscope-budget.h"
#include "vmscope-netlink.h"
#include "vmscope-snapshot.h"

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* _VMSCOPE_H */
