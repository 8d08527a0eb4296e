# SPDX-License-Identifier: GPL-2.0
"""What tests/cli/run tries with snapshots; and files of them.

write(path, **what) makes one of process 4242 of fixtures.h, or of another, from
Documentation/snapshot.md and nothing else.
"""
import struct
import zlib

PRESENT, DIRTY, LEAF, SOFT_DIRTY = 1, 1 << 5, 1 << 6, 1 << 12
READ, WRITE, EXEC, SHARED, FILE = 1, 2, 4, 8, 1 << 13
PRESENT_STATE, SWAPPED_STATE = 1, 6


# as those of tests/cli/run
RECORDED = [
    ("help-snapshot", {}, "snapshot --help"),
    ("help-diff", {}, "diff --help"),
    ("snapshot", {}, "snapshot 4242 -o taken.vms"),
    ("snapshot-json", {"FAKE_PER_REPLY": "3"}, "snapshot --json --output=few.vms 4242"),
    ("snapshot-nowhere", {}, "snapshot 4242 -o no-such-folder/x"),
    ("diff", {"FAKE_OPEN": "2"}, "diff before.vms after.vms"),
    ("diff-bytes", {"FAKE_OPEN": "2"}, "diff --bytes --no-headings --no-sums before.vms after.vms"),
    ("diff-all", {}, "diff --all --color=always before.vms after.vms"),
    ("diff-backwards", {}, "diff after.vms before.vms"),
    ("diff-columns", {}, "diff -o NAME,before,AFTER,SWAPIN,MAYBE,SPLIT before.vms after.vms"),
    ("diff-added", {}, "diff -o +SWAPIN before.vms after.vms"),
    ("diff-json", {}, "diff --json before.vms after.vms"),
    ("diff-json-nothing", {}, "diff --json after.vms after.vms"),
    ("diff-nothing", {}, "diff after.vms after.vms"),
    ("diff-same-bytes", {}, "diff --json taken.vms few.vms"),
    ("diff-live", {}, "diff unknown.vms"),
    ("diff-live-pid", {"FAKE_OPEN": "2"}, "diff before.vms 4242"),
    ("diff-reused", {}, "diff before.vms reused.vms -o START,CHANGE"),
    ("diff-other", {}, "diff before.vms other.vms -o START,CHANGE"),
    ("diff-machine", {}, "diff before.vms machine.vms"),
    ("diff-missing", {}, "diff no-such-file"),
    ("diff-text", {}, "diff vmscope-main.o"),
]
USAGE = [
    ("snapshot 1", "-o"),
    ("snapshot -o x", "PID|NAME|self"),
    ("snapshot -o - --json 1", "-o -"),
    ("snapshot --range=5 -o x 1", "--range=5"),
    ("diff", "FILE"),
    ("diff a b c", "c"),
    ("diff -o NONSENSE a", "NONSENSE"),
    ("diff -o START --json a", "-o"),
    ("diff -p 1 a", "-p"),
]


def errors(folder):
    return [
        (1, "snapshot 7 -o x", "FAKE_ERROR", 13, ["process 7", "sudo"]),
        (1, "snapshot 7 -o x", "FAKE_OPEN", 2, ["/dev/vmscope", "sudo modprobe vmscope"]),
        (1, f"diff {folder}/before.vms 7", "FAKE_ERROR", 61, ["process 7", "zombie"]),
        (1, f"diff {folder}/before.vms", "FAKE_ERROR", 3, ["process 4242", "no such process"]),
        (1, f"diff {folder}/before.vms", "FAKE_OPEN", 13, ["/dev/vmscope", "sudo"]),
    ]


def section(number, items, item_size):
    head = struct.pack("<IIQI", number, 0, len(items), item_size)
    return head + struct.pack("<I", zlib.crc32(head + items)) + items


def text(value, size):
    return value.encode().ljust(size, b"\0")


