#!/usr/bin/env python3
"""Whole calls of peers that write as RFC 3261 7.3 and RFC 2543 let them, from either side of the border; and what is dialled."""

import re

from harness import check, equal, main, test
from harness.client import token
from harness.lab import CARRIER, PHONE
from harness.way import each_way, start

COMPACT = """INVITE {to} SIP/2.0
v: SIP/2.0/UDP {near}:5060;branch={branch}
f: "J\u00fcrg \\"J\\" L\u00f6w" <{user}>;tag=a
t: <{to}>
i: {call_id}
CSeq: 1 INVITE
Max-Forwards: 70
m: <sip:me@{near}:5060>
k: timer,
 100rel
x: 1800
s: hello
c: application/sdp
l: {length}
"""
FOLDED = """INVITE {to} SIP/2.0
Via:
 SIP/2.0/UDP
  {near}:5060;branch={branch}
From: J\u00fcrg <{user}>
\t;tag=a
To   :  <{to}>
Call-ID: {call_id}
CSeq:  1
  INVITE
Max-Forwards:\t70
Contact: <sip:me@{near}:5060>
Supported:
sUBJECT: hello
Content-Type: application/sdp
Content-Length: {length}
"""
BARE = """INVITE {to} SIP/2.0
Via: SIP/2.0/UDP {near}:5060;branch={branch}
From: {user};tag=a
To: {to}
Call-ID: {call_id}
CSeq: 1 INVITE
Contact: sip:me@{near}:5060
Subject: hello
Content-Type: application/sdp
"""
# Neither cookie nor tag, and no Max-Forwards.
OLD = """INVITE {to} SIP/2.0
Via: SIP/2.0/UDP {near}:5060
From: <{user}>
To: <{to}>
Call-ID: {call_id}
CSeq: 1 INVITE
Contact: <sip:me@{near}:5060>
Subject: hello
Content-Type: application/sdp
Content-Length: {length}
"""


def crlf(text):
    return text.replace("\n", "\r\n")


def whole_call(way, form, old=False):
    near = way.lab.ua(way.near, "near")
    far = way.lab.ua(way.far, "far")
    phone_begins = way.near == PHONE
    sdp = near.sdp()
    words = {"to": "sip:1000@example.org" if phone_begins else "sip:alice@example.org", "near": way.near, "call_id": token(),
             "user": "sip:alice@example.org" if phone_begins else "sip:4366012345@example.org",
             "branch": f"z9hG4bK{token()}", "length": len(sdp.encode())}
    near.send_text(crlf(form.format(**words) + "\n") + sdp)
    invite = far.request("INVITE")
    equal(invite.header("subject"), "hello", "what is said")
    if "J\u00fcrg" in form:
        check("J\u00fcrg" in invite.header("from"), f"From: {invite.header('from')}")
    invite.reply(200, sdp=far.sdp())
    far.request("ACK")
    answer = near._take(lambda m: m.is_response(200, "INVITE"), "the 200", 5)
    check(answer.media()[0] == way.border, f"the answer:\n{answer.text}")

    def send(method, number):
        branch = "" if old else f";branch=z9hG4bK{token()}"
        lines = [f"{method} {re.search('<([^>]+)>', answer.header('contact'))[1]} SIP/2.0",
                 f"Via: SIP/2.0/UDP {way.near}:5060{branch}", f"From: {answer.header('from')}", f"To: {answer.header('to')}",
                 f"Call-ID: {words['call_id']}", f"CSeq: {number} {method}", "Content-Length: 0"]
        near.send_text("\r\n".join(lines) + "\r\n\r\n")

    send("ACK", 1)
    send("BYE", 2)
    far.request("BYE").reply(200)
    near._take(lambda m: m.is_response(200, "BYE"), "the 200 to BYE", 5)
    near.kill()
    far.kill()


@each_way
def compact_names(way):  # trap 63
    whole_call(way, COMPACT)


@each_way
def folded_lines(way):  # trap 63
    whole_call(way, FOLDED)


@each_way
def addresses_without_brackets(way):  # trap 63
    whole_call(way, BARE)


@each_way
def a_peer_of_rfc_2543(way):  # trap 64; RFC 3261 12.1.1, 17.2.3
    whole_call(way, OLD, old=True)


# What is dialled, and the user part toward the trunk.
NUMBERS = [("tel:+4315551234", "+4315551234"), ("tel:+43-1-555.12(34)", "+43-1-555.12(34)"), ("tel:*21#", "*21%23"),
           ("tel:112;phone-context=+43", "112"),  # the context names a network
           ("sip:+4366012;npdi;rn=+4319@example.org;user=phone", "+4366012;npdi;rn=+4319"),
           ("sip:1000;cpc=payphone@example.org", "1000;cpc=payphone"), ("sip:%23100@example.org", "%23100"),
           ("sip:a%20b%40c@example.org", "a%20b%40c")]


@test
def numbers_in_every_spelling(lab):  # trap 69; RFC 3966, RFC 4694, RFC 3261 19.1.4
    start(lab)
    phone, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    for dialled, user in NUMBERS:
        said = "phone" in dialled.rpartition(";")[2] or dialled.startswith("tel:")
        form = ";user=phone" if said and user.startswith("+") else ""
        call = phone.invite(dialled)
        invite = carrier.request("INVITE")
        for uri in (invite.start.split()[1], re.search("<([^>]+)>", invite.header("to"))[1]):
            equal(uri, f"sip:{user}@{CARRIER}{form}", f"the URI for {dialled}")
        invite.reply(486)
        call.response(486)
        call.ack(status=486)


if __name__ == "__main__":
    main()
