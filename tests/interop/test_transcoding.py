#!/usr/bin/env python3
"""Phones that share no codec: the relay transcodes, and both hear each other."""

import time

from harness import check, equal, main, namespace, test
from harness.border import ACCESS
from harness.lab import PHONE
from harness.phone import Phone, end_and_judge

TONES = {"alice": 440, "bob": 1000}  # Hz
ENOUGH = 2.0  # seconds in which the other's tone dominates
PCMA = {"codecs": "pcma/8000/1"}
PCMU = {"codecs": "pcmu/8000/1"}
G722 = {"codecs": "g722/16000/1", "extra": ("module g722.so",)}
OPUS = {"codecs": "opus/48000/2", "extra": ("module opus.so",)}
ALL = ["PCMU", "PCMA", "G722", "opus"]


def start(lab, alice, bob, transcode=ALL, relay=None):
    access = {"registrar": {"algorithms": ["MD5"]}}
    if transcode:
        access["codecs"] = {"transcode": transcode}
    lab.start({"realm": {"access": access}}, relay, register=False)
    namespace.speak_as(PHONE, ACCESS)
    phones = []
    for name, port, codec in (("alice", 5062, alice), ("bob", 5064, bob)):
        phones.append(lab.keep(Phone(lab.directory, name, TONES[name], PHONE, port, **codec)))
        phones[-1].wait_registered()
    return phones


def talk(lab, alice, bob):
    alice.command("dial", f"sip:bob@{ACCESS}")
    for each in (alice, bob):
        each.wait("CALL_ESTABLISHED", 20)
    time.sleep(4.5)
    metrics = lab.border.relay_metrics()
    equal(metrics.total("relay_transcoded_flows"), 1, "flows that are transcoded")
    check(metrics.total("relay_transcoded_packets_total", what="encoded") > 200, "hardly anything was encoded")
    equal(metrics.total("relay_transcoded_packets_total", what="undecodable"), 0, "payloads that were none")
    end_and_judge(alice, bob, ENOUGH)


@test
def pcma_meets_g722(lab):
    talk(lab, *start(lab, PCMA, G722))


@test
def opus_meets_pcmu(lab):
    talk(lab, *start(lab, OPUS, PCMU))


@test
def g722_meets_opus(lab):
    talk(lab, *start(lab, G722, OPUS))


@test
def nothing_is_transcoded_where_both_have_a_codec(lab):
    alice, bob = start(lab, PCMA, {"codecs": "pcma/8000/1,g722/16000/1", "extra": ("module g722.so",)})
    alice.command("dial", f"sip:bob@{ACCESS}")
    bob.wait("CALL_ESTABLISHED")
    time.sleep(1)
    equal(lab.border.relay_metrics().total("relay_transcoded_flows"), 0, "flows that are transcoded")
    alice.command("hangup")
    bob.wait("CALL_CLOSED")


@test
def without_leave_nothing_is_transcoded(lab):
    alice, _ = start(lab, PCMA, G722, transcode=None)
    alice.command("dial", f"sip:bob@{ACCESS}")
    alice.wait("CALL_CLOSED")
    equal(lab.border.calls("answered"), 0, "answered calls")


if __name__ == "__main__":
    main()
