"""The server as a process: ready on time, honest over real HTTP, ended gracefully."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest

COMMAND = [sys.executable, "-c", "from bookbridge.cli.main import run; run()", "serve", "--port", "0", "--json"]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running server with its address."""
    env = {"PATH": os.environ["PATH"], "BOOKBRIDGE_HOME": str(tmp_path / "home"), "BOOKBRIDGE_API_KEY": "k" * 32}
    process = subprocess.Popen(COMMAND, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        yield process, ready["url"]
    finally:
        process.kill()
        process.communicate()


def test_a_server_starts_answers_and_ends(served: tuple[subprocess.Popen[str], str], tmp_path: Path) -> None:
    """Ready when it says so, no banner, its key file private, and exit code 0 after SIGTERM."""
    process, url = served
    answer = httpx.get(f"{url}/readyz", trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"status": "up"})
    assert "server" not in answer.headers
    with_key = httpx.get(f"{url}/api/orders", headers={"Authorization": f"Bearer {'k' * 32}"}, trust_env=False)
    assert with_key.status_code == 200
    key_file = tmp_path / "home" / "encryption.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=40) == 0


def test_a_stream_without_length_is_cut_at_the_cap(served: tuple[subprocess.Popen[str], str]) -> None:
    """A chunked body that never says how long it is gets 413 as soon as it is too long."""
    _process, url = served
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=20) as wire:
        head = f"POST /hooks/orders/ep_x HTTP/1.1\r\nHost: {where.netloc}\r\nTransfer-Encoding: chunked\r\n\r\n"
        wire.sendall(head.encode())
        chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
        try:
            for _ in range(40):
                wire.sendall(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert wire.recv(200).startswith(b"HTTP/1.1 413")


def test_two_engines_on_one_file_are_refused(served: tuple[subprocess.Popen[str], str], tmp_path: Path) -> None:
    """The second server says why it does not start."""
    env = {"PATH": os.environ["PATH"], "BOOKBRIDGE_HOME": str(tmp_path / "home")}
    second = subprocess.run(COMMAND, env=env, capture_output=True, text=True, timeout=60)
    assert second.returncode == 2
    assert "Another process runs the engine" in second.stderr
