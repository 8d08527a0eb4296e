#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Generic netlink, requests: what the specification says is what the module
answers; wrong calls; rights; processes against /proc; dumps; unloading."""
import errno
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import nl  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
SPEC = nl.Spec(os.path.join(TOP, "Documentation/netlink/specs/vmscope.yaml"))
MODULE = "/run/vmscope/vmscope.ko"
USER = 4321
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
TYPES = {"u32": 4, "u64": 5, "flag": 1, "string": 11}  # enum netlink_attribute_type: U32 ...

tap = nl.Tap()
# everything takes ten times as long on the emulated debug kernel
debug = os.environ.get("VMSCOPE_KERNEL") == "debug"


def parent_of(function, *args):
    """Run a function in a child and return what it returns, as text."""
    get, put = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        os.close(get)
        try:
            answer = repr(function(*args))
        except BaseException as error:  # pylint: disable=broad-except
            answer = repr(f"{type(error).__name__}: {error}")
        os.write(put, answer.encode())
        os._exit(0)
    os.close(put)
    with os.fdopen(get) as f:
        answer = f.read()
    os.waitpid(pid, 0)
    return eval(answer)  # pylint: disable=eval-used # of our own repr()


def error_of(function, *args, **values):
    try:
        function(*args, **values)
    except OSError as error:
        return error.errno
    return 0


def drop_to(uid):
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


class Target:
    """A process that waits; by default another user's."""

    def __init__(self, uid=USER):
        get, put = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            drop_to(uid)
            # changing ids makes a process undumpable; executing something ends that
            os.dup2(put, 1)
            os.execv("/bin/sh", ["sh", "-c", "echo; exec sleep 1000"])
        os.read(get, 1)
        os.close(get)
        os.close(put)
        while open(f"/proc/{self.pid}/comm").read() != "sleep\n":
            time.sleep(0.01)

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


# ------------------------------------------------------- the specification

def ctrl_family(link):
    """What the kernel itself says of the family."""
    operations = {}
    for _, one in nl.attrs(link.family[6]):
        found = dict(nl.attrs(one))
        operations[struct.unpack("I", found[1])[0]] = struct.unpack("I", found[2])[0]
    for name, (number, operation) in SPEC.operations.items():
        if "event" in operation:
            tap.ok(number not in operations, f"{name} cannot be sent")
            continue
        flags = operations.get(number, 0)
        tap.eq((bool(flags & 2), bool(flags & 4)), ("do" in operation, "dump" in operation),
               f"{name}: do and dump are as specified")
    tap.eq(len(operations), sum("event" not in o for _, o in SPEC.operations.values()),
           "no other command is there")
    tap.eq(set(link.groups), {g["name"] for g in SPEC.spec["mcast-groups"]["list"]},
           "the groups are those specified")


def ctrl_policies(link):
    """CTRL_CMD_GETPOLICY: type and range of each attribute that a request may have."""
    policies, used = {}, {}
    for _, payload in link.exchange(nl.GENL_ID_CTRL, 10, nl.attr(1, struct.pack("H", link.id)), flags=nl.DUMP):
        for number, what in nl.attrs(payload):
            if number == 8:
                for index, policy in nl.attrs(what):
                    for which, one in nl.attrs(policy):
                        policies.setdefault(index, {})[which] = dict(nl.attrs(one))
            elif number == 9:
                for command, one in nl.attrs(what):
                    used[command] = {k: struct.unpack("I", v)[0] for k, v in nl.attrs(one)}
    for name, (number, operation) in SPEC.operations.items():
        request = operation.get("do", {}).get("request")
        if not request:
            continue
        known = SPEC.sets[operation["attribute-set"]]
        policy = policies[used[number][1]]
        wanted, have = {}, {}
        for one in request["attributes"]:
            which, what = known[one]
            checks = what.get("checks", {})
            wanted[one] = (TYPES[what["type"]], checks.get("min", 0), checks.get("max"))
            got = policy.get(which, {})
            low = struct.unpack("Q", got[4])[0] if 4 in got else 0
            high = struct.unpack("Q", got[5])[0] if 5 in got else None
            limit = {4: 2**32 - 1, 5: 2**64 - 1}.get(TYPES[what["type"]])
            have[one] = (struct.unpack("I", got[1])[0] if 1 in got else None, low,
                         None if high == limit else high)
        tap.eq(have, wanted, f"{name}: attributes have the types and ranges specified")
        others = set(policy) - {known[one][0] for one in request["attributes"]}
        others = {n for n in others if struct.unpack("I", policy[n].get(1, b"\0\0\0\0"))[0]}
        tap.ok(not others, f"{name}: no other attribute is accepted", others)


