// SPDX-License-Identifier: GPL-2.0
/* /proc/vmscope: the text can be parsed, and its figures are those of the device and of /proc. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "req.h"
#include "runlist.h"
#include "tap.h"
#include "target.h"
#include "witness.h"

#define DIR_PATH "/proc/vmscope/"
#define USER	 4321

static char text[1 << 20];

/* The whole file, whatever pieces it comes in; or -errno. */
static ssize_t slurp(int fd, size_t piece)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, text + len,
			 len + piece < sizeof(text) ? piece :
						      sizeof(text) - 1 - len)) >
	       0)
		len += n;
	text[len] = 0;
	return n < 0 ? -errno : (ssize_t)len;
}

static ssize_t slurp_file(const char *name, size_t piece)
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), DIR_PATH "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = slurp(fd, piece);
	close(fd);
	return len;
}

/* The word after @key at the start of a line. */
static bool value_of(const char *key, char *value, size_t size)
{
	size_t len = strlen(key);

	for (const char *line = text; line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		size_t n;

		if (strncmp(line, key, len) || line[len] != ' ')
			continue;
		line += len + strspn(line + len, " ");
		n = strcspn(line, " \n");
		snprintf(value, size, "%.*s", (int)n, line);
		return true;
	}
	return false;
}

static uint64_t number_of(const char *key)
{
	char value[64], *rest;
	uint64_t number;

	if (!value_of(key, value, sizeof(value)))
		return ~0ULL;
	number = strtoull(value, &rest, 0);
	return *rest ? ~0ULL : number;
}

static bool printable(void)
{
	for (const char *c = text; *c; c++)
		if (!isprint((unsigned char)*c) && *c != '\n')
			return false;
	return strlen(text) && text[strlen(text) - 1] == '\n';
}

static void compare_report(const struct vmscope_summary *s,
			   const struct vmscope_sums *kinds, const char *what)
{
	static const char *const kind[] = {
		"vdso",	  "hugetlb", "device", "heap", "stack",
		"shared", "text",    "data",   "file", "anon",
	};
	const struct {
		const char *key;
		uint64_t want;
	} rows[] = {
		{ "pid", s->pid },
		{ "virtual_bytes", s->sums.virtual_bytes },
		{ "present_bytes", s->sums.present_bytes },
		{ "resident_bytes", s->sums.resident_bytes },
		{ "swapped_bytes", s->sums.swapped_bytes },
		{ "hugetlb_bytes", s->sums.hugetlb_bytes },
		{ "leaf_pte_bytes", s->sums.leaf_bytes[0] },
		{ "leaf_pmd_bytes", s->sums.leaf_bytes[1] },
		{ "leaf_pud_bytes", s->sums.leaf_bytes[2] },
		{ "page_table_bytes", s->page_table_bytes },
		{ "pte_tables", s->table_pages[0] },
		{ "pmd_tables", s->table_pages[1] },
		{ "pud_tables", s->table_pages[2] },
		{ "pgd_tables", 1 },
		{ "user_top_entries", s->user_top_entries },
		{ "kernel_top_entries", s->kernel_top_entries },
		{ "kernel_stack_bytes", s->kernel_stack_bytes },
		{ "minor_faults", s->minor_faults },
		{ "major_faults", s->major_faults },
		{ "mappings", s->mappings },
		{ "threads", s->threads },
	};
	char comm[64] = "";

	for (size_t i = 0; i < COUNT(rows); i++)
		tap_eq(number_of(rows[i].key), rows[i].want, "%s: %s", what,
		       rows[i].key);
	tap_ok(value_of("comm", comm, sizeof(comm)) &&
		       !strcmp(comm, (const char *)s->comm),
	       "%s: comm is '%s'", what, comm);
	tap_ok(value_of("layout", comm, sizeof(comm)) && !strcmp(comm, "same"),
	       "%s: layout is '%s'", what, comm);
	for (unsigned int i = 0; i < VMSCOPE_KINDS; i++) {
		unsigned long long v, p, r, w;
		char key[32];
		char *line;

		snprintf(key, sizeof(key), "\n%s ", kind[i]);
		line = strstr(text, "\nKIND ");
		line = line ? strstr(line, key) : NULL;
		if (!kinds[i].virtual_bytes) {
			tap_ok(!line,
			       "%s: no row for kind %s, of which there is none",
			       what, kind[i]);
			continue;
		}
		tap_ok(line &&
			       sscanf(line + strlen(key), "%llu %llu %llu %llu",
				      &v, &p, &r, &w) == 4 &&
			       v == kinds[i].virtual_bytes &&
			       p == kinds[i].present_bytes &&
			       r == kinds[i].resident_bytes &&
			       w == kinds[i].swapped_bytes,
		       "%s: row of kind %s", what, kind[i]);
	}
	tap_ok(printable(), "%s: lines of printable characters", what);
}

