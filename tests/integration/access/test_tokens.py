"""The shared access token: one refresh for everybody, and what happens when Zoho says no."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from bookbridge.access.tokens import SharedTokens, refresh_policy
from bookbridge.access.zoho import ZohoAccess
from bookbridge.kernel.limits import Limits
from bookbridge.sandbox.launch import SandboxServer
from bookbridge.store import grants, organizations
from bookbridge.store.db import Database
from bookbridge.store.tables import grants as table
from bookbridge.zoho.errors import GrantRevokedError, OAuthError
from bookbridge.zoho.protocol import Request
from tests.support.access import opened, sealer, settings
from tests.support.sandbox import Zoho, running_sandbox

ORG = "10000001"
CURRENCIES = Request(method="GET", path="/settings/currencies")


@pytest.fixture
def box() -> Iterator[SandboxServer]:
    """A sandbox without Zoho's limits."""
    with running_sandbox(limits="off") as server:
        yield server


@pytest.fixture
def zoho(box: SandboxServer) -> Iterator[Zoho]:
    """The sandbox's control plane."""
    client = Zoho(box)
    yield client
    client.close()


@pytest.fixture
def access(database: Database, box: SandboxServer) -> Iterator[ZohoAccess]:
    """A connected installation that has called Zoho once."""
    with opened(database, box) as opened_access:
        opened_access.session(ORG).call(CURRENCIES)
        yield opened_access


def refreshes(zoho: Zoho) -> int:
    """How many refreshes the sandbox has seen."""
    return int(zoho.control("tokens")["counts"]["refreshes"])


def grant_id(access: ZohoAccess) -> str:
    """The grant of the organization."""
    found = access.organization(ORG).grant_id
    assert found is not None
    return found


def age(access: ZohoAccess, seconds: float) -> None:
    """Make the stored token that much older."""
    with access.db.transaction() as tx:
        found = tx.execute(sa.select(table.c.access_expires_at)).scalar_one()
        tx.execute(sa.update(table).values(access_expires_at=found - timedelta(seconds=seconds)))


def another(access: ZohoAccess, limits: Limits = Limits()) -> SharedTokens:  # noqa: B008
    """The tokens as another process would see them: same row, nothing in memory."""
    return SharedTokens(
        db=access.db,
        sealer=access.sealer,
        grant_id=grant_id(access),
        authenticator=access.authenticator_of,
        clock=access.clock,
        limits=limits,
        policy=refresh_policy(limits),
    )


def test_two_hundred_concurrent_calls_refresh_once(access: ZohoAccess, zoho: Zoho) -> None:
    """200 calls that all meet an expired token in one process: one refresh, no call fails."""
    before = refreshes(zoho)
    zoho.control("tokens", {"action": "expire_access"})
    start = Barrier(50)

    def call(number: int) -> str:
        if number < 50:
            start.wait()
        return access.session(ORG).call(CURRENCIES).message

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(call, range(200))) == {"success"}
    assert refreshes(zoho) - before == 1


def test_three_processes_refresh_once(database: Database, database_url: str, box: SandboxServer, zoho: Zoho) -> None:
    """200 calls over three processes on one database with an expired token: one refresh, no call fails."""
    with opened(database, box) as access:
        access.session(ORG).call(CURRENCIES)
    given = {**box.env, "BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE": "0"}
    order = {"database_url": database_url, "env": given, "organization_id": ORG, "calls": 67, "threads": 16}
    before = refreshes(zoho)
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.token_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    try:
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write(json.dumps(order) + "\n")
            worker.stdin.flush()
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline().strip() == "ready"
        assert refreshes(zoho) == before
        zoho.control("tokens", {"action": "expire_access"})
        results = [json.loads(worker.communicate("go\n", timeout=90)[0]) for worker in workers]
    finally:
        for worker in workers:
            if worker.poll() is None:
                worker.kill()
                worker.communicate()
    assert [result["errors"] for result in results] == [[], [], []]
    assert [result["ok"] for result in results] == [67, 67, 67]
    assert refreshes(zoho) - before == 1


def test_old_token_is_renewed_before_it_ends(access: ZohoAccess, zoho: Zoho) -> None:
    """A token of 56 minutes is renewed although Zoho still takes it; one of 45 minutes is not."""
    before = refreshes(zoho)
    age(access, 45 * 60)
    another(access).token()
    assert refreshes(zoho) == before
    age(access, 11 * 60)
    another(access).token()
    assert refreshes(zoho) == before + 1


def test_rejection_of_an_older_token_refreshes_nothing(access: ZohoAccess, zoho: Zoho) -> None:
    """A 401 to a token that another process has replaced uses the replacement."""
    mine, theirs = another(access), another(access)
    old = mine.token()
    zoho.control("tokens", {"action": "expire_access"})
    theirs.rejected(theirs.token())
    new = theirs.token()
    after = refreshes(zoho)
    mine.rejected(old)
    assert mine.token().version == new.version
    assert refreshes(zoho) == after


