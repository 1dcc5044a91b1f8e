"""Orders against invoices: exactly one live invoice each, with the order's total, customer and currency.

Where the mirror was just shown to agree with Zoho, the database picks the orders to look at and no call is made for
the others. Without a mirror the pages of the days are read. An invoice that is nowhere is looked up by its id and
searched by number, key and reference before anything is said about it.
"""

from collections.abc import Iterable, Sequence

from bookbridge.features.reconcile import policy
from bookbridge.features.reconcile.comparison import Comparison
from bookbridge.features.reconcile.kinds import Difference
from bookbridge.features.reconcile.sides import InvoiceSide, OrderSide
from bookbridge.features.reconcile.store import mirror, orders
from bookbridge.zoho.protocol import Param

PART = "orders"


class Invoices:
    """What Zoho has, as far as this comparison knows: the mirror, where it was ``certified``, below what was read."""

    def __init__(self, run: Comparison, *, certified: bool) -> None:
        self.run = run
        self.certified = certified
        self.attributed: set[str] = set()

    def of(self, sides: Sequence[OrderSide], /) -> dict[str, list[InvoiceSide]]:
        """For each order the invoices that may be its own and are nobody else's."""
        run = self.run
        fresh, known = run.fresh, []
        if self.certified:
            with run.services.db.read() as tx:
                known = mirror.mirrored_like(tx, run.organization_id, sides)
        known = [row for row in known if row.invoice_id not in fresh.rows and row.invoice_id not in fresh.gone]
        found = {}
        for side in sides:
            found[side.pk] = [row for row in (*known, *fresh.like(side)) if policy.is_of(side, row)]
        return self._without_strangers(sides, found)

    def _without_strangers(
        self, sides: Sequence[OrderSide], found: dict[str, list[InvoiceSide]]
    ) -> dict[str, list[InvoiceSide]]:
        """Leave out what carries an order's number or reference, but was made for another one."""
        run = self.run
        doubtful = {
            row.invoice_id
            for side in sides
            for row in found[side.pk]
            if row.invoice_id != side.invoice_id and not (row.key and row.key == side.key)
        }
        with run.services.db.read() as tx:
            owner = orders.owners(tx, run.organization_id, doubtful) if doubtful else {}
        for side in sides:
            rows = found[side.pk]
            found[side.pk] = [row for row in rows if owner.get(row.invoice_id, side.pk) == side.pk]
        return found


def compare(run: Comparison, /, *, certified: bool) -> None:
    """Name every order that has not exactly one live invoice as it should be, and invoices of ours without an order."""
    with run.services.db.read() as tx:
        run.compared["orders"] = orders.count_orders(tx, run.organization_id, run.window)
    if not certified:
        for count, row in enumerate(run.reader.invoices(run.wanted.days), 1):
            run.fresh.add(row)
            run.tell("invoices", count)
    invoices = Invoices(run, certified=certified)
    ids = _to_look_at(run, certified=certified)
    done = 0
    for batch in orders.batches(ids):
        _judge(run, invoices, batch)
        done += len(batch)
        run.tell(PART, done, len(ids))
    _orphans(run, invoices)


def _to_look_at(run: Comparison, *, certified: bool) -> set[str]:
    organization_id = run.organization_id
    with run.services.db.read() as tx:
        if certified:
            ids = orders.suspects(tx, organization_id, run.window)
        else:
            ids = set(orders.invoiced_orders(tx, organization_id, run.window))
        return ids | orders.orders_of(tx, organization_id, list(run.fresh.rows.values()), gone=run.fresh.gone)


def _judge(run: Comparison, invoices: Invoices, ids: list[str]) -> None:
    sides = _load(run, ids)
    rows = invoices.of(sides)
    for side in sides:
        found = policy.judge_order(side, rows[side.pk])
        invoices.attributed.update(row.invoice_id for row in rows[side.pk])
        if found and not all(each.known for each in found):
            found = _confirmed(run, invoices, side, rows[side.pk])
        run.found += found


def _load(run: Comparison, ids: list[str]) -> list[OrderSide]:
    has_key = run.organization.key_field is not None
    with run.services.db.read() as tx:
        return orders.load_orders(tx, run.organization_id, ids, run.window, has_key=has_key)


def _confirmed(run: Comparison, invoices: Invoices, side: OrderSide, rows: Sequence[InvoiceSide]) -> list[Difference]:
    """The differences of an order after another look at Zoho where that may tell more, and at the order itself."""
    bound = next((row for row in rows if row.invoice_id == side.invoice_id), None)
    if side.invoice_id and side.invoice_id not in run.fresh.gone and (bound is None or not invoices.certified):
        _read_again(run, side.invoice_id)
    if not invoices.certified and not any(row.is_live for row in invoices.of([side])[side.pk]):
        for filters in _searches(side):
            for row in run.reader.search(**filters):
                if policy.is_of(side, row):
                    run.fresh.add(row)
    again = _load(run, [side.pk])
    if not again:  # it moves: somebody retried it, or its invoice is just being made
        return []
    own = invoices.of(again)[side.pk]
    invoices.attributed.update(row.invoice_id for row in own)
    return policy.judge_order(again[0], own)


def _read_again(run: Comparison, invoice_id: str) -> None:
    row = run.reader.invoice(invoice_id)
    if row is None:
        run.fresh.remove(invoice_id)
    else:
        run.fresh.add(row)


def _searches(side: OrderSide) -> Iterable[dict[str, Param]]:
    """The filters that may find an order's invoice; each row is compared afterwards."""
    if side.number:
        yield {"invoice_number": side.number}
    if side.key:
        yield {"custom_field": side.key}
    if side.reference:
        yield {"reference_number": side.reference}


def _orphans(run: Comparison, invoices: Invoices) -> None:
    """Live invoices with a key or number of ours that nobody here knows."""
    options = run.services.options["billing"]
    prefix = options.prefix if options.numbering == "derived" else ""
    rows = {row.invoice_id: row for row in run.fresh.rows.values() if row.is_live and _is_marked(row, prefix)}
    with run.services.db.read() as tx:
        if invoices.certified:
            seen = mirror.unknown_marks(tx, run.organization_id, prefix=prefix)
            fresh = run.fresh
            rows |= {row.invoice_id: row for row in seen if row.invoice_id not in fresh.rows.keys() | fresh.gone}
        keys = orders.known_keys(tx, run.organization_id, {row.key for row in rows.values() if row.key})
        made = orders.owners(tx, run.organization_id, rows.keys())
        waiting = orders.requests_on_their_way(tx, run.organization_id) if rows else []
    for row in sorted(rows.values(), key=lambda row: row.number):
        known = row.key in keys or row.invoice_id in made or row.invoice_id in invoices.attributed
        under_way = any(row.number.encode() in each for each in waiting)
        if not known and not under_way and row.dated_on in run.wanted.days:
            run.found.append(policy.orphan(row))


def _is_marked(row: InvoiceSide, prefix: str) -> bool:
    return bool(row.key) or bool(prefix and policy.plain(row.number).startswith(policy.plain(prefix)))
