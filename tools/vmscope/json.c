// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "json.h"

static struct json_object *checked(struct json_object *object)
{
	if (!object)
		cli_no_memory();
	return object;
}

struct json_object *json_object_create(void)
{
	return checked(json_object_new_object());
}

struct json_object *json_array_create(void)
{
	return checked(json_object_new_array());
}

void json_add(struct json_object *object, const char *key,
	      struct json_object *member)
{
	/* Keys are constants and each is added once. */
	if (json_object_object_add_ex(object, key, member,
				      JSON_C_OBJECT_ADD_KEY_IS_NEW |
					      JSON_C_OBJECT_KEY_IS_CONSTANT))
		cli_no_memory();
}

void json_append(struct json_object *array, struct json_object *member)
{
	if (json_object_array_add(array, member))
		cli_no_memory();
}

void json_add_number(struct json_object *object, const char *key,
		     uint64_t number)
{
	json_add(object, key, checked(json_object_new_uint64(number)));
}

void json_add_address(struct json_object *object, const char *key,
		      uint64_t address)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%" PRIx64, address);
	json_add_text(object, key, buf);
}

void json_add_bool(struct json_object *object, const char *key, bool value)
{
	json_add(object, key, checked(json_object_new_boolean(value)));
}

void json_add_null(struct json_object *object, const char *key)
{
	json_add(object, key, NULL);
}

void json_add_text(struct json_object *object, const char *key,
		   const char *text)
{
	json_add(object, key,
		 text ? checked(json_object_new_string(text)) : NULL);
}

/*
 * Bytes of the UTF-8 character at @text, or 0 when there is none: too long a
 * form, a surrogate, above U+10FFFF, or cut off.
 */
static size_t utf8_len(const unsigned char *text)
{
	static const struct {
		unsigned char first;
		unsigned char last;
		unsigned char second_first;
		unsigned char second_last;
		unsigned char len;
	} forms[] = {
		{ 0x01, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i;
	size_t j;

	for (i = 0; i < ARRAY_SIZE(forms); i++)
		if (text[0] >= forms[i].first && text[0] <= forms[i].last)
			break;
	if (i == ARRAY_SIZE(forms))
		return 0;
	if (forms[i].len == 1)
		return 1;
	if (text[1] < forms[i].second_first || text[1] > forms[i].second_last)
		return 0;
	for (j = 2; j < forms[i].len; j++)
		if ((text[j] & 0xc0) != 0x80)
			return 0;
	return forms[i].len;
}

static void hex_add(struct json_object *object, const char *key,
		    const char *bytes)
{
	size_t len = strlen(bytes);
	char *name = malloc(strlen(key) + sizeof("_hex"));
	char *hex = malloc(2 * len + 1);
	size_t i;

	if (!name || !hex)
		cli_no_memory();
	for (i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", (unsigned char)bytes[i]);
	sprintf(name, "%s_hex", key);
	if (json_object_object_add(object, name,
				   checked(json_object_new_string(hex))))
		cli_no_memory();
	free(name);
	free(hex);
}

void json_add_bytes(struct json_object *object, const char *key,
		    const char *bytes)
{
	const unsigned char *in = (const unsigned char *)bytes;
	char *text = malloc(3 * strlen(bytes) + 1);
	bool valid = true;
	char *out = text;

	if (!text)
		cli_no_memory();
	while (*in) {
		size_t len = utf8_len(in);

		if (len) {
			memcpy(out, in, len);
			out += len;
			in += len;
			continue;
		}
		memcpy(out, "\xef\xbf\xbd", 3);
		out += 3;
		in++;
		valid = false;
	}
	*out = '\0';
	json_add_text(object, key, text);
	free(text);
	if (!valid)
		hex_add(object, key, bytes);
}

static struct json_object *name_create(enum vmscope_names table, uint64_t value)
{
	const struct vmscope_name *name = vmscope_name_find(table, value);
	char buf[32];

	if (name)
		return checked(json_object_new_string(name->name));
	snprintf(buf, sizeof(buf), "unknown_%" PRIu64, value);
	return checked(json_object_new_string(buf));
}

void json_add_name(struct json_object *object, const char *key,
		   enum vmscope_names table, uint64_t value)
{
	json_add(object, key, name_create(table, value));
}

void json_add_flags(struct json_object *object, const char *key,
		    enum vmscope_names table, uint64_t flags)
{
	struct json_object *array = json_array_create();
	unsigned int bit;

	for (bit = 0; bit < 64; bit++)
		if (flags >> bit & 1)
			json_append(array,
				    name_create(table, UINT64_C(1) << bit));
	json_add(object, key, array);
}

void json_add_sums(struct json_object *object, const struct vmscope_sums *sums)
{
	const struct vmscope_name *state = NULL;
	struct json_object *leaves = json_object_create();
	struct json_object *states = json_object_create();

	json_add_number(object, "virtual_bytes", sums->virtual_bytes);
	json_add_number(object, "present_bytes", sums->present_bytes);
	json_add_number(object, "resident_bytes", sums->resident_bytes);
	json_add_number(object, "swapped_bytes", sums->swapped_bytes);
	json_add_number(object, "hugetlb_bytes", sums->hugetlb_bytes);
	json_add_number(leaves, "pte", sums->leaf_bytes[0]);
	json_add_number(leaves, "pmd", sums->leaf_bytes[1]);
	json_add_number(leaves, "pud", sums->leaf_bytes[2]);
	json_add(object, "leaf_bytes", leaves);
	while ((state = vmscope_name_next(VMSCOPE_NAMES_STATE, state)))
		if (state->value <= VMSCOPE_STATE_UNKNOWN)
			json_add_number(states, state->name,
					sums->state_bytes[state->value]);
	json_add(object, "state_bytes", states);
}

static const struct cli *budget_of;

void json_budget(const struct cli *cli)
{
	budget_of = cli;
}

static void left_add(struct json_object *object)
{
	struct json_object *array = json_array_create();
	struct json_object *range;
	uint64_t start, end;

	if (vmscope_budget_left(budget_of->handle, &start, &end)) {
		range = json_object_create();
		json_add_address(range, "start", start);
		json_add_address(range, "end", end);
		json_append(array, range);
	}
	json_add(object, "left_out", array);
}

void json_add_walk(struct json_object *object, const struct vmscope_walk *walk)
{
	struct json_object *member = json_object_create();

	json_add_number(member, "holds", walk->holds);
	json_add_name(member, "layout", VMSCOPE_NAMES_LAYOUT, walk->layout);
	json_add_number(member, "entries", walk->entries);
	json_add_number(member, "tables", walk->tables);
	if (budget_of)
		left_add(member);
	json_add(object, "walk", member);
}

static void print(struct json_object *object, int flags)
{
	const char *text = json_object_to_json_string_ext(
		object, flags | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		cli_no_memory();
	fputs(text, stdout);
	json_object_put(object);
}

void json_finish(struct json_object *object)
{
	print(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
	fputc('\n', stdout);
}

void json_finish_line(struct json_object *object)
{
	print(object, JSON_C_TO_STRING_PLAIN);
}

void json_finish_walk(const struct vmscope_walk *walk)
{
	struct json_object *object = json_object_create();

	/* The member without the braces around it. */
	json_add_walk(object, walk);
	fputs(",\n  \"walk\": ", stdout);
	json_finish_line(
		json_object_get(json_object_object_get(object, "walk")));
	json_object_put(object);
	fputs("\n}\n", stdout);
}
