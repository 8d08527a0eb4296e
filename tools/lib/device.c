// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"
#include "vmscope.h"

/*
 * Only rings need a descriptor that can be written, to be mapped; who may only
 * read can do everything else.
 */
int vmscope_device_open(void)
{
	int fd = open(VMSCOPE_DEVICE_PATH, O_RDWR | O_CLOEXEC);

	if (fd < 0 && (errno == EACCES || errno == EROFS))
		fd = open(VMSCOPE_DEVICE_PATH, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int vmscope_device_request(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

int vmscope_device_map(int fd, uint64_t offset, size_t bytes, void **ret)
{
	void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			     fd, (off_t)offset);

	if (address == MAP_FAILED)
		return -errno;
	*ret = address;
	return 0;
}

void vmscope_device_unmap(void *address, size_t bytes)
{
	munmap(address, bytes);
}

int vmscope_device_wait(int fd, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int len = poll(&poll_fd, 1, timeout_ms);

	return len < 0 ? -errno : !len;
}

bool vmscope_device_loaded(void)
{
	return access("/sys/module/vmscope", F_OK) == 0;
}
