"""One running server and one sandbox for the module."""

from collections.abc import Iterator

import pytest

from tests.support.running import running_app
from tests.support.sandbox import Zoho, running_sandbox
from tests.support.web import Site


@pytest.fixture(scope="module")
def zoho() -> Iterator[Zoho]:
    """A sandbox without limits."""
    with running_sandbox(limits="off") as server:
        client = Zoho(server)
        yield client
        client.close()


@pytest.fixture(scope="module")
def site(zoho: Zoho, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with its engine; times are scaled, so that a lost answer is settled within seconds."""
    home = tmp_path_factory.mktemp("home")
    with running_app(zoho.server, url=f"sqlite:///{home / 'bookbridge.db'}", home=home, time_scale="0.04") as running:
        yield running
