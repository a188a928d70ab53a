#!/usr/bin/env python3
"""Requests inside a call that cross to the other side: INFO, MESSAGE, NOTIFY, and what is refused on the way."""

from harness import check, equal, main, test
from harness.agent import Agent
from harness.lab import ACCESS, CARRIER, CORE, PHONE


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


if __name__ == "__main__":
    main()
