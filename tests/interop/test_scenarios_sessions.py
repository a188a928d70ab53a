#!/usr/bin/env python3
"""sipp plays both sides of what an INVITE can ask for, and of what is wrong with it: each in both directions."""

from harness import check, equal, main, test
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, PHONE
from harness.way import both_ways, each_way, start


@each_way
def session_intervals_that_are_too_small(way):  # trap 76; RFC 4028 5, 8: 422 on each leg, for reasons of its own
    called = way.wait_at("callee_of_long_sessions", "called")
    way.begin("caller_of_short_sessions", "caller").done()
    called.done()
    first, again = way.requests("INVITE")
    equal(again.header("call-id"), first.header("call-id"), "Call-ID of the INVITE after 422")


@each_way
def what_is_required_and_unknown(way):  # trap 79; RFC 3261 8.2.2.3
    wish = "Require: frobnication, 100rel\n      Supported: timer"
    way.begin("invites_with_refused", "caller", headers=wish, status=420).done()
    refusal = way.lab.capture.messages(way.border, way.near, lambda m: m.is_response(420))[0]
    equal(refusal.header("unsupported"), "frobnication", "Unsupported")
    equal(way.requests("INVITE"), [], "INVITEs on the far side")
    wish = {"method": "INFO", "headers": "Require: frobnication", "status": 420}
    for calling, called, own in (("caller_says", "callee", True), ("caller", "callee_says", False)):
        waiting = way.wait_at(called, f"called_{calling}", **({} if own else wish))
        way.begin(calling, f"caller_{calling}", **({**wish} if own else {"talk": 300})).done()
        waiting.done()
    equal(way.requests("INFO"), [], "INFOs on the far side")


@each_way
def a_request_that_comes_by_two_ways(way):  # trap 14; RFC 3261 8.2.2.2
    called = way.wait_at("callee_early_media", "called")
    way.begin("caller_merges", "caller").done()
    called.done()
    equal(len({m.header("call-id") for m in way.requests("INVITE")}), 1, "calls on the far side")


@each_way
def a_request_that_may_go_no_further(way):  # trap 15; RFC 3261 8.1.1.6, 16.3
    way.begin("caller_refused", "lost", max_forwards=0, status=483).done()
    equal(way.requests("INVITE"), [], "INVITEs on the far side")
    called = way.wait_at("callee", "called")
    way.begin("caller", "caller", max_forwards=17).done()
    called.done()
    equal(way.requests("INVITE")[0].header("max-forwards"), "16", "Max-Forwards on the far side")


@both_ways
def preconditions(way):  # trap 29; RFC 3312
    called = way.wait_at("callee_early_media", "called", early=600)
    way.begin("caller_reserves", "caller").done()
    called.done()
    equal(way.requests("UPDATE"), [], "UPDATEs on the far side")
    way.sees_nothing_of("qos", "precondition")


@each_way(realm={"access": {"late_offer": "offer"}}, trunk={"carrier": {"sources": [CARRIER], "late_offer": "offer"}})
def a_call_without_an_offer_to_whom_wants_one(way):  # trap 20; RFC 3725 4.1
    called = way.wait_at("callee", "called")
    way.begin("caller_late_offer", "caller").done()
    called.done()
    equal(way.requests("INVITE")[0].media()[0], way.beyond, "address in the border's own offer")
    accepted = way.lab.capture.messages(way.border, way.near, lambda m: m.is_response(200, "INVITE"))[0]
    equal(accepted.media()[0], way.border, "address in the offer to the caller")


def content_type(message):
    return message.header("content-type").partition(";")[0]


@both_ways
def a_description_among_other_parts(way):  # trap 83; RFC 5621
    called = way.wait_at("answers_with_parts", "called")
    way.begin("invites_with_parts", "caller").done()
    called.done()
    accepted = way.lab.capture.messages(way.border, way.near, lambda m: m.is_response(200, "INVITE"))[0]
    for message, at in ((way.requests("INVITE")[0], way.beyond), (accepted, way.border)):
        equal((content_type(message), message.media()[0]), ("application/sdp", at), f"the description in {message.start}")
    way.sees_nothing_of("caller-isup")
    told = way.lab.capture.messages(way.border, way.near, lambda m: "called-isup" in m.text)
    equal(told, [], "messages with the callee's ISUP")


def between_carriers(lab, calling, called, options=None):
    """Both are trusted, in each direction: what went out to whoever was called."""
    start(lab)
    invites = []
    for near, far, service in ((CARRIER, CARRIER2, "2000"), (CARRIER2, CARRIER, "1000")):
        waiting = lab.sipp(called, f"called_{service}", far)
        lab.sipp(calling, f"caller_{service}", near, service=service, **(options or {})).done()
        waiting.done()
        invites += lab.capture.messages(CORE, far, lambda m: m.is_request("INVITE"))[-1:]
    return invites


@test
def isup_crosses_between_carriers(lab):  # trap 83: other parts cross where both sides are trusted
    for invite in between_carriers(lab, "invites_with_parts", "callee"):
        equal(content_type(invite), "multipart/mixed", "Content-Type")
        check("-isup" in invite.body and f"c=IN IP4 {CORE}" in invite.body, f"the parts:\n{invite.body}")
        check("handling=optional" in invite.body, f"the disposition:\n{invite.body}")


PRIORITY = "Resource-Priority: ets.2, wps.1"


@test
def priorities_cross_between_carriers(lab):  # RFC 4412 3.1
    for invite in between_carriers(lab, "invites_with", "callee", {"headers": PRIORITY}):
        equal(", ".join(invite.headers("resource-priority")), "ets.2, wps.1", "Resource-Priority")


@each_way
def a_priority(way):  # RFC 4412: between a carrier and a phone nobody vouches for it
    called = way.wait_at("callee", "called")
    way.begin("invites_with", "caller", headers=PRIORITY).done()
    called.done()
    equal(way.requests("INVITE")[0].headers("resource-priority"), [], "Resource-Priority on the far side")


if __name__ == "__main__":
    main()
