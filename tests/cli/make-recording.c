// SPDX-License-Identifier: GPL-2.0
/*
 * make-recording FILE [FAULTS]: write a recording of two processes that never
 * were, always the same. With a number the workload is repeated until there are
 * so many faults.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/vmscope/recording.h"

#define SERVER 4242
#define WORKER 4243 /* a thread of it */
#define CHILD  4300 /* forked by it; calls exec */

#define LIBC	 UINT64_C(0x7f0000400000)
#define PROGRAM	 UINT64_C(0x555500000000)
#define HEAP	 UINT64_C(0x555501000000)
#define DATA	 UINT64_C(0x7f0010000000)
#define START_NS UINT64_C(1000000000000)
#define REALTIME UINT64_C(1700000000000000000)
#define DEVICE	 (UINT64_C(8) << 32 | 1)
#define KERNEL	 UINT64_C(0xffffffff81200000)

static struct recording_writer *writer;
static struct vmscope_trace_totals totals;
static struct vmscope_cause_sum causes[VMSCOPE_CAUSES];
static uint64_t now = START_NS;

static void file_put(uint64_t id, uint64_t inode, const char *path)
{
	static const unsigned char build_id[20] = { 0xde, 0xad, 0xbe, 0xef };
	struct recording_file file = {
		.id = id,
		.device = DEVICE,
		.inode = inode,
		.build_id_len = sizeof(build_id),
		.path_len = strlen(path),
	};
	const struct recording_text texts[] = {
		{ build_id, sizeof(build_id) },
		{ path, strlen(path) },
	};

	recording_put(writer, RECORDING_FILE, &file, sizeof(file), texts, 2);
}

static void mapping_put(uint64_t pid, uint64_t start, uint64_t end,
			uint64_t flags, uint64_t kind, uint64_t file,
			const char *name)
{
	struct recording_mapping mapping = {
		.time_ns = now,
		.pid = pid,
		.start = start,
		.end = end,
		.flags = flags,
		.kind = kind,
		.offset = file ? 0x1000 : 0,
		.file = file,
		.name_len = strlen(name),
	};
	const struct recording_text text = { name, strlen(name) };

	recording_put(writer, RECORDING_MAPPING, &mapping, sizeof(mapping),
		      &text, 1);
}

static void symbol_put(uint64_t file, uint64_t start, uint64_t end,
		       const char *name)
{
	struct recording_symbol symbol = {
		.file = file,
		.start = start,
		.end = end,
		.name_len = strlen(name),
	};
	const struct recording_text text = { name, strlen(name) };

	recording_put(writer, RECORDING_SYMBOL, &symbol, sizeof(symbol), &text,
		      1);
}

static void task_put(uint64_t pid, uint64_t parent, const char *comm,
		     const char *args)
{
	struct recording_task task = {
		.time_ns = now,
		.pid = pid,
		.tid = pid,
		.parent_pid = parent,
		.args_len = strlen(args),
	};
	const struct recording_text text = { args, strlen(args) };

	memcpy(task.comm, comm, strlen(comm));
	recording_put(writer, RECORDING_TASK, &task, sizeof(task), &text, 1);
}

static void machine_put(void)
{
	static const char release[] = "6.12.0-test";
	static const char machine[] = "x86_64";
	static const char program[] = "0.1.0";
	static const char command[] = "'./server --fast' \303\244";
	struct recording_machine packet = {
		.page_size = 4096,
		.levels = 4,
		.cpus = 2,
		.pid = 4000,
		.release_len = strlen(release),
		.machine_len = strlen(machine),
		.program_len = strlen(program),
		.command_len = strlen(command),
	};
	struct recording_clock clock = {
		.monotonic_ns = START_NS,
		.realtime_ns = REALTIME,
		.boottime_ns = START_NS + 5000000000,
	};
	const struct recording_text texts[] = {
		{ release, strlen(release) },
		{ machine, strlen(machine) },
		{ program, strlen(program) },
		{ command, strlen(command) },
	};

	recording_put(writer, RECORDING_MACHINE, &packet, sizeof(packet), texts,
		      4);
	recording_put(writer, RECORDING_CLOCK, &clock, sizeof(clock), NULL, 0);
}

