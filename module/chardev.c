// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/vmscope: decode a request, ask the session, encode the reply.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmscope_layout.h>

#include "chardev.h"
#include "chardev_request.h"
#include "session.h"
#include "session_ps.h"

static ushort device_mode = 0600;
module_param(device_mode, ushort, 0444);
MODULE_PARM_DESC(device_mode, "mode of /dev/vmscope (default 0600)");

/* What each argument begins with. */
struct argument {
	__u32 size;
	__u32 reserved;
};

/**
 * vmscope_array_check() - can elements of a type go to the caller's array?
 * @array: the array
 * @least: length of the type when it was first published
 *
 * Return: 0, -EINVAL for an element that is too short, -E2BIG for one longer
 * than a page.
 */
int vmscope_array_check(const struct vmscope_array *array, size_t least)
{
	if (array->item_size < least)
		return -EINVAL;
	return array->item_size > PAGE_SIZE ? -E2BIG : 0;
}

static void __user *item_address(const struct vmscope_array *array, u64 index)
{
	u64 address;

	if (check_mul_overflow(index, array->item_size, &address) ||
	    check_add_overflow(address, array->base, &address))
		return NULL;
	return u64_to_user_ptr(address);
}

/**
 * vmscope_array_put() - copy one element to the caller
 * @array: the caller's array
 * @index: which of its elements
 * @item: the element; what the caller's is too short for is cut off, the rest
 *	of the caller's is zero
 * @size: its size
 *
 * May sleep; no lock that a fault takes is held. Return: 0 or -EFAULT.
 */
int vmscope_array_put(const struct vmscope_array *array, u64 index,
		      const void *item, size_t size)
{
	void __user *to = item_address(array, index);
	size_t n = min_t(u64, size, array->item_size);

	if (!to || copy_to_user(to, item, n) ||
	    clear_user(to + n, array->item_size - n))
		return -EFAULT;
	return 0;
}

/* By number. */
static const struct vmscope_request *const requests[] = {
	[_IOC_NR(VMSCOPE_IOC_INFO)] = &vmscope_request_info,
	[_IOC_NR(VMSCOPE_IOC_SUMMARY)] = &vmscope_request_summary,
	[_IOC_NR(VMSCOPE_IOC_MAPS)] = &vmscope_request_maps,
	[_IOC_NR(VMSCOPE_IOC_TRANSLATE)] = &vmscope_request_translate,
	[_IOC_NR(VMSCOPE_IOC_PAGES)] = &vmscope_request_pages,
	[_IOC_NR(VMSCOPE_IOC_TABLES)] = &vmscope_request_tables,
	[_IOC_NR(VMSCOPE_IOC_PS)] = &vmscope_request_ps,
	[_IOC_NR(VMSCOPE_IOC_KERNEL)] = &vmscope_request_kernel,
	[_IOC_NR(VMSCOPE_IOC_BORDERS)] = &vmscope_request_borders,
	[_IOC_NR(VMSCOPE_IOC_TRACE)] = &vmscope_request_trace,
	[_IOC_NR(VMSCOPE_IOC_TRACE_TARGET)] = &vmscope_request_trace_target,
	[_IOC_NR(VMSCOPE_IOC_TRACE_CONTROL)] = &vmscope_request_trace_control,
	[_IOC_NR(VMSCOPE_IOC_TRACE_TOTALS)] = &vmscope_request_trace_totals,
};

static struct vmscope_session session_of(struct file *file)
{
	return (struct vmscope_session){
		.file = file,
		.tracer = file->private_data,
	};
}

static long chardev_ioctl(struct file *file, unsigned int cmd,
			  unsigned long address)
{
	const struct vmscope_session session = session_of(file);
	unsigned int nr = _IOC_NR(cmd);
	void __user *user = (void __user *)address;
	const struct vmscope_request *request;
	struct argument *arg;
	u32 size;
	long err;

	if (_IOC_TYPE(cmd) != VMSCOPE_IOC_MAGIC ||
	    _IOC_DIR(cmd) != (_IOC_READ | _IOC_WRITE) ||
	    nr >= ARRAY_SIZE(requests))
		return -ENOTTY;
	request = requests[array_index_nospec(nr, ARRAY_SIZE(requests))];
	if (!request)
		return -ENOTTY;
	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < request->least)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;

	arg = kzalloc(request->size, GFP_KERNEL_ACCOUNT);
	if (!arg)
		return -ENOMEM;
	err = copy_struct_from_user(arg, request->size, user, size);
	if (err)
		goto out;
	err = -EINVAL;
	if (arg->reserved)
		goto out;
	/* it may have been changed since it was read */
	arg->size = size;
	err = request->handle(&session, arg);
	if (!err && copy_to_user(user, arg, min_t(size_t, size, request->size)))
		err = -EFAULT;
out:
	kfree(arg);
	return err;
}

static int chardev_open(struct inode *inode, struct file *file)
{
	file->private_data = vmscope_tracer_create();
	return file->private_data ? 0 : -ENOMEM;
}

static int chardev_release(struct inode *inode, struct file *file)
{
	vmscope_tracer_free(file->private_data);
	return 0;
}

static int chardev_mmap(struct file *file, struct vm_area_struct *vma)
{
	const struct vmscope_session session = session_of(file);

	return vmscope_session_mmap(&session, vma);
}

static __poll_t chardev_poll(struct file *file, struct poll_table_struct *wait)
{
	const struct vmscope_session session = session_of(file);

	return vmscope_session_poll(&session, wait);
}

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,
	.open = chardev_open,
	.release = chardev_release,
	.mmap = chardev_mmap,
	.poll = chardev_poll,
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
	chardev.mode = device_mode & 0666;
	return misc_register(&chardev);
}

void vmscope_chardev_exit(void)
{
	misc_deregister(&chardev);
}
