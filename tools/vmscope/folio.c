// SPDX-License-Identifier: GPL-2.0
/*
 * What --folio adds: how often pages are mapped, what they belong to, the
 * folios they are in, the nodes they are on.
 */
#include <inttypes.h>

#include "folio.h"
#include "json.h"
#include "out.h"
#include "table.h"

int folio_set(struct cli *cli, const char *arg)
{
	(void)arg;
	cli->folio = true;
	return CLI_OK;
}

/* "unknown" has no flag of its own. */
static const char *kind_name(size_t kind)
{
	const struct vmscope_name *name =
		vmscope_name_find(VMSCOPE_NAMES_FOLIO, UINT64_C(1) << kind);

	return kind < VMSCOPE_FOLIO_KIND_UNKNOWN && name ? name->name :
							   "unknown";
}

static const char *kind_text(size_t kind)
{
	const struct vmscope_name *name =
		vmscope_name_find(VMSCOPE_NAMES_FOLIO, UINT64_C(1) << kind);

	return kind < VMSCOPE_FOLIO_KIND_UNKNOWN && name ?
		       name->text :
		       "no page to ask: moved, poisoned, or on a device";
}

char *folio_nodes(const uint64_t *nodes, size_t len, char *buf, size_t size)
{
	static const struct cli rounded = { .bytes = false };
	char text[OUT_SIZE_LEN];
	size_t pos = 0;
	size_t i;

	snprintf(buf, size, "-");
	for (i = 0; i < len && pos < size; i++)
		if (nodes[i])
			pos += (size_t)snprintf(buf + pos, size - pos,
						"%s%zu:%s", pos ? " " : "", i,
						out_size(&rounded, nodes[i],
							 text));
	return buf;
}

