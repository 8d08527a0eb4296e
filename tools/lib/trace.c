// SPDX-License-Identifier: GPL-2.0
/*
 * Tracing page faults: requests, and arithmetic on their histograms.
 */
#include "device.h"
#include "vmscope.h"

int vmscope_trace_set_up(struct vmscope *handle, struct vmscope_trace *arg)
{
	return vmscope_device_request(vmscope_fd(handle), VMSCOPE_IOC_TRACE,
				      arg);
}

int vmscope_trace_target_add(struct vmscope *handle,
			     struct vmscope_trace_target *arg)
{
	return vmscope_device_request(vmscope_fd(handle),
				      VMSCOPE_IOC_TRACE_TARGET, arg);
}

static int control(struct vmscope *handle, uint64_t op)
{
	struct vmscope_trace_control arg = { .size = sizeof(arg), .op = op };

	return vmscope_device_request(vmscope_fd(handle),
				      VMSCOPE_IOC_TRACE_CONTROL, &arg);
}

int vmscope_trace_start(struct vmscope *handle)
{
	return control(handle, VMSCOPE_TRACE_START);
}

int vmscope_trace_stop(struct vmscope *handle)
{
	return control(handle, VMSCOPE_TRACE_STOP);
}

int vmscope_trace_reset(struct vmscope *handle)
{
	return control(handle, VMSCOPE_TRACE_RESET);
}

int vmscope_trace_totals_get(struct vmscope *handle,
			     struct vmscope_trace_totals *arg)
{
	return vmscope_device_request(vmscope_fd(handle),
				      VMSCOPE_IOC_TRACE_TOTALS, arg);
}

/* --------------------------------------------------------- histograms */

/* Buckets of one power of two, and the power where these begin. */
#define STEPS	   8
#define STEPS_BITS 3

size_t vmscope_hist_bucket(uint64_t ns)
{
	unsigned int exponent;
	size_t bucket;

	if (ns < STEPS)
		return ns;
	exponent = 63 - (unsigned int)__builtin_clzll(ns);
	bucket = STEPS * (exponent - STEPS_BITS + 1) +
		 (ns >> (exponent - STEPS_BITS)) % STEPS;
	return bucket < VMSCOPE_HIST_BUCKETS ? bucket :
					       VMSCOPE_HIST_BUCKETS - 1;
}

uint64_t vmscope_hist_start(size_t bucket)
{
	if (bucket < STEPS)
		return bucket;
	if (bucket > VMSCOPE_HIST_BUCKETS)
		bucket = VMSCOPE_HIST_BUCKETS;
	return (uint64_t)(STEPS + bucket % STEPS) << (bucket / STEPS - 1);
}

/* The longest time that may be in a bucket. */
static uint64_t bucket_last(size_t bucket, uint64_t max_ns)
{
	uint64_t last = vmscope_hist_start(bucket + 1) - 1;

	if (bucket == VMSCOPE_HIST_BUCKETS - 1 || last > max_ns)
		return max_ns;
	return last;
}

uint64_t vmscope_latency_percentile(const struct vmscope_latency_sum *sum,
				    double percent)
{
	uint64_t count = 0;
	uint64_t seen = 0;
	double wanted;
	size_t i;

	/* While tracing, the counter may be ahead of the buckets. */
	for (i = 0; i < VMSCOPE_HIST_BUCKETS; i++)
		count += sum->buckets[i];
	wanted = (double)count * percent / 100;
	for (i = 0; i < VMSCOPE_HIST_BUCKETS; i++) {
		seen += sum->buckets[i];
		if (sum->buckets[i] &&
		    ((double)seen >= wanted || seen == count))
			return bucket_last(i, sum->max_ns);
	}
	return 0;
}

void vmscope_latency_difference(const struct vmscope_latency_sum *now,
				const struct vmscope_latency_sum *before,
				struct vmscope_latency_sum *ret)
{
	struct vmscope_latency_sum sum = {
		.count = now->count - before->count,
		.total_ns = now->total_ns - before->total_ns,
	};
	bool exact = now->max_ns != before->max_ns ||
		     now->max_time_ns != before->max_time_ns;
	size_t i;

	for (i = 0; i < VMSCOPE_HIST_BUCKETS; i++) {
		sum.buckets[i] = now->buckets[i] - before->buckets[i];
		if (sum.buckets[i])
			sum.max_ns = bucket_last(i, now->max_ns);
	}
	if (exact) {
		sum.max_ns = now->max_ns;
		sum.max_time_ns = now->max_time_ns;
	}
	*ret = sum;
}
