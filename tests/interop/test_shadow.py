#!/usr/bin/env python3
"""A candidate policy beside the one that decides: it is told the same, acts on nothing, and is compared."""

import json
import pathlib
import shutil
import signal
import subprocess
import time

from harness import check, equal, eventually, main, test
from harness.border import OWN_POLICIES, POLICIES
from harness.lab import ACCESS, CARRIER, PHONE
from harness.ua import Dialog

DOMAIN = "@example.org"


def shadow(lab, *arguments):
    tool = pathlib.Path(lab.border._binaries.sbc).with_name("sbcctl")
    return subprocess.run([tool, "policy", "shadow", *arguments, "--config", lab.border.sbc_toml], capture_output=True,
                          text=True, timeout=60)


def begin(lab, candidate, *more):
    began = shadow(lab, candidate, *more)
    equal(began.returncode, 0, f"a shadow begins: {began.stderr}")


def status(lab):
    return json.loads(shadow(lab, "--status", "--json").stdout)


def counted(lab, name, **labels):
    return lab.border.sbc_metrics().total(f"parapet_policy_shadow_{name}", **labels)


def candidate(lab, was="", becomes=""):
    """The shipped policy, but for one line, under a name of its own; and that line's number."""
    folder = lab.directory / "candidate"
    shutil.copytree(POLICIES, folder, dirs_exist_ok=True)
    text = (POLICIES / "default.lua").read_text()
    equal(text.count(was) if was else 1, 1, f"lines with {was!r} in the shipped policy")
    (folder / "new.lua").write_text(text.replace(was, becomes) if was else text)
    return folder / "new.lua", text[:text.index(was)].count("\n") + 1


def told(lab, handler, expected):
    eventually(lambda: counted(lab, "invocations_total", handler=handler) == expected, f"{expected} times {handler}", 10)


def invite(ua, user):
    return ua.invite(f"sip:{user}{DOMAIN}", sdp=ua.sdp())


def refused(ua, user, expected):
    """How long the answer took."""
    began = time.monotonic()
    call = invite(ua, user)
    call.response(expected, 10)
    took = time.monotonic() - began
    call.ack(status=expected)
    return took


@test
def the_same_policy_differs_in_nothing(lab):
    lab.start(register=False)
    policy, _ = candidate(lab)
    begin(lab, policy.parent)  # the default.lua there, as that is what runs
    lab.register("alice", PHONE)
    lab.call("caller", "callee")
    lab.call_from_carrier("caller", "callee")
    lab.border.until_idle()
    told(lab, "on_invite", 2)
    told(lab, "on_end", 2)
    told(lab, "on_register", 2)
    said = status(lab)
    equal((said["state"], said["report"]["compared"] > 6, said["report"]["different"]), ("running", True, 0), "compared")
    equal((said["failed"], said["unanswered"], said["dropped"]), ({}, {}, 0), "failures, guesses, drops")
    for name in ("differences_total", "failures_total", "unanswered_total", "dropped_total"):
        equal(counted(lab, name), 0, name)
    equal(counted(lab, "running"), 1, "shadows that run")
    check(counted(lab, "cpu_seconds_total") > 0 and said["memory_bytes"] > 0, f"what it costs: {said}")


@test
def one_rule_that_differs_gives_its_differences_and_no_other(lab):
    lab.start()
    policy, line = candidate(lab, 'or to_phone(call.to.user) or reject(404)', 'or to_phone(call.to.user) or reject(604)')
    begin(lab, policy)
    carrier = lab.ua(CARRIER, "carrier")
    for _ in range(3):
        refused(carrier, "nobody", 404)  # as the running one says
    carrier.kill()
    lab.call("caller", "callee")
    lab.call_from_carrier("caller", "callee")
    lab.border.until_idle()
    told(lab, "on_invite", 5)
    told(lab, "on_end", 5)
    report = status(lab)["report"]
    equal(report["handlers"]["on_invite"], {"same": 2, "different": 3}, "calls")
    equal(report["different"], 3, "differences")
    equal([(g["change"], g["count"], g["old_where"], g["new_where"], len(g["examples"])) for g in report["differences"]],
          [("reject 404 -> reject 604", 3, f"default.lua:{line}", f"new.lua:{line}", 3)], "kinds of differences")
    text = shadow(lab, "--status").stdout
    check("on_invite: 2 the same, 3 different" in text and "reject 404 -> reject 604" in text, f"the report: {text}")
    equal(counted(lab, "differences_total", handler="on_invite"), 3, "differences in the metrics")
    lab.border.sbc.signal(signal.SIGHUP)  # the shadow stays, and counts from nought
    eventually(lambda: status(lab)["state"] == "running" and status(lab)["report"]["compared"] == 0, "it is loaded anew")


