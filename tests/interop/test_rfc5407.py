#!/usr/bin/env python3
"""The race conditions of RFC 5407 section 3, one test each, begun by the phone and by the carrier. The border plays both
roles of each flow: callee toward alice, caller toward bob. A race is made by sending before reading what is already on its
way."""

import time

from harness import check, equal, main
from harness.lab import PHONE
from harness.way import both_ways


def start(way):
    """Alice, who calls, and bob."""
    begins = way.near == PHONE
    alice, bob = way.lab.ua(way.near, "alice" if begins else "carrier"), way.lab.ua(way.far, "bob")
    alice.number = "sip:1000@example.org" if begins else "sip:alice@example.org"
    return alice, bob


def ring(alice, bob, sdp=None):
    call = alice.invite(alice.number, sdp=sdp)
    invite = bob.request("INVITE")
    invite.reply(180)
    call.response(180)
    return call, invite


def answered(alice, bob, sdp=None):
    """Alice has the 200 and has not acknowledged it."""
    call, invite = ring(alice, bob, sdp)
    invite.reply(200, sdp=bob.sdp())
    call.response(200)
    return call, invite


def established(alice, bob):
    call, invite = answered(alice, bob)
    call.ack()
    bob.request("ACK")
    call.send("OPTIONS").response(200)  # behind the ACK on the same way: the border has that by now
    return call, invite.dialog()


def ended_once(way, result="answered"):
    way.lab.border.until_idle(10)
    equal(way.lab.border.calls(result), 1, f"records of {result} calls")


@both_ways
def race_3_1_1_invite_repeated_after_the_200(way):
    alice, bob = start(way)
    call, _ = answered(alice, bob)
    call.sent.again()
    bob.nothing(lambda m: m.is_request("INVITE"))
    call.ack()
    bob.request("ACK")
    call.send("BYE")
    bob.request("BYE").reply(200)
    ended_once(way)


@both_ways
def race_3_1_2_cancel_crosses_the_200(way):
    alice, bob = start(way)
    call, invite = ring(alice, bob)
    invite.reply(200, sdp=bob.sdp())
    bob.request("ACK")  # the border has the 200, and its own is on its way to alice
    call.cancel().response(200)
    call.response(200)
    call.ack()
    bob.nothing(lambda m: m.is_request("CANCEL"), 0.2)
    call.send("BYE").response(200)
    bob.request("BYE").reply(200)
    ended_once(way)


@both_ways
def race_3_1_3_early_bye_crosses_the_200(way):
    alice, bob = start(way)
    call, invite = ring(alice, bob)
    invite.reply(200, sdp=bob.sdp())
    bob.request("ACK")
    bye = call.send("BYE")
    bye.response(200)
    bob.request("BYE").reply(200)
    call.response(200)  # of the INVITE
    call.ack()
    ended_once(way)


@both_ways
def race_3_1_4_reinvite_before_a_lost_ack(way):
    alice, bob = start(way)
    call, _ = answered(alice, bob)
    lost = call.sent
    again = call.send("INVITE", body=alice.sdp())
    again.response(491)  # either 200 or 491 leads to the same outcome, says the RFC
    call.ack(status=491)
    call.send("ACK", cseq=lost.cseq)
    bob.request("ACK")
    call.send("BYE").response(200)
    bob.request("BYE").reply(200)
    ended_once(way)


@both_ways
def race_3_1_5_reinvite_before_a_lost_ack_that_has_the_answer(way):
    alice, bob = start(way)
    call, _ = answered(alice, bob, sdp="")
    lost = call.sent
    again = call.send("INVITE", body=alice.sdp())
    again.response(491)
    call.ack(status=491)
    call.send("ACK", body=alice.sdp(), cseq=lost.cseq)
    check(bob.request("ACK").media(), "bob's ACK has no answer")
    call.send("BYE").response(200)
    bob.request("BYE").reply(200)
    ended_once(way)


@both_ways
def race_3_1_6_bye_before_a_lost_ack(way):
    alice, bob = start(way)
    call, _ = answered(alice, bob)
    call.send("BYE").response(200)
    bob.request("BYE").reply(200)
    call.ack()
    ended_once(way)
    alice.nothing(lambda m: m.is_request(), 0.2)


@both_ways
def race_3_2_1_byes_cross(way):
    alice, bob = start(way)
    call, there = established(alice, bob)
    here_bye, there_bye = call.send("BYE"), there.send("BYE")
    here_bye.response(200)
    there_bye.response(200)
    for ua in (alice, bob):
        bye = ua.maybe(lambda m: m.is_request("BYE"))
        if bye is not None:
            bye.reply(200)
    ended_once(way)


