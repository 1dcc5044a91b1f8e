"""A built application with a clock that tests move."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bookbridge.kernel.clock import FixedClock
from bookbridge.store import passwords
from tests.support import web
from tests.support.web import Site


@pytest.fixture
def clock() -> FixedClock:
    """A clock that moves only when told to."""
    return FixedClock(datetime(2026, 1, 31, 9, 30, tzinfo=UTC))


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes of passwords that cost next to nothing."""
    monkeypatch.setattr(passwords, "COST", passwords.Cost(memory_kib=64, passes=1, lanes=1))


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Site]:
    """An application on a fresh SQLite file, reached without a network."""
    made = web.build(sqlite_url, tmp_path / "home", clock=clock, env="development")
    with made.client:
        yield made
    made.app.close()
