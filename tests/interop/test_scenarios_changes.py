#!/usr/bin/env python3
"""sipp plays both sides of changes that a peer cannot take, or not now, and of requests that go round: each in both directions."""

from harness import check, equal, eventually, main, test
from harness.lab import CARRIER2, CORE, PHONE
from harness.way import SECOND, Way, each_way, start


def played(way, calling, called, caller_options=None, **callee_options):
    waiting = way.wait_at(called, f"at_{called}", **callee_options)
    way.begin(calling, f"at_{calling}", **(caller_options or {})).done()
    waiting.done()


def once(messages):
    """Each request as it came first."""
    return list({m.header("via"): m for m in reversed(messages)}.values())[::-1]


def sent(way, target, method):
    """What the border sent to one of the two."""
    border = way.beyond if target == way.far else way.border
    return once(way.lab.capture.messages(border, target, lambda m: m.is_request(method)))


@each_way
def an_update_for_a_peer_without_it(way):  # trap 24; RFC 3311
    way.lab.capture.clear()
    played(way, "caller_updates", "callee_unable")
    equal(len(sent(way, way.far, "INVITE")), 2, "INVITEs to a callee without UPDATE")
    played(way, "caller_unable", "callee_updates", {"headers": "Allow: INVITE, ACK, CANCEL, BYE"})
    equal(len(sent(way, way.near, "INVITE")), 1, "INVITEs to a caller without UPDATE")
    for at in (way.near, way.far):
        equal(sent(way, at, "UPDATE"), [], f"UPDATEs to {at}")
        offer = sent(way, at, "INVITE")[-1 if at == way.near else 1]
        equal(offer.media()[2], "sendonly", "direction of the offer")


# Of each method: who changes the call, and who says first that it cannot be now.
AT_THE_CALLEE = {"INVITE": ("caller_changes", "callee_puts_off"), "UPDATE": ("caller_updates", "callee_puts_update_off")}
AT_THE_CALLER = {"INVITE": ("caller_puts_off", "callee_changes"), "UPDATE": ("caller_puts_update_off", "callee_updates")}
# An UPDATE lives for 64*T1, and its second try has to come in that time.
SLOWER = {"timers": {"t1": "100ms"}}


def put_off(lab, scenarios, **refusal):
    """Calls of both directions at once. Of each: the method that came twice, and how long after the first time the border tried
    again."""
    ways = [Way(lab, True), Way(lab, False)]
    lab.capture.clear()
    peers = []
    for number, way in enumerate(ways):
        for method, (calling, called) in scenarios.items():
            at, whom, port = (way.far, {}, 5070) if method == "INVITE" else (way.other, way.number_of_other, 5072)
            peers.append(way.wait_at(called, f"{called}_{number}", at=at, **refusal))
            peers.append(way.begin(calling, f"{calling}_{number}", port=port, **whom, **refusal))
    for peer in peers:
        peer.done()
    for number in range(len(ways)):
        for method, roles in scenarios.items():
            role = f"{next(r for r in roles if 'off' in r)}_{number}"
            tries = lab.capture.messages(where=lambda m: m.is_request(method) and f"{role}-contact" in m.start)
            first, again = once(tries)
            equal(first.header("call-id"), again.header("call-id"), "Call-ID of the second try")
            check(int(first.header("cseq").split()[0]) < int(again.header("cseq").split()[0]), "CSeq of the second try")
            equal(first.body, again.body, "the offer, which nobody has taken yet")
            yield f"{method} to {role}", again.time - first.time


@test
def a_change_that_meets_491(lab):  # trap 22; RFC 3261 14.1, RFC 3311 5.2: the owner of the Call-ID waits longer
    start(lab, **SLOWER)
    for what, waited in put_off(lab, AT_THE_CALLEE, status=491):
        check(2.0 <= waited <= 4.6, f"the border waited {waited:.2f} s in a dialog that it has begun: {what}")
    for what, waited in put_off(lab, AT_THE_CALLER, status=491):
        check(waited <= 2.6, f"the border waited {waited:.2f} s in a dialog that its peer has begun: {what}")


@test
def a_change_that_meets_500_with_a_time(lab):  # RFC 3261 14.2, RFC 3311 5.2
    start(lab, **SLOWER)
    for scenarios in (AT_THE_CALLEE, AT_THE_CALLER):
        for what, waited in put_off(lab, scenarios, status=500, refusal="Retry-After: 1"):
            check(0.9 <= waited <= 1.8, f"the border waited {waited:.2f} s: {what}")


@each_way
def two_changes_of_one_party_at_once(way):  # traps 22, 23; RFC 3261 14.2, RFC 3311 5.2
    for calling, called in (("caller_overlaps", "callee_thinks"), ("caller_thinks", "callee_overlaps"),
                            ("caller_overlaps_updates", "callee_thinks_of_update"),
                            ("caller_thinks_of_update", "callee_overlaps_updates")):
        way.lab.capture.clear()
        played(way, calling, called)
        at, method = way.near if "thinks" in calling else way.far, "UPDATE" if "update" in calling else "INVITE"
        changes = [m for m in sent(way, at, method) if "tag=" in m.header("to")]
        equal(len(changes), 1, f"changes that reached the other party of {calling}")


@test
def a_call_that_comes_back_unchanged(lab):  # trap 15; RFC 3261 16.3: from either side
    back = {"carrier": {"targets": [f"{CORE}:5060"], "sources": [CORE]}, "second": SECOND}
    start(lab, trunk=back)
    lab.sipp("caller_refused", "phone", PHONE, status=482).done()
    lab.sipp("caller_refused", "carrier", CARRIER2, service="1000", status=482).done()
    eventually(lambda: lab.border.sbc_metrics().total("parapet_dialog_events_total", event="loops") == 2, "two loops")
    # Requests outside of calls have their Max-Forwards alone.
    for role, at in (("asks_phone", PHONE), ("asks_carrier", CARRIER2)):
        lab.sipp("asks", role, at, service="1000", method="MESSAGE", headers="Content-Type: text/plain", body="hello",
                 status=483, max_forwards=5).done()
    turns = lab.capture.messages(CORE, CORE, lambda m: m.is_request("MESSAGE"))
    equal({int(m.header("max-forwards")) for m in turns}, set(range(5)), "Max-Forwards of the turns")


@each_way
def a_message_that_may_go_no_further(way):  # trap 15
    words = {"method": "MESSAGE", "headers": "Content-Type: text/plain", "body": "hello"}
    way.begin("asks", "lost", max_forwards=0, status=483, **words).done()
    equal(way.requests("MESSAGE"), [], "MESSAGEs on the far side")
    called = way.wait_at("answers", "answers", method="MESSAGE")
    way.begin("asks", "asks", max_forwards=7, **words).done()
    called.done()
    equal(way.requests("MESSAGE")[0].header("max-forwards"), "6", "Max-Forwards on the far side")


if __name__ == "__main__":
    main()
