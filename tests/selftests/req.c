// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "req.h"
#include "tap.h"

int req_open(void)
{
	int fd = open(VMSCOPE_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		tap_bail("%s: %s", VMSCOPE_DEVICE, strerror(errno));
	return fd;
}

int req_call(int fd, unsigned long nr, void *argument)
{
	return ioctl(fd, nr, argument) < 0 ? -errno : 0;
}

int req_info(int fd, struct vmscope_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return req_call(fd, VMSCOPE_IOC_INFO, info);
}

int req_features(int fd, uint32_t features[VMSCOPE_FEATURES])
{
	struct vmscope_info info = {
		.size = sizeof(info),
		.features = (uintptr_t)features,
		.features_len = VMSCOPE_FEATURES,
	};

	memset(features, 0xff, VMSCOPE_FEATURES * sizeof(features[0]));
	return req_call(fd, VMSCOPE_IOC_INFO, &info);
}

int req_summary(int fd, uint64_t target, struct vmscope_summary *summary,
		struct vmscope_sums kinds[VMSCOPE_KINDS])
{
	memset(summary, 0, sizeof(*summary));
	summary->size = sizeof(*summary);
	summary->target = target;
	if (kinds) {
		memset(kinds, 0xff, VMSCOPE_KINDS * sizeof(kinds[0]));
		summary->kinds = (uintptr_t)kinds;
		summary->kinds_len = VMSCOPE_KINDS;
		summary->kinds_size = sizeof(kinds[0]);
	}
	return req_call(fd, VMSCOPE_IOC_SUMMARY, summary);
}

int req_translate(int fd, uint64_t target, uint64_t address,
		  struct vmscope_translate *reply)
{
	memset(reply, 0, sizeof(*reply));
	reply->size = sizeof(*reply);
	reply->target = target;
	reply->address = address;
	return req_call(fd, VMSCOPE_IOC_TRANSLATE, reply);
}

static void *grown(void *old, size_t bytes)
{
	void *new = realloc(old, bytes);

	if (!new)
		tap_bail("out of memory");
	return new;
}

int req_maps_by(int fd, uint64_t target, uint64_t start, uint64_t end,
		size_t maps, size_t names, struct maplist *list)
{
	memset(list, 0, sizeof(*list));
	for (;;) {
		struct vmscope_maps request = {
			.size = sizeof(request),
			.target = target,
			.start = start,
			.end = end,
			.maps_len = maps,
			.maps_size = sizeof(struct vmscope_map),
			.names_len = names,
		};
		struct vmscope_map *map;
		int error;

		list->map = grown(list->map,
				  (list->len + maps) * sizeof(*list->map));
		list->names = grown(list->names, list->names_len + names + 1);
		map = list->map + list->len;
		request.maps = (uintptr_t)map;
		request.names = (uintptr_t)(list->names + list->names_len);
		error = req_call(fd, VMSCOPE_IOC_MAPS, &request);
		if (error)
			return error;
		list->calls++;
		list->pid = request.pid;
		list->walk.holds += request.walk.holds;
		list->walk.entries += request.walk.entries;
		list->walk.tables += request.walk.tables;
		if (request.walk.layout > list->walk.layout)
			list->walk.layout = request.walk.layout;
		if (request.maps_len > maps || request.names_len > names)
			return -EOVERFLOW;
		for (size_t i = 0; i < request.maps_len; i++)
			map[i].name_start += list->names_len;
		list->len += request.maps_len;
		list->names_len += request.names_len;
		if (request.cursor == end)
			return 0;
		/* no progress would be a request without an end */
		if (request.cursor < start ||
		    (request.cursor == start && !request.maps_len))
			return -ELOOP;
		start = request.cursor;
	}
}

int req_maps(int fd, uint64_t target, struct maplist *list)
{
	return req_maps_by(fd, target, 0, VMSCOPE_RANGE_END, 1024, 65536, list);
}

void maplist_free(struct maplist *list)
{
	free(list->map);
	free(list->names);
	memset(list, 0, sizeof(*list));
}

const char *maplist_name(const struct maplist *list, size_t i)
{
	static char name[4200];
	const struct vmscope_map *map = &list->map[i];

	if (map->name_start + map->name_len > list->names_len ||
	    map->name_len >= sizeof(name))
		return "(name out of bounds)";
	memcpy(name, list->names + map->name_start, map->name_len);
	name[map->name_len] = 0;
	return name;
}

const struct vmscope_map *maplist_find(const struct maplist *list,
				       uint64_t address)
{
	for (size_t i = 0; i < list->len; i++)
		if (list->map[i].start <= address && address < list->map[i].end)
			return &list->map[i];
	return NULL;
}

void sums_add(struct vmscope_sums *to, const struct vmscope_sums *from)
{
	const uint64_t *f = (const uint64_t *)from;
	uint64_t *t = (uint64_t *)to;

	for (size_t i = 0; i < sizeof(*to) / sizeof(*t); i++)
		t[i] += f[i];
}

const char *state_name(uint64_t state)
{
	static const char *const name[VMSCOPE_STATES] = {
		"none",	     "present",	  "zero",	"device",
		"protnone",  "numa-hint", "swapped",	"migrating",
		"splitting", "poisoned",  "guard",	"uffd-wp",
		"dev-priv",  "unknown",	  "no-mapping", "noncanonical",
	};

	return state < VMSCOPE_STATES ? name[state] : "?";
}

const char *kind_name(uint64_t kind)
{
	static const char *const name[VMSCOPE_KINDS] = {
		"vdso",	  "hugetlb", "device", "heap", "stack",
		"shared", "text",    "data",   "file", "anon",
	};

	return kind < VMSCOPE_KINDS ? name[kind] : "?";
}
