"""Every test that tests/traps.md names is there and says in a comment which trap it is for; every row names one."""

import re
import sys

from named_tests import TESTS, text_of

# A comment on the line before, on the line itself, or inside: "// trap 27", "# traps 77, 78: ...".
COMMENT = re.compile(r"(?://|#).*?\btraps? (\d+(?:(?:, | and )\d+)*)\b")

WANTED = set(range(1, 91))


def named_in(text):
    return {number for found in COMMENT.finditer(text) for number in re.findall(r"\d+", found[1])}


def faults_of(trap, file, name):
    text = text_of(file, name)
    if text is None:
        return [f"trap {trap}: no test {name} in {file}"]
    return [] if trap in named_in(text) else [f"trap {trap}: {name} in {file} does not name it in a comment"]


def main():
    faults, numbers = [], []
    for line in (TESTS / "traps.md").read_text().splitlines():
        row = re.match(r"\| (\d+) \| .+ \| (.+) \|$", line)
        if not row:
            continue
        numbers.append(int(row[1]))
        references = re.findall(r"`([^` ]+) ([^` ]+)`", row[2])
        if not references:
            faults.append(f"trap {row[1]} names no test")
        for file, name in references:
            faults += faults_of(row[1], file, name)
    if numbers != sorted(set(numbers)):
        faults.append("expected each trap once, in order")
    faults += [f"trap {number} has no row" for number in sorted(WANTED - set(numbers))]
    if len(numbers) < 30:
        faults.append(f"expected at least 30 rows, read {len(numbers)}: has the table another form?")
    print("\n".join(faults) or f"{len(numbers)} traps, every test is there")
    sys.exit(1 if faults else 0)


main()
