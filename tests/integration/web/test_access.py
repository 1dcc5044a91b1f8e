"""Nobody gets in without a key, a signature or a session; what each may do is checked."""

from pathlib import Path

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient

from bookbridge.kernel.clock import FixedClock
from bookbridge.kernel.errors import ConfigurationError
from bookbridge.registry import SCOPES, requires
from bookbridge.store import keys
from bookbridge.web import app as web_app
from bookbridge.web.auth import PUBLIC_PATHS, PUBLIC_PREFIXES
from bookbridge.web.metrics import Metrics
from bookbridge.web.pages.chosen import session_of
from tests.support import web
from tests.support.web import Site

PAGES = {"", "status", "orders", "invoices", "invoices.csv", "customers", "reports", "reconcile", "sync"}
"""For people with a session; a program with a key gets 404 there."""
FIRST_KEY = "first-key-given-from-outside-0123456789"


def _routes(site: Site) -> list[tuple[str, str, APIRoute]]:
    made = web_app.routes(site.app, metrics=Metrics(site.app.services), https=False, is_development=False)
    return [
        (context.path or "", method, context.original_route)
        for context in iter_route_contexts(made.routes)
        if isinstance(context.original_route, APIRoute)
        for method in sorted(context.original_route.methods or ())
    ]


def _scopes(route: APIRoute) -> set[str]:
    pending, found = [route.dependant], set()
    while pending:
        dependant = pending.pop()
        pending += dependant.dependencies
        if isinstance(dependant.call, requires):
            found.add(dependant.call.scope)
    return found


def _is_for_people(route: APIRoute) -> bool:
    """Whether it needs a session, which no key is."""
    pending = [route.dependant]
    while pending:
        dependant = pending.pop()
        pending += dependant.dependencies
        if dependant.call is session_of:
            return True
    return False


def test_every_route_needs_a_scope_a_signature_a_person_or_is_meant_to_be_public(site: Site) -> None:
    """A route nobody gave a scope to is for people with a session, except the few that are listed as public."""
    public = PUBLIC_PATHS | {"/logout", "/hooks/{kind}/{endpoint}"}
    open_routes = {path for path, _method, route in _routes(site) if not _scopes(route) and not _is_for_people(route)}
    assert open_routes <= public
    assert all(path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIXES) or path == "/logout" for path in open_routes)


def test_every_route_refuses_strangers(site: Site) -> None:
    """Without key, signature or session every route answers 401, whatever the method."""
    for path, method, _route in _routes(site):
        if path in PUBLIC_PATHS:
            continue
        answer = site.client.request(method, path.replace("{", "x").replace("}", ""))
        assert answer.status_code in (401, 429), (method, path)
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_key_without_the_scope_is_refused_everywhere(site: Site) -> None:
    """Each scope opens its own routes and no others."""
    for path, method, route in _routes(site):
        needed = _scopes(route)
        if not needed or path.split("/")[1] in PAGES:
            continue
        other = next(scope for scope in SCOPES if scope not in needed)
        answer = site.client.request(method, path.replace("{", "x").replace("}", ""), headers=site.key(other))
        assert answer.status_code == 403, (method, path)
        assert answer.json()["code"] == "forbidden"


def test_what_is_for_people_does_not_exist_for_keys(site: Site) -> None:
    """A leaked key with every scope opens no page, changes no password and ends no session."""
    people = [(path, method) for path, method, route in _routes(site) if _is_for_people(route)]
    assert {("/account", "GET"), ("/account/password", "POST"), ("/login/again", "POST")} <= set(people)
    headers = site.key()
    for path, method in people:
        answer = site.client.request(method, path.replace("{", "x").replace("}", ""), headers=headers)
        assert answer.status_code == 404, (method, path)


def test_the_answer_is_the_same_whatever_is_wrong_with_the_key(site: Site, clock: FixedClock) -> None:
    """Unknown, malformed, revoked and expired keys cannot be told apart."""
    revoked, expired = site.key(), site.key(valid_days=1)
    with site.app.services.db.transaction() as tx:
        key_id = keys.id_of(revoked["Authorization"][7:])
        assert key_id is not None
        keys.revoke(tx, key_id, now=clock.now())
    clock.advance(86_401)
    unknown = {"Authorization": "Bearer " + keys.new_text(site.app.services.ids, environment="live")[1].reveal()}
    bodies = {
        site.client.get("/api/orders", headers=headers).content
        for headers in (revoked, expired, unknown, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}, {})
    }
    assert len(bodies) == 1


