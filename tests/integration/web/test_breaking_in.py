"""What somebody tries who wants to get in, or to reach further than their key or session does."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount

from bookbridge.cli.main import execute
from bookbridge.inbox.sources import standard
from bookbridge.kernel.clock import FixedClock
from bookbridge.registry import requires
from bookbridge.store import endpoints, tables
from bookbridge.web import app as web_app
from bookbridge.web.auth import DEVELOPMENT_PATHS, PUBLIC_PATHS
from bookbridge.web.metrics import Metrics
from bookbridge.web.pages.chosen import session_of
from tests.integration.web.test_hooks import RAW, Sender
from tests.support.web import BASE, Site

HOOK = "/hooks/{kind}/{endpoint}"
NAMES_NONE = {"/api/organizations", "/api/connection", "/api/reports"}
"""Reading them lists what the key may see, or what there is for everybody."""


def _routes(site: Site) -> Iterator[tuple[str, Any]]:
    made = web_app.routes(site.app, metrics=Metrics(site.app.services), https=False, is_development=True)
    for context in iter_route_contexts(made.routes):
        yield context.path or "", context.original_route


def _calls(route: APIRoute) -> list[Any]:
    pending, found = [route.dependant], []
    while pending:
        dependant = pending.pop()
        pending += dependant.dependencies
        found.append(dependant.call)
    return found


def test_every_route_is_of_a_kind_we_know_how_to_guard(site: Site) -> None:
    """Development included: a route has a scope, or is the hook, the static files or on the list of public paths."""
    seen = set()
    for path, route in _routes(site):
        seen.add(path)
        if isinstance(route, Mount):
            assert path == "/static", path
            continue
        assert isinstance(route, APIRoute), f"{path}: only routes whose scope can be seen are allowed"
        calls = _calls(route)
        has_scope = any(isinstance(each, requires) for each in calls) or session_of in calls
        is_public = path in PUBLIC_PATHS | DEVELOPMENT_PATHS | {HOOK, "/logout"}
        assert has_scope != is_public, path
        if has_scope and not path.startswith(("/api/", "/oauth/")) and path != "/metrics":
            assert session_of in calls, f"{path} is a page: a key must not open it"
    expected = {"/api/invoices", "/api/contacts", "/api/expenses", "/api/connection", "/oauth/connect", "/metrics", "/"}
    assert expected | {HOOK, "/docs", "/orders", "/static"} <= seen, "the features' routes are among them"


def test_every_unsafe_route_needs_our_page_for_a_session(site: Site) -> None:
    """A session cookie alone does nothing: every route that changes something wants the token and our own origin."""
    csrf = site.log_in()
    foreign = {"Origin": "https://evil.example", "X-CSRF-Token": csrf}
    disguised = {"Sec-Fetch-Site": "same-site", "Origin": BASE, "X-CSRF-Token": csrf}
    bare = {"Origin": BASE}
    for path, route in _routes(site):
        methods = getattr(route, "methods", None) or set()
        for method in sorted(methods - {"GET", "HEAD", "OPTIONS"}):
            if path in (HOOK, "/login"):
                continue
            where = path.replace("{", "x").replace("}", "")
            for headers in (foreign, disguised, bare, bare | {"X-CSRF-Token": csrf[:-1]}, {"X-CSRF-Token": csrf}):
                answer = site.client.request(method, where, headers=headers, follow_redirects=False)
                assert (answer.status_code, answer.json()["status"]) == (403, 403), (method, path, headers)


def test_another_site_cannot_begin_a_connection(site: Site) -> None:
    """A link on another site does not send the administrator's browser to Zoho's consent page."""
    site.log_in()
    for place in ("cross-site", "same-site"):
        answer = site.client.get("/oauth/connect", headers={"Sec-Fetch-Site": place}, follow_redirects=False)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


def test_an_old_log_in_cannot_connect_or_disconnect(site: Site, clock: FixedClock) -> None:
    """After ten minutes a person logs in again for what is hard to undo; the rest goes on (SEC-018)."""
    headers = {"Origin": BASE, "X-CSRF-Token": site.log_in()}
    clock.advance(601)
    assert site.client.get("/orders", headers={"Accept": "text/html"}).status_code == 200
    for answer in (
        site.client.get("/oauth/connect", follow_redirects=False),
        site.client.post("/oauth/choose", headers=headers),
        site.client.delete("/api/connection", headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "login_again")
        assert "/login/again" in answer.json()["detail"]


def test_a_session_id_given_from_outside_is_never_taken_over(site: Site) -> None:
    """Logging in makes a new id, whatever cookie the browser came with, and ends the session it had."""
    first = site.log_in()
    planted = site.client.cookies["bookbridge"]
    second = site.log_in()
    assert site.client.cookies["bookbridge"] != planted and first != second
    assert site.client.get("/orders", headers={"Cookie": f"bookbridge={planted}"}).status_code == 401
    site.client.cookies.clear()
    planted = "a-value-of-the-attackers-choice"
    headers = {"Origin": BASE, "Cookie": f"bookbridge={planted}"}
    opened = site.client.post("/login", data={"token": site.link()}, headers=headers, follow_redirects=False)
    assert opened.status_code == 303 and planted not in opened.headers["set-cookie"]
    site.client.cookies.clear()
    assert site.client.get("/orders", headers={"Cookie": f"bookbridge={planted}"}).status_code == 401


def test_guessing_a_link_writes_nothing(site: Site) -> None:
    """Whoever tries tokens never takes the database's write lock."""
    statements: list[str] = []
    sa.event.listen(
        site.app.services.db.engine, "before_cursor_execute", lambda *found: statements.append(str(found[2]))
    )
    assert site.client.post("/login", data={"token": "x" * 43}, headers={"Origin": BASE}).status_code == 403
    site.client.get("/readyz")
    statements.clear()
    assert site.client.get("/readyz").json() == {"status": "up"}
    assert statements == [], "probes of strangers are answered from memory for a second"


