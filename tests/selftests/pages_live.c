// SPDX-License-Identifier: GPL-2.0
/*
 * PAGES and rights: what is hidden from whom. PAGES of a target that holds still: looking changes
 * nothing. And of one that does not: what stays is told exactly once. A caller that is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pagelist.h"
#include "tap.h"
#include "target.h"

#define RW	     (PROT_READ | PROT_WRITE)
#define ROOM	     16384
#define PM_ALONE     (1ULL << 56) /* of a pagemap entry */
#define SECONDS	     6
#define SECONDS_MOST 240
#define USER	     4321
#define FRAMES	     VMSCOPE_PAGES_F_FRAMES
#define RAW	     VMSCOPE_PAGES_F_RAW
#define EACH	     VMSCOPE_PAGES_F_EACH

/* ------------------------------------------------------------------------------- rights */

static int setup_rights(struct report *r)
{
	size_t len = 64 * PAGE;
	char *m = map_anon(len, RW, MAP_PRIVATE);

	touch(m, len, PAGE, 1);
	m = map_anon(len, RW, MAP_PRIVATE);
	touch(m, len, PAGE, 1);
	page_out(m, len);
	if (r->aux[0] &&
	    (setresgid(USER, USER, USER) || setresuid(USER, USER, USER)))
		return area_skip(r, "cannot become another user");
	/* changing ids makes a process undumpable */
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return 0;
}

static int setup_rights_user(struct report *r)
{
	r->aux[0] = 1;
	return setup_rights(r);
}

/* what another user found out, in shared memory */
struct finding {
	int error, others;
	unsigned int frames, raw, places, marks, present, swapped;
	uint64_t reply_flags, bytes[VMSCOPE_STATES];
	size_t len;
};

static void find(int fd, pid_t own, pid_t other, struct finding *found)
{
	struct vmscope_pages ask = pages_ask(own, FRAMES | RAW);
	struct pagelist list;

	memset(found, 0, sizeof(*found));
	found->error = pagelist_by(fd, &ask, ROOM, &list);
	found->reply_flags = list.reply_flags;
	found->len = list.len;
	for (size_t i = 0; i < list.len && !found->error; i++) {
		const struct vmscope_page *p = &list.page[i];

		found->bytes[p->state] += p->end - p->start;
		found->frames += !!p->physical;
		found->places += !!p->swap_offset;
		found->present += p->state == VMSCOPE_STATE_PRESENT;
		found->swapped += p->state == VMSCOPE_STATE_SWAPPED;
		found->raw += !!(p->entry & place_bits(p->state));
		found->marks += !!(p->entry & ~place_bits(p->state));
	}
	pagelist_free(&list);
	ask = pages_ask(other, 0);
	found->others = pagelist_by(fd, &ask, ROOM, &list);
	pagelist_free(&list);
}

