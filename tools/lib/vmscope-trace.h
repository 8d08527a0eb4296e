/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvmscope: page faults as they happen. Part of <vmscope.h>, which
 * includes it and whose conventions hold. The contract is
 * <linux/vmscope_trace.h>.
 *
 *	vmscope_trace_init(&trace);		what is counted and recorded
 *	vmscope_trace_set_up(handle, &trace);
 *	vmscope_trace_target_init(&target, VMSCOPE_TARGET_PROCESS, pid);
 *	vmscope_trace_target_add(handle, &target);
 *	vmscope_trace_reader_open(handle, &trace, &reader);
 *	vmscope_trace_start(handle);
 *	while (...) {
 *		vmscope_trace_reader_wait(reader, timeout_ms);
 *		while (!vmscope_trace_reader_next(reader, &record))
 *			...
 *	}
 *	vmscope_trace_stop(handle);
 *	vmscope_trace_reader_finish(reader);	then next() for what is left
 *	vmscope_trace_totals_get(handle, &totals);
 *	vmscope_trace_reader_close(reader);
 *
 * A handle traces one thing at a time. Without VMSCOPE_TRACE_F_RECORDS there are
 * totals only, and nothing to be read.
 */
#ifndef _VMSCOPE_TRACE_H
#define _VMSCOPE_TRACE_H

#ifndef _VMSCOPE_H
#error "include <vmscope.h>"
#endif

/* ------------------------------------------------------------- requests */

/**
 * vmscope_trace_init() - prepare to trace all faults of the targets
 * @arg: the request. With the flags left 0 only totals are kept
 */
static inline void vmscope_trace_init(struct vmscope_trace *arg)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
}

/**
 * vmscope_trace_set_up() - say what is to be traced
 * @handle: a handle that is not tracing
 * @arg: in and out: the request, see struct vmscope_trace
 *
 * Return: 0 or an error that <linux/vmscope_trace.h> lists.
 */
int vmscope_trace_set_up(struct vmscope *handle, struct vmscope_trace *arg);

/**
 * vmscope_trace_target_init() - prepare a target
 * @arg: the request; flags may be added to @arg->flags
 * @kind: &enum vmscope_target_kind
 * @id: pid, tid, descriptor or uid, as the kind says
 */
static inline void vmscope_trace_target_init(struct vmscope_trace_target *arg,
					     uint64_t kind, uint64_t id)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->kind = kind;
	arg->id = id;
}

/**
 * vmscope_trace_target_add() - say whose faults are to be traced, too
 * @handle: a handle that was set up
 * @arg: in: the request, see struct vmscope_trace_target
 *
 * Return: 0 or an error that <linux/vmscope_trace.h> lists.
 */
int vmscope_trace_target_add(struct vmscope *handle,
			     struct vmscope_trace_target *arg);

/**
 * vmscope_trace_start() - begin to trace
 * @handle: a handle that was set up
 *
 * Return: 0; -EIO when the hooks are in place but do not fire; or another error
 * that <linux/vmscope_trace.h> lists.
 */
int vmscope_trace_start(struct vmscope *handle);

/**
 * vmscope_trace_stop() - end tracing
 * @handle: a handle that traces
 *
 * When this returns, totals and rings do not change any more.
 *
 * Return: 0 or an error that <linux/vmscope_trace.h> lists.
 */
int vmscope_trace_stop(struct vmscope *handle);

/**
 * vmscope_trace_reset() - set the totals back to 0
 * @handle: a handle that was set up
 *
 * Return: 0 or an error that <linux/vmscope_trace.h> lists.
 */
int vmscope_trace_reset(struct vmscope *handle);

/**
 * vmscope_trace_totals_init() - prepare a request for the totals
 * @arg: the request
 * @causes: array for the sums of each &enum vmscope_cause, or NULL. An element
 *	has 5 KB
 * @causes_len: number of its elements; VMSCOPE_CAUSES has room for all
 */
static inline void vmscope_trace_totals_init(struct vmscope_trace_totals *arg,
					     struct vmscope_cause_sum *causes,
					     size_t causes_len)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->causes = (uint64_t)(uintptr_t)causes;
	arg->causes_len = causes ? causes_len : 0;
	arg->causes_size = sizeof(*causes);
}

/**
 * vmscope_trace_totals_get() - how many faults so far, why, and how long
 * @handle: a handle that was set up
 * @arg: in and out: the request, see struct vmscope_trace_totals
 *
 * The totals are exact, also when records were lost. While tracing they are not
 * those of one instant: each counter is, their sums may differ by the faults of
 * the moment.
 *
 * Return: 0 or an error that <linux/vmscope_trace.h> lists.
 */
int vmscope_trace_totals_get(struct vmscope *handle,
			     struct vmscope_trace_totals *arg);

/* --------------------------------------------------------------- reader */

struct vmscope_trace_reader;

/* How long after its time a record may show up and still be put in order. */
#define VMSCOPE_TRACE_ORDER_NS 10000000

/**
 * struct vmscope_trace_read - what a reader has read
 * @records: handed out, of every type but PAD
 * @late: of these, how many came after a record of a later time
 * @lost: records lost so far, by &enum vmscope_lost, as the rings tell; what no
 *	CPU owns is in the totals only
 * @skipped_bytes: overwrite mode: what the kernel wrote over before it was
 *	read. Not lost by the kernel's count
 *
 * This struct never grows.
 */
