# SPDX-License-Identifier: GPL-2.0
"""Generic netlink by a specification in YAML, and TAP, for the tests in Python.

Everything is encoded and decoded by the specification, so whatever it says
wrongly shows.
"""
import errno
import os
import socket
import struct
import sys

import yaml

NETLINK_GENERIC = 16
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NETLINK_EXT_ACK, NETLINK_CAP_ACK = 270, 1, 11, 10
GENL_ID_CTRL = 16
NLMSG_ERROR, NLMSG_DONE = 2, 3
REQUEST, MULTI, ACK, DUMP_INTR, DUMP = 1, 2, 4, 0x10, 0x300
ACK_TLVS = 0x200
NESTED = 0x8000


def align(n):
    return (n + 3) & ~3


def attr(number, payload):
    return struct.pack("HH", 4 + len(payload), number) + payload + bytes(align(len(payload)) - len(payload))


def attrs(data):
    """(number, payload) of each; what is malformed ends it with an assertion."""
    while data:
        length, number = struct.unpack_from("HH", data)
        assert 4 <= length <= len(data), (length, len(data))
        yield number & 0x3fff, data[4:length]
        data = data[align(length):]


class Refused(OSError):
    """What an error message said; .text is the extended acknowledgement's."""

    def __init__(self, number, text, bad):
        super().__init__(number, f"{os.strerror(number)}: {text}" if text else os.strerror(number))
        self.text, self.bad = text, bad


class Spec:
    FORMATS = {"u32": "I", "u64": "Q"}

    def __init__(self, path):
        with open(path) as f:
            self.spec = yaml.safe_load(f)
        self.name = self.spec["name"]
        self.sets = {s["name"]: {a["name"]: (i + 1, a) for i, a in enumerate(s["attributes"])}
                     for s in self.spec["attribute-sets"]}
        self.operations = {o["name"]: (i + 1, o)
                           for i, o in enumerate(self.spec["operations"]["list"])}
        self.enums = {d["name"]: [e["name"] if isinstance(e, dict) else e for e in d["entries"]]
                      for d in self.spec["definitions"]}

    def encode(self, operation, values):
        known = self.sets[self.operations[operation][1]["attribute-set"]]
        out = b""
        for name, value in values.items():
            number, what = known[name]
            if what["type"] == "flag":
                out += attr(number, b"") if value else b""
                continue
            if isinstance(value, str):
                value = self.enums[what["enum"]].index(value)
            out += attr(number, struct.pack(self.FORMATS[what["type"]], value))
        return out

    def decode(self, command, data):
        operation = next(o for n, o in self.operations.values() if n == command)
        kind = "event" if "event" in operation else "do"
        told = operation[kind]["attributes"] if kind == "event" else operation["do"]["reply"]["attributes"]
        known = {number: a for number, a in self.sets[operation["attribute-set"]].values()}
        out = {}
        for number, payload in attrs(data):
            what = known[number]
            name = what["name"]
            if what["type"] == "pad":
                continue
            assert name in told, f"{operation['name']} does not have {name}"
            assert name not in out, f"{name} twice"
            if what["type"] == "flag":
                assert not payload
                out[name] = True
            elif what["type"] == "string":
                assert payload.endswith(b"\0")
                out[name] = payload[:-1].decode(errors="surrogateescape")
            else:
                form = self.FORMATS[what["type"]]
                assert len(payload) == struct.calcsize(form), (name, payload)
                out[name] = struct.unpack(form, payload)[0]
                if "enum" in what:
                    out[name] = self.enums[what["enum"]][out[name]]
        return out


