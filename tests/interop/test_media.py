#!/usr/bin/env python3
"""Packets through the relay: both ways, held, lost."""

import time

from harness import check, equal, eventually, main, test
from harness.border import ACCESS6, OWN_POLICIES
from harness.lab import ACCESS, CARRIER, CORE, PHONE, PHONE2, PHONE6
from harness.talk import HERE, THERE, answer_to, both_hear, connect, offer_to, peers

SHORT_TIMEOUT = {"media": {"timeout": "1s"}}


@test
def packets_flow_both_ways(lab):
    lab.start()
    phone, carrier = peers(lab)
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=1800)
    connect(phone, carrier, lab)
    both_hear(phone, carrier)
    # Each hears the border, never the other.
    equal({ip for ip, _ in phone.sources}, {ACCESS}, "whom the phone hears")
    equal({ip for ip, _ in carrier.sources}, {CORE}, "whom the carrier hears")
    equal(lab.capture.packets((PHONE, 7000), (CARRIER, 7000)), 0, "packets past the border")
    caller.done()
    callee.done()


# trap 53.
@test
def nothing_flows_after_the_call(lab):
    lab.start()
    phone, carrier = peers(lab)
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=700)
    connect(phone, carrier, lab)
    caller.done()
    callee.done()
    lab.border.until_idle()
    before = carrier.heard(HERE)
    time.sleep(0.3)
    equal(carrier.heard(HERE), before, "packets that the carrier has heard")


@test
def early_media_reaches_the_caller(lab):
    lab.start()
    phone, carrier = peers(lab)
    callee = lab.callee("callee_early_media", early=1500)
    caller = lab.caller("caller_early_media")
    carrier.send_to(offer_to(lab, CARRIER).media()[:2])
    phone.send_to(answer_to(lab, PHONE, 183).media()[:2])
    eventually(lambda: phone.heard(THERE) >= 20, "20 packets of early media")
    equal(lab.capture.messages(ACCESS, PHONE, lambda m: m.is_response(200, "INVITE")), [], "answers so far")
    caller.done()
    callee.done()


@test
def packets_flow_after_a_late_offer(lab):
    lab.start()
    phone, carrier = peers(lab)
    callee = lab.callee("callee")
    caller = lab.caller("caller_late_offer", talk=1500)
    phone.send_to(answer_to(lab, PHONE).media()[:2])
    ack = lab.capture.wait(lambda m: m.is_request("ACK") and m.media(), "ACK with the answer", target=CARRIER)
    carrier.send_to(ack.media()[:2])
    both_hear(phone, carrier, 20)
    caller.done()
    callee.done()


# trap 56: IPv4 on one leg, IPv6 on the other.
@test
def packets_flow_between_ipv6_and_ipv4(lab):
    lab.start(register=False)
    lab.register("alice", PHONE6)
    phone, carrier = peers(lab, PHONE6)
    callee = lab.callee("callee")
    caller = lab.caller("caller", at=PHONE6, border=ACCESS6, talk=1500)
    connect(phone, carrier, lab)
    both_hear(phone, carrier, 20)
    caller.done()
    callee.done()


# trap 54.
@test
def a_held_call_outlives_the_media_timeout(lab):
    lab.start(SHORT_TIMEOUT)
    phone, carrier = peers(lab)
    callee = lab.callee("callee_is_held")
    caller = lab.caller("caller_holds", held=3000, talk=600)
    connect(phone, carrier, lab)
    both_hear(phone, carrier, 2)
    lab.capture.wait(lambda m: m.media() and m.media()[2] == "sendonly", "hold", target=CARRIER)
    phone.send_to(None)
    carrier.send_to(None)
    resumed = lab.capture.wait(lambda m: m.is_request("INVITE") and m.media()[2] == "sendrecv", "resume", target=CARRIER,
                               count=2)
    carrier.send_to(resumed.media()[:2])
    phone.send_to(lab.capture.wait(lambda m: m.is_response(200, "INVITE"), "answer to resume", target=PHONE,
                                   count=3).media()[:2])
    heard = phone.heard(THERE), carrier.heard(HERE)
    eventually(lambda: phone.heard(THERE) > heard[0] + 5 and carrier.heard(HERE) > heard[1] + 5, "packets after resuming")
    caller.done()
    callee.done()


# trap 54.
@test
def when_no_media_comes_both_legs_are_ended(lab):
    lab.start(SHORT_TIMEOUT)
    phone, carrier = peers(lab)
    callee = lab.callee("callee")
    caller = lab.caller("caller_hung_up")
    connect(phone, carrier, lab)
    both_hear(phone, carrier, 10)
    phone.send_to(None)
    carrier.send_to(None)
    silent = time.monotonic()
    caller.done()
    callee.done()
    for target in (PHONE, CARRIER):
        bye = lab.capture.messages(target=target, where=lambda m: m.is_request("BYE"))[0]
        check("Media timeout" in bye.header("reason"), f"Reason of the BYE to {target}: {bye.header('reason')!r}")
        check(0.8 <= bye.time - silent <= 4.0, f"BYE to {target} after {bye.time - silent:.2f} s of silence")
    equal(lab.border.sbc_metrics().total("parapet_media_timeouts_total"), 1, "media timeouts")


# trap 54.
@test
def one_silent_side_is_no_timeout(lab):
    lab.start(SHORT_TIMEOUT)
    phone, carrier = peers(lab)
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=3000)
    connect(phone, carrier, lab)
    both_hear(phone, carrier, 5)
    phone.send_to(None)
    caller.done()
    callee.done()
    equal(lab.border.sbc_metrics().total("parapet_media_timeouts_total"), 0, "media timeouts")


