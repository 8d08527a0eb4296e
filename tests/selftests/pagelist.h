/* SPDX-License-Identifier: GPL-2.0 */
/* Whole lists of PAGES, and what they must be by what the contract says. */
#ifndef VMSCOPE_TEST_PAGELIST_H
#define VMSCOPE_TEST_PAGELIST_H

#include "req.h"
#include "witness.h"

/* gathered by as many requests as it took */
struct pagelist {
	struct vmscope_page *page;
	size_t len, room;
	struct vmscope_walk walk; /* added up; the worst layout */
	unsigned int calls;
	uint64_t pid, reply_flags;
};

/* pages_ask - a request for all there is and all that can be told of it */
struct vmscope_pages pages_ask(uint64_t target, uint64_t flags);

/*
 * pagelist_by - @ask, from its start to its end, in replies of @len elements
 *
 * 0 or -errno. A reply that breaks the contract is an error of its own: -ELOOP without progress,
 * -EOVERFLOW with too many elements, -EBADMSG with something written behind them, -EPROTO when
 * it ends early without being full.
 */
int pagelist_by(int fd, const struct vmscope_pages *ask, size_t len,
		struct pagelist *list);
void pagelist_free(struct pagelist *list);
void pagelist_add(struct pagelist *list, const struct vmscope_page *page);

/* pagelist_same - false, with a word about the first difference */
bool pagelist_same(const struct pagelist *got, const struct pagelist *want);

/*
 * pagelist_model - what the answer to @ask must be, made from @each
 *
 * @each has all leaves of the same range one by one with all that is known of them; @maps is
 * asked where mappings end.
 */
void pagelist_model(const struct pagelist *each, const struct mappings *maps,
		    const struct vmscope_pages *ask, struct pagelist *model);

/* the bits of a raw entry that say where, not what */
uint64_t place_bits(uint64_t state);

/* pagemap_all - the entries of all mappings, one after the other; to be freed */
uint64_t *pagemap_all(pid_t pid, const struct mappings *maps, size_t *pages);

/*
 * scan_pages - SCAN_PRESENT or SCAN_SWAPPED of each page, by PAGEMAP_SCAN; 0 or -errno
 *
 * Of at most SCAN_PAGES pages, so that what it finds fits into one reply of it in any case.
 */
#define SCAN_PAGES 512
int scan_pages(int pagemap, uint64_t start, uint64_t end, uint8_t *found);

/* pages_quiet - quiet_machine(), and let nothing take accessed bits away */
void pages_quiet(void);

uint64_t random_number(void);
void random_seed(uint64_t seed);

#endif