def _told(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in ("instance", "correlation_id")}


def test_what_belongs_to_another_organization_does_not_exist(site: Site) -> None:
    """Orders and effects of others look exactly like ids that were never given out (SEC-055)."""
    site.connect("10000001")
    site.connect("10000002", name="Other")
    theirs = Sender(site, "10000002").send().json()["order"]["id"]
    with site.app.services.db.read() as tx:
        effect_id = tx.execute(sa.select(tables.effects.c.id).limit(1)).scalar_one()
    mine = site.key(organization_ids=["10000001"])
    for method, path in (
        ("GET", "/api/orders/{}"),
        ("POST", "/api/orders/{}/retry"),
        ("POST", "/api/orders/{}/discard"),
        ("GET", "/api/expenses/{}"),
    ):
        known = effect_id if "expenses" in path else theirs
        foreign = site.client.request(method, path.format(known), headers=mine)
        unknown = site.client.request(method, path.format(known[:4] + "a" * 24), headers=mine)
        assert foreign.status_code == unknown.status_code == 404
        assert _told(foreign) == _told(unknown)
    assert site.client.get("/api/orders", headers=mine).json()["orders"] == []
    assert site.client.get("/api/orders", headers=site.key()).json()["orders"][0]["state"] == "received"


@pytest.mark.parametrize("wanted", ["10000002", "999"])
def test_a_body_cannot_reach_beyond_the_key(site: Site, wanted: str) -> None:
    """Naming another organization in body or query is answered as if it were not there."""
    site.connect("10000001")
    site.connect("10000002", name="Other")
    mine = site.key(organization_ids=["10000001"])
    order = {"order_id": "1", "customerEmail": "a@b.example", "items": [{"name": "Tea", "price": 1}]}
    expense = {"amount": 1, "currency": "USD", "category": "Tea", "date": "2026-01-31", "description": "x"}
    invoice = {"customer_id": "1", "line_items": [{"name": "Tea", "rate": 1}]}
    for path, body in (
        ("/api/invoices/from-order", order),
        ("/api/expenses", expense),
        ("/api/invoices", invoice),
        ("/api/contacts/find-or-create", {"email": "a@b.example"}),
    ):
        answer = site.client.post(path, json=body | {"organization_id": wanted}, headers=mine)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    for path in ("/api/invoices", "/api/contacts", "/api/accounts", "/api/orders", "/api/invoices/1/pdf"):
        assert site.client.get(f"{path}?organization_id={wanted}", headers=mine).status_code == 404, path


