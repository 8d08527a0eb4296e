/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of "vmscope record" share.
 */
#ifndef _VMSCOPE_CLI_RECORD_H
#define _VMSCOPE_CLI_RECORD_H

#include "cli.h"
#include "recording-meta.h"

struct record_learner;

/* A file that is being written. */
struct record_file {
	struct cli *cli;
	struct recording_writer *writer;
	struct recording_meta *meta; /* what was put that is no data */
	struct record_learner *learner;
};

/* ---------------------------------------------------------- record-learn.c */

struct record_learner *record_learner_create(void);
void record_learner_destroy(struct record_learner *learner);

/* Put the name and the mappings that a process has now, if it is still there. */
void record_learn(struct record_file *file, uint64_t pid);

/*
 * What a process is about to execute: it may have ended before it can be asked.
 * Its libraries may then be without a name.
 */
void record_learn_command(struct record_file *file, uint64_t pid,
			  const char *word);

/* Put what a record tells that was not known yet. */
void record_learn_from(struct record_file *file,
		       const struct vmscope_record *record);

/* Instructions that were seen, for record_symbols_put(). */
struct record_seen {
	uint64_t pid; /* 0: in the kernel */
	uint64_t execs; /* that the process had called */
	uint64_t address; /* 0: none here */
	uint64_t time_ns; /* first seen */
};

const struct record_seen *record_seen_get(const struct record_learner *learner,
					  size_t *slots);

/* -------------------------------------------------------- record-symbols.c */

/*
 * Put the names of the code that was seen: of files that can still be read, and
 * of the kernel, as far as it tells. Everything else was put already.
 */
void record_symbols_put(struct record_file *file);

/* The build id of a program or library; 0 when it has none. */
size_t record_build_id_get(const char *path, uint64_t inode,
			   unsigned char id[64]);

#endif /* _VMSCOPE_CLI_RECORD_H */
