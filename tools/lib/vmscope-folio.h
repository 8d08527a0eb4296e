/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvmscope: what the kernel's account of memory tells of pages. Part of
 * <vmscope.h>, which includes it and whose conventions hold.
 *
 * SUMMARY is asked with VMSCOPE_F_FOLIO in @flags of struct vmscope_summary,
 * pages with that in @flags and VMSCOPE_PAGES_FOLIO_ALL in @returned of struct
 * vmscope_pages_options.
 */
#ifndef _VMSCOPE_FOLIO_H
#define _VMSCOPE_FOLIO_H

#ifndef _VMSCOPE_H
#error "include <vmscope.h>"
#endif

/**
 * vmscope_maps_ask_folio() - have an iterator ask for that, too
 * @iter: an iterator that vmscope_maps_next() was not called on yet
 *
 * It costs a look at each page, see "Folios" in <linux/vmscope.h>.
 */
void vmscope_maps_ask_folio(struct vmscope_maps_iter *iter);

/**
 * vmscope_maps_folio() - what the pages of the current mapping are
 * @iter: an iterator, after vmscope_maps_ask_folio()
 * @nodes: out: bytes by NUMA node; or NULL
 * @nodes_len: out: how many nodes there are at most; or NULL if @nodes is
 *
 * All belongs to the iterator, and is valid until its next use.
 *
 * Return: the sums of the mapping that vmscope_maps_next() gave last, or NULL
 * when it gave none or they were not asked for.
 */
const struct vmscope_folio_sums *
vmscope_maps_folio(const struct vmscope_maps_iter *iter, const uint64_t **nodes,
		   size_t *nodes_len);

/**
 * vmscope_folio_pss() - what smaps calls Pss
 * @sums: sums over pages
 *
 * Return: bytes, rounded down.
 */
uint64_t vmscope_folio_pss(const struct vmscope_folio_sums *sums);

#endif /* _VMSCOPE_FOLIO_H */
