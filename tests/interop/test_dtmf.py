#!/usr/bin/env python3
"""Digits (DTMF) and the rewriting of streams: telephone-events, INFO, clocks, payload types, changes of source."""

import socket
import struct
import time

from harness import check, equal, eventually, main, test
from harness.border import OWN_POLICIES
from harness.lab import ACCESS, CARRIER, CARRIER2, PHONE

EVENT = 101
RELAY_BODY = "application/dtmf-relay"


class Media:
    """A phone's media, packet by packet."""

    def __init__(self, at, port, ssrc):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((at, port))
        self.socket.settimeout(0.05)
        self.to, self.ssrc, self.sequence, self.timestamp = None, ssrc, 1000, 50000
        self.heard = []  # (marker, payload type, sequence, timestamp, ssrc, payload)

    def send(self, payload_type, payload, marker=False, timestamp=None):
        self.sequence += 1
        self.socket.sendto(struct.pack("!BBHII", 0x80, payload_type | (0x80 if marker else 0), self.sequence & 0xffff,
                                       (self.timestamp if timestamp is None else timestamp) & 0xffffffff, self.ssrc)
                           + payload, self.to)

    def audio(self, packets, payload_type=0, ticks=160, payload=b"\xff" * 160):
        for _ in range(packets):
            self.timestamp += ticks
            self.send(payload_type, payload)
            self.hear(0.02)

    def press(self, code, payload_type=EVENT, ticks=160):
        """100 ms of a digit, with its end three times."""
        start = self.timestamp + ticks
        for n in range(1, 8):
            duration, end = min(n, 5) * ticks, 0x80 if n >= 5 else 0
            self.send(payload_type, struct.pack("!BBH", code, 10 | end, duration), marker=n == 1, timestamp=start)
            self.hear(0.02)
        self.timestamp += 7 * ticks

    def hear(self, seconds):
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.socket.settimeout(max(ends - time.monotonic(), 0.001))
            try:
                data = self.socket.recv(2048)
            except TimeoutError:
                return self.heard
            first, second, sequence, timestamp, ssrc = struct.unpack("!BBHII", data[:12])
            if 64 <= (second & 0x7f) <= 95:
                continue  # RTCP
            self.heard.append((second >> 7, second & 0x7f, sequence, timestamp, ssrc, data[12:]))
        return self.heard

    def events(self, payload_type=EVENT):
        """(code, end, duration, timestamp) of each telephone-event heard."""
        found = []
        for _, pt, _, timestamp, _, payload in self.heard:
            if pt == payload_type:
                code, flags, duration = struct.unpack("!BBH", payload[:4])
                found.append((code, flags >> 7, duration, timestamp))
        return found


def sdp_of(at, port, formats, lines):
    return "\r\n".join(["v=0", f"o=- 1 1 IN IP4 {at}", "s=-", f"c=IN IP4 {at}", "t=0 0",
                        f"m=audio {port} RTP/AVP {formats}", *lines, "a=sendrecv"]) + "\r\n"


def plain(at, port):
    return sdp_of(at, port, "0", ["a=rtpmap:0 PCMU/8000"])


def with_events(at, port, payload_type=EVENT, clock=8000, audio="0", audio_map="PCMU/8000"):
    return sdp_of(at, port, f"{audio} {payload_type}",
                  [f"a=rtpmap:{audio} {audio_map}", f"a=rtpmap:{payload_type} telephone-event/{clock}",
                   f"a=fmtp:{payload_type} 0-15"])


class Talk:
    """A call from the phone to the carrier, whose descriptions the test writes."""

    def __init__(self, lab, offer, answer):
        self.alice, self.carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
        self.near, self.far = Media(PHONE, 7000, 0x1111), Media(CARRIER, 7100, 0x2222)
        self.call = self.alice.invite("sip:00431555@" + ACCESS, sdp=offer)
        self.invite = self.carrier.request("INVITE")
        self.invite.reply(200, sdp=answer)
        self.other = self.invite.dialog()
        self.ok = self.call.response(200)
        self.call.ack()
        self.carrier.request("ACK")
        self.near.to, self.far.to = self.ok.media()[:2], self.invite.media()[:2]

    def end(self):
        bye = self.call.send("BYE")
        self.carrier.request("BYE").reply(200)
        bye.response(200)


def dtmf(mode):
    return {"trunk": {"carrier": {"dtmf": mode}}}


