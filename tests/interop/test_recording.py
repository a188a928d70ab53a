#!/usr/bin/env python3
"""Calls that the relay writes to files: what is in them, and what becomes of a call that cannot be recorded."""

import array
import shutil
import struct
import time
import wave

from harness import check, equal, eventually, main, namespace, test
from harness.border import ACCESS
from harness.lab import PHONE
from harness.phone import Phone, end_and_judge, seconds_of, tones

TONES = {"alice": 440, "bob": 1000}  # Hz
PCMA = {"codecs": "pcma/8000/1"}
G722 = {"codecs": "g722/16000/1", "extra": ("module g722.so",)}
ENOUGH = 2.0  # seconds in which the other's tone dominates


def start(lab, record, alice=PCMA, bob=PCMA, relay=None, **realm):
    place = lab.directory / "recordings"
    place.mkdir()
    access = {"registrar": {"algorithms": ["MD5"]}, "record": record, **realm}
    lab.start({"realm": {"access": access}}, {"recording": {"directory": str(place)}, **(relay or {})}, register=False)
    namespace.speak_as(PHONE, ACCESS)
    phones = []
    for name, port, codec in (("alice", 5062, alice), ("bob", 5064, bob)):
        phones.append(lab.keep(Phone(lab.directory, name, TONES[name], PHONE, port, **codec)))
        phones[-1].wait_registered()
    return place, *phones


def call(alice, bob, seconds=4.5):
    alice.command("dial", f"sip:bob@{ACCESS}")
    for each in (alice, bob):
        each.wait("CALL_ESTABLISHED", 20)
    time.sleep(seconds)


