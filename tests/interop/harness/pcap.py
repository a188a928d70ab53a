"""Captures as sipp plays them: Ethernet, IPv4, UDP."""

import math
import struct

_FILE = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def write(path, packets):
    """`packets`: (seconds since the first one, UDP payload)."""
    with open(path, "wb") as out:
        out.write(_FILE)
        for seconds, payload in packets:
            udp = struct.pack("!HHHH", 7000, 7000, 8 + len(payload), 0) + payload
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
            frame = bytes(12) + b"\x08\x00" + ip + udp
            out.write(struct.pack("<IIII", 1 + int(seconds), round(seconds % 1 * 1e6), len(frame), len(frame)) + frame)
    return path


def _mu_law(sample):
    """One byte of G.711."""
    sign, magnitude = (0x80, -sample) if sample < 0 else (0, sample)
    magnitude = min(magnitude, 32635) + 132
    exponent = max(magnitude.bit_length() - 8, 0)
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 15) & 0xFF


def tone(hertz, seconds, ssrc):
    """RTP packets of 20 ms of PCMU, for `write`."""
    for n in range(seconds * 50):
        samples = (int(8000 * math.sin(2 * math.pi * hertz * (n * 160 + i) / 8000)) for i in range(160))
        yield n * 0.02, struct.pack("!BBHII", 0x80, 0, n, n * 160, ssrc) + bytes(map(_mu_law, samples))


def digits(text, ssrc, payload_type=101):
    """RFC 4733: each digit 100 ms in packets of 20 ms, its end three times, and a pause of as long."""
    sequence = 0
    for k, digit in enumerate(text):
        event = "0123456789*#ABCD".index(digit)
        for i in range(8):
            ended = i >= 5
            duration = min(i + 1, 5) * 160
            marker = 0x80 if i == 0 else 0
            header = struct.pack("!BBHII", 0x80, marker | payload_type, sequence, k * 1600, ssrc)
            yield k * 0.2 + min(i, 5) * 0.02, header + struct.pack("!BBH", event, (0x80 if ended else 0) | 10, duration)
            sequence += 1
