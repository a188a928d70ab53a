"""Runs the tests of one program, one after the other, each with a lab of its own."""

import argparse
import collections
import os
import pathlib
import sys
import threading
import time
import traceback

from . import namespace
from .checks import Failed, Fault
from .lab import Lab

Binaries = collections.namedtuple("Binaries", "sbc relay")

HARNESS = pathlib.Path(__file__).parent
LONGEST_TEST = 60.0  # seconds; a test that needs more hangs, unless it says so

_tests = []


def test(function=None, seconds=LONGEST_TEST):
    """`seconds`: when it counts as hanging."""
    if function is None:
        return lambda named: test(named, seconds)
    function.seconds = seconds
    _tests.append(function)
    return function


def _run(function, binaries, keep):
    """Why it failed, "" when it did not; and whether a second try may excuse that."""
    began = time.monotonic()
    lab = Lab(binaries, function.__name__)

    def too_long():
        print(f"FAIL {function.__name__}: longer than {function.seconds} s\n{lab.report()}", flush=True)
        os._exit(1)  # the namespace takes every child along

    watchdog = threading.Timer(function.seconds, too_long)
    watchdog.daemon = True
    watchdog.start()
    why, excusable = "", True
    try:
        function(lab)
        lab.finish()
    except Failed as failure:
        frames = [f for f in traceback.extract_tb(failure.__traceback__) if pathlib.Path(f.filename).parent != HARNESS]
        line = frames[-1].lineno if frames else "?"
        why, excusable = f"line {line}: {failure}", not isinstance(failure, Fault)
        print(f"FAIL {function.__name__} ({why})\n{lab.report()}", flush=True)
    except Exception:  # a mistake of the test: the rest still runs
        why = traceback.format_exc()
        print(f"FAIL {function.__name__}\n{why}\n{lab.report()}", flush=True)
        why = why.strip().splitlines()[-1]
    finally:
        watchdog.cancel()
        fault = lab.fault() if why else None
        lab.close(keep)
    if fault:
        excusable = False
        print(f"FAULT {function.__name__}: {fault}", flush=True)
    if not why:
        print(f"ok   {function.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
    if keep:
        print(f"     files: {lab.directory}", flush=True)
    return why, excusable


def _run_twice_at_most(function, binaries, keep, second_try):
    """Real phones on a busy machine miss a moment now and then; a fault of the border fails both times, and one that is
    plainly its own gets no second try. None: it failed; else why the first try did, "" when there was but one."""
    why, excusable = _run(function, binaries, keep)
    if not why:
        return ""
    if not second_try or not excusable or _run(function, binaries, keep)[0]:
        return None
    return why


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--sbc", default=os.environ.get("PARAPET_SBC"))
    options.add_argument("--relay", default=os.environ.get("PARAPET_RELAY"))
    options.add_argument("--keep", action="store_true", help="keep configurations, logs and traces")
    options.add_argument("--second-try", action="store_true", help="run a test that failed once more, and call it flaky")
    options.add_argument("tests", nargs="*", help="only these")
    chosen = options.parse_args()
    for binary in (chosen.sbc, chosen.relay):
        if not binary or not os.access(binary, os.X_OK):
            sys.exit(f"no program at {binary}: give --sbc and --relay")
    unknown = set(chosen.tests) - {t.__name__ for t in _tests}
    if unknown:
        sys.exit(f"no test is called {', '.join(sorted(unknown))}")
    namespace.enter()
    binaries = Binaries(os.path.abspath(chosen.sbc), os.path.abspath(chosen.relay))
    wanted = [t for t in _tests if not chosen.tests or t.__name__ in chosen.tests]
    results = {t.__name__: _run_twice_at_most(t, binaries, chosen.keep, chosen.second_try) for t in wanted}
    flaky = {name: why for name, why in results.items() if why}
    for name, why in flaky.items():
        print(f"FLAKY {name} passed on its second try only; the first: {' '.join(why.split())}", flush=True)
    passed = sum(why is not None for why in results.values())
    print(f"{passed} of {len(results)} passed, {len(flaky)} of them flaky", flush=True)
    sys.exit(0 if results and passed == len(results) else 1)
