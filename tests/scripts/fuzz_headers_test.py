"""Every header that a room reads has a row in tests/fuzz/headers.md, and each target named there has a seed of it."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FUZZ = ROOT / "tests" / "fuzz"
COMPACT = {"Call-ID": "i", "Contact": "m", "From": "f", "To": "t", "Via": "v", "Content-Length": "l"}
# What reads these has their values alone as its input.
VALUES = {"digest": {"Authorization", "Proxy-Authenticate", "Proxy-Authorization", "WWW-Authenticate"}}
# Read by their text, having no number.
BY_TEXT = re.compile(r'(?:equals_ignoring_case\((?:field|header)\.name, |(?:request|response|message|in\.message|invite|refer)(?:\.|->)find\()"([A-Za-z-]+)"')


def letters(name):
    return name.replace("-", "").lower()


def headers_read():
    """By their letters, which the enumerator and the name in the table share; and where."""
    found = {}
    for source in sorted((ROOT / "sbc").rglob("*.[ch]*")):
        if source.name.startswith("header_id."):
            continue
        text = source.read_text()
        for name in re.findall(r"HeaderId::(\w+)", text) + BY_TEXT.findall(text):
            found.setdefault(letters(name), source.relative_to(ROOT))
    found.pop("other", None)
    return found


def has_seed(target, header):
    if header in VALUES.get(target, ()):
        return any((FUZZ / "corpus" / target).iterdir())
    names = "|".join(re.escape(name) for name in (header, COMPACT.get(header)) if name)
    line = re.compile(rf"^(?:{names})[ \t]*:".encode(), re.I | re.M)
    return any(line.search(seed.read_bytes()) for seed in (FUZZ / "corpus" / target).iterdir())


def main():
    faults, rows = [], set()
    for line in (FUZZ / "headers.md").read_text().splitlines():
        row = re.match(r"\| ([A-Z][A-Za-z-]+) \| ([a-z_ ]+) \|$", line)
        if not row:
            continue
        header, targets = row[1], row[2].split()
        rows.add(letters(header))
        for target in targets:
            if not (FUZZ / f"{target}_fuzz.cc").is_file():
                faults.append(f"{header}: no target {target}")
            elif not has_seed(target, header):
                faults.append(f"{header}: no seed with it in tests/fuzz/corpus/{target}")
    for header, source in headers_read().items():
        if header not in rows:
            faults.append(f"{source} reads {header}, which tests/fuzz/headers.md does not have")
    if not rows:
        faults.append("tests/fuzz/headers.md has no rows")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
