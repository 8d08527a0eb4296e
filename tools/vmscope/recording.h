/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recordings of page faults: the file that "vmscope record" writes and "vmscope
 * report" reads. Documentation/record-format.md describes it for others.
 *
 * A file is a header and packets. What a packet begins with tells how long it
 * is, how long its fixed part, and where its text begins: readers skip types
 * that they do not know, and take fields that a file does not have for 0.
 * Everything is little-endian and aligned to 8 bytes.
 */
#ifndef _VMSCOPE_CLI_RECORDING_H
#define _VMSCOPE_CLI_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vmscope.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "recordings are little-endian"
#endif

#define RECORDING_MAGIC	  "vmscope\n"
#define RECORDING_VERSION 1

/* No packet is longer: a reader need not have more memory than that. */
#define RECORDING_PACKET_LIMIT (UINT64_C(16) << 20)

struct recording_header {
	uint8_t magic[8];
	uint32_t version;
	uint32_t header_bytes; /* where the first packet begins */
	uint64_t reserved[6];
};

enum recording_type {
	RECORDING_MACHINE = 1,
	RECORDING_SETTINGS = 2, /* struct vmscope_trace is the rest */
	RECORDING_CLOCK = 3,
	RECORDING_DATA = 4,
	RECORDING_TASK = 5,
	RECORDING_FILE = 6,
	RECORDING_MAPPING = 7,
	RECORDING_FORGET = 8,
	RECORDING_SYMBOL = 9,
	RECORDING_TOTALS = 10,
	RECORDING_END = 11,
};

struct recording_packet {
	uint32_t type;
	uint32_t fixed_bytes; /* with this; text or records follow */
	uint64_t bytes; /* all of it, a multiple of 8 */
};

/* Text: kernel release, machine, version of the program, command line. */
struct recording_machine {
	struct recording_packet packet;
	uint64_t page_size;
	uint64_t levels;
	uint64_t cpus;
	uint64_t pid; /* of the recorder */
	uint64_t release_len;
	uint64_t machine_len;
	uint64_t program_len;
	uint64_t command_len;
};

struct recording_settings {
	struct recording_packet packet;
	struct vmscope_trace trace;
};

/* The same moment on three clocks. */
struct recording_clock {
	struct recording_packet packet;
	uint64_t monotonic_ns;
	uint64_t realtime_ns;
	uint64_t boottime_ns;
};

/* Records of all CPUs follow, as the kernel wrote them. */
struct recording_data {
	struct recording_packet packet;
	uint64_t begin_ns; /* the earliest time in it */
	uint64_t end_ns; /* the latest */
	uint64_t records;
};

/* A process or thread that was there already. Text: command line. */
struct recording_task {
	struct recording_packet packet;
	uint64_t time_ns;
	uint64_t pid;
	uint64_t tid;
	uint64_t parent_pid; /* whose mappings it began with; or 0 */
	uint8_t comm[16];
	uint64_t args_len;
};

/* Text: build id (bytes), path. */
struct recording_file {
	struct recording_packet packet;
	uint64_t id; /* from 1 on */
	uint64_t device;
	uint64_t inode;
	uint64_t build_id_len;
	uint64_t path_len;
};

/* Text: name, of mappings without a file. */
struct recording_mapping {
	struct recording_packet packet;
	uint64_t time_ns; /* when it was seen */
	uint64_t pid;
	uint64_t start;
	uint64_t end;
	uint64_t flags; /* VMSCOPE_MAP_* */
	uint64_t kind; /* enum vmscope_kind */
	uint64_t offset;
	uint64_t file; /* its id; 0: none */
	uint64_t name_len;
};

/* What was known of a process's mappings is over: it called exec. */
struct recording_forget {
	struct recording_packet packet;
	uint64_t time_ns;
	uint64_t pid;
};

