// SPDX-License-Identifier: GPL-2.0
/*
 * Pages are looked at under the lock of the table whose entry leads to them.
 * Whoever takes a mapping of a page away does it under that lock, and gives up
 * the page's reference only later (zap_pte_range(), zap_huge_pmd(),
 * try_to_unmap_one(), try_to_migrate_one()); a folio is split only after all its
 * mappings were replaced under their locks (unmap_folio()). So as long as the
 * lock is held and the entry stands, the page is the folio's, and the folio is
 * what it says. The counts of mappings may move, by entries of other tables.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/arch.h"
#include "compat/folio.h"
#include "folio.h"

/* How often a hugetlb page is looked at whose entry changes meanwhile. */
#define ATTEMPTS 4

static const u64 kind_flags[VMSCOPE_FOLIO_KINDS] = {
	[VMSCOPE_FOLIO_KIND_ANON] = VMSCOPE_FOLIO_ANON,
	[VMSCOPE_FOLIO_KIND_FILE] = VMSCOPE_FOLIO_FILE,
	[VMSCOPE_FOLIO_KIND_SHMEM] = VMSCOPE_FOLIO_SHMEM,
	[VMSCOPE_FOLIO_KIND_KSM] = VMSCOPE_FOLIO_KSM,
};

/**
 * vmscope_folio_create() - sums to count into
 *
 * May sleep. Return: sums that are all 0, to be freed with
 * vmscope_folio_destroy(), or NULL without memory.
 */
struct vmscope_folio_count *vmscope_folio_create(void)
{
	struct vmscope_folio_count *count;

	count = kzalloc(sizeof(*count), GFP_KERNEL_ACCOUNT);
	if (!count)
		return NULL;
	count->nodes =
		kcalloc(vmscope_nodes(), sizeof(u64), GFP_KERNEL_ACCOUNT);
	if (!count->nodes) {
		kfree(count);
		return NULL;
	}
	return count;
}

void vmscope_folio_destroy(struct vmscope_folio_count *count)
{
	if (!count)
		return;
	kfree(count->nodes);
	kfree(count);
}

/* Begin anew, for the next mapping. */
void vmscope_folio_reset(struct vmscope_folio_count *count)
{
	memset(count->nodes, 0, vmscope_nodes() * sizeof(u64));
	memset(&count->sums, 0, sizeof(count->sums));
	count->order = 0;
}

static u64 frame_of(u64 entry, unsigned int level,
		    const struct vmscope_context *context)
{
	if (likely(level == VMSCOPE_LEVEL_PTE && entry & VMSCOPE_BIT_PRESENT))
		return entry & context->enc->frame_mask;
	return vmscope_entry_frame(entry, level) & context->enc->frame_mask;
}

/*
 * Mappings of drivers may lead anywhere, also without the special bit where a
 * kernel does not set it; elsewhere a frame always has a struct page.
 */
static __always_inline bool
has_struct_page(u64 frame, const struct vmscope_context *context)
{
	return likely(!(context->pfnmap || context->mixed)) ||
	       pfn_valid(frame >> PAGE_SHIFT);
}

static void add_unknown(struct vmscope_folio_count *count, u64 bytes)
{
	struct vmscope_folio_sums *sums = &count->sums;

	sums->kind_bytes[VMSCOPE_FOLIO_KIND_UNKNOWN] += bytes;
	/* as smaps_account() does with what is not present */
	sums->pss_shifted[VMSCOPE_FOLIO_KIND_UNKNOWN] += bytes
							 << VMSCOPE_PSS_SHIFT;
	sums->unknown_bytes += bytes;
}

/* Pages of one kind that are all mapped so often; 0: not known. */
static void add_mapped(struct vmscope_folio_sums *sums, unsigned int kind,
		       u64 bytes, unsigned int mapcount, unsigned int divisor)
{
	u64 pss = PAGE_SIZE << VMSCOPE_PSS_SHIFT;

	sums->kind_bytes[kind] += bytes;
	if (mapcount == 1)
		sums->private_bytes += bytes;
	else if (mapcount)
		sums->shared_bytes += bytes;
	else
		sums->unknown_bytes += bytes;
	/* page by page, as smaps does, which rounds each down */
	sums->pss_shifted[kind] +=
		(divisor > 1 ? pss / divisor : pss) * (bytes >> PAGE_SHIFT);
}

