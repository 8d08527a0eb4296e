// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for tools/lib/device.c: answers requests from recorded replies, by
 * the rules of <linux/vmscope.h>, so that the CLI and the library can be tried
 * without the module.
 *
 *	FAKE_OPEN=ERRNO     opening the device fails
 *	FAKE_ERROR=ERRNO    every request about a process fails
 *	FAKE_HIDDEN=1       the caller may not see frames nor kernel addresses
 *	FAKE_LEVELS=5       a machine that walks five levels
 *	FAKE_PTI=1          the kernel is taken out of the user page tables
 *	FAKE_PER_REPLY=N    at most N mappings or ranges of pages in a reply
 *	FAKE_MAPPINGS=N     process 100000 has N mappings
 *	FAKE_PROCESSES=N    there are N processes
 *	FAKE_SLEEP_MS=N     a request for processes takes so long
 *	FAKE_TEAR=N         the N-th request for these fails with ESRCH
 *	FAKE_TRACE=1        requests for pages and traces are told on stderr
 *	FAKE_WX=1           a part of the kernel half is W+X
 *	FAKE_32BIT=1        a 32-bit process
 *	FAKE_BOTTOM_UP=1    its mappings are placed upwards
 *	FAKE_LOADED=1       the module is loaded, as far as messages care
 *	FAKE_FAULTS=N       so many page faults are traced (fixtures-trace.h)
 *	FAKE_LOST=N         so many records of them are lost
 *	FAKE_BROKEN=N       the N-th record of a processor is none
 *	FAKE_DEAD=1         the hooks do not fire any more
 *	FAKE_REFUSED=N      so many targets may not be traced any more
 *	FAKE_START_ERROR=ERRNO, FAKE_TARGET_ERROR=ERRNO, FAKE_MAP_ERROR=ERRNO
 *	                    tracing cannot be started, and so on
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "fake.h"
#include "vmscope.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

unsigned long fake_knob(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 10) : otherwise;
}

bool fake_hidden(void)
{
	return fake_knob("FAKE_HIDDEN", 0);
}

static uint64_t levels(void)
{
	return fake_knob("FAKE_LEVELS", 4);
}

