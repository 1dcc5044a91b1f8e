"""The pages of invoices: the list by filters, as a file too, and one invoice with all that belongs to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from bookbridge.features.billing import direct
from bookbridge.features.reports import actions as reports
from bookbridge.features.reports.frame import Cell, Column, Kind, Sheet
from bookbridge.features.reports.writers import FORMATS
from bookbridge.kernel.errors import BookbridgeError, InvalidInputError, NotFoundError
from bookbridge.kernel.money import Money
from bookbridge.mirror import landing
from bookbridge.mirror.queries import asking, invoice, invoices, statuses
from bookbridge.mirror.queries.invoice import Invoice
from bookbridge.mirror.queries.invoices import InvoicePage, InvoiceRow
from bookbridge.registry import Services, requires
from bookbridge.store.organizations import Organization
from bookbridge.web.errors import problem_of
from bookbridge.web.pages import books, figures, filters, links
from bookbridge.web.pages.account import confirmed
from bookbridge.web.pages.chosen import Chosen, carried, choose, chooser, session_of
from bookbridge.web.pages.filters import Given
from bookbridge.web.pages.forms import form_of
from bookbridge.web.pages.render import Pages, is_part

PER_PAGE = 50
Form = Annotated[dict[str, str], Depends(form_of)]


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A list with what its page needs; ``problem`` says what is wrong with a filter, and then nothing was found."""

    found: InvoicePage | None
    problem: str
    currencies: tuple[str, ...]
    is_mirrored: bool
    customer: str
    as_of: str = ""


def router(services: Services, pages: Pages, /) -> APIRouter:
    """``/invoices``, ``/invoices.csv`` and ``/invoices/{id}``."""
    guards = [Depends(session_of), Depends(requires("invoices:read"))]
    routes = APIRouter(include_in_schema=False, dependencies=guards)
    _list(routes, services, pages)
    _one(routes, services, pages)
    return routes


def _list(routes: APIRouter, services: Services, pages: Pages) -> None:
    In = Annotated[Chosen, Depends(chooser(services))]

    @routes.get("/invoices")
    def show(request: Request, chosen: In) -> Response:
        """Invoices by filters; only the list itself for a request of htmx."""
        given = filters.given(request.query_params)
        values: dict[str, Any] = {
            "here": "invoices", "chosen": chosen, "given": {**given.values, "sort": given.sort}, "asked": given,
            "ages": filters.AGES, "sorts": filters.SORTS, "bases": figures.BASES, "statuses": statuses.STATUSES,
            "has_more": any(given.values[name] for name in filters.MORE),
            "listed": None if chosen.organization is None else listed(services, chosen.organization, given),
        }  # fmt: skip
        part = is_part(request)
        status = 400 if values["listed"] and values["listed"].problem and not part else 200
        return pages.answer(request, "invoices_found.html" if part else "invoices.html", values, status_code=status)

    @routes.get("/invoices.csv", dependencies=[Depends(confirmed)])
    def download(request: Request, chosen: In) -> Response:
        """The same list as a file, all of it; the audit log says who took it."""
        given = filters.given(request.query_params)
        if chosen.organization is None:
            raise NotFoundError("No organization is connected.")
        organization, form = chosen.organization, FORMATS["csv"]
        sheet = Sheet(title="Invoices", columns=COLUMNS, rows=_cells(services, organization, given))
        reports.note(
            services, organization, actor=request.state.principal.name, action="invoices.downloaded",
            subject_id="invoices", detail={name: value for name, value in given.values.items() if value},
        )  # fmt: skip
        headers = {"Content-Disposition": 'attachment; filename="invoices.csv"'}
        return StreamingResponse(form.write(sheet), media_type=form.media_type, headers=headers)


def _one(routes: APIRouter, services: Services, pages: Pages) -> None:
    In = Annotated[Chosen, Depends(chooser(services))]

    @routes.get("/invoices/{invoice_id}")
    def show(request: Request, invoice_id: str, chosen: In) -> Response:
        """One invoice."""
        return _page(request, services, pages, chosen, invoice_id)

    @routes.post("/invoices/{invoice_id}/lines", dependencies=[Depends(requires("mirror:write"))])
    def load_lines(request: Request, invoice_id: str, form: Form) -> Response:
        """Read the invoice from Zoho once and keep it with its lines."""
        chosen = choose(services, form.get("organization_id", ""))
        problem = ""
        if chosen.organization is not None:
            problem = _read(services, chosen.organization, invoice_id)
        if is_part(request) or problem:
            template = "invoice_lines.html" if is_part(request) else "invoice.html"
            return _page(request, services, pages, chosen, invoice_id, template=template, problem=problem)
        target = f"/invoices/{invoice_id}{carried(form.get('organization_id', ''))}"
        return RedirectResponse(target, status_code=303)


