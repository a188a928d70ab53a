#!/usr/bin/env python3
"""Calls that a recording server records (SIPREC): what it hears and is told, and what becomes of the call when it fails."""

import re
import struct
import time
import xml.etree.ElementTree as ElementTree

from harness import check, equal, eventually, main, test
from harness.lab import CARRIER, CARRIER2, PHONE
from harness.peers import Rtp, _Listener

NUMBER = "sip:1000@example.org"
NAMESPACE = {"r": "urn:ietf:params:xml:ns:recording:1"}
CALLER, CALLEE = 0x11, 0x22  # what their audio is made of


class Talker(Rtp):
    """Sends packets of one byte, by which its voice is known."""

    def __init__(self, at, port, voice):
        self._voice = voice
        super().__init__(at, port, ssrc=voice << 24 | 7)

    def _send(self):
        while not self._stopped:
            if self._target is not None:
                header = struct.pack(">BBHII", 0x80, 0, self._sequence & 0xFFFF, self._sequence * 160, self.ssrc)
                self._socket.sendto(header + bytes([self._voice]) * 160, self._target)
                self._sequence += 1
            time.sleep(0.02)


class Ear(_Listener):
    """One port of the recording server: the packets that came, as (SSRC, sequence number, voice)."""

    def __init__(self, at, port):
        self.packets = []
        super().__init__(at, port)

    def _on_packet(self, data, source):
        if len(data) > 12 and data[0] >> 6 == 2 and data[1] & 0x7F == 0:
            _, _, sequence, _, ssrc = struct.unpack_from(">BBHII", data)
            self.packets.append((ssrc, sequence, data[-1]))

    def voices(self):
        return {voice for _, _, voice in self.packets}


class Server:
    """The recording server, played by hand."""

    def __init__(self, lab, at=CARRIER2, first_port=8000):
        self.ua = lab.ua(at, "recorder")
        self.at, self.port = at, first_port
        self.ears = [lab.keep(Ear(at, first_port + 2 * n)) for n in range(2)]
        self.dialog = None

    def sdp(self, direction="recvonly", lines=2):
        self.ua.version += 1
        out = ["v=0", f"o=srs 1 {self.ua.version} IN IP4 {self.at}", "s=-", f"c=IN IP4 {self.at}", "t=0 0"]
        for n in range(lines):
            out += [f"m=audio {self.port + 2 * n} RTP/AVP 0", f"a={direction}", f"a=label:{n + 1}"]
        return "\r\n".join(out) + "\r\n"

    def accept(self, headers=()):
        """The INVITE that begins the session, answered."""
        invite = self.ua.request("INVITE")
        invite.reply(200, sdp=self.sdp(), headers=["Supported: timer", *headers])
        self.ua.request("ACK")
        self.dialog = invite.dialog()
        self.dialog.cseq = 100
        return invite

    def told(self):
        """What the next re-INVITE says, answered."""
        change = self.ua.request("INVITE")
        change.reply(200, sdp=self.sdp())
        self.ua.request("ACK")
        return change


def parts(message):
    """SDP and metadata."""
    kind = message.header("content-type")
    boundary = re.search(r'boundary="?([^";]+)', kind).group(1)
    found = {}
    for part in message.body.split("--" + boundary)[1:-1]:
        head, _, text = part.strip("\r\n").partition("\r\n\r\n")
        found[re.search(r"Content-Type: ([^\r\n;]+)", head).group(1)] = (head, text)
    check("Content-Disposition: recording-session" in found["application/rs-metadata+xml"][0], "no disposition")
    return found["application/sdp"][1], ElementTree.fromstring(found["application/rs-metadata+xml"][1])


def people(metadata):
    return [who.get("aor") for who in metadata.findall("r:participant/r:nameID", NAMESPACE)]


def directions(sdp):
    return re.findall(r"a=(sendonly|inactive|sendrecv|recvonly)", sdp)


def start(lab, **record):
    trunks = {"carrier": {"sources": [CARRIER], "record": {"siprec": "recorders", **record}},
              "recorders": {"realm": "core", "targets": [f"{CARRIER2}:5060"], "sources": [CARRIER2]}}
    lab.start({"trunk": trunks})
    return lab.ua(PHONE, "alice"), lab.ua(CARRIER, "bob")


def establish(lab, alice, bob):
    """Both talk: alice's dialog, bob's, and who speaks for them."""
    call = alice.invite(NUMBER)
    invite = bob.request("INVITE")
    invite.reply(200, sdp=bob.sdp())
    answer = call.response(200)
    call.ack()
    bob.request("ACK")
    voices = [lab.keep(Talker(PHONE, 7000, CALLER)), lab.keep(Talker(CARRIER, 7000, CALLEE))]
    voices[0].send_to(answer.media()[:2])
    voices[1].send_to(invite.media()[:2])
    return call, invite.dialog(), voices


