# SPDX-License-Identifier: GPL-2.0
"""The tests of stat, trace and hist, for tests/cli/run."""
import json
import os
import signal
import subprocess
import tempfile
import time

RECORDED = [
    ("help-stat", {}, "stat --help"),
    ("help-trace", {}, "trace --help"),
    ("help-hist", {}, "hist --help"),
    ("stat", {}, "stat -p 5000000"),
    ("stat-handler", {"FAKE_FAULTS": "6000"}, "stat --latency=handler --no-headings -p 5000000"),
    ("stat-nothing", {"FAKE_FAULTS": "0"}, "stat -p 5000000"),
    ("stat-command", {"FAKE_TRACE": "1"}, ["stat", "--no-counters", "--", "sh", "-c", "exit 7"]),
    ("stat-signal", {}, ["stat", "--no-counters", "sh", "-c", "kill -SEGV $$"]),
    ("stat-interval", {}, "stat -i 10 --no-counters --color=always -- true"),
    ("stat-json", {}, "stat --json -p 5000000"),
    ("stat-json-interval", {"FAKE_FAULTS": "1"}, "stat --json -i 10 -p 5000000 -d 1ms"),
    ("stat-warnings", {"FAKE_DEAD": "1", "FAKE_REFUSED": "2"}, "stat -p 5000000"),
    ("stat-filters", {"FAKE_TRACE": "1", "FAKE_FAULTS": "0"},
     "stat -p 1 --pid=2 -t 3 -a -u 0 --cause=demand_zero,failed --origin user,gup --access=exec "
     "--range=0x1001-0x2000 --min-latency=1.5us --sample 10 --ring=64K --no-children -d 1ms"),
    ("trace", {}, "trace -p 5000000"),
    ("trace-lost", {"FAKE_LOST": "5"}, "trace --no-headings -p 5000000"),
    ("trace-broken", {"FAKE_BROKEN": "2"}, "trace -p 5000000"),
    ("trace-ring", {"FAKE_FAULTS": "60"}, "trace --ring=8K -p 5000000"),
    ("trace-command", {"FAKE_TRACE": "1"}, ["trace", "-k", "--cause=cow_copy", "sh", "-c", "exit 3"]),
    ("trace-json", {"FAKE_LOST": "5"}, "trace --json -p 5000000"),
    ("hist", {"FAKE_FAULTS": "600"}, "hist -p 5000000"),
    ("hist-ascii", {"LC_ALL": "C"}, "hist --fine --latency=handler -p 5000000"),
    ("hist-interval", {"FAKE_FAULTS": "2"}, "hist -i 10 -- true"),
    ("hist-json", {}, "hist --json -p 5000000"),
]

USAGE = [
    ("stat", "nobody to trace"),
    ("stat -p 0", "0: not a process id"),
    ("stat -p x", "x: not a process id"),
    ("stat -t 4294967296 -- true", "4294967296: not a thread id"),
    ("stat -u no-such-user -- true", "no-such-user"),
    ("stat -i 1ms -- true", "--interval=1ms"),
    ("stat -i 1x -- true", "--interval=1x"),
    ("stat -d 0 -- true", "--duration=0"),
    ("stat --duration=-1 -- true", "--duration=-1"),
    ("stat -d 0x10 -- true", "--duration=0x10"),
    ("stat -d infinity -- true", "--duration=infinity"),
    ("stat --min-latency=10 -- true", "--min-latency=10: not a time with its unit"),
    ("stat --cause=cow -- true", "cow: not one of other demand_zero"),
    ("stat --cause= -- true", "--cause: names nothing"),
    ("stat --origin=user,,gup -- true", "not one of user kernel gup"),
    ("stat --access=readwrite -- true", "readwrite: not one of read write exec"),
    ("stat --sample=0 -- true", "--sample=0"),
    ("stat --ring=100K -- true", "--ring=100K: not a power of two"),
    ("stat --ring=16777216T -- true", "--ring=16777216T"),
    ("stat --ring=17179869184G -- true", "--ring=17179869184G"),
    ("stat --latency=both -- true", "--latency=both"),
    ("stat --nonsense -- true", "--nonsense"),
    ("trace -o true", "nobody to trace"),
    ("hist --fine=1 -- true", "--fine=1"),
]

ERRORS = [
    (1, "stat -p 7", "FAKE_TARGET_ERROR", 3, ["process 7", "no such process"]),
    (1, "stat -a", "FAKE_TARGET_ERROR", 1, ["CAP_PERFMON", "sudo"]),
    (1, "stat --cgroup=/proc -d 1ms", "FAKE_TARGET_ERROR", 9, ["/proc", "cgroup"]),
    (1, "stat -p 7", "FAKE_TARGET_ERROR", 28, ["process 7", "too many targets"]),
    (1, "stat -- true", "FAKE_START_ERROR", 5, ["hooks", "ftrace_enabled"]),
    (1, "hist -- true", "FAKE_START_ERROR", 95, ["hooks", "vmscope info"]),
    (1, "trace -- true", "FAKE_MAP_ERROR", 13, ["/dev/vmscope", "write"]),
    (1, "trace -- true", "FAKE_MAP_ERROR", 12, ["memory"]),
]


