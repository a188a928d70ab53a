"""Chromium without a screen: each user's phone is a page with JsSIP (tests/interop/browser), in a network of its own."""

import base64
import hashlib
import json
import os
import subprocess

from .border import ACCESS, PASSWORDS
from .browser import SCRIPTS, Played, modules_of
from .cable import Cable
from .checks import check
from .process import tool
from .phone import tones

WEB = "10.77.1.30"  # of the browser, behind a cable: it would use every address of the loopback
TONE = 440
# In its namespaces: waits for the cable, and then becomes the program of the arguments.
INSIDE = f"""
ip link set lo up
echo apart
until ip link show inside >/dev/null 2>&1; do sleep 0.1; done
ip address add {WEB}/32 dev inside
ip link set inside up
ip route add default dev inside
exec "$0" "$@"
"""


def pin_of(certificate):
    """The hash of its key, by which a browser may be told to take it."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-pubkey", "-noout"], capture_output=True, timeout=30,
                         check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, capture_output=True, timeout=30,
                         check=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


class Chromium:
    """`users`: those that have a page. Use page(user)."""

    def __init__(self, lab, server, certificate, users, address=ACCESS):
        binaries, directory = lab._binaries, lab.directory
        microphone = directory / "microphone.wav"
        tones.write_tone(microphone, TONE, 20)
        environment = {**os.environ, "NODE_PATH": str(modules_of(binaries)), "NODE_NO_WARNINGS": "1", "HOME": str(directory)}
        errors = open(directory / "chromium.errors", "w", encoding="utf-8")
        # --kill-child, and a first process of its own: nothing of Chromium outlives it.
        command = [tool("unshare"), "--net", "--pid", "--mount-proc", "--fork", "--kill-child", tool("sh"), "-ec", INSIDE,
                   tool("node"), str(SCRIPTS / "chromium.js")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                                        env=environment)
        errors.close()
        lab.keep(self)
        self._plug_in(lab)
        self._pages = {user: Played(user, self.process.stdin) for user in users}
        Played.read(self.process.stdout, self._pages)
        self.process.stdin.write(json.dumps({
            "executable": tool("chromium"), "folder": str(directory / "chromium"), "server": server, "address": address,
            "pin": pin_of(certificate), "microphone": str(microphone), "domain": "example.org",
            "users": {user: PASSWORDS[user] for user in users}}) + "\n")
        self.process.stdin.flush()
        for page in self._pages.values():
            page.wait("registered", 40)  # a cold start, beside other tests

    def page(self, user):
        return self._pages[user]

    def _plug_in(self, lab):
        """A cable from here into its network, between two sockets in the wall."""
        check(self.process.stdout.readline() == "apart\n", "the browser has no network of its own")
        for arguments in ("link add web type veth peer name wall", "link set web up", f"route add {WEB} dev web",
                          f"link add room type veth peer name inside netns {self.process.pid}"):
            subprocess.run(["ip", *arguments.split()], check=True, timeout=10)
        self.cable = lab.keep(Cable("wall", "room"))

    def running(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()
        for device in ("web", "room"):  # or gone already
            subprocess.run(["ip", "link", "delete", device], stderr=subprocess.DEVNULL, timeout=10, check=False)
