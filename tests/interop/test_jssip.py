#!/usr/bin/env python3
"""JsSIP, a SIP stack of browsers: registers and calls over WebSocket and TLS. It wants WebRTC, which the border refuses;
with a media layer that speaks plain RTP, whole calls go through."""

from harness import check, equal, eventually, main, test
from harness.border import ACCESS, OWN_POLICIES
from harness.browser import Browser
from harness.lab import CARRIER, CORE, PHONE, PHONE2
from harness.tls import Authority
from harness.ua import Dialog

NAME = "sbc.example.org"
NUMBER = "sip:4912345@example.org"
OUTSIDE = {"policy": {"file": str(OWN_POLICIES / "outside.lua")}}


class Side:
    """A border with a secure WebSocket, and browsers before it."""

    def __init__(self, lab, more=None):
        self.lab = lab
        self.authority = Authority(lab.directory)
        pair = self.authority.issue("border", f"DNS:{NAME}")
        listeners = [{"transport": "udp", "bind": f"{ACCESS}:5060"},
                     {"transport": "wss", "bind": f"{ACCESS}:8443", **pair}]
        # JsSIP knows no other digest.
        access = {"listener": listeners, "registrar": {"algorithms": ["MD5"]}}
        lab.start({"realm": {"access": access}, **(more or {})}, register=False)

    def browser(self, user="alice", at=PHONE, registered=True, **named):
        browser = Browser(self.lab._binaries, self.lab.directory, user, at, f"wss://{NAME}:8443", ACCESS, self.authority,
                          **named)
        self.lab.keep(browser)
        browser.wait("connected")
        if registered:
            contact = browser.wait("registered")["contact"]
            check(".invalid" in contact and "transport=ws" in contact, f"Contact: {contact}")
        return browser



def answer_with_sound(lab, carrier, invite, ssrc=2):
    """The carrier's 200, and its voice toward the border."""
    rtp = lab.rtp(CARRIER, ssrc)
    rtp.send_to(address_of(invite.body))
    invite.reply(200, sdp=carrier.sdp())
    return rtp

def address_of(sdp):
    lines = dict(line.split("=", 1) for line in sdp.splitlines() if line[:2] in ("c=", "m="))
    return lines["c"].split()[2], int(lines["m"].split()[1])


def direction_of(sdp):
    return next((d for d in ("sendonly", "recvonly", "inactive") if f"a={d}" in sdp), "sendrecv")


@test
def a_browser_calls_holds_presses_keys_and_hangs_up(lab):
    side = Side(lab)
    carrier = lab.ua(CARRIER, "carrier")
    alice = side.browser()
    alice.do("call", to=NUMBER)
    invite = carrier.request("INVITE")
    check("RTP/AVP" in invite.body and PHONE not in invite.message.text, f"INVITE:\n{invite.message.text}")
    check("invalid" not in invite.message.text and "WS" not in invite.message.text, f"INVITE:\n{invite.message.text}")
    invite.reply(180)
    alice.wait("progress")
    rtp = answer_with_sound(lab, carrier, invite)
    alice.wait("accepted", by="remote")
    alice.wait("confirmed")
    carrier.request("ACK")
    call = invite.dialog()
    eventually(lambda: alice.heard() > 10 and rtp.heard(1) > 10, "sound both ways", 10)

    alice.do("hold")
    held = carrier.request("INVITE")
    equal(direction_of(held.body), "sendonly", "direction of the re-INVITE")
    held.reply(200, sdp=carrier.sdp(direction="recvonly"))
    carrier.request("ACK")
    alice.wait("held")
    alice.do("unhold")
    resumed = carrier.request("INVITE")
    equal(direction_of(resumed.body), "sendrecv", "direction of the next one")
    resumed.reply(200, sdp=carrier.sdp())
    carrier.request("ACK")
    alice.wait("resumed")
    before = alice.heard()
    eventually(lambda: alice.heard() > before + 10, "sound after the hold", 10)

    alice.do("press", tone="5")
    info = carrier.request("INFO")
    check("Signal=5" in info.body, f"INFO: {info.body!r}")
    info.reply(200)
    alice.wait("dtmf", by="local", tone="5")
    pressed = call.send("INFO", body="Signal=7\r\nDuration=160\r\n", content_type="application/dtmf-relay")
    pressed.response(200)
    alice.wait("dtmf", by="remote", tone="7")

    alice.do("hang_up")
    carrier.request("BYE").reply(200)
    alice.wait("ended", by="local")
    alice.leave()
    equal(lab.border.calls("answered"), 1, "answered calls")


@test
def a_browser_is_called_held_and_hung_up_on(lab):
    side = Side(lab)
    carrier = lab.ua(CARRIER, "carrier")
    alice = side.browser()
    call = carrier.invite(f"sip:alice@{CORE}")
    equal(alice.wait("session", by="remote")["from"].split("@")[0], "sip:carrier", "the caller")
    call.response(180)
    alice.do("answer")
    answer = call.response(200)
    check(PHONE not in answer.text and "invalid" not in answer.text, f"200:\n{answer.text}")
    call.ack()
    alice.wait("confirmed")
    rtp = lab.rtp(CARRIER, 2)
    rtp.send_to(address_of(answer.body))
    eventually(lambda: alice.heard() > 10 and rtp.heard(1) > 10, "sound both ways", 10)

    sent = call.send("INVITE", body=carrier.sdp(direction="sendonly"))
    again = sent.response(200)
    equal(direction_of(again.body), "recvonly", "direction of the answer")
    call.ack()
    alice.wait("hold", by="remote")
    sent = call.send("INVITE", body=carrier.sdp())
    sent.response(200)
    call.ack()
    alice.wait("unhold", by="remote")

    bye = call.send("BYE")
    bye.response(200)
    alice.wait("ended", by="remote")
    alice.leave()
    equal(lab.border.calls("answered"), 1, "answered calls")


