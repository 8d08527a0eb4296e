// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"
#include "vmscope.h"

int vmscope_device_open(void)
{
	int fd = open(VMSCOPE_DEVICE_PATH, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int vmscope_device_request(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

bool vmscope_device_loaded(void)
{
	return access("/sys/module/vmscope", F_OK) == 0;
}
