"""A child process with its output in a file; ended by its pid and nothing else."""

import ctypes
import os
import pathlib
import shutil
import signal
import subprocess

from .checks import Failed

PR_SET_PDEATHSIG = 1


def tool(name):
    """A missing tool fails the test: a suite that skips proves nothing."""
    path = shutil.which(name)
    if path is None:
        raise Failed(f"{name} is not installed")
    return path


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    def __init__(self, name, command, log, cwd=None, environment=None):
        self.name, self.program = name, command[0]
        self.log = pathlib.Path(log)
        self._signalled = False
        with open(self.log, "ab") as out:
            self._child = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out,
                                           stderr=subprocess.STDOUT, cwd=cwd, preexec_fn=_die_with_parent,
                                           env={**os.environ, "TERM": "dumb", **(environment or {})})

    @property
    def pid(self):
        return self._child.pid

    def running(self):
        return self._child.poll() is None

    def code(self):
        return self._child.poll()

    def signal(self, number):
        self._signalled = True
        if self.running():
            os.kill(self.pid, number)

    def died(self):
        """It has ended, not well, and nobody here had asked for it."""
        return not self._signalled and self.code() not in (None, 0)

    def wait(self, seconds):
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} did not end within {seconds} s") from None

    def stop(self, seconds=5):
        """Asks, then insists. The exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self):
        self.signal(signal.SIGKILL)
        return self._child.wait()

    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""
