#!/usr/bin/env python3
"""What an operator does: stop, reload, read metrics, make mistakes."""

import json
import pathlib
import signal
import subprocess
import time

from harness import check, equal, eventually, main, test
from harness.border import RELAY_METRICS, SBC_ADMIN, http
from harness.client import Client
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, PHONE


def answered(lab, target=PHONE):
    return lab.capture.wait(lambda m: m.is_response(200, "INVITE"), "the call is answered", target=target)


def established(lab, target=CARRIER):
    return lab.capture.wait(lambda m: m.is_request("ACK"), "the call is confirmed", target=target)


def reloads(lab, result):
    return lab.border.sbc_metrics().total("parapet_sbc_config_reloads_total", result=result)


def reload_and_wait(lab, result):
    before = reloads(lab, result)
    lab.border.sbc.signal(signal.SIGHUP)
    eventually(lambda: reloads(lab, result) == before + 1, f"a reload that is {result}")


def asked(lab, at, expected):
    """OPTIONS from there: RFC 3261 11.2, the status is the one that a new call would get."""
    with Client(at, ACCESS if at == PHONE else CORE, port=5080) as probe:
        answer = probe.ask("OPTIONS", f"sip:{ACCESS if at == PHONE else CORE}")
    equal(answer and answer.status, expected, f"the answer to OPTIONS from {at}")
    if expected == 503:
        check(answer.header("retry-after").isdigit(), f"Retry-After: {answer.header('retry-after')!r}")


# trap 87: a probe hears 503 while no call would be let in, and the probe of a call that is up hears 200.
@test
def sigterm_drains(lab):
    border = lab.start()
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=2500)
    established(lab)
    for at in (PHONE, CARRIER):
        asked(lab, at, 200)
    border.sbc.signal(signal.SIGTERM)
    eventually(lambda: not border.ready(), "not ready any more")
    for at in (PHONE, CARRIER):
        asked(lab, at, 503)
    equal(http(SBC_ADMIN, "/healthz")[0], 200, "/healthz while it drains")
    late = lab.caller("caller_refused", role="late", port=5070, status=503)
    late.done()
    refusal = lab.capture.messages(target=PHONE, where=lambda m: m.is_response(503))[0]
    check(refusal.header("retry-after").isdigit(), f"Retry-After: {refusal.header('retry-after')!r}")
    check(border.sbc.running(), "it did not wait for the call")
    caller.done()
    callee.done()
    equal(border.sbc.wait(5), 0, "exit code of the sbc")
    border.until_idle()


@test
def options_tell_that_there_is_no_room(lab):  # trap 87
    lab.start({"limits": {"calls": 1}, "process": {"shards": 1}})
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=1000)
    established(lab)
    asked(lab, CARRIER, 503)
    caller.done()
    callee.done()
    lab.border.until_idle()
    asked(lab, CARRIER, 200)


@test
def a_drain_does_not_wait_for_ever(lab):
    border = lab.start({"process": {"stop_grace": "500ms"}})
    callee = lab.callee("callee")
    caller = lab.caller("caller_hung_up")
    established(lab)
    border.sbc.signal(signal.SIGTERM)
    caller.done()
    callee.done()
    equal(border.sbc.wait(5), 0, "exit code of the sbc")
    for target in (PHONE, CARRIER):
        bye = lab.capture.messages(target=target, where=lambda m: m.is_request("BYE"))[0]
        check("operator" in bye.header("reason"), f"Reason of the BYE to {target}: {bye.header('reason')!r}")
    border.until_idle()


@test
def a_relay_that_is_asked_to_stop_waits_for_its_calls(lab):
    border = lab.start()
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=1000)
    established(lab)
    border.relay.signal(signal.SIGTERM)
    time.sleep(0.3)
    check(border.relay.running(), "it did not wait for the call")
    caller.done()
    callee.done()
    equal(border.relay.wait(12), 0, "exit code of the relay")


@test
def a_good_reload_changes_routes_and_keeps_calls(lab):
    border = lab.start()
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=1500)
    established(lab)
    border.write({"trunk": {"carrier": {"targets": [f"{CARRIER2}:5060"]}}})
    reload_and_wait(lab, "applied")
    second = lab.callee("callee", at=CARRIER2, role="second")
    caller.done()
    callee.done()
    lab.caller("caller", role="again").done()
    second.done()


@test
def a_broken_configuration_changes_nothing_and_names_its_line(lab):
    border = lab.start()
    good = border.sbc_toml.read_text()
    for text, names in ((good + "\n[realm.access]\nnonsense = [", "sbc.toml:"),
                        (good.replace("domains", "domians", 1), "domians"),
                        (good.replace("default.lua", "missing.lua"), "missing.lua")):
        border.sbc_toml.write_text(text)
        reload_and_wait(lab, "refused")
        eventually(lambda: names in border.sbc.output(), f"{names} in the log")
        checked = subprocess.run([border._binaries.sbc, "--check", "--config", border.sbc_toml], capture_output=True,
                                 text=True, timeout=10)
        check(checked.returncode != 0 and names in checked.stderr, f"--check: {checked.returncode} {checked.stderr}")
    border.sbc_toml.write_text(good)
    lab.call("caller", "callee")
    equal(reloads(lab, "applied"), 0, "applied reloads")


