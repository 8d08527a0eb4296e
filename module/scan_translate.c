// SPDX-License-Identifier: GPL-2.0
/*
 * The scan for one address, level by level.
 */
#include <linux/mm.h>

#include "compat/arch.h"
#include "compat/mm.h"
#include "map.h"
#include "scan.h"
#include "target.h"

struct translate_sink {
	struct vmscope_translate *t;
	struct vmscope_context context;
	struct vmscope_map_stacks stacks;
	bool mapped;
};

static void translate_mapping(void *private, struct vm_area_struct *vma,
			      unsigned long start, unsigned long end)
{
	struct translate_sink *sink = private;
	struct vmscope_map map;

	sink->mapped = vma;
	sink->t->map_start = start;
	sink->t->map_end = end;
	if (!vma)
		return;
	vmscope_scan_context(&sink->context, vma);
	vmscope_map_describe(&map, vma, start, end, &sink->stacks);
	sink->t->map_flags = map.flags;
	sink->t->map_kind = map.kind;
}

static void decode_step(struct vmscope_level *step, unsigned int level,
			u64 address, u64 table, u64 entry, bool frames,
			const struct vmscope_context *context)
{
	const struct vmscope_encoding *enc = vmscope_scan_encoding();
	bool leaf = vmscope_entry_is_leaf(entry, level);
	u64 seen = frames ? entry : vmscope_classify_redact(entry, level, enc);

	*step = (struct vmscope_level){
		.level = level,
		.index = address >> VMSCOPE_LEVEL_SHIFT(level) &
			 (VMSCOPE_TABLE_ENTRIES - 1),
		.table = frames ? table : 0,
		.entry = seen,
		.flags = vmscope_classify_flags(entry, level, context),
		.pkey = leaf ? (entry & VMSCOPE_PKEY_MASK) >>
					VMSCOPE_PKEY_SHIFT :
			       0,
	};
	if (vmscope_entry_has_page(entry, level) &&
	    entry & vmscope_arch_encrypted())
		step->flags |= VMSCOPE_ENTRY_ENCRYPTED;
}

/* What the last entry of the path means for the address. */
static void decode_end(struct vmscope_translate *t,
		       const struct vmscope_path *path, bool frames,
		       bool mapped, const struct vmscope_context *context)
{
	unsigned int level = path->step[path->levels - 1].level;
	u64 entry = path->step[path->levels - 1].entry;
	u64 size = 1ULL << VMSCOPE_LEVEL_SHIFT(level);
	struct vmscope_class class;

	t->page_size = size;
	if (!mapped) {
		t->state = VMSCOPE_STATE_NO_MAPPING;
		return;
	}
	class = vmscope_classify(entry, level, context);
	t->state = class.state;
	if (path->huge_zero && class.state == VMSCOPE_STATE_PRESENT &&
	    !(t->map_flags & VMSCOPE_MAP_HUGETLB))
		t->state = VMSCOPE_STATE_ZERO;

	if (t->state == VMSCOPE_STATE_SWAPPED) {
		t->swap_area = vmscope_entry_swap_type(entry);
		if (frames)
			t->swap_offset = vmscope_entry_swap_offset(entry)
					 << PAGE_SHIFT;
	} else if (frames && vmscope_entry_is_leaf(entry, level) &&
		   t->state != VMSCOPE_STATE_SPLITTING) {
		t->physical = (vmscope_entry_frame(entry, level) &
			       vmscope_scan_encoding()->frame_mask) |
			      (t->address & (size - 1));
	}
}

static bool is_canonical(u64 address)
{
	unsigned int shift = 64 - vmscope_arch_address_bits();

	return (u64)((s64)(address << shift) >> shift) == address;
}

/**
 * vmscope_scan_translate() - one address, level by level
 * @target: a target with mm
 * @frames: frame numbers may be told; must be so for the kernel half, whose
 *	right the caller has checked
 * @t: in: address, and 0 where the reply goes; out: the reply but for pid
 *
 * May sleep. Return: 0, -EINTR, -ENOMEM, or -EAGAIN when the kernel half kept
 * changing.
 */
int vmscope_scan_translate(const struct vmscope_target *target, bool frames,
			   struct vmscope_translate *t)
{
	bool kernel = t->address >> 63;
	struct translate_sink sink = {
		.t = t,
		.context = { .enc = vmscope_scan_encoding(), .kernel = kernel },
	};
	struct vmscope_path path;
	unsigned int i;
	int err;

	t->reply_flags = frames ? 0 : VMSCOPE_REPLY_FRAMES_HIDDEN;
	if (!is_canonical(t->address)) {
		t->state = VMSCOPE_STATE_NONCANONICAL;
		return 0;
	}

	if (kernel) {
		err = vmscope_walk_kernel_path(target->mm, t->address, &path);
	} else {
		err = vmscope_map_stacks_init(&sink.stacks, target);
		if (err)
			return err;
		err = vmscope_walk_path(target->mm, t->address, &path,
					translate_mapping, &sink);
		vmscope_map_stacks_free(&sink.stacks);
	}
	if (err)
		return err;

	t->levels_len = path.levels;
	for (i = 0; i < path.levels; i++)
		decode_step(&t->levels[i], path.step[i].level, t->address,
			    path.step[i].table, path.step[i].entry, frames,
			    &sink.context);
	decode_end(t, &path, frames, kernel || sink.mapped, &sink.context);
	return 0;
}