def command_tests(tap, run):
    """Commands that are started: their status, and what is not started."""
    done = run(["stat", "sh", "-c", "exit 7"])
    tap.result(done.returncode == 7 and run("trace -- false").returncode == 1,
               "a command's status is passed through", [str(done)])
    done = run("stat -- vmscope-no-such")
    tap.result(done.returncode == 127 and b"no such command" in done.stderr and not done.stdout,
               "a command that does not exist is 127", [str(done)])
    done = run("stat -- /etc/passwd")
    tap.result(done.returncode == 126 and b"/etc/passwd: cannot be run" in done.stderr,
               "a command that cannot be executed is 126", [str(done)])
    done = run("stat -- touch /nonexistent/x", {"FAKE_TARGET_ERROR": "13"})
    tap.result(done.returncode == 1 and b"touch" not in done.stderr,
               "a command that cannot be traced is not started", [str(done)])
    done = run("stat --cgroup=no-such-cgroup")
    tap.result(done.returncode == 1 and b"no-such-cgroup: cannot be opened" in done.stderr,
               "a cgroup that does not exist", [str(done)])


def output_tests(tap, run):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out")
        done = run(["trace", "-o", path, "--", "echo", "mine"])
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines()
        tap.result(done.stdout == b"mine\n" and len(lines) == 7 and "demand_zero" in lines[2],
                   "trace -o leaves standard output to the command", [str(done), *lines])
        done = run(["trace", "-o", os.path.join(folder, "no", "out"), "--", "echo", "mine"])
        tap.result(done.returncode == 1 and b"cannot be written" in done.stderr and not done.stdout,
                   "trace -o to where nothing can be written starts nothing", [str(done)])
    done = run("trace -o /dev/full -- true", {"FAKE_FAULTS": "6000"})
    tap.result(done.returncode == 1 and b"/dev/full: cannot be written" in done.stderr,
               "trace -o to a full disk is told", [str(done)])
    for command in ("stat", "trace", "hist"):
        with open("/dev/full", "w") as full:
            done = run(f"{command} -p 5000000", {"FAKE_FAULTS": "6000"}, stdout=full)
        tap.result(done.returncode == 1 and b"standard output" in done.stderr,
                   f"a full disk is reported: vmscope {command}", [str(done)])


def merge_tests(tap, run, fast):
    lines = run("trace --no-headings -p 5000000", {"FAKE_FAULTS": "20000"}, fast).stdout.splitlines()
    times = [float(line.split()[0]) for line in lines]
    tap.result(len(lines) == 20000 and times == sorted(times),
               "a small buffer and many faults: all are printed, in order", [str(len(lines))])


def json_tests(tap, run):
    keys = set("time_ns pid tid comm address ip access origin cause latency_ns".split())
    lines = [json.loads(line) for line in run("trace --json -p 5000000").stdout.splitlines()]
    tap.result(len(lines) == 6 and all(keys <= set(line) for line in lines),
               "trace --json has the keys that others rely on")
    stat = json.loads(run("stat --json -p 5000000").stdout)
    causes = set("cause count total_ns p50_ns p99_ns max_ns".split())
    tap.result(set(stat["faults"]) == set("total user kernel gup minor major failed".split()) and
               all(causes <= set(cause) for cause in stat["causes"]) and "full" in stat["lost"] and
               sum(cause["count"] for cause in stat["causes"]) == stat["faults"]["total"],
               "stat --json has the keys that others rely on, and adds up")
    hist = json.loads(run("hist --json -p 5000000").stdout)
    tap.result(all(sum(bucket["count"] for bucket in cause[which]["buckets"]) == cause[which]["count"]
                   for cause in hist["causes"] for which in ("handler", "exception")),
               "hist --json: buckets add up")


def signal_tests(tap, program, env):
    def started(*words):
        return subprocess.Popen([program, *words], env=env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    process = started("stat", "-a")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    tap.result(process.returncode == 0 and b"FAULTS" in out, "Ctrl-C ends counting, and it is printed",
               [str(process.returncode), out, err])
    process = started("stat", "--", "sh", "-c",
                      "trap 'exit 9' TERM; echo up; while :; do sleep 0.1; done")
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    tap.result(process.returncode == 9 and b"FAULTS" in out, "a signal is passed on to the command",
               [str(process.returncode), out, err])
    process = started("stat", "--", "sh", "-c", "trap '' INT; echo $$; exec sleep 60")
    command = int(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    alive = process.poll() is None
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)
    os.kill(command, signal.SIGKILL)
    out, err = process.communicate(timeout=30)
    tap.result(alive and process.returncode == 130 and b"FAULTS" in out,
               "the second signal ends tracing, whatever the command does",
               [str(alive), str(process.returncode), out, err])


def tests(tap, run, program, fast, env):
    command_tests(tap, run)
    output_tests(tap, run)
    merge_tests(tap, run, fast)
    json_tests(tap, run)
    signal_tests(tap, program, env)
