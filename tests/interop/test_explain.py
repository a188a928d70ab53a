#!/usr/bin/env python3
"""Why a call went its way: sbcctl policy explain."""

import json
import pathlib
import subprocess

from harness import check, equal, main, test
from harness.border import OWN_POLICIES
from harness.lab import CARRIER, CARRIER2, PHONE

TRUNKS = {"first": {"realm": "core", "targets": [f"{CARRIER}:5060"]},
          "carrier": {"realm": "core", "targets": [f"{CARRIER2}:5060"]}}


def start(lab, policy=None):
    border = lab.start({"trunk": TRUNKS, "policy": {"file": str(OWN_POLICIES / "explain.lua"), "explain": 256, **(policy or {})}})
    return border, lab.ua(PHONE, "alice"), lab.ua(CARRIER, "first"), lab.ua(CARRIER2, "carrier")


def explain(lab, call_id, *more):
    tool = pathlib.Path(lab.border._binaries.sbc).with_name("sbcctl")
    return subprocess.run([tool, "policy", "explain", call_id, *more, "--config", lab.border.sbc_toml],
                          capture_output=True, text=True, timeout=20)


def rebuilt(explanation):
    """The border's INVITEs, written by hand from the explanation alone."""
    texts = []
    for step in explanation["steps"]:
        if step["kind"] == "invite":
            base = explanation["steps"][step["base"]] if "base" in step else explanation
            lines = base["invite"].split("\r\n")
            texts.append("\r\n".join(lines[e["line"]] if e["edit"] == "keep" else e["text"]
                                     for e in step["edits"] if e["edit"] != "drop"))
    return texts


def call_over_the_second(alice, first, carrier):
    call = alice.invite("sip:1000@example.org", headers=["Subject: lunch", "X-Plan: 42", "User-Agent: Phone/1"])
    refused = first.request("INVITE")
    refused.reply(503)
    taken = carrier.request("INVITE", seconds=10)
    taken.reply(180)
    taken.reply(200, sdp=carrier.sdp())
    call.response(200, 10)
    call.ack()
    carrier.request("ACK")
    bye = call.send("BYE")
    carrier.request("BYE").reply(200)
    bye.response(200)
    return call, refused, taken


@test
def a_call_that_its_first_trunk_refused(lab):
    border, alice, first, carrier = start(lab)
    call, refused, taken = call_over_the_second(alice, first, carrier)
    said = [explain(lab, i) for i in (call.call_id, refused.header("call-id"), taken.header("call-id"))]
    equal([s.returncode for s in said], [0, 0, 0], f"each leg finds it: {said}")
    check(said[0].stdout == said[1].stdout == said[2].stdout, "each leg finds the same")
    text = said[0].stdout
    for expected in ("on_invite: route: trunk first, number +431000, ", "; then trunk carrier, ",
                     "read headers[\"X-Plan\"] = 42  (explain.lua:8)", "location.known(sip:1000@example.org) = false",
                     "log info: a call for 1000", "on_failure: next_candidate", "failed: 503",
                     "taken: it answered", "- User-Agent: Phone/1", "topology: the caller's product",
                     "+ X-Account: 42", "policy explain.lua:9: header set", "- Subject: lunch",
                     "policy explain.lua:9: header removed", "on_nat: latch", "callee: network core",
                     "ended by caller: bye, the caller got 200"):
        check(expected in text, f"expected {expected!r} in:\n{text}")
    explanation = json.loads(explain(lab, call.call_id, "--json").stdout)
    invites = rebuilt(explanation)
    equal(invites[0], refused.message.text, "the INVITE that was refused")
    equal(invites[-1], taken.message.text, "the INVITE that was taken")
    running = json.loads(subprocess.run(
        [pathlib.Path(border._binaries.sbc).with_name("sbcctl"), "policy", "running", "--config", border.sbc_toml],
        capture_output=True, text=True, timeout=20).stdout)
    equal({s["policy"] for s in explanation["steps"] if s["kind"] == "handler"}, {running["hash"]}, "whose policy")
    equal(border.sbc_metrics().total("parapet_sbc_explanations"), 1, "explanations that are kept")


@test
def what_came_after_the_answer(lab):
    """A re-INVITE of the caller, and a transfer that the callee asks for: all of one call."""
    border, alice, first, carrier = start(lab)
    call = alice.invite("sip:1000@example.org")
    first.request("INVITE").reply(503)
    taken = carrier.request("INVITE")
    taken.reply(200, sdp=carrier.sdp())
    callee = taken.dialog()
    call.response(200)
    call.ack()
    carrier.request("ACK")
    again = call.send("INVITE", body=alice.sdp(direction="sendonly"))
    passed = carrier.request("INVITE")
    passed.reply(200, sdp=carrier.sdp(direction="recvonly"))
    again.response(200)
    call.ack()
    carrier.request("ACK")
    callee.send("REFER", headers=["Refer-To: <sip:1777@example.org>"]).response(202)
    carrier.request("NOTIFY").reply(200)
    invite = first.request("INVITE")
    invite.reply(200, sdp=first.sdp())
    moved = alice.request("INVITE")
    moved.reply(200, sdp=alice.sdp())
    carrier.request("BYE").reply(200)
    first.request("ACK")
    carrier.request("NOTIFY").reply(200)
    bye = call.send("BYE")
    first.request("BYE").reply(200)
    bye.response(200)
    explanation = json.loads(explain(lab, call.call_id, "--json").stdout)
    equal(rebuilt(explanation)[1:], [m.message.text for m in (taken, passed, invite, moved)], "the INVITEs after the first")
    text = explain(lab, invite.header("call-id")).stdout
    for expected in ("the caller asks: INVITE ", "re-INVITE to the callee", "changed, with this media:", "read call.referred_by = sip:",
                     "(transfer)", "taken: the call was transferred to it", "re-INVITE to the caller"):
        check(expected in text, f"expected {expected!r} in:\n{text}")
    asked = [s for s in explanation["steps"] if s["kind"] == "handler" and s["handler"] == "on_invite"]
    equal(len(asked), 2, "times that on_invite was asked")


@test
def unknown_calls_and_a_ring_of_one(lab):
    _, alice, first, carrier = start(lab, {"explain": 1})
    call, _, _ = call_over_the_second(alice, first, carrier)
    another, _, taken = call_over_the_second(alice, first, carrier)
    gone = explain(lab, call.call_id)
    check(gone.returncode == 2 and "is kept: of the last 1" in gone.stderr, f"a call that has left: {gone}")
    equal(explain(lab, another.call_id).returncode, 0, "the newest call")
    equal(lab.border.sbc_metrics().total("parapet_sbc_explanations_dropped_total", reason="number"), 1, "dropped ones")


@test
def it_can_be_off(lab):
    _, alice, first, carrier = start(lab, {"explain": 0})
    call, _, _ = call_over_the_second(alice, first, carrier)
    off = explain(lab, call.call_id)
    check(off.returncode == 2 and "policy.explain is 0" in off.stderr, f"nothing is kept: {off}")


@test
def it_goes_into_a_file_with_the_record(lab):
    file = lab.directory / "explained.jsonl"
    border, alice, first, carrier = start(lab, {"explain_log": str(file)})
    _, refused, taken = call_over_the_second(alice, first, carrier)
    border.until_idle()
    lines = file.read_text().splitlines()
    equal(len(lines), 1, "explanations in the file")
    equal(rebuilt(json.loads(lines[0])), [refused.message.text, taken.message.text], "the INVITEs of the border")
    equal(file.stat().st_mode & 0o777, 0o600, "the mode of the file")


if __name__ == "__main__":
    main()
