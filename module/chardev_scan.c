// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/vmscope: the requests that look at a process's memory.
 */
#include <linux/build_bug.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "chardev_request.h"
#include "session.h"

/* What the first version of the ABI had: less is no request. */
#define INFO_SIZE_V1	  176
#define SUMMARY_SIZE_V1	  408
#define MAPS_SIZE_V1	  128
#define TRANSLATE_SIZE_V1 368
#define SUMS_SIZE_V1	  192
#define PAGES_SIZE_V1	  152
#define PAGE_SIZE_V1	  80
#define MAP_SIZE_V1	  272
#define FOLIO_SIZE_V1	  392

/* The longest row of nodes that a caller may want for each mapping. */
#define NODES_MAX 1024

static_assert(sizeof(struct vmscope_info) == INFO_SIZE_V1);
static_assert(offsetof(struct vmscope_summary, entries_max) == SUMMARY_SIZE_V1);
static_assert(offsetof(struct vmscope_maps, entries_max) == MAPS_SIZE_V1);
static_assert(sizeof(struct vmscope_translate) == TRANSLATE_SIZE_V1);
static_assert(offsetof(struct vmscope_pages, entries_max) == PAGES_SIZE_V1);
static_assert(offsetof(struct vmscope_page, folio) == PAGE_SIZE_V1);
static_assert(sizeof(struct vmscope_folio_sums) == FOLIO_SIZE_V1);
static_assert(sizeof(struct vmscope_sums) == SUMS_SIZE_V1);
static_assert(sizeof(struct vmscope_map) == MAP_SIZE_V1);

static int do_info(const struct vmscope_session *session, void *arg)
{
	struct vmscope_info *info = arg;
	u32 features[VMSCOPE_FEATURES];
	u64 n = min_t(u64, info->features_len, VMSCOPE_FEATURES);

	if (info->flags)
		return -EINVAL;
	vmscope_session_info(session, info, info->features ? features : NULL);
	info->features_len = 0;
	if (!info->features)
		return 0;
	if (copy_to_user(u64_to_user_ptr(info->features), features,
			 n * sizeof(*features)))
		return -EFAULT;
	info->features_len = n;
	return 0;
}

static int put_kinds(struct vmscope_summary *summary,
		     const struct vmscope_sums *kinds,
		     const struct vmscope_scan_folios *folios)
{
	const struct vmscope_array sums = { summary->kinds,
					    summary->kinds_size };
	const struct vmscope_array more = { summary->folio_kinds,
					    summary->folio_kinds_size };
	u64 i, n = min_t(u64, summary->kinds_len, VMSCOPE_KINDS);
	int err = 0;

	for (i = 0; summary->kinds && i < n && !err; i++)
		err = vmscope_array_put(&sums, i, &kinds[i], sizeof(*kinds));
	for (i = 0; summary->folio_kinds && i < n && !err; i++)
		err = vmscope_array_put(&more, i, &folios->kinds[i],
					sizeof(folios->kinds[i]));
	summary->kinds_len = summary->kinds || summary->folio_kinds ? n : 0;
	return err;
}

static int put_nodes(struct vmscope_summary *summary,
		     const struct vmscope_scan_folios *folios)
{
	u64 n = min_t(u64, summary->nodes_len, vmscope_scan_nodes());

	summary->nodes_len = summary->nodes ? vmscope_scan_nodes() : 0;
	if (!summary->nodes)
		return 0;
	if (copy_to_user(u64_to_user_ptr(summary->nodes), folios->nodes,
			 n * sizeof(u64)))
		return -EFAULT;
	return 0;
}

static int do_summary(const struct vmscope_session *session, void *arg)
{
	struct vmscope_summary *summary = arg;
	const struct vmscope_array sums = { summary->kinds,
					    summary->kinds_size };
	const struct vmscope_array more = { summary->folio_kinds,
					    summary->folio_kinds_size };
	bool ask = summary->flags & VMSCOPE_F_FOLIO;
	struct vmscope_scan_folios *folios = NULL;
	struct vmscope_sums *kinds;
	int err = 0;

	if (summary->kinds)
		err = vmscope_array_check(&sums, SUMS_SIZE_V1);
	if (!err && summary->folio_kinds)
		err = vmscope_array_check(&more, FOLIO_SIZE_V1);
	if (err)
		return err;
	kinds = kcalloc(VMSCOPE_KINDS, sizeof(*kinds), GFP_KERNEL_ACCOUNT);
	if (ask)
		folios = kvzalloc(struct_size(folios, nodes,
					      vmscope_scan_nodes()),
				  GFP_KERNEL_ACCOUNT);
	err = -ENOMEM;
	if (kinds && (folios || !ask))
		err = vmscope_session_summary(session, summary, kinds, folios);
	if (!err)
		err = put_kinds(summary, kinds, folios);
	if (!err)
		err = put_nodes(summary, folios);
	kvfree(folios);
	kfree(kinds);
	return err;
}

