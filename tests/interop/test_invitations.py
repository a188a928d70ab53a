#!/usr/bin/env python3
"""What an invitation says of itself: for how long it holds, where its sender is, what its body is for. Both ways."""

from harness import check, equal, main, test
from harness.lab import CARRIER, PHONE

LINE = ("m=video 7002 RTP/AVP 97", "a=rtpmap:97 VP8/90000")
RELIABLE = ["Supported: 100rel", "Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE"]


def both_ways(lab):
    """Who calls, who is called, and what is dialled; once for each direction."""
    lab.start()
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    yield alice, carrier, "sip:1000@example.org"
    lab.border.until_idle()
    yield carrier, alice, "sip:alice@10.77.2.1"


def connect(caller, callee, dialled):
    call = caller.invite(dialled)
    answer = callee.request("INVITE").reply(200, sdp=callee.sdp())
    call.response(200)
    call.ack()
    callee.request("ACK")
    return call, answer


@test
def one_that_holds_no_longer_is_over_on_both_sides(lab):
    for caller, callee, dialled in both_ways(lab):
        call = caller.invite(dialled, headers=["Expires: 2"])
        invite = callee.request("INVITE")
        check(invite.header("expires") in ("1", "2"), f"Expires of the callee's INVITE: {invite.header('expires')}")
        invite.reply(180)
        call.response(180)
        cancel = callee.request("CANCEL", seconds=4)
        cancel.reply(200)
        invite.reply(487)
        callee.request("ACK")
        call.response(487)
        call.ack(status=487)


@test
def one_whose_sender_is_nowhere_is_refused(lab):
    for caller, callee, dialled in both_ways(lab):
        for contact in ("*", "<tel:+4312345>"):
            call = caller.invite(dialled, headers=[f"Contact: {contact}"])
            call.response(400)
            call.ack(status=400)
        callee.nothing()


@test
def an_answer_from_nowhere_is_acknowledged_and_hung_up(lab):
    for caller, callee, dialled in both_ways(lab):
        call = caller.invite(dialled)
        callee.request("INVITE").reply(200, sdp=callee.sdp(), headers=["Contact: <tel:+4312345>"])
        callee.request("ACK")
        callee.request("BYE").reply(200)
        call.response(500)
        call.ack(status=500)


@test
def a_bye_with_wishes_that_nobody_knows_is_a_bye(lab):
    for caller, callee, dialled in both_ways(lab):
        call, _ = connect(caller, callee, dialled)
        answer = call.send("BYE", headers=["Require: unheard-of"]).response(420)
        equal(answer.header("unsupported"), "unheard-of", "Unsupported")
        callee.request("BYE").reply(200)


@test
def early_media_of_its_own_is_no_offer(lab):
    for caller, callee, dialled in both_ways(lab):
        call = caller.invite(dialled, headers=["Content-Disposition: early-session"])
        call.response(415)
        call.ack(status=415)
        call = caller.invite(dialled, headers=["Content-Disposition: early-session;handling=optional"])
        invite = callee.request("INVITE")
        equal(invite.body, "", "body of the callee's INVITE")
        invite.reply(486)
        callee.request("ACK")
        call.response(486)
        call.ack(status=486)


@test
def a_line_is_added_before_the_answer(lab):
    for caller, callee, dialled in both_ways(lab):
        call = caller.invite(dialled, headers=RELIABLE)
        invite = callee.request("INVITE")
        invite.reply(183, sdp=callee.sdp(), headers=["Require: 100rel", "RSeq: 1", RELIABLE[1]])
        callee.request("PRACK").reply(200)
        call.prack(call.response(183)).response(200)
        update = call.send("UPDATE", body=caller.sdp(extra=LINE))
        asked = callee.request("UPDATE")
        check("m=video 0 " not in asked.body and "m=video" in asked.body, f"no line for pictures in:\n{asked.body}")
        asked.reply(200, sdp=callee.sdp(extra=LINE))
        check("m=video 0 " not in update.response(200).body, "the line was refused")
        invite.reply(200)
        callee.request("ACK")
        call.response(200)
        call.ack()
        bye = call.send("BYE")
        callee.request("BYE").reply(200)
        bye.response(200)


@test
def who_takes_a_place_waits_for_an_exchange(lab):
    lab.start()
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    call, invite = connect(alice, carrier, "sip:1000@example.org")
    there = invite.dialog()
    call.send("INVITE", body=alice.sdp(direction="sendonly"))
    change = carrier.request("INVITE")
    local, remote = there.tags
    newcomer = carrier.invite("sip:alice@10.77.2.1",
                              headers=[f"Replaces: {there.call_id};to-tag={remote};from-tag={local}"])
    carrier.nothing(lambda m: m.status is not None and m.status >= 200)
    change.reply(200, sdp=carrier.sdp(direction="recvonly"))
    call.response(200)
    call.ack()
    carrier.request("ACK")
    alice.request("INVITE").reply(200, sdp=alice.sdp())
    alice.request("ACK")
    newcomer.response(200)
    newcomer.ack()
    carrier.request("BYE", where=lambda m: m.header("call-id") == there.call_id).reply(200)
    bye = newcomer.send("BYE")
    alice.request("BYE").reply(200)
    bye.response(200)


if __name__ == "__main__":
    main()
