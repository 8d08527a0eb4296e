# SPDX-License-Identifier: GPL-2.0
"""vmscope report against recordings that were never recorded: make-recording writes them.

What one way of looking at a recording says must be what the others say; the
formats of others are read by others: babeltrace2, and a decoder of Protocol
Buffers that shares nothing with the encoder.
"""
import collections
import csv
import io
import json
import os
import random
import re
import shutil
import subprocess
import tempfile

# Arguments, and what the message must name.
USAGE = [
    ("record true", "-o FILE"),
    ("record -o x", "nobody to trace"),
    ("record -o x --json true", "--json"),
    ("report", "FILE"),
    ("report a b", "b"),
    ("report --by=nonsense x", "nonsense"),
    ("report --sort=nonsense x", "nonsense"),
    ("report --rows=x x", "--rows=x"),
    ("report --cause=nonsense x", "nonsense"),
    ("report --time=5 x", "--time=5"),
    ("report --time=5-4 x", "--time=5-4"),
    ("report --min-latency=5 x", "--min-latency=5"),
    ("report --csv --folded x", "--csv"),
    ("report --csv --json x", "--csv"),
    ("report --heat --by=cause x", "--heat"),
]

BYS = "cause origin access process thread mapping file symbol stack range".split()


def recorded(path):
    """Reports whose output is in expected/: name, environment, arguments."""
    return [(name, {"LC_ALL": "C"} if name.endswith("c-locale") else {}, f"report {options} {path}")
            for name, options in (
                ("report", ""),
                ("report-sort", "--sort=max --rows=3 --cause=demand_zero,cow_copy,file_major,other,zero_page"),
                ("report-process", "--by=process --no-headings"),
                ("report-thread", "--by=thread --no-sums"),
                ("report-mapping", "--by mapping --no-headings"),
                ("report-file", "--by file --bytes"),
                ("report-symbol", "--by symbol --no-headings"),
                ("report-stack", "--by stack --no-headings"),
                ("report-range", "--by range --no-headings"),
                ("report-hist", "--hist"),
                ("report-hist-c-locale", "--hist --min-latency=500ns"),
                ("report-heat", "--heat"),
                ("report-heat-c-locale", "--heat -p 4300"),
                ("report-list", "--list"),
                ("report-csv", "--csv"),
                ("report-json", "--json"),
                ("report-folded", "--folded"),
                ("report-nothing", "--comm=nobody"))]


def varint(data, pos):
    value = shift = 0
    while True:
        byte = data[pos]
        pos += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return value, pos


def message(data):
    """Fields of a message: number -> list of values."""
    fields = collections.defaultdict(list)
    pos = 0
    while pos < len(data):
        tag, pos = varint(data, pos)
        if tag & 7 == 0:
            value, pos = varint(data, pos)
        elif tag & 7 == 2:
            length, pos = varint(data, pos)
            value, pos = data[pos:pos + length], pos + length
            if len(value) != length:
                raise ValueError("a field is longer than its message")
        else:
            raise ValueError(f"wire type {tag & 7}")
        fields[tag >> 3].append(value)
    return fields


def slices(data):
    """Events by track as (begin, end or None, name, annotations), threads, clocks."""
    names, annotation_names = {}, {}
    tracks, threads, clocks = collections.defaultdict(list), {}, {}
    for packet in map(message, message(data)[1]):
        for interned in map(message, packet[12]):
            names.update((message(e)[1][0], message(e)[2][0].decode()) for e in interned[2])
            annotation_names.update((message(e)[1][0], message(e)[2][0].decode())
                                    for e in interned[3])
        for snapshot in map(message, packet[6]):
            clocks.update((message(c)[1][0], message(c)[2][0]) for c in snapshot[1])
        for track in map(message, packet[60]):
            for thread in map(message, track[4]):
                threads[track[1][0]] = (thread[1][0], thread[2][0], thread[5][0].decode())
        for event in map(message, packet[11]):
            track, time = event[11][0], packet[8][0]
            if event[9][0] == 2:
                begin, end, name, notes = tracks[track].pop()
                if end != "open":
                    raise ValueError("an end without a beginning")
                tracks[track].append((begin, time, name, notes))
                continue
            notes = {annotation_names[a[1][0]]: (a[3] + a[7] + [t.decode() for t in a[6]])[0]
                     for a in map(message, event[4])}
            name = names[event[10][0]] if event[10] else event[23][0].decode()
            tracks[track].append((time, "open" if event[9][0] == 1 else None, name, notes))
    return tracks, threads, clocks


