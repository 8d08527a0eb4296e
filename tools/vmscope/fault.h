/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One page fault for people, and as JSON.
 */
#ifndef _VMSCOPE_FAULT_H
#define _VMSCOPE_FAULT_H

#include "cli.h"
#include "symbols.h"

/*
 * How long it took: exception time where that is known, else handler time.
 * @which: out: &enum vmscope_latency. False when neither is known.
 */
bool fault_latency(const struct vmscope_record_fault *fault, uint64_t *ns,
		   uint64_t *which);

/* A line of its own, with a newline; @start_ns is what time 0 is. */
void fault_text_headings(FILE *stream);
void fault_text(FILE *stream, struct symbols *symbols,
		const struct vmscope_record_fault *fault, uint64_t start_ns);
void fault_text_lost(FILE *stream, const struct vmscope_record_lost *lost,
		     uint64_t start_ns);

/* Callers, one to a line, indented, as far as the record has them. */
void fault_text_stacks(FILE *stream, struct symbols *symbols,
		       const struct vmscope_record_fault *fault);

/* An object on a line of its own, with a newline. */
void fault_json(FILE *stream, struct symbols *symbols,
		const struct vmscope_record_fault *fault);
void fault_json_lost(FILE *stream, const struct vmscope_record_lost *lost);

#endif /* _VMSCOPE_FAULT_H */
