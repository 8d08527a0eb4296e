// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "fault.h"
#include "json.h"

static void line_print(FILE *stream, struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(
		object,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		cli_no_memory();
	fprintf(stream, "%s\n", text);
	json_object_put(object);
}

static void name_add(struct json_object *object, const char *key,
		     const char *name)
{
	if (name)
		json_add_bytes(object, key, name);
	else
		json_add_null(object, key);
}

/* What is not known is null, never 0. */
static void known_add(struct json_object *object, const char *key, bool known,
		      uint64_t number)
{
	if (known)
		json_add_number(object, key, number);
	else
		json_add_null(object, key);
}

static void address_add(struct json_object *object, const char *key, bool known,
			uint64_t address)
{
	if (known)
		json_add_address(object, key, address);
	else
		json_add_null(object, key);
}

static void latency_add(struct json_object *object,
			const struct vmscope_record_fault *fault)
{
	bool exception = fault->flags & VMSCOPE_FAULT_EXCEPTION;
	bool handler = fault->flags & VMSCOPE_FAULT_HANDLER;
	uint64_t which = 0;
	uint64_t ns = 0;
	bool known = fault_latency(fault, &ns, &which);

	known_add(object, "latency_ns", known, ns);
	if (known)
		json_add_name(object, "latency", VMSCOPE_NAMES_LATENCY, which);
	else
		json_add_null(object, "latency");
	known_add(object, "exception_ns", exception, fault->exception_ns);
	known_add(object, "handler_ns", handler, fault->handler_ns);
	json_add_number(object, "lock_wait_ns", fault->lock_wait_ns);
}

static void mapping_add(struct json_object *object, struct symbols *symbols,
			const struct vmscope_record_fault *fault)
{
	bool known = fault->flags & VMSCOPE_FAULT_MAPPING;
	struct json_object *mapping;
	uint64_t offset = 0;
	char perms[5];
	char device[32];

	if (!known) {
		json_add_null(object, "mapping");
		return;
	}
	mapping = json_object_create();
	name_add(mapping, "name", symbols_mapping(symbols, fault, &offset));
	json_add_number(mapping, "offset", offset);
	json_add_address(mapping, "start", fault->map_start);
	json_add_address(mapping, "end", fault->map_end);
	vmscope_map_perms(fault->map_flags, perms);
	json_add_text(mapping, "perms", perms);
	json_add_name(mapping, "kind", VMSCOPE_NAMES_KIND, fault->map_kind);
	json_add_number(mapping, "inode", fault->inode);
	snprintf(device, sizeof(device), "%" PRIu64 ":%" PRIu64,
		 (uint64_t)fault->device >> 32,
		 (uint64_t)fault->device & UINT32_MAX);
	json_add_text(mapping, "device", device);
	json_add(object, "mapping", mapping);
}

static void stack_add(struct json_object *object, const char *key,
		      struct symbols *symbols, uint32_t pid,
		      const uint64_t *addresses, size_t len)
{
	struct json_object *array = json_array_create();
	size_t i;

	for (i = 0; i < len; i++) {
		struct json_object *caller = json_object_create();

		json_add_address(caller, "ip", addresses[i]);
		name_add(caller, "symbol",
			 symbols_name(symbols, pid, addresses[i]));
		json_append(array, caller);
	}
	json_add(object, key, array);
}

/* The facts that the cause was made of, as they came. */
static void raw_add(struct json_object *object,
		    const struct vmscope_record_fault *fault)
{
	bool before = fault->flags & VMSCOPE_FAULT_BEFORE;
	bool after = fault->flags & VMSCOPE_FAULT_AFTER;

	json_add_address(object, "error_code", fault->error_code);
	json_add_address(object, "fault_flags", fault->fault_flags);
	json_add_address(object, "fault_result", fault->fault_result);
	address_add(object, "entry_before", before, fault->entry_before);
	known_add(object, "level_before", before, fault->level_before);
	address_add(object, "entry_after", after, fault->entry_after);
	known_add(object, "level_after", after, fault->level_after);
	json_add_number(object, "calls", fault->calls);
	json_add_number(object, "around_pages", fault->around_pages);
}

void fault_json(FILE *stream, struct symbols *symbols,
		const struct vmscope_record_fault *fault)
{
	struct json_object *object = json_object_create();
	const uint64_t *user;
	const uint64_t *kernel;

	json_add_number(object, "time_ns", fault->header.time_ns);
	json_add_number(object, "cpu", fault->header.cpu);
	json_add_number(object, "pid", fault->pid);
	json_add_number(object, "tid", fault->tid);
	json_add_bytes(object, "comm", (const char *)fault->comm);
	json_add_number(object, "target_pid", fault->target_pid);
	json_add_address(object, "address", fault->address);
	address_add(object, "ip", fault->ip, fault->ip);
	name_add(object, "symbol",
		 fault->ip ? symbols_name(symbols, fault->pid, fault->ip) :
			     NULL);
	address_add(object, "user_ip", fault->user_ip, fault->user_ip);
	json_add_name(object, "access", VMSCOPE_NAMES_ACCESS, fault->access);
	json_add_name(object, "origin", VMSCOPE_NAMES_ORIGIN, fault->origin);
	json_add_name(object, "cause", VMSCOPE_NAMES_CAUSE, fault->cause);
	latency_add(object, fault);
	json_add_flags(object, "flags", VMSCOPE_NAMES_FAULT_FLAG, fault->flags);
	known_add(object, "signal", fault->signal, fault->signal);
	mapping_add(object, symbols, fault);
	raw_add(object, fault);
	vmscope_record_stacks(fault, &user, &kernel);
	if (fault->user_stack_len)
		stack_add(object, "user_stack", symbols, fault->pid, user,
			  fault->user_stack_len);
	if (fault->kernel_stack_len)
		stack_add(object, "kernel_stack", symbols, fault->pid, kernel,
			  fault->kernel_stack_len);
	line_print(stream, object);
}

void fault_json_lost(FILE *stream, const struct vmscope_record_lost *lost)
{
	struct json_object *object = json_object_create();
	struct json_object *reasons = json_object_create();
	const struct vmscope_name *name = NULL;

	json_add_number(object, "time_ns", lost->header.time_ns);
	json_add_number(object, "cpu", lost->header.cpu);
	while ((name = vmscope_name_next(VMSCOPE_NAMES_LOST, name)))
		json_add_number(reasons, name->name, lost->lost[name->value]);
	json_add(object, "lost", reasons);
	line_print(stream, object);
}