/**
 * struct maps_reply - how far the reply to a request for mappings is
 * @maps: the caller's array
 * @names: the caller's buffer, as an address
 * @folios: the caller's array, if @with_folios
 * @nodes: the caller's array of rows, or base 0
 * @nodes_len: elements to write in each row
 * @maps_len: elements written
 * @names_len: bytes written
 */
struct maps_reply {
	struct vmscope_array maps;
	u64 names;
	struct vmscope_array folios;
	struct vmscope_array nodes;
	u64 nodes_len;
	u64 maps_len;
	u64 names_len;
};

static int put_folios(const struct vmscope_scan_batch *batch, unsigned int i,
		      const struct maps_reply *reply)
{
	u64 index = reply->maps_len + i;
	int err = 0;

	if (reply->folios.base)
		err = vmscope_array_put(&reply->folios, index,
					&batch->folios[i],
					sizeof(batch->folios[i]));
	if (!err && reply->nodes.base && reply->nodes_len)
		err = vmscope_array_put(&reply->nodes, index,
					batch->nodes + i * vmscope_scan_nodes(),
					reply->nodes_len * sizeof(u64));
	return err;
}

static int put_maps(const struct vmscope_scan_batch *batch, void *private)
{
	struct maps_reply *reply = private;
	unsigned int i;
	int err;

	for (i = 0; i < batch->count; i++) {
		struct vmscope_map map = batch->maps[i];

		map.name_start += reply->names_len;
		err = vmscope_array_put(&reply->maps, reply->maps_len + i, &map,
					sizeof(map));
		if (!err && batch->folios)
			err = put_folios(batch, i, reply);
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

static int do_maps(const struct vmscope_session *session, void *arg)
{
	struct vmscope_maps *maps = arg;
	struct maps_reply reply = {
		.maps = { maps->maps, maps->maps_size },
		.names = maps->names,
		.folios = { maps->folios, maps->folios_size },
		.nodes = { maps->nodes, maps->nodes_len * sizeof(u64) },
		.nodes_len = min_t(u64, maps->nodes_len, vmscope_scan_nodes()),
	};
	struct vmscope_scan_maps request = {
		.emit = put_maps,
		.private = &reply,
	};
	u64 end;
	int err;

	err = vmscope_array_check(&reply.maps, MAP_SIZE_V1);
	if (!err && maps->folios)
		err = vmscope_array_check(&reply.folios, FOLIO_SIZE_V1);
	if (!err && maps->nodes && maps->nodes_len > NODES_MAX)
		err = -EINVAL;
	if (err)
		return err;
	if (check_add_overflow(maps->names, maps->names_len, &end))
		return -EFAULT;
	err = vmscope_session_maps(session, maps, &request);
	maps->maps_len = reply.maps_len;
	maps->names_len = reply.names_len;
	maps->nodes_len = maps->nodes ? vmscope_scan_nodes() : 0;
	return err;
}

static int do_translate(const struct vmscope_session *session, void *arg)
{
	return vmscope_session_translate(session, arg);
}

/**
 * struct pages_reply - how far the reply to a request for pages is
 * @pages: the caller's array
 * @pages_len: elements written
 */
struct pages_reply {
	struct vmscope_array pages;
	u64 pages_len;
};

static int put_pages(const struct vmscope_page *pages, unsigned int count,
		     void *private)
{
	struct pages_reply *reply = private;
	unsigned int i;
	int err = 0;

	for (i = 0; i < count && !err; i++)
		err = vmscope_array_put(&reply->pages, reply->pages_len + i,
					&pages[i], sizeof(pages[i]));
	reply->pages_len += count;
	return err;
}

static int do_pages(const struct vmscope_session *session, void *arg)
{
	struct vmscope_pages *pages = arg;
	struct pages_reply reply = {
		.pages = { pages->pages, pages->pages_size },
	};
	struct vmscope_scan_pages request = {
		.emit = put_pages,
		.private = &reply,
	};
	int err;

	err = vmscope_array_check(&reply.pages, PAGE_SIZE_V1);
	if (err)
		return err;
	err = vmscope_session_pages(session, pages, &request);
	pages->pages_len = reply.pages_len;
	return err;
}

const struct vmscope_request vmscope_request_info = {
	.least = INFO_SIZE_V1,
	.size = sizeof(struct vmscope_info),
	.handle = do_info,
};

const struct vmscope_request vmscope_request_summary = {
	.least = SUMMARY_SIZE_V1,
	.size = sizeof(struct vmscope_summary),
	.handle = do_summary,
};

const struct vmscope_request vmscope_request_maps = {
	.least = MAPS_SIZE_V1,
	.size = sizeof(struct vmscope_maps),
	.handle = do_maps,
};

const struct vmscope_request vmscope_request_translate = {
	.least = TRANSLATE_SIZE_V1,
	.size = sizeof(struct vmscope_translate),
	.handle = do_translate,
};

const struct vmscope_request vmscope_request_pages = {
	.least = PAGES_SIZE_V1,
	.size = sizeof(struct vmscope_pages),
	.handle = do_pages,
};
