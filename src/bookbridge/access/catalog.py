"""Small reference data of an organization, fetched when first needed and kept for an hour: items, taxes, currencies,
accounts.

Calls made here are reads of the organization's own lists; an order in the base currency with prices and without taxes
needs none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bookbridge.access.zoho import ZohoAccess
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.store import reference
from bookbridge.store.db import Database
from bookbridge.store.organizations import Organization
from bookbridge.store.reference import ReferenceRow

KEEP = timedelta(hours=1)

_Read = Callable[[dict[str, Any]], ReferenceRow]


def _item(row: dict[str, Any]) -> ReferenceRow:
    return ReferenceRow(ref_id=row["item_id"], name=row.get("name", ""), code=row.get("sku") or "", payload=row)


def _tax(row: dict[str, Any]) -> ReferenceRow:
    return ReferenceRow(ref_id=row["tax_id"], name=row.get("tax_name", ""), payload=row)


def _currency(row: dict[str, Any]) -> ReferenceRow:
    name = row.get("currency_name", "")
    return ReferenceRow(ref_id=row["currency_id"], name=name, code=row.get("currency_code", ""), payload=row)


def _account(row: dict[str, Any]) -> ReferenceRow:
    code = row.get("account_code") or ""
    return ReferenceRow(ref_id=row["account_id"], name=row.get("account_name", ""), code=code, payload=row)


_LISTS: dict[str, tuple[str, str, _Read]] = {
    "item": ("/items", "items", _item),
    "tax": ("/settings/taxes", "taxes", _tax),
    "currency": ("/settings/currencies", "currencies", _currency),
    "account": ("/chartofaccounts", "chartofaccounts", _account),
    "bank_account": ("/bankaccounts", "bankaccounts", _account),
}


def rows(
    zoho: ZohoAccess, db: Database, organization_id: str, kind: str, /, *, max_age: timedelta = KEEP
) -> list[ReferenceRow]:
    """Everything of ``kind``, fetched again when what we have is older than ``max_age``.

    Raises:
        ZohoError: the list could not be fetched and nothing is here yet.
    """
    fresh = _refresh(zoho, db, organization_id, kind, max_age)
    if fresh is not None:
        return fresh
    with db.read() as tx:
        return reference.load(tx, organization_id=organization_id, kind=kind)


def _refresh(
    zoho: ZohoAccess, db: Database, organization_id: str, kind: str, max_age: timedelta
) -> list[ReferenceRow] | None:
    """Fetch the list if ours is older than ``max_age``; ``None`` when ours is good enough."""
    with db.read() as tx:
        fetched_at = reference.fetched_at(tx, organization_id=organization_id, kind=kind)
        if fetched_at is not None and db.now(tx) - fetched_at < max_age:
            return None
    path, member, read = _LISTS[kind]
    fresh = [read(row) for row in _pages(zoho, organization_id, path, member)]
    with db.transaction() as tx:
        reference.replace(db, tx, fresh, organization_id=organization_id, kind=kind, at=db.now(tx))
    return fresh


def _pages(zoho: ZohoAccess, organization_id: str, path: str, member: str) -> Iterable[dict[str, Any]]:
    books = zoho.books(organization_id, call_class="order")
    page = 1
    while True:
        body = books.call("GET", path, params={"page": page, "per_page": 200}).body
        yield from body.get(member, [])
        if not (body.get("page_context") or {}).get("has_more_page"):
            return
        page += 1


def find(
    zoho: ZohoAccess, db: Database, organization_id: str, kind: str, wanted: str, /, *, field: str, anew: bool = True
) -> ReferenceRow:
    """The record whose id, code or name is ``wanted`` (names without regard to case).

    The list is fetched anew before giving up, unless ``anew`` is false because it may well be missing.

    Raises:
        InvalidInputError: there is none, or the name is not unique; ``field`` is named.
    """
    for max_age in (KEEP, timedelta(minutes=1)) if anew else (KEEP,):
        _refresh(zoho, db, organization_id, kind, max_age)
        with db.read() as tx:
            found = reference.named(tx, wanted, organization_id=organization_id, kind=kind)
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            raise InvalidInputError(
                f"{wanted!r} names {len(found)} {kind}s in Zoho.", field=field, remedy="Send the id of one of them."
            )
    raise InvalidInputError(
        f"There is no {kind} {wanted!r} in Zoho.",
        field=field,
        remedy=f"Create the {kind} in Zoho Books, or correct it.",
    )


def currency(zoho: ZohoAccess, db: Database, organization: Organization, code: str, /) -> ReferenceRow:
    """The organization's currency ``code``; ``payload`` has ``price_precision`` and ``exchange_rate``.

    Raises:
        InvalidInputError: the organization does not have it.
    """
    return find(zoho, db, organization.organization_id, "currency", code, field="currency")


def exchange_rate(
    zoho: ZohoAccess, db: Database, organization: Organization, currency: ReferenceRow, on: date, /
) -> Decimal | None:
    """The organization's own rate of that day, else the currency's present one (FACTS 5.9), else ``None``.

    The rates of a currency and day are asked for once and kept for an hour; that there is none is not kept, because
    somebody will enter one and try again.
    """
    organization_id, kind = organization.organization_id, f"rates:{currency.ref_id}:{on}"
    with db.read() as tx:
        fetched_at = reference.fetched_at(tx, organization_id=organization_id, kind=kind)
        kept = reference.load(tx, organization_id=organization_id, kind=kind)
        if kept and fetched_at is not None and db.now(tx) - fetched_at < KEEP:
            return Decimal(kept[0].payload["rate"])
    path = f"/settings/currencies/{currency.ref_id}/exchangerates"
    answer = zoho.books(organization_id, call_class="order").call("GET", path, params={"from_date": on}).body
    held = rate_on(answer.get("exchange_rates") or [], on) or Decimal(currency.payload.get("exchange_rate") or 0)
    if held <= 0:
        return None
    row = ReferenceRow(ref_id=on.isoformat(), name=currency.code, payload={"rate": str(held)})
    with db.transaction() as tx:
        reference.replace(db, tx, [row], organization_id=organization_id, kind=kind, at=db.now(tx))
    return held


def rate_on(rows: Sequence[Mapping[str, Any]], day: date, /) -> Decimal | None:
    """The rate that held on ``day``: the latest one not after it; base units for one foreign unit (FACTS 5.9).

    The filter Zoho was asked with is not trusted; rates of 0 mean that none is known.
    """
    held = [
        (str(row.get("effective_date") or ""), Decimal(row["rate"]))
        for row in rows
        if row.get("rate") not in (None, "") and str(row.get("effective_date") or "9") <= day.isoformat()
    ]
    known = [(since, rate) for since, rate in held if rate > 0]
    return max(known)[1] if known else None


def exponent(zoho: ZohoAccess, db: Database, organization: Organization, code: str, /) -> int:
    """The decimals of ``code`` in this organization; its base currency costs no look-up."""
    if code == organization.currency:
        return organization.exponent
    return int(currency(zoho, db, organization, code).payload.get("price_precision", 2))
