"""A user agent that a test plays by hand, message by message: both roles of dialogs, over UDP.

    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    call = alice.invite("sip:1000@example.org")
    invite = carrier.request("INVITE")
    invite.reply(180)
    call.response(180)
    invite.reply(200, sdp=carrier.sdp())
    call.response(200)
    call.ack()
    carrier.request("ACK")
    bye = call.send("BYE")
    carrier.request("BYE").reply(200)
    bye.response(200)
"""

import re
import socket
import time

from .checks import Failed
from .client import token
from .message import Message


def _tag(value):
    found = re.search(r";\s*tag=([^;>\s]+)", value)
    return found.group(1) if found else ""


def _uri(value):
    found = re.search(r"<([^>]*)>", value)
    return found.group(1) if found else value.split(";")[0].strip()


class Ua:
    via = "UDP"
    name = None  # what its Via says it is, instead of its address

    def __init__(self, at, user, border, port=5060):
        self.at, self.user, self.port, self.border = at, user, port, (border, 5060)
        self._socket = socket.socket(socket.AF_INET6 if ":" in at else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((at, port))
        self._kept = []  # read but not yet asked for
        self._seen = set()
        self._open = True
        self.version = 0

    # What a Lab keeps: something that runs and can be killed.
    def running(self):
        return self._open

    def kill(self):
        self._open = False
        self._socket.close()

    @property
    def host(self):
        return f"[{self.at}]" if ":" in self.at else self.at

    @property
    def sent_by(self):
        return self.name or f"{self.host}:{self.port}"

    @property
    def contact(self):
        over = "" if self.via == "UDP" else f";transport={self.via.lower()}"
        return f"<sip:{self.user}@{self.host}:{self.port}{over}>"

    def sdp(self, port=7000, direction="sendrecv", extra=()):
        self.version += 1
        family = "IP6" if ":" in self.at else "IP4"
        return "\r\n".join([
            "v=0", f"o={self.user} 1 {self.version} IN {family} {self.at}", "s=-", f"c=IN {family} {self.at}", "t=0 0",
            f"m=audio {port} RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000", f"a={direction}", *extra]) + "\r\n"

    def send_text(self, text):
        self._socket.sendto(text.encode(), self.border)

    def invite(self, uri, sdp=None, headers=(), **named):
        """An INVITE outside of any dialog, with an offer unless sdp is ""; a Dialog."""
        dialog = Dialog(self, uri, **named)
        dialog.sent = dialog.send("INVITE", body=self.sdp() if sdp is None else sdp, headers=headers)
        return dialog

    def request(self, method, seconds=5.0, where=lambda m: True):
        """The next request of that method; repetitions are not told twice."""
        message = self._take(lambda m: m.is_request(method) and where(m), f"a {method} to {self.user}", seconds)
        return Request(self, message)

    def maybe(self, where, seconds=0.3):
        """The next message for which `where` holds, a Request if it is one; None when none comes."""
        found = self._next(where, seconds)
        return Request(self, found) if found is not None and found.is_request() else found

    def nothing(self, where=lambda m: True, seconds=0.5):
        """Fails when a message comes for which `where` holds."""
        found = self._next(where, seconds)
        if found is not None:
            raise Failed(f"{self.user} expected nothing, got {found.start}")

    def _take(self, where, what, seconds):
        found = self._next(where, seconds)
        if found is None:
            others = ", ".join(m.start for m in self._kept) or "nothing else"
            raise Failed(f"expected {what} within {seconds} s; came: {others}")
        return found

    def _next(self, where, seconds):
        ends = time.monotonic() + seconds
        while True:
            for index, message in enumerate(self._kept):
                if where(message):
                    return self._kept.pop(index)
            left = ends - time.monotonic()
            if left <= 0:
                return None
            self._read(left)

    def _read(self, seconds):
        self._socket.settimeout(max(seconds, 0.001))
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            return
        if not data.strip() or data[0] < 0x20:
            return
        self._keep(data)

    def _keep(self, data):
        message = Message(data.decode("utf-8", "replace"))
        # An ACK to a refusal is the transaction's affair; a repetition was told before.
        if data in self._seen:
            return
        self._seen.add(data)
        self._kept.append(message)


class Request:
    """A request that came in."""

    def __init__(self, ua, message):
        self.ua, self.message = ua, message
        self.tag = _tag(message.header("to")) or token()

    def __getattr__(self, name):  # header(), body, media() and so on
        return getattr(self.message, name)

    def text(self, status, reason="Whatever", sdp="", headers=(), tag=None, content_type="application/sdp"):
        lines = [f"SIP/2.0 {status} {reason}"]
        lines += [f"Via: {v}" for v in self.message.headers("via")]
        lines += [f"Record-Route: {v}" for v in self.message.headers("record-route")]
        to = self.message.header("to")
        if not _tag(to) and status > 100:
            to += f";tag={tag or self.tag}"
        lines += [f"From: {self.message.header('from')}", f"To: {to}", f"Call-ID: {self.message.header('call-id')}",
                  f"CSeq: {self.message.header('cseq')}"]
        if not any(h.lower().startswith("contact:") for h in headers) and (status < 300):
            lines.append(f"Contact: {self.ua.contact}")
        lines += headers
        if sdp:
            lines.append(f"Content-Type: {content_type}")
        return "\r\n".join([*lines, f"Content-Length: {len(sdp.encode())}"]) + "\r\n\r\n" + sdp

    def reply(self, status, **named):
        """sdp, headers, reason, tag, content_type."""
        self.ua.send_text(self.text(status, **named))
        return self

    def dialog(self, tag=None):
        """The dialog that a response of ours to this request makes."""
        made = Dialog(self.ua, _uri(self.message.header("contact")), call_id=self.message.header("call-id"),
                      local=f"{self.message.header('to')};tag={tag or self.tag}", remote=self.message.header("from"))
        made.routes = self.message.headers("record-route")
        return made


class Dialog:
    """One dialog, or the INVITE that may make one; `sent` is the last INVITE."""

    def __init__(self, ua, target, call_id=None, local=None, remote=None, cseq=0):
        self.ua, self.target = ua, target
        self.call_id = call_id or token()
        self.local = local or f"<sip:{ua.user}@example.org>;tag={token()}"
        self.remote = remote or f"<{target}>"
        self.cseq, self.routes, self.sent = cseq, [], None

    @property
    def tags(self):
        return _tag(self.local), _tag(self.remote)

    def send(self, method, body="", headers=(), content_type="application/sdp", cseq=None, branch=None):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        sent = Sent(self, method, cseq, branch or f"z9hG4bK{token()}")
        lines = [f"{method} {self.target} SIP/2.0",
                 f"Via: SIP/2.0/{self.ua.via} {self.ua.sent_by};branch={sent.branch};rport", "Max-Forwards: 70"]
        lines += [f"Route: {r}" for r in self.routes]
        lines += [f"From: {self.local}", f"To: {self.remote}", f"Call-ID: {self.call_id}", f"CSeq: {cseq} {method}"]
        if not any(h.lower().startswith("contact:") for h in headers):
            lines.append(f"Contact: {self.ua.contact}")
        lines += headers
        if body:
            lines.append(f"Content-Type: {content_type}")
        sent.text = "\r\n".join([*lines, f"Content-Length: {len(body.encode())}"]) + "\r\n\r\n" + body
        self.ua.send_text(sent.text)
        if method == "INVITE":
            self.sent = sent
        return sent

    def response(self, status, seconds=5.0):
        """The next response with that status to the last INVITE; it makes or refreshes the dialog."""
        message = self.sent.response(status, seconds)
        if 100 < status < 300 and _tag(message.header("to")):
            self.adopt(message)
        return message

    def adopt(self, message):
        self.remote = message.header("to")
        if message.header("contact"):
            self.target = _uri(message.header("contact"))
        self.routes = list(reversed(message.headers("record-route")))
        return self

    def fork(self, message):
        """Another dialog of the same INVITE."""
        other = Dialog(self.ua, self.target, self.call_id, self.local, self.remote, self.cseq)
        other.sent = self.sent
        return other.adopt(message)

    def ack(self, sdp="", status=200):
        """Of a 2xx, or, for a refusal, within the INVITE's transaction."""
        branch = None if status < 300 else self.sent.branch
        return self.send("ACK", body=sdp, cseq=self.sent.cseq, branch=branch)

    def cancel(self, headers=()):
        text = re.sub(r"^INVITE ", "CANCEL ", self.sent.text.partition("\r\n\r\n")[0])
        text = re.sub(r"CSeq: (\d+) INVITE", r"CSeq: \1 CANCEL", text)
        lines = [l for l in text.split("\r\n") if not re.match(r"Content-|Contact:|Supported:|Require:", l)]
        self.ua.send_text("\r\n".join([*lines, *headers, "Content-Length: 0"]) + "\r\n\r\n")
        return Sent(self, "CANCEL", self.sent.cseq, self.sent.branch)

    def prack(self, provisional, sdp=""):
        return self.send("PRACK", body=sdp,
                         headers=[f"RAck: {provisional.header('rseq')} {provisional.header('cseq')}"])


class Sent:
    """A request that went out."""

    def __init__(self, dialog, method, cseq, branch):
        self.dialog, self.method, self.cseq, self.branch, self.text = dialog, method, cseq, branch, ""

    def again(self):
        self.dialog.ua.send_text(self.text)

    def response(self, status, seconds=5.0):
        def fits(m):
            return (m.is_response(status) and m.header("call-id") == self.dialog.call_id
                    and m.header("cseq").split() == [str(self.cseq), self.method])

        return self.dialog.ua._take(fits, f"{status} to {self.method} for {self.dialog.ua.user}", seconds)
