// SPDX-License-Identifier: GPL-2.0
/*
 * A name and a sentence for every value of the contract. The names are the
 * constants' own in lower case, but for sizes of leaves; tests/cli/synctypes
 * compares them with <linux/vmscope.h>.
 */
#include "vmscope.h"

static const struct vmscope_name states[] = {
	{ VMSCOPE_STATE_NONE, "none", "never touched, or given back" },
	{ VMSCOPE_STATE_PRESENT, "present", "mapped for the MMU" },
	{ VMSCOPE_STATE_ZERO, "zero",
	  "mapped to the page of zeros that all processes share" },
	{ VMSCOPE_STATE_DEVICE, "device",
	  "mapped to memory of a device or a driver" },
	{ VMSCOPE_STATE_PROTNONE, "protnone",
	  "in memory, but every access is forbidden" },
	{ VMSCOPE_STATE_NUMA_HINT, "numa_hint",
	  "in memory, but the next access is to be noticed for NUMA balancing" },
	{ VMSCOPE_STATE_SWAPPED, "swapped", "written out to a swap area" },
	{ VMSCOPE_STATE_MIGRATING, "migrating",
	  "being moved to another place in memory" },
	{ VMSCOPE_STATE_SPLITTING, "splitting",
	  "part of a huge page that is being split" },
	{ VMSCOPE_STATE_POISONED, "poisoned",
	  "lost to a memory error; an access gets SIGBUS" },
	{ VMSCOPE_STATE_GUARD, "guard",
	  "guard region (MADV_GUARD_INSTALL); an access gets SIGSEGV" },
	{ VMSCOPE_STATE_UFFD_WP, "uffd_wp",
	  "empty, with a write-protect mark of userfaultfd" },
	{ VMSCOPE_STATE_DEVICE_PRIVATE, "device_private",
	  "held by a device, which has it to itself" },
	{ VMSCOPE_STATE_UNKNOWN, "unknown",
	  "not present, of a type that the module does not know" },
	{ VMSCOPE_STATE_NO_MAPPING, "no_mapping",
	  "no mapping covers the address" },
	{ VMSCOPE_STATE_NONCANONICAL, "noncanonical",
	  "not an address that the MMU accepts" },
};

static const struct vmscope_name kinds[] = {
	{ VMSCOPE_KIND_VDSO, "vdso", "code and data that the kernel lends" },
	{ VMSCOPE_KIND_HUGETLB, "hugetlb", "pages from the hugetlb pool" },
	{ VMSCOPE_KIND_DEVICE, "device", "memory of a device or a driver" },
	{ VMSCOPE_KIND_HEAP, "heap", "the brk area" },
	{ VMSCOPE_KIND_STACK, "stack", "stacks of its threads" },
	{ VMSCOPE_KIND_SHARED, "shared", "shared files and shared memory" },
	{ VMSCOPE_KIND_TEXT, "text", "code of programs and libraries" },
	{ VMSCOPE_KIND_DATA, "data", "writable data of programs and files" },
	{ VMSCOPE_KIND_FILE, "file", "private read-only parts of files" },
	{ VMSCOPE_KIND_ANON, "anon", "private memory without a file" },
};

