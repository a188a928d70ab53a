"""A very small SIP client over UDP, for what needs one odd message and its answer."""

import hashlib
import os
import re
import socket
import time

from .border import PASSWORDS
from .checks import Failed, equal
from .message import Message

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def token():
    return os.urandom(8).hex()


class Client:
    def __init__(self, at, border, port=5060):
        self.at, self.port, self.border = at, port, (border, 5060)
        self._socket = socket.socket(socket.AF_INET6 if ":" in at else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((at, port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    @property
    def host(self):
        return f"[{self.at}]" if ":" in self.at else self.at

    def send(self, data):
        self._socket.sendto(data if isinstance(data, bytes) else data.encode(), self.border)

    def receive(self, seconds=2.0):
        """The next message; None when none comes."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            return Message(self._socket.recv(65536).decode("utf-8", "replace"))
        except TimeoutError:
            return None

    def final(self, call_id, seconds=4.0):
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            answer = self.receive(left)
            if answer and answer.status and answer.status >= 200 and answer.header("call-id") == call_id:
                return answer
        return None

    def request(self, method, uri, user="alice", cseq=1, call_id=None, headers=(), body="", replace=None):
        """The text of a request; `replace` gives or removes (None) headers of the standard set by name."""
        call_id = call_id or token()
        fields = {
            "Via": f"SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{token()};rport",
            "Max-Forwards": "70",
            "From": f"<sip:{user}@example.org>;tag={token()}",
            "To": f"<{uri if method != 'REGISTER' else f'sip:{user}@example.org'}>",
            "Call-ID": call_id,
            "CSeq": f"{cseq} {method}",
            "Contact": f"<sip:{user}@{self.host}:{self.port}>",
        }
        fields.update(replace or {})
        lines = [f"{method} {uri} SIP/2.0"] + [f"{k}: {v}" for k, v in fields.items() if v is not None]
        lines += [*headers, f"Content-Length: {len(body)}"]
        return "\r\n".join(lines) + "\r\n\r\n" + body

    def ask(self, *arguments, seconds=4.0, **named):
        """Sends a request and gives its final answer, None when there is none."""
        named.setdefault("call_id", token())
        self.send(self.request(*arguments, **named))
        return self.final(named["call_id"], seconds)

    def register(self, user, password=None, algorithm="MD5", contact=None, expires=300):
        """Registers with digest authentication; the last answer."""
        call_id = token()
        contact = contact or f"<sip:{user}@{self.host}:{self.port}>"
        common = {"user": user, "call_id": call_id, "replace": {"Contact": contact}}
        first = self.ask("REGISTER", "sip:example.org", headers=[f"Expires: {expires}"], **common)
        if first is None:
            raise Failed("REGISTER: no answer")
        equal(first.status, 401, "the first REGISTER's answer")
        challenge = next((c for c in map(parse_challenge, first.headers("www-authenticate"))
                          if c.get("algorithm", "MD5") == algorithm), None)
        if challenge is None:
            raise Failed(f"no challenge for {algorithm}: {first.headers('www-authenticate')}")
        password = PASSWORDS[user] if password is None else password
        answer = answer_challenge(challenge, user, password, "REGISTER", "sip:example.org", algorithm)
        return self.ask("REGISTER", "sip:example.org", cseq=2,
                        headers=[f"Expires: {expires}", f"Authorization: {answer}"], **common)


def parse_challenge(value):
    return {k.lower(): quoted or bare for k, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', value)}


def answer_challenge(challenge, user, password, method, uri, algorithm, cnonce=None, count="00000001"):
    def digest(text):
        return HASHES[algorithm](text.encode()).hexdigest()

    cnonce = cnonce or token()
    ha1 = digest(f"{user}:{challenge['realm']}:{password}")
    ha2 = digest(f"{method}:{uri}")
    response = digest(f"{ha1}:{challenge['nonce']}:{count}:{cnonce}:auth:{ha2}")
    return (f'Digest username="{user}", realm="{challenge["realm"]}", nonce="{challenge["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm={algorithm}, cnonce="{cnonce}", qop=auth, nc={count}'
            + (f', opaque="{challenge["opaque"]}"' if "opaque" in challenge else ""))
