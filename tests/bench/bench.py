"""Measures sbc and media-relay in a network namespace that the caller made: CPU per call, memory per call, CPU per packet.

Usage: bench.py --bin DIR [--quick] [--rate N] [--seconds N] [--write]

CPU is the processes' own (user and system time of /proc/PID/stat), never the clock on the wall. Calls: sipp on both sides
and sbc share the machine; for each one-second window the CPU of sbc, of the relay and of both sipps is divided by the calls
that ended in it, and the median window counts, among those in which nothing was retransmitted.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TICK = os.sysconf("SC_CLK_TCK")
BORDER_A, BORDER_B, CALLER, CALLEE = "10.78.0.1", "10.78.0.2", "10.78.0.10", "10.78.0.20"


def cpu_seconds(pid):
    # In nanoseconds from the scheduler where the kernel offers it; ticks of 10 ms are too coarse for one window.
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total / 1e9


def rss_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def metrics(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        values = {}
        for line in answer.read().decode().splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                values[name] = float(value)
        return values


def run(*command):
    subprocess.run(command, check=True)


class Border:
    """media-relay and sbc with a policy that sends every call of the caller to the callee."""

    def __init__(self, bin_dir, folder, shards):
        self.folder = folder
        (folder / "policy.lua").write_text(
            'return { on_invite = function(call)\n'
            '  if call.trunk ~= "callers" then return reject(403) end\n'
            '  return route { trunk = "callees", number = call.to.user }\n'
            'end }\n')
        (folder / "relay.toml").write_text(f"""
[network.access]
bind = "{BORDER_A}"
first_port = 10000
last_port = 59999
[network.core]
bind = "{BORDER_B}"
first_port = 10000
last_port = 59999
[control]
socket = "{folder}/relay.sock"
[media]
quarantine = "1s"
timeout = "1h"
[limits]
sessions = 20000
[metrics]
listen = "127.0.0.1:9591"
[workers]
count = 1
pin = false
[log]
level = "warn"
""")
        (folder / "sbc.toml").write_text(f"""
[process]
shards = {shards}
[admin]
listen = "127.0.0.1:9590"
[log]
level = "warn"
[policy]
file = "{folder}/policy.lua"
[media]
timeout = "1h"
[relay.main]
socket = "{folder}/relay.sock"
[realm.access]
media_network = "access"
media_security = "none"
[[realm.access.listener]]
bind = "{BORDER_A}:5060"
[realm.core]
media_network = "core"
media_security = "none"
[[realm.core.listener]]
bind = "{BORDER_B}:5060"
[trunk.callers]
realm = "access"
targets = ["{CALLER}:5060"]
[trunk.callees]
realm = "core"
targets = ["{CALLEE}:5060"]
""")
        self.relay = subprocess.Popen([f"{bin_dir}/media-relay", "--config", folder / "relay.toml"])
        self.sbc = subprocess.Popen([f"{bin_dir}/sbc", "--config", folder / "sbc.toml"])
        deadline = time.monotonic() + 10
        while True:
            try:
                urllib.request.urlopen("http://127.0.0.1:9590/readyz", timeout=1)
                return
            except OSError:
                if time.monotonic() > deadline:
                    self.stop()
                    raise SystemExit("sbc did not become ready")
                time.sleep(0.1)

    def stop(self):
        for process in (self.sbc, self.relay):
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def sipp(role, address, folder, *more):
    return subprocess.Popen(
        ["sipp", "-sf", HERE / "sipp" / f"{role}.xml", "-i", address, "-p", "5060", "-nostdin", "-t", "u1",
         "-buff_size", "8388608", *more],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGUSR1)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ended(values):
    return sum(v for k, v in values.items() if k.startswith("parapet_calls_total"))


def repeated(values):
    return sum(v for k, v in values.items() if k.startswith("parapet_transaction_events_total")
               and ("retransmitted" in k or "absorbed" in k))


def measure_calls(bin_dir, rate, seconds, shards):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        border = Border(bin_dir, folder, shards)
        callee = sipp("callee", CALLEE, folder)
        caller = sipp("caller", CALLER, folder, "-r", str(rate), "-d", "0", "-m", str(rate * (seconds + 3)), f"{BORDER_A}:5060")
        try:
            time.sleep(2)
            pids = {"sbc": border.sbc.pid, "relay": border.relay.pid, "callee": callee.pid, "caller": caller.pid}
            windows, before = [], None
            for _ in range(seconds + 1):
                values = metrics(9590)
                now = {k: cpu_seconds(p) for k, p in pids.items()}
                now.update(calls=ended(values), repeated=repeated(values), at=time.monotonic())
                if before is not None:
                    windows.append({k: now[k] - before[k] for k in now})
                before = now
                time.sleep(1)
            last = metrics(9590)
            calls_failed = sum(v for k, v in last.items()
                               if k.startswith("parapet_calls_total") and "answered" not in k)
            policy = policy_row(last, ended(last))
        finally:
            stop(caller)
            stop(callee)
            border.stop()
        clean = [w for w in windows if w["calls"] > 0.8 * rate * w["at"] and w["repeated"] == 0] or \
                [w for w in windows if w["calls"] > 0]
        if not clean:
            raise SystemExit("no calls were made")

        def per_call(*who):
            return statistics.median(sum(w[k] for k in who) / w["calls"] * 1e6 for w in clean)

        return {"sbc_us": per_call("sbc"), "relay_us": per_call("relay"), "sipp_us": per_call("caller", "callee"),
                "ratio": statistics.median(w["sbc"] / (w["caller"] + w["callee"]) for w in clean),
                "ratio_all": statistics.median((w["sbc"] + w["relay"]) / (w["caller"] + w["callee"]) for w in clean),
                "windows": len(clean), "of": len(windows), "failed": int(calls_failed), "policy": policy,
                "rate": statistics.median(w["calls"] / w["at"] for w in clean)}


def within(values, share):
    """The bucket of on_invite's times that this share of them is within, in microseconds."""
    prefix = 'parapet_policy_seconds_bucket{handler="on_invite",le="'
    buckets = sorted((float(k[len(prefix):-2]), v) for k, v in values.items() if k.startswith(prefix))
    if not buckets or buckets[-1][1] == 0:
        raise SystemExit("the policy was asked nothing")
    return next(bound for bound, count in buckets if count >= share * buckets[-1][1]) * 1e6


