#!/usr/bin/env python3
"""usage: deploy_config.py SOURCE_DIR BIN_DIR

The sample configurations are good as they are, and so is every default and example that they show behind "# "."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

source, programs = map(pathlib.Path, sys.argv[1:3])
samples = source / "deploy" / "config"
# A line of TOML behind a comment sign: `# key = value`, `# [table]`, `#   [[table]]`. Prose has no '=' after its first word.
EXAMPLE = re.compile(r"^(\s*)# (\s*(?:\[\[?[a-z_.]+\]\]?|[a-z_0-9]+ = .*))$")


def check(program, text, label, scratch):
    # The installed policy is not installed here.
    text = text.replace("/usr/share/parapet/policies", str(source / "policies"))
    file = pathlib.Path(scratch) / f"{program}.toml"
    file.write_text(text)
    done = subprocess.run([programs / program, "--check", "--config", file], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "ALICE_PASSWORD": "for this test"})
    if done.returncode:
        sys.exit(f"{program}, {label}:\n{done.stdout}{done.stderr}")


def shown(text):
    """The text with every example switched on, and how many there were."""
    count = 0
    lines = []
    for line in text.splitlines():
        match = EXAMPLE.match(line)
        count += bool(match)
        lines.append(match.group(1) + match.group(2) if match else line)
    return "\n".join(lines) + "\n", count


with tempfile.TemporaryDirectory() as scratch:
    for program, sample, least in (("media-relay", "relay.toml", 15), ("sbc", "sbc.toml", 50)):
        text = (samples / sample).read_text()
        check(program, text, "as it is", scratch)
        everything, count = shown(text)
        assert count >= least, f"{sample}: only {count} examples were recognised"
        check(program, everything, "with all examples", scratch)
        # And the check does check.
        done = subprocess.run([programs / program, "--check", "--config", "/dev/stdin"], input=text + "\n[lgo]\n",
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "lgo" in done.stderr, (done.returncode, done.stderr)
print("configurations: good")
