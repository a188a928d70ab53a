#!/usr/bin/env python3
"""Calls that are answered: how they come about, change and end."""

import re

from harness import check, equal, eventually, main, test
from harness.lab import ACCESS, CARRIER, CORE, PHONE, PHONE2

# sipp takes the first challenge, whatever it is, and knows no other algorithm.
ONLY_MD5 = {"realm": {"access": {"registrar": {"algorithms": ["MD5"]}}}}


def accepted(lab, target):
    """The 2xx to INVITEs that went to an address."""
    return lab.capture.messages(target=target, where=lambda m: m.is_response(200, "INVITE"))


def byes(lab, source, target):
    return lab.capture.messages(source, target, lambda m: m.is_request("BYE"))


@test
def a_registered_phone_calls_the_carrier(lab):
    lab.start()
    lab.call("caller", "callee")
    equal(lab.border.calls("answered"), 1, "answered calls")
    # Both sides saw addresses of the relay, not of each other.
    offer = lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("INVITE"))[0]
    equal(offer.media()[0], CORE, "address in the offer")
    equal(accepted(lab, PHONE)[0].media()[0], ACCESS, "address in the answer")


@test
def a_session_has_one_name_in_messages_and_in_the_log(lab):  # RFC 7989 5, 9
    lab.start()
    lab.call("caller", "callee")
    names = {message.header("session-id").split(";")[0]
             for target in (CARRIER, PHONE)
             for message in lab.capture.messages(target=target)
             if message.header("session-id") and message.header("call-id")}
    eventually(lambda: 'msg="call ended"' in lab.border.sbc.output(), "the end of the call in the log")
    said = re.findall(r'msg="call ended".* session_id="([0-9a-f]{32});remote=([0-9a-f]{32})"', lab.border.sbc.output())
    equal(len(said), 1, "calls in the log with a Session-ID")
    check(set(said[0]) >= names and names, f"the log says {said[0]}, the messages {names}")


@test
def the_carrier_calls_a_registered_phone(lab):
    lab.start()
    callee = lab.sipp("callee", "callee", PHONE)
    caller = lab.sipp("caller", "caller", CARRIER, service="alice", user="436601234567")
    caller.done()
    callee.done()
    invite = lab.capture.messages(ACCESS, PHONE, lambda m: m.is_request("INVITE"))[0]
    equal(invite.start, f"INVITE sip:alice@{PHONE}:5060 SIP/2.0", "the phone's INVITE")


@test
def two_phones_call_each_other(lab):
    lab.start()
    lab.register("bob", PHONE2)
    callee = lab.sipp("callee", "callee", PHONE2)
    caller = lab.caller("caller", service="bob")
    caller.done()
    callee.done()


@test
def a_phone_that_is_not_registered_proves_its_password(lab):
    lab.start(ONLY_MD5, register=False)
    lab.call("caller_authorized", "callee", {"password": "wonder-land"})


@test
def a_wrong_password_is_refused(lab):
    lab.start(ONLY_MD5, register=False)
    lab.sipp("caller_wrong_password", "caller", PHONE, password="nonsense").done()
    equal(lab.capture.messages(CORE, CARRIER), [], "messages to the carrier")


@test
def the_callee_hangs_up(lab):
    lab.start()
    lab.call("caller_hung_up", "callee_hangs_up")
    equal(len(byes(lab, CARRIER, CORE)), 1, "BYEs of the callee")


# trap 13: BYE crosses BYE, or overtakes the ACK.
@test
def byes_cross_on_the_callees_side(lab):
    lab.start()
    lab.call("caller", "callee_crosses_bye")
    equal([len(byes(lab, *way)) for way in ((CORE, CARRIER), (CARRIER, CORE))], [1, 1], "BYEs each way")


@test
def byes_cross_on_the_callers_side(lab):
    lab.start()
    lab.call("caller_crosses_bye", "callee_hangs_up")
    equal([len(byes(lab, *way)) for way in ((ACCESS, PHONE), (PHONE, ACCESS))], [1, 1], "BYEs each way")


@test
def the_caller_holds_and_resumes(lab):
    lab.start()
    lab.call("caller_holds", "callee_is_held")
    offers = lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("INVITE"))
    equal([m.media()[2] for m in offers], ["sendrecv", "sendonly", "sendrecv"], "directions of the offers")
    equal([m.media()[2] for m in accepted(lab, PHONE)], ["sendrecv", "recvonly", "sendrecv"], "and of the answers")
    equal(len({m.media()[1] for m in offers}), 1, "ports that the callee was told")


@test
def the_callee_holds_and_resumes(lab):
    lab.start()
    lab.call("caller_is_held", "callee_holds")
    offers = lab.capture.messages(ACCESS, PHONE, lambda m: m.is_request("INVITE"))
    equal([m.media()[2] for m in offers], ["sendonly", "sendrecv"], "directions of the offers")
    equal([m.media()[2] for m in accepted(lab, CARRIER)], ["recvonly", "sendrecv"], "and of the answers")


@test
def a_refused_reinvite_leaves_the_call_as_it_was(lab):
    lab.start()
    lab.call("caller_reinvite_refused", "callee_refuses_reinvite")
    equal(lab.border.calls("answered"), 1, "answered calls")


# trap 12: a late offer: the ACK brings the answer, and the other leg's ACK waits for it.
@test
def an_invite_without_sdp_lets_the_callee_offer(lab):
    lab.start()
    lab.call("caller_late_offer", "callee")
    invite = lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("INVITE"))[0]
    equal(invite.body, "", "body of the callee's INVITE")
    ack = lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("ACK"))[0]
    check(ack.media() is not None, "the callee's ACK has no answer")
    equal(ack.media()[0], CORE, "address in the answer")


@test
def early_media_has_a_way(lab):
    lab.start()
    lab.call("caller_early_media", "callee_early_media")


# trap 9: a 2xx or its ACK is lost on the way.
@test
def a_lost_ack_is_asked_for_again(lab):
    lab.start()
    lab.call("caller_loses_ack", "callee", {"filter": False})
    check(len(accepted(lab, PHONE)) >= 2, "the 200 was not sent again")
    equal(lab.border.calls("answered"), 1, "answered calls")


@test
def without_an_ack_both_legs_are_ended(lab):
    lab.start()
    lab.call("caller_never_acks", "callee")
    answers = accepted(lab, PHONE)
    check(len(answers) >= 7, f"the 200 was sent {len(answers)} times only")
    # RFC 3261 13.3.1.4: 64*T1 from the first 200.
    bye = byes(lab, ACCESS, PHONE)[0]
    waited = bye.time - answers[0].time
    check(3.0 <= waited <= 5.0, f"the BYE came after {waited:.2f} s, not after 64*T1 = 3.2 s")
    for target in (PHONE, CARRIER):
        reason = lab.capture.messages(target=target, where=lambda m: m.is_request("BYE"))[0].header("reason")
        check("No ACK" in reason, f"Reason of the BYE to {target}: {reason!r}")


@test
def twenty_calls_at_once(lab):
    lab.start()
    lab.call("caller", "callee", {"calls": 20, "rate": 50, "talk": 500}, {"calls": 20})
    equal(lab.border.calls("answered"), 20, "answered calls")


if __name__ == "__main__":
    main()