static const struct vmscope_name map_flags[] = {
	{ VMSCOPE_MAP_READ, "read", "may be read" },
	{ VMSCOPE_MAP_WRITE, "write", "may be written" },
	{ VMSCOPE_MAP_EXEC, "exec", "may be executed" },
	{ VMSCOPE_MAP_SHARED, "shared", "writes are shared with others" },
	{ VMSCOPE_MAP_LOCKED, "locked", "kept in memory by mlock" },
	{ VMSCOPE_MAP_GROWSDOWN, "growsdown", "grows downwards on a fault" },
	{ VMSCOPE_MAP_HUGETLB, "hugetlb", "of the hugetlb pool" },
	{ VMSCOPE_MAP_PFNMAP, "pfnmap", "frames without a struct page" },
	{ VMSCOPE_MAP_IO, "io", "memory-mapped I/O" },
	{ VMSCOPE_MAP_HUGEPAGE, "hugepage", "MADV_HUGEPAGE was asked for" },
	{ VMSCOPE_MAP_NOHUGEPAGE, "nohugepage",
	  "MADV_NOHUGEPAGE was asked for" },
	{ VMSCOPE_MAP_MERGEABLE, "mergeable", "MADV_MERGEABLE was asked for" },
	{ VMSCOPE_MAP_UFFD, "uffd", "watched by a userfaultfd" },
	{ VMSCOPE_MAP_FILE, "file", "a file is behind it" },
	{ VMSCOPE_MAP_DELETED, "deleted", "that file was deleted" },
	{ VMSCOPE_MAP_STACK, "stack", "holds a thread's stack" },
	{ VMSCOPE_MAP_CLIPPED, "clipped", "cut to the range asked for" },
	{ VMSCOPE_MAP_TORN, "torn", "it changed while it was read" },
};

static const struct vmscope_name entry_flags[] = {
	{ VMSCOPE_ENTRY_PRESENT, "present", "the MMU goes on from here" },
	{ VMSCOPE_ENTRY_WRITABLE, "writable", "may be written through" },
	{ VMSCOPE_ENTRY_USER, "user", "user mode may use it" },
	{ VMSCOPE_ENTRY_EXECUTABLE, "executable", "may be executed from" },
	{ VMSCOPE_ENTRY_ACCESSED, "accessed", "the MMU has used it" },
	{ VMSCOPE_ENTRY_DIRTY, "dirty", "the MMU has written through it" },
	{ VMSCOPE_ENTRY_LEAF, "leaf", "maps memory, not a table" },
	{ VMSCOPE_ENTRY_GLOBAL, "global", "stays in the TLB over switches" },
	{ VMSCOPE_ENTRY_WRITE_THROUGH, "write_through",
	  "caches write through" },
	{ VMSCOPE_ENTRY_CACHE_DISABLE, "cache_disable", "not cached" },
	{ VMSCOPE_ENTRY_PAT, "pat", "third bit of the cache type" },
	{ VMSCOPE_ENTRY_SPECIAL, "special", "no struct page behind it" },
	{ VMSCOPE_ENTRY_SOFT_DIRTY, "soft_dirty",
	  "written since soft-dirty bits were cleared" },
	{ VMSCOPE_ENTRY_UFFD_WP, "uffd_wp", "write-protected by userfaultfd" },
	{ VMSCOPE_ENTRY_PROTNONE, "protnone", "page kept, access forbidden" },
	{ VMSCOPE_ENTRY_EXCLUSIVE, "exclusive", "in no other process" },
	{ VMSCOPE_ENTRY_ENCRYPTED, "encrypted", "memory encryption bit set" },
};

static const struct vmscope_name pages[] = {
	{ VMSCOPE_PAGES_PKEY, "pkey", "has a protection key other than 0" },
	{ VMSCOPE_PAGES_LEAF_PTE, "4k", "an entry for 4 KiB" },
	{ VMSCOPE_PAGES_LEAF_PMD, "2m", "an entry for 2 MiB" },
	{ VMSCOPE_PAGES_LEAF_PUD, "1g", "an entry for 1 GiB" },
};

