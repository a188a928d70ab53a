#!/usr/bin/env python3
"""What peers tell each other of the network, from end to end: transport-wide congestion control (a number in each packet's
header, and RTCP feedback about these numbers) and extended reports (RTCP XR, RFC 3611). And profiles with feedback and
without."""

import re
import socket
import struct
import time

from harness import check, equal, main, test
from harness.lab import ACCESS, CARRIER, PHONE
from harness.talk import HERE, THERE, both_hear

TWCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
TRANSPORT_FEEDBACK, EXTENDED_REPORT, RECEIVER_REPORT = 205, 207, 201


def description(at, port, extension):
    return "\r\n".join(["v=0", f"o=- 1 1 IN IP4 {at}", "s=-", f"c=IN IP4 {at}", "t=0 0", f"m=audio {port} RTP/AVPF 0",
                        f"a=extmap:{extension} {TWCC}", "a=rtcp-fb:0 transport-cc", "a=rtcp-mux",
                        "a=rtcp-xr:voip-metrics", "a=sendrecv"]) + "\r\n"


class Media:
    def __init__(self, at, port, ssrc):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((at, port))
        self.to, self.ssrc, self.number = None, ssrc, 0
        self.packets = []  # (SSRC, elements of the header extension)
        self.reports = []

    def speak(self, packets, extension):
        """Each packet has its transport-wide number, twice its own."""
        for _ in range(packets):
            self.number += 1
            element = struct.pack("!BHB", extension << 4 | 1, 2 * self.number, 0)
            self.socket.sendto(struct.pack("!BBHIIHH", 0x90, 0, self.number, 160 * self.number, self.ssrc, 0xbede, 1)
                               + element + b"\xff" * 160, self.to)
            self.hear(0.02)

    def report(self, *parts):
        self.socket.sendto(struct.pack("!BBHI", 0x80, RECEIVER_REPORT, 1, self.ssrc) + b"".join(parts), self.to)

    def hear(self, seconds):
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(2048)
            except TimeoutError:
                return
            if 64 <= (data[1] & 0x7f) <= 95:
                while data:
                    size = 4 * struct.unpack("!H", data[2:4])[0] + 4
                    self.reports.append((data[0] & 0x1f, data[1], data[4:size]))
                    data = data[size:]
                continue
            ssrc = struct.unpack("!I", data[8:12])[0]
            self.packets.append((ssrc, elements(data[16:20]) if data[0] & 0x10 else {}))


def elements(data):
    """Of one word in the one-byte form (RFC 8285 4.2)."""
    first = data[0]
    return {first >> 4: data[1:2 + (first & 0xf)]} if first else {}


class Call:
    def __init__(self, lab, offered):
        self.alice, self.carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
        self.near, self.far = Media(PHONE, 7000, 0x1111), Media(CARRIER, 7100, 0x2222)
        self.call = self.alice.invite("sip:00431555@" + ACCESS, sdp=description(PHONE, 7000, offered))
        invite = self.carrier.request("INVITE")
        self.offer = invite.body
        found = re.search(r"a=extmap:(\d+)\S* " + re.escape(TWCC), self.offer)
        check(found, f"the extension is not offered:\n{self.offer}")
        self.extension = int(found[1])
        invite.reply(200, sdp=description(CARRIER, 7100, self.extension))
        ok = self.call.response(200)
        self.answer = ok.body
        self.call.ack()
        self.carrier.request("ACK")
        self.near.to, self.far.to = ok.media()[:2], invite.media()[:2]

    def end(self):
        bye = self.call.send("BYE")
        self.carrier.request("BYE").reply(200)
        bye.response(200)

    def talk(self, near):
        for _ in range(10):
            self.near.speak(1, near)
            self.far.speak(1, self.extension)
        self.near.hear(0.1)
        self.far.hear(0.1)
        check(len(self.far.packets) >= 5 and len(self.near.packets) >= 5,
              f"heard: {len(self.far.packets)}, {len(self.near.packets)}")


