/* SPDX-License-Identifier: GPL-2.0 */
/*
 * map: what a mapping says of itself: flags, kind, file, name.
 */
#ifndef _VMSCOPE_MAP_H
#define _VMSCOPE_MAP_H

#include <linux/types.h>
#include <linux/vmscope.h>

struct mm_struct;
struct vm_area_struct;
struct vmscope_borders;
struct vmscope_target;

/* Threads whose stacks are looked for; more are not told from other memory. */
#define VMSCOPE_MAP_THREADS_MAX 65536

/**
 * struct vmscope_map_stacks - where a process's threads have their stacks
 * @tls: starts of their thread-local storage, ascending
 * @count: how many
 */
struct vmscope_map_stacks {
	unsigned long *tls;
	unsigned int count;
};

int vmscope_map_stacks_init(struct vmscope_map_stacks *stacks,
			    const struct vmscope_target *target);
void vmscope_map_stacks_free(struct vmscope_map_stacks *stacks);

void vmscope_map_describe(struct vmscope_map *map,
			  const struct vm_area_struct *vma, unsigned long start,
			  unsigned long end,
			  const struct vmscope_map_stacks *stacks);
const char *vmscope_map_name(const struct vm_area_struct *vma, char *buffer,
			     unsigned int size);

void vmscope_map_borders(struct mm_struct *mm, struct vmscope_borders *b);

#endif /* _VMSCOPE_MAP_H */
