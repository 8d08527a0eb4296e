// SPDX-License-Identifier: GPL-2.0
/*
 * Draw a translation: how the address is cut into indices, what each table
 * says, and what comes of it, in words.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "out.h"
#include "table.h"
#include "translate.h"

#define HIDDEN "hidden (needs CAP_SYS_ADMIN)"
#define WIDTH  76
#define MARGIN 10

/* For somebody who has only read about virtual memory. */
/* clang-format off */
static const struct {
	enum out_style style;
	const char *text;
} sentences[VMSCOPE_STATES] = {
	[VMSCOPE_STATE_NONE] = { OUT_NOTICE,
		"There is no page here: the process has not touched this address yet, or it gave the page back. An access raises a page fault, and the kernel supplies a page then, if the mapping allows that access." },
	[VMSCOPE_STATE_PRESENT] = { OUT_GOOD,
		"The page is in memory and the MMU finds it by itself. An access that all levels allow needs no help from the kernel." },
	[VMSCOPE_STATE_ZERO] = { OUT_GOOD,
		"The process has only read here so far: the address is mapped to a page of zeros that all processes share. The first write raises a page fault, and the process gets a page of its own." },
	[VMSCOPE_STATE_DEVICE] = { OUT_GOOD,
		"The address is mapped to memory of a device, or to memory that a driver handed out. The kernel neither swaps nor moves it." },
	[VMSCOPE_STATE_PROTNONE] = { OUT_NOTICE,
		"The page is in memory, but the process took all rights from it (mprotect with PROT_NONE). The entry is marked as not present, so that every access faults and ends in SIGSEGV." },
	[VMSCOPE_STATE_NUMA_HINT] = { OUT_NOTICE,
		"The page is in memory. The kernel marked its entry as not present for a moment, to notice by the next access's page fault which NUMA node uses it; the access succeeds then." },
	[VMSCOPE_STATE_SWAPPED] = { OUT_NOTICE,
		"The page was written out to a swap area to free memory; the entry says where it went. An access raises a page fault, and the kernel reads it back in." },
	[VMSCOPE_STATE_MIGRATING] = { OUT_NOTICE,
		"The kernel is moving the page to another place in memory at this moment. An access waits until that is done." },
	[VMSCOPE_STATE_SPLITTING] = { OUT_NOTICE,
		"The kernel is splitting a huge page into small ones at this moment. An access waits until that is done." },
	[VMSCOPE_STATE_POISONED] = { OUT_BAD,
		"The memory behind this address had an error that cannot be repaired, and the kernel took the page out of use. An access gets SIGBUS." },
	[VMSCOPE_STATE_GUARD] = { OUT_NOTICE,
		"The process installed a guard here (MADV_GUARD_INSTALL), as allocators and thread stacks do to catch overruns. An access gets SIGSEGV." },
	[VMSCOPE_STATE_UFFD_WP] = { OUT_NOTICE,
		"There is no page here, only a mark by which userfaultfd remembers that the address is write-protected. A write is reported to the program that watches it." },
	[VMSCOPE_STATE_DEVICE_PRIVATE] = { OUT_NOTICE,
		"A device, such as a graphics processor, has the page to itself. An access by the processor raises a page fault, and the kernel fetches the page back." },
	[VMSCOPE_STATE_UNKNOWN] = { OUT_BAD,
		"The entry is marked as not present and is of a type that the module does not know; the kernel may be newer than the module." },
	[VMSCOPE_STATE_NO_MAPPING] = { OUT_BAD,
		"No mapping covers the address: the process asked for no memory here, or gave it back. An access gets SIGSEGV." },
	[VMSCOPE_STATE_NONCANONICAL] = { OUT_BAD,
		"This is no address: the bits above those that the MMU translates must all be copies of the highest one that it does. An access is refused before any table is looked at." },
};
/* clang-format on */

static const char newer_state[] =
	"The module is newer than this program, which does not know this state.";

static const char kernel_hole[] =
	"The kernel has mapped nothing here. User mode gets SIGSEGV anyway, as everywhere in the kernel half.";

static unsigned int bits_of(uint64_t power)
{
	unsigned int bits = 0;

	while (bits < 63 && UINT64_C(1) << bits < power)
		bits++;
	return bits;
}

static bool is_leaf(const struct vmscope_level *level)
{
	return level && level->flags & VMSCOPE_ENTRY_LEAF;
}

