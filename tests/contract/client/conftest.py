"""A client of a running sandbox, brought back to its start before each test."""

from collections.abc import Iterator

import pytest

from bookbridge.sandbox.launch import SandboxServer
from bookbridge.zoho import Books
from tests.support.client import connect
from tests.support.sandbox import Zoho, running_sandbox


@pytest.fixture(scope="session")
def client_sandbox() -> Iterator[SandboxServer]:
    """A sandbox of one region, limits as Zoho's."""
    with running_sandbox(regions=("us",)) as server:
        yield server


@pytest.fixture
def zoho(client_sandbox: SandboxServer) -> Iterator[Zoho]:
    """The plain view of the sandbox: control plane and raw calls."""
    plain = Zoho(client_sandbox)
    plain.control("reset", {})
    yield plain
    plain.close()


@pytest.fixture
def books(zoho: Zoho) -> Iterator[Books]:
    """The client of the first organization (dollars)."""
    with connect(zoho) as client:
        yield client


@pytest.fixture
def pounds(zoho: Zoho) -> Iterator[Books]:
    """The client of the second organization (pounds, with taxes)."""
    with connect(zoho, organization_id="10000002") as client:
        yield client
