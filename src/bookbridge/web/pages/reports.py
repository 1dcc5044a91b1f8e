"""The pages of reports: the list, and each with its form, table and downloads."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bookbridge.features.reports import REPORTS, actions
from bookbridge.registry import Services, requires
from bookbridge.web.pages.chosen import Chosen, chooser, session_of
from bookbridge.web.pages.render import Pages, is_part

MOST_ROWS = 500
"""Rows on the page; the files have all of them."""


def router(services: Services, pages: Pages, /) -> APIRouter:
    """``/reports`` and ``/reports/{name}``."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(session_of), Depends(requires("reports:read"))])
    In = Annotated[Chosen, Depends(chooser(services))]

    @routes.get("/reports")
    def index(request: Request, chosen: In) -> Response:
        """Every report with what it tells."""
        return pages.answer(request, "reports.html", {"here": "reports", "reports": REPORTS, "chosen": chosen})

    @routes.get("/reports/{name}")
    def show(request: Request, name: str, chosen: In) -> Response:
        """One report; only its table for a request of htmx."""
        values: dict[str, Any] = {
            "here": "reports", "chosen": chosen, "name": name, "report": actions.find(name), "page": None,
            "most": MOST_ROWS,
        }  # fmt: skip
        if chosen.organization is not None:
            values["page"] = actions.page(services, chosen.organization, name, dict(request.query_params))
            values["shown"] = shown_columns(values["page"]) if values["page"] else []
        return pages.answer(request, "report_table.html" if is_part(request) else "report.html", values)

    return routes


def shown_columns(page: actions.Page, /) -> list[tuple[int, int]]:
    """The places of the columns people read, each with the place of the id it can be followed by (-1: none).

    Ids stand in the files; on the page a customer's name leads to the customer instead.
    """
    names = [each.name for each in page.columns]
    customer = names.index("customer_id") if "customer_id" in names else -1
    return [
        (place, customer if name == "customer_name" else -1)
        for place, name in enumerate(names)
        if not name.endswith("_id")
    ]