def policy_row(values, calls):
    """Of the calls that have just been measured."""
    spent = sum(v for k, v in values.items() if k.startswith("parapet_policy_seconds_sum"))
    return (f"| policy, per call | on_invite p50 within {within(values, 0.5):.0f} us, p99 within {within(values, 0.99):.0f} us | | "
            f"all handlers {spent / calls * 1e6:.1f} us of {calls:.0f} calls |")


def measure_decisions(bin_dir):
    """CPU of one decision of the shipped policy, alone."""
    ran = subprocess.run([bin_dir.parent / "tests" / "bench" / "policy_bench", "--benchmark_format=json",
                          "--benchmark_filter=BM_(Invite|FullInvite|Nat)"], cwd=HERE.parents[1], check=True, stdout=subprocess.PIPE)
    times = {one["name"]: one["cpu_time"] / 1000 for one in json.loads(ran.stdout)["benchmarks"]}
    return (f"| CPU of a decision of the shipped policy | to a user {times['BM_InviteToRegisteredUser']:.1f} us, to a trunk "
            f"{times['BM_InviteToTrunkGroup']:.1f} us, on_nat {times['BM_Nat']:.1f} us | | written down for record or shadow: "
            f"{times['BM_FullInvite']:.1f} us becomes {times['BM_FullInviteNoted']:.1f} us; made again: {times['BM_FullInviteRetold']:.1f} us |")


def measure_tests(bin_dir, runs=10):
    """Calls that `sbcctl policy test` plays, by its CPU time, its start and loading the policy included."""
    before, calls = resource.getrusage(resource.RUSAGE_CHILDREN), 0
    for _ in range(runs):
        ran = subprocess.run([bin_dir / "sbcctl", "policy", "test", "policies/tests"], cwd=HERE.parents[1], check=True,
                             stdout=subprocess.PIPE, text=True)
        calls += int(re.search(r"(\d+) calls in", ran.stdout)[1])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"| tests of policies | {calls / spent:.0f} calls played for each second of CPU | | {runs} runs of policies/tests, {calls} calls |"


def measure_memory(bin_dir, calls, shards):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        border = Border(bin_dir, folder, shards)
        callee = sipp("callee", CALLEE, folder)
        caller = None
        try:
            empty = {"sbc": rss_kib(border.sbc.pid), "relay": rss_kib(border.relay.pid)}
            caller = sipp("caller", CALLER, folder, "-r", "400", "-d", "600000", "-l", str(calls), "-m", str(calls),
                          f"{BORDER_A}:5060")
            deadline = time.monotonic() + 60
            while metrics(9590).get("parapet_calls_connected", 0) < calls and time.monotonic() < deadline:
                time.sleep(0.5)
            # What only retransmissions need is freed 64*T1 after the answer.
            time.sleep(35)
            held = metrics(9590).get("parapet_calls_connected", 0)
            full = {"sbc": rss_kib(border.sbc.pid), "relay": rss_kib(border.relay.pid)}
        finally:
            if caller is not None:
                stop(caller)
            stop(callee)
            border.stop()
        if held < calls * 0.95:
            raise SystemExit(f"only {held:.0f} of {calls} calls were held")
        return {"calls": int(held), **{k: (full[k] - empty[k]) / held for k in empty}}


