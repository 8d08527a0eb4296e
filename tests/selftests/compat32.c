// SPDX-License-Identifier: GPL-2.0
/*
 * A 32-bit program without a C library, so that no 32-bit one is needed to build it: a
 * target of its own kind, and a caller of the device through the 32-bit ioctl entry.
 */
#include <asm/unistd_32.h>

#include "req.h"
#include "target.h"

static long call(long nr, long a, long b, long c, long d, long e, long f)
{
	struct {
		long nr, f;
	} both = { nr, f };
	long result;

	/* all six argument registers are taken, ebp by a saved value */
	__asm__ volatile(
		"push %%ebp\n\tmov 4(%%eax), %%ebp\n\tmov (%%eax), %%eax\n\tint $0x80\n\tpop %%ebp"
		: "=a"(result)
		: "0"(&both), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
		: "memory");
	return result;
}

#define CALL3(nr, a, b, c) call(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)

static struct report report;
static struct vmscope_summary summary;
static struct vmscope_translate translate;

static char *map(unsigned long len)
{
	/* private, anonymous, read and write */
	return (char *)call(__NR_mmap2, 0, len, 3, 0x22, -1, 0);
}

static void ask(char *address)
{
	long fd = CALL3(__NR_open, VMSCOPE_DEVICE, 2, 0);

	summary.size = sizeof(summary);
	report.aux[0] =
		fd < 0 ? fd :
			 CALL3(__NR_ioctl, fd, VMSCOPE_IOC_SUMMARY, &summary);
	report.aux[1] = summary.pid;
	translate.size = sizeof(translate);
	translate.address = (unsigned long)address;
	report.aux[2] = fd < 0 ? fd :
				 CALL3(__NR_ioctl, fd, VMSCOPE_IOC_TRANSLATE,
				       &translate);
	report.aux[3] = translate.state;
	if (fd >= 0)
		CALL3(__NR_close, fd, 0, 0);
}

__attribute__((used)) static void run(long *stack)
{
	const char *arg = stack[0] > 1 ? (const char *)stack[2] : "1";
	unsigned long len = 4 * MIB;
	char *m = map(len);
	struct area *a = &report.area[0];
	long fd = 0;

	while (*arg >= '0' && *arg <= '9')
		fd = fd * 10 + *arg++ - '0';
	/* not huge, half touched */
	CALL3(__NR_madvise, m, len, 15);
	for (unsigned long i = 0; i < len; i += 2 * PAGE)
		((volatile char *)m)[i] = 1;
	report.areas = 1;
	a->start = (unsigned long)m;
	a->end = a->start + len;
	a->kind = VMSCOPE_KIND_ANON;
	a->exact = 1;
	a->state[VMSCOPE_STATE_PRESENT] = len / 2;
	a->what[0] = 'm';
	ask(m);
	CALL3(__NR_write, fd, &report, sizeof(report));
	CALL3(__NR_close, fd, 0, 0);
	CALL3(__NR_kill, CALL3(__NR_getpid, 0, 0, 0), 19, 0);
	for (;;)
		CALL3(__NR_pause, 0, 0, 0);
}

__asm__(".globl _start\n_start:\n\tmov %esp, %eax\n\tand $-16, %esp\n\tsub $12, %esp\n\tpush %eax\n\tcall run");
