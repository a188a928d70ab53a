"""The small client over a WebSocket (RFC 6455, RFC 7118), plain or over TLS."""

import base64
import os
import socket
import ssl
import struct
import time

from .checks import check
from .client import Client, token
from .message import Message

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def opening(host, **changes):
    fields = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade",
              "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(), "Sec-WebSocket-Protocol": "sip",
              "Sec-WebSocket-Version": "13", "Origin": "https://phone.example.org"}
    fields.update({k.replace("_", "-"): v for k, v in changes.items()})
    return "GET /sip HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items() if v is not None) + "\r\n"


class WebClient(Client):
    """A browser's phone: it does not know its own address and calls itself <random>.invalid."""

    def __init__(self, at, border, port, authority=None, name=None):
        self.at, self.border = at, (border, port)
        self._host = f"{token()[:12]}.invalid"
        self._socket = socket.create_connection(self.border, timeout=10, source_address=(at, 0))
        if authority:
            context = ssl.create_default_context(cafile=str(authority.pem))
            self._socket = context.wrap_socket(self._socket, server_hostname=name)
        self._secure = authority is not None
        self.port = 5060
        self._buffer = b""
        self.pongs = []
        self.send_raw(opening(name or border).encode())
        while b"\r\n\r\n" not in self._buffer:
            check(self._fill(5), "the handshake has no answer")
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        check(head.startswith(b"HTTP/1.1 101 "), f"the handshake's answer: {head}")

    @property
    def host(self):
        return self._host

    def send_raw(self, data):
        self._socket.sendall(data)

    def send(self, data, opcode=TEXT):
        data = data if isinstance(data, bytes) else data.encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
        mask = os.urandom(4)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
        self.send_raw(bytes([0x80 | opcode]) + size + mask + masked)

    def request(self, *arguments, **named):
        """As RFC 7118 8 has it: no Content-Length without a body."""
        text = super().request(*arguments, **named)
        text = text.replace("SIP/2.0/UDP ", "SIP/2.0/WSS " if self._secure else "SIP/2.0/WS ", 1)
        text = text.replace(f"{self.host}:{self.port}", self.host).replace(f"{self.host}>", f"{self.host};transport=ws>")
        return text.replace("Content-Length: 0\r\n", "")

    def _fill(self, seconds):
        self._socket.settimeout(max(seconds, 0.001))
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            return False
        self._buffer += data
        return bool(data)

    def receive(self, seconds=2.0):
        ends = time.monotonic() + seconds
        while True:
            while (frame := self._frame()) is None:
                if not self._fill(ends - time.monotonic()):
                    return None
            opcode, payload = frame
            if opcode == PONG:
                self.pongs.append(payload)
            elif opcode == CLOSE:
                return None
            elif payload.strip():
                return Message(payload.decode("utf-8", "replace"))

    def _frame(self):
        if len(self._buffer) < 4:
            return None
        size, start = self._buffer[1] & 0x7f, 2
        if size == 126:
            size, start = struct.unpack(">H", self._buffer[2:4])[0], 4
        if len(self._buffer) < start + size:
            return None
        opcode, payload = self._buffer[0] & 15, self._buffer[start:start + size]
        self._buffer = self._buffer[start + size:]
        return opcode, payload
