// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "witness.h"

#define KERNEL_HALF (1ULL << 63)

static FILE *open_of(pid_t pid, const char *what)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	return fopen(path, "re");
}

static void keep_name(struct mappings *list, struct mapping *map,
		      const char *name)
{
	size_t len = strlen(name) + 1;

	list->pool = realloc(list->pool, list->pool_len + len);
	if (!list->pool)
		tap_bail("out of memory");
	memcpy(list->pool + list->pool_len, name, len);
	map->name = list->pool_len;
	list->pool_len += len;
}

static bool add_mapping(struct mappings *list, char *line)
{
	unsigned long start, end, offset, inode;
	unsigned int major, minor;
	struct mapping *map;
	char perms[8];
	int name = 0;

	if (sscanf(line, "%lx-%lx %7s %lx %x:%x %lu%n", &start, &end, perms,
		   &offset, &major, &minor, &inode, &name) != 7)
		return false;
	if (!(list->len & (list->len + 1)) || !list->map) {
		list->map =
			realloc(list->map, (2 * list->len + 2) * sizeof(*map));
		if (!list->map)
			tap_bail("out of memory");
	}
	map = &list->map[list->len++];
	memset(map, 0, sizeof(*map));
	map->start = start;
	map->end = end;
	map->offset = offset;
	map->major = major;
	map->minor = minor;
	map->inode = inode;
	memcpy(map->perms, perms, sizeof(map->perms));
	line[strcspn(line, "\n")] = 0;
	/* one space after the inode, then padding up to the name's column; a name begins with / or [ */
	keep_name(list, map, line + name + strspn(line + name, " "));
	return true;
}

static uint64_t vm_flags(const char *line)
{
	static const char *const name[VF_COUNT] = {
		[VF_MS] = "ms", [VF_LO] = "lo", [VF_GD] = "gd", [VF_HT] = "ht",
		[VF_PF] = "pf", [VF_IO] = "io", [VF_HG] = "hg", [VF_NH] = "nh",
		[VF_MG] = "mg", [VF_UM] = "um", [VF_UW] = "uw", [VF_UI] = "ui",
	};
	uint64_t flags = 0;
	char word[16];
	int used;

	while (sscanf(line, "%15s%n", word, &used) == 1) {
		for (unsigned int i = 0; i < VF_COUNT; i++)
			if (!strcmp(word, name[i]))
				flags |= 1ULL << i;
		line += used;
	}
	return flags;
}

static void add_figure(struct mapping *map, const char *line)
{
	static const struct {
		const char *key;
		size_t where;
	} keys[] = {
		{ "Rss:", offsetof(struct mapping, rss) },
		{ "Swap:", offsetof(struct mapping, swap) },
		{ "KernelPageSize:", offsetof(struct mapping, page_size) },
		{ "AnonHugePages:", offsetof(struct mapping, anon_huge) },
		{ "ShmemPmdMapped:", offsetof(struct mapping, shmem_pmd) },
		{ "FilePmdMapped:", offsetof(struct mapping, file_pmd) },
		{ "Private_Hugetlb:",
		  offsetof(struct mapping, private_hugetlb) },
		{ "Shared_Hugetlb:", offsetof(struct mapping, shared_hugetlb) },
		{ "Referenced:", offsetof(struct mapping, referenced) },
		{ "KSM:", offsetof(struct mapping, ksm) },
		{ "Pss:", offsetof(struct mapping, pss) },
		{ "Pss_Anon:", offsetof(struct mapping, pss_anon) },
		{ "Pss_File:", offsetof(struct mapping, pss_file) },
		{ "Pss_Shmem:", offsetof(struct mapping, pss_shmem) },
		{ "Private_Clean:", offsetof(struct mapping, private_clean) },
		{ "Private_Dirty:", offsetof(struct mapping, private_dirty) },
		{ "Shared_Clean:", offsetof(struct mapping, shared_clean) },
		{ "Shared_Dirty:", offsetof(struct mapping, shared_dirty) },
	};

	if (!strncmp(line, "VmFlags:", 8)) {
		map->vm_flags = vm_flags(line + 8);
		return;
	}
	for (unsigned int i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t len = strlen(keys[i].key);

		if (!strncmp(line, keys[i].key, len)) {
			*(uint64_t *)((char *)map + keys[i].where) =
				strtoull(line + len, NULL, 10) << 10;
			return;
		}
	}
}

