// SPDX-License-Identifier: GPL-2.0
/* sources: ../../tools/lib/names.c */
/*
 * The tables of names: complete, in order, and each found again.
 */
#include <ctype.h>
#include <string.h>

#include "unit.h"
#include "vmscope.h"

static const struct {
	enum vmscope_names table;
	const char *title;
	size_t values; /* 0: not an enum that begins at 0 */
} tables[] = {
	{ VMSCOPE_NAMES_STATE, "states", VMSCOPE_STATES },
	{ VMSCOPE_NAMES_KIND, "kinds", VMSCOPE_KINDS },
	{ VMSCOPE_NAMES_MAP_FLAG, "map flags", 0 },
	{ VMSCOPE_NAMES_ENTRY_FLAG, "entry flags", 0 },
	{ VMSCOPE_NAMES_FEATURE, "features", VMSCOPE_FEATURES },
	{ VMSCOPE_NAMES_FEATURE_STATE, "feature states", 6 },
	{ VMSCOPE_NAMES_LAYOUT, "layouts", 3 },
	{ VMSCOPE_NAMES_PAGES, "bits of pages", 0 },
	{ VMSCOPE_NAMES_REGION, "regions", VMSCOPE_REGIONS },
	{ VMSCOPE_NAMES_AREA, "areas", 6 },
	{ VMSCOPE_NAMES_CAUSE, "causes", VMSCOPE_CAUSES },
	{ VMSCOPE_NAMES_ORIGIN, "origins", VMSCOPE_ORIGINS },
	{ VMSCOPE_NAMES_ACCESS, "accesses", VMSCOPE_ACCESSES },
	{ VMSCOPE_NAMES_LATENCY, "latencies", VMSCOPE_LATENCIES },
	{ VMSCOPE_NAMES_LOST, "losses", VMSCOPE_LOSTS },
	{ VMSCOPE_NAMES_RECORD, "types of records", 6 },
	{ VMSCOPE_NAMES_FAULT_FLAG, "flags of a fault", 0 },
};

static void table_test(size_t i)
{
	const struct vmscope_name *name = NULL;
	const struct vmscope_name *last = NULL;
	enum vmscope_names table = tables[i].table;
	int ordered = 1;
	int found = 1;
	int words = 1;
	int bits = 1;
	size_t len = 0;

	while ((name = vmscope_name_next(table, name))) {
		const char *c;

		if (last && name->value <= last->value)
			ordered = 0;
		if (vmscope_name_find(table, name->value) != name ||
		    vmscope_name_parse(table, name->name) != name)
			found = 0;
		for (c = name->name; *c; c++)
			if (!islower(*c) && !isdigit(*c) && *c != '_')
				words = 0;
		if (!name->value || name->value & (name->value - 1))
			bits = 0;
		last = name;
		len++;
	}
	unit_ok(ordered, "%s rise", tables[i].title);
	unit_ok(found, "%s are found by value and by name", tables[i].title);
	unit_ok(words, "%s are words", tables[i].title);
	if (tables[i].values)
		unit_ok(len == tables[i].values, "%s are %zu", tables[i].title,
			tables[i].values);
	else
		unit_ok(bits, "%s are single bits", tables[i].title);
	unit_ok(!vmscope_name_find(table, UINT64_C(1) << 63),
		"%s: an unknown value has no name", tables[i].title);
	unit_ok(!vmscope_name_parse(table, "nonsense"),
		"%s: an unknown name has no value", tables[i].title);
}

static void levels_test(void)
{
	unit_ok(!strcmp(vmscope_level_name(VMSCOPE_LEVEL_PGD, 5), "pgd"),
		"the top of five levels is the pgd");
	unit_ok(!strcmp(vmscope_level_name(VMSCOPE_LEVEL_P4D, 5), "p4d"),
		"the second of five levels is the p4d");
	unit_ok(!strcmp(vmscope_level_name(VMSCOPE_LEVEL_P4D, 4), "pgd"),
		"the top of four levels is the pgd");
	unit_ok(!strcmp(vmscope_level_name(VMSCOPE_LEVEL_PTE, 4), "pte"),
		"the lowest level is the pte");
	unit_ok(!vmscope_level_name(0, 4) && !vmscope_level_name(6, 5),
		"other levels have no name");
}

static void perms_test(void)
{
	char perms[5];

	vmscope_map_perms(VMSCOPE_MAP_READ | VMSCOPE_MAP_EXEC, perms);
	unit_ok(!strcmp(perms, "r-xp"), "private code is r-xp");
	vmscope_map_perms(VMSCOPE_MAP_READ | VMSCOPE_MAP_WRITE |
				  VMSCOPE_MAP_SHARED,
			  perms);
	unit_ok(!strcmp(perms, "rw-s"), "shared data is rw-s");
	vmscope_map_perms(0, perms);
	unit_ok(!strcmp(perms, "---p"), "nothing is ---p");
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		table_test(i);
	unit_ok(!vmscope_name_next((enum vmscope_names)99, NULL),
		"an unknown table is empty");
	levels_test();
	perms_test();
	return unit_done();
}
