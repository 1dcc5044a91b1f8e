"""Where to read pages: control totals of ever smaller halves find the days that differ (RELIABILITY 6). Pure.

A half's totals are asked for; the other half's follow by subtraction, so a split costs one call. Days that hold no
more rows than a page or two are not split further, and where everything differs splitting stops.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from itertools import accumulate

from bookbridge.features.reconcile.sides import Days, Totals

PAGE = 200
FEW_PAGES = 2
"""Days with that many pages are read at once: splitting them would cost as much."""
SCATTERED = 2
"""Splits in a row of which both halves differ, after which pages are read."""


def totals_of(by_day: Mapping[str, Totals], days: Days, /) -> Totals:
    """The sum over the days."""
    return sum((totals for day, totals in by_day.items() if day in days), Totals())


def differing(
    by_day: Mapping[str, Totals], whole: Days, theirs: Callable[[Days], Totals], /, *, first: Totals | None = None
) -> list[Days]:
    """The days whose pages must be read, none when the control totals of ``whole`` agree.

    Args:
        by_day: our count and sums of each invoice date.
        whole: the days to compare.
        theirs: asks for Zoho's count and sums.
        first: Zoho's answer for ``whole``, where it is known already.
    """
    total = theirs(whole) if first is None else first
    if total == totals_of(by_day, whole):
        return []
    return _search(by_day, whole, total, theirs, 0)


def _search(
    by_day: Mapping[str, Totals], days: Days, total: Totals, theirs: Callable[[Days], Totals], scattered: int
) -> list[Days]:
    count = max(total.count, totals_of(by_day, days).count)
    halves = _halves(by_day, days)
    if halves is None or count <= PAGE * FEW_PAGES or scattered >= SCATTERED:
        return [days]
    left, right = halves
    asked = theirs(left)
    rest = total - asked
    if not 0 <= asked.count <= total.count:  # the filter was not applied, or the books changed meanwhile
        return [days]
    parts = [(half, said) for half, said in ((left, asked), (right, rest)) if said != totals_of(by_day, half)]
    if not parts:
        return [days]
    both = scattered + 1 if len(parts) == 2 else 0
    return [found for half, said in parts for found in _search(by_day, half, said, theirs, both)]


def _halves(by_day: Mapping[str, Totals], days: Days) -> tuple[Days, Days] | None:
    """Two parts with about as many of our rows each; ``None`` for one day, or days we know nothing of."""
    known = sorted(day for day in by_day if day in days)
    if len(known) < 2:
        return None
    sums = list(accumulate(by_day[day].count for day in known))
    middle = next(index for index, reached in enumerate(sums) if reached * 2 >= sums[-1])
    last = known[min(middle, len(known) - 2)]
    return Days(days.first, last), Days(_after(last), days.last)


def _after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
