"""What one test works with: the border, peers around it, and the capture of everything between them."""

import json
import pathlib
import shutil
import tempfile

from . import toml
from .border import ACCESS, ACCESS6, CORE, Border, second_border
from .capture import Capture
from .checks import Fault, equal
from .client import Client
from .peers import Rtp, Silent
from .sipp import Sipp
from .stream import StreamUa
from .ua import Ua

PHONE, PHONE2, PHONE6 = "10.77.1.10", "10.77.1.20", "fd77:1::10"
CARRIER, CARRIER2, CARRIER6 = "10.77.2.10", "10.77.2.11", "fd77:2::10"

FROM_CARRIER = {"service": "alice", "user": "4366012345"}  # whom a carrier calls, and for whom

NAME = 56  # characters of a test's name in the path of its sockets, which has 107


class Lab:
    def __init__(self, binaries, name):
        self._binaries = binaries
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"parapet-{name[:NAME]}-"))
        self.capture = Capture()
        self.may_leak = False  # set by a test that wants the leak guard to find something
        self._peers = []  # everything with kill() or stop() that a failed test leaves running
        self.border = None
        self.second = None  # another border behind it

    def start(self, sbc=None, relay=None, register=True):
        """Starts the border; `register` puts alice's phone at PHONE into the location service."""
        self.border = Border(self._binaries, self.directory, sbc, relay)
        if register:
            self.register("alice", PHONE)
        return self.border

    def start_second(self, inside, outside, carrier, changes=None):
        """Another border, between the first one, as its carrier at `inside`, and a carrier of its own."""
        sbc, relay = second_border(self.directory, inside, outside, CORE, carrier)
        sbc = toml.merged(sbc, changes or {})
        self.second = Border(self._binaries, self.directory / "second", sbc, relay)
        return self.second

    def register(self, user, at, border=ACCESS, **options):
        border = ACCESS6 if ":" in at else border
        with Client(at, border) as client:
            answer = client.register(user, **options)
        equal(answer and answer.status, 200, f"REGISTER of {user}")
        return answer

    def sipp(self, scenario, role, at, border=None, **options):
        if border is None:
            border = ACCESS if at.startswith("10.77.1.") else CORE
        peer = Sipp(self.directory, scenario, role, at, border, **options)
        self._peers.append(peer.process)
        return peer

    def caller(self, scenario, at=PHONE, role="caller", **options):
        return self.sipp(scenario, role, at, **options)

    def callee(self, scenario, at=CARRIER, role="callee", **options):
        return self.sipp(scenario, role, at, **options)

    def call(self, caller, callee, caller_options=None, callee_options=None):
        """One call from alice's phone to the carrier, both played to their ends."""
        waiting = self.callee(callee, **(callee_options or {}))
        calling = self.caller(caller, **(caller_options or {}))
        calling.done()
        waiting.done()

    def call_from_carrier(self, caller, callee, caller_options=None, callee_options=None):
        """The same from the carrier to alice's phone."""
        waiting = self.callee(callee, at=PHONE, **(callee_options or {}))
        calling = self.caller(caller, at=CARRIER, **{**FROM_CARRIER, **(caller_options or {})})
        calling.done()
        waiting.done()

    def silent(self, at, port=5060):
        return self.keep(Silent(at, port))

    def rtp(self, at, ssrc, port=7000):
        return self.keep(Rtp(at, port, ssrc))

    def ua(self, at, user, border=None, port=5060):
        """A user agent that the test plays by hand."""
        if border is None:
            border = ACCESS if at.startswith("10.77.1.") else CORE
        return self.keep(Ua(at, user, border, port))

    def stream_ua(self, at, user, border=None, port=5060):
        """The same over TCP."""
        if border is None:
            border = ACCESS if at.startswith("10.77.1.") else CORE
        return self.keep(StreamUa(at, user, border, port))

    def keep(self, process):
        self._peers.append(process)
        return process

    def finish(self):
        """The end of a good test: idle, alive, nothing of one side said to the other, and both processes end with 0."""
        if self.border is None:
            return
        for border in (self.border, self.second):
            if border is None:
                continue
            border.until_idle()
            if border.sbc.running() and not self.may_leak and (leaks := border.leaks()):
                raise Fault(f"the leak guard found {leaks}")
            border.stop()
        if not self.may_leak and (leaks := self.leaks_in_logs()):
            raise Fault(f"the guard of a border that has ended meanwhile found leaks: {leaks}")

    def fault(self):
        """What the border did that no second try excuses: a process that died by itself, a leak; None: nothing."""
        for border in (self.border, self.second):
            for process in (border.sbc, border.relay) if border is not None else ():
                if process is not None and process.died():
                    return f"{process.name} died, code {process.code()}"
        leaks = [] if self.may_leak else self.leaks_in_logs()
        return f"leaks: {leaks}" if leaks else None

    def leaks_in_logs(self):
        return [line for file in (*self.directory.glob("*.log"), *self.directory.glob("second/*.log"))
                for line in file.read_text(errors="replace").splitlines() if "leak: a word of the other side" in line]

    def close(self, keep=False):
        for peer in self._peers:
            if peer.running():
                peer.kill()
        for border in (self.border, self.second):
            if border is not None:
                border.abandon()
        self.capture.stop()
        if not keep:
            shutil.rmtree(self.directory, ignore_errors=True)

    def report(self):
        """All that helps to see why a test failed."""
        parts = ["---- ladder", self.capture.ladder()]
        for file in sorted([*self.directory.glob("*.log"), *self.directory.glob("second/*.log")]):
            parts += [f"---- {file.name}", "\n".join(file.read_text(errors="replace").splitlines()[-60:])]
        for file in sorted(self.directory.glob("*.errors")):
            parts += [f"---- {file.name}", file.read_text(errors="replace")[-3000:]]
        return "\n".join(parts)

    def trace(self):
        """The sbc's own trace of SIP messages."""
        return [json.loads(line) for line in (self.directory / "sip.jsonl").read_text().splitlines()]
