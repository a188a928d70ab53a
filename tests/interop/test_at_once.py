#!/usr/bin/env python3
"""Places that are called at once: the phones of a user, a group of users, two carriers. All ring, one takes the call, the others hear that
it is taken."""

from harness import check, equal, eventually, main, test
from harness.border import OWN_POLICIES
from harness.lab import CARRIER, CARRIER2, PHONE, PHONE2

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'
NUMBER = "sip:1000@example.org"


def two_phones(lab):
    """Both of alice's, under the shipped policy, and the carrier that calls her."""
    lab.start()
    lab.register("alice", PHONE2)
    return lab.ua(CARRIER, "carrier"), lab.ua(PHONE, "alice"), lab.ua(PHONE2, "alice")


def two_carriers(lab, register=True):
    lab.start({"policy": {"file": str(OWN_POLICIES / "at_once.lua"), "settings": {"trust_udp_addresses": None}},
               "trunk": {"spare": {"realm": "core", "targets": [f"{CARRIER2}:5060"], "sources": [CARRIER2]},
                         "carrier": {"sources": [CARRIER]}}}, register=register)


def said(lab, text):
    eventually(lambda: f'msg="{text}"' in (lab.directory / "sbc.log").read_text(), f"what the policy says: {text}")


def cancelled(invite, reason=None):
    """Whoever has this INVITE hears that it is over, and says so."""
    cancel = invite.ua.request("CANCEL")
    if reason:
        equal(cancel.header("reason"), reason, "Reason of the CANCEL")
    cancel.reply(200)
    invite.reply(487)
    invite.ua.request("ACK")


def end(call, callee):
    bye = call.send("BYE")
    callee.request("BYE").reply(200)
    bye.response(200)


@test
def both_phones_ring_and_one_answers(lab):
    carrier, first, second = two_phones(lab)
    call = carrier.invite("sip:alice@example.org", sdp=carrier.sdp())
    invites = [phone.request("INVITE") for phone in (first, second)]
    check(invites[0].header("call-id") != invites[1].header("call-id"), "two calls of the border's")
    for invite in invites:
        invite.reply(180)
        call.sent.response(180)
    invites[1].reply(200, sdp=second.sdp(7100))
    call.response(200)
    call.ack()
    second.request("ACK")
    cancelled(invites[0], ELSEWHERE)
    carrier.nothing(lambda m: m.is_response(487), 0.3)
    end(call, second)
    first.nothing(lambda m: m.is_request("BYE"), 0.3)


@test
def whoever_answers_is_heard(lab):
    carrier, first, second = two_phones(lab)
    voices = [lab.rtp(PHONE, 11, 7100), lab.rtp(PHONE2, 12, 7200)]
    ear = lab.rtp(CARRIER, 1, 7000)
    call = carrier.invite("sip:alice@example.org", sdp=carrier.sdp(7000))
    invites = [first.request("INVITE"), second.request("INVITE")]
    for invite, voice, port in zip(invites, voices, (7100, 7200)):
        voice.send_to(invite.media()[:2])
        invite.reply(183, sdp=invite.ua.sdp(port))
        call.sent.response(183)
    invites[0].reply(200, sdp=first.sdp(7100))
    answer = call.response(200)
    call.ack()
    first.request("ACK")
    cancelled(invites[1], ELSEWHERE)
    ear.send_to(answer.media()[:2])
    eventually(lambda: ear.heard(11) >= 10, "the phone that answered is heard", 10)
    eventually(lambda: voices[0].heard(1) >= 10, "and hears", 10)
    end(call, first)


@test
def two_that_answer_at_once_are_one_call(lab):  # RFC 3261 13.2.2.4
    carrier, first, second = two_phones(lab)
    call = carrier.invite("sip:alice@example.org", sdp=carrier.sdp())
    invites = [first.request("INVITE"), second.request("INVITE")]
    for invite in invites:
        invite.reply(180)
    for invite in invites:
        invite.reply(200, sdp=invite.ua.sdp())
    call.response(200)
    call.ack()
    first.request("ACK")
    second.request("ACK")
    # What two machines send may overtake each other.
    goodbye = lab.capture.wait(lambda m: m.is_request("BYE"), "a BYE to who was later")
    winner, loser = (first, second) if goodbye.target[0] == PHONE2 else (second, first)
    loser.request("BYE").reply(200)
    end(call, winner)


