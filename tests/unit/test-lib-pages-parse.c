// SPDX-License-Identifier: GPL-2.0
/* sources: ../../tools/lib/pages-parse.c ../../tools/lib/names.c */
/*
 * Expressions that choose pages: every word, how they combine, every error.
 */
#include <errno.h>

#include "unit.h"
#include "vmscope.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

#define S(state)    VMSCOPE_PAGES_STATE(VMSCOPE_STATE_##state)
#define E(flag)	    VMSCOPE_PAGES_ENTRY(VMSCOPE_ENTRY_##flag)
#define FOLIO(name) VMSCOPE_PAGES_FOLIO(VMSCOPE_FOLIO_##name)
#define L(level)    VMSCOPE_PAGES_LEAF_##level
#define PKEY	    VMSCOPE_PAGES_PKEY

static const struct {
	const char *word;
	uint64_t bit;
} words[] = {
	{ "none", S(NONE) },
	{ "present", S(PRESENT) },
	{ "zero", S(ZERO) },
	{ "device", S(DEVICE) },
	{ "protnone", S(PROTNONE) },
	{ "numa_hint", S(NUMA_HINT) },
	{ "swapped", S(SWAPPED) },
	{ "migrating", S(MIGRATING) },
	{ "splitting", S(SPLITTING) },
	{ "poisoned", S(POISONED) },
	{ "guard", S(GUARD) },
	{ "uffd_wp", S(UFFD_WP) },
	{ "device_private", S(DEVICE_PRIVATE) },
	{ "unknown", S(UNKNOWN) },
	{ "flag:present", E(PRESENT) },
	{ "writable", E(WRITABLE) },
	{ "user", E(USER) },
	{ "executable", E(EXECUTABLE) },
	{ "accessed", E(ACCESSED) },
	{ "dirty", E(DIRTY) },
	{ "leaf", E(LEAF) },
	{ "global", E(GLOBAL) },
	{ "write_through", E(WRITE_THROUGH) },
	{ "cache_disable", E(CACHE_DISABLE) },
	{ "pat", E(PAT) },
	{ "special", E(SPECIAL) },
	{ "soft_dirty", E(SOFT_DIRTY) },
	{ "flag:uffd_wp", E(UFFD_WP) },
	{ "flag:protnone", E(PROTNONE) },
	{ "exclusive", E(EXCLUSIVE) },
	{ "encrypted", E(ENCRYPTED) },
	{ "pkey", PKEY },
	{ "4k", L(PTE) },
	{ "2m", L(PMD) },
	{ "1g", L(PUD) },
	{ "anon", FOLIO(ANON) },
	{ "file", FOLIO(FILE) },
	{ "shmem", FOLIO(SHMEM) },
	{ "ksm", FOLIO(KSM) },
	{ "once", FOLIO(ONCE) },
	{ "shared", FOLIO(SHARED) },
	{ "large", FOLIO(LARGE) },
	{ "hugetlb", FOLIO(HUGETLB) },
};

static const struct {
	const char *expr;
	struct vmscope_pages_masks masks;
} good[] = {
	{ "state:swapped", { S(SWAPPED), 0, 0 } },
	{ "state:uffd_wp", { S(UFFD_WP), 0, 0 } },
	{ "flag:dirty", { E(DIRTY), 0, 0 } },
	{ "FLAG:Dirty", { E(DIRTY), 0, 0 } },
	{ "2M,1g|4K", { L(PMD), L(PUD) | L(PTE), 0 } },
	{ "~none", { 0, 0, S(NONE) } },
	{ "!none", { 0, 0, S(NONE) } },
	{ "~flag:present", { 0, 0, E(PRESENT) } },
	{ "present,dirty", { S(PRESENT) | E(DIRTY), 0, 0 } },
	{ "dirty,dirty", { E(DIRTY), 0, 0 } },
	{ "dirty,~accessed,!2m", { E(DIRTY), 0, E(ACCESSED) | L(PMD) } },
	{ "swapped|none", { 0, S(SWAPPED) | S(NONE), 0 } },
	{ "present|zero|device,writable,~pkey",
	  { E(WRITABLE), S(PRESENT) | S(ZERO) | S(DEVICE), PKEY } },
	{ "writable,state:uffd_wp|flag:uffd_wp",
	  { E(WRITABLE), S(UFFD_WP) | E(UFFD_WP), 0 } },
	{ "dirty|accessed,~dirty", { 0, E(DIRTY) | E(ACCESSED), E(DIRTY) } },
	{ " present , ~ dirty ,\t2m | 1g ",
	  { S(PRESENT), L(PMD) | L(PUD), E(DIRTY) } },
};

