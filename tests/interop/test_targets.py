#!/usr/bin/env python3
"""Health of trunk targets: probes, what calls meet, and what becomes of calls meanwhile."""

import json
import signal
import threading

from harness import check, equal, main, test
from harness.border import CORE, OWN_POLICIES, SBC_ADMIN, http
from harness.checks import eventually
from harness.lab import CARRIER, CARRIER2, PHONE
from harness.message import Message
from harness.ua import Ua

NUMBER = "sip:1000@example.org"
FAST = {"interval": "1s", "timeout": "300ms"}


class Target:
    """A carrier that answers OPTIONS as told, and calls with 486; `invites` counts them."""

    def __init__(self, lab, at, status=200, extra=()):
        self.ua = Ua(at, "carrier", CORE)
        self.status, self.extra = status, list(extra)  # status None: silence
        self.call_status, self.call_extra = 486, []
        self.probes, self.invites, self.acks = [], [], []
        self._running = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        lab.keep(self)

    def running(self):
        return self._running

    def kill(self):
        self._running = False
        self._thread.join()
        self.ua.kill()

    def _serve(self):
        while self._running:
            request = self.ua.maybe(Message.is_request, 0.1)
            if request is None:
                continue
            method = request.message.start.split()[0]
            if method == "OPTIONS":
                self.probes.append(request.message)
                if self.status is not None:
                    request.reply(self.status, headers=self.extra)
            elif method == "INVITE":
                self.invites.append(request.message)
                if self.call_status is not None:
                    request.reply(self.call_status, headers=self.call_extra)


def start(lab, probe=None, targets=(CARRIER, CARRIER2)):
    lab.start({"trunk": {"carrier": {"targets": [f"{t}:5060" for t in targets], "probe": {**FAST, **(probe or {})}}}})


def up(lab, at):
    text = f"UDP {at}:5060"
    metrics = lab.border.sbc_metrics()
    known = metrics.samples.get("parapet_target_up", [])
    return any(labels["target"] == text for labels, _ in known) and metrics.total(
        "parapet_target_up", trunk="carrier", target=text) == 1


def is_down(lab, at):
    return f"UDP {at}:5060" in {labels["target"] for labels, value in
                                lab.border.sbc_metrics().samples.get("parapet_target_up", []) if value == 0}


def call(alice, status=486):
    attempt = alice.invite(NUMBER)
    attempt.response(status)
    attempt.ack(status=status)


@test
def probes_are_options_outside_of_any_dialog(lab):
    first = Target(lab, CARRIER)
    start(lab, targets=[CARRIER])
    eventually(lambda: len(first.probes) >= 2, "two probes", 8)
    one, two = first.probes[:2]
    check(one.start == f"OPTIONS sip:{CARRIER} SIP/2.0", one.start)
    check(one.header("call-id") != two.header("call-id"), "a Call-ID of its own")
    check("tag=" not in one.header("to"), f"To: {one.header('to')}")
    eventually(lambda: up(lab, CARRIER), "it is up")
    metrics = lab.border.sbc_metrics()
    equal(metrics.total("parapet_calls_active"), 0, "calls")


# trap 17
@test
def a_silent_target_goes_down_and_comes_back(lab):
    first, second = Target(lab, CARRIER, status=None), Target(lab, CARRIER2)
    start(lab)
    eventually(lambda: is_down(lab, CARRIER), "the first is down", 10)
    check(up(lab, CARRIER2), "the second is up")
    status, text = http(SBC_ADMIN, "/targets")
    equal(status, 200, "GET /targets")
    shown = {t["target"]: t for t in json.loads(text)}
    equal(shown[f"UDP {CARRIER}:5060"]["up"], False, "as the admin shows it")
    equal(shown[f"UDP {CARRIER}:5060"]["reason"], "probe_silent", "reason")
    alice = lab.ua(PHONE, "alice")
    for _ in range(3):
        call(alice)
    equal((len(first.invites), len(second.invites)), (0, 3), "calls while the first is down")
    first.status = 404  # an answer is an answer
    eventually(lambda: up(lab, CARRIER), "the first is up", 10)
    call(alice)
    equal(len(first.invites), 1, "calls after it came back")
    metrics = lab.border.sbc_metrics()
    equal(metrics.total("parapet_target_transitions_total", target=f"UDP {CARRIER}:5060", to="down"), 1, "times down")
    equal(metrics.total("parapet_target_transitions_total", target=f"UDP {CARRIER}:5060", to="up"), 1, "times up")