@test
def a_call_is_rated(lab):
    lab.start()
    phone, carrier = peers(lab)
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=1800)
    connect(phone, carrier, lab)
    both_hear(phone, carrier)
    caller.done()
    callee.done()
    lab.border.until_idle()
    metrics = lab.border.sbc_metrics()
    for side in ("caller", "callee"):
        equal(metrics.total("parapet_call_mos_count", side=side), 1, f"ratings of the {side}")
        mos = metrics.total("parapet_call_mos_sum", side=side)
        check(4.0 < mos <= 4.41, f"the {side}'s mean opinion is {mos}")
        equal(metrics.total("parapet_call_loss_ratio_sum", side=side), 0, f"loss of the {side}")
        equal(metrics.total("parapet_call_jitter_seconds_count", side=side, media="audio"), 1, f"jitter of the {side}")
    ended = [line for line in (lab.directory / "sbc.log").read_text().splitlines() if "call ended" in line]
    equal(len(ended), 1, "lines about the call's end")
    check("PCM" in ended[0] and "mos=4." in ended[0] and "inside=" in ended[0], f"what the log says: {ended[0]}")


@test
def a_fall_of_quality_is_told_during_the_call(lab):
    lab.start({"media": {"quality_interval": "1s"}})
    phone, carrier = peers(lab)
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=6500)
    connect(phone, carrier, lab)
    reports = "parapet_quality_reports_total"
    eventually(lambda: lab.border.sbc_metrics().total(reports) >= 2, "two reports")
    equal(lab.border.sbc_metrics().total("parapet_low_quality_total"), 0, "falls of a call that sounds well")
    phone.loses = 3
    low = "parapet_low_quality_total"
    eventually(lambda: lab.border.sbc_metrics().total(low, side="caller") == 1, "the fall, while the call lasts")
    equal(lab.border.sbc_metrics().total(low, side="callee"), 0, "falls of the side that sounds well")
    caller.done()
    callee.done()
    lab.border.until_idle()
    log = (lab.directory / "sbc.log").read_text()
    check("audio has become bad: from the caller PCMU mos=" in log, "the fall is not in the log")
    check("falls=1" in log, "the fall is not in the call's record")


@test
def one_sided_audio_is_told_with_the_silent_side(lab):
    lab.start({"media": {"one_sided": "1s"}})
    phone, carrier = peers(lab)
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=4500)
    connect(phone, carrier, lab)
    both_hear(phone, carrier, 5)
    phone.send_to(None)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_one_sided_audio_total", side="caller") == 1,
               "the silent caller to be told", 4)
    caller.done()
    callee.done()
    lab.border.until_idle()
    equal(lab.border.sbc_metrics().total("parapet_one_sided_audio_total", side="callee"), 0, "silent callees")
    log = (lab.directory / "sbc.log").read_text()
    check("one-sided audio: nothing has come from the caller" in log, "the log does not say who is silent")


# trap 55.
@test
def a_phone_behind_a_nat_is_heard_and_hears(lab):
    """Its SDP names an address of its own network, which nobody out here can reach."""
    lab.start()
    phone, carrier = peers(lab)
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=1800, media=("192.168.77.7", 40000))
    connect(phone, carrier, lab)
    both_hear(phone, carrier)
    equal(lab.capture.packets((ACCESS, None), ("192.168.77.7", 40000)), 0, "packets to the unreachable address")
    caller.done()
    callee.done()


# trap 55.
@test
def a_phone_that_listens_elsewhere_is_heard_and_hears(lab):
    """It sends from one of its addresses and is sent to at another, by policy."""
    lab.start({"policy": {"file": str(OWN_POLICIES / "elsewhere.lua"), "settings": {"mouth": PHONE2}}})
    mouth, carrier = lab.rtp(PHONE2, HERE), lab.rtp(CARRIER, THERE)
    ear = lab.rtp(PHONE, HERE + 1)
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=1800)
    carrier.send_to(offer_to(lab, CARRIER).media()[:2])
    mouth.send_to(answer_to(lab, PHONE).media()[:2])
    eventually(
        lambda: ear.heard(THERE) >= 40 and carrier.heard(HERE) >= 40, "40 packets each way", 6)
    equal(mouth.received, {}, "what was sent to where it speaks")
    caller.done()
    callee.done()


# trap 52.
@test
def a_phone_that_its_nat_moves_is_followed(lab):
    """Nobody signals: the stream goes on from another port of the same address."""
    lab.start()
    phone, carrier = peers(lab)
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=12000, media=("192.168.77.7", 40000))
    connect(phone, carrier, lab)
    both_hear(phone, carrier)
    time.sleep(5.2)  # one move in five seconds
    phone.move(7100)
    heard_before = phone.heard(carrier.ssrc)
    eventually(lambda: phone.heard(carrier.ssrc) > heard_before + 50, "the phone hears nothing where it is now", 5)
    eventually(lambda: lab.border.relay_metrics().total("relay_rebounds_total") == 1, "the move is not counted", 5)
    caller.done()
    callee.done()


# trap 55.
@test
def a_stranger_is_not_heard(lab):
    lab.start()
    phone, carrier = peers(lab)
    stranger = lab.rtp("10.77.2.20", 0x66666666)
    stranger.payload = b"\x66" * 160
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=1500)
    connect(phone, carrier, lab)
    stranger.send_to(offer_to(lab, CARRIER).media()[:2])
    both_hear(phone, carrier, 30)
    check(stranger.sent() > 20, "the stranger did not send")
    equal((phone.heard_words(stranger.payload), carrier.heard_words(stranger.payload)), (0, 0), "packets of the stranger")
    caller.done()
    callee.done()


if __name__ == "__main__":
    main()
