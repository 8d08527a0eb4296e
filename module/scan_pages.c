// SPDX-License-Identifier: GPL-2.0
/*
 * The scan for pages: chosen, and those that are alike joined to ranges.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat/arch.h"
#include "compat/mm.h"
#include "scan.h"
#include "target.h"

/**
 * struct piece - a range on its way
 * @page: the range
 * @placed: it says where it is in memory or in a swap area
 */
struct piece {
	struct vmscope_page page;
	bool placed;
};

/**
 * struct pages_scan - a scan under way
 * @walker: the walk
 * @context: facts about the mapping that it is in
 * @request: what is wanted
 * @hugetlb: it is a hugetlb mapping
 * @mask: bits in which entries with a page must agree to be one range
 * @map_end: end of the mapping, or of its part
 * @told: VMSCOPE_PAGES_*: what is told, or chosen by
 * @looked: pages looked at in struct page that the walk does not know of yet
 * @position: what lies before, in the mapping, is told or in @open
 * @open: the range that may grow yet, if @is_open
 * @is_open: there is one
 * @left: how many ranges the caller takes yet
 * @count: how many are in @found
 * @found: ranges to be copied out
 */
struct pages_scan {
	struct vmscope_walker walker;
	struct vmscope_context context;
	const struct vmscope_scan_pages *request;
	bool hugetlb;
	u64 mask;
	u64 told;
	unsigned int looked;
	unsigned long map_end;
	unsigned long position;
	struct piece open;
	bool is_open;
	u64 left;
	unsigned int count;
	struct vmscope_page found[VMSCOPE_SCAN_PAGES_ROOM];
};

static bool is_swapped(u64 state)
{
	return state == VMSCOPE_STATE_SWAPPED;
}

static u64 leaf_bit(unsigned int level)
{
	return VMSCOPE_PAGES_LEAF_PTE << (level - 1);
}

/* Does the next go on where the range ends, in memory or in the swap area? */
static bool is_contiguous(const struct piece *range, const struct piece *next)
{
	u64 length = range->page.end - range->page.start;

	if (range->placed != next->placed)
		return false;
	if (!range->placed)
		return true;
	if (is_swapped(range->page.state))
		return next->page.swap_offset ==
		       range->page.swap_offset + length;
	return next->page.physical == range->page.physical + length;
}

/* The bits of a raw entry in which those of one range may differ. */
static u64 ignored_bits(const struct vmscope_page *page)
{
	u64 frame = VMSCOPE_FRAME_MASK & ~vmscope_arch_encrypted();

	if (is_swapped(page->state))
		return VMSCOPE_SWAP_PAYLOAD_MASK;
	return page->leaf_size == PAGE_SIZE ? frame :
					      frame & ~VMSCOPE_BIT_PAT_HUGE;
}

static bool can_join(const struct vmscope_scan_pages *request,
		     const struct piece *range, const struct piece *next)
{
	const struct vmscope_page *a = &range->page, *b = &next->page;

	if (request->flags & VMSCOPE_PAGES_F_EACH &&
	    a->state != VMSCOPE_STATE_NONE)
		return false;
	return a->end == b->start && a->state == b->state &&
	       a->leaf_size == b->leaf_size && a->flags == b->flags &&
	       a->pkey == b->pkey && a->swap_area == b->swap_area &&
	       a->folio == b->folio && a->folio_order == b->folio_order &&
	       a->folio_node == b->folio_node &&
	       a->folio_mapcount == b->folio_mapcount &&
	       !((a->entry ^ b->entry) & ~ignored_bits(a)) &&
	       is_contiguous(range, next);
}

static void close_range(struct pages_scan *scan)
{
	if (scan->is_open)
		scan->found[scan->count++] = scan->open.page;
	scan->is_open = false;
}

static void join_range(struct pages_scan *scan, const struct piece *next)
{
	if (scan->is_open && can_join(scan->request, &scan->open, next)) {
		scan->open.page.end = next->page.end;
		return;
	}
	close_range(scan);
	scan->open = *next;
	scan->is_open = true;
}

static bool is_chosen(const struct vmscope_scan_pages *request, u64 what)
{
	return (what & request->all_of) == request->all_of &&
	       !(what & request->none_of) &&
	       (!request->any_of || what & request->any_of);
}

