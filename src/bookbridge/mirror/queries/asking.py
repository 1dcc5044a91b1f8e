"""What aging is asked for, checked: a day, what counts as the age, a currency."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.money import Money, minor_units
from bookbridge.mirror.days import date_of
from bookbridge.store import tables
from bookbridge.store.db import Tx
from bookbridge.store.organizations import Organization

BUCKETS = ("current", "1-30", "31-60", "61-90", "90+")
"""Days past the due date (or since the invoice date); current: none yet."""
LIMITS = (0, 30, 60, 90)
"""The most days of each bucket but the last."""
BASES = {"due_date": "due", "invoice_date": "invoice"}
"""How age is counted, and the basis of the sums that it is read from."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The currencies of an organization: its own, and the decimals of each one that is mirrored."""

    base: str
    exponents: Mapping[str, int]

    def money(self, minor: int, currency: str = "", /) -> Money:
        """An amount in a currency, in the organization's own without one."""
        code = currency or self.base
        return Money(int(minor), code, self.exponents.get(code, minor_units(code)))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A checked question; ``currency`` empty: everything, in the organization's currency."""

    organization: Organization
    as_of: date
    today: date
    by: str
    currency: str
    scale: Scale

    @property
    def is_past(self) -> bool:
        """Whether the day is over, so that balances are rebuilt from dated events."""
        return self.as_of < self.today

    @property
    def basis(self) -> str:
        """Which sums are read."""
        return BASES[self.by]

    @property
    def starts(self) -> tuple[str, ...]:
        """The first day of each bucket but the last, by the date that counts, the youngest bucket first."""
        return tuple((self.as_of - timedelta(days=days)).isoformat() for days in LIMITS)

    def money(self, minor: int, base_minor: int, /) -> Money:
        """Of an amount in two currencies the one that was asked for."""
        return self.scale.money(minor, self.currency) if self.currency else self.scale.money(base_minor)


def asked(
    tx: Tx, organization: Organization, now: datetime, /, *, as_of: str = "", by: str = "", currency: str = ""
) -> Asked:
    """Check a question; without a day it is today in the organization's zone, without ``by`` the due date.

    Raises:
        InvalidInputError: a day, a currency or a ``by`` that there is not, with the field.
    """
    today = date_of(now, organization.time_zone)
    by = by or "due_date"
    if by not in BASES:
        raise InvalidInputError(f"{by[:40]} is not a way to count age.", field="by", remedy=f"Send {_or(BASES)}.")
    scale = scale_of(tx, organization)
    currency = known_currency(scale, currency)
    day = day_in(as_of, "as_of") if as_of else today
    return Asked(organization=organization, as_of=day, today=today, by=by, currency=currency, scale=scale)


def day_in(text: str, field: str, /) -> date:
    """A day as ``2026-01-31``.

    Raises:
        InvalidInputError: it is none.
    """
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-01-31") else None
    except ValueError:
        day = None
    if day is None or day.year < 1900:
        raise InvalidInputError(
            f"{field}: {text[:40]!r} is not a day.", field=field, remedy="Write it as YYYY-MM-DD, like 2026-01-31."
        )
    return day


def known_currency(scale: Scale, currency: str, /) -> str:
    """A currency of the organization in capitals, empty for none.

    Raises:
        InvalidInputError: the organization has no such currency.
    """
    code = currency.strip().upper()
    if code and code not in scale.exponents:
        raise InvalidInputError(
            f"{code[:10]} is not a currency of this organization.",
            field="currency",
            remedy=f"Send {_or(scale.exponents)}.",
        )
    return code


def scale_of(tx: Tx, organization: Organization, /) -> Scale:
    """The currencies of an organization, as far as they are mirrored, and those that something is owed in."""
    table = tables.mirror_currencies
    query = sa.select(table.c.code, table.c.exponent).where(
        table.c.organization_id == organization.organization_id, table.c.deleted_at.is_(None), table.c.code != ""
    )
    found = {row.code: int(row.exponent) for row in tx.execute(query)}
    months = tables.receivable_months
    seen = sa.select(months.c.currency).where(months.c.organization_id == organization.organization_id)
    used = {row[0] for row in tx.execute(seen.where(months.c.customer_id == "").distinct())}
    missing = {code: minor_units(code) for code in used if code not in found}
    own = {organization.currency: organization.exponent}
    return Scale(base=organization.currency, exponents=dict(sorted({**found, **missing, **own}.items())))


def _or(names: Mapping[str, object]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
