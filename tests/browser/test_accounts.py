"""Logging in with an account in a real browser: by keyboard, in the dark, on a phone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from bookbridge.store import passwords, tables
from tests.browser.conftest import SCREENS, Visit
from tests.browser.test_pages import _violations
from tests.support.web import PASSWORD

pytestmark = pytest.mark.browser
on_every_screen = pytest.mark.parametrize("visit", SCREENS, indirect=True)
OTHER = "a second sentence nobody knows"


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(passwords, "COST", passwords.Cost(memory_kib=64, passes=1, lanes=1))
    yield


@on_every_screen
def test_an_account_is_used_with_the_keyboard_alone(visit: Visit) -> None:
    """Name, password and Enter log in; a wrong password is told aloud; the account page ends sessions."""
    visit.served.site.account()
    page = visit.page
    page.goto(f"{visit.served.url}/login")
    assert _violations(page) == ""
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("ann")
    page.keyboard.press("Tab")
    page.keyboard.type(OTHER)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    expect(page.get_by_label("Password")).to_be_focused()
    assert _violations(page) == ""
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{visit.served.url}/")
    page.get_by_role("link", name="Account").press("Enter")
    expect(page.get_by_role("heading", name="Where ann is logged in")).to_be_visible()
    expect(page.get_by_text("after 1 failed attempt")).to_be_visible()
    assert _violations(page) == ""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for path in ("/account/keys", "/account/keys/new"):
        page.goto(visit.served.url + path)
        assert _violations(page) == "", path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    page.go_back()
    page.get_by_role("link", name="Account", exact=True).first.press("Enter")
    page.get_by_role("button", name="End all, this one too").press("Enter")
    page.wait_for_url("**/login")
    assert all(each.startswith(visit.served.url) for each in visit.asked)
    assert [each for each in visit.complaints if "403" not in each] == []


def test_a_password_is_changed_and_another_place_is_logged_out(visit: Visit) -> None:
    """The old password and the new one twice; the account's other session is over, this one goes on."""
    visit.served.site.account()
    assert visit.served.site.enter().status_code == 303
    page = visit.page
    page.goto(f"{visit.served.url}/login")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{visit.served.url}/")
    page.goto(f"{visit.served.url}/account")
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password again").fill(OTHER)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("status").first).to_contain_text("Your password is changed")
    assert visit.served.site.csrf() == ""


def test_a_link_makes_an_account(visit: Visit) -> None:
    """From the link to the account page to the new account; a page's own refreshes say that nobody asked for them."""
    page = visit.log_in()
    with page.expect_request(lambda request: "part=" in request.url) as asked:
        page.evaluate("void htmx.ajax('GET', '/?part=live', {source: '#live', target: '#live'})")
    assert asked.value.headers["x-live"] == "1"
    page.goto(f"{visit.served.url}/account")
    assert _violations(page) == ""
    page.get_by_label("Name").fill("ann")
    for label in ("New password", "New password again"):
        page.get_by_label(label, exact=True).fill("password2026!")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("alert")).to_contain_text("tried first")
    page.get_by_label("Name").fill("ann")
    for label in ("New password", "New password again"):
        page.get_by_label(label, exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("The account is made.")).to_be_visible()


@on_every_screen
def test_connecting_after_a_while_asks_for_the_password_and_goes_on(visit: Visit) -> None:
    """The question stands between the button and Zoho's page, and leads on by itself."""
    visit.served.site.account()
    page = visit.page
    page.goto(f"{visit.served.url}/login")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{visit.served.url}/")
    services = visit.served.site.app.services
    with services.db.transaction() as tx:
        tx.execute(sa.update(tables.sessions).values(confirmed_at=services.clock.now() - timedelta(minutes=11)))
    page.goto(f"{visit.served.url}/oauth/connect")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    assert _violations(page) == ""
    page.get_by_label("Password of ann").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/oauth/connect")
    expect(page.locator("body")).not_to_contain_text("Confirm that it is you")