static const struct vmscope_name features[] = {
	{ VMSCOPE_FEATURE_FIVE_LEVELS, "five_levels",
	  "five levels of page tables" },
	{ VMSCOPE_FEATURE_PTI, "pti", "user page tables without the kernel" },
	{ VMSCOPE_FEATURE_HUGE_PMD, "huge_pmd", "huge pages at the pmd level" },
	{ VMSCOPE_FEATURE_HUGE_PUD, "huge_pud", "huge pages at the pud level" },
	{ VMSCOPE_FEATURE_THP, "thp", "transparent huge pages" },
	{ VMSCOPE_FEATURE_HUGETLB, "hugetlb", "the hugetlb pool" },
	{ VMSCOPE_FEATURE_SWAP, "swap", "swapping" },
	{ VMSCOPE_FEATURE_SOFT_DIRTY, "soft_dirty", "soft-dirty tracking" },
	{ VMSCOPE_FEATURE_UFFD_WP, "uffd_wp", "marks of userfaultfd" },
	{ VMSCOPE_FEATURE_GUARD, "guard", "guard regions" },
	{ VMSCOPE_FEATURE_PKEYS, "pkeys", "protection keys" },
	{ VMSCOPE_FEATURE_LAYOUT_EXACT, "layout_exact",
	  "it can be told that a layout did not change" },
	{ VMSCOPE_FEATURE_FRAMES, "frames",
	  "frame numbers and physical addresses are shown" },
	{ VMSCOPE_FEATURE_KERNEL_HALF, "kernel_half",
	  "kernel addresses can be translated" },
	{ VMSCOPE_FEATURE_HOOK_FAULT_ENTRY, "hook_fault_entry",
	  "tracepoint of user page faults" },
	{ VMSCOPE_FEATURE_HOOK_KRETPROBE, "hook_kretprobe", "kretprobes" },
	{ VMSCOPE_FEATURE_HOOK_FPROBE, "hook_fprobe", "fprobes" },
};

static const struct vmscope_name feature_states[] = {
	{ VMSCOPE_FEATURE_ON, "on", "" },
	{ VMSCOPE_FEATURE_OFF_KERNEL, "off_kernel",
	  "this kernel is older, or was built without it" },
	{ VMSCOPE_FEATURE_OFF_MACHINE, "off_machine",
	  "the processor does not have it" },
	{ VMSCOPE_FEATURE_OFF_BOOT, "off_boot",
	  "switched off, or not needed on this machine" },
	{ VMSCOPE_FEATURE_OFF_RIGHTS, "off_rights",
	  "needs a capability: run as root" },
	{ VMSCOPE_FEATURE_OFF_LOCKDOWN, "off_lockdown",
	  "the kernel is locked down" },
};

static const struct vmscope_name layouts[] = {
	{ VMSCOPE_LAYOUT_SAME, "same",
	  "the layout did not change while it was read" },
	{ VMSCOPE_LAYOUT_CHANGED, "changed",
	  "the layout changed while it was read" },
	{ VMSCOPE_LAYOUT_UNKNOWN, "unknown",
	  "whether the layout changed meanwhile cannot be told" },
};

