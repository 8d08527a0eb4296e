/* SPDX-License-Identifier: GPL-2.0 */
/* What the benches share: memory to look at, and ways to look at it. */
#ifndef VMSCOPE_BENCH_H
#define VMSCOPE_BENCH_H

#include <stddef.h>
#include <stdint.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define BENCH_PAGE 4096ULL
#define BENCH_MIB  (1ULL << 20)

/**
 * struct memory - what a setup made
 * @start: first address
 * @end: first address after it
 * @count: number of units
 */
struct memory {
	uint64_t start;
	uint64_t end;
	uint64_t count;
};

/**
 * struct layout - memory of one shape, in this process
 * @name: what it is called
 * @units: what a cost is divided by
 * @setup: make it: NULL, or why it cannot be had here
 */
struct layout {
	const char *name;
	const char *units;
	const char *(*setup)(struct memory *memory);
};

extern const struct layout layouts[];
extern const size_t layouts_len;

/**
 * struct method - a way to learn what is resident
 * @name: what it is called
 * @open: make ready: a descriptor or another number, or -1 when it is not
 *	there
 * @run: do it once; 0, or -1
 */
struct method {
	const char *name;
	int (*open)(void);
	int (*run)(int fd, const struct memory *memory);
};

extern const struct method methods[];
extern const size_t methods_len;

/* Nanoseconds of CLOCK_MONOTONIC: instructions, under --icount. */
uint64_t bench_now(void);

#endif
