"""Checks what CMake cannot: pure rooms stay pure, each outside library has one door, and no include sneaks past the rooms.

Called by scripts/lint and by a test, with the top folder as its only argument (default: this checkout). Prints one line
for each offence, `file:line: what`, and ends with 1 if there is any.
"""

import pathlib
import re
import sys

# Under the purity line (CONTRIBUTING.md): no socket, no clock, no thread, no dice, no log, no metrics library.
PURE = {
    "media-relay": {"packet", "stun", "rtp", "udptl", "secure", "codec", "ice", "flow", "session", "control"},
    "sbc": {"sip", "sdp", "auth", "transaction", "dialog", "json", "table", "policy", "route", "call", "exchange", "register", "body", "identity", "leak", "limit", "quality", "syntax", "check", "explain", "simulate", "trial", "replay", "canary", "retell"},
}
# What the relay lends to sbc; the relay includes nothing of sbc.
SHARED = {"base", "control", "stun", "observe", "loop", "settings"}

IMPURE_INCLUDES = re.compile(
    r"<(sys/(socket|epoll|eventfd|timerfd|signalfd|select|un|uio|time)\.h|netinet/.*|arpa/.*|netdb\.h|poll\.h|unistd\.h"
    r"|pthread\.h|thread|mutex|shared_mutex|condition_variable|future|stop_token|semaphore|latch|barrier|random|iostream"
    r"|fstream|filesystem)>"
    r'|"media-relay/(base/clock\.h|observe/.*|loop/.*|io/.*|worker/.*|server/.*)"'
)
IMPURE_CALLS = re.compile(
    r"(steady|system|high_resolution)_clock::now|\b(clock_gettime|gettimeofday|getenv|localtime(_r)?|std::time|std::rand|getrandom|std::thread)\b"
)
# Exceptions, each with its reason.
ALLOWED = {
    # All shards register into one store and answer digest challenges of one another: locks inside, as the headers say.
    ("sbc/register/memory_store.h", "<mutex>"),
    ("sbc/auth/replay_guard.h", "<mutex>"),
    # A bundle is the text of the policy files, read before it runs.
    ("sbc/policy/bundle.cc", "<filesystem>"),
    ("sbc/policy/bundle.cc", "<fstream>"),
}

# One door for each library: where its headers may be included.
DOORS = {
    r"event2/|evhttp|event\.h": {"media-relay/loop"},
    r"openssl/": {"sbc/auth", "sbc/tls", "media-relay/secure"},
    r"srtp2?/": {"media-relay/secure"},
    r"opus/|spandsp|speex/": {"media-relay/codec"},
    r"wslay/": {"sbc/web_socket"},
    r"prometheus/": {"media-relay/observe"},
    r"spdlog/|fmt/": {"media-relay/observe"},
    r"lua(\.hpp|\.h|lib\.h|xlib\.h)|lua5\.4/": {"sbc/policy", "sbc/trial"},
    r"google/protobuf|.*\.pb\.h": {"media-relay/control"},
    r"toml\+\+|toml\.hpp": {"media-relay/settings"},
    r"nlohmann/": {"sbc/app", "sbc/admin", "sbc/history", "sbc/json"},
    r"curl/": {"sbc/http"},
    r"hiredis/": {"sbc/redis"},
    r"libpq": {"sbc/database"},
    r"sqlite3": {"sbc/database"},
    r"pugixml": {"sbc/body"},
    r"CLI/": {"sbc/app", "sbc/ctl", "media-relay/server"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?P<what><[^>]+>|"[^"]+")')


def offences_of(path, process, room, lines):
    pure = room in PURE[process]
    for number, line in enumerate(lines, 1):
        code = line.split("//", 1)[0]
        include = INCLUDE.match(line)
        if not include:
            if pure and (call := IMPURE_CALLS.search(code)):
                yield number, f"{room} is a pure room: expected time and randomness as arguments, got {call[0]}"
            continue
        what = include["what"]
        inner = what[1:-1]
        if inner.startswith((".", "/")):
            yield number, f"expected a path from the top, got {what}"
        if pure and IMPURE_INCLUDES.fullmatch(what) and (str(path), what) not in ALLOWED:
            yield number, f"{room} is a pure room, {what} touches the world"
        for library, doors in DOORS.items():
            if re.match(library, inner) and f"{process}/{room}" not in doors:
                yield number, f"{what} has one door, {' or '.join(sorted(doors))}"
        if process == "media-relay" and inner.startswith("sbc/"):
            yield number, f"the relay includes nothing of sbc, got {what}"
        other = re.match(r"media-relay/([^/]+)/", inner)
        if process == "sbc" and other and other[1] not in SHARED:
            yield number, f"sbc includes only {', '.join(sorted(SHARED))} of the relay, got {what}"


def main(top):
    count = 0
    files = 0
    for process in PURE:
        for path in sorted((top / process).glob("*/*")):
            if path.suffix not in (".cc", ".h"):
                continue
            files += 1
            relative = path.relative_to(top)
            lines = path.read_text(encoding="utf-8").splitlines()
            for number, text in offences_of(relative, process, relative.parts[1], lines):
                print(f"{relative}:{number}: {text}")
                count += 1
    if files == 0:
        print(f"{top}: expected the source of Parapet, found none")
        return 1
    print(f"{files} files, {count} offences")
    return 1 if count else 0


if __name__ == "__main__":
    here = pathlib.Path(__file__).resolve().parents[2]
    sys.exit(main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here))
