// SPDX-License-Identifier: GPL-2.0
/*
 * Each cause on purpose: a child per recipe takes a known number of faults, and
 * just so many must be counted under the cause that the recipe names. The sum
 * over all causes must be that of the kernel's software events, but for faults
 * by get_user_pages(), which those do not see.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "req.h"
#include "tap.h"
#include "tracer.h"

#define PAGES 64
#define HUGE  (2UL << 20)

static size_t page;
static sigjmp_buf after_signal;

static void caught(int signal)
{
	siglongjmp(after_signal, signal);
}

static char *map_anon(size_t bytes, int flags)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_ANONYMOUS | flags, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	madvise(memory, bytes, MADV_NOHUGEPAGE);
	return memory;
}

static int scratch_file(size_t bytes)
{
	char name[256];
	int fd;

	snprintf(name, sizeof(name), "%s/causes-XXXXXX",
		 getenv("VMSCOPE_DISK") ? getenv("VMSCOPE_DISK") : "/scratch");
	fd = mkstemp(name);
	if (fd < 0)
		return -1;
	unlink(name);
	for (size_t done = 0; done < bytes; done += page) {
		char block[4096] = "x";

		if (write(fd, block, page) != (ssize_t)page)
			return -1;
	}
	return fd;
}

static void read_all(char *memory)
{
	for (size_t i = 0; i < PAGES; i++)
		(void)*(volatile char *)(memory + i * page);
}

static void write_all(char *memory)
{
	for (size_t i = 0; i < PAGES; i++)
		*(volatile char *)(memory + i * page) = 2;
}

static void write_error(char *memory)
{
	int sink = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	if (read(sink, memory, page) >= 0)
		_exit(3);
}

static char *anon(void)
{
	return map_anon(PAGES * page, MAP_PRIVATE);
}

static char *anon_written(void)
{
	char *memory = anon();

	write_all(memory);
	return memory;
}

/* A child that keeps the pages shared until it is killed with its parent. */
static char *anon_shared_with_child(void)
{
	char *memory = anon_written();

	if (!fork()) {
		pause();
		_exit(0);
	}
	return memory;
}

static char *anon_left_by_child(void)
{
	char *memory = anon_written();
	pid_t child = fork();

	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	return memory;
}

static char *anon_clean(void)
{
	char *memory = anon_written();
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "4", 1) != 1)
		return NULL;
	close(fd);
	return memory;
}

static char *anon_swapped(void)
{
	char *memory = anon_written();

	if (madvise(memory, PAGES * page, 21 /* MADV_PAGEOUT */))
		return NULL;
	for (int i = 0; i < 50; i++) {
		int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
		uint64_t entry[PAGES];
		size_t out = 0;

		if (pread(fd, entry, sizeof(entry),
			  (uintptr_t)memory / page * 8) != sizeof(entry))
			return NULL;
		close(fd);
		for (size_t p = 0; p < PAGES; p++)
			out += entry[p] >> 62 & 1;
		if (out == PAGES)
			return memory;
		usleep(20000);
	}
	return NULL;
}

