"""Stores that policies ask: a real Redis, a real PostgreSQL, a file of SQLite, and a server that says nothing."""

import contextlib
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading

from .checks import Failed, eventually
from .process import Process, tool


@contextlib.contextmanager
def killed_if_not(store):
    """A store that did not come up leaves no process that would answer in its successor's place."""
    try:
        yield
    except BaseException:
        store.kill()
        raise


class Redis:
    """Listens at `port` and at the Unix socket `path`; `password` is that of the default user. With `tls` (an Authority, and what it
    has issued for the server) also at `tls_port`, for clients that show a certificate of that authority."""

    def __init__(self, directory, port=6379, password=None, tls=None, tls_port=6380):
        self.directory, self.port, self.password = pathlib.Path(directory) / "redis", port, password
        self.tls, self.tls_port = tls, tls_port
        self.directory.mkdir(exist_ok=True)
        self.path = self.directory / "redis.sock"
        self.start()

    def start(self):
        command = [tool("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", self.path, "--save", "",
                   "--appendonly", "no", "--dir", self.directory, "--loglevel", "warning"]
        if self.password:
            command += ["--requirepass", self.password]
        if self.tls:
            authority, own = self.tls
            command += ["--tls-port", str(self.tls_port), "--tls-ca-cert-file", authority.pem, "--tls-cert-file", own["certificate"],
                        "--tls-key-file", own["key"], "--tls-auth-clients", "yes"]
        self.process = Process("redis", command, self.directory / "redis.log")
        with killed_if_not(self):
            eventually(self._answers, "Redis to answer", 10)

    def _answers(self):
        try:
            return self.command("PING") == "PONG"
        except OSError:
            return False

    def command(self, *words):
        with socket.create_connection(("127.0.0.1", self.port), 5) as wire:
            if self.password:
                self._ask(wire, ["AUTH", self.password])
            return self._ask(wire, words)

    @staticmethod
    def _ask(wire, words):
        words = [str(w).encode() for w in words]
        wire.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        answer = wire.recv(65536).decode()
        if not answer:
            raise ConnectionError("Redis hung up")
        if answer.startswith("-"):
            raise Failed(f"Redis: {answer}")
        return answer[1:].splitlines()[0 if answer[0] in "+:" else -1]

    def running(self):
        return self.process.running()

    def kill(self):
        self.process.kill()


class Postgres:
    """A server of its own in `directory`, at `port` of 127.0.0.1. It refuses to be root: it runs in a namespace in which it is not."""

    AS_NOBODY = ["--user", "--map-user=65534", "--map-group=65534", "--"]

    def __init__(self, directory, port=5432, password="geheim"):
        self.directory, self.port = pathlib.Path(directory) / "postgres", port
        self.directory.mkdir()
        found = shutil.which("postgres") or next(iter(sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))), None)
        if found is None:
            raise Failed("postgresql is not installed")
        self.programs = pathlib.Path(found).resolve().parent
        secret = self.directory / "password"
        secret.write_text(password)
        self._run("initdb", "-D", self.directory / "data", "-U", "parapet", "-A", "scram-sha-256", "--pwfile", secret, "-N",
                  "--no-locale", "-E", "UTF8")
        with open(self.directory / "data" / "pg_hba.conf", "w") as rules:
            rules.write("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        self.start()

    def _run(self, program, *arguments, **options):
        done = subprocess.run([tool("unshare"), *self.AS_NOBODY, self.programs / program, *arguments], capture_output=True, text=True,
                              timeout=30, check=False, **options)
        if done.returncode:
            raise Failed(f"{program}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self):
        (self.directory / "data" / "postmaster.pid").unlink(missing_ok=True)
        self.process = Process("postgres", [tool("unshare"), *self.AS_NOBODY, self.programs / "postgres", "-D", self.directory / "data",
                                            "-p", str(self.port), "-h", "127.0.0.1", "-k", self.directory, "-F"],
                               self.directory / "postgres.log")
        with killed_if_not(self):
            eventually(self._answers, "PostgreSQL to answer", 20)

    def _answers(self):
        try:
            return "1" in self.command("SELECT 1")
        except Failed:
            return False

    def command(self, sql):
        return self._run("psql", "-h", self.directory, "-p", str(self.port), "-U", "parapet", "-d", "postgres", "-v", "ON_ERROR_STOP=1",
                         "-Atc", sql)

    def running(self):
        return self.process.running()

    def kill(self):
        """At once, but with all of its processes."""
        if self.running():
            self.process.signal(signal.SIGQUIT)
            self.process.wait(10)


def sqlite(path, *statements):
    with sqlite3.connect(path) as file:
        for statement in statements:
            file.execute(statement)
    file.close()


class Mute:
    """Takes connections and says nothing."""

    def __init__(self, port):
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self._taken = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        while True:
            try:
                self._taken.append(self._socket.accept()[0])
            except OSError:
                return

    def running(self):
        return True

    def kill(self):
        self._socket.shutdown(socket.SHUT_RDWR)  # a thread that waits in accept() keeps a closed socket listening
        self._socket.close()
        for one in self._taken:
            one.close()