def hang_up(call, bob):
    bye = call.send("BYE")
    bob.request("BYE").reply(200)
    bye.response(200)


def ended(lab):
    def line():
        found = [s for s in (lab.directory / "sbc.log").read_text().splitlines() if "call ended" in s]
        return found[-1] if found else None

    return eventually(line, "a line about the call in the log")


@test
def the_server_hears_each_party_in_its_own_stream(lab):
    alice, bob = start(lab)
    server = Server(lab)
    call, _, _ = establish(lab, alice, bob)
    invite = server.accept()
    check("siprec" in invite.header("require"), "Require: siprec")
    check("+sip.src" in invite.header("contact"), "the feature tag of a recording client")
    sdp, metadata = parts(invite.message)
    equal(directions(sdp), ["sendonly", "sendonly"], "directions")
    equal(re.findall(r"a=label:(\d+)", sdp), ["1", "2"], "labels")
    equal([s.text for s in metadata.findall("r:stream/r:label", NAMESPACE)], ["1", "2"], "labels of the metadata")
    equal(len(people(metadata)), 2, "participants")
    for secret in (PHONE, CARRIER):
        check(secret not in invite.message.body, f"{secret} reached the recording server")
    eventually(lambda: all(len(ear.packets) >= 50 for ear in server.ears), "a second of each party", 8)
    equal([ear.voices() for ear in server.ears], [{CALLER}, {CALLEE}], "who is heard in which stream")
    for ear in server.ears:
        numbers = [sequence for _, sequence, _ in ear.packets]
        equal(len({ssrc for ssrc, _, _ in ear.packets}), 1, "sources of one stream")
        check(all((b - a) & 0xFFFF == 1 for a, b in zip(numbers, numbers[1:])), "a gap in the numbers of a stream")
    hang_up(call, bob)
    server.ua.request("BYE").reply(200)
    check("recorder=recorders" in ended(lab), "the record does not name the recorder")


# trap 89
@test
def hold_and_resume_are_told(lab):
    alice, bob = start(lab)
    server = Server(lab)
    call, _, _ = establish(lab, alice, bob)
    server.accept()
    eventually(lambda: all(ear.packets for ear in server.ears), "both parties")
    for direction, answered, streams, senders in (("sendonly", "recvonly", ["sendonly", "inactive"], 1),
                                                  ("sendrecv", "sendrecv", ["sendonly", "sendonly"], 2)):
        call.sent = call.send("INVITE", body=alice.sdp(direction=direction))
        bob.request("INVITE").reply(200, sdp=bob.sdp(direction=answered))
        call.response(200)
        call.ack()
        bob.request("ACK")
        sdp, metadata = parts(server.told().message)
        equal(directions(sdp), streams, f"directions while alice says {direction}")
        equal(len(metadata.findall("r:participantstreamassoc/r:send", NAMESPACE)), senders, "who sends")
    server.ears[1].packets.clear()
    eventually(lambda: len(server.ears[1].packets) >= 20, "bob after the hold")
    hang_up(call, bob)
    server.ua.request("BYE").reply(200)


# trap 89
@test
def a_transfer_brings_another_participant(lab):
    alice, bob = start(lab)
    server = Server(lab)
    call, _, _ = establish(lab, alice, bob)
    sdp, before = parts(server.accept().message)
    refer = call.send("REFER", headers=["Refer-To: <sip:1777@example.org>"])
    refer.response(202)
    target = bob.request("INVITE", where=lambda m: not re.search(r";\s*tag=", m.header("to")))
    target.reply(200, sdp=bob.sdp(port=7100))
    again = bob.request("INVITE", where=lambda m: re.search(r";\s*tag=", m.header("to")))
    again.reply(200, sdp=bob.sdp())
    bob.request("ACK")
    _, after = parts(server.told().message)
    equal(len(people(after)), 3, "participants, with the one that has left")
    equal(len(after.findall("r:participantsessionassoc/r:disassociate-time", NAMESPACE)), 1, "who has left")
    equal(len(after.findall("r:participantstreamassoc", NAMESPACE)), 2, "who talks")
    check(any("1777" in who for who in people(after)), f"the new party is not among {people(after)}")
    equal(after.find("r:session", NAMESPACE).get("session_id"), before.find("r:session", NAMESPACE).get("session_id"),
          "the session")
    alice.request("BYE").reply(200)
    hang_up(target.dialog(), bob)
    server.ua.request("BYE").reply(200)