def talk(lab, alice, carrier):
    """A call in which all happens that a policy may be asked about."""
    voice = lab.rtp(CARRIER, 0x2222, 7100)
    call = alice.invite("sip:1000" + DOMAIN)
    invite = carrier.request("INVITE")
    invite.reply(180)
    call.response(180)
    invite.reply(200, sdp=carrier.sdp(7100))
    call.response(200)
    call.ack()
    carrier.request("ACK")
    voice.send_to(invite.media()[:2])  # and the phone says nothing
    told(lab, "on_timer", 1)
    told(lab, "on_media_quality", 1)
    again = call.send("INVITE", body=alice.sdp(direction="sendonly"))
    carrier.request("INVITE").reply(200, sdp=carrier.sdp(7100, "recvonly"))
    again.response(200)
    call.ack()
    carrier.request("ACK")
    for body, kind in (("Signal=5\r\nDuration=160\r\n", "application/dtmf-relay"), ("hello", "text/plain")):
        sent = call.send("INFO", body=body, content_type=kind)
        carrier.request("INFO").reply(200)
        sent.response(200)
    call.send("REFER", headers=["Refer-To: <sip:1777@example.org>"]).response(202)
    alice.request("NOTIFY").reply(200)
    carrier.request("INVITE").reply(486)
    alice.request("NOTIFY").reply(200)
    bye = call.send("BYE")
    carrier.request("BYE").reply(200)
    bye.response(200)
    return call


# What decides has two handlers, and the candidate has all.
@test
def what_only_the_candidate_handles_is_asked_of_it(lab):
    lab.start({"policy": {"file": str(OWN_POLICIES / "lean.lua"), "settings": None, "explain": 64},
               "media": {"one_sided": "1s"}})
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    begin(lab, OWN_POLICIES / "fussy.lua")
    call = talk(lab, alice, carrier)
    asked = Dialog(alice, "sip:" + ACCESS)
    asked.send("OPTIONS").response(200)
    told(lab, "on_end", 1)
    report = status(lab)["report"]
    once = {"on_screen": 1, "on_request": 1, "on_provisional": 1, "on_answer": 1, "on_reinvite": 1, "on_refer": 1, "on_info": 2,
            "on_dtmf": 1, "on_timer": 1, "on_media_quality": 1, "on_end": 1}
    equal({name: count["different"] for name, count in report["handlers"].items() if count["different"] and name in once}, once,
          "decisions of the candidate that differ")
    for name, count in once.items():
        equal(counted(lab, "differences_total", handler=name), count, f"{name} in the metrics")
    equal(report["handlers"]["on_screen"], {"same": 1, "different": 1}, "the INVITE and the OPTIONS")
    said = {(g["handler"], g["change"]) for g in report["differences"]}
    check({("on_answer", "usual -> hang_up 603"), ("on_screen", "accept -> reject 405")} <= said, f"the differences: {said}")
    check(counted(lab, "cpu_seconds_total") > 0, "what it costs")
    # What decides was not asked what it has no handler for, and nothing of it stands in the call's explanation.
    metrics = lab.border.sbc_metrics()
    equal(metrics.total("parapet_policy_errors_total"), 0, "failures of what decides")
    tool = pathlib.Path(lab.border._binaries.sbc).with_name("sbcctl")
    why = subprocess.run([tool, "policy", "explain", call.call_id, "--json", "--config", lab.border.sbc_toml],
                         capture_output=True, text=True, timeout=20).stdout
    ran = {step["handler"] for step in json.loads(why)["steps"] if step["kind"] == "handler"}
    equal(ran & set(once), set(), "handlers in the explanation that do not exist")
    shadow(lab, "--stop")
    before = counted(lab, "invocations_total")
    asked.send("OPTIONS").response(200)
    equal(counted(lab, "invocations_total"), before, "decisions that are told to nobody")


