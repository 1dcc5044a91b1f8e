"""One sandbox for the module, reset before each test; an application whose clock the test moves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bookbridge.bootstrap import App
from bookbridge.kernel.clock import FixedClock
from tests.support.app import built_app
from tests.support.sandbox import Zoho
from tests.support.zoho_app import app, clock, zoho, zoho_server

__all__ = ["app", "clock", "zoho", "zoho_server"]


@pytest.fixture
def either_app(zoho: Zoho, clock: FixedClock, database_url: str, tmp_path: Path) -> Iterator[App]:
    """An application on SQLite, then one on PostgreSQL."""
    with built_app(zoho.server, url=database_url, home=tmp_path, clock=clock) as built:
        yield built
