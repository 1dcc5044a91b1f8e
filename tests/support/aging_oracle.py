"""Receivables aging recomputed the straight way from the sandbox's commit log, and from nothing else.

It imports nothing of the product. ``commits`` are the rows of ``GET /_sandbox/commits?facts=true`` (numbers read as
Decimal). The last facts of each document count; then, at the end of a day:

- an invoice that is neither draft nor void nor deleted, dated that day or earlier, is open with its total less what was
  applied to it until then: payments (with what was withheld), credit notes and its write-off, each on its day, but
  never before the invoice's own;
- its age is the days since its due date, or since its own date; current: none yet;
- a payment or credit note has what no application and no refund took until then, never before its own date;
- in base currency it is what is open, times the document's rate, rounded half up to the base currency's decimals.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

BUCKETS = ("current", "1-30", "31-60", "61-90", "90+")
ZERO = Decimal(0)
BASE = ""
"""The key of the sums in base currency."""

Row = Mapping[str, Any]
Cell = tuple[int, Decimal]
Spread = dict[str, Cell]


@dataclass
class Aging:
    """Counts and totals: by currency (and ``BASE``) and bucket; the same by customer; unapplied credits.

    ``credits`` is by kind (``payment``, ``creditnote``) and currency (and ``BASE``).
    """

    buckets: dict[str, Spread] = field(default_factory=dict)
    customers: dict[str, dict[str, Spread]] = field(default_factory=dict)
    credits: dict[tuple[str, str], Cell] = field(default_factory=dict)

    def total(self, currency: str = BASE) -> Decimal:
        """Give everything outstanding in a currency."""
        return sum((amount for _, amount in self.buckets.get(currency, {}).values()), ZERO)


def documents(commits: Iterable[Row], organization_id: str = "") -> dict[tuple[str, str], Row]:
    """Give the last facts of every document that is there, by resource and id."""
    found: dict[tuple[str, str], Row] = {}
    for commit in commits:
        if organization_id and commit["organization_id"] != organization_id:
            continue
        for facts in commit["facts"]:
            key = (facts["resource"], facts["id"])
            if facts.get("deleted"):
                found.pop(key, None)
            else:
                found[key] = facts
    return found


def aging(
    commits: Iterable[Row], on: date, *, by: str = "due_date", organization_id: str = "", base_places: int = 2
) -> Aging:
    """Give the aging at the end of a day; ``by`` is ``due_date`` or ``invoice_date``."""
    return aging_of(documents(commits, organization_id), on, by=by, base_places=base_places)


def aging_of(found: Mapping[tuple[str, str], Row], on: date, *, by: str = "due_date", base_places: int = 2) -> Aging:
    """Give the aging of documents as ``documents`` gives them, for many days of the same books."""
    assert by in ("due_date", "invoice_date")
    applied = _applied(found)
    aged = Aging()
    for (resource, document_id), facts in found.items():
        if resource == "invoices":
            left = _open(facts, applied.get(document_id, []), on)
            if left:
                bucket = _bucket(on, facts["due_date"] if by == "due_date" else facts["date"])
                base = _base(left, facts, base_places)
                _add_to(aged.buckets, facts["currency_code"], bucket, left, base)
                _add_to(aged.customers.setdefault(facts["customer_id"], {}), facts["currency_code"], bucket, left, base)
        elif resource in ("customerpayments", "creditnotes"):
            left = _open(facts, _taken_from(facts), on)
            if left:
                kind = "payment" if resource == "customerpayments" else "creditnote"
                base = _base(left, facts, base_places)
                for currency, amount in ((facts["currency_code"], left), (BASE, base)):
                    many, total = aged.credits.get((kind, currency), (0, ZERO))
                    aged.credits[kind, currency] = (many + 1, total + amount)
    return aged


def _applied(found: Mapping[tuple[str, str], Row]) -> dict[str, list[tuple[str, Decimal]]]:
    """What was applied to each invoice, with its days."""
    applied: dict[str, list[tuple[str, Decimal]]] = {}
    for (resource, document_id), facts in found.items():
        if resource == "invoices" and facts["write_off_amount"]:
            off = (facts["write_off_date"], Decimal(facts["write_off_amount"]))
            applied.setdefault(document_id, []).append(off)
        if resource in ("customerpayments", "creditnotes"):
            for row in facts["applied"]:
                amount = Decimal(row["amount"]) + Decimal(row["withheld"])
                applied.setdefault(row["invoice_id"], []).append((row["on"], amount))
    return applied


def _taken_from(facts: Row) -> list[tuple[str, Decimal]]:
    """What was taken from a payment or credit note, with its days; what is withheld never was in a payment."""
    rows = [*facts["applied"], *facts["refunds"]]
    return [(row["on"], Decimal(row["amount"])) for row in rows]


def _open(facts: Row, changes: list[tuple[str, Decimal]], on: date) -> Decimal:
    """What is open of a document at the end of a day."""
    if facts.get("status", "open") != "open" or facts["date"] > on.isoformat():
        return ZERO
    left = Decimal(facts["total"] if "total" in facts else facts["amount"])
    for day, amount in changes:
        if max(day, facts["date"]) <= on.isoformat():
            left -= amount
    return left


def _bucket(on: date, since: str) -> str:
    late = (on - date.fromisoformat(since)).days
    if late <= 0:
        return "current"
    if late <= 30:
        return "1-30"
    if late <= 60:
        return "31-60"
    return "61-90" if late <= 90 else "90+"


def _base(amount: Decimal, facts: Row, places: int) -> Decimal:
    with localcontext() as context:
        context.prec = 120
        exact = amount * Decimal(facts["exchange_rate"])
        return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _add_to(spreads: dict[str, Spread], currency: str, bucket: str, amount: Decimal, base: Decimal) -> None:
    for key, value in ((currency, amount), (BASE, base)):
        spread = spreads.setdefault(key, dict.fromkeys(BUCKETS, (0, ZERO)))
        many, total = spread[bucket]
        spread[bucket] = (many + 1, total + value)
