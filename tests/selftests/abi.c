// SPDX-License-Identifier: GPL-2.0
/*
 * Wrong calls, each with its errno, and the rules by which structs grow; arrays are in
 * arrays.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <pthread.h>
#include <unistd.h>

#include <linux/vmscope_layout.h>
#include <linux/vmscope_tables.h>

#include "req.h"
#include "tap.h"
#include "target.h"
#include "witness.h"

/* every request begins with these */
struct head {
	uint32_t size, reserved;
	uint64_t flags;
	uint64_t target;
};

static const struct request {
	const char *name;
	unsigned long nr;
	size_t size;
	uint64_t flags; /* all that it knows */
	size_t first; /* size when it was first published, if that was less */
} requests[] = {
	{ "INFO", VMSCOPE_IOC_INFO, sizeof(struct vmscope_info), 0, 0 },
	{ "SUMMARY", VMSCOPE_IOC_SUMMARY, sizeof(struct vmscope_summary),
	  VMSCOPE_F_PIDFD | VMSCOPE_F_FOLIO | VMSCOPE_SUMMARY_F_COUNTERS, 408 },
	{ "MAPS", VMSCOPE_IOC_MAPS, sizeof(struct vmscope_maps),
	  VMSCOPE_F_PIDFD | VMSCOPE_F_FOLIO | VMSCOPE_MAPS_F_NO_SUMS, 128 },
	{ "TRANSLATE", VMSCOPE_IOC_TRANSLATE, sizeof(struct vmscope_translate),
	  VMSCOPE_F_PIDFD, 0 },
	{ "PAGES", VMSCOPE_IOC_PAGES, sizeof(struct vmscope_pages),
	  VMSCOPE_F_PIDFD | VMSCOPE_F_FOLIO | VMSCOPE_PAGES_F_EACH |
		  VMSCOPE_PAGES_F_FRAMES | VMSCOPE_PAGES_F_RAW,
	  152 },
	{ "TABLES", VMSCOPE_IOC_TABLES, sizeof(struct vmscope_tables),
	  VMSCOPE_F_PIDFD, 136 },
	{ "KERNEL", VMSCOPE_IOC_KERNEL, sizeof(struct vmscope_kernel),
	  VMSCOPE_F_PIDFD | VMSCOPE_KERNEL_F_USER_ROOT, 0 },
	{ "BORDERS", VMSCOPE_IOC_BORDERS, sizeof(struct vmscope_borders),
	  VMSCOPE_F_PIDFD, 0 },
};

static int fd;
static struct vmscope_map map_buffer[64];
static struct vmscope_page page_buffer[64];
static struct vmscope_map_tables tables_buffer[64];
static struct vmscope_kernel_run run_buffer[64];

/* A right request of this kind about this process, at @buffer. */
static void fill(const struct request *r, void *buffer)
{
	struct head *head = buffer;

	memset(buffer, 0, r->size);
	head->size = r->size;
	if (r->nr == VMSCOPE_IOC_MAPS) {
		struct vmscope_maps *maps = buffer;

		maps->end = VMSCOPE_RANGE_END;
		maps->maps = (uintptr_t)map_buffer;
		maps->maps_len = COUNT(map_buffer);
		maps->maps_size = sizeof(map_buffer[0]);
	}
	if (r->nr == VMSCOPE_IOC_PAGES) {
		struct vmscope_pages *pages = buffer;

		pages->end = VMSCOPE_RANGE_END;
		pages->pages = (uintptr_t)page_buffer;
		pages->pages_len = COUNT(page_buffer);
		pages->pages_size = sizeof(page_buffer[0]);
	}
	if (r->nr == VMSCOPE_IOC_TABLES) {
		struct vmscope_tables *tables = buffer;

		tables->end = VMSCOPE_RANGE_END;
		tables->maps = (uintptr_t)tables_buffer;
		tables->maps_len = COUNT(tables_buffer);
		tables->maps_size = sizeof(tables_buffer[0]);
	}
	if (r->nr == VMSCOPE_IOC_KERNEL) {
		struct vmscope_kernel *kernel = buffer;

		kernel->end = VMSCOPE_RANGE_END;
		kernel->runs = (uintptr_t)run_buffer;
		kernel->runs_len = COUNT(run_buffer);
		kernel->runs_size = sizeof(run_buffer[0]);
	}
	if (r->nr == VMSCOPE_IOC_TRANSLATE)
		((struct vmscope_translate *)buffer)->address =
			(uintptr_t)map_buffer;
}

