"""Peers that ask and never read the answers, and what they cost the border."""

import pathlib
import threading
import time

from .checks import check, eventually

OUTPUT_LIMIT = 1024 * 1024  # sbc/net/limits.h: stream_output_bytes
# A trace of a hundred thousand messages takes longer on a busy machine than the flood lasts.
UNTRACED = {"sip_trace": ""}


class MemoryCost:
    def __init__(self, border):
        self._border = border
        self._before = self._resident()
        self._most_resident = self._most_waiting = 0

    def _resident(self):
        return self._border.sbc_metrics().total("process_resident_memory_bytes")

    def _look(self):
        metrics = self._border.sbc_metrics()
        self._most_resident = max(self._most_resident, metrics.total("process_resident_memory_bytes"))
        self._most_waiting = max(self._most_waiting, metrics.total("parapet_transport_output_waiting_bytes"))

    def flood(self, deaf, chatter, beside, seconds=20):
        """Each of the deaf says chatter(client, n) until it is closed, or cannot send because its answers stand still;
        beside() is called meanwhile."""
        ends = time.monotonic() + seconds

        def talk(client):
            client._socket.settimeout(2)
            n = 0
            try:
                while time.monotonic() < ends:
                    chatter(client, n)
                    n += 1
            except OSError:
                pass

        threads = [threading.Thread(target=talk, args=(client,), daemon=True) for client in deaf]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            self._look()
            beside()
            time.sleep(0.1)
        for thread in threads:
            thread.join()
        self._look()

    def judge(self, count):
        """Of `count` deaf peers each was closed when its limit was reached, and they cost what the limits say."""
        check(self._most_waiting <= count * OUTPUT_LIMIT, f"{self._most_waiting:.0f} bytes waited for {count} peers")
        eventually(lambda: self._border.sbc_metrics().total("parapet_transport_drops_total", reason="tcp_output_full")
                   == count, f"all {count} deaf peers are closed and counted", 10)
        eventually(lambda: self._border.sbc_metrics().total("parapet_transport_output_waiting_bytes") == 0,
                   "nothing waits any more", 5)
        # Twice the limits for what a queue is made of, and what the process grows to by working at all (some 15 MiB for each of
        # two threads, whether anybody reads or not). A sanitizer keeps
        # freed memory for a while.
        sanitized = b"__asan_init" in pathlib.Path(self._border.sbc.program).read_bytes()
        allowed = count * 2 * OUTPUT_LIMIT + (512 if sanitized else 48) * 1024 * 1024
        grown = self._most_resident - self._before
        check(grown <= allowed, f"the process grew by {grown:.0f} bytes, {allowed} were allowed")
