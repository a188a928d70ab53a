#!/usr/bin/env python3
"""SRTP with keys in SDP: a real phone on one leg, plain RTP on the other; and what strangers try."""

import os
import random
import socket
import struct
import threading
import time

from harness import check, equal, eventually, main, namespace, test
from harness.border import ACCESS, CORE
from harness.forge import spoof
from harness.lab import CARRIER, PHONE, PHONE2
from harness.peers import Rtp
from harness.phone import Phone, end_and_judge
from harness.reports import BYE, SENDER_REPORT, Reports, compound
from harness.tls import Authority

ALICE_TONE, BOB_TONE = 440, 1000  # Hz
ENOUGH = 2.0  # seconds in which the other's tone dominates
EVIL = b"EVIL" * 40
THERE = 0x22222222  # SSRC of the carrier


def start(lab, security="best-effort", **realm):
    authority = Authority(lab.directory)
    pair = authority.issue("border", f"DNS:sbc.example.org,IP:{ACCESS},IP:{CORE}")
    plain = [{"transport": t, "bind": f"{ACCESS}:5060"} for t in ("udp", "tcp")]
    tls = {"transport": "tls", "bind": f"{ACCESS}:5061", "advertise": f"{ACCESS}:5061", **pair}
    access = {"listener": plain + [tls], "registrar": {"algorithms": ["MD5"]}, "media_security": security, **realm}
    lab.start({"realm": {"access": access}}, register=False)
    namespace.speak_as(PHONE, ACCESS)


def phone(lab, name, port, transport="udp", mediaenc=None):
    tone = {"alice": ALICE_TONE, "bob": BOB_TONE}[name]
    made = lab.keep(Phone(lab.directory, name, tone, PHONE, port, transport=transport,
                          account=f";mediaenc={mediaenc}" if mediaenc else ""))
    made.wait_registered()
    return made


def talk(alice, bob, transport="", seconds=3.5):
    alice.command("dial", f"sip:bob@{ACCESS}{transport}")
    for each in (alice, bob):
        each.wait("CALL_ESTABLISHED")
    time.sleep(seconds)
    end_and_judge(alice, bob, ENOUGH)


def traced_media(lab, direction):
    """The m= lines that the border has read or said, as its trace has them."""
    text = (lab.directory / "sip.jsonl").read_text()
    check("inline:" not in text.replace("inline:(blanked)", ""), "the trace shows keys")
    lines = [line for line in text.splitlines() if f'"direction":"{direction}"' in line]
    return [part for line in lines for part in line.split("\\r\\n") if part.startswith(("m=", "a=crypto"))]


def refused(lab, reason):
    return lab.border.relay_metrics().total("relay_packets_dropped_total", reason=reason)


@test
def srtp_over_tls_meets_plain_rtp_over_udp(lab):
    start(lab)
    alice = phone(lab, "alice", 5062, "tls", "srtp-mand")
    bob = phone(lab, "bob", 5064)
    talk(alice, bob, ";transport=tls")
    check(any("RTP/SAVP" in line for line in traced_media(lab, "in")), "alice offered plain RTP")
    said = traced_media(lab, "out")
    equal(sum(line.startswith("a=crypto") for line in said), 1, "our keys: one line, to alice")
    check(any("RTP/AVP " in line for line in said), "bob was offered no plain RTP")
    check(refused(lab, "unauthentic") <= 2, "packets of alice were refused")  # baresip says goodbye (RTCP) in clear
    logs = "".join(file.read_text(errors="replace") for file in lab.directory.glob("*.log") if "baresip" not in file.name)
    check("inline:" not in logs, "a log shows keys")


@test
def plain_rtp_over_udp_meets_srtp_over_tls(lab):
    start(lab)
    alice = phone(lab, "alice", 5062, "udp")
    # The border offers RTP/AVP with keys (RFC 8643).
    bob = phone(lab, "bob", 5064, "tls", "srtp")
    talk(alice, bob)
    check(any(line.startswith("a=crypto") for line in traced_media(lab, "in")), "bob answered without keys")


@test
def srtp_on_both_legs(lab):
    start(lab, "sdes", sdes_in_clear=True)
    alice = phone(lab, "alice", 5062, "tls", "srtp-mand")
    bob = phone(lab, "bob", 5064, "udp", "srtp-mand")
    talk(alice, bob, ";transport=tls")
    check(refused(lab, "unauthentic") <= 4, "packets were refused")


@test
def sdes_without_encrypted_signalling_is_refused(lab):
    start(lab, "sdes")
    phone(lab, "bob", 5064, "tls", "srtp-mand")
    alice = phone(lab, "alice", 5062, "udp", "srtp-mand")
    alice.command("dial", f"sip:bob@{ACCESS}")
    alice.wait("CALL_CLOSED")
    equal(lab.border.calls("answered"), 0, "answered calls")


class Listener(Rtp):
    """A plain RTP peer that knows forged media when it hears it."""

    evil = 0

    def _on_packet(self, data, source):
        if EVIL[:16] in data:
            self.evil += 1
        super()._on_packet(data, source)