# trap 36
@test
def an_event_becomes_info(lab):
    lab.start(sbc=dtmf("info"))
    talk = Talk(lab, with_events(PHONE, 7000), plain(CARRIER, 7100))
    check("telephone-event" not in talk.invite.body, f"events were offered to the carrier:\n{talk.invite.body}")
    check("telephone-event" in talk.ok.body, f"the phone was not told of events:\n{talk.ok.body}")
    talk.near.audio(5)
    for code, letter in ((5, "5"), (11, "#")):
        talk.near.press(code)
        info = talk.carrier.request("INFO")
        equal(info.header("content-type"), RELAY_BODY, "the type of INFO")
        equal(info.body.split("\r\n")[0], f"Signal={letter}", "the digit")
        info.reply(200)
    talk.near.audio(5)
    talk.far.hear(0.2)
    equal(talk.far.events(), [], "events at the carrier")
    talk.carrier.nothing(lambda m: m.is_request("INFO"), 0.5)
    sequence = [p[2] for p in talk.far.heard]
    equal(sequence, list(range(sequence[0], sequence[0] + len(sequence))), "sequence numbers at the carrier")
    equal(lab.border.sbc_metrics().total("parapet_dialog_events_total", event="digits_to_info"), 2, "digits counted")
    talk.end()


# trap 36
@test
def info_becomes_an_event(lab):
    lab.start(sbc=dtmf("info"))
    talk = Talk(lab, with_events(PHONE, 7000), plain(CARRIER, 7100))
    talk.far.audio(5)
    talk.near.hear(0.1)
    sent = talk.other.send("INFO", body="Signal=7\r\nDuration=200\r\n", content_type=RELAY_BODY)
    sent.response(200)
    for _ in range(20):  # audio goes on meanwhile
        talk.far.audio(1)
        talk.near.hear(0.01)
    talk.near.hear(0.3)
    events = talk.near.events()
    check(len(events) >= 10, f"expected a row of events, got {events}")
    equal({e[0] for e in events}, {7}, "the digit")
    equal({e[3] for e in events} == {events[0][3]}, True, "one timestamp for all")
    equal([e[1] for e in events[-3:]], [1, 1, 1], "three ends")
    equal(events[-1][2], 1600, "the duration")
    first = [p for p in talk.near.heard if p[1] == EVENT][0]
    equal(first[0], 1, "the marker of the first packet")
    equal(len({p[4] for p in talk.near.heard}), 1, "sources that the phone hears")
    sequence = [p[2] for p in talk.near.heard]
    equal(sequence, list(range(sequence[0], sequence[0] + len(sequence))), "sequence numbers at the phone")
    talk.alice.nothing(lambda m: m.is_request("INFO"), 0.3)
    talk.end()


# trap 36
@test
def who_sends_both_is_heard_once(lab):
    lab.start(sbc=dtmf("info"))
    talk = Talk(lab, with_events(PHONE, 7000), plain(CARRIER, 7100))
    talk.near.audio(3)
    talk.near.press(4)
    talk.call.send("INFO", body="Signal=4\r\nDuration=100\r\n", content_type=RELAY_BODY).response(200)
    talk.carrier.request("INFO").reply(200)
    talk.carrier.nothing(lambda m: m.is_request("INFO"), 0.7)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_dialog_events_total", event="digits_suppressed") == 1,
               "one digit suppressed")
    talk.end()


# trap 36
@test
def who_sends_both_passes_once_where_nothing_is_converted(lab):
    """dtmf = "pass" on both sides: a phone whose keys come both ways, and one that has telephone-event and sends INFO alone."""
    lab.start()
    talk = Talk(lab, with_events(PHONE, 7000), with_events(CARRIER, 7100))
    talk.near.audio(5)
    info = lambda who, key: who.send("INFO", body=f"Signal={key}\r\nDuration=100\r\n", content_type=RELAY_BODY)
    # By INFO behind its media, and in front of it.
    talk.near.press(4)
    info(talk.call, 4).response(200)
    early = info(talk.call, 9)
    talk.near.press(9)
    early.response(200)
    talk.near.audio(5)
    talk.far.hear(0.4)
    ends = [e[0] for e in talk.far.events() if e[1]]
    equal(ends, [4, 4, 4, 9, 9, 9], "ends of events at the carrier")
    talk.carrier.nothing(lambda m: m.is_request("INFO"), 0.5)
    total = lambda: lab.border.sbc_metrics().total("parapet_dialog_events_total", event="digits_suppressed")
    eventually(lambda: total() == 2, "two keys suppressed")
    # The carrier sends INFO alone, and so it is.
    for key in "12":
        sent = info(talk.other, key)
        came = talk.alice.request("INFO")
        equal(came.body.split("\r\n")[0], f"Signal={key}", "the key")
        came.reply(200)
        sent.response(200)
    equal(talk.near.events(), [], "events at the phone")
    talk.end()