struct vmscope_trace_read {
	uint64_t records;
	uint64_t late;
	uint64_t lost[VMSCOPE_LOSTS];
	uint64_t skipped_bytes;
};

/**
 * vmscope_trace_reader_open() - map the rings
 * @handle: a handle that was set up with VMSCOPE_TRACE_F_RECORDS; it must
 *	outlive the reader
 * @trace: what vmscope_trace_set_up() made of the request
 * @ret: out: a reader, to be given to vmscope_trace_reader_close()
 *
 * Return: 0; -ENOMEM; -EACCES when the device could not be opened for writing;
 * -EPROTO when @trace contradicts itself; or what mmap() said.
 */
int vmscope_trace_reader_open(struct vmscope *handle,
			      const struct vmscope_trace *trace,
			      struct vmscope_trace_reader **ret);

/**
 * vmscope_trace_reader_next() - the next record of all CPUs, in order of time
 * @reader: a reader
 * @record: out: it belongs to the reader and is valid until its next use. Its
 *	length was checked: it is within @record->bytes, at least that of the
 *	header, for the types that the library knows at least that of the
 *	type's struct, and the lengths of a fault's stacks fit it
 *
 * No system call is made, but for the clock once per round over the rings.
 *
 * Records are in order of their time, but that one which shows up in its ring
 * more than VMSCOPE_TRACE_ORDER_NS after its time may come after later ones.
 * For that a record is held back for so long, until vmscope_trace_reader_finish()
 * was called. Records of one CPU always come as it wrote them.
 *
 * Return: 0; 1 when there is none now; -ENOMEM; -EPROTO when a ring holds what
 * is no record: nothing more is read from that ring then, the others can be
 * read on.
 */
int vmscope_trace_reader_next(struct vmscope_trace_reader *reader,
			      const struct vmscope_record **record);

/**
 * vmscope_trace_reader_wait() - wait for records
 * @reader: a reader
 * @timeout_ms: at most so long; -1 for as long as it takes
 *
 * Return: 0; 1 after the time; -EINTR on a signal; or what poll() said.
 */
int vmscope_trace_reader_wait(struct vmscope_trace_reader *reader,
			      int timeout_ms);

/**
 * vmscope_trace_reader_finish() - nothing will be written any more
 * @reader: a reader whose handle was stopped
 *
 * From now on no record is held back.
 */
void vmscope_trace_reader_finish(struct vmscope_trace_reader *reader);

/**
 * vmscope_trace_reader_stats() - what was read so far
 * @reader: a reader
 * @ret: out: see struct vmscope_trace_read
 */
void vmscope_trace_reader_stats(const struct vmscope_trace_reader *reader,
				struct vmscope_trace_read *ret);

/**
 * vmscope_trace_reader_close() - end reading, unmap the rings
 * @reader: a reader, or NULL
 */
void vmscope_trace_reader_close(struct vmscope_trace_reader *reader);

/**
 * vmscope_record_check() - is this a whole and sound record?
 * @record: where a record begins, at a multiple of 8
 * @room: bytes that may be read there
 *
 * For records that were kept somewhere else than in a ring.
 *
 * Return: 1 when vmscope_trace_reader_next() would hand it out, or a PAD; 0
 * when not.
 */
int vmscope_record_check(const struct vmscope_record *record, size_t room);

/**
 * vmscope_record_stacks() - the callers of a fault
 * @fault: a record that vmscope_trace_reader_next() gave or
 *	vmscope_record_check() accepted
 * @user: out: @fault->user_stack_len addresses, innermost first; or NULL
 * @kernel: out: @fault->kernel_stack_len addresses; or NULL
 */
void vmscope_record_stacks(const struct vmscope_record_fault *fault,
			   const uint64_t **user, const uint64_t **kernel);

/* ------------------------------------------------------------ histogram */

/**
 * vmscope_hist_bucket() - which bucket a time is in
 * @ns: the time
 *
 * Return: below VMSCOPE_HIST_BUCKETS.
 */
size_t vmscope_hist_bucket(uint64_t ns);

/**
 * vmscope_hist_start() - where a bucket begins
 * @bucket: a bucket; VMSCOPE_HIST_BUCKETS for the end of the last but one
 *
 * A bucket has the times from its start up to, but without, the start of the
 * next. The last one has all that are longer, too.
 *
 * Return: nanoseconds.
 */
uint64_t vmscope_hist_start(size_t bucket);

/**
 * vmscope_latency_percentile() - below which time a share of the faults was
 * @sum: the times
 * @percent: 0 to 100
 *
 * Return: the longest time of the bucket that the percentile is in, or
 * @sum->max_ns if that is less: never below the percentile itself, and at most
 * an eighth above it. 0 when there are none.
 */
uint64_t vmscope_latency_percentile(const struct vmscope_latency_sum *sum,
				    double percent);

/**
 * vmscope_latency_difference() - what was added between two looks
 * @now: the later look
 * @before: the earlier one
 * @ret: out: the difference; may be @now or @before. Its max_ns is exact when
 *	the longest of all came in between, else the end of the highest bucket
 *	that got something (max_time_ns is 0 then)
 */
void vmscope_latency_difference(const struct vmscope_latency_sum *now,
				const struct vmscope_latency_sum *before,
				struct vmscope_latency_sum *ret);

#endif /* _VMSCOPE_TRACE_H */
