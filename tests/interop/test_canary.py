#!/usr/bin/env python3
"""A candidate for a part of the calls: kept while it does well, taken back by itself when it does not."""

import json
import pathlib
import signal
import subprocess

from harness import check, equal, eventually, main, pcap, test
from harness.lab import CARRIER2

RUNNING = """return {
  on_register = function(r) return r.challenge_unless_authenticated() end,
  on_invite = function(call)
    if call.to.user == "1999" then return reject(410) end
    return route { trunk = "carrier" }
  end,
}
"""
AS_GOOD = RUNNING.replace("410", "404")
REFUSES_HALF = RUNNING.replace("return {", "local calls = 0\nreturn {", 1).replace(
    "    return route", "    calls = calls + 1\n    if calls % 2 == 0 then return reject(503) end\n    return route")
ELSEWHERE = RUNNING.replace('trunk = "carrier"', 'trunk = "second"')
THROWS = RUNNING.replace("    return route", "    error(\"not today\")\n    return route")


def sbcctl(lab, *arguments):
    tool = pathlib.Path(lab.border._binaries.sbc).with_name("sbcctl")
    return subprocess.run([tool, "policy", *arguments, "--config", lab.border.sbc_toml], capture_output=True, text=True,
                          timeout=20)


def start(lab, candidate, **more):
    folder = lab.directory / "own"
    folder.mkdir()
    (folder / "own.lua").write_text(RUNNING)
    lab.candidate = lab.directory / "new" / "new.lua"
    lab.candidate.parent.mkdir()
    lab.candidate.write_text(candidate)
    lab.start({"policy": {"file": str(folder / "own.lua"), "history": str(lab.directory / "history")},
               "trunk": {"second": {"realm": "core", "targets": [f"{CARRIER2}:5060"]}}, **more})
    lab.callee("callee", calls=10_000, seconds=60)
    return folder / "own.lua"


def canary(lab, *arguments):
    begun = sbcctl(lab, "canary", str(lab.candidate.parent), *arguments)  # its only policy
    equal((begun.returncode, begun.stdout[:8]), (0, "running:"), f"a canary begins: {begun}")


def state(lab):
    return json.loads(sbcctl(lab, "running").stdout)["canary"]["state"]


def history(lab):
    return [(line.split()[4], line) for line in sbcctl(lab, "history").stdout.splitlines()]


def all_decided_by_the_old_one(lab):
    lab.caller("caller", role="after", port=5090, calls=30, rate=30, talk=50).done()
    lab.caller("caller_refused", role="decided", port=5092, calls=6, rate=30, service="1999", status=410).done()


@test
def as_good_holds_and_is_promoted(lab):
    policy = start(lab, AS_GOOD)
    for wrong, word in ((["--share", "60%"], "share: expected 0.1% to 50%"), (["--for", "soon"], "for: expected 10s to 7d")):
        refused = sbcctl(lab, "canary", str(lab.candidate), *wrong)
        check(refused.returncode == 2 and word in refused.stderr, f"{wrong}: {refused}")
    equal(sbcctl(lab, "canary", "--stop").returncode, 2, "nothing to stop")
    canary(lab, "--share", "50%", "--least", "10", "--for", "10s", "--note", "as good")
    lab.caller("caller", role="many", calls=80, rate=40, talk=50).done()
    shown = sbcctl(lab, "canary")
    check(shown.returncode == 0 and "s left, then stop" in shown.stdout, f"status: {shown}")
    metrics = lab.border.sbc_metrics()
    equal(metrics.total("parapet_policy_canary_share"), 0.5, "the share")
    arms = [metrics.total("parapet_policy_canary_calls_total", arm=arm) for arm in ("candidate", "control")]
    check(min(arms) >= 10 and sum(arms) <= 80, f"calls of both arms: {arms}")
    eventually(lambda: state(lab) == "held", "held after its time", 15)
    all_decided_by_the_old_one(lab)
    equal([how for how, _ in history(lab)], ["start", "canary", "rollback"], "the history")

    canary(lab, "--share", "50%")
    promoted = sbcctl(lab, "canary", "--promote", "--install")
    check(promoted.returncode == 0 and f"changed {policy}" in promoted.stdout, f"promote: {promoted}")
    lab.caller("caller_refused", role="new", port=5070, calls=6, rate=30, service="1999", status=404).done()
    equal(policy.read_text(), AS_GOOD, "the file on the disk")
    running = json.loads(sbcctl(lab, "running").stdout)
    equal((running["how"], running["canary"]["state"]), ("promote", "promoted"), "what runs")
    lab.border.sbc.signal(signal.SIGHUP)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_sbc_config_reloads_total", result="applied") == 1, "a reload")
    equal([how for how, _ in history(lab)], ["start", "canary", "rollback", "promote"], "one text is one policy")


