"""Rules of connecting, pure: how many grants a client may have, and which organizations a person may take."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bookbridge.kernel.errors import BookbridgeError, InvalidInputError

WARN_GRANTS, MOST_GRANTS = 15, 18
"""Zoho keeps 20 refresh tokens a user and client and silently deletes the oldest beyond them (FACTS 1.6)."""
STATE_S = 600
"""How long a person may take on Zoho's pages."""


class TooManyConnectionsError(BookbridgeError):
    """This client has so many connections that Zoho would delete an old one; disconnect some first."""


class OtherBooksError(BookbridgeError):
    """This connection does not reach the organization it was meant for; sign in to Zoho as the right user."""


class NoRefreshTokenError(BookbridgeError):
    """Zoho gave no refresh token; remove Bookbridge under Connected Apps in your Zoho account and connect again."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An organization a person may choose; ``connected`` when it is served already."""

    organization_id: str
    name: str
    connected: bool = False


def guard_grants(count: int, /) -> str:
    """A warning when a client has many grants, empty when it has few.

    Raises:
        TooManyConnectionsError: one more could evict one that works.
    """
    if count >= MOST_GRANTS:
        raise TooManyConnectionsError(
            f"This client has {count} connections; beyond 20 Zoho silently deletes the oldest. Disconnect some, or use "
            "a client id of its own for each environment."
        )
    if count >= WARN_GRANTS:
        return f"This client has {count} connections; from {MOST_GRANTS} on no further one is made."
    return ""


def choices(rows: Iterable[Mapping[str, Any]], /, *, connected: Iterable[str]) -> list[Choice]:
    """What there is to choose from, by name."""
    known = set(connected)
    found = [
        Choice(
            organization_id=str(row["organization_id"]),
            name=str(row.get("name") or row["organization_id"]),
            connected=str(row["organization_id"]) in known,
        )
        for row in rows
        if row.get("organization_id")
    ]
    return sorted(found, key=lambda each: (each.name, each.organization_id))


def chosen(offered: Iterable[Choice], wanted: Iterable[str], /) -> list[str]:
    """The ids a person chose, all of them offered.

    Raises:
        InvalidInputError: none, or one that was not offered.
    """
    known = {each.organization_id for each in offered}
    ids = list(dict.fromkeys(wanted))
    if not ids or not set(ids) <= known:
        raise InvalidInputError(
            "Choose at least one of the organizations that were offered.",
            field="organization_id",
            remedy="One of: " + ", ".join(sorted(known)) + ".",
        )
    return ids


def require_intended(offered: Iterable[Choice], intended: str, /) -> None:
    """A reconnect must reach the organization it is for (SEC-030).

    Raises:
        OtherBooksError: it does not; the sentence lists what it reaches.
    """
    found = {each.organization_id: each.name for each in offered}
    if intended and intended not in found:
        seen = ", ".join(f"{key} ({name})" for key, name in found.items()) or "none"
        raise OtherBooksError(f"Organization {intended} is not visible to this Zoho user; visible are: {seen}.")