int vmscope_device_open(void)
{
	int err = (int)fake_knob("FAKE_OPEN", 0);

	return err ? -err : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool vmscope_device_loaded(void)
{
	return fake_knob("FAKE_LOADED", 0);
}

static void *pointer(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

/* Whose replies there are; others get the errors that the contract names. */
int fake_target_find(uint64_t target, uint64_t flags, __u64 *pid)
{
	int err = (int)fake_knob("FAKE_ERROR", 0);

	if (err)
		return -err;
	if (flags)
		return flags == VMSCOPE_F_PIDFD ? -EBADF : -EINVAL;
	if (!target || target == (uint64_t)getpid())
		target = SERVER_PID;
	if (target != SERVER_PID && target != FAKE_MANY_PID)
		return -ESRCH;
	*pid = target;
	return 0;
}

static int info(struct vmscope_info *arg)
{
	static const char version[] = "0.1.0";
	uint32_t *features = pointer(arg->features);
	size_t i;

	if (arg->size != sizeof(*arg) || arg->flags || arg->reserved)
		return -EINVAL;
	if (arg->features_len > VMSCOPE_FEATURES)
		arg->features_len = VMSCOPE_FEATURES;
	for (i = 0; i < arg->features_len; i++)
		features[i] = feature_states[i];
	arg->abi_version = VMSCOPE_ABI_VERSION;
	arg->page_size = 4096;
	arg->levels = levels();
	arg->entries_per_table = 512;
	arg->leaf_sizes[0] = 4096;
	arg->leaf_sizes[1] = 2 << 20;
	arg->leaf_sizes[2] = 1 << 30;
	arg->address_bits = levels() == 5 ? 57 : 48;
	arg->user_end = (UINT64_C(1) << (arg->address_bits - 1)) - 4096;
	arg->kernel_start = -(UINT64_C(1) << (arg->address_bits - 1));
	arg->physical_bits = 46;
	arg->pti = fake_knob("FAKE_PTI", 0);
	arg->hold_entries = 65536;
	arg->hold_mappings = 1024;
	memcpy(arg->module_version, version, sizeof(version));
	return 0;
}

/* What the module would have counted. */
static void sums_make(const struct fixture_map *map, struct vmscope_sums *sums)
{
	uint64_t rest = map->end - map->start;
	bool counts =
		!(map->flags & (VMSCOPE_MAP_HUGETLB | VMSCOPE_MAP_PFNMAP));
	size_t i;

	memset(sums, 0, sizeof(*sums));
	sums->virtual_bytes = rest;
	for (i = 1; i < LEN(map->pages); i++) {
		sums->state_bytes[i] = map->pages[i] * 4096;
		rest -= sums->state_bytes[i];
	}
	sums->state_bytes[VMSCOPE_STATE_NONE] = rest;
	sums->present_bytes = sums->state_bytes[VMSCOPE_STATE_PRESENT] +
			      sums->state_bytes[VMSCOPE_STATE_ZERO] +
			      sums->state_bytes[VMSCOPE_STATE_DEVICE];
	sums->swapped_bytes = sums->state_bytes[VMSCOPE_STATE_SWAPPED];
	if (counts)
		sums->resident_bytes =
			sums->state_bytes[VMSCOPE_STATE_PRESENT] +
			sums->state_bytes[VMSCOPE_STATE_PROTNONE] +
			sums->state_bytes[VMSCOPE_STATE_NUMA_HINT] +
			sums->state_bytes[VMSCOPE_STATE_MIGRATING];
	if (map->flags & VMSCOPE_MAP_HUGETLB)
		sums->hugetlb_bytes = sums->present_bytes;
	sums->leaf_bytes[1] = map->huge_pmd;
	sums->leaf_bytes[2] = map->huge_pud;
	sums->leaf_bytes[0] =
		sums->present_bytes - map->huge_pmd - map->huge_pud;
}

static void sums_add(struct vmscope_sums *sum, const struct vmscope_sums *more)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)more;
	size_t i;

	for (i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

static int summary(struct vmscope_summary *arg)
{
	struct vmscope_sums *kinds = pointer(arg->kinds);
	struct vmscope_folio_sums *folios = pointer(arg->folio_kinds);
	uint64_t *nodes = pointer(arg->nodes);
	uint64_t node[FAKE_NODES] = { 0 };
	struct vmscope_folio_sums folio;
	struct vmscope_sums sums;
	size_t i;
	int err = fake_target_find(arg->target, arg->flags & VMSCOPE_F_PIDFD,
				   &arg->pid);

	if (err)
		return err;
	if (arg->flags & VMSCOPE_F_FOLIO ?
		    arg->nodes_len < FAKE_NODES ||
			    arg->folio_kinds_size != sizeof(*folios) :
		    arg->nodes || arg->folio_kinds)
		return -EINVAL;
	if (arg->size != sizeof(*arg) ||
	    (arg->kinds && arg->kinds_size != sizeof(*kinds)))
		return -EINVAL;
	if (arg->kinds_len > VMSCOPE_KINDS)
		arg->kinds_len = VMSCOPE_KINDS;
	memset(&arg->sums, 0, sizeof(arg->sums));
	for (i = 0; i < arg->kinds_len; i++)
		memset(&kinds[i], 0, sizeof(kinds[i]));
	for (i = 0; folios && i < arg->kinds_len; i++)
		memset(&folios[i], 0, sizeof(folios[i]));
	for (i = 0; i < LEN(server_maps); i++) {
		sums_make(&server_maps[i], &sums);
		sums_add(&arg->sums, &sums);
		if (server_maps[i].kind < arg->kinds_len)
			sums_add(&kinds[server_maps[i].kind], &sums);
		if (!folios)
			continue;
		fake_folio_make(&server_maps[i], &sums, &folio, node);
		fake_folio_add(&arg->folio, &folio);
		fake_folio_add(&folios[server_maps[i].kind], &folio);
		nodes[0] += node[0];
		nodes[1] += node[1];
	}
	arg->nodes_len = nodes ? FAKE_NODES : 0;
	memcpy(arg->comm, SERVER_COMM, sizeof(SERVER_COMM));
	arg->walk = (struct vmscope_walk){ 2, VMSCOPE_LAYOUT_SAME, 7936, 31 };
	arg->cursor = VMSCOPE_RANGE_END;
	if (arg->entries_max && arg->entries_max < arg->walk.entries) {
		arg->walk.entries = arg->entries_max;
		arg->cursor = 0x7f0000400000;
	}
	arg->mappings = LEN(server_maps);
	arg->threads = 3;
	arg->minor_faults = 20417;
	arg->major_faults = 12;
	arg->table_pages[0] = 21;
	arg->table_pages[1] = 6;
	arg->table_pages[2] = 3;
	arg->table_pages[3] = 1;
	arg->table_pages[4] = levels() == 5;
	arg->page_table_bytes = (21 + 6 + 3 + 16) * 4096;
	if (arg->flags & VMSCOPE_SUMMARY_F_COUNTERS) {
		uint64_t bytes = arg->sums.virtual_bytes;

		memset(&arg->walk, 0, sizeof(arg->walk));
		memset(&arg->sums, 0, sizeof(arg->sums));
		arg->sums.virtual_bytes = bytes;
		arg->cursor = 0;
	}
	arg->user_top_entries = 3;
	arg->kernel_top_entries = 10;
	arg->kernel_stack_bytes = 3 * 16384;
	return 0;
}

/* Mapping @i of a process; false after the last one. */
bool fake_map_make(uint64_t pid, size_t i, struct fixture_map *ret)
{
	if (pid == SERVER_PID) {
		if (i >= LEN(server_maps))
			return false;
		*ret = server_maps[i];
		return true;
	}
	if (i >= fake_knob("FAKE_MAPPINGS", 100000))
		return false;
	*ret = server_maps[i % 2 ? 3 : 5];
	ret->start = FAKE_MANY_START + i * FAKE_MANY_STEP;
	ret->end = ret->start + 0x2000;
	memset(ret->pages, 0, sizeof(ret->pages));
	ret->pages[VMSCOPE_STATE_PRESENT] = i % 3;
	return true;
}

static int maps(struct vmscope_maps *arg)
{
	static unsigned long requests;
	struct vmscope_map *out = pointer(arg->maps);
	size_t limit = fake_knob("FAKE_PER_REPLY", arg->maps_len);
	size_t room = arg->names_len;
	struct vmscope_folio_sums *folios = pointer(arg->folios);
	uint64_t *nodes = pointer(arg->nodes);
	struct fixture_map map;
	size_t names = 0;
	size_t len = 0;
	size_t i;
	int err = fake_target_find(arg->target, arg->flags & VMSCOPE_F_PIDFD,
				   &arg->pid);
	bool bare = arg->flags & VMSCOPE_MAPS_F_NO_SUMS;

	if (err)
		return err;
	if (++requests == fake_knob("FAKE_TEAR", 0))
		return -ESRCH;
	if (arg->size != sizeof(*arg) || arg->maps_size != sizeof(*out) ||
	    !arg->maps_len || arg->start & 4095 || arg->end <= arg->start ||
	    (arg->end & 4095 && arg->end != VMSCOPE_RANGE_END))
		return -EINVAL;
	if (arg->flags & VMSCOPE_F_FOLIO ?
		    arg->nodes_len < FAKE_NODES ||
			    arg->folios_size != sizeof(*folios) :
		    arg->nodes || arg->folios)
		return -EINVAL;
	if (limit > arg->maps_len)
		limit = arg->maps_len;
	arg->cursor = arg->end;
	for (i = arg->pid == FAKE_MANY_PID && arg->start ?
			 (arg->start - FAKE_MANY_START) / FAKE_MANY_STEP :
			 0;
	     fake_map_make(arg->pid, i, &map); i++) {
		size_t name_len = map.name ? strlen(map.name) : 0;

		if (map.end <= arg->start)
			continue;
		if (map.start >= arg->end)
			break;
		if (arg->entries_max && len * 512 >= arg->entries_max) {
			arg->cursor = map.start;
			break;
		}
		if (len == limit || names + name_len > room) {
			if (!len)
				return -ENAMETOOLONG;
			arg->cursor = map.start;
			break;
		}
		memset(&out[len], 0, sizeof(out[len]));
		if (bare)
			out[len].sums.virtual_bytes = map.end - map.start;
		else
			sums_make(&map, &out[len].sums);
		if (folios)
			fake_folio_make(&map, &out[len].sums, &folios[len],
					nodes + len * arg->nodes_len);
		out[len].start = map.start;
		out[len].end = map.end;
		out[len].flags = map.flags;
		out[len].kind = map.kind;
		out[len].page_size = map.page_size ? map.page_size : 4096;
		out[len].offset = map.offset;
		out[len].inode = map.inode;
		out[len].device = map.inode ? UINT64_C(8) << 32 | 1 : 0;
		out[len].name_start = names;
		out[len].name_len = name_len;
		if (name_len)
			memcpy((char *)pointer(arg->names) + names, map.name,
			       name_len);
		names += name_len;
		len++;
	}
	arg->maps_len = len;
	arg->nodes_len = nodes ? FAKE_NODES : 0;
	arg->names_len = names;
	arg->walk =
		(struct vmscope_walk){ 1, VMSCOPE_LAYOUT_SAME, len * 512, len };
	if (bare)
		arg->walk.entries = arg->walk.tables = 0;
	return 0;
}

static void levels_make(const struct fixture_walk *walk,
			struct vmscope_translate *arg)
{
	uint64_t top = levels();
	size_t i;

	arg->levels_len = walk->steps_len;
	if (top == 5 && walk->steps_len)
		arg->levels_len++;
	for (i = 0; i < arg->levels_len; i++) {
		struct vmscope_level *level = &arg->levels[i];
		size_t from = i && top == 5 ? i - 1 : i;

		memset(level, 0, sizeof(*level));
		level->level = top - i;
		level->index = arg->address >> (12 + 9 * (level->level - 1)) &
			       511;
		level->table = fake_hidden() ? 0 : walk->steps[from].table;
		level->entry = walk->steps[from].entry;
		if (fake_hidden())
			level->entry &= ~UINT64_C(0x0000fffffffff000);
		level->flags = walk->steps[from].flags;
		if (!i && fake_knob("FAKE_PTI", 0) && level->entry) {
			level->entry |= UINT64_C(1) << 63;
			level->flags &= ~VMSCOPE_ENTRY_EXECUTABLE;
		}
	}
}

static int translate(struct vmscope_translate *arg)
{
	const struct fixture_walk *walk = NULL;
	size_t i;
	int err = fake_target_find(arg->target, arg->flags, &arg->pid);

	if (err)
		return err;
	for (i = 0; i < LEN(server_walks); i++)
		if (arg->address >= server_walks[i].start &&
		    arg->address < server_walks[i].end)
			walk = &server_walks[i];
	if (!walk)
		return -EINVAL;
	if (walk->error)
		return -walk->error;
	arg->reply_flags = fake_hidden() ? VMSCOPE_REPLY_FRAMES_HIDDEN : 0;
	arg->state = walk->state;
	arg->page_size = walk->page_size;
	arg->physical = 0;
	if (walk->physical && !fake_hidden())
		arg->physical =
			walk->physical + (arg->address & (walk->page_size - 1));
	arg->swap_area = walk->swap_area;
	arg->swap_offset = fake_hidden() ? 0 : walk->swap_offset;
	arg->map_start = walk->map_start;
	arg->map_end = walk->map_end;
	arg->map_flags = walk->map_flags;
	arg->map_kind = walk->map_kind;
	levels_make(walk, arg);
	return 0;
}

int vmscope_device_request(int fd, unsigned long request, void *arg)
{
	(void)fd;
	switch (request) {
	case VMSCOPE_IOC_INFO:
		return info(arg);
	case VMSCOPE_IOC_SUMMARY:
		return summary(arg);
	case VMSCOPE_IOC_MAPS:
		return maps(arg);
	case VMSCOPE_IOC_TRANSLATE:
		return translate(arg);
	case VMSCOPE_IOC_PAGES:
		return fake_pages(arg);
	case VMSCOPE_IOC_TABLES:
		return fake_tables(arg);
	case VMSCOPE_IOC_PS:
		return fake_ps(arg);
	case VMSCOPE_IOC_KERNEL:
		return fake_kernel(arg);
	case VMSCOPE_IOC_BORDERS:
		return fake_borders(arg);
	}
	return fake_trace(request, arg);
}
