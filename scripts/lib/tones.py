"""Tones: written to WAV files, and found again in what was recorded (Goertzel)."""

import array
import math
import sys
import wave

RATE = 8000
PIECE = RATE // 10  # 100 ms
SILENCE = 200.0  # root mean square of 16-bit samples under which a piece counts as silent
DOMINANT = 0.5  # share of the energy of a piece that lies in the tone
ENOUGH = 20  # pieces: two seconds


def write_tone(path, hertz, seconds):
    """A sine at a quarter of full scale, 8 kHz, mono, 16 bits."""
    samples = array.array("h", (int(8000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(RATE * seconds)))
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())


def read_samples(path):
    with wave.open(str(path), "rb") as recorded:
        layout = (recorded.getnchannels(), recorded.getsampwidth(), recorded.getframerate())
        if layout != (1, 2, RATE):
            raise ValueError(f"{path}: expected 1 channel of 2 bytes at {RATE} Hz, got {layout}")
        samples = array.array("h", recorded.readframes(recorded.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def share_of_tone(piece, hertz):
    """The part (0 to 1) of the piece's energy that lies at `hertz`; 0 for silence."""
    energy = sum(x * x for x in piece)
    if math.sqrt(energy / len(piece)) < SILENCE:
        return 0.0
    coefficient = 2 * math.cos(2 * math.pi * hertz / RATE)
    before, last = 0.0, 0.0
    for x in piece:
        before, last = last, x + coefficient * last - before
    power = last * last + before * before - coefficient * last * before
    return 2 * power / (len(piece) * energy)  # a pure sine: power = (N A / 2)^2, energy = N A^2 / 2


def pieces_with_tone(samples, hertz):
    whole = range(0, len(samples) - PIECE + 1, PIECE)
    return sum(share_of_tone(samples[at : at + PIECE], hertz) >= DOMINANT for at in whole)


def heard(samples, hertz):
    """True when the tone dominates for at least two seconds."""
    return pieces_with_tone(samples, hertz) >= ENOUGH
