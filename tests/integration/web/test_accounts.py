"""Administrators log in with a name and a password; nobody else does, and nobody locks them out."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bookbridge.kernel.clock import FixedClock
from bookbridge.store import admins, passwords, sessions, tables
from bookbridge.store.db import Database
from bookbridge.web import app as web_app
from bookbridge.web import entrance, limits
from bookbridge.web.pages.login import local
from tests.support import web
from tests.support.web import BASE, PASSWORD, Site

PAGE = {"Accept": "text/html"}
OTHER = "a second sentence nobody knows"


def test_there_is_no_account_until_somebody_makes_one(site: Site) -> None:
    """A fresh installation opens to no name and no password (SEC-012)."""
    for name in ("admin", "administrator", "root", "bookbridge", ""):
        for password in ("admin", "password", "bookbridge", ""):
            assert site.enter(name, password).status_code in (403, 429)
    with site.app.services.db.read() as tx:
        assert admins.list_all(tx) == []


def test_a_name_and_a_password_open_a_session(site: Site) -> None:
    """Under a new id, whatever the browser came with; upper case in the name does not matter."""
    site.account()
    site.client.cookies.set("bookbridge", "planted-by-somebody")
    answer = site.enter(" Ann ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "planted" not in str(answer.headers.get_list("set-cookie"))
    assert site.client.get("/account", headers=PAGE).text.count("ann is logged in") == 1
    with site.app.services.db.read() as tx:
        assert admins.get(tx, "ann").last_login_at == site.app.services.clock.now()


def test_wrong_names_and_wrong_passwords_look_and_cost_the_same(
    site: Site, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One answer to the byte and one hash each: unknown name, wrong password, switched off, impossible name."""
    site.account()
    site.account("off")
    with site.app.services.db.transaction() as tx:
        admins.disable(tx, "off", now=clock.now())
    hashed: list[str] = []
    true = passwords.is_right

    def counted(password: passwords.Secret, stored: str, /) -> bool:
        hashed.append(stored.rpartition("$")[0].rpartition("$")[0])
        return true(password, stored)

    monkeypatch.setattr(passwords, "is_right", counted)
    bodies = set()
    for name, password in (
        ("ann", OTHER),
        ("bob", PASSWORD),
        ("off", PASSWORD),
        ("\x01 '\"", PASSWORD),
        ("ann", "x" * 200),
    ):
        answer = site.enter(name, password)
        shown = answer.text.replace(f'value="{name}"', 'value=""')
        bodies.add((answer.status_code, shown if name in ("ann", "bob", "off") else "", "set-cookie" in answer.headers))
        clock.advance(60)
    assert len({each for each in bodies if each[1]}) == 1
    assert len(hashed) == 5 and len(set(hashed)) == 1, "the same parameters each time"


def test_a_browser_that_was_here_before_is_never_locked_out_by_strangers(site: Site, clock: FixedClock) -> None:
    """Strangers exhaust the limits of an account and of its address; the known browser still gets in (SEC-017)."""
    site.account()
    assert site.enter().status_code == 303
    known = {name: value for name, value in site.client.cookies.items() if name.endswith("-device")}
    site.client.cookies.clear()
    codes = [site.enter("ann", OTHER).status_code for _ in range(15)]
    assert codes == [403] * 10 + [429] * 5
    right = site.enter()
    assert right.status_code == 429 and int(right.headers["retry-after"]) <= 61, "a new browser has to wait"
    assert "admin link" in right.text
    for name, value in known.items():
        site.client.cookies.set(name, value)
    assert site.enter().status_code == 303
    site.client.cookies.clear()
    clock.advance(61)
    assert site.enter().status_code == 303, "and waiting is enough"


def test_a_known_browser_cannot_guess_for_ever(site: Site) -> None:
    """Its own count is as small; a cookie for another account, of another password or made up counts for nothing."""
    site.account()
    site.account("bob")
    site.enter()
    device = site.client.cookies["bookbridge-device"]
    codes = [site.enter("ann", OTHER).status_code for _ in range(12)]
    assert codes == [403] * 10 + [429] * 2
    with site.app.services.db.read() as tx:
        ann, bob = admins.get(tx, "ann"), admins.get(tx, "bob")
    assert entrance.is_known_device(device, ann) and not entrance.is_known_device(device, bob)
    for forged in ("", ".", "x.y", device[:-1], device.replace(".", ".0"), "é.é"):
        assert not entrance.is_known_device(forged, ann)


