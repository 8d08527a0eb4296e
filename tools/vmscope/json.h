/* SPDX-License-Identifier: GPL-2.0 */
/*
 * JSON: sizes are numbers, addresses are "0x..." strings, keys are snake_case.
 * Allocation failures end the program.
 */
#ifndef _VMSCOPE_JSON_H
#define _VMSCOPE_JSON_H

#include <json-c/json.h>

#include "cli.h"

struct json_object *json_object_create(void);
struct json_object *json_array_create(void);

/* Add a member. The added object belongs to @object then. */
void json_add(struct json_object *object, const char *key,
	      struct json_object *member);
void json_append(struct json_object *array, struct json_object *member);

void json_add_number(struct json_object *object, const char *key,
		     uint64_t number);
void json_add_address(struct json_object *object, const char *key,
		      uint64_t address);
void json_add_bool(struct json_object *object, const char *key, bool value);
void json_add_null(struct json_object *object, const char *key);

/* Text known to be ASCII; NULL becomes null. */
void json_add_text(struct json_object *object, const char *key,
		   const char *text);

/*
 * Any bytes. What is no UTF-8 becomes U+FFFD, one for each byte, and the
 * original is added as hexadecimal digits under @key with "_hex" behind it.
 */
void json_add_bytes(struct json_object *object, const char *key,
		    const char *bytes);

/* The name of a value; a value without a name becomes "unknown_NUMBER". */
void json_add_name(struct json_object *object, const char *key,
		   enum vmscope_names table, uint64_t value);

/* An array of the names of all bits that are set. */
void json_add_flags(struct json_object *object, const char *key,
		    enum vmscope_names table, uint64_t flags);

/* From now on, each walk tells what a budget left out. */
void json_budget(const struct cli *cli);

/* The members that each struct vmscope_sums and struct vmscope_walk gets. */
void json_add_sums(struct json_object *object, const struct vmscope_sums *sums);
void json_add_walk(struct json_object *object, const struct vmscope_walk *walk);

/* Print and release; a whole document, or on a line of its own. */
void json_finish(struct json_object *object);
void json_finish_line(struct json_object *object);

/* The end of a document that is printed member by member: "walk" is the last. */
void json_finish_walk(const struct vmscope_walk *walk);

#endif /* _VMSCOPE_JSON_H */
