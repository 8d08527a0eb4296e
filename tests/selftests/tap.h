/* SPDX-License-Identifier: GPL-2.0 */
/* Results in the Test Anything Protocol. */
#ifndef VMSCOPE_TEST_TAP_H
#define VMSCOPE_TEST_TAP_H

#include <stdbool.h>

/* tap_ok - one result; returns @good */
bool tap_ok(bool good, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* tap_eq - tap_ok() of two numbers that must be equal, shown when they are not */
bool tap_eq(unsigned long long got, unsigned long long want, const char *format,
	    ...) __attribute__((format(printf, 3, 4)));

/* tap_skip - a result that cannot be had here, with the reason */
void tap_skip(const char *what, const char *reason, ...)
	__attribute__((format(printf, 2, 3)));

/* tap_diag - a line for the reader */
void tap_diag(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* tap_bail - the test program itself cannot go on */
void tap_bail(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* tap_done - the plan line; returns the exit status */
int tap_done(void);

#endif