static void sizes(const struct request *r)
{
	static const int delta[] = { -1, -4, -8 };
	char *area = calloc(1, 3 * PAGE);
	struct head *head = (struct head *)area;
	static const uint32_t none[] = { 0, 1, 4, 8, 16 };
	size_t first = r->first ? r->first : r->size;
	bool same = true;

	for (size_t i = 0; i < COUNT(none); i++) {
		fill(r, area);
		head->size = none[i];
		tap_eq(req_call(fd, r->nr, area), -EINVAL, "%s: size %u",
		       r->name, none[i]);
	}
	for (size_t i = 0; i < COUNT(delta); i++) {
		fill(r, area);
		head->size = first + delta[i];
		tap_eq(req_call(fd, r->nr, area), -EINVAL,
		       "%s: size %d below the first one", r->name, delta[i]);
	}
	/* a caller of before: served, and not written to beyond */
	fill(r, area);
	head->size = first;
	memset(area + first, 0x5a, 64);
	tap_eq(req_call(fd, r->nr, area), 0, "%s: the first size", r->name);
	for (size_t i = 0; i < 64; i++)
		same &= area[first + i] == 0x5a;
	/* larger, zero tail: served, and the tail left alone */
	for (size_t more = 8; more <= PAGE; more *= 8) {
		memset(area, 0, 3 * PAGE);
		fill(r, area);
		head->size = r->size + more > PAGE ? PAGE : r->size + more;
		memset(area + head->size, 0x5a, 64);
		tap_eq(req_call(fd, r->nr, area), 0, "%s: %zu zero bytes more",
		       r->name, more);
		for (size_t i = 0; i < 64; i++)
			same &= area[head->size + i] == 0x5a;
	}
	tap_ok(same, "%s: what lies behind the struct is not written", r->name);
	memset(area, 0, 3 * PAGE);
	fill(r, area);
	head->size = r->size + 8;
	area[r->size + 7] = 1;
	tap_eq(req_call(fd, r->nr, area), -E2BIG,
	       "%s: a byte that is not zero behind what the kernel knows",
	       r->name);
	fill(r, area);
	head->size = 0xffffffff;
	tap_eq(req_call(fd, r->nr, area), -E2BIG, "%s: a size of 4 GiB",
	       r->name);
	free(area);
}

static void fields(const struct request *r)
{
	char *area = calloc(1, 2 * PAGE);
	struct head *head = (struct head *)area;
	bool refused = true;

	fill(r, area);
	tap_eq(req_call(fd, r->nr, area), 0, "%s: a right call", r->name);
	for (unsigned int bit = 0; bit < 64; bit++) {
		fill(r, area);
		head->flags = 1ULL << bit;
		if (!(head->flags & r->flags) &&
		    req_call(fd, r->nr, area) != -EINVAL) {
			refused = false;
			tap_diag("bit %u is not refused", bit);
		}
	}
	tap_ok(refused, "%s: unknown flags", r->name);
	fill(r, area);
	head->reserved = 1;
	tap_eq(req_call(fd, r->nr, area), -EINVAL, "%s: reserved is not zero",
	       r->name);

	/* what the number says about the size does not count */
	fill(r, area);
	tap_eq(req_call(fd, _IOWR(VMSCOPE_IOC_MAGIC, _IOC_NR(r->nr), char[100]),
			area),
	       0, "%s: another size in the number", r->name);
	free(area);
}

