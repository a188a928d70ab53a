"""The two processes under test, with generated configurations, their metrics, and the proof that nothing is left."""

import pathlib
import signal
import time
import urllib.error
import urllib.request

from . import toml
from .checks import Failed, check, eventually
from .process import Process

SBC_ADMIN = "127.0.0.1:9580"
RELAY_METRICS = "127.0.0.1:9091"
SECOND_ADMIN, SECOND_METRICS = "127.0.0.1:9581", "127.0.0.1:9092"
POLICIES = pathlib.Path(__file__).resolve().parents[3] / "policies"
OWN_POLICIES = pathlib.Path(__file__).resolve().parents[1] / "policies"

ACCESS, CORE = "10.77.1.1", "10.77.2.1"
ACCESS6, CORE6 = "fd77:1::1", "fd77:2::1"

PASSWORDS = {"alice": "wonder-land", "bob": "builder-7"}


def _listeners(address):
    host = f"[{address}]" if ":" in address else address
    return [{"transport": t, "bind": f"{host}:5060"} for t in ("udp", "tcp")]


def sbc_config(directory):
    access = {"domains": ["example.org"], "media_network": "access", "media_security": "none", "listener": _listeners(ACCESS),
              "registrar": {}}
    return {
        "process": {"instance": "sbc-test", "stop_grace": "10s"},
        "admin": {"listen": SBC_ADMIN, "control": f"{directory}/sbc.control"},
        "log": {"level": "debug", "sip_trace": f"{directory}/sip.jsonl"},
        "leak_guard": {"mode": "log"},  # what it has found is known after a crash, too
        # sipp's callers register and then call without a password; a test of its own says what happens without this.
        "policy": {"file": str(POLICIES / "default.lua"), "settings": {"trust_udp_addresses": True}},
        "relay": {"main": {"socket": f"{directory}/relay.sock", "lease": "2s", "command_timeout": "1s"}},
        "media": {"timeout": "20s"},
        # Ten times as fast as RFC 3261 says: 64*T1 is 3.2 s.
        "timers": {"t1": "50ms", "t2": "400ms", "t4": "500ms"},
        "realm": {
            "access": access,
            "access6": {**access, "media_network": "access6", "listener": _listeners(ACCESS6)},
            "core": {"media_network": "core", "media_security": "none", "trust": "trusted", "listener": _listeners(CORE)},
            "core6": {"media_network": "core6", "media_security": "none", "trust": "trusted",
                      "listener": _listeners(CORE6)},
        },
        "trunk": {"carrier": {"realm": "core", "targets": ["10.77.2.10:5060"], "sources": ["10.77.2.0/24"]}},
        "user": [{"name": name, "domain": "example.org", "password": password} for name, password in PASSWORDS.items()],
    }


def relay_config(directory):
    networks = {"access": ACCESS, "core": CORE, "access6": ACCESS6, "core6": CORE6}
    return {
        "control": {"socket": f"{directory}/relay.sock"},
        "workers": {"count": 2, "pin": False},
        "media": {"quarantine": "1s"},
        "network": {name: {"bind": ip, "first_port": 20000, "last_port": 20999} for name, ip in networks.items()},
        "metrics": {"listen": RELAY_METRICS},
        "log": {"level": "debug"},
    }


def second_border(directory, inside, outside, border, carrier):
    """Changes for another border behind the first: it meets the first at `inside`, the carrier at `outside`."""
    def realm(name, at):
        return {"media_network": name, "media_security": "none", "trust": "trusted", "listener": _listeners(at)}

    sbc = {
        "process": {"instance": "sbc-second"},
        "admin": {"listen": SECOND_ADMIN},
        "policy": {"file": str(OWN_POLICIES / "neighbours.lua"), "settings": None},
        "realm": {"access": None, "access6": None, "core": None, "core6": None, "inside": realm("inside", inside),
                  "outside": realm("outside", outside)},
        "trunk": {"carrier": {"realm": "outside", "targets": [f"{carrier}:5060"], "sources": [carrier]},
                  "border": {"realm": "inside", "targets": [f"{border}:5060"], "sources": [border]}},
        "user": None,
    }
    ports = {"first_port": 22000, "last_port": 22999}
    relay = {"metrics": {"listen": SECOND_METRICS},
             "network": {"access": None, "access6": None, "core": None, "core6": None,
                         "inside": {"bind": inside, **ports}, "outside": {"bind": outside, **ports}}}
    (directory / "second").mkdir()
    return sbc, relay