def test_every_route_that_takes_an_organization_hides_those_of_others(site: Site) -> None:
    """Generated from the routes: whatever reads or starts something looks to a bound key as if the other was not there.

    A route that comes later is among them by itself (SEC-055).
    """
    site.connect("10000001")
    site.connect("10000002", name="Other")
    mine, tried = site.key(organization_ids=["10000001"]), set()
    for path, route in _routes(site):
        if not isinstance(route, APIRoute) or not path.startswith("/api/"):
            continue
        for method in sorted(route.methods & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            if method == "GET" and path in NAMES_NONE:
                continue
            where = path.replace("{name}", "summary").replace("{", "x").replace("}", "")
            told = []
            for wanted in ("10000002", "10000003"):
                address = f"{where}?from=2026-01-01&to=2026-01-31&organization_id={wanted}"
                body = {"organization_id": wanted} if method != "GET" else None
                answer = site.client.request(method, address, json=body, headers=mine)
                told.append((answer.status_code, str(_told(answer)).replace("10000003", "10000002")))
            assert told[0] == told[1] and told[0][0] in (400, 404), (method, path, told)
            tried.add(path if told[0][0] == 404 else "")
    assert len(tried) > 10, tried


def test_a_bound_key_sees_and_connects_its_own_organizations_only(site: Site) -> None:
    """It reads no metrics of the whole installation and begins no connection of another organization."""
    site.connect("10000001")
    site.connect("10000002", name="Other")
    mine = site.key(organization_ids=["10000001"])
    assert site.client.get("/metrics", headers=mine).status_code == 403
    assert [
        row["name"] for row in site.client.get("/api/organizations?visible=true", headers=mine).json()["organizations"]
    ]
    assert "Other" not in site.client.get("/api/organizations?visible=true", headers=mine).text
    for wanted in ("", "10000002"):
        answer = site.client.get(f"/oauth/connect?organization_id={wanted}", headers=mine, follow_redirects=False)
        assert answer.status_code == 404
    chosen = site.client.post("/oauth/choose", data={"ticket": "x", "organization_id": "10000002"}, headers=mine)
    assert chosen.status_code == 404


def test_a_secret_opens_its_own_endpoint_only(site: Site) -> None:
    """A signature of one organization's secret is refused at another's endpoint."""
    site.connect("10000001")
    site.connect("10000002", name="Other")
    mine, theirs = Sender(site, "10000001"), Sender(site, "10000002")
    assert theirs.send(secret=mine.secret).status_code == 401
    now = site.app.services.clock.now()
    headers = standard.sign(RAW, secret=mine.secret, event_id="msg_1", at=now)
    moved = site.client.post(f"/hooks/orders/{theirs.endpoint.endpoint}", content=RAW, headers=headers)
    assert moved.status_code == 401
    with site.app.services.db.transaction() as tx:  # even ciphertexts that change places open nothing
        stolen = endpoints.find(tx, kind="orders", endpoint=mine.endpoint.endpoint)
        assert stolen is not None
        row = sa.update(tables.sources).where(tables.sources.c.endpoint == theirs.endpoint.endpoint)
        tx.execute(row.values(secret=stolen.sealed_secret))
    assert theirs.send(secret=mine.secret).status_code in (401, 503)
    assert site.client.get("/api/orders", headers=site.key()).json()["orders"] == []


def test_names_of_customers_are_text_everywhere(site: Site) -> None:
    """Markup in names, notes and ids is shown, never run; no page allows inline script or style (SEC-016)."""
    site.connect("10000001", name="<img src=x onerror=alert(1)>")
    site.log_in()
    nasty = (
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{7*7}}",
        "`<b>x</b>`",
        "javascript:alert(1)",
    )
    key, ids = site.key(), []
    for number, text in enumerate(nasty):
        body = {
            "order_id": f"{number}{text}"[:60], "customerEmail": "a@b.example", "customerName": text, "notes": text,
            "items": [{"name": text, "price": 1, "description": text}],
        }  # fmt: skip
        ids.append(site.client.post("/api/invoices/from-order?wait=0", json=body, headers=key).json()["order"]["id"])
    for path in ("/", "/status", "/orders", f"/orders?search={nasty[1]}", *(f"/orders/{each}" for each in ids)):
        page = site.client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 200
        for markup in ("<script>alert", "<img src=x", "<b>x</b>", 'href="javascript', ">49<"):
            assert markup not in page.text, (path, markup)
        assert "unsafe" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/api/orders/", "//evil.example/", "/orders//evil.example/retry", "/login/"])
