// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pagelist.h"
#include "tap.h"
#include "target.h"

static void make_room(struct pagelist *list, size_t more)
{
	if (list->len + more <= list->room)
		return;
	list->room = 2 * list->room + more;
	list->page = realloc(list->page, list->room * sizeof(*list->page));
	if (!list->page)
		tap_bail("out of memory");
}

void pagelist_add(struct pagelist *list, const struct vmscope_page *page)
{
	make_room(list, 1);
	list->page[list->len++] = *page;
}

void pagelist_free(struct pagelist *list)
{
	free(list->page);
	memset(list, 0, sizeof(*list));
}

struct vmscope_pages pages_ask(uint64_t target, uint64_t flags)
{
	return (struct vmscope_pages){
		.size = sizeof(struct vmscope_pages),
		.flags = flags,
		.target = target,
		.end = VMSCOPE_RANGE_END,
		.returned = VMSCOPE_PAGES_ALL,
	};
}

static void add_walk(struct pagelist *list, const struct vmscope_pages *reply)
{
	list->calls++;
	list->pid = reply->pid;
	list->reply_flags = reply->reply_flags;
	list->walk.holds += reply->walk.holds;
	list->walk.entries += reply->walk.entries;
	list->walk.tables += reply->walk.tables;
	if (reply->walk.layout > list->walk.layout)
		list->walk.layout = reply->walk.layout;
}

int pagelist_by(int fd, const struct vmscope_pages *ask, size_t len,
		struct pagelist *list)
{
	uint64_t start = ask->start;
	struct vmscope_page behind;

	memset(&behind, 0xa5, sizeof(behind));
	memset(list, 0, sizeof(*list));
	for (;;) {
		struct vmscope_pages reply = *ask;
		struct vmscope_page *page;
		int error;

		make_room(list, len + 1);
		page = list->page + list->len;
		memset(page, 0xa5, (len + 1) * sizeof(*page));
		reply.start = start;
		reply.pages = (uintptr_t)page;
		reply.pages_len = len;
		reply.pages_size = sizeof(*page);
		error = req_call(fd, VMSCOPE_IOC_PAGES, &reply);
		if (error)
			return error;
		add_walk(list, &reply);
		if (reply.pages_len > len)
			return -EOVERFLOW;
		list->len += reply.pages_len;
		/* one buffer may be large: a look at the next and the last is enough */
		if (memcmp(page + reply.pages_len, &behind, sizeof(behind)) ||
		    memcmp(page + len, &behind, sizeof(behind)))
			return -EBADMSG;
		if (reply.cursor == ask->end)
			return 0;
		if (reply.cursor <= start || reply.cursor > ask->end)
			return -ELOOP;
		if (reply.pages_len < len || page[len - 1].end > reply.cursor)
			return -EPROTO;
		start = reply.cursor;
	}
}

bool pagelist_same(const struct pagelist *got, const struct pagelist *want)
{
	for (size_t i = 0; i < got->len && i < want->len; i++) {
		const struct vmscope_page *g = &got->page[i],
					  *w = &want->page[i];
		const __u64 *gw = (const __u64 *)g, *ww = (const __u64 *)w;

		if (!memcmp(g, w, sizeof(*g)))
			continue;
		tap_diag("element %zu is %#llx-%#llx %s, want %#llx-%#llx %s",
			 i, g->start, g->end, state_name(g->state), w->start,
			 w->end, state_name(w->state));
		for (size_t f = 3; f < sizeof(*g) / sizeof(*gw); f++)
			if (gw[f] != ww[f])
				tap_diag("field %zu is %#llx, want %#llx", f,
					 gw[f], ww[f]);
		return false;
	}
	if (got->len != want->len)
		tap_diag("%zu elements, want %zu", got->len, want->len);
	return got->len == want->len;
}

uint64_t place_bits(uint64_t state)
{
	return state == VMSCOPE_STATE_SWAPPED ? 0x07fffffffffffe00ULL :
						0x000ffffffffff000ULL;
}

static uint64_t what_is(const struct vmscope_page *page)
{
	uint64_t what = VMSCOPE_PAGES_STATE(page->state) |
			VMSCOPE_PAGES_ENTRY(page->flags);

	if (page->state == VMSCOPE_STATE_NONE)
		return what;
	if (page->pkey)
		what |= VMSCOPE_PAGES_PKEY;
	if (page->leaf_size == PAGE)
		what |= VMSCOPE_PAGES_LEAF_PTE;
	if (page->leaf_size == 2 * MIB)
		what |= VMSCOPE_PAGES_LEAF_PMD;
	if (page->leaf_size == GIB)
		what |= VMSCOPE_PAGES_LEAF_PUD;
	return what;
}