# Its endless loop costs a thread of low priority, and no call.
def priorities(lab):
    """Nice values of the border's threads. /proc shows the processes of the machine, whose numbers are not those in here."""
    border = str(lab.border.sbc_toml).encode()
    for process in pathlib.Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"/sbc") and border in words:
                return [int((task / "stat").read_text().rpartition(")")[2].split()[16]) for task in (process / "task").iterdir()]
        except OSError:
            continue  # it has just ended
    raise AssertionError("the border is no process of this machine")


@test
def a_candidate_that_runs_wild_holds_up_no_call(lab):
    lab.start()
    carrier = lab.ua(CARRIER, "carrier")
    calls = 100
    for _ in range(20):
        refused(carrier, "nobody", 404)
    without = sorted(refused(carrier, "nobody", 404) for _ in range(calls))
    wild = lab.directory / "wild.lua"
    wild.write_text("return {\n  on_register = function(r) return r.challenge_unless_authenticated() end,\n"
                    "  on_invite = function(call)\n    while true do end\n  end,\n}\n")
    begin(lab, wild)
    beside = sorted(refused(carrier, "nobody", 404) for _ in range(calls))
    carrier.kill()
    lab.call("caller", "callee")
    told(lab, "on_invite", calls + 1)
    equal(counted(lab, "failures_total", handler="on_invite"), calls + 1, "failures of the candidate")
    equal(priorities(lab).count(19), 1, "threads of low priority while it runs")
    equal(lab.border.sbc_metrics().total("parapet_policy_errors_total"), 0, "failures of the policy that decides")
    p99 = (without[calls - 2], beside[calls - 2])
    check(p99[1] < 2 * p99[0] + 0.05, f"99 of 100 answers took {p99[0] * 1000:.1f} ms without it, {p99[1] * 1000:.1f} ms beside it")
    print(f"median {without[calls // 2] * 1000:.2f} -> {beside[calls // 2] * 1000:.2f} ms, "
          f"p99 {p99[0] * 1000:.2f} -> {p99[1] * 1000:.2f} ms")
    ended = shadow(lab, "--stop")
    check(ended.returncode == 0 and "the budget of" in ended.stdout, f"the last report: {ended}")
    eventually(lambda: counted(lab, "running") == 0, "its thread is gone")
    equal([nice for nice in priorities(lab) if nice == 19], [], "threads of low priority that are left")
    equal(shadow(lab, "--stop").returncode, 2, "nothing is left to stop")
    equal(status(lab)["state"], "stopped", "the last report stays")


@test
def what_cannot_be_begun_says_why(lab):
    lab.start({"process": {"shards": 1}})
    broken = lab.directory / "broken.lua"
    broken.write_text("return {\n  on_invite = function(call)\n    return rejekt((\n  end,\n}\n")
    said = shadow(lab, broken)
    check(said.returncode == 1 and "broken.lua:" in said.stderr, f"a broken candidate: {said}")
    eventually(lambda: counted(lab, "running") == 0, "no thread is left")
    for arguments in ((broken, "--share", "0"), (broken, "--share", "101%"), (broken, "--stop"), (),
                      (lab.directory / "missing.lua",)):
        equal(shadow(lab, *arguments).returncode, 2, f"sbcctl policy shadow {arguments}")
    equal(shadow(lab, "--status").stdout.startswith("shadow broken.lua: failed: "), True, "what became of it")


@test
def a_sample_is_told_of_less(lab):
    lab.start()
    policy, _ = candidate(lab)
    begin(lab, policy, "--share", "20%")
    carrier = lab.ua(CARRIER, "carrier")
    for _ in range(100):
        refused(carrier, "nobody", 404)
    time.sleep(0.2)
    count = counted(lab, "invocations_total", handler="on_invite")
    check(2 <= count <= 50, f"of 100 calls {count} were told")
    equal(status(lab)["share"], 0.2, "the share")


if __name__ == "__main__":
    main()
