// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>

/*
 * "mm: remove page_mapcount()", v6.12, after folio_precise_page_mapcount() took
 * its place inside of fs/proc; until then __page_mapcount() or folio_test_large()
 * did the same for modules.
 */
int vmscope_probe(struct page *page);

int vmscope_probe(struct page *page)
{
	return page_mapcount(page);
}