static void pointers(const struct request *r)
{
	char *area = unmapped_after(1, PROT_READ | PROT_WRITE),
	     *edge = area + PAGE - r->size;
	static char right[PAGE];

	tap_eq(req_call(fd, r->nr, NULL), -EFAULT, "%s: no struct", r->name);
	tap_eq(req_call(fd, r->nr, (void *)0xffff888000000000), -EFAULT,
	       "%s: a struct in the kernel", r->name);
	tap_eq(req_call(fd, r->nr, (void *)(1ULL << 62)), -EFAULT,
	       "%s: a struct nowhere", r->name);
	tap_eq(req_call(fd, r->nr, area + PAGE), -EFAULT,
	       "%s: a struct that is not mapped", r->name);
	fill(r, right);
	memcpy(edge, right, r->size);
	tap_eq(req_call(fd, r->nr, edge), 0,
	       "%s: a struct at the very end of a mapping", r->name);
	memcpy(edge + 8, right, r->size - 8);
	tap_eq(req_call(fd, r->nr, edge + 8), -EFAULT,
	       "%s: a struct that ends in nowhere", r->name);
	/* odd addresses are no error on this machine */
	memcpy(area + 1, right, r->size);
	tap_eq(req_call(fd, r->nr, area + 1), 0,
	       "%s: a struct that is not aligned", r->name);
	memcpy(edge, right, r->size);
	mprotect(area, PAGE, PROT_READ);
	tap_eq(req_call(fd, r->nr, edge), -EFAULT,
	       "%s: a struct that cannot be written", r->name);
	munmap(area, PAGE);
}

static void same_words(const void *got, const void *want, size_t size,
		       const char *what)
{
	const uint64_t *g = got, *w = want;

	tap_ok(!memcmp(got, want, size), "%s", what);
	for (size_t i = 0; i < size / 8; i++)
		if (g[i] != w[i])
			tap_diag("at byte %zu: %#lx, want %#lx", i * 8, g[i],
				 w[i]);
}

/* Out fields that are full of garbage beforehand. */
static void garbage(void)
{
	struct vmscope_summary clean, s;
	struct vmscope_translate t, want;
	static struct vmscope_map map[1];
	struct vmscope_maps m = { .size = sizeof(m) };
	struct vmscope_info info, known;
	struct target target;
	static const struct recipe still = { .name = "still",
					     .setup = setup_zero };

	if (target_start(&target, &still))
		tap_bail("%s", target.report.skip);
	req_summary(fd, target.pid, &clean, NULL);
	memset(&s, 0xff, sizeof(s));
	s.size = sizeof(s);
	s.reserved = 0;
	s.flags = 0;
	s.target = target.pid;
	s.kinds = s.kinds_len = s.kinds_size = 0;
	s.entries_max = s.time_max = 0;
	s.folio_kinds = s.folio_kinds_size = s.nodes = s.nodes_len = 0;
	tap_eq(req_call(fd, VMSCOPE_IOC_SUMMARY, &s), 0,
	       "SUMMARY: into a struct full of garbage");
	s.walk = clean.walk;
	same_words(&s, &clean, sizeof(s),
		   "SUMMARY: gives the same as into a clean one");
	for (unsigned int i = 0; i < 3; i++) {
		uint64_t address[] = { target.report.area[0].start, 0,
				       1ULL << 62 };

		req_translate(fd, target.pid, address[i], &want);
		memset(&t, 0xff, sizeof(t));
		t.size = sizeof(t);
		t.reserved = 0;
		t.flags = 0;
		t.target = target.pid;
		t.address = address[i];
		tap_eq(req_call(fd, VMSCOPE_IOC_TRANSLATE, &t), 0,
		       "TRANSLATE: %#lx, into garbage", address[i]);
		same_words(&t, &want, sizeof(t),
			   "TRANSLATE: gives the same as into a clean struct");
	}

	memset(&m.pid, 0xff, sizeof(m) - offsetof(struct vmscope_maps, pid));
	m.folios = m.nodes = 0;
	m.target = target.pid;
	m.end = VMSCOPE_RANGE_END;
	m.maps = (uintptr_t)map;
	m.maps_len = 1;
	m.maps_size = sizeof(map[0]);
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &m), 0, "MAPS: into garbage");
	tap_ok(m.pid == (uint64_t)target.pid && m.cursor == map[0].end &&
		       m.walk.holds == 1 && m.walk.layout == 0 &&
		       m.walk.entries < 100000,
	       "MAPS: gives sound figures");
	target_end(&target);

	req_info(fd, &known);
	memset(&info, 0xff, sizeof(info));
	info.size = sizeof(info);
	info.reserved = 0;
	info.flags = 0;
	info.features = info.features_len = 0;
	tap_eq(req_call(fd, VMSCOPE_IOC_INFO, &info), 0, "INFO: into garbage");
	/* what lies behind the end of the version does not matter */
	strncpy((char *)info.module_version, (char *)known.module_version,
		sizeof(info.module_version));
	same_words(&info, &known, sizeof(info),
		   "INFO: gives the same as into a clean struct");
}