def channels(path):
    """Left and right at 8 kHz."""
    with wave.open(str(path), "rb") as recorded:
        equal(recorded.getnchannels(), 2, "channels")
        rate = recorded.getframerate()
        samples = array.array("h", recorded.readframes(recorded.getnframes()))
    step = rate // tones.RATE
    out = []
    for side in (samples[::2], samples[1::2]):
        whole = len(side) // step * step
        out.append(array.array("h", (sum(side[n:n + step]) // step for n in range(0, whole, step))))
    return rate, *out


def packets(path):
    """(source, target, payload) of each UDP packet over IPv4."""
    data = path.read_bytes()
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHiIII", data)
    equal((magic, link), (0xA1B2C3D4, 101), "magic number and link type")
    at, out = 24, []
    while at < len(data):
        _, _, kept, full = struct.unpack_from("<IIII", data, at)
        equal(kept, full, "bytes of a packet")
        packet = data[at + 16:at + 16 + kept]
        equal((packet[0], packet[9]), (0x45, 17), "IPv4 and UDP")
        source, target = (".".join(map(str, packet[n:n + 4])) for n in (12, 16))
        ports = struct.unpack_from(">HH", packet, 20)
        out.append(((source, ports[0]), (target, ports[1]), packet[28:]))
        at += 16 + kept
    return out


def heard(samples, hertz):
    return tones.pieces_with_tone(samples, hertz) * tones.PIECE / tones.RATE


def judge_wav(path, rate):
    got, left, right = channels(path)
    equal(got, rate, "samples in a second")
    for name, samples, own, other in (("left", left, "alice", "bob"), ("right", right, "bob", "alice")):
        check(heard(samples, TONES[own]) >= ENOUGH, f"{name}: hardly anything of {own}")
        equal(heard(samples, TONES[other]), 0, f"seconds of {other} in the channel of {own}")


def whole_files(lab, place, count):
    def done():
        found = sorted(place.iterdir())
        return found if len(found) == count and all(f.suffix != ".part" for f in found) else None

    files = eventually(done, f"{count} whole files of the recording", 10)
    for file in files:
        equal(file.stat().st_mode & 0o777, 0o600, f"mode of {file.name}")
    equal(lab.border.relay_metrics().total("relay_recording_packets_lost_total"), 0, "packets that are missing")
    return files


def record_of(lab):
    """The line in the log about the call that has ended."""
    def line():
        found = [s for s in (lab.directory / "sbc.log").read_text().splitlines() if "call ended" in s]
        return found[-1] if found else None

    return eventually(line, "a line about the call in the log")


@test
def each_side_has_its_channel_and_its_packets(lab):
    place, alice, bob = start(lab, {"wav": True, "pcap": True})
    call(alice, bob)
    equal(lab.border.relay_metrics().total("relay_recordings"), 1, "flows that are recorded")
    check(all(f.suffix == ".part" for f in place.iterdir()), "a file has its name before it is whole")
    end_and_judge(alice, bob, ENOUGH)
    pcap, wav = whole_files(lab, place, 2)
    equal((pcap.suffix, wav.suffix), (".pcap", ".wav"), "files")
    check(f"recording={wav.name.removesuffix('-0.wav')}" in record_of(lab), "the record does not name the files")
    judge_wav(wav, 8000)
    found = packets(pcap)
    rtp = [p for p in found if p[2][0] >> 6 == 2 and p[2][1] & 0x7F == 8]
    talkers = {source for source, _, _ in rtp}
    equal(len(talkers), 2, "places that RTP came from")
    for talker in talkers:
        equal(talker[0], PHONE, "source of RTP")
        check(sum(source == talker for source, _, _ in rtp) > 150, f"hardly anything of {talker}")
    equal({target[0] for _, target, _ in rtp}, {ACCESS}, "where RTP went to")


@test
def phones_of_different_codecs_are_heard_in_one_file(lab):
    place, alice, bob = start(lab, {"wav": True}, PCMA, G722, codecs={"transcode": ["PCMA", "G722"]})
    call(alice, bob)
    end_and_judge(alice, bob, ENOUGH)
    judge_wav(*whole_files(lab, place, 1), 16000)


MUSIC, TOLD = 1700, 1300  # Hz


@test
def what_the_border_plays_is_in_the_channel_of_whom_it_replaces(lab):
    place, alice, bob = start(lab, {"wav": True}, music_on_hold=f"tone:{MUSIC}/1000")
    call(alice, bob, 3)
    alice.command("hold")
    time.sleep(4)
    alice.command("resume")
    time.sleep(3)
    alice.command("hangup")
    bob.wait("CALL_CLOSED")
    for each in (alice, bob):
        each.stop()
    _, left, right = channels(*whole_files(lab, place, 1))
    check(heard(left, MUSIC) >= 2.5, f"the music that bob heard: {heard(left, MUSIC):.1f} s of it")
    equal(heard(right, MUSIC), 0, "seconds of music in the channel of bob")
    check(heard(left, TONES["alice"]) >= ENOUGH, "hardly anything of alice")


@test
def both_are_told_that_they_are_recorded(lab):
    place, alice, bob = start(lab, {"wav": True, "announcement": f"tone:{TOLD}/2000"})
    call(alice, bob, 6)
    end_and_judge(alice, bob, ENOUGH)
    for each in (alice, bob):
        told = seconds_of(each.heard(), TOLD)
        check(1.2 <= told <= 2.5, f"{each.name} was told for {told:.1f} s")
    _, left, right = channels(*whole_files(lab, place, 1))
    for name, samples in (("left", left), ("right", right)):
        check(heard(samples, TOLD) >= 1.2, f"{name}: the announcement is not in the recording")
    equal(lab.border.relay_metrics().total("relay_plays_ended_total", end="done"), 2, "announcements")


@test
def a_recording_that_fails_is_not_heard(lab):
    place, alice, bob = start(lab, {"wav": True, "pcap": True})
    shutil.rmtree(place)
    call(alice, bob)
    equal(lab.border.relay_metrics().total("relay_recordings_failed_total"), 1, "recordings that failed")
    end_and_judge(alice, bob, ENOUGH)
    line = record_of(lab)
    check("No such file" in line and "cause=bye" in line, f"the record says: {line}")


@test
def a_call_that_must_be_recorded_ends_without_it(lab):
    place, alice, bob = start(lab, {"wav": True, "required": True})
    shutil.rmtree(place)
    alice.command("dial", f"sip:bob@{ACCESS}")
    alice.wait("CALL_CLOSED", 20)
    bob.wait("CALL_CLOSED", 20)
    check("cause=not_recorded" in record_of(lab), "the record has another cause")


@test
def what_a_crash_of_the_relay_leaves_can_be_read(lab):
    place, alice, bob = start(lab, {"wav": True, "pcap": True})
    call(alice, bob, 5)
    lab.border.relay.kill()
    equal(sorted(f.suffix for f in place.iterdir()), [".part", ".part"], "files of the relay that is gone")
    lab.border.start_relay()
    equal(lab.border.relay_metrics().total("relay_recordings_mended_total"), 2, "files that were made readable")
    # The call has moved to its successor, and is recorded there.
    eventually(lambda: len(list(place.iterdir())) == 4, "files of the call that goes on", 15)
    time.sleep(3)
    end_and_judge(alice, bob, ENOUGH)
    files = whole_files(lab, place, 4)
    wavs = [f for f in files if f.suffix == ".wav"]
    equal(sorted(f.name.count("-2.wav") for f in wavs), [0, 1], "names of the later files")
    for wav in wavs:
        _, left, right = channels(wav)
        check(heard(left, TONES["alice"]) > 1.5 and heard(right, TONES["bob"]) > 1.5, f"{wav.name}: too little")
    for pcap in (f for f in files if f.suffix == ".pcap"):
        check(len(packets(pcap)) > 150, f"{pcap.name}: too little")


@test
def a_restart_of_the_relay_goes_on_in_new_files(lab):
    snapshot = {"shutdown": {"snapshot": f"{lab.directory}/relay.snapshot", "snapshot_on_disk": True}}
    place, alice, bob = start(lab, {"wav": True}, relay=snapshot)
    call(alice, bob, 4)
    equal(lab.border.relay.stop(8), 0, "exit code of the relay")
    equal([f.suffix for f in place.iterdir()], [".wav"], "files that the first one has left")
    lab.border.start_relay()
    time.sleep(4)
    end_and_judge(alice, bob, ENOUGH)
    for wav in whole_files(lab, place, 2):
        judge_wav(wav, 8000)


if __name__ == "__main__":
    main()
