"""What a bookkeeper does on the dashboard and behind it, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENS, Visit
from tests.browser.test_pages import _violations
from tests.support import pages_rows as books

pytestmark = pytest.mark.browser
on_every_screen = pytest.mark.parametrize("visit", SCREENS, indirect=True)
PATHS = (
    "/", "/invoices?bucket=open", "/invoices/INV-001", "/customers", "/customers/1", "/reports",
    "/reports/sales-by-customer", "/reconcile",
)  # fmt: skip


@on_every_screen
def test_every_page_of_the_books_is_accessible_and_asks_nobody_else(visit: Visit) -> None:
    """No accessibility violation, no foreign request, nothing wider than the screen; names that attack are text."""
    books.fill(visit.served.site)
    page = visit.log_in()
    for path in PATHS:
        page.goto(visit.served.url + path)
        _open_everything(page)
        assert _violations(page) == "", path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert page.title() != "owned", path
    assert all(each.startswith(visit.served.url) for each in visit.asked)
    assert visit.complaints == []


@on_every_screen
def test_an_age_leads_to_exactly_its_invoices(visit: Visit) -> None:
    """Number and sum of a bucket on the dashboard are those of the list it opens, and an invoice leads to its order."""
    books.fill(visit.served.site)
    page = visit.log_in()
    row = page.locator("#aging tbody tr").filter(has_text="31–60 days").first
    count, amount = row.get_by_role("cell").nth(0).inner_text(), row.get_by_role("cell").nth(1).inner_text()
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invoices")
    expect(page.locator("#results")).to_contain_text(f"{count} invoices")
    expect(page.locator("#results")).to_contain_text(f"{amount} USD")
    page.goto(visit.served.url + "/invoices?search=INV-001")
    page.get_by_role("link", name="INV-001").click()
    page.get_by_role("link", name="1003", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Order 1003")
    page.get_by_role("link", name="BB-00003").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Invoice INV-001")


def test_the_aging_changes_in_place_and_the_address_keeps_it(visit: Visit) -> None:
    """Another basis, currency and day need no new page; the address opens the same figures again."""
    books.fill(visit.served.site)
    page = visit.log_in()
    page.evaluate("document.body.dataset.kept = 'yes'")
    page.locator("#aging select[name=by]").select_option("invoice_date")
    expect(page.locator("#aging")).to_contain_text("by invoice date")
    page.locator("#aging select[name=currency]").select_option("EUR")
    expect(page.locator("#aging thead").first).to_contain_text("EUR")
    assert page.evaluate("document.body.dataset.kept") == "yes"
    total = page.locator("#aging tfoot").first.inner_text()
    page.goto(page.url)
    assert page.locator("#aging tfoot").first.inner_text() == total
    assert visit.complaints == []


def test_invoices_are_searched_sorted_and_paged_with_the_keyboard_alone(visit: Visit) -> None:
    """Tab and Enter reach search, headings and pages; what was chosen stays in the address."""
    books.fill(visit.served.site, invoices=60)
    page = visit.log_in()
    page.goto(visit.served.url + "/invoices")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("Granite")
    expect(page.locator("#results")).to_contain_text("15 invoices")
    page.get_by_role("link", name="Balance").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Balance")).to_have_attribute("aria-sort", "descending")
    assert "search=Granite" in page.url and "sort=-balance" in page.url
    page.goto(visit.served.url + "/invoices?sort=invoice_number")
    page.get_by_role("link", name="Next").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="INV-059")).to_be_visible()


def test_what_the_keyboard_is_on_stays_there_while_results_arrive(visit: Visit) -> None:
    """Leaving the search asks nothing again, and an answer that comes late does not take the focus away."""
    books.fill(visit.served.site, invoices=60)
    page = visit.log_in()
    page.goto(visit.served.url + "/invoices")
    page.get_by_label("Search").focus()
    page.keyboard.type("Granite")
    page.get_by_role("link", name="Balance").focus()
    expect(page.locator("#results")).to_contain_text("15 invoices")
    expect(page.get_by_role("link", name="Balance")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Balance")).to_have_attribute("aria-sort", "descending")
    assert "search=Granite" in page.url
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "search=" in request.url else None)
    page.get_by_label("Search").focus()
    page.keyboard.type("s")
    expect(page.locator("#results")).to_contain_text("No invoice fits")
    page.get_by_label("Status").focus()
    page.wait_for_timeout(600)
    assert len(asked) == 1


@on_every_screen
def test_books_that_are_not_here_yet_are_asked_for_with_one_button(visit: Visit) -> None:
    """A connected organization without a copy says so; Sync now asks for one sync, however often it is pressed."""
    visit.served.site.connect(is_default=True)
    page = visit.log_in()
    expect(page.get_by_role("heading", name="The books are not here yet")).to_be_visible()
    assert _violations(page) == ""
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text("Syncing")).to_be_visible()
    page.goto(visit.served.url + "/invoices")
    expect(page.get_by_text("The books are not here yet")).to_be_visible()


def test_a_list_is_saved_as_a_file(visit: Visit) -> None:
    """CSV of what the filters leave; a name that a spreadsheet would run begins with an apostrophe or a letter."""
    books.fill(visit.served.site)
    page = visit.log_in()
    page.goto(visit.served.url + "/invoices?search=Willow")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    lines = waiting.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 7
    assert all("Willow" in line for line in lines[1:])


def _open_everything(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
