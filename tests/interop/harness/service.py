"""A small HTTP server that policies ask: answers by path, delays and silence on demand."""

import collections
import http.server
import json
import ssl
import threading
import time


class Service:
    """Runs until kill(). `answers`: {"/v1/1000": {"number": "2000"}}; a dictionary is JSON, bytes are sent as they are
    (as application/json, too), an integer is a status. `delays`: seconds by path; a path in `silent` is never answered."""

    def __init__(self, at, port=8080, answers=None, certificate=None):
        self.answers, self.delays, self.silent = dict(answers or {}), {}, set()
        self.asked = collections.Counter()
        self._over = threading.Event()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                service.asked[self.path] += 1
                if service._over.is_set():  # a connection that was kept open
                    self.close_connection = True
                    return
                if self.path in service.silent:
                    service._over.wait(60)
                    self.close_connection = True
                    return
                time.sleep(service.delays.get(self.path, 0))
                answer = service.answers.get(self.path, 404)
                self._reply(answer if isinstance(answer, int) else 200,
                            b"" if isinstance(answer, int) else answer if isinstance(answer, bytes)
                            else json.dumps(answer).encode())

            def do_POST(self):
                service.asked[self.path] += 1
                self._reply(200, self.rfile.read(int(self.headers["Content-Length"])))

            def _reply(self, status, body):
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json; charset=utf-8")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:  # who asked is gone
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass

        self._server = Server((at, port), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate["certificate"], certificate["key"])
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    def running(self):
        return not self._over.is_set()

    def kill(self):
        if self._over.is_set():
            return
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
