// SPDX-License-Identifier: GPL-2.0
/*
 * Targets that do not hold still: only documented errors, every reply sound in itself, and the
 * targets' memory unharmed. And targets that do: looking at them changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "compare.h"
#include "tap.h"

#define RW	     (PROT_READ | PROT_WRITE)
#define SECONDS	     6
#define SECONDS_MOST 240
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* ----------------------------------------------------------- looking changes nothing */

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

static uint64_t *entries_of(pid_t pid, const struct mappings *maps, size_t *len)
{
	int fd = pagemap_open(pid);
	uint64_t *entry;

	*len = 0;
	for (size_t i = 0; i < maps->len; i++)
		*len += (maps->map[i].end - maps->map[i].start) / PAGE;
	entry = calloc(*len, sizeof(*entry));
	*len = 0;
	for (size_t i = 0; i < maps->len; i++) {
		size_t n = (maps->map[i].end - maps->map[i].start) / PAGE;

		if (pagemap_read(fd, maps->map[i].start, n, entry + *len))
			tap_bail("pagemap");
		*len += n;
	}
	close(fd);
	return entry;
}

static unsigned int look_all(int fd, pid_t pid, const struct mappings *maps)
{
	struct vmscope_summary s;
	struct vmscope_translate t;
	unsigned int errors = 0;
	struct maplist list;

	for (int i = 0; i < 5; i++) {
		errors += !!req_summary(fd, pid, &s, NULL);
		errors += !!req_maps_by(fd, pid, 0, VMSCOPE_RANGE_END, 7, 4096,
					&list);
		maplist_free(&list);
	}
	for (size_t i = 0; i < maps->len; i++)
		for (uint64_t at = maps->map[i].start; at < maps->map[i].end;
		     at += 37 * PAGE)
			errors += !!req_translate(fd, pid, at, &t);
	return errors;
}

static void unchanged(int fd)
{
	static const struct recipe recipe = { .name = "all",
					      .setup = setup_all };
	uint64_t *before, *after, referenced = 0, accessed = 0;
	struct mappings maps, later;
	struct status was, is;
	struct target target;
	size_t len, n, moved = 0;
	struct maplist list;
	char path[64];

	if (target_start(&target, &recipe))
		tap_bail("%s", target.report.skip);
	snprintf(path, sizeof(path), "/proc/%d/clear_refs", target.pid);
	/* soft-dirty bits, then accessed bits: none is set from here on */
	write_text(path, "4");
	write_text(path, "1");
	read_smaps(target.pid, &maps);
	before = entries_of(target.pid, &maps, &len);
	read_status(target.pid, &was);

	tap_eq(look_all(fd, target.pid, &maps), 0,
	       "a target that holds still is looked at again and again");

	read_status(target.pid, &is);
	tap_ok(was.minor_faults == is.minor_faults &&
		       was.major_faults == is.major_faults,
	       "it took no fault");
	tap_ok(was.vm_pte == is.vm_pte && was.vm_swap == is.vm_swap &&
		       was.vm_size == is.vm_size,
	       "its size, tables and swap are the same");
	read_smaps(target.pid, &later);
	for (size_t i = 0; i < later.len; i++)
		referenced += later.map[i].referenced > maps.map[i].referenced;
	tap_eq(referenced, 0,
	       "no page counts as referenced that did not before");
	tap_ok(mappings_equal(&maps, &later), "smaps is the same to the byte");
	after = entries_of(target.pid, &later, &n);
	for (size_t i = 0; i < len && i < n; i++)
		moved += before[i] != after[i];
	tap_ok(n == len && !moved,
	       "%zu pagemap entries are the same, soft-dirty bits and frames among them",
	       len);

	/* the accessed bits that translate shows: clear_refs took them away */
	req_maps(fd, target.pid, &list);
	for (unsigned int a = 0; a < target.report.areas; a++)
		for (uint64_t at = target.report.area[a].start;
		     at < target.report.area[a].end; at += 64 * PAGE) {
			struct vmscope_translate t;

			if (!req_translate(fd, target.pid, at, &t) &&
			    t.state == VMSCOPE_STATE_PRESENT)
				accessed +=
					!!(t.levels[t.levels_len - 1].flags &
					   VMSCOPE_ENTRY_ACCESSED);
		}
	tap_eq(accessed, 0, "no leaf has its accessed bit set again");
	maplist_free(&list);
	mappings_free(&maps);
	mappings_free(&later);
	free(before);
	free(after);
	target_end(&target);
}

