#!/usr/bin/env python3
"""What changes, or fails to change, while a call is up: offers, glare, lost peers, limits."""

from harness import check, equal, main, test
from harness.lab import ACCESS, CARRIER, CORE, PHONE


def byes(lab, target):
    return lab.capture.messages(target=target, where=lambda m: m.is_request("BYE"))


@test
def a_line_that_is_not_anchored_is_refused_in_its_place(lab):
    lab.start()
    for kind, rest in (("message", "TCP/MSRP *"), ("application", "UDP/BFCP *"), ("image", "tcp t38")):
        lab.capture.clear()
        lab.call("caller_two_lines", "callee_two_lines", {"kind": kind, "second_line": f"      m={kind} 9000 {rest}"},
                 {"kind": kind, "rest": rest})
        offer = lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("INVITE"))[0]
        check(f"m={kind} 0 " in offer.body, f"the callee was offered:\n{offer.body}")


@test
def video_is_anchored_too(lab):
    lab.start()
    lab.call("caller_two_lines", "callee_two_lines",
             {"kind": "video", "second_line": "      m=video 9000 RTP/AVP 96\n      a=rtpmap:96 H264/90000"},
             {"kind": "video", "rest": "RTP/AVP 96"})
    offer = lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("INVITE"))[0]
    port = offer.media("video")[1]
    check(port not in (0, 9000) and port % 2 == 0, f"the callee was offered video at port {port}")


@test
def encrypted_media_that_nobody_can_anchor_is_refused(lab):
    lab.start()
    lab.caller("caller_refused_encrypted", status=488).done()
    equal(lab.capture.messages(CORE, CARRIER), [], "messages to the carrier")


# trap 21: without SDP a re-INVITE asks for all that we can do, not for what was agreed on.
@test
def a_reinvite_without_sdp_gets_an_offer(lab):
    lab.start()
    lab.call("caller_reinvites_without_sdp", "callee_offers_in_reinvite")


# trap 22: glare, on one leg and across the bridge.
@test
def offers_that_cross_are_refused_with_491(lab):
    lab.start()
    lab.call("caller_in_glare", "callee_reinvites_and_hangs_up")


@test
def a_bye_during_a_reinvite_ends_both(lab):
    lab.start()
    lab.call("caller_hung_up_during_reinvite", "callee_hangs_up_during_reinvite")


@test
def a_peer_that_lost_the_dialog_ends_the_call(lab):
    lab.start()
    lab.call("caller_whose_call_is_lost", "callee_lost_the_call", {"status": 481}, {"status": 481})


@test
def a_peer_that_is_gone_costs_the_other_nothing(lab):
    lab.start()
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=500)
    lab.capture.wait(lambda m: m.is_request("ACK"), "the call is confirmed", target=CARRIER)
    callee.process.kill()
    caller.done()  # its BYE is answered
    lab.border.until_idle(8)


@test
def a_tcp_peer_that_is_gone_costs_the_other_nothing(lab):
    lab.start({"trunk": {"carrier": {"targets": [f"{CARRIER}:5060;transport=tcp"]}}})
    callee = lab.callee("callee", transport="tcp")
    caller = lab.caller("caller", talk=500)
    lab.capture.wait(lambda m: m.is_request("ACK"), "the call is confirmed", target=CARRIER)
    callee.process.kill()
    caller.done()
    lab.border.until_idle(8)


@test
def the_longest_call_is_ended_on_both_legs(lab):
    lab.start({"timers": {"longest_call": "1s"}})
    lab.call("caller_hung_up", "callee")
    for target in (PHONE, CARRIER):
        equal(len(byes(lab, target)), 1, f"BYEs to {target}")


@test
def retransmitted_requests_make_one_call(lab):
    lab.start()
    lab.call("caller_repeats_itself", "callee", {"filter": False})
    invites = lab.capture.messages(PHONE, ACCESS, lambda m: m.is_request("INVITE"))
    check(len(invites) >= 2, "the INVITE was not repeated")
    equal(len({m.header("via") for m in lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("INVITE"))}), 1,
          "INVITEs to the carrier")
    equal(lab.border.calls("answered"), 1, "answered calls")


if __name__ == "__main__":
    main()
