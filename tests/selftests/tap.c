// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

static unsigned int results, failed;

static bool result(bool good, const char *format, va_list args)
{
	results++;
	failed += !good;
	printf("%sok %u - ", good ? "" : "not ", results);
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
	return good;
}

bool tap_ok(bool good, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	result(good, format, args);
	va_end(args);
	return good;
}

bool tap_eq(unsigned long long got, unsigned long long want, const char *format,
	    ...)
{
	va_list args;

	va_start(args, format);
	result(got == want, format, args);
	va_end(args);
	if (got != want)
		tap_diag("got %llu (%#llx), want %llu (%#llx)", got, got, want,
			 want);
	return got == want;
}

void tap_skip(const char *what, const char *reason, ...)
{
	va_list args;

	results++;
	printf("ok %u - %s # SKIP ", results, what);
	va_start(args, reason);
	vprintf(reason, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void tap_diag(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void tap_bail(const char *format, ...)
{
	va_list args;

	printf("Bail out! ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	exit(1);
}

int tap_done(void)
{
	printf("1..%u\n", results);
	fflush(stdout);
	return failed ? 1 : 0;
}
