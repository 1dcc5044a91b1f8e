"""The HTTP routes of reports."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from bookbridge.features.reports import REPORTS, actions
from bookbridge.http import JsonAnswer
from bookbridge.registry import Principal, Services, organization_for, requires

Reader = Annotated[Principal, Depends(requires("reports:read"))]
Text = Annotated[str, Query(max_length=100)]
OURS = ("format", "organization_id")


def router(services: Services, /) -> APIRouter:
    """Every route of reports."""
    routes = APIRouter()

    @routes.get("/api/reports")
    def list_reports(who: Reader) -> JsonAnswer:
        """Every report with its parameters and columns."""
        return JsonAnswer({"reports": [actions.described(each) for each in REPORTS]})

    @routes.get("/api/reports/{name}")
    def get_report(
        request: Request,
        name: str,
        who: Reader,
        begin: Annotated[str, Query(alias="from", max_length=100)] = "",
        to: Text = "",
        group_by: Text = "",
        format: Text = "json",
        organization_id: Text = "",
    ) -> Response:
        """A report of the mirrored books as JSON, or as a CSV or XLSX file; calls Zoho never."""
        organization = organization_for(services, who, organization_id)
        given = {key: text for key, text in request.query_params.items() if key not in OURS}
        if format == "json":
            return JsonAnswer(actions.as_json(actions.ask(services, organization, name, given)))
        file = actions.download(services, organization, name, given, format=format, actor=who.name)
        return StreamingResponse(file.pieces, media_type=file.media_type, headers=file.headers)

    return routes
