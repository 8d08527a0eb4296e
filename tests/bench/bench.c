// SPDX-License-Identifier: GPL-2.0
/*
 * bench [LAYOUT...]: what it costs to look at memory of several shapes, in several
 * ways. Prints one line for each pair, fields divided by tabs:
 *	layout  method  units  count  cost
 * with the lowest cost of several runs in nanoseconds of CLOCK_MONOTONIC, which
 * are instructions under "scripts/vm run --icount". What cannot be had here is a
 * line with the reason in place of the cost.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* The first run is often dearer: caches of the kernel, lazy work after boot. */
#define RUNS 4

uint64_t bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* The lowest cost, or 0 with errno set. */
static uint64_t cost_of(const struct method *method, int fd,
			const struct memory *memory)
{
	uint64_t least = ~0ULL;
	int i;

	for (i = 0; i < RUNS; i++) {
		uint64_t before = bench_now(), cost;

		errno = 0;
		if (method->run(fd, memory))
			return 0;
		cost = bench_now() - before;
		if (cost < least)
			least = cost;
	}
	return least;
}

static void measure(const struct layout *layout, const struct method *method,
		    const struct memory *memory)
{
	int fd = method->open();
	uint64_t cost = 0;

	if (fd >= 0)
		cost = cost_of(method, fd, memory);
	printf("%s\t%s\t%s\t%llu\t", layout->name, method->name, layout->units,
	       (unsigned long long)memory->count);
	if (cost)
		printf("%llu\n", (unsigned long long)cost);
	else
		printf("%s\n", strerror(errno));
	if (fd > 0)
		close(fd);
}

static void bench(const struct layout *layout)
{
	struct memory memory = { 0 };
	const char *error = layout->setup(&memory);
	size_t i;

	if (error)
		printf("%s\t-\t%s\t0\t%s\n", layout->name, layout->units,
		       error);
	for (i = 0; !error && i < methods_len; i++)
		measure(layout, &methods[i], &memory);
}

static int is_wanted(const struct layout *layout, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], layout->name) == 0)
			return 1;
	return argc == 1;
}

int main(int argc, char **argv)
{
	int failed = 0;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < layouts_len; i++) {
		int status;
		pid_t pid;

		if (!is_wanted(&layouts[i], argc, argv))
			continue;
		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			bench(&layouts[i]);
			exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
			fprintf(stderr, "bench: %s did not end well\n",
				layouts[i].name);
			failed = 1;
		}
	}
	return failed;
}
