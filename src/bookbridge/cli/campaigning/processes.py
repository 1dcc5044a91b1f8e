"""Processes of a campaign: the sandbox, which is never killed, and replicas, which are."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Self

import httpx2

from bookbridge.kernel.clock import SystemClock
from bookbridge.kernel.errors import BookbridgeError

READY_S = 60.0
_CLOCK = SystemClock()


class ProcessError(BookbridgeError):
    """A process of the campaign did not start; its log says why."""


def bookbridge(*arguments: str) -> list[str]:
    """The command line that runs ``bookbridge`` with this very interpreter."""
    return [sys.executable, "-c", "from bookbridge.cli.main import run; run()", *arguments]


def clean_environment() -> dict[str, str]:
    """This process' environment without anything that would configure Bookbridge; servers start no syncs."""
    ours = ("ZOHO_", "BOOKBRIDGE_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ours) and name not in ("DATABASE_URL", "PORT")
    }
    return {**kept, "BOOKBRIDGE_SYNC_EVERY": "0"}


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SandboxProcess:
    """A sandbox in its own process and its control plane."""

    def __init__(self, *, limits: str = "off", log: Path | None = None) -> None:
        output = log.open("ab") if log else None
        self._process = subprocess.Popen(
            bookbridge("sandbox", "--port", "0", "--limits", limits),
            stdout=subprocess.PIPE, stderr=output or subprocess.DEVNULL, env=clean_environment(), text=True,
        )  # fmt: skip
        if output is not None:
            output.close()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ProcessError("The sandbox did not start.")
        self.ready: dict[str, Any] = json.loads(line)
        self.env: dict[str, str] = self.ready["env"]
        self.url = self.env["BOOKBRIDGE_SANDBOX_URL"]
        self._http = httpx2.Client(base_url=self.url, timeout=120.0)
        self._seen = 0

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def control(self, name: str, body: Any = None, *, method: str = "") -> Any:
        """Call the control plane; with a body it is a POST. Gives the JSON answer, or the list of JSON lines."""
        method = method or ("GET" if body is None else "POST")
        content = None if body is None else json.dumps(body, default=str)
        answer = self._http.request(method, f"/_sandbox/{name}", content=content)
        if answer.status_code != 200:
            raise ProcessError(f"The sandbox refused {name}: {answer.text[:300]}")
        if answer.headers["content-type"] == "application/x-ndjson":
            return [json.loads(line) for line in answer.text.splitlines()]
        return answer.json()

    def faults(self, toml: bytes, /) -> None:
        """Replace the fault plan by one in TOML."""
        answer = self._http.post("/_sandbox/faults", content=toml, headers={"content-type": "application/toml"})
        if answer.status_code != 200:
            raise ProcessError(f"The fault plan was refused: {answer.text[:300]}")

    def new_requests(self) -> list[dict[str, Any]]:
        """The requests that arrived since the last time this was asked."""
        rows: list[dict[str, Any]] = self.control(f"requests?after={self._seen}")
        if rows:
            self._seen = rows[-1]["seq"]
        return rows

    def invoices(self, organization_id: str, /) -> list[dict[str, Any]]:
        """Every invoice as the API lists it, read with a token of its own."""
        token = self.control("tokens", {"action": "grant"})["access_token"]
        headers = {"Authorization": f"Zoho-oauthtoken {token}"}
        found: list[dict[str, Any]] = []
        for page in range(1, 10_000):
            params = {"organization_id": organization_id, "page": str(page), "per_page": "200"}
            answer = self._http.get("/books/v3/invoices", params=params, headers=headers).json()
            found += answer["invoices"]
            if not answer["page_context"]["has_more_page"]:
                break
        return found

    def stop(self) -> None:
        """End the process."""
        self._http.close()
        end(self._process)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def end(process: "subprocess.Popen[Any]", /, *, wait_s: float = 10.0) -> None:
    """End a process gracefully, else by force."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(wait_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass
class Replica:
    """One ``bookbridge serve``: same port and replica id over all its lives."""

    name: str
    port: int
    environment: Mapping[str, str]
    log: Path
    workers: int = 8
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; does not wait until it answers."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                bookbridge("serve", "--port", str(self.port), "--workers", str(self.workers)),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(self.environment),
            )  # fmt: skip

    def wait_ready(self, *, within_s: float = READY_S) -> None:
        """Wait until it answers.

        Raises:
            ProcessError: it ended, or does not answer in time.
        """
        until = _CLOCK.monotonic() + within_s
        while _CLOCK.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                raise ProcessError(f"{self.name} ended: {self.log.read_text(errors='replace')[-500:]}")
            try:
                if httpx2.get(f"{self.url}/livez", timeout=1.0).status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            _CLOCK.sleep(0.05)
        raise ProcessError(f"{self.name} does not answer.")

    def kill(self) -> bool:
        """SIGKILL; whether there was something to kill."""
        if self.process is None or self.process.poll() is not None:
            return False
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        return True

    def stop(self) -> None:
        """End it as an operator would."""
        if self.process is not None:
            end(self.process, wait_s=40.0)


@dataclass
class Nemesis:
    """Kills each replica by a Poisson process of its own and restarts it at once; restarts those that ended too."""

    replicas: Sequence[Replica]
    mean_s: float
    seed: int
    kills: int = 0
    ended: list[str] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        for replica in self.replicas:
            thread = threading.Thread(target=self._haunt, args=(replica,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End, leaving every replica running."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _haunt(self, replica: Replica) -> None:
        random = Random(f"nemesis:{self.seed}:{replica.name}")
        while not self._stopping.is_set():
            wait_s = random.expovariate(1 / self.mean_s) if self.mean_s > 0 else 3600.0
            until = _CLOCK.monotonic() + wait_s
            while not self._stopping.wait(min(0.5, max(0.0, until - _CLOCK.monotonic()))):
                self._revive(replica)
                if _CLOCK.monotonic() >= until:
                    break
            if not self._stopping.is_set() and replica.kill():
                self.kills += 1
                replica.start()

    def _revive(self, replica: Replica) -> None:
        """A replica that ended by itself is a finding; it is restarted so that the campaign goes on."""
        if replica.process is not None and replica.process.poll() is not None:
            self.ended.append(f"{replica.name}: exit {replica.process.returncode}")
            replica.start()
