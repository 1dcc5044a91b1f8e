"""Signed events in: verified over the raw bytes, stored, acknowledged; nothing else happens in the request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request

from bookbridge.http import JsonAnswer, Problem, ProblemAnswer
from bookbridge.inbox.sources import orders, standard
from bookbridge.kernel.errors import NotFoundError
from bookbridge.kernel.secret import Secret
from bookbridge.registry import Services
from bookbridge.store import endpoints, organizations
from bookbridge.store.endpoints import Endpoint
from bookbridge.store.organizations import Organization

log = structlog.get_logger("bookbridge.web.hooks")

KINDS = ("orders",)
THREADS = 16
BELIEVED_S = 1.0
MOST_KNOWN = 1000

UNVERIFIED = Problem(
    status=401,
    code="unverified_event",
    detail="The event could not be verified; check the endpoint's address, its secret and the sender's clock.",
)
"""One answer for an unknown endpoint, a wrong signature and an old event."""


def router(services: Services, /) -> APIRouter:
    """``POST /hooks/{kind}/{endpoint}``."""
    routes = APIRouter(tags=["hooks"])
    gate, doors = CapacityLimiter(THREADS), _Doors(services)

    @routes.post("/hooks/{kind}/{endpoint}", status_code=202, summary="Receive a signed event")
    async def receive(kind: str, endpoint: str, request: Request) -> JsonAnswer:
        """Accept an event whose Standard Webhooks signature is right; 202 once it is stored for good."""
        raw = await request.body()
        headers = {name: request.headers.get(name, "") for name in _HEADERS}
        try:
            answer = await to_thread.run_sync(_handle, services, doors, kind, endpoint, headers, raw, limiter=gate)
        except standard.SignatureError:
            log.warning("unverified_event", kind=kind, endpoint=endpoint[:64])
            return ProblemAnswer(UNVERIFIED)
        return JsonAnswer(answer, status_code=202)

    return routes


_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def _handle(
    services: Services, doors: "_Doors", kind: str, name: str, headers: Mapping[str, str], raw: bytes
) -> dict[str, Any]:
    """Verify, parse and store one event.

    Raises:
        SignatureError: unknown endpoint, or the signature, id or time is wrong.
        InvalidInputError: verified, but not an order.
    """
    door = doors.of(kind, name)
    endpoint, organization = door.endpoint, door.organization
    standard.verify(headers, raw, secret=door.secret, now=services.clock.now())
    order = orders.parse(raw, source=endpoint.source, organization_id=endpoint.organization_id)
    if order is None:
        return {"outcome": "ignored"}
    receipt = services.inbox.receive(order, organization=organization, channel="hook")
    if receipt.outcome != "new":
        log.info("event_again", endpoint=name, order=receipt.order_pk, outcome=receipt.outcome)
    return {"outcome": receipt.outcome, "order": {"id": receipt.order_pk, "url": f"/api/orders/{receipt.order_pk}"}}


@dataclass(frozen=True, slots=True)
class _Door:
    endpoint: Endpoint
    organization: Organization
    secret: Secret
    until: float


class _Doors:
    """Endpoints with their opened secrets, believed for ``BELIEVED_S``: a removed one stops working within that."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[tuple[str, str], _Door] = {}

    def of(self, kind: str, name: str, /) -> _Door:
        """The endpoint of that kind and name.

        Raises:
            SignatureError: there is none.
        """
        services = self._services
        known = self._known.get((kind, name))
        if known is not None and services.clock.monotonic() < known.until:
            return known
        endpoint, organization = _endpoint(services, kind, name)
        secret = endpoints.open_secret(services.sealer, endpoint)
        door = _Door(endpoint, organization, secret, services.clock.monotonic() + BELIEVED_S)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[kind, name] = door
        return door


def _endpoint(services: Services, kind: str, name: str) -> tuple[Endpoint, Organization]:
    if kind not in KINDS:
        raise standard.SignatureError
    with services.db.read() as tx:
        endpoint = endpoints.find(tx, kind=kind, endpoint=name)
        organization = organizations.get(tx, endpoint.organization_id) if endpoint else None
    if endpoint is None:
        raise standard.SignatureError
    if organization is None:
        raise NotFoundError("The endpoint's organization is gone; make a new endpoint.")
    return endpoint, organization
