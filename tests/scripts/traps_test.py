"""Every test that tests/traps.md names is there, and every row names one."""

import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent


def is_there(file, name):
    text = (TESTS / file).read_text() if (TESTS / file).is_file() else ""
    if "." in name:
        suite, case = name.split(".", 1)
        return re.search(rf"^TEST(_F|_P)?\({suite}, {case}\)", text, re.M) is not None
    return re.search(rf"^def {name}\(", text, re.M) is not None


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
        faults += [f"trap {row[1]}: no test {name} in {file}" for file, name in references if not is_there(file, name)]
    if numbers != sorted(set(numbers)):
        faults.append("expected each trap once, in order")
    if len(numbers) < 30:
        faults.append(f"expected at least 30 rows, read {len(numbers)}: has the table another form?")
    print("\n".join(faults) or f"{len(numbers)} traps, every test is there")
    sys.exit(1 if faults else 0)


main()
