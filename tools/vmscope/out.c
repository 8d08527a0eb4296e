// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "out.h"

static char *size_human(uint64_t bytes, char buf[OUT_SIZE_LEN])
{
	static const char units[] = "BKMGTPE";
	uint64_t tenths;
	unsigned int unit = 0;

	while (unit + 2 < sizeof(units) && bytes >> (10 * (unit + 1)))
		unit++;
	if (!bytes) {
		memcpy(buf, "0", 2);
	} else if (!(bytes & ((UINT64_C(1) << (10 * unit)) - 1))) {
		snprintf(buf, OUT_SIZE_LEN, "%" PRIu64 "%c",
			 bytes >> (10 * unit), units[unit]);
	} else {
		/* bytes * 10 / unit, without overflow, rounded */
		tenths = (bytes >> (10 * (unit - 1))) * 10;
		tenths = (tenths + 512) / 1024;
		if (tenths < 1000)
			snprintf(buf, OUT_SIZE_LEN, "%" PRIu64 ".%" PRIu64 "%c",
				 tenths / 10, tenths % 10, units[unit]);
		else
			snprintf(buf, OUT_SIZE_LEN, "%" PRIu64 "%c",
				 (tenths + 5) / 10, units[unit]);
	}
	return buf;
}

char *out_size(const struct cli *cli, uint64_t bytes, char buf[OUT_SIZE_LEN])
{
	if (!cli->bytes)
		return size_human(bytes, buf);
	snprintf(buf, OUT_SIZE_LEN, "%" PRIu64, bytes);
	return buf;
}

char *out_page_size(uint64_t bytes, char buf[OUT_SIZE_LEN])
{
	return size_human(bytes, buf);
}

char *out_percent(uint64_t part, uint64_t whole, char buf[OUT_SIZE_LEN])
{
	if (!whole)
		snprintf(buf, OUT_SIZE_LEN, "-");
	else if (part && part < whole / 100)
		snprintf(buf, OUT_SIZE_LEN, "<1%%");
	else
		snprintf(buf, OUT_SIZE_LEN, "%" PRIu64 "%%",
			 part * 100 / whole);
	return buf;
}

char *out_time(uint64_t ns, char buf[OUT_SIZE_LEN])
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	unsigned int unit = 0;

	while (unit + 1 < ARRAY_SIZE(units) && value >= 999.5) {
		value /= 1000;
		unit++;
	}
	if (ns < 1000)
		snprintf(buf, OUT_SIZE_LEN, "%" PRIu64 "ns", ns);
	else if (value < 9.995)
		snprintf(buf, OUT_SIZE_LEN, "%.2f%s", value, units[unit]);
	else if (value < 99.95)
		snprintf(buf, OUT_SIZE_LEN, "%.1f%s", value, units[unit]);
	else
		snprintf(buf, OUT_SIZE_LEN, "%.0f%s", value, units[unit]);
	return buf;
}

char *out_flags(enum vmscope_names table, uint64_t flags, char *buf,
		size_t size)
{
	const struct vmscope_name *name = NULL;
	size_t pos = 0;

	buf[0] = '\0';
	while ((name = vmscope_name_next(table, name)))
		if (flags & name->value && pos < size)
			pos += (size_t)snprintf(buf + pos, size - pos, "%s%s",
						pos ? "," : "", name->name);
	return buf;
}

bool out_color_wanted(enum cli_color when)
{
	const char *term = getenv("TERM");

	if (when != CLI_COLOR_AUTO)
		return when == CLI_COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term &&
	       strcmp(term, "dumb") != 0;
}

void out_word(const struct cli *cli, enum out_style style, const char *word)
{
	static const char *const codes[] = {
		[OUT_PLAIN] = "",	   [OUT_BOLD] = "\033[1m",
		[OUT_DIM] = "\033[2m",	   [OUT_GOOD] = "\033[32m",
		[OUT_NOTICE] = "\033[33m", [OUT_BAD] = "\033[31m",
	};

	if (cli->color && style != OUT_PLAIN)
		printf("%s%s\033[0m", codes[style], word);
	else
		fputs(word, stdout);
}

static bool plain_ascii(const char *text)
{
	const unsigned char *c;

	for (c = (const unsigned char *)text; *c; c++)
		if (*c < ' ' || *c > '~' || *c == '\\')
			return false;
	return true;
}

const char *out_escape(const char *text, char **buf, size_t *size)
{
	size_t left = strlen(text);
	mbstate_t state = { 0 };
	char *out;

	if (plain_ascii(text))
		return text;
	if (*size < 4 * left + 1) {
		free(*buf);
		*size = 4 * left + 1;
		*buf = malloc(*size);
		if (!*buf)
			cli_no_memory();
	}

	out = *buf;
	while (left) {
		wchar_t wide;
		size_t len = mbrtowc(&wide, text, left, &state);

		if (len == (size_t)-1 || len == (size_t)-2 || !len ||
		    !iswprint((wint_t)wide)) {
			/* one byte at a time, then look for a fresh start */
			memset(&state, 0, sizeof(state));
			out += sprintf(out, "\\%03o", (unsigned char)*text);
			len = 1;
		} else if (*text == '\\') {
			*out++ = '\\';
			*out++ = '\\';
		} else {
			memcpy(out, text, len);
			out += len;
		}
		text += len;
		left -= len;
	}
	*out = '\0';
	return *buf;
}

char *out_escape_copy(const char *text)
{
	char *buf = NULL;
	size_t size = 0;
	const char *escaped = out_escape(text, &buf, &size);

	if (escaped == buf)
		return buf;
	buf = strdup(escaped);
	if (!buf)
		cli_no_memory();
	return buf;
}

bool out_failed(void)
{
	return ferror(stdout);
}

int out_close(void)
{
	bool failed = ferror(stdout);
	int err = errno;

	if (fclose(stdout)) {
		/* A write error before may have left another reason. */
		err = errno;
		failed = true;
	}
	if (!failed)
		return 0;
	/* The reader has seen enough; that is no news to anybody. */
	if (err != EPIPE)
		cli_failure(
			"standard output: cannot be written (%s); the output is incomplete",
			err ? strerror(err) : "unknown error");
	return -1;
}
