// SPDX-License-Identifier: GPL-2.0
/*
 * Iterate over pages: hides the cursor and the buffer of VMSCOPE_IOC_PAGES.
 */
#include <errno.h>
#include <stdlib.h>

#include "vmscope.h"

/* As with mappings: a small request first, larger ones for who has more. */
#define PAGES_FIRST 512
#define PAGES_LIMIT 16384
#define GROWTH	    4

/* Length of struct vmscope_pages_options when it was first published. */
#define OPTIONS_SIZE_V1 64

struct vmscope_pages_iter {
	struct vmscope *handle;
	struct vmscope_target target;
	struct vmscope_pages_options options;
	uint64_t cursor; /* where the next request starts */

	struct vmscope_page *pages;
	size_t pages_size; /* elements allocated */
	size_t pages_len; /* elements of the current reply */
	size_t pages_pos; /* the next one to hand out */

	uint64_t requests;
	uint64_t pid;
	uint64_t reply_flags;
	struct vmscope_walk walk;
};

/* What the caller's options have, and this library has not, must be 0. */
static int options_copy(const struct vmscope_pages_options *options,
			struct vmscope_pages_options *ret)
{
	const unsigned char *bytes = (const unsigned char *)options;
	size_t i;

	_Static_assert(sizeof(*options) >= OPTIONS_SIZE_V1,
		       "options never shrink");
	if (options->size < OPTIONS_SIZE_V1 || options->reserved)
		return -EINVAL;
	for (i = sizeof(*ret); i < options->size; i++)
		if (bytes[i])
			return -E2BIG;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, options,
	       options->size < sizeof(*ret) ? options->size : sizeof(*ret));
	return 0;
}

int vmscope_pages_open(struct vmscope *handle,
		       const struct vmscope_target *target,
		       const struct vmscope_pages_options *options,
		       struct vmscope_pages_iter **ret)
{
	struct vmscope_pages_iter *iter = calloc(1, sizeof(*iter));
	int err;

	if (!iter)
		return -ENOMEM;
	err = options_copy(options, &iter->options);
	if (err) {
		free(iter);
		return err;
	}
	iter->handle = handle;
	iter->target = *target;
	iter->cursor = iter->options.start;
	*ret = iter;
	return 0;
}

void vmscope_pages_close(struct vmscope_pages_iter *iter)
{
	if (!iter)
		return;
	free(iter->pages);
	free(iter);
}

/* One size up from the last request's. Failing to grow is no failure. */
static int buffer_prepare(struct vmscope_pages_iter *iter)
{
	size_t size = PAGES_FIRST;
	struct vmscope_page *pages;

	if (iter->pages) {
		if (!iter->requests || iter->pages_size == PAGES_LIMIT)
			return 0;
		size = iter->pages_size * GROWTH;
		if (size > PAGES_LIMIT)
			size = PAGES_LIMIT;
	}
	pages = calloc(size, sizeof(*pages));
	if (!pages)
		return iter->pages ? 0 : -ENOMEM;
	free(iter->pages);
	iter->pages = pages;
	iter->pages_size = size;
	return 0;
}

static void walk_add(struct vmscope_pages_iter *iter,
		     const struct vmscope_walk *walk)
{
	struct vmscope_walk *sum = &iter->walk;

	iter->requests++;
	sum->holds += walk->holds;
	sum->entries += walk->entries;
	sum->tables += walk->tables;
	if (walk->layout == VMSCOPE_LAYOUT_CHANGED)
		sum->layout = VMSCOPE_LAYOUT_CHANGED;
	if (sum->layout == VMSCOPE_LAYOUT_SAME &&
	    (walk->layout != VMSCOPE_LAYOUT_SAME || iter->requests > 1))
		sum->layout = VMSCOPE_LAYOUT_UNKNOWN;
}

/* Rising, and between where this request began and where the next one will. */
static int is_sound(const struct vmscope_pages_iter *iter,
		    const struct vmscope_pages *arg)
{
	uint64_t last = iter->cursor;
	size_t i;

	/* Without progress the same would be asked for ever. */
	if (arg->pages_len > iter->pages_size || arg->cursor <= iter->cursor ||
	    arg->cursor > iter->options.end)
		return 0;
	for (i = 0; i < arg->pages_len; i++) {
		const struct vmscope_page *page = &iter->pages[i];

		if (page->start < last || page->end <= page->start)
			return 0;
		last = page->end;
	}
	return last <= arg->cursor;
}

static int pages_fill(struct vmscope_pages_iter *iter)
{
	const struct vmscope_pages_options *options = &iter->options;
	struct vmscope_pages arg;
	int err = buffer_prepare(iter);

	if (err)
		return err;
	memset(&arg, 0, sizeof(arg));
	arg.size = sizeof(arg);
	arg.flags = iter->target.flags | options->flags;
	arg.target = iter->target.id;
	arg.start = iter->cursor;
	arg.end = options->end;
	arg.all_of = options->masks.all_of;
	arg.any_of = options->masks.any_of;
	arg.none_of = options->masks.none_of;
	arg.returned = options->returned;
	arg.pages = (uint64_t)(uintptr_t)iter->pages;
	arg.pages_len = iter->pages_size;
	arg.pages_size = sizeof(*iter->pages);

	iter->pages_len = 0;
	iter->pages_pos = 0;
	err = vmscope_pages_get(iter->handle, &arg);
	if (err)
		return err;
	if (!is_sound(iter, &arg))
		return -EPROTO;
	iter->pages_len = arg.pages_len;
	iter->cursor = arg.cursor;
	iter->pid = arg.pid;
	iter->reply_flags |= arg.reply_flags;
	walk_add(iter, &arg.walk);
	return 0;
}

int vmscope_pages_next(struct vmscope_pages_iter *iter,
		       const struct vmscope_page **page)
{
	int err;

	while (iter->pages_pos == iter->pages_len) {
		if (iter->requests && iter->cursor >= iter->options.end)
			return 1;
		err = pages_fill(iter);
		if (err) /* at the end of a budget it ends */
			return err == -EDQUOT ? 1 : err;
	}
	*page = &iter->pages[iter->pages_pos++];
	return 0;
}

void vmscope_pages_walk(const struct vmscope_pages_iter *iter, uint64_t *pid,
			uint64_t *reply_flags, struct vmscope_walk *walk)
{
	if (pid)
		*pid = iter->pid;
	if (reply_flags)
		*reply_flags = iter->reply_flags;
	if (walk)
		*walk = iter->walk;
}
