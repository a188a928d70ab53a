#!/usr/bin/env python3
"""usage: deploy_prometheus.py SOURCE_DIR BIN_DIR

The Prometheus files pass promtool with the rules' own unit tests; a real Prometheus scrapes both processes; and every metric
that an alert names exists."""
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

source, programs = map(pathlib.Path, sys.argv[1:3])
files = source / "deploy" / "prometheus"
deadline = time.monotonic() + 90
started = []


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], cwd=files, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def free_ports(count, kind=socket.SOCK_STREAM):
    sockets = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return answer.read().decode()


def until(what, check):
    while True:
        try:
            if result := check():
                return result
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        for process, log in started:
            assert process.poll() is None, f"{process.args[0]} ended:\n{log.read_text()[-3000:]}"
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)


def start(scratch, name, *command):
    log = scratch / f"{name}.log"
    with log.open("w") as out:
        started.append((subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=scratch),
                        log))


def names_in(text):
    return set(re.findall(r"^# TYPE (\S+)", text, flags=re.M))


def scrape(scratch):
    relay_port, sbc_port, sip_port, prometheus_port = free_ports(4)
    (scratch / "relay.toml").write_text(f"""
        [network.access]
        bind = "127.0.0.1"
        [control]
        socket = "{scratch}/relay.sock"
        [workers]
        count = 1
        [metrics]
        listen = "127.0.0.1:{relay_port}"
        """)
    (scratch / "sbc.toml").write_text(f"""
        [realm.access]
        domains = ["example.net"]
        media_security = "none"
          [[realm.access.listener]]
          transport = "udp"
          bind = "127.0.0.1:{sip_port}"
          [realm.access.registrar]
        [relay.local]
        socket = "{scratch}/relay.sock"
        [policy]
        file = "{source}/policies/default.lua"
        [process]
        shards = 1
        [admin]
        listen = "127.0.0.1:{sbc_port}"
        """)
    start(scratch, "relay", programs / "media-relay", "--config", scratch / "relay.toml")
    start(scratch, "sbc", programs / "sbc", "--config", scratch / "sbc.toml")
    until("media-relay", lambda: get(relay_port, "/healthz"))
    until("sbc", lambda: get(sbc_port, "/readyz"))

    # The shipped file, with only the addresses and the pace changed.
    shutil.copy(files / "alerts.yml", scratch)
    text = (files / "prometheus.yml").read_text()
    for shipped, ours in (("127.0.0.1:9580", f"127.0.0.1:{sbc_port}"), ("127.0.0.1:9091", f"127.0.0.1:{relay_port}"),
                          ("15s", "1s")):
        assert shipped in text, shipped
        text = text.replace(shipped, ours)
    (scratch / "prometheus.yml").write_text(text)
    start(scratch, "prometheus", "prometheus", f"--config.file={scratch}/prometheus.yml", f"--storage.tsdb.path={scratch}/data",
          f"--web.listen-address=127.0.0.1:{prometheus_port}", "--log.level=warn")

    def query(expression):
        path = "/api/v1/query?query=" + urllib.parse.quote(expression)
        return json.loads(get(prometheus_port, path))["data"]["result"]

    until("both targets up", lambda: len(query('up{job=~"parapet-.*"} == 1')) == 2)
    assert query("parapet_calls_active"), "no gauge of the sbc"
    assert query('relay_port_pairs{state="free"}'), "no gauge of the relay"
    until("a link to the relay", lambda: query("parapet_relay_links_connected == parapet_relay_links"))

    exposed = names_in(get(relay_port, "/metrics")) | names_in(get(sbc_port, "/metrics"))
    rules = re.sub(r"^\s+(summary|action):.*$", "", (files / "alerts.yml").read_text(), flags=re.M)
    wanted = set(re.findall(r"\b((?:parapet|relay|process)_[a-z_]+)\b", rules))
    assert wanted and wanted <= exposed, f"alerts name metrics that nobody has: {wanted - exposed}"
    groups = json.loads(get(prometheus_port, "/api/v1/rules"))["data"]["groups"]
    assert len(groups[0]["rules"]) == rules.count("- alert:"), groups


promtool("check", "config", "prometheus.yml")
promtool("test", "rules", "alerts_test.yml")
with tempfile.TemporaryDirectory(prefix="parapet-") as folder:
    try:
        scrape(pathlib.Path(folder))
    finally:
        for process, _ in started:
            process.terminate()
        for process, _ in started:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
print("prometheus: good")
