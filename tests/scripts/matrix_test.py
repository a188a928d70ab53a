"""Every cell of media-relay/docs/matrix.md names a test, and every test that it names is there."""

import re
import sys

from named_tests import TESTS, is_test

MATRIX = TESTS.parent / "media-relay" / "docs" / "matrix.md"
FILE = re.compile(r"^(?:unit|interop)/\S+\.(?:cc|py)$")
NAME = re.compile(r"^(?:[A-Z]\w*\.[A-Z]\w*|[a-z]\w*_\w+)$")


def named_in(text):
    """(file, name): the name is "" where a file stands for all of its tests; a name alone is of the file before."""
    file = None
    for code in re.findall(r"`([^`]+)`", text):
        words = code.split()
        if FILE.match(words[0]):
            file = words[0]
            yield from ((file, name) for name in words[1:] or [""])
        elif file is not None and NAME.match(code):
            yield file, code


def main():
    faults, cells, named = [], 0, 0
    text = MATRIX.read_text()
    for line in text.splitlines():
        if not line.startswith("|") or line.startswith("|---"):
            continue
        first, *rest = (cell.strip() for cell in line.strip("|").split("|"))
        if not any("`" in cell and "/" in cell for cell in rest):
            continue  # the head of a table
        for cell in rest:
            cells += 1
            if not list(named_in(cell)):
                faults.append(f"{first}: a cell names no test: {cell or '(empty)'}")
    for file, name in named_in(text.replace("\n", " ")):
        named += 1
        if not (TESTS / file).is_file() or (name and not is_test(file, name)):
            faults.append(f"no test {name} in {file}")
    if cells < 30:
        faults.append(f"expected the tables, got {cells} cells")
    if faults:
        sys.exit("\n".join(faults))
    print(f"{cells} cells, {named} tests, every one is there")


if __name__ == "__main__":
    main()
