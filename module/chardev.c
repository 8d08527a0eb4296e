// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/vmscope: decode a request, ask the session, encode the reply.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "chardev.h"
#include "session.h"

static ushort device_mode = 0600;
module_param(device_mode, ushort, 0444);
MODULE_PARM_DESC(device_mode, "mode of /dev/vmscope (default 0600)");

/* What the first version of the ABI had: less is no request. */
#define INFO_SIZE_V1	  176
#define SUMMARY_SIZE_V1	  408
#define MAPS_SIZE_V1	  128
#define TRANSLATE_SIZE_V1 368
#define SUMS_SIZE_V1	  192
#define PAGES_SIZE_V1	  152
#define PAGE_SIZE_V1	  80
#define MAP_SIZE_V1	  272

union argument {
	struct {
		__u32 size;
		__u32 reserved;
	};
	struct vmscope_info info;
	struct vmscope_summary summary;
	struct vmscope_maps maps;
	struct vmscope_translate translate;
	struct vmscope_pages pages;
};

/**
 * struct array - an array of the caller's
 * @base: its address
 * @item_size: bytes of one of its elements
 */
struct array {
	u64 base;
	u64 item_size;
};

static int check_item(const struct array *array, size_t least)
{
	if (array->item_size < least)
		return -EINVAL;
	return array->item_size > PAGE_SIZE ? -E2BIG : 0;
}

static void __user *item_address(const struct array *array, u64 index)
{
	u64 address;

	if (check_mul_overflow(index, array->item_size, &address) ||
	    check_add_overflow(address, array->base, &address))
		return NULL;
	return u64_to_user_ptr(address);
}

/* One element: what it is too short for is cut off, the rest of it is zero. */
static int put_item(const struct array *array, u64 index, const void *item,
		    size_t size)
{
	void __user *to = item_address(array, index);
	size_t n = min_t(u64, size, array->item_size);

	if (!to || copy_to_user(to, item, n) ||
	    clear_user(to + n, array->item_size - n))
		return -EFAULT;
	return 0;
}

static int do_info(const struct vmscope_session *session, union argument *arg)
{
	struct vmscope_info *info = &arg->info;
	u32 features[VMSCOPE_FEATURES];
	u64 n = min_t(u64, info->features_len, VMSCOPE_FEATURES);

	if (info->flags)
		return -EINVAL;
	vmscope_session_info(session, info, info->features ? features : NULL);
	info->features_len = 0;
	if (!info->features)
		return 0;
	if (copy_to_user(u64_to_user_ptr(info->features), features,
			 n * sizeof(*features)))
		return -EFAULT;
	info->features_len = n;
	return 0;
}

static int do_summary(const struct vmscope_session *session,
		      union argument *arg)
{
	struct vmscope_summary *summary = &arg->summary;
	struct array array = { summary->kinds, summary->kinds_size };
	u64 i, n = min_t(u64, summary->kinds_len, VMSCOPE_KINDS);
	struct vmscope_sums *kinds;
	int err = 0;

	if (summary->kinds)
		err = check_item(&array, SUMS_SIZE_V1);
	if (err)
		return err;
	kinds = kcalloc(VMSCOPE_KINDS, sizeof(*kinds), GFP_KERNEL_ACCOUNT);
	if (!kinds)
		return -ENOMEM;

	err = vmscope_session_summary(session, summary, kinds);
	summary->kinds_len = 0;
	if (!err && summary->kinds) {
		for (i = 0; i < n && !err; i++)
			err = put_item(&array, i, &kinds[i], sizeof(*kinds));
		summary->kinds_len = n;
	}
	kfree(kinds);
	return err;
}

/**
 * struct maps_reply - how far the reply to a request for mappings is
 * @maps: the caller's array
 * @names: the caller's buffer, as an address
 * @maps_len: elements written
 * @names_len: bytes written
 */
struct maps_reply {
	struct array maps;
	u64 names;
	u64 maps_len;
	u64 names_len;
};

static int put_maps(const struct vmscope_scan_batch *batch, void *private)
{
	struct maps_reply *reply = private;
	unsigned int i;
	int err;

	for (i = 0; i < batch->count; i++) {
		struct vmscope_map map = batch->maps[i];

		map.name_start += reply->names_len;
		err = put_item(&reply->maps, reply->maps_len + i, &map,
			       sizeof(map));
		if (err)
			return err;
	}
	if (copy_to_user(u64_to_user_ptr(reply->names + reply->names_len),
			 batch->names, batch->used))
		return -EFAULT;
	reply->maps_len += batch->count;
	reply->names_len += batch->used;
	return 0;
}