static void start_put(void)
{
	const uint64_t code = VMSCOPE_MAP_READ | VMSCOPE_MAP_EXEC |
			      VMSCOPE_MAP_FILE;

	machine_put();
	file_put(1, 11, "/usr/bin/server");
	file_put(2, 12, "/usr/lib/libc.so.6");
	file_put(3, 13, "/srv/odd \"name\"\n\344;x");
	file_put(4, 14, "/usr/bin/child");
	task_put(SERVER, 0, "server", "./server --fast");
	mapping_put(SERVER, PROGRAM, PROGRAM + 0x100000, code,
		    VMSCOPE_KIND_TEXT, 1, "");
	mapping_put(SERVER, LIBC, LIBC + 0x200000, code, VMSCOPE_KIND_TEXT, 2,
		    "");
	mapping_put(SERVER, HEAP, HEAP + 0x400000,
		    VMSCOPE_MAP_READ | VMSCOPE_MAP_WRITE, VMSCOPE_KIND_HEAP, 0,
		    "[heap]");
	symbol_put(1, 0x2000, 0x2100, "main");
	symbol_put(1, 0x2100, 0x2200, "serve(std::string; int)");
	symbol_put(2, 0x3000, 0x3080, "memset");
	symbol_put(4, 0x2000, 0x2100, "child_main");
	symbol_put(0, KERNEL, KERNEL + 0x100, "copy_from_user");
}

/* -------------------------------------------------------------- records */

struct fault {
	struct vmscope_record_fault fault;
	uint64_t stack[8];
};

static void count(const struct vmscope_record_fault *fault)
{
	uint64_t ns = fault->flags & VMSCOPE_FAULT_EXCEPTION ?
			      fault->exception_ns :
			      fault->handler_ns;
	struct vmscope_cause_sum *sum = &causes[fault->cause];

	totals.faults++;
	totals.records++;
	totals.origins[fault->origin]++;
	if (fault->flags & VMSCOPE_FAULT_FAILED)
		totals.failed++;
	else if (fault->flags & VMSCOPE_FAULT_MAJOR)
		totals.major++;
	else
		totals.minor++;
	sum->count++;
	sum->origins[fault->origin]++;
	sum->accesses[fault->access]++;
	sum->latency[VMSCOPE_LATENCY_EXCEPTION].count++;
	sum->latency[VMSCOPE_LATENCY_EXCEPTION].total_ns += ns;
}

static struct fault fault_make(uint32_t pid, uint32_t tid, const char *comm,
			       uint16_t cause, uint64_t address, uint64_t ip,
			       uint64_t ns)
{
	struct fault ret = {
		.fault = {
			.header = {
				.type = VMSCOPE_RECORD_FAULT,
				.bytes = sizeof(struct vmscope_record_fault),
				.cpu = tid & 1,
				.time_ns = now,
			},
			.pid = pid,
			.tid = tid,
			.target_pid = pid,
			.flags = VMSCOPE_FAULT_HANDLER |
				 VMSCOPE_FAULT_EXCEPTION |
				 VMSCOPE_FAULT_MAPPING,
			.cause = cause,
			.access = VMSCOPE_ACCESS_WRITE,
			.error_code = 6,
			.address = address,
			.ip = ip,
			.exception_ns = ns,
			.handler_ns = ns - ns / 4,
			.calls = 1,
			.map_start = HEAP,
			.map_end = HEAP + 0x400000,
			.map_flags = VMSCOPE_MAP_READ | VMSCOPE_MAP_WRITE,
			.map_kind = VMSCOPE_KIND_HEAP,
		},
	};

	memcpy(ret.fault.comm, comm, strlen(comm));
	return ret;
}

