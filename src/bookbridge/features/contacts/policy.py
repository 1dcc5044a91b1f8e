"""Whose contact it is: pure decisions about names, keys and matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NAME_LENGTH = 100


def display_name(name: str, email: str, customer_id: str, /, *, revision: int = 0, is_vendor: bool = False) -> str:
    """The contact's name; where that name is taken by somebody else, the e-mail address or id is appended.

    A vendor, who may have neither, is called one: Zoho keeps names apart across customers and vendors (FACTS 5.2).
    """
    plain = " ".join((name or email or f"Customer {customer_id}").split())
    if revision == 0:
        return plain[:NAME_LENGTH].strip()
    distinct = email if email and revision == 1 else f"{email or ''} {customer_id}".strip()
    distinct = distinct or ("vendor" if is_vendor else str(revision))
    suffix = f" ({distinct})" if revision <= 2 else f" ({distinct} {revision})"
    return plain[: max(1, NAME_LENGTH - len(suffix))].strip() + suffix[:NAME_LENGTH]


@dataclass(frozen=True, slots=True)
class Match:
    """``contact_id`` when the rows name ours; ``is_taken`` when only somebody else has the name; else a reason."""

    contact_id: str = ""
    is_taken: bool = False
    reason: str = ""


def match(
    rows: Sequence[Mapping[str, Any]],
    /,
    *,
    key: str,
    keys: Sequence[str],
    email: str,
    name: str,
    is_vendor: bool = False,
) -> Match:
    """Find ours among rows Zoho listed; ``keys`` are the rows' own keys, in order.

    The row with our key is ours; an inactive one is for a person, because Zoho takes no invoice for it. Without one,
    an active row with the same e-mail address that carries nobody else's key is ours; several of those are for a
    person. Without an e-mail address the exact name decides: for a customer only where the row has no address either
    (a namesake may have), for a vendor whatever else the row has, because Zoho keeps names unique.
    """
    for row, found in zip(rows, keys, strict=True):
        if found == key and row.get("status") == "inactive":
            return Match(
                reason=f"The contact {row.get('contact_name')} is inactive in Zoho; mark it active, then retry."
            )
        if found == key:
            return Match(str(row["contact_id"]))
    free = [row for row, found in zip(rows, keys, strict=True) if not found and row.get("status") != "inactive"]
    if email:
        same = [row for row in free if str(row.get("email", "")).strip().lower() == email]
    elif is_vendor:
        active = [row for row in rows if row.get("status") != "inactive"]
        same = [row for row in active if same_name(row.get("contact_name"), name)]
    else:
        same = [row for row in free if same_name(row.get("contact_name"), name) and not row.get("email")]
    if len(same) == 1:
        return Match(str(same[0]["contact_id"]))
    if len(same) > 1:
        return Match(reason=f"{len(same)} contacts in Zoho have the address {email or name}; merge them there.")
    return Match(is_taken=any(same_name(row.get("contact_name"), name) for row in rows))


def same_name(left: Any, right: Any, /) -> bool:
    """Zoho trims names and keeps them unique without regard to case."""
    return " ".join(str(left or "").split()).casefold() == " ".join(str(right or "").split()).casefold()
