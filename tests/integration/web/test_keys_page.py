"""API keys made and ended on a page: shown once, limited as ticked, only after a recent proof of who one is."""

import re

import pytest
import sqlalchemy as sa

from bookbridge.kernel.clock import FixedClock
from bookbridge.store import keys, tables
from tests.support.web import PASSWORD, Site

PAGE = {"Accept": "text/html"}
NEW = {"name": "shop", "scope:orders:read": "on", "organization:10000001": "on", "days": "30"}


def test_a_key_is_made_shown_once_and_revoked(site: Site) -> None:
    """It can do what was ticked and nothing else; the list shows it without its text."""
    site.connect("10000001")
    site.connect("10000002", name="Other")
    site.account()
    site.enter()
    assert "10000002" in site.client.get("/account/keys/new", headers=PAGE).text
    made = site.send("/account/keys/new", **NEW)
    found = keys.PATTERN.search(made.text)
    assert made.status_code == 200 and found is not None and made.headers["cache-control"] == "no-store"
    headers = {"Authorization": f"Bearer {found.group()}"}
    site_cookies = dict(site.client.cookies)
    site.client.cookies.clear()
    assert site.client.get("/api/orders", headers=headers).status_code == 200
    assert site.client.get("/api/orders?organization_id=10000002", headers=headers).status_code == 404
    assert site.client.get("/metrics", headers=headers).status_code == 403
    site.client.cookies.update(site_cookies)
    listed = site.client.get("/account/keys", headers=PAGE).text
    assert "shop" in listed and found.group() not in listed and "in 10000001" in listed
    assert site.send("/account/keys/revoke", key=found.group(1)).headers["location"].endswith("revoked")
    assert site.send("/account/keys/revoke", key=found.group(1)).headers["location"].endswith("gone")
    with site.app.services.db.read() as tx:
        rows = tx.execute(sa.select(tables.audit).where(tables.audit.c.action.like("key.%"))).all()
    assert [(row.action, row.actor) for row in rows] == [("key.created", "admin:ann"), ("key.revoked", "admin:ann")]
    assert found.group() not in str(rows)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"name": " "}, "no name"),
        ({"name": "x" * 101}, "no name"),
        ({"scope:orders:read": None}, "could do nothing"),
        ({"scope:orders:read": None, "scope:bogus": "on"}, "could do nothing"),
        ({"organization:999": "on"}, "no longer connected"),
        ({"days": "0"}, "number of days"),
        ({"days": "99999"}, "number of days"),
        ({"days": "x"}, "number of days"),
    ],
)
def test_a_key_that_cannot_be_is_refused(site: Site, changes: dict[str, str | None], word: str) -> None:
    """The form comes back with what was filled in and says what is missing."""
    site.connect("10000001")
    site.log_in()
    form = {name: value for name, value in {**NEW, **changes}.items() if value is not None}
    answer = site.send("/account/keys/new", **form)
    assert (
        answer.status_code == 400
        and word in answer.text
        and re.search(r'name="organization:10000001" checked', answer.text)
    )
    with site.app.services.db.read() as tx:
        assert keys.list_all(tx) == []


def test_an_old_log_in_makes_no_key(site: Site, clock: FixedClock) -> None:
    """The question for the password comes before the form, and leads to it (SEC-018); revoking needs no proof."""
    site.account()
    site.enter()
    clock.advance(601)
    for answer in (
        site.client.get("/account/keys/new", headers=PAGE, follow_redirects=False),
        site.send("/account/keys/new", **NEW),
    ):
        assert answer.headers["location"] == "/login/again?next=%2Faccount%2Fkeys%2Fnew"
    assert site.send("/account/keys/revoke", key="x").headers["location"].endswith("gone")
    on = site.send("/login/again", next="/account/keys/new", password=PASSWORD)
    assert site.client.get(on.headers["location"], headers=PAGE).status_code == 200