@test
def transport_wide_feedback_comes_back_to_who_sent(lab):
    lab.start()
    call = Call(lab, 7)
    check("a=rtcp-fb:0 transport-cc" in call.offer and "a=rtcp-fb:0 transport-cc" in call.answer, "feedback is agreed on")
    call.talk(7)
    numbers = [struct.unpack("!H", e[call.extension])[0] for _, e in call.far.packets if call.extension in e]
    equal(len(numbers), len(call.far.packets), "packets with their number")
    check(all(n % 2 == 0 for n in numbers) and numbers == sorted(numbers), f"numbers as they were sent: {numbers}")
    heard_as = call.far.packets[-1][0]
    # Base number, count, reference time, feedback count; a run of small deltas; the deltas.
    control = struct.pack("!HHIH", numbers[0], 2, 0x00000101, 0x2002) + b"\x04\x04"
    call.far.report(struct.pack("!BBHII", 0x8f, TRANSPORT_FEEDBACK, 2 + len(control) // 4, call.far.ssrc, heard_as) + control)
    call.near.hear(0.3)
    back = [body for count, kind, body in call.near.reports if (count, kind) == (15, TRANSPORT_FEEDBACK)]
    equal(len(back), 1, "feedback that has come back")
    equal(struct.unpack("!I", back[0][4:8])[0], call.near.ssrc, "whose packets it is about")
    equal(back[0][8:], control, "what it says of them")
    call.end()


@test
def extended_reports_come_back_to_who_sent(lab):
    lab.start()
    call = Call(lab, 7)
    check("a=rtcp-xr:voip-metrics" in call.offer and "a=rtcp-xr:voip-metrics" in call.answer, "extended reports are agreed on")
    call.talk(7)
    heard_as = call.far.packets[-1][0]
    # RFC 3611 4.7: loss and discard rate, ... MOS-LQ 41, MOS-CQ 40.
    block = struct.pack("!BBHI", 7, 0, 8, heard_as) + struct.pack("!BBBBHHHHBBBBBBBBBBHHH", 5, 3, 0, 0, 0, 0, 60, 40, 0, 0, 0, 16,
                                                                    127, 127, 41, 40, 0, 0, 30, 60, 120)
    call.far.report(struct.pack("!BBHI", 0x80, EXTENDED_REPORT, 1 + len(block) // 4, call.far.ssrc) + block)
    call.near.hear(0.3)
    back = [body for _, kind, body in call.near.reports if kind == EXTENDED_REPORT]
    equal(len(back), 1, "extended reports that have come back")
    equal(struct.unpack("!I", back[0][8:12])[0], call.near.ssrc, "whose stream it is about")
    equal(back[0][12:], block[8:], "what it says of it")
    call.end()


def meet(lab, wanted, offered, told):
    """A phone that offers one profile, and a carrier that is told another: each keeps its own, and both hear."""
    lab.start({"trunk": {"carrier": {"rtcp_feedback": wanted}}})
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    more = "a=rtcp-fb:* nack pli\r\n" if offered.endswith("F") else ""
    call = alice.invite("sip:00431555@" + ACCESS, sdp=alice.sdp().replace("RTP/AVP ", offered + " ") + more)
    invite = carrier.request("INVITE")
    check(f" {told} 0" in invite.body and "rtcp-fb" not in invite.body, f"what the carrier is offered:\n{invite.body}")
    invite.reply(200, sdp=carrier.sdp().replace("RTP/AVP ", told + " "))
    answer = call.response(200)
    call.ack()
    carrier.request("ACK")
    check(f" {offered} 0" in answer.body, f"what the phone is answered:\n{answer.body}")
    phone, gateway = lab.rtp(PHONE, HERE), lab.rtp(CARRIER, THERE)
    phone.send_to(answer.media()[:2])
    gateway.send_to(invite.message.media()[:2])
    both_hear(phone, gateway, 10)
    bye = call.send("BYE")
    carrier.request("BYE").reply(200)
    bye.response(200)


@test
def a_phone_with_feedback_meets_a_carrier_without(lab):
    meet(lab, "never", "RTP/AVPF", "RTP/AVP")


@test
def a_phone_without_feedback_meets_a_carrier_with(lab):
    meet(lab, "always", "RTP/AVP", "RTP/AVPF")


if __name__ == "__main__":
    main()
