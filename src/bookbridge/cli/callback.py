"""A listener on loopback for the one request with which Zoho sends a browser back to the command line."""

import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from bookbridge.kernel.errors import ConfigurationError

PATH = "/oauth/callback"


class CallbackServer:
    """Listens on ``127.0.0.1`` while it is open and takes one callback."""

    def __init__(self, *, port: int) -> None:
        self._params: dict[str, str] | None = None
        self._arrived = threading.Event()
        self._told = threading.Event()
        self._message = ""
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        except OSError as error:
            raise ConfigurationError(f"Port {port} is in use; choose another with --port and register it.") from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def redirect_uri(self) -> str:
        """The address Zoho must send the browser to; it has to be registered exactly like this."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{PATH}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.tell("Stopped.")
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait(self, seconds: float, /) -> dict[str, str] | None:
        """The callback's query, or ``None`` when nobody came in time."""
        return self._params if self._arrived.wait(seconds) else None

    def tell(self, message: str, /) -> None:
        """What the waiting browser shows; only the first message counts."""
        if not self._told.is_set():
            self._message = message
            self._told.set()

    def take(self, params: dict[str, str], /) -> str:
        """Keep the first callback that carries a state and wait for what to show."""
        if not self._arrived.is_set() and params.get("state"):
            self._params = params
            self._arrived.set()
            self._told.wait(60)
            return self._message
        return "There is nothing to do here."

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            """Answers the callback and nothing else."""

            def do_GET(self) -> None:
                """The browser is back."""
                parts = urlsplit(self.path)
                if parts.path != PATH:
                    self.send_error(404)
                    return
                text = outer.take(dict(parse_qsl(parts.query)))
                body = f"<!doctype html><meta charset=utf-8><title>Bookbridge</title><p>{escape(text)}".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # the query holds the code
                """Say nothing."""

        return Handler
