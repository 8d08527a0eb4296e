// SPDX-License-Identifier: GPL-2.0
/*
 * Print how much of a process is in memory and how much is swapped out.
 *
 *	cc resident.c $(pkg-config --cflags --libs libvmscope) -o resident
 *	./resident 4242
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <vmscope.h>

int main(int argc, char **argv)
{
	struct vmscope_target target;
	struct vmscope_summary summary;
	struct vmscope *handle;
	char message[256];
	char *end = NULL;
	int err;
	long pid = argc == 2 ? strtol(argv[1], &end, 10) : 0;

	if (pid <= 0 || *end) {
		fprintf(stderr, "usage: %s PID\n", argv[0]);
		return 2;
	}
	target = vmscope_target_pid(pid);

	err = vmscope_open(&handle);
	if (err) {
		fprintf(stderr, "%s\n",
			vmscope_strerror(err, VMSCOPE_REQUEST_OPEN, NULL,
					 message, sizeof(message)));
		return 1;
	}

	vmscope_summary_init(&summary, &target, NULL, 0);
	err = vmscope_summary_get(handle, &summary);
	if (err)
		fprintf(stderr, "%s\n",
			vmscope_strerror(err, VMSCOPE_IOC_SUMMARY, &target,
					 message, sizeof(message)));
	else
		printf("%s: %" PRIu64 " KiB resident, %" PRIu64
		       " KiB swapped\n",
		       (const char *)summary.comm,
		       (uint64_t)summary.sums.resident_bytes / 1024,
		       (uint64_t)summary.sums.swapped_bytes / 1024);

	vmscope_close(handle);
	return err ? 1 : 0;
}
