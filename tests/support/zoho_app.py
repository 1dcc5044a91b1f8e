"""Fixtures of several folders: one sandbox for the module, reset before each test; an application whose clock the test
moves.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bookbridge.bootstrap import App
from bookbridge.kernel.clock import FixedClock
from tests.support.app import built_app, fixed_clock
from tests.support.sandbox import Zoho, running_sandbox


@pytest.fixture(scope="module")
def zoho_server() -> Iterator[Zoho]:
    """A sandbox without limits."""
    with running_sandbox(limits="off") as server:
        zoho = Zoho(server)
        yield zoho
        zoho.close()


@pytest.fixture
def zoho(zoho_server: Zoho) -> Zoho:
    """The sandbox as at its start."""
    zoho_server.control("reset", {})
    return zoho_server


@pytest.fixture
def clock() -> FixedClock:
    """A clock the test moves."""
    return fixed_clock()


@pytest.fixture
def app(zoho: Zoho, clock: FixedClock, sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    """An application on SQLite."""
    with built_app(zoho.server, url=sqlite_url, home=tmp_path, clock=clock) as built:
        yield built
