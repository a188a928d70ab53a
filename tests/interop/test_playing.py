#!/usr/bin/env python3
"""Sounds that the border plays: announcements, music on hold and ringback, heard by phones (baresip)."""

import array
import pathlib
import sys
import time
import wave

from harness import check, equal, eventually, main, namespace, test
from harness.border import ACCESS, OWN_POLICIES
from harness.lab import CARRIER, PHONE
from harness.peers import Rtp
from harness.phone import Phone, seconds_of

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts" / "lib"))
import tones  # noqa: E402

TONES = {"alice": 440, "bob": 1000}  # Hz
CLOSED, MUSIC, RINGING = 1300, 1700, 700  # Hz


def start(lab, names=("alice",), access=None, core=None, relay=None):
    sounds = lab.directory / "sounds"
    sounds.mkdir()
    tones.write_tone(sounds / "closed.wav", CLOSED, 3)
    tones.write_tone(sounds / "music.wav", MUSIC, 1, 48000, 2)
    lab.start({"realm": {"access": {"registrar": {"algorithms": ["MD5"]}, **(access or {})}, "core": core or {}},
               "policy": {"file": str(OWN_POLICIES / "sounds.lua"), "settings": None}},
              {"sounds": {"directory": str(sounds)}, **(relay or {})}, register=False)
    equal(lab.border.relay_metrics().total("relay_sounds"), 2, "sounds")
    namespace.speak_as(PHONE, ACCESS)
    phones = []
    for name, port in zip(names, (5062, 5064)):
        phones.append(lab.keep(Phone(lab.directory, name, TONES[name], PHONE, port)))
        phones[-1].wait_registered()
    return phones


def linear(byte):
    """A sample of G.711 mu-law, 16 bits."""
    byte = ~byte & 0xFF
    magnitude = ((((byte & 0x0F) << 3) + 0x84) << (byte >> 4 & 7)) - 0x84
    return -magnitude if byte & 0x80 else magnitude


class Ear(Rtp):
    """Hears what PCMU it gets."""

    def __init__(self, at, port, ssrc):
        self._samples = []
        super().__init__(at, port, ssrc)

    def turn(self):
        """What came since the last time."""
        heard, self._samples = self._samples, []
        return heard

    def _on_packet(self, data, source):
        super()._on_packet(data, source)
        if len(data) > 12 and data[1] & 0x7F == 0:
            self._samples += [linear(byte) for byte in data[12:]]


def heard(phone, hertz):
    phone.stop()
    return seconds_of(phone.heard(), hertz)


def plays_ended(lab, end):
    return lab.border.relay_metrics().total("relay_plays_ended_total", end=end)


@test
def a_refusal_is_told_in_words(lab):
    (alice,) = start(lab)
    began = time.monotonic()
    alice.command("dial", f"sip:closed@{ACCESS}")
    alice.wait("CALL_CLOSED", 15)
    check(time.monotonic() - began > 2.5, "the refusal came before the end of the announcement")
    refused = [m for m in lab.capture.messages() if m.start.startswith("SIP/2.0 486")]
    check(refused, "no 486")
    equal(plays_ended(lab, "done"), 1, "sounds that were played to their end")
    seconds = heard(alice, CLOSED)
    check(seconds >= 2, f"the announcement was heard for {seconds:.1f} s")


@test
def a_missing_announcement_keeps_nothing_back(lab):
    (alice,) = start(lab)
    began = time.monotonic()
    alice.command("dial", f"sip:lost@{ACCESS}")
    alice.wait("CALL_CLOSED", 10)
    check(time.monotonic() - began < 5, "the refusal was kept back")
    equal(plays_ended(lab, "no_sound"), 1, "sounds that are not there")
    alice.stop()


@test
def who_is_held_hears_music(lab):
    """The one who is held is played by hand: baresip plays nothing more once it is told to listen only."""
    (alice,) = start(lab, core={"music_on_hold": "music"})
    carrier = lab.ua(CARRIER, "carrier")
    ear = lab.keep(Ear(CARRIER, 7000, 0x77777777))
    alice.command("dial", f"sip:1000@{ACCESS}")
    invite = carrier.request("INVITE")
    invite.reply(200, sdp=carrier.sdp())
    carrier.request("ACK")
    time.sleep(2)
    before = ear.turn()
    alice.command("hold")
    held = carrier.request("INVITE")
    check("a=sendonly" in held.message.text, "the carrier is not offered to listen")
    held.reply(200, sdp=carrier.sdp(direction="recvonly"))
    carrier.request("ACK")
    time.sleep(4)
    music = ear.turn()
    alice.command("resume")
    carrier.request("INVITE").reply(200, sdp=carrier.sdp())
    carrier.request("ACK")
    time.sleep(2)
    after = ear.turn()
    alice.command("hangup")
    carrier.request("BYE").reply(200)
    alice.wait("CALL_CLOSED")
    seconds = [seconds_of([heard], hertz) for heard, hertz in ((before, TONES["alice"]), (music, MUSIC), (after, TONES["alice"]))]
    check(seconds[0] >= 1 and seconds[1] >= 3 and seconds[2] >= 1, f"alice, music, alice: heard for {seconds} s")
    check(seconds_of([after], MUSIC) < 0.5, "the music went on after the resume")
    equal(len(ear.received), 1, "sources that the carrier heard")


