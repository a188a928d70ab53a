#!/usr/bin/env python3
"""Protected media over IPv6: a phone with IPv6 and one with IPv4 talk, in either direction, judged by tone; two phones
with IPv6 as well."""

from harness import check, equal, main, test
from harness.border import ACCESS6
from harness.lab import PHONE, PHONE6
from harness.secured import DTLS, MUX, SDES, WEB, changes, phone, start, talk

ACCOUNTS = {"sdes": (SDES, ()), "dtls": (DTLS, MUX), "webrtc": (WEB, MUX)}


def meet(lab, kind, callee_at):
    start(lab, kind, bob=kind)
    alice = phone(lab, "alice", 5062, *ACCOUNTS[kind], at=PHONE6)
    bob = phone(lab, "bob", 5064, *ACCOUNTS[kind], at=callee_at)
    talk(alice, bob, at=f"[{ACCESS6}]")
    if kind != "sdes":
        equal(changes(lab, "secured"), 2, "handshakes")
    if kind == "webrtc":
        check(changes(lab, "ice_connected") >= 1, "a pair is nominated")


@test
def sdes_from_ipv6_to_ipv4(lab):
    meet(lab, "sdes", PHONE)


@test
def sdes_over_ipv6(lab):
    meet(lab, "sdes", PHONE6)


@test
def dtls_from_ipv6_to_ipv4(lab):
    meet(lab, "dtls", PHONE)


@test
def dtls_over_ipv6(lab):
    meet(lab, "dtls", PHONE6)


@test
def ice_and_dtls_from_ipv6_to_ipv4(lab):
    meet(lab, "webrtc", PHONE)


@test
def ice_and_dtls_over_ipv6(lab):
    meet(lab, "webrtc", PHONE6)


if __name__ == "__main__":
    main()
