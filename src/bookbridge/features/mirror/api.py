"""The HTTP routes of the mirror."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool

from bookbridge.features.mirror import actions
from bookbridge.http import Body, JsonAnswer, body_of
from bookbridge.mirror.sync import Wish
from bookbridge.registry import Principal, Services, organization_for, requires

Reader = Annotated[Principal, Depends(requires("mirror:read"))]
Writer = Annotated[Principal, Depends(requires("mirror:write"))]


class SyncBody(Body):
    """Which entities to sync (none: all), whether everything anew, whether with the lines of invoices and bills."""

    entities: list[str] = []
    full: bool = False
    lines: bool = False
    organization_id: str = ""


parse_sync = body_of(SyncBody)


def router(services: Services, /) -> APIRouter:
    """Every route of the mirror."""
    routes = APIRouter()

    @routes.get("/api/mirror")
    def mirror(who: Reader, organization_id: str = "") -> JsonAnswer:
        """How fresh the copy of the books is, list by list."""
        return JsonAnswer(actions.shown(services, organization_for(services, who, organization_id)))

    @routes.post("/api/mirror/sync", status_code=202, openapi_extra=_SCHEMA)
    async def sync(request: Request, who: Writer, organization_id: str = "") -> JsonAnswer:
        """Ask for a sync; it is run by a server on this database, one at a time."""
        raw = await request.body()
        body = parse_sync.parse(raw) if raw.strip() else SyncBody()

        def ask() -> dict[str, object]:
            organization = organization_for(services, who, organization_id or body.organization_id)
            return actions.start(
                services, organization, Wish(entities=tuple(body.entities), full=body.full, lines=body.lines)
            )

        return JsonAnswer({"sync": await run_in_threadpool(ask)}, status_code=202)

    @routes.get("/api/mirror/syncs/{sync_id}")
    def sync_shown(sync_id: str, who: Reader) -> JsonAnswer:
        """How far a sync is: rows, pages and errors by list, and calls."""
        return JsonAnswer({"sync": actions.sync(services, who, sync_id)})

    return routes


_SCHEMA = {"requestBody": {"content": {"application/json": {"schema": SyncBody.model_json_schema(by_alias=False)}}}}
