// SPDX-License-Identifier: GPL-2.0
/* sources: ../../tools/lib/trace.c ../../tools/lib/raw.c */
/*
 * Histograms: the formula of the contract, its inverse, percentiles against
 * sorted values, and the difference of two looks.
 */
#include <errno.h>
#include <stdlib.h>

#include "device.h"
#include "unit.h"
#include "vmscope.h"

int vmscope_device_open(void)
{
	return -ENOENT;
}

int vmscope_device_request(int fd, unsigned long request, void *arg)
{
	(void)fd;
	(void)request;
	(void)arg;
	return -ENOTTY;
}

/* As <linux/vmscope_trace.h> says it. */
static size_t contract(uint64_t v)
{
	uint64_t e = 0;

	if (v < 8)
		return v;
	while (v >> (e + 1))
		e++;
	return 8 * (e - 2) + (v >> (e - 3)) % 8;
}

static void bucket_test(void)
{
	bool same = true;
	bool inverse = true;
	bool narrow = true;
	uint64_t v;
	size_t i;

	for (v = 0; v < 100000; v++)
		same &= vmscope_hist_bucket(v) == contract(v);
	for (v = 1; v < UINT64_C(1) << 41; v = v * 9 / 8 + 1)
		same &= vmscope_hist_bucket(v) == contract(v);
	unit_ok(same, "the bucket of a time is the contract's");
	for (i = 0; i < VMSCOPE_HIST_BUCKETS; i++) {
		uint64_t start = vmscope_hist_start(i);
		uint64_t end = vmscope_hist_start(i + 1);

		inverse &= vmscope_hist_bucket(start) == i &&
			   vmscope_hist_bucket(end - 1) == i;
		narrow &= i < 8 ? end == start + 1 : (end - start) * 8 <= start;
	}
	unit_ok(inverse, "a bucket begins and ends with times that are in it");
	unit_ok(narrow, "a bucket is no wider than an eighth of its start");
	unit_ok(vmscope_hist_bucket(UINT64_MAX) == VMSCOPE_HIST_BUCKETS - 1 &&
			vmscope_hist_bucket(UINT64_C(1) << 41) ==
				VMSCOPE_HIST_BUCKETS - 1,
		"longer times are in the last bucket");
	unit_ok(vmscope_hist_start(VMSCOPE_HIST_BUCKETS) == UINT64_C(1) << 41 &&
			vmscope_hist_start(SIZE_MAX) == UINT64_C(1) << 41,
		"behind the last bucket there is no other");
}

static void add(struct vmscope_latency_sum *sum, uint64_t ns, uint64_t when)
{
	sum->count++;
	sum->total_ns += ns;
	if (ns > sum->max_ns) {
		sum->max_ns = ns;
		sum->max_time_ns = when;
	}
	sum->buckets[vmscope_hist_bucket(ns)]++;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void percentile_test(void)
{
	static const double percents[] = { 0.1, 1, 10, 50, 90, 99, 99.9, 100 };
	static struct vmscope_latency_sum sum;
	static uint64_t values[10000];
	bool bounded = true;
	uint64_t seed = 1;
	size_t i;

	unit_ok(vmscope_latency_percentile(&sum, 50) == 0,
		"of nothing the percentile is 0");
	for (i = 0; i < 10000; i++) {
		seed = seed * 6364136223846793005 + 1442695040888963407;
		values[i] = (seed >> 33) >> (seed % 27);
		add(&sum, values[i], i);
	}
	qsort(values, 10000, sizeof(values[0]), compare);
	for (i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		uint64_t exact =
			values[(size_t)(percents[i] / 100 * 10000 + 0.5) - 1];
		uint64_t told = vmscope_latency_percentile(&sum, percents[i]);

		if (told < exact || told > exact + exact / 8)
			bounded = false;
	}
	unit_ok(bounded,
		"percentiles are not below the exact ones, and an eighth above at most");
	unit_ok(vmscope_latency_percentile(&sum, 100) == sum.max_ns,
		"the last percentile is the longest time");
	unit_ok(vmscope_latency_percentile(&sum, 0) >= values[0] &&
			vmscope_latency_percentile(&sum, 1000) == sum.max_ns,
		"percentages beyond the ends are those of the ends");
	memset(&sum, 0, sizeof(sum));
	add(&sum, 1000, 1);
	unit_ok(vmscope_latency_percentile(&sum, 50) == 1000,
		"of one time every percentile is that time");
	memset(&sum, 0, sizeof(sum));
	add(&sum, UINT64_C(1) << 50, 1);
	unit_ok(vmscope_latency_percentile(&sum, 99) == UINT64_C(1) << 50,
		"of a time that no bucket is long enough for, too");
	sum.count = 1000;
	unit_ok(vmscope_latency_percentile(&sum, 99) == UINT64_C(1) << 50,
		"a counter that is ahead of the buckets does no harm");
}

static void difference_test(void)
{
	static struct vmscope_latency_sum before;
	static struct vmscope_latency_sum now;

	add(&before, 100, 1);
	add(&before, 5000, 2);
	now = before;
	add(&now, 200, 3);
	add(&now, 210, 4);
	vmscope_latency_difference(&now, &before, &now);
	unit_ok(now.count == 2 && now.total_ns == 410,
		"a difference has what came in between");
	unit_ok(now.max_ns >= 210 && now.max_ns <= 210 + 210 / 8 &&
			!now.max_time_ns,
		"its longest time is about right when a longer one came before");
	now = before;
	add(&now, 7000, 5);
	vmscope_latency_difference(&now, &before, &now);
	unit_ok(now.max_ns == 7000 && now.max_time_ns == 5,
		"and exact when the longest of all came in between");
	vmscope_latency_difference(&before, &before, &now);
	unit_ok(!now.count && !now.max_ns &&
			!vmscope_latency_percentile(&now, 50),
		"of no difference everything is 0");
}

int main(void)
{
	bucket_test();
	percentile_test();
	difference_test();
	return unit_done();
}
