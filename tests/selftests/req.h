/* SPDX-License-Identifier: GPL-2.0 */
/* The requests of the contract, by ioctl; every function returns 0 or -errno. */
#ifndef VMSCOPE_TEST_REQ_H
#define VMSCOPE_TEST_REQ_H

#include <stddef.h>
#include <stdint.h>

#include <linux/vmscope.h>

#define PAGE	     4096ULL
#define MIB	     (1024ULL * 1024)
#define GIB	     (1024ULL * MIB)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define VMSCOPE_DEVICE "/dev/" VMSCOPE_DEVICE_NAME

/* a whole list of mappings, gathered by as many requests as it took */
struct maplist {
	struct vmscope_map *map;
	size_t len;
	char *names;
	size_t names_len;
	struct vmscope_walk
		walk; /* holds, entries, tables added up; the worst layout */
	unsigned int calls;
	uint64_t pid;
};

/* req_open - the device, or the end of the test program */
int req_open(void);

/* req_call - any request; the errno of the ioctl as a negative number */
int req_call(int fd, unsigned long nr, void *argument);

int req_info(int fd, struct vmscope_info *info);
int req_features(int fd, uint32_t features[VMSCOPE_FEATURES]);
int req_summary(int fd, uint64_t target, struct vmscope_summary *summary,
		struct vmscope_sums kinds[VMSCOPE_KINDS]);
int req_translate(int fd, uint64_t target, uint64_t address,
		  struct vmscope_translate *reply);

/* req_maps - all mappings in [start, end), in pieces of @maps elements and @names bytes */
int req_maps_by(int fd, uint64_t target, uint64_t start, uint64_t end,
		size_t maps, size_t names, struct maplist *list);
int req_maps(int fd, uint64_t target, struct maplist *list);
void maplist_free(struct maplist *list);

/* maplist_name - the name of one element, NUL-terminated, in a static buffer */
const char *maplist_name(const struct maplist *list, size_t i);

/* maplist_find - the element around @address, or NULL */
const struct vmscope_map *maplist_find(const struct maplist *list,
				       uint64_t address);

void sums_add(struct vmscope_sums *to, const struct vmscope_sums *from);

const char *state_name(uint64_t state);
const char *kind_name(uint64_t kind);

#endif
