#!/usr/bin/env python3
"""usage: deploy_units.py SOURCE_DIR BIN_DIR

The systemd units are understood by systemd, name real programs and files, and stay as closed as they were."""
import pathlib
import re
import subprocess
import sys
import tempfile

source, programs = map(pathlib.Path, sys.argv[1:3])
units = source / "deploy" / "systemd"
# Exposure times ten, as systemd-analyze takes it. Sockets to anywhere are the product; hardly anything else is left.
MOST_EXPOSURE = 15


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60)
    if done.returncode or done.stderr:
        sys.exit(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr}")
    return done.stdout


with tempfile.TemporaryDirectory() as scratch:
    checked = []
    for unit in sorted(units.glob("*.service")):
        text = unit.read_text()
        named = set(re.findall(r"/usr/lib/parapet/([a-z-]+)", text))
        assert named and all((programs / name).exists() for name in named), f"{unit.name}: no such program: {named}"
        text = text.replace("/usr/lib/parapet/", f"{programs}/")
        # The user is made by sysusers at installation, not here.
        text = re.sub(r"^(User|Group)=.*$", r"\1=root", text, flags=re.M)
        copy = pathlib.Path(scratch) / unit.name
        copy.write_text(text)
        checked.append(copy)
    assert len(checked) == 2, checked
    run("systemd-analyze", "verify", "--man=no", *checked)

for unit in sorted(units.glob("*.service")):
    run("systemd-analyze", "security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", unit)
    users = set(re.findall(r"^User=(.*)$", unit.read_text(), flags=re.M))
    sysusers = (units / "parapet.sysusers.conf").read_text()
    assert users and all(re.search(rf"^u {user} ", sysusers, flags=re.M) for user in users), users

with tempfile.TemporaryDirectory() as root:
    etc = pathlib.Path(root) / "etc"
    etc.mkdir()
    (etc / "passwd").write_text("root:x:0:0::/:/bin/sh\n")
    (etc / "group").write_text("root:x:0:\n")
    subprocess.run(["systemd-sysusers", f"--root={root}", units / "parapet.sysusers.conf"], check=True, timeout=60,
                   capture_output=True)
    members = re.search(r"^parapet:.*:(.*)$", (etc / "group").read_text(), flags=re.M).group(1)
    assert set(members.split(",")) == {"parapet-sbc", "parapet-relay"}, members
print("units: good")
