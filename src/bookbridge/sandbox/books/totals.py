"""Totals of an invoice or credit note, exactly (FACTS 5.4 "Totals maths").

Where the source is silent these choices were made, each the plain reading:

* every intermediate is an exact rational; a line is rounded once, after its own discount; a tax once for the whole
  document (``entity_level``) or once a line (``item_level``); half up, ties away from zero, at the price precision
  of the document's currency;
* an entity discount before tax lowers every line in proportion to its amount, unrounded; a percentage is taken of
  the sum of lines (inclusive amounts when prices include tax); after tax it is taken of that sum plus the tax;
* ``compound_tax`` in a group is charged on base plus the group's simple taxes; alone it is a simple tax;
* prices that include tax: taxable = amount / (1 + rate); the inclusive total is preserved, ``sub_total`` is what
  remains of it after tax, and an item's share of that remainder goes to the first line with the largest amount;
* ``shipping_charge`` is taxed only with a shipping tax; ``adjustment`` never is;
* without ``discount_type`` a discount of the document means ``entity_level``; with ``item_level`` it is ignored.
"""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from bookbridge.sandbox.books.values import ONE, WIDE, ZERO, rounded, tidy

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class TaxShare:
    """One tax of a line: ``rate`` is the effective fraction of the taxable amount (0.2 for 20 %)."""

    tax_id: str
    rate: Fraction


@dataclass(frozen=True)
class LineInput:
    """A line before maths: ``discount`` is an amount for the whole line, or per cent of it."""

    rate: Decimal
    quantity: Decimal
    discount: Decimal = ZERO
    discount_is_percent: bool = False
    taxes: tuple[TaxShare, ...] = ()


@dataclass(frozen=True)
class Terms:
    """What a document says about discount, tax, shipping and rounding; ``places`` is the price precision."""

    places: int
    inclusive: bool = False
    entity_level: bool = False
    discount: Decimal = ZERO
    discount_is_percent: bool = False
    before_tax: bool = True
    rounding_per_line: bool = False
    shipping: Decimal = ZERO
    shipping_taxes: tuple[TaxShare, ...] = ()
    adjustment: Decimal = ZERO
    round_to: Decimal = ZERO


@dataclass(frozen=True)
class LineResult:
    """A line after maths, in the document's currency."""

    amount: Decimal
    discount_amount: Decimal
    item_total: Decimal
    taxes: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True)
class Result:
    """The figures of a document, in its currency; ``taxes`` by tax id in order of appearance."""

    lines: list[LineResult]
    sub_total: Decimal
    sub_total_inclusive: Decimal
    discount_total: Decimal
    discount_base: Decimal
    taxable: Decimal
    taxes: dict[str, Decimal]
    tax_total: Decimal
    shipping: Decimal
    shipping_exclusive: Decimal
    adjustment: Decimal
    roundoff: Decimal
    total: Decimal


@dataclass
class _Sums:
    """Taxes and taxable amounts while they are added up."""

    rounding_per_line: bool
    places: int
    taxes: dict[str, Fraction] = field(default_factory=dict)
    taxable: Fraction = Fraction(0)

    def add(self, net: Fraction, taxes: tuple[TaxShare, ...], inclusive: bool) -> Fraction:
        """Add one amount; returns its taxable part."""
        base = net / (1 + sum((tax.rate for tax in taxes), Fraction(0))) if inclusive and taxes else net
        for tax in taxes:
            amount = base * tax.rate
            if self.rounding_per_line:
                amount = Fraction(half_up(amount, self.places))
            self.taxes[tax.tax_id] = self.taxes.get(tax.tax_id, Fraction(0)) + amount
        if taxes:
            self.taxable += base
        return base


def half_up(value: Fraction, places: int) -> Decimal:
    """An exact rational as a decimal, half up with ties away from zero."""
    scaled = abs(value) * 10**places
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return tidy(Decimal(-units if value < 0 else units).scaleb(-places))


def effective(members: list[tuple[str, Decimal, bool]]) -> tuple[TaxShare, ...]:
    """The shares of a tax or tax group given as ``(tax_id, percentage, is_compound)``."""
    simple = [Fraction(percent) / 100 for _, percent, compound in members if not compound]
    factor = 1 + sum(simple, Fraction(0))
    return tuple(
        TaxShare(tax_id, Fraction(percent) / 100 * (factor if compound and simple else 1))
        for tax_id, percent, compound in members
    )


