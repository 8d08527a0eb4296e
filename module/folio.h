/* SPDX-License-Identifier: GPL-2.0 */
/*
 * folio: what the kernel's account of memory, struct page, says of the pages
 * that entries lead to. The one room that looks there, and only when asked.
 */
#ifndef _VMSCOPE_FOLIO_H
#define _VMSCOPE_FOLIO_H

#include <linux/types.h>
#include <linux/vmscope.h>

#include "classify.h"

/**
 * struct vmscope_folio_facts - what is known of a page
 * @flags: VMSCOPE_FOLIO_*; 0 when there is none, or none to ask
 * @order: of its folio
 * @node: its NUMA node
 * @mapcount: how often it is mapped; 0 when not known
 */
struct vmscope_folio_facts {
	u64 flags;
	u64 order;
	u64 node;
	u64 mapcount;
};

/**
 * struct vmscope_folio_count - sums over the pages of a mapping
 * @sums: the sums, complete after vmscope_folio_finish()
 * @nodes: bytes by node
 * @looked: pages looked at since this was last set to 0
 * @first: frame number of the first page of the large folio under way
 * @order: its order; 0 when none is
 * @start: where its first page is mapped
 * @next: the page of it that is to come next
 */
struct vmscope_folio_count {
	struct vmscope_folio_sums sums;
	u64 *nodes;
	unsigned int looked;
	/* private: */
	u64 first;
	unsigned int order;
	unsigned long start;
	unsigned int next;
};

struct vmscope_folio_count *vmscope_folio_create(void);
void vmscope_folio_destroy(struct vmscope_folio_count *count);
void vmscope_folio_reset(struct vmscope_folio_count *count);

void vmscope_folio_entries(struct vmscope_folio_count *count,
			   unsigned long address, const u64 *entries,
			   unsigned int entries_len,
			   const struct vmscope_context *context);
void vmscope_folio_leaf(struct vmscope_folio_count *count, const u64 *slot,
			u64 entry, unsigned int level,
			struct vmscope_class class, bool hugetlb,
			unsigned long address, unsigned long end,
			const struct vmscope_context *context);
void vmscope_folio_finish(struct vmscope_folio_count *count);
void vmscope_folio_round(struct vmscope_folio_sums *sums);
void vmscope_folio_merge(struct vmscope_folio_sums *sums,
			 const struct vmscope_folio_sums *other);

struct vmscope_folio_facts
vmscope_folio_ask(const u64 *slot, u64 entry, unsigned int level,
		  struct vmscope_class class, bool hugetlb,
		  const struct vmscope_context *context, unsigned int *looked);

#endif /* _VMSCOPE_FOLIO_H */
