"""End-to-end tests of Parapet over loopback, with peers that were not written here.

A test program declares its tests with `@test` and ends with `main()`. Each program runs in a network namespace and a
process namespace of its own, so addresses and ports are fixed, nothing clashes and nothing survives it.
"""

from .runner import main, test
from .checks import Failed, check, equal, eventually

__all__ = ["Failed", "check", "equal", "eventually", "main", "test"]
