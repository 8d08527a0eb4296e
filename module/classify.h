/* SPDX-License-Identifier: GPL-2.0 */
/*
 * classify: from an entry's value, its level and a few facts about its mapping
 * to what it is. Pure: no locks, no mm, no memory but the entries given. Also
 * compiled and tested in user space.
 */
#ifndef _VMSCOPE_CLASSIFY_H
#define _VMSCOPE_CLASSIFY_H

#include <linux/types.h>
#include <linux/vmscope.h>

#include "compat/entry.h"

/**
 * struct vmscope_context - what an entry cannot say of itself
 * @enc: the kernel's encoding
 * @accessible: the mapping allows some access, so that a PROTNONE entry is a
 *	NUMA hint
 * @pfnmap: huge leaves of the mapping have no struct pages behind them
 * @mixed: some may have none; special huge leaves are not the zero page
 * @rwp: a userfaultfd asks for each access with PROTNONE entries
 * @kernel: it is of the kernel half, where nothing is swapped
 */
struct vmscope_context {
	const struct vmscope_encoding *enc;
	bool accessible;
	bool pfnmap;
	bool mixed;
	bool rwp;
	bool kernel;
};

/**
 * struct vmscope_class - what an entry is
 * @state: &enum vmscope_state
 * @resident: it counts for smaps' Rss, outside of hugetlb mappings
 */
struct vmscope_class {
	u8 state;
	bool resident;
};

struct vmscope_class vmscope_classify(u64 entry, unsigned int level,
				      const struct vmscope_context *context);

unsigned int vmscope_classify_run(const u64 *entries, unsigned int count,
				  const struct vmscope_context *context,
				  struct vmscope_class *class);

u64 vmscope_classify_flags(u64 entry, unsigned int level,
			   const struct vmscope_context *context);

u64 vmscope_classify_bits(u64 flags);
unsigned int vmscope_classify_alike(const u64 *entries, unsigned int count,
				    u64 first, u64 mask);

u64 vmscope_classify_redact(u64 entry, unsigned int level,
			    const struct vmscope_encoding *enc);

void vmscope_classify_add(struct vmscope_sums *sums, struct vmscope_class class,
			  unsigned int level, u64 bytes, bool hugetlb);

void vmscope_classify_sum(struct vmscope_sums *sums, const u64 *entries,
			  unsigned int count,
			  const struct vmscope_context *context);

void vmscope_classify_finish(struct vmscope_sums *sums, u64 virtual_bytes,
			     bool hugetlb);

void vmscope_classify_merge(struct vmscope_sums *sums,
			    const struct vmscope_sums *other);

/* What decides a mapping's kind and is no flag of the ABI. */
#define VMSCOPE_MAP_SPECIAL  _BITULL(62) /* the kernel named it: vdso */
#define VMSCOPE_MAP_HEAP     _BITULL(63)
#define VMSCOPE_MAP_INTERNAL (VMSCOPE_MAP_SPECIAL | VMSCOPE_MAP_HEAP)

unsigned int vmscope_classify_kind(u64 flags);

#endif /* _VMSCOPE_CLASSIFY_H */