@test
def refuses_half_and_is_taken_back(lab):
    start(lab, REFUSES_HALF)
    canary(lab, "--share", "50%", "--least", "20")
    long = lab.caller("caller_any", role="long", port=5070, calls=12, rate=40, talk=6000)
    lab.caller("caller_any", role="many", calls=160, rate=40, talk=50).done()
    eventually(lambda: state(lab) == "rolled_back", "taken back")
    check(lab.border.sbc_metrics().total("parapet_calls_active") > 0, "calls go on")
    all_decided_by_the_old_one(lab)
    long.done()
    status = sbcctl(lab, "canary", "--status")
    check(status.returncode == 1 and "answer_ratio: answered" in status.stdout, f"status: {status}")
    metrics = lab.border.sbc_metrics()
    equal(metrics.total("parapet_policy_canary_rollbacks_total", reason="answer_ratio"), 1, "rollbacks")
    equal(metrics.total("parapet_policy_canary_share"), 0, "the share")
    check("the canary is rolled back" in lab.border.sbc.output(), "the log says so")
    entries = history(lab)
    equal([how for how, _ in entries], ["start", "canary", "rollback"], "the history")
    check("rolled_back after" in entries[1][1] and "answered" in entries[1][1], f"its note: {entries[1]}")


@test
def throws_and_is_taken_back(lab):
    start(lab, THROWS)
    canary(lab, "--share", "30%")
    lab.caller("caller_any", role="many", calls=60, rate=40, talk=50).done()
    eventually(lambda: state(lab) == "rolled_back", "taken back")
    check("errors: handlers failed in 100.0 %" in sbcctl(lab, "canary").stdout, "why")
    all_decided_by_the_old_one(lab)


def taken_back_for(lab, reason, why):
    eventually(lambda: state(lab) == "rolled_back", "taken back", 15)
    shown = sbcctl(lab, "canary", "--status")
    check(shown.returncode == 1 and why in shown.stdout, f"status: {shown}")
    equal(lab.border.sbc_metrics().total("parapet_policy_canary_rollbacks_total", reason=reason), 1, "rollbacks")
    lab.caller("caller", role="after", port=5090, calls=10, rate=30, talk=50).done()


@test
def a_place_that_is_slow_to_ring_is_taken_back(lab):
    start(lab, ELSEWHERE)
    lab.callee("callee_rings_late", at=CARRIER2, role="late", calls=10_000, seconds=60)
    canary(lab, "--share", "50%", "--least", "12", "--pdd-rise", "300ms")
    lab.caller("caller", role="many", calls=60, rate=20, talk=50).done()
    taken_back_for(lab, "post_dial_delay", "the median of post-dial delays is ")


# Nobody speaks at the phones, and at the second trunk somebody does: the caller hears, and is not heard.
@test
def one_way_audio_is_taken_back(lab):
    start(lab, ELSEWHERE, media={"one_sided": "1s"})
    file = pcap.write(lab.directory / "tone.pcap", list(pcap.tone(440, 4, 0x51505051)))
    lab.callee("callee_plays", at=CARRIER2, role="speaks", calls=10_000, seconds=60, play="play_pcap_audio", file=file,
               media=("[media_ip]", "[media_port]"))
    canary(lab, "--share", "50%", "--least", "12")
    lab.caller("caller", role="many", calls=50, rate=20, talk=3500).done()
    taken_back_for(lab, "one_way_audio", "one-way audio in ")


@test
def a_mistake_or_a_reload_ends_it(lab):
    start(lab, "return {\n  on_invte = 1,\n}\n")
    refused = sbcctl(lab, "canary", str(lab.candidate))
    check(refused.returncode == 2 and "own.lua:" in refused.stderr and "on_invte" in refused.stderr, f"a mistake: {refused}")
    lab.candidate.write_text(RUNNING)
    refused = sbcctl(lab, "canary", str(lab.candidate))
    check(refused.returncode == 2 and "what runs already" in refused.stderr, f"the same: {refused}")
    lab.candidate.write_text(AS_GOOD)
    canary(lab)
    again = sbcctl(lab, "canary", str(lab.candidate))
    check(again.returncode == 2 and "a canary runs already" in again.stderr, f"a second one: {again}")
    lab.border.sbc.signal(signal.SIGHUP)
    eventually(lambda: state(lab) == "reloaded", "ended by the reload")
    all_decided_by_the_old_one(lab)


if __name__ == "__main__":
    main()
