#!/usr/bin/env python3
"""Browsers' phones over WebSocket, plain and over TLS; STUN on the SIP port."""

import os
import re
import socket
import ssl
import time

from harness import check, equal, eventually, main, test
from harness.border import ACCESS, PASSWORDS
from harness.client import token
from harness.deaf import UNTRACED, MemoryCost
from harness.flow_ua import FlowUa, TcpClient
from harness.lab import CARRIER, CARRIER2, PHONE, PHONE2
from harness.registrar import Registrar
from harness.tls import Authority, TlsClient
from harness.web import PING, WebClient, opening

OFFER = ("v=0\r\no=- 1 1 IN IP4 {at}\r\ns=-\r\nc=IN IP4 {at}\r\nt=0 0\r\nm=audio 7000 RTP/AVP 0\r\n"
         "a=rtpmap:0 PCMU/8000\r\n")
NAME = "sbc.example.org"
LONG_NAME = {"From": f'"{"x" * 4000}" <sip:alice@example.org>;tag=long'}  # the answer has it as well


def start(lab, tls=False, **more):
    authority = Authority(lab.directory)
    pair = authority.issue("border", f"DNS:{NAME}")
    listeners = [{"transport": t, "bind": f"{ACCESS}:5060"} for t in ("udp", "tcp")]
    if tls:
        listeners.append({"transport": "tls", "bind": f"{ACCESS}:5061", **pair})
    listeners += [{"transport": "ws", "bind": f"{ACCESS}:8080"}, {"transport": "wss", "bind": f"{ACCESS}:8443", **pair}]
    lab.start({"realm": {"access": {"listener": listeners}}, **more}, register=False)
    return authority


def phone(authority, secure=True, at=PHONE):
    return WebClient(at, ACCESS, 8443, authority, NAME) if secure else WebClient(at, ACCESS, 8080)


def register(client, user):
    answer = client.register(user, contact=f"<sip:{user}@{client.host};transport=ws>")
    equal(answer and answer.status, 200, f"REGISTER of {user}")
    check(".invalid" in answer.header("contact"), f"Contact: {answer.header('contact')}")


def call_to_a_trunk(lab, secure):
    authority = start(lab)
    callee = lab.callee("callee")
    with phone(authority, secure) as alice:
        register(alice, "alice")
        call_id = token()
        alice.send(alice.request("INVITE", "sip:4912345@example.org", call_id=call_id,
                                 headers=["Content-Type: application/sdp"], body=OFFER.format(at=PHONE)))
        answer = alice.final(call_id, 10)
        equal(answer and answer.status, 200, "INVITE")
        check(";transport=ws>" in answer.header("contact"), f"Contact: {answer.header('contact')}")
        target = re.search(r"<([^>]+)>", answer.header("contact"))[1]
        for cseq, method in ((1, "ACK"), (2, "BYE")):
            replace = {"From": answer.header("from"), "To": answer.header("to"), "CSeq": f"{cseq} {method}"}
            alice.send(alice.request(method, target, call_id=call_id, replace=replace))
        equal(alice.final(call_id).status, 200, "BYE")
    callee.done()
    equal(lab.border.calls("answered"), 1, "answered calls")


@test
def a_browser_calls_over_wss(lab):
    call_to_a_trunk(lab, True)


@test
def a_browser_calls_over_ws(lab):
    call_to_a_trunk(lab, False)


