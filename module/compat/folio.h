/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What struct page says of a page that an entry leads to, however this kernel
 * keeps it. The caller sees to it that the page stays: it holds the lock of the
 * entry's table, under which alone a mapping of a page comes and goes.
 */
#ifndef _VMSCOPE_COMPAT_FOLIO_H
#define _VMSCOPE_COMPAT_FOLIO_H

#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/nodemask.h>

#include <linux/vmscope.h>

/* Node numbers are below this. */
static inline unsigned int vmscope_nodes(void)
{
	return nr_node_ids;
}

/* The kernel's order of questions is that of smaps_page_accumulate(). */
static inline unsigned int vmscope_folio_kind(struct folio *folio)
{
	if (folio_test_anon(folio))
		return folio_test_ksm(folio) ? VMSCOPE_FOLIO_KIND_KSM :
					       VMSCOPE_FOLIO_KIND_ANON;
	return folio_test_swapbacked(folio) ? VMSCOPE_FOLIO_KIND_SHMEM :
					      VMSCOPE_FOLIO_KIND_FILE;
}

/*
 * How often a folio of one page is mapped. The same memory may hold the type of
 * a page that a driver mapped; such a page is taken to be mapped once, as
 * smaps_account() takes it.
 */
static inline unsigned int vmscope_folio_small_mapcount(struct folio *folio)
{
	int count = atomic_read(&folio->_mapcount) + 1;

	return max(count, 1);
}

/*
 * How often a page of a large folio is mapped; 0 where the kernel does not
 * count that (CONFIG_NO_PAGE_MAPCOUNT). page_mapcount() is gone since v6.12, and
 * what fs/proc has instead, folio_precise_page_mapcount(), is not for modules.
 */
static inline unsigned int vmscope_folio_large_mapcount(struct folio *folio,
							struct page *page)
{
#ifdef VMSCOPE_HAVE_PAGE_MAPCOUNT
	return max(page_mapcount(page), 1);
#elif defined(CONFIG_NO_PAGE_MAPCOUNT)
	return 0;
#else
	int count = atomic_read(&page->_mapcount) + 1;

	if (page_mapcount_is_type(count))
		count = 0;
	return max(count + folio_entire_mapcount(folio), 1);
#endif
}

/*
 * What smaps divides a page of a large folio by where mappings of pages are not
 * counted: folio_average_page_mapcount().
 */
static inline unsigned int vmscope_folio_average_mapcount(struct folio *folio)
{
#ifdef CONFIG_NO_PAGE_MAPCOUNT
	int pages = folio_nr_pages(folio);
	int entire = folio_entire_mapcount(folio);
	int others = max(folio_large_mapcount(folio) - entire, 0);

	return max((others + pages / 2) / pages + entire, 1);
#else
	return 1;
#endif
}

/*
 * Has a large folio no mappings but these? Each mapping, of one page or of all,
 * holds a reference, and kernels from v6.10 on count the mappings as well.
 */
static inline bool vmscope_folio_has_only(struct folio *folio,
					  unsigned int mappings)
{
#ifdef VMSCOPE_HAVE_PAGE_MAPCOUNT
	return folio_ref_count(folio) == mappings;
#else
	return folio_large_mapcount(folio) == mappings;
#endif
}

/**
 * struct vmscope_hugetlb_page - what is known of a hugetlb page
 * @mapcount: how often it is mapped
 * @node: on which node it is
 * @anon: it is anonymous, of a private mapping
 * @table_shared: the table that maps it serves several processes
 */
struct vmscope_hugetlb_page {
	unsigned int mapcount;
	unsigned int node;
	bool anon;
	bool table_shared;
};

/*
 * The lock of a table that holds hugetlb pages cannot be waited for with
 * interrupts off, as whoever holds it may wait for this processor to flush its
 * TLB. So these are plain reads, without the checks that helpers of the kernel
 * make: the page may be given back and serve something else meanwhile. The
 * caller reads the entry again afterwards, as gup_fast() does.
 */
static inline struct vmscope_hugetlb_page vmscope_hugetlb_look(const u64 *slot,
							       u64 frame)
{
	struct page *page = pfn_to_page(frame >> PAGE_SHIFT);
	struct folio *folio = (struct folio *)page;
	struct vmscope_hugetlb_page result = {
		.node = page_to_nid(page),
		.anon = (unsigned long)READ_ONCE(folio->mapping) & 1,
		.table_shared = hugetlb_pmd_shared((pte_t *)slot),
	};
#ifdef VMSCOPE_HAVE_PAGE_MAPCOUNT
	int count = atomic_read(compound_mapcount_ptr(page)) + 1;
#else
	int count = atomic_read(&folio->_entire_mapcount) + 1;
#endif

	result.mapcount = max(count, 1);
	return result;
}

#endif /* _VMSCOPE_COMPAT_FOLIO_H */
