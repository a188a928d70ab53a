"""A private place for one test program: own network, own process tree, gone as a whole when the program ends."""

import os
import shutil
import subprocess
import sys

INSIDE = "PARAPET_INTEROP_INSIDE"

# The access side is 10.77.1.x, the core side 10.77.2.x; fd77:1:: and fd77:2:: are the same in IPv6. Not 127/8: some
# clients refuse loopback addresses.
ADDRESSES = [f"10.77.{side}.{host}/32" for side in (1, 2) for host in (1, 10, 11, 12, 20)]
ADDRESSES += [f"fd77:{side}::{host}/128" for side in (1, 2) for host in (1, 10, 20)]


def enter():
    """Starts this program again inside the namespaces; returns there."""
    if os.environ.get(INSIDE):
        _raise_network()
        return
    tool = shutil.which("unshare")
    if tool is None:
        sys.exit("unshare (util-linux) is missing")
    # --kill-child: whoever kills this program kills all it has started.
    command = [tool, "--net", "--mount", "--pid", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        command.insert(1, "--map-root-user")
    os.execve(tool, command + [sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})


def _raise_network():
    lines = ["link set lo up"] + [f"address add {a} dev lo{' nodad' if ':' in a else ''}" for a in ADDRESSES]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True, timeout=10)


def speak_as(source, target):
    """Sockets that are bound to no address reach `target`, an address of ours, as `source`."""
    if ":" in target:  # the kernel's own route stands before one that is added
        subprocess.run(["ip", "-6", "route", "del", "local", target, "dev", "lo", "table", "local"], check=True, timeout=10)
    subprocess.run(["ip", "route", "replace", "local", target, "dev", "lo", "table", "local", "src", source], check=True,
                   timeout=10)
