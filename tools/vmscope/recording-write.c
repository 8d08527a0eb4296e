// SPDX-License-Identifier: GPL-2.0
/*
 * Write a recording. Records are gathered into packets, packets into large
 * writes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recording.h"
#include "recording-meta.h"

/* A packet of data is closed, and what is ready written, above that. */
#define DATA_BYTES  (64 * 1024)
#define READY_BYTES (1024 * 1024)

struct buffer {
	unsigned char *bytes;
	size_t len;
	size_t room;
};

struct recording_writer {
	int fd;
	int error; /* the first; nothing is written after it */
	struct recording_meta *meta;
	struct buffer ready; /* packets */
	struct buffer data; /* the packet of data that grows */
	uint64_t begin_ns;
	uint64_t end_ns;
	uint64_t data_records;
	uint64_t records;
	uint64_t bytes;
};

static int buffer_add(struct buffer *buffer, const void *bytes, size_t len)
{
	if (buffer->room - buffer->len < len) {
		size_t room = 2 * buffer->room + len + 4096;
		unsigned char *grown = realloc(buffer->bytes, room);

		if (!grown)
			return -ENOMEM;
		buffer->bytes = grown;
		buffer->room = room;
	}
	if (len)
		memcpy(buffer->bytes + buffer->len, bytes, len);
	buffer->len += len;
	return 0;
}

static int fail(struct recording_writer *writer, int err)
{
	if (!writer->error)
		writer->error = err;
	return writer->error;
}

static int write_ready(struct recording_writer *writer)
{
	const unsigned char *at = writer->ready.bytes;
	size_t left = writer->ready.len;

	while (left) {
		ssize_t done = write(writer->fd, at, left);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return fail(writer, done ? -errno : -EIO);
		at += done;
		left -= (size_t)done;
	}
	writer->bytes += writer->ready.len;
	writer->ready.len = 0;
	return 0;
}

int recording_put(struct recording_writer *writer, enum recording_type type,
		  void *fixed, size_t fixed_bytes,
		  const struct recording_text *texts, size_t texts_len)
{
	static const unsigned char zeros[8];
	struct recording_packet *packet = fixed;
	size_t before = writer->ready.len;
	size_t bytes = fixed_bytes;
	size_t i;
	int err;

	if (writer->error)
		return writer->error;
	for (i = 0; i < texts_len; i++) {
		if (texts[i].len > RECORDING_PACKET_LIMIT / 8)
			return 0;
		bytes += texts[i].len;
	}
	packet->type = type;
	packet->fixed_bytes = (uint32_t)fixed_bytes;
	packet->bytes = (bytes + 7) & ~(uint64_t)7;
	err = buffer_add(&writer->ready, fixed, fixed_bytes);
	for (i = 0; i < texts_len && !err; i++)
		err = buffer_add(&writer->ready, texts[i].bytes, texts[i].len);
	if (!err)
		err = buffer_add(&writer->ready, zeros, -bytes & 7);
	if (!err && writer->meta)
		err = recording_meta_add(
			writer->meta, (void *)(writer->ready.bytes + before));
	if (err)
		return fail(writer, err);
	return writer->ready.len >= READY_BYTES ? write_ready(writer) : 0;
}

static int data_finish(struct recording_writer *writer)
{
	struct recording_data data = {
		.begin_ns = writer->begin_ns,
		.end_ns = writer->end_ns,
		.records = writer->data_records,
	};
	const struct recording_text text = { writer->data.bytes,
					     writer->data.len };
	int err;

	if (!writer->data_records)
		return 0;
	err = recording_put(writer, RECORDING_DATA, &data, sizeof(data), &text,
			    1);
	writer->data.len = 0;
	writer->data_records = 0;
	return err;
}

int recording_put_record(struct recording_writer *writer,
			 const struct vmscope_record *record)
{
	if (writer->error)
		return writer->error;
	if (buffer_add(&writer->data, record, record->bytes))
		return fail(writer, -ENOMEM);
	if (!writer->data_records || record->time_ns < writer->begin_ns)
		writer->begin_ns = record->time_ns;
	if (!writer->data_records || record->time_ns > writer->end_ns)
		writer->end_ns = record->time_ns;
	writer->data_records++;
	writer->records++;
	return writer->data.len >= DATA_BYTES ? data_finish(writer) : 0;
}

int recording_writer_flush(struct recording_writer *writer)
{
	int err = data_finish(writer);

	return err ? err : write_ready(writer);
}

uint64_t recording_writer_bytes(const struct recording_writer *writer)
{
	return writer->bytes + writer->ready.len;
}

uint64_t recording_writer_records(const struct recording_writer *writer)
{
	return writer->records;
}

int recording_writer_open(const char *path, struct recording_meta *meta,
			  struct recording_writer **ret)
{
	const struct recording_header header = {
		.magic = RECORDING_MAGIC,
		.version = RECORDING_VERSION,
		.header_bytes = sizeof(header),
	};
	struct recording_writer *writer = calloc(1, sizeof(*writer));
	int err;

	if (!writer)
		return -ENOMEM;
	/* Addresses and names of others: nobody else's business. */
	writer->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (writer->fd < 0) {
		err = -errno;
		free(writer);
		return err;
	}
	writer->meta = meta;
	err = buffer_add(&writer->ready, &header, sizeof(header));
	if (err) {
		close(writer->fd);
		free(writer);
		return err;
	}
	*ret = writer;
	return 0;
}

int recording_writer_close(struct recording_writer *writer)
{
	struct recording_end end = { .time_ns = writer->end_ns };
	int err;

	data_finish(writer);
	end.records = writer->records;
	recording_put(writer, RECORDING_END, &end, sizeof(end), NULL, 0);
	recording_writer_flush(writer);
	/* A full disk may be told as late as here. */
	if (close(writer->fd) && !writer->error)
		writer->error = -errno;
	err = writer->error;
	free(writer->ready.bytes);
	free(writer->data.bytes);
	free(writer);
	return err;
}