class Recording:
    """A recording, and the faults in it as report --json has them."""

    def __init__(self, run, path):
        self.run, self.path = run, path
        self.faults = [json.loads(line) for line in self.text("--json").splitlines()]

    def text(self, *options):
        done = self.run(["report", *options, self.path])
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return done.stdout.decode("utf-8", "backslashreplace")

    def totals(self, faults=None):
        faults = self.faults if faults is None else faults
        return (len(faults), sum(f["latency_ns"] or 0 for f in faults))


def group_checks(tap, rec):
    for by in BYS:
        rows = json.loads(rec.text("--json", "--by", by, "--rows=0"))
        tap.result((sum(r["count"] for r in rows["rows"]), sum(r["total_ns"] for r in rows["rows"])) ==
                   rec.totals() == (rows["sum"]["count"], rows["sum"]["total_ns"]),
                   f"report --by {by}: its rows add up to the faults")
    rows = json.loads(rec.text("--json", "--by", "cause"))["rows"]
    tap.result({r["cause"]: r["count"] for r in rows} ==
               collections.Counter(f["cause"] for f in rec.faults),
               "report --by cause: each has the faults of the lines")
    for sort, key in (("time", "total_ns"), ("max", "max_ns"), ("p99", "p99_ns"), ("count", "count")):
        values = [r[key] or 0 for r in json.loads(rec.text("--json", "--by=cause", f"--sort={sort}"))["rows"]]
        tap.result(values == sorted(values, reverse=True), f"report --sort={sort}")
    hist = json.loads(rec.text("--json", "--hist"))
    tap.result(sum(b["count"] for b in hist["buckets"]) + hist["unknown"] == len(rec.faults) and
               all(b["start_ns"] < b["end_ns"] for b in hist["buckets"]) and
               sum(sum(b["start_ns"] <= f["latency_ns"] < b["end_ns"] for b in hist["buckets"])
                   for f in rec.faults if f["latency_ns"] is not None) ==
               sum(b["count"] for b in hist["buckets"]), "report --hist: every fault in its bucket")
    heat = json.loads(rec.text("--json", "--heat"))
    tap.result(sum(r["count"] for r in heat["rows"]) == len(rec.faults) and
               all(sum(r["cells"]) == r["count"] for r in heat["rows"]),
               "report --heat: every fault in its cell")


def filter_checks(tap, rec):
    first = min(f["time_ns"] for f in rec.faults)
    for options, wanted in (
            ("--cause=demand_zero,huge_zero", lambda f: f["cause"] in ("demand_zero", "huge_zero")),
            ("--origin=gup", lambda f: f["origin"] == "gup"),
            ("--access=read,exec", lambda f: f["access"] != "write"),
            ("--pid=4300", lambda f: f["pid"] == 4300),
            ("--pid=4300 -p 4242", lambda f: True),
            ("--comm=server-worker", lambda f: f["comm"] == "server-worker"),
            ("--range=0x555501000000-0x555501100000",
             lambda f: 0x555501000000 <= int(f["address"], 16) < 0x555501100000),
            ("--time=50us-150us", lambda f: 50000 <= f["time_ns"] - first < 150000),
            ("--time=1ms-", lambda f: f["time_ns"] - first >= 1000000),
            ("--min-latency=900ns", lambda f: (f["latency_ns"] or 0) >= 900)):
        lines = rec.text("--json", *options.split()).splitlines()
        want = [f for f in rec.faults if wanted(f)]
        tap.result([json.loads(line) for line in lines] == want and want,
                   f"report {options}: {len(want)} faults")


def text_checks(tap, rec):
    rows = list(csv.DictReader(io.StringIO(rec.text("--csv"))))
    tap.result((len(rows), sum(int(r["latency_ns"] or 0) for r in rows)) == rec.totals() and
               [(int(r["time_ns"]), int(r["tid"]), r["address"], r["cause"], r["ip"]) for r in rows] ==
               [(f["time_ns"], f["tid"], f["address"], f["cause"], f["ip"] or "") for f in rec.faults],
               "report --csv: the same faults")
    tap.result(all(None not in r and None not in r.values() for r in rows),
               "report --csv: each line has all columns and no more")
    stacks = collections.Counter()
    for line in rec.text("--folded").splitlines():
        stack, number = line.rsplit(" ", 1)
        stacks[stack] += int(number)
    causes = collections.Counter()
    for stack, number in stacks.items():
        causes[stack.rsplit(";", 1)[1].strip("[]")] += number
    tap.result(causes == collections.Counter(f["cause"] for f in rec.faults),
               "report --folded: the same faults")
    deep = [s for s in stacks if s.startswith("server;main;serve(std::string: int);memset;[")]
    tap.result(deep, "report --folded: callers come first", list(stacks))