void folio_sums_add(struct vmscope_folio_sums *sum,
		    const struct vmscope_folio_sums *more)
{
	const uint64_t *from = (const uint64_t *)more;
	uint64_t *to = (uint64_t *)sum;
	size_t i;

	/* every member is a number of 64 bits that adds up */
	for (i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

/* ----------------------------------------------------------------- JSON */

static struct json_object *json_kinds(const struct vmscope_folio_sums *sums)
{
	struct json_object *kinds = json_object_create();
	size_t i;

	for (i = 0; i < VMSCOPE_FOLIO_KINDS; i++) {
		struct json_object *kind = json_object_create();

		json_add_number(kind, "bytes", sums->kind_bytes[i]);
		json_add_number(kind, "pss_bytes",
				sums->pss_shifted[i] >> VMSCOPE_PSS_SHIFT);
		json_add(kinds, kind_name(i), kind);
	}
	return kinds;
}

static struct json_object *json_orders(const struct vmscope_folio_sums *sums)
{
	struct json_object *orders = json_array_create();
	size_t i;

	for (i = 0; i < VMSCOPE_FOLIO_ORDERS; i++) {
		const __u64 *bytes = sums->order_bytes[i];
		struct json_object *order;

		if (!(bytes[0] | bytes[1] | bytes[2]))
			continue;
		order = json_object_create();
		json_add_number(order, "order", i);
		json_add_number(order, "aligned_bytes",
				bytes[VMSCOPE_COVERAGE_ALIGNED]);
		json_add_number(order, "unaligned_bytes",
				bytes[VMSCOPE_COVERAGE_UNALIGNED]);
		json_add_number(order, "partial_bytes",
				bytes[VMSCOPE_COVERAGE_PARTIAL]);
		json_append(orders, order);
	}
	return orders;
}

static struct json_object *json_nodes(const uint64_t *nodes, size_t len)
{
	struct json_object *array = json_array_create();
	size_t i;

	for (i = 0; i < len; i++) {
		struct json_object *node;

		if (!nodes[i])
			continue;
		node = json_object_create();
		json_add_number(node, "node", i);
		json_add_number(node, "bytes", nodes[i]);
		json_append(array, node);
	}
	return array;
}

void folio_json(struct json_object *object,
		const struct vmscope_folio_sums *sums, const uint64_t *nodes,
		size_t nodes_len)
{
	struct json_object *folio;

	if (!sums) {
		json_add_null(object, "folio");
		return;
	}
	folio = json_object_create();
	json_add_number(folio, "pss_bytes", vmscope_folio_pss(sums));
	json_add_number(folio, "private_bytes", sums->private_bytes);
	json_add_number(folio, "shared_bytes", sums->shared_bytes);
	json_add_number(folio, "unknown_bytes", sums->unknown_bytes);
	json_add_number(folio, "hugetlb_private_bytes",
			sums->hugetlb_private_bytes);
	json_add_number(folio, "hugetlb_shared_bytes",
			sums->hugetlb_shared_bytes);
	json_add_number(folio, "hugetlb_unknown_bytes",
			sums->hugetlb_unknown_bytes);
	json_add(folio, "kinds", json_kinds(sums));
	json_add(folio, "orders", json_orders(sums));
	json_add(folio, "nodes", nodes ? json_nodes(nodes, nodes_len) : NULL);
	json_add(object, "folio", folio);
}

/* ----------------------------------------------------------------- text */

static void sharing_print(const struct cli *cli,
			  const struct vmscope_folio_sums *sums)
{
	static const struct table_column columns[] = { { "SHARING", false },
						       { "SIZE", true },
						       { "MEANING", false } };
	const struct {
		const char *name;
		uint64_t bytes;
		bool always;
		const char *text;
	} rows[] = {
		{ "pss", vmscope_folio_pss(sums), true,
		  "resident, each page divided by its mappings (Pss)" },
		{ "private", sums->private_bytes, true,
		  "resident pages mapped once (Uss)" },
		{ "shared", sums->shared_bytes, true,
		  "resident pages mapped several times, here or elsewhere" },
		{ "unknown", sums->unknown_bytes, false,
		  "resident pages of which that is not known" },
		{ "hugetlb private", sums->hugetlb_private_bytes, false,
		  "hugetlb pages mapped once" },
		{ "hugetlb shared", sums->hugetlb_shared_bytes, false,
		  "hugetlb pages mapped several times" },
		{ "hugetlb unknown", sums->hugetlb_unknown_bytes, false,
		  "hugetlb pages of which that is not known" },
	};
	struct libscols_table *table =
		table_create(cli, columns, ARRAY_SIZE(columns));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct libscols_line *line;

		if (!rows[i].always && !rows[i].bytes)
			continue;
		line = table_line(table);
		table_text(line, 0, rows[i].name);
		table_size(cli, line, 1, rows[i].bytes);
		table_text(line, 2, rows[i].text);
	}
	table_finish(table);
}

static void kinds_print(const struct cli *cli,
			const struct vmscope_folio_sums *sums)
{
	static const struct table_column columns[] = { { "PAGES", false },
						       { "SIZE", true },
						       { "PSS", true },
						       { "MEANING", false } };
	struct libscols_table *table =
		table_create(cli, columns, ARRAY_SIZE(columns));
	size_t i;

	for (i = 0; i < VMSCOPE_FOLIO_KINDS; i++) {
		struct libscols_line *line;

		if (!sums->kind_bytes[i] && i >= VMSCOPE_FOLIO_KIND_KSM)
			continue;
		line = table_line(table);
		table_text(line, 0, kind_name(i));
		table_size(cli, line, 1, sums->kind_bytes[i]);
		table_size(cli, line, 2,
			   sums->pss_shifted[i] >> VMSCOPE_PSS_SHIFT);
		table_text(line, 3, kind_text(i));
	}
	table_finish(table);
}

static void orders_print(const struct cli *cli,
			 const struct vmscope_folio_sums *sums)
{
	static const struct table_column columns[] = { { "FOLIO", true },
						       { "ALIGNED", true },
						       { "UNALIGNED", true },
						       { "PARTIAL", true } };
	struct libscols_table *table =
		table_create(cli, columns, ARRAY_SIZE(columns));
	char size[OUT_SIZE_LEN];
	size_t i;

	for (i = 0; i < VMSCOPE_FOLIO_ORDERS; i++) {
		const __u64 *bytes = sums->order_bytes[i];
		struct libscols_line *line;
		size_t j;

		if (i && !(bytes[0] | bytes[1] | bytes[2]))
			continue;
		line = table_line(table);
		table_text(line, 0, out_page_size(UINT64_C(4096) << i, size));
		for (j = 0; j < VMSCOPE_COVERAGES; j++)
			table_size(cli, line, j + 1, bytes[j]);
	}
	table_finish(table);
}

void folio_print(const struct cli *cli, const struct vmscope_folio_sums *sums,
		 const uint64_t *nodes, size_t nodes_len)
{
	static const struct table_column columns[] = { { "NODE", true },
						       { "SIZE", true } };
	struct libscols_table *table;
	size_t i;

	sharing_print(cli, sums);
	putchar('\n');
	kinds_print(cli, sums);
	putchar('\n');
	orders_print(cli, sums);
	putchar('\n');
	table = table_create(cli, columns, ARRAY_SIZE(columns));
	for (i = 0; i < nodes_len; i++) {
		struct libscols_line *line;

		if (!nodes[i])
			continue;
		line = table_line(table);
		table_number(line, 0, i);
		table_size(cli, line, 1, nodes[i]);
	}
	table_finish(table);
}
