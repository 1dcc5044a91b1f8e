"""People log in with a one-time link; their session ends when it should, and only their own pages act for them."""

import pytest

from bookbridge.kernel.clock import FixedClock
from bookbridge.store import sessions
from tests.support.web import BASE, Site

SAME = {"Origin": BASE}
PAGE = {"Accept": "text/html"}


def test_a_link_works_once(site: Site) -> None:
    """The second use of a link opens nothing."""
    token = site.link()
    first = site.client.post("/login", data={"token": token}, headers=SAME, follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    site.client.cookies.clear()
    second = site.client.post("/login", data={"token": token}, headers=SAME | PAGE)
    assert second.status_code == 403 and "no longer works" in second.text
    assert "set-cookie" not in second.headers


def test_opening_a_link_uses_nothing_up(site: Site) -> None:
    """A program that previews links does not log in and does not spoil the link."""
    token = site.link()
    page = site.client.get(f"/login?token={token}")
    assert page.status_code == 200 and "set-cookie" not in page.headers
    again = site.client.post("/login", data={"token": token}, headers=SAME, follow_redirects=False)
    assert again.status_code == 303


def test_a_link_expires_after_15_minutes(site: Site, clock: FixedClock) -> None:
    """An old link opens nothing."""
    token = site.link()
    clock.advance(15 * 60)
    assert site.client.post("/login", data={"token": token}, headers=SAME).status_code == 403


def test_the_cookie_is_not_readable_by_scripts(site: Site) -> None:
    """HttpOnly, SameSite=Lax; Secure only where there is TLS."""
    answer = site.client.post("/login", data={"token": site.link()}, headers=SAME, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (30, 303)])
def test_a_session_ends_after_30_idle_minutes(site: Site, clock: FixedClock, minutes: int, status: int) -> None:
    """Being away too long means logging in again."""
    site.log_in()
    clock.advance(minutes * 60)
    assert site.client.get("/", headers=PAGE, follow_redirects=False).status_code == status


def test_a_page_that_refreshes_itself_does_not_keep_a_session_open(site: Site, clock: FixedClock) -> None:
    """Half an hour after the person's last act it is over, however often the page asked by itself."""
    site.log_in()
    for _ in range(29):
        clock.advance(60)
        assert site.client.get("/?part=live", headers=PAGE | {"X-Live": "1"}, follow_redirects=False).status_code == 200
    clock.advance(60)
    assert site.client.get("/", headers=PAGE, follow_redirects=False).status_code == 303


def test_a_session_ends_after_12_hours_however_busy(site: Site, clock: FixedClock) -> None:
    """Activity does not prolong a session for ever."""
    site.log_in()
    for _ in range(12 * 60 // 20 - 1):
        clock.advance(20 * 60)
        assert site.client.get("/", headers=PAGE, follow_redirects=False).status_code == 200
    clock.advance(20 * 60)
    assert site.client.get("/", headers=PAGE, follow_redirects=False).status_code == 303


def test_a_stolen_cookie_is_worthless_after_log_out(site: Site) -> None:
    """Logging out ends the session on the server."""
    csrf = site.log_in()
    stolen = site.client.cookies["bookbridge"]
    site.client.post("/logout", data={"csrf": csrf}, headers=SAME)
    answer = site.client.get("/", headers=PAGE | {"Cookie": f"bookbridge={stolen}"}, follow_redirects=False)
    assert answer.status_code == 303


def test_only_a_hash_of_a_session_is_stored(site: Site) -> None:
    """A dump of the table opens no session."""
    site.log_in()
    cookie = site.client.cookies["bookbridge"]
    with site.app.services.db.read() as tx:
        assert cookie not in str(tx.exec_driver_sql("SELECT * FROM bb_sessions").all())
        assert sessions.find(tx, cookie, now=site.app.services.clock.now()) is not None


@pytest.mark.parametrize(
    ("headers", "has_token", "code"),
    [
        ({"Origin": "https://evil.example"}, True, "foreign_origin"),
        ({"Origin": "null"}, True, "foreign_origin"),
        ({}, True, "foreign_origin"),
        ({"Origin": BASE, "Sec-Fetch-Site": "cross-site"}, True, "foreign_origin"),
        ({"Sec-Fetch-Site": "same-site"}, True, "foreign_origin"),
        (SAME, False, "csrf"),
    ],
)
def test_another_site_cannot_act_with_the_session(
    site: Site, headers: dict[str, str], has_token: bool, code: str
) -> None:
    """Unsafe requests need our own origin and the session's token."""
    csrf = site.log_in()
    for path in ("/orders/x/retry", "/orders/x/discard", "/logout", "/api/orders/x/retry"):
        answer = site.client.post(path, data={"csrf": csrf} if has_token else {}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, code), path


def test_a_person_without_a_session_is_sent_to_the_log_in(site: Site) -> None:
    """Pages lead to the log-in page, the API does not."""
    page = site.client.get("/orders", headers=PAGE, follow_redirects=False)
    assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert site.client.get("/api/orders", headers=PAGE).status_code == 401


def test_pages_are_for_sessions_not_for_keys(site: Site) -> None:
    """A leaked API key does not open the pages."""
    assert site.client.get("/", headers=site.key() | PAGE, follow_redirects=False).status_code == 404
