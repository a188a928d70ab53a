"""SRTP as RFC 3711 says it, in one suite (AES_CM_128_HMAC_SHA1_80) and without a rollover: a peer that shares nothing with ours."""

import base64
import ctypes
import hashlib
import hmac
import os
import struct

from .peers import _Listener

SUITE, TAG = "AES_CM_128_HMAC_SHA1_80", 10
_crypto = ctypes.CDLL("libcrypto.so.3")
for _name in ("EVP_CIPHER_CTX_new", "EVP_aes_128_ctr"):
    getattr(_crypto, _name).restype = ctypes.c_void_p


def _counter_mode(key, start, data):
    context = ctypes.c_void_p(_crypto.EVP_CIPHER_CTX_new())
    out, size = ctypes.create_string_buffer(len(data) + 16), ctypes.c_int()
    _crypto.EVP_EncryptInit_ex(context, ctypes.c_void_p(_crypto.EVP_aes_128_ctr()), None, key, start)
    _crypto.EVP_EncryptUpdate(context, out, ctypes.byref(size), data, len(data))
    _crypto.EVP_CIPHER_CTX_free(context)
    return out.raw[:size.value]


class Keys:
    """Those of one direction: 16 bytes of key, 14 of salt, as in a=crypto (RFC 4568 6.1)."""

    def __init__(self, secret=None):
        self.secret = secret or os.urandom(30)
        master, salt = self.secret[:16], int.from_bytes(self.secret[16:], "big")

        def derived(label, size):  # 4.3.1
            return _counter_mode(master, ((label << 48 ^ salt) << 16).to_bytes(16, "big"), bytes(size))

        self._cipher, self._authentic = derived(0, 16), derived(1, 20)
        self._salt = int.from_bytes(derived(2, 14), "big")

    @staticmethod
    def named(line):
        return Keys(base64.b64decode(line.split("inline:")[1].split("|")[0]))

    def line(self, tag=None):
        return f"a=crypto:{tag or 1} {SUITE} inline:{base64.b64encode(self.secret).decode()}"

    def _turned(self, packet):
        sequence, _, ssrc = struct.unpack("!HII", packet[2:12])
        start = self._salt << 16 ^ ssrc << 64 ^ sequence << 16  # 4.1.1
        return packet[:12] + _counter_mode(self._cipher, start.to_bytes(16, "big"), packet[12:])

    def _tag(self, packet):
        return hmac.new(self._authentic, packet + bytes(4), hashlib.sha1).digest()[:TAG]

    def protect(self, packet):
        sealed = self._turned(packet)
        return sealed + self._tag(sealed)

    def open(self, data):
        """The packet; None when it is not authentic."""
        sealed, tag = data[:-TAG], data[-TAG:]
        return self._turned(sealed) if len(sealed) >= 12 and self._tag(sealed) == tag else None


class Peer(_Listener):
    """One m-line's RTP, played packet by packet. `keys`: its own, None in clear; `theirs`: those of who sends to it."""

    def __init__(self, at, port, ssrc, keys=None):
        self.ssrc, self.keys, self.theirs, self.heard, self._sequence = ssrc, keys, None, [], 0
        super().__init__(at, port)

    def send(self, target, payload_type, *payloads):
        for payload in payloads:
            self._sequence += 1
            packet = struct.pack("!BBHII", 0x80, payload_type, self._sequence, self._sequence * 160, self.ssrc) + payload
            self._socket.sendto(self.keys.protect(packet) if self.keys else packet, target)

    def _on_packet(self, data, source):
        packet = self.theirs.open(data) if self.theirs else data
        if not 64 <= data[1] & 0x7F < 96:  # of RTCP nothing is kept
            self.heard.append(packet and (packet[1] & 0x7F, packet[12:]))
