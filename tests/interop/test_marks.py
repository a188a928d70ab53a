#!/usr/bin/env python3
"""Marks (DSCP, RFC 2474) by kind of media and realm, read from the packets that the peers get."""

import time

from harness import equal, eventually, main, test
from harness.border import ACCESS, CORE
from harness.fax import FaxMachine, end, fax_sdp, place, turn
from harness.lab import CARRIER, PHONE
from harness.talk import HERE, THERE

NUMBER = "sip:1000@example.org"
EF, AF41, CS5 = 46, 34, 40
VIDEO = ["m=video 7400 RTP/AVP 97", "a=rtpmap:97 VP8/90000", "m=text 7500 RTP/AVP 98", "a=rtpmap:98 t140/1000"]
# Of the first lab: what the carrier's network calls things.
CORE_MARKS = {"realm": {"core": {"dscp": {"audio": 10, "video": 12, "text": 14, "fax": 18, "signalling": 24}}}}


def marks(lab, source, target):
    return lab.capture.marks((source, None), target)


def every_port(message):
    lines = message.body.split("\r\n")
    address = next(l.split()[-1] for l in lines if l.startswith("c="))
    return [(address, int(l.split()[1])) for l in lines if l.startswith("m=")]


@test
def each_kind_of_media_has_the_mark_of_its_realm(lab):
    lab.start(CORE_MARKS)
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    call = alice.invite(NUMBER, sdp=alice.sdp(extra=VIDEO))
    invite = carrier.request("INVITE")
    invite.reply(200, sdp=carrier.sdp(extra=VIDEO))
    answer = call.response(200)
    call.ack()
    carrier.request("ACK")
    for at, message in ((PHONE, answer), (CARRIER, invite)):
        for port, to in zip((7000, 7400, 7500), every_port(message)):
            lab.rtp(at, HERE if at == PHONE else THERE, port=port).send_to(to)
    want = {(ACCESS, PHONE): (EF, AF41, AF41), (CORE, CARRIER): (10, 12, 14)}
    for (border, peer), by_kind in want.items():
        for port, mark in zip((7000, 7400, 7500), by_kind):
            eventually(lambda p=peer, q=port: lab.capture.packets(target=(p, q)) > 5, f"media to {peer}:{port}")
            equal(marks(lab, border, (peer, port)), {mark}, f"marks of what {peer}:{port} gets")
    # SIP is marked as well.
    equal(marks(lab, ACCESS, (PHONE, 5060)), {CS5}, "signalling to the phone")
    equal(marks(lab, CORE, (CARRIER, 5060)), {24}, "signalling to the carrier")
    end(call, carrier)


@test
def an_audio_line_that_turns_into_fax_takes_its_mark(lab):
    lab.start({"realm": {"access": {"dscp": {"fax": 8}}}})
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    call = alice.invite(NUMBER)
    invite = carrier.request("INVITE")
    invite.reply(200, sdp=carrier.sdp())
    call.response(200)
    call.ack()
    carrier.request("ACK")
    time.sleep(0.1)  # nobody is a fax machine in a millisecond, and the border is done with the answer
    agreed, asked = turn(invite.dialog(), carrier, fax_sdp(CARRIER, 7100), alice, fax_sdp(PHONE, 7200))
    near, far = lab.keep(FaxMachine(PHONE, 7200, "alice")), lab.keep(FaxMachine(CARRIER, 7100, "carrier"))
    near.send(place(asked.message))
    far.send(place(agreed))
    eventually(lambda: len(far.heard) >= 20 and len(near.heard) >= 20, "fax both ways")
    equal(marks(lab, ACCESS, (PHONE, 7200)), {8}, "fax to the phone")
    equal(marks(lab, CORE, (CARRIER, 7100)), {EF}, "fax to the carrier")
    end(call, carrier)


@test
def signalling_over_tcp_is_marked(lab):
    lab.start()
    phone = lab.stream_ua(PHONE, "alice")
    phone.connect()
    phone.send_text(
        f"OPTIONS sip:{ACCESS} SIP/2.0\r\nVia: SIP/2.0/TCP {PHONE}:5060;branch=z9hG4bKmark\r\nMax-Forwards: 70\r\n"
        f"From: <sip:alice@example.org>;tag=1\r\nTo: <sip:{ACCESS}>\r\nCall-ID: mark\r\nCSeq: 1 OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n")
    own = phone.current.socket.getsockname()[1]
    lab.capture.wait(lambda m: m.is_response(method="OPTIONS"), "an answer", target=PHONE)
    equal(marks(lab, ACCESS, (PHONE, own)), {CS5}, "signalling over TCP")


if __name__ == "__main__":
    main()
