"""The totals maths of the sandbox: worked examples by hand, identities as properties (FACTS 5.4)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookbridge.sandbox.books.totals import LineInput, TaxShare, Terms, compute, effective, half_up
from tests.contract.sandbox.books.conftest import Books

D = Decimal
VAT = effective([("vat", D(20), False)])
LOW = effective([("low", D(5), False)])


def line(rate: str, quantity: str = "1", taxes: tuple[TaxShare, ...] = (), discount: str = "0") -> LineInput:
    """A line from texts; a discount with a per cent sign is a percentage."""
    percent = discount.endswith("%")
    return LineInput(D(rate), D(quantity), D(discount.rstrip("%")), percent, taxes)


def test_entity_level_rounds_a_tax_once_and_item_level_each_line() -> None:
    """Three lines of 0.33 at 5 per cent: 0.0495 once is 0.05; 0.0165 three times is 0.06."""
    lines = [line("0.33", taxes=LOW)] * 3
    assert compute(lines, Terms(places=2)).tax_total == D("0.05")
    assert compute(lines, Terms(places=2, rounding_per_line=True)).tax_total == D("0.06")


def test_a_line_is_rounded_once_after_its_discount() -> None:
    """1.115 x 3 = 3.345, less 10 per cent = 3.0105 -> 3.01, and 2.675 rounds half up to 2.68."""
    assert compute([line("1.115", "3", discount="10%")], Terms(places=2)).total == D("3.01")
    assert compute([line("2.675")], Terms(places=2)).total == D("2.68")
    assert compute([line("-2.675"), line("5")], Terms(places=2)).total == D("2.32")


def test_discount_before_tax_lowers_the_taxable_amount_in_proportion() -> None:
    """100 at 20 % and 50 without tax, less 30: taxable 80, tax 16, total 136."""
    terms = Terms(places=2, entity_level=True, discount=D(30))
    result = compute([line("100", taxes=VAT), line("50")], terms)
    assert (result.sub_total, result.discount_total, result.tax_total, result.total) == (150, 30, 16, 136)
    assert result.discount_base == 150


def test_discount_after_tax_is_taken_of_the_taxed_sum() -> None:
    """100 and 20 tax, less 10 per cent of 120: 108."""
    terms = Terms(places=2, entity_level=True, discount=D(10), discount_is_percent=True, before_tax=False)
    result = compute([line("100", taxes=VAT)], terms)
    assert (result.tax_total, result.discount_total, result.total, result.discount_base) == (20, 12, 108, 120)


def test_inclusive_prices_keep_their_sum() -> None:
    """Three times 9.99 at 20 % inside: 29.97 in all, 5.00 of it tax (29.97 - 24.975 = 4.995 -> 5.00)."""
    result = compute([line("9.99", taxes=VAT)] * 3, Terms(places=2, inclusive=True))
    assert (result.total, result.tax_total, result.sub_total) == (D("29.97"), 5, D("24.97"))
    assert [row.item_total for row in result.lines] == [D("8.31"), D("8.33"), D("8.33")]


def test_compound_tax_is_charged_on_base_and_simple_taxes() -> None:
    """100 with 10 % and a compound 5 %: 10 and 5.50; alone a compound tax is simple."""
    both = effective([("a", D(10), False), ("c", D(5), True)])
    result = compute([line("100", taxes=both)], Terms(places=2))
    assert result.taxes == {"a": 10, "c": D("5.5")}
    assert compute([line("100", taxes=effective([("c", D(5), True)]))], Terms(places=2)).tax_total == 5


def test_shipping_is_taxed_only_with_a_tax_and_adjustment_never() -> None:
    """100 + 10 shipping + 20 % of both - 0.01."""
    terms = Terms(places=2, shipping=D(10), adjustment=D("-0.01"))
    assert compute([line("100", taxes=VAT)], terms).total == D("129.99")
    taxed = Terms(places=2, shipping=D(10), shipping_taxes=VAT, adjustment=D("-0.01"))
    assert compute([line("100", taxes=VAT)], taxed).total == D("131.99")
    inside = compute([line("120", taxes=VAT)], Terms(places=2, inclusive=True, shipping=D(12), shipping_taxes=VAT))
    assert (inside.total, inside.shipping_exclusive, inside.tax_total, inside.sub_total) == (132, 10, 22, 100)


@pytest.mark.parametrize(("step", "expected"), [("1", "21"), ("0.5", "20.5"), ("0.25", "20.75")])
def test_rounding_preference(step: str, expected: str) -> None:
    """20.63 to the nearest whole, half and quarter (FACTS 5.4)."""
    result = compute([line("20.63")], Terms(places=2, round_to=D(step)))
    assert result.total == D(expected)
    assert result.roundoff == D(expected) - D("20.63")


def test_currencies_without_and_with_three_decimals() -> None:
    """1.5 x 333 = 499.5 -> 500 in a currency without decimals; 0.0005 -> 0.001 with three."""
    assert compute([line("333", "1.5")], Terms(places=0)).total == 500
    assert compute([line("0.0005")], Terms(places=3)).total == D("0.001")


def test_a_tie_after_proration_is_exact() -> None:
    """Thirds that add up to a tie are rounded up: 28-digit decimals would lose it."""
    terms = Terms(places=2, entity_level=True, discount=D("0.01"))
    lines = [line("0.01", taxes=effective([("t", D(50), False)]))] * 3
    result = compute(lines, terms)
    assert (result.sub_total, result.tax_total) == (D("0.03"), D("0.01"))
    assert half_up(Fraction(1, 200), 2) == D("0.01")
    assert half_up(Fraction(-1, 200), 2) == D("-0.01")


amounts = st.decimals(min_value=0, max_value=10_000, places=4, allow_nan=False)
taxes = st.sampled_from([(), VAT, LOW, effective([("vat", D(20), False), ("c", D(3), True)])])
lines = st.lists(
    st.builds(
        LineInput,
        rate=amounts,
        quantity=st.decimals(min_value=0, max_value=50, places=3),
        discount=st.decimals(min_value=0, max_value=100, places=2),
        discount_is_percent=st.just(True),
        taxes=taxes,
    ),
    min_size=1,
    max_size=8,
)
terms = st.builds(
    Terms,
    places=st.sampled_from([0, 2, 3]),
    inclusive=st.booleans(),
    entity_level=st.booleans(),
    discount=st.decimals(min_value=0, max_value=100, places=2),
    discount_is_percent=st.just(True),
    before_tax=st.booleans(),
    rounding_per_line=st.booleans(),
    shipping=st.integers(min_value=0, max_value=50).map(Decimal),
    shipping_taxes=taxes,
    adjustment=st.integers(min_value=-3, max_value=3).map(Decimal),
)


@settings(max_examples=300, deadline=None)
@given(rows=lines, says=terms)
def test_the_total_is_the_sum_of_its_parts(rows: list[LineInput], says: Terms) -> None:
    """total = sub_total - discount + tax + shipping without its tax + adjustment + roundoff, always."""
    result = compute(rows, says)
    parts = result.sub_total - result.discount_total + result.tax_total + result.shipping_exclusive
    assert result.total == parts + result.adjustment + result.roundoff
    assert result.tax_total == sum(result.taxes.values())
    if not says.inclusive:
        assert result.sub_total == sum(row.item_total for row in result.lines)


@settings(max_examples=200, deadline=None)
@given(rows=lines, says=terms)
def test_inclusive_totals_are_preserved(rows: list[LineInput], says: Terms) -> None:
    """With prices that include tax the total does not depend on the taxes or how they are rounded."""
    inclusive = Terms(**{**vars(says), "inclusive": True})
    bare = [LineInput(row.rate, row.quantity, row.discount, row.discount_is_percent) for row in rows]
    untaxed = Terms(**{**vars(inclusive), "shipping_taxes": ()})
    assert compute(rows, inclusive).total == compute(bare, untaxed).total


@settings(max_examples=200, deadline=None)
@given(rows=lines, places=st.sampled_from([0, 2, 3]))
def test_amounts_have_at_most_the_currencys_decimals(rows: list[LineInput], places: int) -> None:
    """Nothing finer than the price precision leaves the maths."""
    result = compute(rows, Terms(places=places, inclusive=True))
    figures = [result.total, result.sub_total, result.tax_total, *(row.item_total for row in result.lines)]
    assert all(figure == round(figure, places) for figure in figures)
    assert sum((row.item_total for row in result.lines), D(0)) == result.sub_total


def test_a_document_shows_the_figures_and_its_taxes(uk: Books) -> None:
    """Over HTTP: taxes named with their percentage, numbers as numbers, base-currency twins."""
    rows = {row["tax_name"]: row["tax_id"] for row in uk.call("GET", "/settings/taxes")["taxes"]}
    rates = uk.call("GET", "/settings/currencies")["currencies"]
    euro = next(row for row in rates if row["currency_code"] == "EUR")
    invoice = uk.call("POST", "/invoices", {
        "customer_id": uk.contact(currency_id=euro["currency_id"])["contact_id"],
        "line_items": [
            {"name": "Oak", "rate": "19.99", "quantity": 3, "tax_id": rows["VAT"], "discount": "5%"},
            {"name": "Book", "rate": 10, "tax_id": rows["VAT Reduced"]},
        ],
        "shipping_charge": "4.50", "adjustment": -0.01, "exchange_rate": "0.85",
    }, status=201)["invoice"]  # fmt: skip
    assert [row["tax_name"] for row in invoice["taxes"]] == ["VAT (20%)", "VAT Reduced (5%)"]
    assert [row["tax_amount"] for row in invoice["taxes"]] == [D("11.39"), D("0.5")]
    assert (invoice["sub_total"], invoice["tax_total"], invoice["shipping_charge"]) == (
        D("66.97"), D("11.89"), D("4.5"),
    )  # fmt: skip
    assert (invoice["total"], invoice["bcy_total"]) == (D("83.35"), D("70.85"))
    assert invoice["line_items"][0]["discount_amount"] == D("3")
    assert invoice["line_items"][0]["discount"] == "5%"


def test_vat_registration_refuses_shipping(uk: Books) -> None:
    """The text of FACTS 3.2 once the organization's setting is on."""
    uk.zoho.control("seed", {"organizations": [
        {"organization_id": uk.zoho.organization_id, "settings": {"vat_registered": True}},
    ]})  # fmt: skip
    body = {"customer_id": uk.contact()["contact_id"], "line_items": [{"name": "x", "rate": 1}], "shipping_charge": "5"}
    text = "Shipping and miscellaneous charges cannot be applied when registered for VAT."
    assert uk.refused("POST", "/invoices", body)[2] == text
