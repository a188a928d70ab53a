#!/usr/bin/env python3
"""Decisions that a border has recorded, made again by sbcctl: by the same policy, and by one with another rule."""

import json
import os
import pathlib
import signal
import stat
import subprocess

from harness import check, equal, main, test
from harness.border import OWN_POLICIES
from harness.checks import eventually
from harness.lab import CARRIER, PHONE
from harness.service import Service

SERVICE = "http://127.0.0.1:8080/v1/"
CLOSED = 'return reject(486, "Closed"'


def start(lab, policy_settings=None):
    policy = lab.directory / "decisions.lua"
    policy.write_text((OWN_POLICIES / "decisions.lua").read_text())
    lab.keep(Service("127.0.0.1", answers={f"/v1/asked-{i}": {"number": f"99{i}"} for i in range(4)}))
    lab.start({"process": {"shards": 2},
               "policy": {"file": str(policy), "record": str(lab.directory / "decisions.jsonl"),
                          "settings": {"trust_udp_addresses": None, "service": SERVICE}, "http": {"allow": [SERVICE]},
                          **(policy_settings or {})}})
    return policy, lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")


def invite(alice, user):
    return alice.invite(f"sip:{user}@example.org", sdp=alice.sdp())


def refused(alice, user, status):
    call = invite(alice, user)
    call.response(status)
    return call.call_id


def failed_there(alice, carrier, user, status, expected=None):
    call = invite(alice, user)
    carrier.request("INVITE").reply(status)
    call.response(expected or status)
    return call.call_id


def talk(alice, carrier, user):
    call = invite(alice, user)
    carrier.request("INVITE").reply(200, sdp=carrier.sdp())
    call.response(200)
    call.ack()
    carrier.request("ACK")
    bye = call.send("BYE")
    carrier.request("BYE").reply(200)
    bye.response(200)
    return call.call_id


def all_kinds(alice, carrier):
    """Some dozens of calls, their Call-IDs by the rule that decides."""
    calls = {name: [] for name in ("closed", "often", "broken", "asked", "plain", "later", "team")}
    for i in range(8):
        calls["closed"].append(refused(alice, f"closed-{i}", 486))
        calls["often"].append(refused(alice, f"often-{i}", 404 if i < 4 else 429))
        calls["plain"].append(failed_there(alice, carrier, f"1{i}", 486))
    for i in range(4):
        calls["asked"].append(failed_there(alice, carrier, f"asked-{i}", 404))
        calls["broken"].append(refused(alice, f"broken-{i}", 500))
        calls["later"].append(failed_there(alice, carrier, f"2{i}", 503, expected=480))
        calls["plain"].append(talk(alice, carrier, f"3{i}"))
    for i in range(2):
        call = invite(alice, f"team-{i}")  # to alice's own phone, which is busy
        alice.request("INVITE").reply(486)
        carrier.request("INVITE").reply(486)
        call.response(486)
        calls["team"].append(call.call_id)
    return calls


def lines(lab, name="decisions.jsonl"):
    return [json.loads(line) for line in (lab.directory / name).read_text().splitlines()]


def recorded(lab, handler, count):
    eventually(lambda: sum(line["handler"] == handler for line in lines(lab)) == count, f"{count} decisions of {handler}")


def replay(lab, *more, source="decisions.jsonl"):
    tool = pathlib.Path(lab.border._binaries.sbc).with_name("sbcctl")
    return subprocess.run([tool, "policy", "replay", lab.directory / source, "--config", lab.border.sbc_toml, *more],
                          capture_output=True, text=True, timeout=60)