def listed(services: Services, organization: Organization, given: Given, /) -> Listed:
    """Ask the mirror; a filter with a value that there is not becomes a sentence."""
    found, problem, as_of, customer = None, "", "", ""
    with services.db.snapshot() as tx:
        scale = asking.scale_of(tx, organization)
        is_mirrored = books.is_mirrored(tx, organization.organization_id)
        try:
            asked = books.asked(tx, services, organization, given.values)
            as_of = asked.as_of.isoformat() if asked.is_past else ""
            found = invoices.list_invoices(tx, asked, given.wanted(per_page=PER_PAGE))
        except InvalidInputError as error:
            problem = f"{error} {error.remedy}".strip()
        if given.values["customer_id"]:
            customer = books.customer_name(tx, organization.organization_id, given.values["customer_id"])
    return Listed(
        found=found, problem=problem, currencies=tuple(scale.exponents), is_mirrored=is_mirrored, customer=customer,
        as_of=as_of,
    )  # fmt: skip


def _page(
    request: Request,
    services: Services,
    pages: Pages,
    chosen: Chosen,
    invoice_id: str,
    *,
    template: str = "invoice.html",
    problem: str = "",
) -> Response:
    found = None
    if chosen.organization is not None:
        with services.db.snapshot() as tx:
            found = invoice.find_invoice(tx, books.asked(tx, services, chosen.organization, {}), invoice_id)
    if found is None or chosen.organization is None:
        raise NotFoundError("There is no such invoice in the copy of the books; it may be newer than the last sync.")
    to_zoho = links.of(chosen.organization, is_sandbox=services.zoho.options.is_sandbox)
    values = {
        "here": "invoices", "invoice": found, "row": found.row, "organization": chosen.organization,
        "zoho": to_zoho.invoice(invoice_id), "problem": problem, "line_total": _line_total(found),
    }  # fmt: skip
    return pages.answer(request, template, values)


def _line_total(found: Invoice) -> Money:
    """What the lines come to without tax."""
    row = found.row
    return Money(sum(each.total.minor for each in found.lines), row.total.currency, row.total.exponent)


def _read(services: Services, organization: Organization, invoice_id: str) -> str:
    """Read the detail from Zoho into the mirror; a sentence where that is not possible now."""
    try:
        payload = direct.get_invoice(services, organization, invoice_id)["invoice"]
    except BookbridgeError as error:
        return problem_of(error).detail
    with services.db.transaction() as tx:
        is_kept = landing.land(services.mirror, tx, organization.organization_id, "invoices", payload)
    return "" if is_kept else "The lines could not be kept; sync the books first."


COLUMNS = (
    Column(name="invoice_number", kind=Kind.TEXT, meaning="Its number."),
    Column(name="customer_name", kind=Kind.TEXT, meaning="The customer."),
    Column(name="status", kind=Kind.TEXT, meaning="As Zoho shows it."),
    Column(name="date", kind=Kind.DAY, meaning="When it was invoiced."),
    Column(name="due_date", kind=Kind.DAY, meaning="When it is due."),
    Column(name="days_late", kind=Kind.COUNT, meaning="Days past the date that counts."),
    Column(name="currency", kind=Kind.TEXT, meaning="Its currency."),
    Column(name="total", kind=Kind.MONEY, meaning="Its total."),
    Column(name="balance", kind=Kind.MONEY, meaning="What is open."),
    Column(name="base_balance", kind=Kind.MONEY, meaning="What is open, in the organization's currency."),
    Column(name="reference", kind=Kind.TEXT, meaning="Its reference."),
    Column(name="invoice_id", kind=Kind.TEXT, meaning="Zoho's id."),
)


def _cells(services: Services, organization: Organization, given: Given) -> Iterator[tuple[Cell, ...]]:
    """The rows of the file, read while it is sent.

    Raises:
        InvalidInputError: a filter has a value that there is not; at once, before the file begins.
    """
    wanted = given.wanted(per_page=PER_PAGE)
    wanted.check()
    with services.db.read() as tx:
        asked = books.asked(tx, services, organization, given.values)

    def rows() -> Iterator[tuple[Cell, ...]]:
        with services.db.snapshot() as tx:
            yield from (_row(each) for each in invoices.every_invoice(tx, asked, wanted))

    return rows()


def _row(each: InvoiceRow) -> tuple[Cell, ...]:
    return (
        each.number, each.customer_name, each.status, each.invoice_on, each.due_on, each.days_late,
        each.total.currency, each.total, each.balance, each.base_balance, each.reference, each.invoice_id,
    )  # fmt: skip
