"""Accepting the orders of a file in batches, each batch one durable transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from bookbridge.inbox import imports
from bookbridge.inbox.receive import Delivery
from bookbridge.inbox.sources.entries import Entry, Found, LeftOut, Wrong
from bookbridge.registry import Services
from bookbridge.store.organizations import Organization

BATCH = 100
Told = Callable[[int], None]


@dataclass
class Outcome:
    """What reading and accepting came to; ``left_out`` and ``wrong`` hold every entry that became no order."""

    accepted: Counter[str] = field(default_factory=Counter)
    left_out: list[LeftOut] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)

    @property
    def read(self) -> int:
        """Everything that was read."""
        return sum(self.accepted.values()) + len(self.left_out) + len(self.wrong)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why orders were left out or refused, the commonest first."""
        counted = Counter(entry.reason for entry in self.left_out)
        counted.update(entry.message for entry in self.wrong)
        return counted.most_common()

    def as_json(self) -> dict[str, Any]:
        """Every entry that became no order."""
        return {
            "left_out": [
                {"line": each.line, "order_id": each.order_id, "reason": each.reason} for each in self.left_out
            ],
            "wrong": [{name: getattr(each, name) for name in Wrong.__slots__} for each in self.wrong],
        }


def accept(
    services: Services, organization: Organization, import_id: str, entries: Iterable[Entry], /, *, told: Told
) -> Outcome:
    """Store every order for good; ``told`` hears how many entries were read with each batch.

    Orders that are there already are recognized by their identity, whatever channel they came by.
    """

    def store(batch: list[Found]) -> Iterable[str]:
        with services.db.transaction() as tx, services.ledger.gathering(tx):
            receipts = services.inbox.receive_all_in(
                tx, [Delivery(each.order, organization, "import") for each in batch]
            )
            imports.note(
                services.db,
                tx,
                import_id,
                organization_id=organization.organization_id,
                ids=services.ids,
                receipts=receipts,
            )
        return [receipt.outcome for receipt in receipts]

    return _sorted(entries, store, told)


def forecast(services: Services, organization_id: str, entries: Iterable[Entry], /, *, told: Told) -> Outcome:
    """What accepting would come to; nothing is written."""

    def look(batch: list[Found]) -> Iterable[str]:
        with services.db.read() as tx:
            counts = imports.forecast(tx, organization_id, [each.order for each in batch])
        return Counter(counts).elements()

    return _sorted(entries, look, told)


def _sorted(entries: Iterable[Entry], take: Callable[[list[Found]], Iterable[str]], told: Told) -> Outcome:
    outcome = Outcome()
    for batch in _batches(entries):
        found: list[Found] = []
        for entry in batch:
            match entry:
                case Found():
                    found.append(entry)
                case LeftOut():
                    outcome.left_out.append(entry)
                case Wrong():
                    outcome.wrong.append(entry)
        if found:
            outcome.accepted.update(take(found))
        told(len(batch))
    return outcome


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    source = iter(entries)
    while batch := list(islice(source, BATCH)):
        yield batch
