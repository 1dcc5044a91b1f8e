"""The geometry of charts: nothing is wider than its picture, nothing that is there is invisible."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.web.pages import charts

AMOUNTS = st.lists(st.integers(min_value=-(10**15), max_value=10**15), min_size=1, max_size=12)


def _number(percent: str) -> Decimal:
    return Decimal(percent.removesuffix("%"))


@given(AMOUNTS)
def test_pieces_of_a_stack_follow_each_other_and_fill_at_most_the_bar(values: list[int]) -> None:
    """Each piece begins where the last one ends (to a thousandth), and together they are no wider than the bar."""
    pieces = charts.stack(values, [str(value) for value in values])
    assert [each.index for each in pieces] == [index for index, value in enumerate(values) if value > 0]
    end = Decimal(0)
    for each in pieces:
        assert end - Decimal("0.001") <= _number(each.x) <= end + Decimal("0.001") * len(values)
        end = _number(each.x) + _number(each.width)
    assert end <= 100


@given(st.lists(st.none() | st.integers(min_value=0, max_value=10**15), min_size=1, max_size=12))
def test_columns_stay_inside_the_plot_and_what_is_there_is_seen(values: list[int | None]) -> None:
    """A column of any height above nothing is at least a pixel, and none leaves the plot."""
    texts = [str(value) for value in values]
    made = charts.plot(values, texts, texts)
    for value, column in zip(values, made.columns, strict=True):
        assert column.missing is (value is None)
        assert (column.height >= 1) is bool(value)
        assert column.y >= charts.PLOT_TOP and column.y + column.height == made.ground
        assert _number(column.x) + _number(column.width) <= 100


@given(st.integers(min_value=0, max_value=10**18))
def test_a_scale_ends_at_a_round_number_above_everything(most: int) -> None:
    """The end is at least the highest value, at most four times it, and four equal steps reach it."""
    top = charts.ceiling(most)
    assert max(most, 4) <= top <= max(4, most * 4)
    assert top % 4 == 0


@pytest.mark.parametrize(
    ("minor", "exponent", "words"),
    [(0, 2, "0"), (1250, 2, "12.5"), (1_250_000, 2, "12.5k"), (125_000_000, 2, "1.25M"), (99_950, 0, "100k"),
     (5, 0, "5"), (123, 3, "0.12")],
)  # fmt: skip
def test_words_beside_a_scale_are_short(minor: int, exponent: int, words: str) -> None:
    """A scale has room for five letters."""
    assert charts.compact(minor, exponent=exponent) == words


def test_points_are_joined_only_where_both_are_known() -> None:
    """A month without sales leaves a gap in the line."""
    made = charts.plot([30, None, 31, 32], ["a"] * 4, ["a"] * 4)
    assert [(one.y, other.y) for one, other in made.lines] == [(made.columns[2].y, made.columns[3].y)]
