"""The user agent of ua.py over a connection of its own: TCP, TLS, or a WebSocket. The border reaches it over that
connection only."""

import socket
import time

from .tls import TlsClient
from .ua import Ua
from .web import WebClient


class TcpClient(TlsClient):
    """Speaks to the border's TCP listener over one connection."""

    def __init__(self, at, border, port=5060):
        self.at, self.border = at, (border, port)
        self._socket = socket.create_connection(self.border, timeout=10, source_address=(at, 0))
        self.port = self._socket.getsockname()[1]
        self._buffer = b""

    def request(self, *arguments, **named):
        text = super().request(*arguments, **named)
        return text.replace("SIP/2.0/TLS ", "SIP/2.0/TCP ", 1).replace(";transport=tls>", ";transport=tcp>", 1)


class FlowUa(Ua):
    def __init__(self, lab, client, user, transport):
        self.client, self.user, self.transport = client, user, transport
        self.at, self.port, self.version = client.at, client.port, 0
        self._kept, self._seen, self._open = [], set(), True
        lab.keep(self)

    def kill(self):
        self._open = False
        self.client._socket.close()

    @property
    def host(self):
        return self.client.host

    @property
    def contact(self):
        if isinstance(self.client, WebClient):
            return f"<sip:{self.user}@{self.host};transport=ws>"
        return f"<sip:{self.user}@{self.host}:{self.port};transport={self.transport}>"

    def register(self):
        return self.client.register(self.user, contact=self.contact)

    def send_text(self, text):
        if not text.startswith("SIP/2.0 "):
            text = text.replace("SIP/2.0/UDP ", f"SIP/2.0/{self.transport.upper()} ", 1)
        self.client.send(text)

    def _read(self, seconds):
        message = self.client.receive(max(seconds, 0.001))
        if message is not None and message.text not in self._seen:
            self._seen.add(message.text)
            self._kept.append(message)
        elif message is None:
            time.sleep(0.01)  # a closed connection answers at once
