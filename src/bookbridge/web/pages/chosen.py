"""Which organization a page is about: the one in the address, else the default, else the first connected."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request

from bookbridge.kernel.errors import NotFoundError
from bookbridge.registry import Services
from bookbridge.store import organizations
from bookbridge.store.organizations import Organization
from bookbridge.store.sessions import Session


class SessionNeededError(NotFoundError):
    """Pages are for people who are logged in; programs use /api."""


def session_of(request: Request) -> Session:
    """FastAPI dependency: the session of a person; programs with a key use the API instead.

    Raises:
        SessionNeededError: the caller has no session.
    """
    session: Session | None = request.state.session
    if session is None:
        raise SessionNeededError
    return session


Person = Annotated[Session, Depends(session_of)]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The organization of a page (``None``: nothing was ever connected) and all one may choose from."""

    organization: Organization | None
    known: tuple[Organization, ...]

    @property
    def is_choice(self) -> bool:
        """Whether there is more than one."""
        return len(self.known) > 1


def choose(services: Services, wanted: str, /) -> Chosen:
    """The organization ``wanted`` names; without a name the default one, else the first that is connected.

    One that was disconnected can still be looked at: its books stay here.

    Raises:
        NotFoundError: ``wanted`` is not connected.
    """
    services.zoho.ensure_environment()
    with services.db.read() as tx:
        known = tuple(organizations.list_all(tx))
    by_id = {each.organization_id: each for each in known}
    if wanted and wanted not in by_id:
        raise NotFoundError(f"Organization {wanted[:40]} is not connected; choose another one on the dashboard.")
    default = next(iter(sorted(known, key=lambda each: (not each.is_default, each.grant_id is None))), None)
    return Chosen(organization=by_id.get(wanted, default), known=known)


def chooser(services: Services, /) -> Callable[[Request], Chosen]:
    """A FastAPI dependency: the organization of a request, from ``organization_id`` in its address."""

    def of_request(request: Request) -> Chosen:
        return choose(services, request.query_params.get("organization_id", ""))

    return of_request


def carried(organization_id: str, /) -> str:
    """``?organization_id=...`` for links to other pages; empty where the address names no organization."""
    return "?" + urlencode({"organization_id": organization_id[:40]}) if organization_id else ""