/* What is wrong, and what the message has to name. */
static const struct {
	const char *expr;
	const char *names;
} bad[] = {
	{ "", "an empty word" },
	{ ",", "an empty word" },
	{ "dirty,", "an empty word" },
	{ ",dirty", "an empty word" },
	{ "dirty,,2m", "an empty word" },
	{ "~", "an empty word" },
	{ "dirty,! ", "an empty word" },
	{ "|", "an empty word" },
	{ "a||b", "a: no such word" },
	{ "dirty|", "an empty word" },
	{ "|dirty", "an empty word" },
	{ "drity", "drity: no such word" },
	{ "dirty,~drity,2m", "drity: no such word" },
	{ "dirty|drity", "drity: no such word" },
	{ "~~dirty", "~dirty: no such word" },
	{ "dirty 2m", "dirty 2m: no such word" },
	{ "dirt", "dirt: no such word" },
	{ "dirtyy", "dirtyy: no such word" },
	{ "no_mapping", "no_mapping: no such word" },
	{ "noncanonical", "noncanonical: no such word" },
	{ "state:dirty", "state:dirty: no such word" },
	{ "flag:swapped", "flag:swapped: no such word" },
	{ "flag:2m", "flag:2m: no such word" },
	{ "state:pkey", "state:pkey: no such word" },
	{ "state:", "state:: no such word" },
	{ "state:state:none", "state:state:none: no such word" },
	{ "size:2m", "size:2m: no such word" },
	{ "present,swapped", "several states" },
	{ "2m,dirty,1g", "several sizes" },
	{ "dirty,~dirty", "dirty: asked for and excluded" },
	{ "~present,present", "present: asked for and excluded" },
	{ "2m|1g,dirty|accessed", "dirty|accessed: a second group" },
	{ "~dirty|accessed", "~dirty|accessed: a word of a group" },
	{ "dirty|~accessed", "dirty|~accessed: a word of a group" },
	{ "present|zero,~zero,~present", "all words of the group" },
};

static int is_same(const struct vmscope_pages_masks *a,
		   const struct vmscope_pages_masks *b)
{
	return a->all_of == b->all_of && a->any_of == b->any_of &&
	       a->none_of == b->none_of;
}

static void words_test(void)
{
	struct vmscope_pages_masks masks;
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < LEN(words); i++) {
		char message[VMSCOPE_PAGES_MESSAGE] = "untouched";
		struct vmscope_pages_masks wanted = { words[i].bit, 0, 0 };

		unit_ok(!vmscope_pages_parse(words[i].word, &masks, message,
					     sizeof(message)) &&
				is_same(&masks, &wanted) &&
				!strcmp(message, "untouched"),
			"the word %s", words[i].word);
		all |= words[i].bit;
	}
	unit_ok(all == (VMSCOPE_PAGES_ALL | VMSCOPE_PAGES_FOLIOS),
		"there is a word for every bit");
}

static void good_test(void)
{
	size_t i;

	for (i = 0; i < LEN(good); i++) {
		struct vmscope_pages_masks masks = { 1, 2, 3 };

		unit_ok(!vmscope_pages_parse(good[i].expr, &masks, NULL, 0) &&
				is_same(&masks, &good[i].masks),
			"'%s'", good[i].expr);
	}
}

/* Every word in the list of a message means one bit, and all of them do. */
static int list_is_whole(char *message)
{
	char *word = strstr(message, "the words are ");
	struct vmscope_pages_masks masks;
	uint64_t all = 0;

	if (!word)
		return 0;
	word = strtok(word + strlen("the words are "), " ");
	for (; word; word = strtok(NULL, " ")) {
		if (vmscope_pages_parse(word, &masks, NULL, 0) ||
		    all & masks.all_of)
			return 0;
		all |= masks.all_of;
	}
	return all == (VMSCOPE_PAGES_ALL | VMSCOPE_PAGES_FOLIOS);
}

static void bad_test(void)
{
	const struct vmscope_pages_masks before = { 1, 2, 3 };
	char message[VMSCOPE_PAGES_MESSAGE];
	struct vmscope_pages_masks masks;
	char expr[300];
	size_t i;

	for (i = 0; i < LEN(bad); i++) {
		masks = before;
		message[0] = '\0';
		unit_ok(vmscope_pages_parse(bad[i].expr, &masks, message,
					    sizeof(message)) == -EINVAL &&
				!strncmp(
					message +
						(*message == 'a' &&
								 bad[i].names[0] ==
									 'e' ?
							 strlen("an ") :
							 0),
					bad[i].names, strlen(bad[i].names)) &&
				is_same(&masks, &before),
			"'%s' is an error: %s", bad[i].expr, message);
	}
	vmscope_pages_parse("drity", &masks, message, sizeof(message));
	unit_ok(list_is_whole(message), "the list of words has all of them");

	memset(expr, 'x', sizeof(expr) - 1);
	expr[sizeof(expr) - 1] = '\0';
	vmscope_pages_parse(expr, &masks, message, sizeof(message));
	unit_ok(list_is_whole(message),
		"even if the unknown word is a long one");
	memset(message, 'z', sizeof(message));
	unit_ok(vmscope_pages_parse("drity", &masks, message, 8) == -EINVAL &&
			!strcmp(message, "drity: ") && message[8] == 'z',
		"a message is cut to its buffer");
}

int main(void)
{
	words_test();
	good_test();
	bad_test();
	return unit_done();
}
