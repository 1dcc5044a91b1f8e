"""Expenses as they come in, in snake_case or camelCase; amounts are JSON numbers."""

from typing import Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from bookbridge.http.bodies import Amount, Body, Day, body_of

MISSING = "amount, category and date are required"
TEXT = 100
"""Zoho keeps at most this many characters of a reference or a description (FACTS 5.6)."""


class _Camel(Body):
    model_config = ConfigDict(alias_generator=to_camel)


class ExpenseBody(_Camel):
    """An expense to be recorded; ``external_id`` (or the ``Idempotency-Key``) is its identity.

    ``category`` and ``paid_through`` are an alias, an account's id, code or name; ``exchange_rate`` is base units for
    one unit of ``currency``.
    """

    organization_id: str = ""
    external_id: str = Field(default="", max_length=200)
    amount: Amount
    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    category: str = Field(min_length=1, max_length=200)
    date: Day
    description: str = Field(default="", max_length=TEXT)
    vendor: str = Field(default="", max_length=TEXT)
    reference: str = Field(default="", max_length=TEXT)
    paid_through: str = Field(default="", max_length=200)
    exchange_rate: Amount | None = None


class ExpenseChanges(_Camel):
    """What to change of a recorded expense; what is left out stays. An empty ``vendor`` takes the vendor away."""

    organization_id: str = ""
    amount: Amount | None = None
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    category: str | None = Field(default=None, min_length=1, max_length=200)
    date: Day | None = None
    description: str | None = Field(default=None, max_length=TEXT)
    vendor: str | None = Field(default=None, max_length=TEXT)
    reference: str | None = Field(default=None, max_length=TEXT)
    paid_through: str | None = Field(default=None, min_length=1, max_length=200)
    exchange_rate: Amount | None = None


parse_expense = body_of(ExpenseBody, missing=MISSING)
parse_changes = body_of(ExpenseChanges)

_IDENTITY = frozenset({"organization_id", "external_id"})


def content_of(body: Body, /) -> dict[str, Any]:
    """What an expense is, without what identifies it; equal content gives equal objects."""
    fields = type(body).model_fields
    given = body.model_dump(exclude=set(_IDENTITY), exclude_none=True)
    said = {name: value for name, value in given.items() if value != fields[name].default}
    return {name: str(value) if name == "date" else value for name, value in said.items()}
