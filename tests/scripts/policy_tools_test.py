"""usage: policy_tools_test.py <sbcctl>

`sbcctl policy ...` as an operator runs it: what it says, and with what it ends.
"""

import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

SBCCTL = sys.argv[1]
TOP = pathlib.Path(__file__).resolve().parents[2]


def sbcctl(*arguments):
    return subprocess.run([SBCCTL, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


class Check(Folder):
    def test_the_shipped_policy_is_good(self):
        began = time.monotonic()
        result = sbcctl("policy", "check", "--strict", "--file", TOP / "policies/default.lua")
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        self.assertTrue(result.stdout.endswith("default.lua: good\n"), result.stdout)
        self.assertLess(time.monotonic() - began, 10, "a check takes well under a second on an idle machine")

    def test_mistakes_are_named_and_end_with_1(self):
        path = self.write("p.lua", 'return {\n  on_invite = function(call)\n    return route { trunk = call.relm }\n  end,\n}\n')
        result = sbcctl("policy", "check", "--file", path)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, 'p.lua:3: a call has no "relm"; did you mean "realm"?\n' + f"{path}: 1 error\n")

    def test_what_only_the_sandbox_says_is_a_mistake(self):
        path = self.write("p.lua", 'assert(groups.exists("carriers"), "no carriers")\nreturn { on_invite = function() return drop() end }\n')
        result = sbcctl("policy", "check", "--file", path)
        self.assertEqual(result.returncode, 1)
        self.assertIn("no carriers", result.stdout)

    def test_warnings_are_mistakes_only_when_asked(self):
        path = self.write("p.lua", "local function unused() end\nreturn { on_invite = function() return drop() end }\n")
        result = sbcctl("policy", "check", "--file", path)
        self.assertEqual((result.returncode, result.stdout),
                         (0, f"p.lua:1: warning: nobody calls unused\n{path}: good, but 1 warning\n"))
        self.assertEqual(sbcctl("policy", "check", "--strict", "--file", path).returncode, 1)

    def test_names_are_those_of_the_configuration(self):
        self.write("p.lua", 'return { on_invite = function() return route { trunk = "carier" } end }\n')
        config = self.write("sbc.toml", CONFIG)
        result = sbcctl("policy", "check", "--config", config)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn('p.lua:1: there is no trunk "carier"; did you mean "carrier"?', result.stdout)

    def test_what_cannot_be_asked_ends_with_2(self):
        for arguments in (("policy", "check", "--file", self.folder / "none.lua"),
                          ("policy", "check", "--config", self.folder / "none.toml"),
                          ("policy", "check", "--nonsense"), ("policy",), ()):
            result = sbcctl(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertNotEqual(result.stderr, "", arguments)


class Stubs(Folder):
    def test_they_are_written_where_asked(self):
        self.assertEqual(sbcctl("policy", "stubs", "--to", self.folder).returncode, 0)
        for name in ("types/parapet.lua", ".luacheckrc"):
            self.assertEqual((self.folder / name).read_text(), (TOP / "policies" / name).read_text(),
                             "run: sbcctl policy stubs --to policies")


CONFIG = """
[policy]
file = "p.lua"
[relay.local]
socket = "/run/none.sock"
[realm.core]
[[realm.core.listener]]
transport = "udp"
bind = "127.0.0.1:5060"
[trunk.carrier]
realm = "core"
targets = ["127.0.0.2:5060"]
"""

if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
