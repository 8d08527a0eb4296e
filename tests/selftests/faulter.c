// SPDX-License-Identifier: GPL-2.0
/*
 * Takes a known number of page faults at a known place, to be traced:
 *
 *	faulter HOW PAGES [TIMES]
 *
 * The pages are at START, where nothing else is. Static and without the C
 * library's luxuries, so that little else faults.
 *
 *	write	the first write to each: demand-zero
 *	read	the first read of each: the zero page
 *	cow	a read and a write: the zero page, then a copy
 *	fork	a child writes what its parent wrote: a copy for each
 *	kernel	read(2) into each: the kernel faults
 *	gup	a parent reads a child's through /proc/PID/mem
 *	thread	a thread for each processor touches its own, TIMES over
 *	segv	an access where nothing is mapped: ends in SIGSEGV
 *	bus	an access beyond the end of a file: ends in SIGBUS
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define START ((unsigned char *)0x100000000000)
#define PAGE  4096UL
#define SPAN  (1UL << 32) /* from one thread's pages to the next one's */

static size_t pages;
static size_t times = 1;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static volatile unsigned char *map(size_t part)
{
	void *address =
		mmap(START + part * SPAN, pages * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (address == MAP_FAILED)
		die("mmap");
	madvise(address, pages * PAGE, MADV_NOHUGEPAGE);
	return address;
}

static void fill(volatile unsigned char *to)
{
	size_t i;

	for (i = 0; i < pages; i++)
		to[i * PAGE] = 1;
}

static void look(volatile unsigned char *from)
{
	size_t i;

	for (i = 0; i < pages; i++)
		(void)from[i * PAGE];
}

static void do_write(void)
{
	fill(map(0));
}

static void do_read(void)
{
	look(map(0));
}

static void do_cow(void)
{
	volatile unsigned char *memory = map(0);

	look(memory);
	fill(memory);
}

static void do_fork(void)
{
	volatile unsigned char *memory = map(0);
	pid_t child;

	fill(memory);
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		fill(memory);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void do_kernel(void)
{
	volatile unsigned char *memory = map(0);
	int fd = open("/dev/zero", O_RDONLY);
	size_t i;

	for (i = 0; i < pages; i++)
		if (read(fd, (void *)(memory + i * PAGE), 1) != 1)
			die("read");
}

static void do_gup(void)
{
	char path[64];
	char byte;
	int ready[2];
	pid_t child;
	size_t i;
	int fd;

	if (pipe(ready))
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		map(0);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	if (read(ready[0], &byte, 1) != 1)
		die("read");
	snprintf(path, sizeof(path), "/proc/%d/mem", child);
	fd = open(path, O_RDWR);
	if (fd < 0)
		die(path);
	for (i = 0; i < pages; i++)
		if (pwrite(fd, "x", 1, (off_t)(START + i * PAGE)) != 1)
			die("pwrite");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void *thread(void *arg)
{
	volatile unsigned char *memory = map((size_t)arg);
	size_t i;

	for (i = 0; i < times; i++) {
		fill(memory);
		madvise((void *)memory, pages * PAGE, MADV_DONTNEED);
	}
	return NULL;
}

static void do_thread(void)
{
	size_t len = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[64];
	size_t i;

	if (len > 64)
		len = 64;
	for (i = 0; i < len; i++)
		if (pthread_create(&threads[i], NULL, thread, (void *)i))
			die("pthread_create");
	for (i = 0; i < len; i++)
		pthread_join(threads[i], NULL);
}

static void do_segv(void)
{
	*(volatile unsigned char *)START = 1;
}

static void do_bus(void)
{
	int fd = memfd_create("bus", 0);
	void *address = mmap(START, pages * PAGE, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);

	if (address == MAP_FAILED)
		die("mmap");
	*(volatile unsigned char *)address = 1;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} ways[] = {
		{ "write", do_write },	 { "read", do_read },
		{ "cow", do_cow },	 { "fork", do_fork },
		{ "kernel", do_kernel }, { "gup", do_gup },
		{ "thread", do_thread }, { "segv", do_segv },
		{ "bus", do_bus },
	};
	size_t i;

	pages = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	if (argc > 3)
		times = strtoul(argv[3], NULL, 10);
	for (i = 0; pages && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, argv[1]) == 0) {
			ways[i].run();
			return 0;
		}
	}
	fprintf(stderr, "usage: faulter HOW PAGES [TIMES]\n");
	return 2;
}
