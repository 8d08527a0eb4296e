// SPDX-License-Identifier: GPL-2.0
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/kdev_t.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/userfaultfd_k.h>

#include "classify.h"
#include "compat/mm.h"
#include "map.h"
#include "target.h"
#include "walk.h"

/* C libraries put a thread's storage so close below the end of its stack. */
#define TLS_TO_END (64 * 1024)

static int compare_addresses(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

/**
 * vmscope_map_stacks_init() - learn where the threads' stacks are
 * @stacks: out: to be freed with vmscope_map_stacks_free()
 * @target: the process
 *
 * The kernel keeps no note of which mapping is a thread's stack, but of where a
 * thread's local storage is, and that is at the upper end of the stack in
 * glibc and musl.
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int vmscope_map_stacks_init(struct vmscope_map_stacks *stacks,
			    const struct vmscope_target *target)
{
	unsigned int max =
		min(get_nr_threads(target->task), VMSCOPE_MAP_THREADS_MAX);

	*stacks = (struct vmscope_map_stacks){};
	if (max <= 1)
		return 0;
	stacks->tls =
		kvmalloc_array(max, sizeof(*stacks->tls), GFP_KERNEL_ACCOUNT);
	if (!stacks->tls)
		return -ENOMEM;
	stacks->count = vmscope_target_tls(target, stacks->tls, max);
	sort(stacks->tls, stacks->count, sizeof(*stacks->tls),
	     compare_addresses, NULL);
	return 0;
}

void vmscope_map_stacks_free(struct vmscope_map_stacks *stacks)
{
	kvfree(stacks->tls);
}

/* The highest of the addresses below @end; 0 if there is none. */
static unsigned long last_below(const struct vmscope_map_stacks *stacks,
				unsigned long end)
{
	unsigned int low = 0, high = stacks->count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (stacks->tls[middle] < end)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? stacks->tls[low - 1] : 0;
}

static bool is_thread_stack(const struct vm_area_struct *vma,
			    const struct vmscope_map_stacks *stacks)
{
	unsigned long tls;

	if (vma->vm_file || !(vma->vm_flags & VM_WRITE))
		return false;
	tls = last_below(stacks, vma->vm_end);
	if (!tls || tls < vma->vm_start)
		return false;
	return vma->vm_end - tls <= TLS_TO_END || vmscope_walk_is_guarded(vma);
}

static bool is_stack(const struct vm_area_struct *vma,
		     const struct vmscope_map_stacks *stacks)
{
	return vmscope_vma_is_main_stack(vma) || vma->vm_flags & VM_GROWSDOWN ||
	       is_thread_stack(vma, stacks);
}

static const struct {
	unsigned long vm_flag;
	u64 flag;
} flags[] = {
	{ VM_READ, VMSCOPE_MAP_READ },
	{ VM_WRITE, VMSCOPE_MAP_WRITE },
	{ VM_EXEC, VMSCOPE_MAP_EXEC },
	{ VM_MAYSHARE, VMSCOPE_MAP_SHARED },
	{ VM_LOCKED, VMSCOPE_MAP_LOCKED },
	{ VM_GROWSDOWN, VMSCOPE_MAP_GROWSDOWN },
	{ VM_PFNMAP, VMSCOPE_MAP_PFNMAP },
	{ VM_IO, VMSCOPE_MAP_IO },
	{ VM_HUGEPAGE, VMSCOPE_MAP_HUGEPAGE },
	{ VM_NOHUGEPAGE, VMSCOPE_MAP_NOHUGEPAGE },
	{ VM_MERGEABLE, VMSCOPE_MAP_MERGEABLE },
};

static u64 describe_flags(const struct vm_area_struct *vma,
			  const struct vmscope_map_stacks *stacks)
{
	u64 result = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (vma->vm_flags & flags[i].vm_flag)
			result |= flags[i].flag;
	if (vmscope_vma_is_hugetlb(vma))
		result |= VMSCOPE_MAP_HUGETLB;
	if (userfaultfd_armed((struct vm_area_struct *)vma))
		result |= VMSCOPE_MAP_UFFD;
	if (!vma->vm_file) {
		if (vma->vm_ops && vma->vm_ops->name)
			result |= VMSCOPE_MAP_SPECIAL;
		if (vmscope_vma_is_heap(vma))
			result |= VMSCOPE_MAP_HEAP;
		if (is_stack(vma, stacks))
			result |= VMSCOPE_MAP_STACK;
		return result;
	}
	result |= VMSCOPE_MAP_FILE;
	if (d_unlinked(vmscope_file_path(vma->vm_file)->dentry))
		result |= VMSCOPE_MAP_DELETED;
	return result;
}

/**
 * vmscope_map_describe() - fill in all but the name and the sums
 * @map: out
 * @vma: the mapping; the mmap_lock is held
 * @start: first address of the part meant
 * @end: first address after it
 * @stacks: of its process
 */
void vmscope_map_describe(struct vmscope_map *map,
			  const struct vm_area_struct *vma, unsigned long start,
			  unsigned long end,
			  const struct vmscope_map_stacks *stacks)
{
	u64 all = describe_flags(vma, stacks);

	*map = (struct vmscope_map){
		.start = start,
		.end = end,
		.flags = all & ~VMSCOPE_MAP_INTERNAL,
		.kind = vmscope_classify_kind(all),
		.page_size = PAGE_SIZE,
	};
	if (start != vma->vm_start || end != vma->vm_end)
		map->flags |= VMSCOPE_MAP_CLIPPED;
	if (all & VMSCOPE_MAP_HUGETLB)
		map->page_size = vmscope_vma_huge_page_size(vma);
	if (vma->vm_file) {
		const struct inode *inode = vmscope_file_inode(vma->vm_file);
		dev_t dev = inode->i_sb->s_dev;

		map->offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) +
			      (start - vma->vm_start);
		map->inode = inode->i_ino;
		map->device = (u64)MAJOR(dev) << 32 | MINOR(dev);
	}
}

static const char *anonymous_name(const struct vm_area_struct *vma,
				  char *buffer, unsigned int size)
{
	const char *name = vmscope_vma_anon_name(vma);

	if (!name)
		return NULL;
	snprintf(buffer, size, vma->vm_file ? "[anon_shmem:%s]" : "[anon:%s]",
		 name);
	return buffer;
}

/**
 * vmscope_map_name() - what /proc/PID/maps calls a mapping
 * @vma: the mapping; the mmap_lock is held, and with it the file
 * @buffer: to build the name in
 * @size: of it, at least PATH_MAX
 *
 * The order is that of get_vma_name() in fs/proc/task_mmu.c.
 *
 * Return: the name, in @buffer or constant; "" for none.
 */
const char *vmscope_map_name(const struct vm_area_struct *vma, char *buffer,
			     unsigned int size)
{
	const char *name = anonymous_name(vma, buffer, size);

	if (vma->vm_file) {
		if (name)
			return name;
		name = d_path(vmscope_file_path(vma->vm_file), buffer, size);
		return IS_ERR(name) ? "(path too long)" : name;
	}
	if (vma->vm_ops && vma->vm_ops->name) {
		const char *special =
			vma->vm_ops->name((struct vm_area_struct *)vma);

		if (special)
			return special;
	}
	if (vmscope_vma_is_heap(vma))
		return "[heap]";
	if (vmscope_vma_is_main_stack(vma))
		return "[stack]";
	return name ? name : "";
}
