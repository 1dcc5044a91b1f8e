"""What is a difference and what is not: pure.

A row is an order's when its key says so; a row without a key may be by its id, its number, or its reference together
with the customer. Which of the open statuses an invoice shows is computed by Zoho from the calendar, so only draft,
open, paid and void are compared.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from bookbridge.features.reconcile.kinds import BY_NAME, Difference
from bookbridge.features.reconcile.sides import VOID, ContactSide, InvoiceSide, OrderSide, Owed


def same_text(left: str, right: str, /) -> bool:
    """Zoho trims texts and compares numbers without regard to case (FACTS 4.5, 5.4)."""
    return plain(left) == plain(right)


def plain(text: str, /) -> str:
    """A text as it is compared."""
    return " ".join(text.split()).casefold()


def is_of(order: OrderSide, row: InvoiceSide, /) -> bool:
    """Whether a row carries the order's id, key or number, or its reference at its customer."""
    if row.invoice_id == order.invoice_id:
        return True
    if row.key:
        return row.key == order.key
    if order.number and same_text(row.number, order.number):
        return True
    return bool(order.reference) and same_text(row.reference, order.reference) and row.customer_id in order.contact_ids


def judge_order(order: OrderSide, rows: Iterable[InvoiceSide], /) -> list[Difference]:
    """The differences of one order; ``rows`` are those in Zoho now that could be its own and are nobody else's."""
    own = [row for row in rows if is_of(order, row)]
    live = sorted((row for row in own if row.is_live), key=lambda row: (row.invoice_id != order.invoice_id, row.number))
    if not order.has_invoice:
        return [_unbound(order, live)] if live else []
    if not live:
        return [_voided(order, own) if own else _absent(order)]
    first = live[0]
    found: list[Difference] = []
    if len(live) > 1:
        found.append(_doubled(order, live))
    elif first.invoice_id != order.invoice_id:
        found.append(_replaced(order, first, own))
    return found + _fields(order, first, is_bound=first.invoice_id == order.invoice_id)


def _fields(order: OrderSide, row: InvoiceSide, *, is_bound: bool) -> list[Difference]:
    found: list[Difference] = []
    if row.currency != order.currency:
        found.append(_differs(order, row, "currency", "is in", row.currency, order.currency))
    elif order.total is not None and row.total != order.total:
        ours, theirs = amount(order.total, order), amount(row.total, order)
        known = order.state == "review" and row.total == order.seen_total
        found.append(_differs(order, row, "total", "comes to", theirs, ours, known=known))
    if order.contact_ids and row.customer_id not in order.contact_ids:
        theirs = f"{row.customer_name or 'a customer'} ({row.customer_id})"
        ours = f"{order.customer or 'its customer'} ({order.contact_ids[0]})"
        found.append(_differs(order, row, "customer", "is of", theirs, ours))
    if is_bound and order.number and not same_text(row.number, order.number):
        found.append(_differs(order, row, "number", "has the number", row.number, order.number))
    return found


def amount(value: Decimal, order: OrderSide, /) -> str:
    """An amount for people, with the decimals of the order's currency where they suffice."""
    return money(value, order.currency, order.exponent)


def money(value: Decimal, currency: str, exponent: int, /) -> str:
    """An amount for people; more decimals than the currency has are shown, never rounded away."""
    fixed = value.quantize(Decimal(1).scaleb(-exponent)) if value == round(value, exponent) else value
    return f"{fixed:f} {currency}"


def _named(order: OrderSide, row: InvoiceSide) -> str:
    return f"Order {order.name}: invoice {row.number or row.invoice_id}"


def _detail(order: OrderSide, rows: Sequence[InvoiceSide], **more: Any) -> dict[str, Any]:
    first = rows[0] if rows else None
    return {
        "order": order.pk,
        "order_id": order.order_id,
        "source": order.source,
        "state": order.state,
        "invoice_id": first.invoice_id if first else order.invoice_id,
        "invoice_number": first.number if first else order.number,
        "invoices": [row.invoice_id for row in rows],
        **more,
    }


def _made(kind: str, order: OrderSide, sentence: str, detail: dict[str, Any], *, known: bool = False) -> Difference:
    text = f"{sentence} {BY_NAME[kind].remedy}"
    return Difference(kind=kind, subject=f"order {order.name}", sentence=text, detail=detail, known=known)


