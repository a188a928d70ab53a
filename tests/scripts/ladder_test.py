"""scripts/ladder draws what the trace says, leg by leg, and lets nothing through to the terminal."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
TRACE = pathlib.Path(__file__).resolve().parent / "data" / "call.jsonl"


def ladder(*arguments, text=None):
    return subprocess.run([sys.executable, str(TOP / "scripts/ladder"), *arguments], input=text, capture_output=True,
                          text=True, check=False)


class Ladder(unittest.TestCase):
    def test_both_legs_of_a_call_in_order(self):
        result = ladder(str(TRACE))
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = result.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["alice", "bob"])
        self.assertEqual(lines[1].split(), ["192.0.2.11:5062", "sbc", "192.0.2.12:5064"])
        drawn = [line.split("|")[1:] for line in lines[2:]]
        expected = [
            ("-> INVITE +SDP", 0), ("-> INVITE +SDP", 1), ("<- 180 Ringing (INVITE)", 1), ("<- 180 Ringing (INVITE)", 0),
            ("<- 200 OK (INVITE) +SDP", 1), ("-> ACK", 1), ("<- 200 OK (INVITE) +SDP", 0), ("-> ACK", 0),
            ("<- BYE", 1), ("-> 200 OK (BYE)", 1), ("<- BYE", 0), ("-> 200 OK (BYE)", 0),
        ]
        self.assertEqual(len(drawn), len(expected))
        for cells, (what, side) in zip(drawn, expected):
            way, label = what.split(" ", 1)
            self.assertIn(f" {label} ", cells[side])
            self.assertTrue(cells[side].endswith(">") if way == "->" else cells[side].startswith("<"), cells)
            self.assertEqual(cells[1 - side].strip(), "")
        self.assertEqual([line.split()[0] for line in lines[2:4]], ["0.000", "0.004"])

    def test_registrations_only_on_request(self):
        self.assertNotIn("REGISTER", ladder(str(TRACE)).stdout)
        self.assertIn("401 Unauthorized (REGISTER)", ladder("--all", str(TRACE)).stdout)

    def test_one_leg_by_call_id_and_the_list(self):
        listed = ladder("--list", str(TRACE)).stdout.splitlines()
        self.assertEqual(len(listed), 2)
        self.assertIn("leg-a@192.0.2.11  alice -> bob  from 192.0.2.11:5062", listed[0])
        self.assertIn("200 OK", listed[0])
        one = ladder("--call-id", "leg-b", str(TRACE)).stdout
        self.assertIn("192.0.2.12:5064", one)
        self.assertNotIn("192.0.2.11", one)

    def test_a_trace_may_come_from_a_pipe(self):
        self.assertEqual(ladder(text=TRACE.read_text()).stdout, ladder(str(TRACE)).stdout)

    def test_nothing_to_draw_is_said(self):
        result = ladder("--user", "nobody", str(TRACE))
        self.assertEqual(result.returncode, 1)
        self.assertIn("no such messages", result.stderr)

    def test_control_characters_and_broken_lines_do_no_harm(self):
        record = json.loads(TRACE.read_text().splitlines()[3])
        record["message"] = record["message"].replace("INVITE sip", "INV\x1b[31mITE sip", 1)
        result = ladder(text="not json\n[1]\n{}\n" + json.dumps(record) + "\n")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("\x1b", result.stdout)
        self.assertIn("INV?[31mITE", result.stdout)
        self.assertIn("line 1: expected a JSON object", result.stderr)
        self.assertIn("line 3: ", result.stderr)


if __name__ == "__main__":
    unittest.main()