static const struct vmscope_name causes[] = {
	{ VMSCOPE_CAUSE_OTHER, "other",
	  "none of the known causes; its record has the raw facts" },
	{ VMSCOPE_CAUSE_DEMAND_ZERO, "demand_zero",
	  "first write to private memory: a new page of zeros" },
	{ VMSCOPE_CAUSE_ZERO_PAGE, "zero_page",
	  "first read of private memory: the shared page of zeros" },
	{ VMSCOPE_CAUSE_COW_COPY, "cow_copy",
	  "write to a page that others use, too: copied" },
	{ VMSCOPE_CAUSE_COW_REUSE, "cow_reuse",
	  "write to a page that nobody else uses any more: made writable" },
	{ VMSCOPE_CAUSE_FILE_MINOR, "file_minor",
	  "page of a file that was in memory" },
	{ VMSCOPE_CAUSE_FILE_MAJOR, "file_major",
	  "page of a file that had to be read" },
	{ VMSCOPE_CAUSE_SHMEM, "shmem", "page of shared memory or tmpfs" },
	{ VMSCOPE_CAUSE_SWAP_MAJOR, "swap_major", "read back from swap" },
	{ VMSCOPE_CAUSE_SWAP_CACHE, "swap_cache",
	  "swapped out, but still in memory" },
	{ VMSCOPE_CAUSE_NUMA_HINT, "numa_hint",
	  "access that was to be noticed for NUMA balancing" },
	{ VMSCOPE_CAUSE_HUGE_ZERO, "huge_zero",
	  "first touch that was given a huge page" },
	{ VMSCOPE_CAUSE_HUGE_WRITE, "huge_write",
	  "write to a write-protected huge page: reused or split" },
	{ VMSCOPE_CAUSE_HUGETLB, "hugetlb", "page from the hugetlb pool" },
	{ VMSCOPE_CAUSE_USERFAULTFD, "userfaultfd", "handed to a userfaultfd" },
	{ VMSCOPE_CAUSE_WRITE_NOTIFY, "write_notify",
	  "first write to a page of a shared file" },
	{ VMSCOPE_CAUSE_UPKEEP, "upkeep",
	  "accessed, dirty, soft-dirty or write-protect bit brought up to date" },
	{ VMSCOPE_CAUSE_STACK_GROWTH, "stack_growth", "the stack grew" },
	{ VMSCOPE_CAUSE_SPURIOUS, "spurious", "nothing was left to do" },
	{ VMSCOPE_CAUSE_DEVICE, "device", "memory of a device or a driver" },
	{ VMSCOPE_CAUSE_MIGRATION, "migration",
	  "waited for a page that was being moved" },
	{ VMSCOPE_CAUSE_BAD_ADDRESS, "bad_address",
	  "nothing is mapped there: SIGSEGV" },
	{ VMSCOPE_CAUSE_BAD_ACCESS, "bad_access",
	  "the mapping forbids it: SIGSEGV" },
	{ VMSCOPE_CAUSE_BUS_ERROR, "bus_error",
	  "beyond a file, I/O error or memory error: SIGBUS" },
	{ VMSCOPE_CAUSE_FAILED, "failed",
	  "failed otherwise: out of memory, or killed while it waited" },
};

static const struct vmscope_name origins[] = {
	{ VMSCOPE_ORIGIN_USER, "user", "an instruction in user mode" },
	{ VMSCOPE_ORIGIN_KERNEL, "kernel",
	  "the kernel, in a system call of the task" },
	{ VMSCOPE_ORIGIN_GUP, "gup",
	  "get_user_pages(), on the task's behalf or for another one" },
};

static const struct vmscope_name accesses[] = {
	{ VMSCOPE_ACCESS_READ, "read", "read" },
	{ VMSCOPE_ACCESS_WRITE, "write", "write" },
	{ VMSCOPE_ACCESS_EXEC, "exec", "instruction fetch" },
};

static const struct vmscope_name latencies[] = {
	{ VMSCOPE_LATENCY_HANDLER, "handler",
	  "inside the kernel's fault handler, all its calls for a fault" },
	{ VMSCOPE_LATENCY_EXCEPTION, "exception",
	  "from the exception's first hook to the handler's end, waiting for locks included" },
};

static const struct vmscope_name losts[] = {
	{ VMSCOPE_LOST_FULL, "full", "the ring was full" },
	{ VMSCOPE_LOST_OVERWRITTEN, "overwritten",
	  "old records made room for new ones" },
	{ VMSCOPE_LOST_NESTED, "nested",
	  "a record was being written on that CPU" },
	{ VMSCOPE_LOST_SAMPLED, "sampled", "left out on purpose" },
	{ VMSCOPE_LOST_PROBE, "probe",
	  "the kernel had no probe instance left: not in the totals" },
	{ VMSCOPE_LOST_SLOT, "slot",
	  "too many faults at once: counted without what their start tells" },
	{ VMSCOPE_LOST_TARGET, "target",
	  "child processes that could not be followed: no memory" },
};

static const struct vmscope_name records[] = {
	{ VMSCOPE_RECORD_PAD, "pad", "nothing" },
	{ VMSCOPE_RECORD_FAULT, "fault", "a page fault" },
	{ VMSCOPE_RECORD_LOST, "lost", "records are missing here" },
	{ VMSCOPE_RECORD_FORK, "fork", "a process or thread began" },
	{ VMSCOPE_RECORD_EXEC, "exec", "a process runs another program" },
	{ VMSCOPE_RECORD_EXIT, "exit", "a thread ended" },
};

