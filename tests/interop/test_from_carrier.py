#!/usr/bin/env python3
"""The other direction of test_calls.py, test_changes.py and test_rejections.py: sipp at the carrier calls sipp at a phone."""

from harness import check, equal, main, test
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, FROM_CARRIER, PHONE, PHONE2


def went(lab, source, target, method):
    return lab.capture.messages(source, target, lambda m: m.is_request(method))


def accepted(lab, target):
    """The 2xx to INVITEs that went to an address."""
    return lab.capture.messages(target=target, where=lambda m: m.is_response(200, "INVITE"))


def played(lab, calling, called, caller_options=None, callee_options=None, result="answered", config=None):
    lab.start(config)
    lab.call_from_carrier(calling, called, caller_options, callee_options)
    equal(lab.border.calls(result), 1, f"calls that ended as {result}")


# --- how it comes about and ends ---


@test
def an_invite_without_sdp_lets_the_phone_offer(lab):
    played(lab, "caller_late_offer", "callee")
    equal(went(lab, ACCESS, PHONE, "INVITE")[0].body, "", "body of the phone's INVITE")
    equal(accepted(lab, CARRIER)[0].media()[0], CORE, "address in the offer")
    equal(went(lab, ACCESS, PHONE, "ACK")[0].media()[0], ACCESS, "address in the answer")


@test
def the_phone_hangs_up(lab):
    played(lab, "caller_hung_up", "callee_hangs_up")
    equal(len(went(lab, PHONE, ACCESS, "BYE")), 1, "BYEs of the phone")


@test
def byes_cross_on_the_phones_side(lab):
    played(lab, "caller", "callee_crosses_bye")
    equal([len(went(lab, *way, "BYE")) for way in ((ACCESS, PHONE), (PHONE, ACCESS))], [1, 1], "BYEs each way")


@test
def byes_cross_on_the_carriers_side(lab):
    played(lab, "caller_crosses_bye", "callee_hangs_up")
    equal([len(went(lab, *way, "BYE")) for way in ((CORE, CARRIER), (CARRIER, CORE))], [1, 1], "BYEs each way")


@test
def a_lost_ack_is_asked_for_again(lab):
    played(lab, "caller_loses_ack", "callee", {"filter": False})
    check(len(accepted(lab, CARRIER)) >= 2, "the 200 was not sent again")


@test
def without_an_ack_both_legs_are_ended(lab):
    lab.start()
    lab.call_from_carrier("caller_never_acks", "callee")
    # RFC 3261 13.3.1.4: 64*T1 from the first 200.
    waited = went(lab, CORE, CARRIER, "BYE")[0].time - accepted(lab, CARRIER)[0].time
    check(3.0 <= waited <= 5.0, f"the BYE came after {waited:.2f} s, not after 64*T1 = 3.2 s")
    reason = went(lab, ACCESS, PHONE, "BYE")[0].header("reason")
    check("No ACK" in reason, f"Reason of the BYE to the phone: {reason!r}")


@test
def retransmitted_requests_make_one_call(lab):
    played(lab, "caller_repeats_itself", "callee", {"filter": False})
    check(len(went(lab, CARRIER, CORE, "INVITE")) >= 2, "the INVITE was not repeated")
    equal(len({m.header("via") for m in went(lab, ACCESS, PHONE, "INVITE")}), 1, "INVITEs to the phone")


@test
def headers_that_tell_of_each_network_stay_on_their_side(lab):
    lab.start()
    lab.call_from_carrier("caller_talkative", "callee_talkative", {"net": "10.99"}, {"net": "10.98"})
    invite = went(lab, ACCESS, PHONE, "INVITE")[0]
    # Who calls is for the phone to know, where the carrier vouches for it; its host is not.
    asserted = invite.header("p-asserted-identity")
    equal(asserted, "<sip:caller-secret@example.org>", "P-Asserted-Identity")
    for border, words in ((ACCESS, ("caller-secret", "10.99.")), (CORE, ("callee-secret", "10.98."))):
        for word in words:
            told = [m.start for m in lab.capture.messages(border) if word in m.text.replace(asserted, "")]
            equal(told, [], f"messages with {word!r}")