static void info_request(void)
{
	uint32_t features[VMSCOPE_FEATURES + 3];
	struct vmscope_info info = { .size = sizeof(info),
				     .features = (uintptr_t)features };
	bool sound = true;

	memset(features, 0xa5, sizeof(features));
	info.features_len = COUNT(features);
	tap_eq(req_call(fd, VMSCOPE_IOC_INFO, &info), 0,
	       "INFO: more room for features than there are");
	tap_eq(info.features_len, VMSCOPE_FEATURES,
	       "INFO: tells how many there are");
	for (unsigned int i = 0; i < VMSCOPE_FEATURES; i++)
		sound &= features[i] <= VMSCOPE_FEATURE_OFF_LOCKDOWN;
	tap_ok(sound, "INFO: all features have a known state");
	for (unsigned int i = VMSCOPE_FEATURES; i < COUNT(features); i++)
		sound &= features[i] == 0xa5a5a5a5;
	tap_ok(sound, "INFO: writes no more than there are");
	tap_eq(features[VMSCOPE_FEATURE_FIVE_LEVELS] == VMSCOPE_FEATURE_ON,
	       info.levels == 5,
	       "INFO: the feature of five levels and their number");
	tap_eq(features[VMSCOPE_FEATURE_FRAMES], VMSCOPE_FEATURE_ON,
	       "INFO: root sees frames");

	memset(features, 0xa5, sizeof(features));
	info.features_len = 2;
	tap_eq(req_call(fd, VMSCOPE_IOC_INFO, &info), 0,
	       "INFO: room for two features");
	tap_ok(info.features_len == 2 && features[1] != 0xa5a5a5a5 &&
		       features[2] == 0xa5a5a5a5,
	       "INFO: gives two");
	info.features = 8;
	tap_eq(req_call(fd, VMSCOPE_IOC_INFO, &info), -EFAULT,
	       "INFO: features nowhere");
	info.features = (uintptr_t)features;
	info.features_len = ~0ULL;
	tap_eq(req_call(fd, VMSCOPE_IOC_INFO, &info), 0,
	       "INFO: room without end");
	tap_eq(info.abi_version, VMSCOPE_ABI_VERSION, "INFO: ABI version");
	tap_eq(info.page_size, (uint64_t)sysconf(_SC_PAGESIZE),
	       "INFO: page size");
	tap_eq(info.entries_per_table, 512, "INFO: entries of a table");
	tap_ok(info.leaf_sizes[0] == PAGE && info.leaf_sizes[1] == 2 * MIB &&
		       (info.leaf_sizes[2] == GIB || !info.leaf_sizes[2]),
	       "INFO: leaf sizes");
	tap_ok(info.physical_bits >= 36 && info.physical_bits <= 52,
	       "INFO: %llu physical bits", info.physical_bits);
	tap_ok(info.hold_entries > 0 && info.hold_mappings > 0,
	       "INFO: bounds of a hold: %llu entries, %llu mappings",
	       info.hold_entries, info.hold_mappings);
	tap_ok(memchr(info.module_version, 0, sizeof(info.module_version)) &&
		       info.module_version[0],
	       "INFO: module version is %s", info.module_version);
}

static void numbers(void)
{
	static char argument[PAGE];
	static const unsigned long nr[] = {
		_IOWR(VMSCOPE_IOC_MAGIC, 0x7e, struct vmscope_info),
		_IOWR(VMSCOPE_IOC_MAGIC, 0xff, char[256]),
		_IOWR('f', 0, struct vmscope_info),
		_IO(VMSCOPE_IOC_MAGIC, 0),
		_IOR(VMSCOPE_IOC_MAGIC, 0, char[8]),
		_IOW(VMSCOPE_IOC_MAGIC, 1, char[8]),
		0,
		0x5401,
		~0U,
	};
	char byte;

	for (size_t i = 0; i < COUNT(nr); i++) {
		fill(&requests[0], argument);
		tap_eq(req_call(fd, nr[i], argument),
		       (unsigned long long)-ENOTTY, "request %#lx", nr[i]);
	}
	tap_ok(read(fd, &byte, 1) < 0 && errno == EINVAL, "read: %s",
	       strerror(errno));
	tap_ok(write(fd, &byte, 1) < 0 && errno == EINVAL, "write: %s",
	       strerror(errno));
	tap_ok(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED &&
		       errno == ENODATA,
	       "mmap without rings");
}

