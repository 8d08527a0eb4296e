// SPDX-License-Identifier: GPL-2.0
/*
 * load: takes a known number of page faults of known causes at known addresses,
 * and tells, as JSON, how many the kernel counted for it and from when to when.
 * tests/cli/guest-record records it.
 *
 * load loop: takes faults until it is killed.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL

struct region {
	uintptr_t start;
	size_t pages;
};

static const struct region written = { 0x200000000, 256 };
static const struct region read_only = { 0x210000000, 128 };
static const struct region threaded = { 0x220000000, 32 };
static const struct region by_kernel = { 0x230000000, 16 };
static const size_t copied = 64; /* of those written, by a child */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void region_map(const struct region *region)
{
	size_t len = region->pages * PAGE;
	void *at = (void *)region->start;

	if (mmap(at, len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) != at)
		die("mmap");
	madvise(at, len, MADV_NOHUGEPAGE);
}

__attribute__((noinline)) static void pages_write(uintptr_t start, size_t pages)
{
	size_t i;

	for (i = 0; i < pages; i++)
		*(volatile char *)(start + i * PAGE) = 1;
}

__attribute__((noinline)) static int pages_read(uintptr_t start, size_t pages)
{
	int sum = 0;
	size_t i;

	for (i = 0; i < pages; i++)
		sum += *(volatile char *)(start + i * PAGE);
	return sum;
}

static void *thread_run(void *unused)
{
	(void)unused;
	pthread_setname_np(pthread_self(), "load-thread");
	pages_write(threaded.start, threaded.pages);
	return NULL;
}

static long faults_counted(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static unsigned long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void child_run(void)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (!child) {
		pages_write(written.start, copied);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void loop(void)
{
	for (;;) {
		pages_write(written.start, written.pages);
		madvise((void *)written.start, written.pages * PAGE,
			MADV_DONTNEED);
	}
}

int main(int argc, char **argv)
{
	int zero = open("/dev/zero", O_RDONLY);
	unsigned long long begin;
	unsigned long long end;
	pthread_t thread;
	long before;
	long after;

	region_map(&written);
	region_map(&read_only);
	region_map(&threaded);
	region_map(&by_kernel);
	if (argc > 1 && strcmp(argv[1], "loop") == 0)
		loop();
	/* What these take themselves is taken now. */
	before = faults_counted();
	begin = now_ns();
	after = faults_counted();
	end = now_ns();

	begin = now_ns();
	before = faults_counted();
	pages_write(written.start, written.pages);
	pages_read(read_only.start, read_only.pages);
	if (pthread_create(&thread, NULL, thread_run, NULL) ||
	    pthread_join(thread, NULL))
		die("pthread");
	if (read(zero, (void *)by_kernel.start, by_kernel.pages * PAGE) !=
	    (ssize_t)(by_kernel.pages * PAGE))
		die("read");
	child_run();
	after = faults_counted();
	end = now_ns();
	printf("{\"pid\":%d,\"begin_ns\":%llu,\"end_ns\":%llu,\"faults\":%ld,"
	       "\"regions\":["
	       "[\"user\",\"demand_zero\",%lu,%zu],[\"user\",\"zero_page\",%lu,%zu],"
	       "[\"user\",\"demand_zero\",%lu,%zu],[\"kernel\",\"demand_zero\",%lu,%zu]],"
	       "\"copied\":%zu}\n",
	       getpid(), begin, end, after - before, written.start,
	       written.pages, read_only.start, read_only.pages, threaded.start,
	       threaded.pages, by_kernel.start, by_kernel.pages, copied);
	return 7;
}
