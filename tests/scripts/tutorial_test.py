"""usage: tutorial_test.py <sbcctl> <sbc>

What policies/README.md says, done as it says: files are written, commands run, and what they print is what is shown.

A block ```lua or ```toml whose first line is a comment with a file's name is that file; ```sh is run, and must end with 0,
```sh fails with something else; ```text behind it is what it prints, where a line of three dots stands for any lines.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SBCCTL, SBC = (str(pathlib.Path(name).resolve()) for name in sys.argv[1:3])
TOP = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = TOP / "policies/README.md"

BLOCK = re.compile(r"^```(\S+)( fails)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"(?:--|#) (\S+\.(?:lua|toml))$")


def same(shown, printed):
    """Whether the lines are those that are shown, apart from how long a run took."""
    pieces = []
    for line in shown.rstrip("\n").split("\n"):
        pieces.append(r"(?:.*\n)*?" if line == "..." else re.escape(line.rstrip()) + "\n")
    pattern = re.sub(r"(calls\\ in\\ )[\d\\.]+", lambda found: found[1] + r"[\d.]+", "".join(pieces))
    text = "".join(line.rstrip() + "\n" for line in printed.rstrip("\n").split("\n"))
    return re.fullmatch(pattern, text) is not None


class Tutorial(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        self.work = self.top
        shutil.copytree(TOP / "policies", self.top / "policies")
        tools = self.top / "bin"
        tools.mkdir()
        (tools / "sbcctl").symlink_to(SBCCTL)
        (tools / "sbc").symlink_to(SBC)
        self.path = f"{tools}:/usr/bin:/bin"

    def run_block(self, commands, fails, where):
        """Runs the lines, goes where they went, and gives what they printed."""
        went = self.top / "went"
        result = subprocess.run(["bash", "-ec", f"trap 'pwd >{went}' EXIT\n{commands}"], cwd=self.work, text=True, timeout=60,
                                env={"PATH": self.path, "HOME": str(self.top)}, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, check=False)
        self.assertEqual(result.returncode != 0, fails, f"{where}: ends with {result.returncode}\n{result.stdout}")
        self.work = pathlib.Path(went.read_text().strip())
        return result.stdout

    def test_everything_it_says_is_so(self):
        text = DOCUMENT.read_text()
        printed, commands = None, 0
        for block in BLOCK.finditer(text):
            kind, fails, body = block[1], block[2] is not None, block[3]
            where = f"{DOCUMENT.name}:{text.count(chr(10), 0, block.start()) + 1}"
            if kind == "sh":
                printed = self.run_block(body, fails, where)
                commands += 1
            elif kind == "text":
                self.assertIsNotNone(printed, f"{where}: nothing was run before")
                self.assertTrue(same(body, printed), f"{where} shows\n{body}\nbut it prints\n{printed}")
                printed = None
            else:
                name = NAME.match(body.split("\n", 1)[0])
                self.assertIsNotNone(name, f"{where}: which file is this?")
                file = self.work / name[1]
                file.parent.mkdir(exist_ok=True)
                file.write_text(body)
        self.assertGreater(commands, 8, "the commands were not found")

    def test_its_links_lead_somewhere(self):
        for document in (DOCUMENT, TOP / "policies/reference.md"):
            for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
                file, _, anchor = target.partition("#")
                aim = document.parent / file if file else document
                self.assertTrue(aim.exists(), f"{document.name}: {target}")
                if anchor:
                    titles = re.findall(r"^#+ (.*)$", aim.read_text(), re.MULTILINE)
                    anchors = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
                    self.assertIn(anchor, anchors, f"{document.name}: {target}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
