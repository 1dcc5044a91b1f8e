"""The page of comparisons: the last one with every difference, and a button to make the next."""

import contextlib
from collections import defaultdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bookbridge.features.reconcile import actions
from bookbridge.features.reconcile.actions import Difference, Kind, Run, Wanted
from bookbridge.kernel.errors import ConflictError, NotConnectedError
from bookbridge.registry import Services, requires
from bookbridge.web.pages.chosen import Chosen, carried, choose, chooser, session_of
from bookbridge.web.pages.figures import Reconciled
from bookbridge.web.pages.forms import form_of
from bookbridge.web.pages.render import Pages, is_part

MOST_SHOWN = 200
"""Differences of one kind on the page; the API gives all of them."""
Form = Annotated[dict[str, str], Depends(form_of)]


def router(services: Services, pages: Pages, /) -> APIRouter:
    """``/reconcile``."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(session_of), Depends(requires("reconcile:read"))])
    In = Annotated[Chosen, Depends(chooser(services))]

    @routes.get("/reconcile")
    def show(request: Request, chosen: In) -> Response:
        """The last comparison; only its inside for a request of htmx."""
        run = None if chosen.organization is None else actions.last_run(services, chosen.organization.organization_id)
        values: dict[str, Any] = {"here": "reconcile", "chosen": chosen, "run": run, "groups": []}
        if run is not None:
            values["groups"] = grouped(run)
        return pages.answer(request, "reconcile_run.html" if is_part(request) else "reconcile.html", values)

    @routes.post("/reconcile", dependencies=[Depends(requires("reconcile:write"))])
    def compare(request: Request, form: Form) -> Response:
        """Begin a comparison; one that is going on is shown instead."""
        chosen = choose(services, form.get("organization_id", ""))
        if chosen.organization is None:
            raise NotConnectedError
        with contextlib.suppress(ConflictError):
            actions.start(services, chosen.organization, Wanted(full=form.get("full") == "yes"))
        return RedirectResponse(f"/reconcile{carried(form.get('organization_id', ''))}", status_code=303)

    return routes


def grouped(run: Run, /) -> list[tuple[Kind, int, tuple[Difference, ...]]]:
    """The kinds that occur in the order of the reference page, each with its number and its first differences."""
    by_kind: dict[str, list[Difference]] = defaultdict(list)
    for each in run.differences:
        by_kind[each.kind].append(each)
    counted = run.counts.get("kinds", {})
    return [
        (kind, int(counted.get(kind.name, len(by_kind[kind.name]))), tuple(by_kind[kind.name][:MOST_SHOWN]))
        for kind in actions.KINDS
        if kind.name in by_kind
    ]


def summary(services: Services, organization_id: str, /) -> Reconciled | None:
    """The last comparison in a few words, for the dashboard."""
    run = actions.last_run(services, organization_id, most=0)
    if run is None:
        return None
    kinds = [(kind.name, kind.title, int(run.counts.get("kinds", {}).get(kind.name, 0))) for kind in actions.KINDS]
    return Reconciled(
        at=run.finished_at or run.started_at,
        state=run.state,
        differences=int(run.counts.get("differences", 0)),
        kinds=tuple(each for each in kinds if each[2]),
        error=run.error,
    )
