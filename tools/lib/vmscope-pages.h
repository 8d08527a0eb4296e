/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvmscope: the pages of a process. Part of <vmscope.h>, which includes it and
 * whose conventions hold.
 */
#ifndef _VMSCOPE_PAGES_H
#define _VMSCOPE_PAGES_H

#ifndef _VMSCOPE_H
#error "include <vmscope.h>"
#endif

/**
 * struct vmscope_pages_masks - which pages are chosen
 * @all_of: VMSCOPE_PAGES_*: those that are all of this
 * @any_of: and any of this, unless 0
 * @none_of: and none of this
 *
 * This struct never grows.
 */
struct vmscope_pages_masks {
	uint64_t all_of;
	uint64_t any_of;
	uint64_t none_of;
};

/**
 * vmscope_pages_parse() - understand an expression that chooses pages
 * @expr: the expression
 * @ret: out: what it means
 * @message: out: if it means nothing, why; or NULL
 * @size: bytes of @message; %VMSCOPE_PAGES_MESSAGE are enough
 *
 * An expression is a list of terms, separated by commas, all of which must hold
 * for a page. A term is
 *
 *	WORD		it is that
 *	~WORD, !WORD	it is not that
 *	WORD|WORD...	it is any of these; one such term at most
 *
 * A word is a state a page can be in, a flag of an entry, "pkey", "4k", "2m" or
 * "1g", or one of VMSCOPE_NAMES_FOLIO; those need VMSCOPE_F_FOLIO in @flags of
 * struct vmscope_pages_options. "present", "protnone" and "uffd_wp" are both a state and a flag, and
 * mean the state; with "state:" or "flag:" in front a word is only looked for
 * there. Upper and lower case are the same, blanks around words mean nothing.
 *
 * "swapped" chooses what is in swap, "present|zero,~accessed" what is mapped and
 * was not used, "2m,dirty" huge pages that were written.
 *
 * What no page can be (two states at a time, a word and its opposite) is an
 * error. Holes (state "none") are pages as others are: whoever does not want
 * them adds VMSCOPE_PAGES_STATE(VMSCOPE_STATE_NONE) to @ret->none_of.
 *
 * Return: 0, or -EINVAL with @message of the form "THING: reason; way out".
 */
int vmscope_pages_parse(const char *expr, struct vmscope_pages_masks *ret,
			char *message, size_t size);

#define VMSCOPE_PAGES_MESSAGE 1024

/**
 * struct vmscope_pages_options - what is wanted of the pages of a process
 * @size: sizeof(struct vmscope_pages_options)
 * @reserved: 0
 * @flags: VMSCOPE_PAGES_F_*, VMSCOPE_F_FOLIO
 * @start: first address, a multiple of the page size
 * @end: first address after the range, a multiple of the page size, or
 *	VMSCOPE_RANGE_END
 * @masks: which pages
 * @returned: VMSCOPE_PAGES_*: what is told of them. What is not asked for is 0
 *	and does not divide ranges
 *
 * Members may be appended in a later version.
 */
struct vmscope_pages_options {
	uint32_t size;
	uint32_t reserved;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	struct vmscope_pages_masks masks;
	uint64_t returned;
};

/**
 * vmscope_pages_options_init() - all pages of a process, and all about them
 * @options: the options. Frames and raw entries are told when @options->flags
 *	asks for them
 */
static inline void
vmscope_pages_options_init(struct vmscope_pages_options *options)
{
	memset(options, 0, sizeof(*options));
	options->size = sizeof(*options);
	options->end = VMSCOPE_RANGE_END;
	options->returned = VMSCOPE_PAGES_ALL;
}

/**
 * vmscope_pages_get() - some pages of a process, as one raw request
 * @handle: a handle
 * @arg: in and out: the request, see struct vmscope_pages; the caller sets every
 *	field, also @arg->size. vmscope_pages_open() is the comfortable way
 *
 * Return: 0 or an error that <linux/vmscope.h> lists.
 */
int vmscope_pages_get(struct vmscope *handle, struct vmscope_pages *arg);

struct vmscope_pages_iter;

/**
 * vmscope_pages_open() - begin to iterate over the pages of a process
 * @handle: a handle, which must outlive the iterator
 * @target: the process; a pidfd must stay open as long as the iterator is
 * @options: what is wanted, copied; prepared by vmscope_pages_options_init()
 * @ret: out: the iterator, to be given to vmscope_pages_close()
 *
 * Nothing is asked of the module yet: errors about the target, and about values
 * in @options, are those of the first vmscope_pages_next().
 *
 * Return: 0; -ENOMEM; -EINVAL for an @options->size that is too small; -E2BIG
 * for options that this library does not know.
 */
int vmscope_pages_open(struct vmscope *handle,
		       const struct vmscope_target *target,
		       const struct vmscope_pages_options *options,
		       struct vmscope_pages_iter **ret);

/**
 * vmscope_pages_next() - the next range of pages that are alike
 * @iter: an iterator
 * @page: out: the range; it belongs to the iterator and is valid until its next
 *	use
 *
 * Ranges come in ascending order and do not overlap. However many requests it
 * takes, none is told twice, left out, or cut between two requests.
 *
 * Return: 0, 1 after the last range, -ENOMEM, -EPROTO for a reply that
 * contradicts itself, or an error that <linux/vmscope.h> lists. After an error
 * the iterator stands where it stood, so that asking again is possible.
 */
int vmscope_pages_next(struct vmscope_pages_iter *iter,
		       const struct vmscope_page **page);

/**
 * vmscope_pages_walk() - how the pages so far were gathered
 * @iter: an iterator
 * @pid: out: the process's id in the caller's pid namespace, 0 before the first
 *	reply; or NULL
 * @reply_flags: out: VMSCOPE_REPLY_* of all replies so far; or NULL
 * @walk: out: sums over all replies so far, as with vmscope_maps_walk(); or NULL
 */
void vmscope_pages_walk(const struct vmscope_pages_iter *iter, uint64_t *pid,
			uint64_t *reply_flags, struct vmscope_walk *walk);

/**
 * vmscope_pages_close() - end an iteration
 * @iter: an iterator, or NULL
 */
void vmscope_pages_close(struct vmscope_pages_iter *iter);

/**
 * vmscope_page_has_physical() - is there a frame behind a range of pages?
 * @page: the range
 *
 * A physical address can be 0, so 0 does not mean that there is none.
 *
 * Return: 1 when its pages have frames (@page->physical is the first one's
 * address if VMSCOPE_PAGES_F_FRAMES was asked for and the reply does not have
 * VMSCOPE_REPLY_FRAMES_HIDDEN), else 0.
 */
int vmscope_page_has_physical(const struct vmscope_page *page);

#endif /* _VMSCOPE_PAGES_H */