# ------------------------------------------------------------- wrong calls

def raw(link, operation, payload, flags=0, **more):
    return link.exchange(link.id, SPEC.operations[operation][0], payload, flags, **more)


def wrong_calls(link):
    u32 = lambda n, v: nl.attr(n, struct.pack("I", v))
    u64 = lambda n, v: nl.attr(n, struct.pack("Q", v))
    tap.refused(errno.EOPNOTSUPP, "no command 0", link.exchange, link.id, 0)
    for command in (SPEC.operations["exit"][0], SPEC.operations["alarm"][0], 99):
        tap.refused(errno.EOPNOTSUPP, f"no command {command}", link.exchange, link.id, command)
    tap.refused(errno.EINVAL, "process-get of nobody", link.do, "process-get")
    tap.refused(errno.ERANGE, "process-get of 0", link.do, "process-get", pid=0)
    tap.refused(errno.EINVAL, "process-get of a pid that cannot be", link.do, "process-get", pid=2**32 - 1)
    tap.refused(errno.ESRCH, "process-get of a pid that is not", link.do, "process-get", pid=4194303)
    tap.refused(errno.ENXIO, "process-get of a kernel thread", link.do, "process-get", pid=2)
    zombie = os.fork()
    if not zombie:
        os._exit(0)
    os.waitid(os.P_PID, zombie, os.WEXITED | os.WNOWAIT)
    tap.refused(errno.ENODATA, "process-get of a zombie", link.do, "process-get", pid=zombie)
    os.waitpid(zombie, 0)
    tap.refused(errno.EINVAL, "a pid of 2 bytes", raw, link, "process-get", nl.attr(2, b"\1\0"))
    tap.refused(errno.EINVAL, "a pid of 8 bytes", raw, link, "process-get", u64(2, 1))
    tap.refused(errno.EINVAL, "an attribute that no request has", raw, link, "process-get", u32(2, 1) + u64(8, 1))
    tap.refused(errno.EINVAL, "an attribute that nobody has", raw, link, "process-get", u32(2, 1) + u32(77, 1))
    tap.refused(errno.EINVAL, "attributes for state-get", raw, link, "state-get", u32(2, 1))
    tap.refused(errno.EINVAL, "bytes behind the last attribute", raw, link, "process-get", u32(2, os.getpid()), tail=b"\1\2")
    tap.refused(errno.EINVAL, "an attribute longer than its message", raw, link, "process-get", struct.pack("HHI", 99, 2, 1))
    tap.refused(errno.EINVAL, "an attribute shorter than its header", raw, link, "process-get", struct.pack("HHI", 3, 2, 1))
    text = tap.refused(errno.EINVAL, "a dump with an attribute", raw, link, "process-get", u32(2, 1), nl.DUMP)
    # the kernel loses what is said at the beginning of a dump before v6.8 or so
    if text or not os.uname().release.startswith("6.1."):
        tap.eq(text, "a dump takes no attributes", "and it says why")
    tap.refused(errno.EINVAL, "a dump of alarms with an attribute", raw, link, "alarm-get", u32(2, 1), nl.DUMP)
    tap.refused(errno.EOPNOTSUPP, "a dump of what has none", raw, link, "state-get", b"", nl.DUMP)

    good = {"what": "resident", "scope": "machine", "threshold": 2**60}
    for name in good:
        tap.refused(errno.EINVAL, f"an alarm without {name}", link.do, "alarm-set",
                    **{k: v for k, v in good.items() if k != name})
    for change in ({"what": 5}, {"scope": 3}, {"pid": 0}, {"interval_ms": 99}, {"interval_ms": 3600001}):
        tap.refused(errno.ERANGE, f"an alarm with {change}", link.do, "alarm-set", **{**good, **change})
    for change, text in (({"rearm": 2**60 + 1}, "rearm is above the threshold"),
                         ({"pid": 1}, "pid goes with the scope process, only with it"),
                         ({"scope": "process"}, "pid goes with the scope process, only with it"),
                         ({"cgroup": 1}, "cgroup goes with the scope cgroup, only with it"),
                         ({"scope": "cgroup"}, "cgroup goes with the scope cgroup, only with it")):
        said = tap.refused(errno.EINVAL, f"an alarm with {change}", link.do, "alarm-set", **{**good, **change})
        tap.eq(said, text, "and it says why")
    tap.refused(errno.ESRCH, "an alarm of no process", link.do, "alarm-set", **{**good, "scope": "process", "pid": 4194303})
    tap.refused(errno.ENXIO, "an alarm of a kernel thread", link.do, "alarm-set", **{**good, "scope": "process", "pid": 2})
    tap.refused(errno.ENOENT, "an alarm of no cgroup", link.do, "alarm-set", **{**good, "scope": "cgroup", "cgroup": 2**40})
    tap.refused(errno.ENOENT, "getting no alarm", link.do, "alarm-get", id=2**32 - 1)
    tap.refused(errno.ENOENT, "deleting no alarm", link.do, "alarm-delete", id=2**32 - 1)
    tap.refused(errno.ERANGE, "deleting alarm 0", link.do, "alarm-delete", id=0)
    tap.refused(errno.EINVAL, "deleting without saying which", link.do, "alarm-delete")
    tap.eq(link.do("state-get")["alarms"], 0, "none of these has set an alarm")


