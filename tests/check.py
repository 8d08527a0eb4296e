#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run the checks and tests of the project; print TAP and a closing line.

scripts/check           everything: about half an hour on two cores
scripts/check --quick   the inner loop: one kernel, under three minutes
scripts/check NAME...   only the steps whose names begin with a NAME
scripts/check --list    the steps

The closing line is "N passed, N failed, N skipped"; the exit status is 0 when
nothing failed. What the steps print is kept in build/check/NAME.log.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = os.path.join(TOP, "build", "check")

VM = "scripts/vm run --timeout 2400"
STOCK = ("6.1", "6.12", "latest")
SELFTESTS = "tests/selftests/run"

# Name, command, is it part of --quick. A step whose output is TAP counts as its
# tests, another as one.
QUICK_ONLY = "only"
STATIC = [
    ("static-shell", "tests/static shell", True),
    ("static-format", "tests/static format", True),
    ("static-rooms", "scripts/check-rooms", True),
    ("static-texts", "tests/static texts", True),
    ("static-docs", "make -s docs", True),
    ("tools", "make -s tools tests CFLAGS='-O2 -g -Werror'", True),
    ("tools-install", "tests/static install", True),
    ("unit", "tests/unit/run", True),
    ("cli", "tests/cli/run", True),
    ("vm-console", "tests/vm/console-test", True),
]

KERNELS = [
    *[(f"prepare-{k}", f"scripts/vm prepare --kernel {k}", k == "6.12")
      for k in (*STOCK, "debug")],
    *[(f"module-{k}", f"tests/static module {k}", k == "6.12") for k in (*STOCK, "debug")],
    ("static-checkpatch", "tests/static checkpatch", True),
    ("module-in-tree", "tests/static in-tree 6.12", False),
]

GUESTS = [
    ("vm-debug", f"{VM} --kernel debug --swap zram --hugetlb 2M=16 --kmemleak -- "
     f"{SELFTESTS} abi arrays rights sums translate cursor procfs live fuzz", False),
    ("vm-debug-pages", f"{VM} --kernel debug --swap zram --hugetlb 2M=16 --kmemleak -- "
     f"{SELFTESTS} pages pages_calls pages_filter pages_cursor pages_live tables tables_calls limits ps "
     "procfs_lists", False),
    ("vm-debug-trace", f"{VM} --kernel debug --swap zram --hugetlb 2M=16 --kmemleak -- "
     f"{SELFTESTS} trace trace_causes", False),
    ("vm-debug-layout", f"{VM} --kernel debug --swap zram --kmemleak -- "
     f"{SELFTESTS} layout layout_user layout_calls layout_live layout_ptdump", False),
    ("vm-debug-netlink", f"{VM} --kernel debug --swap zram --kmemleak -- "
     f"{SELFTESTS} netlink netlink_events", False),
    ("vm-debug-folio", f"{VM} --kernel debug --swap zram --hugetlb 2M=16 --kmemleak -- {SELFTESTS} folio folio_calls",
     False),
    ("vm-6.12", f"{VM} --kernel 6.12 --swap zram --hugetlb 2M=16,1G=1 -- {SELFTESTS}", False),
    ("vm-quick", f"{VM} --kernel 6.12 --swap zram --hugetlb 2M=16 -- {SELFTESTS} "
     "abi arrays rights sums translate procfs procfs_lists fuzz pages_calls pages_filter tables_calls ps "
     "layout layout_user layout_calls folio_calls", QUICK_ONLY),
    ("vm-6.1", f"{VM} --kernel 6.1 --swap zram --hugetlb 2M=16,1G=1 -- {SELFTESTS}", False),
    ("vm-latest", f"{VM} --kernel latest --swap zram --hugetlb 2M=16,1G=1 -- {SELFTESTS}", False),
    ("vm-five-levels", f"{VM} --kernel latest --cpu max --numa 2 --mem 4G --swap disk "
     f"--hugetlb 2M=16,1G=1 -- {SELFTESTS} sums translate cursor layout layout_user folio", False),
    ("vm-pti", f"{VM} --kernel 6.12 --append pti=on --swap disk -- "
     f"{SELFTESTS} sums translate procfs layout layout_calls", False),
    *[(f"vm-many-{k}", f"{VM} --kernel {k} --mem 2G -- {SELFTESTS} ps_many", False) for k in STOCK],
    ("vm-wx", f"{VM} --kernel 6.12 --append rodata=off -- tests/cli/guest-wx", False),
    ("vm-cli", f"{VM} --kernel 6.12 --swap zram -- tests/cli/guest", True),
    *[(f"vm-record-{k}", f"{VM} --kernel {k} -- tests/cli/guest-record", False)
      for k in (*STOCK, "debug")],
    *[(f"vm-diff-{k}", f"{VM} --kernel {k} --swap zram -- "
       "sh -c 'tests/cli/guest-diff; a=$?; tests/cli/guest-budget && exit $a'", k == "6.12")
      for k in STOCK],
    ("vm-diff-debug", f"{VM} --kernel debug --swap zram -- tests/cli/guest-diff", False),
    *[(f"vm-trace-{k}", f"{VM} --kernel {k} -- tests/cli/guest-trace", k == "6.12")
      for k in (*STOCK, "debug")],
    *[(f"vm-trace-live-{k}", f"{VM} --kernel {k} -- tests/cli/guest-trace-live", False)
      for k in (*STOCK, "debug")],
    *[(f"vm-cloud-{k}", f"{VM} --kernel {k} --flavour cloud -- vmscope show self"
       if os.geteuid() == 0 else
       f"echo 'ok 1 - cloud kernel {k} # SKIP sharing files with it takes root'; echo 1..1", False)
      for k in STOCK],
]

