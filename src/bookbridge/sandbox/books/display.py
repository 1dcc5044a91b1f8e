"""Texts for people: the ``*_formatted`` twins, by the organization's date and number formats (FACTS 4.2)."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from bookbridge.sandbox.books.values import Record

TOKENS = (("yyyy", "%Y"), ("MMMM", "%B"), ("MMM", "%b"), ("MM", "%m"), ("EEE", "%a"), ("dd", "%d"))


def _pattern(org: Any) -> str:
    return _codes(str(org.info.get("date_format") or "dd MMM yyyy"))


@lru_cache(maxsize=100)
def _codes(pattern: str) -> str:
    for token, code in TOKENS:
        pattern = pattern.replace(token, code)
    return pattern


def date_formatted(org: Any, iso_date: str) -> str:
    """An ISO date in the organization's format, ``""`` for none."""
    return date.fromisoformat(iso_date[:10]).strftime(_pattern(org)) if iso_date else ""


def time_formatted(org: Any, stamp: str) -> str:
    """A time stamp in the organization's format, with a 12-hour clock; ``""`` for none."""
    return _moment(stamp, f"{_pattern(org)} %I:%M %p") if stamp else ""


@lru_cache(maxsize=100_000)
def _moment(stamp: str, pattern: str) -> str:
    return datetime.fromisoformat(stamp).strftime(pattern)


def long_date(stamp: str) -> str:
    """The date of a time stamp as ``09 Jun 2026`` (FACTS 5.2 ``created_date``)."""
    return date.fromisoformat(stamp[:10]).strftime("%d %b %Y") if stamp else ""


def money_formatted(symbol: str, amount: Decimal, places: int) -> str:
    """An amount with its symbol, grouped by thousands."""
    return f"{symbol}{amount:,.{places}f}"


def words(value: str) -> str:
    """A wire word for people: ``on_hold`` -> ``On Hold``."""
    return value.replace("_", " ").title()


def short_time(stamp: str) -> str:
    """The time of day of a stamp as ``1:17 PM``."""
    moment = datetime.fromisoformat(stamp)
    return f"{moment.hour % 12 or 12}:{moment.minute:02d} {'AM' if moment.hour < 12 else 'PM'}"


def ago(stamp: str, now: datetime) -> str:
    """How long ago a stamp was, in Zoho's words (``few seconds ago``)."""
    seconds = (now - datetime.fromisoformat(stamp)).total_seconds()
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "few seconds ago"


def row_dates(org: Any, record: Record) -> Record:
    """The creation and change times of a record with their twins."""
    created, modified = record["created_time"], record["last_modified_time"]
    return {
        "created_time": created,
        "created_time_formatted": time_formatted(org, created),
        "last_modified_time": modified,
        "last_modified_time_formatted": time_formatted(org, modified),
    }
