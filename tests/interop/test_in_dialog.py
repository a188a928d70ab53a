#!/usr/bin/env python3
"""Requests inside a dialog that cross to the other side: INFO, NOTIFY, methods that nobody here knows, and what is refused on
the way."""

from harness import check, equal, main, test
from harness.agent import Agent
from harness.lab import ACCESS, CARRIER, CORE, PHONE
from harness.ua import Dialog
from harness.way import each_way


def talking(lab):
    lab.start()
    phone, carrier = lab.keep(Agent(PHONE, ACCESS, "alice")), lab.keep(Agent(CARRIER, CORE, "carrier"))
    call = phone.call("sip:00431555@" + ACCESS)
    other = carrier.accept()
    phone.answered(call)
    return phone, call, carrier, other


def hang_up(phone, call, carrier):
    phone.send_request(call, "BYE")
    carrier.answer(carrier.wait_request("BYE"), 200)
    equal(phone.wait_final("BYE").status, 200, "the answer to BYE")


@test
def key_presses_cross_both_ways(lab):
    phone, call, carrier, other = talking(lab)
    body = "Signal=5\r\nDuration=160\r\n"
    for one, its, two in ((phone, call, carrier), (carrier, other, phone)):
        one.send_request(its, "INFO", headers=["Content-Type: application/dtmf-relay"], body=body)
        info = two.wait_request("INFO")
        equal(info.body, body, "the body of INFO")
        check(one.at not in info.text, f"the other side's address crossed:\n{info.text}")
        two.answer(info, 200)
        equal(one.wait_final("INFO").status, 200, "the answer to INFO")
    hang_up(phone, call, carrier)


@test
def a_refusal_crosses_and_the_call_goes_on(lab):
    phone, call, carrier, _ = talking(lab)
    phone.send_request(call, "MESSAGE", headers=["Content-Type: text/plain"], body="hello")
    message = carrier.wait_request("MESSAGE")
    equal(message.body, "hello", "the text")
    carrier.answer(message, 488, reason="Not at carrier.invalid")
    answer = phone.wait_final("MESSAGE")
    equal(answer.status, 488, "the answer to MESSAGE")
    check("carrier.invalid" not in answer.text, f"the phrase crossed:\n{answer.text}")
    hang_up(phone, call, carrier)


@test
def what_may_not_cross_is_refused_here(lab):
    phone, call, carrier, _ = talking(lab)
    for method, headers, body, status in (
            ("INFO", ["Info-Package: unheard-of"], "", 469),
            ("INFO", ["Content-Type: application/x-unheard-of"], "x", 415),
            ("PUBLISH", [], "", 405),
            ("FOO", [], "", 501)):
        phone.send_request(call, method, headers=headers, body=body)
        equal(phone.wait_final(method).status, status, f"the answer to {method} {headers}")
    hang_up(phone, call, carrier)
    equal(lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("INFO")), [], "INFO to the carrier")


def number_at(way):
    return "sip:1000@example.org" if way.near == PHONE else "sip:alice@example.org"


LISTED = ["INFO", "NOTIFY", "PUBLISH", "FROBNICATE"]


@each_way(realm={"access": {"pass_methods": LISTED}, "core": {"pass_methods": LISTED}})
def what_is_listed_crosses_and_nothing_else(way):
    near, far = way.lab.ua(way.near, "near"), way.lab.ua(way.far, "far")
    call = near.invite(number_at(way))
    invite = far.request("INVITE").reply(200, sdp=far.sdp())
    call.response(200)
    call.ack()
    far.request("ACK")
    there = invite.dialog()
    for one, its, two in ((near, call, far), (far, there, near)):
        for method in LISTED:
            event = ["Event: presence", "Subscription-State: active"] if method == "NOTIFY" else []
            sent = its.send(method, headers=[*event, f"X-Secret: {one.at}"])
            crossed = two.request(method)
            check(one.at not in crossed.message.text, f"{method}:\n{crossed.message.text}")
            crossed.reply(200)
            sent.response(200)
        for method, status in (("MESSAGE", 405), ("SUBSCRIBE", 405), ("SHOUT", 501)):
            its.send(method).response(status)
        two.nothing(lambda m: m.is_request(), 0.2)
    bye = call.send("BYE")
    far.request("BYE").reply(200)
    bye.response(200)
    near.kill()
    far.kill()


REGINFO = """<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="1" state="full">
<registration aor="sip:alice@{at}" id="a7" state="active"><contact id="76" state="active" event="registered" callid="secret@{at}" cseq="3">
<uri>sip:alice@{at}:5060</uri><unknown-param name="+sip.secret">{at}</unknown-param></contact></registration></reginfo>"""


@each_way
def registrations_are_told_without_their_network(way):  # trap 78; RFC 3680
    near, far = way.lab.ua(way.near, "near"), way.lab.ua(way.far, "far")
    asking = Dialog(near, number_at(way))
    sent = asking.send("SUBSCRIBE", headers=["Event: reg", "Expires: 60", "Accept: application/reginfo+xml"])
    subscribe = far.request("SUBSCRIBE").reply(200, headers=["Expires: 60"])
    asking.adopt(sent.response(200))
    telling = subscribe.dialog()
    told = telling.send("NOTIFY", body=REGINFO.format(at=way.far), content_type="application/reginfo+xml",
                        headers=["Event: reg", "Subscription-State: active;expires=60"])
    notify = near.request("NOTIFY").reply(200)
    told.response(200)
    check("state=\"active\"" in notify.body and "event=\"registered\"" in notify.body, f"what is told:\n{notify.body}")
    check(way.far not in notify.message.text and "secret" not in notify.body, f"what is told:\n{notify.body}")
    told = telling.send("NOTIFY", headers=["Event: reg", "Subscription-State: terminated;reason=noresource"])
    near.request("NOTIFY").reply(200)
    told.response(200)
    near.kill()
    far.kill()


if __name__ == "__main__":
    main()
