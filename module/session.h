/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session: one opener's requests, behind any door. Checks what is asked, finds
 * the target, asks for the right to see it, runs the scan.
 */
#ifndef _VMSCOPE_SESSION_H
#define _VMSCOPE_SESSION_H

#include <linux/mm.h>
#include <linux/types.h>
#include <linux/vmscope.h>
#include <linux/vmscope_trace.h>

#include "scan.h"
#include "scan_tables.h"

struct file;
struct poll_table_struct;
struct vm_area_struct;
struct vmscope_target;
struct vmscope_tracer;

/**
 * struct vmscope_session - one opener
 * @file: what it opened
 * @tracer: what it traces; only behind the char device
 * @as_opener: its rights count, not those of who sends the request: so it is
 *	with procfs, where a program with more rights may be made to read or
 *	write a descriptor that it did not open
 * @as_both: both must have the right: so it is with netlink, where the same may
 *	happen, and where the reply to a dump goes to who reads it
 */
struct vmscope_session {
	const struct file *file;
	struct vmscope_tracer *tracer;
	bool as_opener;
	bool as_both;
};

/* Whole pages, at least one; the end may be VMSCOPE_RANGE_END. */
static inline bool vmscope_session_is_range(u64 start, u64 end)
{
	return start < end && PAGE_ALIGNED(start) &&
	       (PAGE_ALIGNED(end) || end == VMSCOPE_RANGE_END);
}

int vmscope_session_admit(const struct vmscope_session *session,
			  struct vmscope_target *target, __u64 *pid);
int vmscope_session_enter(const struct vmscope_session *session, u64 flags,
			  u64 id, struct vmscope_target *target, __u64 *pid);
void vmscope_session_info(const struct vmscope_session *session,
			  struct vmscope_info *info, u32 *features);
int vmscope_session_summary(const struct vmscope_session *session,
			    struct vmscope_summary *summary,
			    struct vmscope_sums kinds[VMSCOPE_KINDS],
			    struct vmscope_scan_folios *folios);
int vmscope_session_row(const struct vmscope_session *session,
			struct vmscope_target *target,
			struct vmscope_summary *summary,
			struct vmscope_sums kinds[VMSCOPE_KINDS]);
int vmscope_session_maps(const struct vmscope_session *session,
			 struct vmscope_maps *maps,
			 struct vmscope_scan_maps *request);
int vmscope_session_pages(const struct vmscope_session *session,
			  struct vmscope_pages *pages,
			  struct vmscope_scan_pages *request);
int vmscope_session_tables(const struct vmscope_session *session,
			   struct vmscope_tables *tables,
			   struct vmscope_scan_tables *request);
int vmscope_session_translate(const struct vmscope_session *session,
			      struct vmscope_translate *translate);

/* session_trace.c */
struct vmscope_tracer *vmscope_tracer_create(void);
void vmscope_tracer_free(struct vmscope_tracer *tracer);
int vmscope_session_trace(const struct vmscope_session *session,
			  struct vmscope_trace *trace);
int vmscope_session_trace_target(const struct vmscope_session *session,
				 const struct vmscope_trace_target *target);
int vmscope_session_trace_control(const struct vmscope_session *session,
				  const struct vmscope_trace_control *control);
int vmscope_session_trace_totals(const struct vmscope_session *session,
				 struct vmscope_trace_totals *totals,
				 struct vmscope_cause_sum *causes);
int vmscope_session_mmap(const struct vmscope_session *session,
			 struct vm_area_struct *vma);
__poll_t vmscope_session_poll(const struct vmscope_session *session,
			      struct poll_table_struct *wait);

#endif /* _VMSCOPE_SESSION_H */
