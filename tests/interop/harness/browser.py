"""A browser's phone: JsSIP under Node (tests/interop/browser), played by commands and heard by events."""

import json
import os
import pathlib
import queue
import subprocess
import threading
import time

from .border import PASSWORDS
from .checks import Failed, check

SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "browser"


def modules_of(binaries):
    """Where tests/interop/browser/install has put its packages: beside the programs under test."""
    modules = pathlib.Path(binaries.sbc).resolve().parents[1] / "browser" / "node_modules"
    check(modules.is_dir(), f"there is no {modules}: run tests/interop/browser/install {modules.parent}")
    return modules


class Played:
    """A browser's phone: commands in, events out."""

    def __init__(self, user, commands):
        self.user = user
        self._commands = commands
        self._seen, self._queue = [], queue.Queue()

    @staticmethod
    def read(lines, played):
        """Hands each event to the user whom it names, from a thread of its own."""
        def run():
            for line in lines:
                one = json.loads(line)
                for phone in [played[one["user"]]] if one.get("user") in played else played.values():
                    phone._queue.put(one)
            for phone in played.values():
                phone._queue.put({"event": "gone"})

        threading.Thread(target=run, daemon=True).start()

    def do(self, command, **named):
        try:
            self._commands.write(json.dumps({"user": self.user, "do": command, **named}) + "\n")
            self._commands.flush()
        except OSError as error:
            raise Failed(f"{self.user}'s browser is gone: {error}") from error

    def ask(self, command, seconds=10.0, **named):
        """A command that has an answer."""
        self.do(command, **named)
        return self.wait(command, seconds)["answer"]

    def wait(self, event, seconds=10.0, **where):
        """The next event of that name with these fields; what came before it and is not asked for stays."""
        def fits(one):
            return one["event"] == event and all(one.get(k) == v for k, v in where.items())

        ends = time.monotonic() + seconds
        while True:
            for index, one in enumerate(self._seen):
                if fits(one):
                    return self._seen.pop(index)
            try:
                one = self._queue.get(timeout=max(ends - time.monotonic(), 0.001))
            except queue.Empty:
                raise Failed(f"{self.user}'s browser: expected {event} {where or ''} within {seconds} s; came: "
                             f"{self._seen}") from None
            self._seen.append(one)
            if one["event"] in ("error", "gone") and event != one["event"]:
                raise Failed(f"{self.user}'s browser: {one}; before: {self._seen[:-1]}")


class Browser(Played):
    def __init__(self, binaries, directory, user, at, server, address, authority, media="plain", password=None, ssrc=1):
        self.at = at
        settings = {"server": server, "address": address, "own": at, "authority": str(authority.pem), "user": user,
                    "password": PASSWORDS[user] if password is None else password, "domain": "example.org",
                    "media": media, "ssrc": ssrc}
        environment = {**os.environ, "NODE_PATH": str(modules_of(binaries)), "NODE_NO_WARNINGS": "1"}
        errors = open(directory / f"browser-{user}.errors", "w", encoding="utf-8")
        self._process = subprocess.Popen(["node", SCRIPTS / "phone.js", json.dumps(settings)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        errors.close()
        super().__init__(user, self._process.stdin)
        self.read(self._process.stdout, {user: self})

    # What a Lab keeps: something that runs and can be killed.
    def running(self):
        return self._process.poll() is None

    def kill(self):
        self._process.kill()
        self._process.wait()

    def heard(self):
        """RTP packets so far."""
        self.do("heard")
        return self.wait("heard")["packets"]

    def leave(self):
        """Unregisters and ends."""
        self.do("stop")
        self.wait("unregistered")
        self._process.stdin.close()
        check(self._process.wait(10) == 0, f"{self.user}'s browser ended with {self._process.returncode}")