static void query(int fd, const struct target *target)
{
	static const struct {
		const char *text;
		int error;
		const char *what;
	} writes[] = {
		{ "x", EINVAL, "letters" },
		{ "", 0, NULL },
		{ "12x", EINVAL, "letters after a number" },
		{ "-1", EINVAL, "a negative number" },
		{ "1 2", EINVAL, "two numbers" },
		{ "\n", EINVAL, "an empty line" },
		{ "4294967297", EINVAL, "a number beyond all pids" },
		{ "99999999999999999999999", EINVAL,
		  "a number beyond all bounds" },
		{ "11111111111111111111111111111111111111111", EINVAL,
		  "too long" },
		{ "4194303", ESRCH, "a pid that nobody has" },
		{ "2", ENXIO, "a kernel thread" },
	};
	struct vmscope_sums kinds[VMSCOPE_KINDS];
	int q = open(DIR_PATH "query", O_RDWR | O_CLOEXEC), other;
	struct vmscope_summary s;
	char pid[32];
	void *nowhere;

	if (!tap_ok(q >= 0, "query: opens"))
		return;
	tap_eq(slurp(q, 4096), (unsigned long long)-ENODATA,
	       "query: a read before a write is refused");
	for (size_t i = 0; i < COUNT(writes); i++) {
		ssize_t n;

		if (!writes[i].what)
			continue;
		n = write(q, writes[i].text, strlen(writes[i].text));
		tap_ok(n < 0 && errno == writes[i].error,
		       "query: %s is refused: %s", writes[i].what,
		       strerror(errno));
	}
	nowhere =
		mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	tap_ok(write(q, nowhere, 4) < 0 && errno == EFAULT,
	       "query: a bad pointer is refused");

	snprintf(pid, sizeof(pid), "%d\n", target->pid);
	tap_eq(write(q, pid, strlen(pid)), strlen(pid),
	       "query: a pid is taken");
	tap_eq(req_summary(fd, target->pid, &s, kinds), 0,
	       "query: the device answers, too");
	tap_ok(slurp(q, 4096) > 0,
	       "query: a report is read from the same descriptor");
	compare_report(&s, kinds, "query");
	tap_ok(slurp(q, 4096) == 0, "query: once");
	snprintf(pid, sizeof(pid), "%d", getpid());
	tap_eq(write(q, pid, strlen(pid)), strlen(pid),
	       "query: another pid, without a newline");
	slurp(q, 7);
	tap_eq(number_of("pid"), (uint64_t)getpid(),
	       "query: its report, from the start, in pieces of 7 bytes");
	tap_ok(write(q, "4194303", 7) < 0, "query: an error");
	lseek(q, 0, SEEK_SET);
	tap_eq(slurp(q, 4096), (unsigned long long)-ENODATA,
	       "query: leaves nothing of the report before");
	other = open(DIR_PATH "query", O_RDONLY | O_CLOEXEC);
	tap_eq(slurp(other, 4096), (unsigned long long)-ENODATA,
	       "query: another descriptor has its own report");
	close(other);
	close(q);
}

