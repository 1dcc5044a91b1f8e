"""The predicted total is the total: generated orders against the sandbox's arithmetic, and a part of them over HTTP.

Tax exclusive and inclusive, groups and compound taxes, discounts by line and by document, shipping, adjustment,
currencies with 0, 2 and 3 decimals. ``features/billing/policy.py`` and the sandbox's totals were written from the same
facts by different hands; neither imports the other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from bookbridge.features.billing.policy import Priced, PricedLine, TaxRate, predict
from bookbridge.sandbox.books import totals as sandbox
from lab import DOLLARS, Lab, lab, options, show

PLACES = {"JPY": 0, "USD": 2, "KWD": 3}
RATES = ("5", "7.5", "9.975", "18", "19", "20", "0.25")


@dataclass(frozen=True, slots=True)
class Case:
    """One generated order: ``priced`` for the prediction, ``places`` of its currency."""

    currency: str
    priced: Priced


def taxes(random: Random) -> list[TaxRate]:
    """The organization's taxes: simple ones, and groups whose last member may be compound."""
    simple = [TaxRate(tax_id=f"t{number}", percentage=Decimal(rate)) for number, rate in enumerate(RATES)]
    groups = []
    for number in range(4):
        members = random.sample(simple, 2)
        last = TaxRate(tax_id=f"c{number}", percentage=members[1].percentage, is_compound=number % 2 == 1)
        groups.append(TaxRate(tax_id=f"g{number}", percentage=Decimal(0), members=(members[0], last)))
    return [*simple, *groups]


def generate(random: Random, known: Sequence[TaxRate]) -> Case:
    """One order."""
    currency = random.choice(list(PLACES))
    places = PLACES[currency]
    kind = random.choice(("none", "line", "document"))
    lines = tuple(_line(random, known, places, has_discount=kind == "line") for _ in range(random.randrange(1, 9)))
    priced = Priced(
        lines=lines,
        exponent=places,
        discount=_discount(random, places, most=50) if kind == "document" else "",
        discount_before_tax=random.random() < 0.8,
        prices_include_tax=random.random() < 0.4,
        shipping=_amount(random, places, 5000) if random.random() < 0.3 else Decimal(0),
        adjustment=_amount(random, places, 300) - _amount(random, places, 300) if random.random() < 0.2 else Decimal(0),
        tax_per_line=random.random() < 0.3,
        line_discounts=kind != "document",
    )
    return Case(currency, priced)


def _line(random: Random, known: Sequence[TaxRate], places: int, *, has_discount: bool) -> PricedLine:
    more = random.choice((0, 0, 0, 1, 2))
    quantity = (
        Decimal(random.randrange(1, 40)) if random.random() < 0.7 else Decimal(random.randrange(1, 9999)).scaleb(-2)
    )
    return PricedLine(
        rate=Decimal(random.randrange(50 * 10**more, 30_000 * 10**more)).scaleb(-places - more),
        quantity=quantity,
        discount=_discount(random, places, most=20) if has_discount and random.random() < 0.6 else "",
        tax=random.choice(known) if random.random() < 0.75 else None,
    )


def _discount(random: Random, places: int, *, most: int) -> str:
    if random.random() < 0.5:
        return f"{Decimal(random.randrange(1, 9000)).scaleb(-2)}%"
    return str(_amount(random, places, most))


def _amount(random: Random, places: int, most: int) -> Decimal:
    return Decimal(random.randrange(1, most)).scaleb(-places)


def by_sandbox(case: Case) -> int:
    """The sandbox's total in minor units, from its own arithmetic."""
    priced = case.priced
    lines = []
    for line in priced.lines:
        discount, is_percent = _parts(line.discount)
        members = [] if line.tax is None else [*(line.tax.members or (line.tax,))]
        shares = sandbox.effective([(tax.tax_id, tax.percentage, tax.is_compound) for tax in members])
        lines.append(sandbox.LineInput(line.rate, line.quantity, discount, is_percent, shares))
    discount, is_percent = _parts(priced.discount)
    terms = sandbox.Terms(
        places=priced.exponent, inclusive=priced.prices_include_tax, entity_level=not priced.line_discounts,
        discount=discount, discount_is_percent=is_percent, before_tax=priced.discount_before_tax,
        rounding_per_line=priced.tax_per_line, shipping=priced.shipping, adjustment=priced.adjustment,
    )  # fmt: skip
    return int(sandbox.compute(lines, terms).total.scaleb(priced.exponent))


def _parts(discount: str) -> tuple[Decimal, bool]:
    return (Decimal(discount.rstrip("%") or 0), discount.endswith("%"))