static void find_as(uid_t uid, int fd, pid_t own, pid_t other,
		    struct finding *found)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (uid &&
		    (setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
			_exit(1);
		find(fd, own, other, found);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void expect_hidden(const struct finding *found,
			  const struct finding *root, const char *who)
{
	tap_eq(found->error, 0, "%s: the answer", who);
	tap_eq(found->reply_flags, VMSCOPE_REPLY_FRAMES_HIDDEN,
	       "%s: frames are said to be hidden", who);
	tap_ok(!found->frames && !found->places,
	       "%s: no physical address, no swap offset", who);
	tap_eq(found->raw, 0, "%s: no entry has the bits of a place", who);
	tap_ok(found->marks > 0, "%s: but it has the others", who);
	tap_ok(!memcmp(found->bytes, root->bytes, sizeof(root->bytes)),
	       "%s: the states are those that root sees", who);
	/* where pages lie does not shine through as borders of ranges */
	tap_ok(found->len && found->len < root->len,
	       "%s: %zu ranges, of which root sees %zu", who, found->len,
	       root->len);
}

static void rights(int fd)
{
	static const struct recipe mine = { .name = "user's",
					    .setup = setup_rights_user },
				   others = { .name = "root's",
					      .setup = setup_rights };
	struct finding *found = mmap(NULL, 2 * PAGE, RW,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0),
		       *root = found + 1;
	struct target own, other;
	int user_fd;

	if (target_start(&own, &mine) || target_start(&other, &others))
		tap_bail("%s%s", own.report.skip, other.report.skip);
	find_as(0, fd, own.pid, other.pid, root);
	tap_ok(!root->error && !root->others && !root->reply_flags,
	       "root: everybody's process, nothing hidden");
	tap_ok(root->present && root->frames >= root->present && root->raw,
	       "root: each range of present pages has its frame");
	tap_eq(root->places, root->swapped,
	       "root: each range of swapped ones has its place");
	find_as(USER, fd, own.pid, other.pid, found);
	expect_hidden(found, root, "a user");
	tap_eq(found->others, (unsigned long long)-EACCES,
	       "a user: root's process");
	find_as(USER + 1, fd, own.pid, other.pid, found);
	tap_eq(found->error, (unsigned long long)-EACCES,
	       "a user: another user's process");

	/* root with a descriptor that a user opened */
	chmod(VMSCOPE_DEVICE, 0666);
	if (seteuid(USER))
		tap_bail("seteuid");
	user_fd = open(VMSCOPE_DEVICE, O_RDWR);
	if (seteuid(0) || user_fd < 0)
		tap_bail("the device as a user: %s", strerror(errno));
	chmod(VMSCOPE_DEVICE, 0600);
	find_as(0, user_fd, own.pid, other.pid, found);
	expect_hidden(found, root, "a user's descriptor");
	close(user_fd);
	target_end(&own);
	target_end(&other);
	munmap(found, 2 * PAGE);
}

/* -------------------------------------------------------------- looking changes nothing */

static int setup_all(struct report *r)
{
	setup_half(r);
	setup_zero(r);
	setup_thp(r);
	setup_swapped(r);
	setup_shared_anon(r);
	r->skip[0] = 0;
	return 0;
}

static unsigned int look_all(int fd, pid_t pid)
{
	unsigned int errors = 0;
	struct pagelist list;

	for (unsigned int flags = 0; flags < 16; flags += 2) {
		struct vmscope_pages ask = pages_ask(pid, flags);

		errors += !!pagelist_by(fd, &ask, 100 + flags * 100, &list);
		pagelist_free(&list);
		ask.any_of = VMSCOPE_PAGES_STATE(VMSCOPE_STATE_PRESENT) |
			     VMSCOPE_PAGES_STATE(VMSCOPE_STATE_SWAPPED);
		errors += !!pagelist_by(fd, &ask, 1000, &list);
		pagelist_free(&list);
	}
	return errors;
}

/* Bytes of the target's areas with this flag. */
static uint64_t flagged(int fd, const struct target *target, uint64_t flag)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < target->report.areas; i++) {
		struct vmscope_pages ask = pages_ask(target->pid, 0);
		struct pagelist list;

		ask.start = target->report.area[i].start;
		ask.end = target->report.area[i].end;
		ask.all_of = VMSCOPE_PAGES_STATE(VMSCOPE_STATE_PRESENT) |
			     VMSCOPE_PAGES_ENTRY(flag);
		if (pagelist_by(fd, &ask, ROOM, &list))
			return ~0ULL;
		for (size_t n = 0; n < list.len; n++)
			bytes += list.page[n].end - list.page[n].start;
		pagelist_free(&list);
	}
	return bytes;
}

static void unchanged(int fd)
{
	static const struct recipe recipe = { .name = "all",
					      .setup = setup_all };
	struct mappings maps, later;
	struct status was, is;
	uint64_t *before, *after, accessed;
	struct target target;
	size_t len, n;
	char path[64];

	if (target_start(&target, &recipe))
		tap_bail("%s", target.report.skip);
	accessed = flagged(fd, &target, VMSCOPE_ENTRY_ACCESSED);
	tap_ok(accessed && accessed != ~0ULL, "%lu bytes were accessed",
	       accessed);
	snprintf(path, sizeof(path), "/proc/%d/clear_refs", target.pid);
	write_text(path, "4");
	write_text(path, "1");
	read_smaps(target.pid, &maps);
	before = pagemap_all(target.pid, &maps, &len);
	read_status(target.pid, &was);
	tap_eq(flagged(fd, &target, VMSCOPE_ENTRY_ACCESSED), 0,
	       "no byte, after the bits were cleared");

	tap_eq(look_all(fd, target.pid), 0,
	       "it is looked at in every way there is");

	tap_eq(flagged(fd, &target, VMSCOPE_ENTRY_ACCESSED), 0,
	       "no accessed bit came back");
	tap_eq(flagged(fd, &target, VMSCOPE_ENTRY_SOFT_DIRTY), 0,
	       "nor a soft-dirty one");
	read_smaps(target.pid, &later);
	tap_ok(mappings_equal(&maps, &later), "smaps is the same to the byte");
	read_status(target.pid, &is);
	tap_ok(was.minor_faults == is.minor_faults &&
		       was.major_faults == is.major_faults &&
		       was.vm_pte == is.vm_pte && was.vm_swap == is.vm_swap,
	       "it took no fault, and has the tables and the swap that it had");
	after = pagemap_all(target.pid, &later, &n);
	/* whether others have a page, too, is up to them */
	for (size_t i = 0; i < len && i < n; i++)
		after[i] ^= (before[i] ^ after[i]) & PM_ALONE;
	tap_ok(n == len && !memcmp(before, after, len * sizeof(*before)),
	       "%zu pagemap entries are the same", len);
	free(before);
	free(after);
	mappings_free(&maps);
	mappings_free(&later);
	target_end(&target);
}