def write(path, pid=4242, comm="a\tserver", taken_at=1700000000, began=0, page_size=4096,
          soft_dirty=1, maps=(), pages=(), faults=(100, 2)):
    """maps: (start, end, flags, kind, name); pages: (start, end, state, flags, leaf shift)."""
    process = struct.pack("<Q16sQQQQQ", pid, comm.encode(), taken_at * 10**9, 5 * 10**6, began, 0,
                          2**64 - 1)
    process += struct.pack("<8Q", 1, 0, 1000, 10, 2, 2, 2000, 20)
    process += struct.pack("<4Q", 3, *faults, 40960)
    machine = struct.pack("<4Q", page_size, 4, 0x7ffffffff000, soft_dirty)
    machine += text("0.1.0", 32) + text("0.1.0", 32) + text("6.12.0-made-up", 64)
    names, rows = b"\0", b""
    for start, end, flags, kind, name in maps:
        rows += struct.pack("<9Q", start, end, flags, kind, 4096, 0, 1 if flags & FILE else 0, 0,
                            len(names) if name else 0)
        names += name.encode() + b"\0" if name else b""
    ranges = b"".join(struct.pack("<3Q4H", start, end, flags, state, shift, 0, 0)
                      for start, end, state, flags, shift in pages)
    body = (section(1, process, 160) + section(2, machine, 160) + section(3, rows, 72) +
            section(4, names, 1) + section(5, ranges, 32))
    head = b"\x89VMSCOP\n" + struct.pack("<IIQI", 1, 5, 32 + len(body), 0)
    with open(path, "wb") as f:
        f.write(head + struct.pack("<I", zlib.crc32(head)) + body)


def make_all(folder):
    """Two of one process, one of another, and one of another machine."""
    page = PRESENT | LEAF
    maps = [(0x400000, 0x500000, READ | EXEC | FILE, 6, "/usr/bin/a server"),
            (0x600000, 0x700000, READ | WRITE, 3, "[heap]"),
            (0x7f0000000000, 0x7f0000400000, READ | WRITE, 9, ""),
            (0x7f0001000000, 0x7f0001010000, READ | WRITE, 9, "[anon:gone]")]
    pages = [(0x400000, 0x410000, PRESENT_STATE, page, 12),
             (0x600000, 0x620000, PRESENT_STATE, page, 12),
             (0x620000, 0x628000, SWAPPED_STATE, 0, 12),
             (0x7f0000000000, 0x7f0000200000, PRESENT_STATE, page | DIRTY, 12),
             (0x7f0001000000, 0x7f0001002000, PRESENT_STATE, page, 12)]
    write(f"{folder}/before.vms", maps=maps, pages=pages, began=77)
    maps = [(0x400000, 0x500000, READ | FILE, 6, "/usr/bin/a server"),
            (0x600000, 0x720000, READ | WRITE, 3, "[heap]"),
            (0x7f0000000000, 0x7f0000400000, READ | WRITE, 9, ""),
            (0x7f0002000000, 0x7f0002010000, READ | WRITE, 9, "[anon:new \\ one]")]
    pages = [(0x400000, 0x410000, PRESENT_STATE, page, 12),
             (0x600000, 0x610000, PRESENT_STATE, page | DIRTY, 12),
             (0x610000, 0x618000, SWAPPED_STATE, 0, 12),
             (0x624000, 0x630000, PRESENT_STATE, page, 12),
             (0x700000, 0x704000, PRESENT_STATE, page | DIRTY, 12),
             (0x7f0000000000, 0x7f0000200000, PRESENT_STATE, page | DIRTY, 21),
             (0x7f0000200000, 0x7f0000204000, PRESENT_STATE, page | DIRTY, 12)]
    write(f"{folder}/after.vms", maps=maps, pages=pages, taken_at=1700000060, began=77,
          faults=(140, 3))
    write(f"{folder}/reused.vms", maps=maps, pages=pages, began=78, comm="other")
    write(f"{folder}/other.vms", pid=77, maps=maps, pages=pages)
    write(f"{folder}/machine.vms", page_size=16384)
    write(f"{folder}/unknown.vms")
