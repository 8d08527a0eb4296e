/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What "vmscope snapshot" and "vmscope diff" share.
 */
#ifndef _VMSCOPE_CLI_SNAPSHOT_H
#define _VMSCOPE_CLI_SNAPSHOT_H

#include "columns.h"
#include "json.h"

/* Both return CLI_OK, or else with a message printed. */
int snapshot_take(struct cli *cli, struct vmscope_snapshot **ret);
int snapshot_read(const char *path, struct vmscope_snapshot **ret);

void snapshot_facts_json(struct json_object *object, const char *key,
			 const struct vmscope_snapshot_facts *facts);

/* One row of "vmscope diff", or its line of totals. */
struct diff_row {
	const struct cli *cli;
	const struct vmscope_change *change;
	const char *name; /* printable */
	bool total;
};

extern const struct column diff_columns[];

/* "new", "grown", "perms,replaced" and so on; "" for none. */
const char *diff_change_words(uint64_t flags, char buf[COLUMN_BUF]);

struct diff_flag {
	uint64_t flag;
	const char *name;
};

/* Ends with a NULL name. */
extern const struct diff_flag diff_flags[];

#endif /* _VMSCOPE_CLI_SNAPSHOT_H */
