"""The pages of orders: the list, an order's life, retry and discard."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bookbridge.features.billing import actions, store_queries
from bookbridge.features.billing.store_queries import OrderRow
from bookbridge.http.answers import encode
from bookbridge.kernel.errors import ConflictError, NotFoundError
from bookbridge.registry import Services, requires
from bookbridge.store import organizations
from bookbridge.web.pages.chosen import session_of
from bookbridge.web.pages.forms import form_of
from bookbridge.web.pages.render import Pages, is_part
from bookbridge.zoho.datacenters import REGIONS

PER_PAGE = 25
NOTES = {
    "retried": "The order is tried again; its state changes here as soon as Zoho has answered.",
    "discarded": "The order is discarded; nothing more is sent for it.",
}
RETRIED = ("failed", "review")
BACK = ("/", "/status")
"""Where a retry button may lead back to."""
DISCARDED = ("failed", "review", "received", "working")
Form = Annotated[dict[str, str], Depends(form_of)]


def router(services: Services, pages: Pages, /) -> APIRouter:
    """``/orders`` and ``/orders/{id}``."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(session_of), Depends(requires("orders:read"))])
    _show(routes, services, pages)
    _act(routes, services, pages)
    return routes


def _show(routes: APIRouter, services: Services, pages: Pages) -> None:
    @routes.get("/orders")
    def orders(request: Request) -> Response:
        """A list of orders by filters; only the list itself for a request of htmx."""
        filters = {name: request.query_params.get(name, "")[:200] for name in _FILTERS}
        with services.db.read() as tx:
            found = store_queries.list_orders(
                tx,
                state=filters["state"],
                source=filters["source"],
                search=filters["search"].strip(),
                date_start=_midnight(filters["date_start"]),
                date_end=_midnight(filters["date_end"], after=1),
                page=_page(request.query_params.get("page", "1")),
                per_page=PER_PAGE,
            )
            sources = store_queries.sources(tx)
        set_filters = urlencode({name: value for name, value in filters.items() if value})
        note = NOTES.get(request.query_params.get("note", ""), "")
        values = {
            "here": "orders", "found": found, "filters": filters, "sources": sources, "states": store_queries.STATES,
            "query": f"{set_filters}&" if set_filters else "", "note": note,
        }  # fmt: skip
        return pages.answer(request, "orders_found.html" if is_part(request) else "orders.html", values)

    @routes.get("/orders/{order_pk}")
    def order(request: Request, order_pk: str, note: str = "") -> Response:
        """One order's life."""
        return _order_page(request, services, pages, order_pk, note=NOTES.get(note, ""))


def _act(routes: APIRouter, services: Services, pages: Pages) -> None:
    @routes.post("/orders/{order_pk}/retry", dependencies=[Depends(requires("orders:write"))])
    def retry(request: Request, order_pk: str, form: Form) -> Response:
        """Try an order again."""
        try:
            row = actions.retry(services, order_pk)
            actions.note(services, row, action="order.retried", actor=request.state.principal.name)
        except ConflictError as error:
            return _order_page(request, services, pages, order_pk, problem=str(error))
        back = form["back"] if form.get("back") in BACK else f"/orders/{order_pk}"
        return RedirectResponse(f"{back}?note=retried", status_code=303)

    @routes.post("/orders/{order_pk}/discard", dependencies=[Depends(requires("orders:write"))])
    def discard(request: Request, order_pk: str) -> Response:
        """Give an order up."""
        try:
            row = actions.discard(services, order_pk, reason="Discarded on the page of the order.")
            actions.note(services, row, action="order.discarded", actor=request.state.principal.name)
        except ConflictError as error:
            return _order_page(request, services, pages, order_pk, problem=str(error))
        return RedirectResponse(f"/orders/{order_pk}?note=discarded", status_code=303)


_FILTERS = ("search", "state", "source", "date_start", "date_end")


def _order_page(
    request: Request, services: Services, pages: Pages, order_pk: str, *, note: str = "", problem: str = ""
) -> Response:
    with services.db.read() as tx:
        life = store_queries.order_life(tx, order_pk)
        now = services.db.now(tx)
        organization = organizations.get(tx, life.order.organization_id) if life else None
    if life is None:
        raise NotFoundError("There is no order with that id.")
    values = {
        "here": "orders", "order": life.order, "effects": life.effects, "now": now, "note": note, "problem": problem,
        "body": _pretty(life.body), "can_retry": life.order.state in RETRIED,
        "can_discard": life.order.state in DISCARDED and not life.order.invoice_id,
        "links": _links(life.order, organization.region if organization else "", services.zoho.options.is_sandbox),
    }  # fmt: skip
    return pages.answer(request, "order.html", values, status_code=409 if problem else 200)


def _links(order: OrderRow, region: str, is_sandbox: bool) -> Mapping[str, str]:
    """Addresses of the documents in Zoho's own pages; none for the sandbox, which has no pages."""
    row = REGIONS.get(region)
    if row is None or is_sandbox:
        return {"invoice": "", "contact": ""}
    base = f"{row.web}/app/{order.organization_id}#"
    return {
        "invoice": f"{base}/invoices/{order.invoice_id}" if order.invoice_id else "",
        "contact": f"{base}/contacts/{order.contact_id}" if order.contact_id else "",
    }


def _pretty(body: Mapping[str, Any]) -> str:
    """Indented JSON with every digit of its amounts."""
    return msgspec.json.format(encode(body), indent=2).decode()


def _midnight(day: str, *, after: int = 0) -> datetime | None:
    """The start (UTC) of a day given by a date field, ``after`` days later; ``None`` for anything else."""
    try:
        return datetime.combine(datetime.fromisoformat(day).date(), time(), UTC) + timedelta(days=after)
    except (ValueError, OverflowError):
        return None


def _page(text: str) -> int:
    return min(int(text), 1_000_000) if text.isascii() and text.isdigit() and len(text) < 8 else 1
