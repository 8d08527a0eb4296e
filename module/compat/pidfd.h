/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_COMPAT_PIDFD_H
#define _VMSCOPE_COMPAT_PIDFD_H

#include <linux/anon_inodes.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/pid.h>
#include <linux/string.h>

/*
 * pidfd_pid() is not exported. A pidfd is known by where it lives: since v6.9
 * on pidfs, a file system of its own whose inodes carry the struct pid, and
 * before among the anonymous inodes under the name "[pidfd]", which only the
 * kernel gives out, with the struct pid as private data (fs/pidfs.c and
 * kernel/fork.c: pidfd_pid()).
 *
 * Return: the struct pid, valid while @file is held, or ERR_PTR(-EBADF).
 */
static inline struct pid *vmscope_pidfd_pid(const struct file *file)
{
	const struct super_block *sb = file_inode(file)->i_sb;

#ifdef PID_FS_MAGIC
	if (sb->s_magic == PID_FS_MAGIC)
		return file_inode(file)->i_private;
#else
	if (sb->s_magic == ANON_INODE_FS_MAGIC &&
	    !strcmp(file->f_path.dentry->d_name.name, "[pidfd]"))
		return file->private_data;
#endif
	return ERR_PTR(-EBADF);
}

#endif /* _VMSCOPE_COMPAT_PIDFD_H */
