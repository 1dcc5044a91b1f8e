"""Fixtures every test may use: a migrated database, on SQLite and on PostgreSQL."""

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookbridge.store import schema
from bookbridge.store.db import Database
from bookbridge.workflow import storage
from tests.support import postgres

pytest_plugins = ("tests.support.skips",)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: not looking through it for garbage again and again saves a seventh."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our schema and the engine's, made once a process, to copy from."""
    path = tmp_path_factory.mktemp("schema") / "template.db"
    db = Database(f"sqlite:///{path}")
    schema.upgrade(db)
    storage.ensure(db)
    db.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a migrated SQLite file of its own."""
    path = tmp_path / "bookbridge.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of a migrated PostgreSQL database of its own."""
    with postgres.fresh_database(postgres.migrated_template()) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database of its own; the test runs once on SQLite and once on PostgreSQL."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database of its own; the test runs once on SQLite and once on PostgreSQL."""
    db = Database(database_url)
    yield db
    db.close()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """A migrated SQLite database of its own, for tests that need only one kind."""
    db = Database(sqlite_url)
    yield db
    db.close()
