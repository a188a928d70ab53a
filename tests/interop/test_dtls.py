#!/usr/bin/env python3
"""Keys from DTLS handshakes, with and without ICE: a real phone on one leg, plain RTP on the other."""

import socket
import struct
import time

from harness import check, equal, eventually, main, test
from harness.border import ACCESS
from harness.forge import STRAY, spoof
from harness.lab import PHONE, PHONE2
from harness.phone import end_and_judge
from harness.reports import compound
from harness.secured import DTLS, ENOUGH, MUX, WEB, changes, phone, start, talk


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


def attack(lab, border):
    """Checks without credentials, handshakes, media in clear: from a stranger, and in the phone's name."""
    media = struct.pack("!BBHII", 0x80, 0, 1, 160, 0x66666666) + b"EVIL" * 40
    speaker = next(s for (s, t), count in lab.capture.datagrams().items() if s[0] == PHONE and t == border and count > 20)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((PHONE2, 0))
        for _ in range(30):
            for words in (media, compound(0x66666666, b"evil", bye=True), *STRAY):
                stranger.sendto(words, border)
                spoof(speaker, border, words)
            time.sleep(0.02)


# trap 50
@test
def ice_and_dtls_call_plain_rtp(lab):
    start(lab, "webrtc", bob="none")
    alice, bob = phone(lab, "alice", 5062, WEB, MUX), phone(lab, "bob", 5064)
    alice.command("dial", f"sip:bob@{ACCESS}")
    for each in (alice, bob):
        each.wait("CALL_ESTABLISHED")
    time.sleep(1)
    attack(lab, lab.capture.wait(lambda m: m.media() and m.is_response(200, "INVITE"), "answer", target=PHONE).media()[:2])
    refused = lambda reason: lab.border.relay_metrics().total("relay_packets_dropped_total", reason=reason)
    for reason, count in (("not_checked", 90), ("stun_unauthentic", 60), ("unauthentic", 60), ("not_media", 60), ("dtls_unexpected", 30)):
        eventually(lambda reason=reason, count=count: refused(reason) >= count, f"{count} drops as {reason}")
    time.sleep(2)
    end_and_judge(alice, bob, ENOUGH)
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


# trap 39: RFC 8643, of a realm that takes what there is.
@test
def best_effort_takes_dtls(lab):
    start(lab, "best-effort", bob="none")
    talk(phone(lab, "alice", 5062, DTLS, MUX), phone(lab, "bob", 5064))
    equal(changes(lab, "secured"), 1, "handshakes")


@test
def best_effort_takes_plain_rtp(lab):
    start(lab, "best-effort", bob="best-effort")
    talk(phone(lab, "alice", 5062), phone(lab, "bob", 5064))
    equal(changes(lab, "secured"), 0, "handshakes")


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