static void add_coverage(struct vmscope_folio_count *count, unsigned int order,
			 unsigned int coverage, u64 bytes)
{
	order = min(order, VMSCOPE_FOLIO_ORDERS - 1U);
	count->sums.order_bytes[order][coverage] += bytes;
}

/* The folio under way does not go on: what there was of it is a part. */
static void end_folio(struct vmscope_folio_count *count)
{
	if (count->order)
		add_coverage(count, count->order, VMSCOPE_COVERAGE_PARTIAL,
			     (u64)count->next << PAGE_SHIFT);
	count->order = 0;
}

/*
 * A folio can go on in the next table, and under the next hold; all that is kept
 * of it are numbers.
 */
static void cover(struct vmscope_folio_count *count, u64 first,
		  unsigned int order, unsigned int index, unsigned int pages,
		  unsigned long address)
{
	unsigned long start = address - ((unsigned long)index << PAGE_SHIFT);

	if (count->order != order || count->first != first ||
	    count->start != start || count->next != index) {
		end_folio(count);
		if (index) {
			add_coverage(count, order, VMSCOPE_COVERAGE_PARTIAL,
				     (u64)pages << PAGE_SHIFT);
			return;
		}
		count->order = order;
		count->first = first;
		count->start = start;
	}
	count->next = index + pages;
	if (count->next < 1U << order)
		return;
	add_coverage(count, order,
		     start & ((PAGE_SIZE << order) - 1) ?
			     VMSCOPE_COVERAGE_UNALIGNED :
			     VMSCOPE_COVERAGE_ALIGNED,
		     PAGE_SIZE << order);
	count->order = 0;
}

/* Each page of a large folio by itself, from this one on. */
static void add_each(struct vmscope_folio_count *count, struct folio *folio,
		     struct page *page, unsigned int kind, unsigned int pages)
{
	unsigned int i, same = 0, last = 0;

	count->looked += pages;
	for (i = 0; i < pages; i++) {
		unsigned int mapcount =
			vmscope_folio_large_mapcount(folio, page + i);

		if (same && mapcount != last) {
			add_mapped(&count->sums, kind, (u64)same << PAGE_SHIFT,
				   last, last);
			same = 0;
		}
		last = mapcount;
		same++;
	}
	if (last)
		add_mapped(&count->sums, kind, (u64)same << PAGE_SHIFT, last,
			   last);
	else if (same)
		add_mapped(&count->sums, kind, (u64)same << PAGE_SHIFT, 0,
			   vmscope_folio_average_mapcount(folio));
}

/*
 * Pages of one large folio, mapped one after the other by as many entries, or
 * by one huge leaf. If the folio has no other mappings, none of them is mapped
 * twice; else each is asked.
 */
static void add_large(struct vmscope_folio_count *count, struct folio *folio,
		      struct page *page, unsigned int pages,
		      unsigned int mappings, unsigned long address)
{
	unsigned int order = folio_order(folio);
	unsigned int kind = vmscope_folio_kind(folio);
	u64 first = page_to_pfn(&folio->page);
	unsigned int index = page_to_pfn(page) - first;

	count->nodes[folio_nid(folio)] += (u64)pages << PAGE_SHIFT;
	cover(count, first, order, index, pages, address);
	if (vmscope_folio_has_only(folio, mappings))
		add_mapped(&count->sums, kind, (u64)pages << PAGE_SHIFT, 1, 1);
	else
		add_each(count, folio, page, kind, pages);
}

/* How many entries lead to page after page, from the first on? */
static unsigned int count_contiguous(const u64 *entries, unsigned int max,
				     u64 first)
{
	const u64 mask = VMSCOPE_FRAME_MASK | VMSCOPE_BIT_PRESENT |
			 VMSCOPE_BIT_SPECIAL;
	unsigned int n = 1;

	while (n < max &&
	       !((READ_ONCE(entries[n]) ^ (first + n * PAGE_SIZE)) & mask))
		n++;
	return n;
}