def _differs(
    order: OrderSide, row: InvoiceSide, kind: str, verb: str, theirs: str, ours: str, *, known: bool = False
) -> Difference:
    sentence = f"{_named(order, row)} {verb} {theirs} in Zoho, {ours} by the order."
    return _made(kind, order, sentence, _detail(order, [row], zoho=theirs, ours=ours), known=known)


def _absent(order: OrderSide) -> Difference:
    if not order.invoice_id:
        sentence = f"Order {order.name} is done here, and Zoho has no invoice of it."
        return _made("missing", order, sentence, _detail(order, []))
    known = order.state == "review" and order.seen_status == "deleted"
    sentence = f"Order {order.name}: invoice {order.number or order.invoice_id} was deleted in Zoho."
    return _made("deleted", order, sentence, _detail(order, []), known=known)


def _voided(order: OrderSide, own: Sequence[InvoiceSide]) -> Difference:
    row = next((row for row in own if row.invoice_id == order.invoice_id), own[0])
    known = order.state == "review" and (order.seen_status == VOID or "void" in order.reason.lower())
    total = f" of {amount(order.total, order)}" if order.total is not None else ""
    sentence = f"{_named(order, row)} is void in Zoho, the order{total} stands here."
    return _made("voided", order, sentence, _detail(order, [row]), known=known)


def _doubled(order: OrderSide, live: Sequence[InvoiceSide]) -> Difference:
    listed = ", ".join(f"{row.number or row.invoice_id} ({row.total:f} {row.currency})" for row in live)
    sentence = f"Order {order.name} has {len(live)} live invoices in Zoho ({listed}), and should have one."
    known = order.state == "review" and "more than one" in order.reason
    return _made("doubled", order, sentence, _detail(order, live), known=known)


def _replaced(order: OrderSide, other: InvoiceSide, own: Sequence[InvoiceSide]) -> Difference:
    if not order.invoice_id:
        return _unbound(order, [other])
    fate = "is void" if any(row.invoice_id == order.invoice_id for row in own) else "was deleted"
    sentence = (
        f"Order {order.name}: invoice {order.number or order.invoice_id} {fate} in Zoho, and invoice "
        f"{other.number or other.invoice_id} of {other.total:f} {other.currency} stands in its place."
    )
    return _made("replaced", order, sentence, _detail(order, [other], bound=order.invoice_id))


def _unbound(order: OrderSide, live: Sequence[InvoiceSide]) -> Difference:
    row = live[0]
    sentence = (
        f"Order {order.name} is {order.state} without an invoice here, and Zoho has invoice "
        f"{row.number or row.invoice_id} of {row.total:f} {row.currency} with its key."
    )
    return _made("unbound", order, sentence, _detail(order, live))


def orphan(row: InvoiceSide, /) -> Difference:
    """A live row that carries our key or prefix and is nobody's."""
    mark = f"our key {row.key}" if row.key else "a number like ours"
    sentence = (
        f"Invoice {row.number or row.invoice_id} of {row.total:f} {row.currency} in Zoho carries {mark}, and no order "
        f"here knows it. {BY_NAME['orphan'].remedy}"
    )
    detail = {
        "invoice_id": row.invoice_id,
        "invoice_number": row.number,
        "key": row.key,
        "customer_id": row.customer_id,
    }
    return Difference(
        kind="orphan", subject=f"invoice {row.number or row.invoice_id}", sentence=sentence, detail=detail
    )


def changed_fields(mirror: InvoiceSide, zoho: InvoiceSide, /) -> dict[str, tuple[str, str]]:
    """What differs between the mirror's row and Zoho's: field -> (mirror, Zoho)."""
    pairs: dict[str, tuple[Decimal | str, Decimal | str]] = {
        "total": (mirror.total, zoho.total),
        "balance": (mirror.balance, zoho.balance),
        "status": (mirror.standing, zoho.standing),
        "customer_id": (mirror.customer_id, zoho.customer_id),
        "currency": (mirror.currency, zoho.currency),
        "number": (mirror.number, zoho.number),
        "reference": (plain(mirror.reference), plain(zoho.reference)),
        "date": (mirror.dated_on, zoho.dated_on),
        "due_date": (mirror.due_on, zoho.due_on),
    }
    return {name: _texts(ours, theirs) for name, (ours, theirs) in pairs.items() if ours != theirs}


_MIRROR_KINDS = {"total": "mirror_total", "balance": "mirror_balance", "status": "mirror_status"}
_MIRROR_KINDS["customer_id"] = "mirror_customer"


