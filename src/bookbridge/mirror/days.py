"""Calendar days of an organization, as texts like ``2026-01-31``."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def day_of(at: datetime, time_zone: str, /) -> str:
    """The day a moment falls on in a time zone; of an unknown zone in UTC."""
    return date_of(at, time_zone).isoformat()


def date_of(at: datetime, time_zone: str, /) -> date:
    """The same as a date."""
    return at.astimezone(_zone(time_zone)).date()


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
