"""Starting a sandbox: blocking for the command line, or in a thread for tests. Loopback only."""

import asyncio
import contextlib
import ipaddress
import json
import socket
import sys
import threading
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import uvicorn

from bookbridge.sandbox.app import SandboxApp
from bookbridge.sandbox.control import ready
from bookbridge.sandbox.sandbox import Options, Sandbox
from bookbridge.sandbox.state import World

_START_S = 30.0


class NotLoopback(ValueError):
    """The sandbox was asked to listen where others could reach it."""


def require_loopback(host: str) -> None:
    """Raise NotLoopback unless ``host`` is a loopback address or ``localhost``."""
    try:
        fine = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        fine = False
    if not fine:
        raise NotLoopback(f"the sandbox listens on loopback only, not on {host}")


def _listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named asyncio turns Nagle's algorithm off; else each answer waits 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


class SandboxServer:
    """A sandbox on its ports; use it as a context manager, or ``start`` and ``stop`` it.

    ``port`` 0 takes free ports; else region k listens on ``port`` + k. ``url`` is the first region's origin, ``urls``
    all of them, ``env`` the variables for a program. ``sandbox`` is the state itself.
    """

    def __init__(self, *, options: Options | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        require_loopback(host)
        self.options = options or Options()
        self._sockets: list[socket.socket] = []
        try:
            for place in range(len(self.options.regions)):
                self._sockets.append(_listen(host, port + place if port else 0))
        except OSError:
            self._close_sockets()
            raise
        shown = f"[{host}]" if ":" in host else host
        ports = [listener.getsockname()[1] for listener in self._sockets]
        self.urls = {key: f"http://{shown}:{number}" for key, number in zip(self.options.regions, ports, strict=True)}
        try:
            self.sandbox = Sandbox(options=self.options, urls=self.urls)
        except BaseException:
            self._close_sockets()
            raise
        app = SandboxApp(sandbox=self.sandbox, ports=dict(zip(ports, self.options.regions, strict=True)))
        self._server = uvicorn.Server(_config(app))
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Give the origin of the first region."""
        return next(iter(self.urls.values()))

    @property
    def env(self) -> dict[str, str]:
        """Give the environment variables with which a program uses this sandbox."""
        return self.sandbox.environment()

    @property
    def world(self) -> World:
        """Give the state of the records; a reset replaces it."""
        return self.sandbox.world

    def ready_line(self) -> str:
        """Give the JSON line that says the sandbox is ready and how to use it."""
        return json.dumps(ready(self.sandbox), separators=(",", ":"))

    def serve(self) -> None:
        """Serve in this thread until interrupted; prints the ready line first."""
        print(self.ready_line(), flush=True)  # noqa: T201  (the line is the interface to whoever started it)
        with contextlib.suppress(KeyboardInterrupt):
            self._server.run(sockets=self._sockets)

    def start(self) -> Self:
        """Serve in a thread of its own; returns once it accepts connections."""
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="sandbox", daemon=True)
        self._thread.start()
        if not started.wait(_START_S):
            raise RuntimeError("the sandbox did not start")
        return self

    def stop(self) -> None:
        """Stop, cutting connections that are still open."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_START_S)
            self._thread = None
        self._close_sockets()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, started: threading.Event) -> None:
        asyncio.run(self._serve(started))

    async def _serve(self, started: threading.Event) -> None:
        serving = asyncio.ensure_future(self._server.serve(sockets=self._sockets))
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.005)
        started.set()
        await serving
        self.sandbox.delivery.forget()

    def _close_sockets(self) -> None:
        for listener in self._sockets:
            listener.close()


def _config(app: SandboxApp) -> uvicorn.Config:
    return uvicorn.Config(
        app=app,
        http="h11",
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=65,
        timeout_graceful_shutdown=1,
        backlog=2048,
    )


def run(*, port: int = 9400, host: str = "127.0.0.1", options: Options | None = None) -> None:
    """Serve a sandbox until interrupted; region k listens on ``port`` + k.

    Raises NotLoopback, or OSError when a port is taken.
    """
    SandboxServer(options=options, host=host, port=port).serve()


def load_seed(path: str) -> dict[str, Any]:
    """Read seed data from a JSON file; ``-`` reads standard input. Raises ValueError or OSError."""
    if path == "-":
        data = json.load(sys.stdin, parse_float=Decimal)
    else:
        with open(path, encoding="utf-8") as file:
            data = json.load(file, parse_float=Decimal)
    if not isinstance(data, dict):
        raise ValueError("seed data must be a JSON object")
    return data