# A call that begins with a digit: nothing of it is lost while its stream proves itself.
@test
def a_digit_is_heard_that_comes_before_anything_else(lab):
    lab.start()
    talk = Talk(lab, with_events(PHONE, 7000), with_events(CARRIER, 7100))
    talk.near.hear(0.1)
    talk.near.press(7)
    talk.near.audio(5)
    talk.far.hear(0.3)
    events = talk.far.events()
    equal(len(events), 7, "packets of the event at the carrier")
    equal([p[0] for p in talk.far.heard][0], 1, "the marker of the first packet")
    sequence = [p[2] for p in talk.far.heard]
    equal(sequence, list(range(sequence[0], sequence[0] + 12)), "sequence numbers at the carrier")
    talk.end()


@test
def tones_become_events_and_events_tones(lab):
    lab.start(sbc=dtmf("inband"))
    talk = Talk(lab, with_events(PHONE, 7000), plain(CARRIER, 7100))
    talk.near.audio(3)
    talk.near.press(9)
    talk.near.audio(10)
    talk.far.hear(0.3)
    equal(talk.far.events(), [], "events at the carrier")
    tones = [p[5] for p in talk.far.heard if p[1] == 0 and len(set(p[5])) > 8]
    check(4 <= len(tones) <= 12, f"expected 100 ms of a tone, got {len(tones)} packets")
    # Played back to the border they are the digit again.
    talk.far.audio(5)
    for tone in tones:
        talk.far.timestamp += 160
        talk.far.send(0, tone)
        talk.near.hear(0.02)
    talk.far.audio(10)
    eventually(lambda: talk.near.hear(0.05) and len([e for e in talk.near.events() if e[1]]) >= 3,
               "the end of an event at the phone")
    equal({e[0] for e in talk.near.events()}, {9}, "the digit")
    talk.end()


# trap 36
@test
def info_becomes_tones_and_tones_info(lab):
    lab.start(sbc={"realm": {"access": {"dtmf": "info"}}, **dtmf("inband")})
    talk = Talk(lab, with_events(PHONE, 7000), plain(CARRIER, 7100))
    check("telephone-event" not in talk.invite.body + talk.ok.body, "neither side is told of events")
    talk.near.audio(5)
    talk.call.send("INFO", body="Signal=6\r\nDuration=100\r\n", content_type=RELAY_BODY).response(200)
    for _ in range(10):  # audio goes on meanwhile
        talk.near.audio(1)
        talk.far.hear(0.01)
    talk.far.hear(0.3)
    tones = [p[5] for p in talk.far.heard if p[1] == 0 and len(set(p[5])) > 8]
    check(4 <= len(tones) <= 12, f"expected 100 ms of a tone, got {len(tones)} packets")
    in_one_row(talk.far.heard, "the carrier")
    talk.carrier.nothing(lambda m: m.is_request("INFO"), 0.3)
    # Played back to the border they are the digit again, and nothing but that.
    talk.far.audio(5)
    for tone in tones:
        talk.far.timestamp += 160
        talk.far.send(0, tone)
        talk.near.hear(0.02)
    talk.far.audio(5)
    back = talk.alice.request("INFO")
    equal(back.body.split("\r\n")[0], "Signal=6", "the digit")
    back.reply(200)
    talk.alice.nothing(lambda m: m.is_request("INFO"), 0.3)
    talk.near.hear(0.2)
    heard = [p for p in talk.near.heard if len(set(p[5])) > 8]
    check(len(heard) <= 2, f"the phone hears the tone as well: {len(heard)} packets")
    talk.end()


def transcoded(**trunk):
    return {"trunk": {"carrier": {"codecs": {"transcode": ["PCMA"]}, **trunk}}}


def pcma(at, port):
    return sdp_of(at, port, "8", ["a=rtpmap:8 PCMA/8000"])


