// SPDX-License-Identifier: GPL-2.0
/*
 * The lower layer: a handle, and one function for each request.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "vmscope.h"

/* What may be spent, what is spent, and what was left out because of that. */
struct budget {
	uint64_t entries; /* 0: any number */
	uint64_t spent;
	uint64_t deadline; /* 0: none */
	bool begun; /* something was done; before that it is not used up */
	bool has_left;
	uint64_t left_start;
	uint64_t left_end;
};

struct vmscope {
	int fd;
	struct budget budget;
};

/* What a request has that can be limited. */
struct limited {
	__u64 *entries_max;
	__u64 *time_max;
	__u64 *cursor;
	const struct vmscope_walk *walk;
	uint64_t start;
	uint64_t end;
};

int vmscope_open_fd(int fd, struct vmscope **ret)
{
	struct vmscope *handle = calloc(1, sizeof(*handle));

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

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void vmscope_budget_set(struct vmscope *handle, uint64_t entries, uint64_t ns)
{
	uint64_t time = now();

	memset(&handle->budget, 0, sizeof(handle->budget));
	handle->budget.entries = entries;
	if (ns)
		handle->budget.deadline = ns < UINT64_MAX - time ? time + ns :
								   UINT64_MAX;
}

int vmscope_budget_left(const struct vmscope *handle, uint64_t *start,
			uint64_t *end)
{
	const struct budget *budget = &handle->budget;

	if (!budget->has_left)
		return 0;
	*start = budget->left_start;
	*end = budget->left_end;
	return 1;
}

static bool is_spent(const struct budget *budget)
{
	return (budget->entries && budget->spent >= budget->entries) ||
	       (budget->deadline && budget->begun && now() >= budget->deadline);
}

static void left_note(struct budget *budget, uint64_t start, uint64_t end)
{
	if (!budget->has_left || start < budget->left_start)
		budget->left_start = start;
	if (!budget->has_left || end > budget->left_end)
		budget->left_end = end;
	budget->has_left = true;
}

/* A limit that the caller set by itself holds, too, if it is tighter. */
static void limit_set(__u64 *limit, uint64_t left)
{
	if (!*limit || left < *limit)
		*limit = left;
}

static int limited_request(struct vmscope *handle, unsigned long request,
			   void *arg, const struct limited *limited)
{
	struct budget *budget = &handle->budget;
	int err;

	if (!budget->entries && !budget->deadline)
		return vmscope_device_request(handle->fd, request, arg);
	if (is_spent(budget)) {
		left_note(budget, limited->start, limited->end);
		return -EDQUOT;
	}
	if (budget->entries)
		limit_set(limited->entries_max,
			  budget->entries - budget->spent);
	if (budget->deadline) {
		uint64_t time = now();

		limit_set(limited->time_max, time < budget->deadline ?
						     budget->deadline - time :
						     1);
	}
	err = vmscope_device_request(handle->fd, request, arg);
	if (err)
		return err;
	budget->spent += limited->walk->entries;
	budget->begun = true;
	if (*limited->cursor < limited->end && is_spent(budget))
		left_note(budget, *limited->cursor, limited->end);
	return 0;
}

int vmscope_summary_get(struct vmscope *handle, struct vmscope_summary *arg)
{
	const struct limited limited = {
		&arg->entries_max, &arg->time_max, &arg->cursor, &arg->walk, 0,
		VMSCOPE_RANGE_END,
	};

	/* costs nothing, and a caller of before has no room for a limit */
	if (arg->flags & VMSCOPE_SUMMARY_F_COUNTERS || arg->size < sizeof(*arg))
		return vmscope_device_request(handle->fd, VMSCOPE_IOC_SUMMARY,
					      arg);
	return limited_request(handle, VMSCOPE_IOC_SUMMARY, arg, &limited);
}

int vmscope_maps_get(struct vmscope *handle, struct vmscope_maps *arg)
{
	const struct limited limited = {
		&arg->entries_max, &arg->time_max, &arg->cursor,
		&arg->walk,	   arg->start,	   arg->end,
	};

	if (arg->size < sizeof(*arg))
		return vmscope_device_request(handle->fd, VMSCOPE_IOC_MAPS,
					      arg);
	return limited_request(handle, VMSCOPE_IOC_MAPS, arg, &limited);
}

int vmscope_translate_get(struct vmscope *handle, struct vmscope_translate *arg)
{
	return vmscope_device_request(handle->fd, VMSCOPE_IOC_TRANSLATE, arg);
}

int vmscope_pages_get(struct vmscope *handle, struct vmscope_pages *arg)
{
	const struct limited limited = {
		&arg->entries_max, &arg->time_max, &arg->cursor,
		&arg->walk,	   arg->start,	   arg->end,
	};

	if (arg->size < sizeof(*arg))
		return vmscope_device_request(handle->fd, VMSCOPE_IOC_PAGES,
					      arg);
	return limited_request(handle, VMSCOPE_IOC_PAGES, arg, &limited);
}

int vmscope_tables_get(struct vmscope *handle, struct vmscope_tables *arg)
{
	const struct limited limited = {
		&arg->entries_max, &arg->time_max, &arg->cursor,
		&arg->walk,	   arg->start,	   arg->end,
	};

	if (arg->size < sizeof(*arg))
		return vmscope_device_request(handle->fd, VMSCOPE_IOC_TABLES,
					      arg);
	return limited_request(handle, VMSCOPE_IOC_TABLES, arg, &limited);
}

int vmscope_ps_get(struct vmscope *handle, struct vmscope_ps *arg)
{
	return vmscope_device_request(handle->fd, VMSCOPE_IOC_PS, arg);
}

int vmscope_kernel_get(struct vmscope *handle, struct vmscope_kernel *arg)
{
	return vmscope_device_request(handle->fd, VMSCOPE_IOC_KERNEL, arg);
}

int vmscope_borders_get(struct vmscope *handle, struct vmscope_borders *arg)
{
	return vmscope_device_request(handle->fd, VMSCOPE_IOC_BORDERS, arg);
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
