"""One sipp process that plays one scenario at one address."""

import pathlib

from . import scenario
from .checks import Failed, check, eventually
from .process import Process, tool

EXIT_CODES = {1: "a call failed", 97: "it ran into its own time limit", 99: "no call was made"}


def host_of(address):
    return f"[{address}]" if ":" in address else address


class Sipp:
    def __init__(self, directory, name, role, at, border, transport="udp", calls=1, rate=None, seconds=20, port=5060,
                 service="1000", user="alice", media=None, filter=True, auth_uri=None, timed=False, conveyed=None,
                 **variables):
        """`at` is its own address, `border` the one it talks to; `media` is (address, port) in its SDP; without `filter`
        the scenario sees retransmissions; `timed`: setup_times() says how long each call took to be answered;
        `conveyed`: (transport, its own true port, address and port to connect to) of one who speaks by a Conveyor."""
        media_ip, media_port = media or (at, 7000)
        self.at = at
        spoken, self.port, remote = conveyed or (None, port, None)
        self.transport = transport = "tcp" if conveyed else transport
        self._limit = seconds + 5
        self._directory = pathlib.Path(directory)
        if timed:
            variables = {"clock": 'start_rtd="1"', "stop_clock": 'rtd="1"', **variables}
        self._errors = pathlib.Path(directory) / f"{role}.errors"
        file = pathlib.Path(directory) / f"{role}.xml"
        file.write_text(_in_words_of(spoken, scenario.build(name, {
            "host": "[local_ip]", "port": port, "border": f"{host_of(border)}:5060" if conveyed else "[remote_ip]:5060", "user": user, "service": service,
            "family": 6 if ":" in at else 4, "ip": at, "media_ip": media_ip, "media_family": 6 if ":" in media_ip else 4,
            "media_port": media_port, "role": role, **variables})))
        command = [tool("sipp"), "-sf", file, "-i", host_of(at), "-p", self.port, "-m", calls, "-t",
                   {"udp": "u1", "tcp": "t1"}[transport], "-nostdin", "-timeout", f"{seconds}s", "-timeout_error",
                   "-trace_err", "-error_file", self._errors, "-s", service, "-max_retrans", 10, "-nd"]
        if not filter:
            command += ["-nr"]
        if "password" in variables:
            command += ["-auth_uri", auth_uri or f"{service}@{host_of(border)}:5060"]
        if rate:
            command += ["-r", rate]
        if timed:
            command += ["-trace_rtt", "-rtt_freq", 1]
        self.process = Process(f"sipp {role} ({name})", [*command, remote or f"{host_of(border)}:5060"],
                               self._directory / f"{role}.log", cwd=self._directory)
        self._until_bound()

    def _until_bound(self):
        def bound():
            check(self.process.running() or self.process.code() == 0,
                  f"{self.process.name} ended at its start:\n{self.why()}")
            return not self.process.running() or any(self._in_table(t) for t in ("", "6"))

        eventually(bound, f"{self.process.name} has its port", 10)

    def _in_table(self, suffix):
        lines = pathlib.Path(f"/proc/self/net/{self.transport}{suffix}").read_text().splitlines()[1:]
        return any(int(line.split()[1].rpartition(":")[2], 16) == self.port
                   and _same_address(line.split()[1].rpartition(":")[0], self.at) for line in lines)

    def why(self):
        errors = self._errors.read_text(errors="replace") if self._errors.exists() else ""
        return errors[-4000:] or self.process.output()[-2000:]

    def setup_times(self):
        """Milliseconds from INVITE to its 200, of each call that was answered; once it is done()."""
        written = list(self._directory.glob(f"*_{self.process.pid}_rtt.csv"))
        check(len(written) == 1, f"{self.process.name} wrote {written}")
        return [float(line.split(";")[1]) for line in written[0].read_text().splitlines()[1:]]

    def done(self):
        """Waits for its end; a failed call is a failed test."""
        code = self.process.wait(self._limit)
        if code != 0:
            raise Failed(f"{self.process.name}: {EXIT_CODES.get(code, f'code {code}')}\n{self.why()}")


def _in_words_of(transport, text):
    """RFC 7118 5.2: transport=ws in URIs, whether it is secure or not."""
    if transport is None:
        return text
    parameter = "ws" if transport == "WSS" else transport.lower()
    return text.replace("transport=[transport]", f"transport={parameter}").replace("[transport]", transport)


def _same_address(hexadecimal, address):
    """/proc/net has words of 32 bits in the machine's order."""
    import socket
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    words = bytes.fromhex(hexadecimal)
    return b"".join(words[i:i + 4][::-1] for i in range(0, len(words), 4)) == packed
