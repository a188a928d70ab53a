#!/usr/bin/env python3
"""Hold in all its spellings: nothing is sent to 0.0.0.0 or ::, nothing is heard meanwhile, and it ends well."""

import re
import time

from harness import check, equal, eventually, main, test
from harness.border import ACCESS6
from harness.lab import CARRIER, PHONE, PHONE6
from harness.talk import HERE, THERE, both_hear

NUMBER = "sip:1000@example.org"
# Address instead of the own one, direction of the m-line and of the session; what the other side is told (RFC 3264 8.4).
SPELLINGS = [
    (None, "sendonly", None, "sendonly"),
    (None, "inactive", None, "inactive"),
    (None, None, "inactive", "inactive"),
    (None, "sendonly", "inactive", "sendonly"),
    ("0.0.0.0", "sendrecv", None, "sendonly"),
    ("0.0.0.0", "sendonly", None, "sendonly"),
    ("0.0.0.0", "inactive", "inactive", "inactive"),
]


def spelled(ua, address, direction, of_session):
    text = ua.sdp(direction=direction or "sendrecv")
    if direction is None:
        text = text.replace("a=sendrecv\r\n", "")
    if address:
        text = text.replace(f"c=IN IP4 {ua.at}", f"c=IN IP4 {address}").replace(f"c=IN IP6 {ua.at}", f"c=IN IP6 {address}")
    return text.replace("t=0 0\r\n", f"t=0 0\r\na={of_session}\r\n") if of_session else text


def talking(lab, at=PHONE, border=None):
    alice, carrier = lab.ua(at, "alice", border) if border else lab.ua(at, "alice"), lab.ua(CARRIER, "carrier")
    call = alice.invite(NUMBER)
    invite = carrier.request("INVITE")
    invite.reply(200, sdp=carrier.sdp())
    answer = call.response(200)
    call.ack()
    carrier.request("ACK")
    phone, gateway = lab.rtp(at, HERE), lab.rtp(CARRIER, THERE)
    phone.send_to(answer.media()[:2])
    gateway.send_to(invite.message.media()[:2])
    both_hear(phone, gateway, 5)
    return alice, carrier, call, phone, gateway


def change(alice, carrier, call, offer, answering):
    call.send("INVITE", body=offer)
    asked = carrier.request("INVITE")
    asked.reply(200, sdp=carrier.sdp(direction=answering))
    agreed = call.response(200)
    call.ack()
    carrier.request("ACK")
    return asked, agreed


def hold_and_resume(lab, parties, spelling):
    alice, carrier, call, phone, gateway = parties
    address, direction, of_session, told = spelling
    answering = "recvonly" if told == "sendonly" else "inactive"
    asked, agreed = change(alice, carrier, call, spelled(alice, address, direction, of_session), answering)
    where, port, said = asked.message.media()
    equal(said, told, f"what the carrier is told of {spelling}")
    check(port != 0 and where not in ("0.0.0.0", "::"), f"the carrier is told {where}:{port}")
    check(agreed.media()[0] not in ("0.0.0.0", "::") and agreed.media()[1] != 0, "the phone is told no address")
    time.sleep(0.1)
    heard, sent = phone.heard(THERE), gateway.sent()
    time.sleep(0.4)
    check(gateway.sent() > sent + 10, "the carrier did not go on")
    equal(phone.heard(THERE), heard, f"packets that the phone hears while it holds by {spelling}")

    _, agreed = change(alice, carrier, call, alice.sdp(), "sendrecv")
    equal(agreed.media()[2], "sendrecv", "after resuming")
    heard = phone.heard(THERE), gateway.heard(HERE)
    eventually(lambda: phone.heard(THERE) > heard[0] + 5 and gateway.heard(HERE) > heard[1] + 5, "both after resuming")


def end(call, carrier):
    bye = call.send("BYE")
    carrier.request("BYE").reply(200)
    bye.response(200)


@test
def every_spelling_is_understood(lab):
    lab.start()
    parties = talking(lab)
    for spelling in SPELLINGS:
        hold_and_resume(lab, parties, spelling)

    def held_back():
        metrics = lab.border.relay_metrics()
        return sum(metrics.total("relay_packets_dropped_total", reason=reason)
                   for reason in ("no_destination", "not_sending", "not_receiving"))

    eventually(lambda: held_back() > 50, "what was held back is counted")
    end(parties[2], parties[1])


@test
def an_ipv6_phone_holds_by_the_unspecified_address(lab):
    lab.start(register=False)
    lab.register("alice", PHONE6)
    parties = talking(lab, PHONE6, ACCESS6)
    for spelling in (("::", "sendrecv", None, "sendonly"), ("::", "inactive", None, "inactive"),
                     (None, "sendonly", None, "sendonly")):
        hold_and_resume(lab, parties, spelling)
    end(parties[2], parties[1])


@test
def a_phone_takes_its_line_out_of_use_and_back(lab):
    """Port 0 (RFC 3264 8.2): nothing of it is left at the border until it comes again."""
    lab.start()
    alice, carrier, call, phone, gateway = talking(lab)
    off = lambda ua: re.sub(r"m=audio \d+", "m=audio 0", ua.sdp())
    call.send("INVITE", body=off(alice))
    asked = carrier.request("INVITE")
    equal(asked.message.media()[1], 0, "the port that the carrier is told")
    asked.reply(200, sdp=off(carrier))
    equal(call.response(200).media()[1], 0, "the port that the phone is told")
    call.ack()
    carrier.request("ACK")
    time.sleep(0.1)
    heard = phone.heard(THERE), gateway.heard(HERE)
    time.sleep(0.4)
    equal((phone.heard(THERE), gateway.heard(HERE)), heard, "packets that are heard meanwhile")

    asked, agreed = change(alice, carrier, call, alice.sdp(), "sendrecv")
    phone.send_to(agreed.media()[:2])
    gateway.send_to(asked.message.media()[:2])
    eventually(lambda: phone.heard(THERE) > heard[0] + 5 and gateway.heard(HERE) > heard[1] + 5, "both after it is back")
    end(call, carrier)


if __name__ == "__main__":
    main()
