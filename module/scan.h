/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scan: sums, mappings and translations, from walk and classify. The one engine
 * behind all doors.
 */
#ifndef _VMSCOPE_SCAN_H
#define _VMSCOPE_SCAN_H

#include <linux/types.h>
#include <linux/vmscope.h>

#include "classify.h"
#include "folio.h"
#include "walk.h"

struct vm_area_struct;
struct vmscope_target;

const struct vmscope_encoding *vmscope_scan_encoding(void);
void vmscope_scan_init(void);

/**
 * struct vmscope_scan_folios - what struct page tells of a whole process
 * @exact: in: it may be told exactly how often pages are mapped
 * @kinds: by &enum vmscope_kind
 * @nodes: bytes by node, vmscope_scan_nodes() of them
 */
struct vmscope_scan_folios {
	bool exact;
	struct vmscope_folio_sums kinds[VMSCOPE_KINDS];
	u64 nodes[];
};

unsigned int vmscope_scan_nodes(void);
int vmscope_scan_summary(const struct vmscope_target *target,
			 struct vmscope_summary *summary,
			 struct vmscope_sums kinds[VMSCOPE_KINDS],
			 struct vmscope_scan_folios *folios);

/* Mappings gathered between two times of copying them out. */
#define VMSCOPE_SCAN_MAPS  128
#define VMSCOPE_SCAN_NAMES (16 * 1024)

/**
 * struct vmscope_scan_batch - mappings on their way out
 * @maps: the mappings; name_start counts from the start of @names
 * @count: how many
 * @names: their names, one after the other
 * @used: bytes of @names in use
 * @folios: with them, what struct page tells of each mapping; else NULL
 * @nodes: with them, a row of vmscope_scan_nodes() for each mapping
 */
struct vmscope_scan_batch {
	struct vmscope_map maps[VMSCOPE_SCAN_MAPS];
	unsigned int count;
	char names[VMSCOPE_SCAN_NAMES];
	unsigned int used;
	struct vmscope_folio_sums *folios;
	u64 *nodes;
};

/**
 * struct vmscope_scan_maps - a request for mappings
 * @cursor: in: start of the range; out: where to go on
 * @end: in: end of the range
 * @maps_len: in: how many mappings to find at most
 * @names_len: in: how many bytes of names at most
 * @with_names: in: names are wanted
 * @no_sums: in: sums are not, but for the size
 * @limit: in: when to end before the end
 * @with_folios: in: what struct page tells is wanted
 * @exact: in: it may be told exactly how often pages are mapped
 * @emit: in: takes a batch. May sleep; no lock is held. 0 or negative errno
 * @private: in: for @emit
 * @report: out: how it was done
 */
struct vmscope_scan_maps {
	u64 cursor;
	u64 end;
	u64 maps_len;
	u64 names_len;
	bool with_names;
	bool no_sums;
	struct vmscope_walk_limit limit;
	bool with_folios;
	bool exact;
	int (*emit)(const struct vmscope_scan_batch *batch, void *private);
	void *private;
	struct vmscope_walk report;
};

int vmscope_scan_maps(const struct vmscope_target *target,
		      struct vmscope_scan_maps *request);

int vmscope_scan_translate(const struct vmscope_target *target, bool frames,
			   struct vmscope_translate *t);

/* Ranges gathered between two times of copying them out. */
#define VMSCOPE_SCAN_PAGES 512

/*
 * One entry of a table may add three ranges at once: what came before it, the
 * hole in front of it, and what is left of it at the end of its mapping.
 */
#define VMSCOPE_SCAN_PAGES_ROOM (VMSCOPE_SCAN_PAGES + 3)

/**
 * struct vmscope_scan_pages - a request for pages
 * @cursor: in: start of the range; out: where to go on
 * @end: in: end of the range
 * @flags: in: VMSCOPE_PAGES_F_*
 * @all_of: in: as in struct vmscope_pages
 * @any_of: in: likewise
 * @none_of: in: likewise
 * @returned: in: likewise
 * @frames: in: frame numbers may be told
 * @pages_len: in: how many ranges to find at most
 * @limit: in: when to end before the end
 * @emit: in: takes ranges. May sleep; no lock is held. 0 or negative errno
 * @private: in: for @emit
 * @report: out: how it was done
 */
struct vmscope_scan_pages {
	u64 cursor;
	u64 end;
	u64 flags;
	u64 all_of;
	u64 any_of;
	u64 none_of;
	u64 returned;
	bool frames;
	u64 pages_len;
	struct vmscope_walk_limit limit;
	int (*emit)(const struct vmscope_page *pages, unsigned int count,
		    void *private);
	void *private;
	struct vmscope_walk report;
};

int vmscope_scan_pages(const struct vmscope_target *target,
		       struct vmscope_scan_pages *request);

void vmscope_scan_context(struct vmscope_context *context,
			  const struct vm_area_struct *vma);

#endif /* _VMSCOPE_SCAN_H */
