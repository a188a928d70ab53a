#!/usr/bin/env python3
"""A real browser: Chromium with JsSIP over WebSocket and TLS on one leg, a phone with plain RTP on the other."""

import time

from harness import check, equal, eventually, main, namespace, test
from harness.border import ACCESS, OWN_POLICIES
from harness.chromium import TONE, WEB, Chromium
from harness.lab import PHONE
from harness.phone import Phone, seconds_of
from harness.tls import Authority

NAME = "sbc.example.org"
BOB_TONE = 1000  # Hz
LONG = 150.0  # seconds: Chromium starts slowly beside other tests
ENOUGH = 2.0  # seconds in which the other's tone dominates
CAMERA = ["module vp8.so", "module fakevideo.so", "module snapshot.so", "video_source fakevideo,nil",
          "video_display fakevideo,nil", "video_size 320x240", "video_bitrate 300000", "video_fps 15"]


def start(lab, *users):
    """A border with a realm for browsers beside the one for phones, and Chromium with these users' pages."""
    pair = Authority(lab.directory).issue("border", f"DNS:{NAME}")
    web = {"domains": ["example.org"], "media_network": "access", "registrar": {"algorithms": ["MD5"]},
           "media_security": "webrtc", "listener": [{"transport": "wss", "bind": f"{ACCESS}:8443", **pair}]}
    lab.start({"realm": {"access": {"registrar": {"algorithms": ["MD5"]}}, "web": web},
               "policy": {"file": str(OWN_POLICIES / "web.lua"), "settings": {}}}, with_snapshot(lab), register=False)
    namespace.speak_as(PHONE, ACCESS)
    return Chromium(lab, f"wss://{NAME}:8443", pair["certificate"], users)


def with_snapshot(lab):
    return {"shutdown": {"snapshot": f"{lab.directory}/relay.snapshot", "snapshot_on_disk": True}}


def phone(lab, extra=()):
    made = lab.keep(Phone(lab.directory, "bob", BOB_TONE, PHONE, 5062, extra=extra))
    made.wait_registered()
    return made


def is_heard(page, hertz):
    """The page plays that tone, and hardly anything else."""
    def enough():
        heard = page.ask("heard")
        near = sum(count for at, count in heard.items() if abs(int(at) - hertz) <= 40)
        return near >= 10 * ENOUGH and near > 0.6 * sum(heard.values()) and heard

    eventually(enough, f"{page.user}'s page plays {hertz} Hz; it heard {page.ask('heard')}", 10)


def has_media(page):
    """By the browser's own account: secured, and packets both ways."""
    stats = page.ask("stats")
    check(stats["state"] == "connected" and stats["dtls"] == "connected", f"the connection: {stats}")
    equal((stats["remote_address"], stats["transports"]), (ACCESS, 1), "where the media goes")
    check(stats["inbound"]["audio"]["packetsReceived"] > 50, f"inbound: {stats['inbound']}")
    check(stats["outbound"]["audio"]["packetsSent"] > 50, f"outbound: {stats['outbound']}")
    equal(stats["inbound"]["audio"]["packetsLost"], 0, "lost packets")
    return stats


def packets(page, way):
    counter = {"inbound": "packetsReceived", "outbound": "packetsSent"}[way]
    return page.ask("stats")[way].get("audio", {}).get(counter, 0)  # a held line has no stream


def goes_on(page, what):
    before = packets(page, "inbound"), packets(page, "outbound")
    eventually(lambda: packets(page, "inbound") > before[0] + 20 and packets(page, "outbound") > before[1] + 20, what, 10)


def fragment(page):
    return page.ask("stats")["user_fragment"]