def many_alarms(link):
    ids = []
    while not (number := error_of(lambda: ids.append(link.do("alarm-set", what="resident", scope="machine",
                                                             threshold=2**60, interval_ms=3600000)["id"]))):
        pass
    tap.eq((number, len(ids)), (errno.ENOSPC, 256), "256 alarms can be set, and no more")
    tap.eq([a["id"] for a in link.dump("alarm-get")], ids, "all of them are listed, in order")
    other = nl.Netlink(SPEC)
    tap.eq(len(other.dump("alarm-get")), 256, "on another socket, too")
    other.close()
    link.do("alarm-delete", id=ids[7])
    tap.refused(errno.ENOENT, "a deleted one is gone", link.do, "alarm-get", id=ids[7])
    again = link.do("alarm-set", what="resident", scope="machine", threshold=2**60)
    tap.ok(again["id"] > ids[-1], "a number is not used again")
    link.close()
    other = nl.Netlink(SPEC)
    tap.eq(other.dump("alarm-get"), [], "the alarms of a socket go with it")
    keep = other.do("alarm-set", what="swapped", scope="machine", threshold=2**60, keep=True)
    other.close()
    other = nl.Netlink(SPEC)
    tap.eq([(a["id"], a["keep"], a["what"]) for a in other.dump("alarm-get")], [(keep["id"], True, "swapped")],
           "one that is to be kept stays")
    other.do("alarm-delete", id=keep["id"])
    tap.eq(other.do("state-get")["alarms"], 0, "until it is deleted")
    return other


# ------------------------------------------------------------------ rights

def as_user(link, own, other):
    """What a user gets; on a socket of its own, and on one that root opened."""
    drop_to(USER)
    mine = nl.Netlink(SPEC)
    answer = {}
    for name, one in (("own", mine), ("root's", link)):
        answer[name] = (error_of(one.do, "process-get", pid=own), error_of(one.do, "process-get", pid=other),
                        error_of(one.do, "process-get", pid=1), error_of(one.do, "state-get"),
                        error_of(one.do, "alarm-set", what="resident", scope="process", pid=own, threshold=1),
                        error_of(one.dump, "alarm-get"), error_of(one.do, "alarm-delete", id=1),
                        error_of(one.join, "exit"), error_of(one.join, "alarm"))
    rows = {row["pid"]: row for row in mine.dump("process-get")}
    answer["rows"] = (sorted(rows[own]) == sorted(mine.do("process-get", pid=own)),
                      rows[other], rows[1])
    return answer


