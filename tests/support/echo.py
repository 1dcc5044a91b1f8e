"""A Zoho that tells everything: a proxy before a sandbox that echoes headers and bodies in its errors when told to.

It also gives the sandbox's fixed credentials other names, so that every secret of a test is a marker of its own.
"""

import http.client
import json
import re
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from bookbridge.sandbox.launch import SandboxServer

_TOKEN = re.compile(rb"1000\.[0-9a-f]{32}\.[0-9a-f]{32}")
_CALL = b"/books/v3/"
Answer = tuple[int, dict[str, str], bytes]


class Echo:
    """Serves on a loopback port; ``api`` and ``accounts`` hold the kinds of error for the next calls, in order.

    ``names`` maps the test's markers to the sandbox's own credentials. Every access token the sandbox gives becomes
    ``<prefix><number>``; ``given`` lists them.
    """

    def __init__(self, sandbox: SandboxServer, /, *, names: dict[str, str], prefix: str) -> None:
        self._target = urlsplit(sandbox.url)
        self._names = {name.encode(): real.encode() for name, real in names.items()}
        self._prefix = prefix
        self._lock = threading.Lock()
        self.api: deque[str] = deque()
        self.accounts: deque[str] = deque()
        self.given: list[str] = []
        self.fired: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """The sandbox's answer, or an error that tells what was sent."""
        is_call = path.encode().startswith(_CALL)
        with self._lock:
            kinds = self.api if is_call else self.accounts
            is_write = is_call and method == "POST"
            kind = kinds.popleft() if kinds and (is_write or not is_call) else ""
            if kind:
                self.fired.append(kind)
        told = f"{method} {path} Authorization: {headers.get('Authorization', '')} {body.decode('utf-8', 'replace')}"
        if kind in _ERRORS:
            return _ERRORS[kind](told)
        status, kept, content = self._forward(method, path, headers, body)
        if kind == "note":
            row: Any = json.loads(content)
            next(value for value in row.values() if isinstance(value, dict))["terms"] = told
            content = json.dumps(row).encode()
        return status, kept, content

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        for name, real in self._names.items():
            body = body.replace(name, real)
        sent = {name: self._real(value) for name, value in headers.items() if name.lower() != "accept-encoding"}
        sent |= {"Content-Length": str(len(body)), "Host": self._target.netloc, "Connection": "close"}
        wire = http.client.HTTPConnection(self._target.hostname or "", self._target.port, timeout=30)
        try:
            wire.request(method, path, body=body, headers=sent)
            answer = wire.getresponse()
            content = _TOKEN.sub(self._renamed, answer.read())
            content = content.replace(self._target.geturl().encode(), self.url.encode())
            kept = {n: v for n, v in answer.getheaders() if n.lower() in ("content-type", "x-rate-limit-limit")}
            return answer.status, kept, content
        finally:
            wire.close()

    def _real(self, value: str) -> str:
        for name, real in self._names.items():
            value = value.replace(name.decode(), real.decode())
        return value

    def _renamed(self, found: re.Match[bytes]) -> bytes:
        with self._lock:
            name = f"{self._prefix}{len(self.given):04d}x"
            self.given.append(name)
            self._names[name.encode()] = found.group()
        return name.encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            """One request, one answer."""

            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, content = outer.answer(self.command, self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = _do

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler


def _json(status: int, body: dict[str, Any]) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()


_ERRORS = {
    "refused": lambda told: _json(400, {"code": 1002, "message": told}),
    "rejected": lambda told: _json(401, {"code": 57, "message": told}),
    "failed": lambda told: (500, {"Content-Type": "text/html"}, f"<html>{told}</html>".encode()),
    "failed_json": lambda told: _json(500, {"code": 1000, "message": told}),
    "cut": lambda told: (
        200,
        {"Content-Type": "application/json"},
        b'{"code": 0, "message": ' + json.dumps(told).encode(),
    ),
    "moved": lambda told: (302, {"Location": f"/{told.encode().hex()}", "X-Told": told[:200].split("{")[0]}, b""),
    "oauth": lambda told: _json(200, {"error": told, "error_description": told}),
    "oauth_failed": lambda told: (500, {"Content-Type": "text/html"}, f"<html>{told}</html>".encode()),
}
