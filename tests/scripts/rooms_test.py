"""usage: rooms_test.py <compiler> <room_views.txt>

Edges between rooms: what a room may include compiles, and what it may not does not.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

COMPILER, VIEWS = sys.argv[1], pathlib.Path(sys.argv[2])
TOP = pathlib.Path(__file__).resolve().parents[2]

RELAY = {"base", "observe", "loop", "settings", "control", "stun", "packet", "rtp", "udptl", "secure", "codec", "ice", "flow", "session", "io", "worker",
         "recording", "server"}
PURE = {"base", "control", "stun", "packet", "rtp", "udptl", "secure", "codec", "ice", "flow", "session", "sip", "sdp", "auth", "transaction", "dialog", "policy",
        "body", "identity", "leak", "limit", "quality",
        "route", "call", "exchange", "register", "syntax", "check", "explain", "simulate", "trial", "json", "table", "replay", "canary", "retell"}
LENT = {"base", "observe", "loop", "settings", "control", "stun"}  # what sbc may see of the relay


def read_views():
    views = {}
    for line in VIEWS.read_text().splitlines():
        room, *folders = line.split("|")
        views[room] = list(dict.fromkeys(f for f in folders if f))
    return views


def folder_of(room):
    return f"{'media-relay' if room in RELAY else 'sbc'}/{room}"


def header_of(room):
    return f"{folder_of(room)}/{sorted((TOP / folder_of(room)).glob('*.h'))[0].name}"


class Rooms(unittest.TestCase):
    views = read_views()

    def seen(self, room):
        """The rooms whose headers this room's include path reaches."""
        return {other for other in self.views if any((pathlib.Path(v) / folder_of(other)).is_dir() for v in self.views[room])}

    def compile(self, room, header):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "probe.cc")
            source.write_text(f'#include "{header}"\n')
            includes = [f"-I{view}" for view in self.views[room]]
            return subprocess.run([COMPILER, "-std=c++23", "-fsyntax-only", *includes, str(source)],
                                  capture_output=True, text=True, check=False)

    def test_every_room_is_known(self):
        folders = {p.name for top in ("sbc", "media-relay") for p in (TOP / top).iterdir() if list(p.glob("*.h"))}
        self.assertEqual(folders, set(self.views))

    def test_a_room_sees_itself_and_the_foundation(self):
        for room in self.views:
            self.assertLessEqual({room, "base"}, self.seen(room), room)

    def test_pure_rooms_see_no_room_that_touches_the_world(self):
        for room in PURE:
            self.assertEqual(self.seen(room) - PURE, set(), room)

    def test_the_relay_sees_nothing_of_sbc(self):
        for room in RELAY:
            self.assertEqual(self.seen(room) - RELAY, set(), room)

    def test_sbc_sees_only_what_the_relay_lends(self):
        for room in set(self.views) - RELAY:
            self.assertEqual(self.seen(room) & RELAY - LENT, set(), room)

    def test_no_two_rooms_see_each_other(self):
        for room in self.views:
            for other in self.seen(room) - {room}:
                self.assertNotIn(room, self.seen(other), f"{room} and {other}")

    def test_allowed_includes_compile(self):
        for room, header in (("sip", "sbc/sip/uri.h"), ("sip", "media-relay/base/ip.h"), ("call", "sbc/dialog/dialog.h")):
            result = self.compile(room, header)
            self.assertEqual(result.returncode, 0, f"{room} includes {header}: {result.stderr}")

    def test_forbidden_includes_do_not_compile(self):
        for room, other in (("sip", "call"), ("sip", "net"), ("dialog", "call"), ("policy", "sip"), ("base", "loop"),
                            ("call", "relay_client"), ("call", "net"), ("flow", "session"), ("flow", "io"),
                            ("session", "server"), ("sip", "session"), ("worker", "sip")):
            header = header_of(other)
            result = self.compile(room, header)
            self.assertNotEqual(result.returncode, 0, f"{room} may include {header}")
            self.assertIn(f"{header}: No such file", result.stderr.replace("'", "").replace(" file not found", ": No such file"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
