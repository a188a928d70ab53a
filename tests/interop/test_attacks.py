#!/usr/bin/env python3
"""Plain RTP under attack, at default settings: by somebody who knows every address and port, but not the SSRC. With keys, see
test_srtp.py."""

import socket
import struct
import threading
import time

from harness import check, equal, eventually, main, test
from harness.fax import FaxMachine, description, end, fax_sdp, place, turn, udptl
from harness.forge import STRAY, spoof
from harness.lab import ACCESS, CARRIER, CORE, PHONE, PHONE2
from harness.reports import DESCRIPTION, SENDER_REPORT, Reports, compound
from harness.talk import HERE, THERE, answer_to, both_hear, connect, offer_to, peers

EVIL = 0x66666666
WORDS = b"\x66" * 160  # of the attacker: a stream that goes on has one SSRC, whoever speaks


class Attacker:
    """Sends to a port of the border: from its own address, and from that of the peer."""

    def __init__(self, lab):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((PHONE2, 0))
        self._socket.settimeout(0.1)
        self._sequence = 0
        lab.keep(self)

    def running(self):
        return True

    def kill(self):
        self._socket.close()

    def packets(self, count):
        for _ in range(count):
            self._sequence += 1
            yield struct.pack("!BBHII", 0x80, 0, self._sequence, self._sequence * 160, EVIL) + WORDS

    def stands_by(self, border, count=10):
        for packet in self.packets(count):
            self._socket.sendto(packet, border)

    def pretends(self, peer, border, count=10):
        for packet in self.packets(count):
            spoof(peer, border, packet)

    def says(self, border, words, peer=None):
        """From its own address, and from that of a peer."""
        self._socket.sendto(words, border)
        if peer is not None:
            spoof(peer, border, words)

    def got(self):
        try:
            return self._socket.recv(2048)
        except TimeoutError:
            return b""


class Stream:
    """Forges a peer's address all the time, a packet each 20 ms, in a stream of its own or in another one each second."""

    def __init__(self, lab, peer, border, changing=False):
        self._way, self._changing, self._over = (peer, border), changing, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        lab.keep(self)

    def _run(self):
        number = 0
        while not self._over.wait(0.02):
            number += 1
            ssrc = EVIL + number // 50 if self._changing else EVIL
            spoof(*self._way, struct.pack("!BBHII", 0x80, 0, number & 0xffff, number * 160, ssrc) + WORDS)

    def running(self):
        return self._thread.is_alive()

    def kill(self):
        self._over.set()
        self._thread.join()


def refused(lab, reason):
    return lab.border.relay_metrics().total("relay_packets_dropped_total", reason=reason)


@test
def neither_a_stranger_nor_a_forged_address_is_heard(lab):
    lab.start()
    phone, carrier = peers(lab)
    attacker = Attacker(lab)
    callee = lab.callee("callee_is_held")
    caller = lab.caller("caller_holds", held=1500, talk=1500)
    connect(phone, carrier, lab)
    both_hear(phone, carrier, 10)
    borders = {phone: answer_to(lab, PHONE).media()[:2], carrier: offer_to(lab, CARRIER).media()[:2]}

    def assault():
        for peer, border in borders.items():
            for port in (border[1], border[1] + 1):
                attacker.stands_by((border[0], port))
                attacker.pretends((peer.at, peer.port), (border[0], port))

    before = carrier.heard(HERE)
    assault()
    lab.capture.wait(lambda m: m.media() and m.media()[2] == "sendonly", "hold", target=CARRIER)
    for _ in range(10):  # the window of signalling is open
        assault()
        time.sleep(0.02)
    lab.capture.wait(lambda m: m.is_request("INVITE") and m.media()[2] == "sendrecv", "resume", target=CARRIER, count=2)
    for _ in range(10):
        assault()
        time.sleep(0.02)
    eventually(lambda: carrier.heard(HERE) > before + 20, "the phone after the re-INVITE")
    equal((phone.heard_words(WORDS), carrier.heard_words(WORDS)), (0, 0), "forged packets that were heard")
    equal({ip for ip, _ in phone.sources} | {ip for ip, _ in carrier.sources}, {ACCESS, CORE}, "whom the peers hear")
    equal(attacker.got(), b"", "what the stranger got")
    check(refused(lab, "wrong_source") >= 200 and refused(lab, "wrong_stream") >= 200, "the drops are not counted")
    caller.done()
    callee.done()


@test
def whoever_is_first_at_the_port_of_a_nated_phone_gets_nothing(lab):
    lab.start()
    phone, carrier = peers(lab)
    attacker = Attacker(lab)
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=2500, media=("192.168.77.7", 40000))
    carrier.send_to(offer_to(lab, CARRIER).media()[:2])
    border = answer_to(lab, PHONE).media()[:2]
    attacker.stands_by(border, 30)
    time.sleep(0.2)
    attacker.stands_by(border, 30)
    phone.send_to(border)
    attacker.stands_by(border, 30)
    both_hear(phone, carrier, 30)
    equal(carrier.heard_words(WORDS), 0, "packets of the stranger that the carrier heard")
    equal(attacker.got(), b"", "what the stranger got of the carrier's audio")
    check(refused(lab, "not_allowed") + refused(lab, "wrong_source") >= 90, "the stranger's packets are not counted")
    caller.done()
    callee.done()


