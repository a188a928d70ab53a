#!/usr/bin/env python3
"""Policies that ask an HTTP service before they decide."""

import signal
import time

from harness import check, equal, main, test
from harness.border import OWN_POLICIES
from harness.checks import eventually
from harness.dns import Dns
from harness.lab import CARRIER, PHONE
from harness.service import Service
from harness.tls import Authority

SERVICE = "http://127.0.0.1:8080/v1/"
DOMAIN = "@example.org"


def start(lab, answers=None, http=None, settings=None, policy=None, certificate=None, more=None):
    service = lab.keep(Service("127.0.0.1", answers={f"/v1/{k}": v for k, v in (answers or {}).items()},
                               certificate=certificate))
    lab.start({"process": {"shards": 1},
               "policy": {"file": str(OWN_POLICIES / "lookups.lua"),
                          "settings": {"trust_udp_addresses": None, "service": SERVICE,
                                       "elsewhere": "http://127.0.0.1:9580/metrics", **(settings or {})},
                          "http": {"allow": [SERVICE], **(http or {})}, **(policy or {})}, **(more or {})})
    return service, lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")


def counted(lab, expected, name, what, **labels):
    """Counters of a shard are copied once a second."""
    eventually(lambda: lab.border.sbc_metrics().total(name, **labels) == expected, f"{expected} {what}")


def looked_up(lab, result, expected, what):
    counted(lab, expected, "parapet_policy_http_total", what, result=result)


def waiting(lab):
    return lab.border.sbc_metrics().total("parapet_policy_waiting")


def invite(alice, user):
    return alice.invite(f"sip:{user}{DOMAIN}", sdp=alice.sdp())


def refused(alice, user, status, reason):
    call = invite(alice, user)
    answer = call.response(status, 10)
    check(answer.start.endswith(f" {reason}"), f"the reason: expected {reason}, got {answer.start}")


@test
def a_call_goes_where_the_service_says(lab):
    _, alice, carrier = start(lab, {"1000": {"number": "+4312345"}})
    call = invite(alice, "1000")
    got = carrier.request("INVITE")
    check(got.message.start.startswith("INVITE sip:+4312345@"), f"the number: {got.message.start}")
    got.reply(200, sdp=carrier.sdp())
    call.response(200)
    call.ack()
    carrier.request("ACK")
    bye = call.send("BYE")
    carrier.request("BYE").reply(200)
    bye.response(200)
    looked_up(lab, "answered", 1, "look-ups that were answered")


@test
def json_is_posted(lab):
    _, alice, _ = start(lab)
    refused(alice, "posted", 486, "alice b")


@test
def whatever_is_wrong_the_policy_hears_of_it_and_goes_on(lab):
    service, alice, _ = start(lab, {"broken": b"{]", "huge": b'"' + b"x" * 70_000 + b'"'}, settings={"timeout": 0.3},
                              http={"failures": 1000})
    service.silent.add("/v1/silent")
    refused(alice, "silent", 480, "timeout")
    refused(alice, "broken", 480, "bad_json")
    refused(alice, "huge", 480, "too_large")
    refused(alice, "nobody", 404, "status 404")
    refused(alice, "elsewhere", 480, "not_allowed")
    service.kill()
    refused(alice, "1000", 480, "connect")
    for result in ("too_large", "not_allowed", "connect"):
        looked_up(lab, result, 1, f"look-ups that ended with {result}")
    equal(waiting(lab), 0, "handlers that wait")


@test
def a_service_that_says_nothing_holds_up_no_other_call(lab):
    service, alice, carrier = start(lab, settings={"timeout": 3}, http={"failures": 1000})
    service.silent.update(f"/v1/silent-{i}" for i in range(20))
    calls = [invite(alice, f"silent-{i}") for i in range(20)]
    eventually(lambda: waiting(lab) == 20, "twenty handlers that wait")
    began = time.monotonic()
    call = invite(alice, "plain")
    carrier.request("INVITE").reply(486)
    call.response(486)
    took = time.monotonic() - began
    check(took < 2, f"another call took {took:.2f} s")
    for one in calls:
        one.response(480, 15)
    equal(lab.border.sbc_metrics().total("parapet_policy_waits_total", event="timeout"), 20, "questions without an answer")


