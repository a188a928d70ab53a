"""sipp over TLS and WebSocket, which Debian's has not: it writes what it would say there (`spoken` of Sipp) over TCP, and this carries its
messages, as they are, to the border and back."""

import select
import socket
import threading

from .checks import Failed
from .stream import Connection


class _Way:
    """One connection to the border, and the sipp that speaks on it at the moment."""

    def __init__(self, far):
        self.far, self.local = far, None


class Conveyor:
    """Runs until kill(). `far`, a TlsClient or WebClient, is what it opened to the border: sipp speaks on it by connecting to
    `entrance`. What comes from there, or over connections that the border opens to `server`, goes to the sipp that listens at `sipp`
    if none is connected."""

    def __init__(self, sipp, entrance=None, far=None, server=None, border=None):
        self._sipp, self._server, self._border = sipp, server, border
        self._entrance = socket.create_server(entrance) if entrance else None
        self._ways = [_Way(far)] if far else []
        self._over = threading.Event()
        self.failure = None
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def running(self):
        return self._thread.is_alive()

    def kill(self):
        self._over.set()
        self._thread.join(10)
        if self.failure:
            raise Failed(f"the conveyor for {self._sipp} failed: {self.failure!r}")

    def _carry(self):
        try:
            while not self._over.is_set():
                self._turn()
        except Exception as error:  # pylint: disable=broad-exception-caught  (told by kill(), in the test's own thread)
            self.failure = error
        finally:
            for way in self._ways:
                way.far._socket.close()
                if way.local:
                    way.local.socket.close()
            for listener in self._listeners():
                listener.close()

    def _listeners(self):
        return [x for x in (self._entrance, self._server and self._server._listener) if x]

    def _turn(self):
        locals_ = {way.local.socket: way for way in self._ways if way.local}
        ready, _, _ = select.select([*self._listeners(), *locals_, *(way.far._socket for way in self._ways)], [], [], 0.02)
        if self._entrance in ready:
            self._ways[0].local = Connection(self._entrance.accept()[0], opened=False)
        if self._server and self._server._listener in ready:
            self._ways.append(_Way(self._server.accept(self._border)))
        for sock in ready:
            if sock in locals_:
                self._to_border(locals_[sock])
        for way in self._ways:  # also what TLS has read already
            while (message := way.far.receive(0.001)) is not None:
                self._to_sipp(way, message.text)

    def _to_border(self, way):
        data = way.local.socket.recv(65536)
        if not data:
            way.local.socket.close()
            way.local = None
            return
        way.local.waiting += data
        for message in way.local.messages():
            way.far.send(message)

    def _to_sipp(self, way, text):
        try:
            if way.local is None:
                way.local = Connection(socket.create_connection(self._sipp, timeout=5), opened=True)
            way.local.send(text.encode())
        except OSError:  # it has ended, and what is repeated to it has no reader
            way.local = None