def ctf_checks(tap, rec, folder):
    if not shutil.which("babeltrace2"):
        tap.skip("report --ctf", "no babeltrace2")
        return
    trace = os.path.join(folder, "ctf")
    done = rec.run(["report", "--ctf", trace, rec.path])
    read = subprocess.run(["babeltrace2", "--clock-seconds", "--clock-gmt", trace], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, env={"LC_ALL": "C", **os.environ})
    lines = [line for line in read.stdout.decode("utf-8", "replace").splitlines()
             if " page_fault: " in line]
    tap.result(done.returncode == 0 and not done.stdout and read.returncode == 0 and
               len(lines) == len(rec.faults), "report --ctf: babeltrace2 reads as many faults",
               [str(done), read.stderr.decode(), str(len(lines))])
    have = [(re.search(r'cause = \( "?(\w+)', line).group(1), int(re.search(r" tid = (\d+)", line).group(1)),
             int(re.search(r" latency_ns = (\d+)", line).group(1)),
             int(re.search(r" address = 0x([0-9A-F]+)", line).group(1), 16)) for line in lines]
    want = [(f["cause"], f["tid"], f["latency_ns"] or 0, int(f["address"], 16)) for f in rec.faults]
    tap.result(have == want, "report --ctf: cause, thread, latency and address of each")
    # wall clock minus monotonic clock, as make-recording has them
    offset = 1700000000 - 1000
    tap.result([round((float(re.match(r"\[(\d+\.\d+)\]", line).group(1)) - offset) * 1e6) for line in lines] ==
               [round(f["time_ns"] / 1e3) for f in rec.faults],
               "report --ctf: times are those of the wall clock")
    tap.result(re.search(r"[Dd]iscarded", read.stderr.decode()), "report --ctf: what was lost is told",
               [read.stderr.decode()])
    done = rec.run(["report", "--ctf", trace, rec.path])
    tap.result(done.returncode == 1 and b"does not exist" in done.stderr,
               "report --ctf: a folder that is there is left alone", [done.stderr.decode()])