/**
 * struct small - pages that are folios by themselves, alike and not added yet
 * @pages: how many
 * @kind: of what kind
 * @mapcount: how often each is mapped
 * @node: on which node
 *
 * Adding is dearer than looking, and one page is mostly like the one before.
 */
struct small {
	unsigned int pages;
	unsigned int kind;
	unsigned int mapcount;
	unsigned int node;
};

static void flush_small(struct vmscope_folio_count *count, struct small *small)
{
	u64 bytes = (u64)small->pages << PAGE_SHIFT;

	if (!bytes)
		return;
	count->nodes[small->node] += bytes;
	add_mapped(&count->sums, small->kind, bytes, small->mapcount,
		   small->mapcount);
	add_coverage(count, 0, VMSCOPE_COVERAGE_ALIGNED, bytes);
	small->pages = 0;
}

static __always_inline void add_small(struct vmscope_folio_count *count,
				      struct small *small, struct folio *folio)
{
	unsigned int mapcount = vmscope_folio_small_mapcount(folio);
	unsigned int kind = vmscope_folio_kind(folio);
	unsigned int node = folio_nid(folio);

	if (unlikely(mapcount != small->mapcount || kind != small->kind ||
		     node != small->node)) {
		flush_small(count, small);
		small->mapcount = mapcount;
		small->kind = kind;
		small->node = node;
	}
	small->pages++;
}

/* An entry on a page, and those after it on the same large folio. */
static __always_inline unsigned int
add_entry(struct vmscope_folio_count *count, struct small *small,
	  unsigned long address, const u64 *entries, unsigned int max,
	  u64 entry, const struct vmscope_context *context)
{
	u64 frame = frame_of(entry, VMSCOPE_LEVEL_PTE, context);
	struct folio *folio;
	unsigned int n = 1;
	struct page *page;

	if (!has_struct_page(frame, context)) {
		add_unknown(count, PAGE_SIZE);
		return 1;
	}
	page = pfn_to_page(frame >> PAGE_SHIFT);
	folio = page_folio(page);
	if (unlikely(folio_test_large(folio))) {
		u64 index = page_to_pfn(page) - page_to_pfn(&folio->page);

		max = min_t(u64, max, folio_nr_pages(folio) - index);
		if (entry & VMSCOPE_BIT_PRESENT)
			n = count_contiguous(entries, max, entry);
		add_large(count, folio, page, n, n, address);
		return n;
	}
	add_small(count, small, folio);
	return 1;
}

/**
 * vmscope_folio_entries() - count the pages behind entries of a pte table
 * @count: where to
 * @address: of the first
 * @entries: the entries; the lock of their table is held
 * @entries_len: their number
 * @context: facts about the mapping, which is not of hugetlb
 *
 * Atomic context.
 */
void vmscope_folio_entries(struct vmscope_folio_count *count,
			   unsigned long address, const u64 *entries,
			   unsigned int entries_len,
			   const struct vmscope_context *context)
{
	const u64 plain = VMSCOPE_BIT_PRESENT | VMSCOPE_BIT_SPECIAL;
	struct small small = {};
	unsigned int i = 0;

	while (i < entries_len) {
		u64 entry = READ_ONCE(entries[i]);

		if ((entry & plain) != VMSCOPE_BIT_PRESENT) {
			struct vmscope_class class;

			class = vmscope_classify(entry, VMSCOPE_LEVEL_PTE,
						 context);
			if (!class.resident) {
				i++;
				continue;
			}
			if (!vmscope_entry_has_page(entry, VMSCOPE_LEVEL_PTE)) {
				add_unknown(count, PAGE_SIZE);
				i++;
				continue;
			}
		}
		i += add_entry(count, &small,
			       address + ((unsigned long)i << PAGE_SHIFT),
			       entries + i, entries_len - i, entry, context);
	}
	flush_small(count, &small);
	count->looked += i;
}

