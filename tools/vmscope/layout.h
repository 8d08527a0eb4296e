/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_CLI_LAYOUT_H
#define _VMSCOPE_CLI_LAYOUT_H

#include "cli.h"

/* Room for an address of the kernel half in text. */
#define ADDRESS_LEN 24

/* Both halves, as far as they are asked for. */
struct layout {
	struct cli *cli;
	struct vmscope_info info;

	bool has_user;
	struct vmscope_borders borders;
	struct vmscope_areas areas;

	bool has_kernel;
	struct vmscope_regions kernel; /* through the kernel's top table */
	bool has_root; /* with KPTI */
	struct vmscope_regions root; /* through that of user mode */
};

/* Which table --root chose. */
const struct vmscope_regions *layout_chosen(const struct layout *layout);

/* An end that no uint64_t holds is 1 and sixteen zeros. */
const char *layout_address(uint64_t address, char buf[ADDRESS_LEN]);

bool layout_hidden(const struct layout *layout);

/* layout-kernel.c: text about the kernel half */
void layout_kernel_print(const struct layout *layout);
int layout_runs_print(const struct layout *layout);

/*
 * Say on stderr what may be written and executed; CLI_OK if there is nothing,
 * else CLI_FAILURE.
 */
int layout_wx_report(const struct layout *layout);

/* layout-json.c */
int layout_json(const struct layout *layout);

#endif /* _VMSCOPE_CLI_LAYOUT_H */
