#!/usr/bin/env python3
"""Real phones (baresip) are transferred, and hear each other afterwards."""

import time

from harness import check, equal, main, namespace, test
from harness.agent import Agent, tag_of
from harness.lab import ACCESS, PHONE
from harness.phone import Phone, seconds_of

TONES = {"alice": 440, "bob": 1000, "carol": 1700}  # Hz
CONFIG = {"realm": {"access": {"registrar": {"algorithms": ["MD5"]}}},  # baresip 1.0 knows no other
          "process": {"shards": 2},
          "user": [{"name": name, "domain": "example.org", "password": "sing-along-7"} for name in [*TONES, "dora"]]}
ENOUGH = 2.0  # seconds


def phones(lab, *names):
    lab.start(CONFIG, register=False)
    namespace.speak_as(PHONE, ACCESS)
    found = [lab.keep(Phone(lab.directory, name, TONES[name], PHONE, 5062 + 2 * i, password="sing-along-7"))
             for i, name in enumerate(names)]
    for phone in found:
        phone.wait_registered()
    return found


def check_that_they_talk(first, second, *others):
    for phone in (first, second, *others):
        phone.stop()
    for listener, speaker in ((first, second), (second, first)):
        heard = seconds_of(listener.heard(), speaker.tone)
        check(heard >= ENOUGH, f"{listener.name} heard {speaker.name} for {heard:.1f} s only")


@test
def a_phone_sends_its_caller_on_to_a_third_one(lab):
    alice, bob, carol = phones(lab, "alice", "bob", "carol")
    alice.command("dial", f"sip:bob@{ACCESS}")
    for phone in (alice, bob):
        phone.wait("CALL_ESTABLISHED")
    time.sleep(0.5)
    bob.command("transfer", f"sip:carol@{ACCESS}")
    carol.wait("CALL_ESTABLISHED")
    bob.wait("CALL_CLOSED")
    time.sleep(3.5)
    alice.command("hangup")
    carol.wait("CALL_CLOSED")
    time.sleep(0.3)
    check_that_they_talk(alice, carol, bob)


@test
def a_third_one_connects_two_phones(lab):
    alice, bob = phones(lab, "alice", "bob")
    lab.register("dora", PHONE, password="sing-along-7")
    dora = lab.keep(Agent(PHONE, ACCESS, "dora"))
    with_alice = dora.call(f"sip:alice@{ACCESS}")
    dora.answered(with_alice, seconds=10)
    with_bob = dora.call(f"sip:bob@{ACCESS}", port=7002)
    dora.answered(with_bob, seconds=10)
    for phone in (alice, bob):
        phone.wait("CALL_ESTABLISHED")
    replaces = f"{with_bob.call_id}%3Bto-tag%3D{tag_of(with_bob.remote)}%3Bfrom-tag%3D{tag_of(with_bob.local)}"
    dora.send_request(with_alice, "REFER", headers=[f"Refer-To: <sip:bob@example.org?Replaces={replaces}>"])
    equal(dora.wait_final("REFER").status, 202, "the answer to REFER")
    for words in ("SIP/2.0 100 Trying", "SIP/2.0 200 OK"):
        notify = dora.wait_request("NOTIFY")
        dora.answer(notify, 200)
        equal(notify.body.split("\r\n")[0], words, "the NOTIFY")
    dora.accept_bye(with_alice)
    dora.accept_bye(with_bob)
    time.sleep(3.5)
    alice.command("hangup")
    bob.wait("CALL_CLOSED")
    time.sleep(0.3)
    check_that_they_talk(alice, bob)


if __name__ == "__main__":
    main()
