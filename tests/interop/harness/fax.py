"""Fax machines that a test plays by hand, and the dialogs around them."""

import struct
import time

from .peers import _Listener

FAX_LINES = ["a=T38FaxVersion:0", "a=T38MaxBitRate:14400", "a=T38FaxRateManagement:transferredTCF", "a=T38FaxMaxBuffer:262",
             "a=T38FaxMaxDatagram:176", "a=T38FaxUdpEC:t38UDPRedundancy"]


def udptl(sequence, primary, earlier=()):
    """One packet with its redundancy: T.38 9.1, aligned PER."""
    recovery = b"\x00" + bytes([len(earlier)]) + b"".join(bytes([len(e)]) + e for e in earlier)
    return struct.pack("!H", sequence) + bytes([len(primary)]) + primary + recovery


class FaxMachine(_Listener):
    """Sends IFP packets in UDPTL, each with the two before it, and keeps what it hears."""

    def __init__(self, at, port, name):
        self.name, self.heard, self.sources, self._sent = name, [], set(), []
        super().__init__(at, port)

    def send(self, target, count=20):
        for _ in range(count):
            ifp = f"{self.name}{len(self._sent):04}".encode()
            self._socket.sendto(udptl(len(self._sent), ifp, self._sent[:-3:-1]), target)
            self._sent.append(ifp)
            time.sleep(0.005)

    def _on_packet(self, data, source):
        self.heard.append(data)
        self.sources.add(source[:2])

    def pages_of(self, name):
        return {d[3:3 + d[2]] for d in self.heard if d[3:].startswith(name.encode())}


def description(at, lines, version=1):
    return "\r\n".join(["v=0", f"o=- 1 {version} IN IP4 {at}", "s=-", f"c=IN IP4 {at}", "t=0 0", *lines]) + "\r\n"


def fax_sdp(at, port, version=2):
    return description(at, [f"m=image {port} udptl t38", *FAX_LINES], version)


def place(message):
    """Where the border wants the media of the first line in use."""
    lines = message.body.split("\r\n")
    address = next(l.split()[-1] for l in lines if l.startswith("c="))
    port = next(int(l.split()[1]) for l in lines if l.startswith("m=") and l.split()[1] != "0")
    return address, port


def turn(dialog, ua, offer, peer, answer):
    """A re-INVITE with that offer, answered with that one: where each side is told to send."""
    dialog.send("INVITE", body=offer)
    asked = peer.request("INVITE")
    asked.reply(200, sdp=answer)
    agreed = dialog.response(200)
    dialog.ack()
    peer.request("ACK")
    return agreed, asked


def end(dialog, peer):
    bye = dialog.send("BYE")
    peer.request("BYE").reply(200)
    bye.response(200)
