"""What a test says when it is not content, and how it waits."""

import time


class Failed(Exception):
    pass


class Fault(Failed):
    """Of the border itself, whatever moment its peers have missed: no second try makes it good."""


def check(condition, text):
    if not condition:
        raise Failed(text)


def equal(got, expected, what):
    if got != expected:
        raise Failed(f"{what}: expected {expected!r}, got {got!r}")


def eventually(condition, what, seconds=5.0):
    """The first true value of `condition`, asked until it is or the time is over."""
    ends = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= ends:
            raise Failed(f"not within {seconds} s: {what}")
        time.sleep(0.02)
