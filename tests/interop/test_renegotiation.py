#!/usr/bin/env python3
"""Changes of a call that talks, message by message: session timers, UPDATE, offers that collide."""

from harness import check, equal, main, test
from harness.lab import CARRIER, PHONE

NUMBER = "sip:1000@example.org"
ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, UPDATE"


def establish(lab, caller=(), callee=(), more=None):
    """Alice's dialog, bob's dialog, the INVITE that bob got, the 200 that alice got."""
    lab.start(more)
    alice, bob = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "bob")
    call = alice.invite(NUMBER, headers=list(caller))
    invite = bob.request("INVITE")
    invite.reply(200, sdp=bob.sdp(), headers=list(callee))
    ok = call.response(200)
    call.ack()
    bob.request("ACK")
    return call, invite.dialog(), invite, ok


def hang_up(call, bob):
    bye = call.send("BYE")
    bob.request("BYE").reply(200)
    bye.response(200)


@test
def each_leg_has_its_own_session_timer(lab):
    call, there, invite, ok = establish(lab, ["Supported: timer", "Session-Expires: 600;refresher=uac"],
                                        ["Require: timer", "Session-Expires: 1200;refresher=uas"])
    equal(invite.header("session-expires"), "1800", "what the callee was asked")
    equal(ok.header("session-expires"), "600;refresher=uac", "what the caller was answered")
    refresh = call.send("UPDATE", headers=["Supported: timer", "Session-Expires: 600;refresher=uac"])
    equal(refresh.response(200).header("session-expires"), "600;refresher=uac", "the answer to the refresh")
    there.ua.nothing()
    hang_up(call, there.ua)


@test
def an_interval_that_is_too_short_is_refused_with_the_least(lab):
    lab.start({"timers": {"min_se": 120}})
    call = lab.ua(PHONE, "alice").invite(NUMBER, headers=["Supported: timer", "Session-Expires: 100"])
    equal(call.response(422).header("min-se"), "120", "Min-SE")


@test
def a_trunk_that_wants_a_longer_interval_is_asked_again(lab):
    lab.start()
    alice, bob = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "bob")
    call = alice.invite(NUMBER)
    first = bob.request("INVITE").reply(422, headers=["Min-SE: 3600"])
    second = bob.request("INVITE")
    equal(second.header("call-id"), first.header("call-id"), "Call-ID")
    equal(second.header("session-expires"), "3600", "Session-Expires")
    second.reply(200, sdp=bob.sdp())
    call.response(200)
    call.ack()
    bob.request("ACK")
    hang_up(call, bob)


@test
def an_update_crosses_as_update(lab):
    call, there, _, _ = establish(lab, [ALLOW], [ALLOW])
    update = call.send("UPDATE", body=call.ua.sdp(direction="sendonly"))
    asked = there.ua.request("UPDATE")
    check("a=sendonly" in asked.body, f"the callee was offered:\n{asked.body}")
    asked.reply(200, sdp=there.ua.sdp(direction="recvonly"))
    check("a=recvonly" in update.response(200).body, "the answer came back")
    there.ua.nothing(lambda m: m.is_request("ACK"))
    hang_up(call, there.ua)


# trap 24: the other peer knows no UPDATE.
@test
def an_update_becomes_a_reinvite_for_a_peer_without_it(lab):
    call, there, _, _ = establish(lab, [ALLOW], ["Allow: INVITE, ACK, CANCEL, BYE"])
    update = call.send("UPDATE", body=call.ua.sdp(direction="sendonly"))
    there.ua.request("INVITE").reply(200, sdp=there.ua.sdp(direction="recvonly"))
    there.ua.request("ACK")
    update.response(200)
    hang_up(call, there.ua)


# trap 22: glare, on one leg and across the bridge.
@test
def a_reinvite_that_collides_is_tried_again(lab):
    call, there, _, _ = establish(lab)
    call.send("INVITE", body=call.ua.sdp(direction="sendonly"))
    there.ua.request("INVITE").reply(491)
    there.ua.request("INVITE", seconds=8).reply(200, sdp=there.ua.sdp(direction="recvonly"))
    call.response(200)
    call.ack()
    hang_up(call, there.ua)


@test
def a_refused_update_leaves_the_call_as_it_was(lab):
    call, there, _, _ = establish(lab, [ALLOW], [ALLOW])
    update = call.send("UPDATE", body=call.ua.sdp(direction="sendonly"))
    there.ua.request("UPDATE").reply(488)
    update.response(488)
    hang_up(call, there.ua)


if __name__ == "__main__":
    main()
