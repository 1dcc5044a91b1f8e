"""From a bucket to the PDF, against a sandbox: the one way that needs a Zoho behind the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import SCREENS, Served, Visit, person, serving
from tests.support.mirror import mirrored, synced, zoho_without_limits
from tests.support.web import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def filled(sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    """A served application whose books, thirty invoices of a sandbox, are mirrored."""
    with (
        zoho_without_limits(fill={"invoices": 30, "months": 6}) as zoho,
        mirrored(zoho, sqlite_url, tmp_path / "home") as app,
    ):
        synced(app)
        with serving(Site.of(app)) as served:
            yield served


def test_the_way_from_a_bucket_to_the_pdf(filled: Served, browser: Browser) -> None:
    """Bucket, list, invoice, its lines read once with one call, its PDF through our own address."""
    with person(browser, filled, SCREENS[0]) as visit:
        page = visit.log_in()
        page.locator("#aging tfoot").first.get_by_role("link", name="Outstanding").click()
        page.locator("#results tbody tr").first.get_by_role("link").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Invoice")
        page.get_by_role("button", name="Load the lines").click()
        expect(page.get_by_role("table", name="Lines of the invoice")).to_be_visible()
        page.reload()
        expect(page.get_by_role("table", name="Lines of the invoice")).to_be_visible()
        with page.expect_download() as waiting:
            page.get_by_role("link", name="PDF").click()
        assert waiting.value.path().read_bytes().startswith(b"%PDF")
        assert_quiet(visit)


def assert_quiet(visit: Visit) -> None:
    """The browser had nothing to complain about and asked nobody else."""
    assert visit.complaints == []
    assert all(each.startswith(visit.served.url) for each in visit.asked)
