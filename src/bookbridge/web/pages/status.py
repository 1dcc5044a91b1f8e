"""The status page: orders by state, what waits for somebody, throughput, every connection with its budget."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bookbridge.registry import Services, requires
from bookbridge.web.pages import overview
from bookbridge.web.pages.chosen import session_of
from bookbridge.web.pages.orders import NOTES
from bookbridge.web.pages.render import Pages


def router(services: Services, pages: Pages, /) -> APIRouter:
    """``/status``."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(session_of), Depends(requires("orders:read"))])

    @routes.get("/status")
    def status(request: Request, part: str = "", note: str = "") -> Response:
        """The status page, or only its part that is refreshed."""
        values = {"here": "status", "view": overview.gather(services), "note": NOTES.get(note, "")}
        return pages.answer(request, "status_live.html" if part == "live" else "status.html", values)

    return routes
