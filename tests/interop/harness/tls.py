"""TLS for tests: an authority made on the spot, and the small client over a TLS connection."""

import socket
import ssl
import subprocess
import time

from .checks import check
from .client import Client
from .message import Message


class Authority:
    def __init__(self, directory):
        self.directory = directory
        self.pem = directory / "authority.pem"
        self._key = directory / "authority.key"
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                  "-subj", "/CN=authority", "-keyout", self._key, "-out", self.pem)

    @staticmethod
    def _run(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=30)
        check(done.returncode == 0, f"openssl {arguments[0]}: {done.stderr}")

    def issue(self, file, names):
        """Writes <file>.pem and <file>.key with these subjectAltNames ("DNS:a.example,IP:10.0.0.1")."""
        base = self.directory / file
        self._run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={file}",
                  "-keyout", f"{base}.key", "-out", f"{base}.csr")
        extensions = self.directory / f"{file}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        self._run("x509", "-req", "-in", f"{base}.csr", "-CA", self.pem, "-CAkey", self._key, "-CAcreateserial",
                  "-days", "2", "-extfile", extensions, "-out", f"{base}.pem")
        return {"certificate": f"{base}.pem", "key": f"{base}.key"}


class TlsClient(Client):
    """Speaks to the border's TLS listener over one connection."""

    def __init__(self, at, border, authority, name, own=None, port=5061):
        self.at, self.border = at, (border, port)
        context = ssl.create_default_context(cafile=str(authority.pem))
        if own:
            context.load_cert_chain(own["certificate"], own["key"])
        plain = socket.create_connection(self.border, timeout=10, source_address=(at, 0))
        self._socket = context.wrap_socket(plain, server_hostname=name)
        self.port = self._socket.getsockname()[1]
        self._buffer = b""

    def names(self):
        return [value for _, value in self._socket.getpeercert()["subjectAltName"]]

    def send(self, data):
        self._socket.sendall(data if isinstance(data, bytes) else data.encode())

    def request(self, *arguments, **named):
        text = super().request(*arguments, **named)
        text = text.replace("SIP/2.0/UDP ", "SIP/2.0/TLS ", 1)
        return text.replace(f"{self.host}:{self.port}>", f"{self.host}:{self.port};transport=tls>", 1)

    def receive(self, seconds=2.0):
        ends = time.monotonic() + seconds
        while (message := self._next()) is None:
            self._socket.settimeout(max(ends - time.monotonic(), 0.001))
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                return None
            if not data:
                return None
            self._buffer += data
        return message

    def _next(self):
        self._buffer = self._buffer.lstrip(b"\r\n")
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return None
        length = int(Message((head + end).decode("utf-8", "replace")).header("content-length", "0"))
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        return Message((head + end + rest[:length]).decode("utf-8", "replace"))


class Accepted(TlsClient):
    """The same over a connection that the border has opened."""

    def __init__(self, at, border, connection):
        self.at, self.border, self._socket = at, border, connection
        self.port = connection.getsockname()[1]
        self._buffer = b""


class TlsServer:
    """A peer that waits for the border, which has to show its certificate."""

    def __init__(self, at, authority, own, port=5061):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(own["certificate"], own["key"])
        self._context.load_verify_locations(str(authority.pem))
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._at = at
        self._listener = socket.create_server((at, port))
        self._listener.settimeout(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def accept(self, border):
        plain, _ = self._listener.accept()
        plain.settimeout(10)
        return Accepted(self._at, border, self._context.wrap_socket(plain, server_side=True))
