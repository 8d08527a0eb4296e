// SPDX-License-Identifier: GPL-2.0
/*
 * What failed, why, and what to do about it.
 */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "device.h"
#include "vmscope.h"

#define ANY_REQUEST (~0UL)

struct explanation {
	unsigned long request;
	int error;
	const char *text;
};

/* The first that fits is taken, so the special ones stand first. */
static const struct explanation explanations[] = {
	{ VMSCOPE_REQUEST_OPEN, ENOENT,
	  "the vmscope module is not loaded; type: sudo modprobe vmscope" },
	{ VMSCOPE_REQUEST_OPEN, ENODEV,
	  "the device node is there, its driver is not; type: sudo modprobe vmscope" },
	{ VMSCOPE_REQUEST_OPEN, ENXIO,
	  "the device node is there, its driver is not; type: sudo modprobe vmscope" },
	{ VMSCOPE_REQUEST_OPEN, EACCES,
	  "no permission to open the device; use sudo, or join the group that owns it (ls -l " VMSCOPE_DEVICE_PATH
	  ")" },
	{ VMSCOPE_REQUEST_OPEN, EPERM,
	  "opening the device is forbidden here (container, sandbox?); run it outside as root" },
	{ VMSCOPE_IOC_TRANSLATE, EPERM,
	  "addresses in the kernel half are shown only with CAP_SYS_ADMIN; use sudo" },
	{ VMSCOPE_IOC_TRANSLATE, EACCES,
	  "no permission to look at this process, or the kernel half of a locked-down kernel; use sudo, or name one of your own" },
	{ VMSCOPE_IOC_KERNEL, EPERM,
	  "addresses in the kernel half are shown only with CAP_SYS_ADMIN; use sudo, or ask for regions without addresses" },
	{ VMSCOPE_IOC_KERNEL, EACCES,
	  "no permission to look at this process, or at addresses in the kernel half of a locked-down kernel; use sudo, or name one of your own" },
	{ VMSCOPE_IOC_KERNEL, EAGAIN,
	  "the kernel half kept changing; try again" },
	{ VMSCOPE_IOC_KERNEL, EOPNOTSUPP,
	  "user mode runs with the kernel's own page tables here (no KPTI); look at those" },
	{ VMSCOPE_IOC_TRANSLATE, EAGAIN,
	  "what was looked at kept changing; try again" },
	{ VMSCOPE_IOC_MAPS, ENAMETOOLONG,
	  "the name of a mapping does not fit the buffer; give one of 4096 bytes" },
	{ VMSCOPE_IOC_TABLES, ENAMETOOLONG,
	  "the name of a mapping does not fit the buffer; give one of 4096 bytes" },
	{ VMSCOPE_IOC_TRACE, EINVAL,
	  "the module refuses an argument; check the range, and the size of the buffers (a power of two, not too small)" },
	{ VMSCOPE_IOC_TRACE, ENOMEM,
	  "the kernel has no memory for buffers of this size; choose smaller ones" },
	{ VMSCOPE_IOC_TRACE, EBUSY,
	  "it traces already; stop that first, or open the device again" },
	{ VMSCOPE_IOC_TRACE, EOPNOTSUPP,
	  "this kernel lacks the hooks that see page faults; 'vmscope info' tells which" },
	{ VMSCOPE_IOC_TRACE_TARGET, EPERM,
	  "cgroups, users and the whole machine are traced only with CAP_SYS_ADMIN, or CAP_PERFMON and CAP_SYS_PTRACE; use sudo" },
	{ VMSCOPE_IOC_TRACE_TARGET, ENOSPC,
	  "too many targets; name fewer, or a cgroup that has them all" },
	{ VMSCOPE_IOC_TRACE_CONTROL, EALREADY,
	  "it is started, or stopped, already" },
	{ VMSCOPE_IOC_TRACE_CONTROL, EOPNOTSUPP,
	  "this kernel lacks the hooks that see page faults; 'vmscope info' tells which" },
	{ VMSCOPE_IOC_TRACE_CONTROL, EIO,
	  "the hooks are in place, but do not fire; are probes switched off? See 'sysctl kernel.ftrace_enabled' and /sys/kernel/debug/kprobes/enabled, both must be 1" },
	{ VMSCOPE_IOC_TRACE_CONTROL, ENODATA,
	  "nothing was set up to be traced; this is a bug of the calling program" },
	{ VMSCOPE_IOC_TRACE_TOTALS, ENODATA,
	  "nothing was set up to be traced; this is a bug of the calling program" },
	{ VMSCOPE_IOC_PS, EBADF,
	  "not a directory of the cgroup v2 hierarchy; 'mount -t cgroup2' tells where that is" },
	{ VMSCOPE_IOC_PS, EOPNOTSUPP,
	  "this kernel was built without cgroups; leave the cgroup out" },
	{ ANY_REQUEST, ESRCH,
	  "no such process; 'ps -e' lists those that can be named" },
	{ ANY_REQUEST, EBADF, "not a pidfd; get one from pidfd_open(2)" },
	{ ANY_REQUEST, EACCES,
	  "no permission to look at this process; use sudo, or name one of your own" },
	{ ANY_REQUEST, ENXIO,
	  "a kernel thread, which has no user address space; name a user process" },
	{ ANY_REQUEST, ENODATA,
	  "a zombie or just exiting, its address space is gone; name a live process" },
	{ ANY_REQUEST, EAGAIN,
	  "the process kept replacing its address space by exec; try again" },
	{ ANY_REQUEST, EINTR, "interrupted by a signal; try again" },
	{ ANY_REQUEST, ENFILE,
	  "the system has no file to open any more; close some (fs.file-max) and try again" },
	{ ANY_REQUEST, ENOMEM,
	  "the kernel has no memory for the request; free some and try again" },
	{ ANY_REQUEST, ENOTTY,
	  "the loaded module does not know this request, it is older than this program; load the module of version " VMSCOPE_VERSION
	  " or later" },
	{ ANY_REQUEST, E2BIG,
	  "the loaded module is older than this program and does not know all of the request; load the module of version " VMSCOPE_VERSION
	  " or later" },
	{ ANY_REQUEST, EINVAL,
	  "the module refuses an argument; check addresses, range and pid" },
	{ ANY_REQUEST, EFAULT,
	  "a buffer of the caller cannot be accessed; this is a bug of the calling program" },
	{ ANY_REQUEST, EDQUOT,
	  "not looked at any more, the budget is used up; set a larger one" },
	{ ANY_REQUEST, EPROTO,
	  "the module's reply contradicts itself; please report this as a bug" },
};