def replay_json(lab, *more, code):
    done = replay(lab, "--json", *more)
    equal(done.returncode, code, f"the end of replay: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


@test
def what_was_recorded_is_decided_again(lab):
    policy, alice, carrier = start(lab)
    calls = all_kinds(alice, carrier)
    count = sum(len(one) for one in calls.values())
    recorded(lab, "on_invite", count)
    recorded(lab, "on_end", count)
    equal(stat.S_IMODE(os.stat(lab.directory / "decisions.jsonl").st_mode), 0o600, "who may read the recording")
    equal(lab.border.sbc_metrics().total("parapet_sbc_policy_record_drops_total"), 0, "decisions that are missing")
    check("wonder-land" not in (lab.directory / "decisions.jsonl").read_text(), "a password in the recording")

    same = replay_json(lab, code=0)
    equal(same["different"], 0, f"differences of one policy: {same}")
    equal(same["unanswered"], [], "questions that the record does not answer")
    equal(same["compared"], len(lines(lab)), "decisions that were made again")
    equal(same["handlers"]["on_invite"], {"same": count, "different": 0}, "decisions of on_invite")
    # Busy 8, nobody 4, later 4, and for the team the phone and the carrier, 2 each.
    equal(same["handlers"]["on_failure"]["same"], 20, "decisions of on_failure")
    again = replay(lab)
    equal(again.returncode, 0, again.stderr)
    equal(replay(lab).stdout, again.stdout, "the same run twice")

    one_rule = lab.directory / "mutated.lua"
    text = policy.read_text()
    check(CLOSED in text, "the rule that is changed")
    one_rule.write_text(text.replace(CLOSED, 'return reject(480, "Closed"'))
    found = replay_json(lab, "--policy", one_rule, code=1)
    equal(found["different"], 8, f"differences: {found['differences']}")
    equal([(g["handler"], g["change"], g["count"], sorted(g["examples"])) for g in found["differences"]],
          [("on_invite", "reject 486 -> reject 480", 8, sorted(calls["closed"]))], "what the rule changes")
    line = 1 + next(i for i, l in enumerate(text.splitlines()) if CLOSED in l)
    equal((found["differences"][0]["old_where"], found["differences"][0]["new_where"]),
          (f"decisions.lua:{line}", f"mutated.lua:{line}"), "where it was decided, and is")
    people = replay(lab, "--policy", one_rule)
    equal(people.returncode, 1, people.stderr)
    check("on_invite: reject 486 -> reject 480: 8 decisions, e.g. " in people.stdout, people.stdout)
    check(f"old decisions.lua:{line}: " in people.stdout and f"new mutated.lua:{line}: " in people.stdout, people.stdout)

    # A rule that asks what nobody had asked, in on_failure: a guess, and said to be one.
    one_rule.write_text(text.replace("give_up(480, \"Later\")",
                                     "give_up(location.known(call.to.aor) and 486 or 480, \"Later\")"))
    asked = replay_json(lab, "--policy", one_rule, code=0)
    equal((asked["unanswered_in"], {q["kind"] for q in asked["unanswered"]}), (4, {"known"}), "questions without an answer")

    whole = (lab.directory / "decisions.jsonl").read_bytes()
    (lab.directory / "cut.jsonl").write_bytes(whole[:-40])
    cut = replay(lab, source="cut.jsonl")
    equal(cut.returncode, 0, cut.stderr)
    check("the last line was cut off and is left out" in cut.stdout, cut.stdout)


@test
def recording_is_switched_by_a_reload(lab):
    _, alice, _ = start(lab, {"record_limit": 2 << 20})
    border = lab.border
    refused(alice, "closed-1", 486)
    recorded(lab, "on_invite", 1)
    reloads = border.sbc_metrics().total("parapet_sbc_config_reloads_total", result="applied")
    for changes, applied in (({"record": None}, 1), ({"record": str(lab.directory / "other.jsonl")}, 2)):
        border.write({"policy": changes})
        border.sbc.signal(signal.SIGHUP)
        eventually(lambda: border.sbc_metrics().total("parapet_sbc_config_reloads_total", result="applied")
                   == reloads + applied, "a reload")
        refused(alice, f"closed-{applied + 1}", 486)
    eventually(lambda: (lab.directory / "other.jsonl").read_text().count('"on_invite"') == 1, "a decision in the other file")
    recorded(lab, "on_invite", 1)
    border.write({"policy": {"record": "/nonexistent/decisions.jsonl"}})
    border.sbc.signal(signal.SIGHUP)
    eventually(lambda: border.sbc_metrics().total("parapet_sbc_config_reloads_total", result="refused") == 1,
               "a reload that is refused")
    check("policy.record: /nonexistent/decisions.jsonl: open" in border.sbc.output(), "why")


if __name__ == "__main__":
    main()