@test
def a_broken_policy_changes_nothing_and_names_its_line(lab):
    border = lab.start()
    policy = lab.directory / "own.lua"
    policy.write_text("return {\n  on_invite = function(call)\n    return rejekt((\n  end,\n}\n")
    border.write({"policy": {"file": str(policy)}})
    reload_and_wait(lab, "refused")
    eventually(lambda: "own.lua:" in border.sbc.output(), "own.lua and its line in the log")
    lab.call("caller", "callee")
    policy.write_text('return { on_invite = function(call) return reject(410, "Moved away") end,'
                      " on_register = function(r) return r.challenge_unless_authenticated() end }\n")
    reload_and_wait(lab, "applied")
    lab.caller("caller_refused", role="refused", status=410).done()


@test
def a_call_keeps_the_policy_that_it_began_under(lab):
    policy = lab.directory / "own.lua"

    def write(word, decision):
        policy.write_text("return {\n  on_register = function(r) return r.challenge_unless_authenticated() end,\n"
                          f"  on_invite = function(call) return {decision} end,\n"
                          f'  on_end = function(call, ending) log.info("{word}", ending.status) end,\n}}\n')

    write("the first", 'route { trunk = "carrier" }')
    border = lab.start({"policy": {"file": str(policy)}})
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=1500)
    established(lab)
    write("the second", "reject(410)")
    reload_and_wait(lab, "applied")
    lab.caller("caller_refused", role="new", port=5070, status=410).done()
    eventually(lambda: "the second 410" in border.sbc.output(), "the new call ends under the new policy")
    caller.done()
    callee.done()
    eventually(lambda: "the first 200" in border.sbc.output(), "the old call ends under the old policy")
    check("the second 200" not in border.sbc.output(), "both policies were told")


def sbcctl(lab, *arguments):
    tool = pathlib.Path(lab.border._binaries.sbc).with_name("sbcctl")
    return subprocess.run([tool, "policy", *arguments, "--config", lab.border.sbc_toml], capture_output=True, text=True,
                          timeout=20)


@test
def a_policy_must_pass_its_tests_and_what_ran_is_kept(lab):
    folder = lab.directory / "own"
    (folder / "tests").mkdir(parents=True)
    policy = folder / "own.lua"

    def answers(status):
        policy.write_text("return {\n  on_register = function(r) return r.challenge_unless_authenticated() end,\n"
                          f"  on_invite = function(call) return reject({status}, \"Moved away\") end,\n}}\n")

    tests = folder / "tests" / "own_test.lua"
    tests.write_text('test("nobody lives here", function()\n  expect(call { to = "100" }.status, 410)\nend)\n')
    answers(410)
    border = lab.start({"policy": {"file": str(policy), "history": str(lab.directory / "history")}})
    lab.caller("caller_refused", role="first", status=410).done()

    answers(404)
    reload_and_wait(lab, "refused")
    eventually(lambda: "nobody lives here" in border.sbc.output(), "the test in the log")
    for more, code in (([], 0), (["--tests"], 1)):
        checked = subprocess.run([border._binaries.sbc, "--check", *more, "--config", border.sbc_toml],
                                 capture_output=True, text=True, timeout=10)
        equal(checked.returncode, code, f"--check {more}: {checked.stderr}")
    check("own_test.lua:2: nobody lives here" in checked.stderr, f"--check: {checked.stderr}")
    lab.caller("caller_refused", role="still", status=410).done()
    kept = sbcctl(lab, "rollback", "1")
    check(kept.returncode == 2 and "never ran" in kept.stderr, f"rollback over what never ran: {kept}")

    tests.write_text(tests.read_text().replace("410", "404"))
    equal(sbcctl(lab, "note", "everybody has moved", "--author", "ines").returncode, 0, "a note")
    reload_and_wait(lab, "applied")
    lab.caller("caller_refused", role="gone", status=404).done()
    changes = sbcctl(lab, "diff", "1", "2")
    check(changes.returncode == 1 and "-  on_invite = function(call) return reject(410" in changes.stdout, f"diff: {changes}")
    equal(sbcctl(lab, "diff").returncode, 0, "what runs and what lies on the disk are one")

    back = sbcctl(lab, "rollback")
    check(back.returncode == 0 and f"changed {policy}" in back.stdout and "has reloaded" in back.stdout, f"rollback: {back}")
    lab.caller("caller_refused", role="back", status=410).done()
    said = json.loads(http(SBC_ADMIN, "/policy/history")[1])
    equal([(entry["how"], entry.get("author"), entry.get("note")) for entry in said[:2]],
          [("start", None, None), ("reload", "ines", "everybody has moved")], "the history of the admin address")
    check(said[2]["note"].startswith("back to 1-"), f"who asked for the rollback: {said[2]}")
    running = json.loads(sbcctl(lab, "running").stdout)
    equal((running["hash"], running["how"], running["file"]), (said[2]["hash"], "rollback", str(policy)), "what runs")
    control = lab.directory / "sbc.control"
    equal(control.stat().st_mode & 0o777, 0o600, "the mode of the control socket")
    lines = [line.split() for line in sbcctl(lab, "history").stdout.splitlines()]
    equal([(line[0], line[4]) for line in lines], [("1", "start"), ("2", "reload"), ("3", "rollback")], "the history")
    equal(lines[0][3], lines[2][3], "the hash of what runs again")