# trap 68: nobody connects to a browser.
@test
def a_browser_is_reached_over_its_flow_while_it_lasts(lab):
    authority = start(lab)
    with phone(authority, False, PHONE2) as alice:
        register(alice, "alice")
        with phone(authority) as bob:
            register(bob, "bob")
            call_id = token()
            alice.send(alice.request("INVITE", "sip:bob@example.org", call_id=call_id,
                                     headers=["Content-Type: application/sdp"], body=OFFER.format(at=PHONE2)))
            arrived = bob.receive(5)
            check(arrived and arrived.is_request("INVITE"), f"bob got {arrived}")
            check("SIP/2.0/WSS" in arrived.header("via"), f"Via: {arrived.header('via')}")
            check(f"sip:bob@{bob.host}" in arrived.start, f"Request-URI: {arrived.start}")
            lines = [f"{name}: {arrived.header(name.lower())}" for name in ("Via", "From", "Call-ID", "CSeq")]
            busy = ["SIP/2.0 486 Busy Here", *lines, f"To: {arrived.header('to')};tag=b1", "", ""]
            bob.send("\r\n".join(busy))
            answer = alice.final(call_id, 10)
            equal(answer and answer.status, 486, "INVITE")
        # The socket was the way, and the binding goes with it.
        eventually(lambda: lab.border.sbc_metrics().total("parapet_sbc_bindings") == 1, "bob's binding is gone")


# trap 68, behind a registrar that knows an alias only: over the flow while it lasts, and taken back with it.
@test
def a_browser_registers_behind_the_border(lab):
    registrar = lab.keep(Registrar(CARRIER2, PASSWORDS))
    upstream = {"mode": "relay", "upstream": "registrar", "upstream_answer": "1s"}
    authority = Authority(lab.directory)
    pair = authority.issue("border", f"DNS:{NAME}")
    access = {"listener": [{"transport": "wss", "bind": f"{ACCESS}:8443", **pair}], "registrar": upstream}
    lab.start({"realm": {"access": access}, "user": [],
               "trunk": {"carrier": {"sources": [f"{CARRIER}/32"]},
                         "registrar": {"realm": "core", "targets": [f"{CARRIER2}:5060"]}}}, register=False)
    browser = FlowUa(lab, phone(authority), "alice", "ws")
    answer = browser.register()
    equal(answer.status, 200, "REGISTER")
    check(browser.host in answer.header("contact"), f"Contact: {answer.header('contact')}")
    alias, = registrar.contacts["alice"]
    check("invalid" not in alias, f"the alias: {alias}")
    call = lab.ua(CARRIER, "carrier").invite(alias)
    invite = browser.request("INVITE")
    check(browser.host in invite.message.start, invite.message.start)
    invite.reply(486)
    call.response(486)
    call.ack(status=486)
    before = len(registrar.requests("REGISTER"))
    browser.kill()
    eventually(lambda: len(registrar.requests("REGISTER")) > before, "the alias is taken back", 5)
    last = registrar.requests("REGISTER")[-1]
    check(alias in last.header("contact") and last.header("expires") == "0", last.text)


@test
def keep_alives_are_answered(lab):
    authority = start(lab)
    with phone(authority) as client:
        client.send("", PING)
        client.send("\r\n\r\n")
        client.receive(0.5)
        equal(client.pongs, [b""], "pongs")
        check(client.ask("OPTIONS", f"sip:{ACCESS}") is not None, "OPTIONS has no answer")


@test
def what_is_no_websocket_for_sip_is_refused(lab):
    start(lab)
    for changes, status in (({"Sec_WebSocket_Protocol": None}, 400), ({"Sec_WebSocket_Protocol": "chat"}, 400),
                            ({"Sec_WebSocket_Version": "8"}, 426), ({"Upgrade": None}, 400)):
        with socket.create_connection((ACCESS, 8080), timeout=5) as peer:
            peer.sendall(opening(ACCESS, **changes).encode())
            answer = peer.recv(4096)
            check(answer.startswith(f"HTTP/1.1 {status} ".encode()), f"{changes}: {answer}")
    equal(lab.border.sbc_metrics().total("parapet_web_rejects_total"), 4, "refusals counted")