/* Offsets in a file, or with file 0 kernel addresses. Text: name. */
struct recording_symbol {
	struct recording_packet packet;
	uint64_t file;
	uint64_t start;
	uint64_t end;
	uint64_t name_len;
};

/*
 * The array of struct vmscope_cause_sum follows. Its address in @totals is 0;
 * number and size of its elements are there.
 */
struct recording_totals {
	struct recording_packet packet;
	struct vmscope_trace_totals totals;
};

/* The file is whole. */
struct recording_end {
	struct recording_packet packet;
	uint64_t time_ns;
	uint64_t records;
};

/* ---------------------------------------------------------------- writer */

/**
 * struct recording_text - what follows the fixed part of a packet
 * @bytes: the bytes
 * @len: number of them
 */
struct recording_text {
	const void *bytes;
	size_t len;
};

struct recording_writer;
struct recording_meta;

/**
 * recording_writer_open() - create a file and begin it
 * @path: its name; a file of this name is overwritten
 * @meta: gets to know each packet that is no data, too; or NULL
 * @ret: out: the writer
 *
 * Return: 0 or a negative errno value.
 */
int recording_writer_open(const char *path, struct recording_meta *meta,
			  struct recording_writer **ret);

/**
 * recording_put() - add a packet
 * @writer: a writer
 * @type: its type
 * @fixed: struct of the type; the packet in it is filled in
 * @fixed_bytes: size of it
 * @texts: what follows
 * @texts_len: number of them
 *
 * What is longer than a packet may be is left out: such a path or command line
 * does not exist.
 *
 * Return: 0 or a negative errno value; an error of writing is kept.
 */
int recording_put(struct recording_writer *writer, enum recording_type type,
		  void *fixed, size_t fixed_bytes,
		  const struct recording_text *texts, size_t texts_len);

/* Add a record to the data. Written in large pieces. */
int recording_put_record(struct recording_writer *writer,
			 const struct vmscope_record *record);

/* Write everything that was put so far. */
int recording_writer_flush(struct recording_writer *writer);

/* So many bytes so far, and records. */
uint64_t recording_writer_bytes(const struct recording_writer *writer);
uint64_t recording_writer_records(const struct recording_writer *writer);

/* Say that the file is whole, write and close it; also after an error. */
int recording_writer_close(struct recording_writer *writer);

/* ---------------------------------------------------------------- reader */

#define RECORDING_MESSAGE 512

struct recording;

/**
 * recording_open() - open a file and read all of it but the data
 * @path: its name
 * @ret: out: the recording
 * @message: out: on failure "FILE: reason; way out"
 *
 * A file that is cut off or damaged can be read up to there, see
 * recording_flaw().
 *
 * Return: 0 or a negative errno value.
 */
int recording_open(const char *path, struct recording **ret,
		   char message[RECORDING_MESSAGE]);

/* The same with a descriptor, which is the recording's from then on. */
int recording_open_fd(int fd, const char *path, struct recording **ret,
		      char message[RECORDING_MESSAGE]);

/**
 * recording_next() - the next record
 * @recording: a recording
 * @record: out: checked as by vmscope_record_check(); valid until the next use
 *
 * Records come in order of time within a packet.
 *
 * Return: 0, 1 at the end, or a negative errno value.
 */
int recording_next(struct recording *recording,
		   const struct vmscope_record **record);

/* Begin again. */
void recording_rewind(struct recording *recording);

const struct recording_meta *recording_meta(const struct recording *recording);

/* Bytes of the file, and how far recording_next() got. */
uint64_t recording_bytes(const struct recording *recording);
uint64_t recording_position(const struct recording *recording);

/* What is wrong with the file, or NULL: "cut off at byte 123: ...". */
const char *recording_flaw(const struct recording *recording);

/* When the first record was written and when the last; false without any. */
bool recording_span(const struct recording *recording, uint64_t *begin_ns,
		    uint64_t *end_ns);

void recording_close(struct recording *recording);

#endif /* _VMSCOPE_CLI_RECORDING_H */