static void fault_put(struct fault *fault)
{
	size_t stack = (size_t)fault->fault.user_stack_len +
		       fault->fault.kernel_stack_len;

	fault->fault.header.bytes += 8 * stack;
	count(&fault->fault);
	recording_put_record(writer, &fault->fault.header);
}

static void in_file(struct vmscope_record_fault *fault, uint64_t inode,
		    uint64_t start, uint64_t flags, uint64_t kind)
{
	fault->map_start = start;
	fault->map_end = start + 0x200000;
	fault->map_flags = flags | VMSCOPE_MAP_FILE;
	fault->map_kind = kind;
	fault->inode = inode;
	fault->device = DEVICE;
	fault->offset = 0x1000 + fault->address - start;
}

static void heap_puts(void)
{
	uint64_t i;

	for (i = 0; i < 16; i++) {
		struct fault f = fault_make(SERVER, i % 4 ? SERVER : WORKER,
					    i % 4 ? "server" : "server-worker",
					    i % 8 == 7 ?
						    VMSCOPE_CAUSE_HUGE_ZERO :
						    VMSCOPE_CAUSE_DEMAND_ZERO,
					    HEAP + i * 0x21000 + 0x18,
					    LIBC + 0x2010, 500 + 37 * i);

		f.fault.user_stack_len = 2;
		f.stack[0] = PROGRAM + 0x1110;
		f.stack[1] = PROGRAM + 0x1020;
		now += 10000;
		f.fault.header.time_ns = now;
		fault_put(&f);
	}
}

static void odd_puts(void)
{
	struct fault f;

	/* a file that had to be read, and is called strangely */
	now += 50000000;
	f = fault_make(SERVER, SERVER, "server", VMSCOPE_CAUSE_FILE_MAJOR,
		       DATA + 0x5000, PROGRAM + 0x1108, 45000000);
	f.fault.access = VMSCOPE_ACCESS_READ;
	f.fault.flags |= VMSCOPE_FAULT_MAJOR | VMSCOPE_FAULT_RETRIED;
	f.fault.calls = 2;
	in_file(&f.fault, 13, DATA, VMSCOPE_MAP_READ | VMSCOPE_MAP_SHARED,
		VMSCOPE_KIND_SHARED);
	fault_put(&f);
	/* the kernel for a system call, and this came late */
	f = fault_make(SERVER, SERVER, "server", VMSCOPE_CAUSE_COW_COPY,
		       HEAP + 0x1000, KERNEL + 0x20, 900);
	f.fault.header.time_ns = now - 1000;
	f.fault.origin = VMSCOPE_ORIGIN_KERNEL;
	f.fault.user_ip = LIBC + 0x2044;
	f.fault.kernel_stack_len = 1;
	f.stack[0] = KERNEL + 0x90;
	fault_put(&f);
	/* by ptrace: no instruction, no time of an exception */
	now += 1000;
	f = fault_make(CHILD, CHILD, "a\"b,\\\n\344", VMSCOPE_CAUSE_ZERO_PAGE,
		       HEAP + 0x200000, 0, 700);
	f.fault.origin = VMSCOPE_ORIGIN_GUP;
	f.fault.access = VMSCOPE_ACCESS_READ;
	f.fault.target_pid = SERVER;
	f.fault.flags &= ~VMSCOPE_FAULT_EXCEPTION;
	f.fault.flags |= VMSCOPE_FAULT_REMOTE | VMSCOPE_FAULT_HIDDEN;
	f.fault.exception_ns = 0;
	fault_put(&f);
	/* nothing is mapped; no latency at all; a cause of a newer module */
	now += 1000;
	f = fault_make(CHILD, CHILD, "child", VMSCOPE_CAUSE_BAD_ADDRESS, 0x10,
		       PROGRAM + 0x1008, 0);
	f.fault.flags = VMSCOPE_FAULT_FAILED;
	f.fault.signal = 11;
	fault_put(&f);
	now += 1000;
	f = fault_make(CHILD, CHILD, "child", VMSCOPE_CAUSE_OTHER,
		       HEAP + 0x300000, 0x1234, 12);
	fault_put(&f);
}

