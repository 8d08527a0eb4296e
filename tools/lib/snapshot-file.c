// SPDX-License-Identifier: GPL-2.0
/*
 * The file of a snapshot, as Documentation/snapshot.md describes it. Its bytes
 * may come from anywhere: nothing in them is believed before it is checked.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "snapshot-file.h"
#include "vmscope.h"

/* What the first version of the file has; longer items have more at their end. */
static const struct {
	const char *name;
	size_t least; /* bytes of an item */
	size_t items; /* how many there must be; 0 for any number */
} kinds[SECTIONS] = {
	[SECTION_PROCESS] = { "process", PROCESS_BYTES, 1 },
	[SECTION_MACHINE] = { "machine", MACHINE_BYTES, 1 },
	[SECTION_MAPS] = { "maps", MAP_BYTES, 0 },
	[SECTION_NAMES] = { "names", 1, 0 },
	[SECTION_PAGES] = { "pages", PAGE_BYTES, 0 },
};

#define ITEM_LIMIT 4096

struct complaint {
	char *message;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static int
complain(const struct complaint *complaint, const char *format, ...)
{
	va_list args;

	if (complaint->message && complaint->size) {
		va_start(args, format);
		vsnprintf(complaint->message, complaint->size, format, args);
		va_end(args);
	}
	return -EBADMSG;
}

/*
 * The CRC of Ethernet and zlib: polynomial 0x04c11db7, reflected. @crc is 0, or
 * that of the bytes before.
 */
static uint32_t crc32(uint32_t crc, const unsigned char *bytes, size_t len)
{
	static const uint32_t nibbles[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	size_t i;

	crc = ~crc;
	for (i = 0; i < len; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ nibbles[crc & 15];
		crc = crc >> 4 ^ nibbles[crc & 15];
	}
	return ~crc;
}

struct vmscope_snapshot *snapshot_create(void)
{
	struct vmscope_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	size_t i;

	if (!snapshot)
		return NULL;
	for (i = 0; i < SECTIONS; i++)
		snapshot->sections[i].item_size = kinds[i].least;
	return snapshot;
}

void vmscope_snapshot_close(struct vmscope_snapshot *snapshot)
{
	size_t i;

	if (!snapshot)
		return;
	for (i = 0; i < SECTIONS; i++)
		free(snapshot->sections[i].bytes);
	free(snapshot);
}

unsigned char *section_grow(struct snapshot_section *section, size_t len)
{
	unsigned char *bytes;
	size_t size;

	if (len > SIZE_MAX / 4 - section->len)
		return NULL;
	if (!section->bytes || section->len + len > section->size) {
		size = (section->len + len) * 3 / 2 + 64;
		bytes = realloc(section->bytes, size);
		if (!bytes)
			return NULL;
		section->bytes = bytes;
		section->size = size;
	}
	bytes = section->bytes + section->len;
	memset(bytes, 0, len);
	section->len += len;
	return bytes;
}

/* ---------------------------------------------------------------- write */

static int write_all(int fd, const unsigned char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static uint32_t section_crc(const unsigned char *header,
			    const struct snapshot_section *section)
{
	return crc32(crc32(0, header, SECTION_CRC), section->bytes,
		     section->len);
}

int vmscope_snapshot_write(const struct vmscope_snapshot *snapshot, int fd)
{
	unsigned char header[HEADER_BYTES] = { 0 };
	unsigned char section[SECTION_HEADER] = { 0 };
	uint64_t length = HEADER_BYTES;
	uint32_t i;
	int err;

	for (i = 0; i < SECTIONS; i++)
		length += SECTION_HEADER + snapshot->sections[i].len;
	memcpy(header, SNAPSHOT_MAGIC, sizeof(SNAPSHOT_MAGIC) - 1);
	put_u32(header + HEADER_VERSION, SNAPSHOT_VERSION);
	put_u32(header + HEADER_SECTIONS, SECTIONS);
	put_u64(header + HEADER_LENGTH, length);
	put_u32(header + HEADER_CRC, crc32(0, header, HEADER_CRC));
	err = write_all(fd, header, sizeof(header));
	for (i = 0; i < SECTIONS && !err; i++) {
		const struct snapshot_section *s = &snapshot->sections[i];

		put_u32(section + SECTION_TYPE, i + 1);
		put_u64(section + SECTION_LENGTH, s->len);
		put_u32(section + SECTION_ITEM_SIZE, (uint32_t)s->item_size);
		put_u32(section + SECTION_CRC, section_crc(section, s));
		err = write_all(fd, section, sizeof(section));
		if (!err)
			err = write_all(fd, s->bytes, s->len);
	}
	return err;
}

/* ---------------------------------------------------------------- parse */

static int header_check(const unsigned char *bytes, size_t len,
			uint64_t *length, const struct complaint *complaint)
{
	uint32_t version;

	if (len < HEADER_BYTES ||
	    memcmp(bytes, SNAPSHOT_MAGIC, sizeof(SNAPSHOT_MAGIC) - 1) != 0)
		return complain(complaint,
				"not a snapshot; 'vmscope snapshot' makes one");
	version = get_u32(bytes + HEADER_VERSION);
	if (version != SNAPSHOT_VERSION)
		return complain(
			complaint,
			"a snapshot in version %u of the format, this program knows version %u; use the program that made it",
			version, SNAPSHOT_VERSION);
	if (get_u32(bytes + HEADER_CRC) != crc32(0, bytes, HEADER_CRC))
		return complain(
			complaint,
			"the header is damaged; take the snapshot anew");
	*length = get_u64(bytes + HEADER_LENGTH);
	return 0;
}

/* Take one section in. @len is what is left of the file, and then after it. */
static int section_parse(struct vmscope_snapshot *snapshot, unsigned int *seen,
			 const unsigned char **bytes, size_t *len,
			 const struct complaint *complaint)
{
	const unsigned char *contents = *bytes + SECTION_HEADER;
	uint32_t type, item_size;
	uint64_t length;
	unsigned char *to;

	if (*len < SECTION_HEADER)
		return complain(
			complaint,
			"the file ends within a section; take the snapshot anew");
	type = get_u32(*bytes + SECTION_TYPE);
	length = get_u64(*bytes + SECTION_LENGTH);
	item_size = get_u32(*bytes + SECTION_ITEM_SIZE);
	*len -= SECTION_HEADER;
	if (length > *len)
		return complain(
			complaint,
			"section %u is longer than the file; take the snapshot anew",
			type);
	if (get_u32(*bytes + SECTION_CRC) !=
	    crc32(crc32(0, *bytes, SECTION_CRC), contents, length))
		return complain(complaint,
				"section %u is damaged; take the snapshot anew",
				type);
	*bytes = contents + length;
	*len -= length;

	/* of a later version, which says nothing that would be misunderstood */
	if (!type || type > SECTIONS)
		return 0;
	type--;
	if (*seen >> type & 1)
		return complain(
			complaint,
			"section '%s' is there twice; take the snapshot anew",
			kinds[type].name);
	*seen |= 1U << type;
	if (item_size < kinds[type].least || item_size > ITEM_LIMIT ||
	    length % item_size ||
	    (kinds[type].items && length / item_size != kinds[type].items))
		return complain(
			complaint,
			"section '%s' has items of a wrong size; take the snapshot anew",
			kinds[type].name);
	to = section_grow(&snapshot->sections[type], length);
	if (!to)
		return -ENOMEM;
	if (length)
		memcpy(to, contents, length);
	snapshot->sections[type].item_size = item_size;
	return 0;
}

static bool is_text(const unsigned char *bytes, size_t size)
{
	return memchr(bytes, '\0', size) != NULL;
}

/* Whole pages, in ascending order, none within another. */
static bool is_range(uint64_t start, uint64_t end, uint64_t page_size,
		     uint64_t *last)
{
	bool good = start >= *last && start < end && !(start % page_size) &&
		    !(end % page_size);

	*last = end;
	return good;
}

static int facts_check(const struct vmscope_snapshot *snapshot,
		       const struct complaint *complaint)
{
	const unsigned char *process =
		section_item(&snapshot->sections[SECTION_PROCESS], 0);
	const unsigned char *machine =
		section_item(&snapshot->sections[SECTION_MACHINE], 0);
	uint64_t page_size = get_u64(machine + MACHINE_PAGE_SIZE);

	if (!is_text(process + PROCESS_COMM, 16) ||
	    !is_text(machine + MACHINE_MODULE, 32) ||
	    !is_text(machine + MACHINE_LIBRARY, 32) ||
	    !is_text(machine + MACHINE_KERNEL, 64))
		return complain(
			complaint,
			"a text in it has no end; take the snapshot anew");
	if (page_size < 4096 || page_size & (page_size - 1) ||
	    page_size > UINT64_C(1) << 30)
		return complain(
			complaint,
			"it says that a page has %llu bytes; take the snapshot anew",
			(unsigned long long)page_size);
	if (get_u64(process + PROCESS_START) >= get_u64(process + PROCESS_END))
		return complain(
			complaint,
			"it is of an empty range; take the snapshot anew");
	return 0;
}

static int items_check(const struct vmscope_snapshot *snapshot,
		       const struct complaint *complaint)
{
	const struct snapshot_section *machine =
		&snapshot->sections[SECTION_MACHINE];
	const struct snapshot_section *maps = &snapshot->sections[SECTION_MAPS];
	const struct snapshot_section *names =
		&snapshot->sections[SECTION_NAMES];
	const struct snapshot_section *pages =
		&snapshot->sections[SECTION_PAGES];
	uint64_t page_size =
		get_u64(section_item(machine, 0) + MACHINE_PAGE_SIZE);
	const unsigned char *item;
	uint64_t last = 0;
	size_t i;

	if (names->item_size != 1 ||
	    (names->len && names->bytes[names->len - 1]))
		return complain(
			complaint,
			"the last name has no end; take the snapshot anew");
	for (i = 0; i < section_items(maps); i++) {
		item = section_item(maps, i);
		if (!is_range(get_u64(item + MAP_START),
			      get_u64(item + MAP_END), page_size, &last))
			return complain(
				complaint,
				"mapping %zu is out of order; take the snapshot anew",
				i);
		if (get_u64(item + MAP_NAME_START) >= names->len)
			return complain(
				complaint,
				"mapping %zu has a name outside of the names; take the snapshot anew",
				i);
	}
	last = 0;
	for (i = 0; i < section_items(pages); i++) {
		item = section_item(pages, i);
		if (!is_range(get_u64(item + PAGE_START),
			      get_u64(item + PAGE_END), page_size, &last) ||
		    get_u16(item + PAGE_LEAF) > 63)
			return complain(
				complaint,
				"range %zu of pages is out of order; take the snapshot anew",
				i);
	}
	return 0;
}

static int sections_parse(struct vmscope_snapshot *snapshot,
			  const unsigned char *bytes, size_t len,
			  const struct complaint *complaint)
{
	unsigned int seen = 0;
	uint64_t length;
	uint32_t i, count;
	size_t left;
	int err = header_check(bytes, len, &length, complaint);

	if (err)
		return err;
	if (length != len)
		return complain(
			complaint,
			"the file has %zu bytes and should have %llu; take the snapshot anew",
			len, (unsigned long long)length);
	count = get_u32(bytes + HEADER_SECTIONS);
	bytes += HEADER_BYTES;
	left = len - HEADER_BYTES;
	for (i = 0; i < count && !err; i++)
		err = section_parse(snapshot, &seen, &bytes, &left, complaint);
	if (err)
		return err;
	if (left)
		return complain(
			complaint,
			"there is more behind the last section; take the snapshot anew");
	for (i = 0; i < SECTIONS; i++)
		if (!(seen >> i & 1))
			return complain(
				complaint,
				"section '%s' is missing; take the snapshot anew",
				kinds[i].name);
	err = facts_check(snapshot, complaint);
	return err ? err : items_check(snapshot, complaint);
}

int vmscope_snapshot_parse(const void *bytes, size_t len,
			   struct vmscope_snapshot **ret, char *message,
			   size_t size)
{
	const struct complaint complaint = { message, size };
	struct vmscope_snapshot *snapshot = snapshot_create();
	int err;

	if (message && size)
		*message = '\0';
	if (!snapshot)
		return -ENOMEM;
	err = sections_parse(snapshot, bytes, len, &complaint);
	if (err)
		vmscope_snapshot_close(snapshot);
	else
		*ret = snapshot;
	return err;
}

/* ----------------------------------------------------------------- read */

/*
 * Reads to the end, or to where the header says it should be and a little more:
 * not everything that can be opened has an end.
 */
static int bytes_read(int fd, struct snapshot_section *file,
		      const struct complaint *complaint)
{
	uint64_t length = 0;

	for (;;) {
		size_t chunk = file->len < 65536 ? 65536 : file->len;
		unsigned char *to = section_grow(file, chunk);
		ssize_t n;
		int err;

		if (!to)
			return -ENOMEM;
		file->len -= chunk;
		n = read(fd, to, chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		file->len += (size_t)n;
		if (!length && file->len >= HEADER_BYTES) {
			err = header_check(file->bytes, file->len, &length,
					   complaint);
			if (err)
				return err;
		}
		if (file->len >= HEADER_BYTES && file->len > length)
			return 0;
	}
}

int vmscope_snapshot_read(int fd, struct vmscope_snapshot **ret, char *message,
			  size_t size)
{
	const struct complaint complaint = { message, size };
	struct snapshot_section file = { .item_size = 1 };
	int err;

	if (message && size)
		*message = '\0';
	err = bytes_read(fd, &file, &complaint);
	if (!err)
		err = vmscope_snapshot_parse(file.bytes, file.len, ret, message,
					     size);
	free(file.bytes);
	return err;
}

/* -------------------------------------------------------------- contents */

static void walk_get(const unsigned char *from, struct vmscope_walk *walk)
{
	walk->holds = get_u64(from);
	walk->layout = get_u64(from + 8);
	walk->entries = get_u64(from + 16);
	walk->tables = get_u64(from + 24);
}

/* Length of struct vmscope_snapshot_facts when it was first published. */
#define FACTS_SIZE_V1 344

int vmscope_snapshot_facts(const struct vmscope_snapshot *snapshot,
			   struct vmscope_snapshot_facts *facts)
{
	const unsigned char *process =
		section_item(&snapshot->sections[SECTION_PROCESS], 0);
	const unsigned char *machine =
		section_item(&snapshot->sections[SECTION_MACHINE], 0);
	uint32_t size = facts->size;
	struct vmscope_snapshot_facts all = {
		.size = size,
		.pid = get_u64(process + PROCESS_PID),
		.taken_at = get_u64(process + PROCESS_TAKEN_AT),
		.took = get_u64(process + PROCESS_TOOK),
		.process_start = get_u64(process + PROCESS_BEGAN),
		.start = get_u64(process + PROCESS_START),
		.end = get_u64(process + PROCESS_END),
		.threads = get_u64(process + PROCESS_THREADS),
		.minor_faults = get_u64(process + PROCESS_MINOR_FAULTS),
		.major_faults = get_u64(process + PROCESS_MAJOR_FAULTS),
		.page_table_bytes = get_u64(process + PROCESS_TABLE_BYTES),
		.maps_len = section_items(&snapshot->sections[SECTION_MAPS]),
		.pages_len = section_items(&snapshot->sections[SECTION_PAGES]),
		.page_size = get_u64(machine + MACHINE_PAGE_SIZE),
		.levels = get_u64(machine + MACHINE_LEVELS),
		.user_end = get_u64(machine + MACHINE_USER_END),
		.soft_dirty = get_u64(machine + MACHINE_SOFT_DIRTY),
	};

	_Static_assert(sizeof(all) >= FACTS_SIZE_V1, "facts never shrink");
	if (size < FACTS_SIZE_V1 || facts->reserved)
		return -EINVAL;
	memcpy(all.comm, process + PROCESS_COMM, sizeof(all.comm));
	memcpy(all.module_version, machine + MACHINE_MODULE,
	       sizeof(all.module_version));
	memcpy(all.library_version, machine + MACHINE_LIBRARY,
	       sizeof(all.library_version));
	memcpy(all.kernel_release, machine + MACHINE_KERNEL,
	       sizeof(all.kernel_release));
	walk_get(process + PROCESS_MAPS_WALK, &all.maps_walk);
	walk_get(process + PROCESS_PAGES_WALK, &all.pages_walk);
	memset(facts, 0, size);
	memcpy(facts, &all, size < sizeof(all) ? size : sizeof(all));
	return 0;
}

int vmscope_snapshot_map(const struct vmscope_snapshot *snapshot, size_t i,
			 struct vmscope_map *map, const char **name)
{
	const struct snapshot_section *section =
		&snapshot->sections[SECTION_MAPS];
	const unsigned char *item;

	if (i >= section_items(section))
		return -ENOENT;
	item = section_item(section, i);
	memset(map, 0, sizeof(*map));
	map->start = get_u64(item + MAP_START);
	map->end = get_u64(item + MAP_END);
	map->flags = get_u64(item + MAP_FLAGS);
	map->kind = get_u64(item + MAP_KIND);
	map->page_size = get_u64(item + MAP_PAGE_SIZE);
	map->offset = get_u64(item + MAP_OFFSET);
	map->inode = get_u64(item + MAP_INODE);
	map->device = get_u64(item + MAP_DEVICE);
	if (name)
		*name = (const char *)snapshot->sections[SECTION_NAMES].bytes +
			get_u64(item + MAP_NAME_START);
	return 0;
}

int vmscope_snapshot_page(const struct vmscope_snapshot *snapshot, size_t i,
			  struct vmscope_page *page)
{
	const struct snapshot_section *section =
		&snapshot->sections[SECTION_PAGES];
	const unsigned char *item;

	if (i >= section_items(section))
		return -ENOENT;
	item = section_item(section, i);
	memset(page, 0, sizeof(*page));
	page->start = get_u64(item + PAGE_START);
	page->end = get_u64(item + PAGE_END);
	page->flags = get_u64(item + PAGE_FLAGS);
	page->state = get_u16(item + PAGE_STATE);
	page->leaf_size = UINT64_C(1) << get_u16(item + PAGE_LEAF);
	page->pkey = get_u16(item + PAGE_PKEY);
	page->swap_area = get_u16(item + PAGE_SWAP_AREA);
	return 0;
}
