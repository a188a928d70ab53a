#!/usr/bin/env python3
"""Keys from DTLS handshakes, with and without ICE: a real phone on one leg, plain RTP on the other."""

import time

from harness import check, equal, main, namespace, test
from harness.border import ACCESS, OWN_POLICIES
from harness.lab import PHONE
from harness.phone import Phone, end_and_judge

ALICE_TONE, BOB_TONE = 440, 1000  # Hz
ENOUGH = 2.0  # seconds in which the other's tone dominates
MUX = ["rtcp_mux yes"]
DTLS = ";mediaenc=dtls_srtp"
WEB = DTLS + ";medianat=ice"


def start(lab, caller, **callees):
    """`caller`: how the realm's media is protected; `callees`: the same of each user that is called."""
    lab.start({"realm": {"access": {"media_security": caller, "registrar": {"algorithms": ["MD5"]}}},
               "policy": {"file": str(OWN_POLICIES / "web.lua"), "settings": callees}}, register=False)
    namespace.speak_as(PHONE, ACCESS)


def phone(lab, name, port, account="", extra=()):
    tone = {"alice": ALICE_TONE, "bob": BOB_TONE}[name]
    made = lab.keep(Phone(lab.directory, name, tone, PHONE, port, account=account, extra=extra))
    made.wait_registered()
    return made


def talk(caller, callee, seconds=4):
    caller.command("dial", f"sip:{callee.name}@{ACCESS}")
    for each in (caller, callee):
        each.wait("CALL_ESTABLISHED")
    time.sleep(seconds)
    end_and_judge(caller, callee, ENOUGH)


def changes(lab, kind):
    return lab.border.relay_metrics().total("relay_peer_changes_total", change=kind)


@test
def dtls_calls_plain_rtp(lab):
    start(lab, "dtls", bob="none")
    talk(phone(lab, "alice", 5062, DTLS, MUX), phone(lab, "bob", 5064))
    equal(changes(lab, "secured"), 1, "handshakes")


@test
def plain_rtp_calls_dtls(lab):
    start(lab, "none", bob="dtls")
    talk(phone(lab, "alice", 5062), phone(lab, "bob", 5064, DTLS, MUX))
    equal(changes(lab, "secured"), 1, "handshakes")


@test
def ice_and_dtls_call_plain_rtp(lab):
    start(lab, "webrtc", bob="none")
    talk(phone(lab, "alice", 5062, WEB, MUX), phone(lab, "bob", 5064))
    equal(changes(lab, "secured"), 1, "handshakes")
    check(changes(lab, "ice_connected") >= 1, "no pair was nominated")
    trace = (lab.directory / "sip.jsonl").read_text()
    check("ice-pwd:(blanked)" in trace, "no password of ICE in the trace")


@test
def plain_rtp_calls_ice_and_dtls(lab):
    start(lab, "none", bob="webrtc")
    talk(phone(lab, "alice", 5062), phone(lab, "bob", 5064, WEB, MUX))
    equal(changes(lab, "secured"), 1, "handshakes")
    check(changes(lab, "ice_connected") >= 1, "no pair was nominated")


@test
def dtls_on_both_legs(lab):
    start(lab, "dtls", bob="dtls")
    talk(phone(lab, "alice", 5062, DTLS, MUX), phone(lab, "bob", 5064, DTLS, MUX))
    equal(changes(lab, "secured"), 2, "handshakes")


@test
def plain_rtp_is_refused_where_dtls_has_to_be(lab):
    start(lab, "webrtc", bob="none")
    phone(lab, "bob", 5064)
    alice = phone(lab, "alice", 5062)
    alice.command("dial", f"sip:bob@{ACCESS}")
    alice.wait("CALL_CLOSED")
    equal(lab.border.calls("answered"), 0, "answered calls")


if __name__ == "__main__":
    main()
