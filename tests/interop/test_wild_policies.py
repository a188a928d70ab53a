#!/usr/bin/env python3
"""Handlers that loop, hoard memory, wait for a service that never answers, or throw, while sipp makes calls: each gets
the configured fallback, is counted by name, and delays nobody else.

Every kind has load of its own, beside the same load without it. A call's setup is that of a phone that is picked up after
a fifth of a second. What other work the machine has falls on both: of several runs of each, in turns, the best counts."""

from harness import check, equal, main, test
from harness.border import OWN_POLICIES
from harness.lab import CARRIER, PHONE
from harness.service import Service

RATE, SECONDS, WILD_RATE = 40, 4, 10
RUNS = 3


def start(lab, service="http://127.0.0.1:8080/"):
    lab.start({"policy": {"file": str(OWN_POLICIES / "wild.lua"), "settings": {"service": service}, "http": {"allow": [service]},
                          "invite_fallback": 503}})


def p99(times):
    equal(len(times), RATE * SECONDS, "calls with a setup time")
    return sorted(times)[int(len(times) * 0.99) - 1]


def load(lab, role, wild=None, status=503):
    """The 99th percentile of the setup times of calls, in milliseconds, while others ask for `wild`."""
    callee = lab.callee("callee_answers_later", role=f"{role}-callee", calls=RATE * SECONDS, seconds=30)
    others = lab.caller("caller_refused", role=f"{role}-wild", port=5070, calls=WILD_RATE * SECONDS, rate=WILD_RATE, service=wild,
                        status=status, seconds=30) if wild else None
    caller = lab.caller("caller", role=f"{role}-caller", calls=RATE * SECONDS, rate=RATE, seconds=30, timed=True)
    for peer in (caller, callee, others):
        if peer:
            peer.done()
    lab.border.until_idle()
    return p99(caller.setup_times())


def beside(lab, wild, status=503):
    without, with_it = [], []
    for run in range(RUNS):
        without.append(load(lab, f"calm{run}"))
        with_it.append(load(lab, f"{wild}{run}", wild, status))
        if min(with_it) <= 1.1 * min(without):
            break
    print(f"{wild}: p99 of setup {min(without):.1f} ms without it, {min(with_it):.1f} ms beside it")
    check(min(with_it) <= 1.1 * min(without), f"{wild}: p99 of other calls' setup {without} ms without it, {with_it} ms beside it")
    return WILD_RATE * SECONDS * len(with_it)


def errors(lab):
    return lab.border.sbc_metrics().total("parapet_policy_errors_total", handler="on_invite")


@test
def an_endless_loop_delays_nobody_else(lab):
    start(lab)
    equal(beside(lab, "loop"), errors(lab), "failures")
    check("the budget of" in lab.border.sbc.output(), "the log names it")


@test
def memory_without_end_delays_nobody_else(lab):
    start(lab)
    equal(beside(lab, "hoard"), errors(lab), "failures")


@test
def a_service_that_never_answers_delays_nobody_else(lab):
    service = lab.keep(Service("127.0.0.1"))
    service.silent.add("/")
    start(lab)
    beside(lab, "wait", 480)
    equal(errors(lab), 0, "failures: who waited in vain goes on")


@test
def an_error_delays_nobody_else(lab):
    start(lab)
    equal(beside(lab, "throw"), errors(lab), "failures")
    check("thrown" in lab.border.sbc.output(), "the log names it")


if __name__ == "__main__":
    main()
