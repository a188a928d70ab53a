#!/usr/bin/env python3
"""Keys from DTLS handshakes, with and without ICE: a real phone on one leg, plain RTP on the other."""

from harness import check, equal, main, test
from harness.border import ACCESS
from harness.secured import DTLS, MUX, WEB, changes, phone, start, talk


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