static bool is_wanted(const struct vmscope_pages *ask, uint64_t what)
{
	if ((what & ask->all_of) != ask->all_of)
		return false;
	if (ask->any_of && !(what & ask->any_of))
		return false;
	return !(what & ask->none_of);
}

static void forget(const struct vmscope_pages *ask, struct vmscope_page *page)
{
	page->flags &= ask->returned >> VMSCOPE_PAGES_ENTRY_SHIFT;
	if (!(ask->returned & VMSCOPE_PAGES_PKEY))
		page->pkey = 0;
	if (!(ask->flags & VMSCOPE_PAGES_F_RAW))
		page->entry = 0;
	if (!(ask->flags & VMSCOPE_PAGES_F_FRAMES))
		page->physical = page->swap_offset = 0;
}

/* May @next, which has been told apart from nothing yet, be a part of @page? */
static bool belongs(const struct vmscope_pages *ask,
		    const struct vmscope_page *page,
		    const struct vmscope_page *next)
{
	uint64_t length = page->end - page->start;

	if (page->state == VMSCOPE_STATE_NONE)
		return next->state == VMSCOPE_STATE_NONE;
	if (ask->flags & VMSCOPE_PAGES_F_EACH)
		return false;
	if (page->state != next->state || page->leaf_size != next->leaf_size ||
	    page->flags != next->flags || page->pkey != next->pkey ||
	    page->swap_area != next->swap_area)
		return false;
	if ((page->entry ^ next->entry) & ~place_bits(page->state))
		return false;
	return (page->physical ? page->physical + length : 0) ==
		       next->physical &&
	       (page->swap_offset ? page->swap_offset + length : 0) ==
		       next->swap_offset;
}

void pagelist_model(const struct pagelist *each, const struct mappings *maps,
		    const struct vmscope_pages *ask, struct pagelist *model)
{
	memset(model, 0, sizeof(*model));
	for (size_t i = 0; i < each->len; i++) {
		struct vmscope_page page = each->page[i], *last = NULL;
		const struct mapping *map;

		if (!is_wanted(ask, what_is(&page)))
			continue;
		forget(ask, &page);
		if (model->len)
			last = &model->page[model->len - 1];
		if (!last || last->end != page.start) {
			pagelist_add(model, &page);
			continue;
		}
		map = mappings_find(maps, page.start);
		if (map && map->start != page.start &&
		    belongs(ask, last, &page))
			last->end = page.end;
		else
			pagelist_add(model, &page);
	}
}

uint64_t *pagemap_all(pid_t pid, const struct mappings *maps, size_t *pages)
{
	int fd = pagemap_open(pid);
	uint64_t *entry;
	size_t n, at = 0;

	for (size_t i = 0; i < maps->len; i++)
		at += (maps->map[i].end - maps->map[i].start) / PAGE;
	entry = calloc(at + 1, sizeof(*entry));
	*pages = at;
	if (!entry || fd < 0)
		tap_bail("pagemap cannot be read");
	at = 0;
	for (size_t i = 0; i < maps->len; i++) {
		n = (maps->map[i].end - maps->map[i].start) / PAGE;
		if (pagemap_read(fd, maps->map[i].start, n, entry + at))
			tap_bail("pagemap");
		at += n;
	}
	close(fd);
	return entry;
}

struct scan_region {
	uint64_t start, end, categories;
};

struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t inverted, mask, anyof, returned;
};

int scan_pages(int pagemap, uint64_t start, uint64_t end, uint8_t *found)
{
	static struct scan_region region[SCAN_PAGES];
	struct scan_arg arg = {
		.size = sizeof(arg),
		.start = start,
		.end = end,
		.vec = (uintptr_t)region,
		.vec_len = COUNT(region),
		.anyof = SCAN_PRESENT | SCAN_SWAPPED,
		.returned = SCAN_PRESENT | SCAN_SWAPPED,
	};
	int n = ioctl(pagemap, _IOWR('f', 16, struct scan_arg), &arg);

	if (n < 0)
		return -errno;
	memset(found, 0, SCAN_PAGES);
	for (int i = 0; i < n; i++)
		for (uint64_t at = region[i].start; at < region[i].end;
		     at += PAGE)
			found[(at - start) / PAGE] = region[i].categories;
	return 0;
}

/* DAMON_STAT, which newer kernels run from boot on, takes accessed bits away at random. */
void pages_quiet(void)
{
	quiet_machine();
	write_text("/sys/module/damon_stat/parameters/enabled", "N");
}

static uint64_t random_state = 1;

void random_seed(uint64_t seed)
{
	random_state = seed | 1;
}

uint64_t random_number(void)
{
	/* xorshift64*: Vigna, "An experimental exploration" */
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 2685821657736338717ULL;
}
