// SPDX-License-Identifier: GPL-2.0
/* Targets that need a feature which a kernel or a machine may lack. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "req.h"
#include "target.h"
#include "witness.h"

#define RW (PROT_READ | PROT_WRITE)

/* newer than the headers of the build machine */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef MADV_HWPOISON
#define MADV_HWPOISON 100
#endif
#ifndef UFFD_FEATURE_WP_UNPOPULATED
#define UFFD_FEATURE_WP_UNPOPULATED (1 << 13)
#endif
#ifndef UFFD_FEATURE_WP_HUGETLBFS_SHMEM
#define UFFD_FEATURE_WP_HUGETLBFS_SHMEM (1 << 12)
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

#define KSM "/sys/kernel/mm/ksm/"

int setup_ksm(struct report *r)
{
	size_t len = 64 * PAGE, merged = 0;
	char *m = map_anon(len, RW, MAP_PRIVATE);
	double end = now() + 15;
	struct area *a;

	for (size_t i = 0; i < len; i += PAGE)
		memset(m + i, 0x5a, PAGE);
	if (madvise(m, len, MADV_MERGEABLE))
		return area_skip(r, "no KSM");
	write_text(KSM "pages_to_scan", "2000");
	write_text(KSM "sleep_millisecs", "20");
	write_text(KSM "run", "1");
	while (merged < len / PAGE && now() < end) {
		usleep(100000);
		merged = 0;
		for (size_t i = 0; i < len; i += PAGE)
			merged +=
				!!(page_flags(pagemap_self(m + i) & PM_FRAME) &
				   KPF_KSM);
	}
	write_text(KSM "run", "0");
	if (!merged)
		return area_skip(r, "KSM merged nothing in 15 seconds");
	a = area_add(r, "merged by KSM", m, len);
	a->state[VMSCOPE_STATE_PRESENT] = len;
	r->aux[0] = merged;
	return 0;
}

int setup_guard(struct report *r)
{
	size_t len = 4 * MIB;
	char *m = map_anon(len, RW, MAP_PRIVATE);
	struct area *a;

	touch(m, len / 2, PAGE, 1);
	if (madvise(m, 16 * PAGE, MADV_GUARD_INSTALL))
		return area_skip(r, "no guard regions: %s", strerror(errno));
	madvise(m + len - 16 * PAGE, 16 * PAGE, MADV_GUARD_INSTALL);
	a = area_add(r, "guard regions", m, len);
	a->state[VMSCOPE_STATE_PRESENT] = len / 2 - 16 * PAGE;
	a->state[VMSCOPE_STATE_GUARD] = 32 * PAGE;

	m = map_anon(len, PROT_READ, MAP_PRIVATE);
	if (!madvise(m, len, MADV_GUARD_INSTALL)) {
		a = area_add(r, "read-only guard region", m, len);
		a->state[VMSCOPE_STATE_GUARD] = len;
	}
	return 0;
}

/* Write protection over pages that are there, and markers where none are. */
int setup_uffd(struct report *r)
{
	size_t len = 2 * MIB;
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	char *anon = map_anon(len, RW, MAP_PRIVATE),
	     *shared = map_anon(len, RW, MAP_SHARED);
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP |
			    UFFD_FEATURE_WP_HUGETLBFS_SHMEM,
	};
	struct area *a;

	if (fd < 0)
		return area_skip(r, "no userfaultfd: %s", strerror(errno));
	if (ioctl(fd, UFFDIO_API, &api))
		return area_skip(
			r, "no userfaultfd write protection of shared memory");
	touch(anon, len, PAGE, 1);
	touch(shared, len / 2, PAGE, 1);
	for (int i = 0; i < 2; i++) {
		struct uffdio_register reg = {
			.range = { .start = (uintptr_t)(i ? shared : anon),
				   .len = len },
			.mode = UFFDIO_REGISTER_MODE_WP,
		};
		struct uffdio_writeprotect wp = {
			.range = reg.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP
		};

		if (ioctl(fd, UFFDIO_REGISTER, &reg) ||
		    ioctl(fd, UFFDIO_WRITEPROTECT, &wp))
			return area_skip(r, "userfaultfd refused: %s",
					 strerror(errno));
	}
	a = area_add(r, "write-protected pages", anon, len);
	a->state[VMSCOPE_STATE_PRESENT] = len;
	a = area_add(r, "write-protect markers", shared, len);
	a->state[VMSCOPE_STATE_PRESENT] = len / 2;
	a->state[VMSCOPE_STATE_UFFD_WP] = len / 2;
	r->aux[0] = 1;
	return 0;
}

#define SCHED "/sys/kernel/debug/sched/numa_balancing/"

int setup_numa(struct report *r)
{
	size_t len = 16 * MIB;
	unsigned long nodes = 3;
	char *m;
	double end;
	struct area *a;

	if (access("/sys/devices/system/node/node1", F_OK))
		return area_skip(r, "one NUMA node");
	if (write_text("/proc/sys/kernel/numa_balancing", "1"))
		return area_skip(r, "no NUMA balancing");
	write_text(SCHED "scan_delay_ms", "10");
	write_text(SCHED "scan_period_min_ms", "20");
	write_text(SCHED "scan_period_max_ms", "40");
	m = map_anon(len, RW, MAP_PRIVATE);
	syscall(SYS_mbind, m, len, MPOL_INTERLEAVE, &nodes, 3, 0);
	touch(m, len, PAGE, 1);
	syscall(SYS_mbind, m, len, MPOL_DEFAULT, NULL, 0, 0);
	/* the kernel marks pages while the process runs, and they stay so until touched */
	end = now() + 5;
	while (now() < end)
		for (volatile int i = 0; i < 1000000; i++)
			;
	write_text("/proc/sys/kernel/numa_balancing", "0");
	a = area_add(r, "sampled by NUMA balancing", m, len);
	a->exact = 0;
	r->aux[1] = 1;
	return 0;
}

int setup_device(struct report *r)
{
	size_t len = 16 * PAGE;
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	char *m = MAP_FAILED;
	struct area *a;

	if (fd >= 0)
		m = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0xf0000);
	if (m == MAP_FAILED)
		return area_skip(r, "cannot map /dev/mem: %s", strerror(errno));
	a = area_add(r, "firmware by /dev/mem", m, len);
	a->state[VMSCOPE_STATE_DEVICE] = len;
	a->kind = VMSCOPE_KIND_DEVICE;
	return 0;
}

static void on_bus_error(int signal)
{
	(void)signal;
}

int setup_poison(struct report *r)
{
	size_t len = 64 * PAGE;
	char *m = map_anon(len, RW, MAP_PRIVATE);
	struct area *a;

	/* the kernel tells whose page it was */
	signal(SIGBUS, on_bus_error);
	touch(m, len, PAGE, 1);
	if (madvise(m + 8 * PAGE, 2 * PAGE, MADV_HWPOISON))
		return area_skip(r, "no memory failure handling: %s",
				 strerror(errno));
	a = area_add(r, "poisoned", m, len);
	a->state[VMSCOPE_STATE_PRESENT] = len - 2 * PAGE;
	a->state[VMSCOPE_STATE_POISONED] = 2 * PAGE;
	return 0;
}

int setup_compat(struct report *r)
{
	const char *path = helper_path("compat32");
	char fd[16];

	snprintf(fd, sizeof(fd), "%d", report_fd);
	execl(path, path, fd, NULL);
	return area_skip(r, "no 32-bit programs here: %s", strerror(errno));
}
