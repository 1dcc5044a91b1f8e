"""Bookbridge on Replit as ``.replit`` starts it: secrets from the environment, all interfaces, nothing on disk."""

import os
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.architecture.sources import ROOT
from tests.support.processes import clean_environment

ADDRESS = "https://books.example.com"
KEY = "api-key-of-the-secrets-panel-0000000000000"
SECRETS = {
    "BOOKBRIDGE_ENCRYPTION_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    "BOOKBRIDGE_API_KEY": KEY,
    "REPLIT_DOMAINS": "books.example.com,other.example.com",
}


def command() -> list[str]:
    """What a deployment runs."""
    configured = tomllib.loads((ROOT / ".replit").read_text(encoding="utf-8"))
    return [str(part) for part in configured["deployment"]["run"]]


def environment(home: Path, **secrets: str) -> dict[str, str]:
    """An empty home and the secrets panel."""
    return clean_environment(**{"HOME": str(home), "BOOKBRIDGE_HOME": str(home / "unused"), **secrets})


@contextmanager
def deployed(home: Path, **secrets: str) -> Iterator[str]:
    """A deployment that is ready; gives its address on this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = environment(home, PORT=str(port), **secrets)
    process = subprocess.Popen(
        command(), cwd=ROOT, env=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        assert ADDRESS in process.stdout.readline(), "it says where people find it"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_nothing_is_started_without_the_secrets(tmp_path: Path) -> None:
    """On a public address encryption key, API key and address are required; each missing one is named."""
    done = subprocess.run(
        command(), cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2, done.stderr
    for name in ("BOOKBRIDGE_ENCRYPTION_KEY", "BOOKBRIDGE_API_KEY", "BOOKBRIDGE_PUBLIC_URL"):
        assert name in done.stderr


@pytest.mark.postgres
def test_a_deployment_answers_and_keeps_nothing_on_disk(postgres_url: str, tmp_path: Path) -> None:
    """It is up, asks for the key, and a second start with an empty disk finds the same database."""
    host = {"Host": "books.example.com"}
    for life in ("first", "second"):
        home = tmp_path / life
        home.mkdir()
        with deployed(home, DATABASE_URL=postgres_url, **SECRETS) as url, httpx2.Client(headers=host) as http:
            assert http.get(f"{url}/livez", timeout=30.0).status_code == 200
            assert http.get(f"{url}/readyz", timeout=30.0).status_code == 200
            assert http.get(f"{url}/api/orders", timeout=30.0).status_code == 401
            allowed = http.get(f"{url}/api/orders", headers={"Authorization": f"Bearer {KEY}"}, timeout=30.0)
            assert allowed.status_code == 200, allowed.text
        assert not [path for path in home.rglob("*") if path.is_file()], os.listdir(home)