def over_http(made: Lab, count: int, seed: int) -> Counter[str]:
    """Create invoices through the API and compare; taxes and currencies are the organization's own."""
    random = Random(seed)
    counted: Counter[str] = Counter()
    with made.app(ZOHO_ORG_ID=DOLLARS) as app:
        books = app.services.zoho.books(DOLLARS)
        known = _organization_taxes(made, books)
        customers = _customers(books)
        for number in range(count):
            case = generate(random, list(known))
            if case.priced.tax_per_line:
                case = Case(case.currency, _like(case.priced))
            body = _body(case, customers[case.currency], known)
            body["invoice_number"] = f"T-{number:06d}"
            params = {"ignore_auto_number_generation": True}
            row = books.call("POST", "/invoices", params=params, json=body).body["invoice"]
            minor = int(Decimal(row["total"]).scaleb(case.priced.exponent))
            counted["equal" if minor == predict(case.priced).total else "different"] += 1
    return counted


def _like(priced: Priced) -> Priced:
    """The same order as the organization rounds it: taxes once a document."""
    values = {name: getattr(priced, name) for name in Priced.__slots__}
    return Priced(**{**values, "tax_per_line": False})


def _organization_taxes(made: Lab, books: Any) -> dict[TaxRate, str]:
    simple: dict[TaxRate, str] = {}
    for rate in RATES:
        row = books.call("POST", "/settings/taxes", json={"tax_name": f"T{rate}", "tax_percentage": Decimal(rate)})
        tax_id = str(row.body["tax"]["tax_id"])
        simple[TaxRate(tax_id=tax_id, percentage=Decimal(rate))] = tax_id
    return simple


def _customers(books: Any) -> dict[str, tuple[str, str]]:
    """A customer for each currency: (contact id, currency id)."""
    known = {row["currency_code"]: str(row["currency_id"]) for row in _currencies(books)}
    for code, places in PLACES.items():
        if code not in known:
            body = {
                "currency_code": code,
                "currency_symbol": code,
                "price_precision": places,
                "currency_format": _FORMATS[places],
            }
            row = books.call("POST", "/settings/currencies", json=body).body["currency"]
            known[code] = str(row["currency_id"])
    made = {}
    for code in PLACES:
        body = {"contact_name": f"Buyer {code}", "contact_type": "customer", "currency_id": known[code]}
        made[code] = (str(books.call("POST", "/contacts", json=body).body["contact"]["contact_id"]), known[code])
    return made


_FORMATS = {0: "1,234,567", 2: "1,234,567.89", 3: "1,234,567.899"}


def _currencies(books: Any) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = books.call("GET", "/settings/currencies").body["currencies"]
    return rows


def _body(case: Case, customer: tuple[str, str], known: Mapping[TaxRate, str]) -> dict[str, Any]:
    priced = case.priced
    lines = []
    for line in priced.lines:
        item: dict[str, Any] = {"name": "Article", "rate": line.rate, "quantity": line.quantity}
        if line.tax is not None:
            item["tax_id"] = known[line.tax]
        if line.discount:
            item["discount"] = _sent(line.discount)
        lines.append(item)
    body: dict[str, Any] = {"customer_id": customer[0], "currency_id": customer[1], "line_items": lines}
    if priced.discount:
        body |= {"discount": _sent(priced.discount), "discount_type": "entity_level"}
        body["is_discount_before_tax"] = priced.discount_before_tax
    elif any(line.discount for line in priced.lines):
        body["discount_type"] = "item_level"
    body["is_inclusive_tax"] = priced.prices_include_tax
    return body | {"shipping_charge": priced.shipping, "adjustment": priced.adjustment}


def _sent(discount: str) -> Any:
    return discount if discount.endswith("%") else Decimal(discount)


def main() -> None:
    """Compare all of them here, a part of them over HTTP."""
    given = options(__doc__, count=100_000, http=2_000, seed=1)
    random = Random(given.seed)
    known = taxes(random)
    kinds: Counter[str] = Counter()
    equal = 0
    for _ in range(given.count):
        case = generate(random, known)
        kinds[case.currency] += 1
        kinds["tax inclusive"] += case.priced.prices_include_tax
        kinds["discount of the document"] += bool(case.priced.discount)
        kinds["discount of a line"] += any(line.discount for line in case.priced.lines)
        kinds["tax rounded per line"] += case.priced.tax_per_line
        equal += predict(case.priced).total == by_sandbox(case)
    figures: dict[str, Any] = {"generated orders": given.count, "predicted = computed": equal}
    figures |= {f"  {name}": count for name, count in sorted(kinds.items())}
    with lab() as made:
        counted = over_http(made, given.http, given.seed)
    figures |= {"over HTTP": given.http, "over HTTP: predicted = Zoho's": counted["equal"]}
    show("Predicted totals", figures, given)


if __name__ == "__main__":
    main()
