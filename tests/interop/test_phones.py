#!/usr/bin/env python3
"""Two real phones (baresip) that register and talk through the border."""

import time

from harness import Failed, check, equal, main, namespace, test
from harness.lab import ACCESS, PHONE
from harness.phone import Phone, seconds_of

ALICE_TONE, BOB_TONE, NOBODYS_TONE = 440, 1000, 1700  # Hz
# baresip 1.0 knows no other digest, and gives up when it is offered one besides (RFC 8760 is younger).
ONLY_MD5 = {"realm": {"access": {"registrar": {"algorithms": ["MD5"]}}}}

ENOUGH = 2.0  # seconds in which the other's tone dominates


def phones(lab, **options):
    # baresip binds its media to no address; without this the packets would come from the border's own.
    namespace.speak_as(PHONE, ACCESS)
    pair = [lab.keep(Phone(lab.directory, name, tone, PHONE, port, **options))
            for name, tone, port in (("alice", ALICE_TONE, 5062), ("bob", BOB_TONE, 5064))]
    for phone in pair:
        phone.wait_registered()
    return pair


def connected(alice, bob):
    alice.command("dial", f"sip:bob@{ACCESS}")
    for phone in (alice, bob):
        phone.wait("CALL_ESTABLISHED")


def hang_up(first, second):
    first.command("hangup")
    second.wait("CALL_CLOSED")
    time.sleep(0.3)  # the BYE of the first is answered
    for phone in (first, second):
        phone.stop()


def check_audio(alice, bob):
    for listener, speaker in ((alice, bob), (bob, alice)):
        recordings = listener.heard()
        theirs, own = seconds_of(recordings, speaker.tone), seconds_of(recordings, listener.tone)
        check(theirs >= ENOUGH, f"{listener.name} heard {speaker.name} for {theirs:.1f} s only")
        check(own < 0.5, f"{listener.name} heard itself for {own:.1f} s")


@test
def two_phones_register_and_hear_each_other(lab):
    lab.start(ONLY_MD5, register=False)
    alice, bob = phones(lab)
    accepted = [m for m in lab.capture.messages(where=lambda m: m.is_request("REGISTER")) if m.header("authorization")]
    equal(lab.border.sbc_metrics().total("parapet_sbc_bindings"), 2, "bindings")
    check(len(accepted) >= 2, "the phones were not asked for their passwords")
    connected(alice, bob)
    time.sleep(3.5)
    hang_up(alice, bob)
    check_audio(alice, bob)
    # The control: the same test with a tone that nobody played must fail.
    for phone in (alice, bob):
        check(seconds_of(phone.heard(), NOBODYS_TONE) < 0.5, f"{phone.name} heard a tone that nobody played")
    equal(lab.border.calls("answered"), 1, "answered calls")


@test
def two_phones_over_tcp_hear_each_other(lab):
    lab.start(ONLY_MD5, register=False)
    alice, bob = phones(lab, transport="tcp")
    connected(alice, bob)
    time.sleep(3.0)
    hang_up(bob, alice)
    check_audio(alice, bob)


@test
def sound_comes_back_after_hold(lab):
    lab.start(ONLY_MD5, register=False)
    alice, bob = phones(lab)
    connected(alice, bob)
    ports = [lab.capture.wait(lambda m: m.media() and m.source[1] == p, "SDP", source=PHONE).media()[1] for p in (5062, 5064)]

    def packets():
        return [lab.capture.packets((ACCESS, None), (PHONE, port)) for port in ports]

    time.sleep(0.5)
    alice.command("hold")
    lab.capture.wait(lambda m: m.is_request("INVITE") and m.media()[2] in ("sendonly", "inactive"), "hold", source=PHONE)
    time.sleep(0.5)
    alice.command("resume")
    lab.capture.wait(lambda m: m.is_response(200, "INVITE"), "answer to resume", target=PHONE, count=3)
    before = packets()
    time.sleep(1.5)
    got = [after - b for after, b in zip(packets(), before)]
    check(min(got) >= 50, f"packets to alice and bob within 1.5 s after resuming: {got}")
    hang_up(alice, bob)


@test
def a_phone_with_a_wrong_password_stays_outside(lab):
    lab.start(ONLY_MD5, register=False)
    namespace.speak_as(PHONE, ACCESS)
    phone = lab.keep(Phone(lab.directory, "alice", ALICE_TONE, PHONE, 5062, password="guess"))
    phone.wait_refused()
    equal(lab.border.sbc_metrics().total("parapet_sbc_bindings"), 0, "bindings")
    phone.stop()


@test
def the_wrong_tone_is_not_taken_for_the_right_one(lab):
    """The control of the control: without a call nobody hears anything, and the check says so."""
    lab.start(ONLY_MD5, register=False)
    alice, bob = phones(lab)
    connected(alice, bob)
    time.sleep(2.6)
    hang_up(alice, bob)
    alice.tone, bob.tone = NOBODYS_TONE, NOBODYS_TONE
    try:
        check_audio(alice, bob)
    except Failed:
        return
    raise Failed("a tone that nobody played was heard")


if __name__ == "__main__":
    main()