@both_ways
def race_3_2_2_reinvite_crosses_a_bye(way):
    alice, bob = start(way)
    call, there = established(alice, bob)
    bye = call.send("BYE")
    bye.response(200)  # the border is in the mortal state now
    again = there.send("INVITE", body=bob.sdp())
    again.response(481)
    there.ack(status=481)
    bob.request("BYE").reply(200)
    ended_once(way)


@both_ways
def race_3_2_3_the_200_of_a_reinvite_crosses_a_bye(way):
    alice, bob = start(way)
    call, there = established(alice, bob)
    again = call.send("INVITE", body=alice.sdp(direction="sendonly"))
    theirs = bob.request("INVITE")
    bye = there.send("BYE")
    theirs.reply(200, sdp=bob.sdp(direction="recvonly"))
    bye.response(200)
    again.response(487)
    call.ack(status=487)
    bob.request("ACK")  # a 2xx is acknowledged however late
    alice.request("BYE").reply(200)
    ended_once(way)


@both_ways
def race_3_2_4_the_ack_crosses_a_bye(way):
    alice, bob = start(way)
    call, invite = answered(alice, bob)
    bob.request("ACK")
    bye = invite.dialog().send("BYE")
    call.ack()
    bye.response(200)
    alice.request("BYE").reply(200)
    ended_once(way)


@both_ways
def race_3_3_1_reinvites_cross(way):
    alice, bob = start(way)
    call, there = established(alice, bob)
    mine = call.send("INVITE", body=alice.sdp(direction="sendonly"))
    theirs = bob.request("INVITE")
    yours = there.send("INVITE", body=bob.sdp(direction="inactive"))
    yours.response(491)
    there.ack(status=491)
    theirs.reply(491)
    # Ours is refused as well; the border made that Call-ID, and asks again after 2.1 to 4 s (RFC 3261 14.1).
    began = time.monotonic()
    again = bob.request("INVITE", seconds=8)
    check(2.0 <= time.monotonic() - began <= 5.0, f"asked again after {time.monotonic() - began:.1f} s")
    alice.nothing(lambda m: m.is_response() and m.header("cseq") == f"{mine.cseq} INVITE" and m.status >= 200, 0.1)
    again.reply(200, sdp=bob.sdp(direction="recvonly"))
    check("a=recvonly" in mine.response(200).body, "alice's answer")
    call.ack()
    bob.request("ACK", where=lambda m: m.header("cseq") == again.header("cseq").replace("INVITE", "ACK"))
    call.send("OPTIONS").response(200)  # behind the ACK on the same way
    # And bob's own, as the RFC has it repeated.
    yours = there.send("INVITE", body=bob.sdp(direction="inactive"))
    alice.request("INVITE").reply(200, sdp=alice.sdp(direction="inactive"))
    yours.response(200)
    there.ack()
    alice.request("ACK")
    call.send("BYE").response(200)
    bob.request("BYE").reply(200)
    ended_once(way)


# The UPDATE must live for longer than the 4 s for which its repetition may have to wait.
@both_ways(timers={"t1": "100ms"})
def race_3_3_2_update_and_reinvite_cross(way):
    allow = "Allow: INVITE, ACK, CANCEL, BYE, UPDATE"
    alice, bob = start(way)
    call = alice.invite(alice.number, headers=[allow])
    invite = bob.request("INVITE")
    invite.reply(200, sdp=bob.sdp(), headers=[allow])
    call.response(200)
    call.ack()
    bob.request("ACK")
    there = invite.dialog()
    mine = call.send("UPDATE", body=alice.sdp(direction="sendonly"))
    theirs = bob.request("UPDATE")
    yours = there.send("INVITE", body=bob.sdp(direction="inactive"))
    yours.response(491)
    there.ack(status=491)
    theirs.reply(491)
    again = bob.request("UPDATE", seconds=8)  # after the wait of the one that made the Call-ID
    again.reply(200, sdp=bob.sdp(direction="recvonly"))
    check("a=recvonly" in mine.response(200).body, "alice's UPDATE was answered")
    # Without an offer both succeed.
    mine, yours = call.send("UPDATE"), there.send("INVITE", body=bob.sdp(direction="recvonly"))
    mine.response(200)
    alice.request("INVITE").reply(200, sdp=alice.sdp(direction="sendonly"))
    yours.response(200)
    there.ack()
    call.send("BYE").response(200)
    bob.request("BYE").reply(200)
    ended_once(way)


@both_ways
def race_3_3_3_refer_crosses_a_bye(way):
    alice, bob = start(way)
    call, there = established(alice, bob)
    call.send("BYE").response(200)
    refer = there.send("REFER", headers=["Refer-To: <sip:carol@example.org>"])
    refer.response(481)
    bob.request("BYE").reply(200)
    ended_once(way)


if __name__ == "__main__":
    main()
