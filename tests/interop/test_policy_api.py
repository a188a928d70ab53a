#!/usr/bin/env python3
"""The tools of a policy and reloads over the control socket, as a program asks them: plain HTTP."""

import http.client
import json
import pathlib
import socket
import subprocess
from urllib.parse import urlencode

from harness import check, equal, eventually, main, test

POLICY = """return {
  on_register = function(r) return r.challenge_unless_authenticated() end,
  on_invite = function(call)
    if call.to.user == "1999" then return reject(410) end
    return route { trunk = "carrier" }
  end,
}
"""
CANDIDATE = POLICY.replace("410", "404")
WRONG = POLICY.replace("trunk = \"carrier\"", "trnk = \"carrier\"")
TEST = """test("nobody lives at 1999", function()
  expect(call { to = "1999" }.status, 410)
end)
"""


class Local(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self._path)


def ask(lab, method, path, body=None, **query):
    """The status, and the body."""
    wire = Local(lab.directory / "sbc.control")
    wire.request(method, path + ("?" + urlencode(query) if query else ""), body)
    answer = wire.getresponse()
    said = answer.read().decode()
    wire.close()
    return answer.status, said


def parcel(text, name="own.lua"):
    return f"{len(text.encode())} {name}\n{text}".encode()


def result(lab, path, candidate=None, **query):
    """Of a job, once it is over."""
    status, said = ask(lab, "POST", path, parcel(candidate) if candidate else b"", **query)
    equal(status, 202, f"{path}: {said}")
    number = json.loads(said)["job"]

    def over():
        status, said = ask(lab, "GET", "/policy/job", number=number)
        equal(status, 200, f"job {number}: {said}")
        job = json.loads(said)
        return job if job["state"] in ("done", "failed") else None
    job = eventually(over, f"the end of job {number}", 20)
    equal((job["job"], job["tool"]), (number, path.rsplit("/", 1)[1]), "whose job it is")
    return job


def start(lab):
    folder = lab.directory / "own"
    (folder / "tests").mkdir(parents=True)
    (folder / "own.lua").write_text(POLICY)
    (folder / "tests" / "own_test.lua").write_text(TEST)
    lab.start({"policy": {"file": str(folder / "own.lua"), "history": str(lab.directory / "history"),
                          "record": str(lab.directory / "decisions.jsonl")}})
    lab.callee("callee", calls=10_000, seconds=60)
    return folder


@test
def tools_over_http(lab):
    start(lab)
    good = result(lab, "/policy/check")["result"]
    equal((good["good"], good["findings"]), (True, []), "what runs")
    wrong = result(lab, "/policy/check", WRONG)["result"]
    equal((wrong["good"], wrong["errors"]), (False, 1), "a candidate with a mistake")
    equal((wrong["findings"][0]["file"], wrong["findings"][0]["line"]), ("own.lua", 5), "where it is")
    check('"trunk"' in wrong["findings"][0]["text"], f"the nearest name: {wrong['findings'][0]}")
    syntax = result(lab, "/policy/simulate", "return {", to="100")
    equal(syntax["state"], "failed", "a policy that does not load")
    check("own.lua:1" in syntax["error"], f"where: {syntax}")

    tested = result(lab, "/policy/test")["result"]
    equal((tested["good"], tested["passed"], tested["calls"]), (True, 1, 1), "the tests of what runs")
    failed = result(lab, "/policy/test", CANDIDATE)["result"]
    equal((failed["good"], failed["failures"][0]["test"]), (False, "nobody lives at 1999"), "the tests of a candidate")

    played = result(lab, "/policy/simulate", to="100", authenticated="alice", header="Subject: one\nX-Second: two")["result"]
    equal((played["good"], played["status"], played["attempts"][0]["to"]), (True, 200, "carrier"), "a call")
    check(played["attempts"][0]["invite"].startswith("INVITE sip:100@"), f"the INVITE: {played['attempts'][0]}")
    equal([d["handler"] for d in played["decisions"]][0], "on_invite", "who decided")
    equal(result(lab, "/policy/simulate", CANDIDATE, to="1999")["result"]["status"], 404, "a candidate's answer")

    lab.caller("caller_refused", role="decided", calls=6, rate=30, service="1999", status=410).done()
    same = result(lab, "/policy/replay")["result"]
    check(same["compared"] >= 6 and same["different"] == 0, f"what ran, again: {same}")
    new = result(lab, "/policy/replay", CANDIDATE)["result"]
    equal((new["different"], new["differences"][0]["count"]), (6, 6), "what a candidate would change")
    metrics = lab.border.sbc_metrics()
    equal(metrics.total("parapet_policy_jobs_total", tool="replay", result="done"), 2, "jobs")
    equal(metrics.total("parapet_policy_jobs_total", tool="simulate", result="failed"), 1, "jobs that failed")


@test
def wrong_questions(lab):
    start(lab)
    for expected, method, path, body, query in (
            (400, "POST", "/policy/simulate", b"", {"to": "1", "trnk": "x"}),
            (422, "POST", "/policy/check", b"no parcel", {}),
            (400, "GET", "/policy/job", None, {}),
            (404, "GET", "/policy/job", None, {"number": 99}),
            (405, "GET", "/policy/check", None, {}),
            (409, "POST", "/policy/rollback", b"", {}),
            (409, "POST", "/policy/rollback", b"", {"to": "77"})):
        status, said = ask(lab, method, path, body, **query)
        equal(status, expected, f"{method} {path} {query}: {said}")


@test
def reload_and_back(lab):
    folder = start(lab)
    tool = pathlib.Path(lab.border._binaries.sbc).with_name("sbcctl")

    def reload():
        return subprocess.run([tool, "reload", "--config", lab.border.sbc_toml], capture_output=True, text=True, timeout=20)

    (folder / "own.lua").write_text(CANDIDATE)
    refused = reload()
    check(refused.returncode == 1 and "nobody lives at 1999" in refused.stderr, f"why it is refused: {refused}")
    (folder / "tests" / "own_test.lua").write_text(TEST.replace("410", "404"))
    done = reload()
    check(done.returncode == 0 and json.loads(done.stdout)["policy_tests"] == 1, f"a reload: {done}")
    check(json.loads(ask(lab, "GET", "/policy/history")[1])[-1]["author"], "who has reloaded is the author when nobody says who it is")
    lab.caller("caller_refused", role="new", service="1999", status=404).done()

    status, said = ask(lab, "POST", "/policy/rollback", b"", author="ines", note="1999 is taken")
    equal((status, json.loads(said)["how"]), (200, "rollback"), f"back: {said}")
    lab.caller("caller_refused", role="old", service="1999", status=410, port=5092).done()
    equal((folder / "own.lua").read_text(), CANDIDATE, "the files are left alone")
    last = json.loads(ask(lab, "GET", "/policy/history")[1])[-1]
    equal((last["how"], last["author"], last["note"].endswith(": 1999 is taken")), ("rollback", "ines", True), f"the history: {last}")
    equal(ask(lab, "POST", "/policy/rollback", b"", to="1")[0], 409, "it runs already")


if __name__ == "__main__":
    main()
