// SPDX-License-Identifier: GPL-2.0
/*
 * A caller that lies: requests put together at random from values that are
 * likely to hurt. Each must end with an errno that the contract names, and
 * write nothing beyond what it was given. The kernel's console, which the test
 * VM watches, tells the rest.
 *
 * The seed is constant, so that a failure repeats; VMSCOPE_FUZZ_SEED and
 * VMSCOPE_FUZZ_CALLS choose others.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vmscope_processes.h>
#include <linux/vmscope_layout.h>
#include <linux/vmscope_tables.h>

#include "req.h"
#include "tap.h"

static uint64_t random_state;

static uint64_t random_next(void)
{
	/* xorshift64*: Vigna, "An experimental exploration" */
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 2685821657736338717ULL;
}

static size_t random_below(size_t limit)
{
	return random_next() % limit;
}

/* Memory with an edge: two pages, and nothing behind them. */
static char *edge_map(int prot)
{
	char *p =
		mmap(NULL, 3 * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || munmap(p + 2 * PAGE, PAGE))
		tap_bail("no memory");
	return p;
}

static struct {
	char *writable;
	char *readonly;
	int pidfd;
	pid_t child;
	pid_t zombie;
} world;

static uint64_t random_value(void)
{
	const uint64_t values[] = {
		0,
		1,
		2,
		8,
		4095,
		4096,
		4097,
		PAGE * 512,
		0x7fffffffULL,
		0x80000000ULL,
		0xffffffffULL,
		0x100000000ULL,
		0x7ffffffff000ULL,
		0x800000000000ULL,
		0xffff800000000000ULL,
		0xffffffff81000000ULL,
		0x7fffffffffffffffULL,
		0x8000000000000000ULL,
		~0ULL - 4095,
		~0ULL,
		(uintptr_t)world.writable,
		(uintptr_t)world.writable + 2 * PAGE - 16,
		(uintptr_t)world.writable + 2 * PAGE,
		(uintptr_t)world.writable + 3,
		(uintptr_t)world.readonly,
		world.pidfd,
		world.child,
		world.zombie,
		sizeof(struct vmscope_map),
		sizeof(struct vmscope_sums),
		sizeof(struct vmscope_map) - 1,
		sizeof(struct vmscope_sums) + 8,
		sizeof(struct vmscope_page),
		sizeof(struct vmscope_page) + 8,
		sizeof(struct vmscope_map_tables),
		sizeof(struct vmscope_process),
		sizeof(struct vmscope_folio_sums),
		VMSCOPE_F_FOLIO,
	};

	if (random_below(16) == 0)
		return random_next() >> random_below(64);
	return values[random_below(COUNT(values))];
}

static const struct {
	const char *name;
	unsigned long nr;
	size_t size;
} requests[] = {
	{ "INFO", VMSCOPE_IOC_INFO, sizeof(struct vmscope_info) },
	{ "SUMMARY", VMSCOPE_IOC_SUMMARY, sizeof(struct vmscope_summary) },
	{ "MAPS", VMSCOPE_IOC_MAPS, sizeof(struct vmscope_maps) },
	{ "TRANSLATE", VMSCOPE_IOC_TRANSLATE,
	  sizeof(struct vmscope_translate) },
	{ "PAGES", VMSCOPE_IOC_PAGES, sizeof(struct vmscope_pages) },
	{ "TABLES", VMSCOPE_IOC_TABLES, sizeof(struct vmscope_tables) },
	{ "PS", VMSCOPE_IOC_PS, sizeof(struct vmscope_ps) },
	{ "KERNEL", VMSCOPE_IOC_KERNEL, sizeof(struct vmscope_kernel) },
	{ "BORDERS", VMSCOPE_IOC_BORDERS, sizeof(struct vmscope_borders) },
};

static bool is_documented(int error)
{
	const int documented[] = { 0,	      EINVAL, E2BIG,  EFAULT,
				   ESRCH,     EBADF,  EACCES, ENXIO,
				   ENODATA,   EAGAIN, EPERM,  ENAMETOOLONG,
				   EOPNOTSUPP };

	for (size_t i = 0; i < COUNT(documented); i++)
		if (error == documented[i])
			return true;
	return false;
}

static uint64_t random_mask(void)
{
	switch (random_below(4)) {
	case 0:
		return random_next() & VMSCOPE_PAGES_ALL;
	case 1:
		return VMSCOPE_PAGES_STATE(random_below(14));
	case 2:
		return 1ULL << random_below(64);
	default:
		return 0;
	}
}