def test_a_revoked_key_stops_within_a_second(site: Site, clock: FixedClock) -> None:
    """Revoking in another process is seen after one second at most."""
    headers = site.key("orders:read")
    assert site.client.get("/api/orders", headers=headers).status_code == 200
    with site.app.services.db.transaction() as tx:
        keys.revoke(tx, keys.id_of(headers["Authorization"][7:]) or "", now=clock.now())
    clock.advance(1.0)
    assert site.client.get("/api/orders", headers=headers).status_code == 401


def test_a_key_in_the_address_is_refused(site: Site) -> None:
    """Addresses end up in logs, so a key there is refused even when it is good."""
    text = site.key()["Authorization"][7:]
    for query in (f"api_key={text}", f"x={text}", "access_token=abc"):
        answer = site.client.get(f"/api/orders?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "key_in_query")
        assert text not in answer.text


def test_many_failures_are_slowed_down_but_a_good_key_still_works(site: Site) -> None:
    """Guessing is limited by address; the failures of others never lock a key out."""
    headers = site.key("orders:read")
    answers = [site.client.get("/api/orders", headers={"Authorization": "Bearer x"}) for _ in range(25)]
    assert {each.status_code for each in answers} == {401, 429}
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert site.client.get("/api/orders", headers=headers).status_code == 200


def test_a_busy_key_is_told_when_to_come_back(site: Site, clock: FixedClock) -> None:
    """Each key has its own limit; past it the answer is 429 with Retry-After."""
    headers = site.key("orders:read")
    clock_stands_still = [site.client.get("/livez", headers=headers).status_code for _ in range(600)]
    assert set(clock_stands_still) == {200}
    refused = site.client.get("/api/orders", headers=headers)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    clock.advance(1.0)
    assert site.client.get("/api/orders", headers=headers).status_code == 200


def test_a_first_key_can_be_given_from_outside(sqlite_url: str, tmp_path: Path) -> None:
    """BOOKBRIDGE_API_KEY opens everything; one that could be guessed is refused at start."""
    made = web.build(sqlite_url, tmp_path / "home", api_key=FIRST_KEY)
    headers = {"Authorization": f"Bearer {FIRST_KEY}"}
    with made.client:
        assert made.client.get("/api/orders", headers=headers).status_code == 200
        assert made.client.get("/api/orders", headers={"Authorization": "Bearer " + "x" * 40}).status_code == 401
    made.app.close()
    with pytest.raises(ConfigurationError, match="too short"):
        web.build(sqlite_url, tmp_path / "home", api_key="short")


def test_docs_are_shown_in_development_only(site: Site, sqlite_url: str, tmp_path: Path) -> None:
    """Production has neither reference pages nor an OpenAPI document."""
    assert site.client.get("/docs").status_code == 200
    assert "customerEmail" in site.client.get("/openapi.json").text
    made = web.build(sqlite_url, tmp_path / "home")
    with TestClient(web_app.create(made.app), base_url=web.BASE) as client:
        assert client.get("/docs").status_code == 401
        assert client.get("/docs", headers=site.key()).status_code == 404
    made.app.close()


def test_an_organization_of_somebody_else_looks_unknown(site: Site) -> None:
    """A key bound to one organization cannot find out which others exist."""
    site.connect("10000001")
    site.connect("10000002", name="Other")
    mine = site.key("orders:read", organization_ids=["10000001"])
    foreign = site.client.get("/api/orders?organization_id=10000002", headers=mine)
    unknown = site.client.get("/api/orders?organization_id=999", headers=mine)
    assert foreign.status_code == unknown.status_code == 404
    drop = ("instance", "correlation_id")
    told = [{name: value for name, value in each.json().items() if name not in drop} for each in (foreign, unknown)]
    assert str(told[0]).replace("10000002", "999") == str(told[1])