static const struct vmscope_level *
last_level(const struct vmscope_translate *reply)
{
	if (!reply->levels_len || reply->levels_len > VMSCOPE_LEVELS)
		return NULL;
	return &reply->levels[reply->levels_len - 1];
}

/* The walk ended at nothing, and not at an entry that stands for a page. */
static bool is_hole(const struct vmscope_translate *reply)
{
	return reply->state == VMSCOPE_STATE_NONE ||
	       reply->state == VMSCOPE_STATE_NO_MAPPING;
}

/* A name in front, then text in lines of limited width behind it. */
static void paragraph(const struct cli *cli, const char *name,
		      enum out_style style, const char *word, const char *text)
{
	size_t column = MARGIN;

	out_word(cli, OUT_BOLD, name);
	printf("%*s", (int)(MARGIN - strlen(name)), "");
	if (*word) {
		out_word(cli, style, word);
		putchar(*text ? ':' : '\n');
		column += strlen(word) + 1;
	}
	while (*text) {
		size_t len = strcspn(text, " ");

		if (column != MARGIN && column + 1 + len > WIDTH) {
			printf("\n%*s", MARGIN, "");
			column = MARGIN;
		} else if (column != MARGIN) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)len, text);
		column += len;
		text += len + (text[len] == ' ');
		if (!*text)
			putchar('\n');
	}
}

/* ------------------------------------------- the address cut into indices */

struct field {
	char name[12];
	char bits[12];
	char binary[65];
	char value[24];
};

static uint64_t cut(uint64_t address, unsigned int first, unsigned int count)
{
	return address >> first & (~UINT64_C(0) >> (64 - count));
}

static void field_fill(struct field *field, uint64_t address,
		       unsigned int first, unsigned int count)
{
	unsigned int i;

	snprintf(field->bits, sizeof(field->bits), "%u..%u", first + count - 1,
		 first);
	for (i = 0; i < count; i++)
		field->binary[i] =
			address >> (first + count - 1 - i) & 1 ? '1' : '0';
	field->binary[count] = '\0';
}

static void split_draw(const struct cli *cli, const struct vmscope_info *info,
		       const struct vmscope_translate *reply)
{
	const struct vmscope_level *last = last_level(reply);
	struct field fields[VMSCOPE_LEVELS + 2];
	struct table_column columns[ARRAY_SIZE(fields)];
	unsigned int index_bits = bits_of(info->entries_per_table);
	unsigned int page_bits = bits_of(info->page_size);
	unsigned int top = (unsigned int)info->address_bits;
	uint64_t lowest = last && !is_hole(reply) ? last->level : 1;
	struct libscols_table *table;
	uint64_t level;
	size_t len = 0;
	size_t i;

	if (top < 64) {
		memcpy(fields[len].name, "sign", sizeof("sign"));
		field_fill(&fields[len], reply->address, top, 64 - top);
		snprintf(fields[len].value, sizeof(fields[len].value),
			 "as bit %u", top - 1);
		len++;
	}
	for (level = info->levels; level >= lowest && level; level--) {
		unsigned int first =
			page_bits + index_bits * (unsigned int)(level - 1);
		const char *name = vmscope_level_name(level, info->levels);

		if (!name || first >= top)
			continue;
		snprintf(fields[len].name, sizeof(fields[len].name), "%s",
			 name);
		field_fill(&fields[len], reply->address, first, top - first);
		snprintf(fields[len].value, sizeof(fields[len].value),
			 "%" PRIu64, cut(reply->address, first, top - first));
		top = first;
		len++;
	}
	memcpy(fields[len].name, "offset", sizeof("offset"));
	field_fill(&fields[len], reply->address, 0, top);
	snprintf(fields[len].value, sizeof(fields[len].value), "0x%" PRIx64,
		 cut(reply->address, 0, top));
	len++;

	for (i = 0; i < len; i++)
		columns[i] = (struct table_column){ fields[i].name, false };
	table = table_create(cli, columns, len);
	for (i = 0; i < 3; i++) {
		struct libscols_line *line = table_line(table);
		size_t j;

		for (j = 0; j < len; j++)
			table_text(line, j,
				   i == 0 ? fields[j].bits :
				   i == 1 ? fields[j].binary :
					    fields[j].value);
	}
	table_finish(table);
}

/* --------------------------------------------------- one step of the walk */

static void flags_draw(uint64_t flags)
{
	const struct vmscope_name *name = NULL;

	while ((name = vmscope_name_next(VMSCOPE_NAMES_ENTRY_FLAG, name)))
		if (flags & name->value)
			printf(" %s", name->name);
}

