"""A small DNS server (RFC 1035) for one test: records by name and type, what it was asked, and silence on demand."""

import collections
import socket
import struct
import threading

TYPES = {"A": 1, "SOA": 6, "TXT": 16, "AAAA": 28, "SRV": 33, "NAPTR": 35}
NAMES = {number: name for name, number in TYPES.items()}


def _name(dotted):
    return b"".join(bytes([len(label)]) + label.encode() for label in dotted.split(".") if label) + b"\0"


def _text(value):
    return bytes([len(value)]) + value.encode()


def _data(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "TXT":
        return b"".join(_text(part) for part in value)
    if kind == "SRV":
        priority, weight, port, target = value
        return struct.pack(">HHH", priority, weight, port) + _name(target)
    if len(value) == 5:  # as ENUM has them: (100, 10, "u", "E2U+sip", "!^.*$!sip:info@example.com!")
        order, preference, flags, service, substitution = value
        return struct.pack(">HH", order, preference) + _text(flags) + _text(service) + _text(substitution) + _name("")
    order, preference, service, replacement = value
    return struct.pack(">HH", order, preference) + _text("s") + _text(service) + _text("") + _name(replacement)


class Dns:
    """Runs until kill(). `records`: {("sip.example", "A"): ["192.0.2.1"], ("_sip._udp.example", "SRV"): [(10, 1, 5060, "sip.example")]}"""

    def __init__(self, at, records, ttl=60, port=53):
        self.records, self.ttl, self.silent = dict(records), ttl, False
        self.asked = collections.Counter()
        self._open = True
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((at, port))
        self._socket.settimeout(0.2)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def running(self):
        return self._open

    def kill(self):
        self._open = False
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while self._open:
            try:
                query, source = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            answer = self._answer(query)
            if answer and not self.silent:
                self._socket.sendto(answer, source)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        end = at + 5
        name, kind = ".".join(labels).lower(), NAMES.get(struct.unpack(">H", query[at + 1:at + 3])[0])
        self.asked[name, kind] += 1
        values = self.records.get((name, kind), [])
        known = any(key[0] == name for key in self.records)
        head = query[:2] + struct.pack(">HHHHH", 0x8180 | (0 if known else 3), 1, len(values), 0, 0)
        body = b"".join(
            b"\xc0\x0c" + struct.pack(">HHIH", TYPES[kind], 1, self.ttl, len(data)) + data
            for data in (_data(kind, value) for value in values))
        return head + query[12:end] + body
