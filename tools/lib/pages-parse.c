// SPDX-License-Identifier: GPL-2.0
/*
 * Expressions that choose pages: "present|swapped,dirty,~2m".
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "vmscope.h"

#define LEAVES                                             \
	(VMSCOPE_PAGES_LEAF_PTE | VMSCOPE_PAGES_LEAF_PMD | \
	 VMSCOPE_PAGES_LEAF_PUD)

/* Of a word in a message, not more than this. */
#define SHOWN 64

struct word {
	const char *text;
	size_t len;
};

struct parser {
	struct vmscope_pages_masks masks;
	int groups;
	char *message;
	size_t size;
};

/* The tables that words are from, in the order in which they are looked up. */
static const struct {
	enum vmscope_names names;
	const char *prefix;
} tables[] = {
	{ VMSCOPE_NAMES_STATE, "state:" },
	{ VMSCOPE_NAMES_ENTRY_FLAG, "flag:" },
	{ VMSCOPE_NAMES_PAGES, NULL },
	{ VMSCOPE_NAMES_FOLIO, NULL },
};

__attribute__((format(printf, 2, 3))) static int
complain(const struct parser *parser, const char *format, ...)
{
	va_list args;

	if (parser->message && parser->size) {
		va_start(args, format);
		vsnprintf(parser->message, parser->size, format, args);
		va_end(args);
	}
	return -EINVAL;
}

static int shown(const struct word *word)
{
	return word->len < SHOWN ? (int)word->len : SHOWN;
}

/* The bit of a name, or 0: not every state is one that a page can be in. */
static uint64_t bit_of(enum vmscope_names names,
		       const struct vmscope_name *name)
{
	if (names == VMSCOPE_NAMES_STATE)
		return VMSCOPE_PAGES_STATE(name->value) & VMSCOPE_PAGES_STATES;
	if (names == VMSCOPE_NAMES_ENTRY_FLAG)
		return VMSCOPE_PAGES_ENTRY(name->value) & VMSCOPE_PAGES_ENTRIES;
	if (names == VMSCOPE_NAMES_FOLIO)
		return VMSCOPE_PAGES_FOLIO(name->value);
	return name->value;
}

static uint64_t bit_find(size_t table, const char *text, size_t len)
{
	enum vmscope_names names = tables[table].names;
	const struct vmscope_name *name = NULL;

	while ((name = vmscope_name_next(names, name)))
		if (strlen(name->name) == len &&
		    strncasecmp(name->name, text, len) == 0)
			return bit_of(names, name);
	return 0;
}

static uint64_t word_find(const struct word *word)
{
	uint64_t bit = 0;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]) && !bit; i++) {
		const char *prefix = tables[i].prefix;
		size_t len = prefix ? strlen(prefix) : 0;

		if (len && word->len > len &&
		    strncasecmp(word->text, prefix, len) == 0)
			return bit_find(i, word->text + len, word->len - len);
		bit = bit_find(i, word->text, word->len);
	}
	return bit;
}

/* All words, a flag that is called like a state with its prefix. */
static void words_list(char *buf, size_t size)
{
	size_t pos = 0;
	size_t i;

	buf[0] = '\0';
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct vmscope_name *name = NULL;

		while ((name = vmscope_name_next(tables[i].names, name))) {
			size_t len = strlen(name->name);

			if (!bit_of(tables[i].names, name) || pos >= size)
				continue;
			pos += (size_t)snprintf(
				buf + pos, size - pos, "%s%s%s", pos ? " " : "",
				i && bit_find(0, name->name, len) ?
					tables[i].prefix :
					"",
				name->name);
		}
	}
}

static int word_unknown(const struct parser *parser, const struct word *word)
{
	char list[VMSCOPE_PAGES_MESSAGE];

	words_list(list, sizeof(list));
	return complain(parser, "%.*s: no such word; the words are %s",
			shown(word), word->text, list);
}

static struct word word_trim(const char *text, size_t len)
{
	struct word word = { text, len };

	while (word.len && (*word.text == ' ' || *word.text == '\t')) {
		word.text++;
		word.len--;
	}
	while (word.len && (word.text[word.len - 1] == ' ' ||
			    word.text[word.len - 1] == '\t'))
		word.len--;
	return word;
}

static int word_parse(const struct parser *parser, const struct word *word,
		      uint64_t *bit)
{
	if (!word->len)
		return complain(
			parser,
			"an empty word; words are separated by one comma or one |");
	*bit = word_find(word);
	return *bit ? 0 : word_unknown(parser, word);
}

static int group_parse(struct parser *parser, const struct word *term)
{
	size_t pos = 0;

	if (parser->groups++)
		return complain(
			parser,
			"%.*s: a second group of words with |; there can be one, say what the other excludes with ~",
			shown(term), term->text);
	while (pos <= term->len) {
		const char *text = term->text + pos;
		const char *bar = memchr(text, '|', term->len - pos);
		size_t len = bar ? (size_t)(bar - text) : term->len - pos;
		struct word word = word_trim(text, len);
		uint64_t bit;
		int err;

		if (word.len && (*word.text == '~' || *word.text == '!'))
			return complain(
				parser,
				"%.*s: a word of a group cannot be negated; ~a,~b is neither a nor b",
				shown(term), term->text);
		err = word_parse(parser, &word, &bit);
		if (err)
			return err;
		parser->masks.any_of |= bit;
		pos += len + 1;
	}
	return 0;
}

static int term_parse(struct parser *parser, const struct word *term)
{
	struct word word = *term;
	uint64_t bit;
	int negated;
	int err;

	if (memchr(term->text, '|', term->len))
		return group_parse(parser, term);
	negated = word.len && (*word.text == '~' || *word.text == '!');
	if (negated)
		word = word_trim(word.text + 1, word.len - 1);
	err = word_parse(parser, &word, &bit);
	if (err)
		return err;
	if (negated)
		parser->masks.none_of |= bit;
	else
		parser->masks.all_of |= bit;
	if (parser->masks.all_of & parser->masks.none_of)
		return complain(parser,
				"%.*s: asked for and excluded; leave one out",
				shown(&word), word.text);
	return 0;
}

static int is_several(uint64_t bits)
{
	return (bits & (bits - 1)) != 0;
}

/* What no page can be is more likely a mistake than a wish to see nothing. */
static int masks_check(const struct parser *parser)
{
	const struct vmscope_pages_masks *masks = &parser->masks;

	if (is_several(masks->all_of & VMSCOPE_PAGES_STATES))
		return complain(
			parser,
			"several states at a time; a page is in one, so separate them with |");
	if (is_several(masks->all_of & LEAVES))
		return complain(
			parser,
			"several sizes at a time; a page has one, so separate them with |");
	if (masks->any_of && !(masks->any_of & ~masks->none_of))
		return complain(
			parser,
			"all words of the group are excluded; leave one out");
	return 0;
}

int vmscope_pages_parse(const char *expr, struct vmscope_pages_masks *ret,
			char *message, size_t size)
{
	struct parser parser = { .message = message, .size = size };
	int err;

	for (;;) {
		size_t len = strcspn(expr, ",");
		struct word term = word_trim(expr, len);

		err = term_parse(&parser, &term);
		if (err)
			return err;
		if (!expr[len])
			break;
		expr += len + 1;
	}
	err = masks_check(&parser);
	if (!err)
		*ret = parser.masks;
	return err;
}
