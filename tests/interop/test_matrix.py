#!/usr/bin/env python3
"""Every way of protecting media meets every other one; the pairs with plain RTP are in test_srtp.py and test_dtls.py, and
media-relay/docs/matrix.md has them all."""

from harness import check, equal, main, test
from harness.secured import DTLS, MUX, SDES, WEB, changes, phone, start, talk

ACCOUNTS = {"sdes": (SDES, ()), "dtls": (DTLS, MUX), "webrtc": (WEB, MUX)}


def meet(lab, caller, callee):
    start(lab, caller, bob=callee)
    alice, bob = (phone(lab, name, port, *ACCOUNTS[kind])
                  for name, port, kind in (("alice", 5062, caller), ("bob", 5064, callee)))
    talk(alice, bob)
    equal(changes(lab, "secured"), sum(kind != "sdes" for kind in (caller, callee)), "handshakes")
    nominated = changes(lab, "ice_connected")
    check(nominated >= [caller, callee].count("webrtc"), f"pairs that were nominated: {nominated}")


@test
def sdes_calls_dtls(lab):
    meet(lab, "sdes", "dtls")


@test
def dtls_calls_sdes(lab):
    meet(lab, "dtls", "sdes")


@test
def sdes_calls_ice_and_dtls(lab):
    meet(lab, "sdes", "webrtc")


@test
def ice_and_dtls_call_sdes(lab):
    meet(lab, "webrtc", "sdes")


@test
def dtls_calls_ice_and_dtls(lab):
    meet(lab, "dtls", "webrtc")


@test
def ice_and_dtls_call_dtls(lab):
    meet(lab, "webrtc", "dtls")


# Each tells its own pair by re-INVITE at the same moment.
@test
def ice_and_dtls_on_both_legs(lab):
    meet(lab, "webrtc", "webrtc")


if __name__ == "__main__":
    main()
