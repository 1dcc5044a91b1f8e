"""What a feature is given (Services) and what it gives back (Feature)."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from bookbridge.access.zoho import ZohoAccess
from bookbridge.effects.kinds import EffectKind
from bookbridge.effects.ledger import Ledger
from bookbridge.inbox.receive import Inbox, Planner
from bookbridge.kernel.clock import Clock
from bookbridge.kernel.errors import BookbridgeError, InvalidInputError, NotConnectedError, NotFoundError
from bookbridge.kernel.ids import IdSource
from bookbridge.kernel.limits import Limits
from bookbridge.mirror.world import Mirror
from bookbridge.store.db import Database
from bookbridge.store.organizations import Organization
from bookbridge.store.secrets import Sealer

if TYPE_CHECKING:
    from fastapi import APIRouter


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything a feature may use; built once by ``bootstrap.build``.

    ``options`` are the plain parameters of features, by name (for example ``invoice_status``, ``numbering``).
    """

    db: Database
    clock: Clock
    ids: IdSource
    sealer: Sealer
    zoho: ZohoAccess
    ledger: Ledger
    inbox: Inbox
    mirror: Mirror
    limits: Limits
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """``run(services)`` every ``every_s`` seconds (scaled), once over all replicas."""

    name: str
    every_s: float
    run: Callable[[Services], None]


@dataclass(frozen=True, kw_only=True)
class Feature:
    """The whole plug-in interface of a business capability.

    ``on`` maps an event name (``order.created``) to a function that makes a planner of the ledger; the planner runs
    inside the one transaction that accepts the event. ``hooks`` are functions other features' effects call by name.
    ``router`` makes its HTTP routes (``routes_in``), ``commands`` its commands.
    """

    name: str
    effects: tuple[EffectKind, ...] = ()
    on: Mapping[str, Callable[[Ledger], Planner]] = field(default_factory=dict)
    hooks: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] = ()
    router: "Callable[[Services], APIRouter] | None" = None
    commands: tuple[Any, ...] = ()


def routes_in(module: str, /) -> "Callable[[Services], APIRouter]":
    """The ``router`` of a module that is imported when somebody serves: a command does without the web framework."""

    def router(services: Services, /) -> "APIRouter":
        made: APIRouter = importlib.import_module(module).router(services)
        return made

    return router


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who is asking: an API key or an administrator's session; empty ``organization_ids``: all that are connected."""

    name: str
    scopes: frozenset[str]
    organization_ids: frozenset[str] = frozenset()


class ForbiddenError(BookbridgeError):
    """The API key may not do this."""


class StaleLoginError(ForbiddenError):
    """A person has to prove once more who they are: the log-in is over ten minutes old (SEC-018)."""

    def __init__(self) -> None:
        super().__init__("Your log-in is over 10 minutes old; confirm at /login/again that it is you, and do it again.")


SCOPES = {
    "invoices:read": "list and read invoices and their PDF",
    "invoices:write": "create and mail invoices",
    "orders:read": "list and read orders",
    "orders:write": "send, retry and discard orders",
    "contacts:read": "list contacts",
    "contacts:write": "find or create contacts",
    "expenses:read": "list and read expenses and expense accounts",
    "expenses:write": "record and change expenses",
    "reports:read": "read and download reports",
    "receivables:read": "see what customers owe, by age",
    "connection:read": "see organizations and the connection",
    "connection:write": "connect and disconnect Zoho",
    "mirror:read": "see how fresh the copy of the books is",
    "mirror:write": "start a sync of the books",
    "reconcile:read": "see how orders, mirror and Zoho compare",
    "reconcile:write": "have orders, mirror and Zoho compared",
    "metrics:read": "read metrics and detailed status",
}
"""Every scope an API key can have; ``*`` is all of them."""


class requires:
    """FastAPI dependency: the caller's principal, if it has ``scope``; with ``fresh`` also a recent log-in.

    Raises:
        ForbiddenError: the principal lacks the scope.
        StaleLoginError: a person logged in too long ago.
    """

    def __init__(self, scope: str, /, *, fresh: bool = False) -> None:
        if scope not in SCOPES:
            raise ValueError(f"unknown scope {scope}")
        self.scope = scope
        self.fresh = fresh

    def __call__(self, request: Request) -> Principal:
        """The principal that the authentication of the web layer put on the request."""
        principal: Principal = request.state.principal
        if self.scope not in principal.scopes and "*" not in principal.scopes:
            raise ForbiddenError(f"This API key lacks the scope {self.scope}; make one with `bookbridge keys create`.")
        if self.fresh and not request.state.is_fresh:
            raise StaleLoginError
        return principal


def organization_for(services: Services, principal: Principal, wanted: str = "", /) -> Organization:
    """The organization of a request: the one it names, else the key's only one, else the default.

    Raises:
        NotFoundError: the principal may not use it, or it is not connected; both say the same.
        InvalidInputError: the principal may use several and none is the default.
        NotConnectedError: nothing is connected.
    """
    usable = {
        each.organization_id: each
        for each in services.zoho.connected()
        if not principal.organization_ids or each.organization_id in principal.organization_ids
    }
    if wanted:
        if wanted not in usable:
            raise NotFoundError(f"Organization {wanted} is not connected; see GET /api/organizations.")
        return usable[wanted]
    if not usable:
        raise NotConnectedError
    found = [each for each in usable.values() if each.is_default] or list(usable.values())
    if len(found) > 1:
        raise InvalidInputError(
            "Several organizations could be meant.",
            field="organization_id",
            remedy="Send organization_id; GET /api/organizations lists them.",
        )
    return found[0]
