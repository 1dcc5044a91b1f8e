"""Geometry of the charts: whole numbers in, places in per cent and pixels out; the templates draw them as SVG.

Widths are per cent of the picture and heights pixels, so that a chart fits every screen while its words keep their
size. A chart never stands alone: the same numbers are in a table beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

PLOT_TOP, PLOT_HEIGHT, LABEL_HEIGHT = 10, 140, 22
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_LARGE = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One piece of a stacked bar: where it begins and how wide it is, in per cent."""

    index: int
    x: str
    width: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """One upright bar with its words; ``missing`` draws a dot on the ground instead."""

    x: str
    width: str
    middle: str
    y: int
    height: int
    label: str
    title: str
    missing: bool = False


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A line across the plot and what it stands for."""

    y: int
    label: str


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Columns over a scale; ``lines`` join the tops for a chart of points."""

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    ground: int
    height: int

    @property
    def lines(self) -> tuple[tuple[Column, Column], ...]:
        """Neighbours that are both known."""
        pairs = zip(self.columns, self.columns[1:], strict=False)
        return tuple((one, other) for one, other in pairs if not one.missing and not other.missing)


def stack(values: Sequence[int], titles: Sequence[str], /, *, whole: int = 0) -> tuple[Segment, ...]:
    """Pieces of a bar beside each other, each as wide as its share of ``whole`` (their sum unless given).

    What is not above zero has no width and is left out.
    """
    known = [max(value, 0) for value in values]
    whole = max(whole, sum(known), 1)
    made, start = [], 0
    for index, (value, title) in enumerate(zip(known, titles, strict=True)):
        if value:
            made.append(
                Segment(index=index, x=percent(start, whole), width=percent(value, whole), title=title)
            )  # fmt: skip
        start += value
    return tuple(made)


def plot(values: Sequence[int | None], labels: Sequence[str], titles: Sequence[str], /, *, exponent: int = 0) -> Plot:
    """Upright bars; ``exponent`` is how many decimals the values have, for the words of the scale."""
    top = ceiling(max((value for value in values if value is not None), default=0))
    count = max(len(values), 1)
    slot, gap = 100_000 // count, 100_000 // count // 6
    columns = []
    for index, (value, label, title) in enumerate(zip(values, labels, titles, strict=True)):
        high = PLOT_HEIGHT * max(value or 0, 0) // top
        columns.append(
            Column(
                x=_thousandths(index * slot + gap), width=_thousandths(slot - 2 * gap),
                middle=_thousandths(index * slot + slot // 2), y=PLOT_TOP + PLOT_HEIGHT - max(high, 1 if value else 0),
                height=max(high, 1 if value else 0), label=label, title=title, missing=value is None,
            )
        )  # fmt: skip
    ticks = tuple(
        Tick(y=PLOT_TOP + PLOT_HEIGHT - PLOT_HEIGHT * part // 4, label=compact(top * part // 4, exponent=exponent))
        for part in (0, 1, 2, 3, 4)
    )
    ground = PLOT_TOP + PLOT_HEIGHT
    return Plot(columns=tuple(columns), ticks=ticks, ground=ground, height=ground + LABEL_HEIGHT)


def ceiling(most: int, /) -> int:
    """The end of a scale for values up to ``most``: a round number that four equal steps reach, at least 4."""
    if most <= 4:
        return 4
    step = Decimal(most) / 4
    size = Decimal(10) ** step.adjusted()
    found = next(size * each for each in _STEPS if size * each >= step)
    return int(found.to_integral_value(rounding="ROUND_CEILING")) * 4


def compact(minor: int, /, *, exponent: int = 0) -> str:
    """``12.5k``: an amount in so few letters that it fits beside a scale; rounded, never for tables."""
    amount = Decimal(minor).scaleb(-exponent)
    for size, letter in _LARGE:
        if abs(amount) >= size:
            return f"{_plain(amount / size)}{letter}"
    return _plain(amount)


def percent(part: int, whole: int, /) -> str:
    """``part`` of ``whole`` in per cent, with three decimals."""
    return _thousandths(part * 100_000 // whole)


def _thousandths(value: int) -> str:
    return f"{value // 1000}.{value % 1000:03d}%"


def _plain(amount: Decimal) -> str:
    text = f"{amount:.2f}" if abs(amount) < 10 else f"{amount:.1f}" if abs(amount) < 100 else f"{amount:.0f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
