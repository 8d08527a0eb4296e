/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the device that plays replies back share.
 */
#ifndef _FAKE_H
#define _FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/vmscope_layout.h>

#include "fixtures.h"
#include "vmscope.h"

/* A process of many mappings, one every FAKE_MANY_STEP. */
#define FAKE_MANY_PID	100000
#define FAKE_MANY_START UINT64_C(0x7f0000000000)
#define FAKE_MANY_STEP	UINT64_C(0x3000)

/* A number from the environment. */
unsigned long fake_knob(const char *name, unsigned long otherwise);

bool fake_hidden(void);
int fake_target_find(uint64_t target, uint64_t flags, __u64 *pid);

/* Mapping @i of a process; false after the last one. */
bool fake_map_make(uint64_t pid, size_t i, struct fixture_map *ret);

/* fake-pages.c */
int fake_pages(struct vmscope_pages *arg);

/* fake-folio.c: two nodes */
#define FAKE_NODES 2
void fake_folio_make(const struct fixture_map *map,
		     const struct vmscope_sums *sums,
		     struct vmscope_folio_sums *folio, uint64_t *nodes);
void fake_folio_add(struct vmscope_folio_sums *sum,
		    const struct vmscope_folio_sums *more);
void fake_folio_page(const struct vmscope_pages *arg, struct vmscope_page *page,
		     uint64_t flags);
uint64_t fake_folio_what(uint64_t state, uint64_t leaf_size, uint64_t flags);

/* fake-tables.c */
int fake_tables(struct vmscope_tables *arg);

/* fake-ps.c */
int fake_ps(struct vmscope_ps *arg);

/* fake-trace.c: requests about page faults; rings are behind device.h */
int fake_trace(unsigned long request, void *arg);

/* fake-layout.c */
int fake_kernel(struct vmscope_kernel *arg);
int fake_borders(struct vmscope_borders *arg);

#endif /* _FAKE_H */
