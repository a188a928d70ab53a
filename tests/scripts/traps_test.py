"""Every test that tests/traps.md names is there and says in a comment which trap it is for; every row names one."""

import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
# A comment on the line before, on the line itself, or inside: "// trap 27", "# traps 77, 78: ...".
COMMENT = re.compile(r"(?://|#).*?\btraps? (\d+(?:(?:, | and )\d+)*)\b")

WANTED = set(range(1, 91))


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
