"""The HTTP routes of comparisons."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from bookbridge.features.reconcile import actions
from bookbridge.http import JsonAnswer
from bookbridge.registry import Principal, Services, organization_for, requires

Reader = Annotated[Principal, Depends(requires("reconcile:read"))]
Writer = Annotated[Principal, Depends(requires("reconcile:write"))]
Text = Annotated[str, Query(max_length=200)]
Day = Annotated[str, Query(max_length=10)]
From = Annotated[str, Query(alias="from", max_length=10, description="first invoice date, for example 2026-01-31")]


def router(services: Services, /) -> APIRouter:
    """Every route of comparisons."""
    routes = APIRouter()

    @routes.get("/api/reconcile")
    def last_comparison(who: Reader, organization_id: Text = "", run_id: Text = "") -> JsonAnswer:
        """The last comparison with its differences, or the one named by ``run_id``; ``null`` before the first."""
        organization = organization_for(services, who, organization_id)
        if run_id:
            return JsonAnswer({"run": shown(actions.named_run(services, organization.organization_id, run_id))})
        found = actions.last_run(services, organization.organization_id)
        return JsonAnswer({"run": None if found is None else shown(found)})

    @routes.post("/api/reconcile", status_code=202)
    def compare(
        who: Writer, organization_id: Text = "", first: From = "", to: Day = "", full: bool = False
    ) -> JsonAnswer:
        """Have orders, mirror and Zoho compared; the answer's ``Location`` shows how far it is."""
        organization = organization_for(services, who, organization_id)
        run_id = actions.start(services, organization, actions.wanted_of(first, to, full=full))
        url = f"/api/reconcile?organization_id={organization.organization_id}&run_id={run_id}"
        run = {"id": run_id, "state": "running", "url": url}
        return JsonAnswer({"run": run}, status_code=202, headers={"Location": url})

    return routes


def shown(run: actions.Run, /) -> dict[str, Any]:
    """A comparison as programs read it."""
    return {
        "id": run.id,
        "organization_id": run.organization_id,
        "state": run.state,
        "error": run.error or None,
        "wanted": run.wanted,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "calls": run.calls,
        **run.counts,
        "difference_count": run.counts.get("differences", 0),
        "differences": [_difference(each) for each in run.differences],
    }


def _difference(each: actions.Difference) -> dict[str, Any]:
    kind = actions.BY_NAME[each.kind]
    return {
        "kind": each.kind,
        "part": kind.part,
        "title": kind.title,
        "subject": each.subject,
        "sentence": each.sentence,
        "known": each.known,
        "detail": each.detail,
    }