def test_nothing_redirects_to_where_the_address_says(site: Site, path: str) -> None:
    """No redirect is built from the request: neither an added slash nor a host in the path."""
    answer = site.client.get(path, headers=site.key(), follow_redirects=False)
    assert answer.status_code == 404 and "location" not in answer.headers


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "X-Original-URL"])
def test_forwarded_headers_are_not_believed(site: Site, name: str) -> None:
    """A new address in a header neither resets the limit of failures nor opens another host's pages (SEC-114)."""
    last = 0
    for number in range(25):
        headers = {name: f"10.0.0.{number}", "Authorization": "Bearer x"}
        last = site.client.get("/api/orders", headers=headers).status_code
    assert last == 429
    assert site.client.get("/livez", headers={"Host": "evil.example", name: "127.0.0.1:3000"}).status_code == 200
    assert site.client.get("/login", headers={"Host": "evil.example", name: "127.0.0.1:3000"}).status_code == 421


def test_a_websocket_is_closed_at_the_door(site: Site) -> None:
    """There are none; one that a route offered by mistake would pass no check, so none is let in."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/api/orders", "headers": [], "query_string": b"", "state": {}}
    asyncio.run(site.client.app(scope, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_the_audit_log_tells_who_did_what(
    site: Site, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keys, endpoints, links, logins, refusals and people's decisions each leave a row without any secret (SEC-097)."""
    monkeypatch.setenv("BOOKBRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BOOKBRIDGE_DATABASE_URL", sqlite_url)
    site.connect("10000001")
    execute(["keys", "create", "shop", "--json"])
    key_id = capsys.readouterr().out.split('"id":"')[1][:12]
    execute(["keys", "revoke", key_id])
    execute(["sources", "add", "orders", "--org", "10000001"])
    execute(["admin", "link"])
    csrf = site.log_in()
    site.client.post("/orders/x/retry", headers={"Origin": BASE, "X-CSRF-Token": "wrong"})
    site.client.post("/orders/x/retry", headers={"Origin": "https://evil.example"})
    site.client.get("/metrics", headers=site.key("orders:read"))
    order = Sender(site).send().json()["order"]
    site.client.post(f"{order['url']}/discard", headers=site.key("orders:write"))
    site.client.post("/logout", headers={"Origin": BASE, "X-CSRF-Token": csrf})
    with site.app.services.db.read() as tx:
        rows = tx.execute(sa.select(tables.audit)).all()
    actions = [row.action for row in rows]
    for wanted in (
        "key.created", "key.revoked", "source.added", "link.made", "login", "logout", "denied:csrf",
        "denied:foreign_origin", "denied:forbidden", "order.discarded",
    ):  # fmt: skip
        assert wanted in actions
    assert all(row.actor and row.subject_id and row.at for row in rows)
    told = " ".join(str(tuple(row)) for row in rows)
    assert "whsec_" not in told and "bb_live_" not in told and csrf not in told


def test_refusals_cannot_fill_the_audit_log(site: Site) -> None:
    """A key that is refused a thousand times leaves a few rows; strangers leave none."""
    headers = site.key("orders:read")
    for _ in range(100):
        site.client.get("/metrics", headers=headers)
        site.client.get("/api/orders", headers={"Authorization": "Bearer x"})
    with site.app.services.db.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(tables.audit)).scalar_one() <= 10