/* -------------------------------------------------------------------- restless targets */

struct shared {
	volatile unsigned int harm, rounds[16];
	volatile pid_t young; /* a process that lives for a moment only */
};

static struct shared *shared;

static void harm(void)
{
	__atomic_fetch_add(&shared->harm, 1, __ATOMIC_RELAXED);
}

static void map_and_unmap(volatile unsigned int *rounds)
{
	for (;; ++*rounds) {
		size_t len = (16 + *rounds % 700) * PAGE;
		char *m = map_anon(len, RW, MAP_PRIVATE), *to;

		touch(m, len, PAGE, 1);
		to = mremap(m, len, len + MIB, MREMAP_MAYMOVE);
		if (to == MAP_FAILED || !touched(to, len, PAGE, 1))
			harm();
		munmap(to + len / 2 / PAGE * PAGE,
		       len + MIB - len / 2 / PAGE * PAGE);
		if (!touched(to, len / 2 / PAGE * PAGE, PAGE, 1))
			harm();
		munmap(to, len / 2 / PAGE * PAGE);
	}
}

static void give_back(volatile unsigned int *rounds)
{
	size_t len = 8 * MIB;
	char *m = map_aligned(len, 2 * MIB),
	     *out = map_anon(MIB, RW, MAP_PRIVATE);

	touch(out, MIB, PAGE, 3);
	for (;; ++*rounds) {
		madvise(m, len, *rounds & 1 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
		touch(m, len, 8 * PAGE, 2);
		madvise(m, len, MADV_COLLAPSE);
		if (!touched(m, len, 8 * PAGE, 2))
			harm();
		madvise(out, MIB, MADV_PAGEOUT);
		mprotect(m + 3 * MIB, MIB, *rounds & 2 ? PROT_READ : PROT_NONE);
		mprotect(m + 3 * MIB, MIB, RW);
		madvise(m + MIB, 4 * MIB, MADV_DONTNEED);
		if (!touched(m, MIB, 8 * PAGE, 2) ||
		    !touched(out, MIB, 16 * PAGE, 3))
			harm();
		madvise(m, len, MADV_DONTNEED);
	}
}

static void punch(volatile unsigned int *rounds)
{
	size_t len = 4 * MIB;
	int fd = memfd_create("live", 0);
	char *m;

	if (fd < 0 || ftruncate(fd, len))
		_exit(1);
	m = mmap(NULL, len, RW, MAP_SHARED, fd, 0);
	for (;; ++*rounds) {
		touch(m, len, 4 * PAGE, 4);
		madvise(m, len, MADV_COLLAPSE);
		if (!touched(m, len, 4 * PAGE, 4))
			harm();
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, MIB,
			  2 * MIB);
		if (!touched(m, MIB, 4 * PAGE, 4) || m[MIB])
			harm();
	}
}

static void fork_and_exit(volatile unsigned int *rounds)
{
	size_t len = 2 * MIB;
	char *m = map_anon(len, RW, MAP_PRIVATE);

	touch(m, len, PAGE, 5);
	for (;; ++*rounds) {
		pid_t pid = fork();

		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			shared->young = getpid();
			if (!touched(m, len, PAGE, 5))
				harm();
			touch(m, len / 2, PAGE, 6);
			_exit(0);
		}
		touch(m, len, PAGE, 5);
		waitpid(pid, NULL, 0);
		if (!touched(m, len, PAGE, 5))
			harm();
	}
}

static void *short_thread(void *arg)
{
	volatile char local[8192];

	local[0] = 1;
	(void)arg;
	return (void *)(uintptr_t)local[0];
}

static void threads(volatile unsigned int *rounds)
{
	for (;; ++*rounds) {
		pthread_t id[8];

		for (unsigned int i = 0; i < COUNT(id); i++)
			if (pthread_create(&id[i], NULL, short_thread, NULL))
				harm();
		for (unsigned int i = 0; i < COUNT(id); i++)
			pthread_join(id[i], NULL);
	}
}

/* Runs this program anew again and again; the shared memory comes as a descriptor. */
static void exec_again(volatile unsigned int *rounds)
{
	char number[16], round[16];

	snprintf(number, sizeof(number), "%d", *(int *)(shared + 1));
	snprintf(round, sizeof(round), "%u",
		 (unsigned int)(rounds - shared->rounds));
	++*rounds;
	execl("/proc/self/exe", "live", "exec", number, round, NULL);
	_exit(1);
}

