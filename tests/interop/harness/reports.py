"""RTCP, made and taken apart: RFC 3550 6."""

import struct
import threading
import time

from .peers import _Listener

SENDER_REPORT, DESCRIPTION, BYE = 200, 202, 203


def compound(ssrc, name=b"phone", bye=False):
    """A sender report, who that is and, for a farewell, BYE."""
    text = b"\x01" + bytes([len(name)]) + name
    text += bytes(4 - len(text) % 4)
    report = struct.pack("!BBHIIIIII", 0x80, SENDER_REPORT, 6, ssrc, 0x11110000, 0, 160, 1, 160)
    description = struct.pack("!BBHI", 0x81, DESCRIPTION, 1 + len(text) // 4, ssrc) + text
    return report + description + (struct.pack("!BBHI", 0x81, BYE, 1, ssrc) if bye else b"")


def parts(data):
    """(type, SSRC) of each packet of a compound."""
    found = []
    while len(data) >= 8:
        _, kind, words, ssrc = struct.unpack("!BBHI", data[:8])
        found.append((kind, ssrc))
        data = data[4 * words + 4:]
    return found


class Reports(_Listener):
    """What a peer says of its stream, ten times a second, and what it hears: (type, SSRC) of each packet."""

    def __init__(self, at, port, ssrc):
        self.ssrc, self._target, self.heard = ssrc, None, []
        super().__init__(at, port)
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._sender.start()

    def send_to(self, target):
        self._target = target

    def count(self, *what):
        return self.heard.count(what)

    def kill(self):
        super().kill()
        self._sender.join()

    def _send(self):
        while not self._stopped:
            if self._target is not None:
                try:
                    self._socket.sendto(compound(self.ssrc), self._target)
                except OSError:
                    pass  # refused: the relay has closed the port
            time.sleep(0.1)

    def _on_packet(self, data, source):
        self.heard += parts(data)