class Metrics:
    """One scrape: samples by name, each with its labels."""

    def __init__(self, text):
        self.samples = {}
        for line in text.splitlines():
            if not line or line[0] == "#":
                continue
            name, _, rest = line.partition("{") if "{" in line else line.partition(" ")
            labels = {}
            if "{" in line:
                inside, _, rest = rest.rpartition("} ")
                labels = {k: v.strip('"') for k, _, v in (pair.partition("=") for pair in inside.split(",") if pair)}
            self.samples.setdefault(name, []).append((labels, float(rest.split()[0])))

    def total(self, name, **labels):
        if name not in self.samples:
            raise Failed(f"there is no metric {name}")
        return sum(v for l, v in self.samples[name] if all(l.get(k) == x for k, x in labels.items()))


def http(address, path):
    """(status, text); (0, why) when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=2) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


class Border:
    def __init__(self, binaries, directory, sbc=None, relay=None):
        self._binaries = binaries
        self.directory = directory
        self.sbc_toml = directory / "sbc.toml"
        self.relay_toml = directory / "relay.toml"
        self.sbc_settings = toml.merged(sbc_config(directory), sbc or {})
        self.relay_settings = toml.merged(relay_config(directory), relay or {})
        self._admin = self.sbc_settings["admin"]["listen"]
        self._relay_metrics = self.relay_settings["metrics"]["listen"]
        self.sbc = self.relay = None
        self.write()
        try:
            self.start_relay()
            self.start_sbc()
        except BaseException:  # nobody has this border: what did come up would meet the next one
            self.abandon()
            raise

    def write(self, changes=None):
        """Writes both files; `changes` go into the sbc's."""
        self.sbc_settings = toml.merged(self.sbc_settings, changes or {})
        self.sbc_toml.write_text(toml.write(self.sbc_settings))
        self.relay_toml.write_text(toml.write(self.relay_settings))

    def start_relay(self):
        self.relay = Process("media-relay", [self._binaries.relay, "--config", self.relay_toml],
                             self.directory / "media-relay.log")
        self.until_ready(self.relay, self._relay_metrics)

    def start_sbc(self):
        self.sbc = Process("sbc", [self._binaries.sbc, "--config", self.sbc_toml], self.directory / "sbc.log")
        self.until_ready(self.sbc, self._admin)

    @staticmethod
    def until_ready(process, address):
        def ready():
            check(process.running(), f"{process.name} ended at its start, code {process.code()}:\n{process.output()}")
            return http(address, "/readyz")[0] == 200

        eventually(ready, f"{process.name} is ready", 15)

    def ready(self):
        return http(self._admin, "/readyz")[0] == 200

    def sbc_metrics(self):
        return self._metrics(self._admin, "sbc")

    def relay_metrics(self):
        return self._metrics(self._relay_metrics, "media-relay")

    @staticmethod
    def _metrics(address, name):
        status, text = http(address, "/metrics")
        check(status == 200, f"{name} has no metrics: {status} {text}")
        return Metrics(text)

    def calls(self, result):
        """Of calls that are over: waits until all are."""
        self.until_idle()
        return self.sbc_metrics().total("parapet_calls_total", result=result)

    def remains(self):
        """What a finished call must not leave: texts, none when all is well."""
        found = []
        if self.sbc.running():
            metrics = self.sbc_metrics()
            for name in ("parapet_calls_active", "parapet_calls_connected"):
                if metrics.total(name):
                    found.append(f"{name} {metrics.total(name):.0f}")
        if self.relay.running():
            metrics = self.relay_metrics()
            for name, labels in (("relay_sessions", {}), ("relay_sessions_closing", {}), ("relay_flows", {}),
                                 ("relay_worker_flows", {}), ("relay_port_pairs", {"state": "in_use"})):
                if metrics.total(name, **labels):
                    found.append(f"{name} {metrics.total(name, **labels):.0f}")
        return found

    def leaks(self):
        """What the leak guard found, by kind."""
        samples = self.sbc_metrics().samples["parapet_leaks_total"]
        return {labels["kind"]: count for labels, count in samples if count}

    def until_idle(self, seconds=6):
        ends = time.monotonic() + seconds
        while remains := self.remains():
            check(time.monotonic() < ends, f"left behind after {seconds} s: {', '.join(remains)}")
            time.sleep(0.05)

    def alive(self):
        for process in (self.sbc, self.relay):
            check(process.running(), f"{process.name} is gone, code {process.code()}")

    def stop(self):
        """Both must end by themselves, with 0, when asked."""
        bad = []
        for process in (self.sbc, self.relay):
            if process is None or process.code() in (0, -signal.SIGKILL):
                continue  # a test ended it, which is its business
            code = process.stop(8)
            if code != 0:
                bad.append(f"{process.name} ended with code {code}")
        check(not bad, "; ".join(bad))

    def abandon(self):
        for process in (self.sbc, self.relay):
            if process is not None and process.running():
                process.kill()
