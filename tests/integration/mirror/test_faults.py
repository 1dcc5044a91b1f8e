"""Whatever goes wrong during a sync, what was stored stays, the reason is told, and a later sync makes it good."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bookbridge.bootstrap import App
from bookbridge.mirror import state
from bookbridge.mirror.entities import ENTITIES
from tests.support.app import fixed_clock
from tests.support.mirror import (
    customer,
    differences,
    invoice,
    living,
    mirrored,
    sync,
    synced,
    zoho_without_limits,
)
from tests.support.sandbox import Zoho

KINDS = (
    "error_before",
    "answer_lost",
    "request_lost",
    "cut_json",
    "html_200",
    "code_nonzero_200",
    "other_answer",
    "expired_token",
    "limit_44",
    "limit_1070",
)
ORGANIZATION = "10000001"


@pytest.fixture
def zoho() -> Iterator[Zoho]:
    """A sandbox of its own, without limits."""
    with zoho_without_limits() as found:
        yield found


@pytest.fixture
def app(zoho: Zoho, sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    """An installation that waits a hundredth of the real times."""
    with mirrored(zoho, sqlite_url, tmp_path, time_scale=0.01) as found:
        yield found


@pytest.mark.parametrize("kind", KINDS)
def test_a_sync_through_faults_loses_nothing_and_a_later_one_is_whole(app: App, zoho: Zoho, kind: str) -> None:
    """A third of the calls goes wrong in a first sync and in one of changes; then none, and the mirror is Zoho's."""
    zoho.control("fill", {"invoices": 230, "months": 3})
    plan = {"seed": 3, "scale": 0.01, "rules": [{"kind": kind, "rate": 0.34}]}
    zoho.control("faults", plan)
    stored = 0
    for _ in range(2):
        outcome, _run = sync(app)
        rows = sum(len(living(app, entity.name)) for entity in ENTITIES)
        assert rows >= stored, "what was stored is gone"
        stored = rows
        assert all(outcome.failed.values())
    zoho.control("faults", {"rules": []})
    invoice(zoho, customer(zoho))
    for _ in range(5):
        outcome, _run = sync(app)
        if outcome.is_good:
            break
    assert outcome.is_good, outcome
    assert differences(app, zoho) == {}
    with app.services.db.read() as tx:
        errors = [state.load(tx, ORGANIZATION, entity.name).error for entity in ENTITIES]
    assert not any(errors)


def test_a_grant_that_is_revoked_stops_the_sync_with_what_to_do(zoho: Zoho, sqlite_url: str, tmp_path: Path) -> None:
    """Lists that were stored stay, nothing is concluded from what cannot be read, and the sentence says to connect."""
    clock = fixed_clock()
    zoho.control("fill", {"invoices": 45, "months": 3})
    with mirrored(zoho, sqlite_url, tmp_path, clock=clock) as app:
        synced(app, "contacts", "items")
        stored = {entity.name: len(living(app, entity.name)) for entity in ENTITIES}
        zoho.control("tokens", {"action": "revoke_refresh"})
        clock.advance(2 * 3600)
        for _ in range(2):
            outcome, _run = sync(app)
            assert "connect" in outcome.stopped.lower()
            assert {entity.name: len(living(app, entity.name)) for entity in ENTITIES} == stored


@pytest.mark.parametrize("days", [-2, 2])
def test_a_clock_that_is_wrong_misses_no_change(zoho: Zoho, sqlite_url: str, tmp_path: Path, days: int) -> None:
    """Ours is days behind or ahead of Zoho's: what is added, edited and deleted afterwards is found."""
    clock = fixed_clock()
    clock.advance(days * 86_400)
    zoho.control("fill", {"invoices": 60, "months": 2})
    with mirrored(zoho, sqlite_url, tmp_path, clock=clock) as app:
        synced(app)
        added = invoice(zoho, customer(zoho), sent=False)
        clock.advance(300)
        zoho.control("clock", {"advance_s": 300})
        synced(app)
        assert added in living(app, "invoices")
        zoho.books("PUT", f"/invoices/{added}", json={"reference_number": "by hand"})
        clock.advance(300)
        zoho.control("clock", {"advance_s": 300})
        synced(app)
        assert living(app, "invoices")[added].reference == "by hand"
        assert zoho.books("DELETE", f"/invoices/{added}").status_code == 200
        clock.advance(300)
        synced(app)
        assert added not in living(app, "invoices")
        assert differences(app, zoho) == {}


def test_a_list_that_lags_hides_nothing_for_good(app: App, zoho: Zoho) -> None:
    """A record appears in its list 90 s late, older than what was read before: the overlap finds it."""
    customer(zoho, "First")
    synced(app)
    zoho.control("faults", {"rules": [{"kind": "list_lag", "times": 1, "params": {"mean_s": 60}}], "seed": 1})
    late = customer(zoho, "Late")
    zoho.control("clock", {"advance_s": 2})
    early = customer(zoho, "Early")
    synced(app)
    assert early in living(app, "contacts")
    assert late not in living(app, "contacts")
    zoho.control("clock", {"advance_s": 600})
    synced(app)
    assert late in living(app, "contacts")


def test_many_deletions_are_doubted_until_somebody_believes_them(app: App, zoho: Zoho) -> None:
    """Half of the customers are gone at once: told by every sync, kept, and buried when a person says so."""
    ids = [customer(zoho, f"Customer {number}") for number in range(240)]
    synced(app)
    for each in ids[:120]:
        assert zoho.books("DELETE", f"/contacts/{each}").status_code == 200
    for full in (True, False):
        outcome, _run = sync(app, full=full)
        assert "--accept-deletions" in outcome.failed["contacts"]
        assert len(living(app, "contacts")) == 240
    synced(app, accepts_deletions=True)
    assert set(living(app, "contacts")) == set(ids[120:])
    synced(app)


def test_a_list_that_was_short_once_is_believed_when_it_is_whole_again(app: App, zoho: Zoho) -> None:
    """An answer that belongs to another call hid a page of customers; the next sync reads the list anew."""
    ids = [customer(zoho, f"Customer {number}") for number in range(240)]
    synced(app)
    rule = {"kind": "other_answer", "match": {"path": "^/contacts$", "nth": 2}}
    zoho.control("faults", {"rules": [rule]})
    outcome, _run = sync(app, full=True)
    zoho.control("faults", {"rules": []})
    for _ in range(2):
        synced(app)
    assert set(living(app, "contacts")) == set(ids), outcome