/* What lies between @position and @start in the mapping has no entry. */
static void add_hole(struct pages_scan *scan, unsigned long start)
{
	const struct piece hole = {
		.page.start = scan->position,
		.page.end = start,
		.page.state = VMSCOPE_STATE_NONE,
		.page.leaf_size = PAGE_SIZE,
	};

	if (hole.page.start < hole.page.end &&
	    is_chosen(scan->request, VMSCOPE_PAGES_STATE(VMSCOPE_STATE_NONE)))
		join_range(scan, &hole);
	scan->position = start;
}

static bool is_full(const struct pages_scan *scan)
{
	return scan->count >= VMSCOPE_SCAN_PAGES || scan->count > scan->left;
}

/* Frames and offsets are told as far as they are asked for and may be. */
static void tell_place(struct piece *piece,
		       const struct vmscope_scan_pages *request, u64 entry,
		       unsigned int level, u64 skipped)
{
	struct vmscope_page *page = &piece->page;
	const struct vmscope_encoding *enc = vmscope_scan_encoding();
	u64 seen = entry;

	if (!request->frames)
		seen = vmscope_classify_redact(entry, level, enc);
	if (request->flags & VMSCOPE_PAGES_F_RAW)
		page->entry = seen;
	if (is_swapped(page->state))
		page->swap_area = vmscope_entry_swap_type(entry);
	if (!(request->flags & VMSCOPE_PAGES_F_FRAMES) || !request->frames)
		return;
	if (is_swapped(page->state)) {
		page->swap_offset = vmscope_entry_swap_offset(entry)
				    << PAGE_SHIFT;
		piece->placed = true;
	} else if (vmscope_entry_is_leaf(entry, level) &&
		   page->state != VMSCOPE_STATE_SPLITTING) {
		page->physical =
			(vmscope_entry_frame(entry, level) & enc->frame_mask) +
			skipped;
		piece->placed = true;
	}
}

/* What struct page says of the page behind an entry, as far as it matters. */
static struct vmscope_folio_facts ask_folio(struct pages_scan *scan,
					    const u64 *slot, u64 entry,
					    struct vmscope_class class,
					    unsigned int level)
{
	const struct vmscope_scan_pages *request = scan->request;
	struct vmscope_folio_facts facts = {};

	if (!(request->flags & VMSCOPE_F_FOLIO))
		return facts;
	facts = vmscope_folio_ask(slot, entry, level, class, scan->hugetlb,
				  &scan->context, &scan->looked);
	facts.flags &= scan->told >> VMSCOPE_PAGES_FOLIO_SHIFT;
	if (!(request->returned & VMSCOPE_PAGES_FOLIO_ORDER))
		facts.order = 0;
	if (!(request->returned & VMSCOPE_PAGES_FOLIO_NODE))
		facts.node = 0;
	if (!(request->returned & VMSCOPE_PAGES_FOLIO_MAPCOUNT) ||
	    !request->frames)
		facts.mapcount = 0;
	return facts;
}

static void tell_folio(struct vmscope_page *page,
		       const struct vmscope_scan_pages *request,
		       const struct vmscope_folio_facts *facts)
{
	page->folio = facts->flags &
		      (request->returned & VMSCOPE_PAGES_FOLIOS) >>
			      VMSCOPE_PAGES_FOLIO_SHIFT;
	page->folio_order = facts->order;
	page->folio_node = facts->node;
	page->folio_mapcount = facts->mapcount;
}

/*
 * One entry, or several alike ones whose frames are not told: [start, end).
 * Holes are told between what is told, so they take no entries.
 */
static void add_entry(struct pages_scan *scan, u64 entry,
		      struct vmscope_class class,
		      const struct vmscope_folio_facts *facts,
		      unsigned int level, unsigned long start,
		      unsigned long end)
{
	const struct vmscope_scan_pages *request = scan->request;
	u64 flags = vmscope_classify_flags(entry, level, &scan->context);
	u64 size = 1ULL << VMSCOPE_LEVEL_SHIFT(level);
	bool leaf = vmscope_entry_is_leaf(entry, level);
	struct piece piece = {
		.page.start = start,
		.page.end = end,
		.page.state = class.state,
		.page.leaf_size = size,
	};
	u64 pkey = leaf ? (entry & VMSCOPE_PKEY_MASK) >> VMSCOPE_PKEY_SHIFT : 0;

	if (vmscope_entry_has_page(entry, level) &&
	    entry & vmscope_arch_encrypted())
		flags |= VMSCOPE_ENTRY_ENCRYPTED;

	add_hole(scan, start);
	scan->position = end;
	if (!is_chosen(request, VMSCOPE_PAGES_STATE(class.state) |
					VMSCOPE_PAGES_ENTRY(flags) |
					(pkey ? VMSCOPE_PAGES_PKEY : 0) |
					VMSCOPE_PAGES_FOLIO(facts->flags) |
					leaf_bit(level)))
		return;
	piece.page.flags = flags &
			   (request->returned >> VMSCOPE_PAGES_ENTRY_SHIFT);
	if (request->returned & VMSCOPE_PAGES_PKEY)
		piece.page.pkey = pkey;
	tell_folio(&piece.page, request, facts);
	tell_place(&piece, request, entry, level, start & (size - 1));
	join_range(scan, &piece);
}

