"""How a document's open amount moves over time: a document and what was applied to it -> dated events. Pure.

What counts, and when:

- a document counts from its own date with its total; drafts, void ones and those in approval do not count at all
  (FACTS 5.4: a void invoice keeps its balance on the wire);
- what is applied to it (a payment, a credit note, a write-off, a refund) counts on its day, but never before the
  document's own date;
- Zoho's balance is the truth: what the known applications do not explain of it counts on ``unexplained_on``;
- amounts in the organization's currency are differences of the *rounded balance*, so that a sum over days is rounded
  once, as Zoho rounds (halves away from zero, FACTS 5.4).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

NOT_COUNTED = ("draft", "void", "pending_approval", "approved", "rejected")
"""States in which an invoice or a credit note is neither owed nor a credit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the events of a document follow from; amounts in minor units, days as ``2026-01-31``.

    ``balance`` is what Zoho says is open now, ``rate`` (a decimal as text) what one unit of the document's currency is
    worth in the organization's; ``exponent`` and ``base_exponent`` are the decimals of the two.
    """

    dated_on: str
    total: int
    balance: int
    rate: str
    exponent: int
    base_exponent: int
    unexplained_on: str
    is_billed: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """How the open amount changed on a day; ``opened`` is 1 when it became open, -1 when it was settled."""

    on_date: str
    minor: int
    base_minor: int
    opened: int
    billed_minor: int = 0
    base_billed_minor: int = 0


def events_of(document: Document, applied: Iterable[tuple[str, int]], /) -> list[Event]:
    """The events of a document by day, in order; ``applied`` are (day, amount) pairs, in any order.

    Their sums up to a day are the balance at the end of that day; over all days they are ``document.balance``.
    """
    changes: dict[str, int] = {document.dated_on: document.total}
    left = document.total - document.balance
    for day, amount in applied:
        left -= amount
        _add(changes, max(day or document.unexplained_on, document.dated_on), -amount)
    if left:
        _add(changes, max(document.unexplained_on, document.dated_on), -left)
    balance = base = 0
    made = []
    for day in sorted(changes):
        balance_before, base_before = balance, base
        balance += changes[day]
        base = base_of(balance, document)
        billed = document.total if document.is_billed and day == document.dated_on else 0
        opened = (balance != 0) - (balance_before != 0)
        if changes[day] or billed:
            event = Event(day, changes[day], base - base_before, opened, billed, base_of(billed, document))
            made.append(event)
    return made


def base_of(minor: int, document: Document, /) -> int:
    """An amount of the document in the organization's currency, in minor units."""
    return converted(minor, document.rate, document.base_exponent - document.exponent)


def converted(minor: int, rate: str, shift: int, /) -> int:
    """``minor * rate * 10**shift``, rounded to a whole number, halves away from zero; an empty rate is 1."""
    digits, power = _rate(rate)
    power += shift
    if power >= 0:
        return int(minor * digits * 10**power)
    quotient, rest = divmod(abs(minor * digits), 10**-power)
    rounded = int(quotient + (2 * rest >= 10**-power))
    return rounded if minor * digits >= 0 else -rounded


@lru_cache(maxsize=4096)
def _rate(text: str) -> tuple[int, int]:
    """A decimal as (whole number, power of ten)."""
    sign, digits, power = Decimal(text or "1").as_tuple()
    assert isinstance(power, int)
    whole = int("".join(map(str, digits)))
    return (-whole if sign else whole), power


def _add(changes: dict[str, int], day: str, amount: int) -> None:
    changes[day] = changes.get(day, 0) + amount
