// SPDX-License-Identifier: GPL-2.0
#include "session.h"
#include "target.h"

/**
 * vmscope_session_tables() - VMSCOPE_IOC_TABLES
 * @session: whose
 * @tables: in and out, as struct vmscope_tables says, but for the arrays
 * @request: in: where mappings go; the rest is filled in here
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_tables(const struct vmscope_session *session,
			   struct vmscope_tables *tables,
			   struct vmscope_scan_tables *request)
{
	struct vmscope_target target;
	int err;

	if (tables->flags & ~VMSCOPE_F_PIDFD ||
	    !vmscope_session_is_range(tables->start, tables->end) ||
	    !tables->maps_len)
		return -EINVAL;
	err = vmscope_session_enter(session, tables->flags, tables->target,
				    &target, &tables->pid);
	if (err)
		return err;
	request->cursor = tables->start;
	request->end = tables->end;
	request->maps_len = tables->maps_len;
	request->names_len = tables->names_len;
	request->with_names = tables->names;
	request->limit.entries = tables->entries_max;
	request->limit.ns = tables->time_max;
	err = vmscope_scan_tables(&target, request);
	vmscope_target_put(&target);
	tables->cursor = request->cursor;
	tables->walk = request->report;
	tables->page_table_bytes = request->page_table_bytes;
	return err;
}
