#!/usr/bin/env python3
"""What a policy decides inside calls: re-INVITEs, REFERs, INFOs, keys, timers of its own, and how long they last."""

import socket
import struct
import time

from harness import check, equal, eventually, main, test
from harness.border import OWN_POLICIES
from harness.lab import ACCESS, CARRIER, PHONE

RELAY_BODY = "application/dtmf-relay"


def description(at, port, direction="sendrecv", version=1):
    return "\r\n".join(["v=0", f"o=- 1 {version} IN IP4 {at}", "s=-", f"c=IN IP4 {at}", "t=0 0", f"m=audio {port} RTP/AVP 0 101",
                        "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15",
                        f"a={direction}"]) + "\r\n"


class Talk:
    """A call from alice's phone to the carrier."""

    def __init__(self, lab, number):
        lab.start({"policy": {"file": str(OWN_POLICIES / "inside.lua"), "settings": None}})
        self.lab = lab
        self.sent = 0
        self.alice, self.carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
        self.call = self.alice.invite(f"sip:{number}@" + ACCESS, sdp=description(PHONE, 7000))
        invite = self.carrier.request("INVITE")
        invite.reply(200, sdp=description(CARRIER, 7100))
        self.other = invite.dialog()
        self.media = self.call.response(200).media()[:2]
        self.call.ack()
        self.carrier.request("ACK")

    def events(self, kind):
        return self.lab.border.sbc_metrics().total("parapet_dialog_events_total", event=kind)

    def reinvite(self, direction, version):
        return self.call.send("INVITE", body=description(PHONE, 7000, direction, version))

    def end(self):
        bye = self.call.send("BYE")
        self.carrier.request("BYE").reply(200)
        bye.response(200)

    def ended(self, reason, seconds=5):
        """By the border: both get a BYE with that Reason."""
        for ua in (self.alice, self.carrier):
            bye = ua.request("BYE", seconds)
            equal(bye.header("reason"), reason, f"the reason for {ua.user}")
            bye.reply(200)

    def press(self, code):
        """Two packets of audio, then 100 ms of a digit (RFC 4733) with its end three times."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.bind((PHONE, 7000))
            for n in range(12):
                kind, payload = 0, b"\xff" * 160
                if n >= 5:
                    duration, end = min(n - 4, 5) * 160, 0x80 if n >= 9 else 0
                    kind, payload = 101 | (0x80 if n == 5 else 0), struct.pack("!BBH", code, 10 | end, duration)
                timestamp = 5000 + 160 * (self.sent + min(n, 5))
                phone.sendto(struct.pack("!BBHII", 0x80, kind, 100 + self.sent + n, timestamp, 0x1111) + payload, self.media)
                time.sleep(0.02)
        self.sent += 12


@test
def what_the_policy_refuses_leaves_the_call_as_it_was(lab):
    talk = Talk(lab, "strict")
    refused = talk.reinvite("sendonly", 2)
    answer = refused.response(488)
    check("488 No Hold Here" in answer.start, f"the answer to the re-INVITE: {answer.start}")
    equal(answer.header("x-why"), "strict", "the header of the refusal")
    talk.call.sent = refused
    talk.call.ack(status=488)
    talk.call.send("REFER", headers=["Refer-To: <sip:00431777@example.org>"]).response(603)
    talk.call.send("INFO", body="hello", content_type="text/plain").response(415)
    talk.carrier.nothing(lambda m: m.is_request(), 0.3)
    # Another change passes, and so does a key.
    again = talk.reinvite("sendrecv", 3)
    talk.carrier.request("INVITE").reply(200, sdp=description(CARRIER, 7100, version=2))
    again.response(200)
    talk.call.sent = again
    talk.call.ack()
    talk.carrier.request("ACK")
    sent = talk.call.send("INFO", body="Signal=5\r\nDuration=160\r\n", content_type=RELAY_BODY)
    talk.carrier.request("INFO").reply(200)
    sent.response(200)
    talk.end()
    for kind in ("reinvite", "refer", "info"):
        eventually(lambda kind=kind: talk.events("policy_refused_" + kind) == 1, f"refusals of {kind}")
    equal(lab.border.sbc_metrics().total("parapet_policy_errors_total"), 0, "errors of the policy")


@test
def keys_reach_the_policy_by_media_and_by_info(lab):
    talk = Talk(lab, "keys")
    talk.press(5)
    log = lab.directory / "sbc.log"
    eventually(lambda: "key 5 of the caller media" in log.read_text(errors="replace"), "the policy heard the 5")
    sent = talk.call.send("INFO", body="Signal=7\r\nDuration=160\r\n", content_type=RELAY_BODY)
    talk.carrier.request("INFO").reply(200)
    sent.response(200)
    eventually(lambda: "key 7 of the caller INFO" in log.read_text(errors="replace"), "the policy heard the 7")
    talk.press(11)
    talk.ended('SIP;cause=480;text="It was #"')
    eventually(lambda: talk.events("policy_hang_ups") == 1, "calls that the policy ended")


@test
def a_timer_of_the_policy_ends_the_call(lab):
    talk = Talk(lab, "timed")
    talk.ended("")
    eventually(lambda: talk.events("policy_timers") == 2, "timers that ran out")
    eventually(lambda: talk.events("policy_hang_ups") == 1, "calls that the policy ended")


@test
def a_call_lasts_no_longer_than_its_place_allows(lab):
    talk = Talk(lab, "limited")
    began = time.monotonic()
    talk.ended('Q.850;cause=31;text="Longest permitted duration"')
    check(1.5 < time.monotonic() - began < 3.5, f"it lasted for {time.monotonic() - began:.1f} s")
    eventually(lambda: lab.border.sbc_metrics().total("parapet_max_durations_total") == 1, "it is counted")


if __name__ == "__main__":
    main()
