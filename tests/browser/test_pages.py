"""What a person does on the pages, in a real browser: wide and light, narrow and dark."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENS, Visit
from tests.support import orders

pytestmark = pytest.mark.browser
on_every_screen = pytest.mark.parametrize("visit", SCREENS, indirect=True)

NASTY = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def _fill(visit: Visit) -> None:
    """Orders in every state; a customer whose name is an attack."""
    services = visit.served.site.app.services
    visit.served.site.connect(is_default=True)
    states = ("received", "working", "unknown", "done", "review", "failed", "discarded")
    with services.db.transaction() as tx:
        now = services.clock.now()
        for number in range(35):
            state = states[number % 7]
            customer = NASTY if number == 3 else f"Customer {number}"
            orders.write(tx, number, at=now - timedelta(minutes=number), state=state, customer=customer)


def _violations(page: Page) -> str:
    result = Axe().run(page)
    return "" if result.violations_count == 0 else result.generate_report()


@on_every_screen
def test_every_page_is_accessible_and_asks_nobody_else(visit: Visit) -> None:
    """No accessibility violation, no request to another host, nothing wider than the screen, no complaint."""
    _fill(visit)
    page = visit.log_in()
    for path in (
        "/",
        "/status",
        "/orders",
        "/orders?state=failed",
        "/orders?search=nothing-like-it",
        "/orders/ord_000005",
    ):
        page.goto(visit.served.url + path)
        assert _violations(page) == "", path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    assert all(each.startswith(visit.served.url) for each in visit.asked)
    assert visit.complaints == []


@on_every_screen
def test_empty_pages_say_what_to_do_next(visit: Visit) -> None:
    """Before the first order and the first connection the pages are accessible and lead on."""
    page = visit.log_in()
    expect(page.get_by_role("link", name="Connect Zoho Books")).to_be_visible()
    assert _violations(page) == ""
    page.goto(visit.served.url + "/orders")
    expect(page.get_by_text("bookbridge orders import")).to_be_visible()
    assert _violations(page) == ""
    page.context.clear_cookies()
    page.goto(visit.served.url + "/orders")
    page.wait_for_url("**/login")
    expect(page.get_by_text("bookbridge admin link")).to_be_visible()
    assert _violations(page) == ""


@on_every_screen
@pytest.mark.parametrize("path", ["/", "/status"])
def test_a_failed_order_is_retried_where_it_is_seen(visit: Visit, path: str) -> None:
    """One press on Retry on the dashboard or the status page, and the order is on its way again."""
    _fill(visit)
    page = visit.log_in()
    page.goto(visit.served.url + path)
    page.get_by_role("button", name="Retry order 1005", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("tried again")
    page.goto(visit.served.url + "/orders/ord_000005")
    expect(page.get_by_role("heading", level=1)).to_contain_text("received")


def test_an_order_is_discarded_after_a_second_thought(visit: Visit) -> None:
    """Discarding needs its own section and button, and is shown as done."""
    _fill(visit)
    page = visit.log_in()
    page.goto(visit.served.url + "/orders/ord_000005")
    page.get_by_role("link", name="Discard…").click()
    page.get_by_role("button", name="Discard order 1005").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("discarded")


def test_names_from_outside_are_only_text(visit: Visit) -> None:
    """A customer called like a script runs nothing."""
    _fill(visit)
    page = visit.log_in()
    page.goto(visit.served.url + "/orders")
    expect(page.get_by_text("<script>", exact=False)).to_be_visible()
    page.goto(visit.served.url + "/orders/ord_000003")
    assert "owned" not in page.title()


def test_the_list_is_filtered_as_one_types(visit: Visit) -> None:
    """Searching changes the list and the address without a new page."""
    _fill(visit)
    page = visit.log_in()
    page.goto(visit.served.url + "/orders")
    page.get_by_label("Search").press_sequentially("Customer 12")
    expect(page.get_by_role("cell", name="Customer 12")).to_be_visible()
    expect(page.get_by_role("cell", name="Customer 13")).to_have_count(0)
    page.wait_for_function("new URL(location.href).searchParams.get('search') === 'Customer 12'")
    assert visit.complaints == []


def test_the_dashboard_stays_fresh_by_itself(visit: Visit) -> None:
    """A new failure appears without reloading, without losing the page."""
    _fill(visit)
    page = visit.log_in()
    page.evaluate("document.body.dataset.kept = 'yes'")
    services = visit.served.site.app.services
    with services.db.transaction() as tx:
        orders.write(tx, 99, at=services.clock.now(), state="failed")
    page.evaluate("htmx.ajax('GET', '/?part=live', {source: '#live', target: '#live', swap: 'innerHTML'})")
    expect(page.get_by_role("link", name="1099")).to_be_visible()
    assert page.evaluate("document.body.dataset.kept") == "yes"


def test_the_pages_work_with_the_keyboard_alone(visit: Visit) -> None:
    """The first stop skips to the content; the retry button can be reached and pressed."""
    _fill(visit)
    page = visit.log_in()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_role("button", name="Retry order 1005", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("tried again")
