#!/usr/bin/env python3
"""kill -9 of either process in mid-call: what must go on goes on, what must end ends, and nothing is left."""

import time

from harness import check, equal, eventually, main, test
from harness.agent import Agent
from harness.lab import ACCESS, CARRIER, CORE, PHONE
from harness.talk import HERE, THERE, both_hear, connect, peers

LEASE = 2.0  # seconds; border.py


def talking(lab, caller="caller_hung_up"):
    """A call with packets both ways."""
    phone, carrier = peers(lab)
    callee = lab.callee("callee")
    calling = lab.caller(caller)
    connect(phone, carrier, lab)
    both_hear(phone, carrier, 10)
    return phone, carrier, calling, callee


@test
def audio_survives_the_sbc_until_the_lease_ends(lab):
    border = lab.start()
    phone, carrier, caller, callee = talking(lab)
    border.sbc.kill()
    killed = time.monotonic()
    heard = phone.heard(THERE), carrier.heard(HERE)
    time.sleep(1.0)
    for name, now, before in (("phone", phone.heard(THERE), heard[0]), ("carrier", carrier.heard(HERE), heard[1])):
        check(now - before >= 35, f"within 1 s of the kill the {name} heard {now - before} packets, not 50")
    border.until_idle(LEASE + 4)
    check(time.monotonic() - killed >= LEASE - 0.2, "the ports were closed before the lease ended")
    check(border.relay_metrics().total("relay_lease_reclaims_total") >= 1, "no lease was reclaimed")
    heard = phone.heard(THERE), carrier.heard(HERE)
    time.sleep(0.3)
    equal((phone.heard(THERE), carrier.heard(HERE)), heard, "packets after the lease")
    for peer in (caller, callee):
        peer.process.kill()


@test
def a_new_sbc_takes_new_calls(lab):
    border = lab.start()
    *_, caller, callee = talking(lab)
    border.sbc.kill()
    for peer in (caller, callee):
        peer.process.kill()
    border.start_sbc()
    lab.capture.clear()
    lab.register("alice", PHONE)
    lab.call("caller", "callee", {"media": (PHONE, 7002)}, {"media": (CARRIER, 7002)})
    # What the old one left is gone when its lease ends, at the latest.
    border.until_idle(LEASE + 4)


@test
def a_call_goes_on_over_the_relay_that_comes_back(lab):
    border = lab.start()
    phone, far = lab.keep(Agent(PHONE, ACCESS, "alice")), lab.keep(Agent(CARRIER, CORE, "first"))
    here, there = peers(lab)
    call = phone.call("sip:00431555@" + ACCESS)
    other = far.accept()
    here.send_to(phone.answered(call).media()[:2])
    there.send_to(other.invite.media()[:2])
    both_hear(here, there, 10)
    border.relay.kill()
    border.start_relay()
    here.send_to(phone.accept_reinvite(call, 12).media()[:2])
    there.send_to(far.accept_reinvite(other, 12).media()[:2])
    heard = here.heard(THERE), there.heard(HERE)
    eventually(lambda: here.heard(THERE) > heard[0] + 10 and there.heard(HERE) > heard[1] + 10, "packets after the move")
    for event in ("media_moves", "media_moved"):
        eventually(lambda e=event: border.sbc_metrics().total("parapet_dialog_events_total", event=e) == 1, event)
    phone.hang_up(call)
    far.accept_bye(other)


@test
def a_call_goes_on_where_it_was_with_checkpoints(lab):
    """The relay is killed and comes back with its last checkpoint: nobody is asked for anything."""
    snapshot = {"snapshot": f"{lab.directory}/relay.snapshot", "snapshot_on_disk": True, "checkpoint": "200ms"}
    border = lab.start(relay={"shutdown": snapshot})
    phone, far = lab.keep(Agent(PHONE, ACCESS, "alice")), lab.keep(Agent(CARRIER, CORE, "first"))
    here, there = peers(lab)
    call = phone.call("sip:00431555@" + ACCESS)
    other = far.accept()
    here.send_to(phone.answered(call).media()[:2])
    there.send_to(other.invite.media()[:2])
    both_hear(here, there, 10)
    for _ in range(2):  # a relay that came back is as good as one that did not go
        written = border.relay_metrics().total("relay_checkpoints_total", result="written")
        eventually(lambda w=written: border.relay_metrics().total("relay_checkpoints_total", result="written") >= w + 2,
                   "checkpoints")
        border.relay.kill()
        border.start_relay()
        equal(border.relay_metrics().total("relay_restart_sessions_total", result="restored"), 1, "restored sessions")
        heard = here.heard(THERE), there.heard(HERE)
        eventually(lambda h=heard: here.heard(THERE) > h[0] + 25 and there.heard(HERE) > h[1] + 25, "packets after it")
        eventually(border.ready, "the sbc has its relay again", 10)
    equal(border.sbc_metrics().total("parapet_dialog_events_total", event="media_moves"), 0, "calls that moved")
    phone.hang_up(call)
    far.accept_bye(other)
    border.until_idle()
    equal(border.relay.stop(8), 0, "exit code of the relay")
    equal(sorted(f.name for f in lab.directory.glob("relay.snapshot.*")), [], "files for a crash that did not come")


@test
def without_a_relay_calls_end_and_new_ones_come_after_its_restart(lab):
    border = lab.start()
    *_, caller, callee = talking(lab)
    border.relay.kill()
    eventually(lambda: not border.ready(), "the sbc says that it is not ready")
    caller.done()
    callee.done()
    for target in (PHONE, CARRIER):
        bye = lab.capture.messages(target=target, where=lambda m: m.is_request("BYE"))[0]
        check("relay" in bye.header("reason").lower(), f"Reason of the BYE to {target}: {bye.header('reason')!r}")
    check(border.sbc.running(), "the sbc went with its relay")
    lab.caller("caller_refused", role="refused", status=503).done()
    border.start_relay()
    eventually(border.ready, "the sbc is ready again", 10)
    lab.call("caller", "callee", {"role": "again", "media": (PHONE, 7002)},
             {"role": "callee_again", "media": (CARRIER, 7002)})


@test
def a_relay_that_dies_while_it_rings_costs_the_call_and_no_more(lab):
    border = lab.start()
    callee = lab.callee("callee_cancelled")
    caller = lab.caller("caller_only_ringing", status=503)
    lab.capture.wait(lambda m: m.is_response(180), "ringing", target=PHONE)
    border.relay.kill()
    caller.done()
    callee.done()
    border.start_relay()
    eventually(border.ready, "the sbc is ready again", 10)
    lab.call("caller", "callee", {"role": "again"}, {"role": "callee_again"})


if __name__ == "__main__":
    main()