def in_one_row(heard, what):
    equal(len({p[4] for p in heard}), 1, f"sources that {what} hears")
    sequence = [p[2] for p in heard]
    equal(sequence, list(range(sequence[0], sequence[0] + len(sequence))), f"sequence numbers at {what}")


# traps 35, 36
@test
def digits_are_converted_where_audio_is_transcoded(lab):
    lab.start(sbc=transcoded(dtmf="info"))
    talk = Talk(lab, with_events(PHONE, 7000), pcma(CARRIER, 7100))
    talk.near.audio(5)
    talk.near.press(5)
    info = talk.carrier.request("INFO")
    equal(info.body.split("\r\n")[0], "Signal=5", "the digit")
    info.reply(200)
    talk.near.audio(5)
    talk.far.hear(0.2)
    equal({p[1] for p in talk.far.heard}, {8}, "payload types at the carrier")
    in_one_row(talk.far.heard, "the carrier")
    talk.far.audio(5, payload_type=8)
    talk.other.send("INFO", body="Signal=7\r\nDuration=200\r\n", content_type=RELAY_BODY).response(200)
    for _ in range(20):  # audio goes on meanwhile
        talk.far.audio(1, payload_type=8)
        talk.near.hear(0.01)
    talk.near.hear(0.3)
    events = talk.near.events()
    check(len(events) >= 10, f"expected a row of events, got {events}")
    equal({e[0] for e in events}, {7}, "the digit")
    equal({p[1] for p in talk.near.heard}, {0, EVENT}, "payload types at the phone")
    in_one_row(talk.near.heard, "the phone")
    talk.carrier.nothing(lambda m: m.is_request("INFO"), 0.3)
    talk.end()


# trap 35
@test
def a_digit_lasts_as_long_under_the_other_sides_clock(lab):
    """Opus with events of 48000 ticks a second on one side, G.711 with 8000 on the other."""
    lab.start(sbc={"trunk": {"carrier": {"codecs": {"transcode": ["PCMU"]}}}})
    opus, silence = {"payload_type": 111, "ticks": 960}, b"\xf8\xff\xfe"
    talk = Talk(lab, with_events(PHONE, 7000, 110, 48000, "111", "opus/48000/2"), with_events(CARRIER, 7100))
    check("telephone-event/8000" in talk.invite.body, f"the carrier was offered no events of its clock:\n{talk.invite.body}")
    check("a=rtpmap:110 telephone-event/48000" in talk.ok.body, f"the phone may not send its events:\n{talk.ok.body}")
    event = next(int(l.split()[0][9:]) for l in talk.invite.body.split("\r\n") if l.endswith("telephone-event/8000"))
    talk.near.audio(5, **opus, payload=silence)
    talk.near.press(6, payload_type=110, ticks=960)
    talk.near.audio(5, **opus, payload=silence)
    talk.far.audio(5)
    talk.far.press(11, payload_type=event)
    talk.far.audio(5)
    talk.near.hear(0.1)
    talk.far.hear(0.1)
    for media, payload_type, ticks, code in ((talk.far, EVENT, 160, 6), (talk.near, 110, 960, 11)):
        events = media.events(payload_type)
        equal({e[0] for e in events}, {code}, "the digit")
        equal([(e[1], e[2]) for e in events], [(n >= 5, min(n, 5) * ticks) for n in range(1, 8)], "ends and durations")
        equal(len({e[3] for e in events}), 1, "timestamps of one digit")
        first = [p for p in media.heard if p[1] == payload_type][0]
        before = [p for p in media.heard if p[1] != payload_type and p[2] < first[2]][-1]
        equal(first[0], 1, "the marker of its first packet")
        check(0 < (first[3] - before[3] & 0xffffffff) <= 4 * ticks, f"its time is {first[3] - before[3]} ticks behind the audio")
        in_one_row(media.heard, media.socket.getsockname()[0])
    talk.end()


