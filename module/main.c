// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "access.h"
#include "chardev.h"
#include "compat/arch.h"
#include "fault.h"
#include "feature.h"
#include "netlink.h"
#include "procfs.h"
#include "scan.h"

static int __init vmscope_module_init(void)
{
	int err;

	vmscope_arch_check();
	if (!vmscope_arch_can_walk()) {
		pr_err("page tables of a Xen PV guest hold machine frames and cannot be walked\n");
		return -EOPNOTSUPP;
	}
	vmscope_scan_init();
	vmscope_feature_init();
	vmscope_fault_init();

	err = vmscope_access_init();
	if (err)
		return err;
	err = vmscope_procfs_init();
	if (err)
		goto exit_access;
	err = vmscope_chardev_init();
	if (err)
		goto exit_procfs;
	err = vmscope_netlink_init();
	if (err)
		goto exit_chardev;
	return 0;

exit_chardev:
	vmscope_chardev_exit();
exit_procfs:
	vmscope_procfs_exit();
exit_access:
	vmscope_access_exit();
	return err;
}

static void __exit vmscope_module_exit(void)
{
	vmscope_netlink_exit();
	vmscope_chardev_exit();
	vmscope_procfs_exit();
	vmscope_access_exit();
}

module_init(vmscope_module_init);
module_exit(vmscope_module_exit);

MODULE_DESCRIPTION("Processes' virtual memory as the MMU sees it");
MODULE_AUTHOR("The vmscope developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(VMSCOPE_VERSION);