@test
def a_caller_may_hang_up_meanwhile(lab):
    service, alice, carrier = start(lab, settings={"timeout": 4})
    service.silent.add("/v1/silent")
    call = invite(alice, "silent")
    call.response(100)
    call.cancel()
    call.response(487)
    equal(lab.border.sbc_metrics().total("parapet_policy_waits_total", event="abandoned"), 1, "abandoned handlers")
    carrier.nothing(lambda m: m.is_request("INVITE"))


@test
def an_answer_is_used_again(lab):
    service, alice, carrier = start(lab, {"1000": {"number": "2000"}}, settings={"cache": 60})
    for _ in range(3):
        call = invite(alice, "1000")
        carrier.request("INVITE").reply(486)
        call.response(486)
    equal(service.asked["/v1/1000"], 1, "requests that the service got")
    looked_up(lab, "cached", 2, "answers from memory")


@test
def a_service_that_fails_is_left_in_peace(lab):
    service, alice, _ = start(lab, {"1000": 503}, http={"failures": 3, "pause": "1h"})
    for _ in range(3):
        refused(alice, "1000", 404, "status 503")
    refused(alice, "1000", 480, "resting")
    equal(service.asked["/v1/1000"], 3, "requests that the service got")
    counted(lab, 1, "parapet_policy_http_resting", "services that rest")


@test
def a_failure_is_decided_with_an_answer(lab):
    _, alice, carrier = start(lab, {"second": {"number": "2000"}, "failed-404": {"status": 410}})
    call = invite(alice, "second")
    carrier.request("INVITE").reply(404)
    call.response(410)


@test
def a_handler_that_waits_too_long_gets_the_fallback(lab):
    service, alice, _ = start(lab, settings={"timeout": 9}, policy={"wait": "300ms", "invite_fallback": 503})
    service.silent.update(["/v1/silent", "/v1/twice"])
    refused(alice, "silent", 480, "timeout")
    invite(alice, "twice").response(503)
    equal(lab.border.sbc_metrics().total("parapet_policy_errors_total", handler="on_invite"), 1, "handlers that failed")
    check("the handler has waited for longer than its budget of 300 ms" in (lab.directory / "sbc.log").read_text(),
          "the log does not say why")


@test
def calls_that_wait_keep_their_policy_over_a_reload(lab):
    service, alice, carrier = start(lab, {"1000": {"number": "2000"}}, settings={"timeout": 5}, policy={"wait": "10s"})
    service.delays["/v1/1000"] = 1.5
    call = invite(alice, "1000")
    eventually(lambda: waiting(lab) == 1, "a handler that waits")
    other = lab.directory / "other.lua"
    other.write_text("return { on_invite = function() return reject(603) end }\n")
    lab.border.write({"policy": {"file": str(other)}})
    lab.border.sbc.signal(signal.SIGHUP)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_sbc_config_reloads_total", result="applied") == 1, "the reload")
    carrier.request("INVITE").reply(486)
    call.response(486)
    call = invite(alice, "1000")
    call.response(603)


@test
def numbers_are_found_by_enum(lab):
    dns = lab.keep(Dns("127.0.0.1", {
        ("5.4.3.2.1.3.4.e164.example", "NAPTR"): [(100, 20, "u", "E2U+sip", "!^.*$!sip:second@example.net!"),
                                                  (100, 10, "u", "E2U+sip", "!^\\+43(.*)$!sip:0\\1@example.net!"),
                                                  (10, 10, "u", "E2U+web:http", "!^.*$!http://example.net/!")],
        ("9.9.3.4.e164.example", "NAPTR"): [(10, 10, "u", "E2U+web:http", "!^.*$!http://example.net/!")]}))
    _, alice, carrier = start(lab, policy={"enum": {"suffixes": ["e164.example"]}},
                              more={"dns": {"servers": ["127.0.0.1"], "timeout": "200ms", "tries": 1}})
    for _ in range(2):
        call = invite(alice, "+4312345")
        got = carrier.request("INVITE")
        check(got.message.start.startswith("INVITE sip:012345@"), f"the number: {got.message.start}")
        got.reply(486)
        call.response(486)
    equal(dns.asked["5.4.3.2.1.3.4.e164.example", "NAPTR"], 1, "questions to the DNS")
    refused(alice, "+4399", 404, "1 records")
    refused(alice, "+431", 404, "0 records")
    refused(alice, "+43x", 480, "no_number")
    dns.silent = True
    refused(alice, "+4317", 480, "timeout")
    for result, number in (("found", 3), ("nothing", 1), ("no_number", 1), ("timeout", 1)):
        counted(lab, number, "parapet_policy_enum_total", f"look-ups with {result}", result=result)


