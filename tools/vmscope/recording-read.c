// SPDX-License-Identifier: GPL-2.0
/*
 * Read a recording. Nothing in the file is believed: lengths are checked
 * against each other and against the file before anything is looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording.h"
#include "recording-meta.h"

struct recording {
	int fd;
	uint64_t bytes; /* of the file that can be read */
	uint64_t first; /* where the packets begin */
	struct recording_meta *meta;
	char flaw[RECORDING_MESSAGE];
	bool has_span;
	uint64_t begin_ns;
	uint64_t end_ns;

	uint64_t pos; /* the next packet */
	unsigned char *packet; /* the one that was read last */
	size_t packet_room;
	const struct vmscope_record **records; /* of the packet, by time */
	size_t records_room;
	size_t records_len;
	size_t next; /* index in records */
};

/* Exactly so many bytes; -ENODATA when the file ends before. */
static int bytes_read(int fd, uint64_t pos, void *to, size_t len)
{
	unsigned char *at = to;

	while (len) {
		ssize_t done = pread(fd, at, len, (off_t)pos);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		if (!done)
			return -ENODATA;
		at += done;
		pos += (uint64_t)done;
		len -= (size_t)done;
	}
	return 0;
}

__attribute__((format(printf, 2, 3))) static void
flaw_set(struct recording *recording, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(recording->flaw, sizeof(recording->flaw), format, args);
	va_end(args);
	/* Everything before is whole, nothing behind is looked at. */
	recording->bytes = recording->pos;
}

static bool packet_is_sound(const struct recording_packet *packet)
{
	return packet->fixed_bytes >= sizeof(*packet) &&
	       packet->fixed_bytes % 8 == 0 && packet->bytes % 8 == 0 &&
	       packet->bytes >= packet->fixed_bytes &&
	       packet->bytes <= RECORDING_PACKET_LIMIT;
}

/* What precedes the records of a packet of data. */
static bool data_header_read(struct recording *recording,
			     const struct recording_packet *packet,
			     struct recording_data *ret)
{
	size_t len = packet->fixed_bytes < sizeof(*ret) ? packet->fixed_bytes :
							  sizeof(*ret);

	memset(ret, 0, sizeof(*ret));
	return !bytes_read(recording->fd, recording->pos, ret, len);
}

static int packet_read(struct recording *recording,
		       const struct recording_packet *packet)
{
	if (packet->bytes > recording->packet_room) {
		unsigned char *grown =
			realloc(recording->packet, packet->bytes);

		if (!grown)
			return -ENOMEM;
		recording->packet = grown;
		recording->packet_room = packet->bytes;
	}
	return bytes_read(recording->fd, recording->pos, recording->packet,
			  packet->bytes);
}

static void span_add(struct recording *recording,
		     const struct recording_data *data)
{
	if (!recording->has_span || data->begin_ns < recording->begin_ns)
		recording->begin_ns = data->begin_ns;
	if (!recording->has_span || data->end_ns > recording->end_ns)
		recording->end_ns = data->end_ns;
	recording->has_span = true;
}

/* One packet of the first pass: 0 to go on, 1 to stop, or an error. */
static int packet_scan(struct recording *recording, uint64_t file_bytes)
{
	struct recording_packet packet;
	struct recording_data data;
	uint64_t left = file_bytes - recording->pos;
	int err;

	if (left < sizeof(packet)) {
		flaw_set(recording,
			 "cut off at byte %" PRIu64 ", inside of a packet",
			 file_bytes);
		return 1;
	}
	err = bytes_read(recording->fd, recording->pos, &packet,
			 sizeof(packet));
	if (err)
		return err;
	if (!packet_is_sound(&packet)) {
		flaw_set(recording, "damaged at byte %" PRIu64 ": no packet",
			 recording->pos);
		return 1;
	}
	if (packet.bytes > left) {
		flaw_set(recording,
			 "cut off at byte %" PRIu64 ", inside of a packet",
			 file_bytes);
		return 1;
	}
	if (packet.type == RECORDING_DATA) {
		if (!data_header_read(recording, &packet, &data))
			return -EIO;
		span_add(recording, &data);
	} else {
		err = packet_read(recording, &packet);
		if (err)
			return err;
		/* The file may be written to while it is read. */
		if (memcmp(recording->packet, &packet, sizeof(packet)) != 0)
			return -EIO;
		err = recording_meta_add(recording->meta,
					 (const void *)recording->packet);
		if (err == -EBADMSG) {
			flaw_set(recording,
				 "damaged at byte %" PRIu64
				 ": a packet of type %" PRIu32
				 " contradicts itself",
				 recording->pos, packet.type);
			return 1;
		}
		if (err)
			return err;
	}
	recording->pos += packet.bytes;
	return 0;
}

