// SPDX-License-Identifier: GPL-2.0
/* PAGES: wrong masks, ranges and arrays, each with its errno; and the rules by which it grows. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pagelist.h"
#include "tap.h"
#include "target.h"

static int fd;
static struct vmscope_page buffer[64];

/* A right request about this process. */
static struct vmscope_pages right(void)
{
	struct vmscope_pages ask = pages_ask(0, 0);

	ask.pages = (uintptr_t)buffer;
	ask.pages_len = COUNT(buffer);
	ask.pages_size = sizeof(buffer[0]);
	return ask;
}

static int call(struct vmscope_pages *ask)
{
	return req_call(fd, VMSCOPE_IOC_PAGES, ask);
}

static void refused(struct vmscope_pages ask, int error, const char *what)
{
	tap_eq(call(&ask), (unsigned long long)error, "%s", what);
}

static void sizes(void)
{
	static const uint32_t small[] = {
		0, 1, 4, 8, 24, 144, 148, 151 /* the first version had 152 */
	};
	char *area = calloc(1, 3 * PAGE);
	struct vmscope_pages *ask = (struct vmscope_pages *)area;
	bool same = true;

	for (size_t i = 0; i < COUNT(small); i++) {
		*ask = right();
		ask->size = small[i];
		tap_eq(call(ask), -EINVAL, "size %u", small[i]);
	}
	for (size_t more = 1; more <= PAGE - sizeof(*ask); more += 981) {
		memset(area, 0, 3 * PAGE);
		*ask = right();
		ask->size = sizeof(*ask) + more;
		memset(area + ask->size, 0x5a, 64);
		tap_eq(call(ask), 0, "%zu zero bytes more", more);
		for (size_t i = 0; i < 64; i++)
			same &= area[ask->size + i] == 0x5a;
		tap_eq(ask->size, sizeof(*ask) + more,
		       "the size is still what it was");
		area[ask->size - 1] = 1;
		tap_eq(call(ask), -E2BIG, "the last of them is not zero");
	}
	tap_ok(same, "what lies behind the struct is not written");
	memset(area, 0, 3 * PAGE);
	*ask = right();
	ask->size = PAGE + 1;
	tap_eq(call(ask), -E2BIG, "longer than a page");
	ask->size = ~0U;
	tap_eq(call(ask), -E2BIG, "4 GiB long");
	free(area);
}

static void fields(void)
{
	static const char *const name[] = { "all_of", "any_of", "none_of",
					    "returned" };
	const uint64_t known = VMSCOPE_F_PIDFD | VMSCOPE_F_FOLIO |
			       VMSCOPE_PAGES_F_EACH | VMSCOPE_PAGES_F_FRAMES |
			       VMSCOPE_PAGES_F_RAW;
	struct vmscope_pages ask = right();
	unsigned int bad = 0, bits = 0;

	refused(ask, 0, "the right call");
	ask.reserved = 1;
	refused(ask, -EINVAL, "reserved is not 0");
	for (unsigned int bit = 0; bit < 64; bit++) {
		ask = right();
		ask.flags = 1ULL << bit;
		bad += !(ask.flags & known) && call(&ask) != -EINVAL;
	}
	tap_eq(bad, 0, "unknown flags");
	tap_eq(VMSCOPE_PAGES_ALL, 0x000070101ffff3fffULL, "the bits of a mask");
	for (unsigned int m = 0; m < COUNT(name); m++) {
		bad = bits = 0;
		for (unsigned int bit = 0; bit < 64; bit++) {
			int error;

			ask = right();
			(&ask.all_of)[m] = 1ULL << bit;
			error = VMSCOPE_PAGES_ALL >> bit & 1 ? 0 : -EINVAL;
			bits += !!error;
			bad += call(&ask) != error;
		}
		tap_eq(bad, 0, "%s: %u unknown bits are refused, others taken",
		       name[m], bits);
		ask = right();
		(&ask.all_of)[m] = ~0ULL;
		refused(ask, -EINVAL, "all bits at once");
	}
	ask = right();
	ask.all_of = ask.any_of = ask.none_of = VMSCOPE_PAGES_ALL;
	tap_ok(!call(&ask) && !ask.pages_len && ask.cursor == ask.end,
	       "what excludes itself chooses nothing");
}

