#!/usr/bin/env python3
"""What a route may say besides one place after the other: weights, a class with a limit, headers that are passed, fields of the record."""

from harness import check, equal, main, test
from harness.border import OWN_POLICIES
from harness.checks import eventually
from harness.lab import CARRIER, CARRIER2, PHONE

DOMAIN = "@example.org"


def start(lab, shards=2):
    lab.start({"process": {"shards": shards},
               "policy": {"file": str(OWN_POLICIES / "choices.lua"), "settings": {"trust_udp_addresses": None}},
               "limits": {"class": {"callcentre": {"calls": 1}}},
               "trunk": {"spare": {"realm": "core", "targets": [f"{CARRIER2}:5060"], "sources": [CARRIER2]},
                         "carrier": {"sources": [CARRIER]}}})
    return lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")


def invite(alice, user, *headers):
    return alice.invite(f"sip:{user}{DOMAIN}", sdp=alice.sdp(), headers=headers)


def is_invite(message):
    return message.is_request("INVITE")


def ended(lab, count):
    def lines():
        return [s for s in (lab.directory / "sbc.log").read_text().splitlines() if 'msg="call ended"' in s]
    eventually(lambda: len(lines()) >= count, f"{count} calls that ended")
    return lines()


def said(lab, text):
    eventually(lambda: f'msg="{text}"' in (lab.directory / "sbc.log").read_text(), f"what on_end says: {text}")


@test
def a_class_a_record_and_headers(lab):
    alice, carrier = start(lab)
    call = invite(alice, "1000", "X-Tenant-Name: blue", "X-Other: o")
    got = carrier.request("INVITE")
    equal(got.message.header("x-tenant-name"), "blue", "the header that is passed")
    check(not got.message.header("x-other"), "a header that nobody passes")
    check(got.message.header("x-offer").startswith("PCM"), f"what the offer has: {got.message.header('x-offer')}")
    equal(got.message.header("x-busy"), "0 1", "calls at once of the trunks and of alice")
    got.reply(180)
    call.response(180)
    got.reply(200, sdp=carrier.sdp())
    call.response(200)
    call.ack()
    carrier.request("ACK")

    # One more, on whichever thread it comes, finds no room.
    for number in range(4):
        answer = invite(alice, f"200{number}").response(503)
        check(answer.header("retry-after"), "a Retry-After")
    metrics = lab.border.sbc_metrics()
    equal(metrics.total("parapet_class_calls", **{"class": "callcentre"}), 1, "calls of the class")
    equal(metrics.total("parapet_class_limit", **{"class": "callcentre"}), 1, "its limit")
    equal(metrics.total("parapet_class_refused_total", **{"class": "callcentre"}), 4, "calls that it refused")

    bye = call.send("BYE")
    carrier.request("BYE").reply(200)
    bye.response(200)
    last = ended(lab, 5)[-1]
    for part in ("class=callcentre", 'account="47 11"', "price=0.25", "phone=UDP"):
        check(part in last, f"the record: expected {part} in {last}")
    said(lab, "ended callcentre 47 11 0 true")

    again = invite(alice, "1000")
    carrier.request("INVITE").reply(486)
    again.response(486)
    invite(alice, "refused").response(486)
    # The call before it is written down when the relay has told how it sounded.
    check(any("why=blocked" in line for line in ended(lab, 7)[-2:]), "the record of a refusal")


@test
def weights_draw_and_fail_over(lab):
    alice, carrier = start(lab)
    spare = lab.ua(CARRIER2, "spare")
    first = {}
    for key in [f"caller-{n}" for n in range(8)] * 2:
        call = invite(alice, "weighted", f"X-Key: {key}")
        got = carrier.maybe(is_invite)
        one = carrier if got else spare
        got = got or spare.request("INVITE")
        equal(first.setdefault(key, one).user, one.user, f"where {key} goes, the second time")
        got.reply(503)
        other = carrier if one is spare else spare
        other.request("INVITE").reply(486)
        call.response(486)
    equal({ua.user for ua in first.values()}, {"carrier", "spare"}, "trunks that came first")


if __name__ == "__main__":
    main()