/* The buffer is often too small for all there is, and the start is anywhere. */
static void make_pages(struct vmscope_pages *pages)
{
	*pages = (struct vmscope_pages){
		.start = random_below(2) ? 0 : random_next() >> 17 & -PAGE,
		.end = random_below(4) ? VMSCOPE_RANGE_END :
					 (uintptr_t)world.writable + PAGE,
		.all_of = random_mask(),
		.any_of = random_mask(),
		.none_of = random_mask(),
		.returned = random_mask(),
		.pages = (uintptr_t)world.writable + PAGE,
		.pages_len = 1 + random_below(51),
		.pages_size = sizeof(struct vmscope_page),
	};
}

static void make_kernel(struct vmscope_kernel *kernel)
{
	*kernel = (struct vmscope_kernel){
		.start = random_below(4) ? 0 : random_value(),
		.end = random_below(4) ? VMSCOPE_RANGE_END : random_value(),
	};
	if (random_below(2)) {
		kernel->regions = (uintptr_t)world.writable + PAGE;
		kernel->regions_len = random_below(23);
		kernel->regions_size = sizeof(struct vmscope_kernel_region);
	} else {
		kernel->runs = (uintptr_t)world.writable + PAGE;
		kernel->runs_len = 1 + random_below(85);
		kernel->runs_size = sizeof(struct vmscope_kernel_run);
	}
}

/* Mostly right, so that it gets past the first checks. */
static size_t make_request(char *at, size_t request)
{
	uint64_t *fields = (uint64_t *)at;
	size_t size = requests[request].size;
	uint32_t claimed = size;

	memset(at, 0, size);
	if (requests[request].nr == VMSCOPE_IOC_MAPS && random_below(4)) {
		struct vmscope_maps maps = {
			.end = VMSCOPE_RANGE_END,
			.maps = (uintptr_t)world.writable + PAGE,
			.maps_len = 1 + random_below(14),
			.maps_size = sizeof(struct vmscope_map),
			.names = random_below(2) ? 0 :
						   (uintptr_t)world.writable,
			.names_len = random_below(1024),
		};

		memcpy(at, &maps, sizeof(maps));
	}
	if (requests[request].nr == VMSCOPE_IOC_PS && random_below(4)) {
		struct vmscope_ps ps = {
			.uid = random_below(2) ? 0 : random_value(),
			.cgroup = random_below(8),
			.start = random_below(300),
			.processes = (uintptr_t)world.writable + PAGE,
			.processes_len = 1 + random_below(10),
			.processes_size = sizeof(struct vmscope_process),
		};

		memcpy(at, &ps, sizeof(ps));
	}
	if (requests[request].nr == VMSCOPE_IOC_TABLES && random_below(4)) {
		struct vmscope_tables tables = {
			.end = VMSCOPE_RANGE_END,
			.maps = (uintptr_t)world.writable + PAGE,
			.maps_len = 1 + random_below(6),
			.maps_size = sizeof(struct vmscope_map_tables),
			.names = random_below(2) ? 0 :
						   (uintptr_t)world.writable,
			.names_len = random_below(1024),
		};

		memcpy(at, &tables, sizeof(tables));
	}
	if (requests[request].nr == VMSCOPE_IOC_PAGES && random_below(4))
		make_pages((struct vmscope_pages *)at);
	if (requests[request].nr == VMSCOPE_IOC_KERNEL && random_below(4))
		make_kernel((struct vmscope_kernel *)at);
	for (size_t i = 1; i < size / sizeof(*fields); i++)
		if (random_below(6) == 0)
			fields[i] = random_value();
	/* flags, target */
	if (random_below(8))
		fields[1] = random_below(4) ? 0 : VMSCOPE_F_PIDFD;
	if (requests[request].nr == VMSCOPE_IOC_PAGES && random_below(8))
		fields[1] = random_below(16);
	if (random_below(4))
		fields[2] = random_below(2) ? 0 : (uint64_t)world.child;
	if (requests[request].nr == VMSCOPE_IOC_PS && random_below(8))
		fields[1] = random_below(8) & ~1;
	if (random_below(8) == 0)
		claimed = random_below(2) ? size + random_below(64) :
					    random_value();
	memcpy(at, &claimed, sizeof(claimed));
	return size;
}

