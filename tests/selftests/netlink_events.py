#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Generic netlink, events: the last account of processes against wait4() and
smaps; alarms at thresholds that are crossed on purpose; overruns."""
import errno
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import nl  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
SPEC = nl.Spec(os.path.join(TOP, "Documentation/netlink/specs/vmscope.yaml"))
MIB = 1 << 20
OLD = os.uname().release.startswith("6.1.")

tap = nl.Tap()
debug = os.environ.get("VMSCOPE_KERNEL") == "debug"


def slow(seconds):
    """An emulated debug kernel takes its time."""
    return seconds * (6 if debug else 2)


def until(condition, seconds):
    end = time.monotonic() + slow(seconds)
    while not (got := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return got


def exit_of(link, pid, seconds=10):
    """The event about a process, others skipped."""
    end = time.monotonic() + slow(seconds)
    while time.monotonic() < end:
        event = link.event(slow(seconds))
        if event and event[0] == "exit" and event[1]["pid"] == pid:
            return event[1]
    return None


# ------------------------------------------------------------------- exits

def rollup():
    with open("/proc/self/smaps_rollup") as f:
        rows = f.read().splitlines()[1:]
    return {k: int(v.split()[0]) * 1024 for k, v in (r.split(":") for r in rows)}


def status_bytes(key):
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith(key + ":"))


def worker(put):
    """Some of everything, and what /proc said of it at the very end."""
    area = mmap.mmap(-1, 48 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for at in range(0, 32 * MIB, 4096):
        area[at:at + 8] = at.to_bytes(8, "little")
    area.madvise(21, 0, 8 * MIB)
    sums, tables = rollup(), status_bytes("VmPTE")
    os.write(put, f"{sums['Rss']} {sums['Swap']} {tables}".encode())
    os._exit(3)


def one_exit(link):
    get, put = os.pipe()
    before = time.monotonic_ns()
    pid = os.fork()
    if not pid:
        worker(put)
    rss, swap, tables = map(int, os.read(get, 100).split())
    _, status, usage = os.wait4(pid, 0)
    after = time.monotonic_ns()
    got = exit_of(link, pid)
    if not tap.ok(got is not None, "the end of a process is told"):
        return
    tap.eq(got["status"], status, "status is that of wait4")
    tap.eq(got["minor-faults"], usage.ru_minflt, "minor faults are those of wait4")
    tap.eq(got["major-faults"], usage.ru_majflt, "major faults are those of wait4")
    tap.eq(got["peak-resident-bytes"], usage.ru_maxrss * 1024, "the peak is ru_maxrss")
    near = lambda a, b: abs(a - b) <= 256 << 10
    tap.ok(near(got["resident-bytes"], rss), "resident is Rss right before", (got["resident-bytes"], rss))
    tap.ok(near(got["swapped-bytes"], swap), "swapped is Swap right before", (got["swapped-bytes"], swap))
    tap.eq(got["page-table-bytes"], tables, "page tables are VmPTE right before")
    if not swap:
        tap.skip("something was swapped out", "no swap space")
    tap.eq((got["parent"], got["uid"], got["comm"]),
           (os.getpid(), os.getuid(), open("/proc/self/comm").read().rstrip("\n")), "parent, uid and comm")
    tap.ok(before <= got["time-ns"] - got["lifetime-ns"] <= got["time-ns"] <= after,
           "its life lies between fork and wait", (before, got, after))


def kinds_of_exit(link):
    killed = subprocess.Popen(["sleep", "1000"])
    time.sleep(slow(0.2))
    killed.kill()
    _, status, usage = os.wait4(killed.pid, 0)
    killed.returncode = 0
    got = exit_of(link, killed.pid)
    tap.ok(got and (got["status"], got["comm"], got["minor-faults"], got["peak-resident-bytes"]) ==
           (status, "sleep", usage.ru_minflt, usage.ru_maxrss * 1024), "one that is killed", (got, status, usage))

    program = ("import threading, os, time\n"
               "def touch():\n    b = bytearray(4 << 20)\n    time.sleep(0.05)\n"
               "t = [threading.Thread(target=touch) for _ in range(8)]\n"
               "[x.start() for x in t]\n[x.join() for x in t]\n"
               "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n")
    many = subprocess.Popen([sys.executable, "-c", program])
    _, status, usage = os.wait4(many.pid, 0)
    many.returncode = 0
    got = exit_of(link, many.pid)
    again = link.event(slow(0.3))
    tap.ok(got and (got["status"], got["minor-faults"], got["major-faults"], got["peak-resident-bytes"]) ==
           (status, usage.ru_minflt, usage.ru_majflt, usage.ru_maxrss * 1024),
           "one with threads, with the faults of all of them", (got, usage))
    tap.eq(again, None, "threads are not told by themselves")


def in_sequence(link):
    """Many at a time: each once, in sequence, none lost."""
    link.sock.setsockopt(socket.SOL_SOCKET, 33, 16 * MIB)  # SO_RCVBUFFORCE
    start = link.do("state-get")["sequence"]
    count = 20 if debug else 400
    subprocess.run(["sh", "-c", f"i=0; while [ $i -lt {count} ]; do /bin/true & i=$((i+1)); done; wait"], check=True)
    time.sleep(0.2)
    events, last = [], link.do("state-get")["sequence"]
    while len(events) < last - start and (event := link.event(slow(2))):
        events.append(event[1])
    tap.ok(len(events) >= count, f"all of {count} ends at a time are told", len(events))
    tap.eq([e["sequence"] for e in events], list(range(start + 1, start + 1 + len(events))), "in sequence")
    tap.ok(all(e["lost"] == 0 for e in events), "and none is lost")
    tap.eq(len({e["pid"] for e in events}), len(events), "each process once")


def overrun():
    """A listener that does not read is told so, and can tell how much it missed."""
    link = nl.Netlink(SPEC)
    link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.join("exit")
    link.do("state-get")
    subprocess.run(["sh", "-c", "i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i+1)); done"], check=True)
    seen, overruns = [], 0
    for _ in range(200):
        try:
            event = link.event(0.5)
        except OSError as error:
            overruns += error.errno == errno.ENOBUFS
            continue
        if not event:
            break
        seen.append(event[1]["sequence"])
    pid = subprocess.Popen(["/bin/true"])
    pid.wait()
    got = exit_of(link, pid.pid)
    tap.ok(overruns > 0, "a listener that does not read is told of the overrun")
    tap.ok(got and seen and got["sequence"] - seen[-1] > 50,
           "it hears again afterwards, and the sequence says how many it missed", (got, seen[-3:]))
    link.close()


def only_while_heard(link):
    link.close()
    other = nl.Netlink(SPEC)
    tap.ok(until(lambda: other.do("state-get")["exits"] == "off", 15), "nothing is hooked when the last listener has gone")
    other.join("exit")
    state = other.do("state-get")
    tap.eq(state["exits"], "on", "and it is again with the next")
    if not OLD:
        other.close()
        link = nl.Netlink(SPEC)
        link.join("exit")
        subprocess.run(["/bin/true"], check=True)
        tap.ok(link.event() is not None, "joining is enough")
        return link
    return other


def dead_probes(link):
    switch = "/sys/kernel/debug/kprobes/enabled"
    if not os.path.exists(switch):
        subprocess.run(["mount", "-t", "debugfs", "none", "/sys/kernel/debug"], check=False)
    if not os.path.exists(switch):
        tap.skip("probes that are switched off", f"no {switch}")
        return
    if link.do("state-get")["exits"] == "on" and not (OLD or os.uname().release.startswith("6.12.")):
        tap.skip("probes that are switched off", "this kernel's tracepoint does not depend on kprobes")
        return
    link.close()
    other = nl.Netlink(SPEC)
    until(lambda: other.do("state-get")["exits"] == "off", 15)
    with open(switch, "w") as f:
        f.write("0")
    other.join("exit")
    tap.eq(other.do("state-get")["exits"], "dead", "with kprobes switched off, it says so")
    with open(switch, "w") as f:
        f.write("1")
    tap.eq(other.do("state-get")["exits"], "on", "and works when they are back")
    other.close()


# ------------------------------------------------------------------ alarms

class Stepper:
    """A process that maps, touches and gives back what it is told to."""

    PROGRAM = """
