#!/usr/bin/env python3
"""Media that sipp plays from captures: G.711, RFC 4733 events, T.38. Judged by what comes to the other side."""

from harness import check, equal, eventually, main, pcap, test
from harness.border import ACCESS, CORE
from harness.fax import FAX_LINES, FaxMachine, udptl
from harness.lab import CARRIER, PHONE
from harness.peers import _Listener

SIPP_MEDIA = ("[media_ip]", "[media_port]")  # where sipp plays from
SSRC = 0x51505051


class Heard(_Listener):
    """Keeps the RTP that it is sent."""

    def __init__(self, at, port=7000):
        self.packets, self.sources = [], set()
        super().__init__(at, port)

    def _on_packet(self, data, source):
        if len(data) >= 12 and data[0] >> 6 == 2 and not 64 <= data[1] & 0x7F < 96:
            self.packets.append(data)
            self.sources.add(source[0])


def as_sent(sent, heard, what, early=0):
    """All that was played, in its order and unaltered; but `early` packets at the beginning may have come too early."""
    check(len(sent) - early <= len(heard) <= len(sent), f"{what}: {len(heard)} packets of {len(sent)}")
    sent = sent[len(sent) - len(heard):]
    equal([p[12:].hex()[:16] for p in heard], [p[12:].hex()[:16] for p in sent], f"{what}: how the packets begin")
    check([p[12:] for p in heard] == [p[12:] for p in sent], f"{what}: a packet was altered")
    equal([p[1] for p in heard], [p[1] for p in sent], f"{what}: payload types and markers")
    first = int.from_bytes(heard[0][2:4], "big")
    equal([int.from_bytes(p[2:4], "big") for p in heard], [first + i & 0xFFFF for i in range(len(heard))],
          f"{what}: sequence numbers")


@test
def g711_that_sipp_plays_comes_whole_to_the_other_side(lab):
    lab.start()
    ear = lab.keep(Heard(CARRIER))
    packets = list(pcap.tone(1000, 3, SSRC))
    file = pcap.write(lab.directory / "tone.pcap", packets)
    callee = lab.callee("callee")
    lab.caller("caller_plays", play="play_pcap_audio", file=file, talk=3500, media=SIPP_MEDIA).done()
    callee.done()
    as_sent([p for _, p in packets], ear.packets, "audio at the carrier")
    equal(ear.sources, {CORE}, "whom the carrier hears")


@test
def g711_that_the_called_side_plays_comes_whole_to_the_caller(lab):
    lab.start()
    ear = lab.keep(Heard(PHONE))
    packets = list(pcap.tone(440, 2, SSRC))
    file = pcap.write(lab.directory / "tone.pcap", packets)
    callee = lab.callee("callee_plays", play="play_pcap_audio", file=file, media=SIPP_MEDIA)
    lab.caller("caller", talk=2500).done()
    callee.done()
    # It plays when it has the ACK; the relay may not know by then where the caller is.
    as_sent([p for _, p in packets], ear.packets, "audio at the phone", 3)
    equal(ear.sources, {ACCESS}, "whom the phone hears")


@test
def rfc_4733_events_that_sipp_plays_come_whole(lab):
    lab.start()
    ear = lab.keep(Heard(CARRIER))
    packets = list(pcap.digits("159#", SSRC))
    file = pcap.write(lab.directory / "digits.pcap", packets)
    callee = lab.callee("callee")
    lab.caller("caller_plays", play="play_pcap_audio", file=file, talk=1500, media=SIPP_MEDIA).done()
    callee.done()
    as_sent([p for _, p in packets], ear.packets, "events at the carrier")


@test
def t38_that_sipp_plays_comes_whole(lab):
    lab.start()

    def fax_sdp(ip, port):
        lines = ["v=0", "o=fax 1 1 IN IP4 [local_ip]", "s=-", f"c=IN IP4 {ip}", "t=0 0", f"m=image {port} udptl t38", *FAX_LINES]
        return "\n".join(" " * 6 + line for line in lines)

    machine = lab.keep(FaxMachine(CARRIER, 7100, "carrier"))
    pages = [f"page{n:04}".encode() for n in range(60)]
    packets = [(n * 0.03, udptl(n, page, pages[max(n - 2, 0):n][::-1])) for n, page in enumerate(pages)]
    file = pcap.write(lab.directory / "fax.pcap", packets)
    callee = lab.callee("callee", sdp=fax_sdp("[local_ip]", 7100))
    lab.caller("caller_plays", play="play_pcap_image", file=file, talk=2500, sdp=fax_sdp("[media_ip]", "[media_port]")).done()
    callee.done()
    equal(machine.heard, [p for _, p in packets], "packets of fax at the carrier's machine")
    equal({ip for ip, _ in machine.sources}, {CORE}, "whom the machine hears")
    eventually(lambda: lab.border.calls("answered") == 1, "one call")
    check(lab.border.relay_metrics().total("relay_packets_dropped_total", reason="malformed_udptl") == 0, "packets were dropped")


if __name__ == "__main__":
    main()
