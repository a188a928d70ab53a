#!/usr/bin/env python3
"""Two relays: which one a call gets, and what happens to it when that one dies or is told to stop."""

import signal
import time

from harness import check, equal, eventually, main, namespace, test
from harness.agent import Agent
from harness.border import ACCESS, CORE
from harness.lab import CARRIER, PHONE, PHONE2
from harness.phone import Phone, seconds_of
from harness.relays import OtherRelay, links, metrics, sessions

ALICE_TONE, BOB_TONE = 440, 1000  # Hz
BEFORE, AFTER = 1.5, 2.5  # seconds of talk
PINGS = 1.0  # seconds; a third of the lease is between two


def moved(border, reason):
    return border.sbc_metrics().total("parapet_media_moves_done_total", reason=reason)


def phone(lab, name, tone, port, account=""):
    made = lab.keep(Phone(lab.directory, name, tone, PHONE, port, account=account))
    made.wait_registered()
    return made


def talk_while(lab, leave, reason, lost, access=None, account=""):
    """A call between two phones; `leave` takes the relay away that it has. What each hears of the other's tone: all but so
    many seconds; None: nobody is listened to."""
    patient = {"shutdown": {"drain": "1m"}}
    other = OtherRelay(lab, patient)
    access = {"registrar": {"algorithms": ["MD5"]}, **(access or {})}
    border = lab.start({"realm": {"access": access}, **links(lab)}, patient, register=False)
    namespace.speak_as(PHONE, ACCESS)
    alice, bob = phone(lab, "alice", ALICE_TONE, 5062, account), phone(lab, "bob", BOB_TONE, 5064, account)
    alice.command("dial", f"sip:bob@{ACCESS}")
    for each in (alice, bob):
        each.wait("CALL_ESTABLISHED")
    begun = time.monotonic()
    time.sleep(BEFORE)
    using, spare = (other, border.relay) if sessions(other) else (border.relay, other)
    equal((sessions(using), sessions(spare)), (1, 0), "sessions of the relay in use and of the spare one")
    leave(using)
    eventually(lambda: moved(border, reason) == 1, "the call has moved", 10)
    equal(sessions(spare), 1, "sessions of the spare relay")
    time.sleep(AFTER)
    talked = time.monotonic() - begun
    alice.command("hangup")
    bob.wait("CALL_CLOSED")
    time.sleep(0.3)
    for each in (alice, bob):
        each.stop()
    for listener, speaker in ((alice, bob), (bob, alice)) if lost is not None else ():
        heard = seconds_of(listener.heard(), speaker.tone)
        check(heard >= talked - lost, f"{listener.name} heard {speaker.name} for {heard:.1f} s of {talked:.1f}")
    equal(border.calls("answered"), 1, "answered calls")
    return using, spare


@test
def a_call_outlives_the_relay_that_is_killed(lab):
    # A second until that is clear, and the two re-INVITEs.
    _, spare = talk_while(lab, lambda relay: relay.kill(), "lost", 2.0)
    equal(lab.border.sbc_metrics().total("parapet_media_moves_failed_total"), 0, "calls that could not move")
    equal(sessions(spare), 0, "sessions left")


@test
def a_protected_call_outlives_the_relay_that_is_killed(lab):
    # RFC 4568 7.1.4: at another address the border has other keys, of the suite of before. Those of the phones stay, and are
    # opened. What the phones hear is not looked at: baresip 1.0.0 goes on with the keys that it was told first.
    _, spare = talk_while(lab, lambda relay: relay.kill(), "lost", None,
                          {"media_security": "sdes", "sdes_in_clear": True}, ";mediaenc=srtp-mand")
    equal(lab.border.sbc_metrics().total("parapet_media_moves_failed_total"), 0, "calls that could not move")
    equal(sessions(spare), 0, "sessions left")
    opened = metrics(spare).total("relay_packets_accepted_total", kind="rtp")
    check(opened >= 80 * AFTER, f"packets of both phones that were opened: {opened}")
    refused = metrics(spare).total("relay_packets_dropped_total", reason="unauthentic")
    check(refused <= 4, f"packets that were not: {refused}")  # baresip says goodbye (RTCP) in clear


@test
def a_call_leaves_a_relay_that_drains(lab):
    using, spare = talk_while(lab, lambda relay: relay.signal(signal.SIGTERM), "draining", 0.7)
    # It had a minute, and is done as soon as its calls are gone.
    equal(using.wait(8), 0, "exit code of the relay")
    equal(sessions(spare), 0, "sessions left")


def call(caller, callee, uri):
    dialog = caller.call(uri)
    taken = callee.accept()
    caller.answered(dialog)
    return (caller, dialog), (callee, taken)


@test
def a_call_gets_the_relay_with_its_networks_and_of_these_the_emptiest(lab):
    here_only = {name: None for name in ("core", "access6", "core6")}
    other = OtherRelay(lab, {"network": here_only, "limits": {"sessions": 400}})
    border = lab.start({**links(lab), "process": {"shards": 2}}, {"limits": {"sessions": 8}})
    lab.register("bob", PHONE2)
    alice, bob = lab.keep(Agent(PHONE, ACCESS, "alice")), lab.keep(Agent(PHONE2, ACCESS, "bob"))
    far = lab.keep(Agent(CARRIER, CORE, "first"))
    calls = [call(alice, far, f"sip:00431555@{ACCESS}") for _ in range(2)]
    equal((sessions(border.relay), sessions(other)), (2, 0), "sessions: one relay alone has the carrier's network")
    # A quarter of what the first one may have is taken, and both shards hear of it, whose calls they were or not. The other
    # one has more room for all that comes.
    time.sleep(PINGS)
    calls += [call(alice, bob, f"sip:bob@{ACCESS}") for _ in range(4)]
    equal((sessions(border.relay), sessions(other)), (2, 4), "sessions of calls that stay on one side")
    for (caller, dialog), (callee, taken) in calls:
        caller.hang_up(dialog)
        callee.accept_bye(taken)
    border.until_idle()
    eventually(lambda: sessions(other) == 0, "no session is left")


if __name__ == "__main__":
    main()
