"""A user agent that a test drives step by step: it keeps its dialogs and answers repetitions, and does nothing else by
itself. For flows with three or more peers, where sipp's scenarios would have to wait for each other."""

import re
import socket
import threading
import time

from .checks import Failed, equal
from .client import token
from .message import Message


class Dialog:
    def __init__(self, call_id, local, remote, target):
        self.call_id, self.local, self.remote, self.target = call_id, local, remote, target
        self.routes = []
        self.cseq = 100
        self.invite_cseq = 0
        self.invite = None  # the last INVITE that came in it


def uri_of(value):
    """The URI of a name-addr."""
    found = re.search(r"<([^>]+)>", value)
    return found.group(1) if found else value.split(";")[0]


def tag_of(value):
    found = re.search(r";tag=([^;>\s]+)", value)
    return found.group(1) if found else ""


class Agent:
    def __init__(self, at, border, user, port=5060):
        self.at, self.port, self.user, self.border = at, port, user, (border, 5060)
        self.messages = []  # new ones, in order
        self.dialogs = []
        self._answers = {}  # by branch and method
        self._seen = set()
        self._acks = {}  # by Call-ID and CSeq
        self._stopped = False
        self._news = threading.Condition()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((at, port))
        self._socket.settimeout(0.1)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    # --- as a process of the lab ---

    def running(self):
        return not self._stopped

    def kill(self):
        self._stopped = True
        self._thread.join()
        self._socket.close()

    # --- receiving ---

    def _listen(self):
        while not self._stopped:
            try:
                data, _ = self._socket.recvfrom(65536)
            except TimeoutError:
                continue
            message = Message(data.decode("utf-8", "replace"))
            with self._news:
                self._take(message)
                self._news.notify_all()

    def _take(self, message):
        key = (self._branch(message), message.start.split()[0 if message.status is None else 1], message.method)
        again = key in self._seen
        self._seen.add(key)
        if message.status is None:
            if not again:
                self.messages.append(message)
            elif key[::2] in self._answers:
                self._send(self._answers[key[::2]])
        elif message.status >= 200 and message.method == "INVITE" and again:
            ack = self._acks.get((message.header("call-id"), message.header("cseq").split()[0]))
            if ack:
                self._send(ack)
        elif not again:
            if message.status >= 300 and message.method == "INVITE":
                self._ack_failure(message)
            self.messages.append(message)

    @staticmethod
    def _branch(message):
        return re.search(r"branch=([^;,\s]+)", message.header("via")).group(1)

    def wait(self, fits, what, seconds=5):
        """The first new message that fits, taken out."""
        ends = time.monotonic() + seconds
        with self._news:
            while True:
                for message in self.messages:
                    if fits(message):
                        self.messages.remove(message)
                        return message
                left = ends - time.monotonic()
                if left <= 0:
                    raise Failed(f"{self.user} at {self.at}: no {what}; waiting are {[m.start for m in self.messages]}")
                self._news.wait(left)

    def wait_request(self, method, seconds=5):
        return self.wait(lambda m: m.is_request(method), method, seconds)

    def wait_final(self, method, seconds=5):
        return self.wait(lambda m: m.status and m.status >= 200 and m.method == method, f"answer to {method}", seconds)

    # --- sending ---

    def _send(self, text):
        self._socket.sendto(text.encode(), self.border)

    def sdp(self, port=7000, direction="sendrecv", version=1):
        return "\r\n".join(["v=0", f"o=- 1 {version} IN IP4 {self.at}", "s=-", f"c=IN IP4 {self.at}", "t=0 0",
                            f"m=audio {port} RTP/AVP 8", "a=rtpmap:8 PCMA/8000", f"a={direction}", ""])

    def _text(self, dialog, method, cseq, headers, body, branch=None):
        lines = [f"{method} {dialog.target} SIP/2.0",
                 f"Via: SIP/2.0/UDP {self.at}:{self.port};branch=z9hG4bK{branch or token()};rport", "Max-Forwards: 70",
                 f"From: {dialog.local}", f"To: {dialog.remote}", f"Call-ID: {dialog.call_id}", f"CSeq: {cseq} {method}",
                 f"Contact: <sip:{self.user}@{self.at}:{self.port}>", *headers]
        if body and not any(h.lower().startswith("content-type:") for h in headers):
            lines.append("Content-Type: application/sdp")
        return "\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body

    def send_request(self, dialog, method, headers=(), body=""):
        dialog.cseq += 1
        if method == "INVITE":
            dialog.invite_cseq = dialog.cseq
        self._send(self._text(dialog, method, dialog.cseq, headers, body))

    def call(self, uri, headers=(), port=7000):
        """Sends an INVITE; the dialog is complete after answered()."""
        dialog = Dialog(token(), f"<sip:{self.user}@example.org>;tag={token()}", f"<{uri}>", uri)
        self.dialogs.append(dialog)
        self.send_request(dialog, "INVITE", headers, self.sdp(port))
        return dialog

    def answered(self, dialog, status=200, seconds=5):
        """The final answer to the dialog's INVITE; a 2xx is acknowledged."""
        answer = self.wait(lambda m: m.status and m.status >= 200 and m.method == "INVITE"
                           and m.header("call-id") == dialog.call_id, "answer to INVITE", seconds)
        equal(answer.status, status, f"the answer to the INVITE of {self.user}")
        if answer.status < 300:
            dialog.remote = answer.header("to")
            dialog.target = uri_of(answer.header("contact"))
            ack = self._text(dialog, "ACK", dialog.invite_cseq, (), "")
            self._acks[(dialog.call_id, str(dialog.invite_cseq))] = ack
            self._send(ack)
        return answer

    def _ack_failure(self, answer):
        via, to = answer.header("via"), answer.header("to")
        self._send("\r\n".join([f"ACK sip:{self.border[0]} SIP/2.0", f"Via: {via}", "Max-Forwards: 70",
                                f"From: {answer.header('from')}", f"To: {to}", f"Call-ID: {answer.header('call-id')}",
                                f"CSeq: {answer.header('cseq').split()[0]} ACK", "Content-Length: 0"]) + "\r\n\r\n")

    def answer(self, request, status, headers=(), body="", reason="As you like", tag=None):
        to = request.header("to")
        if not tag_of(to):
            to += f";tag={tag or token()}"
        lines = [f"SIP/2.0 {status} {reason}", *(f"Via: {v}" for v in request.headers("via")),
                 f"From: {request.header('from')}", f"To: {to}", f"Call-ID: {request.header('call-id')}",
                 f"CSeq: {request.header('cseq')}", f"Contact: <sip:{self.user}@{self.at}:{self.port}>", *headers]
        if body:
            lines.append("Content-Type: application/sdp")
        text = "\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body
        self._answers[(self._branch(request), request.method)] = text
        self._send(text)
        return to

    def accept(self, seconds=5, headers=(), port=7000, fits=lambda m: True):
        """Waits for a new INVITE, answers it, and waits for the ACK."""
        invite = self.wait(lambda m: m.is_request("INVITE") and not tag_of(m.header("to")) and fits(m), "INVITE", seconds)
        return self.accept_invite(invite, headers, port)

    def accept_invite(self, invite, headers=(), port=7000):
        local = self.answer(invite, 200, headers, self.sdp(port))
        dialog = Dialog(invite.header("call-id"), local, invite.header("from"), uri_of(invite.header("contact")))
        dialog.invite = invite
        self.dialogs.append(dialog)
        self.wait(lambda m: m.is_request("ACK") and m.header("call-id") == dialog.call_id, "ACK")
        return dialog

    def accept_reinvite(self, dialog, seconds=5, direction="sendrecv", port=7000):
        """Waits for a re-INVITE in the dialog, answers it, and waits for the ACK."""
        invite = self.wait(lambda m: m.is_request("INVITE") and m.header("call-id") == dialog.call_id
                           and tag_of(m.header("to")), "re-INVITE", seconds)
        self.answer(invite, 200, (), self.sdp(port, direction, 2))
        self.wait(lambda m: m.is_request("ACK") and m.header("call-id") == dialog.call_id, "ACK of the re-INVITE")
        dialog.invite = invite
        return invite

    def accept_bye(self, dialog, seconds=5):
        bye = self.wait(lambda m: m.is_request("BYE") and m.header("call-id") == dialog.call_id, "BYE", seconds)
        self.answer(bye, 200)

    def hang_up(self, dialog):
        self.send_request(dialog, "BYE")
        equal(self.wait(lambda m: m.status and m.status >= 200 and m.method == "BYE"
                        and m.header("call-id") == dialog.call_id, "answer to BYE").status, 200, "the answer to BYE")
