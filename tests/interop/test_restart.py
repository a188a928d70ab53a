#!/usr/bin/env python3
"""The relay is restarted in mid-call and has left a snapshot: calls go on where they are, and no peer is asked for anything."""

import signal
import stat
import time

from harness import check, equal, eventually, main, namespace, test
from harness.agent import Agent
from harness.border import ACCESS, CORE, OWN_POLICIES
from harness.lab import CARRIER, PHONE
from harness.phone import Phone, seconds_of
from harness.talk import HERE, THERE, both_hear, peers
from harness.tls import Authority

ALICE_TONE, BOB_TONE = 440, 1000  # Hz
AFTER = 2.5  # seconds of tone that must have come after the restart


def with_snapshot(lab, checkpoint="0s"):
    return {"shutdown": {"snapshot": f"{lab.directory}/relay.snapshot", "snapshot_on_disk": True, "checkpoint": checkpoint}}


def crash(border):
    written = border.relay_metrics().total("relay_checkpoints_total", result="written")
    eventually(lambda: border.relay_metrics().total("relay_checkpoints_total", result="written") >= written + 2, "checkpoints")
    border.relay.kill()
    border.start_relay()


def restart(border):
    snapshot = border.directory / "relay.snapshot"
    equal(border.relay.stop(8), 0, "exit code of the relay")
    check(snapshot.exists(), f"no snapshot was left:\n{border.relay.output()[-2000:]}")
    equal(stat.S_IMODE(snapshot.stat().st_mode), 0o600, "mode of the snapshot")
    border.start_relay()
    check(not snapshot.exists(), "the snapshot is still there")


def nobody_was_asked(border):
    eventually(border.ready, "the sbc has its relay again", 10)
    equal(border.sbc_metrics().total("parapet_dialog_events_total", event="media_moves"), 0, "calls that moved")


@test
def plain_rtp_goes_on(lab):
    border = lab.start(relay=with_snapshot(lab))
    phone, far = lab.keep(Agent(PHONE, ACCESS, "alice")), lab.keep(Agent(CARRIER, CORE, "first"))
    here, there = peers(lab)
    call = phone.call("sip:00431555@" + ACCESS)
    other = far.accept()
    here.send_to(phone.answered(call).media()[:2])
    there.send_to(other.invite.media()[:2])
    both_hear(here, there, 10)
    restart(border)
    equal(border.relay_metrics().total("relay_restart_sessions_total", result="restored"), 1, "restored sessions")
    heard = here.heard(THERE), there.heard(HERE)
    eventually(lambda: here.heard(THERE) > heard[0] + 25 and there.heard(HERE) > heard[1] + 25, "packets after it")
    nobody_was_asked(border)
    # The session is as good as it was: it can be closed, and nothing is left.
    phone.hang_up(call)
    far.accept_bye(other)
    border.until_idle()


def phone(lab, name, port, transport="udp", account="", extra=()):
    tone = {"alice": ALICE_TONE, "bob": BOB_TONE}[name]
    made = lab.keep(Phone(lab.directory, name, tone, PHONE, port, transport=transport, account=account, extra=extra))
    made.wait_registered()
    return made


def talk_over_a_restart(lab, alice, bob, transport="", restart=restart):
    border = lab.border
    alice.command("dial", f"sip:bob@{ACCESS}{transport}")
    for each in (alice, bob):
        each.wait("CALL_ESTABLISHED")
    begun = time.monotonic()
    time.sleep(1.5)
    before = time.monotonic() - begun + 0.5
    restart(border)
    equal(border.relay_metrics().total("relay_restart_sessions_total", result="restored"), 1, "restored sessions")
    time.sleep(AFTER + 1.5)
    alice.command("hangup")
    bob.wait("CALL_CLOSED")
    time.sleep(0.3)
    for each in (alice, bob):
        each.stop()
    for listener, speaker in ((alice, bob), (bob, alice)):
        heard = seconds_of(listener.heard(), speaker.tone)
        check(heard >= before + AFTER, f"{listener.name} heard {speaker.name} for {heard:.1f} s of {before:.1f} + {AFTER}")
    invites = (lab.directory / "sip.jsonl").read_text().count("INVITE sip:")
    nobody_was_asked(border)
    return invites


@test
def srtp_goes_on_with_its_counters(lab):
    srtp_goes_on(lab, restart)


@test
def srtp_goes_on_with_its_counters_after_a_crash(lab):
    srtp_goes_on(lab, crash)


def srtp_goes_on(lab, restart):
    authority = Authority(lab.directory)
    pair = authority.issue("border", f"DNS:sbc.example.org,IP:{ACCESS},IP:{CORE}")
    plain = [{"transport": t, "bind": f"{ACCESS}:5060"} for t in ("udp", "tcp")]
    tls = {"transport": "tls", "bind": f"{ACCESS}:5061", "advertise": f"{ACCESS}:5061", **pair}
    access = {"listener": plain + [tls], "registrar": {"algorithms": ["MD5"]}, "media_security": "best-effort"}
    lab.start({"realm": {"access": access}}, with_snapshot(lab, "200ms"), register=False)
    namespace.speak_as(PHONE, ACCESS)
    alice = phone(lab, "alice", 5062, "tls", ";mediaenc=srtp-mand")
    bob = phone(lab, "bob", 5064)
    talk_over_a_restart(lab, alice, bob, ";transport=tls", restart)
    dropped = lab.border.relay_metrics()
    for reason in ("replayed", "index_used", "no_keys"):
        equal(dropped.total("relay_packets_dropped_total", reason=reason), 0, f"packets dropped after it as {reason}")


@test
def dtls_with_ice_goes_on_with_its_keys_and_its_pair(lab):
    lab.start({"realm": {"access": {"media_security": "webrtc", "registrar": {"algorithms": ["MD5"]}}},
               "policy": {"file": str(OWN_POLICIES / "web.lua"), "settings": {"bob": "none"}}}, with_snapshot(lab),
              register=False)
    namespace.speak_as(PHONE, ACCESS)
    alice = phone(lab, "alice", 5062, account=";mediaenc=dtls_srtp;medianat=ice", extra=["rtcp_mux yes"])
    bob = phone(lab, "bob", 5064)
    talk_over_a_restart(lab, alice, bob)
    equal(lab.border.relay_metrics().total("relay_peer_changes_total", change="secured"), 0, "new handshakes")


@test
def a_damaged_snapshot_does_not_cost_the_relay(lab):
    border = lab.start(relay=with_snapshot(lab))
    equal(border.relay.stop(8), 0, "exit code of the relay")
    snapshot = border.directory / "relay.snapshot"
    snapshot.touch(0o600)
    snapshot.write_bytes(bytes(range(256)) * 8)
    border.start_relay()
    equal(border.relay_metrics().total("relay_snapshots_total", result="unusable"), 1, "snapshots refused")
    check("damaged" in border.relay.output(), "the log does not say why")
    eventually(border.ready, "the sbc has a relay again", 10)


@test
def a_relay_that_is_told_to_end_for_good_leaves_nothing(lab):
    border = lab.start(relay={"shutdown": {**with_snapshot(lab)["shutdown"], "drain": "0s"}})
    border.relay.signal(signal.SIGINT)
    equal(border.relay.wait(8), 0, "exit code of the relay")
    check(not (lab.directory / "relay.snapshot").exists(), "a snapshot was left")


if __name__ == "__main__":
    main()
