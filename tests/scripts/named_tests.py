"""Finds the test that a document names."""

import pathlib
import re

TESTS = pathlib.Path(__file__).resolve().parent.parent


def text_of(file, name):
    """The test with the comments right above it; None when it is not there."""
    if not (TESTS / file).is_file():
        return None
    lines = (TESTS / file).read_text().splitlines()
    if "." in name:
        suite, case = name.split(".", 1)
        begins, next_begins, comment = rf"TEST(_F|_P)?\({suite}, {case}\)", r"TEST(_F|_P)?\(|}  // namespace", ("//",)
    else:
        begins, next_begins, comment = rf"def {name}\(", r"def |@test", ("#", "@")
    first = next((i for i, line in enumerate(lines) if re.match(begins, line)), None)
    if first is None:
        return None
    last = next((i for i in range(first + 1, len(lines)) if re.match(next_begins, lines[i])), len(lines))
    # What stands above the next test is the next test's.
    while last > first + 1 and (not lines[last - 1] or lines[last - 1].startswith(comment)):
        last -= 1
    while first > 0 and lines[first - 1].startswith(comment):
        first -= 1
    return "\n".join(lines[first:last])


def is_test(file, name):
    """A test, and not a function beside tests: one of Python's has a decorator that makes it one."""
    if text_of(file, name) is None or "." in name:
        return text_of(file, name) is not None
    above = (TESTS / file).read_text().split(f"\ndef {name}(")[0].rsplit("\n\n", 1)[-1]
    return re.search(r"^@(test|both_ways|each_way)\b", above, re.M) is not None
