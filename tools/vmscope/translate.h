/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_CLI_TRANSLATE_H
#define _VMSCOPE_CLI_TRANSLATE_H

#include "cli.h"

/* Does a mapping cover the address? The kernel half has none. */
bool translate_has_mapping(const struct vmscope_info *info,
			   const struct vmscope_translate *reply);

/* translate-draw.c: print one translation for a person. */
void translate_draw(const struct cli *cli, const struct vmscope_info *info,
		    const struct vmscope_translate *reply);

#endif /* _VMSCOPE_CLI_TRANSLATE_H */
