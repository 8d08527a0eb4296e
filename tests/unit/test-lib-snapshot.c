// SPDX-License-Identifier: GPL-2.0
/* sources: ../../tools/lib/snapshot-file.c ../../tools/lib/diff.c */
/*
 * Snapshots: what is written is read back, what is damaged or made up is refused,
 * and what is compared is told apart.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz-snapshot.h"
#include "snapshot-file.h"
#include "unit.h"

#define PAGE  UINT64_C(4096)
#define BASE  UINT64_C(0x10000)
#define RW    (VMSCOPE_MAP_READ | VMSCOPE_MAP_WRITE)
#define D     (VMSCOPE_ENTRY_PRESENT | VMSCOPE_ENTRY_LEAF | VMSCOPE_ENTRY_DIRTY)
#define S     VMSCOPE_ENTRY_SOFT_DIRTY
#define CLEAN (VMSCOPE_ENTRY_PRESENT | VMSCOPE_ENTRY_LEAF)

static struct vmscope_snapshot *make(uint64_t page_size, uint64_t start,
				     uint64_t end, uint64_t soft_dirty)
{
	struct vmscope_snapshot *snapshot = snapshot_create();
	struct snapshot_section *s = snapshot->sections;
	unsigned char *process =
		section_grow(&s[SECTION_PROCESS], PROCESS_BYTES);
	unsigned char *machine =
		section_grow(&s[SECTION_MACHINE], MACHINE_BYTES);

	put_u64(process + PROCESS_PID, 4242);
	memcpy(process + PROCESS_COMM, "made up", 8);
	put_u64(process + PROCESS_START, start);
	put_u64(process + PROCESS_END, end);
	put_u64(machine + MACHINE_PAGE_SIZE, page_size);
	put_u64(machine + MACHINE_SOFT_DIRTY, soft_dirty);
	section_grow(&s[SECTION_NAMES], 1);
	return snapshot;
}

static void map(struct vmscope_snapshot *snapshot, uint64_t first,
		uint64_t pages, uint64_t flags, const char *name)
{
	struct snapshot_section *names = &snapshot->sections[SECTION_NAMES];
	unsigned char *item =
		section_grow(&snapshot->sections[SECTION_MAPS], MAP_BYTES);

	put_u64(item + MAP_START, BASE + first * PAGE);
	put_u64(item + MAP_END, BASE + (first + pages) * PAGE);
	put_u64(item + MAP_FLAGS, flags);
	put_u64(item + MAP_KIND, VMSCOPE_KIND_ANON);
	put_u64(item + MAP_INODE, 77);
	put_u64(item + MAP_NAME_START, names->len);
	memcpy(section_grow(names, strlen(name) + 1), name, strlen(name) + 1);
}

static void pages(struct vmscope_snapshot *snapshot, uint64_t first,
		  uint64_t count, uint64_t state, uint64_t flags)
{
	unsigned char *item =
		section_grow(&snapshot->sections[SECTION_PAGES], PAGE_BYTES);

	put_u64(item + PAGE_START, BASE + first * PAGE);
	put_u64(item + PAGE_END, BASE + (first + count) * PAGE);
	put_u64(item + PAGE_FLAGS, flags);
	put_u16(item + PAGE_STATE, (uint16_t)state);
	put_u16(item + PAGE_LEAF, 12);
}

static struct vmscope_snapshot *some(void)
{
	struct vmscope_snapshot *snapshot =
		make(PAGE, 0, VMSCOPE_RANGE_END, VMSCOPE_FEATURE_OFF_KERNEL);

	map(snapshot, 0, 16, RW, "first");
	map(snapshot, 16, 4, VMSCOPE_MAP_READ, "");
	map(snapshot, 100, 50, RW | VMSCOPE_MAP_FILE, "/a file");
	pages(snapshot, 0, 3, VMSCOPE_STATE_PRESENT, D);
	pages(snapshot, 5, 2, VMSCOPE_STATE_SWAPPED, 0);
	pages(snapshot, 110, 20, VMSCOPE_STATE_PRESENT, CLEAN);
	return snapshot;
}

/* The file's bytes. */
static unsigned char *file_of(const struct vmscope_snapshot *snapshot,
			      size_t *len)
{
	int fd = memfd_create("snapshot", 0);
	unsigned char *bytes;

	if (fd < 0 || vmscope_snapshot_write(snapshot, fd))
		abort();
	*len = (size_t)lseek(fd, 0, SEEK_END);
	bytes = malloc(*len);
	if (!bytes || pread(fd, bytes, *len, 0) != (ssize_t)*len)
		abort();
	close(fd);
	return bytes;
}

