// SPDX-License-Identifier: GPL-2.0
#include <linux/fs.h>

/* "fs: store real path instead of fake path in backing file f_path", v6.7 */
const struct inode *vmscope_probe(const struct file *file);

const struct inode *vmscope_probe(const struct file *file)
{
	return file_user_path(file) ? file_user_inode(file) : NULL;
}
