#!/usr/bin/env python3
"""Calls that are refused, given up, cancelled, or sent to the next target."""

from harness import check, equal, main, test
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, PHONE

TWO_TARGETS = {"trunk": {"carrier": {"targets": [f"{CARRIER}:5060", f"{CARRIER2}:5060"]}}}
SHORT_TIMEOUTS = {"policy": {"settings": {"target_timeout": 1}}}


def refused(lab, status, expected=None, result=None):
    lab.start()
    lab.call("caller_refused", "callee_refuses", {"status": expected or status}, {"status": status})
    if result:
        equal(lab.border.calls(result), 1, f"calls that ended as {result}")


@test
def busy_reaches_the_caller(lab):
    refused(lab, 486, result="busy")


@test
def a_redirection_is_not_the_callers_business(lab):
    lab.start()
    lab.call("caller_refused", "callee_refuses", {"status": 480},
             {"status": 302, "extra": "Contact: <sip:elsewhere@10.77.2.99>"})
    answer = lab.capture.messages(ACCESS, PHONE, lambda m: m.is_response(480))[0]
    check("10.77.2." not in answer.text, f"the core is visible:\n{answer.text}")


@test
def a_request_failure_reaches_the_caller(lab):
    refused(lab, 404)


@test
def a_server_failure_reaches_the_caller(lab):
    refused(lab, 500)


@test
def a_global_failure_reaches_the_caller(lab):
    refused(lab, 603)


@test
def a_global_failure_stops_the_hunt(lab):
    lab.start(TWO_TARGETS)
    lab.call("caller_refused", "callee_refuses_at_once", {"status": 600}, {"status": 600})
    equal(lab.capture.messages(CORE, CARRIER2), [], "messages to the second target")


@test
def nobody_answers_the_ringing(lab):
    lab.start({"timers": {"ring": "1s"}})
    callee = lab.callee("callee_cancelled")
    caller = lab.caller("caller_refused", status=408)
    caller.done()
    callee.done()
    equal(lab.border.calls("no_answer"), 1, "calls without an answer")


@test
def a_cancel_before_any_ringing_is_kept_until_it_may_go(lab):
    lab.start()
    lab.call("caller_cancels_early", "callee_cancelled", callee_options={"silence": 250})
    cancel = lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("CANCEL"))[0]
    ringing = lab.capture.messages(CARRIER, CORE, lambda m: m.is_response(180))[0]
    check(cancel.time > ringing.time, "the CANCEL left before a provisional response (RFC 3261 9.1)")
    equal(lab.border.calls("cancelled"), 1, "cancelled calls")


@test
def a_cancel_after_ringing_goes_through(lab):
    lab.start()
    lab.call("caller_cancels_late", "callee_cancelled")
    equal(lab.border.calls("cancelled"), 1, "cancelled calls")


@test
def a_cancel_that_crosses_the_answer_ends_the_callees_call(lab):
    lab.start()
    lab.call("caller_cancels_late", "callee_answers_cancel")
    equal(lab.border.calls("cancelled"), 1, "cancelled calls")


@test
def the_next_target_takes_the_call_after_503(lab):
    lab.start(TWO_TARGETS)
    first = lab.callee("callee_refuses_at_once", role="first", status=503)
    second = lab.callee("callee", at=CARRIER2, role="second")
    lab.caller("caller").done()
    first.done()
    second.done()
    equal(lab.border.calls("answered"), 1, "answered calls")
    invites = [lab.capture.messages(CORE, c, lambda m: m.is_request("INVITE"))[0] for c in (CARRIER, CARRIER2)]
    check(invites[0].header("via") != invites[1].header("via"), "both attempts have one branch")


@test
def the_next_target_takes_the_call_of_a_dead_one(lab):
    # Nobody is at the first target: the system says so (ICMP), or, over the longer way, nobody ever answers.
    lab.start({**TWO_TARGETS, **SHORT_TIMEOUTS})
    second = lab.callee("callee", at=CARRIER2, role="second")
    lab.caller("caller").done()
    second.done()
    equal(lab.border.calls("answered"), 1, "answered calls")


@test
def the_next_target_takes_the_call_of_a_silent_one(lab):
    lab.start({**TWO_TARGETS, **SHORT_TIMEOUTS})
    first = lab.silent(CARRIER)
    second = lab.callee("callee", at=CARRIER2, role="second")
    lab.caller("caller").done()
    second.done()
    check(first.heard("INVITE"), "the first target was not tried")
    waited = (lab.capture.messages(CORE, CARRIER2, lambda m: m.is_request("INVITE"))[0].time
              - lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("INVITE"))[0].time)
    check(0.8 <= waited <= 3.0, f"the second target was tried after {waited:.2f} s, not after 1 s")


@test
def a_dead_target_over_tcp_is_left_at_once(lab):
    lab.start({"trunk": {"carrier": {"targets": [f"{CARRIER}:5060;transport=tcp", f"{CARRIER2}:5060"]}}})
    second = lab.callee("callee", at=CARRIER2, role="second")
    lab.caller("caller").done()
    second.done()


@test
def when_no_target_is_left_the_caller_hears_of_it(lab):
    lab.start(TWO_TARGETS)
    first = lab.callee("callee_refuses_at_once", role="first", status=503)
    second = lab.callee("callee_refuses_at_once", at=CARRIER2, role="second", status=503)
    lab.caller("caller_refused", status=503).done()
    first.done()
    second.done()


# trap 8: the caller hangs up while the next target is about to be tried.
@test
def a_caller_who_hangs_up_stops_the_hunt(lab):
    lab.start({**TWO_TARGETS, "policy": {"settings": {"target_timeout": 3}}})
    lab.silent(CARRIER)
    lab.caller("caller_cancels_early").done()
    lab.border.until_idle(8)
    equal(lab.capture.messages(CORE, CARRIER2), [], "messages to the second target")


if __name__ == "__main__":
    main()