@test
def comfort_noise_is_heard_by_who_has_none(lab):
    lab.start(sbc=transcoded())
    talk = Talk(lab, sdp_of(PHONE, 7000, "0 13", ["a=rtpmap:0 PCMU/8000", "a=rtpmap:13 CN/8000"]), pcma(CARRIER, 7100))
    check("RTP/AVP 0 13" in talk.ok.body, f"the phone may not send comfort noise:\n{talk.ok.body}")
    talk.near.audio(5)
    talk.near.timestamp += 160
    talk.near.send(13, bytes([40]))
    talk.far.hear(1.0)
    heard = talk.far.heard
    check(40 <= len(heard) <= 56, f"expected a second of noise, got {len(heard)} packets")
    equal({p[1] for p in heard}, {8}, "payload types at the carrier")
    check(len(set(heard[-1][5])) > 8, "silence instead of noise")
    in_one_row(heard, "the carrier")
    steps = {b[3] - a[3] for a, b in zip(heard, heard[1:])}
    equal(steps, {160}, "steps of its timestamps")
    talk.near.timestamp += 8000
    talk.near.audio(5)
    before = len(heard)
    talk.far.hear(0.2)
    check(before + 4 <= len(talk.far.heard) <= before + 14, "noise goes on beside audio")
    in_one_row(talk.far.heard, "the carrier")
    talk.end()


# trap 58
@test
def a_change_of_source_is_one_stream_to_the_listener(lab):
    lab.start(sbc=dtmf("info"))
    talk = Talk(lab, with_events(PHONE, 7000), plain(CARRIER, 7100))
    talk.near.audio(10)
    talk.far.hear(0.2)  # another source is heard after a pause only
    talk.near.ssrc, talk.near.sequence, talk.near.timestamp = 0x77777777, 40000, 3_000_000_000
    talk.near.audio(10)
    talk.far.hear(0.2)
    heard = talk.far.heard
    check(len(heard) >= 16, f"expected 20 packets without the first two of the second source, got {len(heard)}")
    equal(len({p[4] for p in heard}), 1, "sources that the carrier hears")
    sequence = [p[2] for p in heard]
    equal(sequence, list(range(sequence[0], sequence[0] + len(sequence))), "sequence numbers")
    steps = [(b[3] - a[3]) & 0xffffffff for a, b in zip(heard, heard[1:])]
    check(all(0 < step < 8000 for step in steps), f"timestamps jump: {steps}")
    equal([p[0] for p in heard].count(1), 1, "markers: of the change")
    talk.end()


# trap 58
@test
def a_transfer_is_one_stream_to_who_stays(lab):
    """Without a word about streams in the configuration: one place, one source, numbers without a gap, BYE at the end."""
    lab.start({"policy": {"file": str(OWN_POLICIES / "scenarios.lua")},
               "trunk": {"carrier": {"sources": [CARRIER]},
                         "second": {"realm": "core", "targets": [f"{CARRIER2}:5060"], "sources": [CARRIER2]}}})
    talk = Talk(lab, with_events(PHONE, 7000), with_events(CARRIER, 7100))
    target, third = lab.ua(CARRIER2, "third"), Media(CARRIER2, 7200, 0x3333)
    third.sequence, third.timestamp = 40000, 3_000_000_000
    talk.far.audio(10)
    talk.near.hear(0.1)
    talk.other.send("REFER", headers=[f"Refer-To: <sip:2000@{ACCESS}>"]).response(202)
    invite = target.request("INVITE")
    invite.reply(200, sdp=with_events(CARRIER2, 7200))
    again = talk.alice.request("INVITE")
    equal(again.media()[:2], talk.near.to, "where the phone is told to send")
    again.reply(200, sdp=with_events(PHONE, 7000))
    third.to = target.request("ACK").media()[:2]
    check(third.to != talk.far.to, "the target has the port of who has left")
    for _ in range(2):
        talk.carrier.request("NOTIFY").reply(200)
    talk.carrier.request("BYE").reply(200)
    talk.far.audio(3)  # whoever has left
    third.audio(10)
    talk.near.hear(0.2)
    heard = talk.near.heard
    check(18 <= len(heard) <= 20, f"expected 20 packets, the first ones of each source among them, got {len(heard)}")
    equal({p[4] for p in heard}, {talk.far.ssrc}, "sources that the phone hears")
    sequence = [p[2] for p in heard]
    equal(sequence, list(range(sequence[0], sequence[0] + len(sequence))), "sequence numbers")
    steps = [(b[3] - a[3]) & 0xffffffff for a, b in zip(heard, heard[1:])]
    check(all(0 < step < 80000 for step in steps), f"timestamps jump: {steps}")
    reports = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    reports.bind((PHONE, 7001))
    reports.settimeout(3)
    bye = talk.call.send("BYE")
    target.request("BYE").reply(200)
    bye.response(200)
    last = reports.recv(2048)
    equal((last[-7], struct.unpack("!I", last[-4:])[0]), (203, talk.far.ssrc), "the last words of the stream")


if __name__ == "__main__":
    main()
