"""A headless phone: baresip with a tone as its microphone, its loudspeaker recorded, driven through its control socket."""

import json
import pathlib
import socket
import sys
import time

from .border import ACCESS, PASSWORDS
from .checks import Failed, check, eventually
from .picture import first_line
from .process import Process, tool

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts" / "lib"))
import tones  # noqa: E402  the demo listens in the same way

MODULES = pathlib.Path("/usr/lib/baresip/modules")


class Phone:
    def __init__(self, directory, name, tone, at, port, password=None, transport="udp", registrar=ACCESS,
                 account="", extra=(), codecs="pcma/8000/1,pcmu/8000/1"):
        self.name, self.tone = name, tone
        self.folder = pathlib.Path(directory) / f"phone-{name}"
        self._recordings = self.folder / "recorded"
        self._recordings.mkdir(parents=True)
        check((MODULES / "ctrl_tcp.so").exists(), f"the modules of baresip are not in {MODULES}")
        _, rate, channels = codecs.split(",")[0].split("/")  # a WAV of another rate is not read
        tones.write_tone(self.folder / "tone.wav", tone, 60, int(rate), int(channels))
        control = port + 1000
        host = f"[{at}]" if ":" in at else at
        (self.folder / "config").write_text("\n".join([
            "poll_method epoll", f"sip_listen {host}:{port}", f"net_interface {at}", f"audio_srate {rate}", f"audio_channels {channels}",
            "rtp_ports 40000-50000", "jitter_buffer_type fixed", "jitter_buffer_delay 1-10", f"module_path {MODULES}",
            *(["module srtp.so"] if "mediaenc" in account else []),
            *(["module dtls_srtp.so"] if "dtls_srtp" in account else []), *(["module ice.so"] if "=ice" in account else []), *extra, "module g711.so", "module_app uuid.so", "module aufile.so", "module aubridge.so", "module sndfile.so", "module_app account.so",
            "module_app menu.so", "module_app ctrl_tcp.so", f"ctrl_tcp_listen {host}:{control}",
            f"snd_path {self._recordings}", ""]))
        (self.folder / "accounts").write_text(
            f"<sip:{name}@{registrar};transport={transport}>;auth_user={name};auth_pass={password or PASSWORDS[name]};"
            f"regint=300;answermode=auto;audio_codecs={codecs};"
            f"audio_source=aufile,{self.folder / 'tone.wav'};audio_player=aubridge,{name}{account}\n")
        self.process = Process(f"baresip {name}", [tool("baresip"), "-6" if ":" in at else "-4", "-f", self.folder],
                               pathlib.Path(directory) / f"baresip-{name}.log", cwd=self.folder)
        self._events = []
        self._seen = 0
        self._received = b""
        self._control = eventually(lambda: self._connect((at, control)), f"{name}'s phone has its control socket", 10)

    def _connect(self, address):
        check(self.process.running(), f"{self.name}'s phone ended at its start:\n{self.process.output()}")
        try:
            return socket.create_connection(address, timeout=1)
        except OSError:
            return None

    def running(self):
        return self.process.running()

    def kill(self):
        self._control.close()
        self.process.kill()

    def stop(self):
        """In good order: baresip closes its recordings."""
        self.process.stop(5)

    def command(self, command, params=""):
        text = json.dumps({"command": command, "params": params, "token": command}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))

    def wait(self, kind, seconds=10):
        """The next event of that kind."""
        return self._wait(lambda e: e.get("type") == kind, kind, seconds)

    def wait_registered(self, seconds=10):
        self._wait_registration("REGISTER_OK", "OK", seconds)

    def wait_refused(self, seconds=10):
        self._wait_registration("REGISTER_FAIL", "ERR", seconds)

    def _wait_registration(self, kind, word, seconds):
        def fits(event):  # it may have come about before we were connected: then reginfo says so
            return event.get("type") == kind or (event.get("token") == "reginfo" and word in str(event.get("data")))

        self._wait(fits, kind, seconds, "reginfo")

    def _wait(self, fits, what, seconds, question=None):
        ends = time.monotonic() + seconds
        asked = 0.0
        while time.monotonic() < ends:
            while self._seen < len(self._events):
                self._seen += 1
                if fits(self._events[self._seen - 1]):
                    return self._events[self._seen - 1]
            if question and time.monotonic() - asked > 0.5:
                self.command(question)
                asked = time.monotonic()
            self._listen()
        raise Failed(f"{self.name}'s phone: no {what} within {seconds} s; it said {self._events[-5:]}")

    def _listen(self):
        self._control.settimeout(0.1)
        try:
            data = self._control.recv(65536)
        except TimeoutError:
            return
        check(data, f"{self.name}'s phone has closed its control socket:\n{self.process.output()}")
        self._received += data
        while (colon := self._received.find(b":")) > 0:
            end = colon + 1 + int(self._received[:colon])
            if len(self._received) <= end:
                return
            self._events.append(json.loads(self._received[colon + 1:end].decode("utf-8", "replace")))
            self._received = self._received[end + 1:]

    def heard(self):
        """What it has played to its owner, in order; one recording for each time its audio was started."""
        files = sorted(self._recordings.glob("dump-*-dec.wav"))
        check(files, f"{self.name}'s phone has recorded nothing")
        return [tones.read_samples(file) for file in files]


    def sees(self):
        """The first line of the picture that is shown to its owner, as (red, green, blue); needs snapshot.so."""
        self.command("snapshot")
        return eventually(lambda: next((first_line(f.read_bytes()) for f in self.folder.glob("snapshot-recv-*.png")), None),
                          f"a picture at {self.name}'s phone")


def seconds_of(recordings, hertz):
    """How long a tone dominates."""
    return sum(tones.pieces_with_tone(samples, hertz) for samples in recordings) * tones.PIECE / tones.RATE


def end_and_judge(caller, callee, enough):
    """Hangs up; each must have heard the other's tone for so many seconds."""
    caller.command("hangup")
    callee.wait("CALL_CLOSED")
    time.sleep(0.3)
    for each in (caller, callee):
        each.stop()
    for listener, speaker in ((caller, callee), (callee, caller)):
        heard = seconds_of(listener.heard(), speaker.tone)
        check(heard >= enough, f"{listener.name} heard {speaker.name} for {heard:.1f} s only")