static void round_trip(void)
{
	struct vmscope_snapshot *snapshot = some(), *again = NULL;
	struct vmscope_snapshot_facts facts = { .size = sizeof(facts) };
	struct vmscope_page page;
	struct vmscope_map m;
	const char *name;
	size_t len, len2;
	unsigned char *bytes = file_of(snapshot, &len), *bytes2;
	int fd = memfd_create("snapshot", 0);
	char message[VMSCOPE_SNAPSHOT_MESSAGE] = "?";

	unit_ok(!vmscope_snapshot_parse(bytes, len, &again, message,
					sizeof(message)) &&
			!*message,
		"what was written is read");
	bytes2 = file_of(again, &len2);
	unit_ok(len == len2 && !memcmp(bytes, bytes2, len),
		"and written again is the same");
	unit_ok(!vmscope_snapshot_facts(again, &facts) && facts.pid == 4242 &&
			!strcmp(facts.comm, "made up") && facts.maps_len == 3 &&
			facts.pages_len == 3 && facts.page_size == PAGE,
		"its facts");
	unit_ok(!vmscope_snapshot_map(again, 2, &m, &name) &&
			m.start == BASE + 100 * PAGE &&
			m.end == BASE + 150 * PAGE && m.inode == 77 &&
			m.flags == (RW | VMSCOPE_MAP_FILE) &&
			!strcmp(name, "/a file") &&
			vmscope_snapshot_map(again, 3, &m, &name) == -ENOENT,
		"its mappings");
	unit_ok(!vmscope_snapshot_page(again, 1, &page) &&
			page.start == BASE + 5 * PAGE &&
			page.state == VMSCOPE_STATE_SWAPPED &&
			page.leaf_size == PAGE &&
			vmscope_snapshot_page(again, 3, &page) == -ENOENT,
		"its pages");
	facts.size = 100;
	unit_ok(vmscope_snapshot_facts(again, &facts) == -EINVAL,
		"facts that are too short are refused");
	vmscope_snapshot_close(again);
	if (vmscope_snapshot_write(snapshot, fd))
		abort();
	unit_ok(vmscope_snapshot_read(fd, &again, message, sizeof(message)) ==
				-EBADMSG &&
			strstr(message, "not a snapshot"),
		"a file at its end is empty: %s", message);
	lseek(fd, 0, SEEK_SET);
	unit_ok(!vmscope_snapshot_read(fd, &again, message, sizeof(message)),
		"a file from its beginning is read");
	vmscope_snapshot_close(again);
	unit_ok(vmscope_snapshot_read(-1, &again, message, sizeof(message)) ==
				-EBADF &&
			!*message,
		"no file: an errno value and no message");
	close(fd);
	free(bytes);
	free(bytes2);
	vmscope_snapshot_close(snapshot);
}

/* Of a range in which nothing is mapped. */
static void nothing_mapped(void)
{
	struct vmscope_snapshot *snapshot =
		make(PAGE, 0, PAGE, VMSCOPE_FEATURE_ON);
	struct vmscope_snapshot *again = NULL;
	struct vmscope_diff *diff;
	const struct vmscope_change *change;
	struct vmscope_map m;
	size_t len;
	unsigned char *bytes = file_of(snapshot, &len);

	unit_ok(!vmscope_snapshot_parse(bytes, len, &again, NULL, 0) &&
			vmscope_snapshot_map(again, 0, &m, NULL) == -ENOENT &&
			!vmscope_diff_open(snapshot, again, &diff) &&
			vmscope_diff_next(diff, &change) == 1,
		"an empty snapshot is one");
	vmscope_diff_close(diff);
	free(bytes);
	vmscope_snapshot_close(snapshot);
	vmscope_snapshot_close(again);
}

/* ------------------------------------------------------------ hostile files */

