"""Which account an expense is booked to, who paid it, at which rate, and whether a row in Zoho is ours: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.money import round_half_up

EXPENSE_TYPES = frozenset({"expense", "cost_of_goods_sold", "other_expense"})
"""Account types a category name may mean (FACTS 5.7)."""

BOOKABLE_TYPES = EXPENSE_TYPES | {"fixed_asset"}
"""Types a category may be by id or alias: a purchase can be an asset, but only on purpose, never by a name alone."""

PETTY_CASH, UNDEPOSITED = "petty cash", "undeposited funds"
"""Zoho's own accounts of every organization: one for small payments, one that nobody pays from."""

RATE_PLACES = 6
"""Rates that agree this far are the same; Zoho does not say how many decimals it keeps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An account of the organization; ``currency`` only where it holds money."""

    account_id: str
    name: str
    code: str = ""
    account_type: str = ""
    currency: str = ""
    is_active: bool = True


def category(accounts: Sequence[Account], wanted: str, /, *, alias: str = "") -> Account:
    """The account a category means: by alias, id, code, or name (without regard to case).

    Raises:
        InvalidInputError: none or several; the sentence names close matches.
    """
    usable = [each for each in accounts if each.is_active and each.account_type in BOOKABLE_TYPES]
    if alias:
        return _aliased(usable, alias, wanted, field="category")
    by_id = [each for each in usable if each.account_id == wanted]
    named = [each for each in usable if each.account_type in EXPENSE_TYPES]
    found = by_id or _named(named, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        raise _several(wanted, found, field="category")
    other = [each for each in accounts if each.account_id == wanted] or _named(accounts, wanted)
    if other:
        raise InvalidInputError(
            f"category {wanted!r} is {_kind(other[0])}, not an active expense account.",
            field="category",
            remedy=_close(wanted, named) or "Send an expense account; GET /api/accounts?type=expense lists them.",
        )
    raise InvalidInputError(
        f"There is no expense account for category {wanted!r}.",
        field="category",
        remedy=_close(wanted, named)
        or "GET /api/accounts?type=expense lists the accounts; `bookbridge expenses alias` gives one another name.",
    )


def payer(accounts: Sequence[Account], wanted: str, /, *, alias: str = "") -> Account:
    """The account that paid: by alias, id, code or name.

    Raises:
        InvalidInputError: none or several.
    """
    usable = [each for each in accounts if each.is_active]
    if alias:
        return _aliased(usable, alias, wanted, field="paid_through")
    found = [each for each in usable if each.account_id == wanted] or _named(usable, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        raise _several(wanted, found, field="paid_through")
    raise InvalidInputError(
        f"There is no bank, card or cash account {wanted!r}.",
        field="paid_through",
        remedy=_close(wanted, usable) or "GET /api/accounts?type=paid_through lists them.",
    )


def usual_payer(accounts: Sequence[Account], /, *, aliases: Sequence[str], currency: str, base: str) -> Account:
    """Who paid when nobody says: the first alias that fits, else Petty Cash, else the first cash, else any account.

    ``aliases`` are account ids, the most special first.

    Raises:
        InvalidInputError: the organization has no account that can pay in this currency.
    """
    usable = [each for each in accounts if each.is_active and pays_in(each, currency=currency, base=base)]
    for alias in aliases:
        for each in usable:
            if each.account_id == alias:
                return each
    ranked = sorted(usable, key=lambda each: (_rank(each), each.name.lower(), each.account_id))
    if ranked:
        return ranked[0]
    raise InvalidInputError(
        f"No bank, card or cash account can pay in {currency}.",
        field="paid_through",
        remedy="Add one in Zoho Books (Banking), or send paid_through.",
    )


def _rank(account: Account) -> int:
    if account.name.strip().lower() == PETTY_CASH:
        return 0
    if account.account_type == "cash":
        return 3 if account.name.strip().lower() == UNDEPOSITED else 1
    return 2


def pays_in(account: Account, /, *, currency: str, base: str) -> bool:
    """An account in the base currency pays in any currency, another one only in its own (FACTS 5.6)."""
    return account.currency in ("", base, currency)


def require_pays_in(account: Account, /, *, currency: str, base: str) -> None:
    """Refuse an expense in a currency that its account cannot have.

    Raises:
        InvalidInputError: naming both currencies.
    """
    if not pays_in(account, currency=currency, base=base):
        raise InvalidInputError(
            f"{account.name} is kept in {account.currency}; an expense paid from it cannot be in {currency}.",
            field="paid_through",
            remedy=f"Send currency {account.currency}, or an account kept in {base} or {currency}.",
        )


_COMPARED = ("reference_number", "date", "currency_id", "vendor_id", "description")


def could_be(row: Mapping[str, Any], sent: Mapping[str, Any], /) -> bool:
    """Whether a row of the list has what was sent; rows do not have the account (FACTS 5.6)."""
    same = all(_text(row.get(name)) == _text(sent[name]) for name in _COMPARED if name in sent)
    return same and _number(row.get("total")) == _number(sent.get("amount"))


_DETAIL = ("date", "account_id", "paid_through_account_id", "vendor_id", "currency_id", "reference_number")


def difference(row: Mapping[str, Any], sent: Mapping[str, Any], /) -> str:
    """A sentence naming the first field in which the recorded expense is not what was sent; empty when it is."""
    for name in _DETAIL:
        if name in sent and _text(row.get(name)) != _text(sent[name]):
            return f"Zoho recorded {name} {_text(row.get(name)) or 'empty'}, sent was {_text(sent[name]) or 'empty'}."
    for name, places in (("amount", 12), ("exchange_rate", RATE_PLACES)):
        if name in sent and _number(row.get(name), places) != _number(sent[name], places):
            return f"Zoho recorded {name} {row.get(name)}, sent was {sent[name]}."
    if "description" in sent and _text(row.get("description")) != _text(sent["description"]):
        return "Zoho recorded another description than was sent."
    return ""


def _aliased(usable: Sequence[Account], account_id: str, wanted: str, *, field: str) -> Account:
    for each in usable:
        if each.account_id == account_id:
            return each
    raise InvalidInputError(
        f"The alias {wanted!r} means account {account_id}, which is not active in Zoho.",
        field=field,
        remedy="Set it anew with `bookbridge expenses alias`.",
    )


def _named(accounts: Sequence[Account], wanted: str) -> list[Account]:
    plain = wanted.strip().lower()
    by_code = [each for each in accounts if each.code and each.code == wanted.strip()]
    return by_code or [each for each in accounts if each.name.strip().lower() == plain]


def _several(wanted: str, found: Sequence[Account], *, field: str) -> InvalidInputError:
    ids = ", ".join(each.account_id for each in found)
    return InvalidInputError(
        f"{field} {wanted!r} names {len(found)} accounts.", field=field, remedy=f"Send the id of one of them: {ids}."
    )


def _kind(account: Account) -> str:
    kind = account.account_type.replace("_", " ") or "another"
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} account"


def _close(wanted: str, accounts: Sequence[Account]) -> str:
    """``Close: A, B.`` or nothing."""
    names = {each.name.lower(): each.name for each in accounts}
    plain = wanted.strip().lower()
    found = [name for name in names if len(plain) > 2 and (plain in name or name in plain)]
    found += get_close_matches(plain, list(names), n=3, cutoff=0.5)
    close = [names[name] for name in dict.fromkeys(found)][:3]
    return f"Close: {', '.join(close)}." if close else ""


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _number(value: Any, places: int = 12) -> Decimal | None:
    return None if value in (None, "") else round_half_up(Decimal(value), exponent=places)