static int read_mappings(pid_t pid, const char *what, struct mappings *list)
{
	FILE *file = open_of(pid, what);
	size_t size = 0;
	char *line = NULL;

	memset(list, 0, sizeof(*list));
	if (!file)
		return -errno;
	while (getline(&line, &size, file) > 0)
		if (!add_mapping(list, line) && list->len)
			add_figure(&list->map[list->len - 1], line);
	free(line);
	fclose(file);
	while (list->len && list->map[list->len - 1].start >= KERNEL_HALF)
		list->len--;
	return 0;
}

int read_maps(pid_t pid, struct mappings *list)
{
	return read_mappings(pid, "maps", list);
}

int read_smaps(pid_t pid, struct mappings *list)
{
	return read_mappings(pid, "smaps", list);
}

int read_rollup(pid_t pid, struct mapping *sum)
{
	struct mappings list;
	int error = read_mappings(pid, "smaps_rollup", &list);

	memset(sum, 0, sizeof(*sum));
	if (!error && list.len == 1)
		*sum = list.map[0];
	else if (!error)
		error = -ENODATA;
	mappings_free(&list);
	return error;
}

bool mappings_equal(const struct mappings *a, const struct mappings *b)
{
	return a->len == b->len && a->pool_len == b->pool_len &&
	       !memcmp(a->map, b->map, a->len * sizeof(*a->map)) &&
	       !memcmp(a->pool, b->pool, a->pool_len);
}

void mappings_free(struct mappings *list)
{
	free(list->map);
	free(list->pool);
	memset(list, 0, sizeof(*list));
}

const struct mapping *mappings_find(const struct mappings *list,
				    uint64_t address)
{
	size_t low = 0, high = list->len;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (list->map[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < list->len && list->map[low].start <= address)
		return &list->map[low];
	return NULL;
}

static int read_faults(pid_t pid, struct status *status)
{
	FILE *file = open_of(pid, "stat");
	char text[1024], *after;
	size_t len;

	if (!file)
		return -errno;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = 0;
	after = strrchr(text, ')');
	if (!after ||
	    sscanf(after + 1, " %c %*d %*d %*d %*d %*d %*u %lu %*u %lu",
		   &status->state, &status->minor_faults,
		   &status->major_faults) != 3)
		return -ENODATA;
	return 0;
}

int read_status(pid_t pid, struct status *status)
{
	FILE *file = open_of(pid, "status");
	char line[512];

	memset(status, 0, sizeof(*status));
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "Name: %63s", status->comm);
		sscanf(line, "VmSize: %lu", &status->vm_size);
		sscanf(line, "VmPTE: %lu", &status->vm_pte);
		sscanf(line, "VmSwap: %lu", &status->vm_swap);
		sscanf(line, "Threads: %lu", &status->threads);
	}
	fclose(file);
	status->vm_size <<= 10;
	status->vm_pte <<= 10;
	status->vm_swap <<= 10;
	return read_faults(pid, status);
}

int read_text(const char *path, char *buffer, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, buffer, len - 1);
	close(fd);
	if (got < 0)
		return -EIO;
	buffer[got] = 0;
	return 0;
}

long long read_number(const char *path)
{
	char text[64];
	int error = read_text(path, text, sizeof(text));

	return error ? error : strtoll(text, NULL, 0);
}

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		error = -errno;
	close(fd);
	return error;
}
