"""An old copy of the database is put back after invoices were made: nothing is invoiced a second time."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bookbridge.bootstrap import App
from bookbridge.kernel.clock import FixedClock
from bookbridge.sandbox.launch import SandboxServer
from tests.support.app import an_order, built_app, fixed_clock, order, send, settle
from tests.support.sandbox import Zoho, running_sandbox


@pytest.fixture(scope="module")
def box() -> Iterator[SandboxServer]:
    """A sandbox without limits."""
    with running_sandbox(limits="off") as server:
        yield server


@pytest.fixture
def zoho(box: SandboxServer) -> Iterator[Zoho]:
    """The sandbox as at its start."""
    zoho = Zoho(box)
    zoho.control("reset", {})
    yield zoho
    zoho.close()


def invoices(zoho: Zoho) -> dict[str, str]:
    """The number of every invoice by its id, as Zoho lists them."""
    rows: list[dict[str, Any]] = zoho.books("GET", "/invoices").json()["invoices"]
    return {row["invoice_id"]: row["invoice_number"] for row in rows}


def _through(app: App, clock: FixedClock, numbers: range) -> dict[str, str | None]:
    """Send orders and bring them to rest; the invoice each is bound to."""
    receipts = {str(number): send(app, an_order(str(number)), channel="hook") for number in numbers}
    settle(app, clock)
    done = {name: order(app, receipt) for name, receipt in receipts.items()}
    assert {row.state for row in done.values()} == {"done"}
    return {name: row.invoice_id for name, row in done.items()}


@pytest.mark.parametrize("numbering", ["derived", "zoho"])
def test_orders_sent_again_after_a_restore_are_bound_to_the_invoices_there_are(
    box: SandboxServer, zoho: Zoho, sqlite_url: str, tmp_path: Path, numbering: str
) -> None:
    """Half of the orders came before the copy, half after it; all are sent again, and new ones follow."""
    settings = {"home": tmp_path / "home", "numbering": numbering, "url": sqlite_url}
    file, copy = Path(sqlite_url.removeprefix("sqlite:///")), tmp_path / "copy.db"
    clock = fixed_clock()
    with built_app(box, clock=clock, **settings) as app:
        before = _through(app, clock, range(3))
    shutil.copy(file, copy)
    with built_app(box, clock=clock, **settings) as app:
        after = _through(app, clock, range(3, 6))
    there = invoices(zoho)
    assert len(there) == 6

    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    shutil.copy(copy, file)
    with built_app(box, clock=clock, **settings) as app:
        again = _through(app, clock, range(6))
        assert again == before | after
        assert invoices(zoho) == there
        assert len(set(_through(app, clock, range(6, 8)).values()) | set(there)) == 8
    assert len(invoices(zoho)) == 8
    assert len(zoho.books("GET", "/contacts").json()["contacts"]) == 1
