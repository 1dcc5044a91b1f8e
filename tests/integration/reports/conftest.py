"""An application with mirrored books, on SQLite and on PostgreSQL; made once a module, because reports only read."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bookbridge.kernel.clock import FixedClock
from tests.integration.reports import books
from tests.support import postgres, web
from tests.support.web import Site


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def site(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A connected organization whose books of 2026 are mirrored; it is the evening of 31 March there."""
    folder = tmp_path_factory.mktemp("reports")
    if request.param == "sqlite":
        shutil.copy(sqlite_template, folder / "bookbridge.db")
        with _opened(f"sqlite:///{folder / 'bookbridge.db'}", folder) as made:
            yield made
    else:
        with postgres.fresh_database(postgres.migrated_template()) as url, _opened(url, folder) as made:
            yield made


@pytest.fixture(scope="module")
def key(site: Site) -> dict[str, str]:
    """The headers of a key that may read reports."""
    return site.key("reports:read")


@contextmanager
def _opened(url: str, folder: Path) -> Iterator[Site]:
    clock = FixedClock(datetime(2026, 4, 1, 1, 0, tzinfo=UTC))
    made = web.build(url, folder / "home", clock=clock)
    made.connect(info={"fiscal_year_start_month": "1"})
    with made.app.services.db.transaction() as tx:
        books.write(made.app.services.db, tx)
    with made.client:
        yield made
    made.app.close()
