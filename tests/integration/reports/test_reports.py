"""Reports are exact, leave out what does not count, and say what they do not know; on both databases."""

from typing import Any

import pytest
import sqlalchemy as sa

from bookbridge.store import tables
from tests.support.mirror_rows import SEEN
from tests.support.web import Site

YEAR = {"from": "2026-01-01", "to": "2026-03-31"}


def get(site: Site, key: dict[str, str], name: str, **params: str) -> dict[str, Any]:
    """A report as JSON."""
    answer = site.client.get(f"/api/reports/{name}", params={**YEAR, **params}, headers=key)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_summary_adds_up_by_month(site: Site, key: dict[str, str]) -> None:
    """Every month of the time has a row; drafts, void, deleted, foreign and older documents are in none."""
    found = get(site, key, "summary")
    rows = {row.pop("period"): row for row in found["rows"]}
    assert rows["2026-01"] == {
        "invoiced": 136.16, "credited": 0.0, "received": 0.0, "refunded": 0.0, "expenses": 19.99, "bills": 0.0,
        "net": 116.17, "outstanding": 136.16,
    }  # fmt: skip
    assert rows["2026-02"]["received"] == 50.0 and rows["2026-02"]["outstanding"] == 86.16
    assert rows["2026-03"] == {
        "invoiced": 80.77, "credited": 10.0, "received": 97.13, "refunded": 7.61, "expenses": 10.85, "bills": 57.0,
        "net": 2.92, "outstanding": 116.93,
    }  # fmt: skip
    assert found["totals"] == {
        "period": "Total", "invoiced": 216.93, "credited": 10.0, "received": 147.13, "refunded": 7.61,
        "expenses": 30.84, "bills": 57.0, "net": 119.09, "outstanding": 116.93,
    }  # fmt: skip
    assert found["as_of"] == "2026-01-31T09:00:00Z" and found["notes"] == []


@pytest.mark.parametrize("group_by", ["day", "week", "quarter", "year", "none", "currency"])
def test_groupings_of_the_summary_have_the_same_totals(site: Site, key: dict[str, str], group_by: str) -> None:
    """Finer and coarser groups are the same money."""
    totals = get(site, key, "summary", group_by=group_by)["totals"]
    expected = get(site, key, "summary")["totals"]
    assert {name: totals[name] for name in expected if name != "period"} == {
        name: value for name, value in expected.items() if name != "period"
    }


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from": "2026-02-30"}, "from"),
        ({"from": "2026-04-01", "to": "2026-03-01"}, "from"),
        ({"to": "tomorrow"}, "to"),
        ({"group_by": "colour"}, "group_by"),
        ({"form": "2026-01-01"}, "form"),
        ({"format": "pdf"}, "format"),
        ({"group_by": "x" * 101}, "group_by"),
    ],
)
def test_wrong_parameters_are_refused_with_field_and_remedy(
    site: Site, key: dict[str, str], params: dict[str, str], field: str
) -> None:
    """400, which parameter, and what to send; a misspelt one never gives other numbers."""
    answer = site.client.get("/api/reports/summary", params=params, headers=key)
    assert answer.status_code == 400 and answer.json()["field"] == field
    assert answer.json().get("remedy") or len(params.get("group_by", "")) > 100


def test_only_a_key_for_reports_of_this_organization_reads_them(site: Site, key: dict[str, str]) -> None:
    """Another scope, another organization, no such report: refused, and the sentence says why."""
    get_ = site.client.get
    assert get_("/api/reports/summary", headers=site.key("invoices:read")).status_code == 403
    assert get_("/api/reports", headers=site.key("invoices:read")).status_code == 403
    assert get_("/api/reports/nothing", headers=key).status_code == 404
    bound = site.key("reports:read", organization_ids=["10000009"])
    assert get_("/api/reports/summary", params={"organization_id": "10000001"}, headers=bound).status_code == 404
    assert [each["name"] for each in get_("/api/reports", headers=key).json()["reports"]] == [
        "summary", "cash", "sales-by-customer", "sales-by-item", "expenses-by-category", "tax",
    ]  # fmt: skip


def test_a_download_is_written_down(site: Site, key: dict[str, str]) -> None:
    """Who took which report as a file; reading one as JSON is no event."""
    query = sa.select(tables.audit).where(tables.audit.c.action == "report.downloaded").order_by(tables.audit.c.seq)
    for form, more in (("json", 0), ("csv", 1)):
        with site.app.services.db.read() as tx:
            before = len(tx.execute(query).all())
        answer = site.client.get("/api/reports/cash", params={**YEAR, "format": form}, headers=key)
        with site.app.services.db.read() as tx:
            rows = tx.execute(query).all()
        assert answer.status_code == 200 and len(rows) == before + more
    assert rows[-1].subject_id == "cash" and rows[-1].actor.startswith("key:")
    assert rows[-1].detail == {"from": "2026-01-01", "to": "2026-03-31", "group_by": "day", "format": "csv"}


def test_what_was_never_mirrored_is_said(site: Site, key: dict[str, str]) -> None:
    """A report over half a mirror tells what is missing instead of when it was fresh."""
    db = site.app.services.db
    table = tables.mirror_state
    bills = table.c.entity == "bills"
    with db.transaction() as tx:
        tx.execute(sa.update(table).where(bills).values(full_at=None))
    try:
        found = get(site, key, "summary")
        assert found["as_of"] is None and "bills" in found["notes"][0] and "bookbridge sync" in found["notes"][0]
    finally:
        with db.transaction() as tx:
            tx.execute(sa.update(table).where(bills).values(full_at=sa.bindparam("at")), {"at": SEEN})
