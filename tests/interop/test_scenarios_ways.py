#!/usr/bin/env python3
"""The ways that messages take, from either side of the border: trunks over TCP and IPv6, as caller and as callee, large requests,
lost connections, addresses that are not what a peer thinks, and keep-alives."""

import os
import socket
import struct

from harness import check, equal, main, test
from harness.border import ACCESS6, CORE6
from harness.client import Client
from harness.lab import ACCESS, CARRIER, CARRIER6, CORE, FROM_CARRIER, PHONE, PHONE2, PHONE6
from harness.way import SECOND, all_calls, each_way, start

def transports(lab, at):
    """Of what an address sent and was sent."""
    return {m.transport for m in lab.capture.messages() if at in (m.source[0], m.target[0])}


@test
def a_trunk_over_tcp(lab):
    trunk = {"carrier": {"targets": [f"{CARRIER}:5060;transport=tcp"], "sources": [CARRIER]}, "second": SECOND}
    start(lab, trunk=trunk)
    tcp = {"transport": "tcp"}
    all_calls(lab, (PHONE, CARRIER, {}, tcp), (CARRIER, PHONE, {**FROM_CARRIER, **tcp}, {}))
    equal((transports(lab, CARRIER), transports(lab, PHONE)), ({"TCP"}, {"UDP"}), "transports")


@test
def a_trunk_over_ipv6(lab):
    trunk = {"carrier": {"realm": "core6", "targets": [f"[{CARRIER6}]:5060"], "sources": [f"{CARRIER6}/128"]}, "second": SECOND}
    start(lab, trunk=trunk)
    carrier = {"border": CORE6}
    all_calls(lab, (PHONE, CARRIER6, {}, carrier), (CARRIER6, PHONE, {**FROM_CARRIER, **carrier}, {}))
    for message in lab.capture.messages(CORE6, CARRIER6):
        check(PHONE not in message.text and ACCESS not in message.text, f"IPv4 of the other side:\n{message.text}")


@test
def a_trunk_and_a_phone_over_ipv6(lab):
    trunk = {"carrier": {"realm": "core6", "targets": [f"[{CARRIER6}]:5060;transport=tcp"], "sources": [f"{CARRIER6}/128"]},
             "second": SECOND}
    start(lab, trunk=trunk)
    with Client(PHONE2, ACCESS) as client:
        client.register("bob", contact=f"<sip:bob@{PHONE2}:5060>", expires=0)
    lab.register("bob", PHONE6)
    phone, tcp = {"border": ACCESS6}, {"border": CORE6, "transport": "tcp"}
    all_calls(lab, (PHONE6, CARRIER6, phone, tcp), (CARRIER6, PHONE6, {**FROM_CARRIER, "service": "bob", **tcp}, phone))
    equal((transports(lab, CARRIER6), transports(lab, PHONE6)), ({"TCP"}, {"UDP"}), "transports")


# --- large requests (RFC 3261 18.1.1) ---

# A PBX on the phones' side: a phone behind a NAT is reached the way it came by, whatever the size.
PBX = {"carrier": {"sources": [CARRIER]}, "second": {"realm": "access", "targets": [f"{PHONE2}:5060"], "sources": [PHONE2]}}


def large_calls(lab, transport):
    """From a phone to a carrier, and from that carrier to a PBX: the INVITEs there."""
    start(lab, trunk=PBX)
    for near, far, number in ((PHONE, CARRIER, "1000"), (CARRIER, PHONE2, "2000")):
        called = lab.sipp("callee", f"called_{number}", far, transport=transport)
        lab.sipp("caller_of_many_codecs", f"caller_{number}", near, service=number).done()
        called.done()
        invite = lab.capture.messages(target=far, where=lambda m: m.is_request("INVITE"))[0]
        check(len(invite.text) > 1300, f"the INVITE has only {len(invite.text)} bytes")
        yield invite, lab.capture.messages(target=far, where=lambda m: m.is_request("BYE"))[0]


@test
def a_large_invite_goes_over_tcp_to_either_side(lab):  # trap 62
    for invite, bye in large_calls(lab, "tcp"):
        check(invite.transport == "TCP" and invite.header("via").startswith("SIP/2.0/TCP"), f"Via: {invite.header('via')}")
        equal(bye.transport, "TCP", "transport of the BYE, by the Contact")


