"""Whatever breaks on the way in, nobody gets through (SEC-099)."""

from typing import Any

import pytest

from bookbridge.store import keys, passwords, sessions
from bookbridge.web import auth, edge, entrance
from tests.support.web import BASE, PASSWORD, Site

PLACES: tuple[tuple[Any, str], ...] = (
    (edge, "header"),
    (edge, "host_name"),
    (edge, "_refused_at_sight"),
    (auth, "has_key_in_query"),
    (auth, "address"),
    (auth, "is_same_origin"),
    (auth, "_csrf_token"),
    (auth.Authenticator, "by_key"),
    (auth.Authenticator, "by_session"),
    (auth.RateLimiter, "take"),
    (keys, "find"),
    (sessions, "find"),
    (sessions, "is_fresh"),
    (passwords, "is_right"),
    (entrance, "is_known_device"),
    (entrance.Entrance, "_note"),
)
"""Every step between a request and what it asks for."""


class _BrokenError(Exception):
    """Nobody foresees it."""


@pytest.mark.parametrize(("owner", "name"), PLACES, ids=[name for _owner, name in PLACES])
def test_a_broken_step_lets_nobody_through(site: Site, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """Strangers get no more than with everything whole, and what needs the step fails; it never counts as passed."""
    site.connect("10000001")
    site.account()
    known = site.key("orders:read")

    def broken(*_args: Any, **_kwargs: Any) -> Any:
        raise _BrokenError

    monkeypatch.setattr(owner, name, broken)
    stranger = {"Authorization": "Bearer bb_live_nobody"}
    for headers in ({}, stranger, {"Cookie": "bookbridge=nobody"}, known | {"Origin": BASE}):
        for method, path in (("POST", "/api/invoices/from-order"), ("DELETE", "/api/connection"), ("POST", "/logout")):
            answer = site.client.request(method, path, headers=headers, json={}, follow_redirects=False)
            assert answer.status_code >= 400 or answer.headers.get("location") == "/login", (method, path, headers)
        page = site.client.get("/account", headers={**headers, "Accept": "text/html"}, follow_redirects=False)
        assert page.status_code >= 400 or page.headers["location"] == "/login"
        assert "_BrokenError" not in page.text and "Traceback" not in page.text
    for right in (False, True):
        entered = site.enter("ann", PASSWORD if right else PASSWORD[1:])
        assert right or entered.status_code >= 400
        assert entered.status_code == 303 or "bookbridge" not in site.client.cookies