static void (*const restless[])(volatile unsigned int *) = {
	map_and_unmap, give_back, punch, fork_and_exit, threads, exec_again,
};

#define LIVES COUNT(restless)

struct tally {
	unsigned int answers, gone, strange, unsound, layouts[3];
};

static void judge(struct tally *tally, int error, const char *what)
{
	if (!error)
		tally->answers++;
	else if (error == -ESRCH || error == -ENODATA || error == -EAGAIN)
		tally->gone++;
	else if (tally->strange++ < 5)
		tap_diag("%s: %s", what, strerror(-error));
}

static void unsound(struct tally *tally, const char *what, const char *why)
{
	if (tally->unsound++ < 5)
		tap_diag("%s: %s", what, why);
}

static void ask_summary(int fd, pid_t pid, struct tally *tally)
{
	struct vmscope_sums kinds[VMSCOPE_KINDS], all = { 0 };
	struct vmscope_summary s;
	int error = req_summary(fd, pid, &s, kinds);

	judge(tally, error, "SUMMARY");
	if (error)
		return;
	for (unsigned int i = 0; i < VMSCOPE_KINDS; i++) {
		sums_add(&all, &kinds[i]);
		if (sums_wrong(&kinds[i]))
			unsound(tally, "SUMMARY, a kind",
				sums_wrong(&kinds[i]));
	}
	if (sums_wrong(&s.sums))
		unsound(tally, "SUMMARY", sums_wrong(&s.sums));
	if (memcmp(&all, &s.sums, sizeof(all)))
		unsound(tally, "SUMMARY", "kinds do not add up");
	if (s.walk.layout > VMSCOPE_LAYOUT_UNKNOWN ||
	    (s.walk.holds == 1 && s.walk.layout))
		unsound(tally, "SUMMARY", "the layout");
	else
		tally->layouts[s.walk.layout]++;
	if (!memchr(s.comm, 0, sizeof(s.comm)))
		unsound(tally, "SUMMARY", "comm");
}

static void ask_maps(int fd, pid_t pid, struct tally *tally)
{
	struct maplist list;
	int error = req_maps_by(fd, pid, 0, VMSCOPE_RANGE_END, 9, 4096, &list);

	judge(tally, error, "MAPS");
	for (size_t i = 0; i < list.len && !error; i++) {
		const struct vmscope_map *m = &list.map[i];

		if (m->start >= m->end || (i && list.map[i - 1].end > m->start))
			unsound(tally, "MAPS", "elements do not ascend");
		if (m->sums.virtual_bytes != m->end - m->start)
			unsound(tally, "MAPS", "size");
		if (sums_wrong(&m->sums))
			unsound(tally, "MAPS", sums_wrong(&m->sums));
		if (m->kind >= VMSCOPE_KINDS ||
		    m->name_start + m->name_len > list.names_len)
			unsound(tally, "MAPS", "kind or name");
	}
	/* of one that is torn the rest follows, or is gone: it cannot be skipped and left out twice */
	maplist_free(&list);
}

static void ask_translate(int fd, pid_t pid, struct tally *tally,
			  unsigned int round)
{
	struct vmscope_map map[64];
	struct vmscope_maps m = {
		.size = sizeof(m),
		.target = pid,
		.end = VMSCOPE_RANGE_END,
		.maps = (uintptr_t)map,
		.maps_len = COUNT(map),
		.maps_size = sizeof(map[0]),
	};

	if (req_call(fd, VMSCOPE_IOC_MAPS, &m))
		return;
	for (unsigned int i = 0; i < m.maps_len; i++) {
		struct vmscope_translate t;
		int error = req_translate(
			fd, pid,
			map[i].start + round * 7919ULL * PAGE %
					       (map[i].end - map[i].start),
			&t);

		judge(tally, error, "TRANSLATE");
		if (error)
			continue;
		if (!t.levels_len || t.levels_len > VMSCOPE_LEVELS ||
		    t.state > VMSCOPE_STATE_NO_MAPPING ||
		    t.state == VMSCOPE_STATE_UNKNOWN)
			unsound(tally, "TRANSLATE", state_name(t.state));
		if (t.address < t.map_start || t.address >= t.map_end)
			unsound(tally, "TRANSLATE",
				"the mapping is another one");
		for (unsigned int l = 1; l < t.levels_len; l++)
			if ((t.levels[l - 1].entry & 0x000ffffffffff000ULL) !=
			    t.levels[l].table)
				unsound(tally, "TRANSLATE",
					"the chain of tables");
	}
}