@test
def a_large_invite_falls_back_to_udp_on_either_side(lab):  # trap 62
    for invite, bye in large_calls(lab, "udp"):
        check(invite.transport == "UDP" and invite.header("via").startswith("SIP/2.0/UDP"), f"Via: {invite.header('via')}")
        equal(bye.transport, "UDP", "transport of the BYE")


# --- the way back (RFC 3261 18.2, RFC 3581) ---


@each_way
def a_response_whose_connection_is_gone(way):  # trap 66; sipp cannot close a connection in the middle of a call
    near, far = way.lab.stream_ua(way.near, "caller"), way.lab.ua(way.other, "callee")
    call = near.invite(f"sip:{way.number_of_other['service']}@{way.border}")
    invite = far.request("INVITE")
    invite.reply(180)
    call.response(180)
    lost = near.connections[0]
    lost.closed = True
    lost.socket.close()
    invite.reply(486)
    call.response(486)
    equal([c.opened for c in near.connections], [True, False], "connections: the caller's, and then the border's")
    call.ack(status=486)
    near.kill()
    far.kill()


@test
def an_address_that_is_not_what_a_peer_thinks(lab):
    lab.start()
    for near, far, whom in ((PHONE, CARRIER, {}), (CARRIER, PHONE, FROM_CARRIER)):
        lab.sipp("options_from_elsewhere", "elsewhere", near).done()
        # And the border asks its own peers for the same.
        called = lab.sipp("callee_told", "told", far, said=";rport(;|$)", said_header="Via")
        lab.sipp("caller", "caller", near, **whom).done()
        called.done()


@test
def a_response_without_rport_goes_to_the_port_of_sent_by(lab):  # sipp listens where it sends from
    lab.start()
    for near, border in ((PHONE, ACCESS), (CARRIER, CORE)):
        here, there = lab.ua(near, "here", port=5066), lab.ua(near, "there", port=5070)
        here.send_text(f"OPTIONS sip:{border} SIP/2.0\r\nVia: SIP/2.0/UDP {near}:5070;branch=z9hG4bKbare\r\n"
                       f"Max-Forwards: 70\r\nFrom: <sip:x@y>;tag=1\r\nTo: <sip:{border}>\r\nCall-ID: one-{near}\r\n"
                       "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
        answer = there._take(lambda m: m.is_response(200, "OPTIONS"), "the answer at the port of sent-by", 5)
        check("rport" not in answer.header("via"), f"Via: {answer.header('via')}")


# --- keep-alives of peers: sipp has none (those of the border are in test_registration.py and tests/unit/net/tcp_test.cc) ---

COOKIE = 0x2112A442


def mapped(data):
    """(address, port) of XOR-MAPPED-ADDRESS (RFC 8489 14.2) in a success response to Binding."""
    kind, length, cookie = struct.unpack("!HHI", data[:8])
    equal((kind, cookie), (0x0101, COOKIE), "a Binding success response")
    at = 20
    while at < 20 + length:
        name, size = struct.unpack("!HH", data[at:at + 4])
        if name == 0x0020:
            port, address = struct.unpack("!HI", data[at + 6:at + 12])
            return socket.inet_ntoa(struct.pack("!I", address ^ COOKIE)), port ^ COOKIE >> 16
        at += 4 + (size + 3 & ~3)
    return None


@each_way
def keep_alives_are_answered(way):  # trap 61; RFC 5626 4.4.1, 4.4.2, 5.4; RFC 8489
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind((way.near, 5066))
        peer.settimeout(2)
        name = os.urandom(12)
        peer.sendto(struct.pack("!HHI", 1, 0, COOKIE) + name, (way.border, 5060))
        answer = peer.recv(2000)
        equal(answer[8:20], name, "transaction of the answer")
        equal(mapped(answer), (way.near, 5066), "where the border sees the peer")
        # Four bytes in a datagram are nothing; what follows is heard.
        peer.sendto(b"\r\n\r\n", (way.border, 5060))
        peer.sendto(struct.pack("!HHI", 1, 0, COOKIE) + name, (way.border, 5060))
        equal(peer.recv(2000)[8:20], name, "the next thing that is answered")
    stream = way.lab.stream_ua(way.near, "pinger", port=5066)
    for pongs in (1, 2):
        stream.current.send(b"\r\n\r\n")
        stream.until(lambda: stream.current.waiting == b"\r\n" * pongs or stream.current.crlfs == pongs, "a pong")
    stream.kill()


if __name__ == "__main__":
    main()