@test
def a_policy_that_runs_wild_is_stopped_and_the_fallback_decides(lab):
    policy = lab.directory / "wild.lua"
    policy.write_text("return {\n  on_register = function(r) return r.challenge_unless_authenticated() end,\n"
                      "  on_invite = function(call)\n    while true do end\n  end,\n}\n")
    border = lab.start({"policy": {"file": str(policy), "invite_fallback": 503}})
    lab.caller("caller_refused", status=503).done()
    equal(border.sbc_metrics().total("parapet_policy_errors_total", handler="on_invite"), 1, "policy errors")
    eventually(lambda: "wild.lua:" in border.sbc.output(), "wild.lua and its line in the log")


@test
def metrics_count_what_happened(lab):
    border = lab.start()
    lab.call("caller", "callee")
    # Counters of the calls are copied to the metrics once a second.
    eventually(lambda: border.sbc_metrics().total("parapet_calls_started_total") > 0, "the call is counted")
    border.until_idle()
    metrics = border.sbc_metrics()
    for name, labels, expected in (("parapet_calls_started_total", {}, 1), ("parapet_calls_total", {"result": "answered"}, 1),
                                   ("parapet_requests_total", {"direction": "in", "method": "INVITE"}, 1),
                                   ("parapet_requests_total", {"direction": "out", "method": "INVITE"}, 1),
                                   ("parapet_requests_total", {"direction": "in", "method": "REGISTER"}, 2),
                                   ("parapet_call_setup_seconds_count", {}, 1), ("parapet_sbc_bindings", {}, 1),
                                   ("parapet_registrations_total", {"result": "registered"}, 1)):
        equal(metrics.total(name, **labels), expected, f"{name} {labels}")
    equal(border.relay_metrics().total("relay_sessions_opened_total"), 1, "sessions that the relay opened")
    for address in (SBC_ADMIN, RELAY_METRICS):
        for path in ("/healthz", "/readyz", "/metrics"):
            equal(http(address, path)[0], 200, f"{address}{path}")
        equal(http(address, "/nonsense")[0], 404, f"{address}/nonsense")



@test
def the_trace_shows_each_message_without_credentials(lab):
    lab.start({"process": {"shards": 1}})  # between two threads the order of lines is not exact
    lab.call("caller", "callee")
    lab.border.until_idle()
    lab.border.sbc.stop(8)  # what was written last is in the file
    lines = lab.trace()
    seen = [(line["direction"], line["realm"], line["remote"]) for line in lines if line["message"].startswith("INVITE ")]
    equal(seen, [("in", "access", f"{PHONE}:5060"), ("out", "core", f"{CARRIER}:5060")], "the INVITEs of the trace")
    times = [line["time_us"] for line in lines]
    equal(times, sorted(times), "the order of the trace")
    proofs = [line["message"] for line in lines if "\nAuthorization:" in line["message"]]
    check(proofs and not any("response=\"" in text for text in proofs), f"credentials in the trace: {proofs}")


@test
def a_reload_switches_the_trace_on_and_off(lab):
    border = lab.start({"log": {"sip_trace": ""}})
    trace, config = lab.directory / "wanted.jsonl", border.sbc_toml
    without = config.read_text()
    check('sip_trace = ""' in without, f"the configuration:\n{without}")
    asked(lab, PHONE, 200)
    config.write_text(without.replace('sip_trace = ""', f'sip_trace = "{trace}"'))
    reload_and_wait(lab, "applied")
    asked(lab, CARRIER, 200)
    config.write_text(without)
    reload_and_wait(lab, "applied")
    asked(lab, PHONE, 200)
    eventually(lambda: len(trace.read_text().splitlines()) == 2, "the request and the response of the time between")
    equal([json.loads(line)["realm"] for line in trace.read_text().splitlines()], ["core", "core"], "the realms of the trace")
    equal(trace.stat().st_mode & 0o777, 0o600, "the mode of the trace")
    equal(border.sbc_metrics().total("parapet_sbc_trace_dropped_total"), 0, "messages that are not in it")


if __name__ == "__main__":
    main()