@test
def nobody_else_speaks_for_a_peer_that_names_its_stream(lab):
    lab.start()
    named = [f"a=ssrc:{HERE} cname:phone"]
    alice, far = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    call = alice.invite("sip:1000@example.org", sdp=alice.sdp(extra=named))
    invite = far.request("INVITE")
    check("a=ssrc" not in invite.message.body, "the phone's stream is named to the carrier")
    invite.reply(200, sdp=far.sdp())
    border = place(call.response(200))
    call.ack()
    far.request("ACK")
    phone, carrier = peers(lab)
    attacker = Attacker(lab)
    attacker.pretends((PHONE, phone.port), border, 50)
    phone.send_to(border)
    eventually(lambda: carrier.heard(HERE) > 20, "the phone")
    phone.send_to(None)
    time.sleep(0.3)
    attacker.pretends((PHONE, phone.port), border, 50)
    phone.send_to(border)
    before = carrier.heard(HERE)
    eventually(lambda: carrier.heard(HERE) > before + 20, "the phone after its pause")
    equal(carrier.heard_words(WORDS), 0, "forged packets that were heard")
    check(refused(lab, "wrong_stream") >= 100, "the drops are not counted")
    end(call, far)


# trap 50: before the peer's first packet, in its pauses, on hold, and right after each re-INVITE.
@test
def a_forged_stream_is_not_heard_at_any_moment(lab):
    lab.start()
    alice, far = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    phone, carrier = peers(lab)
    call = alice.invite("sip:1000@example.org")
    invite = far.request("INVITE")
    toward_carrier = place(invite.message)
    streams = [Stream(lab, (CARRIER, carrier.port), toward_carrier)]  # while it rings
    time.sleep(1)
    invite.reply(200, sdp=far.sdp())
    toward_phone = place(call.response(200))
    call.ack()
    far.request("ACK")
    phone.send_to(toward_phone)
    time.sleep(0.2)
    carrier.send_to(toward_carrier)
    before = carrier.sent()
    eventually(lambda: carrier.sent() >= before + 50, "fifty packets of the carrier")
    check(phone.heard(THERE) >= carrier.sent() - before - 10, f"the phone hears {phone.heard(THERE)} of {carrier.sent()} packets")
    time.sleep(1.5)  # it has settled
    streams.append(Stream(lab, (PHONE, phone.port), toward_phone, changing=True))
    for pause in (0.3, 1.0):
        time.sleep(0.5)
        phone.send_to(None)
        carrier.send_to(None)
        time.sleep(pause)
        heard = phone.heard(THERE), carrier.heard(HERE)
        phone.send_to(toward_phone)
        carrier.send_to(toward_carrier)
        eventually(lambda: phone.heard(THERE) > heard[0] + 10 and carrier.heard(HERE) > heard[1] + 10, "both after a pause", 2)
    for direction, answer in (("sendonly", "recvonly"), ("inactive", "inactive")):
        phone.send_to(None)
        carrier.send_to(None)
        turn(call, alice, alice.sdp(direction=direction), far, far.sdp(direction=answer))
        time.sleep(1.5)
        turn(call, alice, alice.sdp(), far, far.sdp())
        time.sleep(0.2)
        heard = phone.heard(THERE), carrier.heard(HERE)
        phone.send_to(toward_phone)
        carrier.send_to(toward_carrier)
        eventually(lambda: phone.heard(THERE) > heard[0] + 10 and carrier.heard(HERE) > heard[1] + 10, "both after a hold", 2)
    check(all(s.running() for s in streams), "the attack ended early")
    equal((phone.heard_words(WORDS), carrier.heard_words(WORDS)), (0, 0), "forged packets that were heard")
    equal((set(phone.received), set(carrier.received)), ({THERE}, {HERE}), "streams that are heard")
    check(refused(lab, "wrong_stream") >= 200 and refused(lab, "not_receiving") >= 20, "the drops are not counted")
    end(call, far)


