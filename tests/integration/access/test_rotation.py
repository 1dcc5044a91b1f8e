"""The wrapping key is changed while everybody works (SEC-037)."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bookbridge.access.zoho import ZohoAccess
from bookbridge.sandbox.launch import SandboxServer
from bookbridge.store import endpoints
from bookbridge.store.db import Database
from bookbridge.store.secrets import KeyRing, Sealer, stale_count
from bookbridge.store.tables import grants, sources
from bookbridge.zoho.protocol import Request
from tests.support.access import KEY, options, settings
from tests.support.sandbox import running_sandbox

ORG = "10000001"
CURRENCIES = Request(method="GET", path="/settings/currencies")
ROUNDS = 4


@contextmanager
def _process(db: Database, box: SandboxServer, *keys: bytes) -> Iterator[ZohoAccess]:
    """What one process with these keys in its environment has."""
    access = ZohoAccess(db=db, sealer=Sealer(KeyRing.of(keys)), options=options(box, settings(box)))
    try:
        yield access
    finally:
        access.close()


@pytest.fixture
def box() -> Iterator[SandboxServer]:
    """A sandbox without Zoho's limits."""
    with running_sandbox(limits="off") as server:
        yield server


def _load(work: Callable[[], object], stop: threading.Event, failures: list[BaseException], done: list[int]) -> None:
    while not stop.is_set():
        try:
            work()
            done.append(1)
        except Exception as error:  # whatever fails is what the test is about
            failures.append(error)


def _age(db: Database) -> None:
    """Let the access token expire, so that a refresh is stored under the data key that is being wrapped anew."""
    with db.transaction() as tx:
        tx.execute(sa.update(grants).values(access_expires_at=db.now(tx) - timedelta(hours=1)))


def test_rotation_fails_no_call(database: Database, box: SandboxServer) -> None:
    """Two processes call, refresh and open hook secrets while the key changes four times: not one call fails."""
    ring = [os.urandom(32) for _ in range(ROUNDS)]
    failures: list[BaseException] = []
    done: list[int] = []
    with _process(database, box, KEY, *ring) as first, _process(database, box, *reversed(ring), KEY) as second:
        first.session(ORG).call(CURRENCIES)
        with database.transaction() as tx:
            door, secret = endpoints.create(
                tx,
                ids=_Ids(),
                sealer=first.sealer,
                now=database.now(tx),
                kind="orders",
                organization_id=ORG,
                source="s",
            )

        def check_secret() -> None:
            with database.read() as tx:
                found = endpoints.find(tx, kind="orders", endpoint=door.endpoint)
            assert found is not None and endpoints.open_secret(second.sealer, found) == secret

        def call(access: ZohoAccess) -> Callable[[], object]:
            return lambda: access.session(ORG).call(CURRENCIES)

        stop = threading.Event()
        works = (call(first), call(second), call(second), check_secret)
        threads = [threading.Thread(target=_load, args=(work, stop, failures, done)) for work in works]
        for thread in threads:
            thread.start()
        for number, key in enumerate(ring):
            others = [KEY, *(each for each in ring if each != key)]
            sealer = Sealer(KeyRing.of([key, *others]))
            assert sealer.rotate(database) == 2, "the grant's data key and the endpoint's"
            assert stale_count(database, sealer) == 0
            if number % 2:
                _age(database)
        stop.set()
        for thread in threads:
            thread.join(timeout=60)
    assert failures == []
    assert len(done) > ROUNDS
    only = Sealer(KeyRing.of([ring[-1]]))
    only.check(database)
    with _process(database, box, ring[-1]) as last:
        assert last.session(ORG).call(CURRENCIES).status == 200
    with database.read() as tx:
        assert bytes(tx.execute(sa.select(sources.c.secret)).scalar_one())[3:11].hex() == only.active_key_id


class _Ids:
    def new(self, prefix: str, /) -> str:
        """One endpoint is enough."""
        return f"{prefix}_rotation"