static void task_record_put(uint16_t type, uint32_t pid, uint32_t parent,
			    const char *comm)
{
	struct vmscope_record_task task = {
		.header = {
			.type = type,
			.bytes = sizeof(task),
			.time_ns = now,
		},
		.pid = pid,
		.tid = pid,
		.parent_pid = parent,
		.parent_tid = parent,
	};

	memcpy(task.comm, comm, strlen(comm));
	recording_put_record(writer, &task.header);
}

static void child_puts(void)
{
	struct recording_forget forget = { .pid = CHILD };
	struct fault f;

	now += 1000;
	task_put(CHILD, SERVER, "server", "./server --fast");
	task_record_put(VMSCOPE_RECORD_FORK, CHILD, SERVER, "server");
	/* still with what it has from its parent */
	now += 1000;
	f = fault_make(CHILD, CHILD, "server", VMSCOPE_CAUSE_COW_REUSE,
		       HEAP + 0x18, PROGRAM + 0x1000, 300);
	fault_put(&f);
	now += 1000;
	forget.time_ns = now;
	recording_put(writer, RECORDING_FORGET, &forget, sizeof(forget), NULL,
		      0);
	task_put(CHILD, 0, "child", "child");
	task_record_put(VMSCOPE_RECORD_EXEC, CHILD, 0, "child");
	mapping_put(CHILD, PROGRAM, PROGRAM + 0x100000,
		    VMSCOPE_MAP_READ | VMSCOPE_MAP_EXEC | VMSCOPE_MAP_FILE,
		    VMSCOPE_KIND_TEXT, 4, "");
	now += 1000;
	f = fault_make(CHILD, CHILD, "child", VMSCOPE_CAUSE_FILE_MINOR,
		       PROGRAM + 0x1000, PROGRAM + 0x1000, 1500);
	f.fault.access = VMSCOPE_ACCESS_EXEC;
	f.fault.around_pages = 15;
	in_file(&f.fault, 14, PROGRAM, VMSCOPE_MAP_READ | VMSCOPE_MAP_EXEC,
		VMSCOPE_KIND_TEXT);
	fault_put(&f);
}

static void lost_put(void)
{
	struct vmscope_record_lost lost = {
		.header = {
			.type = VMSCOPE_RECORD_LOST,
			.bytes = sizeof(lost),
			.time_ns = now,
		},
		.lost = { [VMSCOPE_LOST_FULL] = 3 },
	};

	totals.lost[VMSCOPE_LOST_FULL] += 3;
	totals.faults += 3;
	totals.origins[VMSCOPE_ORIGIN_USER] += 3;
	totals.minor += 3;
	causes[VMSCOPE_CAUSE_DEMAND_ZERO].count += 3;
	recording_put_record(writer, &lost.header);
}

static void totals_put(void)
{
	struct recording_totals packet = { .totals = totals };
	const struct recording_text text = { causes, sizeof(causes) };

	packet.totals.size = sizeof(totals);
	packet.totals.causes_len = VMSCOPE_CAUSES;
	packet.totals.causes_size = sizeof(causes[0]);
	packet.totals.time_ns = now - START_NS;
	recording_put(writer, RECORDING_TOTALS, &packet, sizeof(packet), &text,
		      1);
}

int main(int argc, char **argv)
{
	uint64_t wanted = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;

	if (argc < 2 || recording_writer_open(argv[1], NULL, &writer)) {
		fputs("make-recording FILE [FAULTS]\n", stderr);
		return 1;
	}
	start_put();
	do {
		heap_puts();
		if (!wanted)
			child_puts();
		odd_puts();
		if (!wanted)
			lost_put();
	} while (totals.faults < wanted);
	task_record_put(VMSCOPE_RECORD_EXIT, CHILD, 0, "child");
	totals_put();
	return recording_writer_close(writer) ? 1 : 0;
}