def test_other_accounts_and_addresses_are_not_held_up(site: Site, sqlite_url: str, tmp_path: Path) -> None:
    """Failures count for the address they come from; a proxy of ours tells the addresses apart (SEC-114)."""
    behind = web.build(sqlite_url, tmp_path / "home", clock=site.app.services.clock, trusted_proxies="127.0.0.1/32")
    behind.account()
    client = web.TestClient(web_app.create(behind.app), base_url=BASE, client=("127.0.0.1", 1))
    made = Site(behind.app, client)
    for number in range(30):
        made.enter(f"guess{number}", OTHER, **{"X-Forwarded-For": "203.0.113.9"})
    held = made.enter("ann", PASSWORD, **{"X-Forwarded-For": "1.1.1.1, 203.0.113.9"})
    free = made.enter("ann", PASSWORD, **{"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
    assert (held.status_code, free.status_code) == (429, 303)
    with behind.app.services.db.read() as tx:
        assert sessions.list_open(tx, now=behind.app.services.clock.now())[0].address == "198.51.100.7"
    client.close()
    behind.app.close()


def test_an_address_that_has_to_wait_cannot_wipe_the_counts_of_names(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts are kept for so many names; trying more than that from one address forgets nobody's failures."""
    monkeypatch.setattr(limits, "MOST_KEYS", 50)
    site.account()
    door = entrance.Entrance(site.app.services)

    def knock(name: str, address: str) -> float:
        with pytest.raises(entrance.LoginRefusedError) as told:
            door.by_password(name, passwords.Secret(OTHER), entrance.Visitor(address=address))
        return told.value.wait_s

    for number in range(10):
        assert knock("ann", f"203.0.113.{number}") == 0
    for number in range(100):
        knock(f"n{number}", "198.51.100.1")
    assert knock("ann", "203.0.113.99") > 0


def test_a_flood_of_log_ins_is_sent_away_before_it_costs_anything(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """One password of strangers is checked at a time, four wait; the others are refused at once, and not counted."""
    site.account()
    begun, may_end, true = threading.Event(), threading.Event(), passwords.is_right

    def slow(password: passwords.Secret, stored: str, /) -> bool:
        begun.set()
        may_end.wait(30)
        return true(password, stored)

    door = entrance.Entrance(site.app.services)
    visitors = [entrance.Visitor(address=f"203.0.113.{number}") for number in range(7)]
    outcomes: list[float] = []

    def knock(visitor: entrance.Visitor, name: str) -> None:
        try:
            door.by_password(name, passwords.Secret(OTHER), visitor)
        except entrance.LoginRefusedError as error:
            outcomes.append(error.wait_s)

    monkeypatch.setattr(passwords, "is_right", slow)
    threads = [threading.Thread(target=knock, args=(each, f"n{each.address}")) for each in visitors[:5]]
    for thread in threads:
        thread.start()
    begun.wait(30)
    while door._lanes[False]._room._value:  # type: ignore[attr-defined]
        threading.Event().wait(0.01)
    knock(visitors[5], "n5")
    assert outcomes == [entrance.BUSY_S]
    may_end.set()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [0.0] * 5 + [entrance.BUSY_S]


def test_a_hash_of_old_parameters_is_renewed_at_log_in(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password stays, its hash gets the parameters of today."""
    site.account()
    monkeypatch.setattr(passwords, "COST", passwords.Cost(memory_kib=128, passes=1, lanes=1))
    assert site.enter().status_code == 303
    with site.app.services.db.read() as tx:
        assert "m=128" in admins.get(tx, "ann").password_hash
    assert site.enter().status_code == 303


@pytest.mark.parametrize("change", ["disable", "remove", "password"])
def test_an_account_that_changes_while_its_password_is_checked_opens_nothing(
    site: Site, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """What is checked and what is opened belong together, whatever another replica does between them."""
    site.account()
    true = passwords.is_right

    def overtaken(password: passwords.Secret, stored: str, /) -> bool:
        with site.app.services.db.transaction() as tx:
            if change == "disable":
                admins.disable(tx, "ann", now=clock.now())
            elif change == "remove":
                admins.remove(tx, "ann")
            else:
                admins.set_password(tx, "ann", password_hash=passwords.hashed(passwords.Secret(OTHER)), now=clock.now())
        return true(password, stored)

    monkeypatch.setattr(passwords, "is_right", overtaken)
    assert site.enter().status_code == 403
    with site.app.services.db.read() as tx:
        assert sessions.list_open(tx, now=clock.now()) == []


@contextmanager
def _replica(site: Site, url: str, home: Path) -> Iterator[Site]:
    """Another process of the same installation, with the same browser in front."""
    made = web.build(url, home, clock=site.app.services.clock)
    made.client.cookies.update(site.client.cookies)
    with made.client:
        yield made
    made.app.close()


@pytest.mark.parametrize("change", ["end one", "end all", "disable", "remove", "password", "logout"])
def test_a_session_that_was_ended_is_over_on_every_replica_at_once(
    site: Site, sqlite_url: str, tmp_path: Path, clock: FixedClock, change: str
) -> None:
    """No cache keeps it alive (SEC-013)."""
    site.account()
    site.enter()
    with _replica(site, sqlite_url, tmp_path / "home") as other:
        assert other.client.get("/account", headers=PAGE, follow_redirects=False).status_code == 200
        with site.app.services.db.transaction() as tx:
            if change == "end one":
                mine = sessions.list_open(tx, now=clock.now())[0].id_hash
                assert not sessions.end_one(tx, mine, admin="bob") and sessions.end_one(tx, mine, admin="ann")
            elif change == "end all":
                assert sessions.end_all(tx) == 1
            elif change == "disable":
                tx.execute(sa.update(tables.admins).values(disabled_at=clock.now()))  # the session row is still there
            elif change == "remove":
                assert admins.remove(tx, "ann") == 1
        if change == "password":
            site.send("/account/password", old=PASSWORD, new=OTHER, again=OTHER)
        elif change == "logout":
            site.send("/logout")
        assert other.client.get("/account", headers=PAGE, follow_redirects=False).status_code == 303


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(site: Site) -> None:
    """The browser that changes it goes on under a new id; the old password is worthless."""
    site.account()
    site.enter()
    elsewhere = site.client.cookies["bookbridge"]
    site.client.cookies.clear()
    site.enter()
    before = site.client.cookies["bookbridge"]
    for old, new, again in ((OTHER, OTHER, OTHER), (PASSWORD, OTHER, "x"), (PASSWORD, "short", "short")):
        assert site.send("/account/password", old=old, new=new, again=again).status_code == 403
    assert site.send("/account/password", old=PASSWORD, new=OTHER, again=OTHER).status_code == 303
    assert site.client.cookies["bookbridge"] != before
    assert site.client.get("/account", headers=PAGE).status_code == 200
    for gone in (elsewhere, before):
        headers = PAGE | {"Cookie": f"bookbridge={gone}"}
        site.client.cookies.clear()
        assert site.client.get("/account", headers=headers, follow_redirects=False).status_code == 303
    assert (site.enter().status_code, site.enter("ann", OTHER).status_code) == (403, 303)


def test_ones_own_sessions_end_by_a_button_and_nobody_elses(site: Site, clock: FixedClock) -> None:
    """The page lists the account's sessions; another account's cannot be ended by its hash."""
    site.account()
    site.account("bob")
    site.enter("bob")
    with site.app.services.db.read() as tx:
        theirs = sessions.list_open(tx, now=clock.now(), admin="bob")[0].id_hash
    site.client.cookies.clear()
    site.enter()
    site.client.cookies.clear()
    site.enter()
    page = site.client.get("/account", headers=PAGE).text
    assert page.count(">End</button>") == 1 and page.count("this one</span>") == 1 and theirs not in page
    assert site.send("/account/sessions/end", session=theirs).headers["location"].endswith("gone")
    with site.app.services.db.read() as tx:
        assert len(sessions.list_open(tx, now=clock.now())) == 3
    assert site.send("/account/sessions/end-all").headers["location"] == "/login"
    with site.app.services.db.read() as tx:
        assert [each.admin for each in sessions.list_open(tx, now=clock.now())] == ["bob"]


def test_a_link_can_make_the_first_account(site: Site) -> None:
    """Whoever comes by a link may make an account; whoever has one may not make others here."""
    site.log_in()
    assert "Make an account" in site.client.get("/account", headers=PAGE).text
    assert site.send("/account/new", name="ann", new="password2026!", again="password2026!").status_code == 400
    assert site.send("/account/new", name="no such name", new=PASSWORD, again=PASSWORD).status_code == 400
    assert site.send("/account/new", name="Ann", new=PASSWORD, again=PASSWORD).status_code == 303
    assert "already" in site.send("/account/new", name="ann", new=OTHER, again=OTHER).text
    site.client.cookies.clear()
    assert site.enter().status_code == 303
    assert site.send("/account/new", name="eve", new=OTHER, again=OTHER).status_code == 400
    with site.app.services.db.read() as tx:
        assert [each.name for each in admins.list_all(tx)] == ["ann"]


def test_an_old_log_in_is_asked_for_its_password_and_goes_on(site: Site, clock: FixedClock) -> None:
    """Connecting after ten minutes leads to the question, the right answer leads on under a new id (SEC-018)."""
    site.account()
    site.enter()
    before = site.client.cookies["bookbridge"]
    clock.advance(601)
    away = site.client.get("/oauth/connect?organization_id=1", headers=PAGE, follow_redirects=False)
    assert away.headers["location"] == "/login/again?next=%2Foauth%2Fconnect%3Forganization_id%3D1"
    assert 'value="/oauth/connect?organization_id=1"' in site.client.get(away.headers["location"], headers=PAGE).text
    assert site.send("/login/again", next="/account", password=OTHER).status_code == 403
    on = site.send("/login/again", next="/oauth/connect?organization_id=1", password=PASSWORD)
    assert on.headers["refresh"] == "0;url=/oauth/connect?organization_id=1" and "Go on" in on.text
    assert site.client.cookies["bookbridge"] != before
    assert site.client.get("/oauth/connect", headers=PAGE, follow_redirects=False).status_code != 403
    assert site.client.get("/login/again?next=/account", follow_redirects=False).headers["location"] == "/account"
    clock.advance(29 * 60)
    assert site.client.get("/account", headers=PAGE, follow_redirects=False).status_code == 200


def test_a_file_of_customers_is_given_to_a_proven_person(site: Site, clock: FixedClock) -> None:
    """Taking the list of invoices away as a file asks for the password after ten minutes, then gives it (SEC-018)."""
    site.connect("10000001")
    site.account()
    site.enter()
    assert site.client.get("/invoices.csv", headers=PAGE).headers["content-type"].startswith("text/csv")
    clock.advance(601)
    away = site.client.get("/invoices.csv?state=open", headers=PAGE, follow_redirects=False)
    assert away.headers["location"] == "/login/again?next=%2Finvoices.csv%3Fstate%3Dopen"
    on = site.send("/login/again", next="/invoices.csv?state=open", password=PASSWORD)
    assert on.headers["refresh"] == "0;url=/invoices.csv?state=open"


def test_a_session_of_a_link_proves_itself_with_another_link(site: Site, clock: FixedClock) -> None:
    """There is no password to ask for; the address that the console prints can be pasted as it is."""
    site.log_in()
    clock.advance(601)
    assert (
        site.send("/account/new", name="ann", new=PASSWORD, again=PASSWORD).headers["location"].startswith("/login/ag")
    )
    for wrong in ("", "x" * 43, f"{BASE}/login?token="):
        assert site.send("/login/again", next="/account", link=wrong).status_code == 403
    answer = site.send("/login/again", next="/account", link=f" {BASE}/login?token={site.link()} ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert (
        site.send("/account/new", name="ann", new=PASSWORD, again=PASSWORD).headers["location"] == "/account?note=made"
    )


def test_confirming_does_not_prolong_a_session_for_ever(site: Site, clock: FixedClock) -> None:
    """Twelve hours after the log-in it is over, however often its person proved who they are."""
    site.account()
    site.enter()
    for _ in range(12 * 60 // 20 - 1):
        clock.advance(20 * 60)
        assert site.send("/login/again", password=PASSWORD).status_code == 303
    clock.advance(20 * 60)
    assert site.client.get("/account", headers=PAGE, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "path",
    [
        *("//evil.example", "/\\evil.example", "https://evil.example", "", "evil"),
        *("/a b", "/a\r\nX: y", '/"><script>', "/é", "/" + "x" * 600),
    ],
)
def test_going_on_leads_to_our_own_pages_only(path: str) -> None:
    """An address that could lead elsewhere becomes the dashboard's."""
    assert local(path) == "/"
    assert local("/oauth/connect?organization_id=1") == "/oauth/connect?organization_id=1"


def test_failures_of_a_stolen_session_are_limited(site: Site, clock: FixedClock) -> None:
    """Whoever has the cookie but not the password cannot try passwords for ever."""
    site.account()
    site.enter()
    clock.advance(601)
    codes = [site.send("/login/again", password=OTHER).status_code for _ in range(12)]
    assert codes == [403] * 10 + [429] * 2


@pytest.mark.postgres
def test_no_form_brings_a_nul_to_the_database(postgres_url: str, tmp_path: Path, clock: FixedClock) -> None:
    """PostgreSQL would refuse it in the middle of a statement; the sender is told instead."""
    made = web.build(postgres_url, tmp_path / "home", clock=clock)
    with made.client:
        made.log_in()
        for path in ("/account/sessions/end", "/account/password", "/account/new", "/login/again", "/login"):
            answer = made.send(path, **{name: "a\x00" for name in ("session", "old", "new", "again", "name", "token")})
            assert answer.status_code == 400, path
    made.app.close()


def test_what_opened_a_door_is_shown_and_kept(site: Site) -> None:
    """Log-ins with their address and the failures before them, accounts, keys: for everybody to see (SEC-019)."""
    site.account()
    site.enter("ann", OTHER)
    site.enter("ann", OTHER)
    site.enter()
    site.send("/account/password", old=PASSWORD, new=OTHER, again=OTHER)
    page = site.client.get("/account", headers=PAGE).text
    assert "after 2 failed attempts" in page and "from testclient" in page and "Password changed" in page
    with site.app.services.db.read() as tx:
        rows = tx.execute(sa.select(tables.audit)).all()
    assert [row.action for row in rows] == ["login", "admin.password"] and {row.actor for row in rows} == {"admin:ann"}
    assert PASSWORD not in str(rows) and OTHER not in str(rows)


def test_the_log_has_no_password_and_no_name_of_nobody(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """People type their password where the name belongs; a log line about nobody's account does not repeat it."""
    caplog.set_level(logging.INFO, logger="bookbridge")
    site.account()
    site.enter(PASSWORD, "ann")
    site.enter("ann", OTHER)
    site.enter()
    site.send("/account/password", old=PASSWORD, new=OTHER, again=OTHER)
    site.send("/login/again", password=PASSWORD)
    assert caplog.text.count("login_refused") == 3 and '"login"' in caplog.text
    assert PASSWORD not in caplog.text and OTHER not in caplog.text


def test_accounts_work_on_both_databases(database: Database) -> None:
    """Names are unique, hashes are replaced only as they were read, ending counts what it ended."""
    now = database._clock.now()
    with database.transaction() as tx:
        admins.create(database, tx, "ann", password_hash="h1", now=now)
    with pytest.raises(admins.ConflictError), database.transaction() as tx:
        admins.create(database, tx, "ann", password_hash="h2", now=now)
    with database.transaction() as tx:
        ann = admins.get(tx, "ann")
        assert ann.password_hash == "h1"
        secret, opened = sessions.open_session(tx, now=now, admin="ann")
        sessions.open_session(tx, now=now)
        assert admins.note_login(tx, ann, password_hash="h3", now=now)
        assert not admins.note_login(tx, ann, password_hash="h4", now=now)
        renewed = sessions.renew(tx, opened, now=now + timedelta(seconds=1))
        assert renewed is not None and sessions.renew(tx, opened, now=now) is None
        assert sessions.find(tx, secret.reveal(), now=now) is None
        found = sessions.find(tx, renewed[0].reveal(), now=now)
        assert found is not None and found.admin == "ann" and found.csrf != opened.csrf
        assert len(sessions.list_open(tx, now=now)) == 2 and len(sessions.list_open(tx, now=now, admin="ann")) == 1
        assert sessions.end_all(tx, admin="ann", but=found.id_hash) == 0 and sessions.end_all(tx) == 2
        assert admins.disable(tx, "ann", now=now) == 0
        with pytest.raises(admins.NotFoundError):
            admins.remove(tx, "bob")
