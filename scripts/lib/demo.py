"""Two headless phones (baresip) that register with a running sbc and call each other: called by scripts/run --demo.

Ends with 0 when each has heard the other's tone, else with 1. Everything is bounded in time, and only processes that
were started here are ended.
"""

import argparse
import errno
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import tones

TALK_SECONDS = 5.0
PORT_TRIES = 4  # ports that are found free are anybody's until they are bound
STEP_SECONDS = 30.0  # the longest that one step (register, answer, hang up) may take
TONES = {"alice": 440, "bob": 1000}
# Of both phones, which differ by port. baresip sends media from a socket that is bound to no address, so the kernel picks
# the source, and toward 127/8 that is this one; media that comes from elsewhere than SDP says is dropped.
PHONE_ADDRESS = "127.0.0.1"


class Failed(Exception):
    """The demo cannot go on; the text says why."""


def say(text):
    print(f"== {text}", flush=True)


def free_port(address):
    """A port that is free for UDP and TCP on this address."""
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            tcp.bind((address, 0))
            port = tcp.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind((address, port))
                except OSError:
                    continue
            return port
    raise Failed(f"no free port on {address}")


class Phone:
    """One baresip with a folder of its own, driven through its control socket (netstrings of JSON)."""

    def __init__(self, name, password, folder, registrar):
        self.name = name
        self.folder = folder
        domain = registrar.removesuffix(":5060")
        self.events = []
        self.received = b""
        self.control = None
        self.process = None
        self.control_address = None
        self.recordings = folder / "recorded"
        self.recordings.mkdir(parents=True)
        tones.write_tone(folder / "tone.wav", TONES[name], 60)
        (folder / "accounts").write_text(
            f"<sip:{name}@{domain};transport=udp>;auth_user={name};auth_pass={password}"
            f";regint=300;answermode=auto;audio_codecs=pcma/8000/1,pcmu/8000/1"
            f";audio_source=aufile,{folder / 'tone.wav'};audio_player=aubridge,{name}\n"
        )
        (folder / "accounts").chmod(0o600)

    def choose_ports(self):
        self.control_address = (PHONE_ADDRESS, free_port(PHONE_ADDRESS))
        (self.folder / "config").write_text(
            "\n".join(
                [
                    "poll_method epoll",
                    f"sip_listen {PHONE_ADDRESS}:{free_port(PHONE_ADDRESS)}",
                    f"net_interface {PHONE_ADDRESS}",
                    "call_local_timeout 120",
                    "call_max_calls 4",
                    "audio_srate 8000",
                    "audio_channels 1",
                    "rtp_ports 40000-50000",  # outside the relay's range: baresip binds them on every address
                    "jitter_buffer_type fixed",
                    "jitter_buffer_delay 1-10",
                    f"module_path {module_path()}",
                    "module g711.so",
                    "module aufile.so",
                    "module aubridge.so",
                    "module sndfile.so",
                    "module_app account.so",
                    "module_app menu.so",
                    "module_app ctrl_tcp.so",
                    f"ctrl_tcp_listen {self.control_address[0]}:{self.control_address[1]}",
                    f"snd_path {self.recordings}",
                    "",
                ]
            )
        )

    def start(self):
        """A port that was free may be taken before the phone has it: then others are tried."""
        for left in reversed(range(PORT_TRIES)):
            self.choose_ports()
            if self.comes_up():
                return
            if left == 0 or self.process.returncode != errno.EADDRINUSE:
                raise Failed(f"{self.name}'s phone ended at once with status {self.process.returncode}")

    def comes_up(self):
        """False when it has ended."""
        with open(self.folder / "baresip.log", "wb") as log:
            self.process = subprocess.Popen(
                ["baresip", "-4", "-f", str(self.folder)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + STEP_SECONDS
        while self.control is None:
            if self.process.poll() is not None:
                return False
            if time.monotonic() > deadline:
                raise Failed(f"{self.name}'s phone does not listen on its control socket")
            try:
                self.control = socket.create_connection(self.control_address, timeout=1)
            except OSError:
                time.sleep(0.05)
        return True

    def command(self, command, params=""):
        text = json.dumps({"command": command, "params": params, "token": command}).encode()
        self.control.sendall(b"%d:%s," % (len(text), text))

    def listen(self, seconds):
        """Takes in what the phone says within this time; returns as soon as there is something."""
        self.control.settimeout(max(seconds, 0.01))
        try:
            data = self.control.recv(65536)
        except (TimeoutError, BlockingIOError):
            return
        if not data:
            raise Failed(f"{self.name}'s phone has closed its control socket")
        self.received += data
        while (colon := self.received.find(b":")) > 0:
            end = colon + 1 + int(self.received[:colon])
            if len(self.received) <= end:
                return
            self.events.append(json.loads(self.received[colon + 1 : end].decode("utf-8", "replace")))
            self.received = self.received[end + 1 :]

    def wait_for(self, what, found, seconds=STEP_SECONDS, ask=None):
        """Until found(event) is true for an event or answer, asking again each half second if there is a question."""
        deadline = time.monotonic() + seconds
        seen = 0
        next_question = 0.0
        while True:
            while seen < len(self.events):
                event = self.events[seen]
                seen += 1
                if found(event):
                    return event
                if event.get("type") == "CALL_CLOSED" and "closed" not in what:
                    raise Failed(f"{self.name}'s call ended early: {event.get('param', '')}")
            now = time.monotonic()
            if now > deadline:
                raise Failed(f"{self.name}'s phone: expected \"{what}\" within {seconds:.0f} s")
            if self.process.poll() is not None:
                raise Failed(f"{self.name}'s phone ended with status {self.process.returncode}")
            if ask and now >= next_question:
                self.command(ask)
                next_question = now + 0.5
            self.listen(0.1)

    def wait_registered(self):
        def found(event):
            if event.get("type") == "REGISTER_OK":
                return True
            # "... <colour>OK <colour>alice@...": it may have registered before we were connected.
            return event.get("token") == "reginfo" and "OK" in str(event.get("data", ""))

        self.wait_for("registered", found, ask="reginfo")

    def wait_call(self, type_, what):
        return self.wait_for(what, lambda event: event.get("type") == type_)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def heard(self):
        """The samples that this phone has played to its owner."""
        files = sorted(self.recordings.glob("dump-*-dec.wav"))
        if not files:
            raise Failed(f"{self.name}'s phone has recorded nothing")
        return tones.read_samples(files[-1])


def module_path():
    for path in ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"):
        if pathlib.Path(path, "ctrl_tcp.so").exists():
            return path
    raise Failed("the modules of baresip are not where Debian puts them: /usr/lib/baresip/modules")


def check_tones(phones):
    """Each must have heard the other's tone, and not its own: the second shows that the test can fail."""
    good = True
    for listener, speaker in (phones, reversed(phones)):
        samples = listener.heard()
        theirs = tones.pieces_with_tone(samples, TONES[speaker.name])
        own = tones.pieces_with_tone(samples, TONES[listener.name])
        fine = theirs >= tones.ENOUGH and own < tones.ENOUGH
        good = good and fine
        say(
            f"{listener.name} heard {speaker.name}'s tone of {TONES[speaker.name]} Hz for {theirs / 10:.1f} s and its own"
            f" of {TONES[listener.name]} Hz for {own / 10:.1f} s, of {len(samples) / tones.RATE:.1f} s:"
            f" {'good' if fine else 'expected at least 2 s of the first and less of the second'}"
        )
    return good


def read_trace(path):
    with open(path, encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def check_digest(trace, name):
    """The phone was asked for its password, and only its answer was accepted."""
    mine = [r["message"] for r in trace if re.search(rf"^From:.*sip:{name}@", r["message"], re.M)]
    registers = [m for m in mine if re.search(r"^CSeq: *\d+ REGISTER", m, re.M)]
    asked = any(m.startswith("SIP/2.0 401") for m in registers)
    answered = any(m.startswith("REGISTER") and "\r\nAuthorization:" in m for m in registers)
    accepted = any(m.startswith("SIP/2.0 200") for m in registers)
    if not (asked and answered and accepted):
        raise Failed(f"{name} was not registered with digest authentication: {asked=} {answered=} {accepted=}")


def call(phones, registrar, trace):
    alice, bob = phones
    for phone in phones:
        phone.start()
    for phone in phones:
        phone.wait_registered()
        check_digest(read_trace(trace), phone.name)
        say(f"{phone.name} is registered, with digest authentication")
    say("alice calls bob")
    alice.command("dial", f"sip:bob@{registrar.removesuffix(':5060')}")
    for phone in phones:
        phone.wait_call("CALL_ESTABLISHED", "call established")
    say(f"the call is up; they listen to each other for {TALK_SECONDS:.0f} s")
    end = time.monotonic() + TALK_SECONDS
    while (left := end - time.monotonic()) > 0:
        for phone in phones:
            phone.listen(min(left, 0.1))
    alice.command("hangup")
    bob.wait_call("CALL_CLOSED", "call closed")
    # Alice's own BYE is answered and her files are closed when her phone ends in good order.
    time.sleep(0.5)


def show_ladder(trace):
    say("the call, as sbc saw it")
    ladder = pathlib.Path(__file__).resolve().parent.parent / "ladder"
    subprocess.run([sys.executable, str(ladder), str(trace)], check=False)


def settings_of(config):
    """Accounts and listener of a configuration that scripts/run has just written."""
    text = (config / "sbc.toml").read_text()
    accounts = dict(re.findall(r'^name = "(\w+)"\npassword = "(\w+)"', text, re.M))
    bind = re.search(r'^ *bind = "([^"]+)"', text, re.M)[1]
    return accounts, bind


def main():
    parser = argparse.ArgumentParser(description="usage: scripts/run --demo")
    parser.add_argument("--config", type=pathlib.Path, required=True)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    accounts, bind = settings_of(options.config)
    trace = options.config / "trace.jsonl"
    phones = []
    good = False
    try:
        for name in ("alice", "bob"):
            phones.append(Phone(name, accounts[name], options.config / name, bind))
        call(phones, bind, trace)
        for phone in phones:
            phone.stop()
        good = check_tones(phones)
        show_ladder(trace)
    except (Failed, OSError, ValueError) as failure:
        say(f"FAILED: {failure}")
        for phone in phones:
            log = phone.folder / "baresip.log"
            if log.exists():
                print(f"--- {log}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-25:]), flush=True)
        if trace.exists():
            show_ladder(trace)
    finally:
        for phone in phones:
            phone.stop()
    say("demo: each heard the other" if good else "demo: FAILED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