@test
def ringing_in_silence_is_heard(lab):
    (alice,) = start(lab, access={"ringback": f"tone:{RINGING}/1000"})
    carrier = lab.ua(CARRIER, "carrier")
    alice.command("dial", f"sip:1000@{ACCESS}")
    invite = carrier.request("INVITE")
    invite.reply(180)
    time.sleep(4)
    invite.reply(200, sdp=carrier.sdp())
    alice.wait("CALL_ESTABLISHED", 10)
    carrier.request("ACK")
    before = lab.border.relay_metrics().total("relay_packets_sent_total")
    time.sleep(1)
    alice.command("hangup")
    carrier.request("BYE").reply(200)
    alice.wait("CALL_CLOSED")
    check(before > 100, "hardly anything was played")
    eventually(lambda: lab.border.sbc_metrics().total("parapet_dialog_events_total", event="ringbacks") == 1, "counted")
    seconds = heard(alice, RINGING)
    check(seconds >= 2.5, f"the ringback tone was heard for {seconds:.1f} s")
    check(seconds < 5.5, f"the ringback tone was heard for {seconds:.1f} s: it went on after the answer")


@test
def what_is_heard_before_the_answer_is_recorded_where_it_is_wanted(lab):
    place = lab.directory / "recordings"
    place.mkdir()
    (alice,) = start(lab, access={"ringback": f"tone:{RINGING}/1000", "record": {"wav": True, "early": True}},
                     relay={"recording": {"directory": str(place)}})
    carrier = lab.ua(CARRIER, "carrier")
    alice.command("dial", f"sip:1000@{ACCESS}")
    invite = carrier.request("INVITE")
    invite.reply(180)
    time.sleep(3)
    invite.reply(200, sdp=carrier.sdp())
    alice.wait("CALL_ESTABLISHED", 10)
    carrier.request("ACK")
    time.sleep(2)
    alice.command("hangup")
    carrier.request("BYE").reply(200)
    alice.wait("CALL_CLOSED")
    alice.stop()
    (file,) = eventually(lambda: [f for f in place.iterdir() if f.suffix == ".wav"], "the recording", 10)
    with wave.open(str(file), "rb") as recorded:
        samples = array.array("h", recorded.readframes(recorded.getnframes()))
    left, right = seconds_of([samples[::2]], TONES["alice"]), seconds_of([samples[1::2]], RINGING)
    check(right >= 2 and left >= 1.5, f"alice for {left:.1f} s, what she heard ringing for {right:.1f} s")


@test
def a_failure_is_told_in_words(lab):
    (alice,) = start(lab)
    carrier = lab.ua(CARRIER, "carrier")
    alice.command("dial", f"sip:gone@{ACCESS}")
    invite = carrier.request("INVITE")
    invite.reply(180)
    invite.reply(486)
    carrier.request("ACK")
    began = time.monotonic()
    alice.wait("CALL_CLOSED", 15)
    check(time.monotonic() - began > 2.5, "the refusal came before the end of the announcement")
    seconds = heard(alice, CLOSED)
    check(seconds >= 2, f"the announcement was heard for {seconds:.1f} s")


@test
def a_caller_is_welcomed_before_it_hears_the_callee(lab):
    (alice,) = start(lab)
    carrier = lab.ua(CARRIER, "carrier")
    lab.keep(Ear(CARRIER, 7000, 0x77777777))
    alice.command("dial", f"sip:welcomed@{ACCESS}")
    carrier.request("INVITE").reply(200, sdp=carrier.sdp())
    alice.wait("CALL_ESTABLISHED", 10)
    carrier.request("ACK")
    time.sleep(4.5)
    alice.command("hangup")
    carrier.request("BYE").reply(200)
    alice.wait("CALL_CLOSED")
    seconds = heard(alice, CLOSED)
    check(2 <= seconds < 4, f"the welcome was heard for {seconds:.1f} s")
    equal(plays_ended(lab, "done"), 1, "sounds that were played to their end")


@test
def who_is_transferred_hears_the_target_ring(lab):
    (alice,) = start(lab, access={"ringback": f"tone:{RINGING}/1000"})
    carrier = lab.ua(CARRIER, "carrier")
    alice.command("dial", f"sip:1000@{ACCESS}")
    invite = carrier.request("INVITE")
    invite.reply(200, sdp=carrier.sdp())
    alice.wait("CALL_ESTABLISHED", 10)
    carrier.request("ACK")
    call = invite.dialog()
    call.send("REFER", headers=["Refer-To: <sip:2000@example.org>", "Refer-Sub: false"]).response(202)
    target = carrier.request("INVITE", where=lambda m: "2000" in m.start)
    target.reply(180)
    time.sleep(4)
    target.reply(200, sdp=carrier.sdp(7100))
    carrier.request("BYE").reply(200)
    carrier.request("ACK")
    time.sleep(1.5)
    alice.command("hangup")
    carrier.request("BYE").reply(200)
    alice.wait("CALL_CLOSED")
    seconds = heard(alice, RINGING)
    check(2.5 <= seconds < 5.5, f"the ringback tone was heard for {seconds:.1f} s")


if __name__ == "__main__":
    main()
