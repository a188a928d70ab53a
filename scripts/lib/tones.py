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


def write_tone(path, hertz, seconds, rate=RATE, channels=1):
    """A sine at a quarter of full scale, 16 bits, the same in each channel."""
    wave_form = (int(8000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(rate * seconds))
    samples = array.array("h", (sample for sample in wave_form for _ in range(channels)))
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())


def read_samples(path):
    """The first channel, at 8 kHz."""
    with wave.open(str(path), "rb") as recorded:
        channels, width, rate = recorded.getnchannels(), recorded.getsampwidth(), recorded.getframerate()
        if width != 2 or rate % RATE != 0:
            raise ValueError(f"{path}: expected samples of 2 bytes at a multiple of {RATE} Hz, got {width} at {rate}")
        samples = array.array("h", recorded.readframes(recorded.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    samples, step = samples[::channels], rate // RATE
    if step == 1:
        return samples
    whole = len(samples) // step * step
    return array.array("h", (sum(samples[n:n + step]) // step for n in range(0, whole, step)))


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
