"""The dashboard: what is owed, what came in, orders on their way, the budget, and how fresh all of it is."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bookbridge.registry import Services, requires
from bookbridge.web.pages import figures, overview
from bookbridge.web.pages.chosen import Chosen, chooser, session_of
from bookbridge.web.pages.orders import NOTES
from bookbridge.web.pages.render import Pages

PARTS = {"money": "dashboard/money.html", "live": "dashboard/live_answer.html"}


def router(services: Services, pages: Pages, /) -> APIRouter:
    """``/``."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(session_of), Depends(requires("orders:read"))])
    In = Annotated[Chosen, Depends(chooser(services))]

    @routes.get("/")
    def dashboard(request: Request, chosen: In, part: str = "", note: str = "") -> Response:
        """The dashboard, or one of its parts that are refreshed."""
        part = part or (request.headers.get("hx-target", "") if "hx-request" in request.headers else "")
        values: dict[str, Any] = {
            "here": "dashboard", "chosen": chosen, "note": NOTES.get(note, ""), "base_currency": "",
            "is_part": False, "freshness": figures.Freshness(state="never"), "reconciled": None, "money": None,
        }  # fmt: skip
        if part != "money":
            values["view"] = overview.gather(services)
        return pages.answer(request, PARTS.get(part, "dashboard.html"), values | _words(request))

    return routes


def _words(request: Request) -> Mapping[str, Any]:
    """What every part needs for its links."""
    kept = {name: request.query_params.get(name, "")[:40] for name in ("organization_id", "as_of", "by", "currency")}
    kept = {name: value for name, value in kept.items() if value}
    return {
        "here_query": "?" + urlencode(kept) if kept else "",
        "live_query": urlencode({"part": "live", **{name: kept[name] for name in kept if name == "organization_id"}}),
        "bases": figures.BASES,
        "buckets": figures.BUCKETS,
        "bucket_words": figures.WORDS,
    }
