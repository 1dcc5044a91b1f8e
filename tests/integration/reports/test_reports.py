"""Reports are exact, leave out what does not count, and say what they do not know; on both databases."""

from typing import Any

import pytest

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