@test
def two_browsers_talk_to_each_other(lab):
    side = Side(lab)
    alice, bob = side.browser(), side.browser("bob", PHONE2, ssrc=3)
    alice.do("call", to="sip:bob@example.org")
    bob.wait("session", by="remote")
    bob.do("answer")
    for browser in (alice, bob):
        browser.wait("confirmed")
    eventually(lambda: alice.heard() > 10 and bob.heard() > 10, "sound both ways", 10)
    bob.do("hold")
    bob.wait("held")
    alice.wait("hold", by="remote")
    bob.do("unhold")
    bob.wait("resumed")
    alice.do("renegotiate", update=True)
    alice.wait("renegotiated")
    bob.do("hang_up")
    alice.wait("ended", by="remote")


@test
def webrtc_is_refused_with_488(lab):
    side = Side(lab)
    alice = side.browser(media="web")
    alice.do("call", to=NUMBER)
    failed = alice.wait("failed", by="remote")
    equal((failed["status"], failed["cause"]), (488, "Incompatible SDP"), "what the browser hears")
    # And the other way round: the border offers plain RTP, which a browser cannot take.
    carrier = lab.ua(CARRIER, "carrier")
    call = carrier.invite(f"sip:alice@{CORE}")
    alice.wait("session", by="remote")
    call.response(180)
    alice.do("reject", status=488)
    call.response(488)
    call.ack(status=488)


@test
def calls_that_do_not_come_about(lab):
    side = Side(lab)
    carrier = lab.ua(CARRIER, "carrier")
    alice = side.browser()
    alice.do("call", to=NUMBER)
    invite = carrier.request("INVITE")
    invite.reply(180)
    alice.wait("progress")
    alice.do("hang_up")
    carrier.request("CANCEL").reply(200)
    invite.reply(487)
    equal(alice.wait("failed")["cause"], "Canceled", "of a call that was given up")
    alice.do("call", to=NUMBER)
    carrier.request("INVITE").reply(486)
    equal(alice.wait("failed", by="remote")["status"], 486, "of a busy callee")
    call = carrier.invite(f"sip:alice@{CORE}")
    alice.wait("session", by="remote")
    alice.do("reject", status=603)
    call.response(603)
    call.ack(status=603)
    call = carrier.invite(f"sip:alice@{CORE}")
    alice.wait("session", by="remote")
    call.response(180)
    call.cancel()
    call.response(487)
    call.ack(status=487)
    equal(alice.wait("failed", by="remote")["cause"], "Canceled", "of a caller who gave up")


@test
def strangers_do_not_register(lab):
    side = Side(lab)
    mallory = side.browser(registered=False, password="guess")
    equal(mallory.wait("registrationFailed")["cause"], "Authentication Error", "the registration")
    equal(lab.border.sbc_metrics().total("parapet_sbc_bindings"), 0, "bindings")


@test
def words_and_presence_cross(lab):
    side = Side(lab, OUTSIDE)
    carrier = lab.ua(CARRIER, "carrier")
    alice = side.browser()
    alice.do("message", to=NUMBER, text="hello")
    message = carrier.request("MESSAGE")
    equal(message.body, "hello", "the text")
    check("invalid" not in message.message.text and PHONE not in message.message.text, message.message.text)
    message.reply(200)
    alice.wait("sent")
    back = Dialog(carrier, f"sip:alice@{CORE}").send("MESSAGE", body="hello yourself", content_type="text/plain")
    back.response(200)
    equal(alice.wait("message")["text"], "hello yourself", "the text")

    alice.do("subscribe", to=NUMBER, package="presence", accept="application/pidf+xml")
    subscribe = carrier.request("SUBSCRIBE")
    check("invalid" not in subscribe.message.text and PHONE not in subscribe.message.text, subscribe.message.text)
    subscribe.reply(200, headers=["Expires: 120"])
    watched = subscribe.dialog()
    told = watched.send("NOTIFY", body=f'<presence entity="sip:4912345@{CARRIER}"><note>away</note></presence>',
                        content_type="application/pidf+xml",
                        headers=["Event: presence", "Subscription-State: active;expires=120"])
    told.response(200)
    alice.wait("subscription", state="active")
    body = alice.wait("notify")["body"]
    check("<note>away</note>" in body and CARRIER not in body, body)
    alice.do("unsubscribe", package="presence")
    carrier.request("SUBSCRIBE").reply(200, headers=["Expires: 0"])
    last = watched.send("NOTIFY", headers=["Event: presence", "Subscription-State: terminated;reason=timeout"])
    last.response(200)
    alice.wait("subscription", state="terminated")


@test
def a_browser_that_is_gone_has_no_binding(lab):
    side = Side(lab)
    alice = side.browser()
    equal(lab.border.sbc_metrics().total("parapet_sbc_bindings"), 1, "bindings")
    alice.kill()
    eventually(lambda: lab.border.sbc_metrics().total("parapet_sbc_bindings") == 0, "its binding is gone")


if __name__ == "__main__":
    main()
