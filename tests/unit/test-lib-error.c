// SPDX-License-Identifier: GPL-2.0
/* sources: ../../tools/lib/error.c */
/*
 * Every documented error has a message that names the thing, the reason and a
 * way out.
 */
#include <errno.h>
#include <string.h>

#include "device.h"
#include "unit.h"
#include "vmscope.h"

static bool loaded;

bool vmscope_device_loaded(void)
{
	return loaded;
}

static const struct {
	unsigned long request;
	const char *name;
	int errors[16];
} requests[] = {
	{ VMSCOPE_REQUEST_OPEN,
	  "open",
	  { ENOENT, ENODEV, ENXIO, EACCES, EPERM } },
	{ VMSCOPE_IOC_INFO, "INFO", { EINVAL, E2BIG, EFAULT, ENOTTY } },
	{ VMSCOPE_IOC_SUMMARY,
	  "SUMMARY",
	  { EINVAL, E2BIG, EFAULT, ESRCH, EBADF, EACCES, ENXIO, ENODATA, EAGAIN,
	    EINTR, ENOMEM, ENOTTY } },
	{ VMSCOPE_IOC_MAPS,
	  "MAPS",
	  { EINVAL, E2BIG, EFAULT, ESRCH, EBADF, EACCES, ENXIO, ENODATA, EAGAIN,
	    EINTR, ENOMEM, ENOTTY, ENAMETOOLONG } },
	{ VMSCOPE_IOC_TRANSLATE,
	  "TRANSLATE",
	  { EINVAL, E2BIG, EFAULT, ESRCH, EBADF, EACCES, ENXIO, ENODATA, EAGAIN,
	    EINTR, ENOMEM, ENOTTY, EPERM } },
};

static void documented_test(void)
{
	struct vmscope_target target = vmscope_target_pid(42);
	char buf[256];
	size_t i;
	size_t j;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		for (j = 0; requests[i].errors[j]; j++) {
			int error = requests[i].errors[j];
			const char *thing =
				requests[i].request == VMSCOPE_REQUEST_OPEN ?
					"/dev/vmscope: " :
					"process 42: ";

			vmscope_strerror(-error, requests[i].request, &target,
					 buf, sizeof(buf));
			unit_ok(!strncmp(buf, thing, strlen(thing)) &&
					strstr(buf, "; ") &&
					strlen(buf) + 1 < sizeof(buf),
				"%s, %s: %s", requests[i].name,
				strerrorname_np(error), buf);
		}
	}
}

static void thing_test(void)
{
	struct vmscope_target pidfd = vmscope_target_pidfd(5);
	struct vmscope_target self = vmscope_target_pid(0);
	char buf[256];
	char small[8];

	vmscope_strerror(EBADF, VMSCOPE_IOC_SUMMARY, &pidfd, buf, sizeof(buf));
	unit_ok(!strncmp(buf, "pidfd 5: ", 9), "%s", buf);
	vmscope_strerror(ENOMEM, VMSCOPE_IOC_SUMMARY, &self, buf, sizeof(buf));
	unit_ok(!strncmp(buf, "this process: ", 14), "%s", buf);
	vmscope_strerror(ENOTTY, VMSCOPE_IOC_INFO, NULL, buf, sizeof(buf));
	unit_ok(!strncmp(buf, "/dev/vmscope: ", 14), "%s", buf);
	vmscope_strerror(-EMFILE, VMSCOPE_REQUEST_OPEN, NULL, buf, sizeof(buf));
	unit_ok(strstr(buf, "Too many open files") != NULL, "%s", buf);
	vmscope_strerror(ENOTTY, VMSCOPE_IOC_INFO, NULL, small, sizeof(small));
	unit_ok(!strcmp(small, "/dev/vm"), "a small buffer is not overrun");

	vmscope_strerror(ENOENT, VMSCOPE_REQUEST_OPEN, NULL, buf, sizeof(buf));
	unit_ok(strstr(buf, "sudo modprobe vmscope") != NULL, "%s", buf);
	loaded = true;
	vmscope_strerror(ENOENT, VMSCOPE_REQUEST_OPEN, NULL, buf, sizeof(buf));
	unit_ok(!strstr(buf, "modprobe") && strstr(buf, "udevadm"), "%s", buf);
}

int main(void)
{
	documented_test();
	thing_test();
	return unit_done();
}
