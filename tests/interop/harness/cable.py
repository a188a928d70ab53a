"""A cable between two network devices of this namespace, which can be made to lose packets."""

import select
import socket
import struct
import subprocess
import threading

ETH_P_ALL = 3
# What the devices leave to each other to do (checksums, segments) goes along in front of each frame.
SOL_PACKET, PACKET_VNET_HDR, VNET_HEADER = 263, 15, 10
ETHERNET, BIG = 14, 300  # bytes; of a datagram that is more than a piece of audio


def _end(device):
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    opened.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    opened.bind((device, ETH_P_ALL))
    return opened


class Cable:
    """From `near` to `far`. `loses`: of so many big datagrams toward `far` one is lost, 1: all of them; 0: none is."""

    def __init__(self, near, far):
        self.loses, self.lost = 0, 0
        self._big = 0
        for device in (near, far):
            subprocess.run(["ip", "link", "set", device, "up"], check=True, timeout=10)
        self._near, self._far = _end(near), _end(far)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def running(self):
        return not self._stopped

    def kill(self):
        self._stopped = True
        self._thread.join()
        for end in (self._near, self._far):
            end.close()

    def _run(self):
        other = {self._near: self._far, self._far: self._near}
        while not self._stopped:
            for end in select.select(list(other), [], [], 0.1)[0]:
                try:
                    data, (_, _, kind, _, _) = end.recvfrom(70000)
                    if kind == socket.PACKET_OUTGOING or (end is self._near and self._loses(data)):
                        continue
                    other[end].send(data)
                except OSError:
                    pass  # a device is gone, or not up yet

    def _loses(self, data):
        frame = data[VNET_HEADER:]
        protocol, = struct.unpack("!H", frame[12:14])
        if not self.loses or protocol != 0x0800 or frame[ETHERNET + 9] != socket.IPPROTO_UDP or len(frame) < BIG:
            return False
        self._big += 1
        lost = self._big % self.loses == 0
        self.lost += lost
        return lost