def mirror_difference(mirror: InvoiceSide | None, zoho: InvoiceSide | None, /) -> Difference | None:
    """The one difference of an invoice between the mirror and Zoho, named after its gravest field; ``None``: equal."""
    if mirror is None or zoho is None:
        return _one_sided(mirror, zoho)
    changed = changed_fields(mirror, zoho)
    if not changed:
        return None
    stands = {"void", "draft"} & set(changed.get("status", ()))
    order = ("status", *_MIRROR_KINDS) if stands else tuple(_MIRROR_KINDS)
    kind = next((_MIRROR_KINDS[name] for name in order if name in changed), "mirror_details")
    told = "; ".join(
        f"{name} {ours or 'empty'} here, {theirs or 'empty'} in Zoho" for name, (ours, theirs) in changed.items()
    )
    detail = {"mirror": {name: pair[0] for name, pair in changed.items()}}
    detail["zoho"] = {name: pair[1] for name, pair in changed.items()}
    return _of_mirror(kind, zoho, f"differs: {told}.", detail)


def _one_sided(mirror: InvoiceSide | None, zoho: InvoiceSide | None) -> Difference | None:
    if zoho is not None:
        worth = f"{zoho.total:f} {zoho.currency}"
        return _of_mirror("mirror_missing", zoho, f"of {worth} is in Zoho and not in the mirror.", {})
    if mirror is not None:
        worth = f"{mirror.total:f} {mirror.currency}"
        return _of_mirror("mirror_gone", mirror, f"of {worth} is in the mirror and no longer in Zoho.", {})
    return None


def _of_mirror(kind: str, row: InvoiceSide, text: str, detail: dict[str, Any]) -> Difference:
    name = row.number or row.invoice_id
    sentence = f"Invoice {name} {text} {BY_NAME[kind].remedy}"
    ids = {"invoice_id": row.invoice_id, "invoice_number": row.number, "customer_id": row.customer_id}
    return Difference(kind=kind, subject=f"invoice {name}", sentence=sentence, detail={**ids, **detail})


def _texts(ours: Decimal | str, theirs: Decimal | str) -> tuple[str, str]:
    """Two values for people; two amounts with equally many decimals."""
    if isinstance(ours, str) or isinstance(theirs, str):
        return str(ours), str(theirs)
    places = max(0, *(-int(each.normalize().as_tuple().exponent) for each in (ours, theirs)))
    return f"{ours:.{places}f}", f"{theirs:.{places}f}"


def customer_differences(ours: Owed, contact: ContactSide, /, *, base: str) -> list[Difference]:
    """Outstanding amount and credits of a customer against what the contact shows.

    Compared in the contact's currency where all of the customer's documents are in it, else in the organization's.
    """
    pairs = (
        ("receivable", "owes", ours.outstanding, ours.base_outstanding, contact.outstanding - contact.opening),
        ("credits", "has to its credit", ours.credits, ours.base_credits, contact.credits),
    )
    base_values = {"receivable": contact.base_outstanding, "credits": contact.base_credits}
    found = []
    for kind, verb, by_currency, in_base, shown in pairs:
        nonzero = {code: value for code, value in by_currency.items() if value}
        if set(nonzero) <= {contact.currency}:
            mine, theirs, currency = nonzero.get(contact.currency, Decimal(0)), shown, contact.currency
        else:
            mine, theirs, currency = in_base, base_values[kind], base
        if mine != theirs:
            texts = [f"{text} {currency}" for text in _texts(mine, theirs)]
            found.append(_customer(kind, verb, contact, *texts))
    return found


def _customer(kind: str, verb: str, contact: ContactSide, ours: str, theirs: str) -> Difference:
    name = contact.name or contact.contact_id
    sentence = f"{name} {verb} {ours} by our books, {theirs} by Zoho's. {BY_NAME[kind].remedy}"
    detail = {"customer_id": contact.contact_id, "customer_name": contact.name, "ours": ours, "zoho": theirs}
    return Difference(kind=kind, subject=f"customer {name}", sentence=sentence, detail=detail)


def no_balances(contact_id: str, currency: str, /) -> ContactSide:
    """A contact that Zoho no longer has."""
    nothing = Decimal(0)
    return ContactSide(
        contact_id=contact_id,
        name="",
        currency=currency,
        outstanding=nothing,
        credits=nothing,
        base_outstanding=nothing,
        base_credits=nothing,
    )


def scaled(minor: int, exponent: int, /) -> Decimal:
    """An amount in major units."""
    return Decimal(minor).scaleb(-exponent)