def in_namespace(flags, pid):
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        return "unshare", ctypes.get_errno()
    try:
        link = nl.Netlink(SPEC)
    except OSError as error:
        return "family", error.errno
    return "asked", [error_of(link.do, "state-get"), error_of(link.do, "process-get", pid=pid),
                     error_of(link.do, "alarm-set", what="resident", scope="machine", threshold=1),
                     error_of(link.join, "exit")]


def in_user_namespace(flags, pid):
    drop_to(USER)
    return in_namespace(flags, pid)


def rights(link):
    own, other = Target(USER), Target(USER + 1)
    answer = parent_of(as_user, link, own.pid, other.pid)
    if isinstance(answer, str):
        tap.ok(False, "the user's child ran", answer)
        return
    refusals = (0, errno.EACCES, errno.EACCES, 0, errno.EPERM, errno.EPERM, errno.EPERM, errno.EPERM, errno.EPERM)
    tap.eq(answer["own"], refusals, "a user sees its own process, no others, no alarms and no groups")
    tap.eq(answer["root's"], refusals, "and not more on a socket that root opened")
    tap.ok(answer["rows"][0], "in a dump its own process is told in full")
    tap.eq(answer["rows"][1:], ({"pid": other.pid, "hidden": True}, {"pid": 1, "hidden": True}),
           "and others by number, as hidden")
    # the other way round: root must not lend its rights to who opened the socket
    os.setegid(USER)
    os.seteuid(USER)
    lent = nl.Netlink(SPEC)
    os.seteuid(0)
    os.setegid(0)
    tap.refused(errno.EACCES, "root on a user's socket sees no other's process", lent.do, "process-get", pid=other.pid)
    tap.eq(lent.do("process-get", pid=own.pid)["pid"], own.pid, "but what that user sees")
    tap.refused(errno.EPERM, "and sets no alarm", lent.do, "alarm-set", what="resident", scope="machine", threshold=1)
    tap.ok(all(row.get("hidden") for row in lent.dump("process-get") if row["pid"] != own.pid),
           "nor does a dump tell it more")
    lent.close()

    answer = parent_of(in_user_namespace, CLONE_NEWUSER | CLONE_NEWNET, own.pid)
    if answer[0] == "unshare":
        tap.skip("root of another user namespace", f"cannot be made: {os.strerror(answer[1])}")
    else:
        tap.eq(answer, ("family", errno.ENOENT), "in another network namespace there is no such family")
    answer = parent_of(in_user_namespace, CLONE_NEWUSER, own.pid)
    if answer[0] == "unshare":
        tap.skip("root of another user namespace", f"cannot be made: {os.strerror(answer[1])}")
    else:
        tap.eq(answer, ("asked", [0, errno.EACCES, errno.EPERM, errno.EPERM]),
               "root of another user namespace sees nothing outside, sets no alarm and joins no group")
    own.end()
    other.end()


# --------------------------------------------------------------- processes

def status_of(pid):
    with open(f"/proc/{pid}/status") as f:
        return {k: v.split() for k, v in (line.rstrip("\n").split(":", 1) for line in f)}


def stopped(pid):
    """The state of a process that has come to rest."""
    os.kill(pid, signal.SIGSTOP)
    while status_of(pid)["State"][0] != "T":
        time.sleep(0.01)
    return status_of(pid)