# trap 50
@test
def nobody_reports_or_leaves_in_a_peers_name(lab):
    lab.start()
    alice, far = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    call = alice.invite("sip:1000@example.org")
    invite = far.request("INVITE")
    invite.reply(200, sdp=far.sdp())
    answer = call.response(200)
    call.ack()
    far.request("ACK")
    phone, carrier = peers(lab)
    of_phone, of_carrier = lab.keep(Reports(PHONE, 7001, HERE)), lab.keep(Reports(CARRIER, 7001, THERE))
    attacker = Attacker(lab)
    borders = {phone: place(answer), carrier: place(invite.message)}
    for (media, (at, port)), reports in zip(borders.items(), (of_phone, of_carrier)):
        media.send_to((at, port))
        reports.send_to((at, port + 1))

    def reported():
        heard = of_phone.count(SENDER_REPORT, THERE), of_carrier.count(SENDER_REPORT, HERE)
        eventually(lambda: of_phone.count(SENDER_REPORT, THERE) > heard[0] + 2
                   and of_carrier.count(SENDER_REPORT, HERE) > heard[1] + 2, "true reports both ways")

    def assault():
        for peer, (at, port) in borders.items():
            for offset in (0, 1):
                for words in (compound(EVIL, b"evil", bye=True), *STRAY):
                    attacker.says((at, port + offset), words, (peer.at, peer.port + offset))
                # Who has listened knows the stream's name, and may be believed; he cannot end it.
                attacker.says((at, port + offset), compound(peer.ssrc, bye=True), (peer.at, peer.port + offset))

    both_hear(phone, carrier, 10)
    reported()
    for _ in range(10):
        assault()
    reported()
    turn(call, alice, alice.sdp(), far, far.sdp())  # a re-INVITE opens the window of signalling
    for _ in range(10):
        assault()
        time.sleep(0.02)
    reported()
    both_hear(phone, carrier, 40)
    for reports, peer in ((of_phone, carrier), (of_carrier, phone)):
        equal(set(reports.heard), {(SENDER_REPORT, peer.ssrc), (DESCRIPTION, peer.ssrc)}, f"what {reports.at} is told")
    equal((set(phone.received), set(carrier.received)), ({THERE}, {HERE}), "streams that are heard")
    equal(attacker.got(), b"", "what the stranger got")
    for reason in ("wrong_source", "wrong_stream", "wrong_port", "stun", "dtls", "not_media"):
        check(refused(lab, reason) >= 20, f"{reason}: {refused(lab, reason)} drops are counted")
    end(call, far)


def lines_of(at, first):
    """Audio, video that says nothing of its streams, and text."""
    return description(at, [f"m=audio {first} RTP/AVP 0", f"m=video {first + 2} RTP/AVP 96", "a=rtpmap:96 VP8/90000",
                            f"m=text {first + 4} RTP/AVP 98", "a=rtpmap:98 t140/1000"])


def ports_of(message):
    lines = message.body.split("\r\n")
    at = next(l.split()[-1] for l in lines if l.startswith("c="))
    return [(at, int(l.split()[1])) for l in lines if l.startswith("m=")]


@test
def nobody_shows_or_types_anything_in_a_peers_name(lab):
    lab.start()
    alice, far = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    call = alice.invite("sip:1000@example.org", sdp=lines_of(PHONE, 7000))
    invite = far.request("INVITE")
    invite.reply(200, sdp=lines_of(CARRIER, 7100))
    borders = ports_of(call.response(200))
    call.ack()
    far.request("ACK")
    near = [lab.rtp(PHONE, HERE + n, port=7000 + 2 * n) for n in range(3)]
    heard = [lab.rtp(CARRIER, THERE + n, port=7100 + 2 * n) for n in range(3)]
    attacker = Attacker(lab)
    for phone, border in zip(near, borders):
        phone.send_to(border)
    eventually(lambda: all(r.heard_words(b"\xff") > 10 for r in heard), "audio, video and text")
    for _ in range(10):
        for phone, border in zip(near, borders):
            attacker.pretends((phone.at, phone.port), border, 5)
            attacker.stands_by(border, 5)
        time.sleep(0.02)
    near[2].send_to(None)  # nobody types all the time
    time.sleep(1)
    attacker.pretends((PHONE, near[2].port), borders[2], 50)
    near[2].send_to(borders[2])
    before = [r.heard_words(b"\xff") for r in heard]
    eventually(lambda: all(r.heard_words(b"\xff") > n + 10 for r, n in zip(heard, before)), "each goes on")
    equal([r.heard_words(WORDS) for r in heard], [0, 0, 0], "forged packets that were heard")
    check(refused(lab, "wrong_stream") >= 200, "the drops are not counted")
    end(call, far)


# trap 38
@test
def nobody_faxes_in_a_peers_name(lab):
    lab.start()
    alice, far = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    near_fax, far_fax = lab.keep(FaxMachine(PHONE, 7200, "alice")), lab.keep(FaxMachine(CARRIER, 7100, "carrier"))
    call = alice.invite("sip:1000@example.org", sdp=fax_sdp(PHONE, 7200, 1))
    invite = far.request("INVITE")
    invite.reply(200, sdp=fax_sdp(CARRIER, 7100, 1))
    border = place(call.response(200))
    call.ack()
    far.request("ACK")
    time.sleep(0.1)  # the relay hears of the answer while the phone does
    near_fax.send(border, 5)
    eventually(lambda: len(far_fax.pages_of("alice")) == 5, "the machine is heard")
    for number in range(100):
        spoof((PHONE, 7200), border, udptl(20000 + number, b"EVIL"))
        near_fax.send(border, 1)
        time.sleep(0.01)
    eventually(lambda: len(far_fax.pages_of("alice")) == 105, "the machine goes on")
    check(not any(b"EVIL" in data for data in far_fax.heard), "a forged packet of fax was heard")
    equal(refused(lab, "wrong_stream"), 100, "forged packets that were dropped")
    end(call, far)


if __name__ == "__main__":
    main()
