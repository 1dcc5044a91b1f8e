"""One sandbox of two regions per test process, brought back to its start before each test."""

from collections.abc import Iterator

import pytest

from bookbridge.sandbox.launch import SandboxServer
from tests.support.sandbox import Zoho, running_sandbox


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxServer]:
    """A sandbox with the regions us and eu, limits as Zoho's."""
    with running_sandbox(regions=("us", "eu")) as server:
        yield server


@pytest.fixture
def zoho(sandbox_server: SandboxServer) -> Iterator[Zoho]:
    """A client of region us of a fresh sandbox."""
    client = Zoho(sandbox_server)
    client.control("reset", {})
    yield client
    client.close()


@pytest.fixture
def zoho_eu(zoho: Zoho) -> Iterator[Zoho]:
    """A client of region eu of the same sandbox."""
    client = Zoho(zoho.server, region="eu")
    yield client
    client.close()