static const struct vmscope_name fault_flags[] = {
	{ VMSCOPE_FAULT_MAJOR, "major", "with I/O, as the kernel counts it" },
	{ VMSCOPE_FAULT_FAILED, "failed", "ended in a signal or an error" },
	{ VMSCOPE_FAULT_RETRIED, "retried", "the handler was called again" },
	{ VMSCOPE_FAULT_HANDLER, "handler", "the handler's time is known" },
	{ VMSCOPE_FAULT_EXCEPTION, "exception",
	  "the exception's time is known" },
	{ VMSCOPE_FAULT_MAPPING, "mapping", "the mapping is known" },
	{ VMSCOPE_FAULT_BEFORE, "before", "the entry before is known" },
	{ VMSCOPE_FAULT_AFTER, "after", "the entry after is known" },
	{ VMSCOPE_FAULT_HIDDEN, "hidden",
	  "kernel addresses and frames are hidden for want of rights" },
	{ VMSCOPE_FAULT_REMOTE, "remote", "of another process's memory" },
	{ VMSCOPE_FAULT_STACK_CUT, "stack_cut", "there were more callers" },
};

static const struct vmscope_name regions[] = {
	{ VMSCOPE_REGION_UNUSED, "unused", "given to nothing" },
	{ VMSCOPE_REGION_GUARD, "guard", "kept free, for hypervisors too" },
	{ VMSCOPE_REGION_LDT, "ldt",
	  "the process's own segment descriptors, with KPTI" },
	{ VMSCOPE_REGION_DIRECT, "direct",
	  "all physical memory, one after the other" },
	{ VMSCOPE_REGION_VMALLOC, "vmalloc",
	  "vmalloc, memory of devices, kernel stacks" },
	{ VMSCOPE_REGION_VMEMMAP, "vmemmap",
	  "the struct page of every page of memory" },
	{ VMSCOPE_REGION_KASAN, "kasan", "shadow memory of KASAN" },
	{ VMSCOPE_REGION_CPU_ENTRY, "cpu_entry",
	  "what a processor needs to enter the kernel" },
	{ VMSCOPE_REGION_ESPFIX, "espfix",
	  "stacks to return to 16-bit code with" },
	{ VMSCOPE_REGION_EFI, "efi",
	  "EFI runtime services, mapped while they run" },
	{ VMSCOPE_REGION_TEXT, "text", "the kernel's code and data" },
	{ VMSCOPE_REGION_MODULES, "modules",
	  "modules, and code that BPF has made" },
	{ VMSCOPE_REGION_FIXMAP, "fixmap",
	  "addresses that are fixed when it is built" },
	{ VMSCOPE_REGION_VSYSCALL, "vsyscall",
	  "one old page for user mode, from before the vdso" },
};

static const struct vmscope_name areas[] = {
	{ VMSCOPE_AREA_GAP, "gap", "nothing is mapped" },
	{ VMSCOPE_AREA_PROGRAM, "program", "the program's code and data" },
	{ VMSCOPE_AREA_HEAP, "heap", "the brk area" },
	{ VMSCOPE_AREA_MMAP, "mmap",
	  "libraries, files, large allocations, threads' stacks" },
	{ VMSCOPE_AREA_STACK, "stack", "the main thread's stack" },
	{ VMSCOPE_AREA_VDSO, "vdso", "what the kernel lends" },
};

static const struct vmscope_name folio_flags[] = {
	{ VMSCOPE_FOLIO_ANON, "anon", "anonymous memory" },
	{ VMSCOPE_FOLIO_FILE, "file", "pages of files" },
	{ VMSCOPE_FOLIO_SHMEM, "shmem", "tmpfs and shared memory" },
	{ VMSCOPE_FOLIO_KSM, "ksm", "equal pages that KSM has merged" },
	{ VMSCOPE_FOLIO_ONCE, "once", "mapped once, here" },
	{ VMSCOPE_FOLIO_SHARED, "shared",
	  "mapped several times, here or elsewhere" },
	{ VMSCOPE_FOLIO_LARGE, "large", "part of a larger folio" },
	{ VMSCOPE_FOLIO_HUGETLB, "hugetlb", "of the hugetlb pool" },
};