static void self(void)
{
	struct vmscope_summary s;
	int fd = req_open();
	unsigned int tries = 0;

	/* reading changes the reader, so what may move is only bounded */
	do {
		slurp_file("self", sizeof(text) - 1);
		req_summary(fd, 0, &s, NULL);
	} while (number_of("resident_bytes") != s.sums.resident_bytes &&
		 ++tries < 20);
	tap_eq(number_of("pid"), (uint64_t)getpid(), "self: the reader's pid");
	tap_eq(number_of("virtual_bytes"), s.sums.virtual_bytes,
	       "self: virtual_bytes");
	tap_eq(number_of("resident_bytes"), s.sums.resident_bytes,
	       "self: resident_bytes");
	tap_eq(number_of("threads"), 1, "self: threads");
	tap_ok(printable(), "self: lines of printable characters");
	close(fd);
}

/* ----------------------------------------------------------------------------- processes */

struct row {
	uint64_t pid, virtual, resident, swapped, tables, minor, major, user,
		kernel;
	char comm[64];
};

static unsigned int parse_rows(struct row *row, unsigned int max)
{
	char *line = strchr(text, '\n');
	unsigned int n = 0;

	while (line && line[1] && n < max) {
		line++;
		if (sscanf(line, "%lu %lu %lu %lu %lu %lu %lu %lu %lu %63s",
			   &row[n].pid, &row[n].virtual, &row[n].resident,
			   &row[n].swapped, &row[n].tables, &row[n].minor,
			   &row[n].major, &row[n].user, &row[n].kernel,
			   row[n].comm) != 10) {
			tap_diag("line '%.*s'", (int)strcspn(line, "\n"), line);
			return 0;
		}
		n++;
		line = strchr(line, '\n');
	}
	return n;
}

/* processes of /proc with an address space, as far as they stay */
static bool listed(const struct row *row, unsigned int n, uint64_t pid)
{
	for (unsigned int i = 0; i < n; i++)
		if (row[i].pid == pid)
			return true;
	return false;
}

static bool has_memory(pid_t pid)
{
	struct status status;

	return !read_status(pid, &status) && status.vm_size;
}