RESULT = re.compile(r"^(ok|not ok)\b(?: \d+)?(?: -)? ?(.*)$", re.M)
PLAN = re.compile(r"^1\.\.(\d+)", re.M)


class Report:
    """Numbers and prints results, from any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.passed = self.failed = self.skipped = 0

    def add(self, good, text, comment=""):
        with self.lock:
            skipped = good and "# SKIP" in text
            self.passed += good and not skipped
            self.skipped += skipped
            self.failed += not good
            total = self.passed + self.failed + self.skipped
            print(f"{'ok' if good else 'not ok'} {total} - {text}")
            for line in comment.splitlines():
                print(f"# {line}")
            sys.stdout.flush()

    def note(self, text):
        with self.lock:
            print(f"# {text}", flush=True)


def run_step(report, name, command):
    started = time.monotonic()
    log = os.path.join(LOGS, f"{name}.log")
    with open(log, "wb") as out:
        status = subprocess.run(command, shell=True, cwd=TOP, stdin=subprocess.DEVNULL,
                                stdout=out, stderr=subprocess.STDOUT).returncode
    with open(log, errors="replace") as f:
        text = f.read()
    results = RESULT.findall(text)
    for verdict, what in results:
        report.add(verdict == "ok", f"{name}: {what}")
    bad = any(verdict == "not ok" for verdict, _ in results)
    # A step that ended early has printed less than it planned, or no plan.
    planned = sum(int(number) for number in PLAN.findall(text))
    if planned != len(results) and not bad:
        report.add(False, f"{name}: {len(results)} results of {planned} planned")
    tail = "\n".join(text.splitlines()[-60:]) if status else ""
    if not results or (status and not bad) or bad:
        report.add(status == 0, f"{name}: {command}", tail)
    report.note(f"{name}: {time.monotonic() - started:.0f} s")
    return status == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the inner loop")
    parser.add_argument("--list", action="store_true", help="name the steps and end")
    parser.add_argument("names", nargs="*", metavar="NAME", help="beginnings of steps to run")
    args = parser.parse_args()

    def chosen(steps):
        return [(name, command) for name, command, quick in steps
                if (quick if args.quick else quick != QUICK_ONLY) and
                (not args.names or any(name.startswith(n) for n in args.names))]

    static, kernels, guests = chosen(STATIC), chosen(KERNELS), chosen(GUESTS)
    if args.list:
        for name, command in static + kernels + guests:
            print(f"{name:20} {command}")
        return 0
    if not static + kernels + guests:
        parser.error(f"no step begins with {' or '.join(args.names)}: --list names them")

    os.makedirs(LOGS, exist_ok=True)
    report = Report()
    print("TAP version 13")
    # Kernels are fetched and modules built while the static checks run; guests
    # come when both are done, two at a time: each keeps one core busy.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        halves = [pool.submit(lambda steps: [run_step(report, *s) for s in steps], steps)
                  for steps in (static, kernels)]
        for half in halves:
            half.result()
        for future in [pool.submit(run_step, report, *step) for step in guests]:
            future.result()

    total = report.passed + report.failed + report.skipped
    print(f"1..{total}")
    print(f"{report.passed} passed, {report.failed} failed, {report.skipped} skipped")
    return 1 if report.failed else 0


sys.exit(main())