@test
def a_dns_that_is_silent_is_left_in_peace(lab):
    dns = lab.keep(Dns("127.0.0.1", {
        ("1.3.4.e164.example", "NAPTR"): [(10, 10, "u", "E2U+web:http", "!^.*$!http://example.net/!")]}))
    _, alice, _ = start(lab, policy={"enum": {"suffixes": ["e164.example"], "failures": 2, "pause": "2s"}},
                        more={"dns": {"servers": ["127.0.0.1"], "timeout": "200ms", "tries": 1}})
    refused(alice, "+431", 404, "1 records")
    dns.silent = True
    refused(alice, "+432", 480, "timeout")
    refused(alice, "+433", 480, "timeout")
    refused(alice, "+434", 480, "resting")
    equal(dns.asked["4.3.4.e164.example", "NAPTR"], 0, "questions to the DNS that rests")
    refused(alice, "+431", 404, "1 records")
    counted(lab, 1, "parapet_policy_enum_total", "look-ups that were spared", result="resting")
    dns.silent = False
    time.sleep(2)
    refused(alice, "+435", 404, "0 records")
    refused(alice, "+436", 404, "0 records")


@test
def names_are_looked_up(lab):
    dns = lab.keep(Dns("127.0.0.1", {
        ("edge.example", "A"): ["192.0.2.7", "192.0.2.8"], ("edge.example", "TXT"): [("v=", "one")],
        ("_sip._udp.edge.example", "SRV"): [(20, 1, 5060, "last.edge.example"), (10, 1, 5070, "first.edge.example")]}))
    _, alice, _ = start(lab, policy={"dns": {"domains": ["edge.example"]}},
                        more={"dns": {"servers": ["127.0.0.1"], "timeout": "200ms", "tries": 1}})
    for _ in range(2):
        refused(alice, "named", 404, "2:192.0.2.7 2:first.edge.example 1:v=one 0:nil not_allowed no_name")
    equal(dns.asked["edge.example", "TXT"], 1, "questions to the DNS")
    equal(dns.asked["badedge.example", "A"], 0, "questions that nobody may ask")
    for result, number in (("found", 6), ("nothing", 2), ("not_allowed", 2), ("no_name", 2)):
        counted(lab, number, "parapet_policy_dns_total", f"look-ups with {result}", result=result)


@test
def a_certificate_that_is_not_trusted_is_no_answer(lab):
    authority = Authority(lab.directory)
    certificate = authority.issue("service", "IP:127.0.0.1")
    secure = SERVICE.replace("http:", "https:")
    for trusted in (False, True):
        http = {"allow": [secure], **({"ca_file": str(authority.pem)} if trusted else {})}
        if trusted:
            lab.border.write({"policy": {"http": http}})
            before = lab.border.sbc_metrics().total("parapet_sbc_config_reloads_total", result="applied")
            lab.border.sbc.signal(signal.SIGHUP)
            eventually(lambda: lab.border.sbc_metrics().total("parapet_sbc_config_reloads_total", result="applied") > before,
                       "the reload")
            call = invite(alice, "1000")
            carrier.request("INVITE").reply(486)
            call.response(486)
        else:
            _, alice, carrier = start(lab, {"1000": {"number": "2000"}}, http=http, settings={"service": secure},
                                      certificate=certificate)
            refused(alice, "1000", 480, "tls")


if __name__ == "__main__":
    main()
