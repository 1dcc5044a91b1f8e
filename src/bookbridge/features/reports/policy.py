"""Which question was asked: parameters read and refused, periods named. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from bookbridge.features.reports.frame import MOST_ROWS, THIS_MONTH, Asked, Report
from bookbridge.kernel.errors import InvalidInputError

FIRST_YEAR, LAST_YEAR = 1900, 2199
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


def asked(
    report: Report,
    given: Mapping[str, str],
    /,
    *,
    organization_id: str,
    currency: str,
    exponent: int,
    today: date,
    fiscal_month: int,
) -> Asked:
    """The question of ``given`` parameters (texts, as a URL or a command line has them), defaults filled in.

    Raises:
        InvalidInputError: an unknown parameter or a value that cannot be; with the field and what to send.
    """
    _known(report, given)
    group_by = _choice(report, given.get("group_by") or report.param("group_by").default)
    begin, end = given.get("from", ""), given.get("to", "")
    first = day(begin, field="from") if begin else None
    last = day(end, field="to") if end else max(today, first or today)
    if first is None:
        is_month = report.param("from").default == THIS_MONTH
        first = last.replace(day=1) if is_month else fiscal_start(last, fiscal_month)
    if first > last:
        raise InvalidInputError(
            f"from ({first}) is after to ({last}).", field="from", remedy="Send the earlier day as from."
        )
    question = Asked(
        organization_id=organization_id,
        currency=currency,
        exponent=exponent,
        first=first,
        last=last,
        group_by=group_by,
    )
    if question.by_period and (last - first).days > MOST_ROWS:  # a guard for the loop over periods
        raise InvalidInputError("The time is too long.", field="from", remedy="Ask for fewer years.")
    return question


def _known(report: Report, given: Mapping[str, str]) -> None:
    names = [each.name for each in report.params]
    for name in given:
        if name not in names:
            raise InvalidInputError(
                f"{name} is not a parameter of the report {report.name}.",
                field=name,
                remedy=f"It takes {', '.join(names)}.",
            )


def _choice(report: Report, word: str) -> str:
    choices = report.param("group_by").choices
    if word not in choices:
        raise InvalidInputError(
            f"The report {report.name} cannot be grouped that way.",
            field="group_by",
            remedy=f"Send one of {', '.join(choices)}.",
        )
    return word


def day(text: str, /, *, field: str) -> date:
    """The calendar day of a text such as 2026-01-31.

    Raises:
        InvalidInputError: it is none.
    """
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InvalidInputError(
            f"{field} is not a date.", field=field, remedy=f"Send {field} as a day such as 2026-01-31."
        )
    return found


def fiscal_month_of(info: Mapping[str, Any], /) -> int:
    """The month a fiscal year begins with; Zoho sends a number, its text or a month's name (FACTS 5.1)."""
    told = str(info.get("fiscal_year_start_month", "")).strip().lower()
    if told.isascii() and told.isdigit() and 1 <= int(told) <= 12:
        return int(told)
    return _MONTHS.index(told) + 1 if told in _MONTHS else 1


def fiscal_start(on: date, fiscal_month: int, /) -> date:
    """The first day of the fiscal year that ``on`` is in."""
    year = on.year if on.month >= fiscal_month else on.year - 1
    return date(year, fiscal_month, 1)


def label(on: date, group_by: str, /) -> str:
    """The name of the period of ``on``: ``2026-01-31``, ``2026-W05``, ``2026-01``, ``2026-Q1`` or ``2026``."""
    if group_by == "week":
        year, week, _weekday = on.isocalendar()
        return f"{year}-W{week:02}"
    if group_by == "quarter":
        return f"{on.year}-Q{(on.month + 2) // 3}"
    return on.isoformat()[: {"day": 10, "month": 7, "year": 4}[group_by]]


def periods(question: Asked, /) -> Iterator[tuple[str, date]]:
    """Every period of the question with its last day inside it, in order."""
    on, name = question.first, label(question.first, question.group_by)
    while on < question.last:
        following = on + timedelta(days=1)
        next_name = label(following, question.group_by)
        if next_name != name:
            yield name, on
        on, name = following, next_name
    yield name, on
