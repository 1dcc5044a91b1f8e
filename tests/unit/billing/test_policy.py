"""Numbers and totals of invoices, against the sandbox's independent reading of Zoho's rules."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookbridge.features.billing.policy import (
    Guarded,
    Priced,
    PricedLine,
    TaxRate,
    invoice_number,
    penny_guard,
    predict,
)
from bookbridge.kernel.ids import derived_key
from bookbridge.kernel.money import round_half_up
from bookbridge.sandbox.books import totals

TAXES = (
    None,
    TaxRate(tax_id="20", percentage=Decimal(20)),
    TaxRate(tax_id="7.25", percentage=Decimal("7.25")),
    TaxRate(
        tax_id="group",
        percentage=Decimal(15),
        members=(
            TaxRate(tax_id="5", percentage=Decimal(5)),
            TaxRate(tax_id="9.975", percentage=Decimal("9.975"), is_compound=True),
        ),
    ),
)

amounts = st.decimals(min_value=0, max_value=9999, places=3, allow_nan=False)
quantities = st.decimals(min_value=Decimal("0.001"), max_value=500, places=3, allow_nan=False)
percents = st.decimals(min_value=0, max_value=100, places=2, allow_nan=False)
lines = st.builds(
    PricedLine,
    rate=amounts,
    quantity=quantities,
    discount=st.one_of(st.just(""), percents.map(lambda rate: f"{rate}%")),
    tax=st.sampled_from(TAXES),
)
documents = st.builds(
    Priced,
    lines=st.lists(lines, min_size=1, max_size=12),
    exponent=st.sampled_from([0, 2, 3]),
    discount=st.one_of(st.just(""), percents.map(lambda rate: f"{rate}%")),
    discount_before_tax=st.booleans(),
    prices_include_tax=st.booleans(),
    shipping=amounts,
    tax_per_line=st.booleans(),
)


def sandbox_total(priced: Priced) -> int:
    """What the sandbox makes of the same document, in minor units."""
    entity = bool(priced.discount)
    inputs = [
        totals.LineInput(
            rate=line.rate,
            quantity=line.quantity,
            discount=Decimal(line.discount[:-1]) if line.discount and not entity else Decimal(0),
            discount_is_percent=True,
            taxes=totals.effective(members(line.tax)),
        )
        for line in priced.lines
    ]
    terms = totals.Terms(
        places=priced.exponent,
        inclusive=priced.prices_include_tax,
        entity_level=entity,
        discount=Decimal(priced.discount[:-1]) if entity else Decimal(0),
        discount_is_percent=True,
        before_tax=priced.discount_before_tax,
        rounding_per_line=priced.tax_per_line,
        shipping=round_half_up(priced.shipping, exponent=priced.exponent),
    )
    return int(totals.compute(inputs, terms).total.scaleb(priced.exponent))


def members(tax: TaxRate | None) -> list[tuple[str, Decimal, bool]]:
    """A tax as the sandbox's rules want it."""
    each = () if tax is None else tax.members or (tax,)
    return [(member.tax_id, member.percentage, member.is_compound) for member in each]


@settings(max_examples=250, deadline=None)
@given(documents)
def test_the_predicted_total_is_the_sandboxs_to_the_last_digit(priced: Priced) -> None:
    """Two independent readings of the same rules agree on every document."""
    shown = Priced(
        **{**{name: getattr(priced, name) for name in Priced.__slots__}, "line_discounts": not priced.discount}
    )

    assert predict(shown).total == sandbox_total(shown)


def test_a_half_cent_rounds_away_from_zero() -> None:
    """0.125 is 0.13."""
    priced = Priced(lines=[PricedLine(rate=Decimal("0.125"), quantity=Decimal(1))], exponent=2)

    assert predict(priced).total == 13


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [(None, Guarded()), (1000, Guarded()), (1002, Guarded(adjustment=2)), (998, Guarded(adjustment=-2))],
)
def test_a_difference_of_one_minor_unit_a_line_is_adjusted(stated: int | None, verdict: Guarded) -> None:
    """Two lines allow two cents either way."""
    assert penny_guard(predicted=1000, stated=stated, lines=2, label="10.00 USD") == verdict


def test_a_larger_difference_waits_for_a_person() -> None:
    """Three cents on two lines are no rounding."""
    verdict = penny_guard(predicted=1000, stated=1003, lines=2, label="10.03 USD")

    assert verdict.adjustment == 0
    assert "10.03 USD" in verdict.reason


def number(source: str, order_id: str, revision: int = 0) -> str:
    """The invoice number of an order."""
    okey = derived_key("org", source, order_id)
    return invoice_number(prefix="BB-", source=source, order_id=order_id, okey=okey, revision=revision)


def test_a_plain_order_number_stays_readable() -> None:
    """Order 1001 of the default source is invoice BB-1001."""
    assert number("default", "1001") == "BB-1001"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["default", "shop"]), st.text(max_size=40)), min_size=2, max_size=30, unique=True
    ),
    st.integers(0, 3),
)
def test_numbers_fit_the_strictest_rule_and_differ_between_orders(orders: list[tuple[str, str]], revision: int) -> None:
    """At most 16 characters of A-Z 0-9 - /, and no two orders share one."""
    numbers = [number(source, order_id, revision) for source, order_id in orders]

    assert len(set(numbers)) == len(numbers)
    for each in numbers:
        assert 1 <= len(each) <= 16
        assert set(each) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/")