# --- what changes in it ---


@test
def the_carrier_holds_and_resumes(lab):
    played(lab, "caller_holds", "callee_is_held")
    offers = went(lab, ACCESS, PHONE, "INVITE")
    equal([m.media()[2] for m in offers], ["sendrecv", "sendonly", "sendrecv"], "directions of the offers")
    equal([m.media()[2] for m in accepted(lab, CARRIER)], ["sendrecv", "recvonly", "sendrecv"], "and of the answers")
    equal(len({m.media()[1] for m in offers}), 1, "ports that the phone was told")


@test
def the_phone_holds_and_resumes(lab):
    played(lab, "caller_is_held", "callee_holds")
    equal([m.media()[2] for m in went(lab, CORE, CARRIER, "INVITE")], ["sendonly", "sendrecv"], "directions of the offers")
    equal([m.media()[2] for m in accepted(lab, PHONE)], ["recvonly", "sendrecv"], "and of the answers")


@test
def a_refused_reinvite_leaves_the_call_as_it_was(lab):
    played(lab, "caller_reinvite_refused", "callee_refuses_reinvite")


@test
def a_reinvite_without_sdp_gets_an_offer(lab):
    played(lab, "caller_reinvites_without_sdp", "callee_offers_in_reinvite")


@test
def offers_that_cross_are_refused_with_491(lab):
    played(lab, "caller_in_glare", "callee_reinvites_and_hangs_up")


@test
def a_bye_during_a_reinvite_ends_both(lab):
    played(lab, "caller_hung_up_during_reinvite", "callee_hangs_up_during_reinvite")


@test
def a_phone_that_lost_the_dialog_ends_the_call(lab):
    lab.start()
    for status in (481, 408):
        options = {"status": status, "role": f"caller{status}"}, {"status": status, "role": f"callee{status}"}
        lab.call_from_carrier("caller_whose_call_is_lost", "callee_lost_the_call", *options)


@test
def a_line_that_is_not_anchored_is_refused_in_its_place(lab):
    lab.start()
    for kind, rest in (("message", "TCP/MSRP *"), ("application", "UDP/BFCP *")):
        lab.capture.clear()
        lab.call_from_carrier("caller_two_lines", "callee_two_lines",
                              {"kind": kind, "second_line": f"      m={kind} 9000 {rest}"}, {"kind": kind, "rest": rest})
        offer = went(lab, ACCESS, PHONE, "INVITE")[0]
        check(f"m={kind} 0 " in offer.body, f"the phone was offered:\n{offer.body}")


@test
def encrypted_media_that_nobody_can_anchor_is_refused(lab):
    lab.start()
    lab.caller("caller_refused_encrypted", at=CARRIER, status=488, **FROM_CARRIER).done()
    equal(lab.capture.messages(ACCESS, PHONE, lambda m: m.is_request("INVITE")), [], "INVITEs to the phone")


# --- calls that are refused, given up, cancelled, or sent to the next phone ---


@test
def refusals_reach_the_caller(lab):
    lab.start()
    for status in (486, 404, 500, 603):
        lab.call_from_carrier("caller_refused", "callee_refuses", {"status": status}, {"status": status})
    equal(lab.border.calls("busy"), 1, "busy calls")


@test
def nobody_answers_the_ringing(lab):
    played(lab, "caller_refused", "callee_cancelled", {"status": 408}, result="no_answer", config={"timers": {"ring": "1s"}})


@test
def a_cancel_before_any_ringing_is_kept_until_it_may_go(lab):
    played(lab, "caller_cancels_early", "callee_cancelled", callee_options={"silence": 250}, result="cancelled")
    ringing = lab.capture.messages(PHONE, ACCESS, lambda m: m.is_response(180))[0]
    check(went(lab, ACCESS, PHONE, "CANCEL")[0].time > ringing.time, "the CANCEL left before a provisional (RFC 3261 9.1)")