static int do_maps(const struct vmscope_session *session, union argument *arg)
{
	struct vmscope_maps *maps = &arg->maps;
	struct maps_reply reply = {
		.maps = { maps->maps, maps->maps_size },
		.names = maps->names,
	};
	struct vmscope_scan_maps request = {
		.emit = put_maps,
		.private = &reply,
	};
	u64 end;
	int err;

	err = check_item(&reply.maps, MAP_SIZE_V1);
	if (err)
		return err;
	if (check_add_overflow(maps->names, maps->names_len, &end))
		return -EFAULT;
	err = vmscope_session_maps(session, maps, &request);
	maps->maps_len = reply.maps_len;
	maps->names_len = reply.names_len;
	return err;
}

static int do_translate(const struct vmscope_session *session,
			union argument *arg)
{
	return vmscope_session_translate(session, &arg->translate);
}

/**
 * struct pages_reply - how far the reply to a request for pages is
 * @pages: the caller's array
 * @pages_len: elements written
 */
struct pages_reply {
	struct array pages;
	u64 pages_len;
};

static int put_pages(const struct vmscope_page *pages, unsigned int count,
		     void *private)
{
	struct pages_reply *reply = private;
	unsigned int i;
	int err = 0;

	for (i = 0; i < count && !err; i++)
		err = put_item(&reply->pages, reply->pages_len + i, &pages[i],
			       sizeof(pages[i]));
	reply->pages_len += count;
	return err;
}

static int do_pages(const struct vmscope_session *session, union argument *arg)
{
	struct vmscope_pages *pages = &arg->pages;
	struct pages_reply reply = {
		.pages = { pages->pages, pages->pages_size },
	};
	struct vmscope_scan_pages request = {
		.emit = put_pages,
		.private = &reply,
	};
	int err;

	err = check_item(&reply.pages, PAGE_SIZE_V1);
	if (err)
		return err;
	err = vmscope_session_pages(session, pages, &request);
	pages->pages_len = reply.pages_len;
	return err;
}

/* By number. */
static const struct {
	size_t least;
	size_t size;
	int (*handle)(const struct vmscope_session *session,
		      union argument *arg);
} requests[] = {
	{ INFO_SIZE_V1, sizeof(struct vmscope_info), do_info },
	{ SUMMARY_SIZE_V1, sizeof(struct vmscope_summary), do_summary },
	{ MAPS_SIZE_V1, sizeof(struct vmscope_maps), do_maps },
	{ TRANSLATE_SIZE_V1, sizeof(struct vmscope_translate), do_translate },
	{ PAGES_SIZE_V1, sizeof(struct vmscope_pages), do_pages },
};

static long chardev_ioctl(struct file *file, unsigned int cmd,
			  unsigned long address)
{
	const struct vmscope_session session = { .file = file };
	unsigned int nr = _IOC_NR(cmd);
	void __user *user = (void __user *)address;
	union argument *arg;
	u32 size;
	long err;

	if (_IOC_TYPE(cmd) != VMSCOPE_IOC_MAGIC ||
	    _IOC_DIR(cmd) != (_IOC_READ | _IOC_WRITE) ||
	    nr >= ARRAY_SIZE(requests))
		return -ENOTTY;
	nr = array_index_nospec(nr, ARRAY_SIZE(requests));
	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < requests[nr].least)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;

	arg = kzalloc(sizeof(*arg), GFP_KERNEL_ACCOUNT);
	if (!arg)
		return -ENOMEM;
	err = copy_struct_from_user(arg, requests[nr].size, user, size);
	if (err)
		goto out;
	err = -EINVAL;
	if (arg->reserved)
		goto out;
	/* it may have been changed since it was read */
	arg->size = size;
	err = requests[nr].handle(&session, arg);
	if (!err &&
	    copy_to_user(user, arg, min_t(size_t, size, requests[nr].size)))
		err = -EFAULT;
out:
	kfree(arg);
	return err;
}

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = chardev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice chardev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = VMSCOPE_DEVICE_NAME,
	.fops = &chardev_fops,
};

int vmscope_chardev_init(void)
{
	BUILD_BUG_ON(_IOC_NR(VMSCOPE_IOC_PAGES) + 1 != ARRAY_SIZE(requests));
	BUILD_BUG_ON(sizeof(struct vmscope_info) != INFO_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct vmscope_summary) != SUMMARY_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct vmscope_maps) != MAPS_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct vmscope_translate) != TRANSLATE_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct vmscope_pages) != PAGES_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct vmscope_page) != PAGE_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct vmscope_sums) != SUMS_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct vmscope_map) != MAP_SIZE_V1);

	chardev.mode = device_mode & 0666;
	return misc_register(&chardev);
}

void vmscope_chardev_exit(void)
{
	misc_deregister(&chardev);
}