# trap 89
@test
def a_server_that_refuses_ends_no_call(lab):
    alice, bob = start(lab)
    server = Server(lab)
    call, _, _ = establish(lab, alice, bob)
    server.ua.request("INVITE").reply(503)
    bob.nothing(lambda m: m.is_request("BYE"), 1.0)
    hang_up(call, bob)
    line = ended(lab)
    check("recording_failure=" in line and "recorder=recorders" not in line, line)


@test
def a_server_that_refuses_ends_a_call_that_must_be_recorded(lab):
    alice, bob = start(lab, required=True)
    server = Server(lab)
    establish(lab, alice, bob)
    server.ua.request("INVITE").reply(488)
    for party in (alice, bob):
        party.request("BYE").reply(200)
    check("not_recorded" in ended(lab), "the cause in the record")


# trap 89
@test
def a_server_that_dies_is_asked_once_more(lab):
    alice, bob = start(lab)
    server = Server(lab)
    call, _, _ = establish(lab, alice, bob)
    server.accept()
    call.sent = call.send("INVITE", body=alice.sdp(direction="sendonly"))
    bob.request("INVITE").reply(200, sdp=bob.sdp(direction="recvonly"))
    call.response(200)
    call.ack()
    server.ua.request("INVITE").reply(481)
    again = server.accept()
    check(not re.search(r";\s*tag=", again.message.header("to")), "a session from the start")
    server.ears[0].packets.clear()
    eventually(lambda: len(server.ears[0].packets) >= 20, "alice in the second session")
    hang_up(call, bob)
    server.ua.request("BYE").reply(200)


# trap 89
@test
def refreshes_and_holds_of_the_server_are_answered(lab):
    alice, bob = start(lab)
    server = Server(lab)
    call, _, _ = establish(lab, alice, bob)
    server.accept(["Require: timer", "Session-Expires: 90;refresher=uas"])
    dialog = server.dialog
    update = dialog.send("UPDATE", headers=["Require: siprec", "Supported: timer",
                                            "Session-Expires: 90;refresher=uac"])
    check("90;refresher=uac" in update.response(200).header("session-expires"), "the refresh")
    for direction, answered in (("inactive", "inactive"), ("recvonly", "sendonly")):
        dialog.sent = dialog.send("INVITE", body=server.sdp(direction), headers=["Require: siprec"])
        answer = dialog.sent.response(200)
        equal(directions(answer.body), [answered, answered], f"the answer to {direction}")
        dialog.ack()
        time.sleep(0.3)
        server.ears[0].packets.clear()
        time.sleep(0.5)
        equal(bool(server.ears[0].packets), direction == "recvonly", f"audio while the server says {direction}")
    hang_up(call, bob)
    server.ua.request("BYE").reply(200)


@test
def a_recording_goes_on_over_a_restart_of_the_relay(lab):
    trunks = {"carrier": {"sources": [CARRIER], "record": {"siprec": "recorders"}},
              "recorders": {"realm": "core", "targets": [f"{CARRIER2}:5060"], "sources": [CARRIER2]}}
    border = lab.start({"trunk": trunks}, relay={"shutdown": {"snapshot": f"{lab.directory}/relay.snapshot",
                                                              "snapshot_on_disk": True}})
    alice, bob = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "bob")
    server = Server(lab)
    call, _, _ = establish(lab, alice, bob)
    server.accept()
    for ear in server.ears:
        eventually(lambda: len(ear.packets) >= 20, "packets at the server")
    streams = [ear.packets[-1][0] for ear in server.ears]
    equal(border.relay.stop(8), 0, "exit code of the relay")
    before = [len(ear.packets) for ear in server.ears]
    border.start_relay()
    equal(border.relay_metrics().total("relay_restart_sessions_total", result="restored"), 1, "restored sessions")
    for ear, count, stream in zip(server.ears, before, streams):
        eventually(lambda: len(ear.packets) >= count + 25, "packets at the server after it")
        equal({ssrc for ssrc, _, _ in ear.packets[count:]}, {stream}, "the stream that the server hears")
        equal(len(ear.voices()), 1, "voices in one stream")
    eventually(border.ready, "the sbc has its relay again", 10)
    equal(border.sbc_metrics().total("parapet_dialog_events_total", event="media_moves"), 0, "calls that moved")
    server.ua.nothing(lambda m: m.is_request("INVITE"), 0.3)
    hang_up(call, bob)
    server.ua.request("BYE").reply(200)


if __name__ == "__main__":
    main()
