// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/vmscope: the request for page tables.
 */
#include <linux/build_bug.h>
#include <linux/overflow.h>
#include <linux/uaccess.h>

#include "chardev_request.h"
#include "session.h"

/* What the first version of the ABI had: less is no request. */
#define TABLES_SIZE_V1	   136
#define MAP_TABLES_SIZE_V1 608

static_assert(sizeof(struct vmscope_tables) == TABLES_SIZE_V1 + 16);
static_assert(sizeof(struct vmscope_map_tables) == MAP_TABLES_SIZE_V1);

/**
 * struct tables_reply - how far the reply is
 * @maps: the caller's array
 * @names: the caller's buffer, as an address
 * @maps_len: elements written
 * @names_len: bytes written
 */
struct tables_reply {
	struct vmscope_array maps;
	u64 names;
	u64 maps_len;
	u64 names_len;
};

static int put_tables(const struct vmscope_tables_batch *batch, void *private)
{
	struct tables_reply *reply = private;
	unsigned int i;
	int err;

	for (i = 0; i < batch->count; i++) {
		struct vmscope_map_tables map = batch->maps[i];

		map.name_start += reply->names_len;
		err = vmscope_array_put(&reply->maps, reply->maps_len + i, &map,
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

static int do_tables(const struct vmscope_session *session, void *arg)
{
	struct vmscope_tables *tables = arg;
	struct tables_reply reply = {
		.maps = { tables->maps, tables->maps_size },
		.names = tables->names,
	};
	struct vmscope_scan_tables request = {
		.emit = put_tables,
		.private = &reply,
	};
	u64 end;
	int err;

	err = vmscope_array_check(&reply.maps, MAP_TABLES_SIZE_V1);
	if (err)
		return err;
	if (check_add_overflow(tables->names, tables->names_len, &end))
		return -EFAULT;
	err = vmscope_session_tables(session, tables, &request);
	tables->maps_len = reply.maps_len;
	tables->names_len = reply.names_len;
	return err;
}

const struct vmscope_request vmscope_request_tables = {
	.least = TABLES_SIZE_V1,
	.size = sizeof(struct vmscope_tables),
	.handle = do_tables,
};
