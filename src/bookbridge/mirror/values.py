"""Values of Zoho's rows as the mirror keeps them (FACTS 4.2, 4.7).

Zoho writes ``""`` where it has nothing, numbers as texts now and then, and fields unlike its documents. Whatever cannot
be read becomes empty here and stays as it is in the row's payload: one odd field never stops a sync.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from bookbridge.kernel.clock import to_millis
from bookbridge.kernel.money import minor_units

Row = Mapping[str, Any]
"""A record as Zoho sent it: numbers with a point are ``Decimal``."""

ZERO = Decimal(0)
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LARGEST = 2**63 - 1
_MOST_DIGITS = 18
_SMALL = 10**12
_INT_POWERS = tuple(10**each for each in range(7))
_POWERS = tuple(Decimal(each) for each in _INT_POWERS)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The currencies of an organization: its own, and how many decimals each has."""

    currency: str
    exponent: int
    exponents: Mapping[str, int] = field(default_factory=dict)
    key_field: str | None = None

    def of(self, currency: str, /) -> int:
        """The decimals of ``currency`` here; ISO 4217's where the organization has not told."""
        if currency == self.currency:
            return self.exponent
        known = self.exponents.get(currency)
        return minor_units(currency) if known is None else known

    def base(self, amount: Decimal, rate: Decimal, /) -> int:
        """``amount`` in the organization's currency, rounded once, as minor units."""
        return minor(_WIDE.multiply(amount, rate), self.exponent)


def text(row: Row, name: str, /) -> str:
    """The field as text, empty when there is none; without NUL, which databases refuse."""
    value = row.get(name)
    if value.__class__ is not str:
        value = "" if value is None else str(value)
    return value.replace("\x00", "") if "\x00" in value else value


def number(row: Row, name: str, /, default: Decimal = ZERO) -> Decimal:
    """The field as an exact number; ``default`` when it is empty or is none."""
    value = row.get(name)
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if not isinstance(value, str) or not value:
        return default
    try:
        found = Decimal(value)
    except InvalidOperation:
        return default
    return found if found.is_finite() else default


def exact(row: Row, name: str, /) -> str:
    """The field as the text of a number without an exponent, empty when there is none."""
    value = row.get(name)
    if value is None or value == "":
        return ""
    found = number(row, name)
    return "" if abs(found.adjusted()) > _MOST_DIGITS else f"{found:f}"


def rate(row: Row, name: str = "exchange_rate", /) -> Decimal:
    """How much of the organization's currency one unit is worth; 1 where Zoho leaves it out or writes 0."""
    found = number(row, name)
    return found if found > 0 and abs(found.adjusted()) <= _MOST_DIGITS else Decimal(1)


def minor(amount: Decimal, exponent: int, /) -> int:
    """An amount as minor units, halves away from zero; 0 for what no column can hold."""
    if -_MOST_DIGITS <= amount.adjusted() <= _MOST_DIGITS:
        scaled = int(_WIDE.multiply(amount, _POWERS[exponent]).to_integral_value(ROUND_HALF_UP))
        if -_LARGEST <= scaled <= _LARGEST:
            return scaled
    return 0


def minor_of(row: Row, name: str, exponent: int, /) -> int:
    """The field as minor units."""
    value = row.get(name)
    if value.__class__ is int and -_SMALL < value < _SMALL:
        whole: int = value * _INT_POWERS[exponent]
        return whole
    return minor(number(row, name), exponent)


def date(row: Row, name: str, /) -> str:
    """A calendar day as ``2026-01-31``, empty when there is none."""
    value = row.get(name)
    return value if isinstance(value, str) and _DATE.fullmatch(value) else ""


def millis(row: Row, *names: str) -> int | None:
    """The first of the times ``names`` that the row has, in milliseconds since 1970."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value:
            found = _millis(value)
            if found is not None:
                return found
    return None


def flag(row: Row, name: str, /, default: bool = False) -> bool:
    """The field as yes or no."""
    value = row.get(name)
    if isinstance(value, str):
        return value.lower() == "true" if value else default
    return default if value is None else bool(value)


@lru_cache(maxsize=4096)
def _millis(value: str) -> int | None:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return to_millis(at) if at.tzinfo is not None else None
