/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvmscope: all processes. Included by vmscope.h, which says what holds for all
 * functions.
 */
#ifndef _VMSCOPE_PROCESSES_H
#define _VMSCOPE_PROCESSES_H

#include <linux/vmscope_processes.h>

/**
 * vmscope_ps_get() - some processes, as one raw request
 * @handle: a handle
 * @arg: in and out: the request, see struct vmscope_ps; the caller sets every
 *	field, also @arg->size. vmscope_ps_open() is the comfortable way
 *
 * Return: 0 or an error that <linux/vmscope_processes.h> lists.
 */
int vmscope_ps_get(struct vmscope *handle, struct vmscope_ps *arg);

/**
 * struct vmscope_ps_options - which processes are wanted
 * @size: sizeof(struct vmscope_ps_options)
 * @reserved: 0
 * @flags: VMSCOPE_PS_F_*
 * @uid: with VMSCOPE_PS_F_UID the effective user
 * @cgroup: with VMSCOPE_PS_F_CGROUP a descriptor of the cgroup's directory; it
 *	stays the caller's and must be open as long as the iterator is
 *
 * Members may be appended in a later version.
 */
struct vmscope_ps_options {
	uint32_t size;
	uint32_t reserved;
	uint64_t flags;
	uint64_t uid;
	uint64_t cgroup;
};

/**
 * vmscope_ps_options_init() - all processes
 * @options: the options
 */
static inline void vmscope_ps_options_init(struct vmscope_ps_options *options)
{
	memset(options, 0, sizeof(*options));
	options->size = sizeof(*options);
}

struct vmscope_ps_iter;

/**
 * vmscope_ps_open() - begin to iterate over processes
 * @handle: a handle, which must outlive the iterator
 * @options: which; copied
 * @ret: out: the iterator, to be given to vmscope_ps_close()
 *
 * Nothing is asked of the module yet: errors about values in @options are those
 * of the first vmscope_ps_next().
 *
 * Return: 0; -ENOMEM; -EINVAL for an @options->size that is too small; -E2BIG
 * for options that this library does not know.
 */
int vmscope_ps_open(struct vmscope *handle,
		    const struct vmscope_ps_options *options,
		    struct vmscope_ps_iter **ret);

/**
 * vmscope_ps_next() - the next process
 * @iter: an iterator
 * @process: out: the process; it belongs to the iterator and is valid until its
 *	next use. NULL when it is time to look at something else: the module has
 *	looked at a number of processes, and goes on with the next call
 *
 * In the order of process ids. However many requests it takes, each process that
 * lives throughout, and may be looked at, comes once.
 *
 * Return: 0, 1 after the last process, -EPROTO for a reply that contradicts
 * itself, or an error that <linux/vmscope_processes.h> lists.
 */
int vmscope_ps_next(struct vmscope_ps_iter *iter,
		    const struct vmscope_process **process);

/**
 * vmscope_ps_sums() - what became of the processes so far
 * @iter: an iterator
 *
 * Return: a struct that belongs to the iterator and changes with its use:
 * @processes_len counts those that came, and the other numbers that are marked
 * "out" are sums over all requests. Request fields of it mean nothing.
 */
const struct vmscope_ps *vmscope_ps_sums(const struct vmscope_ps_iter *iter);

/**
 * vmscope_ps_close() - end an iteration
 * @iter: an iterator, or NULL
 */
void vmscope_ps_close(struct vmscope_ps_iter *iter);

#endif /* _VMSCOPE_PROCESSES_H */
