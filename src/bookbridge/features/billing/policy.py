"""Arithmetic and numbering of invoices: pure.

The total is predicted by the rules Zoho is known to follow (FACTS 5.4): a line is rounded once after its
own discount, a tax once over the document (or once a line where the organization says so), halves away from zero.
Intermediate values are exact fractions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from bookbridge.kernel.ids import derived_key

GST_NUMBER_LENGTH = 16
"""An Indian GST invoice number has at most 16 characters of ``A-Z 0-9 - /`` (CGST Rule 46(b))."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxRate:
    """A tax of the organization; a group has members, a member may be compound (FACTS 5.10)."""

    tax_id: str
    percentage: Decimal
    is_compound: bool = False
    members: tuple["TaxRate", ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PricedLine:
    """A line as it goes to Zoho: every number exact, ``discount`` an amount or a percentage (``"10%"``)."""

    rate: Decimal
    quantity: Decimal
    discount: str = ""
    tax: TaxRate | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Priced:
    """A document before totals; ``exponent`` is the price precision of its currency."""

    lines: Sequence[PricedLine]
    exponent: int
    discount: str = ""
    discount_before_tax: bool = True
    prices_include_tax: bool = False
    shipping: Decimal = Decimal(0)
    adjustment: Decimal = Decimal(0)
    tax_per_line: bool = False
    line_discounts: bool = field(default=True)


@dataclass(frozen=True, slots=True)
class Totals:
    """In minor units of the document's currency."""

    subtotal: int
    discount: int
    tax: int
    total: int


def predict(priced: Priced, /) -> Totals:
    """The totals Zoho will compute."""
    lines = [_line_amount(line, priced) for line in priced.lines]
    listed = sum(lines)
    base = Fraction(listed)
    discount = _minor(_share(priced.discount, base, priced.exponent)) if priced.discount_before_tax and listed else 0
    nets = [Fraction(amount) - (discount * Fraction(amount) / base if discount else 0) for amount in lines]
    tax = _tax_total(priced, nets)
    if not priced.discount_before_tax:
        taxed = base if priced.prices_include_tax else base + tax
        discount = _minor(_share(priced.discount, taxed, priced.exponent))
    extras = _scaled(priced.shipping, priced.exponent) + _scaled(priced.adjustment, priced.exponent)
    total = listed - discount + extras + (0 if priced.prices_include_tax else tax)
    return Totals(listed, discount, tax, total)


def _line_amount(line: PricedLine, priced: Priced) -> int:
    gross = Fraction(line.rate) * Fraction(line.quantity) * 10**priced.exponent
    off = _share(line.discount, gross, priced.exponent) if priced.line_discounts else Fraction(0)
    return _minor(gross - off)


def _share(discount: str, base: Fraction, exponent: int) -> Fraction:
    """The discount in minor units: a percentage of ``base`` or an amount."""
    text = discount.strip()
    if not text:
        return Fraction(0)
    if text.endswith("%"):
        return base * (Fraction(Decimal(text[:-1].strip())) / 100)
    return Fraction(Decimal(text)) * Fraction(10**exponent)


def _tax_total(priced: Priced, nets: Sequence[Fraction]) -> int:
    sums: dict[str, Fraction] = {}
    rounded = 0
    for line, net in zip(priced.lines, nets, strict=True):
        parts = effective_rates(line.tax)
        whole = sum((rate for _, rate in parts), Fraction(0))
        taxable = net / (1 + whole) if priced.prices_include_tax else net
        for tax_id, rate in parts:
            if priced.tax_per_line:
                rounded += _minor(taxable * rate)
            else:
                sums[tax_id] = sums.get(tax_id, Fraction(0)) + taxable * rate
    return rounded + sum(_minor(amount) for amount in sums.values())


def effective_rates(tax: TaxRate | None, /) -> list[tuple[str, Fraction]]:
    """Each tax that acts on a line with its rate on the untaxed amount; compound ones act on top of the simple ones."""
    if tax is None:
        return []
    members = tax.members or (tax,)
    simple = sum((_rate(member) for member in members if not member.is_compound), Fraction(0))
    alone = len(members) == 1
    return [
        (member.tax_id, _rate(member) * (1 + simple) if member.is_compound and not alone else _rate(member))
        for member in members
    ]


def _rate(tax: TaxRate) -> Fraction:
    return Fraction(tax.percentage) / 100


def _scaled(amount: Decimal, exponent: int) -> int:
    return _minor(Fraction(amount) * 10**exponent)


def _minor(amount: Fraction) -> int:
    """Half away from zero."""
    doubled = abs(amount) * 2
    rounded = (doubled.numerator + doubled.denominator) // (2 * doubled.denominator)
    return int(rounded if amount >= 0 else -rounded)


@dataclass(frozen=True, slots=True)
class Guarded:
    """The penny guard's verdict: ``adjustment`` in minor units closes a rounding difference; ``reason`` stops it."""

    adjustment: int = 0
    reason: str = ""


def penny_guard(*, predicted: int, stated: int | None, lines: int, label: str) -> Guarded:
    """Compare the predicted total with the order's own.

    A difference of at most one minor unit a line is rounding and goes into the invoice's ``adjustment``; anything else
    is for a person. ``label`` names the order's total with its currency in the reason.
    """
    if stated is None or stated == predicted:
        return Guarded()
    difference = stated - predicted
    if abs(difference) <= max(1, lines):
        return Guarded(adjustment=difference)
    return Guarded(
        reason=f"The order says {label}, its lines come to a total that differs by {difference} minor units."
    )


def invoice_number(
    *, prefix: str, source: str, order_id: str, okey: str, revision: int = 0, length: int = GST_NUMBER_LENGTH
) -> str:
    """The invoice number derived from an order's identity (numbering mode ``derived``).

    A plain order number of the default source is kept readable (``BB-1001``). Whatever would not survive (other
    characters, too long, another source) is completed by a hash of the identity, so that two orders never share a
    number by construction. A later revision, after a clash with a foreign document, gets a suffix of its own.
    """
    readable = re.sub(r"[^A-Z0-9/-]", "", order_id.upper())
    plain = f"{prefix}{readable}"
    if not readable:
        return f"{prefix}{derived_key(okey, str(revision))[: length - len(prefix)]}"
    mark = derived_key(okey, str(revision))[:6]
    if revision == 0 and source == "default" and readable == order_id and len(plain) <= length:
        return plain
    return f"{plain[: length - len(mark) - 1]}-{mark}"