def _line_amounts(lines: list[LineInput], terms: Terms) -> list[tuple[Decimal, Decimal]]:
    """Amount and discount of each line, both rounded (the amount from unrounded parts)."""
    amounts = []
    for line in lines:
        gross = WIDE.multiply(line.rate, line.quantity)
        discount = ZERO
        if not terms.entity_level and line.discount:
            percent = WIDE.multiply(line.discount, HUNDREDTH)
            discount = WIDE.multiply(gross, percent) if line.discount_is_percent else line.discount
        amounts.append((rounded(WIDE.subtract(gross, discount), terms.places), rounded(discount, terms.places)))
    return amounts


def _discount(base: Decimal, terms: Terms) -> Decimal:
    if not terms.entity_level or not base:
        return ZERO
    percent = WIDE.multiply(terms.discount, HUNDREDTH)
    return rounded(WIDE.multiply(base, percent) if terms.discount_is_percent else terms.discount, terms.places)


def _nets(amounts: list[tuple[Decimal, Decimal]], total: Decimal, discount: Decimal) -> list[Fraction]:
    """Line amounts after their exact share of an entity discount before tax."""
    plain = [Fraction(amount) for amount, _ in amounts]
    if not discount:
        return plain
    keep = 1 - Fraction(discount) / Fraction(total)
    return [amount * keep for amount in plain]


def _line_taxes(line: LineInput, base: Fraction, places: int) -> tuple[tuple[str, Decimal], ...]:
    return tuple((tax.tax_id, half_up(base * tax.rate, places)) for tax in line.taxes)


def _item_totals(
    lines: list[LineInput], amounts: list[tuple[Decimal, Decimal]], terms: Terms, sub_total: Decimal, spread: bool
) -> list[Decimal]:
    """``item_total`` of each line: the amount, without its tax where prices include it."""
    if not terms.inclusive:
        return [amount for amount, _ in amounts]
    totals = [
        half_up(Fraction(amount) / (1 + sum((tax.rate for tax in line.taxes), Fraction(0))), terms.places)
        for line, (amount, _) in zip(lines, amounts, strict=True)
    ]
    if spread and totals:
        largest = totals.index(max(totals))
        totals[largest] = tidy(totals[largest] + sub_total - sum(totals, ZERO))
    return totals


def _roundoff(amount: Decimal, step: Decimal) -> Decimal:
    if not step:
        return ZERO
    return tidy((amount / step).quantize(ONE, rounding=ROUND_HALF_UP) * step - amount)


def _shipping_exclusive(terms: Terms) -> Decimal:
    if not (terms.inclusive and terms.shipping_taxes):
        return terms.shipping
    rate = sum((tax.rate for tax in terms.shipping_taxes), Fraction(0))
    return half_up(Fraction(terms.shipping) / (1 + rate), terms.places)


def compute(lines: list[LineInput], terms: Terms) -> Result:
    """The figures of a document; amounts are rounded to ``terms.places``, signs as the parts give them."""
    amounts = _line_amounts(lines, terms)
    gross = sum((amount for amount, _ in amounts), ZERO)
    discount = _discount(gross, terms) if terms.before_tax else ZERO
    sums = _Sums(terms.rounding_per_line, terms.places)
    nets = _nets(amounts, gross, discount)
    bases = [sums.add(net, line.taxes, terms.inclusive) for net, line in zip(nets, lines, strict=True)]
    if terms.shipping:
        sums.add(Fraction(terms.shipping), terms.shipping_taxes, terms.inclusive)
    taxes = {tax_id: half_up(amount, terms.places) for tax_id, amount in sums.taxes.items()}
    tax_total = sum(taxes.values(), ZERO)
    base = gross
    if terms.entity_level and not terms.before_tax:
        base = gross if terms.inclusive else gross + tax_total
        discount = _discount(base, terms)
    shipping_ex = _shipping_exclusive(terms)
    inside = tax_total - (terms.shipping - shipping_ex) if terms.inclusive else ZERO
    sub_total = gross - inside
    before = sub_total - discount + tax_total + shipping_ex + terms.adjustment
    roundoff = _roundoff(before, terms.round_to)
    totals = _item_totals(lines, amounts, terms, sub_total, not discount and not terms.shipping_taxes)
    return Result(
        lines=[
            LineResult(tidy(amount), cut, tidy(item_total), _line_taxes(line, net, terms.places))
            for (amount, cut), item_total, line, net in zip(amounts, totals, lines, bases, strict=True)
        ],
        sub_total=tidy(sub_total),
        sub_total_inclusive=tidy(gross) if terms.inclusive else ZERO,
        discount_total=tidy(discount),
        discount_base=tidy(base),
        taxable=half_up(sums.taxable, terms.places),
        taxes=taxes,
        tax_total=tidy(tax_total),
        shipping=tidy(terms.shipping),
        shipping_exclusive=tidy(shipping_ex),
        adjustment=tidy(terms.adjustment),
        roundoff=roundoff,
        total=tidy(before + roundoff),
    )
