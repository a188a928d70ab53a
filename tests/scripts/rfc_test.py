"""sbc/docs/rfc.md: every RFC that this border answers for has a row, and each row names sections, files that are there and
tests that are there; one that supports nothing says what it does not support."""

import re
import sys

from named_tests import TESTS, is_test

ROOT = TESTS.parent
# What a border answers for, whether it supports it or not.
WANTED = set("""
    3261 3262 3263 3264 3265 3311 3323 3325 3326 3327 3515 3581 3605 3608 3665 3680 3711 3840 3856 3891 3892 3903 3911 4028 4235
    4244 4412 4475 4488 4566 4568 4733 4961 5031 5118 5124 5245 5389 5407 5626 5627 5761 5763 5764 5806 5853 6086 6141 6188 6314
    6337 6432 6442 6665 6881 7044 7090 7092 7118 7315 7332 7339 7362 7415 7544 7584 7616 7647 7865 7866 7879 7989 8035 8068 8079
    8224 8225 8226 8445 8489 8588 8599 8643 8760 8787 8838 8839 8842 8863 8866 8946 9143 HEPv3""".split())
SECTIONS = re.compile(r"(?:\d{4}: )?(?:(?:[A-Z]|\d+)(?:\.\d+)*(?:-(?:[A-Z]\.)?\d+(?:\.\d+)*)?)(?:, |; |$)")


def expanded(path):
    """a/{b,c}.h is a/b.h and a/c.h."""
    found = re.search(r"\{([^{}]*)\}", path)
    if not found:
        return [path]
    return [each for part in found[1].split(",") for each in expanded(path[:found.start()] + part + path[found.end():])]


def paths_in(cell):
    for part in re.split(r", (?![^{]*\})", cell):
        yield from expanded(re.sub(r" \(.*\)$", "", part))


def tests_in(cell):
    """`file name name` each: (file, name)."""
    for reference in re.findall(r"`([^`]+)`", cell):
        file, *names = reference.split()
        yield from ((file, name) for name in names or [""])


def faults_of(row, sections, files, tests, missing):
    if files == "-" or tests == "-":
        if (files, tests) != ("-", "-") or not missing:
            yield f"{row}: without files and tests it has to say what is not supported"
        return
    if re.search(r"\d{4}", row) and not SECTIONS.match(sections):
        yield f"{row}: no sections"
    for path in paths_in(files):
        if not (ROOT / path).is_file():
            yield f"{row}: no file {path}"
    named = list(tests_in(tests))
    if not named:
        yield f"{row}: names no test"
    for file, name in named:
        if not name or not is_test(file, name):
            yield f"{row}: no test {name or '(without a name)'} in {file}"


def main():
    faults, rows, numbers = [], 0, set()
    for line in (ROOT / "sbc/docs/rfc.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if len(cells) != 6:
            if cells:
                faults.append(f"expected six columns in: {line[:60]}")
            continue
        if cells[0] == "RFC" or cells[0].startswith("-"):
            continue
        rows += 1
        numbers |= set(re.findall(r"\b\d{4}\b|HEPv3", cells[0]))
        faults += faults_of(cells[0], cells[1], *cells[3:])
    faults += [f"RFC {number} has no row" for number in sorted(WANTED - numbers)]
    print("\n".join(faults) or f"{rows} rows, every file and test is there")
    sys.exit(1 if faults else 0)


main()