def measure_packets(bin_dir, sessions, seconds):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        border = Border(bin_dir, folder, 1)
        try:
            load = subprocess.Popen(
                [f"{bin_dir}/rtp_load", "--socket", f"{folder}/relay.sock", "--sessions", str(sessions), "--seconds",
                 str(seconds + 2), "--a", CALLER, "--b", CALLEE], stdout=subprocess.PIPE, text=True)
            time.sleep(1.5)
            begin, cpu = metrics(9591), cpu_seconds(border.relay.pid)
            time.sleep(seconds)
            end, cpu = metrics(9591), cpu_seconds(border.relay.pid) - cpu
            said, _ = load.communicate(timeout=30)
        finally:
            border.stop()

        def packets(values):
            return sum(v for k, v in values.items() if k.startswith("relay_packets_sent_total"))

        count = packets(end) - packets(begin)
        if count <= 0:
            raise SystemExit("no packet was relayed")
        return {"us": cpu / count * 1e6, "pps": count / seconds, "sessions": sessions, "said": said.strip()}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bin", required=True)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--rate", type=int, default=1000)
    options.add_argument("--seconds", type=int, default=20)
    options.add_argument("--shards", type=int, default=1)
    options.add_argument("--write", action="store_true")
    args = options.parse_args()
    bin_dir = pathlib.Path(args.bin).resolve()
    run("ip", "link", "set", "lo", "up")
    for address in (BORDER_A, BORDER_B, CALLER, CALLEE):
        run("ip", "address", "add", f"{address}/32", "dev", "lo")
    subprocess.run(["sysctl", "-qw", "net.core.rmem_max=16777216", "net.core.wmem_max=16777216"], check=False)
    seconds = 5 if args.quick else args.seconds
    rows = []
    for rate in ([args.rate] if args.quick else [args.rate // 2, args.rate]):
        print(f"calls: {rate} a second for {seconds} s ...", flush=True)
        c = measure_calls(bin_dir, rate, seconds, args.shards)
        rows.append(f"| CPU per call at {c['rate']:.0f} calls/s | sbc {c['sbc_us']:.0f} us, media-relay {c['relay_us']:.0f} us, "
                    f"sipp (both ends) {c['sipp_us']:.0f} us | sbc/sipp **{c['ratio']:.2f}**, with relay {c['ratio_all']:.2f} | "
                    f"{c['windows']} of {c['of']} windows, {c['failed']} calls failed |")
        print(rows[-1], flush=True)
    rows.append(c["policy"])
    print(rows[-1], flush=True)
    print("policies ...", flush=True)
    for measured in (measure_decisions(bin_dir), measure_tests(bin_dir)):
        rows.append(measured)
        print(measured, flush=True)
    held = 500 if args.quick else 4000  # four sockets each, and 20,000 descriptors are what many machines allow
    print(f"memory: {held} calls held ...", flush=True)
    m = measure_memory(bin_dir, held, args.shards)
    rows.append(f"| memory per held call | sbc {m['sbc']:.1f} KiB, media-relay {m['relay']:.1f} KiB | | {m['calls']} calls |")
    print(rows[-1], flush=True)
    for sessions in ([100] if args.quick else [100, 500]):
        print(f"packets: {sessions} sessions for {seconds} s ...", flush=True)
        p = measure_packets(bin_dir, sessions, seconds)
        rows.append(f"| CPU per relayed packet, {sessions} sessions | {p['us']:.2f} us | | {p['pps']:.0f} packets/s; {p['said']} |")
        print(rows[-1], flush=True)
    table = "| what | figure | ratio | of |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    print("\n" + table)
    if args.write:
        stamp = time.strftime("%Y-%m-%d")
        cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
        head = (f"# Results\n\nMeasured {stamp} by `scripts/bench --write` on {os.cpu_count()} virtual cores "
                f"({cpu[1] if cpu else 'unknown'}), Linux {os.uname().release}. README.md says what the rows mean.\n\n")
        (HERE / "results.md").write_text(head + table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