static void fuzz(int fd, const char *who, unsigned int calls)
{
	unsigned int undocumented = 0, spilt = 0;
	unsigned int by_request[COUNT(requests)] = { 0 };
	const size_t guard = 256;

	for (unsigned int n = 0; n < calls; n++) {
		size_t request = random_below(COUNT(requests));
		size_t size = requests[request].size;
		char *at = world.writable + PAGE - size - guard;
		bool sound;
		int error;

		make_request(at, request);
		memset(at + size, 0, guard);
		sound = *(uint32_t *)at <= size;
		if (sound)
			memset(at + size, 0x5a, guard);
		/* sometimes one that lies across the edge, or nowhere */
		if (random_below(32) == 0) {
			error = ioctl(fd, requests[request].nr,
				      random_value()) ?
					errno :
					0;
			if (error == EFAULT)
				error = 0;
		} else {
			error = ioctl(fd, requests[request].nr, at) ? errno : 0;
			by_request[request] += !error;
			/* an array may have been told to lie there */
			if (sound && request == 3 && at[size] != 0x5a)
				spilt++;
		}
		if (!is_documented(error)) {
			undocumented++;
			tap_diag("%s: undocumented errno %d",
				 requests[request].name, error);
		}
	}
	for (size_t i = 0; i < COUNT(requests); i++)
		tap_ok(by_request[i] > 0, "%s: %u random %s requests succeeded",
		       who, by_request[i], requests[i].name);
	tap_eq(spilt, 0, "%s: no reply is longer than its struct", who);
	tap_eq(undocumented, 0, "%s: %u calls end as the contract says", who,
	       calls);
}

static void fuzz_query(unsigned int calls)
{
	static const char *const texts[] = {
		"1\n",
		"0",
		"-1",
		"x",
		"",
		"\n",
		"99999999999999999999999",
		"4000000",
		" 1 ",
		"1\0"
		"2",
		"0x1",
		"1 1",
		"1 maps",
		"1 pages 0-7fffffffffff",
		"0 tables 0x1000-",
		"1 layout",
		"0 pages -1-2",
		"\xff\xfe",
	};
	int fd = open("/proc/vmscope/query", O_RDWR);
	unsigned int bad = 0;

	for (unsigned int n = 0; fd >= 0 && n < calls; n++) {
		const char *text = texts[random_below(COUNT(texts))];
		size_t len = random_below(2) ? strlen(text) : random_below(64);
		char buffer[64] = { 0 };
		ssize_t got;

		strncpy(buffer, text, sizeof(buffer) - 1);
		got = random_below(8) ? write(fd, buffer, len) :
					write(fd, (void *)random_value(), len);
		bad += got < 0 && !is_documented(errno);
		got = random_below(4) ?
			      read(fd, world.writable, random_below(PAGE)) :
			      pread(fd, world.writable, random_below(PAGE),
				    random_value() >> 1);
		bad += got < 0 && !is_documented(errno);
	}
	tap_ok(fd >= 0 && !bad, "query: %u random writes and reads", calls);
	close(fd);
}

static pid_t start_child(bool lives)
{
	pid_t pid = fork();

	if (!pid) {
		while (lives)
			pause();
		_exit(0);
	}
	if (!lives) {
		siginfo_t info;

		waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	}
	return pid;
}

static unsigned int number_from(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

int main(void)
{
	unsigned int calls = number_from("VMSCOPE_FUZZ_CALLS", 20000);
	int fd = req_open();
	pid_t user;
	int status;

	random_state = number_from("VMSCOPE_FUZZ_SEED", 20261122) | 1;
	world.writable = edge_map(PROT_READ | PROT_WRITE);
	world.readonly = edge_map(PROT_READ);
	world.child = start_child(true);
	world.zombie = start_child(false);
	world.pidfd = syscall(SYS_pidfd_open, world.child, 0);

	fuzz(fd, "root", calls);
	fuzz_query(calls / 10);

	user = fork();
	if (!user) {
		/* through a descriptor that root opened */
		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(2);
		for (unsigned int n = 0; n < calls; n++) {
			size_t request = random_below(COUNT(requests));
			char *at = world.writable;

			make_request(at, request);
			if (ioctl(fd, requests[request].nr, at) &&
			    !is_documented(errno))
				_exit(1);
		}
		_exit(0);
	}
	tap_ok(user > 0 && waitpid(user, &status, 0) == user && !status,
	       "a user: %u calls end as the contract says", calls);
	kill(world.child, SIGKILL);
	return tap_done();
}