static int pages_open(struct vmscope_walker *walker, struct vm_area_struct *vma,
		      unsigned long start)
{
	struct pages_scan *scan =
		container_of(walker, struct pages_scan, walker);

	if (is_full(scan))
		return VMSCOPE_WALK_FULL;
	vmscope_scan_context(&scan->context, vma);
	scan->hugetlb = vmscope_vma_is_hugetlb(vma);
	scan->position = start;
	scan->map_end = min(vma->vm_end, walker->end);
	return 0;
}

static void pages_close(struct vmscope_walker *walker, unsigned long end,
			bool torn)
{
	struct pages_scan *scan =
		container_of(walker, struct pages_scan, walker);

	add_hole(scan, end);
	close_range(scan);
}

/* Bits in which entries must agree with this one to be added with it. */
static u64 run_mask(const struct pages_scan *scan, u64 entry, u8 state)
{
	if (vmscope_entry_has_page(entry, VMSCOPE_LEVEL_PTE))
		return scan->mask |
		       (entry & VMSCOPE_BIT_SPECIAL ? VMSCOPE_FRAME_MASK : 0);
	return is_swapped(state) ? ~VMSCOPE_SWAP_PAYLOAD_MASK : ~0ULL;
}

/* Must each entry be looked at by itself, because of what is behind it? */
static bool is_single(const struct pages_scan *scan)
{
	const struct vmscope_scan_pages *request = scan->request;

	return request->flags & VMSCOPE_PAGES_F_EACH ||
	       (request->flags & VMSCOPE_PAGES_F_FRAMES && request->frames);
}

/* How many alike entries lead to pages of which the same is known? */
static unsigned int count_same(struct pages_scan *scan, const u64 *entries,
			       unsigned int count, struct vmscope_class class,
			       const struct vmscope_folio_facts *facts)
{
	unsigned int i;

	/* without a page behind them they are what their values are */
	if (!(scan->request->flags & VMSCOPE_F_FOLIO) || !class.resident)
		return count;
	for (i = 1; i < count; i++) {
		struct vmscope_folio_facts next =
			ask_folio(scan, entries + i, READ_ONCE(entries[i]),
				  class, VMSCOPE_LEVEL_PTE);

		if (next.flags != facts->flags || next.order != facts->order ||
		    next.node != facts->node ||
		    next.mapcount != facts->mapcount)
			break;
	}
	return i;
}

static void spend_looked(struct pages_scan *scan)
{
	vmscope_walk_spend(&scan->walker, scan->looked);
	scan->looked = 0;
}

static unsigned int pages_entries(struct vmscope_walker *walker,
				  unsigned long address, const u64 *entries,
				  unsigned int count)
{
	struct pages_scan *scan =
		container_of(walker, struct pages_scan, walker);
	unsigned int i = 0, n;

	while (i < count && !is_full(scan)) {
		u64 entry = READ_ONCE(entries[i]);
		struct vmscope_folio_facts facts;
		struct vmscope_class class;

		if (!entry) {
			i++;
			i += vmscope_classify_alike(entries + i, count - i, 0,
						    ~0ULL);
			continue;
		}
		class = vmscope_classify(entry, VMSCOPE_LEVEL_PTE,
					 &scan->context);
		facts = ask_folio(scan, entries + i, entry, class,
				  VMSCOPE_LEVEL_PTE);
		n = 1;
		if (!is_single(scan)) {
			u64 mask = run_mask(scan, entry, class.state);

			n += vmscope_classify_alike(entries + i + 1,
						    count - i - 1, entry, mask);
			n = count_same(scan, entries + i, n, class, &facts);
		}
		add_entry(scan, entry, class, &facts, VMSCOPE_LEVEL_PTE,
			  address + ((unsigned long)i << PAGE_SHIFT),
			  address + ((unsigned long)(i + n) << PAGE_SHIFT));
		i += n;
	}
	spend_looked(scan);
	return i;
}

