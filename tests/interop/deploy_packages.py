#!/usr/bin/env python3
"""usage: deploy_packages.py SOURCE_DIR BIN_DIR

scripts/packages.txt is what it says: readable by its own one-liner, without repetition, known to Debian, and its run section
holds every shared library that the programs load (an image without it would build and then not start)."""
import pathlib
import re
import subprocess
import sys

source, programs = map(pathlib.Path, sys.argv[1:3])
listing = source / "scripts" / "packages.txt"

sections = {}
for line in listing.read_text().splitlines():
    if opening := re.fullmatch(r"#: ([a-z]+) - .+", line):
        section = sections.setdefault(opening.group(1), [])
    elif line and not line.startswith("#"):
        assert re.fullmatch(r"[a-z0-9.+-]+(\s+# .*)?", line), line
        section.append(line.split()[0])
assert {"build", "run", "test", "images"} <= set(sections), sections
for name, packages in sections.items():
    assert packages and len(packages) == len(set(packages)), name
    one_liner = subprocess.run(["awk", "-v", f"want={name}",
                                '/^#: /{on=index(" " want " ", " " $2 " ")} !/^#/&&NF&&on{print $1}', listing],
                               capture_output=True, text=True, check=True).stdout.split()
    assert one_liner == packages, name


def owner(library):
    done = subprocess.run(["dpkg-query", "-S", pathlib.Path(library).resolve()], capture_output=True, text=True)
    if done.returncode:  # files of /lib were recorded there before they moved to /usr/lib
        done = subprocess.run(["dpkg-query", "-S", str(pathlib.Path(library).resolve()).removeprefix("/usr")],
                              capture_output=True, text=True)
    return done.stdout.split(":")[0]


# What every Debian has (libc6 and the compiler's runtime), and what our libraries bring along by themselves.
loaded = set()
for program in ("sbc", "media-relay"):
    text = subprocess.run(["objdump", "-p", programs / program], capture_output=True, text=True, check=True).stdout
    needed = re.findall(r"NEEDED\s+(\S+)", text)
    paths = dict(re.findall(r"(\S+) => (\S+)", subprocess.run(["ldd", programs / program], capture_output=True, text=True,
                                                               check=True).stdout))
    loaded |= {owner(paths[name]) for name in needed if name in paths}
base = {"libc6", "libgcc-s1", "libasan8", "libubsan1", "libtsan2"}
missing = loaded - set(sections["run"]) - base
assert not missing, f"the run section lacks {missing}"
print("packages: good;", ", ".join(sorted(loaded)))
