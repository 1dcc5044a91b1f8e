"""Which question is asked: defaults, fiscal years, periods, and what is refused with field and remedy."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.features.reports import cash, policy, summary
from bookbridge.features.reports.frame import PERIODS, Asked
from bookbridge.kernel.errors import InvalidInputError

TODAY = date(2026, 5, 20)


def asked(report: Any = summary.REPORT, *, fiscal_month: int = 1, **given: str) -> Asked:
    """A question; parameters with an underscore at their end lose it."""
    params = {name.rstrip("_"): text for name, text in given.items()}
    return policy.asked(
        report, params, organization_id="1", currency="USD", exponent=2, today=TODAY, fiscal_month=fiscal_month
    )


@pytest.mark.parametrize(
    ("params", "fiscal_month", "first", "last"),
    [
        ({}, 1, "2026-01-01", "2026-05-20"),
        ({}, 4, "2026-04-01", "2026-05-20"),
        ({}, 7, "2025-07-01", "2026-05-20"),
        ({"to": "2026-03-31"}, 4, "2025-04-01", "2026-03-31"),
        ({"from_": "2026-05-01"}, 1, "2026-05-01", "2026-05-20"),
        ({"from_": "2026-08-01"}, 1, "2026-08-01", "2026-08-01"),
    ],
)
def test_days_that_are_not_given(params: dict[str, str], fiscal_month: int, first: str, last: str) -> None:
    """Up to today, from the start of the fiscal year; both days are included."""
    found = asked(fiscal_month=fiscal_month, **params)
    assert (str(found.first), str(found.last)) == (first, last)


def test_cash_begins_with_the_month() -> None:
    """Where days are looked at, the month is enough."""
    assert asked(cash.REPORT).first == date(2026, 5, 1) and asked(cash.REPORT).group_by == "day"


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from_": "2026-02-30"}, "from"),
        ({"from_": "26-02-01"}, "from"),
        ({"to": "20260201"}, "to"),
        ({"to": "2026-02-01T00:00"}, "to"),
        ({"from_": "1800-01-01"}, "from"),
        ({"from_": "2026-02-02", "to": "2026-02-01"}, "from"),
        ({"group_by": "colour"}, "group_by"),
        ({"form": "2026-01-01"}, "form"),
        ({"from_": "1900-01-01", "to": "2199-12-31", "group_by": "day"}, "from"),
    ],
)
def test_what_cannot_be_is_refused_with_field_and_remedy(params: dict[str, str], field: str) -> None:
    """A misspelt parameter never gives other numbers."""
    with pytest.raises(InvalidInputError) as caught:
        asked(**params)
    assert caught.value.field == field and caught.value.remedy


@pytest.mark.parametrize(
    ("told", "month"), [("1", 1), (7, 7), ("april", 4), ("April", 4), ("", 1), ("13", 1), (None, 1)]
)
def test_the_fiscal_year_begins_as_zoho_says(told: object, month: int) -> None:
    """A number, its text or a name (FACTS 5.1); January where nothing is known."""
    assert policy.fiscal_month_of({"fiscal_year_start_month": told}) == month


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 800), st.sampled_from(PERIODS))
def test_periods_cover_every_day_once(first: date, days: int, group_by: str) -> None:
    """Generated: each day is in the period it is named after, periods come in order and end at the last day."""
    question = Asked(
        organization_id="1",
        currency="USD",
        exponent=2,
        first=first,
        last=first + timedelta(days=days),
        group_by=group_by,
    )
    found = list(policy.periods(question))
    assert found[-1][1] == question.last and len({name for name, _last in found}) == len(found)
    on = first
    for name, last in found:
        while on <= last:
            assert policy.label(on, group_by) == name
            on += timedelta(days=1)
    assert on == question.last + timedelta(days=1)


def test_labels_are_what_calendars_say() -> None:
    """ISO weeks may belong to another year than their days."""
    on = date(2027, 1, 2)
    assert [policy.label(on, each) for each in PERIODS] == ["2027-01-02", "2026-W53", "2027-01", "2027-Q1", "2027"]
