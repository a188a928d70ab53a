#!/usr/bin/env python3
"""sipp plays phones and registrars that have no time, are gone, or have forgotten what they said; and whoever asks for a password
twice, on either side of the border."""

import time

from harness import check, equal, eventually, main, test
from harness.border import OWN_POLICIES
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, PHONE, PHONE2
from harness.way import CONFIG, SECOND

POLICY = {"policy": {"file": str(OWN_POLICIES / "scenarios.lua")}}
ACCOUNT = {"account": "border", "secret": "s3cret", "digest_realm": "trunk.example"}
OURS = {"username": "border", "password": "s3cret"}


def relayed(lab, **registrar):
    upstream = {"mode": "relay", "upstream": "second", "upstream_answer": "1s", **registrar}
    lab.start({**CONFIG, "process": {"shards": 1}, "realm": {"access": {"registrar": upstream}}, "user": []}, register=False)


def upstream(lab):
    heard = lab.capture.messages(CORE, CARRIER2, lambda m: m.is_request("REGISTER"))
    return {m.header("via") for m in heard}


def registers(lab, **account):
    """The border, at its trunk."""
    lab.start({**CONFIG, "trunk": {"carrier": {"sources": [CARRIER], **account}, "second": SECOND},
               "registration": [{"trunk": "carrier", "aor": "sip:4313000@trunk.example"}]}, register=False)


def leaves(lab, registrar):
    """The border, once it is registered at its trunk."""
    eventually(lambda: lab.border.sbc_metrics().total("parapet_trunk_registrations", state="registered") == 1, "the gauge", 6)
    lab.border.sbc.stop(8)
    registrar.done()


# --- registrars that have no time, or are gone ---


@test
def phones_that_come_all_at_once_are_put_off(lab):  # trap 74
    relayed(lab, upstream_rate=5)
    lab.sipp("registrar_once", "registrar", CARRIER2, calls=40, expires=600)
    lab.sipp("registers_in_a_crowd", "phones", PHONE, calls=40, rate=400).done()
    answers = lab.capture.messages(ACCESS, PHONE, lambda m: m.is_response(503, "REGISTER"))
    check(len(answers) >= 20, f"only {len(answers)} of 40 phones were put off")
    check(len({m.header("retry-after") for m in answers}) > 5, "they would all come back at once")
    check(len(upstream(lab)) <= 20, f"{len(upstream(lab))} REGISTERs upstream")


@test
def a_registrar_that_is_gone_is_ridden_out(lab):  # trap 74
    # Half of the upstream life is over at once: every refresh wants to go upstream.
    relayed(lab, phone_expires="30s", upstream_expires="30s", min_expires="5s")
    registrar = lab.sipp("registrar_once", "registrar", CARRIER2, expires=30)
    known = lab.sipp("registers_twice_simply", "known", PHONE, expires=30)
    registrar.done()
    known.done()
    equal(len(upstream(lab)), 2, "REGISTERs upstream: the refresh was tried")
    lab.sipp("registers_and_is_put_off", "stranger", PHONE2, user="bob").done()
    eventually(lambda: lab.border.sbc_metrics().total("parapet_upstream_registrations_total", event="ridden_out") == 1,
               "it is counted", 4)


@test
def a_trunk_that_has_no_time_for_our_registration(lab):
    registrar = lab.sipp("trunk_registrar_busy", "registrar", CARRIER)
    registers(lab)
    leaves(lab, registrar)
    first, again = lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("REGISTER"))[:2]
    check(2.0 <= again.time - first.time <= 4.0, f"the border came back after {again.time - first.time:.2f} s")


# --- nonces that are old (RFC 7616 3.3, RFC 3261 22.3) ---


@test
def a_phone_whose_nonce_is_old_is_given_another(lab):
    # Used up, and older than it may be: sipp counts each nonce once.
    lab.start({"realm": {"access": {"registrar": {"algorithms": ["MD5"], "nonce_lifetime": "5s"}}}}, register=False)
    phones = [lab.sipp("registers_with_an_old_nonce", role, at, password="wonder-land", auth_uri="example.org", age=age)
              for role, at, age in (("used", PHONE, 50), ("aged", PHONE2, 5500))]
    for phone in phones:
        phone.done()
    equal(lab.border.sbc_metrics().total("parapet_registrations_total", result="registered"), 2, "registrations")


@test
def a_carrier_and_a_pbx_whose_nonces_are_old(lab):
    # The carrier asks when a phone calls, the PBX of the phones' side when the carrier calls.
    pbx = {"realm": "access", "targets": [f"{PHONE2}:5060"], "sources": [PHONE2], **OURS}
    lab.start({**POLICY, "process": {"shards": 1}, "trunk": {"carrier": {"sources": [CARRIER], **OURS}, "second": pbx}})
    for near, far, number in ((PHONE, CARRIER, "1000"), (CARRIER, PHONE2, "2000")):
        called = lab.sipp("callee_forgets_its_nonce", f"called_{number}", far, **ACCOUNT)
        lab.sipp("caller", f"caller_{number}", near, service=number).done()
        called.done()
        border = CORE if near == CARRIER else ACCESS
        told = lab.capture.messages(border, near, lambda m: m.status and "nonce" in m.text and m.method == "INVITE")
        equal([m.start for m in told], [], "what the caller hears of it")
    eventually(lambda: lab.border.sbc_metrics().total("parapet_trunk_challenges_total", result="retried") == 4, "tries", 4)


@test
def a_registrar_whose_nonce_is_old(lab):
    registrar = lab.sipp("trunk_registrar_forgets_its_nonce", "registrar", CARRIER, **ACCOUNT)
    registers(lab, **OURS)
    leaves(lab, registrar)


@test
def a_registrar_that_asks_again_at_the_end(lab):
    registrar = lab.sipp("trunk_registrar_asks_late", "registrar", CARRIER, **ACCOUNT)
    registers(lab, **OURS)
    leaves(lab, registrar)
    last = lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("REGISTER"))[-1]
    check("expires=0" in last.header("contact"), f"its end:\n{last.text}")


@test
def a_registrar_that_is_gone_at_the_end(lab):
    registrar = lab.sipp("registrar_once", "registrar", CARRIER, expires=600)
    registers(lab)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_trunk_registrations", state="registered") == 1, "the gauge", 6)
    registrar.done()
    began = time.monotonic()
    lab.border.sbc.stop(8)
    check(1.5 <= time.monotonic() - began <= 4.0, f"the border stopped after {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