import mmap, sys
area = None
for line in sys.stdin:
    word, number = line.split()
    if word == "touch":
        area = mmap.mmap(-1, int(number) << 20, flags=34)
        area.madvise(15)
        for at in range(0, len(area), 4096):
            area[at] = 1
    elif word == "fill":
        for at in range(0, len(area), 4096):
            area[at] = 1
    elif word == "trim":
        area.madvise(4, int(number) << 20)
    elif word == "swap":
        area.madvise(21)
    elif word == "drop":
        area.close()
    print(flush=True)
"""

    def __init__(self):
        self.child = subprocess.Popen([sys.executable, "-c", self.PROGRAM], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        self.pid = self.child.pid
        self.tell("wait", 0)

    def tell(self, word, number=0):
        self.child.stdin.write(f"{word} {number}\n")
        self.child.stdin.flush()
        self.child.stdout.readline()

    def end(self):
        self.child.stdin.close()
        self.child.wait()


def alarm_events(link, alarm, seconds):
    """(state, value) of what is told of one alarm until nothing more is."""
    out = []
    while event := link.event(seconds):
        if event[0] == "alarm" and event[1]["id"] == alarm["id"]:
            out.append(event[1])
    return out


def size_alarm(link, what, up, down, step, beyond):
    """Over the threshold and back, twice: told once each."""
    stepper = Stepper()
    base = link.do("process-get", pid=stepper.pid)[{"resident": "resident-bytes", "swapped": "swapped-bytes",
                                                    "page-tables": "page-table-bytes"}[what]]
    alarm = link.do("alarm-set", what=what, scope="process", pid=stepper.pid, threshold=base + step,
                    interval_ms=100)
    tap.eq((alarm["rearm"], alarm["pid"], alarm["state"]),
           ((base + step) - (base + step) // 10, stepper.pid, "unknown"), f"{what}: an alarm is set")
    quiet = alarm_events(link, alarm, slow(0.5))
    tap.eq(quiet, [], f"{what}: below the threshold nothing is told")
    states = []
    for _ in range(2):
        for word, number in up:
            stepper.tell(word, number)
        raised = alarm_events(link, alarm, slow(0.5))
        for word in down:
            stepper.tell(word)
        cleared = alarm_events(link, alarm, slow(0.5))
        states.append([e["state"] for e in raised + cleared])
        values = [e["value"] for e in raised + cleared]
    tap.eq(states, [["raised", "clear"]] * 2, f"{what}: each crossing is told once")
    if states == [["raised", "clear"]] * 2:
        tap.ok(values[0] > base + step >= base + step - (base + step) // 10 >= values[1],
               f"{what}: the values lie on either side", (values, base, step))
        tap.ok(values[0] - base <= beyond, f"{what}: and are what was touched", (values, base, beyond))
    now = link.do("alarm-get", id=alarm["id"])
    tap.eq((now["state"], now["raised"]), ("clear", 2), f"{what}: the list has it")
    stepper.end()
    tap.eq([e["state"] for e in alarm_events(link, alarm, slow(0.5))], ["ended"], f"{what}: the end of the process is told")
    tap.refused(errno.ENOENT, f"{what}: and is that of the alarm", link.do, "alarm-get", id=alarm["id"])


def hysteresis(link):
    stepper = Stepper()
    base = link.do("process-get", pid=stepper.pid)["resident-bytes"]
    alarm = link.do("alarm-set", what="resident", scope="process", pid=stepper.pid,
                    threshold=base + 10 * MIB, rearm=base + 2 * MIB, interval_ms=100)
    for word, number in (("touch", 20), ("trim", 6), ("fill", 0), ("trim", 6), ("fill", 0)):
        stepper.tell(word, number)
        time.sleep(slow(0.2))
    states = [e["state"] for e in alarm_events(link, alarm, slow(0.3))]
    tap.eq(states, ["raised"], "a figure that trembles above rearm is told once")
    stepper.tell("drop")
    tap.eq([e["state"] for e in alarm_events(link, alarm, slow(0.3))], ["clear"], "and once that it has come down")
    link.do("alarm-delete", id=alarm["id"])
    stepper.tell("touch", 30)
    tap.eq(alarm_events(link, alarm, slow(0.3)), [], "a deleted alarm is not told")
    stepper.end()


def rates(link):
    busy = subprocess.Popen([sys.executable, "-c", "import mmap\nprint(flush=True); input()\nwhile True:\n"
                             "    m = mmap.mmap(-1, 1 << 20, flags=34)\n    m.madvise(15)\n"
                             "    for at in range(0, 1 << 20, 4096): m[at] = 1\n    m.close()\n"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    busy.stdout.readline()
    alarms = {scope: link.do("alarm-set", what="faults", scope=scope, threshold=300, rearm=50, interval_ms=500, **more)
              for scope, more in (("process", {"pid": busy.pid}), ("machine", {}))}
    quiet = alarm_events(link, alarms["process"], slow(1.2))
    tap.eq(quiet, [], "a rate: no fault, no alarm")
    before = link.do("process-get", pid=busy.pid)
    start = time.monotonic()
    busy.stdin.write("\n")
    busy.stdin.flush()
    told = {}
    while len(told) < 2 and (event := link.event(slow(3))):
        if event[0] == "alarm":
            told.setdefault(event[1]["scope"], []).append(event[1])
    time.sleep(slow(1))
    now = link.do("alarm-get", id=alarms["process"]["id"])
    after = link.do("process-get", pid=busy.pid)
    mean = (after["minor-faults"] - before["minor-faults"]) / (time.monotonic() - start)
    tap.ok({"process", "machine"} <= set(told) and all(e[0]["state"] == "raised" for e in told.values()),
           "a rate above the threshold is told, of the process and of the machine", told)
    tap.ok(mean / 3 < now["value"] < mean * 3, "and is the rate that the process has", (mean, now))
    os.kill(busy.pid, signal.SIGSTOP)
    tap.eq([e["state"] for e in alarm_events(link, alarms["process"], slow(1.2))], ["clear"],
           "it is clear when the process stops")
    busy.kill()
    busy.wait()
    for alarm in link.dump("alarm-get"):
        link.do("alarm-delete", id=alarm["id"])


def cgroups(link):
    root = "/sys/fs/cgroup"
    if not os.path.exists(f"{root}/cgroup.procs"):
        root = os.path.join(os.environ.get("TMPDIR", "/tmp"), "cgroup")
        os.makedirs(root, exist_ok=True)
        if subprocess.run(["mount", "-t", "cgroup2", "none", root], check=False).returncode:
            tap.skip("alarms of cgroups", "no cgroup2")
            return
    outer, inner = f"{root}/vmscope-test", f"{root}/vmscope-test/inner"
    os.makedirs(inner, exist_ok=True)
    scope = {"scope": "cgroup", "cgroup": os.stat(outer).st_ino, "interval_ms": 200}
    resident = link.do("alarm-set", what="resident", threshold=40 * MIB, **scope)
    # low, for processes begin slowly on a busy machine
    rate = {"what": "faults", "threshold": 150, "rearm": 20}
    faults = link.do("alarm-set", **rate, **scope)
    steppers = [Stepper(), Stepper()]
    with open(f"{inner}/cgroup.procs", "w") as f:
        f.write(str(steppers[0].pid))
    with open(f"{outer}/cgroup.procs", "w") as f:
        f.write(str(steppers[1].pid))
    alarm_events(link, resident, slow(1.5))
    link.do("alarm-delete", id=faults["id"])
    faults = link.do("alarm-set", **rate, **scope)
    tap.eq(alarm_events(link, resident, slow(0.6)), [], "a cgroup: nothing is told below the threshold")
    for stepper in steppers:
        stepper.tell("touch", 30)
    events = []
    while event := link.event(slow(0.8)):
        events.append(event[1])
    states = lambda alarm: [e["state"] for e in events if e.get("id") == alarm["id"]]
    tap.eq(states(resident), ["raised"], "the processes of a cgroup and of those below it add up")
    tap.ok(states(faults)[:1] == ["raised"], "and so do their faults", states(faults))
    sums = sum(link.do("process-get", pid=s.pid)["resident-bytes"] for s in steppers)
    tap.eq(link.do("alarm-get", id=resident["id"])["value"], sums, "to the sum of their figures")
    for stepper in steppers:
        stepper.end()
    end = time.monotonic()
    # short lives: none of them is there when it is measured
    subprocess.run(["sh", "-c", f"echo $$ >{inner}/cgroup.procs; i=0; while [ $i -lt {20 if debug else 100} ]; "
                    "do /bin/true; i=$((i+1)); done"], check=True)
    seconds = time.monotonic() - end
    events = []
    while event := link.event(slow(1)):
        events.append(event[1])
    raised = [e["value"] for e in events if e.get("id") == faults["id"] and e["state"] == "raised"]
    tap.ok(raised, f"faults of processes that have ended count, too ({seconds:.1f} s)", events)
    os.rmdir(inner)
    os.rmdir(outer)
    told = {e["id"] for e in alarm_events(link, resident, slow(1)) if e["state"] == "ended"}
    tap.eq(told, {resident["id"]}, "the end of a cgroup is that of its alarms")
    for alarm in link.dump("alarm-get"):
        link.do("alarm-delete", id=alarm["id"])


def machine(link):
    vmstat = lambda: {k: int(v) for k, v in (line.split() for line in open("/proc/vmstat"))}
    alarm = link.do("alarm-set", what="page-tables", scope="machine", threshold=0, interval_ms=100)
    events = alarm_events(link, alarm, slow(0.5))
    tap.eq([e["state"] for e in events], ["raised"], "the machine: raised from the start")
    rows = [row for row in link.dump("process-get")]
    value = link.do("alarm-get", id=alarm["id"])["value"]
    sums = sum(row["page-table-bytes"] for row in rows)
    tap.ok(abs(value - sums) < 1 * MIB, "its page tables are those of all processes", (value, sums))
    tap.ok(value <= vmstat()["nr_page_table_pages"] * 4096 + MIB, "and not more than the kernel's sum")
    link.do("alarm-delete", id=alarm["id"])


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    link = nl.Netlink(SPEC)
    link.join("exit")
    state = link.do("state-get")["exits"]
    if not tap.eq(state, "on", "exits are told to who has joined"):
        return tap.done()
    one_exit(link)
    kinds_of_exit(link)
    in_sequence(link)
    if debug:
        tap.skip("overruns", "they are the kernel's doing, and the debug kernel is slow")
    else:
        overrun()
    link = only_while_heard(link)
    dead_probes(link)
    link = nl.Netlink(SPEC)
    link.join("alarm")
    size_alarm(link, "resident", [("touch", 20)], ["drop"], 10 * MIB, 21 * MIB)
    if not debug:
        size_alarm(link, "page-tables", [("touch", 64)], ["drop"], 16 << 12, 48 << 12)
    if debug:
        tap.skip("other sizes", "the same code, and the debug kernel is slow")
    elif any(open("/proc/swaps").read().splitlines()[1:]):
        size_alarm(link, "swapped", [("touch", 20), ("swap", 0)], ["drop"], 4 * MIB, 20 * MIB)
    else:
        tap.skip("alarms about swapped memory", "no swap space")
    hysteresis(link)
    rates(link)
    cgroups(link)
    machine(link)
    tap.eq(link.do("state-get")["alarms"], 0, "no alarm is left")
    return tap.done()


sys.exit(main())
