"""All packets of the namespace's loopback, read with a raw socket: SIP messages kept, everything else counted."""

import socket
import struct
import threading
import time
from collections import Counter

from .checks import Failed
from .message import Message, looks_like_sip, split_stream

ETH_P_ALL = 3
SIP_PORTS = frozenset((5060, 5062, 5064))  # over TCP in clear; phones have ports beside the first
SO_TIMESTAMPNS = 35  # the socket module does not name it
OUTGOING = 4  # loopback shows every packet twice: leaving and arriving


def _fits(end, wanted):
    return wanted is None or (end[0] == wanted[0] and (wanted[1] is None or end[1] == wanted[1]))


def _arrival(about):
    """By the kernel's stamp: on a busy machine this thread may read a packet long after it came."""
    now = time.monotonic()
    for level, kind, value in about:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(value) >= 16:
            seconds, nanoseconds = struct.unpack("qq", value[:16])
            return now - max(0.0, time.time() - seconds - nanoseconds / 1e9)
    return now


class Capture:
    def __init__(self):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self._socket.bind(("lo", ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.settimeout(0.2)
        self._condition = threading.Condition()
        self._messages = []
        self._datagrams = Counter()  # (source, target): UDP packets that are no SIP
        self._marks = {}  # (source, target): code points (DSCP) of all that went there
        self._streams = {}  # (source, target): (next sequence number, bytes not yet consumed)
        self._came = 0.0  # when the packet at hand came, on the monotonic clock
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._stopped = True
        self._thread.join()
        self._socket.close()

    def clear(self):
        with self._condition:
            self._messages.clear()
            self._datagrams.clear()
            self._marks.clear()

    def messages(self, source=None, target=None, where=None):
        """`source` and `target` are addresses; `where` any further condition."""
        with self._condition:
            return [m for m in self._messages if (source is None or m.source[0] == source)
                    and (target is None or m.target[0] == target) and (where is None or where(m))]

    def wait(self, where, what, seconds=5.0, source=None, target=None, count=1):
        """The `count`th message that fits, past ones included."""
        ends = time.monotonic() + seconds
        while True:
            found = self.messages(source, target, where)
            if len(found) >= count:
                return found[count - 1]
            with self._condition:
                left = ends - time.monotonic()
                if left <= 0:
                    raise Failed(f"not seen within {seconds} s: {what}")
                self._condition.wait(min(left, 0.2))

    def packets(self, source=None, target=None):
        """How many packets that are no SIP went from one (address, port) to another; port None is any."""

        with self._condition:
            return sum(n for (s, t), n in self._datagrams.items() if _fits(s, source) and _fits(t, target))

    def datagrams(self):
        """(source, target): UDP packets that are no SIP."""
        with self._condition:
            return dict(self._datagrams)

    def marks(self, source=None, target=None):
        """Code points (DSCP) under which anything went from one (address, port) to another; port None is any."""
        with self._condition:
            return set().union(*(m for (s, t), m in self._marks.items() if _fits(s, source) and _fits(t, target)))

    def ladder(self):
        with self._condition:
            if not self._messages:
                return "(no SIP message)"
            began = self._messages[0].time
            return "\n".join(f"{m.time - began:8.3f} {m.arrow()}" for m in self._messages)

    def _run(self):
        while not self._stopped:
            try:
                data, about, _, (_, protocol, kind, _, _) = self._socket.recvmsg(70000, 64)
            except TimeoutError:
                continue
            self._came = _arrival(about)
            if kind == OUTGOING:
                continue
            if protocol == 0x0800 and len(data) >= 20:
                header = (data[0] & 15) * 4
                self._on_packet(data[9], data[1] >> 2, socket.inet_ntop(socket.AF_INET, data[12:16]),
                                socket.inet_ntop(socket.AF_INET, data[16:20]),
                                data[header:int.from_bytes(data[2:4], "big") or len(data)])
            elif protocol == 0x86DD and len(data) >= 40:
                self._on_packet(data[6], int.from_bytes(data[:2], "big") >> 6 & 63, socket.inet_ntop(socket.AF_INET6, data[8:24]),
                                socket.inet_ntop(socket.AF_INET6, data[24:40]), data[40:])

    def _on_packet(self, protocol, mark, source, target, data):
        if protocol not in (socket.IPPROTO_UDP, socket.IPPROTO_TCP) or len(data) < 8:
            return
        source_port, target_port = struct.unpack("!HH", data[:4])
        ends = ((source, source_port), (target, target_port))
        with self._condition:
            self._marks.setdefault(ends, set()).add(mark)
        if protocol == socket.IPPROTO_UDP:
            self._on_datagram(ends, data[8:])
        elif SIP_PORTS.intersection((source_port, target_port)) and len(data) >= 20:
            self._on_segment(ends, data)

    def _on_datagram(self, ends, payload):
        if looks_like_sip(payload):
            self._keep(ends, payload, "UDP")
        else:
            with self._condition:
                self._datagrams[ends] += 1

    def _on_segment(self, ends, data):
        sequence, = struct.unpack("!I", data[4:8])
        payload = data[(data[12] >> 4) * 4:]
        if data[13] & 2:  # SYN
            self._streams[ends] = (sequence + 1 & 0xFFFFFFFF, b"")
        expected, waiting = self._streams.get(ends, (sequence, b""))
        if not payload or sequence != expected:
            return
        messages, waiting = split_stream(waiting + payload)
        self._streams[ends] = (sequence + len(payload) & 0xFFFFFFFF, waiting)
        for message in messages:
            self._keep(ends, message, "TCP")

    def _keep(self, ends, payload, transport):
        message = Message(payload.decode("utf-8", "replace"), self._came, transport, *ends)
        with self._condition:
            self._messages.append(message)
            self._condition.notify_all()
