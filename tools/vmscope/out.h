/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text for people: sizes, colours, names that may hold any byte.
 */
#ifndef _VMSCOPE_OUT_H
#define _VMSCOPE_OUT_H

#include "cli.h"

#define OUT_SIZE_LEN 24

/* "12K", "1.5G"; or plain bytes when the user wants those. */
char *out_size(const struct cli *cli, uint64_t bytes, char buf[OUT_SIZE_LEN]);

/* Always short, for sizes that are powers of two: "4K", "2M", "1G". */
char *out_page_size(uint64_t bytes, char buf[OUT_SIZE_LEN]);

/* "42%", "<1%", or "-" of nothing. */
char *out_percent(uint64_t part, uint64_t whole, char buf[OUT_SIZE_LEN]);

/* A time in three digits and its unit: "812ns", "1.24us", "45.6ms", "200s". */
char *out_time(uint64_t ns, char buf[OUT_SIZE_LEN]);

/* Names of flags, separated by commas; cut to fit. Returns @buf. */
char *out_flags(enum vmscope_names table, uint64_t flags, char *buf,
		size_t size);

enum out_style {
	OUT_PLAIN,
	OUT_BOLD,
	OUT_DIM,
	OUT_GOOD,
	OUT_NOTICE,
	OUT_BAD,
};

bool out_color_wanted(enum cli_color when);

/* Print a word in a style, if colours are on. */
void out_word(const struct cli *cli, enum out_style style, const char *word);

/*
 * Make any bytes printable: what the locale cannot print becomes \ooo, as in
 * /proc/PID/maps, and a backslash becomes two. Returns @text itself when there
 * is nothing to change, else *buf, which grows as needed and is the caller's to
 * free.
 */
const char *out_escape(const char *text, char **buf, size_t *size);

/* The same as a copy, which is the caller's to free. */
char *out_escape_copy(const char *text);

/* Has writing to stdout failed already? Then there is no use going on. */
bool out_failed(void);

/* Flush stdout; says so and returns -1 when anything could not be written. */
int out_close(void);

#endif /* _VMSCOPE_OUT_H */