@test(seconds=LONG)
def a_browser_calls_a_phone_and_is_called_back(lab):  # trap 47
    browser = start(lab, "alice")
    bob = phone(lab)
    alice = browser.page("alice")
    alice.do("call", to="sip:bob@example.org")
    alice.wait("confirmed")
    bob.wait("CALL_ESTABLISHED")
    alice.wait("connection", state="connected")
    is_heard(alice, BOB_TONE)
    stats = has_media(alice)
    time.sleep(0.5)  # what began later is heard as long
    check(stats["inbound"]["audio"]["codec"] in ("audio/PCMA", "audio/PCMU"), f"the codec: {stats['inbound']}")
    alice.do("hang_up")
    bob.wait("CALL_CLOSED")
    invite = lab.capture.wait(lambda m: m.method == "INVITE", "the INVITE to bob's phone", target=PHONE)
    for word in (WEB, "candidate", "a=ice", "fingerprint", "msid", "ssrc", "cname", "BUNDLE", "extmap", "mid:", "rtcp-fb"):
        check(word not in invite.text, f"{word} crossed:\n{invite.text}")

    bob.command("dial", f"sip:alice@{ACCESS}")
    alice.wait("session", by="remote")
    alice.do("answer")
    alice.wait("confirmed")
    bob.wait("CALL_ESTABLISHED")
    alice.wait("connection", state="connected")
    alice.do("forget")
    is_heard(alice, BOB_TONE)
    has_media(alice)
    time.sleep(0.5)
    bob.command("hangup")
    alice.wait("ended", by="remote")
    time.sleep(0.3)
    bob.stop()
    for recording in (bob.heard()[0], bob.heard()[-1]):  # of each call
        heard = seconds_of([recording], TONE)
        check(heard >= ENOUGH, f"bob's phone heard the page for {heard:.1f} s only")


@test(seconds=LONG)
def hold_keys_and_a_restart_of_ice(lab):
    browser = start(lab, "alice")
    bob = phone(lab)
    alice = browser.page("alice")
    alice.do("call", to="sip:bob@example.org")
    alice.wait("confirmed")
    alice.wait("connection", state="connected")
    goes_on(alice, "packets both ways")

    alice.do("hold")
    alice.wait("held")
    time.sleep(0.5)
    silent = packets(alice, "inbound")
    time.sleep(1)
    equal(packets(alice, "inbound"), silent, "packets that came while held")
    alice.do("unhold")
    alice.wait("resumed")
    goes_on(alice, "packets both ways after the hold")

    alice.do("press", tones="59")
    for key in "59":
        equal(bob.wait("CALL_DTMF_START")["param"], key, "the key that bob's phone hears")

    before, invites = fragment(alice), lab.capture.messages(target=PHONE, where=lambda m: m.method == "INVITE")
    alice.do("restart_ice")
    alice.wait("restarted")
    check(fragment(alice) != before, "ICE did not restart")
    # trap 46: only this leg restarts; the other side's description stays as it was.
    again = lab.capture.messages(target=PHONE, where=lambda m: m.method == "INVITE")[len(invites):]
    check(all(m.text.split("\r\n\r\n")[1] == invites[-1].text.split("\r\n\r\n")[1] for m in again),
          f"another description for bob: {[m.text for m in again]}")
    goes_on(alice, "packets both ways after the restart")
    equal(alice.ask("stats")["dtls"], "connected", "the handshake, which was not made anew")
    equal(lab.border.relay_metrics().total("relay_peer_changes_total", change="secured"), 1, "handshakes")
    alice.do("hang_up")
    bob.wait("CALL_CLOSED")


def video(page, way, name):
    return page.ask("stats")[way].get("video", {}).get(name, 0)


@test(seconds=LONG)
def a_browser_and_a_phone_see_each_other(lab):
    browser = start(lab, "alice")
    bob = phone(lab, CAMERA)
    alice = browser.page("alice")
    alice.do("call", to="sip:bob@example.org", video=True)
    alice.wait("confirmed")
    bob.wait("CALL_ESTABLISHED")
    alice.wait("connection", state="connected")
    eventually(lambda: video(alice, "inbound", "framesDecoded") > 20, "alice's page decodes video", 20)
    equal(alice.ask("stats")["inbound"]["video"]["codec"], "video/VP8", "the codec")
    # The browser's camera shows green, with something on it that moves; the phone's own shows grey.
    line = bob.sees()
    check(len(line) >= 80 and all(green > red and green > blue for red, green, blue in line), f"what bob's phone shows: {line}")
    eventually(lambda: "roundTripTime" in alice.ask("stats")["reported"].get("video", {}),
               "alice's page hears how its video arrives", 20)
    invite = lab.capture.wait(lambda m: m.method == "INVITE", "the INVITE to bob's phone", target=PHONE)
    check("m=video" in invite.body and "RTP/AVP " in invite.body, f"what bob's phone was offered:\n{invite.body}")
    alice.do("hang_up")
    bob.wait("CALL_CLOSED")