static char *map_file(int prot, int flags)
{
	int fd = scratch_file(PAGES * page);
	char *memory;

	if (fd < 0)
		return NULL;
	/* what was written is not in memory on every file system */
	memory = mmap(NULL, PAGES * page, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return NULL;
	read_all(memory);
	munmap(memory, PAGES * page);
	/* aligned, so that the kernel maps around each fault what it can */
	memory = mmap(NULL, 2 * PAGES * page, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memory = (char *)(((uintptr_t)memory + PAGES * page - 1) &
			  ~(PAGES * page - 1));
	memory = mmap(memory, PAGES * page, prot, flags | MAP_FIXED, fd, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static char *file_private(void)
{
	return map_file(PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

/* Without readahead around, and so without mapping around. */
static char *file_random(void)
{
	char *memory = map_file(PROT_READ, MAP_SHARED);

	if (memory)
		madvise(memory, PAGES * page, MADV_RANDOM);
	return memory;
}

static char *file_read_only(void)
{
	char *memory = map_file(PROT_READ | PROT_WRITE, MAP_SHARED);

	if (!memory)
		return NULL;
	msync(memory, PAGES * page, MS_SYNC);
	read_all(memory);
	return memory;
}

static char *file_short(void)
{
	int fd = scratch_file(page);
	char *memory = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd, 0);

	return fd < 0 || memory == MAP_FAILED ? NULL : memory + page;
}

static char *shmem(void)
{
	return map_anon(PAGES * page, MAP_SHARED);
}

static char *read_only(void)
{
	char *memory = anon_written();

	mprotect(memory, page, PROT_READ);
	return memory;
}

static char *unmapped(void)
{
	char *memory = anon();

	munmap(memory, PAGES * page);
	return memory;
}

static char *huge(void)
{
	char *memory = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memory = (char *)(((uintptr_t)memory + HUGE - 1) & ~(HUGE - 1));
	return madvise(memory, HUGE, MADV_HUGEPAGE) ? NULL : memory;
}

static char *hugetlb(void)
{
	char *memory = mmap(NULL, HUGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void write_one(char *memory)
{
	*(volatile char *)memory = 1;
}

static void touch_with_signal(char *memory)
{
	signal(SIGSEGV, caught);
	signal(SIGBUS, caught);
	if (!sigsetjmp(after_signal, 1))
		*(volatile char *)memory;
}

static void write_with_signal(char *memory)
{
	signal(SIGSEGV, caught);
	if (!sigsetjmp(after_signal, 1))
		*(volatile char *)memory = 1;
}

static void write_by_mem(char *memory)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < PAGES; i++)
		if (pwrite(fd, "x", 1, (uintptr_t)memory + i * page) != 1)
			_exit(3);
}

static void write_by_vm(char *memory)
{
	static char byte;
	struct iovec from = { &byte, 1 };

	for (size_t i = 0; i < PAGES; i++) {
		struct iovec to = { memory + i * page, 1 };

		if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) != 1)
			_exit(3);
	}
}

static void read_by_kernel(char *memory)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	for (size_t i = 0; i < PAGES; i++)
		if (read(fd, memory + i * page, 1) != 1)
			_exit(3);
}

static int watcher = -1;

static void *resolve(void *memory)
{
	static char zero[4096];

	for (size_t i = 0; i < PAGES; i++) {
		struct uffd_msg message;
		struct uffdio_copy copy = { .src = (uintptr_t)zero,
					    .len = page };

		if (read(watcher, &message, sizeof(message)) != sizeof(message))
			return NULL;
		copy.dst = message.arg.pagefault.address & ~(page - 1);
		ioctl(watcher, UFFDIO_COPY, &copy);
	}
	return memory;
}

static char *watched(void)
{
	char *memory = anon();
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)memory, PAGES * page },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	pthread_t thread;

	watcher = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (watcher < 0 || ioctl(watcher, UFFDIO_API, &api) ||
	    ioctl(watcher, UFFDIO_REGISTER, &reg) ||
	    pthread_create(&thread, NULL, resolve, memory))
		return NULL;
	return memory;
}

static const struct recipe {
	const char *name;
	char *(*prepare)(void);
	void (*act)(char *memory);
	uint64_t count;
	unsigned int cause;
	unsigned int origin;
} recipes[] = {
	{ "first writes", anon, write_all, PAGES, VMSCOPE_CAUSE_DEMAND_ZERO,
	  VMSCOPE_ORIGIN_USER },
	{ "first reads", anon, read_all, PAGES, VMSCOPE_CAUSE_ZERO_PAGE,
	  VMSCOPE_ORIGIN_USER },
	{ "first writes by the kernel", anon, read_by_kernel, PAGES,
	  VMSCOPE_CAUSE_DEMAND_ZERO, VMSCOPE_ORIGIN_KERNEL },
	{ "first writes by /proc/self/mem", anon, write_by_mem, PAGES,
	  VMSCOPE_CAUSE_DEMAND_ZERO, VMSCOPE_ORIGIN_GUP },
	{ "first writes by process_vm_writev", anon, write_by_vm, PAGES,
	  VMSCOPE_CAUSE_DEMAND_ZERO, VMSCOPE_ORIGIN_GUP },
	{ "writes to shared pages", anon_shared_with_child, write_all, PAGES,
	  VMSCOPE_CAUSE_COW_COPY, VMSCOPE_ORIGIN_USER },
	{ "writes to pages once shared", anon_left_by_child, write_all, PAGES,
	  VMSCOPE_CAUSE_COW_REUSE, VMSCOPE_ORIGIN_USER },
	{ "writes to soft-clean pages", anon_clean, write_all, PAGES,
	  VMSCOPE_CAUSE_UPKEEP, VMSCOPE_ORIGIN_USER },
	{ "swapped pages", anon_swapped, read_all, PAGES,
	  VMSCOPE_CAUSE_SWAP_MAJOR, VMSCOPE_ORIGIN_USER },
	{ "private writes to a file", file_private, write_all, PAGES,
	  VMSCOPE_CAUSE_COW_COPY, VMSCOPE_ORIGIN_USER },
	{ "pages of a file in memory", file_random, read_all, PAGES / 16,
	  VMSCOPE_CAUSE_FILE_MINOR, VMSCOPE_ORIGIN_USER },
	{ "first writes to shared pages of a file", file_read_only, write_all,
	  PAGES, VMSCOPE_CAUSE_WRITE_NOTIFY, VMSCOPE_ORIGIN_USER },
	{ "shared memory", shmem, write_all, PAGES, VMSCOPE_CAUSE_SHMEM,
	  VMSCOPE_ORIGIN_USER },
	{ "a huge page", huge, write_one, 1, VMSCOPE_CAUSE_HUGE_ZERO,
	  VMSCOPE_ORIGIN_USER },
	{ "a page of hugetlb", hugetlb, write_one, 1, VMSCOPE_CAUSE_HUGETLB,
	  VMSCOPE_ORIGIN_USER },
	{ "userfaultfd", watched, read_all, PAGES, VMSCOPE_CAUSE_USERFAULTFD,
	  VMSCOPE_ORIGIN_USER },
	{ "an access that the mapping forbids", read_only, write_with_signal, 1,
	  VMSCOPE_CAUSE_BAD_ACCESS, VMSCOPE_ORIGIN_USER },
	{ "an address without mapping", unmapped, touch_with_signal, 1,
	  VMSCOPE_CAUSE_BAD_ADDRESS, VMSCOPE_ORIGIN_USER },
	{ "the same by the kernel", unmapped, write_error, 0,
	  VMSCOPE_CAUSE_BAD_ADDRESS, VMSCOPE_ORIGIN_KERNEL },
	{ "beyond the end of a file", file_short, touch_with_signal, 1,
	  VMSCOPE_CAUSE_BUS_ERROR, VMSCOPE_ORIGIN_USER },
};