/* ------------------------------------------------------------------------------- targets */

static int by(uint64_t flags, uint64_t id, const struct request *r)
{
	static char argument[PAGE];
	struct head *head = (struct head *)argument;

	fill(r, argument);
	head->flags = flags;
	head->target = id;
	return req_call(fd, r->nr, argument);
}

static void all_by(uint64_t flags, uint64_t id, int error, const char *what)
{
	for (size_t i = 1; i < COUNT(requests); i++)
		tap_eq(by(flags, id, &requests[i]), (unsigned long long)error,
		       "%s: %s", requests[i].name, what);
}

static int pidfd(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

static pid_t sleeper(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

static void *thread(void *arg)
{
	*(volatile pid_t *)arg = syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

static void targets(void)
{
	pid_t child = sleeper();
	int child_fd = pidfd(child), closed,
	    other = open("/dev/null", O_RDONLY),
	    self = open("/proc/self", O_RDONLY);
	volatile pid_t tid = 0;
	struct vmscope_summary s;
	siginfo_t ended;
	pthread_t id;

	all_by(0, 0, 0, "0 is the caller itself");
	req_summary(fd, 0, &s, NULL);
	tap_eq(s.pid, getpid(), "SUMMARY: 0 gives the caller's number");
	all_by(0, getpid(), 0, "the caller by its number");
	all_by(0, child, 0, "a child");
	all_by(VMSCOPE_F_PIDFD, child_fd, 0, "a child by pidfd");
	pthread_create(&id, NULL, thread, (void *)&tid);
	while (!tid)
		usleep(1000);
	all_by(0, tid, 0, "a thread");
	req_summary(fd, tid, &s, NULL);
	tap_eq(s.pid, getpid(), "SUMMARY: a thread's process is what is shown");
	tap_eq(s.threads, 2, "SUMMARY: which has two threads");

	all_by(0, ~0ULL, -EINVAL, "pid -1");
	all_by(0, -4096ULL, -EINVAL, "pid -4096");
	all_by(0, 1ULL << 31, -EINVAL, "pid 2^31");
	all_by(0, (1ULL << 32) + getpid(), -EINVAL, "a pid with high bits");
	all_by(0, 1ULL << 40, -EINVAL, "pid 2^40");
	all_by(0, 4194303, -ESRCH, "a pid that nobody has");
	all_by(0, 2, -ENXIO, "a kernel thread");
	closed = dup(other);
	close(closed);
	all_by(VMSCOPE_F_PIDFD, closed, -EBADF, "a closed descriptor");
	all_by(VMSCOPE_F_PIDFD, other, -EBADF, "a descriptor of a file");
	all_by(VMSCOPE_F_PIDFD, fd, -EBADF, "a descriptor of the device");
	all_by(VMSCOPE_F_PIDFD, ~0ULL, -EBADF, "descriptor -1");
	all_by(VMSCOPE_F_PIDFD, (1ULL << 32) + child_fd, -EBADF,
	       "a descriptor with high bits");
	tap_diag("a folder in /proc as a pidfd: %d",
		 by(VMSCOPE_F_PIDFD, self, &requests[1]));

	kill(child, SIGKILL);
	waitid(P_PID, child, &ended, WEXITED | WNOWAIT);
	all_by(0, child, -ENODATA, "a zombie");
	all_by(VMSCOPE_F_PIDFD, child_fd, -ENODATA, "a zombie by pidfd");
	waitpid(child, NULL, 0);
	all_by(0, child, -ESRCH, "a process that is gone");
	all_by(VMSCOPE_F_PIDFD, child_fd, -ESRCH,
	       "a process that is gone by pidfd");
	close(child_fd);
	close(other);
	close(self);
}

int main(void)
{
	fd = req_open();
	for (size_t i = 0; i < COUNT(requests); i++) {
		sizes(&requests[i]);
		fields(&requests[i]);
		pointers(&requests[i]);
	}
	garbage();
	info_request();
	numbers();
	targets();
	return tap_done();
}
