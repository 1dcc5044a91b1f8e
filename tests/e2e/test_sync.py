"""`bookbridge sync` as people run it: beside a server, and after one that was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bookbridge.store import tables
from bookbridge.store.db import Database
from tests.support.mirror import customer, zoho_without_limits
from tests.support.processes import clean_environment
from tests.support.sandbox import Zoho

PROGRAM = [sys.executable, "-c", "from bookbridge.cli.main import run; run()"]


@pytest.fixture
def zoho() -> Iterator[Zoho]:
    """A sandbox of its own, without limits."""
    with zoho_without_limits() as found:
        yield found


def environment_of(zoho: Zoho, url: str, home: Path, **more: str) -> dict[str, str]:
    """What both processes are started with: no syncs by themselves."""
    given = {**zoho.server.env, "BOOKBRIDGE_HOME": str(home), "BOOKBRIDGE_DATABASE_URL": url}
    return clean_environment(**given, BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE="0", BOOKBRIDGE_SYNC_EVERY="0", **more)


def runs_of(url: str) -> list[tuple[str, str]]:
    """State and owner of every sync, oldest first."""
    db, table = Database(url, pool_size=1), tables.sync_runs
    try:
        with db.read() as tx:
            return [
                (row[0], row[1])
                for row in tx.execute(sa.select(table.c.state, table.c.owner).order_by(table.c.asked_at))
            ]
    finally:
        db.close()


def age_beats(url: str, *, seconds: float) -> None:
    """As if so much time had passed since the last sign of life of a running sync; its calls' permits end too."""
    db, table = Database(url, pool_size=1), tables.sync_runs
    try:
        with db.transaction() as tx:
            beat = tx.execute(sa.select(table.c.id, table.c.heartbeat_at).where(table.c.state == "running")).one()
            tx.execute(sa.delete(tables.budgets))
            aged = beat.heartbeat_at - timedelta(seconds=seconds)
            tx.execute(sa.update(table).where(table.c.id == beat.id).values(heartbeat_at=aged))
    finally:
        db.close()


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A server that is ready."""
    command = [*PROGRAM, "serve", "--port", "0", "--json"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["ready"] is True
        yield process
    finally:
        process.kill()
        process.communicate()


def synced_by_command(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """One `bookbridge sync` to its end."""
    command = [*PROGRAM, "sync", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_beside_a_server_the_server_syncs_once_and_the_command_tells_how_it_went(
    zoho: Zoho, sqlite_url: str, tmp_path: Path
) -> None:
    """Two real processes, one sync: the command's run is the server's, and its rows are told by the command."""
    customer(zoho)
    patient = environment_of(zoho, sqlite_url, tmp_path, BOOKBRIDGE_TIME_SCALE="10")  # a busy server begins late
    with serving(environment_of(zoho, sqlite_url, tmp_path, BOOKBRIDGE_REPLICA_ID="server")):
        done = synced_by_command(patient, "contacts", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["state"], told["progress"]["entities"][0]["rows"]) == ("done", 1)
    ((state, owner),) = runs_of(sqlite_url)
    assert (state, owner.split(":")[0]) == ("done", "server")


def test_after_a_killed_sync_the_next_says_what_it_waits_for_and_goes_on(
    zoho: Zoho, sqlite_url: str, tmp_path: Path
) -> None:
    """The lease of the dead ends by itself; until then the command says when it will go on."""
    zoho.control("fill", {"invoices": 40, "months": 2})
    zoho.control("latency", {"ms": 300})
    environment = environment_of(zoho, sqlite_url, tmp_path)
    first = subprocess.Popen([*PROGRAM, "sync"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while first.poll() is None and not any(
        request["path"].endswith("/invoices") for request in zoho.control("requests")
    ):
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    zoho.control("latency", {"ms": 0})
    age_beats(sqlite_url, seconds=20)
    following = subprocess.Popen([*PROGRAM, "sync"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert following.stderr is not None
        assert b"is silent, as after a kill; this one goes on" in following.stderr.readline()
        age_beats(sqlite_url, seconds=20)
        out, problems = following.communicate(timeout=120)
    finally:
        following.kill()
    assert following.returncode == 0, problems
    assert b"calls" in out
    assert [state for state, _owner in runs_of(sqlite_url)] == ["failed", "done"]
