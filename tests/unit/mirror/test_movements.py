"""Events of a document: what they add up to, and when."""

from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bookbridge.mirror.movements import Document, Event, base_of, converted, events_of
from tests.support.mirrored import based

DAYS = st.integers(1, 28).map(lambda day: f"2026-03-{day:02d}")
RATES = st.decimals(min_value=Decimal("0.000001"), max_value=Decimal(1000), places=6).map(str)


@st.composite
def documents(draw: st.DrawFn) -> tuple[Document, list[tuple[str, int]]]:
    """A document, and what was applied to it in the order it became known; some of it may be missing."""
    total = draw(st.integers(0, 10_000_000))
    balance = draw(st.integers(0, total))
    applied = draw(st.lists(st.tuples(DAYS, st.integers(1, 1_000_000)), max_size=6))
    document = Document(
        dated_on=draw(DAYS),
        total=total,
        balance=balance,
        rate=draw(RATES),
        exponent=draw(st.sampled_from((0, 2, 3))),
        base_exponent=draw(st.sampled_from((0, 2, 3))),
        unexplained_on=draw(DAYS),
        is_billed=draw(st.booleans()),
    )
    return document, applied


@given(documents())
def test_events_add_up_to_the_balance_of_every_day(case: tuple[Document, list[tuple[str, int]]]) -> None:
    """At the end of each day: the total less what was applied up to then; at the end of all days Zoho's balance."""
    document, applied = case
    events = events_of(document, applied)
    for day in (f"2026-03-{number:02d}" for number in range(1, 32)):
        seen = [event for event in events if event.on_date <= day]
        balance = _balance(document, applied, day)
        assert sum(event.minor for event in seen) == balance
        assert sum(event.base_minor for event in seen) == base_of(balance, document)
        assert sum(event.opened for event in seen) == (balance != 0)
    assert sum(event.minor for event in events) == document.balance
    assert sum(event.billed_minor for event in events) == (document.total if document.is_billed else 0)
    assert len({event.on_date for event in events}) == len(events)


@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(case: tuple[Document, list[tuple[str, int]]], random: Random) -> None:
    """Applications in any order make the same events."""
    document, applied = case
    shuffled = list(applied)
    random.shuffle(shuffled)
    assert events_of(document, shuffled) == events_of(document, applied)


@given(st.integers(-(10**15), 10**15), RATES, st.sampled_from((0, 2, 3)), st.sampled_from((0, 2, 3)))
def test_conversion_is_exact_and_rounds_halves_away_from_zero(
    minor: int, rate: str, exponent: int, base_exponent: int
) -> None:
    """Whole-number arithmetic gives what decimals give (FACTS 5.4)."""
    assert converted(minor, rate, base_exponent - exponent) == based(minor, rate, exponent, base_exponent)


def test_halves_and_an_unknown_rate() -> None:
    """0.5 becomes 1, -0.5 becomes -1; an empty rate is 1."""
    assert [converted(minor, "0.5", 0) for minor in (1, -1, 3)] == [1, -1, 2]
    assert converted(7, "", 0) == 7
    assert converted(7, "1E+2", 0) == 700


def test_what_is_applied_before_the_invoice_counts_from_its_day() -> None:
    """A payment in advance settles the invoice on the invoice date: nothing was ever open, and it was billed."""
    document = Document(
        dated_on="2026-03-10", total=500, balance=0, rate="1", exponent=2, base_exponent=2, unexplained_on="",
        is_billed=True,
    )  # fmt: skip
    assert events_of(document, [("2026-03-01", 500)]) == [Event("2026-03-10", 0, 0, 0, 500, 500)]


def _balance(document: Document, applied: list[tuple[str, int]], day: str) -> int:
    if day < document.dated_on:
        return 0
    rest = document.total - document.balance - sum(amount for _day, amount in applied)
    used = sum(amount for applied_on, amount in applied if max(applied_on, document.dated_on) <= day)
    if max(document.unexplained_on, document.dated_on) <= day:
        used += rest
    return document.total - used
