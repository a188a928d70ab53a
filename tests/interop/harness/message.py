"""A SIP message as it was on the wire, with no more grammar than tests need."""

import re
from dataclasses import dataclass, field

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
           "c": "content-type", "k": "supported", "s": "subject", "e": "content-encoding"}


@dataclass
class Message:
    text: str
    time: float = 0.0
    transport: str = "UDP"
    source: tuple = ("", 0)
    target: tuple = ("", 0)
    fields: list = field(default_factory=list)
    body: str = ""
    start: str = ""

    def __post_init__(self):
        head, _, self.body = self.text.partition("\r\n\r\n")
        self.start, _, rest = head.partition("\r\n")
        for line in re.sub(r"\r\n[ \t]+", " ", rest).split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                name = name.strip().lower()
                self.fields.append((COMPACT.get(name, name), value.strip()))

    @property
    def status(self):
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else None

    @property
    def method(self):
        """Of a response: the method it answers."""
        if self.status is None:
            return self.start.split(" ")[0]
        return self.header("cseq").split()[-1] if self.header("cseq") else ""

    def headers(self, name):
        return [value for key, value in self.fields if key == name.lower()]

    def header(self, name, default=""):
        return next(iter(self.headers(name)), default)

    def is_request(self, method=None):
        return self.status is None and (method is None or self.method == method)

    def is_response(self, status=None, method=None):
        return (self.status is not None and (status is None or self.status == status)
                and (method is None or self.method == method))

    def media(self, kind="audio"):
        """(address, port, direction) of the first line of that kind; None without one."""
        address, found, port, direction = "", False, 0, "sendrecv"
        for line in self.body.splitlines():
            if line.startswith("m="):
                if found:
                    break
                found = line.startswith(f"m={kind} ")
                if found:
                    port = int(line.split()[1])
            elif line.startswith("c=") and (found or not address):
                address = line.split()[2]
            elif found and line[2:] in ("sendrecv", "sendonly", "recvonly", "inactive"):
                direction = line[2:]
        return (address, port, direction) if found else None

    def arrow(self):
        def place(end):
            return f"{end[0]}:{end[1]}"

        return f"{place(self.source):>22} -> {place(self.target):<22} {self.transport} {self.start}"


def looks_like_sip(data):
    return bool(re.match(rb"SIP/2\.0 \d{3}|[A-Za-z0-9.!%*_+`'~-]{1,32} \S+ SIP/2\.0", data))


def split_stream(data):
    """Whole messages at the front of a TCP stream, and what is left."""
    messages = []
    while True:
        data = data.lstrip(b"\r\n")
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return messages, data
        length = re.search(rb"^(?:content-length|l)[ \t]*:[ \t]*(\d+)", data[:end], re.I | re.M)
        size = end + 4 + (int(length.group(1)) if length else 0)
        if len(data) < size:
            return messages, data
        messages.append(data[:size])
        data = data[size:]
