#!/usr/bin/env python3
"""A second try of an end-to-end test is told, and none is given where the border itself was at fault."""

import contextlib
import io
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
from harness import runner  # noqa: E402
from harness.checks import Failed, Fault  # noqa: E402


class FakeLab:
    broken = None  # what fault() says

    def __init__(self, _binaries, name):
        self.directory = name

    def finish(self):
        pass

    def report(self):
        return "the report"

    def fault(self):
        return FakeLab.broken

    def close(self, _keep):
        pass


def failing(times, failure):
    left = [times]

    def some_test(_lab):
        if left[0] > 0:
            left[0] -= 1
            raise failure

    some_test.seconds = 60
    return some_test


class SecondTry(unittest.TestCase):
    def setUp(self):
        self.lab, runner.Lab, FakeLab.broken = runner.Lab, FakeLab, None

    def tearDown(self):
        runner.Lab = self.lab

    def why(self, function, second_try=True):
        with contextlib.redirect_stdout(io.StringIO()):
            return runner._run_twice_at_most(function, None, False, second_try)

    def test_a_good_test_has_nothing_to_say(self):
        self.assertEqual(self.why(failing(0, None)), "")

    def test_what_passes_on_its_second_try_says_why_the_first_failed(self):
        self.assertIn("a packet too late", self.why(failing(1, Failed("a packet too late"))))
        self.assertIn("ValueError", self.why(failing(1, ValueError("of the test"))))

    def test_what_fails_twice_has_failed(self):
        self.assertIsNone(self.why(failing(2, Failed("again"))))

    def test_without_second_tries_there_are_none(self):
        self.assertIsNone(self.why(failing(1, Failed("once")), second_try=False))

    def test_a_fault_of_the_border_is_not_excused(self):
        self.assertIsNone(self.why(failing(1, Fault("a leak"))))
        FakeLab.broken = "sbc died, code -11"
        self.assertIsNone(self.why(failing(1, Failed("no answer"))))


if __name__ == "__main__":
    unittest.main()