@test(seconds=LONG)
def two_browsers_see_each_other(lab):
    """The caller has everything on one transport (BUNDLE) that it has offered, the callee on one that the border has."""
    browser = start(lab, "alice", "bob")
    alice, bob = browser.page("alice"), browser.page("bob")
    alice.do("call", to="sip:bob@example.org", video=True, policy="max-bundle")
    bob.wait("session", by="remote")
    bob.do("answer", video=True)
    for page in (alice, bob):
        page.wait("confirmed", 20)
        page.wait("connection", 20, state="connected")
    for page, peer in ((alice, bob), (bob, alice)):
        eventually(lambda page=page: video(page, "inbound", "framesDecoded") > 20, f"{page.user}'s page decodes video", 20)
        is_heard(page, TONE)
        # Feedback names the streams as their senders know them: reports of loss and delay come back.
        eventually(lambda page=page: "roundTripTime" in page.ask("stats")["reported"].get("video", {}),
                   f"{page.user}'s page hears how its video arrives", 20)
    equal((alice.ask("stats")["transports"], bob.ask("stats")["transports"]), (1, 1), "transports")
    told = alice.ask("described")["remote"]
    check("a=group:BUNDLE 0 1" in told and "transport-wide-cc" in told, f"what alice's page was told:\n{told}")
    check("sdes:mid" not in told and "msid:" not in told and "ssrc:" not in told, f"names of bob's streams:\n{told}")
    what_is_lost_is_asked_for(browser.cable, alice, bob)
    goes_on_over_a_restart(lab, alice, bob)
    alice.do("hang_up")
    bob.wait("ended", by="remote")


def what_is_lost_is_asked_for(cable, alice, bob):
    """Packets that are missing are asked for one by one (NACK), after too many of them a new picture (PLI); whose they are
    is told to their senders, who send them."""
    def asked(counter, what):
        before = {page: (video(page, "outbound", counter), video(page, "inbound", counter)) for page in (alice, bob)}
        for page, peer in ((alice, bob), (bob, alice)):
            eventually(lambda page=page, peer=peer: video(page, "inbound", counter) > before[page][1]
                       and video(peer, "outbound", counter) > before[peer][0], f"{peer.user}'s page is asked for {what}", 20)

    def more_frames(what):
        for page in (alice, bob):
            frames = video(page, "inbound", "framesDecoded")
            eventually(lambda page=page, frames=frames: video(page, "inbound", "framesDecoded") > frames + 20,
                       f"{page.user}'s page decodes video {what}", 20)

    cable.loses = 12  # a tenth and more would make the senders careful
    asked("nackCount", "packets")
    more_frames("while packets are lost")
    cable.loses = 1
    asked("pliCount", "a picture")
    cable.loses = 0
    more_frames("after it has lost a while of it")


def goes_on_over_a_restart(lab, alice, bob):
    """The relay is another process, and neither page is asked for anything."""
    handshakes = lab.border.relay_metrics().total("relay_peer_changes_total", change="secured")
    equal(lab.border.relay.stop(8), 0, "exit code of the relay")
    lab.border.start_relay()
    equal(lab.border.relay_metrics().total("relay_restart_sessions_total", result="restored"), 1, "restored sessions")
    for page in (alice, bob):
        goes_on(page, f"{page.user}'s audio after the restart")
        frames = video(page, "inbound", "framesDecoded")
        eventually(lambda page=page, frames=frames: video(page, "inbound", "framesDecoded") > frames + 20,
                   f"{page.user}'s page decodes video after the restart", 20)
    check(handshakes >= 2, f"{handshakes} handshakes before the restart")
    equal(lab.border.relay_metrics().total("relay_peer_changes_total", change="secured"), 0, "handshakes after it")
    eventually(lab.border.ready, "the sbc has its relay again", 10)
    equal(lab.border.sbc_metrics().total("parapet_dialog_events_total", event="media_moves"), 0, "calls that moved")


if __name__ == "__main__":
    main()
