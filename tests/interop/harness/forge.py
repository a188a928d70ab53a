"""Datagrams from addresses that are not ours."""

import random
import socket
import struct
import zlib

from .fax import udptl


def _check():
    """A check of ICE without credentials: RFC 8489 6.1, with the fingerprint of 14.7."""
    text = struct.pack("!HHI", 1, 8, 0x2112A442) + b"parapet-evil"
    return text + struct.pack("!HHI", 0x8028, 4, zlib.crc32(text) ^ 0x5354554E)


# What is taken on a port of media beside RTP and RTCP, by its first byte: a check of ICE, the beginning of a handshake
# (RFC 6347 4.2.2) and fax.
CHECK = _check()
HELLO = b"\x16\xfe\xff" + bytes(8) + struct.pack("!HB", 54, 1) + struct.pack("!I", 42)[1:] + bytes(5) + struct.pack("!I", 42)[1:] \
    + b"\xfe\xfd" + b"EVIL" * 8 + b"\0\0\0\2\xc0\x2f\1\0"
STRAY = [CHECK, HELLO, udptl(20000, b"EVIL")]


def spoof(source, target, payload):
    """A datagram from an address that is not ours."""
    udp = struct.pack("!HHHH", source[1], target[1], 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), random.getrandbits(16), 0, 64, socket.IPPROTO_UDP, 0,
                     socket.inet_aton(source[0]), socket.inet_aton(target[0]))
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(ip + udp, (target[0], 0))
