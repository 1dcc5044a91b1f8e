"""From what people say about an expense to what Zoho books: accounts, currency, rate, exact amount.

Reads the organization's own lists (kept for an hour) and its exchange rates; writes nothing.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from bookbridge.access import catalog
from bookbridge.features.expenses import policy, store
from bookbridge.features.expenses.policy import Account
from bookbridge.features.expenses.request import ExpenseBody, ExpenseChanges
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.money import InexactAmountError, Money
from bookbridge.registry import Services
from bookbridge.store.organizations import Organization
from bookbridge.store.reference import ReferenceRow

FRESH = timedelta(minutes=1)
"""A name nobody knows makes us fetch the list again, at most this often."""

Found = TypeVar("Found")


def accounts(services: Services, organization: Organization, /, *, max_age: timedelta = catalog.KEEP) -> list[Account]:
    """The chart of accounts."""
    return _read(services, organization, "account", max_age)


def payers(services: Services, organization: Organization, /, *, max_age: timedelta = catalog.KEEP) -> list[Account]:
    """The accounts that can pay: bank, card and cash (FACTS 5.8)."""
    return _read(services, organization, "bank_account", max_age)


def category(services: Services, organization: Organization, wanted: str, /) -> Account:
    """The expense account of a category.

    Raises:
        InvalidInputError: there is none, or several.
    """
    alias = _alias(services, organization, store.CATEGORY, wanted)
    return _patiently(
        lambda max_age: policy.category(accounts(services, organization, max_age=max_age), wanted, alias=alias)
    )


def payer(services: Services, organization: Organization, wanted: str, /) -> Account:
    """The account called ``wanted`` that paid.

    Raises:
        InvalidInputError: there is none, or several.
    """
    alias = _alias(services, organization, store.PAID_THROUGH, wanted)
    return _patiently(
        lambda max_age: policy.payer(payers(services, organization, max_age=max_age), wanted, alias=alias)
    )


def booked(services: Services, organization: Organization, body: ExpenseBody, /) -> dict[str, Any]:
    """Zoho's fields of a new expense, all but vendor, reference and key.

    Raises:
        InvalidInputError: what cannot be booked, with the field and what to send instead.
    """
    account = category(services, organization, body.category)
    paid = payer(services, organization, body.paid_through) if body.paid_through else None
    currency = body.currency or (paid.currency if paid else "") or organization.currency
    known = _currency(services, organization, currency)
    paid = paid or _usual_payer(services, organization, currency)
    policy.require_pays_in(paid, currency=currency, base=organization.currency)
    out: dict[str, Any] = {
        "account_id": account.account_id,
        "paid_through_account_id": paid.account_id,
        "date": body.date.isoformat(),
        "amount": _exact(body.amount, currency, _exponent(organization, known)),
    }
    if known is not None:
        rate = _rate(services, organization, known, body.date, body.exchange_rate)
        out |= {"currency_id": known.ref_id, "exchange_rate": rate}
    if body.description:
        out["description"] = body.description
    return out


def changed(
    services: Services, organization: Organization, changes: ExpenseChanges, current: Mapping[str, Any], /
) -> dict[str, Any]:
    """Zoho's fields that ``changes`` asks for, given the expense as it is; all but the vendor.

    A rate stays as it was unless the currency or the rate itself is changed.

    Raises:
        InvalidInputError: what cannot be booked.
    """
    if (changes.amount is not None or changes.category) and len(current.get("line_items") or []) > 1:
        raise InvalidInputError(
            "The expense has several lines; change them in Zoho Books.",
            field="amount" if changes.amount is not None else "category",
        )
    out: dict[str, Any] = {}
    if changes.category:
        out["account_id"] = category(services, organization, changes.category).account_id
    if changes.date is not None:
        out["date"] = changes.date.isoformat()
    for name, value in (("description", changes.description), ("reference_number", changes.reference)):
        if value is not None:
            out[name] = value
    return out | _paid(services, organization, changes, current)


def _paid(
    services: Services, organization: Organization, changes: ExpenseChanges, current: Mapping[str, Any]
) -> dict[str, Any]:
    """Payer, currency, rate and amount of a change, which hang together."""
    out: dict[str, Any] = {}
    before = str(current.get("currency_code") or organization.currency)
    currency = changes.currency or before
    wanted = changes.paid_through or str(current.get("paid_through_account_id") or "")
    if changes.paid_through or changes.currency:
        paid = payer(services, organization, wanted)
        policy.require_pays_in(paid, currency=currency, base=organization.currency)
        out["paid_through_account_id"] = paid.account_id
    known = _currency(services, organization, currency)
    if changes.currency and known is None:
        out["currency_id"] = catalog.currency(services.zoho, services.db, organization, currency).ref_id
    if known is not None and (changes.currency or changes.exchange_rate is not None):
        on = changes.date or date.fromisoformat(str(current["date"]))
        rate = _rate(services, organization, known, on, changes.exchange_rate)
        out |= {"currency_id": known.ref_id, "exchange_rate": rate}
    if changes.amount is not None or changes.currency:
        amount = changes.amount if changes.amount is not None else Decimal(current["amount"])
        exact = _exact(amount, currency, _exponent(organization, known))
        if changes.amount is not None:
            out["amount"] = exact
    return out


def _read(services: Services, organization: Organization, kind: str, max_age: timedelta) -> list[Account]:
    rows = catalog.rows(services.zoho, services.db, organization.organization_id, kind, max_age=max_age)
    return [_account(row) for row in rows]


def _account(row: ReferenceRow) -> Account:
    return Account(
        account_id=row.ref_id,
        name=row.name,
        code=row.code,
        account_type=str(row.payload.get("account_type") or ""),
        currency=str(row.payload.get("currency_code") or ""),
        is_active=row.payload.get("is_active") is not False,
    )


def _alias(services: Services, organization: Organization, kind: str, name: str) -> str:
    with services.db.read() as tx:
        return store.alias_of(tx, organization.organization_id, kind, name)


def _patiently(find: Callable[[timedelta], Found]) -> Found:
    """Look in what is kept, then, before giving up, in a list that was just fetched."""
    try:
        return find(catalog.KEEP)
    except InvalidInputError:
        return find(FRESH)


def _usual_payer(services: Services, organization: Organization, currency: str) -> Account:
    aliases = [_alias(services, organization, store.PAID_THROUGH, name) for name in (currency, store.USUAL)]
    return _patiently(
        lambda max_age: policy.usual_payer(
            payers(services, organization, max_age=max_age),
            aliases=[each for each in aliases if each],
            currency=currency,
            base=organization.currency,
        )
    )


def _currency(services: Services, organization: Organization, code: str) -> ReferenceRow | None:
    """The foreign currency, ``None`` for the base currency, which costs no look-up."""
    if code == organization.currency:
        return None
    return catalog.currency(services.zoho, services.db, organization, code)


def _exponent(organization: Organization, foreign: ReferenceRow | None) -> int:
    return organization.exponent if foreign is None else int(foreign.payload.get("price_precision", 2))


def _exact(amount: Decimal, currency: str, exponent: int) -> Decimal:
    if amount <= 0:
        raise InvalidInputError(
            "amount must be above zero.", field="amount", remedy="Record a refund of an expense in Zoho Books."
        )
    try:
        return Money.exact(amount, currency=currency, exponent=exponent).amount
    except InexactAmountError as error:
        raise InvalidInputError(str(error), field="amount", remedy=f"Send at most {exponent} decimals.") from error


def _rate(
    services: Services, organization: Organization, currency: ReferenceRow, on: date, given: Decimal | None
) -> Decimal:
    """The rate given, else the organization's own of that day, else its currency's present one (FACTS 5.9)."""
    if given is not None:
        if given <= 0:
            raise InvalidInputError("exchange_rate must be above zero.", field="exchange_rate")
        return given
    rate = catalog.exchange_rate(services.zoho, services.db, organization, currency, on)
    if rate is None:
        raise InvalidInputError(
            f"{organization.name} has no exchange rate for {currency.code} on {on}.",
            field="currency",
            remedy="Enter one in Zoho Books (Settings, Currencies), or send exchange_rate.",
        )
    return rate
