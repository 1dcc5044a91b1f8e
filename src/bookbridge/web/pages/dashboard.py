"""The dashboard: what is owed, what came in, orders on their way, the budget, and how fresh all of it is."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bookbridge.kernel.errors import NotConnectedError
from bookbridge.registry import Services, requires
from bookbridge.store.organizations import Organization
from bookbridge.web.pages import books, figures, overview, receivables, reconcile
from bookbridge.web.pages.chosen import Chosen, carried, choose, chooser, session_of
from bookbridge.web.pages.figures import Freshness
from bookbridge.web.pages.forms import form_of
from bookbridge.web.pages.orders import NOTES
from bookbridge.web.pages.render import Pages

Form = Annotated[dict[str, str], Depends(form_of)]
PARTS = {"money": "dashboard/money.html", "live": "dashboard/live_answer.html"}


def router(services: Services, pages: Pages, /) -> APIRouter:
    """``/`` and ``/sync``."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(session_of), Depends(requires("orders:read"))])
    In = Annotated[Chosen, Depends(chooser(services))]

    @routes.get("/")
    def dashboard(request: Request, chosen: In, part: str = "", note: str = "") -> Response:
        """The dashboard, or one of its parts that are refreshed."""
        part = part or (request.headers.get("hx-target", "") if "hx-request" in request.headers else "")
        values: dict[str, Any] = {"here": "dashboard", "chosen": chosen, "note": NOTES.get(note, ""), "is_part": False}
        values |= _of_organization(services, chosen.organization, request, part)
        if part != "money":
            values["view"] = overview.gather(services)
        return pages.answer(request, PARTS.get(part, "dashboard.html"), {**values, **_words(request)})

    @routes.post("/sync", dependencies=[Depends(requires("mirror:write"))])
    def sync(form: Form) -> Response:
        """Ask for a sync; one that was asked for or is running is enough."""
        chosen = choose(services, form.get("organization_id", ""))
        if chosen.organization is None:
            raise NotConnectedError
        books.sync(services, chosen.organization)
        return RedirectResponse(f"/{carried(form.get('organization_id', ''))}", status_code=303)

    return routes


def _of_organization(
    services: Services, organization: Organization | None, request: Request, part: str
) -> dict[str, Any]:
    """What belongs to the chosen organization: freshness, figures, the last comparison."""
    if organization is None:
        return {"freshness": Freshness(state="never"), "money": None, "reconciled": None, "base_currency": ""}
    found = books.gather(services, organization, request.query_params, with_money=part != "live")
    return {
        "freshness": found.freshness,
        "money": found.money,
        "reconciled": reconcile.summary(services, organization.organization_id),
        "base_currency": organization.currency,
    }


def _words(request: Request) -> Mapping[str, Any]:
    """What every part needs for its links."""
    kept = {name: request.query_params.get(name, "")[:40] for name in ("organization_id", "as_of", "by", "currency")}
    kept = {name: value for name, value in kept.items() if value}
    return {
        "link": lambda **changes: receivables.query_of(kept, ("organization_id", "as_of", "by", "currency"), **changes),
        "due_link": lambda due: receivables.query_of(
            kept,
            ("organization_id",),
            bucket="open",
            due_start=due.first.isoformat(),
            due_end=due.last.isoformat(),
            sort="due_date",
        ),
        "here_query": "?" + urlencode(kept) if kept else "",
        "live_query": urlencode({"part": "live", **{name: kept[name] for name in kept if name == "organization_id"}}),
        "bases": figures.BASES,
        "buckets": figures.BUCKETS,
        "bucket_words": figures.WORDS,
    }