@test
def when_all_are_down_all_are_tried(lab):
    first, second = Target(lab, CARRIER, status=500), Target(lab, CARRIER2, status=500)
    start(lab)
    eventually(lambda: is_down(lab, CARRIER) and is_down(lab, CARRIER2), "both are down", 10)
    call(lab.ua(PHONE, "alice"))
    equal((len(first.invites), len(second.invites)), (1, 0), "the first one takes it")


# trap 17: calls feed the health, too.
@test
def calls_that_meet_503_take_a_target_down(lab):
    first, second = Target(lab, CARRIER), Target(lab, CARRIER2)
    first.call_status = 503
    start(lab, {"interval": "1h"})
    alice = lab.ua(PHONE, "alice")
    for _ in range(2):
        call(alice)
    eventually(lambda: is_down(lab, CARRIER), "the first is down")
    call(alice)
    equal((len(first.invites), len(second.invites)), (2, 3), "calls")
    metrics = lab.border.sbc_metrics()
    equal(metrics.total("parapet_target_transitions_total", reason="call_status"), 1, "reason")


# trap 17
@test
def retry_after_is_honoured_by_every_shard(lab):
    first, second = Target(lab, CARRIER), Target(lab, CARRIER2)
    first.call_status, first.call_extra = 503, ["Retry-After: 60"]
    start(lab, {"interval": "1h"})
    alice = lab.ua(PHONE, "alice")
    call(alice)
    eventually(lambda: second.invites, "the second got the call")
    for _ in range(6):
        call(alice)
    check(len(first.invites) <= 2, f"{len(first.invites)} calls went to a target that had asked for peace")
    check(not is_down(lab, CARRIER), "it is there, and only busy")


@test
def probes_of_a_reload_begin_and_end(lab):
    first = Target(lab, CARRIER)
    lab.start()
    first.ua.nothing(lambda m: m.is_request("OPTIONS"), 1.5)
    lab.border.write({"trunk": {"carrier": {"probe": FAST}}})
    lab.border.sbc.signal(signal.SIGHUP)
    eventually(lambda: first.probes, "a probe", 8)


@test
def a_trunk_that_points_back_at_the_border_ends_by_itself(lab):  # trap 15
    """Each turn is a call of its own, with names of its own. The second INVITE from the core is the same as the first one
    there, and still has its Via: a loop (RFC 3261 16.3 item 4)."""
    lab.start({"policy": {"file": str(OWN_POLICIES / "scenarios.lua"), "settings": None},
               "trunk": {"carrier": {"targets": [f"{CORE}:5060"], "sources": [CORE]}}})
    alice = lab.ua(PHONE, "alice")
    call = alice.invite(NUMBER)
    call.response(482, seconds=20)
    call.ack(status=482)
    def turns():
        return lab.capture.messages(CORE, CORE, lambda m: m.is_request("INVITE"))

    eventually(lambda: len({m.header("call-id") for m in turns()}) == 2, "both turns")
    left = [int(m.header("max-forwards")) for m in turns()]
    equal(sorted(set(left), reverse=True), [69, 68], "Max-Forwards of the turns")
    # Counters of the calls are copied to the metrics once a second.
    eventually(lambda: lab.border.sbc_metrics().total("parapet_dialog_events_total", event="loops") == 1, "one loop")
    lab.border.until_idle()


if __name__ == "__main__":
    main()
