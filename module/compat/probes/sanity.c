// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/mm.h>

/* Must build, or a broken build system would pass for missing features. */
int vmscope_probe(void);

int vmscope_probe(void)
{
	return PAGE_SIZE;
}