static bool look_hugetlb(const u64 *slot, u64 entry, unsigned int level,
			 const struct vmscope_context *context,
			 struct vmscope_hugetlb_page *page)
{
	unsigned int i;

	for (i = 0; i < ATTEMPTS; i++) {
		u64 again;

		*page = vmscope_hugetlb_look(slot,
					     frame_of(entry, level, context));
		again = READ_ONCE(*slot);
		/* the same page, also if its bits have changed */
		if (!((again ^ entry) &
		      (VMSCOPE_FRAME_MASK | VMSCOPE_BIT_PRESENT)))
			return true;
		if (!vmscope_entry_is_leaf(again, level))
			return false;
		entry = again;
	}
	return false;
}

static void add_hugetlb(struct vmscope_folio_count *count, const u64 *slot,
			u64 entry, unsigned int level, u64 bytes,
			const struct vmscope_context *context)
{
	struct vmscope_hugetlb_page page;

	if (!look_hugetlb(slot, entry, level, context, &page)) {
		count->sums.hugetlb_unknown_bytes += bytes;
		return;
	}
	count->nodes[page.node] += bytes;
	if (page.mapcount > 1 || page.table_shared)
		count->sums.hugetlb_shared_bytes += bytes;
	else
		count->sums.hugetlb_private_bytes += bytes;
}

/**
 * vmscope_folio_leaf() - count the pages under an entry above the pte level
 * @count: where to
 * @slot: the entry, live; the lock of its table is held, or with @hugetlb
 *	interrupts are off
 * @entry: what was read there
 * @level: of its table
 * @class: what it is
 * @hugetlb: it is in a hugetlb mapping
 * @address: first address of the part meant
 * @end: first address after it
 * @context: facts about the mapping
 *
 * Atomic context.
 */
void vmscope_folio_leaf(struct vmscope_folio_count *count, const u64 *slot,
			u64 entry, unsigned int level,
			struct vmscope_class class, bool hugetlb,
			unsigned long address, unsigned long end,
			const struct vmscope_context *context)
{
	u64 skipped = address & ((1ULL << VMSCOPE_LEVEL_SHIFT(level)) - 1);
	u64 frame = frame_of(entry, level, context) + skipped;
	struct page *page;

	if (hugetlb && vmscope_entry_is_leaf(entry, level)) {
		add_hugetlb(count, slot, entry, level, end - address, context);
		return;
	}
	if (!class.resident)
		return;
	if (hugetlb) {
		count->sums.hugetlb_unknown_bytes += end - address;
		return;
	}
	/* at the pud level only memory of devices is mapped outside of hugetlb */
	if (level > VMSCOPE_LEVEL_PMD || !vmscope_entry_is_leaf(entry, level) ||
	    !has_struct_page(frame, context)) {
		add_unknown(count, end - address);
		return;
	}
	page = pfn_to_page(frame >> PAGE_SHIFT);
	add_large(count, page_folio(page), page, (end - address) >> PAGE_SHIFT,
		  1, address);
}

/**
 * vmscope_folio_finish() - the mapping ends
 * @count: its sums
 */
void vmscope_folio_finish(struct vmscope_folio_count *count)
{
	end_folio(count);
}

/**
 * vmscope_folio_round() - tell Pss no finer than smaps does
 * @sums: what is about to be told to who may not see frames
 *
 * How often a single page is mapped, also by processes of others, is told by
 * /proc/kpagecount to root only; the Pss of one page would tell it to all.
 */
void vmscope_folio_round(struct vmscope_folio_sums *sums)
{
	unsigned int i;

	for (i = 0; i < VMSCOPE_FOLIO_KINDS; i++)
		sums->pss_shifted[i] &= ~((1024ULL << VMSCOPE_PSS_SHIFT) - 1);
}

/* Every member of struct vmscope_folio_sums is a __u64 that adds up. */
void vmscope_folio_merge(struct vmscope_folio_sums *sums,
			 const struct vmscope_folio_sums *other)
{
	const __u64 *from = (const __u64 *)other;
	__u64 *to = (__u64 *)sums;
	unsigned int i;

	for (i = 0; i < sizeof(*sums) / sizeof(*to); i++)
		to[i] += from[i];
}