@test
def one_is_busy_and_the_other_answers(lab):
    carrier, first, second = two_phones(lab)
    call = carrier.invite("sip:alice@example.org", sdp=carrier.sdp())
    invites = [first.request("INVITE"), second.request("INVITE")]
    invites[0].reply(486)
    first.request("ACK")
    invites[1].reply(180)
    call.response(180)
    invites[1].reply(200, sdp=second.sdp())
    call.response(200)
    call.ack()
    second.request("ACK")
    end(call, second)


@test
def a_caller_who_gives_up_ends_both(lab):
    carrier, first, second = two_phones(lab)
    call = carrier.invite("sip:alice@example.org", sdp=carrier.sdp())
    invites = [first.request("INVITE"), second.request("INVITE")]
    for invite in invites:
        invite.reply(180)
        call.sent.response(180)
    call.cancel().response(200)
    for invite in invites:
        cancelled(invite)
    call.response(487)
    call.ack(status=487)


@test
def a_group_rings_and_then_the_next_place(lab):
    two_carriers(lab)
    lab.register("bob", PHONE2)
    alice, bob = lab.ua(PHONE, "alice"), lab.ua(PHONE2, "bob")
    caller, carrier = lab.ua(CARRIER2, "spare"), lab.ua(CARRIER, "carrier")
    call = caller.invite("sip:team@example.org", sdp=caller.sdp())
    invites = [alice.request("INVITE"), bob.request("INVITE")]
    invites[1].reply(486)
    bob.request("ACK")
    invites[0].reply(180)
    call.response(180)
    carrier.nothing(lambda m: m.is_request(), 1)
    cancelled(invites[0])  # its time is over
    taken = carrier.request("INVITE")
    equal(taken.message.start.split()[1].split("@")[0], "sip:100", "whom the next place is called as")
    said(lab, "failed 486 2 1")  # once, of both
    taken.reply(200, sdp=carrier.sdp())
    call.response(200)
    call.ack()
    carrier.request("ACK")
    end(call, carrier)


@test
def two_carriers_race(lab):
    two_carriers(lab)
    alice, carriers = lab.ua(PHONE, "alice"), [lab.ua(CARRIER, "carrier"), lab.ua(CARRIER2, "spare")]
    call = alice.invite(NUMBER, sdp=alice.sdp())
    invites = [carrier.request("INVITE") for carrier in carriers]
    invites[0].reply(183, sdp=carriers[0].sdp(7100))
    call.sent.response(183)
    said(lab, "lines 1 1 1 0")  # each takes a line; alice calls
    invites[1].reply(200, sdp=carriers[1].sdp(7200))
    call.response(200)
    call.ack()
    carriers[1].request("ACK")
    cancelled(invites[0], ELSEWHERE)
    end(call, carriers[1])


@test
def a_user_with_two_phones_is_called_once(lab):
    two_carriers(lab)
    lab.register("alice", PHONE2)
    carrier, first, second = lab.ua(CARRIER, "carrier"), lab.ua(PHONE, "alice"), lab.ua(PHONE2, "alice")
    call = carrier.invite("sip:alice@example.org", sdp=carrier.sdp())
    invites = [first.request("INVITE"), second.request("INVITE")]
    for invite in invites:
        invite.reply(180)
        call.sent.response(180)
    said(lab, "lines 1 0 1 0")
    for invite in invites:
        invite.reply(486)
        invite.ua.request("ACK")
    call.response(486)
    call.ack(status=486)
    said(lab, "failed 486 2 0")


@test
def a_refusal_for_all_ends_the_other(lab):  # RFC 3261 16.7 step 5
    two_carriers(lab)
    alice, carriers = lab.ua(PHONE, "alice"), [lab.ua(CARRIER, "carrier"), lab.ua(CARRIER2, "spare")]
    call = alice.invite(NUMBER, sdp=alice.sdp())
    invites = [carrier.request("INVITE") for carrier in carriers]
    invites[0].reply(180)
    call.response(180)
    invites[1].reply(603)
    carriers[1].request("ACK")
    call.response(603)
    call.ack(status=603)
    cancelled(invites[0])


if __name__ == "__main__":
    main()