static void outcome_draw(const struct cli *cli,
			 const struct vmscope_translate *reply,
			 const struct vmscope_level *level, bool hidden)
{
	const struct vmscope_name *state =
		vmscope_name_find(VMSCOPE_NAMES_STATE, reply->state);
	char size[OUT_SIZE_LEN];

	fputs("      -> ", stdout);
	if (level != last_level(reply)) {
		if (hidden)
			fputs("table at a hidden address", stdout);
		else
			printf("table at 0x%" PRIx64, (uint64_t)level[1].table);
	} else if (vmscope_translate_has_physical(reply)) {
		printf("page of %s at ", out_page_size(reply->page_size, size));
		if (hidden)
			fputs("a hidden address", stdout);
		else
			printf("0x%" PRIx64,
			       (uint64_t)(reply->physical &
					  ~(reply->page_size - 1)));
	} else if (level->flags & VMSCOPE_ENTRY_PRESENT && !is_leaf(level)) {
		fputs("a table, not followed: nothing is mapped in all of its range, it may be freed at any time",
		      stdout);
	} else {
		out_word(cli, OUT_NOTICE, "stops here");
		printf(": %s", is_hole(reply) ? "the entry is empty" :
			       state	      ? state->text :
						"unknown state");
	}
	putchar('\n');
}

/*
 * Where the kernel is taken out of the user page tables, a process has two top
 * tables. The kernel's forbids execution in the whole user half.
 */
static bool is_kernel_copy(const struct vmscope_info *info,
			   const struct vmscope_translate *reply,
			   const struct vmscope_level *level)
{
	return info->pti && level == &reply->levels[0] &&
	       reply->address < info->user_end &&
	       level->flags & VMSCOPE_ENTRY_PRESENT &&
	       !(level->flags & VMSCOPE_ENTRY_EXECUTABLE);
}

static void level_draw(const struct cli *cli, const struct vmscope_info *info,
		       const struct vmscope_translate *reply,
		       const struct vmscope_level *level, bool hidden)
{
	const char *name = vmscope_level_name(level->level, info->levels);
	uint64_t at = level->table + level->index * (info->page_size /
						     info->entries_per_table);
	bool bare;

	out_word(cli, OUT_BOLD, name ? name : "?");
	if (hidden)
		printf("   table " HIDDEN ", entry %" PRIu64 "\n",
		       (uint64_t)level->index);
	else
		printf("   table 0x%" PRIx64 ", entry %" PRIu64 " at 0x%" PRIx64
		       "\n",
		       (uint64_t)level->table, (uint64_t)level->index, at);
	printf("      0x%016" PRIx64, (uint64_t)level->entry);
	bare = hidden && !(level == last_level(reply) && is_hole(reply));
	if (!level->flags && !level->entry && !bare)
		fputs(" empty", stdout);
	flags_draw(level->flags);
	if (is_leaf(level) && level->pkey)
		printf(" pkey=%" PRIu64, (uint64_t)level->pkey);
	if (bare)
		fputs(" (address bits hidden)", stdout);
	putchar('\n');
	if (is_kernel_copy(info, reply, level))
		fputs("      (KPTI: the kernel's copy of the top table, never executable; user mode has its own)\n",
		      stdout);
	outcome_draw(cli, reply, level, hidden);
}

/* -------------------------------------------------------- what comes of it */

static void fact(const struct cli *cli, const char *name, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));