@test
def half_open_websockets_are_closed(lab):
    authority = start(lab)
    context = ssl.create_default_context(cafile=str(authority.pem))

    def connect(port, words=b"", secure=False):
        plain = socket.create_connection((ACCESS, port), timeout=30)
        half = context.wrap_socket(plain, server_hostname=NAME) if secure else plain
        half.sendall(words)
        return half

    words = b"GET /sip HTTP/1.1\r\nHost: a\r\n"
    # Silent, in the middle of the request, before TLS, within TLS, and a hundred at once.
    halves = [connect(8080), connect(8443), connect(8443, b"\x16\x03\x01\x01"), connect(8443, secure=True),
              connect(8443, words, secure=True), *(connect(8080, words) for _ in range(100))]
    with phone(authority) as other:
        check(other.ask("OPTIONS", f"sip:{ACCESS}") is not None, "a phone beside them gets no answer")
        for half in halves:
            try:
                data = half.recv(100)
            except (ConnectionError, ssl.SSLError):
                data = b""
            equal(data, b"", "what a half-open WebSocket got")
            half.close()
    metrics = lab.border.sbc_metrics()
    slow = metrics.total("parapet_transport_drops_total", reason="ws_handshake_slow")
    equal(slow + metrics.total("parapet_transport_drops_total", reason="tls_handshake_slow"), 105, "counted")


@test
def who_drips_a_message_is_closed_on_every_stream(lab):
    authority = start(lab, tls=True)
    clients = [TcpClient(PHONE, ACCESS), TlsClient(PHONE, ACCESS, authority, NAME), phone(authority, False),
               phone(authority)]
    for client in clients:
        check(client.ask("OPTIONS", f"sip:{ACCESS}") is not None, "a whole message has no answer")
    # One of each says the rest of its next message byte by byte; the last one a frame of a message in fragments.
    begun = b"OPTIONS sip:x SIP/2.0\r\nX: "
    for client in clients[:2]:
        client.send(begun)
    for client in clients[2:]:
        client.send_raw(b"\x01\xfe\x20\x00aaaa")  # a text message begins; 8192 bytes are to come
    began, open_ones = time.monotonic(), list(clients)
    while open_ones and time.monotonic() - began < 25:
        for client in list(open_ones):
            try:
                client._socket.sendall(b"a")
                client._socket.settimeout(0.05)
                if not client._socket.recv(100):
                    open_ones.remove(client)
            except TimeoutError:
                pass
            except OSError:
                open_ones.remove(client)
        time.sleep(0.5)
    equal([type(client).__name__ for client in open_ones], [], "streams that are still open")
    equal(lab.border.sbc_metrics().total("parapet_transport_drops_total", reason="tcp_slow_message"), 4, "counted")


@test
def browsers_that_never_read_cost_bounded_memory(lab):
    authority = start(lab, log=UNTRACED)
    cost = MemoryCost(lab.border)
    deaf = [phone(authority, secure) for secure in (False, True, False, True)]

    def chatter(client, n):
        if n % 2:
            client.send(os.urandom(1), PING)
        client.send(client.request("OPTIONS", f"sip:{ACCESS}", replace=LONG_NAME))

    with phone(authority, False, PHONE2) as other:
        cost.flood(deaf, chatter, lambda: check(other.ask("OPTIONS", f"sip:{ACCESS}", seconds=15) is not None,
                                                "a phone beside them gets no answer"))
    cost.judge(len(deaf))


@test
def stun_is_answered_on_the_sip_port(lab):
    lab.start(register=False)
    transaction = os.urandom(12)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind((PHONE, 5070))
        peer.settimeout(5)
        peer.sendto(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + transaction, (ACCESS, 5060))
        answer = peer.recv(1000)
    equal(answer[:20], b"\x01\x01\x00\x0c\x21\x12\xa4\x42" + transaction, "header")
    mapped = bytes(a ^ b for a, b in zip(answer[26:32], b"\x21\x12\x21\x12\xa4\x42"))
    equal((mapped[:2], socket.inet_ntoa(mapped[2:])), ((5070).to_bytes(2, "big"), PHONE), "mapped address")


if __name__ == "__main__":
    main()
