"""From the answers of the mirror's queries to what the pages show: shares, charts, links."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from bookbridge.kernel.money import Money
from bookbridge.mirror.queries.aging import Aging as Found
from bookbridge.mirror.queries.aging import Spread
from bookbridge.web.pages import figures
from bookbridge.web.pages.figures import AgedRow, Aging, Bucket


def aging_of(found: Found, /) -> Aging:
    """An aging with its shares and charts."""
    asked, spread = found.asked, found.spread
    most = max((each.spread.total.minor for each in found.customers), default=0)
    return Aging(
        as_of=asked.as_of.isoformat(),
        today=asked.today.isoformat(),
        by=asked.by,
        currency=asked.currency,
        currencies=tuple(asked.scale.exponents),
        buckets=tuple(
            Bucket(name=each.name, count=each.count, total=each.total, share=figures.share(each.total, spread.total))
            for each in spread.buckets
        ),
        total=spread.total,
        count=spread.count,
        overdue=spread.overdue,
        by_currency=tuple(row_of(each.currency, each.currency, each.spread, each.base) for each in found.by_currency),
        debtors=tuple(
            row_of(each.customer_id, each.name, each.spread, each.spread.total, whole=most) for each in found.customers
        ),
        chart=figures.segments(amounts_of(spread)),
    )


def row_of(key: str, name: str, spread: Spread, base: Money, /, *, whole: int = 0) -> AgedRow:
    """A line of an aging table; its chart is as long as its share of ``whole``."""
    amounts = amounts_of(spread)
    return AgedRow(
        key=key, name=name, count=spread.count, buckets=amounts, total=spread.total, base=base,
        chart=figures.segments(amounts, whole=whole),
    )  # fmt: skip


def amounts_of(spread: Spread, /) -> tuple[Money, ...]:
    """The amounts of the five buckets."""
    return tuple(each.total for each in spread.buckets)


def query_of(given: Mapping[str, str], names: Sequence[str], /, **changes: str) -> str:
    """A query string of the named parameters that are not empty, some of them changed."""
    kept = {name: given.get(name, "") for name in names} | changes
    return urlencode({name: value for name, value in kept.items() if value})
