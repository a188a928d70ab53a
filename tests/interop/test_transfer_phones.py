#!/usr/bin/env python3
"""Real phones (baresip) transfer, are transferred and call whom they are referred to, and hear each other afterwards."""

import time

from harness import check, equal, main, namespace, test, toml
from harness.agent import Agent, tag_of
from harness.lab import ACCESS, PHONE
from harness.phone import Phone, seconds_of

TONES = {"alice": 440, "bob": 1000, "carol": 1700}  # Hz
CONFIG = {"realm": {"access": {"registrar": {"algorithms": ["MD5"]}}},  # baresip 1.0 knows no other
          "process": {"shards": 2},
          "user": [{"name": name, "domain": "example.org", "password": "sing-along-7"} for name in [*TONES, "dora"]]}
ENOUGH = 2.0  # seconds


def phones(lab, *names, **access):
    lab.start(toml.merged(CONFIG, {"realm": {"access": access}}), register=False)
    namespace.speak_as(PHONE, ACCESS)
    # example.org is no host here: what they are referred to goes to the border.
    found = [lab.keep(Phone(lab.directory, name, TONES[name], PHONE, 5062 + 2 * i, password="sing-along-7",
                            account=f';outbound="sip:{ACCESS}"'))
             for i, name in enumerate(names)]
    for phone in found:
        phone.wait_registered()
    return found


def check_that_they_talk(first, second, *others, enough=ENOUGH):
    for phone in (first, second, *others):
        phone.stop()
    for listener, speaker in ((first, second), (second, first)):
        heard = seconds_of(listener.heard(), speaker.tone)
        check(heard >= enough, f"{listener.name} heard {speaker.name} for {heard:.1f} s only")


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
def a_phone_is_asked_to_call_the_third_one_itself(lab):
    alice, bob, carol = phones(lab, "alice", "bob", "carol", transfer="pass")
    alice.command("dial", f"sip:bob@{ACCESS}")
    for phone in (alice, bob):
        phone.wait("CALL_ESTABLISHED")
    time.sleep(1.1)  # another second: baresip names its recordings by the time
    bob.command("transfer", f"sip:carol@{ACCESS}")
    carol.wait("CALL_ESTABLISHED")
    refer = lab.capture.messages(ACCESS, PHONE, lambda m: m.is_request("REFER"))[0]
    check("sip:carol@" in refer.header("refer-to"), f"Refer-To: {refer.header('refer-to')}")
    bob.wait("CALL_CLOSED")
    time.sleep(2.0)
    carol.command("hangup")
    alice.wait("CALL_CLOSED")
    time.sleep(0.3)
    check_that_they_talk(alice, carol, bob, enough=1.0)


def call_of(lab, user, to):
    """Call-ID, its own tag and the other's of the last call that a user made."""
    def accepted(m):
        return m.is_response(200, "INVITE") and f"sip:{user}@" in m.header("from") and f"sip:{to}@" in m.header("to")

    answer = lab.capture.wait(accepted, f"the 200 to {user}", source=ACCESS)
    return answer.header("call-id"), tag_of(answer.header("from")), tag_of(answer.header("to"))


# trap 77: the dialog that the phone names is mapped.
@test
def a_phone_connects_its_caller_with_whom_it_asked(lab):
    alice, bob, carol = phones(lab, "alice", "bob", "carol")
    alice.command("dial", f"sip:bob@{ACCESS}")
    for phone in (alice, bob):
        phone.wait("CALL_ESTABLISHED")
    bob.command("dial", f"sip:carol@{ACCESS}")
    for phone in (bob, carol):
        phone.wait("CALL_ESTABLISHED")
    call_id, own, other = call_of(lab, "bob", "carol")
    # baresip 1.0 has no word for it: the call that came first is chosen, and transferred to a URI with Replaces.
    bob.command("line", "1")
    time.sleep(0.3)
    bob.command("transfer", f"<sip:carol@{ACCESS}?Replaces={call_id}%3Bto-tag%3D{other}%3Bfrom-tag%3D{own}>")
    for _ in range(2):
        bob.wait("CALL_CLOSED")
    refer = lab.capture.messages(PHONE, ACCESS, lambda m: m.is_request("REFER"))[0]
    check("Replaces=" in refer.header("refer-to"), f"Refer-To: {refer.header('refer-to')}")
    check(refer.header("call-id") != call_id, "the REFER came in the call that it names")
    time.sleep(2.0)
    alice.command("hangup")
    carol.wait("CALL_CLOSED")
    time.sleep(0.3)
    check_that_they_talk(alice, carol, bob, enough=1.0)


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