static const char *explanation_find(int error, unsigned long request)
{
	size_t i;

	if (request == VMSCOPE_REQUEST_OPEN && error == ENOENT &&
	    vmscope_device_loaded())
		return "the module is loaded, the device node is missing; type: sudo udevadm trigger --name-match=" VMSCOPE_DEVICE_NAME;

	for (i = 0; i < sizeof(explanations) / sizeof(explanations[0]); i++) {
		const struct explanation *e = &explanations[i];

		if (e->error == error && (e->request == request ||
					  (e->request == ANY_REQUEST &&
					   request != VMSCOPE_REQUEST_OPEN)))
			return e->text;
	}
	return NULL;
}

static void thing_print(char *buf, size_t size, unsigned long request,
			const struct vmscope_target *target)
{
	if (request == VMSCOPE_REQUEST_OPEN || !target)
		snprintf(buf, size, "%s", VMSCOPE_DEVICE_PATH);
	else if (target->flags & VMSCOPE_F_PIDFD)
		snprintf(buf, size, "pidfd %" PRIu64, target->id);
	else if (!target->id)
		snprintf(buf, size, "this process");
	else
		snprintf(buf, size, "process %" PRIu64, target->id);
}

char *vmscope_strerror(int error, unsigned long request,
		       const struct vmscope_target *target, char *buf,
		       size_t size)
{
	const char *text;
	char thing[64];
	char other[128];
	locale_t locale;

	error = abs(error);
	thing_print(thing, sizeof(thing), request, target);
	text = explanation_find(error, request);
	if (!text) {
		/* Unlike strerror(), safe to use from any thread. */
		locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
		snprintf(other, sizeof(other), "%s",
			 locale ? strerror_l(error, locale) : "error");
		if (locale)
			freelocale(locale);
		text = other;
	}
	snprintf(buf, size, "%s: %s", thing, text);
	return buf;
}