static int file_scan(struct recording *recording)
{
	uint64_t file_bytes = recording->bytes;
	int err = 0;

	recording->pos = recording->first;
	while (!err && recording->pos < file_bytes && !recording->meta->ended)
		err = packet_scan(recording, file_bytes);
	if (err < 0)
		return err;
	recording->bytes = recording->pos;
	if (!*recording->flaw && !recording->meta->ended)
		flaw_set(recording,
			 "cut off at byte %" PRIu64
			 ": the recorder did not end it",
			 file_bytes);
	recording_rewind(recording);
	return recording_meta_sort(recording->meta);
}

/* 0, or a negative errno value with a message. */
static int header_read(struct recording *recording, const char *path,
		       char message[RECORDING_MESSAGE])
{
	struct recording_header header;
	struct stat stat;
	int err = 0;

	if (fstat(recording->fd, &stat))
		err = -errno;
	else if (S_ISDIR(stat.st_mode))
		err = -EISDIR;
	else if (!S_ISREG(stat.st_mode))
		err = -ESPIPE;
	if (err == -ESPIPE) {
		snprintf(message, RECORDING_MESSAGE,
			 "%s: not a regular file; copy the recording to one",
			 path);
		return err;
	}
	if (!err) {
		recording->bytes = (uint64_t)stat.st_size;
		err = bytes_read(recording->fd, 0, &header, sizeof(header));
	}
	if (err == -ENODATA ||
	    (!err && memcmp(header.magic, RECORDING_MAGIC, 8) != 0)) {
		snprintf(
			message, RECORDING_MESSAGE,
			"%s: not a recording; 'vmscope record -o FILE' makes one",
			path);
		return -EBADMSG;
	}
	if (err) {
		snprintf(message, RECORDING_MESSAGE,
			 "%s: cannot be read (%s); name a recording", path,
			 strerror(-err));
		return err;
	}
	if (header.version > RECORDING_VERSION) {
		snprintf(
			message, RECORDING_MESSAGE,
			"%s: of format %" PRIu32
			", newer than this program; use the vmscope that wrote it",
			path, header.version);
		return -EPROTONOSUPPORT;
	}
	if (header.header_bytes < sizeof(header) || header.header_bytes % 8 ||
	    header.header_bytes > recording->bytes) {
		snprintf(message, RECORDING_MESSAGE,
			 "%s: damaged in its first bytes; record again", path);
		return -EBADMSG;
	}
	recording->first = header.header_bytes;
	return 0;
}

int recording_open_fd(int fd, const char *path, struct recording **ret,
		      char message[RECORDING_MESSAGE])
{
	struct recording *recording = calloc(1, sizeof(*recording));
	int err;

	if (recording)
		recording->meta = recording_meta_create();
	if (!recording || !recording->meta) {
		snprintf(message, RECORDING_MESSAGE,
			 "%s: out of memory; free some and try again", path);
		free(recording);
		close(fd);
		return -ENOMEM;
	}
	recording->fd = fd;
	err = header_read(recording, path, message);
	if (!err) {
		err = file_scan(recording);
		if (err)
			snprintf(message, RECORDING_MESSAGE,
				 "%s: cannot be read (%s); try again", path,
				 strerror(-err));
	}
	if (err) {
		recording_close(recording);
		return err;
	}
	*ret = recording;
	return 0;
}

