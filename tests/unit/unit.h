/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A unit test is one file test-NAME.c with a main() that calls unit_ok() for
 * each fact and returns unit_done(). tests/unit/run builds it with sanitizers,
 * together with the files that its line "sources:" names, relative to the
 * folder of the test, and runs it.
 */
#ifndef _UNIT_H
#define _UNIT_H

#include <stdarg.h>
#include <stdio.h>

static int unit_tests;
static int unit_failures;

__attribute__((format(printf, 2, 3))) static inline int
unit_ok(int condition, const char *format, ...)
{
	va_list args;

	printf("%sok %d - ", condition ? "" : "not ", ++unit_tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	unit_failures += !condition;
	return condition;
}

static inline int unit_done(void)
{
	printf("1..%d\n", unit_tests);
	return unit_failures ? 1 : 0;
}

#endif /* _UNIT_H */
