"""The pages of customers: who owes how much, and one customer with invoices, payments and credits."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bookbridge.kernel.errors import NotFoundError
from bookbridge.mirror.queries import customers, documents, invoices
from bookbridge.mirror.queries.invoices import InvoiceFilter
from bookbridge.registry import Services, requires
from bookbridge.web.pages import books, figures, links, receivables
from bookbridge.web.pages.chosen import Chosen, chooser, session_of
from bookbridge.web.pages.render import Pages, is_part

PER_PAGE, SHOWN = 50, 10
SORTS = {"owed": "who owes most", "name": "by name"}


def router(services: Services, pages: Pages, /) -> APIRouter:
    """``/customers`` and ``/customers/{id}``."""
    guards = [Depends(session_of), Depends(requires("invoices:read"))]
    routes = APIRouter(include_in_schema=False, dependencies=guards)
    In = Annotated[Chosen, Depends(chooser(services))]

    @routes.get("/customers")
    def index(request: Request, chosen: In) -> Response:
        """Customers by what they owe; only the list itself for a request of htmx."""
        given = {name: request.query_params.get(name, "")[:100] for name in ("organization_id", "search", "sort")}
        given["sort"] = given["sort"] if given["sort"] in SORTS else "owed"
        text = request.query_params.get("page", "1")
        page = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
        found, is_mirrored = None, False
        if chosen.organization is not None:
            with services.db.snapshot() as tx:
                is_mirrored = books.is_mirrored(tx, chosen.organization.organization_id)
                asked = books.asked(tx, services, chosen.organization, {})
                found = customers.list_customers(
                    tx, asked, search=given["search"], sort=given["sort"], page=page, per_page=PER_PAGE
                )
        values = {
            "here": "customers", "chosen": chosen, "given": given, "sorts": SORTS, "found": found,
            "is_mirrored": is_mirrored,
            "paged": lambda page: urlencode({**{name: text for name, text in given.items() if text}, "page": page}),
        }  # fmt: skip
        return pages.answer(request, "customers_found.html" if is_part(request) else "customers.html", values)

    @routes.get("/customers/{customer_id}")
    def show(request: Request, customer_id: str, chosen: In) -> Response:
        """One customer."""
        values = _of(services, chosen, customer_id)
        if values is None:
            raise NotFoundError(
                "There is no such customer in the copy of the books; it may be newer than the last sync."
            )
        kept = {"organization_id": request.query_params.get("organization_id", "")[:40], "customer_id": customer_id}
        values["link"] = lambda **changes: receivables.query_of(kept, tuple(kept), **changes)
        return pages.answer(request, "customer.html", values)

    return routes


def _of(services: Services, chosen: Chosen, customer_id: str) -> dict[str, Any] | None:
    """What the page of a customer shows; ``None`` when nothing of it is mirrored."""
    organization = chosen.organization
    if organization is None:
        return None
    with services.db.snapshot() as tx:
        asked = books.asked(tx, services, organization, {})
        found = customers.find_customer(tx, asked, customer_id)
        if found is None:
            return None
        wanted = InvoiceFilter(customer_id=customer_id, sort="date", per_page=SHOWN)
        return {
            "here": "customers", "chosen": chosen, "customer": found,
            "owes": receivables.row_of(customer_id, found.name, found.spread, found.spread.total),
            "invoices": invoices.list_invoices(tx, asked, wanted),
            "payments": documents.payments_of(tx, asked, customer_id, limit=SHOWN),
            "creditnotes": documents.creditnotes_of(tx, asked, customer_id, limit=SHOWN),
            "zoho": links.of(organization, is_sandbox=services.zoho.options.is_sandbox).contact(customer_id),
            "buckets": figures.BUCKETS, "bucket_words": figures.WORDS,
        }  # fmt: skip
