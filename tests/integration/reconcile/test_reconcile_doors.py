"""Comparisons over HTTP and on the command line."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bookbridge.bootstrap import App
from bookbridge.cli.main import execute
from bookbridge.kernel.clock import FixedClock
from bookbridge.web import app as web
from tests.support.app import built_app
from tests.support.reconciling import invoiced, mirror, people
from tests.support.sandbox import Zoho
from tests.support.web import BASE, Site


@pytest.fixture
def site(app: App) -> Iterator[Site]:
    """The application's web side."""
    with TestClient(web.create(app), base_url=BASE) as client:
        yield Site(app, client)


def ended(site: Site, headers: dict[str, str], url: str) -> dict[str, Any]:
    """The comparison at ``url`` once its thread is done."""
    for _ in range(200):
        run: dict[str, Any] = site.client.get(url, headers=headers).json()["run"]
        if run["state"] != "running":
            return run
        time.sleep(0.05)
    raise AssertionError("the comparison did not end")


def test_post_has_it_made_and_get_shows_it(site: Site, app: App, clock: FixedClock, zoho: Zoho) -> None:
    """202 with the address of the run; then the last run with its differences; nothing before the first one."""
    read, write = site.key("reconcile:read"), site.key("reconcile:write", "reconcile:read")
    assert site.client.get("/api/reconcile", headers=read).json() == {"run": None}
    invoiced(app, clock, 3)
    rows = zoho.books("GET", "/invoices").json()["invoices"]
    people(zoho, "delete", resource="invoices", id=rows[0]["invoice_id"])

    assert site.client.post("/api/reconcile", headers=read).status_code == 403
    answer = site.client.post("/api/reconcile", headers=write)
    assert answer.status_code == 202
    run = ended(site, read, answer.headers["location"])
    (difference,) = run["differences"]
    assert (run["state"], run["kinds"], difference["kind"]) == ("done", {"deleted": 1}, "deleted")
    assert difference["detail"]["order_id"] == rows[0]["reference_number"]
    assert site.client.get("/api/reconcile", headers=read).json()["run"]["id"] == run["id"]


@pytest.mark.parametrize(
    ("query", "field"), [("from=2026-02-30", "from"), ("to=1.2.2026", "to"), ("from=2026-02-01&to=2026-01-01", "to")]
)
def test_a_period_that_cannot_be_is_refused(site: Site, query: str, field: str) -> None:
    """With the field and what to send."""
    answer = site.client.post(f"/api/reconcile?{query}", headers=site.key())
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert answer.json()["remedy"]


def test_an_unknown_run_is_not_found(site: Site, app: App) -> None:
    """404, whoever's it is."""
    app.services.zoho.default_organization()
    assert site.client.get("/api/reconcile?run_id=rec_x", headers=site.key()).status_code == 404


def test_the_command_tells_by_its_exit_code(
    zoho: Zoho,
    clock: FixedClock,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """0 when everything agrees, 3 with differences, 1 when it could not be finished, 2 for a date that is none."""
    with built_app(zoho.server, url=sqlite_url, home=tmp_path, clock=clock) as app:
        invoiced(app, clock, 3)
        mirror(app)
    for name, value in {**zoho.server.env, "BOOKBRIDGE_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE", "0")
    command = ["reconcile", "--database", sqlite_url]
    assert execute(command) == 0
    assert "no differences, 2 calls" in capsys.readouterr().out

    rows = zoho.books("GET", "/invoices").json()["invoices"]
    people(zoho, "renumber", id=rows[0]["invoice_id"], to="ACC-1")
    assert execute([*command, "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["kinds"], told["difference_count"]) == ({"mirror_details": 1, "number": 1}, 2)
    assert execute(command) == 3
    assert "Number differs (number): 1" in capsys.readouterr().out

    assert execute([*command, "--from", "yesterday"]) == 2
    zoho.control("faults", {"rules": [{"kind": "limit_45", "match": {"path": "^/invoices"}}]})
    assert execute(command) == 1
    assert "not finished" in capsys.readouterr().out
