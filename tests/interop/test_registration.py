#!/usr/bin/env python3
"""Registrations at the border's own registrar: flows (RFC 5626), proxies before the phone (RFC 3327)."""

import re
import socket

from harness import check, equal, eventually, main, phone as baresip, test
from harness.border import ACCESS, PASSWORDS
from harness.client import answer_challenge, parse_challenge, token
from harness.lab import CARRIER, PHONE, PHONE2
from harness.message import Message
from harness.ua import Dialog, Ua


class Phone(Ua):
    """A hand-played phone that registers, over UDP or, with tcp=True, over a connection of its own."""

    def __init__(self, lab, at=PHONE, user="alice", port=5060, tcp=False):
        self.tcp = tcp
        if tcp:
            self.at, self.user, self.border = at, user, (ACCESS, 5060)
            self._socket = socket.create_connection(self.border, timeout=5, source_address=(at, 0))
            self.port = self._socket.getsockname()[1]
            self._kept, self._seen, self._open, self.version, self._buffer = [], set(), True, 0, b""
        else:
            super().__init__(at, user, ACCESS, port)
        self.call_id, self.cseq = token(), 0
        lab.keep(self)

    def send_text(self, text):
        if self.tcp:
            self._socket.sendall(text.replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode())
        else:
            super().send_text(text)

    def _read(self, seconds):
        if not self.tcp:
            return super()._read(seconds)
        self._socket.settimeout(max(seconds, 0.001))
        try:
            self._buffer += self._socket.recv(65536)
        except TimeoutError:
            return None
        self._buffer = self._buffer.lstrip(b"\r\n")
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            size = int(re.search(rb"(?i)content-length:\s*(\d+)", head).group(1))
            if len(rest) < size:
                break
            self._kept.append(Message((head + b"\r\n\r\n" + rest[:size]).decode()))
            self._buffer = rest[size:]
        return None

    def try_register(self, headers=(), contact=None, authorization=None, vias=(), expires=300):
        self.cseq += 1
        call_id, cseq = self.call_id, self.cseq
        lines = ["REGISTER sip:example.org SIP/2.0",
                 f"Via: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{token()};rport", *(f"Via: {v}" for v in vias),
                 "Max-Forwards: 70", f"From: <sip:{self.user}@example.org>;tag={token()}",
                 f"To: <sip:{self.user}@example.org>", f"Call-ID: {call_id}", f"CSeq: {cseq} REGISTER",
                 f"Contact: {contact or self.contact}", f"Expires: {expires}", *headers]
        if authorization:
            lines.append(f"Authorization: {authorization}")
        self.send_text("\r\n".join([*lines, "Content-Length: 0"]) + "\r\n\r\n")
        return self._take(lambda m: m.status and m.status >= 200 and m.header("call-id") == call_id
                          and m.header("cseq").split()[0] == str(cseq), "an answer to REGISTER", 5)

    def register(self, **named):
        """With digest; the answer to the request that carries it."""
        first = self.try_register(**named)
        equal(first.status, 401, "the first REGISTER's answer")
        challenge = next(c for c in map(parse_challenge, first.headers("www-authenticate")) if c.get("algorithm") == "MD5")
        value = answer_challenge(challenge, self.user, PASSWORDS[self.user], "REGISTER", "sip:example.org", "MD5")
        return self.try_register(authorization=value, **named)

    def flow(self, number, instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"):
        """The Contact of one flow."""
        return f'<sip:{self.user}@{self.host}:{self.port};ob>;reg-id={number};+sip.instance="{instance}"'


def bindings(lab, expected):
    eventually(lambda: lab.border.sbc_metrics().total("parapet_sbc_bindings") == expected, f"{expected} bindings", 4)


def rings(carrier, phone, uri="sip:alice@example.org"):
    """A call of the carrier's that reaches the phone and is refused there; the INVITE."""
    call = carrier.invite(uri)
    invite = phone.request("INVITE")
    invite.reply(486)
    call.response(486)
    call.ack(status=486)
    return invite


@test
def a_call_goes_over_the_flow_and_over_the_next_one_when_it_is_gone(lab):
    lab.start(register=False)
    carrier = lab.ua(CARRIER, "carrier")
    first, second = Phone(lab, tcp=True), Phone(lab, tcp=True)
    for number, phone in ((1, first), (2, second)):
        answer = phone.register(contact=phone.flow(number), headers=["Supported: path, outbound"])
        equal(answer.status, 200, "REGISTER")
        equal(answer.header("require"), "outbound", "Require")
    equal(len(answer.headers("contact")), 2, "bindings of one instance, one for each flow")
    rings(carrier, second)
    first.nothing(lambda m: m.is_request("INVITE"), 0.3)  # RFC 5626 7: the phone has answered
    second.kill()
    bindings(lab, 1)
    rings(carrier, first)


@test
def a_silent_flow_is_followed_by_the_next_one(lab):
    lab.start({"timers": {"first_response": "1s"}}, register=False)
    carrier = lab.ua(CARRIER, "carrier")
    first, second = Phone(lab), Phone(lab, port=5062)
    for number, phone in ((1, first), (2, second)):
        equal(phone.register(contact=phone.flow(number), headers=["Supported: outbound"]).status, 200, "REGISTER")
    call = carrier.invite("sip:alice@example.org")
    second.request("INVITE")
    invite = first.request("INVITE")
    invite.reply(603)
    call.response(603)
    call.ack(status=603)


# trap 72: a phone that came back is not a second phone.
@test
def a_phone_that_came_back_replaces_its_flow(lab):
    lab.start(register=False)
    carrier = lab.ua(CARRIER, "carrier")
    before = Phone(lab)
    before.register(contact=before.flow(1), headers=["Supported: outbound"])
    after = Phone(lab, port=5064)
    answer = after.register(contact=after.flow(1), headers=["Supported: outbound"])
    equal(len(answer.headers("contact")), 1, "bindings")
    rings(carrier, after)
    before.nothing(lambda m: m.is_request("INVITE"))


@test
def requests_in_a_call_keep_to_the_flow_that_ob_asks_for(lab):
    lab.start({"realm": {"access": {"trust": "trusted"}}}, register=False)
    carrier = lab.ua(CARRIER, "carrier")
    phone = Phone(lab)
    phone.register(contact=phone.flow(1), headers=["Supported: outbound"])
    call = carrier.invite("sip:alice@example.org")
    invite = phone.request("INVITE")
    elsewhere = f"Contact: <sip:alice@{PHONE2}:5099;ob>"
    invite.reply(200, sdp=phone.sdp(), headers=[elsewhere])
    call.response(200)
    call.ack()
    phone.request("ACK")
    bye = call.send("BYE")
    phone.request("BYE").reply(200)
    bye.response(200)


@test
def a_proxy_that_holds_no_flows_gets_439(lab):
    lab.start(register=False)
    phone = Phone(lab, PHONE2)
    answer = phone.register(contact=phone.flow(1), headers=["Supported: path, outbound"],
                            vias=[f"SIP/2.0/UDP {PHONE}:5060;branch=z9hG4bK{token()}"])
    equal(answer.status, 439, "REGISTER through a proxy without flows")


@test
def a_call_takes_the_path_of_the_registration(lab):
    lab.start(register=False)
    carrier = lab.ua(CARRIER, "carrier")
    # The proxy at PHONE2 sends the REGISTER of a phone behind it.
    proxy = Phone(lab, PHONE2)
    listening = Phone(lab, PHONE2, port=5070)
    path = f"<sip:token@{PHONE2}:5070;lr;ob>"
    answer = proxy.register(contact=f"<sip:alice@{PHONE}:5060>", headers=["Supported: path", f"Path: {path}"],
                            vias=[f"SIP/2.0/UDP {PHONE}:5060;branch=z9hG4bK{token()}"])
    equal(answer.headers("path"), [path], "Path in the 200")
    invite = rings(carrier, listening)
    equal(invite.header("route"), path, "Route")
    equal(invite.message.start.split()[1], f"sip:alice@{PHONE}:5060", "Request-URI")
    # Whom nobody vouches for cannot aim calls at a third machine.
    other = Phone(lab, PHONE2, user="bob", port=5080)
    victim = Phone(lab, PHONE)
    other.register(headers=[f"Path: <sip:{PHONE}:5060;lr>"])
    rings(carrier, other, "sip:bob@example.org")
    message = Dialog(other, "sip:alice@example.org").send("MESSAGE", body="lunch?", content_type="text/plain")
    heard = listening.request("MESSAGE")
    equal(heard.header("route"), path, "Route of a MESSAGE")
    heard.reply(200)
    message.response(200)
    victim.nothing()


def gruus(answer):
    """pub-gruu and temp-gruu of the only contact of a 200."""
    equal(len(answer.headers("contact")), 1, "contacts")
    value = answer.header("contact")
    return tuple(re.search(f'{name}="([^"]+)"', value).group(1) for name in ("pub-gruu", "temp-gruu"))


@test
def a_gruu_leads_to_one_phone_of_the_user(lab):
    lab.start(register=False)
    carrier = lab.ua(CARRIER, "carrier")
    desk, mobile = Phone(lab), Phone(lab, PHONE2)
    answer = desk.register(contact=desk.flow(1), headers=["Supported: gruu, outbound"])
    public, temporary = gruus(answer)
    other = mobile.flow(1, "<urn:uuid:00000000-0000-1000-8000-000A95A0E129>")
    mobile.register(contact=other, headers=["Supported: gruu, outbound"])
    for uri in (public, temporary):
        invite = rings(carrier, desk, uri)
        equal(invite.message.start.split()[1], f"sip:alice@{PHONE}:5060;ob", "Request-URI at the phone")
        mobile.nothing(lambda m: m.is_request("INVITE"), 0.3)
    # 6.1: nobody is there now, and nobody ever was.
    desk.register(contact=desk.flow(1), expires=0)
    for uri, status in ((public, 480), (temporary, 404), ("sip:nobody@example.org;gr=1", 404)):
        call = carrier.invite(uri)
        call.response(status)
        call.ack(status=status)
    mobile.nothing(lambda m: m.is_request("INVITE"), 0.3)


def kept_alive(method, **registrar):
    """The configuration in which phones behind a NAT get keep-alives."""
    return {"policy": {"settings": {"trust_udp_addresses": True, "nat_keep_alive": method, "nat_keep_alive_interval": 5}},
            "realm": {"access": {"registrar": registrar}}}


@test
def a_phone_behind_a_nat_is_asked_and_unbound_when_it_is_silent(lab):
    lab.start(kept_alive("options", silent_phones="unbind", silent_after=1), register=False)
    behind, plain = Phone(lab), Phone(lab, PHONE2, user="bob")
    behind.register(contact="<sip:alice@10.9.9.9:5060>")
    plain.register()
    options = behind.request("OPTIONS", 8)
    equal(options.message.start.split()[1], "sip:alice@10.9.9.9:5060", "Request-URI")
    options.reply(200)
    behind.request("OPTIONS", 8)  # this one stays without answer
    bindings(lab, 2)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_keep_alives_total", event="unbound") == 1, "unbound", 8)
    bindings(lab, 1)
    plain.nothing(lambda m: m.is_request("OPTIONS"), 0.1)


@test
def line_ends_keep_a_nat_open(lab):
    lab.start(kept_alive("crlf"), register=False)
    phone = Phone(lab)
    phone.register(contact="<sip:alice@10.9.9.9:5060>")
    phone._socket.settimeout(8)
    equal(phone._socket.recv(2048), b"\r\n\r\n", "what keeps the NAT open")


# RFC 5626 4.4.2 and 5.4, RFC 8489 5 and 6.1: the border's indications, and the phone's own requests, between SIP messages.
@test
def stun_keeps_a_nat_open_both_ways(lab):
    cookie = bytes.fromhex("2112a442")
    lab.start(kept_alive("stun"), register=False)
    carrier = lab.ua(CARRIER, "carrier")
    phone = Phone(lab)
    phone.register(contact="<sip:alice@10.9.9.9:5060>")
    phone._socket.settimeout(8)
    datagram = phone._socket.recv(2048)
    equal(datagram[:2] + datagram[4:8], bytes.fromhex("0011") + cookie, "a Binding indication")
    check(len(datagram) >= 20 and len(datagram) == 20 + int.from_bytes(datagram[2:4], "big"), f"its length: {datagram!r}")
    ask = bytes.fromhex("00010000") + cookie + b"twelve bytes"
    phone._socket.sendto(ask, (ACCESS, 5060))
    while (answer := phone._socket.recv(2048))[:2] == datagram[:2]:
        pass  # the next indication
    equal(answer[:2] + answer[4:20], bytes.fromhex("0101") + ask[4:], "the answer to a Binding request")
    rings(carrier, phone)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_keep_alives_total", event="stun") >= 1, "it is counted")


@test
def a_real_phone_registers_over_two_flows(lab):
    lab.start({"realm": {"access": {"registrar": {"algorithms": ["MD5"], "flow_timer": "60s"}}}}, register=False)
    flows = f';sipnat=outbound;outbound="sip:{ACCESS};transport=tcp";outbound2="sip:{ACCESS};transport=udp"'
    phone = lab.keep(baresip.Phone(lab.directory, "alice", 440, PHONE, 5062, account=flows))
    phone.wait_registered()
    bindings(lab, 2)
    answers = [m for m in lab.capture.messages(where=lambda m: m.is_response(200) and "REGISTER" in m.header("cseq"))]
    check(any(m.header("require") == "outbound" for m in answers), "no flow was confirmed")
    last = max((m.headers("contact") for m in answers), key=len)
    equal(sorted(re.search(r"reg-id=(\d+)", value).group(1) for value in last), ["1", "2"], "flows")
    carrier = lab.ua(CARRIER, "carrier")
    call = carrier.invite("sip:alice@example.org")
    call.response(200, 10)
    call.ack()
    call.send("BYE").response(200)


if __name__ == "__main__":
    main()