static void ranges(void)
{
	static const struct {
		uint64_t start, end;
		int error;
		const char *what;
	} range[] = {
		{ 0x2000, 0x1000, -EINVAL, "reversed" },
		{ 0x1000, 0x1000, -EINVAL, "empty" },
		{ 0, 0, -EINVAL, "empty at 0" },
		{ VMSCOPE_RANGE_END, VMSCOPE_RANGE_END, -EINVAL,
		  "empty at the end" },
		{ 1, 0x1000, -EINVAL, "with a start that is not aligned" },
		{ 0x800, VMSCOPE_RANGE_END, -EINVAL,
		  "with a start within a page" },
		{ 0, 0x1001, -EINVAL, "with an end that is not aligned" },
		{ 0, VMSCOPE_RANGE_END - 1, -EINVAL,
		  "with an end just below the last" },
		{ -0x1000ULL, 0x1000, -EINVAL, "wrapped" },
		{ 0, 0x1000, 0, "of the first page" },
		{ 1ULL << 62, 1ULL << 63, 0, "nowhere" },
		{ -0x1000ULL, VMSCOPE_RANGE_END, 0, "of the last page" },
		{ 0x7ffffffff000, 0x800000000000, 0, "of the unused page" },
	};

	for (size_t i = 0; i < COUNT(range); i++) {
		struct vmscope_pages ask = right();

		ask.start = range[i].start;
		ask.end = range[i].end;
		tap_eq(call(&ask), (unsigned long long)range[i].error,
		       "a range %s", range[i].what);
		if (range[i].error)
			continue;
		tap_ok(!ask.pages_len && ask.cursor == range[i].end,
		       "is empty and complete");
	}
}

static void arrays(void)
{
	char *edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t long_size = sizeof(buffer[0]) + 24;
	char *area = malloc(16 * long_size);
	struct vmscope_pages ask = right(), clean = right();
	bool good = true;

	munmap(edge + PAGE, PAGE);
	ask.pages_len = 0;
	refused(ask, -EINVAL, "no elements");
	/* what the element was when it was published */
	for (uint64_t size = 0; size < 80; size += 8) {
		ask = right();
		ask.pages_size = size;
		good &= call(&ask) == -EINVAL;
	}
	tap_ok(good, "elements that are too short");
	ask.pages_size = PAGE + 1;
	refused(ask, -E2BIG, "elements longer than a page");
	ask.pages_size = 1ULL << 40;
	refused(ask, -E2BIG, "elements of a TiB");
	ask.pages_size = ~0ULL;
	refused(ask, -E2BIG, "elements of all there is");
	ask = right();
	ask.pages = 0;
	refused(ask, -EFAULT, "no array");
	ask.pages = 8;
	refused(ask, -EFAULT, "elements nowhere");
	ask.pages = 0xffff888000000000;
	refused(ask, -EFAULT, "elements in the kernel");
	ask.pages = ~0ULL - sizeof(buffer[0]) - 8;
	refused(ask, -EFAULT, "elements that wrap around");
	ask.pages = (uintptr_t)edge + PAGE - 3 * sizeof(buffer[0]) - 8;
	refused(ask, -EFAULT, "elements that end in nowhere");
	ask.pages_len = 3;
	refused(ask, 0, "three elements at the very end of a mapping");
	mprotect(edge, PAGE, PROT_READ);
	refused(ask, -EFAULT, "elements that cannot be written");

	/* a number whose product with the size overflows is only a bound */
	tap_eq(call(&clean), 0, "the right call");
	ask = right();
	ask.pages_len = 1ULL << 61;
	ask.end = clean.cursor;
	tap_eq(call(&ask), 0, "room for 2^61 elements");
	tap_eq(ask.pages_len, clean.pages_len, "as many as there are");

	ask = right();
	ask.pages = (uintptr_t)area;
	ask.pages_size = long_size;
	ask.pages_len = 4;
	memset(area, 0xa5, 16 * long_size);
	tap_eq(call(&ask), 0, "longer elements");
	good = ask.pages_len == 4;
	for (unsigned int i = 0; i < 4; i++) {
		struct vmscope_page *page = (void *)(area + i * long_size);

		good &= page->start == buffer[i].start &&
			page->end == buffer[i].end;
		for (size_t b = sizeof(*page); b < long_size; b++)
			good &= !area[i * long_size + b];
	}
	tap_ok(good, "they lie at their distance, with zeroes behind");
	tap_ok(area[4 * long_size] == (char)0xa5,
	       "nothing behind the last is written");
	free(area);
}