static void processes(int fd, const struct target *target)
{
	static const char heading[] =
		"PID VIRTUAL_kB RESIDENT_kB SWAPPED_kB TABLES_kB MINOR_FAULTS MAJOR_FAULTS USER_ENTRIES KERNEL_ENTRIES COMM";
	static struct row row[4096];
	struct vmscope_summary s;
	unsigned int n, missing = 0, ascending = 1, many = 0;
	char head[256] = "", *word, *save = NULL, line[512];
	DIR *proc = opendir("/proc");
	struct dirent *d;

	tap_ok(slurp_file("processes", 65536) > 0, "processes: can be read");
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
	for (word = strtok_r(line, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		snprintf(head + strlen(head), sizeof(head) - strlen(head),
			 "%s%s", *head ? " " : "", word);
	tap_ok(!strcmp(head, heading), "processes: heading is '%s'", head);
	n = parse_rows(row, COUNT(row));
	tap_ok(n > 3, "processes: %u rows", n);
	while ((d = readdir(proc)))
		if (isdigit(d->d_name[0]) && has_memory(atoi(d->d_name)) &&
		    !listed(row, n, atoi(d->d_name)))
			missing++;
	closedir(proc);
	tap_eq(missing, 0, "processes: every process with memory is there");
	for (unsigned int i = 0; i < n; i++) {
		ascending &= !i || row[i].pid > row[i - 1].pid;
		if (row[i].pid != (uint64_t)target->pid)
			continue;
		many++;
		req_summary(fd, target->pid, &s, NULL);
		tap_eq(row[i].virtual, s.sums.virtual_bytes >> 10,
		       "processes: virtual of the target");
		tap_eq(row[i].resident, s.sums.resident_bytes >> 10,
		       "processes: resident of the target");
		tap_eq(row[i].swapped, s.sums.swapped_bytes >> 10,
		       "processes: swapped of the target");
		tap_eq(row[i].tables, s.page_table_bytes >> 10,
		       "processes: tables of the target");
		tap_ok(row[i].minor == s.minor_faults &&
			       row[i].major == s.major_faults,
		       "processes: faults of the target");
		tap_ok(row[i].user == s.user_top_entries &&
			       row[i].kernel == s.kernel_top_entries,
		       "processes: halves of the target");
		tap_ok(!strcmp(row[i].comm, (char *)s.comm),
		       "processes: comm of the target");
	}
	tap_ok(ascending && many == 1,
	       "processes: in the order of pids, each once");
	tap_ok(!listed(row, n, 2), "processes: no kernel threads");

	/* small pieces make the same list of processes */
	many = n;
	slurp_file("processes", 100);
	n = parse_rows(row, COUNT(row));
	tap_eq(n, many, "processes: as many rows in pieces of 100 bytes");
}

/* What another user sees: own processes only. */
static void unprivileged(void)
{
	struct answer {
		int rows, own, foreign, self, query, gone, layout, kernel;
	} *a = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	static struct row row[4096];
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		int q;

		if (setresgid(USER, USER, USER) || setresuid(USER, USER, USER))
			_exit(1);
		prctl(PR_SET_DUMPABLE, 1);
		slurp_file("processes", 65536);
		a->rows = parse_rows(row, COUNT(row));
		for (int i = 0; i < a->rows; i++)
			*(row[i].pid == (uint64_t)getpid() ? &a->own :
							     &a->foreign) += 1;
		slurp_file("self", 65536);
		a->self = number_of("pid") == (uint64_t)getpid();
		q = open(DIR_PATH "query", O_RDWR);
		a->query = write(q, "1", 1) < 0 ? errno : 0;
		a->gone = read(q, row, 100) < 0 ? errno : 0;
		a->layout = slurp_file("layout", 65536) > 0;
		a->kernel = slurp_file("kernel", 65536) > 0 &&
			    strstr(text, " hidden ") && !strstr(text, "0xff");
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	tap_ok(a->rows == 1 && a->own == 1 && !a->foreign,
	       "another user sees its own process only: %d rows", a->rows);
	tap_ok(a->self, "another user can read self");
	tap_eq(a->query, EACCES, "another user cannot query process 1");
	tap_eq(a->gone, ENODATA, "and nothing is left to read");
	tap_ok(a->layout, "another user can read layout");
	tap_ok(a->kernel, "another user can read kernel, without addresses");
}

static void layout(int fd)
{
	struct vmscope_info info;
	char kpti[16] = "";
	char *line;
	unsigned long long first, last, size, next = 0;
	static const char *const half[] = { "user", "noncanonical", "kernel" };
	bool adjacent = true;

	req_info(fd, &info);
	tap_ok(slurp_file("layout", 65536) > 0, "layout: can be read");
	for (unsigned int i = 0; i < COUNT(half); i++) {
		char key[32];

		snprintf(key, sizeof(key), "\n%s ", half[i]);
		line = strstr(text, key);
		if (!line || sscanf(line + strlen(key), " 0x%llx 0x%llx %llu",
				    &first, &last, &size) != 3) {
			adjacent = false;
			break;
		}
		adjacent &= first == next && size == last - first + 1;
		next = last + 1;
		if (i == 0)
			tap_eq(next, 1ULL << (info.address_bits - 1),
			       "layout: end of the user half");
		if (i == 2)
			tap_eq(first, info.kernel_start,
			       "layout: start of the kernel half");
	}
	tap_ok(adjacent && !next,
	       "layout: the parts follow each other and fill all 64 bits");
	tap_eq(number_of("address_bits"), info.address_bits,
	       "layout: address_bits");
	tap_eq(number_of("physical_bits"), info.physical_bits,
	       "layout: physical_bits");
	tap_eq(number_of("levels"), info.levels, "layout: levels");
	tap_eq(number_of("page_bytes"), info.page_size, "layout: page_bytes");
	tap_ok(value_of("kpti", kpti, sizeof(kpti)) &&
		       !strcmp(kpti, info.pti ? "on" : "off"),
	       "layout: kpti is %s", kpti);
	line = strstr(text, "\nLEVEL ");
	for (next = 0; line && line[1]; line = strchr(line + 1, '\n'))
		next++;
	tap_eq(next, info.levels + 1, "layout: a row for each level");
	tap_ok(printable(), "layout: lines of printable characters");
}

/* What the machine itself says of KPTI and of five levels. */
static void machine(int fd)
{
	char cpuinfo[65536];
	struct vmscope_info info;

	req_info(fd, &info);
	if (read_text("/proc/cpuinfo", cpuinfo, sizeof(cpuinfo)))
		tap_bail("cpuinfo");
	tap_eq(info.pti, !!strstr(cpuinfo, " pti "), "kpti as cpuinfo has it");
	if (info.levels == 5)
		tap_ok(strstr(cpuinfo, " la57"),
		       "five levels: the processor can");
	else
		tap_ok(!strstr(cpuinfo, " la57 "),
		       "four levels: the processor has no five, or they are off");
	tap_ok(strstr(cpuinfo, "address sizes"), "cpuinfo tells address sizes");
	if (strstr(cpuinfo, "address sizes"))
		tap_eq(info.physical_bits,
		       strtoull(strstr(cpuinfo, "address sizes") + 16, NULL,
				10),
		       "physical bits as cpuinfo has them");
}

/* The file's rows are the regions of the request; in the order of its columns. */
static bool region_row(char *row, const struct vmscope_kernel_region *r,
		       uint64_t levels)
{
	const uint64_t want[] = {
		r->mapped_bytes,
		r->leaf_bytes[0],
		r->leaf_bytes[1],
		r->leaf_bytes[2],
		r->writable_bytes,
		r->executable_bytes,
		r->wx_bytes,
		r->user_bytes,
		r->global_bytes,
		r->uncached_bytes,
		r->kept_bytes,
		r->table_pages[0],
		r->table_pages[1],
		r->table_pages[2],
		levels == 5 ? r->table_pages[3] : 0,
		r->table_pages[levels - 1],
	};
	unsigned long long first, last;
	char name[16];
	int used;

	if (sscanf(row, "%15s 0x%llx 0x%llx%n", name, &first, &last, &used) !=
		    3 ||
	    first != r->start || last + (r->end != VMSCOPE_RANGE_END) != r->end)
		return false;
	for (size_t i = 0; i < COUNT(want); i++) {
		char *next;

		if (strtoull(row + used, &next, 10) != want[i])
			return false;
		used = next - row;
	}
	return row[used] == '\n';
}

static void kernel(int fd)
{
	struct vmscope_kernel_region region[REGIONS_MAX];
	struct vmscope_info info;
	char text[256];
	int rows = 0, good = 0;
	bool same = false;

	if (req_info(fd, &info))
		tap_bail("INFO");
	/* vmalloc may change in between */
	for (int n = 0; n < 20 && (!rows || good != rows); n++) {
		int len = req_regions(fd, 0, region, NULL);
		FILE *file = fopen("/proc/vmscope/kernel", "r");

		rows = good = 0;
		same = false;
		while (file && fgets(text, sizeof(text), file)) {
			if (!strncmp(text, "root user", 9))
				same = !strcmp(text, "root user same\n");
			else if (!*text || *text == '\n')
				break;
			else if (strstr(text, " 0x") && rows < len)
				good += region_row(text, &region[rows++],
						   info.levels);
		}
		while (file && fgets(text, sizeof(text), file))
			same |= !strcmp(text, "root user same\n");
		if (file)
			fclose(file);
	}
	tap_ok(rows > 10 && good == rows,
	       "kernel: %d of %d regions as the request tells them", good,
	       rows);
	tap_eq(same, !info.pti, "kernel: user mode's table, if there is one");
}

int main(void)
{
	int fd = req_open();
	static const struct recipe recipe = { .name = "target",
					      .setup = setup_swapped };
	static const struct recipe plain = { .name = "target",
					     .setup = setup_half };
	struct target target;

	quiet_machine();
	if (target_start(&target, &recipe) && target_start(&target, &plain))
		tap_bail("%s", target.report.skip);
	query(fd, &target);
	self();
	processes(fd, &target);
	unprivileged();
	layout(fd);
	kernel(fd);
	machine(fd);
	target_end(&target);
	return tap_done();
}