def processes(link):
    program = ("import mmap, ctypes, threading, time; m = mmap.mmap(-1, 24 << 20, flags=34); "
               "m.write(b'1234567' * (3 << 20)); m.seek(0); m.madvise(21, 0, 8 << 20); "
               "threading.Thread(target=time.sleep, args=(1000,)).start(); print(flush=True); time.sleep(1000)")
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    child.stdout.readline()
    status = stopped(child.pid)
    got = link.do("process-get", pid=child.pid)
    stat = open(f"/proc/{child.pid}/stat").read().rsplit(")", 1)[1].split()
    again = status_of(child.pid)
    bytes_of = lambda key: int(status[key][0]) * 1024
    # a kernel that counts per processor shows /proc the approximate sum
    near = lambda a, b: abs(a - b) <= (64 << 12) * os.cpu_count()
    tap.eq(got["comm"], status["Name"][0], "comm")
    tap.eq(got["threads"], int(status["Threads"][0]), "threads")
    tap.eq(got["uid"], int(status["Uid"][0]), "uid")
    tap.eq(got["virtual-bytes"], bytes_of("VmSize"), "virtual-bytes is VmSize")
    tap.eq(got["peak-virtual-bytes"], bytes_of("VmPeak"), "peak-virtual-bytes is VmPeak")
    tap.eq(got["page-table-bytes"], bytes_of("VmPTE"), "page-table-bytes is VmPTE")
    rollup = {k: int(v.split()[0]) * 1024 for k, v in
              (line.split(":") for line in open(f"/proc/{child.pid}/smaps_rollup").read().splitlines()[1:])}
    if status == again:
        tap.ok(near(got["resident-bytes"], rollup["Rss"]), "resident-bytes is Rss",
               (got["resident-bytes"], rollup["Rss"]))
        if os.uname().release.startswith("6.1."):
            tap.ok(near(got["swapped-bytes"], rollup["Swap"]), "swapped-bytes is Swap", (got, rollup["Swap"]))
        else:
            tap.eq((got["resident-bytes"], got["swapped-bytes"]), (rollup["Rss"], rollup["Swap"]),
                   "to the byte, as is swapped-bytes")
    tap.ok(near(got["peak-resident-bytes"], bytes_of("VmHWM")), "peak-resident-bytes is VmHWM",
           (got["peak-resident-bytes"], bytes_of("VmHWM")))
    tap.eq((got["minor-faults"], got["major-faults"]), (int(stat[7]), int(stat[9])), "faults are those of stat")
    if not rollup["Swap"]:
        tap.skip("something was swapped out", "no swap space")
    thread = max(int(t) for t in os.listdir(f"/proc/{child.pid}/task"))
    tap.eq(link.do("process-get", pid=thread)["pid"], child.pid, "a thread stands for its process")
    child.kill()
    child.wait()


def user_processes():
    return {int(p) for p in os.listdir("/proc") if p.isdigit() and os.path.exists(f"/proc/{p}/exe")
            and error_of(os.readlink, f"/proc/{p}/exe") == 0}


def dumps(link):
    sleepers = [subprocess.Popen(["sleep", "1000"]) for _ in range(20 if debug else 150)]
    time.sleep(0.5)
    before = user_processes()
    rows = link.dump("process-get")
    pids = [row["pid"] for row in rows]
    tap.eq(set(pids), before, "a dump has every process with memory")
    tap.eq(pids, sorted(set(pids)), "each once, by rising number")
    tap.ok(not link.interrupted, "and is not marked as interrupted while none comes or goes")
    marked = complete = 0
    for _ in range(5):
        link.send(link.id, SPEC.operations["process-get"][0], b"", nl.REQUEST | nl.DUMP)
        subprocess.run(["/bin/true"], check=True)
        pids, flags = link.rest_of_dump()
        marked += bool(flags & nl.DUMP_INTR)
        complete += {s.pid for s in sleepers} <= set(pids) and len(pids) == len(set(pids))
    tap.eq(marked, 5, "while some come and go, a dump is marked")
    tap.eq(complete, 5, "and has those that stay, once each, all the same")
    # what is left unread must not keep anything
    for _ in range(5 if debug else 20):
        link.send(link.id, SPEC.operations["process-get"][0], b"", nl.REQUEST | nl.DUMP)
        link.close()
        link = nl.Netlink(SPEC)
    tap.eq(link.do("state-get")["alarms"], 0, "dumps that nobody reads to their end do no harm")
    for s in sleepers:
        s.kill()
    for s in sleepers:
        s.wait()
    return link


# -------------------------------------------------------------------- fuzz

