#!/usr/bin/env python3
"""Fax (T.38 over UDPTL) and text (RFC 4103) through the border, and what strangers try meanwhile."""

import socket
import struct
import time

from harness import check, equal, eventually, main, test
from harness.border import ACCESS, CORE
from harness.fax import FAX_LINES, FaxMachine, description, end, fax_sdp, place, turn, udptl
from harness.lab import CARRIER, PHONE, PHONE2
from harness.peers import Rtp
from harness.srtp import SUITE, Keys, Peer
from harness.talk import HERE, THERE, both_hear

NUMBER = "sip:1000@example.org"
EVIL = b"\x7fEVIL"


def talking(lab):
    """A call that talks: both dialogs, and where each side sends."""
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    call = alice.invite(NUMBER)
    invite = carrier.request("INVITE")
    invite.reply(200, sdp=carrier.sdp())
    answer = call.response(200)
    call.ack()
    carrier.request("ACK")
    return alice, carrier, call, invite.dialog(), place(answer), place(invite)


def attack(targets, seconds_of_packets=60):
    """A stranger who knows the ports, and counts on from zero as fax machines do."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((PHONE2, 0))
        for sequence in range(seconds_of_packets):
            for target in targets:
                stranger.sendto(udptl(sequence, EVIL), target)
                stranger.sendto(struct.pack("!BBHII", 0x80, 0, sequence, sequence * 160, 1) + EVIL * 30, target)


def hears_no_evil(*machines):
    for machine in machines:
        check(not any(EVIL in data for data in machine.heard), f"{machine.name} heard a stranger")


@test
def a_call_turns_into_fax_and_back(lab):
    lab.start()
    alice, carrier, call, far, to_alice, to_carrier = talking(lab)
    phone, gateway = lab.rtp(PHONE, HERE), lab.rtp(CARRIER, THERE)
    phone.send_to(to_alice)
    gateway.send_to(to_carrier)
    both_hear(phone, gateway, 10)

    # The called machine has heard the tones of the caller's.
    agreed, asked = turn(far, carrier, fax_sdp(CARRIER, 7100), alice, fax_sdp(PHONE, 7200))
    for line in FAX_LINES:
        check(line in asked.body and line in agreed.body, f"{line} did not cross")
    check("m=image" in asked.body and " udptl t38" in asked.body, f"offer of fax: {asked.body}")
    phone.send_to(None)
    gateway.send_to(None)
    near_fax, far_fax = lab.keep(FaxMachine(PHONE, 7200, "alice")), lab.keep(FaxMachine(CARRIER, 7100, "carrier"))
    attack([place(asked.message), place(agreed)])
    for _ in range(3):
        near_fax.send(place(asked.message))
        far_fax.send(place(agreed))
        attack([place(asked.message), place(agreed)], 10)
    eventually(lambda: len(far_fax.pages_of("alice")) >= 55 and len(near_fax.pages_of("carrier")) >= 55,
               "60 packets of fax each way")
    equal({ip for ip, _ in near_fax.sources}, {ACCESS}, "whom the phone's machine hears")
    equal({ip for ip, _ in far_fax.sources}, {CORE}, "whom the carrier's machine hears")
    check(any(d.endswith(b"\x02" + bytes([9]) + b"alice0001" + bytes([9]) + b"alice0000") for d in far_fax.heard),
          "redundancy did not cross unaltered")
    hears_no_evil(near_fax, far_fax)
    check(lab.border.relay_metrics().total("relay_packets_dropped_total", reason="malformed_udptl") > 0,
          "RTP on a flow of fax was not dropped for what it is")

    heard = phone.heard(THERE), gateway.heard(HERE)
    agreed, asked = turn(call, alice, alice.sdp(), carrier, carrier.sdp())
    phone.send_to(place(agreed))
    gateway.send_to(place(asked.message))
    eventually(lambda: phone.heard(THERE) > heard[0] + 10 and gateway.heard(HERE) > heard[1] + 10, "audio again")
    end(call, carrier)


@test
def a_refused_fax_leaves_the_audio_call(lab):
    lab.start()
    alice, carrier, call, far, to_alice, to_carrier = talking(lab)
    phone, gateway = lab.rtp(PHONE, HERE), lab.rtp(CARRIER, THERE)
    phone.send_to(to_alice)
    gateway.send_to(to_carrier)
    both_hear(phone, gateway, 10)
    far.send("INVITE", body=fax_sdp(CARRIER, 7100))
    asked = alice.request("INVITE")
    asked.reply(488)
    far.response(488)
    far.ack(status=488)
    heard = phone.heard(THERE), gateway.heard(HERE)
    eventually(lambda: phone.heard(THERE) > heard[0] + 20 and gateway.heard(HERE) > heard[1] + 20, "audio as before")
    end(call, carrier)


@test
def a_call_begins_with_fax(lab):
    lab.start()
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    near, far = lab.keep(FaxMachine(PHONE, 7200, "alice")), lab.keep(FaxMachine(CARRIER, 7100, "carrier"))
    call = alice.invite(NUMBER, sdp=fax_sdp(PHONE, 7200, 1))
    invite = carrier.request("INVITE")
    invite.reply(200, sdp=fax_sdp(CARRIER, 7100, 1))
    answer = call.response(200)
    call.ack()
    carrier.request("ACK")
    time.sleep(0.2)
    near.send(place(answer), 30)
    far.send(place(invite.message), 30)
    eventually(lambda: len(far.pages_of("alice")) >= 28 and len(near.pages_of("carrier")) >= 28, "fax both ways")
    end(call, carrier)


class Typist(Rtp):
    """Sends t140 in RED, as RFC 4103 has it, each block with the one before it."""

    def type(self, target, text):
        before = b""
        for sequence, letter in enumerate(text.encode()):
            block = bytes([letter])
            red = struct.pack("!BHB", 0x80 | 98, 300 << 2 | len(before) >> 8, len(before) & 0xFF) + bytes([98])
            head = struct.pack("!BBHII", 0x80, 100 | (0x80 if sequence == 0 else 0), sequence, sequence * 300, self.ssrc)
            self._socket.sendto(head + red + before + block, target)
            before = block

    def _on_packet(self, data, source):
        super()._on_packet(data, source)
        if len(data) > 17 and data[1] & 0x7F == 100:
            self.letters = getattr(self, "letters", b"") + data[-1:]


@test
def text_is_heard_both_ways(lab):
    lab.start()
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    text = ["m=audio 7000 RTP/AVP 0", "m=text 7300 RTP/AVP 98 100", "a=rtpmap:98 t140/1000", "a=rtpmap:100 red/1000",
            "a=fmtp:100 98/98"]
    call = alice.invite(NUMBER, sdp=description(PHONE, text))
    invite = carrier.request("INVITE")
    check("a=fmtp:100 98/98" in invite.body and "a=rtpmap:98 t140/1000" in invite.body, f"offer: {invite.body}")
    invite.reply(200, sdp=description(CARRIER, text))
    answer = call.response(200)
    call.ack()
    carrier.request("ACK")

    def text_place(message):
        lines = message.body.split("\r\n")
        return (next(l.split()[-1] for l in lines if l.startswith("c=")),
                next(int(l.split()[1]) for l in lines if l.startswith("m=text")))

    near, far = lab.keep(Typist(PHONE, 7300, HERE)), lab.keep(Typist(CARRIER, 7300, THERE))
    near.type(text_place(answer), "HELLO")
    far.type(text_place(invite.message), "GOOD DAY")
    eventually(lambda: getattr(far, "letters", b"") == b"HELLO" and getattr(near, "letters", b"") == b"GOOD DAY",
               "letters both ways")
    end(call, carrier)


def of_line(message, kind):
    """Where the border wants that line's media, and the keys that it sends with; None for either without."""
    body = message.body
    at = next(l.split()[-1] for l in body.split("\r\n") if l.startswith("c="))
    line = body[body.index(f"m={kind} "):].split("\r\nm=")[0].split("\r\n")
    keys = next((Keys.named(l) for l in line if l.startswith("a=crypto:") and SUITE in l), None)
    return (at, int(line[0].split()[1])), keys