static bool pages_leaf(struct vmscope_walker *walker, unsigned int level,
		       u64 entry, bool huge_zero, unsigned long address,
		       unsigned long end)
{
	struct pages_scan *scan =
		container_of(walker, struct pages_scan, walker);
	struct vmscope_folio_facts facts;
	struct vmscope_class class;

	if (is_full(scan))
		return false;
	class = vmscope_classify(entry, level, &scan->context);
	if (huge_zero && class.state == VMSCOPE_STATE_PRESENT && !scan->hugetlb)
		class = (struct vmscope_class){ VMSCOPE_STATE_ZERO, false };
	facts = ask_folio(scan, walker->slot, entry, class, level);
	add_entry(scan, entry, class, &facts, level, address, end);
	spend_looked(scan);
	return true;
}

static const struct vmscope_walk_ops pages_ops = {
	.open = pages_open,
	.close = pages_close,
	.entries = pages_entries,
	.leaf = pages_leaf,
};

/*
 * Copies out what was found. One range more than the caller takes is found
 * before the scan ends: only then it is known that there is more, and where.
 */
static int flush(struct pages_scan *scan, u64 *cursor)
{
	unsigned int n = min_t(u64, scan->count, scan->left);
	int err;

	if (n < scan->count)
		*cursor = scan->found[n].start;
	err = n ? scan->request->emit(scan->found, n, scan->request->private) :
		  0;
	scan->left -= n;
	scan->count = 0;
	return err;
}

static int find_pages(struct pages_scan *scan, u64 *cursor)
{
	const u64 nowhere = *cursor;
	int ret, err;

	do {
		ret = vmscope_walk_hold(&scan->walker);
		if (ret < 0)
			return ret;
		if (ret == VMSCOPE_WALK_DONE)
			close_range(scan);
		if (ret == VMSCOPE_WALK_MORE)
			continue;
		err = flush(scan, cursor);
		if (err)
			return err;
		if (ret == VMSCOPE_WALK_SPENT && *cursor == nowhere)
			*cursor = scan->walker.cursor;
	} while (ret != VMSCOPE_WALK_DONE && *cursor == nowhere);
	return 0;
}

/**
 * vmscope_scan_pages() - ranges of pages that are alike
 * @target: a target with mm
 * @request: what is wanted, and the reply
 *
 * May sleep. Return: 0, -EINTR, -ENOMEM or what @request->emit returned.
 */
int vmscope_scan_pages(const struct vmscope_target *target,
		       struct vmscope_scan_pages *request)
{
	const u64 told = request->returned | request->all_of | request->any_of |
			 request->none_of;
	u64 cursor = request->end;
	struct pages_scan *scan;
	int err = 0;

	scan = kvzalloc(sizeof(*scan), GFP_KERNEL_ACCOUNT);
	if (!scan)
		return -ENOMEM;
	scan->request = request;
	scan->told = told;
	scan->left = request->pages_len;
	scan->mask = VMSCOPE_BIT_PRESENT | VMSCOPE_BIT_PROTNONE |
		     VMSCOPE_BIT_SPECIAL | VMSCOPE_BIT_UFFD |
		     vmscope_classify_bits(told >> VMSCOPE_PAGES_ENTRY_SHIFT) |
		     vmscope_scan_encoding()->saved_dirty;
	if (told & VMSCOPE_PAGES_PKEY)
		scan->mask |= VMSCOPE_PKEY_MASK;
	if (request->flags & VMSCOPE_PAGES_F_RAW)
		scan->mask = ~VMSCOPE_FRAME_MASK;
	scan->mask |= vmscope_arch_encrypted();
	vmscope_walk_init(&scan->walker, target->mm, request->cursor,
			  min(request->end, vmscope_arch_user_end()),
			  &pages_ops, scan);
	vmscope_walk_limit(&scan->walker, &request->limit);
	scan->walker.lock_tables = request->flags & VMSCOPE_F_FOLIO;
	/* nothing can be mapped there, and the walk wants a start below its end */
	if (request->cursor < scan->walker.end)
		err = find_pages(scan, &cursor);
	request->cursor = cursor;
	request->report = scan->walker.report;
	kvfree(scan);
	return err;
}