static void structs(void)
{
	char *edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vmscope_pages *ask;

	munmap(edge + PAGE, PAGE);
	tap_eq(call(NULL), -EFAULT, "no struct");
	tap_eq(req_call(fd, VMSCOPE_IOC_PAGES, (void *)0xffff888000000000),
	       -EFAULT, "a struct in the kernel");
	ask = (void *)(edge + PAGE - sizeof(*ask));
	*ask = right();
	tap_eq(call(ask), 0, "a struct at the very end of a mapping");
	memmove(edge + PAGE - sizeof(*ask) + 8, ask, sizeof(*ask) - 8);
	tap_eq(req_call(fd, VMSCOPE_IOC_PAGES, edge + PAGE - sizeof(*ask) + 8),
	       -EFAULT, "a struct that ends in nowhere");
	*ask = right();
	mprotect(edge, PAGE, PROT_READ);
	tap_eq(call(ask), -EFAULT, "a struct that cannot be written");
}

/* Out fields that are full of garbage beforehand. */
static void garbage(pid_t pid)
{
	static struct vmscope_page other[64];
	struct vmscope_pages clean = right(), dirty;

	clean.target = pid;
	memset(buffer, 0, sizeof(buffer));
	memset(other, 0xff, sizeof(other));
	tap_eq(call(&clean), 0, "into a clean struct");
	memset(&dirty, 0xff, sizeof(dirty));
	memcpy(&dirty, &(struct vmscope_pages){ 0 },
	       offsetof(struct vmscope_pages, pid));
	dirty.size = sizeof(dirty);
	dirty.target = pid;
	dirty.end = VMSCOPE_RANGE_END;
	dirty.returned = VMSCOPE_PAGES_ALL;
	dirty.pages = (uintptr_t)other;
	dirty.pages_len = COUNT(other);
	dirty.pages_size = sizeof(other[0]);
	dirty.entries_max = dirty.time_max = 0;
	tap_eq(call(&dirty), 0, "into one full of garbage");
	dirty.pages = clean.pages;
	tap_ok(!memcmp(&clean, &dirty, sizeof(clean)), "it is the same struct");
	tap_ok(!memcmp(other, buffer, clean.pages_len * sizeof(buffer[0])),
	       "and are the same elements");
	tap_eq(clean.pid, pid, "with the target's number");
	tap_ok(clean.walk.holds >= 1 && clean.walk.entries > 0 &&
		       clean.walk.tables > 0,
	       "an account of the walk");
	tap_eq(clean.reply_flags, 0, "and nothing hidden");
}

static int by(uint64_t flags, uint64_t id)
{
	struct vmscope_pages ask = right();

	ask.flags = flags;
	ask.target = id;
	return call(&ask);
}

static void targets(void)
{
	pid_t child;
	siginfo_t ended;
	int pidfd;

	fflush(NULL);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		raise(SIGSTOP);
		_exit(0);
	}
	waitid(P_PID, child, &ended, WSTOPPED | WNOWAIT);
	pidfd = syscall(SYS_pidfd_open, child, 0);
	garbage(child);
	tap_eq(by(0, child), 0, "a child");
	tap_eq(by(VMSCOPE_F_PIDFD, pidfd), 0, "a child by pidfd");
	tap_eq(by(VMSCOPE_F_PIDFD | VMSCOPE_PAGES_F_EACH, pidfd), 0,
	       "with another flag");
	tap_eq(by(0, ~0ULL), -EINVAL, "pid -1");
	tap_eq(by(0, 1ULL << 40), -EINVAL, "pid 2^40");
	tap_eq(by(0, 4194303), -ESRCH, "a pid that nobody has");
	tap_eq(by(0, 2), -ENXIO, "a kernel thread");
	tap_eq(by(VMSCOPE_F_PIDFD, ~0ULL), -EBADF, "descriptor -1");
	tap_eq(by(VMSCOPE_F_PIDFD, fd), -EBADF, "a descriptor of the device");
	kill(child, SIGKILL);
	waitid(P_PID, child, &ended, WEXITED | WNOWAIT);
	tap_eq(by(0, child), -ENODATA, "a zombie");
	tap_eq(by(VMSCOPE_F_PIDFD, pidfd), -ENODATA, "a zombie by pidfd");
	waitpid(child, NULL, 0);
	tap_eq(by(0, child), -ESRCH, "a process that is gone");
	tap_eq(by(VMSCOPE_F_PIDFD, pidfd), -ESRCH, "by pidfd");
	close(pidfd);
}

int main(void)
{
	fd = req_open();
	sizes();
	fields();
	ranges();
	structs();
	arrays();
	targets();
	return tap_done();
}