/* --------------------------------------------------------------- a target that changes */

#define ANCHORS 64 /* mappings of their own, that stay */
#define ANCHOR	(4 * PAGE)
#define STAY	7 /* of the common mapping, every so many pages stay */
#define COMMON	(6 * MIB)

static void churn(char *base, char *common, int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < ANCHORS; i++)
		touch(mmap(base + i * 8 * ANCHOR, ANCHOR, RW,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		      ANCHOR, PAGE, i);
	touch(common, COMMON, STAY * PAGE, 1);
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (unsigned int n = 0;; n++) {
		char *at = base + (n * 7 % ANCHORS) * 8 * ANCHOR + 2 * ANCHOR;
		size_t pages = COMMON / PAGE, page = n * 613ULL % pages;

		/* never touching an anchor, so that no merge moves its borders */
		mmap(at, ANCHOR * (1 + n % 4),
		     PROT_READ | (n & 1 ? PROT_WRITE : 0),
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		*(volatile char *)at;
		mprotect(at + PAGE, PAGE, PROT_NONE);
		if (n % 3)
			munmap(at, ANCHOR * (1 + n % 4));
		/* pages come and go between those that stay */
		if (page % STAY == 0)
			page++;
		if (n & 1)
			*(volatile char *)(common + page % pages * PAGE);
		else
			madvise(common + page % pages * PAGE, PAGE,
				page % pages % STAY ? MADV_DONTNEED :
						      MADV_NORMAL);
		if (n % 64 == 0)
			for (size_t i = 1; i + 2 < pages; i += STAY)
				touch(common + i * PAGE, 2 * PAGE, PAGE, 2);
		if (n % 64 == 32)
			for (size_t i = 1; i + STAY < pages; i += STAY)
				madvise(common + i * PAGE, (STAY - 1) * PAGE,
					MADV_DONTNEED);
	}
}

/* Present bytes in what stays, by elements that are told once; -1 out of order. */
static long long staying(const struct pagelist *list, const char *base,
			 const char *common)
{
	long long bytes = 0;
	uint64_t last = 0;

	for (size_t i = 0; i < list->len; i++) {
		const struct vmscope_page *p = &list->page[i];

		if (p->start < last || p->end <= p->start)
			return -1;
		last = p->end;
		if (p->state != VMSCOPE_STATE_PRESENT)
			continue;
		for (uint64_t at = p->start; at < p->end; at += PAGE) {
			uint64_t a = at - (uintptr_t)base,
				 c = at - (uintptr_t)common;

			if (a < ANCHORS * 8 * ANCHOR &&
			    a % (8 * ANCHOR) < ANCHOR)
				bytes += PAGE;
			if (c < COMMON && c / PAGE % STAY == 0)
				bytes += PAGE;
		}
	}
	return bytes;
}

static void changing(int fd)
{
	static const size_t length[] = { 1, 7, 100, 511, 512, 5000 };
	const long long stays = ANCHORS * ANCHOR + (COMMON / PAGE + STAY - 1) /
							   STAY *
							   (long long)PAGE;
	char *base = mmap(NULL, ANCHORS * 8 * ANCHOR, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
	     *common = map_anon(COMMON, RW, MAP_PRIVATE);
	unsigned int rounds = 0, disorder = 0, lost = 0, errors = 0, moved = 0;
	size_t least = ~0UL, most = 0;
	int ready[2];
	time_t start;
	char byte;
	pid_t pid;

	munmap(base, ANCHORS * 8 * ANCHOR);
	if (pipe(ready))
		tap_bail("pipe");
	fflush(stdout);
	pid = fork();
	if (!pid)
		churn(base, common, ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		tap_bail("the changing target died");
	/* on a busy machine until there is something to tell */
	for (start = time(NULL);
	     time(NULL) < start + (rounds > 2 ? SECONDS : SECONDS_MOST);
	     rounds++) {
		struct vmscope_pages ask =
			pages_ask(pid, (rounds * 2) & (FRAMES | RAW | EACH));
		size_t room = length[rounds % COUNT(length)];
		struct pagelist list;
		long long bytes;
		int error;

		if (rounds % 3 == 0)
			ask.all_of = VMSCOPE_PAGES_STATE(VMSCOPE_STATE_PRESENT);
		if (rounds % 5 == 0)
			ask.returned = 0;
		error = pagelist_by(fd, &ask, room, &list);
		if (error && errors++ < 3)
			tap_diag("%zu at a time: %s", room, strerror(-error));
		bytes = staying(&list, base, common);
		disorder += bytes < 0;
		if (!error && bytes >= 0 && bytes != stays && lost++ < 3)
			tap_diag("%lld bytes stay, want %lld, %zu at a time",
				 bytes, stays, room);
		moved += list.walk.layout != VMSCOPE_LAYOUT_SAME;
		least = list.len < least ? list.len : least;
		most = list.len > most ? list.len : most;
		pagelist_free(&list);
	}
	tap_eq(waitpid(pid, NULL, WNOHANG), 0, "the target lives");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	tap_eq(errors, 0,
	       "a target that changes: no error in %u lists, %u of which saw it",
	       rounds, moved);
	tap_ok(rounds > 2, "they had %zu to %zu elements", least, most);
	tap_eq(disorder, 0, "elements ascend and do not overlap");
	tap_eq(lost, 0, "what stays is told exactly once, as present");
}

/* ------------------------------------------------------------------ a caller that is killed */

#define MANY (512 * MIB)

static int setup_many_zeroes(struct report *r)
{
	char *m = map_anon(MANY, RW, MAP_PRIVATE);

	look(m, MANY, PAGE);
	area_add(r, "read", m, MANY);
	return 0;
}

/* How many elements a sender got that is killed when it has the first. */
static size_t written_until_killed(int fd, struct vmscope_pages ask,
				   volatile struct vmscope_page *page,
				   size_t room)
{
	size_t written = 0;
	pid_t pid;

	memset((void *)page, 0, room * sizeof(*page));
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(req_call(fd, VMSCOPE_IOC_PAGES, &ask) != 0);
	while (!page[0].end)
		;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (written < room && page[written].end)
		written++;
	return written;
}

/* A request with more than a hundred thousand elements ends when its sender is killed. */
static void killed(int fd)
{
	static const struct recipe recipe = { .name = "zeroes",
					      .setup = setup_many_zeroes };
	size_t room = MANY / PAGE, least = room;
	struct vmscope_page *page = mmap(NULL, room * sizeof(*page), RW,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct vmscope_pages ask, reply;
	struct target target;

	if (page == MAP_FAILED || target_start(&target, &recipe))
		tap_bail("%s", target.report.skip);
	memset(page, 0, room * sizeof(*page));
	ask = pages_ask(target.pid, EACH | FRAMES);
	ask.start = target.report.area[0].start;
	ask.end = target.report.area[0].end;
	ask.pages = (uintptr_t)page;
	ask.pages_len = room;
	ask.pages_size = sizeof(*page);
	reply = ask;
	tap_ok(!req_call(fd, VMSCOPE_IOC_PAGES, &reply) &&
		       reply.pages_len == room,
	       "a request with %zu elements", room);
	/* and the way down to them, once for each table and each batch */
	tap_ok(reply.walk.entries >= room &&
		       reply.walk.entries <= room + room / 50,
	       "of %zu entries it counts %llu", room,
	       (unsigned long long)reply.walk.entries);
	for (int i = 0; i < 5 && least == room; i++)
		least = written_until_killed(fd, ask, page, room);
	tap_ok(least < room, "whose sender is killed ends after %zu", least);
	reply = ask;
	tap_eq(req_call(fd, VMSCOPE_IOC_PAGES, &reply), 0,
	       "and the next is served");
	munmap(page, room * sizeof(*page));
	target_end(&target);
}

int main(void)
{
	int fd = req_open();

	pages_quiet();
	rights(fd);
	unchanged(fd);
	changing(fd);
	killed(fd);
	return tap_done();
}
