"""The tone test of the demo finds the tone that is there, for as long as it is there, and no other."""

import array
import math
import pathlib
import random
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))
import tones  # noqa: E402


def tone(hertz, seconds, amplitude=8000):
    count = int(tones.RATE * seconds)
    return array.array("h", (int(amplitude * math.sin(2 * math.pi * hertz * n / tones.RATE)) for n in range(count)))


class Tones(unittest.TestCase):
    def test_a_tone_is_heard_and_another_is_not(self):
        samples = tone(440, 3)
        self.assertTrue(tones.heard(samples, 440))
        self.assertFalse(tones.heard(samples, 1000))
        self.assertEqual(tones.pieces_with_tone(samples, 1000), 0)

    def test_two_seconds_are_enough_and_a_piece_less_is_not(self):
        self.assertTrue(tones.heard(tone(1000, 2.0), 1000))
        self.assertFalse(tones.heard(tone(1000, 1.9), 1000))

    def test_silence_and_noise_are_no_tone(self):
        dice = random.Random(7)
        self.assertFalse(tones.heard(array.array("h", [0] * tones.RATE * 3), 440))
        self.assertFalse(tones.heard(tone(440, 3, amplitude=100), 440))
        noise = array.array("h", (dice.randint(-8000, 8000) for _ in range(tones.RATE * 3)))
        self.assertEqual(tones.pieces_with_tone(noise, 440), 0)

    def test_a_quieter_second_voice_does_not_hide_the_tone(self):
        both = array.array("h", (a + b for a, b in zip(tone(440, 3), tone(1000, 3, amplitude=3000))))
        self.assertTrue(tones.heard(both, 440))
        self.assertFalse(tones.heard(both, 1000))

    def test_a_file_is_read_as_it_was_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "tone.wav")
            tones.write_tone(path, 1000, 3)
            samples = tones.read_samples(path)
        self.assertEqual(len(samples), 3 * tones.RATE)
        self.assertEqual(tones.pieces_with_tone(samples, 1000), 30)


if __name__ == "__main__":
    unittest.main()
