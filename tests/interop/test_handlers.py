#!/usr/bin/env python3
"""What a policy makes of requests before they are looked at, and of what targets answer."""

import pathlib
import subprocess

from harness import check, equal, eventually, main, test
from harness.border import OWN_POLICIES
from harness.lab import ACCESS, CARRIER, PHONE
from harness.ua import Dialog


class Stage:
    def __init__(self, lab):
        self.lab = lab
        lab.start({"policy": {"file": str(OWN_POLICIES / "handlers.lua"), "settings": None, "explain": 64}})
        self.alice, self.carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")

    def call(self, number, **named):
        call = self.alice.invite(f"sip:{number}@" + ACCESS, **named)
        return call, self.carrier.request("INVITE")

    def talk_and_end(self, call, invite):
        call.ack()
        self.carrier.request("ACK")
        bye = call.send("BYE")
        self.carrier.request("BYE").reply(200)
        bye.response(200)

    def total(self, name, **labels):
        return self.lab.border.sbc_metrics().total(name, **labels)

    def explained(self, call):
        tool = pathlib.Path(self.lab.border._binaries.sbc).with_name("sbcctl")
        said = subprocess.run([tool, "policy", "explain", call.call_id, "--config", self.lab.border.sbc_toml],
                              capture_output=True, text=True, timeout=20)
        equal(said.returncode, 0, said.stderr)
        return said.stdout


@test
def what_is_screened_goes_no_further(lab):
    stage = Stage(lab)
    stage.alice.invite("sip:1000@" + ACCESS, headers=["User-Agent: scanner 1"])
    stage.alice.nothing(lambda m: m.is_response() and m.status > 100, 0.5)
    refused = stage.alice.invite("sip:1000@" + ACCESS, headers=["User-Agent: refused"])
    refused.response(403)
    refused.ack(status=403)
    stage.carrier.nothing(lambda m: m.is_request(), 0.3)
    eventually(lambda: stage.total("parapet_rejects_total", reason="screened") == 2, "INVITEs that were screened")
    text = stage.explained(refused)
    check("on_screen: reject 403" in text and "handlers.lua:6" in text, text)
    # A call for help is not asked about.
    helped = stage.alice.invite("urn:service:sos", headers=["User-Agent: refused"])
    stage.carrier.request("INVITE").reply(486)
    helped.response(486)
    helped.ack(status=486)
    eventually(lambda: stage.total("parapet_rejects_total", reason="screened") == 2, "a call for help")


@test
def early_media_is_kept_from_the_caller_and_the_answer_is_not(lab):
    stage = Stage(lab)
    call, invite = stage.call("quiet")
    invite.reply(183, sdp=stage.carrier.sdp(), headers=["Server: Switch 9"], tag="b")
    ringing = call.response(180)
    equal(ringing.body, "", "the description in the 180")
    equal(ringing.header("x-ring"), "1", "the header of the 180")
    invite.reply(200, sdp=stage.carrier.sdp(), headers=["X-Switch: seven"], tag="b")
    answer = call.response(200)
    check("m=audio" in answer.body, "the answer has its description")
    equal(answer.header("x-answered-by"), "carrier", "the header that was added")
    equal(answer.header("x-was"), "seven", "what the carrier said")
    equal(answer.header("x-switch"), "", "which does not cross by itself")
    stage.talk_and_end(call, invite)
    text = stage.explained(call)
    for expected in ("on_screen: accept", "on_provisional: change, status 180, no early media, X-Ring: 1", "on_answer: change, "):
        check(expected in text, f"expected {expected!r} in:\n{text}")


@test
def a_hidden_response_is_acknowledged_and_not_passed(lab):
    stage = Stage(lab)
    call, invite = stage.call("hidden")
    invite.reply(183, sdp=stage.carrier.sdp(), headers=["Require: 100rel", "RSeq: 7"], tag="b")
    stage.carrier.request("PRACK").reply(200)
    stage.alice.nothing(lambda m: m.is_response() and m.status > 100, 0.3)
    invite.reply(200, tag="b")
    check("m=audio" in call.response(200).body, "the answer has its description")
    stage.talk_and_end(call, invite)
    eventually(lambda: stage.total("parapet_dialog_events_total", event="hidden_progress") == 1, "responses that were hidden")


@test
def a_target_that_the_policy_does_not_want_is_hung_up(lab):
    stage = Stage(lab)
    call, invite = stage.call("machine")
    invite.reply(180, tag="b")
    call.response(180)
    invite.reply(200, sdp=stage.carrier.sdp(), tag="b")
    stage.carrier.request("ACK")
    stage.carrier.request("BYE").reply(200)
    refusal = call.response(603)
    check("603 No Machines" in refusal.start, refusal.start)
    call.ack(status=603)
    eventually(lambda: stage.total("parapet_dialog_events_total", event="hung_up_answers") == 1, "targets that were hung up")
    equal(stage.total("parapet_policy_errors_total"), 0, "errors of the policy")


# RFC 3261 8.3: who calls learns where to call, and nobody is called.
@test
def a_caller_is_told_where_to_call_instead(lab):
    stage = Stage(lab)
    moved = stage.alice.invite("sip:moved@" + ACCESS)
    answer = moved.response(302)
    check("302 Over There" in answer.start, answer.start)
    equal(answer.header("contact"), "<sip:moved@elsewhere.example>;q=1.0, <tel:+4312345>;q=0.9", "where to")
    moved.ack(status=302)
    stage.carrier.nothing(lambda m: m.is_request(), 0.3)
    text = stage.explained(moved)
    check("on_invite: redirect 302 Over There, Contact: " in text, text)
    refused = Dialog(stage.alice, "sip:1000@" + ACCESS).send("MESSAGE", body="hello", content_type="text/plain")
    check("404 Nobody Reads Here" in refused.response(404).start, "the reason of a refused request")
    equal(stage.total("parapet_policy_errors_total"), 0, "errors of the policy")


if __name__ == "__main__":
    main()
