"""A registrar behind the border, and a carrier that asks for credentials: what the border says as a client."""

import re
import time

from .client import answer_challenge, parse_challenge, token
from .message import Message
from .peers import _Listener

REALM = "upstream.example"


class Registrar(_Listener):
    """Challenges every REGISTER and INVITE; keeps contacts by user; answers calls with 486."""

    def __init__(self, at, users, port=5060):
        self.users = users  # name: password
        self.contacts = {}  # user: {contact URI: expires}
        self.heard = []  # every request
        self.lost = False
        self.delay = 0  # seconds before each answer
        self.extra = []  # header lines of each 200 to REGISTER
        self.answers = []
        self.wrong = []  # what a registrar would not accept
        self._nonces = set()
        super().__init__(at, port)

    def requests(self, method):
        return [m for m in self.heard if m.method == method]

    def ask(self, text, target, seconds=4.0):
        """Sends a request from here; the final answer arrives in `answers`."""
        self.answers = []
        self._socket.sendto(text.encode(), target)
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            for answer in list(self.answers):
                if answer.status >= 200:
                    return answer
            time.sleep(0.02)
        return None

    def _on_packet(self, data, source):
        message = Message(data.decode("utf-8", "replace"))
        if message.status is not None:
            self.answers.append(message)
            return
        if self.lost or message.method == "ACK":
            return
        self.heard.append(message)
        time.sleep(self.delay)
        status, headers = self._judge(message)
        lines = [f"SIP/2.0 {status} X", *(f"Via: {v}" for v in message.headers("via")), f"From: {message.header('from')}",
                 f"To: {message.header('to')};tag={token()}", f"Call-ID: {message.header('call-id')}",
                 f"CSeq: {message.header('cseq')}", *headers, "Content-Length: 0"]
        self._socket.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), source)

    def _judge(self, message):
        proxy = message.method == "INVITE"
        value = message.header("proxy-authorization" if proxy else "authorization")
        nonce = token()
        self._nonces.add(nonce)
        challenge = (f"{'Proxy' if proxy else 'WWW'}-Authenticate: Digest realm=\"{REALM}\", nonce=\"{nonce}\", "
                     "algorithm=MD5, qop=\"auth\"")
        if not value or not self._verified(message, value):
            return (407 if proxy else 401), [challenge]
        if proxy:
            return 486, []
        if message.method != "REGISTER":
            return 200, []
        return 200, self._register(message)

    def _verified(self, message, value):
        credentials = parse_challenge(value)
        uri = message.start.split()[1]
        if credentials.get("uri") != uri:
            self.wrong.append(f"digest for {credentials.get('uri')} in a request to {uri}")
            return False
        password = self.users.get(credentials.get("username"))
        if password is None or credentials.get("nonce") not in self._nonces:
            return False
        again = answer_challenge(credentials, credentials["username"], password, message.method, uri, "MD5",
                                 credentials["cnonce"], credentials["nc"])
        return parse_challenge(again)["response"] == credentials.get("response")

    def _register(self, message):
        user = re.search(r"sip:([^@>]+)@", message.header("to")).group(1)
        mine = self.contacts.setdefault(user, {})
        for value in message.headers("contact"):
            uri = re.search(r"<([^>]+)>", value).group(1)
            expires = int(re.search(r"expires=(\d+)", value).group(1))
            if expires:
                mine[uri] = expires
            else:
                mine.pop(uri, None)
        return [f"Contact: <{uri}>;expires={expires}" for uri, expires in mine.items()] + self.extra