/* For some seconds, and on a busy machine until there is something to tell. */
static bool enough(time_t start, const struct tally *tally)
{
	time_t passed = time(NULL) - start;
	bool idle = tally->answers <= 20;

	for (unsigned int i = 0; i < LIVES; i++)
		idle |= shared->rounds[i] < 2;
	return passed >= (idle ? SECONDS_MOST : SECONDS);
}

static void ask_all(int fd, const pid_t pid[LIVES], struct tally *tally)
{
	time_t start = time(NULL);

	for (unsigned int round = 0; !enough(start, tally); round++) {
		pid_t target = round % 8 == 7 ? shared->young :
						pid[round % LIVES];

		if (!target)
			continue;
		ask_summary(fd, target, tally);
		ask_maps(fd, target, tally);
		ask_translate(fd, target, tally, round);
	}
}

static void storm(int fd)
{
	struct tally *tally =
		mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid[LIVES], helper;
	unsigned int idle = 0, dead = 0;

	for (unsigned int i = 0; i < LIVES; i++) {
		fflush(stdout);
		pid[i] = fork();
		if (!pid[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			restless[i](&shared->rounds[i]);
		}
	}
	/* two that ask at the same time */
	helper = fork();
	if (!helper) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ask_all(fd, pid, &tally[1]);
		_exit(0);
	}
	ask_all(fd, pid, &tally[0]);
	waitpid(helper, NULL, 0);
	for (unsigned int i = 0; i < LIVES; i++) {
		idle += shared->rounds[i] < 2;
		dead += waitpid(pid[i], NULL, WNOHANG) != 0;
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
		tap_diag("target %u went through %u rounds", i,
			 shared->rounds[i]);
	}
	for (unsigned int i = 0; i < 2; i++) {
		tap_ok(tally[i].answers > 20,
		       "asker %u: %u answers, %u times the target was gone", i,
		       tally[i].answers, tally[i].gone);
		tap_eq(tally[i].strange, 0, "asker %u: no other error", i);
		tap_eq(tally[i].unsound, 0, "asker %u: every answer is sound",
		       i);
		tap_diag("layout the same %u, changed %u, unknown %u times",
			 tally[i].layouts[0], tally[i].layouts[1],
			 tally[i].layouts[2]);
	}
	tap_eq(dead, 0, "all targets live");
	tap_eq(idle, 0, "all targets went on meanwhile");
	tap_eq(shared->harm, 0, "what they have in memory is what they wrote");
}

/* A caller that is killed while it asks ends at once, and the device goes on. */
static void killed(int fd)
{
	static const struct recipe recipe = { .name = "sparse",
					      .setup = setup_sparse };
	struct vmscope_summary s;
	struct target target;
	unsigned int late = 0;

	if (target_start(&target, &recipe))
		tap_bail("%s", target.report.skip);
	for (int i = 0; i < 10; i++) {
		struct timespec from, to;
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (!pid)
			for (;;)
				req_summary(fd, target.pid, &s, NULL);
		usleep(20000 + i * 1000);
		clock_gettime(CLOCK_MONOTONIC, &from);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		clock_gettime(CLOCK_MONOTONIC, &to);
		late += to.tv_sec - from.tv_sec > 2;
	}
	tap_eq(late, 0, "a caller that is killed ends at once");
	tap_eq(req_summary(fd, target.pid, &s, NULL), 0,
	       "and the next is served");
	target_end(&target);
}

int main(int argc, char **argv)
{
	int fd, shared_fd;

	if (argc == 4 && !strcmp(argv[1], "exec")) {
		shared_fd = atoi(argv[2]);
		shared = mmap(NULL, PAGE, RW, MAP_SHARED, shared_fd, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		exec_again(&shared->rounds[atoi(argv[3])]);
	}
	fd = req_open();
	shared_fd = memfd_create("shared", 0);
	if (shared_fd < 0 || ftruncate(shared_fd, PAGE))
		tap_bail("memfd");
	shared = mmap(NULL, PAGE, RW, MAP_SHARED, shared_fd, 0);
	*(int *)(shared + 1) = shared_fd;
	quiet_machine();
	unchanged(fd);
	storm(fd);
	killed(fd);
	return tap_done();
}
