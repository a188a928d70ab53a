"""Peers that play no scenario: a silent one, and one that sends and counts RTP."""

import socket
import struct
import threading
import time

from .message import Message


def _udp(at, port):
    peer = socket.socket(socket.AF_INET6 if ":" in at else socket.AF_INET, socket.SOCK_DGRAM)
    peer.bind((at, port))
    peer.settimeout(0.1)
    return peer


class _Listener:
    """A bound UDP socket and a thread that reads it."""

    def __init__(self, at, port):
        self.at, self.port = at, port
        self._socket = _udp(at, port)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def kill(self):
        self._stopped = True
        self._thread.join()
        self._socket.close()

    def running(self):
        return not self._stopped

    def _run(self):
        while not self._stopped:
            try:
                data, source = self._socket.recvfrom(65536)
            except TimeoutError:
                continue
            except OSError:
                continue  # the socket was replaced
            self._on_packet(data, source)


class Silent(_Listener):
    """Takes everything and answers nothing: the way to it works, but nobody is at home."""

    def __init__(self, at, port=5060):
        self._methods = []
        super().__init__(at, port)

    def heard(self, method):
        return method in self._methods

    def _on_packet(self, data, source):
        self._methods.append(Message(data.decode("utf-8", "replace")).method)


class Rtp(_Listener):
    """Sends PCMU every 20 ms as soon as it knows where to, and counts what it hears from `heard_from`."""

    def __init__(self, at, port, ssrc):
        self.ssrc = ssrc
        self._target = None
        self._sender = None
        self._sequence = 0
        self.received = {}  # SSRC: packets
        self.payload = b"\xff" * 160
        self.payloads = {}  # first byte: packets
        self.sources = set()
        self.loses = 0  # of so many packets one is not sent; 0: all are
        super().__init__(at, port)

    def send_to(self, target):
        self._target = target
        if self._sender is None and target is not None:
            self._sender = threading.Thread(target=self._send, daemon=True)
            self._sender.start()

    def move(self, port, pause=0.6):
        """As a NAT does with a new binding: after a pause the stream goes on, and is heard, at another port."""
        target, self._target = self._target, None
        time.sleep(pause)
        with self._socket:
            self._socket = _udp(self.at, port)
        self._target = target

    def heard(self, ssrc):
        return self.received.get(ssrc, 0)

    def heard_words(self, payload):
        """Packets whose payload begins so, under whatever name they came."""
        return self.payloads.get(payload[:1], 0)

    def sent(self):
        return self._sequence

    def kill(self):
        super().kill()
        if self._sender is not None:
            self._sender.join()

    def _send(self):
        due = time.monotonic()
        while not self._stopped:
            target = self._target
            if target is not None:
                packet = struct.pack("!BBHII", 0x80, 0, self._sequence & 0xFFFF, self._sequence * 160, self.ssrc)
                try:
                    if not self.loses or self._sequence % self.loses:
                        self._socket.sendto(packet + self.payload, target)
                except OSError:
                    pass  # refused: the relay has closed the port
                self._sequence += 1
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))

    def _on_packet(self, data, source):
        if len(data) < 12 or data[0] >> 6 != 2 or 64 <= data[1] & 0x7F < 96:
            return
        ssrc, = struct.unpack("!I", data[8:12])
        self.received[ssrc] = self.received.get(ssrc, 0) + 1
        self.payloads[data[12:13]] = self.payloads.get(data[12:13], 0) + 1
        self.sources.add(source[:2])