class Netlink:
    def __init__(self, spec, timeout=20):
        self.spec = spec
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.sock.bind((0, 0))
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sock.settimeout(timeout)
        self.seq = 0
        self.interrupted = False
        self.pending = []
        self.family = {}
        reply = self.exchange(GENL_ID_CTRL, 3, attr(2, spec.name.encode() + b"\0"))[0]
        for number, payload in attrs(reply[1]):
            self.family[number] = payload
        self.id = struct.unpack("H", self.family[1])[0]
        self.groups = {}
        for _, group in attrs(self.family[7]):
            found = dict(attrs(group))
            self.groups[found[1][:-1].decode()] = struct.unpack("I", found[2])[0]

    def send(self, kind, command, payload, flags=REQUEST | ACK, version=1, tail=b""):
        self.seq += 1
        body = struct.pack("BBH", command, version, 0) + payload + tail
        self.sock.send(struct.pack("IHHII", 16 + len(body), kind, flags, self.seq, 0) + body)

    def messages(self, data):
        while data:
            length, kind, flags, seq, _ = struct.unpack_from("IHHII", data)
            yield kind, flags, seq, data[16:length]
            data = data[align(length):]

    def exchange(self, kind, command, payload=b"", flags=0, **more):
        """The replies, as (command, attributes); or Refused."""
        self.send(kind, command, payload, REQUEST | ACK | flags, **more)
        self.interrupted = False
        replies = []
        while True:
            for got, what, seq, body in self.messages(self.sock.recv(1 << 17)):
                if seq != self.seq:
                    self.pending.append((got, body))
                    continue
                self.interrupted |= bool(what & DUMP_INTR)
                if got in (NLMSG_ERROR, NLMSG_DONE):
                    number = -struct.unpack_from("i", body)[0]
                    if not number:
                        return replies
                    raise self.refusal(number, got, what, body)
                replies.append((body[0], body[4:]))

    @staticmethod
    def refusal(number, got, flags, body):
        text, bad = "", None
        if flags & ACK_TLVS:
            tail = body[4:]
            if got == NLMSG_ERROR:
                tail = body[4 + (16 if flags & 0x100 else align(struct.unpack_from("I", body, 4)[0])):]
            for which, payload in attrs(tail):
                if which == 1:
                    text = payload[:-1].decode()
                elif which == 2:
                    bad = struct.unpack("I", payload)[0]
        return Refused(number, text, bad)

    def do(self, operation, **values):
        values = {name.replace("_", "-"): value for name, value in values.items()}
        replies = self.exchange(self.id, self.spec.operations[operation][0],
                                self.spec.encode(operation, values))
        return self.spec.decode(*replies[0]) if replies else {}

    def dump(self, operation):
        return [self.spec.decode(*r)
                for r in self.exchange(self.id, self.spec.operations[operation][0], flags=DUMP)]

    def rest_of_dump(self):
        """Of a dump of processes that was sent: their numbers, and the flags of all messages."""
        pids, flags = [], 0
        while True:
            for got, what, _, body in self.messages(self.sock.recv(1 << 17)):
                flags |= what
                if got == NLMSG_DONE:
                    return pids, flags
                pids.append(self.spec.decode(body[0], body[4:])["pid"])

    def join(self, group):
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, self.groups[group])

    def event(self, timeout=10):
        """The next notification as (operation, values); or None."""
        self.sock.settimeout(timeout)
        try:
            while not self.pending:
                for got, _, _, body in self.messages(self.sock.recv(1 << 17)):
                    self.pending.append((got, body))
        except TimeoutError:
            return None
        finally:
            self.sock.settimeout(20)
        got, body = self.pending.pop(0)
        assert got == self.id, got
        name = next(name for name, (n, _) in self.spec.operations.items() if n == body[0])
        return name, self.spec.decode(body[0], body[4:])

    def close(self):
        self.sock.close()


class Tap:
    def __init__(self):
        self.number = self.failures = 0

    def ok(self, good, text, *details):
        self.number += 1
        self.failures += not good
        print(f"{'ok' if good else 'not ok'} {self.number} - {text}")
        if not good:
            for detail in details:
                print(*(f"# {line}" for line in str(detail).splitlines()), sep="\n")
        sys.stdout.flush()
        return good

    def eq(self, got, want, text):
        return self.ok(got == want, text, f"got {got!r}, want {want!r}")

    def skip(self, text, reason):
        self.number += 1
        print(f"ok {self.number} - {text} # SKIP {reason}", flush=True)

    def refused(self, number, text, function, *args, **values):
        """The extended acknowledgement's text, or None."""
        try:
            got = function(*args, **values)
        except OSError as error:
            self.ok(error.errno == number, text,
                    f"{errno.errorcode.get(error.errno)}, want {errno.errorcode[number]}: {error}")
            return getattr(error, "text", "")
        self.ok(False, text, f"answered {got!r}, want {errno.errorcode[number]}")
        return None

    def done(self):
        print(f"1..{self.number}")
        return 1 if self.failures else 0
