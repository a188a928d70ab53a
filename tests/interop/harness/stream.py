"""A user agent over TCP that a test plays by hand: it takes connections, opens some, and sees the keep-alives on them."""

import select
import socket
import time

from .checks import Failed
from .ua import Ua


class Connection:
    def __init__(self, sock, opened):
        self.socket, self.opened, self.waiting = sock, opened, b""
        self.crlfs = 0  # that stood between messages
        self.closed = False

    def send(self, data):
        self.socket.sendall(data)

    def messages(self):
        """Whole messages that have come, cut by Content-Length."""
        while self.waiting:
            if self.waiting.startswith(b"\r\n"):
                self.crlfs += 1
                self.waiting = self.waiting[2:]
                continue
            head, found, rest = self.waiting.partition(b"\r\n\r\n")
            if not found:
                return
            lengths = [l.split(b":")[1] for l in head.split(b"\r\n") if l.lower().startswith(b"content-length")]
            length = int(lengths[0]) if lengths else 0
            if len(rest) < length:
                return
            yield head + found + rest[:length]
            self.waiting = rest[length:]


class StreamUa(Ua):
    """As Ua, over TCP. Sends on the newest open connection; without one it opens one."""

    via = "TCP"

    def __init__(self, at, user, border, port=5060, border_port=5060):
        self.at, self.user, self.port, self.border = at, user, port, (border, border_port)
        self._family = socket.AF_INET6 if ":" in at else socket.AF_INET
        self._listener = socket.create_server((at, port), family=self._family)
        self.connections = []
        self._kept, self._seen, self._open, self.version = [], set(), True, 0

    def kill(self):
        self._open = False
        self._listener.close()
        for connection in self.connections:
            connection.socket.close()

    def stop_listening(self):
        self._listener.close()

    def connect(self, port=0):
        sock = socket.create_connection(self.border, timeout=5, source_address=(self.at, port))
        self.connections.append(Connection(sock, opened=True))
        return self.connections[-1]

    @property
    def current(self):
        alive = [c for c in self.connections if not c.closed]
        return alive[-1] if alive else self.connect()

    def send_text(self, text):
        self.current.send(text.encode())

    def until(self, condition, what, seconds=5.0):
        ends = time.monotonic() + seconds
        while not condition():
            left = ends - time.monotonic()
            if left <= 0:
                raise Failed(f"not within {seconds} s: {what}")
            self._read(min(left, 0.1))

    def _read(self, seconds):
        listening = [self._listener] if self._listener.fileno() >= 0 else []
        alive = {c.socket: c for c in self.connections if not c.closed}
        ready, _, _ = select.select([*listening, *alive], [], [], max(seconds, 0.001))
        for sock in ready:
            if sock is self._listener:
                self.connections.append(Connection(sock.accept()[0], opened=False))
                continue
            connection = alive[sock]
            try:
                data = sock.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                connection.closed = True
                sock.close()
                continue
            connection.waiting += data
            for message in connection.messages():
                self._keep(message)