static void fact(const struct cli *cli, const char *name, const char *format,
		 ...)
{
	va_list args;

	out_word(cli, OUT_BOLD, name);
	printf("%*s", (int)(MARGIN - strlen(name)), "");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void state_draw(const struct cli *cli, const struct vmscope_info *info,
		       const struct vmscope_translate *reply)
{
	const struct vmscope_name *state =
		vmscope_name_find(VMSCOPE_NAMES_STATE, reply->state);
	bool kernel = reply->address >= info->kernel_start;

	if (!state)
		paragraph(cli, "state", OUT_BAD, "?", newer_state);
	else if (kernel && is_hole(reply))
		paragraph(cli, "state", OUT_NOTICE, state->name, kernel_hole);
	else
		paragraph(cli, "state", sentences[state->value].style,
			  state->name, sentences[state->value].text);
}

/* The MMU allows what all levels allow. */
static void rights_draw(const struct cli *cli, const struct vmscope_info *info,
			const struct vmscope_translate *reply)
{
	uint64_t flags = ~UINT64_C(0);
	char text[160];
	size_t i;

	for (i = 0; i < reply->levels_len && i < VMSCOPE_LEVELS; i++) {
		const struct vmscope_level *level = &reply->levels[i];

		flags &= level->flags;
		if (is_kernel_copy(info, reply, level))
			flags |= VMSCOPE_ENTRY_EXECUTABLE;
	}
	if (!(flags & VMSCOPE_ENTRY_PRESENT) || !is_leaf(last_level(reply)))
		return;
	snprintf(text, sizeof(text), "%s may read%s%s",
		 flags & VMSCOPE_ENTRY_USER ? "user mode" : "only the kernel",
		 flags & VMSCOPE_ENTRY_WRITABLE ? ", write" : "",
		 flags & VMSCOPE_ENTRY_EXECUTABLE ? ", execute" : "");
	paragraph(cli, "rights", OUT_PLAIN, "", text);
	if (translate_has_mapping(info, reply) &&
	    reply->map_flags & VMSCOPE_MAP_WRITE &&
	    !(flags & VMSCOPE_ENTRY_WRITABLE))
		paragraph(
			cli, "", OUT_PLAIN, "",
			"The mapping may be written, the page not yet: a write raises a page fault first, so that the kernel can copy the page (copy on write) or note the write.");
}

static void swap_draw(const struct cli *cli,
		      const struct vmscope_translate *reply, bool hidden)
{
	if (reply->state != VMSCOPE_STATE_SWAPPED)
		return;
	if (hidden)
		fact(cli, "swap", "area %" PRIu64 ", offset " HIDDEN,
		     (uint64_t)reply->swap_area);
	else
		fact(cli, "swap", "area %" PRIu64 ", offset 0x%" PRIx64,
		     (uint64_t)reply->swap_area, (uint64_t)reply->swap_offset);
}

static void physical_draw(const struct cli *cli,
			  const struct vmscope_translate *reply, bool hidden)
{
	uint64_t physical = reply->physical;
	uint64_t offset = reply->address & (reply->page_size - 1);

	if (!vmscope_translate_has_physical(reply))
		fact(cli, "physical", "none");
	else if (hidden)
		fact(cli, "physical", HIDDEN);
	else
		fact(cli, "physical",
		     "0x%" PRIx64 " = page 0x%" PRIx64 " + offset 0x%" PRIx64,
		     physical, physical - offset, offset);
}

static void around_draw(const struct cli *cli, const struct vmscope_info *info,
			const struct vmscope_translate *reply)
{
	uint64_t start = reply->map_start;
	uint64_t end = reply->map_end;
	const struct vmscope_name *kind;
	char size[OUT_SIZE_LEN];
	char perms[5];

	if (translate_has_mapping(info, reply)) {
		kind = vmscope_name_find(VMSCOPE_NAMES_KIND, reply->map_kind);
		vmscope_map_perms(reply->map_flags, perms);
		fact(cli, "mapping", "0x%" PRIx64 "-0x%" PRIx64 " %s %s, %s",
		     start, end, perms, kind ? kind->name : "?",
		     out_size(cli, end - start, size));
	} else if (reply->address >= info->kernel_start) {
		fact(cli, "mapping",
		     "none: the kernel half is not the process's own");
	} else if (reply->state == VMSCOPE_STATE_NO_MAPPING) {
		fact(cli, "gap", "0x%" PRIx64 "-0x%" PRIx64 ", %s", start, end,
		     out_size(cli, end - start, size));
	}
}

void translate_draw(const struct cli *cli, const struct vmscope_info *info,
		    const struct vmscope_translate *reply)
{
	bool hidden = reply->reply_flags & VMSCOPE_REPLY_FRAMES_HIDDEN;
	char title[96];
	size_t i;

	snprintf(title, sizeof(title),
		 "process %" PRIu64 ", address 0x%" PRIx64,
		 (uint64_t)reply->pid, (uint64_t)reply->address);
	out_word(cli, OUT_BOLD, title);
	fputs("\n\n", stdout);
	split_draw(cli, info, reply);
	putchar('\n');
	for (i = 0; i < reply->levels_len && i < VMSCOPE_LEVELS; i++)
		level_draw(cli, info, reply, &reply->levels[i], hidden);
	if (reply->levels_len)
		putchar('\n');
	physical_draw(cli, reply, hidden);
	state_draw(cli, info, reply);
	rights_draw(cli, info, reply);
	swap_draw(cli, reply, hidden);
	around_draw(cli, info, reply);
}