def tag_of(offer):
    """Of our suite among those that are offered: RFC 4568 5.1.2, the answer names it."""
    return next(l.split(":")[1].split()[0] for l in offer.split("\r\n") if l.startswith("a=crypto:") and f" {SUITE} " in l)


def text_and_digits(lab, security):
    """Keys in SDP on the phone's leg, and on the carrier's as `security` says."""
    clear = {"sdes_in_clear": True}
    lab.start({"realm": {"access": {"media_security": "sdes", **clear}}, "trunk": {"carrier": {"media_security": security, **clear}}})
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    near = {"audio": lab.keep(Peer(PHONE, 7000, HERE, Keys())), "text": lab.keep(Peer(PHONE, 7300, HERE + 1, Keys()))}
    keys = Keys if security == "sdes" else lambda: None
    far = {"audio": lab.keep(Peer(CARRIER, 7100, THERE, keys())), "text": lab.keep(Peer(CARRIER, 7400, THERE + 1, keys()))}

    def lines(at, peers, offer=None):
        profile = "RTP/SAVP" if peers["audio"].keys else "RTP/AVP"
        of = {kind: [peer.keys.line(offer and tag_of(offer))] if peer.keys else [] for kind, peer in peers.items()}
        return description(at, [f"m=audio {peers['audio'].port} {profile} 0 101", "a=rtpmap:101 telephone-event/8000", *of["audio"],
                                f"m=text {peers['text'].port} {profile} 98", "a=rtpmap:98 t140/1000", *of["text"]])

    call = alice.invite(NUMBER, sdp=lines(PHONE, near))
    invite = carrier.request("INVITE")
    invite.reply(200, sdp=lines(CARRIER, far, invite.body))
    answer = call.response(200)
    call.ack()
    carrier.request("ACK")
    time.sleep(0.2)
    digit = [struct.pack("!BBH", 5, 0x80 if n >= 5 else 0, min(n, 5) * 160) for n in range(1, 8)]
    letters = [bytes([letter]) for letter in b"HELLO"]
    targets = {}
    for peers, message in ((near, answer), (far, invite.message)):
        for kind, peer in peers.items():
            targets[peer], peer.theirs = of_line(message, kind)
            equal(peer.theirs is not None, peer.keys is not None, f"keys of the border's {kind}")
    for _ in range(5):  # who speaks before it presses a key
        for peers in (near, far):
            peers["audio"].send(targets[peers["audio"]], 0, bytes([0xFF]) * 160)
        time.sleep(0.02)
    for peers in (near, far):
        peers["audio"].send(targets[peers["audio"]], 101, *digit)
        peers["text"].send(targets[peers["text"]], 98, *letters)
    for peers in (near, far):
        eventually(lambda peers=peers: [p for _, p in peers["text"].heard] == letters, "the letters")
        eventually(lambda peers=peers: [p for kind, p in peers["audio"].heard if kind == 101] == digit, "the digit")
    end(call, carrier)


@test
def protected_text_and_digits_meet_clear_ones(lab):
    text_and_digits(lab, "none")


@test
def text_and_digits_are_protected_on_both_legs(lab):
    text_and_digits(lab, "sdes")


@test
def data_channels_and_messages_are_refused_beside_audio(lab):
    lab.start()
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    lines = ["m=audio 7000 RTP/AVP 0", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "m=message 2855 TCP/MSRP *"]
    call = alice.invite(NUMBER, sdp=description(PHONE, lines))
    invite = carrier.request("INVITE")
    check("m=application 0 UDP/DTLS/SCTP webrtc-datachannel" in invite.body, f"offer: {invite.body}")
    check("m=message 0 TCP/MSRP *" in invite.body, f"offer: {invite.body}")
    invite.reply(200, sdp=description(CARRIER, ["m=audio 7000 RTP/AVP 0", "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
                                                "m=message 0 TCP/MSRP *"]))
    call.response(200)
    call.ack()
    carrier.request("ACK")
    end(call, carrier)
    for reason in ("data_channel", "message"):
        eventually(lambda: lab.border.sbc_metrics().total("parapet_media_lines_refused_total", reason=reason) == 1,
                   f"one line refused as {reason}")


if __name__ == "__main__":
    main()