static void child_acts(const struct recipe *recipe, int in, int out)
{
	char *memory = recipe->prepare();
	char c = memory ? 'y' : 'n';

	if (write(out, &c, 1) != 1 || c == 'n' || read(in, &c, 1) != 1)
		_exit(2);
	recipe->act(memory);
	if (write(out, &c, 1) != 1 || read(in, &c, 1) != 1)
		_exit(2);
	_exit(0);
}

static void stop_child(pid_t child)
{
	kill(-child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void show(const struct tracer *tracer)
{
	for (unsigned int i = 0; i < VMSCOPE_CAUSES; i++)
		if (tracer->causes[i].count)
			tap_diag("  cause %u: %llu", i,
				 (unsigned long long)tracer->causes[i].count);
}

static void check(struct tracer *tracer, const struct recipe *recipe,
		  const uint64_t events[3])
{
	const struct vmscope_cause_sum *sum = &tracer->causes[recipe->cause];
	const struct vmscope_trace_totals *totals = &tracer->totals;
	bool good;

	/* how often the kernel tries is its own matter */
	if (!recipe->count)
		good = tap_ok(sum->origins[recipe->origin], "%s", recipe->name);
	else
		good = tap_eq(sum->origins[recipe->origin], recipe->count, "%s",
			      recipe->name);
	good &= tap_eq(totals->faults - totals->origins[VMSCOPE_ORIGIN_GUP],
		       events[0], "%s: faults as software events",
		       recipe->name);
	good &= tap_eq(totals->faults,
		       totals->minor + totals->major + totals->failed,
		       "%s: all are minor, major or failed", recipe->name);
	if (recipe->origin != VMSCOPE_ORIGIN_GUP)
		good &= tap_eq(totals->major, events[2],
			       "%s: major as software events", recipe->name);
	if (!good)
		show(tracer);
}

static void cook(const struct recipe *recipe)
{
	struct tracer tracer = {};
	struct faultcount events;
	uint64_t before[3], after[3];
	int to[2], from[2], fd = req_open();
	pid_t child;
	char c;

	if (pipe(to) || pipe(from))
		tap_bail("pipe: %s", strerror(errno));
	child = fork();
	if (!child) {
		setpgid(0, 0);
		child_acts(recipe, to[0], from[1]);
	}
	setpgid(child, child);
	close(from[1]);
	if (read(from[0], &c, 1) != 1 || c != 'y') {
		tap_skip(recipe->name, "cannot be prepared here");
		goto out;
	}
	if (tracer_set_up(&tracer, fd, 0) ||
	    tracer_target(&tracer, VMSCOPE_TARGET_THREAD, child, 0) ||
	    !faultcount_open(&events, child) ||
	    tracer_control(&tracer, VMSCOPE_TRACE_START))
		tap_bail("cannot trace");
	faultcount_read(&events, before);
	if (write(to[1], "x", 1) != 1 || read(from[0], &c, 1) != 1) {
		tap_ok(false, "%s: the child is gone", recipe->name);
		goto out;
	}
	faultcount_read(&events, after);
	for (int i = 0; i < 3; i++)
		after[i] -= before[i];
	if (tracer_control(&tracer, VMSCOPE_TRACE_STOP) ||
	    tracer_totals(&tracer))
		tap_bail("cannot stop");
	faultcount_close(&events);
	check(&tracer, recipe, after);
out:
	stop_child(child);
	close(to[0]);
	close(to[1]);
	close(from[0]);
	close(fd);
}

int main(void)
{
	page = sysconf(_SC_PAGESIZE);
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++)
		cook(&recipes[i]);
	return tap_done();
}