#define TABLE(array)                                      \
	{                                                 \
		array, sizeof(array) / sizeof((array)[0]) \
	}

static const struct {
	const struct vmscope_name *names;
	size_t len;
} tables[] = {
	[VMSCOPE_NAMES_STATE] = TABLE(states),
	[VMSCOPE_NAMES_KIND] = TABLE(kinds),
	[VMSCOPE_NAMES_MAP_FLAG] = TABLE(map_flags),
	[VMSCOPE_NAMES_ENTRY_FLAG] = TABLE(entry_flags),
	[VMSCOPE_NAMES_FEATURE] = TABLE(features),
	[VMSCOPE_NAMES_FEATURE_STATE] = TABLE(feature_states),
	[VMSCOPE_NAMES_LAYOUT] = TABLE(layouts),
	[VMSCOPE_NAMES_PAGES] = TABLE(pages),
	[VMSCOPE_NAMES_CAUSE] = TABLE(causes),
	[VMSCOPE_NAMES_ORIGIN] = TABLE(origins),
	[VMSCOPE_NAMES_ACCESS] = TABLE(accesses),
	[VMSCOPE_NAMES_LATENCY] = TABLE(latencies),
	[VMSCOPE_NAMES_LOST] = TABLE(losts),
	[VMSCOPE_NAMES_RECORD] = TABLE(records),
	[VMSCOPE_NAMES_FAULT_FLAG] = TABLE(fault_flags),
	[VMSCOPE_NAMES_REGION] = TABLE(regions),
	[VMSCOPE_NAMES_AREA] = TABLE(areas),
	[VMSCOPE_NAMES_FOLIO] = TABLE(folio_flags),
};

const struct vmscope_name *
vmscope_name_next(enum vmscope_names table, const struct vmscope_name *previous)
{
	const struct vmscope_name *next;

	if ((size_t)table >= sizeof(tables) / sizeof(tables[0]))
		return NULL;
	next = previous ? previous + 1 : tables[table].names;
	return next < tables[table].names + tables[table].len ? next : NULL;
}

const struct vmscope_name *vmscope_name_find(enum vmscope_names table,
					     uint64_t value)
{
	const struct vmscope_name *name = NULL;

	while ((name = vmscope_name_next(table, name)))
		if (name->value == value)
			break;
	return name;
}

const struct vmscope_name *vmscope_name_parse(enum vmscope_names table,
					      const char *text)
{
	const struct vmscope_name *name = NULL;

	while ((name = vmscope_name_next(table, name)))
		if (strcmp(name->name, text) == 0)
			break;
	return name;
}

const char *vmscope_level_name(uint64_t level, uint64_t levels)
{
	static const char *const names[] = {
		[VMSCOPE_LEVEL_PTE] = "pte", [VMSCOPE_LEVEL_PMD] = "pmd",
		[VMSCOPE_LEVEL_PUD] = "pud", [VMSCOPE_LEVEL_P4D] = "p4d",
		[VMSCOPE_LEVEL_PGD] = "pgd",
	};

	if (level < VMSCOPE_LEVEL_PTE || level > VMSCOPE_LEVEL_PGD)
		return NULL;
	return level == levels ? "pgd" : names[level];
}

void vmscope_map_perms(uint64_t flags, char perms[5])
{
	perms[0] = flags & VMSCOPE_MAP_READ ? 'r' : '-';
	perms[1] = flags & VMSCOPE_MAP_WRITE ? 'w' : '-';
	perms[2] = flags & VMSCOPE_MAP_EXEC ? 'x' : '-';
	perms[3] = flags & VMSCOPE_MAP_SHARED ? 's' : 'p';
	perms[4] = '\0';
}