def fuzz(link, seconds):
    rng = random.Random(1)
    end = time.monotonic() + seconds
    sent = refused = 0
    while time.monotonic() < end:
        payload = b""
        for _ in range(rng.randrange(6)):
            body = bytes(rng.choice((0, 1, 255, rng.randrange(256))) for _ in range(rng.choice((0, 4, 4, 8, 8, 3, 40))))
            payload += nl.attr(rng.choice((rng.randrange(16), rng.randrange(65536))), body)
        if rng.randrange(4) == 0:
            payload = payload[:rng.randrange(len(payload) + 1)]
        flags = rng.choice((0, 0, 0, nl.DUMP, rng.randrange(65536) & ~3))
        command = rng.choice((rng.randrange(9), rng.randrange(256)))
        try:
            link.send(link.id, command, payload, nl.REQUEST | nl.ACK | flags, version=rng.randrange(3))
            sent += 1
            link.sock.recv(1 << 17)
            link.sock.setblocking(False)
            while True:
                link.sock.recv(1 << 17)
        except OSError as error:
            refused += error.errno not in (errno.EAGAIN, None)
        finally:
            link.sock.settimeout(20)
    link.close()
    link = nl.Netlink(SPEC)
    tap.ok(sent > 50 and "abi-version" in link.do("state-get"), f"{sent} messages of nonsense did no harm")
    for alarm in link.dump("alarm-get"):
        link.do("alarm-delete", id=alarm["id"])
    return link


# ------------------------------------------------------------------ unload

def unload(link):
    if not os.path.exists(MODULE):
        tap.skip("unloading", f"{MODULE} is not there to load it again")
        return
    link.join("exit")
    link.join("alarm")
    link.do("state-get")
    link.do("alarm-set", what="faults", scope="machine", threshold=0, interval_ms=100)
    link.do("alarm-set", what="resident", scope="process", pid=os.getpid(), threshold=0, interval_ms=100, keep=True)
    storm = subprocess.Popen(["sh", "-c", "while :; do /bin/true; done"])
    good = True
    for _ in range(2 if debug else 5):
        time.sleep(0.3)
        good &= subprocess.run(["rmmod", "vmscope"], check=False).returncode == 0
        good &= not os.path.exists("/sys/module/vmscope")
        good &= subprocess.run(["insmod", MODULE], check=False).returncode == 0
        other = nl.Netlink(SPEC)
        other.join("exit")
        good &= other.do("state-get")["alarms"] == 0 and bool(other.event())
        other.do("alarm-set", what="page-tables", scope="machine", threshold=0, interval_ms=100)
    tap.ok(good, "the module is unloaded under listeners, with alarms set, and is gone with all that")
    storm.kill()
    storm.wait()
    tap.refused(errno.ENOENT, "a socket from before knows a family that is not there any more",
                link.exchange, link.id + 1000, 1)
    # a dump that goes on keeps the module
    other = nl.Netlink(SPEC)
    other.send(other.id, SPEC.operations["process-get"][0], b"", nl.REQUEST | nl.DUMP)
    busy = subprocess.run(["rmmod", "vmscope"], stderr=subprocess.DEVNULL, check=False).returncode
    other.close()
    tap.ok(busy != 0 and os.path.exists("/sys/module/vmscope"), "it is not unloaded in the middle of a dump")


def main():
    link = nl.Netlink(SPEC)
    state = link.do("state-get")
    tap.eq((state["exits"], state["alarms"]), ("off", 0), "at first nothing is watched")
    version = open("/sys/module/vmscope/version").read().strip()
    tap.eq(state["module-version"], version, "the module's version")
    ctrl_family(link)
    ctrl_policies(link)
    wrong_calls(link)
    link = many_alarms(link)
    rights(link)
    processes(link)
    link = dumps(link)
    link = fuzz(link, 3)
    tap.refused(errno.EINVAL, "joining no group", link.sock.setsockopt, nl.SOL_NETLINK, 1, 100000)
    unload(link)
    return tap.done()


socket.setdefaulttimeout(60)
sys.exit(main())