/* CRC-32 bit by bit, to compare with the library's. */
static uint32_t slow_crc(const unsigned char *bytes, size_t len,
			 const unsigned char *more, size_t more_len)
{
	uint32_t crc = ~0U;
	size_t i, bit;

	for (i = 0; i < len + more_len; i++) {
		crc ^= i < len ? bytes[i] : more[i - len];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void checksum(void)
{
	struct vmscope_snapshot *snapshot = some();
	size_t len, at = HEADER_BYTES;
	unsigned char *bytes = file_of(snapshot, &len);

	unit_ok(slow_crc((const unsigned char *)"123456789", 9, NULL, 0) ==
			0xcbf43926,
		"the check value that the CRC's catalogues give");
	unit_ok(get_u32(bytes + HEADER_CRC) ==
			slow_crc(bytes, HEADER_CRC, NULL, 0),
		"the checksum of the header is CRC-32");
	unit_ok(get_u32(bytes + at + SECTION_CRC) ==
			slow_crc(bytes + at, SECTION_CRC,
				 bytes + at + SECTION_HEADER, PROCESS_BYTES),
		"that of a section is of its header and its items");
	free(bytes);
	vmscope_snapshot_close(snapshot);
}

static int parse(const unsigned char *bytes, size_t len, char *message)
{
	struct vmscope_snapshot *snapshot = NULL;
	/* of exactly this length, so that a sanitizer sees what is beyond */
	unsigned char *copy = malloc(len ? len : 1);
	int err;

	memcpy(copy, bytes, len);
	err = vmscope_snapshot_parse(copy, len, &snapshot, message,
				     VMSCOPE_SNAPSHOT_MESSAGE);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	vmscope_snapshot_close(snapshot);
	return err;
}

static void damaged(void)
{
	struct vmscope_snapshot *snapshot = some();
	char message[VMSCOPE_SNAPSHOT_MESSAGE];
	size_t len, i, accepted = 0, silent = 0;
	unsigned char *bytes = file_of(snapshot, &len);

	for (i = 0; i < len; i++) {
		accepted += !parse(bytes, i, message);
		silent += !*message;
	}
	unit_ok(!accepted && !silent, "a file cut anywhere is refused");
	accepted = 0;
	for (i = 0; i < len * 8; i++) {
		bytes[i / 8] ^= 1U << i % 8;
		if (!parse(bytes, len, message))
			accepted++;
		else
			silent += !*message;
		bytes[i / 8] ^= 1U << i % 8;
	}
	unit_ok(!accepted && !silent,
		"a file with any bit changed is refused (%zu of %zu)", accepted,
		len * 8);
	bytes[HEADER_VERSION] = 2;
	unit_ok(parse(bytes, len, message) == -EBADMSG &&
			strstr(message, "version 2"),
		"a later version is named: %s", message);
	free(bytes);
	vmscope_snapshot_close(snapshot);
}

/* Each is written with good checksums. */
static int made_up(void (*spoil)(struct vmscope_snapshot *snapshot))
{
	struct vmscope_snapshot *snapshot = some();
	char message[VMSCOPE_SNAPSHOT_MESSAGE];
	unsigned char *bytes;
	size_t len;
	int err;

	spoil(snapshot);
	bytes = file_of(snapshot, &len);
	err = parse(bytes, len, message);
	free(bytes);
	vmscope_snapshot_close(snapshot);
	return err == -EBADMSG && *message;
}

static unsigned char *item(struct vmscope_snapshot *snapshot, int section,
			   size_t i)
{
	return snapshot->sections[section].bytes +
	       i * snapshot->sections[section].item_size;
}

static void spoil_order(struct vmscope_snapshot *s)
{
	put_u64(item(s, SECTION_MAPS, 1) + MAP_START, BASE + 15 * PAGE);
}

static void spoil_empty(struct vmscope_snapshot *s)
{
	put_u64(item(s, SECTION_MAPS, 0) + MAP_END, BASE);
}

static void spoil_align(struct vmscope_snapshot *s)
{
	put_u64(item(s, SECTION_PAGES, 2) + PAGE_END, BASE + 120 * PAGE + 1);
}

static void spoil_pages(struct vmscope_snapshot *s)
{
	put_u64(item(s, SECTION_PAGES, 2) + PAGE_START, BASE + 6 * PAGE);
}

static void spoil_leaf(struct vmscope_snapshot *s)
{
	put_u16(item(s, SECTION_PAGES, 0) + PAGE_LEAF, 64);
}

static void spoil_name(struct vmscope_snapshot *s)
{
	put_u64(item(s, SECTION_MAPS, 0) + MAP_NAME_START, 1000);
}

static void spoil_last_name(struct vmscope_snapshot *s)
{
	s->sections[SECTION_NAMES].len--;
}

static void spoil_comm(struct vmscope_snapshot *s)
{
	memset(item(s, SECTION_PROCESS, 0) + PROCESS_COMM, 'x', 16);
}

static void spoil_release(struct vmscope_snapshot *s)
{
	memset(item(s, SECTION_MACHINE, 0) + MACHINE_KERNEL, 'x', 64);
}

static void spoil_page_size(struct vmscope_snapshot *s)
{
	put_u64(item(s, SECTION_MACHINE, 0) + MACHINE_PAGE_SIZE, 0);
}

static void spoil_range(struct vmscope_snapshot *s)
{
	put_u64(item(s, SECTION_PROCESS, 0) + PROCESS_END, 0);
}

static void spoil_two(struct vmscope_snapshot *s)
{
	section_grow(&s->sections[SECTION_PROCESS], PROCESS_BYTES);
}

static void spoil_none(struct vmscope_snapshot *s)
{
	s->sections[SECTION_MACHINE].len = 0;
}

static void spoil_item(struct vmscope_snapshot *s)
{
	s->sections[SECTION_PAGES].item_size = PAGE_BYTES / 2;
}

static void spoil_zero_item(struct vmscope_snapshot *s)
{
	s->sections[SECTION_MAPS].item_size = 0;
}

static void hostile(void)
{
	static const struct {
		const char *what;
		void (*spoil)(struct vmscope_snapshot *snapshot);
	} ways[] = {
		{ "mappings that overlap", spoil_order },
		{ "an empty mapping", spoil_empty },
		{ "part of a page", spoil_align },
		{ "pages that overlap", spoil_pages },
		{ "a leaf larger than everything", spoil_leaf },
		{ "a name outside", spoil_name },
		{ "a name without an end", spoil_last_name },
		{ "a process's name without an end", spoil_comm },
		{ "a release without an end", spoil_release },
		{ "pages of no size", spoil_page_size },
		{ "an empty range", spoil_range },
		{ "two processes", spoil_two },
		{ "no machine", spoil_none },
		{ "items that are too short", spoil_item },
		{ "items of no length", spoil_zero_item },
	};
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		unit_ok(made_up(ways[i].spoil), "refused: %s", ways[i].what);
}

/*
 * Many files, each changed in a few places and given good checksums again, so
 * that what lies behind those is reached. The same ones each time.
 */
static void mutated(void)
{
	struct vmscope_snapshot *snapshot = some();
	uint64_t seed = 88172645463325252;
	size_t len, round, accepted = 0;
	unsigned char *bytes;
	char message[VMSCOPE_SNAPSHOT_MESSAGE];

	vmscope_snapshot_close(snapshot);
	for (round = 0; round < 20000; round++) {
		size_t changes;

		snapshot = some();
		for (changes = 1 + round % 4; changes; changes--) {
			struct snapshot_section *s;

			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			s = &snapshot->sections[seed % SECTIONS];
			if (seed >> 60 == 0)
				s->item_size = seed >> 20 & 255;
			else if (seed >> 60 == 1 && s->len)
				s->len -= (seed >> 20) % s->len;
			else if (s->len)
				s->bytes[(seed >> 20) % s->len] ^=
					1U << (seed >> 8 & 7);
		}
		bytes = file_of(snapshot, &len);
		accepted += !parse(bytes, len, message);
		free(bytes);
		vmscope_snapshot_close(snapshot);
	}
	unit_ok(accepted > 1000 && accepted < round,
		"%zu files made up: %zu accepted, none does harm", round,
		accepted);
}

/* --------------------------------------------------------------------- diff */

static struct vmscope_change one_change(const struct vmscope_snapshot *a,
					const struct vmscope_snapshot *b,
					size_t which)
{
	const struct vmscope_change *change;
	struct vmscope_change ret = { 0 };
	struct vmscope_diff *diff;
	size_t i = 0;

	if (vmscope_diff_open(a, b, &diff))
		abort();
	while (!vmscope_diff_next(diff, &change))
		if (i++ == which)
			ret = *change;
	vmscope_diff_close(diff);
	ret.name = NULL;
	return ret;
}

/* What is said of writing, with tracking and without. */
static void writing(void)
{
	static const struct {
		const char *what;
		uint64_t before, after;
		uint64_t before_state;
		int by_dirty, by_soft; /* 1 written, 2 maybe */
	} ways[] = {
		{ "clean, clean", CLEAN, CLEAN, VMSCOPE_STATE_PRESENT, 0, 0 },
		{ "clean, dirty", CLEAN, D | S, VMSCOPE_STATE_PRESENT, 1, 1 },
		{ "dirty, dirty", D, D, VMSCOPE_STATE_PRESENT, 2, 0 },
		{ "dirty, dirty and soft", D, D | S, VMSCOPE_STATE_PRESENT, 2,
		  1 },
		{ "soft before, too", D | S, D | S, VMSCOPE_STATE_PRESENT, 2,
		  2 },
		{ "dirty, clean", D, CLEAN, VMSCOPE_STATE_PRESENT, 0, 0 },
		{ "zero page, page", CLEAN, D | S, VMSCOPE_STATE_ZERO, 1, 1 },
	};
	size_t i;
	int soft;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		for (soft = 0; soft < 2; soft++) {
			uint64_t feature = soft ? VMSCOPE_FEATURE_ON :
						  VMSCOPE_FEATURE_OFF_KERNEL;
			struct vmscope_snapshot *a =
				make(PAGE, 0, VMSCOPE_RANGE_END, feature);
			struct vmscope_snapshot *b =
				make(PAGE, 0, VMSCOPE_RANGE_END, feature);
			int want = soft ? ways[i].by_soft : ways[i].by_dirty;
			struct vmscope_change change;

			map(a, 0, 8, RW, "");
			map(b, 0, 8, RW, "");
			pages(a, 0, 8, ways[i].before_state, ways[i].before);
			pages(b, 0, 8, VMSCOPE_STATE_PRESENT, ways[i].after);
			change = one_change(a, b, 0);
			unit_ok(change.sums.written ==
						(want == 1 ? 8 * PAGE : 0) &&
					change.sums.maybe_written ==
						(want == 2 ? 8 * PAGE : 0),
				"%s, %s tracking: %s", ways[i].what,
				soft ? "with" : "without",
				want == 1 ? "written" :
				want	  ? "unknown" :
					    "not written");
			vmscope_snapshot_close(a);
			vmscope_snapshot_close(b);
		}
	}
}

static void comparing(void)
{
	struct vmscope_snapshot *a = some();
	struct vmscope_snapshot *b = make(
		PAGE, BASE + 2 * PAGE, BASE + 120 * PAGE, VMSCOPE_FEATURE_ON);
	struct vmscope_snapshot *other =
		make(2 * PAGE, 0, VMSCOPE_RANGE_END, VMSCOPE_FEATURE_ON);
	struct vmscope_diff *diff;
	struct vmscope_change c;

	map(b, 2, 16, RW, "first");
	map(b, 100, 20, RW, "");
	pages(b, 6, 1, VMSCOPE_STATE_PRESENT, D);
	pages(b, 111, 1, VMSCOPE_STATE_PRESENT, D);
	unit_ok(vmscope_diff_open(a, other, &diff) == -EXDEV,
		"pages of another size are not compared");
	c = one_change(a, b, 0);
	unit_ok(c.start == BASE + 2 * PAGE && c.end == BASE + 16 * PAGE &&
			!c.flags && c.sums.given_back == 2 * PAGE &&
			c.sums.swapped_in == PAGE,
		"what both tell of is compared");
	c = one_change(a, b, 1);
	unit_ok(c.start == BASE + 16 * PAGE && c.end == BASE + 18 * PAGE &&
			c.flags == VMSCOPE_CHANGE_PERMS,
		"other permissions");
	c = one_change(a, b, 2);
	unit_ok(c.start == BASE + 18 * PAGE && c.end == BASE + 20 * PAGE &&
			c.flags == VMSCOPE_CHANGE_SHRUNK && !c.after.end,
		"the rest of a mapping is gone");
	c = one_change(a, b, 3);
	unit_ok(c.start == BASE + 100 * PAGE && c.end == BASE + 120 * PAGE &&
			c.flags == VMSCOPE_CHANGE_REPLACED &&
			c.sums.given_back == 10 * PAGE &&
			c.sums.faulted_in == PAGE,
		"a file's pages are not those of what replaced it");
	c = one_change(b, a, 2);
	unit_ok(c.flags == VMSCOPE_CHANGE_GROWN, "the other way it has grown");
	c = one_change(a, b, 4);
	unit_ok(!c.end, "nothing beyond the range of one of them");
	vmscope_snapshot_close(a);
	vmscope_snapshot_close(b);
	vmscope_snapshot_close(other);
}

/* A piece that is new is new, and one that is gone is gone. */
static void new_and_gone(void)
{
	struct vmscope_snapshot *a = some();
	struct vmscope_snapshot *b =
		make(PAGE, 0, VMSCOPE_RANGE_END, VMSCOPE_FEATURE_ON);

	unit_ok(one_change(a, b, 0).flags == VMSCOPE_CHANGE_UNMAPPED &&
			one_change(a, b, 0).sums.given_back == 5 * PAGE,
		"all of it is gone");
	unit_ok(one_change(b, a, 0).flags == VMSCOPE_CHANGE_NEW &&
			one_change(b, a, 0).sums.faulted_in == 3 * PAGE &&
			one_change(b, a, 0).sums.swapped_out == 2 * PAGE,
		"all of it is new");
	vmscope_snapshot_close(a);
	vmscope_snapshot_close(b);
}

int main(void)
{
	round_trip();
	nothing_mapped();
	checksum();
	damaged();
	hostile();
	mutated();
	writing();
	comparing();
	new_and_gone();
	return unit_done();
}