def test_forced_refresh_at_most_once_a_minute(access: ZohoAccess, zoho: Zoho) -> None:
    """A token that Zoho keeps refusing (a missing scope, say) is renewed once, then used as it is."""
    tokens = another(access)
    before = refreshes(zoho)
    for _ in range(5):
        tokens.rejected(tokens.token())
    tokens.token()
    assert refreshes(zoho) - before == 1


def test_limiter_is_persistent(access: ZohoAccess, zoho: Zoho) -> None:
    """Three refreshes in ten minutes whatever the process: the fourth is refused without asking Zoho."""
    before = refreshes(zoho)
    for _ in range(5):
        age(access, 3600)
        try:
            another(access).token()
        except OAuthError:
            continue
    assert refreshes(zoho) - before <= 3


def test_access_denied_keeps_the_present_token(access: ZohoAccess, zoho: Zoho) -> None:
    """While Zoho throttles, the present token stays in use and Zoho is asked no more."""
    held = another(access).token()
    zoho.control("faults", {"rules": [{"match": {"target": "accounts"}, "kind": "token_access_denied"}]})
    age(access, 56 * 60)
    for _ in range(3):
        assert another(access).token().value == held.value
    seen = [row for row in zoho.control("requests") if row["path"].endswith("/oauth/v2/token")]
    zoho.control("faults", method="DELETE")
    another(access).token()
    assert len([row for row in zoho.control("requests") if row["path"].endswith("/oauth/v2/token")]) == len(seen)


def test_revoked_only_after_two_refusals_apart(access: ZohoAccess, zoho: Zoho) -> None:
    """One refusal pauses nothing; a second one later ends the grant and pauses its organization, orders kept."""
    limits = Limits.scaled(0.001)
    zoho.control("tokens", {"action": "revoke_refresh"})
    age(access, 7200)
    with pytest.raises(GrantRevokedError):
        another(access, limits).token()
    with access.db.read() as tx:
        assert not organizations.list_all(tx)[0].is_paused
    access.clock.sleep(0.1)
    with pytest.raises(GrantRevokedError):
        another(access, limits).token()
    with access.db.read() as tx:
        grant = grants.get(tx, access.sealer, grant_id(access))
        assert grant is not None
        assert grant.state == grants.REVOKED
        assert "bookbridge connect" in (organizations.list_all(tx)[0].paused_reason or "")


def test_dead_lease_holder_is_replaced(access: ZohoAccess, zoho: Zoho) -> None:
    """A process killed in mid-refresh holds the others up for its lease and no longer."""
    limits = Limits.scaled(0.02)
    age(access, 7200)
    with access.db.transaction() as tx:
        now = access.db.now(tx)
        until = now + timedelta(seconds=limits.refresh_lease_s)
        assert grants.take_lease(tx, grant_id(access), owner="dead", version=version(access), now=now, until=until)
    assert int(another(access, limits).token().version) == version(access)


def version(access: ZohoAccess) -> int:
    """The version of the stored token."""
    with access.db.read() as tx:
        return int(tx.execute(sa.select(table.c.access_version)).scalar_one())


def test_no_token_is_readable_in_the_database(access: ZohoAccess, box: SandboxServer) -> None:
    """Neither refresh token, access token nor client secret stands in the grant's row in the clear."""
    given = settings(box)
    with access.db.read() as tx:
        row = tx.execute(sa.select(table)).one()
    stored = b"".join(bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in row)
    for secret in (given.refresh_token, given.client_secret):
        assert secret.reveal().encode() not in stored
    assert another(access).token().value.encode() not in stored


def test_swapped_ciphertexts_do_not_open(access: ZohoAccess) -> None:
    """A refresh token copied into the access token's column is refused."""
    with access.db.transaction() as tx:
        tx.execute(sa.update(table).values(access_token=table.c.refresh_token))
    with pytest.raises(Exception, match="decrypted"), access.db.read() as tx:
        grants.get(tx, sealer(), grant_id(access))


def test_rejected_token_waits_for_the_refresh_of_another(access: ZohoAccess, zoho: Zoho, box: SandboxServer) -> None:
    """While another process renews a rejected token, nobody is given the rejected one again."""
    first, second = another(access), another(access)
    old = first.token()
    zoho.control("tokens", {"action": "expire_access"})
    first.rejected(old)
    second.rejected(old)
    slow = {"kind": "latency", "match": {"target": "accounts"}, "params": {"ms": 700}}
    zoho.control("faults", {"rules": [slow]})
    before, done = box.sandbox.log.total, refreshes(zoho)
    with ThreadPoolExecutor(1) as pool:
        renewal = pool.submit(first.token)
        while box.sandbox.log.total == before:
            pass
        assert second.token().version == renewal.result().version != old.version
    assert refreshes(zoho) == done + 1