class Wire(threading.Thread):
    """Sees what an attacker on the path sees: the phone's media to the border."""

    def __init__(self):
        super().__init__(daemon=True)
        self.packets = []  # (source, target, payload)
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        self._socket.settimeout(0.1)
        self.stopped = False
        self.start()

    def run(self):
        while not self.stopped:
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                continue
            header = (data[0] & 15) * 4
            if data[9] != socket.IPPROTO_UDP or socket.inet_ntoa(data[12:16]) != PHONE \
                    or socket.inet_ntoa(data[16:20]) != ACCESS:
                continue
            source, target = struct.unpack("!HH", data[header:header + 4])
            payload = data[header + 8:]
            if EVIL[:16] in payload:
                continue
            if payload[:1] and payload[0] >> 6 == 2 and not 64 <= payload[1] & 0x7F < 96:
                self.packets.append((source, target, payload))

    # What a Lab keeps.
    def running(self):
        return not self.stopped

    def kill(self):
        self.stopped = True
        self.join()


def attack(wire, stranger):
    """Clear, forged and replayed packets, from a stranger's address and from the phone's own."""
    source, target, last = wire.packets[-1]
    phone_end, border = (PHONE, source), (ACCESS, target)
    _, _, sequence, stamp, ssrc = struct.unpack("!BBHII", last[:12])
    for i in range(30):
        time.sleep(0.002)  # what is lost in a socket's buffer proves nothing
        follow = struct.pack("!BBHII", 0x80, last[1] & 0x7F, sequence + 1 + i & 0xFFFF, stamp + 160 * (i + 1) & 0xFFFFFFFF, ssrc)
        other = struct.pack("!BBHII", 0x80, 0, i, i * 160, 0x66666666)
        for header in (follow, other):
            for body in (EVIL, EVIL + os.urandom(10)):
                stranger.sendto(header + body, border)
                spoof(phone_end, border, header + body)
        replayed = random.choice(wire.packets[-40:])[2]
        stranger.sendto(replayed, border)
        spoof(phone_end, border, replayed)
        for body in (b"", os.urandom(14)):  # with room for an index and a tag, too
            stranger.sendto(compound(ssrc, bye=True) + body, (ACCESS, target + 1))
            spoof((PHONE, source + 1), (ACCESS, target + 1), compound(ssrc, bye=True) + body)


# trap 50: a stranger's packets.
@test
def forged_clear_and_replayed_packets_reach_nobody(lab):
    start(lab, "sdes")
    carrier = lab.keep(Listener(CARRIER, 7000, THERE))
    reports = lab.keep(Reports(CARRIER, 7001, THERE))
    lab.callee("callee_is_held")
    wire = lab.keep(Wire())
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind((PHONE2, 0))
    stranger.settimeout(0.1)
    alice = phone(lab, "alice", 5062, "tls", "srtp-mand")
    alice.command("dial", f"sip:4912345@{ACCESS};transport=tls")
    alice.wait("CALL_ESTABLISHED")
    carrier.send_to(lab.capture.wait(lambda m: m.media() and m.is_request("INVITE"), "INVITE", target=CARRIER).media()[:2])
    eventually(lambda: len(wire.packets) > 60 and sum(carrier.received.values()) > 40, "media", 8)

    def nothing_got_through(when):
        before = {reason: refused(lab, reason) for reason in ("unauthentic", "wrong_source", "replayed", "not_allowed")}
        count = len(wire.packets)
        attack(wire, stranger)
        # The true media goes on meanwhile.
        eventually(lambda: len(wire.packets) > count + 25 * 9, f"media {when}", 10)
        # The counters are read now and then, not with each packet.
        more = lambda: {reason: refused(lab, reason) - before[reason] for reason in before}
        eventually(lambda: more()["wrong_source"] >= 130, f"of the stranger's 150 packets {when}: {more()}")
        # A phone that has changed its key makes replays of what came before unauthentic.
        eventually(lambda: more()["unauthentic"] + more()["replayed"] >= 130, f"of 150 in the phone's name {when}: {more()}")
        eventually(lambda: sum(more().values()) >= 400, f"of all 420, reports among them, {when}: {more()}")
        equal(carrier.evil, 0, f"forged packets that the carrier heard {when}")
        equal(len(carrier.received), 1, f"sources that the carrier hears {when}: {carrier.received}")
        try:
            bled = stranger.recv(2048)
        except TimeoutError:
            bled = b""
        equal(bled, b"", f"what the stranger got {when}")
        return sum(carrier.received.values())

    heard = nothing_got_through("in the middle of the call")
    for command in ("hold", "resume"):
        alice.command(command)
        lab.capture.wait(lambda m: m.is_request("INVITE"), command, target=CARRIER, count=2 if command == "hold" else 3)
        time.sleep(0.2)
        if command == "hold":
            attack(wire, stranger)
            equal(carrier.evil, 0, "forged packets during the hold")
    after = nothing_got_through("right after the re-INVITE")
    check(after > heard, "the carrier hears nothing of the phone after the re-INVITE")
    told = [kind for kind, _ in reports.heard]
    check(BYE not in told, "a forged farewell came through")
    check(told.count(SENDER_REPORT) <= 6, f"forged reports came through: {told}")  # her own: one in five seconds
    alice.command("hangup")
    lab.border.until_idle()


if __name__ == "__main__":
    main()
