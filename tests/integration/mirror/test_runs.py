"""Syncs asked for and under way: one at a time, taken over when their process dies, by API, command and schedule."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bookbridge.bootstrap import App
from bookbridge.cli.main import execute
from bookbridge.kernel.clock import FixedClock
from bookbridge.mirror import freshness, runs
from bookbridge.mirror.schedule import pause_s
from bookbridge.mirror.sync import Wish
from bookbridge.zoho.budget import BudgetPolicy, BudgetState, view
from bookbridge.zoho.budget_state import Day
from tests.support.app import fixed_clock
from tests.support.mirror import customer, living, mirrored, synced, zoho_without_limits
from tests.support.sandbox import Zoho
from tests.support.web import BASE, Site

ORGANIZATION = "10000001"


@pytest.fixture
def zoho() -> Iterator[Zoho]:
    """A sandbox of its own, without limits."""
    with zoho_without_limits() as found:
        yield found


@pytest.fixture
def clock() -> FixedClock:
    """A clock that moves only when told to."""
    return fixed_clock()


@pytest.fixture
def app(zoho: Zoho, sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[App]:
    """An installation that is connected to it."""
    with mirrored(zoho, sqlite_url, tmp_path, clock=clock) as found:
        found.services.zoho.default_organization()
        yield found


def test_one_process_syncs_at_a_time_and_a_dead_one_is_relieved(app: App, clock: FixedClock) -> None:
    """A run with a beating heart keeps others away; when it falls silent the next takes the same run over."""
    mirror = app.services.mirror
    other = replace(mirror, owner="another process")
    first = runs.ask(mirror, ORGANIZATION, Wish(entities=("contacts",)))
    clock.advance(1)
    runs.ask(mirror, ORGANIZATION, Wish())
    claimed = runs.claim(mirror, ORGANIZATION)
    assert claimed is not None and claimed.id == first
    assert runs.claim(other, ORGANIZATION) is None
    clock.advance(mirror.limits.dead_after_s + 1)
    relieved = runs.claim(other, ORGANIZATION)
    assert relieved is not None and (relieved.id, relieved.owner) == (first, "another process")

    runs.execute(mirror, claimed)  # the old owner wakes up: the run is not its own any more
    with mirror.db.read() as tx:
        still = runs.get(tx, first)
    assert still is not None and (still.state, still.owner) == (runs.RUNNING, "another process")
    assert runs.execute(other, relieved).is_good
    with mirror.db.read() as tx:
        done = runs.get(tx, first)
    assert done is not None and done.state == runs.DONE and done.progress is not None
    assert [each["entity"] for each in done.progress["entities"]] == ["contacts"]


def test_a_schedule_starts_a_sync_when_the_last_is_old_enough(app: App, clock: FixedClock) -> None:
    """Of two replicas one starts it; 0 seconds starts none."""
    mirror = app.services.mirror
    assert runs.claim_due(mirror, ORGANIZATION, every_s=0) is None
    started = runs.claim_due(mirror, ORGANIZATION, every_s=300)
    assert started is not None and not started.wish.thorough
    assert runs.claim_due(replace(mirror, owner="b"), ORGANIZATION, every_s=300) is None
    runs.execute(mirror, started)
    assert runs.claim_due(mirror, ORGANIZATION, every_s=300) is None
    clock.advance(301)
    assert runs.claim_due(mirror, ORGANIZATION, every_s=300) is not None


def test_syncs_slow_down_as_the_calls_of_the_day_are_used() -> None:
    """Half of what syncs may use is gone: twice the pause; nearly all: hours."""

    def pause(remaining: int) -> float:
        state = BudgetState(day=Day(limit=1000, remaining=remaining, resets_at_ms=10**9))
        return pause_s(300, 8, view(state, now_ms=0, policy=BudgetPolicy()))

    assert pause(1000) == pytest.approx(86_400 * 8 / 200)
    assert pause(650) == pytest.approx(2 * pause(1000))
    assert pause(300) == 6 * 3600


def test_the_api_tells_freshness_and_starts_syncs(app: App, zoho: Zoho) -> None:
    """Each list with its age; a sync is 202 and can be watched; keys need the scopes."""
    from bookbridge.web import app as web

    customer(zoho)
    site = Site(app, TestClient(web.create(app), base_url=BASE))
    reader, writer = site.key("mirror:read"), site.key("mirror:write")
    shown = site.client.get("/api/mirror", headers=reader).json()
    assert shown["is_complete"] is False and shown["age_s"] is None
    assert {each["state"] for each in shown["entities"]} == {"never"}
    assert site.client.post("/api/mirror/sync", headers=reader).status_code == 403
    refused = site.client.post("/api/mirror/sync", json={"entities": ["unicorns"]}, headers=writer)
    assert (refused.status_code, "unicorns" in refused.text) == (400, True)
    asked = site.client.post("/api/mirror/sync", json={"entities": ["contacts"]}, headers=writer)
    assert asked.status_code == 202
    run = runs.claim(app.services.mirror, ORGANIZATION)
    assert run is not None and run.id == asked.json()["sync"]["id"]
    runs.execute(app.services.mirror, run)
    done = site.client.get(f"/api/mirror/syncs/{run.id}", headers=reader).json()["sync"]
    assert (done["state"], done["progress"]["entities"][0]["rows"]) == ("done", 1)
    assert site.client.get("/api/mirror/syncs/syn_x", headers=reader).status_code == 404
    synced(app)
    fresh = freshness.of(app.services.db, ORGANIZATION)
    assert fresh.is_complete and fresh.age_s is not None and fresh.age_s < 60


def test_the_command_plans_syncs_and_tells(
    zoho: Zoho, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--plan makes no call; without a server the command does the sync itself; what is wrong is exit code 2."""
    for name, value in {
        **zoho.server.env,
        "BOOKBRIDGE_HOME": str(tmp_path),
        "BOOKBRIDGE_DATABASE_URL": sqlite_url,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE", "0")
    customer(zoho)
    assert execute(["sync", "contacts", "--json"]) == 0
    run = json.loads(capsys.readouterr().out)
    assert (run["state"], run["progress"]["entities"][0]["rows"]) == ("done", 1)
    before = len(zoho.control("requests"))
    assert execute(["sync", "--plan"]) == 0
    assert "together" in capsys.readouterr().out
    assert len(zoho.control("requests")) == before
    assert execute(["sync", "unicorns"]) == 2


def test_a_day_without_calls_stops_a_sync_cleanly_and_the_next_goes_on(app: App, zoho: Zoho) -> None:
    """It says when it goes on, keeps what was read, and makes it good later."""
    customer(zoho)
    zoho.control("faults", {"rules": [{"kind": "limit_45", "match": {"path": "^/invoices"}}]})
    mirror = app.services.mirror
    run_id = runs.ask(mirror, ORGANIZATION, Wish())
    run = runs.claim(mirror, ORGANIZATION, only=run_id)
    assert run is not None
    outcome = runs.execute(mirror, run)
    assert outcome.stopped and outcome.goes_on_at is not None
    with mirror.db.read() as tx:
        over = runs.get(tx, run_id)
    assert over is not None and over.state == runs.FAILED and over.error
    zoho.control("faults", {"rules": []})
    with mirror.db.transaction() as tx:  # the day turns
        tx.exec_driver_sql("DELETE FROM bb_budgets")
    synced(app)
    assert len(living(app, "contacts")) == 1