def perfetto_checks(tap, rec, folder):
    path = os.path.join(folder, "perfetto")
    done = rec.run(["report", "--perfetto", path, rec.path])
    with open(path, "rb") as f:
        data = f.read()
    tracks, threads, clocks = slices(data)
    tap.result(done.returncode == 0 and not done.stdout and
               sum(map(len, tracks.values())) == len(rec.faults), "report --perfetto: as many slices",
               [str(done)])
    have = sorted((threads[t][1], name, notes.get("latency_ns"), notes["address"], notes["access"])
                  for t, events in tracks.items() for _, _, name, notes in events)
    want = sorted(((f["tid"], f["cause"], f["latency_ns"], int(f["address"], 16), f["access"])
                   for f in rec.faults), key=str)
    tap.result(sorted(have, key=str) == want, "report --perfetto: each with its cause and latency")
    good = True
    for events in tracks.values():
        last = 0
        for begin, end, _, notes in events:
            end = begin if end is None else end
            good = good and last <= begin <= end
            last = end
    tap.result(good, "report --perfetto: the slices of a thread follow one another")
    ends = collections.Counter((threads[t][1], b if e is None else e) for t, es in tracks.items()
                               for b, e, _, _ in es)
    tap.result(ends == collections.Counter((f["tid"], f["time_ns"]) for f in rec.faults),
               "report --perfetto: each ends when the fault ended")
    tap.result(clocks == {3: 10 ** 12, 1: 17 * 10 ** 17, 6: 10 ** 12 + 5 * 10 ** 9},
               "report --perfetto: the clocks are told", [str(clocks)])
    if not shutil.which("protoc"):
        tap.skip("report --perfetto: protoc decodes it", "no protoc")
        return
    done = subprocess.run(["protoc", "--decode_raw"], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    tap.result(done.returncode == 0 and done.stdout.count(b"\n1 {") == len(message(data)[1]) - 1,
               "report --perfetto: protoc decodes as many packets", [done.stderr.decode()])


def hostile_checks(tap, run, path, folder):
    """Damaged recordings: whatever is said, the program is not hurt."""
    with open(path, "rb") as f:
        whole = f.read()
    dice = random.Random(4)
    interesting = [i for i in range(len(whole)) if whole[i]]
    hurt = os.path.join(folder, "hurt")
    bad = []
    views = [["--json"], ["--csv"], ["--folded"], ["--heat"], ["--by=stack"], ["--by=symbol"],
             ["--by=mapping", "--json"], ["--perfetto", os.path.join(folder, "p")], ["--ctf", os.path.join(folder, "c")]]
    for i in range(72):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 12)):
            at = dice.choice(interesting)
            data[at] = dice.choice((0, 1, 0x7f, 0x80, 0xff, dice.randrange(256)))
        if i % 6 == 0:
            del data[dice.randrange(len(data)):]
        with open(hurt, "wb") as f:
            f.write(data)
        shutil.rmtree(os.path.join(folder, "c"), ignore_errors=True)
        done = run(["report", *views[i % len(views)], hurt])
        if done.returncode not in (0, 1) or b"Sanitizer" in done.stderr or b"runtime error" in done.stderr:
            bad.append(f"{views[i % len(views)]}: {done.returncode} {done.stderr.decode(errors='replace')}")
    tap.result(not bad, "72 damaged recordings harm no view", bad[:3])
    with open(hurt, "wb") as f:
        f.write(whole[:-16])
    done = run(["report", hurt])
    tap.result(done.returncode == 0 and b"cut off" in done.stderr and b"demand_zero" in done.stdout,
               "a recording that is cut off is shown, and it is said", [done.stderr.decode()])
    for name, text in ((folder, "Is a directory"), (os.path.join(folder, "none"), "No such file"),
                       ("/dev/null", "not a regular file"), (__file__, "not a recording")):
        done = run(["report", name])
        tap.result(done.returncode == 1 and done.stderr.decode().startswith(f"vmscope: {name}: ") and
                   text in done.stderr.decode() and not done.stdout, f"no recording: {text}",
                   [done.stderr.decode()])
    for view in (["--perfetto", "/nowhere/x"], ["--ctf", "/nowhere/x"]):
        done = run(["report", *view, path])
        tap.result(done.returncode == 1 and b"/nowhere/x" in done.stderr, f"report {view[0]}: cannot be written",
                   [done.stderr.decode()])
    done = run(["report", "--perfetto", "/dev/full", path])
    tap.result(done.returncode == 1 and b"/dev/full" in done.stderr, "report --perfetto: a full disk is reported",
               [done.stderr.decode()])


def size_checks(tap, maker, fast, environment, folder):
    """A long recording takes no more memory than a short one."""
    path = os.path.join(folder, "long")
    subprocess.run([maker, path, "400000"], check=True)
    for view in (["--by=stack"], ["--by=range"], ["--heat"], ["--csv"], ["--perfetto", "/dev/null"]):
        child = subprocess.Popen([fast, "report", *view, path], env=environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE)
        child.stderr.close()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        tap.result(child.returncode == 0 and usage.ru_maxrss < 32 * 1024,
                   f"{os.path.getsize(path) >> 20} MiB in less than 32 MiB: report {view[0]}",
                   [f"{child.returncode}, {usage.ru_maxrss} KiB"])
        print(f"# {usage.ru_utime + usage.ru_stime:.2f} s, {usage.ru_maxrss} KiB")


def report_tests(tap, run, maker, fast, environment):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "recording")
        subprocess.run([maker, path], check=True)
        rec = Recording(run, path)
        wanted = set("time_ns pid tid comm address ip access origin cause latency_ns".split())
        tap.result(rec.faults and all(wanted <= set(f) for f in rec.faults),
                   "report --json has the keys that others rely on")
        tap.result([f["time_ns"] for f in rec.faults] == sorted(f["time_ns"] for f in rec.faults),
                   "report --json: in order of time")
        tap.result(all(f["ip"] is None for f in rec.faults if f["origin"] == "gup") and
                   [f["latency_ns"] for f in rec.faults if f["cause"] == "bad_address"] == [None],
                   "report --json: what is not known is null, never 0")
        group_checks(tap, rec)
        filter_checks(tap, rec)
        text_checks(tap, rec)
        ctf_checks(tap, rec, folder)
        perfetto_checks(tap, rec, folder)
        hostile_checks(tap, run, path, folder)
        size_checks(tap, maker, fast, environment, folder)