static u64 sharing(unsigned int mapcount)
{
	if (!mapcount)
		return 0;
	return mapcount == 1 ? VMSCOPE_FOLIO_ONCE : VMSCOPE_FOLIO_SHARED;
}

static struct vmscope_folio_facts
ask_hugetlb(const u64 *slot, u64 entry, unsigned int level,
	    const struct vmscope_context *context)
{
	struct vmscope_folio_facts facts = {};
	struct vmscope_hugetlb_page page;

	if (!vmscope_entry_is_leaf(entry, level) ||
	    !look_hugetlb(slot, entry, level, context, &page))
		return facts;
	facts.flags = VMSCOPE_FOLIO_HUGETLB | VMSCOPE_FOLIO_LARGE |
		      (page.anon ? VMSCOPE_FOLIO_ANON : VMSCOPE_FOLIO_FILE) |
		      (page.table_shared ? VMSCOPE_FOLIO_SHARED :
					   sharing(page.mapcount));
	facts.order = VMSCOPE_LEVEL_SHIFT(level) - VMSCOPE_PAGE_SHIFT;
	facts.node = page.node;
	/* each process that shares the table maps it, and is not counted */
	facts.mapcount = page.table_shared ? 0 : page.mapcount;
	return facts;
}

/* Pages under one leaf: once if all are, shared if one is. */
static void ask_large(struct vmscope_folio_facts *facts, struct folio *folio,
		      struct page *page, unsigned int pages,
		      unsigned int *looked)
{
	unsigned int i, least = UINT_MAX, most = 0;

	facts->flags |= VMSCOPE_FOLIO_LARGE;
	if (vmscope_folio_has_only(folio, 1)) {
		facts->flags |= VMSCOPE_FOLIO_ONCE;
		facts->mapcount = 1;
		return;
	}
	for (i = 0; i < pages; i++) {
		unsigned int mapcount =
			vmscope_folio_large_mapcount(folio, page + i);

		least = min(least, mapcount);
		most = max(most, mapcount);
	}
	*looked += pages;
	facts->flags |= sharing(most);
	facts->mapcount = least == most ? most : 0;
}

/**
 * vmscope_folio_ask() - what is known of the page, or pages, behind an entry?
 * @slot: the entry, live; the lock of its table is held, or with @hugetlb
 *	interrupts are off
 * @entry: what was read there
 * @level: of its table
 * @class: what it is
 * @hugetlb: it is in a hugetlb mapping
 * @context: facts about the mapping
 * @looked: in and out: pages looked at
 *
 * Atomic context. Return: the facts; flags are 0 if there is no page to ask.
 */
struct vmscope_folio_facts
vmscope_folio_ask(const u64 *slot, u64 entry, unsigned int level,
		  struct vmscope_class class, bool hugetlb,
		  const struct vmscope_context *context, unsigned int *looked)
{
	u64 frame = frame_of(entry, level, context);
	struct vmscope_folio_facts facts = {};
	unsigned int pages;
	struct folio *folio;
	struct page *page;

	if (hugetlb)
		return ask_hugetlb(slot, entry, level, context);
	if (!class.resident || level > VMSCOPE_LEVEL_PMD ||
	    !vmscope_entry_is_leaf(entry, level) ||
	    !has_struct_page(frame, context))
		return facts;
	++*looked;
	page = pfn_to_page(frame >> PAGE_SHIFT);
	folio = page_folio(page);
	facts.flags = kind_flags[vmscope_folio_kind(folio)];
	facts.order = folio_order(folio);
	facts.node = folio_nid(folio);
	if (folio_test_large(folio)) {
		pages = 1U << (VMSCOPE_LEVEL_SHIFT(level) - VMSCOPE_PAGE_SHIFT);
		ask_large(&facts, folio, page, pages, looked);
	} else {
		facts.mapcount = vmscope_folio_small_mapcount(folio);
		facts.flags |= sharing(facts.mapcount);
	}
	return facts;
}