int recording_open(const char *path, struct recording **ret,
		   char message[RECORDING_MESSAGE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int err = -errno;

	if (fd < 0) {
		snprintf(message, RECORDING_MESSAGE,
			 "%s: cannot be opened (%s); name a recording", path,
			 strerror(-err));
		return err;
	}
	return recording_open_fd(fd, path, ret, message);
}

/* --------------------------------------------------------------- records */

static int records_add(struct recording *recording,
		       const struct vmscope_record *record)
{
	if (recording->records_len == recording->records_room) {
		size_t room = 2 * recording->records_room + 256;
		const struct vmscope_record **grown =
			realloc(recording->records, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		recording->records = grown;
		recording->records_room = room;
	}
	recording->records[recording->records_len++] = record;
	return 0;
}

/* Of the same time: as they were written. */
static int by_time(const void *a, const void *b)
{
	const struct vmscope_record *x =
		*(const struct vmscope_record *const *)a;
	const struct vmscope_record *y =
		*(const struct vmscope_record *const *)b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* The records of the packet that was read. */
static int records_find(struct recording *recording)
{
	const struct recording_packet *packet = (void *)recording->packet;
	uint64_t pos = packet->fixed_bytes;
	uint64_t bytes = packet->bytes;
	bool rising = true;
	int err;

	recording->records_len = 0;
	recording->next = 0;
	while (pos < bytes) {
		const struct vmscope_record *record =
			(void *)(recording->packet + pos);

		if (!vmscope_record_check(record, bytes - pos)) {
			snprintf(
				recording->flaw, sizeof(recording->flaw),
				"damaged at byte %" PRIu64
				": no record; others of its packet are left out",
				recording->pos - bytes + pos);
			break;
		}
		pos += record->bytes;
		if (record->type == VMSCOPE_RECORD_PAD)
			continue;
		if (recording->records_len &&
		    recording->records[recording->records_len - 1]->time_ns >
			    record->time_ns)
			rising = false;
		err = records_add(recording, record);
		if (err)
			return err;
	}
	if (!rising)
		qsort(recording->records, recording->records_len,
		      sizeof(*recording->records), by_time);
	return 0;
}

int recording_next(struct recording *recording,
		   const struct vmscope_record **record)
{
	while (recording->next == recording->records_len) {
		struct recording_packet packet;
		int err;

		if (recording->pos >= recording->bytes)
			return 1;
		err = bytes_read(recording->fd, recording->pos, &packet,
				 sizeof(packet));
		if (err)
			return err;
		/* It was sound in the first pass; files can change. */
		if (!packet_is_sound(&packet) ||
		    packet.bytes > recording->bytes - recording->pos)
			return -EIO;
		if (packet.type == RECORDING_DATA) {
			err = packet_read(recording, &packet);
			if (err)
				return err;
			memcpy(recording->packet, &packet, sizeof(packet));
		}
		recording->pos += packet.bytes;
		if (packet.type == RECORDING_DATA) {
			err = records_find(recording);
			if (err)
				return err;
		}
	}
	*record = recording->records[recording->next++];
	return 0;
}

void recording_rewind(struct recording *recording)
{
	recording->pos = recording->first;
	recording->records_len = 0;
	recording->next = 0;
}

/* ----------------------------------------------------------------- facts */

const struct recording_meta *recording_meta(const struct recording *recording)
{
	return recording->meta;
}

uint64_t recording_bytes(const struct recording *recording)
{
	return recording->bytes;
}

uint64_t recording_position(const struct recording *recording)
{
	return recording->pos;
}

const char *recording_flaw(const struct recording *recording)
{
	return *recording->flaw ? recording->flaw : NULL;
}

bool recording_span(const struct recording *recording, uint64_t *begin_ns,
		    uint64_t *end_ns)
{
	*begin_ns = recording->begin_ns;
	*end_ns = recording->end_ns;
	return recording->has_span;
}

void recording_close(struct recording *recording)
{
	if (!recording)
		return;
	close(recording->fd);
	recording_meta_destroy(recording->meta);
	free(recording->packet);
	free(recording->records);
	free(recording);
}