@test
def a_cancel_after_ringing_goes_through(lab):
    played(lab, "caller_cancels_late", "callee_cancelled", result="cancelled")


@test
def a_cancel_that_crosses_the_answer_ends_the_phones_call(lab):
    played(lab, "caller_cancels_late", "callee_answers_cancel", result="cancelled")


def two_phones(lab, config=None):
    """Alice's first phone, by its q, is at PHONE, the second one at PHONE2."""
    lab.start(config, register=False)
    for at, q in ((PHONE, "0.9"), (PHONE2, "0.5")):
        lab.register("alice", at, contact=f"<sip:alice@{at}:5060>;q={q}")


def from_carrier(lab, scenario, **options):
    return lab.caller(scenario, at=CARRIER, **FROM_CARRIER, **options)


@test
def the_next_phone_takes_the_call_after_503(lab):
    two_phones(lab)
    first = lab.callee("callee_refuses_at_once", at=PHONE, role="first", status=503)
    second = lab.callee("callee", at=PHONE2, role="second")
    from_carrier(lab, "caller").done()
    first.done()
    second.done()
    equal(lab.border.calls("answered"), 1, "answered calls")


@test
def the_next_phone_takes_the_call_of_a_silent_one(lab):
    two_phones(lab, {"timers": {"first_response": "1s"}})
    first = lab.silent(PHONE)
    second = lab.callee("callee", at=PHONE2, role="second")
    from_carrier(lab, "caller").done()
    second.done()
    check(first.heard("INVITE"), "the first phone was not tried")


@test
def a_global_failure_stops_the_hunt(lab):
    two_phones(lab)
    first = lab.callee("callee_refuses_at_once", at=PHONE, role="first", status=600)
    from_carrier(lab, "caller_refused", status=600).done()
    first.done()
    equal(went(lab, ACCESS, PHONE2, "INVITE"), [], "INVITEs to the second phone")


@test
def when_no_phone_is_left_the_caller_hears_of_it(lab):
    two_phones(lab)
    first = lab.callee("callee_refuses_at_once", at=PHONE, role="first", status=503)
    second = lab.callee("callee_refuses_at_once", at=PHONE2, role="second", status=503)
    from_carrier(lab, "caller_refused", status=503).done()
    first.done()
    second.done()


# --- redirections by a phone ---


@test
def a_redirection_is_not_the_callers_business(lab):
    lab.start()
    lab.call_from_carrier("caller_refused", "callee_refuses", {"status": 480},
                          {"status": 302, "extra": "Contact: <sip:elsewhere@10.77.1.99>"})
    answer = lab.capture.messages(CORE, CARRIER, lambda m: m.is_response(480))[0]
    check("10.77.1." not in answer.text, f"the phones' side is visible:\n{answer.text}")


@test
def a_phone_redirects_to_where_its_realm_may_and_the_border_follows(lab):
    lab.start({"realm": {"access": {"redirects": "follow", "redirect_to": ["second"]}},
               "trunk": {"carrier": {"sources": [CARRIER]},
                         "second": {"realm": "core", "targets": [f"{CARRIER2}:5060"], "sources": [CARRIER2]}}})
    target = lab.callee("callee", at=CARRIER2, role="target")
    lab.call_from_carrier("caller", "callee_redirects", None, {"place": f"sip:7@{CARRIER2}"})
    target.done()
    invite = went(lab, CORE, CARRIER2, "INVITE")[0]
    check(invite.start.startswith("INVITE sip:7@"), f"the target was called as {invite.start}")
    check(PHONE not in invite.text, f"the phone's address crossed:\n{invite.text}")
    equal(lab.capture.messages(CORE, CARRIER, lambda m: m.is_response(302)), [], "redirections at the caller")


if __name__ == "__main__":
    main()
