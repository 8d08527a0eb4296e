// SPDX-License-Identifier: GPL-2.0
/*
 * List the mappings of a process that have huge leaves, with the share of what
 * is mapped that they cover.
 *
 *	cc huge.c $(pkg-config --cflags --libs libvmscope) -o huge
 *	./huge 4242
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <vmscope.h>

static void print(const struct vmscope_map *map, const char *name)
{
	uint64_t start = map->start;
	uint64_t end = map->end;
	uint64_t huge = map->sums.leaf_bytes[1] + map->sums.leaf_bytes[2];
	uint64_t present = map->sums.present_bytes;

	if (huge)
		printf("%016" PRIx64 "-%016" PRIx64 " %8" PRIu64
		       " KiB huge, %3" PRIu64 "%% of what is mapped  %s\n",
		       start, end, huge / 1024, huge * 100 / present, name);
}

int main(int argc, char **argv)
{
	struct vmscope_maps_iter *iter;
	struct vmscope_target target;
	const struct vmscope_map *map;
	struct vmscope *handle;
	const char *name;
	char message[256];
	unsigned long request = VMSCOPE_REQUEST_OPEN;
	char *end = NULL;
	int err;
	long pid = argc == 2 ? strtol(argv[1], &end, 10) : 0;

	if (pid <= 0 || *end) {
		fprintf(stderr, "usage: %s PID\n", argv[0]);
		return 2;
	}
	target = vmscope_target_pid(pid);

	err = vmscope_open(&handle);
	if (err)
		goto out;
	request = VMSCOPE_IOC_MAPS;
	err = vmscope_maps_open(handle, &target, 0, VMSCOPE_RANGE_END, &iter);
	if (err)
		goto out_close;

	while (!(err = vmscope_maps_next(iter, &map, &name)))
		print(map, name);

	vmscope_maps_close(iter);
out_close:
	vmscope_close(handle);
out:
	if (err >= 0)
		return 0;
	fprintf(stderr, "%s\n",
		vmscope_strerror(err, request, &target, message,
				 sizeof(message)));
	return 1;
}
