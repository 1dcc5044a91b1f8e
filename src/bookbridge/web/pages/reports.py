"""The pages of reports: the list, and each with its form, table and downloads."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bookbridge.features.reports import REPORTS, actions
from bookbridge.registry import Services, requires
from bookbridge.web.pages.chosen import Chosen, chooser, session_of
from bookbridge.web.pages.render import Pages, is_part


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
        values = {"here": "reports", "chosen": chosen, "name": name, "report": actions.find(name), "page": None}
        if chosen.organization is not None:
            values["page"] = actions.page(services, chosen.organization, name, dict(request.query_params))
        return pages.answer(request, "report_table.html" if is_part(request) else "report.html", values)

    return routes
