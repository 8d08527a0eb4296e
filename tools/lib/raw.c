// SPDX-License-Identifier: GPL-2.0
/*
 * The lower layer: a handle, and one function for each request.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "device.h"
#include "vmscope.h"

struct vmscope {
	int fd;
};

int vmscope_open_fd(int fd, struct vmscope **ret)
{
	struct vmscope *handle = malloc(sizeof(*handle));

	if (!handle)
		return -ENOMEM;
	handle->fd = fd;
	*ret = handle;
	return 0;
}

int vmscope_open(struct vmscope **ret)
{
	int fd = vmscope_device_open();
	int err;

	if (fd < 0)
		return fd;
	err = vmscope_open_fd(fd, ret);
	if (err)
		close(fd);
	return err;
}

void vmscope_close(struct vmscope *handle)
{
	if (!handle)
		return;
	close(handle->fd);
	free(handle);
}

int vmscope_fd(const struct vmscope *handle)
{
	return handle->fd;
}

const char *vmscope_version(void)
{
	return VMSCOPE_VERSION;
}

int vmscope_info_get(struct vmscope *handle, struct vmscope_info *arg)
{
	return vmscope_device_request(handle->fd, VMSCOPE_IOC_INFO, arg);
}

int vmscope_summary_get(struct vmscope *handle, struct vmscope_summary *arg)
{
	return vmscope_device_request(handle->fd, VMSCOPE_IOC_SUMMARY, arg);
}

int vmscope_maps_get(struct vmscope *handle, struct vmscope_maps *arg)
{
	return vmscope_device_request(handle->fd, VMSCOPE_IOC_MAPS, arg);
}

int vmscope_translate_get(struct vmscope *handle, struct vmscope_translate *arg)
{
	return vmscope_device_request(handle->fd, VMSCOPE_IOC_TRANSLATE, arg);
}

int vmscope_pages_get(struct vmscope *handle, struct vmscope_pages *arg)
{
	return vmscope_device_request(handle->fd, VMSCOPE_IOC_PAGES, arg);
}

int vmscope_tables_get(struct vmscope *handle, struct vmscope_tables *arg)
{
	return vmscope_device_request(handle->fd, VMSCOPE_IOC_TABLES, arg);
}

int vmscope_ps_get(struct vmscope *handle, struct vmscope_ps *arg)
{
	return vmscope_device_request(handle->fd, VMSCOPE_IOC_PS, arg);
}

static int has_physical(uint64_t state)
{
	const uint64_t kept =
		1U << VMSCOPE_STATE_PRESENT | 1U << VMSCOPE_STATE_ZERO |
		1U << VMSCOPE_STATE_DEVICE | 1U << VMSCOPE_STATE_PROTNONE |
		1U << VMSCOPE_STATE_NUMA_HINT;

	return state < VMSCOPE_STATES && (kept >> state & 1);
}

int vmscope_translate_has_physical(const struct vmscope_translate *arg)
{
	return has_physical(arg->state);
}

int vmscope_page_has_physical(const struct vmscope_page *page)
{
	return has_physical(page->state);
}
